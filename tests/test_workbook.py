"""A plan as a workbook and back: what nobody touched byte for byte, what was edited and nothing else, mistakes at their cells."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from cspgraph.changes.difference import differences, titles
from cspgraph.changes.records import flatten
from cspgraph.check import Reading, read_library
from cspgraph.office.exporting import plan_files, plan_workbook
from cspgraph.office.importing import Taken, library_beside, take
from cspgraph.office.writing import COPY, GAPS, LISTS
from cspgraph.plans.markup import compose
from cspgraph.resources import data_folder, library
from tests.conftest import LITTLE_REFERENCE
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from cspgraph.graph import KnowledgeGraph

PLANS = sorted((data_folder() / "plans").glob("*.yaml"))


# -------------------------------------------------------------------- a workbook at hand


class Desk:
    """A folder with the little plan and its workbook, which is edited as an officer would, then taken back."""

    def __init__(self, folder: Path, text: str = LITTLE) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "reference.yaml").write_text(LITTLE_REFERENCE, encoding="utf-8")
        (folder / "little.yaml").write_text(text, encoding="utf-8")
        self.text = text
        self.reading = read_library(library([folder])).or_raise()
        (file,) = plan_files(self.reading, [])
        self.path = folder / "little.xlsx"
        self.path.write_bytes(plan_workbook(file, self.reading, []))
        self.book: Workbook = load_workbook(self.path)

    def sheet(self, name: str) -> Worksheet:
        return self.book[name]

    def column(self, name: str, head: str) -> int:
        return next(cell.column for cell in self.book[name][1] if cell.value == head)

    def cell(self, name: str, row: int, head: str) -> Any:
        return self.book[name].cell(row, self.column(name, head))

    def row(self, name: str, **said: str) -> int:
        """Return the first row in which a column, spaces of its head as underscores, shows a text."""
        ((head, text),) = said.items()
        at = self.column(name, head.replace("_", " "))
        return next(row for row in range(2, self.book[name].max_row + 1) if self.book[name].cell(row, at).value == text)

    def put(self, name: str, row: int, **said: object) -> None:
        for head, value in said.items():
            self.cell(name, row, head.replace("__", ": ").replace("_", " ")).value = value

    def take(self, *, text: bool = True) -> Taken:
        self.book.save(self.path)
        return take(self.path, library_beside([self.folder], []))

    def changes(self) -> list[str]:
        """Return in words what taking the workbook would change; fails when there is a problem."""
        taken = self.take()
        assert [str(problem) for problem in taken.problems] == []
        old, new = (
            flatten(compose("", content), self.reading.vocabulary) for content in (self.text.encode(), taken.content)
        )
        return [change.sentence for change in differences(old, new, "little-2026", titles(old) | titles(new))]

    def problems(self) -> list[str]:
        """Return all problems, without the path of the workbook."""
        return [str(problem).removeprefix(f"{self.path}: ") for problem in self.take().problems]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


@pytest.fixture(scope="module")
def havering(bundled_reading: Reading, bundled: KnowledgeGraph) -> bytes:
    (file,) = plan_files(bundled_reading, ["havering-2017"])
    return plan_workbook(file, bundled_reading, bundled.gaps())


# -------------------------------------------------------------------- unchanged


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_an_unchanged_workbook_gives_the_same_bytes(path: Path, bundled_reading: Reading, tmp_path: Path) -> None:
    (file,) = plan_files(bundled_reading, [path.stem])
    workbook = tmp_path / "plan.xlsx"
    workbook.write_bytes(plan_workbook(file, bundled_reading, []))
    taken = take(workbook, library_beside([], []))
    assert [str(problem) for problem in taken.problems] == []
    assert taken.content == path.read_bytes()


def test_the_cells_alone_hold_all_that_the_plan_says(havering: bytes, bundled_reading: Reading, tmp_path: Path) -> None:
    """Without the copy of the plan file that goes along unseen: only its comments and its manner are lost."""
    book = load_workbook(io.BytesIO(havering))
    del book[COPY]
    book.save(tmp_path / "plan.xlsx")
    taken = take(tmp_path / "plan.xlsx", library_beside([], []))
    assert [str(problem) for problem in taken.problems] == []
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans/havering.yaml").write_bytes(taken.content)
    said = {name: {str(quad) for quad in quads} for name, quads in bundled_reading.graphs()}
    again = {
        name: {str(quad) for quad in quads} for name, quads in read_library(library([tmp_path / "plans"])).graphs()
    }
    (graph,) = (name for name in said if name.endswith("/havering-2017"))
    assert len(said[graph]) > 10_000
    assert again[graph] == said[graph]
    patched = take(tmp_path / "plan.xlsx", library_beside([], []), data_folder() / "plans")
    assert patched.content == (data_folder() / "plans/havering-2017.yaml").read_bytes(), (
        "the file that is there is patched"
    )


def test_the_same_plan_gives_the_same_workbook(desk: Desk) -> None:
    again = read_library(library([desk.folder]))
    first, second = (plan_workbook(plan_files(reading, [])[0], reading, []) for reading in (desk.reading, again))
    assert first == second


# -------------------------------------------------------------------- what it looks like


def test_every_cell_is_text_and_names_are_labels_with_a_hidden_id(havering: bytes) -> None:
    book = load_workbook(io.BytesIO(havering))
    assert [name for name in book.sheetnames if name.endswith("bin")] == []
    for page in book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n"), "no formula, no error, no date that Excel made"
                assert cell.data_type == "n" or cell.number_format == "@" or cell.value is None
    actions = book["Actions"]
    heads = {cell.value: get_column_letter(cell.column or 0) for cell in next(actions.iter_rows(max_row=1))}
    assert (
        actions[f"{heads['led by']}2"].value == "Council's Community Safety Partnership"
        or actions[f"{heads['led by']}2"].value
    )
    assert actions.column_dimensions[heads["id of led by"]].hidden
    assert actions.freeze_panes == "C2"
    assert actions.auto_filter.ref.startswith("A1:")
    assert actions[f"{heads['led by']}1"].comment.text == "Who is named as lead."
    assert {"led by: lines", "led by: status", "led by: why"} <= set(heads)
    assert book[LISTS].sheet_state == "hidden"
    assert book[COPY].sheet_state == "veryHidden"
    assert book[GAPS].protection.sheet
    assert book[GAPS].max_row > 20


def test_drop_downs_offer_what_is_controlled_and_what_may_be_named(havering: bytes) -> None:
    book = load_workbook(io.BytesIO(havering))
    page = book["Actions"]
    heads = {cell.value: get_column_letter(cell.column or 0) for cell in next(page.iter_rows(max_row=1))}

    def offered(head: str) -> tuple[list[str], str]:
        rule = next(rule for rule in page.data_validations.dataValidation if f"{heads[head]}2" in rule.sqref)
        sheet, _, place = rule.formula1.partition("!")
        return [row[0].value for row in book[sheet.strip("'")][place.replace("$", "")]], rule.errorStyle or "stop"

    kinds, strict = offered("timescale")
    assert {"due", "review", "ongoing", "tbc"} <= set(kinds)
    assert strict == "stop"
    bodies, strict = offered("led by")
    assert {"Metropolitan Police Service", "Serious Group Violence Panel"} <= set(bodies)
    assert "London Crime Prevention Fund" not in bodies
    assert strict == "warning", "a body that this workbook adds is in no list yet"


def test_the_zip_holds_no_macro_and_no_link_to_elsewhere(havering: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(havering)) as archive:
        names = archive.namelist()
        assert not [name for name in names if "vba" in name.lower() or "externalLink" in name or "connections" in name]
        for name in names:
            assert b'TargetMode="External"' not in archive.read(name)
