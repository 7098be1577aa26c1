"""A plan as a workbook: what stands in it, how it looks, and the same bytes every time.

Every cell is text in a column of texts, so that nothing in it runs and Excel makes no date of
1.10; a number or a day only where the ontology says so. The plan file itself goes along in a
sheet that is not seen, so that what nobody touches comes back byte for byte.
"""

from __future__ import annotations

import base64
import io
import re
import zlib
from typing import TYPE_CHECKING, Any

from cspgraph.changes.records import OWN
from cspgraph.office.cells import letter, put, shown
from cspgraph.office.dropdowns import DropDowns
from cspgraph.office.layout import STAR
from cspgraph.office.rows import groups
from cspgraph.zips import unzipped, zipped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openpyxl.worksheet.worksheet import Worksheet

    from cspgraph.check import Reading
    from cspgraph.office.layout import Sheet
    from cspgraph.office.rows import Book
    from cspgraph.plans.model import PlanFile

ABOUT, COPY, GAPS = "About this workbook", "Plan file", "Gaps"
FORMAT = "cspgraph workbook 1"
CHUNK = 30_000
LEGIBLE = 340  # characters side by side on a sheet of A3 that can still be read
_GAP_HEADS = (("severity", 11), ("what is missing or contradicts", 90), ("where it was read", 34), ("why it matters", 60),
              ("what to do", 50))  # fmt: skip


def workbook(
    book: Book, sheets: list[Sheet], reading: Reading, file: PlanFile, gaps: Iterable[tuple[str, ...]], copy: bytes
) -> bytes:
    """Return a workbook of a plan. `gaps` are rows for a sheet that is only read, `copy` is the plan file itself."""
    from openpyxl import Workbook

    made = Workbook()
    made.properties.creator = "cspgraph"
    about = made.worksheets[0]
    about.title = ABOUT
    _Painter(made, book, reading, file).paint(sheets)
    _gaps(made.create_sheet(GAPS), gaps)
    _about(about, book, sheets)
    _copy(made.create_sheet(COPY), book, sheets, copy)
    for at, name in enumerate([ABOUT, *(sheet.name for sheet in sheets if sheet.used), GAPS]):
        made.move_sheet(name, at - made.sheetnames.index(name))
    made.active = 0
    out = io.BytesIO()
    made.save(out)
    return _same_bytes(out.getvalue())


def _same_bytes(content: bytes) -> bytes:
    """Return a workbook without the hour in which it was made."""
    parts = dict(unzipped(content))
    day = b"2000-01-01T00:00:00Z"
    parts["docProps/core.xml"] = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", day, parts["docProps/core.xml"])
    return zipped(parts)


