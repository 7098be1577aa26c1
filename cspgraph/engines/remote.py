"""A store that outgrew the machine is somebody else's: any SPARQL 1.1 endpoint as an Engine.

Every query names the loaded graphs in the protocol's own parameters (default-graph-uri, named-graph-uri), so that
its default graph is the union of ours whatever the server takes for one, and what else the server holds stays out.
Where there are too many graphs for that, the server's own default graph must be their union; it is tried once.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.engines import Table, Term
from cspgraph.engines.transport import Body, Bounds, Endpoint
from cspgraph.errors import EngineError, LimitReached, QueryError
from cspgraph.terms import CSP

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

    from cspgraph.engines.confined import Limits, Result

_RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
}
_ROWS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
_TRIPLES = "application/n-triples"
_LOADED = f"SELECT ?graph ?hash WHERE {{ GRAPH ?graph {{ ?graph <{CSP}contentHash> ?hash }} }} ORDER BY ?graph ?hash"
_UNION = "ASK {{ <{graph}> <{property}> ?hash }}"
# A parameter that was not given joins with everything; Virtuoso joins it with nothing, so it is left out.
_FREE = re.compile(r"VALUES\s+\?\w+\s*\{\s*UNDEF\s*\}")
MOST_NAMED = 500  # graphs: beyond it a request would be longer than servers take


class RemoteEngine:
    """An endpoint as an Engine. Raises EngineError when it cannot be reached, or sees other data than were loaded."""

    def __init__(self, address: str, only: frozenset[str] | None = None) -> None:
        self.address = address
        self.endpoint = Endpoint(address)
        self.only = only

    @cached_property
    def _loaded(self) -> dict[str, str]:
        rows = self._rows(_LOADED, [], Bounds()).rows
        found = {
            graph.value: hashed.value
            for graph, hashed in rows
            if isinstance(graph, ox.NamedNode) and isinstance(hashed, ox.Literal)
        }
        return {name: hashed for name, hashed in found.items() if self.only is None or name in self.only}

    @cached_property
    def _dataset(self) -> list[tuple[str, str]]:
        """The parameters that make the union of the loaded graphs the default graph; none where it is so anyway."""
        if len(self._loaded) <= MOST_NAMED:
            return [(name, graph) for graph in self._loaded for name in ("default-graph-uri", "named-graph-uri")]
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
        """Return the rows of a trusted SELECT. Raises EngineError for an answer that breaks off."""
        return self._rows(_FREE.sub("", query), self._dataset, Bounds())

    recall = select

    def construct(self, query: str) -> list[ox.Triple]:
        """Return the triples of a trusted CONSTRUCT. Raises EngineError for an answer that breaks off."""
        with self.endpoint.post([("query", query), *self._dataset], _TRIPLES, Bounds()) as body:
            return _triples(body)

    def foreign(self, query: str, limits: Limits, *, names_graphs: bool) -> Result:
        """Return what a query gives that the gate has let pass; the server runs it, within the limits of here.

        Raises LimitReached where it takes longer, or gives more; memory is the server's to limit.
        """
        bounds = Bounds(limits.seconds, limits.result)
        dataset = [] if names_graphs else self._dataset
        with self.endpoint.post([("query", query), *dataset], f"{_ROWS}, {_TRIPLES};q=0.4", bounds) as body:
            if body.kind not in _RESULTS:
                return _triples(body)
            found = _results(body)
            if isinstance(found, ox.QueryBoolean):
                return bool(found)
            return _table(found, body, limits.rows)

    def graphs(self) -> dict[str, str]:
        """Return the loaded graphs with their content hashes; graphs that others put there are not ours to name."""
        return dict(self._loaded)

    def restricted(self, graphs: Iterable[str]) -> RemoteEngine:
        """Return an engine on the same endpoint that sees only some of its graphs."""
        return RemoteEngine(self.address, frozenset(graphs))

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
        self.__dict__.pop("_loaded", None)
        self.__dict__.pop("_dataset", None)

    def confinement(self) -> None:
        """Nothing: the server runs foreign queries itself."""
        return

    def _rows(self, query: str, dataset: list[tuple[str, str]], bounds: Bounds) -> Table:
        with self.endpoint.post([("query", query), *dataset], _ROWS, bounds) as body:
            found = _results(body)
            if isinstance(found, ox.QueryBoolean):
                raise QueryError("this is not a SELECT query")
            return _table(found, body)


def _results(body: Body) -> ox.QuerySolutions | ox.QueryBoolean:
    """Return what a results document begins; its rows are still to come. Raises EngineError for what is none."""
    if body.kind not in _RESULTS:
        raise QueryError(f"this is not a SELECT query: the endpoint answers with {body.kind or 'nothing'}")
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
    return Table([variable.value for variable in found.variables], rows)


def _triples(body: Body) -> list[ox.Triple]:
    if body.kind != _TRIPLES:
        raise QueryError(f"this is not a CONSTRUCT query: the endpoint answers with {body.kind or 'nothing'}")
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
