"""Findings: sentences, order, the three absences, the profile of severities."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from cspgraph.errors import InputError, UnknownName
from cspgraph.findings import ABSENCES, read_severities, told_together
from cspgraph.text import natural
from tests.conftest import LITTLE_REFERENCE

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
actions:
  A10: {title: The tenth, lines: 10}
  A2: {title: The second, lines: 2, ledBy: none @3}
  A3: {title: The third, lines: 4, ledBy: tbc @5}
"""


def test_three_absences_are_told_apart(graph_of: Callable[[str], KnowledgeGraph], write: Callable[..., Path]) -> None:
    found = {finding.focus.id: finding.absence for finding in graph_of(PLAN).gaps("action-without-lead")}
    assert found == {"p/A2": "none", "p/A3": "tbc", "p/A10": "not-stated"}
    from cspgraph.graph import load

    write(
        "reference.yaml", LITTLE_REFERENCE.replace("extent: whole", "extent: part, missing: the annex"), reference=False
    )
    part = load(write("plan.yaml", PLAN, reference=False), engine="memory:")
    assert {finding.absence for finding in part.gaps("action-without-lead") if finding.focus.id == "p/A10"} == {
        "not-found"
    }


def test_what_stands_in_a_chapter_is_not_said_to_be_missing_from_a_row(write: Callable[..., Path]) -> None:
    """Of a document with a part missing each row was read whole, and the chart of its boards was perhaps not."""
    from cspgraph.graph import load

    write(
        "reference.yaml",
        LITTLE_REFERENCE.replace("extent: whole", "extent: whole, missing: the chart"),
        reference=False,
    )
    plan = write("plan.yaml", f"{PLAN}priorities:\n  P1: {{title: Burglary, lines: 6, tier: theme}}\n", reference=False)
    kg = load(plan, engine="memory:")
    told = {
        rule: {finding.absence for finding in kg.gaps(rule)}
        for rule in ("priority-without-board", "priority-without-actions")
    }
    assert told == {"priority-without-board": {"not-found"}, "priority-without-actions": {"not-stated"}}


