"""The drop-downs of a workbook, and the hidden sheets from which they take what they offer.

A list of more than 255 characters must stand in cells, so it stands in a hidden sheet: what is known when the workbook
is written, then what the officer adds to the sheet of a kind, by formulas, then the words for what a document does not
give. The formulas (in `Lists` and `Typed` alone) hold no label and need nothing that Excel 2007 and LibreOffice lack.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cspgraph.changes.records import OWN
from cspgraph.office.cells import letter, put, shown
from cspgraph.office.labels import choices, concepts
from cspgraph.office.layout import PLAN_SHEET, STAR, named
from cspgraph.office.rows import plan_words
from cspgraph.plans.context import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl.worksheet.worksheet import Worksheet

    from cspgraph.check import Reading
    from cspgraph.office.layout import Column, Sheet
    from cspgraph.office.rows import Book
    from cspgraph.ontology import Relation
    from cspgraph.plans.model import PlanFile

LISTS, TYPED = "Lists", "Typed"
SOURCE = "source"  # of a plan: what it was read from is described in the same workbook
SPARE = 400  # rows below the last that have drop-downs too, and whose titles are offered in them
MOST_TYPED = 200  # so many new titles of a sheet, and of all sheets of a list together, are offered


class DropDowns:
    """Writes the rules for the cells of a workbook, sheet after sheet, and then the lists that they refer to."""

    def __init__(self, made: Any, book: Book, reading: Reading, file: PlanFile, sheets: list[Sheet]) -> None:
        self.book, self.reading, self.file, self.sheets = book, reading, file, sheets
        self.lists, self.typed = made.create_sheet(LISTS), made.create_sheet(TYPED)
        self.lists.sheet_state = self.typed.sheet_state = "hidden"
        self.sections = [sheet for sheet in sheets if sheet.section]
        self.last: dict[str, int] = {}
        self.ranges: dict[tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]], str] = {}
        self.offered: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.ids = len(book.labels.of) + 1  # the last row of the ids
        for at, head in enumerate(("label", "id"), start=1):
            put(self.lists, 1, at, head)
        for row, (name, label) in enumerate(book.labels.of.items(), start=2):
            put(self.lists, row, 1, label)  # by these the labels of the workbook are read back
            put(self.lists, row, 2, shown(name))

    def add(self, page: Worksheet, sheet: Sheet, last: int) -> None:
        """Give each column of a sheet, `last` its last row, the drop-down that it can have."""
        from openpyxl.worksheet.datavalidation import DataValidation

        self.last[sheet.name] = last
        by_range: dict[tuple[str, bool], DataValidation] = {}
        cells = [
            (column, f"{letter(at)}2:{letter(at)}{last + SPARE}") for at, column in enumerate(sheet.columns, start=1)
        ]
        for column, where in [*cells, *(self.answers(page, sheet) if sheet.name == PLAN_SHEET else ())]:
            place, strict = self.choices(sheet, column)
            if not place:
                continue
            rule = by_range.get((place, strict))
            if rule is None:
                rule = DataValidation("list", formula1=place, allow_blank=True, showErrorMessage=True)
                rule.errorStyle = "stop" if strict else "warning"
                rule.errorTitle = "Not in the list"
                rule.error = (
                    "Pick one from the list."
                    if strict
                    else "Nothing in the list is called so. Go on if you add it to this workbook."
                )
                by_range[place, strict] = rule
                page.add_data_validation(rule)
            rule.add(where)

    def answers(self, page: Worksheet, sheet: Sheet) -> Iterator[tuple[Column, str]]:
        """Yield, for each row of the plan itself, a column for what it says, and its cell; note what it means."""
        from openpyxl.comments import Comment

        words = plan_words(sheet.kind)
        for row in range(2, page.max_row + 1):
            word = words.get(str(page.cell(row, 1).value).removesuffix(STAR), "")
            relation = sheet.kind.words.get(word)
            note = relation.definition if relation else "The short name of the plan, one word, such as riverside-2026."
            page.cell(row, 1).comment = Comment(shown(note), "cspgraph", height=110, width=300)
            if relation and word not in OWN:
                yield replace(sheet.columns[1], relation=relation, word=(word,)), f"B{row}"

    # ---------------------------------------------------------------- what is offered

    def choices(self, sheet: Sheet, column: Column) -> tuple[str, bool]:
        """Return the formula of what a drop-down offers, and whether nothing else may stand there."""
        if column.role == "status":
            return self.listed(("stated", "inferred", "uncertain")), True
        if column.role == "what":
            return self.listed(tuple(plan_words(sheet.kind))), False
        if column.role == "owner":
            owning = [at for at, one in enumerate(self.sections) if self.owns(one, sheet)]
            return self.listed(self.owners(sheet), typed=tuple(owning)), False
        if column.role in ("key", "value") and column.relation is not None:
            return self.values(column, column.relation)
        return "", False

    def values(self, column: Column, relation: Relation) -> tuple[str, bool]:
        """Offer what may be a value: controlled words, yes and no, or the labels of things."""
        vocabulary = self.book.vocabulary
        words = concepts(vocabulary, relation)
        if words or relation.datatype.endswith("#boolean"):
            return self.listed(tuple(dict.fromkeys([*(words or ("yes", "no")), *ABSENT]))), True
        if not named(column, vocabulary):
            return "", False
        if relation.classes not in self.offered:
            self.offered[relation.classes] = tuple(choices(self.reading, self.file, relation, self.book.labels))
        aimed = [at for at, one in enumerate(self.sections) if vocabulary.is_a(one.kind.iri, relation.classes)]
        own = column.word == (SOURCE,) and any(self.sections[at].used for at in aimed)  # not what others were read from
        return self.listed(() if own else self.offered[relation.classes], tuple(ABSENT), tuple(aimed)), False

    def owns(self, one: Sheet, sheet: Sheet) -> bool:
        """Return whether the parts of a sheet belong to things of another."""
        return bool(sheet.relation) and any(own.path == sheet.relation.path for own in one.kind.words.values())  # type: ignore[union-attr]

    def owners(self, sheet: Sheet) -> tuple[str, ...]:
        """Return the labels of what the parts of a sheet may belong to."""
        assert sheet.relation is not None
        found = []
        for path, record in self.book.records.items():
            if record.thing and any(own.path == sheet.relation.path for own in record.kind.words.values()):
                found.append(self.book.labels.label(path[0][1]))
        return tuple(found)

    # ---------------------------------------------------------------- the lists

    def listed(self, words: tuple[str, ...], ends: tuple[str, ...] = (), typed: tuple[int, ...] = ()) -> str:
        """Return the formula of a list: `words`, then what is typed into the sheets `typed`, then `ends`."""
        if not words and not typed:
            return ""
        key = (words, ends, typed)
        if key not in self.ranges:
            at = len(self.ranges) + 4
            put(self.lists, 1, at, f"list {len(self.ranges) + 1}")
            for row, word in enumerate(words, start=2):
                put(self.lists, row, at, word)
            start, length = f"'{LISTS}'!${letter(at)}$2", len(words) + len(ends)
            self.ranges[key] = (
                f"OFFSET({start},0,0,MAX(1,{length}+{self.total(len(self.ranges))}),1)"
                if typed
                else f"{start}:${letter(at)}${len(words) + 1}"
            )
        return self.ranges[key]

    def block(self) -> tuple[int, int]:
        """Return the first columns, in `Typed`, of the new titles of each sheet, and of the tables of the lists."""
        wide = len(self.sections)
        return wide + 1, 2 * wide + 1

    def total(self, number: int) -> str:
        """Return the cell that says how many new titles a list offers."""
        return f"'{TYPED}'!${letter(self.block()[1] + 2 * number + 1)}$1"

    def finish(self) -> None:
        """Write the formulas by which what is typed reaches the lists, when all sheets are written."""
        for at, sheet in enumerate(self.sections):
            self.count(at, sheet)
        for number, (words, ends, typed) in enumerate(self.ranges):
            if typed:
                self.grow(number, len(words), ends, typed)

    def count(self, at: int, sheet: Sheet) -> None:
        """Number the new titles of a sheet, row by row, and write them one below the other."""
        from openpyxl.utils import quote_sheetname

        title = next((at for at, column in enumerate(sheet.columns, start=1) if column.word == ("title",)), 1)
        # Whole columns: so that rows may be inserted, deleted and sorted.
        titles, refs = (f"{quote_sheetname(sheet.name)}!${letter(place)}:${letter(place)}" for place in (title, 1))
        mine, last = letter(at + 1), self.last[sheet.name] + SPARE
        new = letter(self.block()[0] + at)
        _formula(self.typed, f"{mine}1", f"MIN({MOST_TYPED},{mine}{last})")
        for row in range(2, last + 1):
            known = f"MATCH(INDEX({refs},{row})&\"\",'{LISTS}'!$B$2:$B${self.ids},0)"
            more = f'IF(INDEX({titles},{row})="",0,IF(ISNA({known}),1,0))'
            _formula(self.typed, f"{mine}{row}", more if row == 2 else f"{mine}{row - 1}+{more}")
        for row in range(2, MOST_TYPED + 2):
            found = f"INDEX({titles},MATCH({row - 1},${mine}$2:${mine}${last},0)+1)"
            _formula(self.typed, f"{new}{row}", f'IFERROR({found},"")')

    def grow(self, number: int, row: int, ends: tuple[str, ...], typed: tuple[int, ...]) -> None:
        """Let a list go on with the new titles of some sheets: a table says how many stand before those of each."""
        first, tables = self.block()
        left, right = letter(tables + 2 * number), letter(tables + 2 * number + 1)
        for line, at in enumerate(typed, start=2):
            above = f"{left}{line - 1}+{letter(typed[line - 3] + 1)}1" if line > 2 else "0"
            _formula(self.typed, f"{left}{line}", above)
            self.typed[f"{right}{line}"] = at + 1
        _formula(self.typed, f"{right}1", f"MIN({MOST_TYPED},{left}{len(typed) + 1}+{letter(typed[-1] + 1)}1)")
        before, which = (f"'{TYPED}'!${at}$2:${at}${len(typed) + 1}" for at in (left, right))
        titles = f"'{TYPED}'!${letter(first)}$2:${letter(first + len(self.sections) - 1)}${MOST_TYPED + 1}"
        words = ",".join(f'"{word}"' for word in ends)
        for place in range(1, MOST_TYPED + len(ends) + 1):
            sheet = f'COUNTIF({before},"<{place}")'  # the last before whose titles there are fewer than that
            said = f"INDEX({titles},{place}-INDEX({before},{sheet}),INDEX({which},{sheet}))"
            end = f"IFERROR(CHOOSE({place}-{self.total(number)},{words}),{said})" if ends else said
            _formula(self.lists, f"{letter(number + 4)}{row + place + 1}", f'IFERROR({end},"")')


def _formula(page: Worksheet, where: str, formula: str) -> None:
    page[where] = f"={formula}"
