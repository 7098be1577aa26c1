"""A plan as a workbook and back: what nobody touched byte for byte, what was edited and nothing else, mistakes at their cells."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import subprocess
import zipfile
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from cspgraph.changes.difference import differences, titles
from cspgraph.changes.records import flatten
from cspgraph.check import Reading, read_library
from cspgraph.errors import InputError
from cspgraph.office import dropdowns, opening
from cspgraph.office.dropdowns import LISTS, TYPED
from cspgraph.office.exporting import plan_files, plan_workbook, template_workbook
from cspgraph.office.grid import MOST_PROBLEMS
from cspgraph.office.importing import Taken, library_beside, take
from cspgraph.office.layout import STAR
from cspgraph.office.writing import COPY, GAPS
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.canonical import canonical_form
from cspgraph.plans.markup import compose
from cspgraph.resources import data_folder, library
from tests.conftest import LITTLE_REFERENCE
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

PLANS = sorted((data_folder() / "plans").glob("*.yaml"))


# -------------------------------------------------------------------- a workbook at hand


_MADE: dict[tuple[str, bool], tuple[Reading, bytes]] = {}


@contextmanager
def short_lists() -> Iterator[None]:
    """Write workbooks with little room for what is typed: most of their cells are its formulas, which nothing reads back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dropdowns, "MOST_TYPED", 5)
        patch.setattr(dropdowns, "SPARE", 20)
        yield


def _made(text: str, folder: Path, *, whole: bool = False) -> tuple[Reading, bytes]:
    """Return the reading and the workbook of a little plan, made once; its lists as short as may be, or `whole`."""
    if (text, whole) not in _MADE:
        reading = read_library(library([folder])).or_raise()
        with nullcontext() if whole else short_lists():
            _MADE[text, whole] = reading, plan_workbook(plan_files(reading, [])[0], reading, [])
    return _MADE[text, whole]


class Desk:
    """A folder with the little plan and its workbook, which is edited as an officer would, then taken back."""

    def __init__(self, folder: Path, text: str = LITTLE, *, whole: bool = False) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "reference.yaml").write_text(LITTLE_REFERENCE, encoding="utf-8")
        (folder / "little.yaml").write_text(text, encoding="utf-8")
        self.text = text
        self.path = folder / "little.xlsx"
        self.reading, made = _made(text, folder, whole=whole)
        self.path.write_bytes(made)
        self.book: Workbook = load_workbook(self.path)

    def sheet(self, name: str) -> Worksheet:
        return self.book[name]

    def column(self, name: str, head: str) -> int:
        return next(
            at for at, cell in enumerate(self.book[name][1], start=1) if str(cell.value).removesuffix(STAR) == head
        )

    def cell(self, name: str, row: int, head: str) -> Any:
        return self.book[name].cell(row, self.column(name, head))

    def row(self, name: str, **said: str) -> int:
        """Return the first row in which a column, spaces of its head as underscores, shows a text."""
        ((head, text),) = said.items()
        at = self.column(name, head.replace("_", " "))
        page = self.book[name]
        return next(
            row for row in range(2, page.max_row + 1) if str(page.cell(row, at).value).removesuffix(STAR) == text
        )

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


