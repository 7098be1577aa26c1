"""Walks over graphs that others made, that are large, or of chance: the same rows, few questions, no fault of ours."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cspgraph import columns
from cspgraph.build import open_engine
from cspgraph.columns.making import make
from cspgraph.columns.snapshot import Snapshot
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import EngineError
from cspgraph.graph import KnowledgeGraph
from cspgraph.terms import CSP, GRAPH, ID, ONTOLOGY_GRAPH, SKOS
from cspgraph.tracing.cuts import cut_off
from cspgraph.tracing.dependence import supports
from cspgraph.tracing.links import links
from tests.conftest import rows, watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# What is stated: subject, relation, object, and the graphs that state it.
Said = tuple[str, str, str, tuple[str, ...]]


@pytest.fixture(scope="module")
def ontology() -> list[ox.Quad]:
    return list(open_engine([], "memory:").store.quads_for_pattern(None, None, None, ox.NamedNode(ONTOLOGY_GRAPH)))  # type: ignore[attr-defined]


@pytest.fixture(params=["read whole", "asked as it is met"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph of few plans, or of what counts as many."""
    if request.param == "asked as it is met":
        monkeypatch.setattr(columns, "MANY", 0)


def graph(ontology: list[ox.Quad], kinds: dict[str, str], said: Iterable[Said]) -> KnowledgeGraph:
    """Return a graph of things of a plan `p`, those that have a kind with a label, and of what is said of them."""
    quads = list(ontology)
    home = ox.NamedNode(f"{GRAPH}p")
    for name, kind in kinds.items():
        thing = ox.NamedNode(f"{ID}p/{name}")
        quads.append(ox.Quad(thing, ox.NamedNode(f"{CSP}kind"), ox.NamedNode(f"{CSP}{kind}"), home))
        quads.append(ox.Quad(thing, ox.NamedNode(f"{SKOS}prefLabel"), ox.Literal(name), home))
        quads.append(ox.Quad(thing, ox.NamedNode(f"{CSP}inPlan"), ox.NamedNode(f"{ID}p"), home))
    for a, relation, b, graphs in said:
        ends = ox.NamedNode(f"{ID}p/{a}"), ox.NamedNode(relation), ox.NamedNode(f"{ID}p/{b}")
        quads += (ox.Quad(*ends, ox.NamedNode(f"{GRAPH}{name}")) for name in graphs)
    return KnowledgeGraph(OxigraphEngine.in_memory(quads))


def test_what_two_graphs_state_counts_once(ontology: list[ox.Quad], way: None) -> None:
    """An engine whose default graph is the union may give it twice; two leads, then, were three."""
    led = [("A1", f"{CSP}ledBy", "x", ("p",)), ("A1", f"{CSP}ledBy", "y", ("p", "q"))]
    found = graph(ontology, {"A1": "Action", "x": "Organisation", "y": "Organisation"}, led)
    (effect,) = found.what_if("p/x").effects
    assert effect.effect == "one-left"
    assert effect.left is not None
    assert effect.left.id == "p/y"
    (dependent,) = found.depends("p/y")
    assert len(dependent.paths) == 1


def test_things_without_kind_and_label_are_told_by_their_id(ontology: list[ox.Quad], way: None) -> None:
    found = graph(ontology, {"x": "Organisation"}, [("A1", f"{CSP}ledBy", "x", ("p",))])
    assert [one.thing.label for one in found.depends("p/x")] == ["p/A1"]
    assert [one.thing.label for one in found.what_if("p/x").effects] == ["p/A1"]


