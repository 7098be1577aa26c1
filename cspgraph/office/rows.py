"""The rows of a sheet: each record as many as the word that has most values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.changes.records import OWN, always_part
from cspgraph.office.cells import Content, content, shown, value_text
from cspgraph.office.labels import owner_label
from cspgraph.office.layout import STAR, least, named
from cspgraph.terms import CSP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cspgraph.changes.records import Path, Record, Records, Value
    from cspgraph.office.labels import Labels
    from cspgraph.office.layout import Column, Sheet
    from cspgraph.ontology import Kind, Vocabulary


@dataclass(frozen=True)
class Book:
    """All that the rows of a workbook are made from; `plan` is the id of the plan."""

    vocabulary: Vocabulary
    records: Records
    labels: Labels
    plan: str


def plan_words(kind: Kind) -> dict[str, str]:
    """Return the labels of what the sheet of the plan itself may say, with the words that they stand for."""
    found = {name: name for name in ("plan", "source", *OWN)}
    for word, relation in kind.words.items():
        if word not in OWN and word not in found:
            label = relation.label if relation.label not in found else f"{relation.label} ({word})"
            found[label] = word
    return found


def plan_needs(kind: Kind, word: str) -> bool:
    """Return whether a plan must say this."""
    relation = kind.words.get(word)
    path = f"{CSP}locator" if word == "lines" else relation.path if relation else ""
    return word == "plan" or least(kind, path) > 0


def inside(sheet: Sheet, column: Column, vocabulary: Vocabulary) -> str:
    """Return the word of the only part of its kind in whose record a column lies; nothing for the record of the row."""
    relation = sheet.kind.words.get(column.word[0]) if column.word else None
    return column.word[0] if relation and always_part(vocabulary, relation) else ""


def groups(sheet: Sheet, book: Book) -> Iterator[list[list[Content]]]:
    """Yield the rows of each record of a sheet, cells in the order of its columns."""
    if not sheet.section and not sheet.relation:
        yield from ([row] for row in _plan_rows(sheet, book))
        return
    for path, record in book.records.items():
        if (record.thing and path[0][0] == sheet.section) or (
            path and not record.thing and sheet.relation and _stands_under(path, sheet, book)
        ):
            yield _rows(sheet, book, record)


def _stands_under(path: Path, sheet: Sheet, book: Book) -> bool:
    relation = book.records[path[:-1]].kind.words.get(path[-1][0])
    return bool(relation and sheet.relation and relation.path == sheet.relation.path)


def _plan_rows(sheet: Sheet, book: Book) -> Iterator[list[Content]]:
    record = book.records[()]
    labels = {word: f"{label}{STAR * plan_needs(sheet.kind, word)}" for label, word in plan_words(sheet.kind).items()}
    for word in record.nodes or [*record.values, *record.own]:
        if word in OWN:
            yield [labels[word], record.own[word] or None, None, None, None, None]
        for value in record.values.get(word, ()):
            relation = sheet.kind.words.get(word)
            names = relation and named(_like(sheet.columns[1], relation), book.vocabulary) and not value.absent
            text = book.labels.label(value.text) if names and value.text else value_text(value) or None
            own = [getattr(value, name) or None for name in OWN]
            yield [labels.get(word, word), text, *own, value.text or None if names else None]


def _like(column: Column, relation: object) -> Column:
    from dataclasses import replace

    return replace(column, relation=relation)  # type: ignore[arg-type]


def _rows(sheet: Sheet, book: Book, record: Record) -> list[list[Content]]:
    columns = [_cells(sheet, book, record, column) for column in sheet.columns]
    height = max((len(cells) for cells in columns if cells), default=1)
    repeated = {"ref", "owner", "key", "number"}
    rows: list[list[Content]] = []
    for row in range(max(height, 1)):
        line: list[Content] = []
        for column, cells in zip(sheet.columns, columns, strict=True):
            again = column.role in repeated or (column.role == "id" and column.word in (("/owner",), ("/key",)))
            line.append(cells[0] if cells and again else cells[row] if row < len(cells) else None)
        rows.append(line)
    return rows


def _cells(sheet: Sheet, book: Book, record: Record, column: Column) -> list[Content]:
    """Return what a record has in one column, from the top."""
    hidden = column.role == "id" and column.word in (("/owner",), ("/key",))
    if hidden or column.role in ("ref", "owner", "key", "number"):
        return [_place(book, record.path, column)]
    word = inside(sheet, column, book.vocabulary)
    home = book.records.get((*record.path, (word, "", 0))) if word else record
    if home is None:
        return []
    if column.role in OWN and len(column.word) == bool(word):
        return [shown(home.own[column.role])] if home.own.get(column.role) else []
    return [_cell(column, value, book) for value in home.values.get(column.word[-1], ())]


def _place(book: Book, path: Path, column: Column) -> Content:
    """Return what says whose row it is: its reference, or the owner and the key of a part."""
    _, key, number = path[-1]
    said: dict[str, Callable[[], Content]] = {
        "ref": lambda: shown(key),
        "owner": lambda: owner_label(path[:-1], book.records, book.labels, book.plan),
        "number": lambda: str(number) if number else None,
        "key": lambda: book.labels.label(key) if key and named(column, book.vocabulary) else shown(key) or None,
        "id": lambda: json.dumps(path[:-1], ensure_ascii=False) if column.word == ("/owner",) else shown(key) or None,
    }
    return said[column.role]()


def _cell(column: Column, value: Value, book: Book) -> Content:
    if column.role in OWN:
        return shown(getattr(value, column.role)) or None
    if column.role == "id":
        return None if value.absent else value.text
    if named(column, book.vocabulary) and not value.absent:
        return book.labels.label(value.text)
    return content(value_text(value), column.relation)
