"""Findings: sentences, order, the three absences, the profile of severities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.errors import InputError, UnknownName
from cspgraph.findings import ABSENCES, read_severities
from cspgraph.text import natural
from tests.conftest import LITTLE_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph

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


def test_findings_come_by_severity_plan_reference_and_rule(bundled: KnowledgeGraph) -> None:
    found = bundled.gaps()
    assert len(found) > 100
    assert [finding.order for finding in found] == sorted(finding.order for finding in found)
    assert natural("A2") < natural("A10")


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
