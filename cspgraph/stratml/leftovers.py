"""What a StratML file says and a plan cannot hold: each thing is told with its line, none is lost without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.stratml import NAMESPACES, NO_GOAL, ROOTS
from cspgraph.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.xml import Element

Left = tuple[int, str]

_NAMED = ("Name", "Description", "Identifier", "SequenceIndicator")
_RESULT = ("StartDate", "EndDate", "NumberOfUnits", "Descriptor", "Description")
_WORK = (*_NAMED, "Stakeholder*", "OtherInformation", "Objective*", "PerformanceIndicator*")
_HOLDER = (
    "Name",
    "Objective*",
    "PerformanceIndicator*",
)  # that only holds: a Goal for what has none, an Objective without a name
_ROOT = ("Name", "Description", "OtherInformation", "StrategicPlanCore*", "AdministrativeInformation", "Submitter")
# What is read in each element: once, or with a star as often as it is there. A Submitter is a person, and is not kept.
_READ: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ROOTS.values(), _ROOT),
    "StrategicPlanCore": ("Organization*", "Vision*", "Mission*", "Value*", "Goal*", "Objective*"),
    "Organization": ("Name", "Acronym", "Identifier", "Description", "Stakeholder*"),
    "Vision": ("Description",),
    "Mission": ("Description",),
    "Value": _NAMED,
    "Goal": (*_WORK, "Goal*"),
    "Objective": _WORK,
    "Stakeholder": (*_NAMED, "Role*"),
    "Role": ("Name", "Description", "RoleType*"),
    "PerformanceIndicator": ("SequenceIndicator", "MeasurementDimension", "UnitOfMeasurement", "Identifier",
                             "Relationship*", "MeasurementInstance*", "OtherInformation"),
    "Relationship": ("ReferentIdentifier*", "Name", "Description"),
    "MeasurementInstance": ("TargetResult*", "ActualResult*"),
    "TargetResult": _RESULT,
    "ActualResult": _RESULT,
    "Descriptor": ("DescriptorName", "DescriptorValue"),
    "AdministrativeInformation": ("Identifier", "StartDate", "EndDate", "PublicationDate", "Source", "Submitter"),
    "Submitter": ("*",),
}  # fmt: skip


def put_right(root: Element) -> list[Left]:
    """Take out what is of another vocabulary, and make several StrategicPlanCore one; return what was taken out."""
    spaces = {space for part in NAMESPACES.values() for space in part}
    left = []
    for element in root.walk():
        foreign = [child for child in element.children if child.namespace not in spaces]
        element.children = [child for child in element.children if child.namespace in spaces]
        left += [(child.line, f"the {child.name} in {element.name} is not StratML") for child in foreign]
    cores = root.all("StrategicPlanCore")
    for other in cores[1:]:
        cores[0].children += other.children
        root.children.remove(other)
    return left


def left_out(root: Element) -> list[Left]:
    """Return the line of each thing below an element that is not read, and what it is."""
    return [one for element in root.walk() for one in _in(element)]


def _in(element: Element) -> Iterator[Left]:
    read = _READ.get(element.name, ())
    if read == ("*",):
        return
    what = element.name
    named = element.said("Name") or element.said("Description")
    if element.name == "Goal" and named == NO_GOAL and not element.said("Identifier"):
        read, what = (*_HOLDER, "Goal*"), f"Goal '{NO_GOAL}'"
    elif element.name == "Objective" and not named:
        read, what = _HOLDER, "Objective without a Name"
    elif element.name == "Organization" and not element.said("Name"):
        read, what = (), "Organization without a Name"
    if element.children and " ".join(element.text.split()):
        yield element.line, f"the text '{_short(element.text)}' stands in {what}, beside its elements"
    seen: set[str] = set()
    for child in element.children:
        again = child.name in seen
        seen.add(child.name)
        if not _says_something(child) or f"{child.name}*" in read or (child.name in read and not again):
            continue
        yield child.line, f"{'another' if again and child.name in read else 'the'} {child.name} in {what} is not read"


def _says_something(element: Element) -> bool:
    return any(one.text.strip() for one in element.walk())


def _short(text: str) -> str:
    return shortened(" ".join(text.split()), 40)