def test_a_priority_for_which_an_action_stands_is_looked_into_no_further(
    ontology: list[ox.Quad], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [f"part{number}" for number in range(900)]
    kinds = dict.fromkeys(["P", *parts], "Priority") | dict.fromkeys(
        ["A1", "A2", *(f"of-{one}" for one in parts)], "Action"
    )
    serves, broader = f"{CSP}contributesTo", f"{SKOS}broader"
    said: list[Said] = [(part, broader, "P", ("p",)) for part in parts]
    said += [(f"of-{part}", serves, part, ("p",)) for part in parts]
    said += [(action, serves, "P", ("p",)) for action in ("A1", "A2")]
    found = graph(ontology, kinds, said)
    monkeypatch.setattr(columns, "MANY", 0)
    asked = watched(monkeypatch, OxigraphEngine, "select")
    assert not found.what_if("p/A1").effects
    assert not any(f"{ID}p/part" in query for query in asked), "A2 stands: what else serves P does not matter"
    (effect,) = found.what_if("p/A1", "p/A2", *(f"p/of-{part}" for part in parts[1:])).effects[:1]
    assert (effect.effect, effect.thing.id) == ("no-action", "p/part1"), "of-part0 stands, for its part and for P"


def test_a_store_that_cannot_be_read_is_said_to_be(tmp_path: Path) -> None:
    class Damaged:
        def named_graphs(self) -> list[ox.NamedNode]:
            raise RuntimeError("Corruption: block checksum mismatch")

    with pytest.raises(EngineError, match="cannot be read: Corruption"):
        columns.large(OxigraphEngine(Damaged(), tmp_path))  # type: ignore[arg-type]


# -------------------------------------------------------------------- graphs of chance


def things(count: int) -> Iterator[tuple[str, str]]:
    """Yield things of three plans and of none, with a kind."""
    for number in range(count):
        plan = ("one", "two", "three", "ref")[number % 4]
        yield f"{ID}{plan}/t{number}", ("Action", "Organisation", "Document", "Award")[number // 4 % 4]


def quads(links_: set[tuple[int, str, int]], count: int) -> Iterator[ox.Quad]:
    known = list(things(count))
    term = ox.NamedNode
    for iri, kind in known:
        graph = term(f"{GRAPH}{iri.removeprefix(ID).split('/')[0]}")
        yield ox.Quad(term(iri), term(f"{CSP}kind"), term(f"{CSP}{kind}"), graph)
        yield ox.Quad(term(iri), term(f"{CSP}type"), term(f"{CSP}{kind}"), graph)
        yield ox.Quad(
            term(iri),
            term("http://www.w3.org/2004/02/skos/core#prefLabel"),
            ox.Literal(f"=+\x01{iri} \U0001f600"),
            graph,
        )
    for a, relation, b in links_:
        graph = term(f"{GRAPH}{known[a][0].removeprefix(ID).split('/')[0]}")
        yield ox.Quad(term(known[a][0]), term(f"{CSP}{relation}"), term(known[b][0]), graph)


RELATIONS = ("ledBy", "uses", "implements", "fundedBy", "develops", "paysFor", "from", "contributesTo", "about")


@settings(max_examples=40, deadline=None)
@given(
    found=st.sets(
        st.tuples(st.integers(0, 15), st.sampled_from(RELATIONS), st.integers(0, 15)), min_size=1, max_size=40
    )
)
def test_graphs_of_chance_are_walked_alike(found: set[tuple[int, str, int]], ontology: list[ox.Quad]) -> None:
    plain = OxigraphEngine.in_memory([*ontology, *quads(found, 16)])
    fast = OxigraphEngine.in_memory([*ontology, *quads(found, 16)])
    columns._OPEN[fast] = Snapshot(make(fast))
    one, other = supports(plain), supports(fast)
    relations = [f"{CSP}{relation}" for relation in RELATIONS]
    first, second = links(plain, relations), links(fast, relations)
    for iri, _ in things(16):
        assert one.under(iri) == other.under(iri)
        assert one.over(iri) == other.over(iri)
        assert one.fall([iri]) == other.fall([iri])
        assert {r: first.out(iri, r) for r in relations} == {r: second.out(iri, r) for r in relations}
        assert {r: first.into(iri, r) for r in relations} == {r: second.into(iri, r) for r in relations}
    graph, fast_graph = KnowledgeGraph(plain), KnowledgeGraph(fast)
    assert rows(graph.load()) == rows(fast_graph.load())
    for iri, _ in list(things(16))[::5]:
        assert rows(graph.what_if(iri).effects) == rows(fast_graph.what_if(iri).effects)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "MANY", 0)
        asked, third = supports(plain, few=True), links(plain, relations, few=True)
        for iri, _ in things(16):
            assert one.under(iri) == asked.under(iri)
            assert one.over(iri) == asked.over(iri)
            assert one.fall([iri]) == supports(plain, few=True).fall([iri])
            assert {r: first.out(iri, r) for r in relations} == {r: third.out(iri, r) for r in relations}
            assert {r: first.into(iri, r) for r in relations} == {r: third.into(iri, r) for r in relations}
        for iri, _ in list(things(16))[::5]:
            assert rows(graph.depends(iri)) == rows(fast_graph.depends(iri))
            assert rows(graph.what_if(iri).effects) == rows(fast_graph.what_if(iri).effects)


def cut_by_networkx(pairs: list[tuple[str, str]]) -> dict[str, set[str]]:
    graph: nx.Graph[str] = nx.Graph([(a, b) for a, b in pairs if a != b])
    found = {}
    for point in nx.articulation_points(graph):
        near = nx.node_connected_component(graph, point) - {point}
        pieces = sorted(nx.connected_components(graph.subgraph(near)), key=lambda piece: (-len(piece), min(piece)))
        found[point] = set().union(*pieces[1:])
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.sampled_from("abcdefghijkl")), max_size=24))
def test_what_is_cut_off_is_what_networkx_says(pairs: list[tuple[str, str]]) -> None:
    assert cut_off(pairs, "abcdefghijkl") == cut_by_networkx(pairs)


def test_a_long_chain_is_cut_without_recursion() -> None:
    names = [f"{number:06}" for number in range(50_000)]
    found = cut_off(pairwise(names), {names[1], names[49_990]})
    assert found == {names[1]: {names[0]}, names[49_990]: set(names[49_991:])}
