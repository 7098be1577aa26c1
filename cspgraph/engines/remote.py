"""A store that outgrew the machine is somebody else's: any SPARQL 1.1 endpoint as an Engine.

Every query names the loaded graphs in the protocol's own parameters (default-graph-uri, named-graph-uri), so that
its default graph is the union of ours whatever the server takes for one, and what else the server holds stays out.
Where there are too many graphs for that, the server's own default graph must be their union; it is tried once.

A server is tried when it is opened: where it does not keep to the graphs that a query names, or answers a little query
otherwise than SPARQL says, what is asked of it is answered from a copy, so that the rows are the same everywhere.
"""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.engines import Table, Term
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.engines.transport import Body, Bounds, Endpoint, Failed, within
from cspgraph.errors import EngineError, LimitReached, QueryError
from cspgraph.terms import CSP, ONTOLOGY_GRAPH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import NoReturn

    from cspgraph.engines.confined import Limits, Result

_RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
}
_ROWS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
_TRIPLES = "application/n-triples"
_WHERE = "a SPARQL endpoint answers otherwise: is it the address that takes queries?"
_LOADED = f"SELECT ?graph ?hash WHERE {{ GRAPH ?graph {{ ?graph <{CSP}contentHash> ?hash }} }} ORDER BY ?graph ?hash"
_UNION = "ASK {{ <{graph}> <{property}> ?hash }}"
_SIZES = """
SELECT ?graph (COUNT(*) AS ?triples) WHERE {{ {only} GRAPH ?graph {{ ?s ?p ?o }} }} GROUP BY ?graph ORDER BY ?graph"""
_WHOLE = "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
# What a server must be right in: a parameter that was not given, paths with both ends free, paths of no steps inside
# MINUS, what is true, sums of more than two (Oxigraph before 0.5.12 begins at the end), and order. What it is asked about is fetched first, so that the answer can be known.
_HELD = f"""
PREFIX csp: <{CSP}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
CONSTRUCT {{ ?one ?relation ?other }} WHERE {{
  VALUES ?relation {{ csp:contentHash rdfs:subClassOf }} ?one ?relation ?other
}}"""
_TRIAL = f"""
PREFIX csp: <{CSP}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?kind ?above (BOUND(?kind) AS ?bound) (9 - 4 - 2 = 3 AS ?counted) WHERE {{
  {{ ?kind csp:contentHash ?above }} UNION {{
    VALUES ?above {{ UNDEF }}
    ?kind rdfs:subClassOf* ?above . ?above rdfs:subClassOf+ csp:Thing .
    MINUS {{ ?part rdfs:subClassOf* ?kind . ?part rdfs:subClassOf+ csp:Document }}
  }}
}} ORDER BY ?above ?kind"""
MOST_NAMED = 500  # graphs: beyond it a request would be longer than servers take
MOST_COPIED = 20_000_000  # triples: some minutes of fetching, once


