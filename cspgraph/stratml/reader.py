"""A StratML file read and checked: which part it is, that it is one, and that what a plan needs is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph import xml
from cspgraph.errors import InputError, Problem
from cspgraph.stratml import NAMESPACES, ROOTS
from cspgraph.stratml.leftovers import left_out, put_right

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.stratml.leftovers import Left
    from cspgraph.xml import Element


def read(path: Path, content: bytes) -> tuple[Element, list[Left]]:
    """Return the root of a StratML file, in any of its four namespaces, and what of it no plan can hold.

    Raises InputError, with every problem and its line, for what is not XML, not StratML, or lacks a name.
    """
    root = xml.parse(path, content)
    spaces = [space for part in NAMESPACES.values() for space in part]
    if root.name not in ROOTS.values() or root.namespace not in spaces:
        hint = f"its first element must be one of {', '.join(ROOTS.values())}, in one of: {', '.join(spaces)}"
        raise InputError.at(path, root.line, f"this is not StratML: it begins with '{root.name}'", hint)
    left = put_right(root)
    problems = [Problem(str(path), element.line, said, hint) for element, said, hint in _faults(root)]
    if problems:
        raise InputError(problems)
    return root, sorted([*left, *left_out(root)])


def _faults(root: Element) -> list[tuple[Element, str, str]]:
    found = []
    core = root.one("StrategicPlanCore")
    if core is None or not core.all("Goal"):
        found.append((core or root, "the plan has no Goal", "StratML asks for at least one in StrategicPlanCore"))
    if not root.said("Name"):
        found.append((root, "the plan has no Name", "give it its title"))
    seen: dict[str, int] = {}
    for element in root.walk():
        wants = element.name in ("Goal", "Stakeholder") or (element.name == "Objective" and element.one("Identifier"))
        if wants and not (element.said("Name") or element.said("Description")):
            found.append((element, f"the {element.name} has neither a Name nor a Description", "give it a Name"))
        identifier = " ".join(element.text.split()) if element.name == "Identifier" else ""
        if identifier in seen:
            hint = f"the first is on line {seen[identifier]}: rename one of them"
            found.append((element, f"the Identifier '{identifier}' stands twice", hint))
        if identifier:
            seen.setdefault(identifier, element.line)
    return found
