"""Every dependence in the graph, whichever way round it was stated: as one list, or looked up as they are met."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from cspgraph.columns import beside, columns_of, large
from cspgraph.names import asked, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from cspgraph.columns.snapshot import Snapshot
    from cspgraph.engines import Engine

# A relation depends when it is below csp:dependsOn, or the inverse of one that is.
_RELATIONS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?said ?relation ?label ?falls WHERE {
  { ?relation rdfs:subPropertyOf+ csp:dependsOn . ?relation skos:prefLabel ?label . BIND(?relation AS ?said) }
  UNION {
    { ?relation owl:inverseOf ?said } UNION { ?said owl:inverseOf ?relation }
    ?relation rdfs:subPropertyOf+ csp:dependsOn . ?relation skos:prefLabel ?label .
    FILTER NOT EXISTS { ?said rdfs:subPropertyOf+ csp:dependsOn }
  }
  OPTIONAL { ?relation csp:fallsWith ?falls }
} ORDER BY ?said ?relation
"""
_STATED = "SELECT ?s ?said ?o WHERE {{ VALUES ?said {{ {values} }} ?s ?said ?o }} ORDER BY ?s ?said ?o"
# Filtered, and not joined to a second VALUES: that would be a look-up for each thing and each relation.
_NEXT = "SELECT ?s ?said ?o WHERE {{{{ VALUES ?{end} {{{{ {{values}} }}}} ?s ?said ?o FILTER(?said IN ({said})) }}}}"
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


def reached(start: str, further: Callable[[str], Iterable[str]]) -> list[str]:
    """Return all that is reached from a node by any number of steps, itself left out."""
    found, waiting = {start: None}, [start]
    while waiting:
        for there in further(waiting.pop()):
            if there not in found:
                found[there] = None
                waiting.append(there)
    return list(found)[1:]


class _Reading(NamedTuple):
    """How a relation that is stated is read as a dependence: by the same relation, or round by its inverse."""

    relation: str
    label: str
    falls: str
    inverse: bool

    def edge(self, s: str, said: str, o: str) -> Edge:
        source, target = (o, s) if self.inverse else (s, o)
        return Edge(source, target, self.relation, (s, said, o), self.label, self.falls)


def _readings(engine: Engine) -> dict[str, list[_Reading]]:
    """Return how each relation that states a dependence is read."""
    found: dict[str, list[_Reading]] = {}
    for said, relation, label, falls in (map(text, row) for row in engine.recall(_RELATIONS).rows):
        found.setdefault(said, []).append(_Reading(relation, label, falls, inverse=said != relation))
    return found


def stated(engine: Engine) -> tuple[set[str], set[str]]:
    """Return the relations that state that the subject depends, and those that state it of the object, as IRIs."""
    return _ways(_readings(engine))


def _ways(readings: Mapping[str, list[_Reading]]) -> tuple[set[str], set[str]]:
    straight, inverse = (
        {said for said, some in readings.items() if any(one.inverse is way for one in some)} for way in (False, True)
    )
    return straight, inverse


def edges(engine: Engine) -> list[Edge]:
    """Return every dependence in the graph, by source, target and relation."""
    readings = _readings(engine)
    rows = asked(engine.recall, _STATED, readings)
    # Once each: what two graphs state, an engine may give twice.
    return sorted(
        {reading.edge(s, said, o) for s, said, o in (map(text, row) for row in rows) for reading in readings[said]}
    )


