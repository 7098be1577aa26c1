"""What boards accept and analysts dispute: beside the plans, checked like them, shown where it matters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click import unstyle

from cspgraph.cli.output import bracketed
from cspgraph.evidence import Place
from cspgraph.graph import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

PLAN = """\
plan: p
source: doc
title: The plan
lines: 1
organisations:
  police: {title: The police, lines: 2}
  council: {title: The council, lines: 3}
actions:
  A1: {title: Act, lines: 4, ledBy: [police @5 inferred "it stands near", council]}
  A2: {title: Wait, lines: 6}
  A3: {title: See, lines: 7}
"""
OF_FINDINGS = """\
  rule:
    title: It has a lead in the annex
    about: p/A3
    rule: action-without-lead
    by: An analyst
    when: 2026-05-02
    because: the annex names one
acceptances:
  wait:
    title: It waits
    about: p/A2
    rule: action-without-lead
    by: The board
    when: May 2026
    until: June 2026
    because: a post is advertised
"""
NOTES = (
    """\
reference: notes
disagreements:
  police:
    title: The police do not lead
    about: p/A1
    relation: ledBy
    value: p/police
    by: An analyst
    when: May 2026
    because: the cell is another row's
"""
    + OF_FINDINGS
)


@pytest.fixture
def graph(write: Callable[..., Path]) -> KnowledgeGraph:
    """The little plan with the notes beside it."""
    write("plan.yaml", PLAN)
    return load(write("notes.yaml", NOTES), engine="memory:")


def test_a_disputed_statement_says_so_wherever_it_is_shown(graph: KnowledgeGraph) -> None:
    said = "An analyst, May 2026: the cell is another row's"
    places = {str(s.value): s.place for s in graph.show("p/A1")[0].says if s.relation == "ledBy"}
    assert {place.disputed for place in places.values()} == {said, ""}
    (hop,) = graph.depends("The police")[0].path
    assert hop.place.disputed == said
    assert hop.place.doubt() == f"inferred: it stands near; disputed by {said}"
    assert hop.place.cell()["disputed"] == said
    assert graph.depends("The council")[0].path[0].place.disputed == ""
    assert graph.ask("actions-by-lead").disputed == (f"Act, ledBy: {said}",)


DATED = """\
plan: p
source: doc
title: The plan
lines: 1
period: 2026 to 2029 @1 inferred "a range on the cover"
"""
DISPUTED_DATE = """\
reference: notes
disagreements:
  period:
    title: It runs longer
    about: p
    relation: period
    by: An analyst
    when: May 2026
    because: the cover is a draft
