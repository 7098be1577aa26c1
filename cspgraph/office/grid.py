"""The cells of a workbook as text, with every problem at its cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cspgraph.changes.records import OWN, dated
from cspgraph.errors import Problem
from cspgraph.office.cells import said, tidy
from cspgraph.office.layout import STAR
from cspgraph.plans.context import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cspgraph.office.layout import Column, Sheet


MOST_PROBLEMS = 200
MOST_LOOKED = 200_000  # names that are compared with what was typed: some ten seconds


@dataclass
class Cells:
    """Every cell that was read, by number: what a problem is about is found again by it."""

    path: Path
    places: list[tuple[str, int, int]] = field(default_factory=lambda: [("", 0, 0)])
    problems: list[Problem] = field(default_factory=list)
    texts: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)
    blamed: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    more: int = 0
    looked: int = 0

    def keep(self, number: int, text: str) -> None:
        """Keep what a cell says, so that a problem of its row that quotes it is told there."""
        sheet, row, _ = self.places[number]
        self.texts.setdefault((sheet, row), {}).setdefault(text, number)

    def quoted(self, number: int, message: str) -> int:
        """Return the number of the cell of the same row whose text a message quotes; else the number itself."""
        sheet, row, column = self.places[number] if 0 <= number < len(self.places) else ("", 0, 0)
        told = re.findall(r"'([^']+)'", message)
        found = [self.texts.get((sheet, row), {}).get(text) for text in told]
        near = [at for at in found if at is not None]
        return number if not near or any(self.places[at][2] == column for at in near) else near[0]

    def number(self, sheet: str, row: int, column: int) -> int:
        """Return the number of a cell."""
        self.places.append((sheet, row, column))
        return len(self.places) - 1

    def name(self, number: int) -> str:
        """Return `Actions!C14`; the sheet alone where no one cell is to blame, nothing for the whole workbook."""
        from openpyxl.utils import get_column_letter

        sheet, row, column = self.places[number] if 0 <= number < len(self.places) else ("", 0, 0)
        return f"{sheet}!{get_column_letter(column)}{row}" if row else sheet

    def problem(self, number: int, message: str, hint: str | Callable[[], str] = "", rule: str = "workbook") -> None:
        """Note what is wrong with a cell; of more than MOST_PROBLEMS only how many, without looking for a hint."""
        self.blamed.add(self.name(number))
        self.rules.add(rule)
        if len(self.problems) >= MOST_PROBLEMS:
            self.more += 1
            return
        row = self.places[number][1] if 0 <= number < len(self.places) else 0
        said = hint if isinstance(hint, str) else hint()
        self.problems.append(Problem(str(self.path), row, message, said, rule, self.name(number)))

    def may_look(self, many: int) -> bool:
        """Return whether the nearest of so many may still be looked for: thousands of mistakes must not take hours."""
        self.looked += many
        return self.looked <= MOST_LOOKED

    def told(self, others: Iterable[Problem] = ()) -> list[Problem]:
        """Return all problems, in order; of very many the first, and one that says how many more there are."""
        found = sorted({*self.problems, *others})
        more = self.more + max(len(found) - MOST_PROBLEMS, 0)
        last = [Problem(str(self.path), 0, f"and {more:,} more", "mend these, then look again", "more")] if more else []
        return found[:MOST_PROBLEMS] + last


@dataclass
class Row:
    """A row of a sheet: its texts by the position of their columns, and the numbers of their cells."""

    number: int
    texts: dict[int, str]
    cells: dict[int, int]

    def at(self, position: int) -> int:
        """Return the number of a cell, or of the first of the row."""
        return self.cells.get(position) or self.number


def rows(page: Any, sheet: Sheet, cells: Cells, known: dict[float, set[str]]) -> Iterator[Row]:
    """Yield the rows of a sheet that say something.

    `known` holds references that look like numbers, by their value: where there is one only, a number that Excel
    made of it is turned back.
    """
    places = _heads(page, sheet, cells)
    if places is None or not _sound(page, sheet, cells):
        return
    found: dict[int, dict[int, Any]] = {}
    for (row, column), cell in page._cells.items():  # noqa: SLF001 - iter_rows makes a cell for every empty place
        position = places.get(column)
        if row > 1 and position is not None and cell.value is not None:
            found.setdefault(row, {})[position] = cell
    for row in sorted(found):
        texts: dict[int, str] = {}
        numbers: dict[int, int] = {}
        for position, cell in sorted(found[row].items()):
            number = cells.number(sheet.name, row, cell.column)
            text = _text(cell, sheet.columns[position], cells, number, known)
            if text:
                if not sheet.columns[position].hidden:
                    cells.keep(number, text)
                texts[position], numbers[position] = text, number
        if any(sheet.columns[position].role != "id" for position in texts):
            yield Row(cells.number(sheet.name, row, 1), texts, numbers)


def _heads(page: Any, sheet: Sheet, cells: Cells) -> dict[int, int] | None:
    """Return, for each column of the sheet, its position in the layout; None when a head is missing or there twice."""
    wanted = {column.head.casefold(): position for position, column in enumerate(sheet.columns)}
    places: dict[int, int] = {}
    others: list[str] = []
    sound = True
    for (row, at), cell in sorted(page._cells.items()):  # noqa: SLF001 - as above
        if row != 1 or cell.value is None:
            continue
        head = tidy(str(cell.value)).removesuffix(STAR)
        position = wanted.get(head.casefold())
        if position is None:
            others.append(head)
        elif position in places.values():
            number = cells.number(sheet.name, 1, at)
            cells.problem(number, f"the head '{head}' stands twice", "delete one of the two columns", "head")
            sound = False
        else:
            places[at] = position
    for position, column in enumerate(sheet.columns):
        if position not in places.values() and not column.hidden:
            near = nearest(column.head, others)
            hint = (
                f"is it '{near[0]}'? Give it its head back" if near else "bring the column back: undo, or export again"
            )
            cells.problem(cells.number(sheet.name, 0, 0), f"the column '{column.head}' is not there", hint, "head")
            sound = False
    return places if sound else None


def _sound(page: Any, sheet: Sheet, cells: Cells) -> bool:
    for merged in page.merged_cells.ranges:
        number = cells.number(sheet.name, merged.min_row, merged.min_col)
        hint = "unmerge them, and write in each row what it says"
        cells.problem(number, f"the cells {merged.coord} are merged", hint, "merged")
    return not page.merged_cells.ranges


def _text(cell: Any, column: Column, cells: Cells, number: int, known: dict[float, set[str]]) -> str:
    """Return the text of a cell, in the spelling that cspgraph uses; a problem, and nothing, for what has none."""
    if cell.data_type == "f":
        cells.problem(
            number, f"the cell holds a formula ({str(cell.value)[:40]})", "paste its value instead", "formula"
        )
        return ""
    if cell.data_type == "e":
        cells.problem(
            number, f"the cell holds an error of the spreadsheet ({cell.value})", "write what is meant", "formula"
        )
        return ""
    if isinstance(cell.value, float) and column.role in ("ref", "key") and len(known.get(cell.value, ())) == 1:
        return next(iter(known[cell.value]))
    try:
        relation = column.relation if column.role in ("value", "key") else None
        free = relation is not None and dated(relation) and column.role not in OWN
        return tidy(said(cell.value, cell.number_format, relation, dated=free))
    except ValueError as error:
        cells.problem(number, str(error), "set the format of the cell to Text, then type it again", "mangled")
        return ""
