"""A workbook back to a plan file: what nobody touched byte for byte, every problem at its cell."""

from __future__ import annotations

import base64
import re
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cspgraph.changes.rebuild import placed, rebuild
from cspgraph.changes.records import Records, flatten
from cspgraph.check import read_library
from cspgraph.errors import InputError, Problem
from cspgraph.office.dropdowns import LISTS
from cspgraph.office.gathering import Gatherer
from cspgraph.office.grid import Cells
from cspgraph.office.labels import Labels, known_titles
from cspgraph.office.layout import PLAN_SHEET, STAR, sheets
from cspgraph.office.opening import open_workbook
from cspgraph.office.sources import SHEET, apart, listed, look, reference_name, stand_in
from cspgraph.office.writing import COPY, FORMAT
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.canonical import printed
from cspgraph.plans.markup import MOST_BYTES, Malformed, compose
from cspgraph.plans.model import PlanFile
from cspgraph.resources import data_folder, library
from cspgraph.terms import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cspgraph.ontology import Vocabulary
    from cspgraph.plans.markup import Mapping
    from cspgraph.resources import Library

# What a problem of this sort has in its train is not worth telling.
_STRUCTURE = ("sheet", "head", "merged")


@dataclass
class Taken:
    """What a workbook says: the plan, the content of its file, the content it was made from, and all problems.

    `source` is the content of the reference file that lists its sources; nothing where the workbook describes none.
    """

    path: Path
    plan: str
    content: bytes
    before: bytes
    problems: list[Problem]
    source: bytes = b""


def take(path: Path, beside: Library, folder: Path | None = None, *, check: bool = True) -> Taken:
    """Return what a workbook says, checked like any plan file among the files `beside` it.

    Where its copy of the plan file was taken out, that of the same plan in `folder` is taken for it.
    Without `check` only the cells are looked at, not whether what they say fits together and with other files.

    Raises InputError when the file is no workbook of a plan at all; other problems are in what comes back.
    """
    opened = open_workbook(path)
    pages = {page.title: page for page in opened.worksheets}
    if PLAN_SHEET not in pages:
        hint = "`cspgraph export --to plan.xlsx` writes one of a plan, `cspgraph export --template --to new.xlsx` an empty one"
        raise InputError.at(path, 0, f"this is no workbook of a plan: it has no sheet '{PLAN_SHEET}'", hint)
    vocabulary = read_vocabulary(beside.ontology)
    before, expected = _copy(path, pages)
    if not before and not expected and folder is not None:  # an empty workbook has a copy, of nothing
        before = plan_in(folder, _plan_id(pages[PLAN_SHEET]))
    old = _records(before, vocabulary)
    labels = _labels(path, pages, beside, before, old)
    cells = Cells(path)
    for name in expected:
        if name not in pages:
            hint = "bring it back; to take away what stood in it, delete its rows and leave the sheet"
            cells.problem(0, f"the sheet '{name}' is not there", hint, "sheet")
    new = Gatherer(pages, cells, vocabulary, old, labels).gather(sheets(vocabulary, old, every=True))
    del opened, pages  # what follows needs memory of its own
    return _finish(Taken(path, _called(new), b"", before, cells.told()), new, old, cells, labels, beside, check=check)


def _called(new: Records) -> str:
    return next((value.text for value in new[()].values.get("plan", ())), "") if () in new else ""


def _finish(
    taken: Taken, new: Records, old: Records, cells: Cells, labels: Labels, beside: Library, *, check: bool
) -> Taken:
    """Make the files of records: nothing of them where there is a problem."""
    if cells.more or cells.rules.intersection(_STRUCTURE):
        return taken
    vocabulary = read_vocabulary(beside.ontology)
    found = apart(new, old)
    if check:
        stand_in(new, found, vocabulary, cells)
    look(found, taken.path.parent, cells)
    parts = [(new, old, taken.before)]
    if found:
        head = ("reference", reference_name(taken.plan))
        listing = next((file.read_bytes() for file in beside.own if head_of(file) == head), b"")
        parts.append((*listed(found, taken.plan, listing, set(labels.of), vocabulary), listing))
    built = [rebuild(records, older, vocabulary) for records, older, _ in parts]
    for number, sentence in (fault for one in built for fault in one.faults):
        cells.problem(number, sentence, "", "syntax")
    trees = [placed(one.root, one.cells) for one in built]
    checked = [
        _at_cell(problem, cells, taken.before) for problem in (_checked(taken, trees, beside, cells) if check else [])
    ]
    problems = cells.told(problem for problem in checked if problem.cell not in cells.blamed or not problem.cell)
    if problems:
        return replace(taken, problems=problems)
    texts = [printed(one.root, vocabulary, was).encode() for one, (_, _, was) in zip(built, parts, strict=True)]
    before = taken.before
    same = before and texts[0] == printed(compose(str(taken.path), before), vocabulary, before).encode()
    return replace(taken, content=before if same else texts[0], source=texts[1] if found else b"")


def _records(before: bytes, vocabulary: Vocabulary) -> Records:
    try:
        return flatten(compose("", before), vocabulary) if before else {}
    except Malformed:
        return {}


def _checked(taken: Taken, trees: list[Mapping], beside: Library, cells: Cells) -> list[Problem]:
    """Return what is wrong with the files that a workbook makes, among the others; with those only where it is right.

    A source that is not there is told once, not at every place in it, and not at all where a cell is blamed for it.
    """
    mine = [("plan", taken.plan), ("reference", reference_name(taken.plan))][: len(trees)]
    others = tuple(file for file in beside.own if head_of(file) not in mine)
    found = read_library(replace(beside, own=others), [(taken.path, tree) for tree in trees]).problems
    listing = f"'{reference_name(taken.plan)}'"  # what is wrong with this name is told of the plan's own
    blamed = [listing, *(quoted for one in cells.problems for quoted in re.findall(r"'[^']+'", one.message))]
    told: dict[str, Problem] = {}
    for number, problem in enumerate(found):
        once = problem.rule in ("source", "ref")
        if not (once and problem.message.startswith(tuple(blamed))):
            told.setdefault(problem.message if problem.rule == "source" else str(number), problem)
    mine_first = [problem for problem in told.values() if problem.path == str(taken.path)]
    return mine_first or list(told.values())


