"""Dependence: what rests on a thing, and what it rests on, by which path.

One SELECT brings every edge; the walk is breadth first, so each thing comes with a
shortest path. Circles are walked once and named. Neither networkx nor numpy is needed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from cspgraph.evidence import Place, statement_places, worst
from cspgraph.names import Thing, text, things
from cspgraph.terms import local

if TYPE_CHECKING:
    from cspgraph.engines import Engine

# A relation depends when it is below csp:dependsOn, or the inverse of one that is.
_EDGES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?from ?to ?relation ?said ?label WHERE {
  { ?relation rdfs:subPropertyOf+ csp:dependsOn . ?from ?relation ?to . ?relation skos:prefLabel ?label . BIND(?relation AS ?said) }
  UNION {
    { ?relation owl:inverseOf ?said } UNION { ?said owl:inverseOf ?relation }
    ?relation rdfs:subPropertyOf+ csp:dependsOn .
    FILTER NOT EXISTS { ?said rdfs:subPropertyOf+ csp:dependsOn }
    ?to ?said ?from . ?relation skos:prefLabel ?label .
  }
} ORDER BY ?from ?to ?relation ?said
"""


class Edge(NamedTuple):
    """`source` depends on `target` by `relation`; `said` is the relation as stated, which may run the other way."""

    source: str
    target: str
    relation: str
    said: str
    label: str

    def statement(self) -> tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]:
        """Return the triple that was stated."""
        ends = (self.source, self.target) if self.relation == self.said else (self.target, self.source)
        return ox.NamedNode(ends[0]), ox.NamedNode(self.said), ox.NamedNode(ends[1])


@dataclass(frozen=True)
class Hop:
    """One step of a path: `source` depends on `target`, and where that was read."""

    source: Thing
    relation: str
    label: str
    target: Thing
    place: Place

    def as_json(self) -> dict[str, object]:
        """Return the hop as one object."""
        return {
            "from": self.source.cell(),
            "relation": self.relation,
            "label": self.label,
            "to": self.target.cell(),
            "evidence": self.place.cell(),
        }


@dataclass(frozen=True)
class Dependent:
    """A thing found by tracing. `path` runs from the thing that depends to the one depended on."""

    start: Thing
    thing: Thing
    path: tuple[Hop, ...]
    circle: bool

    @property
    def direct(self) -> bool:
        """Whether a single hop joins the two."""
        return len(self.path) == 1

    @property
    def status(self) -> str:
        """The worst status on the path."""
        return worst(*(hop.place.status for hop in self.path))

    def as_json(self) -> dict[str, object]:
        """Return the finding as one object, the keys of which are a contract."""
        return {
            "of": self.start.cell(),
            "thing": self.thing.cell(),
            "distance": len(self.path),
            "direct": self.direct,
            "status": self.status,
            "circle": self.circle,
            "path": [hop.as_json() for hop in self.path],
        }


def edges(engine: Engine) -> list[Edge]:
    """Return every dependence in the graph."""
    return [Edge(*map(text, row)) for row in engine.select(_EDGES).rows]


def depends(engine: Engine, start: Thing, *, on: bool = False, kinds: frozenset[str] = frozenset()) -> list[Dependent]:
    """Return what depends on a thing, or with `on` what it depends on, the nearest first.

    `kinds` keeps only things of these kinds; paths through others are walked all the same.
    """
    ways: dict[str, list[Edge]] = {}
    for edge in edges(engine):
        ways.setdefault(edge.source if on else edge.target, []).append(edge)
    paths, circles = _walk(ways, start.iri, on=on)
    hops = {edge for path in paths.values() for edge in path}
    named = things(engine, {start.iri} | {end for edge in hops for end in (edge.source, edge.target)})
    evidence = statement_places(engine, [edge.statement() for edge in sorted(hops)])

    def hop(edge: Edge) -> Hop:
        place = evidence[edge.statement()]
        return Hop(named[edge.source], local(edge.relation), edge.label, named[edge.target], place)

    found = [
        Dependent(
            named[start.iri], named[iri], tuple(hop(edge) for edge in (path if on else path[::-1])), iri in circles
        )
        for iri, path in paths.items()
    ]
    found = [dependent for dependent in found if not kinds or dependent.thing.kind in kinds]
    return sorted(found, key=lambda dependent: (len(dependent.path), dependent.thing.kind, dependent.thing.id))


def _walk(ways: dict[str, list[Edge]], start: str, *, on: bool) -> tuple[dict[str, list[Edge]], set[str]]:
    """Return the shortest path to everything in reach, and the things from which a way leads back to the start."""
    paths: dict[str, list[Edge]] = {}
    circles: set[str] = set()
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for edge in ways.get(here, []):
            there = edge.target if on else edge.source
            if there == start:
                circles.add(here)
            elif there not in paths:
                paths[there] = [*paths.get(here, []), edge]
                waiting.append(there)
    return paths, circles
