"""What a paper is made of: sections with words, lists and tables, as plain data that three layouts share."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from cspgraph.text import shortened
from cspgraph.xml import held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Cell = str | int | float | date | None
LONGEST = 600  # characters of a sentence or a cell; nothing real is as long


def safe(text: str, most: int = LONGEST) -> str:
    """Return a text for print: nothing in it that XML forbids, that controls, or that goes on for pages."""
    return shortened(held(text), most)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    `width` is its share of the page. `kind` is text, number, share or date. `role` is `cell`; or `head`, for what
    stands above its rows in a line of its own on paper; or `sheet`, for what only the workbook shows.
    """

    head: str
    width: float = 1.0
    kind: str = "text"
    role: str = "cell"


@dataclass(frozen=True)
class Table:
    """A table with its caption, and in `summary` what it shows, for those who cannot see it.

    `sheet` is where the workbook puts it: tables of one sheet have the same columns. `small` asks for small type.
    """

    caption: str
    summary: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sheet: str
    small: bool = False
    number: int = 0

    @property
    def printed(self) -> list[tuple[int, Column]]:
        """The columns that paper shows side by side, with their place in a row."""
        return [(at, column) for at, column in enumerate(self.columns) if column.role == "cell"]

    @property
    def width(self) -> float:
        """The shares of these columns together."""
        return sum(column.width for _, column in self.printed)

    def heading(self, row: tuple[Cell, ...]) -> str:
        """Return what stands above a row and those like it; nothing where the table has no such columns."""
        heads = [at for at, column in enumerate(self.columns) if column.role == "head"]
        return " · ".join(shown(row[at], self.columns[at].kind) for at in heads)


@dataclass(frozen=True)
class Words:
    """A paragraph; a `quiet` one is said beside the matter."""

    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Items:
    """A list; each item is a sentence and, perhaps, where it was read."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """A heading of level 1 to 3 with what stands below it; a `wide` one wants the page on its side."""

    title: str
    level: int
    blocks: tuple[Words | Items | Table, ...] = ()
    wide: bool = False
    number: str = ""

    @property
    def heading(self) -> str:
        """The title with its number."""
        return f"{self.number} {self.title}".strip()


@dataclass(frozen=True)
class Paper:
    """A paper: `facts` are pairs of a word and what it says of the paper, `dated` an ISO date or empty."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    dated: str = ""

    @property
    def tables(self) -> Iterator[Table]:
        """The tables, in order."""
        return (block for section in self.sections for block in section.blocks if isinstance(block, Table))


def shown(cell: Cell, kind: str = "text") -> str:
    """Return a cell as paper shows it: thousands set apart, a share in per cent, a date in words."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell.day} {cell:%B %Y}"
    if kind == "share":
        return f"{cell:.0%}"
    return f"{cell:,}" if isinstance(cell, int | float) else cell


def finished(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return sections with numbers, their tables with theirs, and every text in them safe to print.

    An appendix has a letter in its title, and its parts are numbered by it.
    """
    counts, letter, tables = [0, 0], "", 0
    made = []
    for section in sections:
        appendix = re.match(r"Appendix ([A-Z])", section.title)
        number = ""
        if appendix:
            letter, counts = appendix[1], [0, 0]
        elif section.level <= len(counts):
            counts[section.level - 1] += 1
            counts[section.level :] = [0] * (len(counts) - section.level)
            number = ".".join([letter or str(counts[0]), *map(str, counts[1 : section.level])])
        blocks = []
        for block in section.blocks:
            tables += isinstance(block, Table)
            blocks.append(_safe(block, tables))
        made.append(replace(section, title=safe(section.title), number=number, blocks=tuple(blocks)))
    return tuple(made)


def _safe(block: Words | Items | Table, number: int) -> Words | Items | Table:
    if isinstance(block, Words):
        return replace(block, text=safe(block.text, 2 * LONGEST))
    if isinstance(block, Items):
        return Items(tuple((safe(said), safe(where)) for said, where in block.items))
    rows = tuple(tuple(safe(cell) if isinstance(cell, str) else cell for cell in row) for row in block.rows)
    columns = tuple(replace(column, head=safe(column.head, 90)) for column in block.columns)
    return replace(block, caption=safe(block.caption), columns=columns, rows=rows, number=number)


def listed(words: Iterable[str], most: int) -> str:
    """Return words in a row, with how many more there are than are told."""
    told = list(words)
    left = len(told) - most
    return "; ".join(told[:most]) + (f"; and {left:,} more" if left > 0 else "")
