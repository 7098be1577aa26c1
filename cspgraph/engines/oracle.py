"""The `rdflib:` engine: slow, independent, the oracle of the tests.

It runs shipped questions only: rdflib reads local files through FROM and LOAD and has no
switch that covers all ways, so foreign text never reaches it. Its joins compare every row
with every row; here they look rows up by what both sides bind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph.engines import Table, Term
from cspgraph.errors import QueryError
from cspgraph.terms import CSP

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class RdflibEngine:
    """An rdflib Dataset as an Engine."""

    address = "rdflib:"
    note = ""

    def __init__(self, quads: Iterable[ox.Quad] = ()) -> None:
        import rdflib.plugins.sparql
        from rdflib import Dataset

        rdflib.plugins.sparql.SPARQL_LOAD_GRAPHS = False
        rdflib.plugins.sparql.CUSTOM_EVALS["cspgraph"] = _evaluate
        self.dataset = Dataset(default_union=True)
        self._add(quads)

    def _add(self, quads: Iterable[ox.Quad]) -> None:
        data = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
        self.dataset.parse(data=data, format="nquads")

    def select(self, query: str) -> Table:
        """Return the rows of a shipped SELECT."""
        result = self._query(query, "SELECT")
        columns = [str(variable) for variable in result.vars]
        return Table(columns, [tuple(_term(value) for value in row) for row in result])

    recall = select

    def construct(self, query: str) -> list[ox.Triple]:
        """Return the triples of a shipped CONSTRUCT."""
        data = self._query(query, "CONSTRUCT").graph.serialize(format="nt", encoding="utf-8")
        return [
            ox.Triple(quad.subject, quad.predicate, quad.object)
            for quad in ox.parse(data, format=ox.RdfFormat.N_TRIPLES)
        ]

    def _query(self, query: str, form: str) -> Any:
        try:
            result = self.dataset.query(query)
        except Exception as error:  # noqa: BLE001 - rdflib raises whatever its parser and plugins raise
            raise QueryError.of_engine(str(error)) from None
        if result.type != form:
            raise QueryError(f"this is not a {form} query")
        return result

    def graphs(self) -> dict[str, str]:
        """Return the loaded graphs with their content hashes."""
        from rdflib import URIRef

        hashes = {str(s): str(o) for s, o in self.dataset.subject_objects(URIRef(f"{CSP}contentHash"))}
        names = {str(graph.identifier) for graph in self.dataset.graphs() if len(graph)}
        return {name: hashes.get(name, "") for name in sorted(names) if not name.startswith("urn:x-rdflib:")}

    def restricted(self, graphs: Iterable[str]) -> RdflibEngine:
        """Return an engine with a copy of some of the graphs."""
        from rdflib import URIRef

        engine = RdflibEngine()
        for name in graphs:
            copy = engine.dataset.graph(URIRef(name))
            for triple in self.dataset.graph(URIRef(name)):
                copy.add(triple)
        return engine

    def load(self, graph: str, quads: Iterable[ox.Quad]) -> None:
        """Replace one named graph."""
        self.drop(graph)
        self._add(quads)

    def drop(self, graph: str) -> None:
        """Remove one named graph."""
        from rdflib import URIRef

        self.dataset.remove_graph(URIRef(graph))

    def confinement(self) -> None:
        """Foreign queries do not run here."""
        return


def _evaluate(context: Any, part: Any) -> Any:
    """Join two sets of rows, or take one from the other, by an index; rdflib does the rest itself."""
    if part.name not in ("Join", "Minus") or part.lazy:
        raise NotImplementedError
    from rdflib.plugins.sparql.evaluate import evalPart

    first, second = list(evalPart(context, part.p1)), set(evalPart(context, part.p2))
    both = sorted(_bound(first) & _bound(second))
    index: dict[tuple[Any, ...], list[Any]] = {}
    for row in second:
        index.setdefault(tuple(row[name] for name in both), []).append(row)
    pairs = ((row, index.get(tuple(row[name] for name in both), [])) for row in first)
    if part.name == "Join":
        return (row.merge(other) for row, others in pairs for other in others if row.compatible(other))
    return (row for row, others in pairs if all(not row.compatible(o) or row.disjointDomain(o) for o in others))


def _bound(rows: Collection[Any]) -> set[Any]:
    """Return the variables that every row binds."""
    return set.intersection(*(set(row) for row in rows)) if rows else set()


def _term(value: Any) -> Term | None:
    if value is None:
        return None
    from rdflib import BNode, Literal, URIRef

    if isinstance(value, URIRef):
        return ox.NamedNode(str(value))
    if isinstance(value, BNode):
        return ox.BlankNode(str(value))
    assert isinstance(value, Literal)
    if value.language:
        return ox.Literal(str(value), language=value.language)
    return (
        ox.Literal(str(value), datatype=ox.NamedNode(str(value.datatype))) if value.datatype else ox.Literal(str(value))
    )
