"""Files that are no workbook, or not the one that was handed out, and workbooks that begin empty."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from cspgraph.errors import InputError
from cspgraph.office import opening
from cspgraph.office.exporting import template_workbook
from cspgraph.office.grid import MOST_PROBLEMS
from cspgraph.office.importing import library_beside, take
from cspgraph.office.writing import COPY
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ran
    from tests.desk import Desk


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
