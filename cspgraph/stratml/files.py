"""A StratML file to the files of a plan: read, turned, put into canonical form and checked before anything is written."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cspgraph.errors import InputError, Problem
from cspgraph.files import readable
from cspgraph.sources import measure
from cspgraph.stratml.people import Shared
from cspgraph.stratml.planfile import StratmlPlan
from cspgraph.stratml.reader import read
from cspgraph.stratml.statements import Plain, yaml_lines
from cspgraph.terms import ID, SHARED, short

if TYPE_CHECKING:
    from cspgraph.stratml.leftovers import Left
    from cspgraph.stratml.statements import Words


class Made(NamedTuple):
    """The files, by name, that a StratML file becomes, and what of it they do not hold, each with its line."""

    files: dict[str, bytes]
    left_out: list[Left]


def plan_files(path: Path) -> Made:
    """Return the files that a StratML file becomes: the plan, and the reference file that lists its source.

    Raises InputError, with lines of the StratML file, for what cannot be read or cannot be a plan.
    """
    from cspgraph.check import read_library
    from cspgraph.plans.canonical import canonical_form
    from cspgraph.resources import library

    with readable(path):
        content = path.read_bytes()
    root, left = read(path, content)
    files = library()
    reference = tuple(file for file in files.own if file.parent.name != "plans")
    base = read_library(replace(files, base=reference, own=()))
    shared = {
        short(iri): Shared(entity.title(), entity.kind.iri)
        for iri, entity in base.entities().items()
        if entity.parent is None and iri.startswith(f"{ID}{SHARED}/")
    }
    plan = StratmlPlan(path.stem, root, base.vocabulary, shared)
    if plan.problems:
        raise InputError(Problem(str(path), line, message, hint) for line, message, hint in plan.problems)
    texts = {f"{plan.id}.yaml": plan.text, f"{plan.id}-source.yaml": _source(path, content, plan)}
    made = {}
    for name, text in texts.items():
        made[name] = canonical_form(Path(name), text.encode(), base.vocabulary).encode()
    _check(path, made)
    return Made(made, left)


def _source(path: Path, content: bytes, plan: StratmlPlan) -> str:
    lines, checksum = measure(content)
    words: Words = {
        "title": f"{plan.plan.words['title']}, as StratML",
        "file": path.name,
        "sha256": checksum,
        "lineCount": Plain(lines),
        "extent": Plain("whole"),
    }
    if plan.address:
        words["identifier"] = plan.address
    head: Words = {"reference": Plain(plan.source), "sources": {plan.source: words}}
    return "\n".join([*yaml_lines(head), ""])


def _check(path: Path, made: dict[str, bytes]) -> None:
    """Raise InputError for what would not pass `check`, told of the StratML file."""
    from cspgraph.check import read_library
    from cspgraph.resources import library

    with tempfile.TemporaryDirectory() as folder:
        for name, content in made.items():
            (Path(folder) / name).write_bytes(content)
        problems = read_library(library([Path(folder)])).problems
    if problems:
        raise InputError(Problem(str(path), 0, one.message, one.hint, one.rule) for one in problems)
