"""The page of the time line: what runs from when to when, and what outlasts what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.evidence import Place, statement_places
from cspgraph.names import Thing, text, things
from cspgraph.pages.frame import ALONE, Site, render
from cspgraph.terms import CSP, ID
from cspgraph.text import counted, natural
from cspgraph.tracing.dependence import edges
from cspgraph.tracing.horizon import horizon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine
    from cspgraph.tracing.horizon import Event

_PERIODS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?thing ?period ?printed ?begins ?since ?ends ?until WHERE {
  VALUES ?runs { csp:Document csp:Programme csp:Fund csp:Award csp:Body }
  ?thing csp:period ?period ; a ?runs .
  OPTIONAL { ?period csp:asPrinted ?printed }
  OPTIONAL { ?period csp:begins ?b . ?b csp:earliest ?begins ; csp:latest ?since }
  OPTIONAL { ?period csp:ends ?e . ?e csp:earliest ?ends ; csp:latest ?until }
} ORDER BY ?thing ?period
"""
_SORTS = {"Plan": "plan", "Fund": "money", "Award": "money"}
_ORDER = ("plan", "document", "money", "action")


@dataclass(frozen=True)
class Bar:
    """What runs, or is due, in ISO dates; empty where no begin or no end is stated.

    `sure` is the first day on which it may be over: a bar is full up to it, and lighter from there to the end.
    `things` are several where many actions are due on one date.
    """

    things: tuple[Thing, ...]
    sort: str
    what: str
    printed: str
    precision: str
    begin: str
    sure: str
    end: str
    place: Place
    carries: tuple[Thing, ...] = ()
    sole: tuple[Thing, ...] = ()

    @property
    def plan(self) -> str:
        """The plan in whose lane it stands."""
        first = self.things[0]
        return first.plan or (first.id if first.kind == "Plan" else "")


@dataclass(frozen=True)
class Outlasting:
    """A thing that goes on when something that it rests on has ended; `own` is whether its end is its own or its plan's."""

    thing: Thing
    until: str
    own: bool
    relation: str
    on: Thing
    ended: str
    place: Place


def page(engine: Engine, focus: list[Thing]) -> str:
    """Return the page of the time line; with a focus, only the lanes of the plans that it names."""
    return write(engine, {thing.plan or thing.id for thing in focus})


def write(engine: Engine, only: Iterable[str] = (), site: Site = ALONE) -> str:
    """Return the page of the time line, of all plans or of some."""
    wanted = set(only)
    events = horizon(engine)
    found = [bar for bar in bars(engine, events) if not wanted or bar.plan in wanted or not bar.plan]
    late = [one for one in outlasting(engine, found) if not wanted or one.thing.plan in wanted]
    first, last = _span(found)
    named = things(engine, {f"{ID}{bar.plan}" for bar in found if bar.plan})
    plans = sorted({bar.plan for bar in found}, key=lambda plan: (not plan, plan))
    lanes = [(named.get(f"{ID}{plan}"), sorted((b for b in found if b.plan == plan), key=_order)) for plan in plans]
    on: dict[str, list[Outlasting]] = {}
    for one in late:
        on.setdefault(one.on.id, []).append(one)
    return render(
        "horizon.html.j2", site, title="What runs from when to when, and what outlasts what it rests on",
        subtitle=f"{first.year} to {last.year}: {counted(len(found), 'period and date', 'periods and dates')}, "
        f"{counted(len({one.thing for one in late}), 'thing goes', 'things go')} on when what they rest on has ended",
        lanes=lanes, late=late, on=on, years=list(range(first.year, last.year + 1)), events=events if not wanted else [],
        scale=_Scale(first, last),
    )  # fmt: skip


# -------------------------------------------------------------------- what runs


