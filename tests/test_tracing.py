"""What depends on what: shortest paths, both directions, inverse relations, circles, evidence of every hop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.graph import KnowledgeGraph

PLAN = """\
plan: p
source: doc
title: The plan
lines: 1
boards:
  board: {title: The board, lines: 2}
documents:
  old: {title: The old strategy, lines: 3}
  new: {title: The new strategy, lines: 4}
  circle: {title: The circle, lines: 5, uses: round}
  round: {title: The round, lines: 6, uses: circle}
funds:
  fund: {title: The fund, lines: 7}
actions:
  A1:
    title: Write the new strategy
    lines: 10
    develops: new @11
    uses: old @12 inferred "it follows on"
    fundedBy: {fund: £30k @13}
  A2:
    title: Carry the new strategy out
    lines: 20
    implements: new @21
    overseenBy: board @22
  A3: {title: See the board, lines: 30, contributesTo: P1}
priorities:
  P1: {title: The priority, lines: 40, tier: theme}
"""


@pytest.fixture
def graph(graph_of: Callable[[str], KnowledgeGraph]) -> KnowledgeGraph:
    """The little plan above."""
    return graph_of(PLAN)


def found(graph: KnowledgeGraph, name: str, *, on: bool = False, kind: str = "") -> dict[str, int]:
    return {d.thing.id.removeprefix("p/"): len(d.path) for d in graph.depends(name, on=on, kind=kind)}


def test_what_rests_on_a_strategy_and_through_what(graph: KnowledgeGraph) -> None:
    assert found(graph, "The old strategy") == {"A1": 1, "new": 2, "A2": 3}
    assert found(graph, "The old strategy", kind="actions") == {"A1": 1, "A2": 3}


def test_a_strategy_depends_on_the_action_that_develops_it_and_not_the_other_way(graph: KnowledgeGraph) -> None:
    assert found(graph, "p/new", on=True) == {"A1": 1, "old": 2, "A1/fundedBy/fund": 2, "fund": 3}
    assert "new" not in found(graph, "p/A1", on=True)


def test_money_is_walked_through_its_award(graph: KnowledgeGraph) -> None:
    assert found(graph, "The fund", kind="action") == {"A1": 2, "A2": 4}


def test_contributing_and_being_seen_is_not_depending(graph: KnowledgeGraph) -> None:
    assert found(graph, "The priority") == {}
    assert found(graph, "p/A3", on=True) == {}


def test_each_hop_has_its_own_evidence_and_the_path_its_worst_status(graph: KnowledgeGraph) -> None:
    nearest, through, far = graph.depends("The old strategy")
    assert (nearest.direct, through.direct) == (True, False)
    hops = [(hop.source.id, hop.relation, hop.target.id, hop.place.lines, hop.place.status) for hop in far.path]
    assert hops == [
        ("p/A2", "implements", "p/new", "21", "stated"),
        ("p/new", "developedBy", "p/A1", "11", "stated"),
        ("p/A1", "uses", "p/old", "12", "inferred"),
    ]
    assert far.status == "inferred"
    assert far.path[2].place.why == "it follows on"


def test_a_circle_is_named_and_not_followed_for_ever(graph: KnowledgeGraph) -> None:
    (only,) = graph.depends("The circle")
    assert (only.thing.id, only.circle) == ("p/round", True)
    assert [d.circle for d in graph.depends("The old strategy")] == [False, False, False]


def test_a_name_that_is_none_gets_the_nearest(graph: KnowledgeGraph) -> None:
    with pytest.raises(UnknownName) as caught:
        graph.depends("The odl strategy")
    assert caught.value.nearest[0] == "The old strategy"
    with pytest.raises(UnknownName, match="the kind 'acton'"):
        graph.depends("The old strategy", kind="acton")


def test_every_derived_dependence_is_a_path_of_one_hop(bundled: KnowledgeGraph) -> None:
    """`csp:dependsOn`, written at load, and the walk, done when asked, are two readings of one rule."""
    from cspgraph.engines import Table
    from cspgraph.tracing.dependence import edges

    table = bundled.query("PREFIX csp: <https://w3id.org/cspgraph/ns#> SELECT ?a ?b WHERE { ?a csp:dependsOn ?b }")
    assert isinstance(table, Table)
    written = {tuple(getattr(term, "value", "") for term in row) for row in table.rows}
    walked = {(edge.source, edge.target) for edge in edges(bundled.engine)}
    assert written == walked
    assert len(written) > 200