def test_the_same_plan_gives_the_same_workbook(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", whole=True)
    again = read_library(library([desk.folder]))
    assert plan_workbook(plan_files(again, [])[0], again, []) == desk.path.read_bytes()


# -------------------------------------------------------------------- what it looks like


def test_every_cell_is_text_and_names_are_labels_with_a_hidden_id(havering: bytes) -> None:
    book = load_workbook(io.BytesIO(havering))
    assert [name for name in book.sheetnames if name.endswith("bin")] == []
    for page in book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if page.title in (LISTS, TYPED) and cell.data_type == "f":
                    continue  # what the drop-downs offer: tests/test_dropdowns.py
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
        column = re.search(rf"'{LISTS}'!\$([A-Z]+)\$2", rule.formula1)
        assert column, rule.formula1
        return [str(cell.value) for cell in book[LISTS][column[1]][1:]], rule.errorStyle or "stop"

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


# -------------------------------------------------------------------- edited


def test_a_value_that_is_changed_is_all_that_changes(desk: Desk) -> None:
    desk.put("Actions", desk.row("Actions", title="Mark bicycles"), timescale__when="March 2028")
    assert desk.changes() == ["A1: timescale moved from March 2027 to March 2028"]
    edited = canonical_form(desk.path, LITTLE.replace("March 2027", "March 2028").encode(), desk.reading.vocabulary)
    assert "# what nobody should lose" in edited
    assert desk.take().content.decode() == edited


def test_another_lead_is_picked_by_its_label_though_the_hidden_id_is_the_old_one(desk: Desk) -> None:
    row = desk.row("Actions", led_by="Bicycle Team")
    assert desk.cell("Actions", row, "id of led by").value == "team"
    desk.put("Actions", row, led_by="Metropolitan Police Service")
    assert desk.changes() == ["A1: led by changed from Bicycle Team to metropolitan-police"]


def test_a_second_lead_is_a_second_row_with_the_same_reference(desk: Desk) -> None:
    row = desk.row("Actions", title="Light the path") + 1
    desk.sheet("Actions").insert_rows(row)
    desk.put("Actions", row, ref="A2", led_by="Path Officer", led_by__lines="10")
    desk.put("Actions", row - 1, led_by="Bicycle Team")
    assert desk.changes() == ["A2: led by added: Bicycle Team", "A2: led by added: Path Officer"]
    assert b"ledBy: [team, post @10]" in desk.take().content


def test_rows_may_be_sorted_and_moved(desk: Desk) -> None:
    for name in ("Actions", "Steps", "Targets", "Plan"):
        page = desk.sheet(name)
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
        for row, line in enumerate(reversed(rows), start=2):
            for column, value in enumerate(line, start=1):
                page.cell(row, column).value = value
    page = desk.sheet("Teams")
    page.move_range(f"A2:{get_column_letter(page.max_column)}2", rows=40)
    assert desk.take().content.decode() == LITTLE


def test_columns_may_be_moved_and_some_of_ones_own_added(desk: Desk) -> None:
    page = desk.sheet("Teams")
    page.insert_cols(1, 2)
    page.cell(1, 1).value, page.cell(2, 1).value = "my notes", "ask them in May"
    desk.book.create_sheet("Scratch").append(["anything"])
    assert desk.take().content.decode() == LITTLE


def test_a_new_row_gets_the_next_reference_and_stands_behind_the_row_above_it(desk: Desk) -> None:
    desk.sheet("Actions").insert_rows(3)  # between the two leads of A1
    desk.put("Actions", 3, title="Lend locks", lines="20", contributes_to="Burglary")
    taken = desk.take()
    assert taken.problems == []
    text = taken.content.decode()
    assert text.index("  A1:") < text.index("  A3:") < text.index("  A2:")
    assert "  A3: {title: Lend locks, lines: 20, contributesTo: P1}\n" in text


def test_new_things_may_name_one_another_by_their_titles(desk: Desk) -> None:
    desk.put("Boards", 2, title="Path Board", lines="21")
    desk.put("Actions", desk.row("Actions", title="Light the path"), overseen_by="Path Board")
    desk.put("Steps", 4, belongs_to="Light the path", title="Count the lamps")
    desk.put("Steps", 5, belongs_to="Mark bicycles", title="Hand it back", lines="22")
    assert desk.changes() == [
        "A1: steps added: 3: Hand it back",
        "A2: overseen by added: Path Board",
        "A2: steps added: 1: Count the lamps",
        "path-board: board added: Path Board",
    ]


def test_deleted_rows_are_things_dropped_with_all_that_stood_in_them(desk: Desk) -> None:
    desk.sheet("Targets").delete_rows(desk.row("Targets", period="2026/27"))
    for _ in range(2):
        desk.sheet("Actions").delete_rows(desk.row("Actions", ref="A1"))
    assert desk.changes() == ["A1: action dropped: Mark bicycles", "I1: targets dropped: 2026/27: -5%"]


def test_what_is_deleted_and_still_named_is_told_at_the_cell_that_names_it(desk: Desk) -> None:
    desk.sheet("Teams").delete_rows(2)
    cell = desk.cell("Actions", desk.row("Actions", led_by="Bicycle Team"), "led by").coordinate
    assert desk.problems() == [
        f"Actions!{cell}: ledBy: nothing is called 'team'\n    define it in a section of this file, or in the reference data"
    ]


def test_a_part_whose_owner_is_gone_goes_with_it_only_while_it_says_so(desk: Desk) -> None:
    for _ in range(2):
        desk.sheet("Actions").delete_rows(desk.row("Actions", ref="A1"))
    row = desk.row("Steps", title="Buy a pen")
    desk.put("Steps", row, belongs_to="Light the paht")
    cell = desk.cell("Steps", row, "belongs to").coordinate
    assert desk.problems() == [
        f"Steps!{cell}: nothing here is called 'Light the paht'\n    the nearest: Light the path"
    ]
    desk.put("Steps", row, belongs_to="mark bicycle")  # nearest to what is gone, which cannot be offered
    (problem,) = desk.problems()
    assert "nothing here is called 'mark bicycle'" in problem
    assert "the nearest: Mark bicycles" not in problem
    desk.put("Steps", row, belongs_to=None)
    assert desk.problems() == [f"Steps!{cell}: the row does not say to what it belongs\n    pick one from the list"]
    desk.put("Steps", row, belongs_to="Light the path")
    assert desk.changes() == ["A1: action dropped: Mark bicycles", "A2: steps added: 1: Buy a pen"]


def _two_boards(desk: Desk, *refs: str) -> list[str]:
    """Add two boards with one title, and return the cells of their titles."""
    for row, ref in zip((2, 3), refs or ("", ""), strict=True):
        desk.put("Boards", row, ref=ref or None, title="Path Board", lines=f"2{row}")
    return [f"Boards!{desk.cell('Boards', row, 'title').coordinate}" for row in (2, 3)]


def test_a_title_that_two_new_things_have_is_told_with_both_cells(desk: Desk) -> None:
    first, second = _two_boards(desk)
    assert [one.split(": ")[1] for one in desk.changes()] == ["board added"] * 2, "while nothing names them"
    row = desk.row("Actions", title="Light the path")
    desk.put("Actions", row, overseen_by="Path Board")
    desk.put("Members", 2, belongs_to="path board", body="Bicycle Team")
    cell = desk.cell("Actions", row, "overseen by").coordinate
    what = f"'Path Board' may be {first} or {second}\n    give each a reference of its own in its column 'ref'"
    told = desk.problems()
    assert [one for one in told if one.startswith(f"Actions!{cell}: overseen by: {what}")], told
    assert [one for one in told if one.startswith(f"Members!A2: {what.replace('Path Board', 'path board')}")], told
    assert len(told) == 2


def test_things_with_one_title_are_told_apart_by_their_references(desk: Desk) -> None:
    _two_boards(desk, "B1", "B2")
    desk.put("Actions", desk.row("Actions", title="Light the path"), overseen_by="B2")
    desk.put("Members", 2, belongs_to="B2", body="Bicycle Team")
    taken = desk.take()
    assert [str(problem) for problem in taken.problems] == []
    assert b"overseenBy: B2" in taken.content
    assert taken.content.index(b"  B2:") < taken.content.index(b"member:")


def test_things_with_one_title_are_told_apart_by_what_may_be_named(desk: Desk) -> None:
    """A priority and a team may both be called so: only one of them can lead, and only one be served."""
    desk.put("Teams", 3, title="Burglary", lines="21")
    desk.put("Posts", 3, title="Bicycle Team", lines="22")
    row = desk.row("Actions", title="Light the path")
    desk.put("Actions", row, led_by="Burglary", contributes_to="Burglary")
    assert desk.changes() == [
        "A2: contributes to added: Burglary",
        "A2: led by added: Burglary",
        "burglary: team added: Burglary",
        "bicycle-team: post added: Bicycle Team",
    ]
    desk.put("Actions", row, involves="Bicycle Team")  # the team of before, or the new post: nothing decides
    (problem,) = desk.problems()
    assert "involves: 'Bicycle Team' may be Teams!B2 or Posts!B3" in problem
    desk.put("Actions", row, id_of_involves="team")  # as a row copied from another carries it
    assert "A2: involves added: Bicycle Team" in desk.changes()


def test_a_thing_may_be_renamed_while_others_name_it_as_before(desk: Desk) -> None:
    desk.put("Teams", 2, title="Bicycle Squad")
    assert desk.changes() == ["team: title changed from Bicycle Team to Bicycle Squad"]


HOSTILE = ["=1+1", "+44 20", "-5 things", "@home", "\ttab", "'quoted", "1.10", "none", "<b>&amp;"]


def test_text_that_begins_like_a_formula_is_text_both_ways(tmp_path: Path) -> None:
    from cspgraph.changes.records import Value, as_scalar
    from cspgraph.plans.canonical import printed

    vocabulary = read_vocabulary(library().ontology)
    titles = {f"A{number}": text for number, text in enumerate(HOSTILE, start=2)}
    (second,) = re.findall(r"^  A2: .*\n", LITTLE, re.MULTILINE)
    many = LITTLE.replace(second, "".join(second.replace("A2", ref) for ref in titles)).encode()
    old = flatten(compose("", many), vocabulary)
    for ref, text in titles.items():
        scalar = as_scalar(Value(text, literal=True))
        _, title = old[("actions", ref, -1),].nodes["title"]
        title.text, title.plain = scalar.text, scalar.plain  # type: ignore[attr-defined]
    node = old[()].node
    assert node is not None
    hostile = printed(node, vocabulary, many)  # type: ignore[arg-type]
    desk = Desk(tmp_path / "hostile", hostile)
    rows = {ref: desk.row("Actions", ref=ref) for ref in titles}
    for ref, text in titles.items():
        shown = desk.cell("Actions", rows[ref], "title")
        assert (shown.data_type, shown.value.strip('"')) == ("s", text)
    assert desk.take().content.decode() == hostile
    for row in rows.values():
        desk.put("Actions", row, lines="30")
    assert desk.changes() == [f"{ref}: lines changed from 10 to 30" for ref in titles]


def test_a_long_and_hostile_label_is_inert_and_comes_back(tmp_path: Path) -> None:
    label = "=cmd|' /C calc'!A0 \u202e<script>alert(1)</script> " + "x" * 10_000
    hostile = LITTLE.replace(
        "{title: Bicycle Team, lines: 14}", f"{{title: '{label.replace(chr(39), chr(39) * 2)}', lines: 14}}"
    )
    hostile = canonical_form(tmp_path, hostile.encode(), read_vocabulary(library().ontology))
    desk = Desk(tmp_path / "long", hostile)
    for page in desk.book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "f" or page.title in (LISTS, TYPED)
                assert cell.data_type != "f" or "cmd" not in str(cell.value)
                assert "\u202e" not in str(cell.value)
    assert desk.take().content.decode() == hostile


@pytest.mark.parametrize("copy", [True, False], ids=["with the copy", "without the copy"])
def test_a_workbook_without_its_lists_is_read_by_titles_and_ids(tmp_path: Path, copy: bool) -> None:
    """Labels carry ids where a title is not the only one; since then another plan may have brought the title again."""
    twins = LITTLE.replace("title: Path Officer", "title: Bicycle Team").replace(
        "ongoing, lines: 11}}", "ongoing, lines: 11}, involves: post, overseenBy: board}"
    )
    twins += "\nboards:\n  board: {title: Path Board, lines: 16, member: {team: {lines: 17}}}\n"
    twins = canonical_form(tmp_path, twins.encode(), read_vocabulary(library().ontology))
    desk = Desk(tmp_path / "twins", twins)
    row = desk.row("Actions", title="Light the path")
    assert desk.cell("Actions", row, "involves").value == "Bicycle Team [post]"
    assert desk.cell("Members", 2, "belongs to").value == "Path Board"
    for other in ("other-2027", "third-2028"):
        (desk.folder / f"{other}.yaml").write_text(twins.replace("little-2026", other), encoding="utf-8")
    del desk.book[LISTS]
    if not copy:
        del desk.book[COPY]
    assert desk.changes() == []
    desk.put("Actions", row, involves="Bicycle Team [team]", title="Light all paths")
    assert [one.partition(" from ")[0] for one in desk.changes()] == ["A2: title changed", "A2: involves changed"]
    desk.put("Actions", row, involves="Path Board [team]")
    (problem,) = desk.problems()
    assert "involves: nothing is called 'Path Board [team]'" in problem


# -------------------------------------------------------------------- mistakes

MISTAKES: list[tuple[str, dict[str, object], str, str]] = [
    ("Actions", {"timescale": "Ongoin"}, "'Ongoin' is not a kind of timescale", "the nearest: ongoing"),
    ("Actions", {"timescale__when": "Marhc 2027"}, "when: 'Marhc 2027'", ""),
    ("Actions", {"led_by": "Bicycle Taem"}, "led by: nothing is called 'Bicycle Taem'", "the nearest: Bicycle Team"),
    ("Actions", {"led_by": "Burglary"}, "ledBy: 'P1' is a priority, not a body", "it is defined in Priorities!A2"),
    ("Actions", {"led_by": "=A1"}, "the cell holds a formula (=A1)", "paste its value instead"),
    ("Actions", {"lines": "four"}, "'four'", ""),
    ("Actions", {"led_by__status": "sure"}, "'sure' is not a status", "known are: inferred, stated, uncertain"),
    ("Actions", {"contributes_to__why": 'he said "so"'}, "a reason cannot hold double quotes", ""),
    ("Actions", {"uses__lines": "12"}, "'12' is the lines of a value, and 'uses' has none in this row", "write the value"),
    ("Actions", {"lines": 3.5}, "the cell holds the number 3.5", "set the format of the cell to Text"),
    ("Actions", {"lines": dt.datetime(2026, 5, 3)}, "the cell holds the date 2026-05-03", "set the format of the cell to Text"),  # noqa: DTZ001
    ("Actions", {"ref": "A 1"}, "'A 1' cannot be the name of a thing", "use letters"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said", "message", "hint"), MISTAKES, ids=[mistake[2][:40] for mistake in MISTAKES])
def test_a_mistake_is_told_at_its_cell(desk: Desk, name: str, said: dict[str, object], message: str, hint: str) -> None:
    row = desk.row(name, ref="A1") if "ref" not in said else 5
    if "ref" in said:
        desk.put(name, row, title="Another", lines="4")
    desk.put(name, row, **said)
    head = next(iter(said)).replace("__", ": ").replace("_", " ")
    place = f"{name}!{desk.cell(name, row, head).coordinate}"
    found = [problem for problem in desk.problems() if problem.startswith(f"{place}: ")]
    assert [problem for problem in found if message in problem and hint in problem], desk.problems()


def test_all_mistakes_are_told_at_once(desk: Desk) -> None:
    desk.put("Actions", 2, timescale="Ongoin", led_by="Nobody at all", title=None)
    desk.put("Targets", 2, value="a lot")
    found = desk.problems()
    for wrong in ("'Ongoin' is not", "'Nobody at all'", "A1 has no 'title'", "Targets!"):
        assert any(wrong in problem for problem in found), wrong
    assert all("!" in problem.split(":")[0] for problem in found), "each at a cell"


def test_merged_cells_a_head_twice_and_a_lost_column_are_told(desk: Desk) -> None:
    desk.sheet("Actions").merge_cells("A2:A3")
    heads = desk.sheet("Posts")
    heads.cell(1, heads.max_column + 1).value = "title"
    desk.cell("Teams", 1, "title").value = "tittle"
    del desk.book["Steps"]
    found = "\n".join(desk.problems())
    assert "Actions!A2: the cells A2:A3 are merged" in found
    assert "the head 'title' stands twice" in found
    assert "Teams: the column 'title' is not there\n    is it 'tittle'?" in found
    assert "the sheet 'Steps' is not there" in found


def test_what_excel_makes_of_what_is_typed_is_met_with_sense(tmp_path: Path) -> None:
    numbered = LITTLE.replace("  A1:", "  '1.10':").replace("  A2:", "  '1.2':")
    numbered = numbered.replace("'1.10'", "1.10").replace("'1.2'", "1.2")
    desk = Desk(tmp_path / "numbers", numbered)
    for row in (2, 3):
        desk.put("Actions", row, ref=1.1)  # what is left of 1.10
    moved = desk.cell("Actions", 2, "timescale: when")
    moved.value, moved.number_format = dt.datetime(2028, 4, 1), "mmm-yy"  # noqa: DTZ001
    desk.put("Actions", 2, lines=4, led_by="  Bicycle\u00a0Team ")
    assert desk.changes() == ["1.10: timescale moved from March 2027 to April 2028"]


def test_a_sheet_that_somebody_hid_is_read_all_the_same(desk: Desk) -> None:
    desk.sheet("Actions").sheet_state = "hidden"
    assert desk.take().content.decode() == LITTLE


def test_controlled_words_are_taken_in_any_case_of_letters(desk: Desk) -> None:
    desk.put("Actions", desk.row("Actions", ref="A2"), timescale=" Review ")
    assert desk.changes() == ["A2: timescale: kind of timescale changed from ongoing to review"]


# -------------------------------------------------------------------- files that are none


def test_a_file_that_is_no_workbook_is_a_sentence(tmp_path: Path, desk: Desk) -> None:
    whole = desk.path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml")
    typed = b"<!DOCTYPE worksheet [<!ENTITY a 'b'>]>" + sheet
    broken: dict[str, tuple[bytes, str]] = {
        "empty": (b"", "not a whole workbook"),
        "text": (b"plan: x\n", "not a whole workbook"),
        "cut": (whole[: len(whole) // 2], "not a whole workbook"),
        "old": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "locked with a password"),
        "zip": (_zip({"a.txt": b"x"}), "not a whole workbook"),
        "many": (_zip({f"{n}.txt": b"" for n in range(4_000)}), "4,000 files"),
        "bomb": (_zip({"xl/workbook.xml": b" " * 60_000_000}), "unpacks to 60,000,000 bytes"),
        "cells": (_swapped(whole, "xl/worksheets/sheet2.xml", b"<x:worksheet xmlns:x='u'>" + b"<x:c/><c/>" * (opening.MOST_CELLS // 2 + 1) + b"</x:worksheet>"), "more cells than a plan can have"),
        "rows": (_swapped(whole, "xl/worksheets/sheet2.xml", b"<worksheet>" + b"<row ht='9'/>" * (opening.MOST_OTHERS + 1) + b"</worksheet>"), "more cells than a plan can have"),
        "merged": (_swapped(whole, "xl/worksheets/sheet2.xml", b"<worksheet><mergeCell x='>' ref='A1:XFD1048576'/></worksheet>"), "more cells than a plan can have"),
        "other name": (_zip({"xl/workbook.xml": b"<workbook/>", "xl/sheet.dat": typed}), "declares a document type"),
        "entity": (_swapped(whole, "xl/worksheets/sheet2.xml", typed), "declares a document type"),
        "utf16": (_swapped(whole, "xl/worksheets/sheet2.xml", sheet.decode().encode("utf-16")), "is not UTF-8"),
        "hollow": (_zip({"xl/workbook.xml": b"<workbook/>", "[Content_Types].xml": b"<Types/>"}), "cannot be read"),
        "damaged": (_swapped(whole, "xl/worksheets/sheet2.xml", b"<worksheet><sheetData><row"), "cannot be read"),
    }  # fmt: skip
    for name, (content, message) in broken.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            take(path, library_beside([desk.folder], []))
        assert str(caught.value).startswith(f"{path}: "), name
        assert message in str(caught.value), name
    with pytest.raises(InputError, match="cannot be read"):
        take(tmp_path / "none.xlsx", library_beside([desk.folder], []))


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _swapped(whole: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return _zip({entry: content if entry == name else archive.read(entry) for entry in archive.namelist()})


def test_cells_that_are_empty_count_for_nothing(desk: Desk) -> None:
    """LibreOffice writes one for every place of a column that has a format: half a million in a plan of 160 KB."""
    empty = "".join(f'<row r="{row}">' + f'<c r="AA{row}" s="1"/>' * 400 + "</row>" for row in range(900, 1950))
    desk.book.save(desk.path)
    with zipfile.ZipFile(desk.path) as archive:
        sheet = archive.read("xl/worksheets/sheet3.xml")
    assert b"</sheetData>" in sheet
    fuller = sheet.replace(b"</sheetData>", empty.encode() + b"</sheetData>")
    desk.path.write_bytes(_swapped(desk.path.read_bytes(), "xl/worksheets/sheet3.xml", fuller))
    taken = take(desk.path, library_beside([desk.folder], []))
    assert [str(problem) for problem in taken.problems] == []
    assert taken.content.decode() == LITTLE


def test_of_very_many_mistakes_the_first_are_told_and_how_many_more(desk: Desk, cli: Callable[..., Ran]) -> None:
    for row in range(6, 256):
        desk.put("Actions", row, title=f"Action {row}", lines="30", led_by=f"Nobody {row}")
    found = desk.problems()
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1] == "and 50 more\n    mend these, then look again"
    refused = cli("import", desk.path, "--to", desk.folder / "new")
    assert refused.code == 2
    assert refused.err.rstrip().endswith("and 50 more\n    mend these, then look again")
    for row in range(6, 256):  # each at a place that only a check of the whole plan looks at
        desk.put("Actions", row, led_by="Bicycle Team", lines="999999")
    assert desk.problems()[-1].startswith("and 50 more")


def test_a_place_with_thousands_of_figures_is_a_sentence(desk: Desk) -> None:
    desk.put("Actions", 2, lines="9" * 5_000)
    cell = desk.cell("Actions", 2, "lines").coordinate
    told = [one for one in desk.problems() if one.startswith(f"Actions!{cell}: ")]
    assert ["is not a place in a source: no text has so many lines" in one for one in told] == [True]
    assert len(told[0]) < 200


def test_a_copy_that_was_tampered_with_is_refused(desk: Desk) -> None:
    page = desk.sheet(COPY)
    page["A4"].value = page["A4"].value[:-40]
    with pytest.raises(InputError, match="damaged"):
        desk.take()
    page["A1"].value = "cspgraph workbook 99"
    with pytest.raises(InputError, match="another version"):
        desk.take()


def test_a_template_that_is_filled_in_is_a_plan(desk: Desk, tmp_path: Path) -> None:
    desk.path.write_bytes(template_workbook(desk.reading))
    desk.book = load_workbook(desk.path)
    said = {
        "plan": "big-2027",
        "source": "A document",
        "title": "A big plan",
        "lines": "1",
        "kind of document": "partnership-plan",
    }
    for label, text in said.items():
        desk.put("Plan", desk.row("Plan", says=label), value=text)
    desk.put("Priorities", 2, title="Fewer thefts", lines="2")
    desk.put(
        "Actions",
        2,
        title="Lock the sheds",
        lines="3",
        contributes_to="Fewer thefts",
        timescale="due",
        timescale__when="2028",
    )
    desk.put("Steps", 2, belongs_to="Lock the sheds", title="Buy locks")
    taken = desk.take()
    assert [str(problem) for problem in taken.problems] == []
    assert taken.plan == "big-2027"
    assert taken.content.decode() == (
        "plan: big-2027\nsource: doc\ntitle: A big plan\nlines: 1\nkind: partnership-plan\n\npriorities:\n"
        "  fewer-thefts: {title: Fewer thefts, lines: 2}\n\nactions:\n  lock-the-sheds:\n    title: Lock the sheds\n"
        "    lines: 3\n    contributesTo: fewer-thefts\n    step: {1: Buy locks}\n    timescale: {kind: due, when: 2028}\n"
    )


# -------------------------------------------------------------------- any edit


def _edit(desk: Desk, data: st.DataObject) -> tuple[str, int] | None:
    """Do one thing that an officer does; return what must be told of it and how often, or None where nothing may be."""
    page = desk.sheet("Actions")
    said = {
        row: [desk.cell("Actions", row, head).value for head in ("ref", "title")] for row in range(2, page.max_row + 1)
    }
    # The first row of a thing that was there: what a new one lacks still is told, and rightly so.
    row = data.draw(st.sampled_from([row for row, words in said.items() if all(words)]))
    ref = desk.cell("Actions", row, "ref").value
    what = data.draw(st.sampled_from(["value", "title", "move", "sort", "new", "delete"]))
    if what == "value":
        month = data.draw(st.sampled_from(["May 2031", "2032/33", "Autumn 2033"]))
        desk.put("Actions", row, timescale__when=month)
        return f"{ref}: timescale", 1
    if what == "title":
        words = data.draw(
            st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=40)
        )
        title = f"New {words}"
        desk.put("Actions", row, title=title)
        return f"{ref}: title changed from", 1
    if what == "move":
        page.move_range(f"A{row}:{get_column_letter(page.max_column)}{row}", rows=page.max_row + 5)
        return None
    if what == "sort":
        rows = data.draw(st.permutations([[cell.value for cell in line] for line in page.iter_rows(min_row=2)]))
        for at, line in enumerate(rows, start=2):
            for column, value in enumerate(line, start=1):
                page.cell(at, column).value = value
                if isinstance(value, str):
                    page.cell(at, column).data_type = "s"
        return None
    if what == "new":
        desk.sheet("Actions").insert_rows(row)
        desk.put("Actions", row, title="Quite new", lines="40")
        return "action added: Quite new", 1
    for at in [at for at in range(page.max_row, 1, -1) if desk.cell("Actions", at, "ref").value == ref]:
        page.delete_rows(at)
    return f"{ref}: action dropped", 1


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
@pytest.mark.slow
def test_the_graph_differs_by_exactly_the_edit(data: st.DataObject, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "any")
    told = [_edit(desk, data) for _ in range(data.draw(st.integers(1, 2)))]
    wanted = {said for said in told if said}
    gone = {said.split(":")[0] for said, _ in wanted if said.endswith("dropped")}
    added = sum(said.startswith("action added") for said, _ in [one for one in told if one])
    found = desk.changes()
    for sentence in found:
        assert (
            sentence.split(":")[0] in gone
            or "action added: Quite new" in sentence
            or any(sentence.startswith(said) for said, _ in wanted)
        ), (sentence, told)
    assert sum("action added" in sentence for sentence in found) == added
    for said, _ in wanted:
        if said.split(":")[0] not in gone:
            assert any(said in sentence for sentence in found), (said, found)
    if not wanted:
        assert desk.take().content.decode() == LITTLE


# -------------------------------------------------------------------- LibreOffice


@pytest.mark.slow
def test_what_libreoffice_saves_again_gives_the_same_plan(havering: bytes, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "plan.xlsx").write_bytes(havering)
    done = subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
         "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "saved"), str(tmp_path / "plan.xlsx")],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (tmp_path / "saved/plan.xlsx").is_file(), done.stderr
    taken = take(tmp_path / "saved/plan.xlsx", library_beside([], []))
    assert [str(problem) for problem in taken.problems] == []
    assert taken.content == (data_folder() / "plans/havering-2017.yaml").read_bytes()
    book = load_workbook(tmp_path / "saved/plan.xlsx")
    assert not [
        cell
        for page in book.worksheets
        if page.title not in ("Lists", "Typed")  # hidden; they put what is typed into the drop-downs
        for row in page.iter_rows(max_row=50)
        for cell in row
        if cell.data_type == "f"
    ]


# -------------------------------------------------------------------- the commands


def test_import_says_what_changes_and_takes_it_only_when_agreed(desk: Desk, cli: Callable[..., Ran]) -> None:
    plan = desk.folder / "little.yaml"
    desk.put("Actions", desk.row("Actions", ref="A2"), lines="11")
    desk.book.save(desk.path)
    told = cli("diff", desk.path)
    assert (told.code, told.out.splitlines()[0]) == (1, "A2: lines changed from 10 to 11")
    refused = cli("import", desk.path, "--to", desk.folder)
    assert refused.code == 1
    assert "A2: lines changed from 10 to 11" in refused.out
    assert plan.read_text(encoding="utf-8") == LITTLE
    assert cli("import", desk.path, "--to", desk.folder, "--yes").code == 0
    assert "lines: 11, timescale" in plan.read_text(encoding="utf-8")
    assert cli("diff", plan, desk.path).code == 0
    plan.write_text(LITTLE.replace("Burglary", "Thefts"), encoding="utf-8")
    conflict = cli("import", desk.path, "--to", desk.folder, "--yes")
    assert conflict.code == 2
    assert "has changed since the workbook was written" in conflict.err
    assert "Thefts" in plan.read_text(encoding="utf-8"), "nobody's work is overwritten"


def test_check_and_diff_speak_json_and_name_the_cell(desk: Desk, cli: Callable[..., Ran]) -> None:
    desk.put("Actions", 2, timescale="Ongoin")
    desk.book.save(desk.path)
    checked = cli("check", desk.path, desk.folder / "reference.yaml", "--format", "json")
    assert checked.code == 1
    problem = next(one for one in json.loads(checked.out) if "Ongoin" in one["message"])
    assert set(problem) == {"path", "line", "cell", "message", "hint", "rule"}
    assert (problem["cell"], problem["line"]) == (f"Actions!{desk.cell('Actions', 2, 'timescale').coordinate}", 2)
    refused = cli("import", desk.path, "--to", desk.folder / "new")
    assert refused.code == 2
    assert not (desk.folder / "new").exists(), "nothing is written while there is a mistake"
    other = desk.folder / "other.yaml"
    other.write_text(LITTLE.replace("March 2027", "March 2028"), encoding="utf-8")
    told = cli("diff", desk.folder / "little.yaml", other, "--format", "json")
    assert told.code == 1
    (change,) = json.loads(told.out)
    assert set(change) == {"plan", "thing", "what", "relation", "part", "before", "after", "sentence"}
    assert (change["what"], change["part"], change["after"]) == ("moved", "timescale", "March 2028")
    assert cli("diff", desk.folder / "no-such.yaml", other).code == 2


def test_a_folder_that_holds_a_plan_twice_is_refused_with_both_files(desk: Desk, cli: Callable[..., Ran]) -> None:
    plan, copy = desk.folder / "little.yaml", desk.folder / "little copy.yaml"
    desk.path.unlink()
    copy.write_text(LITTLE.replace("March 2027", "March 2028"), encoding="utf-8")
    for sides in ((plan, desk.folder), (desk.folder, plan)):
        told = cli("diff", *sides)
        assert told.code == 2
        assert f"{copy}: the plan 'little-2026' is in this file and in {plan}" in told.err
    desk.path.write_bytes(_made(LITTLE, desk.folder)[1])
    told = cli("import", desk.path, "--to", desk.folder, "--yes")
    assert (told.code, "is in this file and in" in told.err) == (2, True), "which of them would it patch?"
    copy.unlink()
    told = cli("diff", desk.folder, plan)
    assert f"{plan}: the plan 'little-2026' is in this file and in {desk.path}" in told.err


def test_export_writes_a_workbook_for_each_plan_and_an_empty_one(
    desk: Desk, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    (desk.folder / "second.yaml").write_text(LITTLE.replace("little-2026", "other-2027"), encoding="utf-8")
    assert cli("export", "--data", desk.folder, "--to", tmp_path / "p.xlsx", "-q").code == 0
    assert sorted(path.name for path in tmp_path.glob("*.xlsx")) == ["p-little-2026.xlsx", "p-other-2027.xlsx"]
    assert load_workbook(tmp_path / "p-other-2027.xlsx")[GAPS].max_row > 2
    assert cli("export", "--template", "--to", tmp_path / "new.xlsx").code == 0
    shown = [page.title for page in load_workbook(tmp_path / "new.xlsx").worksheets if page.sheet_state == "visible"]
    assert shown[:4] == ["About this workbook", "Plan", "Sources", "Priorities"]
    assert "Steps" in shown
    assert cli("export", "--template", "--to", tmp_path / "new.ods").code == 2
    assert cli("export", "--to", tmp_path / "x.xlsx", "--engine", "memory:").code == 2


def test_without_the_packages_the_command_says_what_to_install(
    desk: Desk, cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    ran = cli("check", desk.path)
    assert ran.code == 2
    assert 'pip install "cspgraph[office]"' in ran.err


@pytest.mark.parametrize(
    ("number", "written"), [(0.123456789, "12.3456789%"), (12345.6789, "1234567.89%"), (1e-7, "0.00001%"), (0.5, "50%")]
)
def test_a_percentage_keeps_its_digits(number: float, written: str) -> None:
    from types import SimpleNamespace

    from cspgraph.office.cells import _number
    from cspgraph.terms import XSD

    relation = SimpleNamespace(datatype=f"{XSD}decimal")
    assert _number(number, "0%", relation) == written  # type: ignore[arg-type]


def test_an_empty_file_and_a_folder_that_cannot_be_made_are_sentences(cli: Callable[..., Ran], tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_bytes(b"")
    assert "the file is empty" in cli("diff", empty, empty).err
    stratml = tmp_path / "little.stratml"
    stratml.write_text(
        '<StrategicPlan xmlns="http://www.stratml.net"><Name>Little</Name><StrategicPlanCore><Goal><Name>Safer</Name>'
        "<Description/></Goal></StrategicPlanCore></StrategicPlan>",
        encoding="utf-8",
    )
    done = cli("import", stratml, "--to", empty / "below")
    assert (done.code, "cannot be made" in done.err) == (2, True)