class RemoteEngine:
    """An endpoint as an Engine. Raises EngineError when it cannot be reached, or sees other data than were loaded."""

    def __init__(self, address: str, only: frozenset[str] | None = None) -> None:
        self.address = address
        self.endpoint = Endpoint(address)
        self.only = only

    @cached_property
    def _every(self) -> dict[str, str]:
        rows = self._pairs(_LOADED)
        return {
            graph.value: hashed.value
            for graph, hashed in rows
            if isinstance(graph, ox.NamedNode) and isinstance(hashed, ox.Literal)
        }

    @cached_property
    def _loaded(self) -> dict[str, str]:
        return {name: hashed for name, hashed in self._every.items() if self.only is None or name in self.only}

    @cached_property
    def flaw(self) -> str:
        """What keeps the server from being asked as it is, as the end of a sentence; nothing where it is sound.

        It is tried with two little queries on one graph. Raises EngineError where it cannot be reached.
        """
        if not self._loaded:
            return ""
        graph = ONTOLOGY_GRAPH if ONTOLOGY_GRAPH in self._loaded else next(iter(self._loaded))
        one = _named(graph)
        try:
            with self.endpoint.post([("query", _HELD), *one], _TRIPLES, Bounds()) as body:
                held = _triples(body)
            hashed = {triple.subject for triple in held if triple.predicate.value == f"{CSP}contentHash"}
            if hashed != {ox.NamedNode(graph)}:
                return "does not keep to the graphs that a query names"
            here = OxigraphEngine.in_memory(_quad(triple) for triple in held)
            sound = self._rows(_TRIAL, one, Bounds()) == here.select(_TRIAL)
        except (QueryError, Failed):
            sound = False
        return "" if sound else "answers otherwise than SPARQL says"

    @property
    def note(self) -> str:
        """That a copy is asked, and why; nothing of a server that is sound. Raises EngineError where none can be made."""
        return f"{self.address} {self.flaw}: a copy of its plans is asked instead" if self.flaw and self._copy else ""

    @cached_property
    def _copy(self) -> OxigraphEngine:
        """The graphs as they are now, here. Raises EngineError where they are too many, or do not come whole."""
        from cspgraph.engines.copied import copied

        with within(math.inf):  # it is fetched once, and no part of a query: a time for one would never be enough
            return copied(self.address, self._every, self._loaded, self._fetch)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """How many triples each loaded graph holds. Raises EngineError where they are too many to be copied."""
        few = f"VALUES ?graph {{ <{'> <'.join(self._loaded)}> }}" if len(self._loaded) <= MOST_NAMED else ""
        rows = self._pairs(_SIZES.format(only=few))
        sizes = {getattr(graph, "value", ""): _count(number) for graph, number in rows}
        total = sum(sizes.get(name, 0) for name in self._loaded)
        if total > MOST_COPIED:
            raise EngineError(
                f"{self.address} {self.flaw}, and its {total:,} triples are too many to be copied",
                f"name fewer plans with --plan (up to {MOST_COPIED:,} triples), or use a server that follows the standard",
            )
        return sizes

    def _fetch(self, graph: str) -> bytes:
        """Return a graph as N-Quads. Raises EngineError where it does not come whole."""
        whole = self._sizes.get(graph, 0)  # before anything is fetched: there may be too much
        with self.endpoint.post([("query", _WHOLE.format(graph=graph)), *_named(graph)], _TRIPLES, Bounds()) as body:
            triples = set(_triples(body))
        if len(triples) != whole:
            said = f"{self.address} gives {len(triples):,} of the {whole:,} triples of <{graph}>"
            raise EngineError(said, "raise its limit on the rows of an answer (Virtuoso: ResultSetMaxRows)")
        name = ox.NamedNode(graph)
        return ox.serialize((_quad(triple, name) for triple in triples), format=ox.RdfFormat.N_QUADS) or b""

    @cached_property
    def _dataset(self) -> list[tuple[str, str]]:
        """The parameters that make the union of the loaded graphs the default graph; none where it is so anyway."""
        if len(self._loaded) <= MOST_NAMED:
            return [pair for graph in self._loaded for pair in _named(graph)]
        if self.only is not None:
            raise EngineError(
                f"{self.address} cannot be asked about {len(self._loaded):,} graphs of many", "name fewer with --plan"
            )
        some = next(iter(self._loaded))
        with self.endpoint.post(
            [("query", _UNION.format(graph=some, property=f"{CSP}contentHash"))], _ROWS, Bounds()
        ) as body:
            seen = _results(body)
        if not isinstance(seen, ox.QueryBoolean) or not seen:
            hint = "start it so that they are (Oxigraph: --union-default-graph)"
            raise EngineError(f"the loaded graphs are not in the default graph of {self.address}", hint)
        return []

    def select(self, query: str) -> Table:
        """Return the rows of a trusted SELECT. Raises QueryError for what is none, EngineError for what no rows come of."""
        if self.flaw:
            return self._copy.select(query)
        try:
            return self._rows(query, self._dataset, Bounds())
        except Failed:
            OxigraphEngine.in_memory(()).select(query)  # says so where the fault is the query's
            raise

    def recall(self, query: str) -> Table:
        """As select; what a copy has answered once is kept with it."""
        return self._copy.recall(query) if self.flaw else self.select(query)

    def construct(self, query: str) -> list[ox.Triple]:
        """Return the triples of a trusted CONSTRUCT. Raises as select does."""
        if self.flaw:
            return self._copy.construct(query)
        try:
            with self.endpoint.post([("query", query), *self._dataset], _TRIPLES, Bounds()) as body:
                return _triples(body)
        except Failed:
            OxigraphEngine.in_memory(()).construct(query)
            raise

    def _foreign(self, query: str, limits: Limits, names_graphs: bool) -> Result:  # noqa: FBT001 - see Engine.confinement
        """Return what a query gives that the gate has let pass; the server runs it, within the limits of here.

        Raises LimitReached where it takes longer, or gives more; memory is the server's to limit.
        """
        bounds = Bounds(limits.seconds, limits.result)
        dataset = [] if names_graphs else self._dataset
        with self.endpoint.post([("query", query), *dataset], f"{_ROWS}, {_TRIPLES};q=0.4", bounds) as body:
            if body.kind == _TRIPLES:
                return _triples(body)
            found = _results(body, "results or N-Triples")
            if isinstance(found, ox.QueryBoolean):
                return bool(found)
            return _table(found, body, limits.rows)

    def graphs(self) -> dict[str, str]:
        """Return the loaded graphs with their content hashes; graphs that others put there are not ours to name."""
        return dict(self._loaded)

    def restricted(self, graphs: Iterable[str]) -> RemoteEngine:
        """Return an engine on the same endpoint that sees only some of its graphs."""
        engine = RemoteEngine(self.address, frozenset(graphs))
        engine.flaw = self.flaw
        return engine

    def load(self, graph: str, quads: Iterable[ox.Quad]) -> None:
        """Replace one named graph: by the graph store, which does it in one step, or by one update."""
        self._forget()
        triples = (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
        data = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
        if not self.endpoint.put_graph(graph, data):
            name = ox.NamedNode(graph)
            self.endpoint.write(f"DROP SILENT GRAPH {name} ; INSERT DATA {{ GRAPH {name} {{ {data.decode()} }} }}")

    def drop(self, graph: str) -> None:
        """Remove one named graph."""
        self._forget()
        self.endpoint.write(f"DROP SILENT GRAPH {ox.NamedNode(graph)}")

    def _forget(self) -> None:
        """What is loaded changes: it is asked anew."""
        for kept in ("_every", "_loaded", "_sizes", "_dataset", "_copy"):
            self.__dict__.pop(kept, None)

    def confinement(self) -> Path | bytes | Callable[..., Result]:
        """Return how the server runs foreign queries itself, or the copy that they run on."""
        return self._copy.confinement() if self.flaw else self._foreign

    def _rows(self, query: str, dataset: list[tuple[str, str]], bounds: Bounds) -> Table:
        with self.endpoint.post([("query", query), *dataset], _ROWS, bounds) as body:
            found = _results(body)
            if isinstance(found, ox.QueryBoolean):
                raise _other(body, "rows", "a truth")
            return _table(found, body)

    def _pairs(self, query: str) -> list[tuple[Term | None, ...]]:
        """Return the rows of a query of two columns. Raises EngineError where they are not what comes back."""
        columns, rows = self._rows(query, [], Bounds())
        if len(columns) != 2:
            raise EngineError(f"{self.address} gives other columns than the two that were asked for", _WHERE)
        return rows


def _named(graph: str) -> list[tuple[str, str]]:
    """Return the parameters that put a graph into the default graph, and among the named ones."""
    return [("default-graph-uri", graph), ("named-graph-uri", graph)]


def _count(term: Term | None) -> int:
    """Return the number that a server counts; none where it gives something else for it."""
    said = getattr(term, "value", "")
    return int(said) if re.fullmatch(r"[0-9]{1,18}", said) else 0


def _other(body: Body, wanted: str, given: str = "") -> Failed:
    """Return the error for an answer that is of another kind than what was asked for."""
    given = given or body.kind[:60] or "nothing"
    return Failed(f"{body.address} gives {given} where {wanted} were asked for", _WHERE)


def _quad(triple: ox.Triple, graph: ox.NamedNode | None = None) -> ox.Quad:
    return ox.Quad(triple.subject, triple.predicate, triple.object, graph or ox.DefaultGraph())


def _results(body: Body, wanted: str = "results") -> ox.QuerySolutions | ox.QueryBoolean:
    """Return what a results document begins; its rows are still to come. Raises Failed for what is none, EngineError."""
    if body.kind not in _RESULTS:
        raise _other(body, wanted)
    try:
        return ox.parse_query_results(body, format=_RESULTS[body.kind])  # type: ignore[arg-type] # it only reads
    except (SyntaxError, OSError, ValueError) as error:
        _broken(body, error)


def _table(found: ox.QuerySolutions, body: Body, most: int | None = None) -> Table:
    rows: list[tuple[Term | None, ...]] = []
    try:
        for solution in found:
            rows.append(tuple(solution))
            if most is not None and len(rows) > most:
                raise LimitReached(f"the result has more than {most:,} rows", "ask for less with LIMIT")
    except (SyntaxError, OSError, ValueError) as error:
        _broken(body, error)
    if body.cap:
        hint = "ask for less with LIMIT, or raise its limit (Virtuoso: ResultSetMaxRows)"
        raise LimitReached(f"the endpoint gives the first {body.cap} rows only", hint)
    return Table([variable.value for variable in found.variables], rows)


def _triples(body: Body) -> list[ox.Triple]:
    if body.kind != _TRIPLES:
        raise _other(body, "N-Triples")
    try:
        found = ox.parse(body, format=ox.RdfFormat.N_TRIPLES)  # type: ignore[arg-type] # it only reads
        return [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in found]
    except (SyntaxError, OSError, ValueError) as error:
        _broken(body, error)


def _broken(body: Body, error: Exception) -> NoReturn:
    """Raise what went wrong while an answer came: what the line says, or that the document does not end as it should."""
    if body.failure:
        raise body.failure from None
    raise EngineError(
        f"the endpoint's answer is cut off or malformed: {' '.join(str(error).split())[:100]}",
        "servers stop in mid-answer when a query takes too long: ask for less, or allow the server more",
    ) from None
