"""What a plan file's short forms mean, down to the quads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph.check import read_library
from cspgraph.resources import library
from cspgraph.terms import CSP, ID, LABEL, RDF

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAN = """\
plan: p
source: doc
title: A plan
lines: 1
period: 2017/18 to 2019/20
actions:
  A1:
    title: Do it
    lines: 10
    ledBy:
      - team @11:3-9
      - post @12 inferred "named in the next cell"
    fundedBy: {fund: £30k @13}
    step:
      1: First @14
      2: Second @15
    timescale: {kind: review, when: March 2019, lines: 16}
    stateIn: {2017/18: ongoing @17, 2018/19: tbc}
    alignment: [theme @18]
    takesPlaceIn: none @19
    description: 'A text, with @12 in quotes'
priorities:
  theme: A theme @5
teams:
  team: {title: Team, lines: 2}
posts:
  post: {title: Post, lines: 3, postIn: team}
funds:
  fund: {title: Fund, lines: 4}
indicators:
  I1:
    title: Burglaries
    lines: 20
    target: {2017/18: -11% @21}
    observation: tbc
"""


@pytest.fixture
def quads(write: Callable[..., Path]) -> list[ox.Quad]:
    reading = read_library(library([write("plan.yaml", PLAN)])).or_raise()
    return [quad for quad in reading.quads() if quad.graph_name.value.endswith("/p")]  # type: ignore[union-attr]


def objects(quads: list[ox.Quad], subject: str, predicate: str) -> list[str]:
    """Return the objects of one subject and predicate, short."""
    iri = f"{ID}{subject}"
    found = [q.object for q in quads if str(getattr(q.subject, "value", "")) == iri and q.predicate.value == predicate]
    return sorted(str(getattr(term, "value", "")).removeprefix(ID).removeprefix(CSP) for term in found)


def statement(quads: list[ox.Quad], subject: str, predicate: str, value: str) -> dict[str, str]:
    """Return what the statement node of a relation says of it."""
    nodes: dict[str, dict[str, str]] = {}
    for q in quads:
        node = nodes.setdefault(str(getattr(q.subject, "value", "")), {})
        node[q.predicate.value] = str(getattr(q.object, "value", "")).removeprefix(ID).removeprefix(CSP)
    found = [
        node
        for node in nodes.values()
        if node.get(f"{RDF}subject") == subject
        and node.get(f"{RDF}predicate") == predicate
        and node.get(f"{RDF}object") == value
    ]
    assert len(found) == 1
    return {name.removeprefix(CSP): term for name, term in found[0].items() if name.startswith(CSP)}


def test_a_relation_may_have_a_place_and_a_status_of_its_own(quads: list[ox.Quad]) -> None:
    assert objects(quads, "p/A1", f"{CSP}ledBy") == ["p/post", "p/team"]
    assert statement(quads, "p/A1", "ledBy", "p/team") == {"locator": "p/at/doc/11:3-9", "status": "status-stated"}
    assert statement(quads, "p/A1", "ledBy", "p/post") == {
        "locator": "p/at/doc/12",
        "status": "status-inferred",
        "why": "named in the next cell",
    }
    assert objects(quads, "p/at/doc/11:3-9", f"{CSP}range") == ["11:3-9"]
    assert objects(quads, "p/at/doc/11:3-9", f"{CSP}firstLine") == ["11"]


def test_parts_are_named_after_their_thing_and_key(quads: list[ox.Quad]) -> None:
    assert objects(quads, "p/A1", f"{CSP}fundedBy") == ["p/A1/fundedBy/fund"]
    assert objects(quads, "p/A1/fundedBy/fund", f"{CSP}from") == ["p/fund"]
    assert objects(quads, "p/A1/fundedBy/fund", f"{CSP}amount") == ["30000"]
    assert objects(quads, "p/A1/fundedBy/fund", f"{CSP}currency") == ["GBP"]
    assert objects(quads, "p/A1/fundedBy/fund", f"{CSP}locator") == ["p/at/doc/13"]
    assert statement(quads, "p/A1/fundedBy/fund", "amount", "30000")["asPrinted"] == "£30k"
    assert objects(quads, "p/A1", f"{CSP}step") == ["p/A1/step/1", "p/A1/step/2"]
    assert objects(quads, "p/A1/step/2", LABEL) == ["Second"]
    assert objects(quads, "p/A1/step/2", f"{CSP}position") == ["2"]
    assert objects(quads, "p/A1/alignment/theme", f"{CSP}with") == ["p/theme"]


def test_a_key_states_what_the_ontology_says_it_does(quads: list[ox.Quad]) -> None:
    period = "p/A1/stateIn/2017-18/period"
    assert objects(quads, "p/A1/stateIn/2017-18", f"{CSP}period") == [period]
    assert objects(quads, f"{period}/ends", f"{CSP}latest") == ["2018-03-31"]
    assert objects(quads, "p/A1/stateIn/2017-18", f"{CSP}deliveryState") == ["deliveryState-ongoing"]
    assert objects(quads, "p/A1/stateIn/2018-19", f"{CSP}deliveryState") == ["deliveryState-to-be-confirmed"]
    target = "p/I1/target/2017-18"
    assert objects(quads, target, f"{CSP}value") == ["-11"]
    assert objects(quads, target, f"{CSP}unit") == ["%"]


def test_dates_carry_text_precision_and_bounds(quads: list[ox.Quad]) -> None:
    when = "p/A1/timescale/when"
    assert objects(quads, when, f"{CSP}asPrinted") == ["March 2019"]
    assert objects(quads, when, f"{CSP}precision") == ["precision-month"]
    assert objects(quads, when, f"{CSP}earliest") + objects(quads, when, f"{CSP}latest") == ["2019-03-01", "2019-03-31"]


def test_a_stated_absence_is_a_node_and_no_triple(quads: list[ox.Quad]) -> None:
    assert objects(quads, "p/A1", f"{CSP}takesPlaceIn") == []
    absence = "p/A1/absent/takesPlaceIn"
    assert objects(quads, "p/A1", f"{CSP}absent") == [absence]
    assert objects(quads, absence, f"{CSP}absenceOf") == ["takesPlaceIn"]
    assert objects(quads, absence, f"{CSP}absenceKind") == ["absenceKind-none"]
    assert objects(quads, absence, f"{CSP}locator") == ["p/at/doc/19"]
    assert objects(quads, "p/I1/absent/observation", f"{CSP}absenceKind") == ["absenceKind-tbc"]


def test_quotes_keep_a_text_as_it_is(quads: list[ox.Quad]) -> None:
    assert objects(quads, "p/A1", "http://purl.org/dc/terms/description") == ["A text, with @12 in quotes"]


def test_a_bare_value_is_the_title_of_a_thing(quads: list[ox.Quad]) -> None:
    assert objects(quads, "p/theme", LABEL) == ["A theme"]
    assert objects(quads, "p/theme", f"{CSP}locator") == ["p/at/doc/5"]


def test_types_and_dependence_follow_from_the_ontology(quads: list[ox.Quad]) -> None:
    assert objects(quads, "p/post", f"{CSP}kind") == ["Post"]
    types = objects(quads, "p/post", f"{RDF}type")
    assert {"Post", "Body", "Thing", "http://www.w3.org/ns/org#Post", "http://www.w3.org/ns/prov#Agent"} <= set(types)
    assert objects(quads, "p/A1", f"{CSP}dependsOn") == ["p/A1/fundedBy/fund", "p/post", "p/team"]
    assert objects(quads, "p/A1/fundedBy/fund", f"{CSP}dependsOn") == ["p/fund"]


def test_a_strategy_depends_on_the_action_that_develops_it(write: Callable[..., Path]) -> None:
    text = (
        "plan: p\nsource: doc\ntitle: A plan\nlines: 1\nactions:\n  A1: {title: x, lines: 2, develops: D}\n"
        "documents:\n  D: {title: d, lines: 3}\n"
    )
    found = read_library(library([write("plan.yaml", text)])).or_raise().quads()
    assert objects(found, "p/D", f"{CSP}dependsOn") == ["p/A1"]
    assert objects(found, "p/A1", f"{CSP}dependsOn") == []


def test_there_are_no_blank_nodes_and_no_triple_twice(bundled_reading: object) -> None:
    from cspgraph.check import Reading

    assert isinstance(bundled_reading, Reading)
    found = bundled_reading.quads()
    assert len(found) > 10_000
    assert not [q for q in found if isinstance(q.subject, ox.BlankNode) or isinstance(q.object, ox.BlankNode)]
    triples = [(q.subject, q.predicate, q.object) for q in found]
    assert len(set(triples)) == len(triples), "one home for a triple"


def test_a_plans_graph_holds_its_own_things(bundled_reading: object) -> None:
    from cspgraph.check import Reading

    assert isinstance(bundled_reading, Reading)
    derived = f"{CSP}dependsOn"
    for quad in bundled_reading.quads():
        home = str(getattr(quad.graph_name, "value", "")).rsplit("/", 1)[-1]
        subject = str(getattr(quad.subject, "value", "")).removeprefix(ID)
        assert quad.predicate.value == derived or subject == home or subject.startswith(f"{home}/"), subject


def test_a_place_without_a_source_lies_in_that_of_its_thing(write: Callable[..., Path]) -> None:
    text = (
        "reference: more\nsource: doc\nsources:\n  other: {title: Another document, lineCount: 50, extent: whole}\n"
        "organisations:\n  a: {title: A, lines: other @3, succeeds: b @4}\n  b: {title: B, lines: 5}\n"
    )
    entities = read_library(library([write("more.yaml", text)])).or_raise().entities()
    (succeeds,) = (fact for fact in entities[f"{ID}ref/a"].facts if fact.relation.word == "succeeds")
    places = (succeeds.evidence.at, entities[f"{ID}ref/b"].evidence.at)
    assert [place.source for place in places if place] == ["other", "doc"]
