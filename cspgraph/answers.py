"""Rows of terms to rows that people and programs read: labels, numbers, and what rests on a doubt."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.evidence import Doubts, worst
from cspgraph.judgements import judgements
from cspgraph.names import Thing, asked, text, things
from cspgraph.terms import ID, XSD, local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.engines import Engine, Table, Term

_LABELS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?term ?label WHERE {{ VALUES ?term {{ {values} }} ?term skos:prefLabel ?label }} ORDER BY ?term ?label
"""

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


def number(term: ox.Literal) -> str | int | Decimal | bool:
    """Return a literal as a number or a truth where it is one, else its text."""
    kind = term.datatype.value.removeprefix(XSD)
    if kind == "integer":
        return int(term.value)
    if kind in ("decimal", "double", "float"):
        value = Decimal(term.value)
        return int(value) if value.is_finite() and value == value.to_integral_value() else value
    return term.value == "true" if kind == "boolean" else term.value