"""


def test_a_place_on_the_terminal_says_why_it_is_doubtful_and_who_disputes_it(
    cli: Callable[..., Ran], write: Callable[..., Path]
) -> None:
    doubt = "inferred: a range on the cover; disputed by An analyst, May 2026: the cover is a draft"
    write("plan.yaml", DATED)
    told = cli("horizon", "--data", str(write("notes.yaml", DISPUTED_DATE).parent))
    assert f"[doc:1, {doubt}]" in told.out
    place = Place("doc", "1", "inferred", "a range on the cover", disputed="An analyst, May 2026: the cover is a draft")
    assert unstyle(bracketed(place)) == f"  [doc:1, {doubt}]"
    assert bracketed(Place(status="uncertain")) == ""


def test_a_finding_is_accepted_until_its_date_and_disputed_by_name(graph: KnowledgeGraph) -> None:
    found = {f.focus.id: f for f in graph.gaps("action-without-lead", today="2026-06-30")}
    assert found["p/A2"].accepted == "The board, May 2026, until 2026-06-30: a post is advertised"
    assert found["p/A3"].disputed == "An analyst, 2026-05-02: the annex names one"
    later = {f.focus.id: f for f in graph.gaps("action-without-lead", today="2026-07-01")}
    assert (later["p/A2"].accepted, bool(later["p/A2"].lapsed)) == ("", True)


def test_judgements_are_no_facts_and_no_rule_counts_them(graph: KnowledgeGraph, write: Callable[..., Path]) -> None:
    with_notes = {finding.key for finding in graph.gaps()}
    write("notes.yaml", "reference: notes\n")
    without = load(write("plan.yaml", PLAN), engine="memory:")
    assert with_notes == {finding.key for finding in without.gaps()}


def test_a_board_accepts_on_the_command_line(
    cli: Callable[..., Ran], write: Callable[..., Path], tmp_path: Path
) -> None:
    folder, baseline = str(write("plan.yaml", PLAN)), str(tmp_path / "accepted.yaml")
    rule = ("gaps", "--rule", "action-without-lead", "--data", folder)
    assert cli(*rule, "--fail-on", "low").code == 1
    assert cli(*rule, "--accept", baseline, "--by", "The board", "--because", "it's known").code == 0
    left = cli(*rule, "--baseline", baseline, "--fail-on", "low")
    assert left.code == 0
    assert "2 accepted and left out" in left.out
    assert "accepted by The board" in cli(*rule, "--baseline", baseline, "--accepted").out
    saved = tmp_path / "saved.json"
    saved.write_text(cli(*rule, "--baseline", baseline, "--format", "json").out, encoding="utf-8")
    since = (*rule, "--baseline", baseline, "--since", str(saved))
    assert "0 new, 0 gone" in cli(*since).out, "what was accepted is as it was"
    assert "2 new, 0 gone" in cli(*since, "--accepted").out
    assert cli("check", folder, baseline).code == 0
    assert "never overwritten" in cli(*rule, "--accept", baseline, "--by", "x", "--because", "y").err
    assert "--by BOARD" in cli(*rule, "--accept", str(tmp_path / "b.yaml")).err


def test_what_is_new_since_a_day(cli: Callable[..., Ran], write: Callable[..., Path], tmp_path: Path) -> None:
    folder = str(write("plan.yaml", PLAN))
    rule = ("gaps", "--rule", "action-without-lead", "--data", folder)
    saved = tmp_path / "before.json"
    saved.write_text(cli(*rule, "--format", "json").out, encoding="utf-8")
    write("plan.yaml", PLAN.replace("  A2: {title: Wait, lines: 6}\n", "  A4: {title: New, lines: 8}\n"))
    after = cli(*rule, "--since", str(saved), "--format", "json")
    assert [one["focus"]["id"] for one in json.loads(after.out)] == ["p/A4"]
    assert "1 new, 1 gone" in after.err
    saved.write_text("[", encoding="utf-8")
    for path, said in ((saved, "these are no saved findings"), (tmp_path / "none.json", "there is no such file")):
        wrong = cli(*rule, "--since", str(path))
        assert wrong.code == 2
        assert said in wrong.err


def test_what_was_not_asked_for_is_not_gone(
    cli: Callable[..., Ran], write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "q.yaml",
        "plan: q\nsource: doc\ntitle: Another\nlines: 1\nactions:\n  A1: {title: Act, lines: 9, closeMatch: p/A1 @9}\n",
    )
    every = ("gaps", "--data", str(write("plan.yaml", PLAN)))
    saved = tmp_path / "before.json"
    saved.write_text(cli(*every, "--format", "json").out, encoding="utf-8")
    told = {(one["plan"], one["rule"]) for one in json.loads(saved.read_text(encoding="utf-8"))}
    assert ("q", "perhaps-the-same") in told  # which is seen only where both plans are
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cspgraph.toml").write_text('[severity]\naction-without-money = "off"\n', encoding="utf-8")
    for narrowed in (("--rule", "action-without-lead"), ("--plan", "p"), ("--plan", "q"), ("--first", "1"), ()):
        assert "0 new, 0 gone" in cli(*every, *narrowed, "--since", str(saved)).out, narrowed
    write("plan.yaml", PLAN.replace("  A2: {title: Wait, lines: 6}\n", ""))
    gone = {("--rule", "action-without-lead"): 1, ("--plan", "q"): 0}
    for narrowed, number in gone.items():
        assert f"0 new, {number} gone" in cli(*every, *narrowed, "--since", str(saved)).out
