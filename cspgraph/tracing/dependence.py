"""Every dependence in the graph, as one list of edges: whichever way round it was stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from cspgraph.names import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cspgraph.engines import Engine

# A relation depends when it is below csp:dependsOn, or the inverse of one that is.
_EDGES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?from ?to ?relation ?said ?label ?falls WHERE {
  { ?relation rdfs:subPropertyOf+ csp:dependsOn . ?from ?relation ?to . ?relation skos:prefLabel ?label . BIND(?relation AS ?said) }
  UNION {
    { ?relation owl:inverseOf ?said } UNION { ?said owl:inverseOf ?relation }
    ?relation rdfs:subPropertyOf+ csp:dependsOn .
    FILTER NOT EXISTS { ?said rdfs:subPropertyOf+ csp:dependsOn }
    ?to ?said ?from . ?relation skos:prefLabel ?label .
  }
  OPTIONAL { ?relation csp:fallsWith ?falls }
} ORDER BY ?from ?to ?relation ?said
"""
_ALL = "https://w3id.org/cspgraph/ns#all"


class Edge(NamedTuple):
    """`source` depends on `target` by `relation`; `said` is the triple as stated, which may run the other way."""

    source: str
    target: str
    relation: str
    said: tuple[str, str, str]
    label: str
    falls: str = ""

    @property
    def shared(self) -> bool:
        """Whether the source stands as long as one of its targets by this relation does: leads, boards, money."""
        return self.falls == _ALL

    def statement(self) -> tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode]:
        """Return the triple that was stated."""
        subject, relation, value = map(ox.NamedNode, self.said)
        return subject, relation, value


def reached(start: str, further: Mapping[str, Iterable[str]]) -> list[str]:
    """Return all that is reached from a node by any number of steps, itself left out."""
    found, waiting = {start: None}, [start]
    while waiting:
        for there in further.get(waiting.pop(), ()):
            if there not in found:
                found[there] = None
                waiting.append(there)
    return list(found)[1:]


def edges(engine: Engine) -> list[Edge]:
    """Return every dependence in the graph."""
    found = []
    for source, target, relation, said, label, falls in (map(text, row) for row in engine.recall(_EDGES).rows):
        triple = (source, said, target) if relation == said else (target, said, source)
        found.append(Edge(source, target, relation, triple, label, falls))
    return found
