"""The drop-downs of a workbook: what is known, then what is typed into it, as Excel and LibreOffice work it out."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

from cspgraph.office.dropdowns import LISTS, MOST_TYPED, TYPED
from cspgraph.office.exporting import template_workbook
from tests.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

# What Excel 2007 and LibreOffice both have. FILTER, UNIQUE and the like would be empty on half of a council's desks.
KNOWN = {"CHOOSE(", "COUNTIF(", "IF(", "IFERROR(", "INDEX(", "ISNA(", "MATCH(", "MAX(", "MIN(", "OFFSET("}
PROBE = "Probe"


def formulas(desk: Desk) -> list[str]:
    """Return every formula of a workbook, those of its drop-downs with them."""
    cells = [
        str(cell.value)
        for page in desk.book.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    rules = [str(rule.formula1) for page in desk.book.worksheets for rule in page.data_validations.dataValidation]
    return [*cells, *(f"={rule}" for rule in rules)]


def rule_of(desk: Desk, name: str, head: str) -> str:
    """Return the formula of the drop-down below a head."""
    where = desk.cell(name, 2, head).coordinate
    rules = desk.sheet(name).data_validations.dataValidation
    return next(str(rule.formula1) for rule in rules if where in rule.sqref)


@pytest.mark.parametrize("empty", [False, True], ids=["a plan", "an empty workbook"])
def test_the_formulas_are_sound_and_stand_in_the_hidden_sheets_alone(tmp_path: Path, *, empty: bool) -> None:
    desk = Desk(tmp_path / "desk", whole=True)
    if empty:
        desk.path.write_bytes(template_workbook(desk.reading))
        desk.book = load_workbook(desk.path)
    for page in desk.book.worksheets:
        if page.title not in (LISTS, TYPED):
            assert not [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"], page.title
    assert {desk.sheet(LISTS).sheet_state, desk.sheet(TYPED).sheet_state} == {"hidden"}
    found = formulas(desk)
    assert len(found) > 1_000
    for formula in found:
        assert len(formula) < 1_000
        tokens = Tokenizer(formula).items
        opened = [token.value for token in tokens if token.type == Token.FUNC and token.subtype == Token.OPEN]
        assert set(opened) <= KNOWN, formula
        for token in tokens:
            if token.type == Token.OPERAND and token.subtype == Token.RANGE and "!" in token.value:
                assert token.value.rsplit("!", 1)[0].strip("'") in desk.book.sheetnames, formula
        texts = {token.value for token in tokens if token.subtype == Token.TEXT}
        assert {text for text in texts if not text.startswith('"<')} <= {'""', '"none"', '"tbc"', '"n/a"'}, (
            "no formula holds a label"
        )
    assert all(len(rule) < 255 for rule in found if rule.startswith("=OFFSET")), "Excel takes no longer one in a rule"


def test_a_list_says_how_long_it_is_before_anything_is_typed(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", whole=True)
    rule = rule_of(desk, "Actions", "led by")
    place = re.fullmatch(r"OFFSET\('Lists'!\$(\w+)\$2,0,0,MAX\(1,(\d+)\+'Typed'!\$\w+\$1\),1\)", rule)
    assert place, rule
    column, length = place[1], int(place[2])
    page = desk.sheet(LISTS)
    words = [page[f"{column}{row}"].value for row in range(2, length - 1)]
    assert {"Bicycle Team", "Path Officer", "Metropolitan Police Service"} <= set(words)
    assert "Burglary" not in words
    below = [page[f"{column}{row}"] for row in range(length - 1, length + MOST_TYPED + 2)]
    assert all(cell.data_type == "f" for cell in below), "then what is typed, and none, tbc and n/a"
    assert page[f"{column}{length + MOST_TYPED + 2}"].value is None


def test_what_is_picked_from_what_was_typed_is_taken(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", whole=True)
    desk.put("Organisations", 2, title="Zebra Crossing Trust", lines="20")
    desk.put("Documents", 2, title="Path Strategy", lines="21")
    desk.put("Actions", desk.row("Actions", title="Light the path"), led_by="Zebra Crossing Trust")
    desk.put("Actions", desk.row("Actions", title="Mark bicycles"), delivered_through="Path Strategy")
    assert desk.changes() == [
        "A1: delivered through added: Path Strategy",
        "A2: led by added: Zebra Crossing Trust",
        "zebra-crossing-trust: organisation added: Zebra Crossing Trust",
        "path-strategy: document added: Path Strategy",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("empty", [False, True], ids=["a plan", "an empty workbook"])
def test_libreoffice_offers_what_was_typed(tmp_path: Path, *, empty: bool) -> None:
    """The lists are worked out by LibreOffice, after rows were typed in, inserted, deleted, and left empty between."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    desk = Desk(tmp_path / "desk", whole=True)
    if empty:
        desk.path.write_bytes(template_workbook(desk.reading))
        desk.book = load_workbook(desk.path)
    desk.put("Organisations", 2, title="Zebra Crossing Trust")
    desk.put("Posts", 60, title="=1+1", ref="my-own")
    desk.cell("Posts", 60, "title").data_type = "s"
    desk.sheet("Boards").insert_rows(2)
    desk.put("Boards", 2, title='Board <b> "x" & more*')
    desk.sheet("Posts").delete_rows(3)
    desk.put("Actions", 9, title="Quite new")
    for row in range(10, 10 + MOST_TYPED + 5):
        desk.put("Outcomes", row, title=f"Outcome {row}")
    ends = ["none", "tbc", "n/a"]
    bodies = ["Zebra Crossing Trust", "=1+1", 'Board <b> "x" & more*']
    wanted = {
        ("Actions", "led by"): [*bodies, *ends],
        ("Actions", "overseen by"): [bodies[2], *ends],
        ("Actions", "delivered through"): [bodies[2], *ends],
        ("Steps", "belongs to"): ["Quite new"],
        ("Actions", "expected outcomes" if not empty else "expects"): [f"Outcome {MOST_TYPED + 9}", *ends],
    }
    heads = {str(cell.value) for cell in desk.sheet("Actions")[1]}
    probe = desk.book.create_sheet(PROBE)
    asked = [(place, said) for place, said in wanted.items() if place[0] != "Actions" or place[1] in heads]
    assert len(asked) >= 4
    for at, ((name, head), said) in enumerate(asked, start=1):
        rule = rule_of(desk, name, head)
        for back in range(len(said) + 1):
            probe.cell(back + 1, at).value = f"=IF(ROWS({rule})>{back},INDEX({rule},ROWS({rule})-{back}),0)"
    desk.book.save(desk.path)
    done = subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'own').as_uri()}", "--headless", "--convert-to",
         "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path), str(desk.path)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (tmp_path / "little.xlsx").is_file(), done.stderr
    shown = load_workbook(tmp_path / "little.xlsx", data_only=True)
    for at, (place, said) in enumerate(asked, start=1):
        column = [shown[PROBE].cell(row, at).value for row in range(1, len(said) + 2)]
        assert column[-2::-1] == said, place
        assert column[-1] not in said, "each once"
    errors = [
        cell for name in (LISTS, TYPED) for row in shown[name].iter_rows() for cell in row if cell.data_type == "e"
    ]
    assert errors == []
