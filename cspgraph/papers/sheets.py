"""The paper as a workbook: its words on the first sheet, then a sheet for each table, numbers as numbers, text as text."""

from __future__ import annotations

import io
import math
import re
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from cspgraph.papers.model import Items, Table, Words
from cspgraph.papers.steady import steady

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openpyxl.worksheet.worksheet import Worksheet

    from cspgraph.papers.model import Cell, Paper

_FIRST = "Paper"
_FORMATS = {"number": "#,##0", "share": "0%", "date": "d mmmm yyyy"}
_WIDTH = 11  # characters for each share of the page
_LINE = 15  # points; a row says how high it is, because not every program looks at what is in it
_FONT = "Calibri"
_HEAD = "E4E8EC"


def workbook(paper: Paper) -> bytes:
    """Return the paper as an .xlsx."""
    from openpyxl import Workbook

    book = Workbook()
    book.properties.title, book.properties.creator = paper.title, "cspgraph"
    book.properties.subject, book.properties.language = paper.subtitle, "en-GB"
    tables = sorted(paper.tables, key=lambda table: table.sheet)
    first = {key: next(group).number for key, group in groupby(tables, key=lambda table: table.sheet)}
    names = _names(sorted(first, key=lambda sheet: first[sheet]))
    front: Any = book.active
    front.title = _FIRST
    for sheet, name in names.items():
        _sheet(book.create_sheet(name), [table for table in paper.tables if table.sheet == sheet])
    _front(front, paper, names)
    made = io.BytesIO()
    book.save(made)
    return steady(made.getvalue(), paper.dated)


def _names(wanted: list[str]) -> dict[str, str]:
    """Return the name of each sheet: what Excel takes, and no two alike."""
    found: dict[str, str] = {}
    taken = {_FIRST.casefold(), "history"}  # Excel keeps the second for itself
    for sheet in wanted:
        name = base = re.sub(r"[\[\]:*?/\\']", " ", sheet.removeprefix("ref/")).strip()[:28] or "Table"
        number = 2
        while name.casefold() in taken:
            name, number = f"{base[:27]} {number}", number + 1
        taken.add(name.casefold())
        found[sheet] = name
    return found


def _put(cell: Any, value: Cell, kind: str = "text") -> None:
    """Write a value into a cell: a text stays a text, whatever it begins with."""
    if value is None or value == "":
        return
    cell.value = value
    if isinstance(value, str):
        cell.data_type, cell.number_format = "s", "@" if len(value) <= 255 else "General"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
    else:
        cell.number_format = _FORMATS["date" if isinstance(value, date) else kind]


def _sheet(sheet: Worksheet, tables: list[Table]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    columns = tables[0].columns
    top, fill = Alignment(vertical="top", wrap_text=True), PatternFill("solid", fgColor=_HEAD)
    bold = Font(name=_FONT, bold=True)
    widths = [max(_WIDTH * column.width, len(column.head) + 4, 10) for column in columns]
    for at, column in enumerate(columns, 1):
        cell: Any = sheet.cell(1, at)
        _put(cell, column.head)
        cell.font, cell.fill, cell.alignment = bold, fill, top
        sheet.column_dimensions[get_column_letter(at)].width = widths[at - 1]
    for number, row in enumerate((row for table in tables for row in table.rows), 2):
        for at, (value, column) in enumerate(zip(row, columns, strict=True), 1):
            cell = sheet.cell(number, at)
            _put(cell, value, column.kind)
            cell.alignment = top
        _high(sheet, number, zip(row, widths, strict=True))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{sheet.max_row}"
    sheet.print_title_rows = "1:1"
    _on_paper(sheet, "landscape")


def _on_paper(sheet: Worksheet, orientation: Literal["landscape", "portrait"]) -> None:
    """Let a sheet be printed on A4, all its columns side by side."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation, sheet.page_setup.paperSize = orientation, 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _high(sheet: Worksheet, number: int, cells: Iterable[tuple[Cell, float]], line: int = _LINE) -> None:
    """Make a row as high as the longest of its texts needs, given the width of each column."""
    lines = max((math.ceil(len(text) * 1.1 / width) for text, width in cells if isinstance(text, str)), default=1)
    sheet.row_dimensions[number].height = min(max(lines, 1) * line, 409)


def _front(sheet: Worksheet, paper: Paper, names: dict[str, str]) -> None:
    """Write the words of the paper, and where each table is, as a link."""
    from openpyxl.styles import Alignment, Font

    top = Alignment(vertical="top", wrap_text=True)
    _on_paper(sheet, "portrait")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 100, 50
    for number, (said, beside, size, link) in enumerate(_lines(paper, names), 1):
        for at, text in ((1, said), (2, beside)):
            cell: Any = sheet.cell(number, at)
            _put(cell, text or None)
            cell.alignment = top
        sheet.cell(number, 1).font = Font(name=_FONT, bold=size > 0, size=size or 11)
        _high(sheet, number, ((said, 100), (beside, 50)), size + 6 if size else _LINE)
        if link:
            sheet.cell(number, 2).hyperlink = f"#'{link}'!A1"
            sheet.cell(number, 2).font = Font(name=_FONT, color="005A8D", underline="single")


def _lines(paper: Paper, names: dict[str, str]) -> Iterator[tuple[str, str, int, str]]:
    yield paper.title, "", 18, ""
    yield paper.subtitle, "", 13, ""
    for name, said in paper.facts:
        yield f"{name}: {said}", "", 0, ""
    for section in paper.sections:
        yield "", "", 0, ""
        yield section.heading, "", 16 - 2 * section.level, ""
        for block in section.blocks:
            if isinstance(block, Words):
                yield block.text, "", 0, ""
            elif isinstance(block, Items):
                yield from ((f"\u2022 {said}", where, 0, "") for said, where in block.items)
            else:
                name = names[block.sheet]
                yield f"Table {block.number}: {block.caption}", f"sheet {name}", 0, name
