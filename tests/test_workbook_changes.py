"""A workbook that was edited changes its plan by what was edited, and by nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from cspgraph.changes.records import flatten
from cspgraph.office.dropdowns import LISTS, TYPED
from cspgraph.office.writing import COPY
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.canonical import canonical_form
from cspgraph.plans.markup import compose
from cspgraph.resources import library
from tests.desk import Desk
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from pathlib import Path


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
