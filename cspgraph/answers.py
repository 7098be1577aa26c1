"""Rows of terms to rows that people and programs read: labels, numbers, and what rests on a doubt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph import __version__
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.evidence import Doubts, worst
from cspgraph.files import kept, read_kept, write_kept
from cspgraph.judgements import judgements
from cspgraph.names import Thing, asked, text, things
from cspgraph.questions import run
from cspgraph.resources import no_collection
from cspgraph.tables import frame, html
from cspgraph.terms import ID, local, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd

    from cspgraph.engines import Engine, Table, Term
    from cspgraph.questions import Question
    from cspgraph.tables import Record

_LABELS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?term ?label WHERE {{ VALUES ?term {{ {values} }} ?term skos:prefLabel ?label }} ORDER BY ?term ?label
"""

_FORMAT = 1  # the number changes with what is kept of an answer, and with what an answer says
Cell = Thing | str | int | Decimal | bool | None


@dataclass(frozen=True)
class Answer:
    """Named columns and rows of cells, with the worst status that each row rests on.

    A cell is a Thing, a text, a number, a truth, or None where nothing is known. `disputed` says of each
    disagreement with something in a row who disagrees, when and why.
    """

    columns: list[str]
    rows: list[tuple[Cell, ...]]
    statuses: list[str]
    disputed: tuple[str, ...] = ()

    def records(self) -> list[Record]:
        """Return the rows as objects, a thing as an object too, each with the status that it rests on."""
        return [
            {"status": status} | {name: cell.cell() if isinstance(cell, Thing) else cell for name, cell in row.items()}
            for row, status in zip(self, self.statuses, strict=True)
        ]

    def frame(self) -> pd.DataFrame:
        """Return all rows as a pandas DataFrame. Raises CspgraphError where pandas is not installed."""
        return frame(self.records(), self._named())

    def _repr_html_(self) -> str:
        return html(self.records(), columns=self._named())

    def _named(self) -> list[str]:
        return [*self.columns, *(["status"] if "status" not in self.columns else [])]

    def __iter__(self) -> Iterator[dict[str, Cell]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def answer(engine: Engine, table: Table) -> Answer:
    """Return the rows of a query with things named and numbers as numbers."""
    iris = {term.value for row in table.rows for term in row if isinstance(term, ox.NamedNode)}
    named = things(engine, (iri for iri in iris if iri.startswith(ID)))
    labels = _labels(engine, (iri for iri in iris if not iri.startswith(ID)))
    doubts = Doubts(engine, (iri for iri in iris if iri.startswith(ID)))
    rows = [tuple(_cell(term, named, labels) for term in row) for row in table.rows]
    said = table.columns.index("status") if "status" in table.columns else None
    statuses = [worst(doubts.status(map(text, row)), text(row[said]) if said is not None else "") for row in table.rows]
    against = [j for j in judgements(engine, "Disagreement") if j.about in iris and (not j.value or j.value in iris)]
    disputed = [
        f"{named[j.about].label}{f', {j.relation}' if j.relation else ''}: {j}"
        for j in against
        if j.about in named and not j.rule
    ]
    return Answer(table.columns, rows, statuses, tuple(disputed))


def recalled(engine: Engine, question: Question) -> Answer:
    """Return the answer to a question without values, kept beside a store that is only read: it never changes."""
    if not (question.trusted and isinstance(engine, OxigraphEngine)):
        return answer(engine, run(question, engine))
    query = question.query({})
    path = engine.beside(f"{_FORMAT}\n{__version__}\n{query}")
    return kept(path, _unpacked, lambda: answer(engine, engine.select(query)), _pack)


def _pack(path: Path, found: Answer) -> None:
    """Write an answer, column by column: each thing once, its number where it stands. Raises OSError."""
    numbers: dict[Thing, int] = {}

    def plain(cell: Cell) -> object:
        if isinstance(cell, Thing):
            return [numbers.setdefault(cell, len(numbers))]
        return {"decimal": str(cell)} if isinstance(cell, Decimal) else cell

    columns = [[plain(row[place]) for row in found.rows] for place in range(len(found.columns))]
    things = [(thing.id, thing.label, thing.kind, thing.plan) for thing in numbers]
    told = {"heads": found.columns, "columns": columns, "things": things, "statuses": found.statuses}
    write_kept(path, json.dumps(told | {"disputed": found.disputed}, separators=(",", ":")).encode())


def _unpacked(path: Path) -> Answer:
    """Return the answer in a file. Raises OSError where there is none, ValueError for what is damaged."""
    content = read_kept(path)
    with no_collection():
        found = json.loads(content)
        things = [Thing(*one) for one in found["things"]]

        def cell(one: Any) -> Cell:
            if type(one) is list:
                return things[one[0]]
            return Decimal(one["decimal"]) if type(one) is dict else one

        rows = list(zip(*(map(cell, column) for column in found["columns"]), strict=True))
    return Answer(found["heads"], rows, found["statuses"], tuple(found["disputed"]))


def _labels(engine: Engine, iris: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for term, label in asked(engine.select, _LABELS, iris):
        found.setdefault(text(term), text(label))
    return found


def _cell(term: Term | None, named: dict[str, Thing], labels: dict[str, str]) -> Cell:
    if term is None:
        return None
    if isinstance(term, ox.NamedNode):
        return named.get(term.value) or labels.get(term.value) or local(term.value)
    if isinstance(term, ox.Literal):
        return number(term)
    return str(term)