def _at_cell(problem: Problem, cells: Cells, before: bytes) -> Problem:
    """Return a problem with its cell in the place of the number that stood for it; `before` is the plan as it was."""

    def named(match: re.Match[str]) -> str:
        return cells.name(int(match[1])) or "another sheet"

    mine = problem.path == str(cells.path)
    hint = re.sub(rf"{re.escape(str(cells.path))}:(\d+)", named, problem.hint)
    hint = re.sub(rf"\b{re.escape(cells.path.name)}:(\d+)", named, hint)
    hint = re.sub(r"(?:on )?\bline (\d+)\b", lambda match: f"in {named(match)}", hint) if mine else hint
    if not mine:
        return replace(problem, hint=hint)
    if problem.rule == "source":
        hint = f"describe it on the sheet '{SHEET}', or name another on the sheet '{PLAN_SHEET}'"
        missing = re.match("'([^']+)'", problem.message)
        if missing and missing[1].encode() in before:  # then it is listed where the plan file came from
            alone = f"cspgraph check {cells.path.name} FOLDER"
            hint = f"name the folder of the plan file too, which lists it: `{alone}`; of `import`, --data FOLDER"
    number = cells.quoted(problem.line, problem.message)
    row = cells.places[number][1] if number < len(cells.places) else 0
    return Problem(problem.path, row, problem.message, hint, problem.rule, cells.name(number))


# -------------------------------------------------------------------- what goes along unseen


def _copy(path: Path, pages: dict[str, Any]) -> tuple[bytes, list[str]]:
    """Return the plan file that a workbook was made from, and its sheets; nothing where the copy was taken out."""
    page = pages.get(COPY)
    if page is None:
        return b"", []
    texts = [str(page.cell(row, 1).value or "") for row in range(1, min(page.max_row, 10_000) + 1)]
    if texts[0] != FORMAT:
        hint = "export it again with this version of cspgraph"
        raise InputError.at(path, 0, f"the sheet '{COPY}' was written by another version or changed by hand", hint)
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.b64decode("".join(texts[3:]), validate=True), MOST_BYTES)
        whole = not texts[3:] or unpacker.eof
        if content:
            compose(str(path), content)
    except (ValueError, zlib.error, Malformed):
        whole = False
    if not whole:
        hint = "delete that sheet: then everything is read from the cells, and comments of the plan file are lost"
        raise InputError.at(path, 0, f"the sheet '{COPY}', which nobody should change, is damaged", hint)
    return content, texts[2].split("\n")


def _labels(path: Path, pages: dict[str, Any], beside: Library, before: bytes, old: Records) -> Labels:
    """Return the labels that the workbook was written with.

    Where its lists were taken out they are made again as an export makes them, of the plan file that goes along; they
    are those of today then, so all titles are kept beside them.
    """
    page = pages.get(LISTS)
    if page is not None:
        labels = Labels({})
        for row in range(2, min(page.max_row, 100_000) + 1):
            label, name = page.cell(row, 1).value, page.cell(row, 2).value
            if label is not None and name is not None:
                labels.add(str(name), str(label))
        return labels
    plan = _called(old) or _plan_id(pages[PLAN_SHEET])
    others = tuple(file for file in beside.own if head_of(file) != ("plan", plan))
    reading = read_library(replace(beside, own=others), [(path, compose(str(path), before))] if old else [])
    mine = next((file for file in reading.files if file.path == path), PlanFile(path, plan, plan=True))
    labels = Labels(known_titles(reading, mine, old))
    for iri, entity in reading.entities().items():
        if entity.parent is None and entity.home is not mine and short(iri) not in labels.of:
            labels.keep_title(short(iri), entity.title())
    return labels


def _plan_id(page: Any) -> str:
    rows = page.iter_rows(min_row=2, max_row=min(page.max_row, 1000), max_col=2, values_only=True)
    return next((str(value) for says, value in rows if str(says).removesuffix(STAR) == "plan"), "")


def plan_in(folder: Path, plan: str) -> bytes:
    """Return the content of the plan file of a folder that holds a plan; nothing where none does."""
    return next((path.read_bytes() for path in files_in(folder) if head_of(path) == ("plan", plan)), b"")


def files_in(folder: Path) -> list[Path]:
    """Return the plan files of a folder, as all commands find them: to the bottom, hidden ones left out."""
    found = {*folder.rglob("*.yaml"), *folder.rglob("*.yml")} if folder.is_dir() else set()
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def head_of(path: Path) -> tuple[str, str]:
    """Return `plan` or `reference` and the name that a plan file gives itself, from its first such line."""
    try:
        found = re.search(rb"^(plan|reference): *['\"]?([^\s'\"]+)", path.read_bytes(), re.MULTILINE)
    except OSError:
        found = None
    return (found[1].decode(), found[2].decode(errors="replace")) if found else ("", str(path))


def library_beside(data: Sequence[Path], folders: Iterable[Path]) -> Library:
    """Return the files among which a workbook is read: those named or the bundled ones, and over them those of folders."""
    named = library(list(data) or [data_folder()])
    own = {head_of(path): path for path in named.own}
    for folder in folders:
        own |= {head_of(path): path for path in files_in(folder)}
    return replace(named, own=tuple(sorted(own.values())))
