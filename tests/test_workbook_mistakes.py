"""Mistakes in a workbook are told at their cells, all at once."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from tests.desk import Desk
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from pathlib import Path


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
    ("Actions", {"title": True}, "the cell holds the logical value TRUE", "set the format of the cell to Text"),
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


def test_a_second_date_of_an_action_is_told_as_one_too_many(desk: Desk) -> None:
    behind = desk.sheet("Actions").max_row + 1
    for row, day in ((behind, "March 2029"), (behind + 1, "April 2029")):
        desk.put("Actions", row, ref="A2", timescale__when=day)
    said = "has two values where one can stand: 'March 2029' and 'April 2029'"
    (problem,) = desk.problems()
    assert problem.endswith(f"the timescale A2/timescale {said}\n    the first is in Actions!DD5: take one of them out")