def test_one_doubt_about_several_things_is_told_once(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    doubt = 'ledBy: team uncertain "the column is scrambled"'
    rows = "".join(f"  A{n}: {{title: Act {n}, lines: {n}, {doubt}}}\n" for n in (2, 3, 4))
    (found,) = graph_of(
        f"plan: p\nsource: doc\ntitle: The plan\nlines: 1\nactions:\n{rows}teams:\n  team: {{title: Team, lines: 9}}\n"
    ).gaps("statement-uncertain")
    assert found.sentence.startswith('What is said of "Act 2" and of 2 other things can be read')
    assert found.place.lines == "2"


def test_a_document_that_is_rested_on_is_found_where_the_plan_says_so(bundled: KnowledgeGraph) -> None:
    """The row of 1.3 does not name the Gangs Action Plan; cells that stand apart from it do."""
    found = {one.focus.id: one.place for one in bundled.gaps("rests-on-undated-document")}
    assert (found["hackney-2015/1.3"].lines, found["hackney-2015/1.3"].status) == ("71-72,74-75", "inferred")


def test_what_no_plan_speaks_of_is_the_gap_of_none(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    """The shared documents of the bundled plans stand beside a user's own, who never named them."""
    assert graph_of(PLAN).gaps("replacement-not-ready") == []


def test_numbers_in_a_sentence_have_their_thousands_apart(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    awards = "awards:\n  W: {title: Award, lines: 2, from: F, amount: '£60,000', share: {one: £40k, two: '£21,000'}}\n"
    (found,) = graph_of(f"{PLAN}{awards}funds:\n  F: {{title: Fund, lines: 3}}\n").gaps("money-parts-and-total-differ")
    assert found.sentence == 'The parts of "Award" come to £61,000; the document gives £60,000.'


def test_findings_come_by_severity_plan_reference_and_rule(bundled: KnowledgeGraph) -> None:
    found = bundled.gaps()
    assert len(found) > 100
    assert [finding.order for finding in found] == sorted(finding.order for finding in found)
    assert natural("A2") < natural("A10")
    assert natural("A02") < natural("A10") < natural("A" + "9" * 5_000) < natural("A1" + "0" * 5_000)


def test_every_finding_is_a_sentence_with_a_place(bundled: KnowledgeGraph) -> None:
    for finding in bundled.gaps():
        assert finding.sentence[0].isupper() or not finding.sentence[0].isalpha()
        assert finding.sentence.endswith("."), finding
        assert "{" not in finding.sentence
        assert "https://" not in finding.sentence, "things are named by their labels"
        assert finding.place.source, finding
        assert finding.absence in ("", *ABSENCES)
        assert finding.why
        assert finding.fix


def test_the_profile_changes_severity_and_turns_rules_off(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    (tmp_path / "cspgraph.toml").write_text(
        '[severity]\ntext-broken = "high"\ntext-left-open = "off"\n', encoding="utf-8"
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    severities = read_severities(below)
    found = {finding.rule: finding.severity for finding in bundled.gaps(severities=severities)}
    assert found["text-broken"] == "high"
    assert "text-left-open" not in found
    assert {f.rule for f in bundled.gaps("text-left-open", severities=severities)} == {"text-left-open"}, (
        "asked by name"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[severity\n", "is not TOML"),
        ('severity = "high"\n', "is not a table"),
        ('[severity]\ntext-broken = "grave"\n', "'grave' is not a severity"),
    ],
)
def test_a_wrong_profile_is_said(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "cspgraph.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_severities(tmp_path)


def test_a_rule_that_is_none_gets_the_nearest(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnknownName) as caught:
        bundled.gaps("action-without-led")
    assert "action-without-lead" in caught.value.nearest


RULE = """\
#+ kind: gap
#+ title: Action that is not done
#+ severity: low
#+ sentence: The action "{label}" is not done.
#+ together: {count} actions for "{group}", such as "{label}", are not done.
#+ why: It should be.
#+ fix: Do it.
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?focus ?label ?group WHERE {
  ?focus csp:kind csp:Action ; skos:prefLabel ?label . OPTIONAL { ?focus csp:contributesTo ?group }
} ORDER BY ?focus ?group
"""
GROUPED = """\
plan: p
source: doc
title: The plan
lines: 1
priorities:
  P1: {title: 'Burglary {count}', lines: 2, tier: theme}
  P2: {title: Violence, lines: 3, tier: theme}
actions:
  A1: {title: The first, lines: 4, contributesTo: P1}
  A2: {title: The second, lines: 5, contributesTo: P1}
  A3: {title: The third, lines: 6, contributesTo: P2}
  A4: {title: The fourth, lines: 7}
"""


def test_like_findings_of_one_group_are_told_together_and_stay_findings(write: Callable[..., Path]) -> None:
    from cspgraph.graph import load

    write("not-done.rq", RULE)
    found = load(write("plan.yaml", GROUPED), engine="memory:").gaps("not-done")
    assert [finding.focus.id for finding in found] == ["p/A1", "p/A2", "p/A3", "p/A4"]
    assert found[0].sentence == 'The action "The first" is not done.'
    told = [(sentence, [finding.focus.id for finding in findings]) for sentence, findings in told_together(found)]
    assert told == [
        ('2 actions for "Burglary {count}", such as "The first", are not done.', ["p/A1", "p/A2"]),
        ('The action "The third" is not done.', ["p/A3"]),
        ('The action "The fourth" is not done.', ["p/A4"]),
    ]


def test_findings_as_csv_are_those_of_json(cli: Callable[..., Ran]) -> None:
    """More than are written at a time."""
    told = json.loads(cli("gaps", "--format", "json", "--quiet").out)
    rows = list(csv.DictReader(io.StringIO(cli("gaps", "--format", "csv", "--quiet").out.removeprefix("\ufeff"))))
    assert len(told) > 1000
    assert [(row["rule"], row["source"], row["lines"]) for row in rows] == [
        (one["rule"], one["source"], one["lines"]) for one in told
    ]