class _Painter:
    """Writes the sheets of the records, and has their drop-downs written."""

    def __init__(self, made: Any, book: Book, reading: Reading, file: PlanFile) -> None:
        from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

        self.made, self.book, self.reading, self.file = made, book, reading, file
        self.head = {
            "font": Font("Calibri", 11, bold=True, color="FFFFFF"),
            "fill": PatternFill("solid", fgColor="1F3864"),
        }
        self.evidence = {"font": Font("Calibri", 11, color="1F3864"), "fill": PatternFill("solid", fgColor="D9E2F3")}
        self.wrapped = Alignment(wrap_text=True, vertical="top")
        self.line = Border(top=Side("thin", color="8EA9DB"))

    def paint(self, sheets: list[Sheet]) -> None:
        drop_downs = DropDowns(self.made, self.book, self.reading, self.file, sheets)
        for sheet in sheets:
            page = self.made.create_sheet(sheet.name)
            page.sheet_state = "visible" if sheet.used else "hidden"
            self.heads(page, sheet)
            last = self.rows(page, sheet)
            drop_downs.add(page, sheet, last)
            page.auto_filter.ref = f"A1:{letter(len(sheet.columns))}{max(last, 2)}"
        drop_downs.finish()

    def heads(self, page: Worksheet, sheet: Sheet) -> None:
        from openpyxl.comments import Comment

        for at, column in enumerate(sheet.columns, start=1):
            cell: Any = put(page, 1, at, f"{column.head}{STAR * column.needed}")
            look = self.evidence if column.role in OWN else self.head
            cell.font, cell.fill, cell.alignment = look["font"], look["fill"], self.wrapped
            if column.note:
                note = f"{column.note}{' Needed.' * column.needed}"
                cell.comment = Comment(shown(note), "cspgraph", height=110, width=300)
            size = page.column_dimensions[letter(at)]
            size.width, size.hidden = column.width, column.hidden or column.folded
            size.number_format, size.alignment = "@", self.wrapped
            if column.folded:
                size.outlineLevel = 1
        page.row_dimensions[1].height = 32
        page.sheet_properties.outlinePr.summaryRight = False  # type: ignore[union-attr]
        wide = sum(
            column.role in ("ref", "owner", "key", "what") or column.word == ("title",) for column in sheet.columns[:3]
        )
        page.freeze_panes = f"{letter(min(wide, 2) + 1)}2"
        seen = sum(column.width for column in sheet.columns if not column.folded and not column.hidden)
        page.page_setup.fitToWidth = -(-seen // LEGIBLE)
        page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
        page.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
        page.page_setup.paperSize = 8  # A3
        page.print_title_rows, page.print_title_cols = "1:1", f"A:{letter(max(min(wide, 2), 1))}"

    def rows(self, page: Worksheet, sheet: Sheet) -> int:
        seen = [not column.folded and not column.hidden for column in sheet.columns]
        row = 1
        for group in groups(sheet, self.book):
            for number, line in enumerate(group):
                row += 1
                for at, what in enumerate(line, start=1):
                    if what is not None or (number == 0 and seen[at - 1]):
                        written = put(page, row, at, what)
                        written.alignment = self.wrapped
                        if number == 0 and seen[at - 1]:
                            written.border = self.line
                page.row_dimensions[row].height = _height(sheet, line, seen)
        return row


def _height(sheet: Sheet, line: list[Any], seen: list[bool]) -> int:
    """Return how high a row must be for the texts that are seen, ten lines at most."""
    lines = [
        sum(1 + int(len(piece) * 1.15) // column.width for piece in what.split("\n"))
        for column, what, visible in zip(sheet.columns, line, seen, strict=True)
        if visible and isinstance(what, str)
    ]
    return 15 * min(max(lines, default=1), 10)


# -------------------------------------------------------------------- the sheets beside


def _gaps(page: Worksheet, gaps: Iterable[tuple[str, ...]]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    note = "Only to be read: what the rules found missing or contradictory when this workbook was written. Nothing here is read back."
    put(page, 1, 1, note).font = Font("Calibri", 11, italic=True)
    for at, (head, width) in enumerate(_GAP_HEADS, start=1):
        cell = put(page, 2, at, head)
        cell.font, cell.fill = Font("Calibri", 11, bold=True, color="FFFFFF"), PatternFill("solid", fgColor="7F7F7F")
        page.column_dimensions[letter(at)].width = width
    row = 2
    for row, gap in enumerate(gaps, start=3):
        for at, text in enumerate(gap, start=1):
            put(page, row, at, shown(text)).alignment = Alignment(wrap_text=True, vertical="top")
        page.row_dimensions[row].height = 15 * max(
            1 + len(text) // width for text, (_, width) in zip(gap, _GAP_HEADS, strict=True)
        )
    page.freeze_panes = "A3"
    page.auto_filter.ref = f"A2:{letter(len(_GAP_HEADS))}{row}"
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    page.print_title_rows = "2:2"
    page.protection.sheet = True
    page.protection.autoFilter = page.protection.sort = False  # these two stay allowed


def _about(page: Worksheet, book: Book, sheets: list[Sheet]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    title = book.records[()].title or book.plan
    lines = [
        (shown(title), 16, True),
        ("A community safety plan as a workbook. Change it here, then have it read back:", 11, False),
        ("    cspgraph import THIS-FILE.xlsx --to plans/", 11, False),
        ("It says first what you have changed. What you leave alone comes back letter by letter.", 11, False),
        ("", 11, False),
        ("One row is one thing. If it has two leads, it has two rows with the same reference.", 11, False),
        ("Sort, filter, move, insert and delete rows as you like: the reference says what a row belongs to.", 11, False),
        ("A new row needs no reference: leave it empty and one is made. To take a thing away, delete its rows.", 11, False),
        ("A thing is named by its label, picked from the list of the cell. Below the list: none, tbc or n/a, where the document says so.", 11, False),
        ("A star in a head says that it is needed. Without the lines at which it was read, nothing can be looked up.", 11, False),
        ("The [+] above a column opens where its value was read (lines), how sure that is (status), and why.", 11, False),
        ("Rest the pointer on a head to read what the word means. Words that this plan does not use are folded into the same [+].", 11, False),
        ("Sheets for what this plan does not have are hidden: right-click a tab, Unhide.", 11, False),
        ("Do not merge cells, rename sheets or change heads; formulas are refused. Sheets of your own are left alone.", 11, False),
        ("", 11, False),
        ("The sheets", 13, True),
    ]  # fmt: skip
    for row, (text, size, bold) in enumerate(lines, start=1):
        put(page, row, 1, text or None).font = Font("Calibri", size, bold=bold)
    row = len(lines)
    for sheet in sheets:
        row += 1
        link = put(page, row, 1, sheet.name if sheet.used else f"{sheet.name} (hidden)")
        if sheet.used:
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{sheet.name}'!A1")
            link.font = Font("Calibri", 11, color="0563C1", underline="single")
        note = sheet.relation.definition if sheet.relation else sheet.kind.definition
        put(page, row, 2, shown(note)).alignment = Alignment(wrap_text=True, vertical="top")
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 34, 100
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
    page.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    page.sheet_view.showGridLines = False


def _copy(page: Worksheet, book: Book, sheets: list[Sheet], copy: bytes) -> None:
    """Keep the plan file, packed, in a sheet that only a program shows."""
    packed = base64.b64encode(zlib.compress(copy, 9)).decode() if copy else ""
    put(page, 1, 1, FORMAT)
    put(page, 2, 1, book.plan)
    put(page, 3, 1, "\n".join(sheet.name for sheet in sheets))
    for row, start in enumerate(range(0, len(packed), CHUNK), start=4):
        put(page, row, 1, packed[start : start + CHUNK])
    page.sheet_state = "veryHidden"
