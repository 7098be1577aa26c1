"""Who carries how much, on whom alone a part of a plan hangs, and to whom an action answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.graph import KnowledgeGraph

PLAN = """\
plan: p
source: doc
title: The plan
lines: 1
owner: csp
partnerships:
  csp: {title: The partnership, lines: 2, accountableTo: scrutiny @3, member: {council: statutory @4}}
organisations:
  council: {title: The council, lines: 5}
  charity: {title: The charity, lines: 6}
teams:
  team: {title: The team, lines: 7, unitOf: council}
posts:
  post: {title: The post, lines: 8, postIn: team}
boards:
  board: {title: The board, lines: 9, reportsTo: csp @10, serves: P1 @11}
  loose: {title: The loose board, lines: 12}
  scrutiny: {title: The scrutiny committee, lines: 13}
actions:
  A1: {title: Act, lines: 20, contributesTo: P1, ledBy: post, involves: charity}
  A2: {title: See, lines: 21, contributesTo: P2, ledBy: team, overseenBy: loose}
  A3: {title: Help, lines: 22, contributesTo: P2, ledBy: charity}
  A4: {title: Wait, lines: 23, contributesTo: P2}
priorities:
  P1: {title: Burglary, lines: 30, tier: theme}
  P2: {title: Violence, lines: 31, tier: theme}
"""


@pytest.fixture
def graph(graph_of: Callable[[str], KnowledgeGraph]) -> KnowledgeGraph:
    """The little plan above."""
    return graph_of(PLAN)


def test_units_and_posts_count_for_their_body(graph: KnowledgeGraph) -> None:
    found = {one.body.id.removeprefix("p/"): one for one in graph.load()}
    assert (found["team"].leads, found["team"].through, found["team"].share) == (1, 1, 0.5)
    assert (found["council"].leads, found["council"].through, found["council"].share) == (0, 2, 0.5)
    assert (found["charity"].leads, found["charity"].supports, found["charity"].share) == (1, 1, 0.25)
    assert found["loose"].oversees == 1
    assert found["council"].named == 2  # as a member, and by its team


def test_what_one_body_alone_joins_is_named(graph: KnowledgeGraph) -> None:
    alone = {
        one.body.id.removeprefix("p/"): {thing.id.removeprefix("p/") for thing in one.alone} for one in graph.load()
    }
    assert alone["team"] >= {"post", "A1"} or alone["team"] >= {"A2", "loose"}
    assert alone["charity"] == set()


def test_a_chain_goes_up_to_the_partnership_and_on(graph: KnowledgeGraph) -> None:
    found = [([hop.label for hop in chain.hops], chain.end.label, chain.whole) for chain in graph.chains("p/A1")]
    assert (["contributes to", "served by", "reports to", "accountable to"], "The scrutiny committee", True) in found
    assert (
        ["led by", "post in", "unit of", "member of", "accountable to"],
        "The scrutiny committee",
        True,
    ) in found


def test_a_chain_that_breaks_off_says_where(graph: KnowledgeGraph) -> None:
    broken = [chain for chain in graph.chains("p/A2") if not chain.whole]
    assert [chain.end.label for chain in broken] == ["The loose board"]
    assert graph.chains("p/A4") == []
    (lead,) = graph.chains("p/A3")
    assert (lead.end.id, lead.whole, lead.hops[0].place.lines) == ("p/charity", False, "22")


def test_shares_of_all_plans_are_of_all_actions(bundled: KnowledgeGraph) -> None:
    found = bundled.load()
    plans = {one.plan for one in found if one.plan}
    together = {one.body.id: one for one in found if not one.plan}
    police = together["ref/metropolitan-police"]
    assert police.leads == sum(one.leads for one in found if one.plan in plans and one.body.id == police.body.id)
    assert all(0 <= one.share <= 1 for one in found)
