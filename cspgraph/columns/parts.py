"""The columns of one graph, in numbers of its own, kept in a file so that a graph that stays as it is is read once.

Four queries read a graph. A file begins with its names, relations and texts as a line of
JSON, the numbers follow; all of it is packed, and the checksum of the packing tells what was cut off.
"""

from __future__ import annotations

import json
import zlib
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_PREFIXES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_THINGS = """
SELECT ?thing ?kind ?label ?plan ?source ?range ?status ?why WHERE {
  ?thing csp:kind ?kind .
  OPTIONAL { ?thing skos:prefLabel ?label }
  OPTIONAL { ?thing csp:inPlan ?plan }
  OPTIONAL { ?thing csp:locator ?place . ?place csp:inSource ?source OPTIONAL { ?place csp:range ?range } }
  OPTIONAL { ?thing csp:status ?status }
  OPTIONAL { ?thing csp:why ?why }
}
"""
_STATEMENTS = """
SELECT ?s ?p ?o ?source ?range ?status ?why ?printed WHERE {
  ?statement rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; csp:locator ?place ; csp:status ?status .
  ?place csp:inSource ?source .
  OPTIONAL { ?place csp:range ?range }
  OPTIONAL { ?statement csp:why ?why }
  OPTIONAL { ?statement csp:asPrinted ?printed }
}
"""
# A thing is doubtful itself, or what is said of it and of something else is; a doubt stands in the graph of its thing.
_DOUBTS = """
SELECT ?s ?o ?status WHERE {
  VALUES ?status { csp:status-inferred csp:status-uncertain }
  { ?statement csp:status ?status ; rdf:subject ?s ; rdf:object ?o } UNION { ?s csp:status ?status ; csp:kind ?kind BIND(?s AS ?o) }
}
"""
QUERIES = (_THINGS, _STATEMENTS, _DOUBTS)
NONE = -1
WIDTHS = (8, 3, 8, 3)  # how many columns each table has


class Part(NamedTuple):
    """What one graph holds; numbers in the tables stand for its names, relations and texts, in the order met.

    The tables are the things, the relations whatever they lead to, the statements with their places, and the doubts.
    """

    names: list[str]
    relations: list[str]
    texts: list[str]  # the first is empty
    tables: tuple[list[array[int]], ...]

    def packed(self) -> bytes:
        """Return all as bytes."""
        lengths = [len(table[0]) for table in self.tables]
        head = json.dumps([self.names, self.relations, self.texts, lengths]).encode()
        columns = b"".join(column.tobytes() for table in self.tables for column in table)
        return zlib.compress(head + b"\n" + columns, 1)


def read_packed(path: Path) -> Part:
    """Return the part in a file. Raises OSError where there is none, zlib.error, ValueError or TypeError for what is not whole."""
    head, _, body = zlib.decompress(path.read_bytes()).partition(b"\n")
    names, relations, texts, lengths = json.loads(head)
    tables, at = [], 0
    for width, length in zip(WIDTHS, lengths, strict=True):
        table = []
        for _ in range(width):
            table.append(array("i", body[at : at + 4 * length]))
            at += 4 * length
        tables.append(table)
    if at != len(body):
        raise ValueError("the part is cut off")
    return Part(names, relations, texts, tuple(tables))


def write_packed(path: Path, part: Part) -> None:
    """Write a part to a file; what is written half is told by the checksum when it is read. Raises OSError."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(part.packed())


def read_part(store: ox.Store, graph: ox.NamedNode, relations: Iterable[ox.NamedNode]) -> Part:
    """Return what a graph holds of things, of these relations, and of statements with a place."""
    between = f"SELECT ?s ?p ?o {{ VALUES ?p {{ {' '.join(map(str, relations))} }} ?s ?p ?o }}"
    reading = _Reading()
    reading.add_things(_rows(store, _THINGS, graph))
    reading.add_relations(_rows(store, between, graph))
    reading.add_statements(_rows(store, _STATEMENTS, graph))
    reading.add_doubts(_rows(store, _DOUBTS, graph))
    return reading.part()


def _rows(store: ox.Store, query: str, graph: ox.NamedNode) -> Iterator[tuple[Any, ...]]:
    found = store.query(f"{_PREFIXES}{query}", default_graph=[graph])
    assert isinstance(found, ox.QuerySolutions)
    # Written out and read again: while the store writes, other threads go on.
    content = found.serialize(format=ox.QueryResultsFormat.TSV)
    assert content is not None
    again = ox.parse_query_results(content, format=ox.QueryResultsFormat.TSV)
    assert isinstance(again, ox.QuerySolutions)
    return (tuple(row) for row in again)


class _Reading:
    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.relations: dict[str, int] = {}
        self.texts: dict[str, int] = {"": 0}
        self.things, self.links, self.said, self.doubts = ([array("i") for _ in range(width)] for width in WIDTHS)

    def part(self) -> Part:
        return Part([*self.names], [*self.relations], [*self.texts], (self.things, self.links, self.said, self.doubts))

    def _name(self, iri: str) -> int:
        return self.names.setdefault(iri, len(self.names))

    def _relation(self, iri: str) -> int:
        return self.relations.setdefault(iri, len(self.relations))

    def _text(self, term: ox.NamedNode | ox.Literal | None) -> int:
        return self.texts.setdefault("" if term is None else term.value, len(self.texts))

    def add_things(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take the things; the first row of a thing counts."""
        seen: set[int] = set()
        for thing, kind, label, plan, *place in rows:
            number = self._name(thing.value)
            if number not in seen:
                seen.add(number)
                values = [number, self._text(kind), NONE if label is None else self._text(label)]
                values.append(NONE if plan is None else self._name(plan.value))
                values += map(self._text, place)
                if place[0] is None:
                    values[4] = NONE  # read nowhere
                for column, value in zip(self.things, values, strict=True):
                    column.append(value)

    def add_relations(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take the relations, whatever they lead to: what is no thing is left out when all graphs are known."""
        subjects, predicates, objects = self.links
        for s, p, o in rows:
            if isinstance(o, ox.NamedNode):
                subjects.append(self._name(s.value))
                predicates.append(self._relation(p.value))
                objects.append(self._name(o.value))

    def add_statements(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take where statements were read; of several places the first by its range counts."""
        first: dict[tuple[int, int, int], tuple[str, list[int]]] = {}
        for s, p, o, *place in rows:
            if isinstance(o, ox.NamedNode):
                key = (self._name(s.value), self._relation(p.value), self._name(o.value))
                lines = "" if place[1] is None else place[1].value
                if key not in first or lines < first[key][0]:
                    first[key] = (lines, [*map(self._text, place)])
        for key, (_, values) in first.items():
            for column, value in zip(self.said, (*key, *values), strict=True):
                column.append(value)

    def add_doubts(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Take what is inferred or uncertain: of what, with what, and which of the two."""
        subjects, objects, statuses = self.doubts
        for s, o, status in rows:
            subjects.append(self._name(s.value))
            objects.append(self._text(o))
            statuses.append(self._text(status))