def bars(engine: Engine, events: list[Event]) -> list[Bar]:
    """Return what has a period, and what is due or reviewed; what is due on one date in one plan stands together."""
    ends = {event.thing.id: event for event in events if event.what == "end"}
    found = [bar for bar in _periods(engine, ends) if bar.things[0].kind != "Share"]
    running = {bar.things[0].id for bar in found}
    groups: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        if event.thing.kind != "Share" and not (event.what == "end" and event.thing.id in running):
            key = (event.thing.plan, event.thing.kind, event.what, event.when, event.earliest, event.latest)
            groups.setdefault(key, []).append(event)
    for (_, kind, what, when, earliest, latest), group in groups.items():
        together = tuple(sorted((event.thing for event in group), key=lambda thing: natural(thing.id)))
        carries, sole = (
            tuple(dict.fromkeys(one for event in group for one in getattr(event, name))) for name in ("carries", "sole")
        )
        sort = _SORTS.get(kind, "document" if kind == "Document" else "action")
        found.append(
            Bar(
                together,
                sort,
                what,
                when,
                group[0].precision,
                earliest,
                earliest,
                latest,
                group[0].place,
                carries,
                sole,
            )
        )
    return found


def _periods(engine: Engine, ends: dict[str, Event]) -> list[Bar]:
    rows = list({(text(row[0]), text(row[1])): row for row in engine.recall(_PERIODS).rows}.values())
    named = things(engine, (text(row[0]) for row in rows))
    relation = ox.NamedNode(f"{CSP}period")
    where = statement_places(engine, [(row[0], relation, row[1]) for row in rows if row[0] and row[1]])
    found = []
    for row in rows:
        iri, _, printed, begins, _, sure, until = map(text, row)
        thing, event = named[iri], ends.get(named[iri].id)
        found.append(
            Bar(
                (thing,),
                _SORTS.get(thing.kind, "document"),
                "runs",
                printed,
                event.precision if event else "",
                begins,
                sure,
                until,
                where[row[0], relation, row[1]],  # type: ignore[index]
                event.carries if event else (),
                event.sole if event else (),
            )
        )
    return found


def outlasting(engine: Engine, found: list[Bar]) -> list[Outlasting]:
    """Return what goes on after something it rests on directly has ended.

    Where an action has no date of its own, it goes on as long as its plan.
    """
    ends = {thing.iri: bar for bar in found for thing in bar.things if bar.end and bar.what in ("runs", "end")}
    every = edges(engine)
    named = things(engine, {iri for edge in every for iri in (edge.source, edge.target)})
    pairs = []
    for edge in every:
        thing, below = named.get(edge.source), ends.get(edge.target)
        if not thing or not below or thing.kind in ("PeriodState", "Share") or below.sort == "action":
            continue
        own = ends.get(edge.source)
        mine = own or (ends.get(f"{ID}{thing.plan}") if thing.kind in ("Action", "Undertaking") else None)
        # Only where even the last day of the one lies before the first day on which the other may be over.
        if mine and below.end < (mine.sure or mine.end):
            pairs.append((edge, thing, mine, own is not None, below))
    where = statement_places(engine, [edge.statement() for edge, *_ in pairs])
    made = [
        Outlasting(thing, mine.printed, own, edge.label, named[edge.target], below.printed, where[edge.statement()])
        for edge, thing, mine, own, below in pairs
    ]
    return sorted(set(made), key=lambda one: (one.thing.plan, one.on.id, natural(one.thing.id), one.relation))


# -------------------------------------------------------------------- where it stands


class _Scale:
    """Where a day stands between the first and the last, in hundredths."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.days = first, (last - first).days + 1

    def at(self, day: str, *, after: bool = False) -> float:
        """Return the place of the beginning of a day, or with `after` of its end."""
        return round(((date.fromisoformat(day) - self.first).days + after) / self.days * 100, 3)

    def year(self, year: int) -> float:
        """Return where a year begins."""
        return self.at(f"{year}-01-01")


def _span(found: list[Bar]) -> tuple[date, date]:
    days = [date.fromisoformat(day) for bar in found for day in (bar.begin, bar.end) if day] or [date(2020, 1, 1)]
    return date(min(days).year, 1, 1), date(max(days).year, 12, 31)


def _order(bar: Bar) -> tuple[int, str, str, str]:
    return _ORDER.index(bar.sort), bar.begin or bar.end, bar.end, bar.things[0].id
