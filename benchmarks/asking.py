"""One thing, questions and rules, as each competitor answers them: every function makes ready and returns what is timed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from benchmarks.place import dataset, read_only, rows, triples
from cspgraph.columns import columns_of
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from cspgraph.terms import CSP, ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from benchmarks.place import Place

# Rules that SHACL's core can say, with the relation that is wanted: `a thing of the kind has at least one`.
CORE = {
    "action-without-lead": ("Action", f"{CSP}ledBy"),
    "action-without-timescale": ("Action", f"{CSP}timescale"),
    "action-without-outcome": ("Action", f"{CSP}expects"),
    "action-without-resource": ("Action", f"{CSP}uses"),
    "indicator-without-target": ("Indicator", f"{CSP}target"),
    "indicator-without-direction": ("Indicator", f"{CSP}direction"),
    "money-without-sum": ("Award", f"{CSP}amount"),
    "board-without-chair": ("Board", f"{CSP}chairedBy"),
}


@cache
def questions(kind: str) -> tuple[Any, ...]:
    """Return the shipped questions of a kind, by name."""
    return tuple(sorted(read_catalogue(library()).of(kind), key=lambda question: question.name))


def point(place: Place) -> Callable[[], Iterable[object]]:
    import cspgraph.graph  # noqa: F401

    thing = place.facts["thing"]
    return lambda: place.graph().engine.select(f"SELECT ?p ?o WHERE {{ <{ID}{thing}> ?p ?o }}").rows


def point_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    thing = place.facts["thing"]
    return lambda: rows(place, f"SELECT ?p ?o WHERE {{ <{ID}{thing}> ?p ?o }}")


def point_rdflib(place: Place) -> Callable[[], Iterable[object]]:
    graph, thing = dataset(place), place.facts["thing"]
    return lambda: graph.query(f"SELECT ?p ?o WHERE {{ <{ID}{thing}> ?p ?o }}")


def ask(question: Any) -> Callable[[Place], Callable[[], Iterable[object]]]:
    def make(place: Place) -> Callable[[], Iterable[object]]:
        graph = place.ready()
        columns_of(graph.engine)  # as after any command that walks the graph
        return lambda: graph.ask(question.name)

    return make


def ask_pyoxigraph(question: Any) -> Callable[[Place], Callable[[], Iterable[object]]]:
    def make(place: Place) -> Callable[[], Iterable[object]]:
        store, query = read_only(place), question.path.read_text(encoding="utf-8")
        return lambda: store.query(query, use_default_graph_as_union=True)

    return make


def ask_rdflib(question: Any) -> Callable[[Place], Callable[[], Iterable[object]]]:
    def make(place: Place) -> Callable[[], Iterable[object]]:
        graph = dataset(place)
        return lambda: graph.query(question.path.read_text(encoding="utf-8"))

    return make


# -------------------------------------------------------------------- rules


def rules(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return graph.gaps


def rules_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: _all_rows(place, [question.path for question in questions("gap")])


def core(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: graph.gaps(*CORE)


def core_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: _all_rows(place, [question.path for question in questions("gap") if question.name in CORE])


def _all_rows(place: Place, queries: list[Path]) -> Iterator[object]:
    store = read_only(place)
    for path in queries:
        yield from store.query(path.read_text(encoding="utf-8"), use_default_graph_as_union=True)


def core_pyshacl(place: Place) -> Callable[[], Iterable[object]]:
    from pyshacl import validate
    from rdflib import Graph
    from rdflib.namespace import RDF, SH

    data = Graph().parse(triples(place), format="nt")
    shapes = "@prefix sh: <http://www.w3.org/ns/shacl#> .\n" + "".join(
        f"<urn:{name}> a sh:NodeShape ; sh:targetClass <{CSP}{kind}> ; sh:property [ sh:path <{path}> ; sh:minCount 1 ] .\n"
        for name, (kind, path) in CORE.items()
    )
    shapes_graph = Graph().parse(data=shapes, format="turtle")

    def run() -> Iterable[object]:
        _, report, _ = validate(data, shacl_graph=shapes_graph, inference="none", advanced=False, meta_shacl=False)
        assert isinstance(report, Graph)
        return report.subjects(RDF.type, SH.ValidationResult)

    return run
