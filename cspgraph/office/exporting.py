"""The workbook of a plan: everything that the file says, and what the rules find missing in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cspgraph.changes.records import OWN, Record, Records, Value, flatten
from cspgraph.errors import CspgraphError, InputError, UnknownName
from cspgraph.office.labels import Labels, known_titles
from cspgraph.office.layout import PLAN_SHEET, sheets
from cspgraph.office.rows import Book
from cspgraph.office.sources import SECTION
from cspgraph.office.writing import workbook
from cspgraph.plans.markup import Malformed, compose
from cspgraph.plans.model import PlanFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.check import Reading
    from cspgraph.findings import Finding


def plan_files(reading: Reading, plans: Iterable[str]) -> list[PlanFile]:
    """Return the files of the plans named, or of all.

    Raises UnknownName for a plan that is not among them, CspgraphError when there is none: a workbook holds a plan,
    not what plans share.
    """
    wanted = list(plans)
    found = sorted((file for file in reading.files if file.plan), key=lambda file: file.name)
    known = [file.name for file in found]
    if not known:
        raise CspgraphError("there is no plan to write a workbook of", "name a plan file with --data")
    for plan in wanted:
        if plan not in known:
            raise UnknownName("the plan", plan, hint=f"loaded are: {', '.join(known)}")
    return [file for file in found if not wanted or file.name in wanted]


def plan_workbook(file: PlanFile, reading: Reading, found: Iterable[Finding]) -> bytes:
    """Return the workbook of one plan of a reading, with the findings of that plan.

    Raises InputError when the file cannot be read.
    """
    content = file.path.read_bytes()
    try:
        root = compose(str(file.path), content)
    except Malformed as error:
        raise InputError([error.problem]) from None
    records = flatten(root, reading.vocabulary)
    book = Book(reading.vocabulary, records, Labels(known_titles(reading, file, records)), file.name)
    gaps = [
        (one.severity, one.sentence, str(one.place), one.why, one.fix) for one in found if one.plan == file.name
    ]  # fmt: skip
    return workbook(book, sheets(reading.vocabulary, records), reading, file, gaps, content)


# What an empty workbook asks of a new plan, and the sheets that are to be seen in it.
_ASKED = ("title", "kind", "level", "owner", "author", "period", "reviewDate", "state", "ledBy", "overseenBy",
          "covers", "vision", "aim")  # fmt: skip
_SHOWN = (SECTION, "priorities", "actions", "outcomes", "indicators", "partnerships", "organisations", "boards", "teams", "posts",
          "documents", "funds", "steps", "targets", "funded by", "members")  # fmt: skip


def template_workbook(reading: Reading) -> bytes:
    """Return an empty workbook for a new plan, with the drop-downs of what plans share."""
    kind = reading.vocabulary.kind("Plan")
    plan = Record((), kind, values={"plan": [Value("")], "source": [Value("")]})
    plan.values |= {word: [Value("")] for word in _ASKED if word in kind.words and word not in OWN}
    plan.own = {"lines": ""}
    records: Records = {(): plan}
    file = PlanFile(Path("new-plan.yaml"), "new-plan", plan=True)
    book = Book(reading.vocabulary, records, Labels(known_titles(reading, file, records)), file.name)
    found = sheets(reading.vocabulary, records, frozenset(_SHOWN))
    found.sort(key=lambda sheet: (sheet.name != PLAN_SHEET, sheet.section != SECTION))
    return workbook(book, found, reading, file, [], b"")
