"""Measures say what networkx says of the same edges, from SPARQL and from columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import pytest
from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python  # type: ignore[attr-defined]  # the other wants scipy

from cspgraph import columns, measures
from cspgraph.build import build, open_engine, store_folder
from cspgraph.errors import CspgraphError
from cspgraph.graph import KnowledgeGraph
from cspgraph.terms import short
from cspgraph.tracing.dependence import edges

if TYPE_CHECKING:
    from pathlib import Path

WITHOUT_SCIPY = {"pagerank": _pagerank_python}


@pytest.fixture(scope="module", params=["all", "havering-2017", "hackney-labour-manifesto", "columns"])
def graph(request: pytest.FixtureRequest, bundled: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeGraph:  # fmt: skip
    """The bundled plans, two of them alone, and a store of them that has a snapshot."""
    if request.param != "columns":
        return bundled if request.param == "all" else bundled.restricted([request.param])
    place: Path = tmp_path_factory.mktemp("measures") / "store"
    build([], store_folder(str(place)))
    found = KnowledgeGraph(open_engine([], f"oxigraph:{place}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "MANY", 0)
        assert columns.columns_of(found.engine) is not None
    return found


@pytest.fixture(scope="module")
def plain(graph: KnowledgeGraph) -> nx.DiGraph[str]:
    return nx.DiGraph((short(edge.source), short(edge.target)) for edge in edges(graph.engine))


@pytest.mark.parametrize("name", ["degree_centrality", "in_degree_centrality", "out_degree_centrality", "pagerank"])
def test_a_measure_is_that_of_networkx(name: str, graph: KnowledgeGraph, plain: nx.DiGraph[str]) -> None:
    found = getattr(measures, name)(graph)
    assert len(found) > 20
    assert found == pytest.approx(WITHOUT_SCIPY.get(name, getattr(nx, name))(plain), rel=1e-9, abs=1e-12)
    assert list(found.values()) == sorted(found.values(), reverse=True), "the greatest first"


def test_what_hangs_together_is_that_of_networkx(graph: KnowledgeGraph, plain: nx.DiGraph[str]) -> None:
    found = measures.weakly_connected_components(graph)
    assert {frozenset(group) for group in found} == {
        frozenset(group) for group in nx.weakly_connected_components(plain)
    }
    assert [len(group) for group in found] == sorted(map(len, found), reverse=True)


def test_settings_mean_what_they_mean_in_networkx(graph: KnowledgeGraph, plain: nx.DiGraph[str]) -> None:
    found = measures.pagerank(graph, alpha=0.5, tol=1e-9)
    assert found == pytest.approx(_pagerank_python(plain, alpha=0.5, tol=1e-9), rel=1e-6)
    with pytest.raises(CspgraphError, match="still change after 1 rounds"):
        measures.pagerank(graph, max_iter=1, tol=1e-12)


def test_a_graph_without_an_edge_has_no_measure() -> None:
    from cspgraph.engines.oxigraph import OxigraphEngine

    empty = KnowledgeGraph(OxigraphEngine.in_memory([]))
    assert measures.pagerank(empty) == {}
    assert measures.degree_centrality(empty) == {}
    assert measures.weakly_connected_components(empty) == []
