"""Which priorities of a framework are served, by whom, on what evidence, and whether the framework still stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cspgraph.build import open_engine
from cspgraph.errors import CspgraphError, UnknownName
from cspgraph.graph import KnowledgeGraph
from tests.test_cli import keys_in_readme

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.coverage.frameworks import Coverage
    from tests.conftest import Ran

FRAMEWORKS = """\
reference: frameworks
source: doc
documents:
  old: {title: The old framework, lines: 1, level: regional, period: 2013-2016}
  new: {title: The new framework, lines: 2, level: regional, issued: 24 March 2022, replaces: old @3}
  next: {title: The next framework, lines: 4, state: in-preparation, replaces: new}
  plain: {title: A plain document, lines: 5}
priorities:
  F1: {title: Fewer burglaries, lines: 10, tier: target, framework: old}
  F2: {title: More confidence, lines: 11, tier: target, framework: old}
  F3: {title: Less delay, lines: 12, tier: target, framework: old}
  F4: {title: Lower costs, lines: 13, tier: target, framework: old}
  N1: {title: Safer streets, lines: 14, tier: priority, framework: new}
"""
PLAN = """\
plan: p
source: doc
title: The plan
lines: 20
period: 2017 to 2020
cites:
  old: [The framework of the Mayor @21]
priorities:
  P1:
    title: Burglary
    lines: 22
    tier: theme
    alignment:
      F1: {lines: 23, relationship: close-match, basis: stated, rationale: Both are about burglary}
      F2:
        lines: 24
        status: uncertain
        why: the words differ
        basis: suggested
  P2: {title: Locks, lines: 25, tier: theme, partOf: P1}
actions:
  A1: {title: Fit locks, lines: 30, contributesTo: P2 @31}
  A2: {title: Mark bicycles, lines: 32, contributesTo: [P1 @33, P2 @34]}
  A3: {title: Tell nobody, lines: 35, alignment: {old: {lines: 36, basis: stated}}}
indicators:
  M1: {title: Days to trial, lines: 40, carries: F3 @41 inferred "a delay is days"}
"""
PARTY = """\
plan: m
source: doc
title: The manifesto
lines: 50
commitments:
  C1: {title: Spend less, lines: 51, alignment: {F4: {lines: 52, basis: suggested}}}
