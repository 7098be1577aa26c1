"""What stands in a cell: a value as text, number or date, and the text that a cell means.

A text is written as it is, harmless: a control character, or one that turns the direction
of writing, becomes U+FFFD. Read back, spaces around a value and the kinds of space that
Excel and web pages leave behind count for nothing.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cspgraph.plans.context import ABSENT
from cspgraph.terms import NUMBERS, XSD
from cspgraph.text import clean, shortened

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from cspgraph.changes.records import Value
    from cspgraph.ontology import Relation

MOST = 32_000  # Excel takes 32,767 characters in a cell
Content = str | int | float | date | None


def shown(text: str) -> str:
    """Return a text as a cell shows it."""
    pieces = re.split(r"([\t\n])", shortened(text, MOST))
    return "".join(piece if piece in ("\t", "\n") else clean(piece) for piece in pieces)


def tidy(text: str) -> str:
    """Return a text without spaces around it, with plain spaces where others, or line breaks, stood."""
    return re.sub(r"[\s\u00a0\u2007\u202f]", " ", text.replace("\r\n", "\n")).strip()


def value_text(value: Value) -> str:
    """Return what a cell shows of a value; a text that means no absence stands in quotes where it is the word for one."""
    return f'"{value.text}"' if value.literal and value.text.strip('"') in ABSENT else shown(value.text)


def meant(text: str) -> tuple[str, bool]:
    """Return the text that a cell's text means, and whether it means only itself."""
    if text.startswith('"') and text.strip('"') in ABSENT:
        return text[1:-1], True
    return text, False


def content(text: str, relation: Relation | None) -> Content:
    """Return what a cell holds: a number or a day where the ontology says so and nothing is lost by it, else text."""
    datatype = relation.datatype if relation else ""
    if datatype in NUMBERS and re.fullmatch(r"-?(0|[1-9]\d{0,14})", text):
        return int(text)
    if datatype in NUMBERS and re.fullmatch(r"-?\d{1,9}\.\d{1,5}", text) and str(float(text)) == text:
        return float(text)
    if datatype == f"{XSD}date" and re.fullmatch(r"(19|20)\d\d-\d\d-\d\d", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def said(value: object, pattern: str, relation: Relation | None, *, dated: bool) -> str:
    """Return the text that the content of a cell means.

    Raises ValueError, with a sentence, for a number or a date that Excel may have made of something else.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        if relation and relation.datatype != f"{XSD}boolean":
            raise ValueError(
                f"the cell holds the logical value {str(value).upper()}, which Excel made of what was typed"
            )
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _day(value.date(), pattern, relation, dated=dated)
    if isinstance(value, date):
        return _day(value, pattern, relation, dated=dated)
    if isinstance(value, time):
        raise ValueError(f"the cell holds the time {value}, which Excel made of what was typed")  # noqa: TRY004 - the cell is wrong, not the code
    if isinstance(value, int | float):
        return _number(value, pattern, relation)
    return str(value)


def _day(day: date, pattern: str, relation: Relation | None, *, dated: bool) -> str:
    if relation and relation.datatype == f"{XSD}date":
        return day.isoformat()
    if not dated:
        raise ValueError(f"the cell holds the date {day.isoformat()}, which Excel made of what was typed")
    if "d" in re.sub(r'"[^"]*"|\[[^]]*\]|\\.', "", pattern.lower()):
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{_MONTHS[day.month - 1]} {day.year}"  # a pattern without a day, such as mmm-yy, comes of typing a month


def _plain(number: float, times: int = 1) -> str:
    """Return a number with the digits that it shows, and no exponent."""
    written = f"{Decimal(repr(number)) * times:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _number(number: float, pattern: str, relation: Relation | None) -> str:
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if relation and relation.datatype in NUMBERS:
        if "%" in pattern:
            return f"{_plain(number, 100)}%"
        return _plain(number)
    if isinstance(number, int):
        return str(number)
    raise ValueError(f"the cell holds the number {number}, and what was typed may have been another (1.10 becomes 1.1)")


def put(sheet: Worksheet, row: int, column: int, what: object) -> Any:
    """Write one cell of a sheet: text as text, whatever it begins with; return the cell."""
    cell = sheet.cell(row, column)
    cell.value = what  # type: ignore[assignment]
    if isinstance(what, str):
        cell.data_type = "s"
        cell.number_format = "@"
    elif isinstance(what, date | datetime):
        cell.number_format = "yyyy-mm-dd"
    elif what is not None:
        cell.number_format = "General"
    return cell


def letter(column: int) -> str:
    """Return the letters of a column by its number, counted from 1."""
    from openpyxl.utils import get_column_letter

    return get_column_letter(column)
