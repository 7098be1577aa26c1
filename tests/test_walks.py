"""Walks over graphs that others made, or that are large: the same rows, few questions, no fault of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph import columns
from cspgraph.build import open_engine
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import EngineError
from cspgraph.graph import KnowledgeGraph
from cspgraph.terms import CSP, GRAPH, ID, ONTOLOGY_GRAPH, SKOS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cspgraph.engines import Table

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
    asked: list[str] = []
    select = OxigraphEngine.select

    def noted(engine: OxigraphEngine, query: str) -> Table:
        asked.append(query)
        return select(engine, query)

    monkeypatch.setattr(OxigraphEngine, "select", noted)
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
