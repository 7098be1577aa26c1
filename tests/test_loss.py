"""What falls when something goes: conditions, stand-ins, money, priorities, circles, dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.errors import QueryError, UnknownName
from cspgraph.tracing.loss import EFFECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.graph import KnowledgeGraph
    from cspgraph.tracing.loss import Effect

PLAN = """\
plan: p
source: doc
title: The plan
lines: 1
period: 2017/18 to 2019/20
boards:
  board: {title: The board, lines: 2}
organisations:
  council: {title: The council, lines: 3}
  police: {title: The police, lines: 4}
teams:
  team: {title: The team, lines: 5, unitOf: council}
documents:
  old: {title: The old strategy, lines: 6, period: 2014-2016}
  new: {title: The new strategy, lines: 7}
  circle: {title: The circle, lines: 8, developedBy: A4}
funds:
  fund: {title: The fund, lines: 9, providedBy: council}
  grant: {title: The grant, lines: 10}
actions:
  A1:
    title: Write the new strategy
    lines: 11
    contributesTo: P1
    ledBy: team
    develops: new
    fundedBy: {fund: {amount: £30k, per: year}}
  A2:
    title: Carry the new strategy out
    lines: 12
    contributesTo: [P1, P2]
    ledBy: [team, police]
    overseenBy: board
    implements: new
    fundedBy: {fund: £10k, grant: £5k}
  A3: {title: Look back, lines: 13, contributesTo: P3, ledBy: police, uses: old}
  A4: {title: Go round, lines: 14, contributesTo: P3, ledBy: police, implements: circle}
awards:
  wages: {title: Wages of the team, lines: 15, from: grant, amount: £7k, paysFor: team}
priorities:
  P0: {title: Everything, lines: 20, tier: theme}
  P1: {title: Burglary, lines: 21, tier: theme, partOf: P0}
  P2: {title: Violence, lines: 22, tier: theme}
  P3: {title: Review, lines: 23, tier: theme}
"""


@pytest.fixture
def graph(graph_of: Callable[[str], KnowledgeGraph]) -> KnowledgeGraph:
    """The little plan above."""
    return graph_of(PLAN)


def told(graph: KnowledgeGraph, *without: str, at: str = "") -> set[tuple[str, str]]:
    return {(effect.effect, effect.thing.id.removeprefix("p/")) for effect in graph.what_if(*without, at=at).effects}


def one(graph: KnowledgeGraph, effect: str, thing: str, *without: str) -> Effect:
    (found,) = (e for e in graph.what_if(*without).effects if (e.effect, e.thing.id) == (effect, f"p/{thing}"))
    return found


def test_the_last_lead_leaves_an_action_without_and_one_of_two_leaves_it_with_one(graph: KnowledgeGraph) -> None:
    assert {("no-lead", "A1"), ("one-left", "A2")} <= told(graph, "The team")
    assert ("no-lead", "A2") not in told(graph, "The team")
    left = one(graph, "one-left", "A2", "The team").left
    assert left is not None
    assert left.id == "p/police"
    assert ("no-lead", "A2") in told(graph, "The team", "The police")


def test_what_falls_takes_others_with_it_and_the_path_says_how(graph: KnowledgeGraph) -> None:
    (path,) = one(graph, "no-route", "A2", "The team").paths
    assert [(hop.source.id, hop.relation, hop.target.id) for hop in path] == [
        ("p/A2", "implements", "p/new"),
        ("p/new", "developedBy", "p/A1"),
        ("p/A1", "ledBy", "p/team"),
    ]
    assert [hop.place.lines for hop in path] == ["12", "11", "11"]


def test_a_unit_goes_with_its_body(graph: KnowledgeGraph) -> None:
    assert ("falls", "team") in told(graph, "The council")
    assert ("no-lead", "A1") in told(graph, "The council")


def test_money_is_lost_with_its_fund_and_stranded_without_what_it_pays(graph: KnowledgeGraph) -> None:
    found = told(graph, "The fund")
    assert {("no-money", "A1"), ("one-left", "A2"), ("money-lost", "A1/fundedBy/fund")} <= found
    assert one(graph, "money-lost", "A1/fundedBy/fund", "The fund").amount == "30000 GBP (year)"
    assert ("money-stranded", "wages") in told(graph, "The team")
    assert ("money-stranded", "wages") not in told(graph, "The police")


def test_a_priority_is_orphaned_with_the_actions_of_what_belongs_to_it(graph: KnowledgeGraph) -> None:
    assert {("no-action", "P0"), ("no-action", "P1"), ("no-action", "P2")} <= told(
        graph, "The new strategy", "The team"
    )
    assert not {what for what, thing in told(graph, "The board") if what == "no-action"} - {"no-action"}
    assert ("no-action", "P3") not in told(graph, "The team")


def test_a_board_is_told_as_a_board(graph: KnowledgeGraph) -> None:
    assert ("no-board", "A2") in told(graph, "The board")


def test_nothing_loses_itself_in_a_circle(graph: KnowledgeGraph) -> None:
    assert ("no-lead", "A4") in told(graph, "The police", "The team")
    assert not {what for what in told(graph, "The police") if what[1] == "A4"} - {("no-lead", "A4")}


def test_a_date_takes_away_what_is_over_and_a_plan_that_is_over_loses_nothing(graph: KnowledgeGraph) -> None:
    assert ("loses", "A3") in told(graph, at="2018-01")
    assert ("loses", "A3") not in told(graph, at="2016-06")
    assert told(graph, at="2021") == set()
    assert {thing.id for thing in graph.what_if(at="2018-01").gone if thing.plan} == {"p/old"}


def test_what_is_gone_is_no_effect_and_every_effect_has_a_name(bundled: KnowledgeGraph) -> None:
    loss = bundled.what_if("London Crime Prevention Fund")
    assert not {thing.id for thing in loss.gone} & {effect.thing.id for effect in loss.effects}
    assert {effect.effect for effect in loss.effects} <= set(EFFECTS)
    assert all(path[-1].target in loss.gone for effect in loss.effects for path in effect.paths)


def test_a_wrong_name_or_date_is_said(graph: KnowledgeGraph) -> None:
    with pytest.raises(UnknownName, match="known"):
        graph.what_if("The tream")
    with pytest.raises(QueryError, match="is not a date"):
        graph.what_if(at="soon")


def test_without_anything_nothing_falls(graph: KnowledgeGraph) -> None:
    from cspgraph.tracing.dependence import supports

    assert supports(graph.engine).fall([]) == {}
