"""What the paper says of documents, wider plans, dates, bodies and doubts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from cspgraph.names import Thing, text, things
from cspgraph.pages.matrix import PLEDGED, STATED, SUGGESTED, matrix
from cspgraph.papers.model import Column, Items, Section, Table, Words, listed, safe
from cspgraph.papers.told import doubtful, read_in, reference
from cspgraph.terms import local, short
from cspgraph.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cspgraph.coverage.frameworks import Coverage
    from cspgraph.engines import Engine
    from cspgraph.papers.model import Cell
    from cspgraph.papers.told import Numbered
    from cspgraph.tracing.horizon import Event
    from cspgraph.tracing.load import Load

_PLANS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?plan ?period ?state ?source ?title ?extent ?count ?missing WHERE {
  ?plan csp:kind csp:Plan .
  OPTIONAL { ?plan csp:period/csp:asPrinted ?period }
  OPTIONAL { ?plan csp:state/skos:prefLabel ?state }
  OPTIONAL {
    ?plan csp:source ?source . ?source skos:prefLabel ?title .
    OPTIONAL { ?source csp:extent ?extent } OPTIONAL { ?source csp:lineCount ?count } OPTIONAL { ?source csp:missing ?missing }
  }
} ORDER BY ?plan ?source ?period ?state ?title ?extent ?count ?missing
"""
_STATUSES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?plan ?status (COUNT(?statement) AS ?number) WHERE {
  ?statement rdf:subject ?subject ; csp:status ?status . ?subject csp:inPlan ?plan
} GROUP BY ?plan ?status ORDER BY ?plan ?status
"""
_EXTENTS = {"extent-whole": "whole", "extent-part": "in part"}
_HEAVIEST = 10  # bodies of one plan that are told
_LABEL = 90
_WIDER = (
    Column("Wider plan", 3),
    Column("Level", 1),
    Column("Period", 1.1),
    Column("Priorities served", 1, "number"),
    Column("of", 0.7, "number"),
    Column("by plans", 0.8, "number"),
    Column("cited by", 0.8, "number"),
    Column("Replaced by", 3),
)
_DATES = (
    Column("When", 1.4),
    Column("Last day", 1.5, "date", "sheet"),
    Column("What", 1),
    Column("Of what", 4.6),
    Column("Things", 1, "number"),
    Column("Rest on it", 1.1, "number"),
    Column("Only on it", 1.1, "number"),
    Column("Where", 2.9),
)


def plans_of(engine: Engine) -> list[Thing]:
    """Return the plans that the engine sees, by id."""
    rows = engine.recall(_PLANS).rows
    return sorted(things(engine, {text(row[0]) for row in rows}).values(), key=lambda plan: plan.id)


def read_section(engine: Engine, plans: Sequence[Thing]) -> Section:
    """Return which documents were read and how far."""
    named = {plan.iri: plan for plan in plans}
    rows: dict[tuple[str, str], tuple[Cell, ...]] = {}
    for row in engine.recall(_PLANS).rows:
        plan, period, state, source, _, extent, count, missing = map(text, row)
        rows.setdefault(
            (plan, source),
            (
                named[plan].label,
                period or "not stated",
                state or "not stated",
                short(source).removeprefix("ref/") or "none",
                int(count) if count.isdigit() else None,
                _EXTENTS.get(local(extent), "not known"),
                missing,
            ),
        )
    columns = (
        Column("Plan", 2.6),
        Column("Period", 1.5),
        Column("State", 1.3),
        Column("Document", 2.2),
        Column("Lines", 0.8, "number"),
        Column("Read", 0.9),
        Column("What is missing from it", 5),
    )
    summary = "Each plan with its period and state, the document it was read from, and how much of that was read."
    said = Words(
        "Places in this paper name a document by its short name, and lines of its text as it was read. A document that "
        "is read whole may itself lack a page or an attachment; the last column says so."
    )
    return Section("What was read", 1, (said, Table("The plans", summary, columns, tuple(rows.values()), "Plans")))


# -------------------------------------------------------------------- wider plans


def coverage_sections(found: Sequence[Coverage]) -> list[Section]:
    """Return how many priorities of every wider plan are served, and a matrix of each that any plan is aligned to."""
    if not found:
        return [Section("Wider plans", 1, (Words("No wider plan is known here by its priorities."),))]
    rows = tuple(
        (
            one.framework.label,
            one.level,
            one.period,
            one.served,
            len(one.priorities),
            len(one.plans),
            len(one.cited),
            str(one.successors[0]) if one.successors else "",
        )
        for one in found
    )
    table = Table(
        "Wider plans whose priorities are known here",
        "Each national, regional or corporate plan with how many of its priorities any local plan serves, and how many plans cite it.",
        _WIDER,
        rows,
        "Wider plans",
    )
    said = Words(
        "A priority of a wider plan is served when a priority or an action of a local plan is aligned to it. "
        f"In the tables that follow {STATED} marks what a document says, {SUGGESTED} what a reader suggests and no board "
        f"has confirmed, {PLEDGED} what a party pledges, which serves nothing."
    )
    unserved = [f"{one.framework.label} ({len(one.priorities)})" for one in found if not one.served]
    none = Words(f"No priority is served of: {listed(unserved, 12)}.", quiet=True)
    return [
        Section("Wider plans", 1, (said, table, *([none] if unserved else [])), wide=True),
        *(_matrix(one) for one in found if one.whole or any(covered.alignments for covered in one.priorities)),
    ]


def _matrix(one: Coverage) -> Section:
    """Return a framework as a table: a row for each priority, a column for each plan that is aligned to it."""
    made = matrix(one)
    plans = [plan for plan, _ in made.plans]
    tiers = any(covered.tier for covered in one.priorities)
    rows = []
    for covered, cells in made.rows:
        by_plan: dict[Thing, list[str]] = {}
        for alignment in covered.alignments:
            signs = cells[made.columns.index(alignment.local)]
            words = f"{signs[0].sign} {reference(alignment.local)} {safe(alignment.local.label, _LABEL)}"
            by_plan.setdefault(alignment.plan, []).append(words)
        rows.append(
            (
                safe(covered.priority.label, 160),
                *([covered.tier] if tiers else []),
                "yes" if covered.served else "nobody",
                *("; ".join(dict.fromkeys(by_plan.get(plan, ()))) for plan in plans),
                len(covered.indicators),
            )
        )
    columns = (
        Column("Priority", 3),
        *([Column("Tier", 1.2)] if tiers else []),
        Column("Served", 0.9),
        *(Column(safe(plan.label, 80), 7 / max(len(plans), 1)) for plan in plans),
        Column("Indicators", 1, "number"),
    )
    summary = "Each priority of the wider plan with what the local plans align to it, and how many indicators carry it."
    table = Table(made.said, summary, columns, tuple(rows), one.framework.id, small=len(plans) > 3)
    notes = [
        f"{plan.label}{f' ({period})' if period else ''} is aligned to it in {counted(number, 'place')}, and it was "
        f"replaced by {one.successors[0]}."
        for plan, period, number in one.outdated
    ]
    if one.whole:
        notes.append(f"Aligned to the document as a whole: {listed(sorted({a.local.label for a in one.whole}), 8)}.")
    return Section(safe(one.framework.label, 160), 2, (*(Words(note) for note in notes), table), wide=True)


# -------------------------------------------------------------------- dates


def horizon_section(events: Sequence[Event], span: str, *, several: bool) -> Section:
    """Return what ends, is due or is reviewed, and what rests on it; what is due on one day in one plan together."""
    groups: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        alone = event.thing.id if event.carries else ""
        key = (event.thing.plan, event.thing.kind, event.what, event.when, event.earliest, event.latest, alone)
        groups.setdefault(key, []).append(event)
    rows = tuple(_date(group, several=several) for group in groups.values())
    heavy = sorted(
        (event for event in events if event.sole), key=lambda one: (-len(one.sole), one.latest, one.thing.id)
    )
    table = Table(
        f"What ends, is due or is reviewed{span}",
        "Each date with what happens then, how many things rest on it, and how many of these on it alone.",
        _DATES,
        rows,
        "Dates",
        small=True,
    )
    blocks: list[Words | Items | Table] = [
        Words(
            "Dates stand as the documents print them. What rests on a thing is lost when it ends, unless it has something else to rest on."
        )
    ]
    if heavy:
        blocks.append(Words("Most rests on these alone:"))
        items = [
            (
                safe(f"{event.thing.label} ({event.what}: {event.when}): {_of_them(event)}"),
                read_in(event.place),
            )
            for event in heavy[:8]
        ]
        blocks.append(Items(tuple(items)))
    return Section("What ends or is due", 1, (*blocks, table) if rows else (Words(f"No date is stated{span}."),))


def _of_them(event: Event) -> str:
    labels = [safe(thing.label, 60) for thing in event.sole]
    return f"{counted(len(labels), 'thing')} would have nothing else to rest on: {listed(labels, 4)}"


def _date(group: Sequence[Event], *, several: bool) -> tuple[Cell, ...]:
    first = group[0]
    labels = [f"{safe(event.thing.label, 60 if len(group) > 1 else 160)}" for event in group]
    plan = f" ({first.thing.plan})" if several and first.thing.plan and first.thing.kind != "Plan" else ""
    return (
        first.when,
        _iso(first.latest),
        first.what,
        f"{listed(labels, 3)}{plan}",
        len(group),
        len(first.carries) if len(group) == 1 else 0,
        len(first.sole) if len(group) == 1 else 0,
        listed(dict.fromkeys(read_in(event.place) for event in group), 2),
    )


def _iso(day: str) -> date | None:
    try:
        return date.fromisoformat(day)
    except ValueError:
        return None


# -------------------------------------------------------------------- bodies


def load_section(found: Sequence[Load], plans: Sequence[Thing]) -> Section:
    """Return who leads and supports how much, and on whom alone a part of a plan hangs."""
    names = {plan.id: plan.label for plan in plans}
    told: list[Load] = []
    for plan in names:
        own = [one for one in found if one.plan == plan and one.leads + one.through + one.supports + one.oversees]
        told += own[:_HEAVIEST]
    rows = tuple(
        (
            names[one.plan],
            safe(one.body.label, 160),
            one.leads,
            one.through,
            one.share,
            one.supports,
            one.oversees,
            one.named,
        )
        for one in told
    )
    columns = (
        Column("Plan", 2, role="head" if len(plans) > 1 else "sheet"),
        Column("Who", 4),
        Column("Leads", 0.8, "number"),
        Column("Leads through posts and teams", 1.2, "number"),
        Column("Share of the actions", 1, "share"),
        Column("Takes part", 0.8, "number"),
        Column("Oversees", 1, "number"),
        Column("Named", 0.9, "number"),
    )
    summary = "The bodies that carry most in each plan: how many actions they lead, take part in and oversee."
    table = Table("Who carries most", summary, columns, rows, "Load")
    if not rows:
        return Section("Who carries it", 1, (Words("No plan gives a body anything to do."),))
    left = len({(one.plan, one.body) for one in found if one.plan}) - len(rows)
    rest = [Words(f"A further {left:,} bodies carry less; cspgraph load tells of all.", quiet=True)] if left > 0 else []
    return Section("Who carries it", 1, (table, *rest, *_alone(found, names)))


def _alone(found: Sequence[Load], names: dict[str, str]) -> list[Words | Items | Table]:
    rows = tuple(
        (
            names[one.plan],
            safe(one.body.label, 160),
            len(one.alone),
            listed([safe(thing.label, 60) for thing in one.alone], 5),
        )
        for one in found
        if one.alone and one.plan in names
    )
    if not rows:
        return [Words("No part of a plan hangs on one body alone.")]
    columns = (
        Column("Plan", 2, role="head" if len(names) > 1 else "sheet"),
        Column("Who", 3),
        Column("Things", 0.8, "number"),
        Column("What", 6),
    )
    summary = "Each body without which some things would be cut off from the rest of their plan, and these things."
    return [Table("What hangs on one body alone", summary, columns, rows, "Single points")]


# -------------------------------------------------------------------- doubts


def doubt_section(
    engine: Engine, found: Numbered, events: Sequence[Event], coverage: Sequence[Coverage], plans: Sequence[Thing]
) -> Section:
    """Return how much rests on what a reader had to infer, or on what can be read in two ways."""
    statuses = {
        "Findings": [one.place.status for one in found.open],
        "Dates": [event.place.status for event in events],
        "Alignments to wider plans, and indicators that carry their priorities": [
            status for one in coverage for status in one.statuses
        ],
    }
    known = {plan.iri: plan for plan in plans}
    for plan, status, number in engine.recall(_STATUSES).rows:
        if text(plan) in known:
            own = statuses.setdefault(f"Statements with a place of their own: {known[text(plan)].label}", [])
            own += [local(text(status)).removeprefix("status-")] * int(text(number))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (what, *(Counter(some)[status] for status in ("stated", "inferred", "uncertain")))
        for what, some in statuses.items()
        if some
    )
    columns = (
        Column("What", 6),
        *(Column(word.capitalize(), 1, "number") for word in ("stated", "inferred", "uncertain")),
    )
    summary = "How many findings, dates, alignments and statements are stated, inferred by a reader, or uncertain."
    table = Table("How sure it is", summary, columns, rows, "How sure")
    said = Words(
        "Inferred is what the document does not say in so many words and a reader concluded; uncertain is what can be "
        "read in two ways. Every such statement carries its reason; nothing is left out for being doubtful, and nothing "
        "that is doubtful is told as certain."
    )
    grave = doubtful(found)
    return Section("What rests on a doubt", 1, (said, table, *([grave] if grave else [])))
