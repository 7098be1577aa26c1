"""Two plans side by side: what is the same, what is like, what one alone has, and on which basis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.build import open_engine
from cspgraph.comparison import ASPECTS
from cspgraph.errors import CspgraphError, UnknownName
from cspgraph.graph import KnowledgeGraph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.comparison import Row
    from tests.conftest import Ran

SHARED = """\
reference: shared
source: doc
organisations:
  police: {title: The police, lines: 1}
  fire: {title: The fire brigade, lines: 2}
  nps: {title: National Probation Service, lines: 3}
  crc: {title: Community Rehabilitation Company, lines: 3}
funds:
  grant: {title: The grant, lines: 4}
documents:
  framework: {title: The framework, lines: 5}
priorities:
  F1: {title: Confidence, lines: 6, tier: target, framework: framework}
"""
FIRST = """\
plan: one
source: doc
title: Plan One
lines: 10
owner: partnership
partnerships:
  partnership:
    title: Partnership One
    lines: 11
    member:
      police: {role: statutory, lines: 12}
      brigade: {role: statutory, lines: 13}
      nps: {role: other, lines: 14}
organisations:
  brigade: {title: Fire Service, lines: 13, closeMatch: fire}
  probation: {title: Probation, lines: 15, closeMatch: [nps, crc]}
priorities:
  P1: {title: Trust, lines: 20, tier: theme, alignment: {F1: {lines: 21, basis: stated}}}
  P2: {title: Burglary, lines: 22, tier: theme}
  P3: {title: Residential burglary, lines: 23, tier: strand}
  P4: {title: Gangs and knife crime, lines: 24, tier: theme}
  P5: {title: Speeding, lines: 25, tier: theme}
boards:
  board: {title: The Panel, lines: 26, kind: panel}
actions:
  A1: {title: Do it, lines: 30, ledBy: police @31}
  A2: {title: Do it again, lines: 32, ledBy: police @33, uses: framework @34, fundedBy: {grant: {amount: £30k, lines: 35}}}
"""
SECOND = """\
plan: two
source: doc
title: Plan Two
lines: 50
owner: partnership
partnerships:
  partnership:
    title: Partnership Two
    lines: 51
    member:
      police: {role: chair, lines: 52}
      fire: {role: statutory, lines: 53}
      crc: {role: statutory, lines: 54}
priorities:
  Q1: {title: A word with neighbours, lines: 60, tier: theme, alignment: {F1: {lines: 61, basis: stated}}}
  Q2: {title: Non-residential burglary, lines: 62, tier: strand}
  Q3: {title: Reducing knife crime by gangs of the young, lines: 63, tier: theme}
  Q4: {title: Burglary, lines: 64, tier: theme}
boards:
  panel: {title: The panel, lines: 65}
documents:
  own: {title: The own strategy, lines: 66}
actions:
  B1: {title: Act, lines: 70, ledBy: police @71, implements: own @72}
