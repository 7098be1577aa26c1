"""What the page of discoveries says is what the commands answer today, things and lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.evidence import Place
    from cspgraph.graph import KnowledgeGraph

PAGE = (Path(__file__).resolve().parent.parent / "docs/discoveries.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in PAGE.split("\n## ")[1:]}
_EVIDENCE = re.compile(r"`([\w./-]+)` ([a-z][\w-]+:[\d:,-]+)")

Told = set[tuple[str, str]]


def _told(thing: str, place: Place) -> tuple[str, str]:
    return thing, f"{place.source}:{place.lines}"


def effects(graph: KnowledgeGraph, without: str, *kinds: str) -> Told:
    """What would be lost, in the plans' actions and documents, each with the lines of the tie that breaks first."""
    found = [e for e in graph.what_if(without).effects if e.effect in kinds and e.thing.kind in ("Action", "Document")]
    return {_told(e.thing.id, e.paths[0][0].place) for e in found}


def findings(graph: KnowledgeGraph, rule: str, *foci: str) -> Told:
    """The findings of a rule, of these things if any are named; each that is named must be found."""
    told = {_told(f.focus.id, f.place) for f in graph.gaps(rule) if not foci or f.focus.id in foci}
    assert {thing for thing, _ in told} >= set(foci)
    return told


def shown(graph: KnowledgeGraph, thing: str) -> Told:
    (described,) = graph.show(thing)
    return {_told(thing, described.place)}


def depending(graph: KnowledgeGraph, thing: str) -> Told:
    return {_told(d.thing.id, d.path[0].place) for d in graph.depends(thing, kind="action")}


def leads_lost(graph: KnowledgeGraph) -> Told:
    return effects(graph, "ref/mopac", "no-lead")


def money_lost(graph: KnowledgeGraph) -> Told:
    lost = [effect for effect in graph.what_if("ref/mopac").effects if effect.effect == "money-lost"]
    yearly = [e.amount.split() for e in lost if e.thing.id.startswith("havering-2017/")]
    assert {tuple(words[1:]) for words in yearly} == {("GBP", "(year)")}
    assert sum(int(words[0]) for words in yearly) == 303502
    assert [e.amount for e in lost if e.thing.id == "tower-hamlets-2017/aw-lcpf"] == ["1610109 GBP (two years)"]
    waits = {pair for pair in effects(graph, "ref/mopac", "loses") if pair[0].startswith("hackney-2015/")}
    return effects(graph, "ref/mopac", "no-money") | waits


def one_purse(graph: KnowledgeGraph) -> Told:
    (left,) = (effect.left for effect in graph.what_if("ref/mopac").effects if effect.effect == "one-left")
    assert left is not None
    return effects(graph, "ref/mopac", "one-left") | shown(graph, left.id)


def same_spring(graph: KnowledgeGraph) -> Told:
    money = "tower-hamlets-2017/aw-lcpf"
    (ending,) = (finding for finding in graph.gaps("money-ends-before-plan") if finding.focus.id == money)
    assert "is stated until 2018/19" in ending.sentence
    (sums,) = (row for row in graph.ask("sums-stated") if getattr(row["of"], "id", "") == money and row["parts"] == 10)
    assert sums["follows"] == "yes"
    actions = {
        f.focus.id
        for f in graph.gaps("money-ends-before-plan")
        if f.plan == "havering-2017" and f.focus.kind == "Action"
    }
    assert len(actions) == 3
    return findings(graph, "money-ends-before-plan", *sorted(actions), money)


def police_money(graph: KnowledgeGraph) -> Told:
    money = "tower-hamlets-2017/aw-police"
    ends = {_told(e.thing.id, e.place) for e in graph.horizon("2020-04", "2021-03") if e.thing.id == money}
    return findings(graph, "plan-ends-after-its-actions") | ends


def one_team(graph: KnowledgeGraph) -> Told:
    team = "havering-2017/csd"
    (load,) = (row for row in graph.load() if row.plan == "havering-2017" and row.body.id == team)
    assert (load.leads, load.through, round(load.share, 2)) == (7, 11, 0.9)
    return findings(graph, "statutory-member-leads-nothing")