class Supports:
    """Who rests on what, by which relation: asked as often as needed what falls when something goes."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._under: dict[str, list[Edge]] = {}
        self._over: dict[str, list[Edge]] = {}
        for edge in edges:
            self._under.setdefault(edge.source, []).append(edge)
            self._over.setdefault(edge.target, []).append(edge)

    def under(self, thing: str) -> list[Edge]:
        """Return the dependences of a thing on others."""
        return self._under.get(thing, [])

    def over(self, thing: str) -> list[Edge]:
        """Return the dependences of others on a thing."""
        return self._over.get(thing, [])

    def of(self, thing: str) -> dict[str, list[Edge]]:
        """Return what a thing rests on, by relation."""
        found: dict[str, list[Edge]] = {}
        for edge in self.under(thing):
            found.setdefault(edge.relation, []).append(edge)
        return found

    def meet(self, things: Iterable[str], *, on: bool = False) -> None:
        """Look up what rests on some things, or with `on` what they rest on, all at once; nothing where all is at hand."""

    def above(self, things: Iterable[str]) -> list[str]:
        """Return what rests directly on any of some things, each once."""
        return list(dict.fromkeys(edge.source for thing in things for edge in self.over(thing)))

    def all_above(self, thing: str) -> list[str]:
        """Return what rests on a thing, directly or through others, itself left out."""
        return reached(thing, lambda here: (edge.source for edge in self.over(here)))

    def fall(self, without: Iterable[str]) -> dict[str, list[Edge]]:
        """Return what falls, nearest first, each with the supports whose going made it fall."""
        gone = set(without)
        fallen: dict[str, list[Edge]] = {}
        frontier = sorted(gone)
        while frontier:
            self.meet(frontier)
            self.meet((edge.source for here in frontier for edge in self.over(here)), on=True)
            further = []
            for thing in (thing for here in frontier for thing in self.above([here])):
                if thing in gone:
                    continue
                lost = [edge for group in self.of(thing).values() for edge in _lost(group, gone)]
                if lost:
                    gone.add(thing)
                    fallen[thing] = lost
                    further.append(thing)
            frontier = further
        return fallen


def _lost(group: list[Edge], gone: Collection[str]) -> list[Edge]:
    """Return the supports by one relation whose going makes a thing fall; none where enough is left."""
    lost = [edge for edge in group if edge.target in gone]
    return [] if group[0].shared and len(lost) < len(group) else lost


class _Met(Supports):
    """The same, looked up when a thing is met."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(())
        self._readings = _readings(engine)

    def under(self, thing: str) -> list[Edge]:
        """Return the dependences of a thing on others."""
        if thing not in self._under:
            self.meet([thing], on=True)
        return self._under[thing]

    def over(self, thing: str) -> list[Edge]:
        """Return the dependences of others on a thing."""
        if thing not in self._over:
            self.meet([thing])
        return self._over[thing]

    def meet(self, things: Iterable[str], *, on: bool = False) -> None:
        """Look up what rests on some things, or with `on` what they rest on, all at once; what is known stays."""
        known = self._under if on else self._over
        found: dict[str, set[Edge]] = {thing: set() for thing in things if thing not in known}
        for s, said, o in self._stated(found, on=on) if found else ():
            for edge in (reading.edge(s, said, o) for reading in self._readings[said]):
                if (end := edge.source if on else edge.target) in found:
                    found[end].add(edge)
        known.update((thing, sorted(edges)) for thing, edges in found.items())

    def _stated(self, things: Collection[str], *, on: bool) -> Iterable[tuple[str, str, str]]:
        """Return what states, of either end, that these things depend, or that others depend on them."""
        raise NotImplementedError


class _Stored(_Met):
    """In the snapshot of a large store."""

    def __init__(self, snapshot: Snapshot, engine: Engine) -> None:
        super().__init__(engine)
        self._snapshot = snapshot
        self._straight, self._round = map(snapshot.marked, _ways(self._readings))

    def _stated(self, things: Collection[str], *, on: bool) -> Iterable[tuple[str, str, str]]:
        snapshot = self._snapshot
        out, into = (self._straight, self._round) if on else (self._round, self._straight)
        for thing in things:
            if (number := snapshot.find(thing)) >= 0:
                for p, o in snapshot.related("out", number, out):
                    yield thing, snapshot.relations[p], snapshot.name(o)
                for p, s in snapshot.related("in", number, into):
                    yield snapshot.name(s), snapshot.relations[p], thing


class _Asked(_Met):
    """In the engine itself, a frontier at a time: sooner done than columns are made, for as much as one thing is joined to."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._engine = engine
        self._straight, self._round = (",".join(f"<{said}>" for said in sorted(way)) for way in _ways(self._readings))

    def _stated(self, things: Collection[str], *, on: bool) -> Iterable[tuple[str, str, str]]:
        out, into = (self._straight, self._round) if on else (self._round, self._straight)
        for end, said in (("s", out), ("o", into)):
            for s, relation, o in asked(self._engine.select, _NEXT.format(end=end, said=said), things):
                yield text(s), text(relation), text(o)


def supports(engine: Engine, *, few: bool = False) -> Supports:
    """Return who rests on what in the graph of an engine.

    With `few`, where only what is joined to some things will be looked at, a large graph without columns is asked for
    it as it is met; otherwise the columns of a large store are made.
    """
    if found := beside(engine) if few else columns_of(engine):
        return _Stored(found, engine)
    return _Asked(engine) if few and large(engine) else Supports(edges(engine))
