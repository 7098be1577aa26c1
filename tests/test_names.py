"""Names, descriptions and the public API."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

import cspgraph
from cspgraph.errors import CspgraphError, UnknownName
from cspgraph.names import text
from cspgraph.network.details import details
from cspgraph.text import cell, clean, normal, shortened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph

LABELS = "SELECT ?thing ?label WHERE { ?thing <http://www.w3.org/2004/02/skos/core#prefLabel> ?label } ORDER BY ?thing"


@pytest.mark.parametrize(
    "name",
    [
        "havering-2017/A4",
        "https://w3id.org/cspgraph/id/havering-2017/A4",
        "Co-ordinate the work of the Serious Group Violence Panel",
        "co-ordinate THE work of the serious  group violence panel",
        "Co ordinate the work of the Serious Group Violence Panel",
    ],
)
def test_a_thing_has_many_names(name: str, bundled: KnowledgeGraph) -> None:
    assert [thing.id for thing in bundled.find(name)] == ["havering-2017/A4"]


def test_and_may_be_written_as_a_sign(bundled: KnowledgeGraph) -> None:
    signed = bundled.find("Violence Against Women & Girls Strategy 2014-2017")
    assert signed == bundled.find("violence against women and girls strategy 2014–2017")
    assert [thing.id for thing in signed] == ["havering-2017/vawg-strategy-2014"]


def test_an_alias_and_the_wording_of_a_document_are_names(bundled: KnowledgeGraph) -> None:
    assert [thing.id for thing in bundled.find("LCPF")] == ["ref/lcpf"]
    assert "ref/mopac" in {thing.id for thing in bundled.find("Mayor's Office for Policing and Crime")}
    assert bundled.find("Mayor’s Office for Policing And Crime") == bundled.find("MOPAC")


def test_several_things_of_one_name_are_all_found_and_narrowed(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    graph = graph_of(
        "plan: p\nsource: doc\ntitle: P\nlines: 1\n"
        "boards:\n  b: {title: Panel, lines: 2}\nactions:\n  A: {title: Panel, lines: 3}\n"
    )
    assert [thing.id for thing in graph.find("panel")] == ["p/A", "p/b"]
    assert [thing.id for thing in graph.names.find("panel", kinds={"Board"})] == ["p/b"]


def test_a_near_miss_gets_three_names(bundled: KnowledgeGraph) -> None:
    with pytest.raises(UnknownName) as caught:
        bundled.find("Serious Group Violense Panel")
    assert caught.value.nearest[0] == "Serious Group Violence Panel"
    assert 1 <= len(caught.value.nearest) <= 3
    assert "the nearest: Serious Group Violence Panel" in str(caught.value)


def test_hostile_names_are_only_names(bundled: KnowledgeGraph) -> None:
    for name in (
        '"',
        "\\",
        "> . }",
        "\n",
        '" . } DROP ALL',
        "?s",
        "é" * 2000,
        "",
        "\x00",
        "https://w3id.org/cspgraph/id/a b",
    ):
        with pytest.raises(UnknownName):
            bundled.find(name)


# -------------------------------------------------------------------- descriptions


def test_a_description_has_both_directions_parts_and_evidence(bundled: KnowledgeGraph) -> None:
    (panel,) = bundled.show("havering-2017/sgv-panel")
    assert {("co-ordinated by", "havering-2017/A4")} <= {(s.label, getattr(s.value, "id", "")) for s in panel.said}
    (action,) = bundled.show("havering-2017/A2")
    (award,) = [s for s in action.says if s.relation == "fundedBy"]
    inside = {part.relation: part.value for part in award.parts}
    assert inside["amount"] == 60000
    assert award.place.lines == "363:444-492"
    shares = [part for part in award.parts if part.relation == "share"]
    assert len(shares) == 2
    assert all(part.parts for part in shares)


def test_a_description_names_no_machinery(bundled: KnowledgeGraph) -> None:
    for name in ("havering-2017/A4", "ref/lcpf", "havering-2017"):
        (description,) = bundled.show(name)
        assert not {s.relation for s in description.says} & {"kind", "nameKey", "locator", "dependsOn", "type"}


# -------------------------------------------------------------------- the API


def test_five_names_make_the_api_and_import_nothing_until_used() -> None:
    assert set(cspgraph.__all__) == {"CspgraphError", "KnowledgeGraph", "__version__", "load"}
    assert issubclass(UnknownName, cspgraph.CspgraphError)
    assert cspgraph.CspgraphError is CspgraphError
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cspgraph.nothing
    assert "cspgraph" in sys.modules


def test_the_api_answers_in_every_form(bundled: KnowledgeGraph) -> None:
    network = bundled.to_networkx()
    assert network.nodes["havering-2017/A4"]["kind"] == "Action"
    assert network.has_edge("havering-2017/A4", "havering-2017/sgv-panel", key="coordinates")
    assert network.edges["havering-2017/A4", "havering-2017/sgv-panel", "coordinates"]["lines"] == "370:102-158"
    dataset = bundled.to_rdflib()
    assert len(list(dataset.graphs())) >= 2
    assert len(dataset) > 20_000
    assert bundled.query("ASK { ?s ?p ?o }") is True


def test_a_graph_of_one_plan_sees_no_other(write: Callable[..., Path]) -> None:
    write("a.yaml", "plan: a\nsource: doc\ntitle: A\nlines: 1\nboards:\n  x: {title: X, lines: 2}\n")
    folder = write("b.yaml", "plan: b\nsource: doc\ntitle: B\nlines: 1\nboards:\n  x: {title: X, lines: 2}\n")
    graph = cspgraph.load(folder, engine="memory:")
    assert [thing.id for thing in graph.find("X")] == ["a/x", "b/x"]
    assert [thing.id for thing in graph.restricted(["b"]).find("X")] == ["b/x"]
    with pytest.raises(UnknownName, match="the plan 'c'") as caught:
        graph.restricted(["c"])
    assert "loaded are: a, b" in caught.value.hint


# -------------------------------------------------------------------- text


def test_text_is_made_harmless_short_and_comparable() -> None:
    assert clean("a\x1b[31mb\u202ec\td\ne") == "a\ufffd[31mb\ufffdc d e"
    assert shortened("one two three", 9) == "one two…"
    assert shortened("onetwothree", 5) == "onet…"
    assert [cell(text) for text in ("=1+1", "-5", "+44 20", "@x", "-x", "plain")] == [
        "'=1+1",
        "-5",
        "'+44 20",
        "'@x",
        "'-x",
        "plain",
    ]
    assert normal("A & B – C’s") == "a and b c's"


# -------------------------------------------------------------------- what parts are called


def test_a_part_is_called_after_its_whole_and_by_no_reference(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    plan = (
        "plan: p\nsource: doc\ntitle: The plan\nlines: 1\n"
        "actions:\n  A1: {title: Support victims, lines: 2, fundedBy: {aw-1: {amount: £60, share: {advice: £20}}}}\n"
        "funds:\n  aw-1: {title: The fund, lines: 3}\n"
    )
    labels = {
        text(thing).rpartition("/id/")[2]: text(label) for thing, label in graph_of(plan).engine.select(LABELS).rows
    }
    assert labels["p/A1/fundedBy/aw-1"] == "£60 (award of Support victims)"
    assert labels["p/A1/fundedBy/aw-1/share/advice"] == "advice: £20 (share of award of Support victims)"


def test_no_label_of_the_bundled_plans_names_a_reference(bundled: KnowledgeGraph) -> None:
    labels = {text(thing).rpartition("/id/")[2]: text(label) for thing, label in bundled.engine.select(LABELS).rows}
    made = re.compile(r"(?:^| \()[a-z ]+ of (.+?)\)?$")
    named = {thing: label for thing, label in labels.items() if not made.search(label)}
    parts = 0
    for thing, label in labels.items():
        steps = thing.split("/")
        wholes = [whole for length in range(1, len(steps)) if (whole := "/".join(steps[:length])) in named]
        if wholes and (found := made.search(label)):
            assert found[1].endswith(named[wholes[-1]]), (thing, label)
            parts += 1
    assert parts > 500


def test_what_has_a_reference_is_no_part_and_says_whose_it_is(bundled: KnowledgeGraph) -> None:
    (plan,), (owner,) = bundled.show("hackney-2015"), bundled.show("hackney-2015/csp")
    (owned,) = [one for one in plan.says if one.relation == "owner"]
    assert (owned.value, owned.part, owned.parts) == (owner.thing, False, ())
    assert plan.thing in [one.value for one in owner.said if one.relation == "owner"]
    (period,) = [one for one in plan.says if one.relation == "period"]
    assert period.part
    assert {"begins", "ends"} <= {one.relation for one in period.parts}


def test_a_part_says_what_it_is_a_part_of(bundled: KnowledgeGraph) -> None:
    award = "havering-2017/A2/fundedBy/lcpf"
    (described,) = bundled.show(award)
    assert ("fundedBy", "havering-2017/A2") in {(one.relation, getattr(one.value, "id", "")) for one in described.said}
    said = details(bundled.engine, [award]).said
    assert ("havering-2017/A2", "fundedBy", award) in {(one.subject, one.relation, one.value) for one in said}


def test_a_picture_says_each_thing_of_a_part_once(bundled: KnowledgeGraph) -> None:
    said = details(bundled.engine, ["havering-2017/A2", "havering-2017/A2/fundedBy/lcpf"]).said
    (award,) = [one for one in said if one.subject == "havering-2017/A2" and one.relation == "fundedBy"]
    assert len(award.parts) > 3
    assert len(set(award.parts)) == len(award.parts)