"""


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    """A framework that was replaced, a plan that serves it, and a manifesto."""
    for name, text in (("frameworks.yaml", FRAMEWORKS), ("p.yaml", PLAN), ("m.yaml", PARTY)):
        folder = write(name, text)
    return folder


@pytest.fixture
def graph(folder: Path) -> KnowledgeGraph:
    """The library above."""
    return KnowledgeGraph(open_engine([folder], "memory:"), [folder])


def named(graph: KnowledgeGraph, name: str) -> Coverage:
    (found,) = graph.coverage(name)
    return found


def test_each_cell_has_relationship_basis_rationale_and_evidence(graph: KnowledgeGraph) -> None:
    cells = {row.priority.label: row.alignments for row in named(graph, "The old framework").priorities}
    (one,) = cells["Fewer burglaries"]
    assert (one.plan.id, one.local.id) == ("p", "p/P1")
    assert (one.relationship, one.basis, one.rationale) == ("close match", "stated", "Both are about burglary")
    assert (one.place.source, one.place.lines, one.place.status) == ("doc", "23", "stated")
    (doubtful,) = cells["More confidence"]
    assert (doubtful.basis, doubtful.place.status, doubtful.place.why) == ("suggested", "uncertain", "the words differ")


def test_an_action_stands_behind_a_priority_through_its_parts_and_once(graph: KnowledgeGraph) -> None:
    behind = named(graph, "The old framework").priorities[0].alignments[0].actions
    found = [(action.thing.id, action.of.id, action.place.lines) for action in behind]
    assert found == [("p/A1", "p/P2", "31"), ("p/A2", "p/P1", "33")]


def test_a_measure_or_a_pledge_does_not_make_a_priority_served(graph: KnowledgeGraph) -> None:
    one = named(graph, "The old framework")
    served = {row.priority.label: row.served for row in one.priorities}
    assert served == {"Fewer burglaries": True, "More confidence": True, "Less delay": False, "Lower costs": False}
    assert [plan.id for plan in one.plans] == ["p"]
    (measure,) = one.priorities[2].indicators
    assert (measure.thing.label, measure.of.id, measure.place.status) == ("Days to trial", "p", "inferred")
    (pledge,) = one.priorities[3].alignments
    assert (pledge.local.id, pledge.serves) == ("m/C1", False)


def test_the_document_as_a_whole_and_where_it_is_cited(graph: KnowledgeGraph) -> None:
    one = named(graph, "The old framework")
    assert [(alignment.local.id, alignment.place.lines) for alignment in one.whole] == [("p/A3", "36")]
    cited = [(citation.plan.id, citation.words, citation.place.lines) for citation in one.citations]
    assert cited == [("p", "The framework of the Mayor", "21")]
    assert [plan.id for plan in named(graph, "The new framework").silent] == ["m", "p"]


def test_what_was_replaced_by_what_and_when(graph: KnowledgeGraph) -> None:
    one = named(graph, "The old framework")
    assert [str(later) for later in one.successors] == [
        "The new framework on 24 March 2022",
        "The next framework, still being written",
    ]
    assert one.successors[0].place.lines == "3"
    assert [(plan.id, period, number) for plan, period, number in one.outdated] == [
        ("m", "", 1),
        ("p", "2017 to 2020", 3),
    ]
    new = named(graph, "The new framework")
    assert [later.done for later in new.successors] == [False]
    assert new.outdated == []


def test_without_a_name_every_framework_has_a_line(graph: KnowledgeGraph) -> None:
    found = {one.framework.label: (one.served, len(one.priorities)) for one in graph.coverage()}
    assert (found["The new framework"], found["The old framework"]) == ((0, 1), (2, 4))
    assert "A plain document" not in found


def test_what_is_no_framework_is_said(graph: KnowledgeGraph) -> None:
    with pytest.raises(UnknownName) as caught:
        graph.coverage("The odl framework")
    assert caught.value.nearest[0] == "The old framework"
    assert len(caught.value.nearest) == 3
    with pytest.raises(CspgraphError, match="'A plain document' is no document with priorities of its own"):
        graph.coverage("A plain document")


def test_the_page_says_what_the_matrix_says(cli: Callable[..., Ran], folder: Path) -> None:
    said = cli("coverage", "The old framework", "--data", folder).out
    assert "regional, 2013-2016; 2 of 4 priorities served, by The plan" in said
    assert "Burglary — close match, stated; 2 actions behind it  [doc:23]" in said
    assert "[doc:24, uncertain: the words differ]" in said
    assert "Spend less" not in said.split("Served by nobody")[0].split("Fewer burglaries")[0]
    unserved = said.split("Served by nobody")[1]
    assert "Less delay (target)" in unserved
    assert "but measured by: Days to trial (The plan)" in unserved
    assert (
        "The plan (2017 to 2020) cites The old framework in 3 alignments, replaced by The new framework on 24 March 2022"
        in said
    )
    none = cli("coverage", "The new framework", "--data", folder).out
    assert "0 of 1 priorities served" in none
    assert "Safer streets (priority)" in none
    assert "0 of 1" in cli("coverage", "--data", folder).out


def test_a_pledge_is_said_to_be_one(cli: Callable[..., Ran], folder: Path) -> None:
    said = cli("coverage", "The old framework", "--data", folder).out
    assert "Spend less — suggested, a pledge, which serves nothing" in said
    rows = cli("coverage", "The old framework", "--data", folder, "--format", "csv").out.splitlines()
    assert [row for row in rows if "Lower costs" in row and "served by nobody" in row]


def test_the_oracle_says_the_same(graph: KnowledgeGraph, folder: Path) -> None:
    oracle = KnowledgeGraph(open_engine([folder], "rdflib:"), [folder])
    assert oracle.coverage("The old framework") == graph.coverage("The old framework")


# -------------------------------------------------------------------- the bundled plans


def test_haringey_measures_the_six_targets_of_2013_and_serves_two(bundled: KnowledgeGraph) -> None:
    """Lines 74, 210 and 213 of the strategy: six changes of 20%, of which two outcomes speak."""
    one = named(bundled, "ref/pcp-2013")
    targets = [row for row in one.priorities if row.tier == "target"]
    assert len(targets) == 6
    assert all(row.indicators and {support.of.id for support in row.indicators} == {"haringey-2013"} for row in targets)
    assert {row.priority.id for row in one.priorities if row.served} >= {
        "ref/pcp-2013-confidence",
        "ref/pcp-2013-reoffending",
    }
    assert str(one.successors[0]) == "A Safer City for All Londoners: Police and Crime Plan 2017-2021 in March 2017"
    assert [plan.id for plan, _, _ in one.outdated] == ["haringey-2013"]


def test_havering_serves_the_plan_of_2017_and_tower_hamlets_only_cites_it(bundled: KnowledgeGraph) -> None:
    one = named(bundled, "Police and Crime Plan 2017")
    assert [plan.id for plan in one.plans] == ["havering-2017"]
    assert {plan.id for plan in one.cited} == {"havering-2017", "tower-hamlets-2017"}
    vawg = next(row for row in one.priorities if row.priority.id == "ref/pcp-2017-vawg")
    assert [(a.local.id, a.basis, a.place.lines) for a in vawg.alignments] == [
        ("havering-2017/T1", "stated", "114:290-331")
    ]
    locations = next(row for row in one.priorities if row.priority.id == "ref/pcp-2017-extremism").alignments[1]
    assert (locations.local.id, locations.place.status) == ("havering-2017/T3", "stated")
    assert any(citation.place.lines == "733" for citation in one.citations)


@pytest.mark.parametrize(("framework", "later"), [("ref/pcp-2022", ["ref/pcp-2025"]), ("ref/pcp-2025", [])])
def test_nobody_serves_a_plan_that_came_later(framework: str, later: list[str], bundled: KnowledgeGraph) -> None:
    one = named(bundled, framework)
    assert len(one.priorities) == 4
    assert (one.served, one.plans, one.citations, one.outdated) == (0, [], (), [])
    assert [successor.document.id for successor in one.successors] == later


def test_one_plan_alone(cli: Callable[..., Ran]) -> None:
    (found,) = json.loads(cli("coverage", "ref/pcp-2017", "--plan", "haringey-2013", "--format", "json").out)
    assert (found["served"], found["plans"], [plan["id"] for plan in found["silent"]]) == (0, [], ["haringey-2013"])


def test_json_has_its_keys_and_things_in_cells_are_things(cli: Callable[..., Ran]) -> None:
    (found,) = json.loads(cli("coverage", "ref/pcp-2017", "--format", "json").out)
    assert set(found) == keys_in_readme()["coverage FRAMEWORK"]
    row = next(row for row in found["matrix"] if row["alignments"])
    assert set(row) == {"priority", "tier", "served", "evidence", "alignments", "indicators"}
    cell = row["alignments"][0]
    assert set(cell) == {"plan", "local", "relationship", "basis", "rationale", "evidence", "actions"}
    assert set(cell["local"]) == {"id", "label", "kind"}
    assert set(cell["actions"][0]) == {"thing", "of", "evidence"}
    assert set(found["replaced"][0]) == {"by", "since", "done", "evidence"}
    assert set(found["outdated"][0]) == {"plan", "period", "alignments"}
    assert set(found["citations"][0]) == {"plan", "words", "evidence"}