"""


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    """Two plans and what they share."""
    for name, text in (("shared.yaml", SHARED), ("one.yaml", FIRST), ("two.yaml", SECOND)):
        folder = write(name, text)
    return folder


@pytest.fixture
def graph(folder: Path) -> KnowledgeGraph:
    """The library above."""
    return KnowledgeGraph(open_engine([folder], "memory:"), [folder])


def rows(graph: KnowledgeGraph, aspect: str, join: str) -> list[Row]:
    return [row for row in graph.compare("Plan One", "two") if (row.aspect, row.join) == (aspect, join)]


def pairs(graph: KnowledgeGraph, aspect: str) -> dict[tuple[str, str], tuple[str, ...]]:
    found = [*rows(graph, aspect, "same"), *rows(graph, aspect, "like")]
    return {(row.first.thing.id, row.second.thing.id): row.basis for row in found if row.first and row.second}


def alone(graph: KnowledgeGraph, aspect: str, join: str) -> set[str]:
    return {side.thing.label for row in rows(graph, aspect, join) for side in (row.first, row.second) if side}


def test_partners_are_the_same_node_or_perhaps_the_same_with_their_roles(graph: KnowledgeGraph) -> None:
    assert pairs(graph, "partners") == {
        ("ref/police", "ref/police"): ("one and the same",),
        ("one/brigade", "ref/fire"): ("perhaps the same",),
    }
    (police,) = rows(graph, "partners", "same")
    assert police.first and police.second
    assert (police.first.says, police.first.place.lines) == (("statutory",), "12")
    assert (police.second.says, police.second.place.lines) == (("chair",), "52")


def test_two_services_are_not_one_because_a_plan_means_either(graph: KnowledgeGraph) -> None:
    """`Probation` of the one plan may be either service; that does not make the services like one another."""
    assert alone(graph, "partners", "first") == {"National Probation Service"}
    assert alone(graph, "partners", "second") == {"Community Rehabilitation Company"}


def test_priorities_are_joined_by_a_framework_or_by_their_names_and_the_basis_is_said(graph: KnowledgeGraph) -> None:
    assert pairs(graph, "priorities") == {
        ("one/P1", "two/Q1"): ('both aligned to "Confidence"',),
        ("one/P2", "two/Q4"): ("same name",),
        ("one/P3", "two/Q4"): ('both names say "burglary"',),
        ("one/P2", "two/Q2"): ('both names say "burglary"',),
        ("one/P4", "two/Q3"): ('both names say "gangs knife crime"',),
    }
    assert alone(graph, "priorities", "first") == {"Speeding"}


def test_leads_boards_documents_and_money(graph: KnowledgeGraph) -> None:
    (lead,) = rows(graph, "leads", "same")
    assert lead.first and lead.second
    assert (lead.first.says, lead.second.says) == (("actions: 2",), ("actions: 1",))
    assert (lead.first.place.lines, lead.second.place.lines) == ("31", "71")
    assert pairs(graph, "boards") == {("one/board", "two/panel"): ("same name",)}
    assert alone(graph, "documents", "first") == {"The framework"}
    assert alone(graph, "documents", "second") == {"The own strategy"}
    (money,) = rows(graph, "money", "first")
    assert money.first and money.first.says == ("£30k",)


def test_gaps_are_counted_by_rule(graph: KnowledgeGraph) -> None:
    counted = {
        row.first.thing.id: row.first.says for row in graph.compare("one", "two") if row.aspect == "gaps" and row.first
    }
    for rule, says in counted.items():
        assert says == (str(sum(finding.plan == "one" for finding in graph.gaps(rule))),)
    assert counted["priority-without-actions"] == ("5",)
    off = graph.compare("one", "two", {"priority-without-actions": "off"})
    assert "priority-without-actions" not in {row.first.thing.id for row in off if row.first}


def test_the_other_way_round_is_the_mirror(graph: KnowledgeGraph) -> None:
    mirror = {"first": "second", "second": "first"}
    there = {
        (row.aspect, row.join, row.first and row.first.thing, row.second and row.second.thing)
        for row in graph.compare("one", "two")
    }
    back = {
        (row.aspect, mirror.get(row.join, row.join), row.second and row.second.thing, row.first and row.first.thing)
        for row in graph.compare("two", "one")
    }
    assert there == back


def test_what_cannot_be_compared_is_said(graph: KnowledgeGraph) -> None:
    with pytest.raises(UnknownName) as caught:
        graph.compare("Plan Tow", "one")
    assert set(caught.value.nearest) == {"Plan One", "Plan Two"}
    with pytest.raises(CspgraphError, match="'The police' is no plan; its kind is Organisation"):
        graph.compare("The police", "one")
    with pytest.raises(CspgraphError, match="are one plan"):
        graph.compare("one", "Plan One")


def test_the_page_names_both_sides_and_what_neither_has(cli: Callable[..., Ran], folder: Path) -> None:
    said = cli("compare", "one", "two", "--data", folder).out
    for aspect in ASPECTS:
        assert aspect.upper() in said
    assert "MEASURES  nothing in either" in said
    assert "  only Plan One: 1\n    Speeding — theme  [doc:25]" in said
    assert "    The police\n      statutory  [doc:12]\n      chair  [doc:52]" in said
    assert 'both aligned to "Confidence"' in said


def test_the_oracle_says_the_same(graph: KnowledgeGraph, folder: Path) -> None:
    oracle = KnowledgeGraph(open_engine([folder], "rdflib:"), [folder])
    off = {rule.name: "off" for rule in graph.questions.of("gap")}  # each rule is compared by itself elsewhere
    assert oracle.compare("one", "two", off) == graph.compare("one", "two", off)


# -------------------------------------------------------------------- the bundled plans


def found(bundled: KnowledgeGraph, first: str, second: str, aspect: str) -> dict[tuple[str, str], str]:
    return {
        (row.first.thing.id, row.second.thing.id): row.join
        for row in bundled.compare(first, second)
        if row.aspect == aspect and row.first and row.second
    }


def test_havering_and_tower_hamlets(bundled: KnowledgeGraph) -> None:
    """Havering 108, 324-326 and Tower Hamlets 284, 300 name the police, fire and probation."""
    partners = found(bundled, "havering-2017", "tower-hamlets-2017", "partners")
    assert partners["ref/metropolitan-police", "ref/metropolitan-police"] == "same"
    assert partners["ref/lfepa", "tower-hamlets-2017/fire-service"] == "like"
    assert ("ref/nps", "ref/crc") not in partners
    money = found(bundled, "havering-2017", "tower-hamlets-2017", "money")
    assert money == {("ref/lcpf", "ref/lcpf"): "same"}
    priorities = found(bundled, "havering-2017", "tower-hamlets-2017", "priorities")
    assert priorities["havering-2017/F-burglary", "tower-hamlets-2017/D-burglary"] == "like"


def test_residential_burglary_is_not_like_non_residential(bundled: KnowledgeGraph) -> None:
    priorities = found(bundled, "haringey-2013", "hackney-2015", "priorities")
    assert ("haringey-2013/O5-burglary", "hackney-2015/DP4.1") in priorities
    assert ("haringey-2013/O5-burglary", "hackney-2015/DP4.2") not in priorities