def one_caseworker(graph: KnowledgeGraph) -> Told:
    post = "havering-2017/iom-caseworker"
    stranded = [effect.amount for effect in graph.what_if(post).effects if effect.effect == "money-stranded"]
    assert stranded == ["65000 GBP (year)"]
    return effects(graph, post, "no-lead")


def replaced(graph: KnowledgeGraph) -> Told:
    (coverage,) = graph.coverage("ref/pcp-2013")
    assert [(plan.id, number) for plan, _, number in coverage.outdated] == [("haringey-2013", 11)]
    alignments = [alignment for covered in coverage.priorities for alignment in covered.alignments]
    return {_told(alignment.local.id, alignment.place) for alignment in alignments}


def only_counted(graph: KnowledgeGraph) -> Told:
    return findings(graph, "indicator-without-work", "havering-2017/R4") | shown(graph, "tower-hamlets-2017/D16")


def nothing_follows(graph: KnowledgeGraph) -> Told:
    assert len(list(graph.restricted(["havering-2017"]).ask("indicators"))) >= 15
    found = findings(graph, "priority-without-indicator", "havering-2017/F-asb")
    return found | shown(graph, "havering-2017/A20") | shown(graph, "tower-hamlets-2017/IA1")


def youth_justice(graph: KnowledgeGraph) -> Told:
    assert findings(graph, "document-written-by-nobody", "hackney-2015/youth-justice-plan")
    return depending(graph, "hackney-2015/youth-justice-plan")


def one_meeting(graph: KnowledgeGraph) -> Told:
    return effects(graph, "hackney-2015/partnership-tasking", "no-route")


def met_trace(graph: KnowledgeGraph) -> Told:
    return depending(graph, "ref/met-trace") | findings(graph, "conditional-on-money", "hackney-2015/4.4")


def perhaps_one(graph: KnowledgeGraph) -> Told:
    across = [f for f in graph.gaps("perhaps-the-same") if re.search(r'" of .* are one', f.sentence)]
    return {_told(finding.focus.id, finding.place) for finding in across}


def the_unit(graph: KnowledgeGraph) -> Told:
    return effects(graph, "hackney-2015/igu", "no-lead") | shown(graph, "hackney-labour-manifesto/C14")


def lapses(graph: KnowledgeGraph) -> Told:
    return findings(graph, "replacement-not-ready")


ANSWERS: list[Callable[[KnowledgeGraph], Told]] = [
    leads_lost,
    money_lost,
    one_purse,
    same_spring,
    police_money,
    one_team,
    one_caseworker,
    replaced,
    only_counted,
    nothing_follows,
    youth_justice,
    one_meeting,
    met_trace,
    perhaps_one,
    the_unit,
    lapses,
]


def test_every_discovery_is_asked_again() -> None:
    assert len(SECTIONS) == len(ANSWERS) >= 12
    for heading, section in SECTIONS.items():
        assert all(f"\n- {part}" in section for part in ("Command: `cspgraph ", "Evidence: ", "Why it matters: ")), (
            heading
        )


@pytest.mark.parametrize(("heading", "answer"), list(zip(SECTIONS, ANSWERS, strict=False)))
def test_the_page_says_what_the_graph_answers(
    heading: str, answer: Callable[[KnowledgeGraph], Told], bundled: KnowledgeGraph
) -> None:
    evidence = SECTIONS[heading].split("- Evidence: ", 1)[1].split("- Why", 1)[0]
    assert answer(bundled) == set(_EVIDENCE.findall(evidence)), heading


def test_every_command_names_what_is_there(bundled: KnowledgeGraph) -> None:
    for command in re.findall(r"`cspgraph ([^`]+)`", PAGE):
        for rule in re.findall(r"--rule (\S+)", command):
            assert bundled.questions.get(rule, "gap")
        for thing in re.findall(r'((?:ref|[\w-]+-20\d\d|hackney-labour-manifesto)/[\w.-]+|"[^"]+")', command):
            assert bundled.find(thing.strip('"')), command
