"""What depends on what, what ends, who carries what, as each competitor answers it: every function makes ready and returns what is timed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from benchmarks.place import dataset, rows
from cspgraph.terms import CSP, DEPENDS_ON, ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from benchmarks.place import Place
    from cspgraph.graph import KnowledgeGraph

_EDGES = f"SELECT ?s ?o WHERE {{ ?s <{DEPENDS_ON}> ?o }}"


def _edges(place: Place) -> Iterator[tuple[str, str]]:
    return ((row[0].value, row[1].value) for row in rows(place, _EDGES))  # type: ignore[index]


def depends(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: graph.depends(place.facts["focus"])


def depends_networkx(place: Place) -> Callable[[], Iterable[object]]:
    import networkx as nx

    return lambda: nx.ancestors(nx.DiGraph(_edges(place)), f"{ID}{place.facts['focus']}")


def depends_built(place: Place) -> Callable[[], Iterable[object]]:
    import networkx as nx

    graph = nx.DiGraph(_edges(place))
    return lambda: nx.ancestors(graph, f"{ID}{place.facts['focus']}")


def depends_rustworkx(place: Place) -> Callable[[], Iterable[object]]:
    rustworkx = importlib.import_module("rustworkx")
    graph, numbers = rustworkx.PyDiGraph(), {}
    for pair in _edges(place):
        for name in pair:
            if name not in numbers:
                numbers[name] = graph.add_node(name)
        graph.add_edge(numbers[pair[0]], numbers[pair[1]], None)
    return lambda: rustworkx.ancestors(graph, numbers[f"{ID}{place.facts['focus']}"])


def depends_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    focus = place.facts["focus"]
    return lambda: rows(place, f"SELECT DISTINCT ?s WHERE {{ ?s <{DEPENDS_ON}>+ <{ID}{focus}> }}")


def depends_rdflib(place: Place) -> Callable[[], Iterable[object]]:
    from rdflib import URIRef

    graph, focus = dataset(place), place.facts["focus"]
    return lambda: graph.transitive_subjects(URIRef(DEPENDS_ON), URIRef(f"{ID}{focus}"))


def what_if(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: [graph.what_if(place.facts["focus"])]


def snapshot(graph: KnowledgeGraph) -> object:
    from cspgraph.columns.snapshot import open_snapshot

    return open_snapshot(graph.engine)  # type: ignore[arg-type]


def columns(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: [snapshot(graph)]


def horizon(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return lambda: graph.horizon("2016-01", "2016-12")


def horizon_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: rows(
        place,
        f"""PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT ?thing ?relation ?last WHERE {{ ?date <{CSP}latest> ?last . ?thing ?relation ?date
        FILTER(?last >= "2016-01-01"^^xsd:date && ?last <= "2016-12-31"^^xsd:date) }} ORDER BY ?last""",
    )


def load(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return graph.load


def load_networkx(place: Place) -> Callable[[], Iterable[object]]:
    import networkx as nx

    leads = f"SELECT ?s ?o WHERE {{ ?s <{CSP}ledBy> ?o }}"
    return lambda: nx.DiGraph((str(row[0]), str(row[1])) for row in rows(place, leads)).in_degree()  # type: ignore[index]


def coverage(place: Place) -> Callable[[], Iterable[object]]:
    graph = place.ready()
    return graph.coverage


def coverage_pyoxigraph(place: Place) -> Callable[[], Iterable[object]]:
    return lambda: rows(
        place,
        f"""PREFIX csp: <{CSP}>
        SELECT ?framework (COUNT(DISTINCT ?priority) AS ?priorities) (COUNT(DISTINCT ?served) AS ?count) WHERE {{
          ?priority csp:framework ?framework OPTIONAL {{ ?alignment csp:with ?priority BIND(?priority AS ?served) }}
        }} GROUP BY ?framework ORDER BY ?framework""",
    )
