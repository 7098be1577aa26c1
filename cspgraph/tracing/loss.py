"""What if something were gone: what falls with it, what is left with one support, which money is stranded.

A thing falls when one of the things goes that it needs as a condition, or when the last goes of those that
can stand in for each other (leads, boards, money). Which is which the ontology says, by `csp:fallsWith`.
What has fallen takes others with it in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from cspgraph.evidence import worst
from cspgraph.names import Thing, asked, called, nameless, text, things
from cspgraph.tables import frame, html
from cspgraph.terms import CSP
from cspgraph.text import natural
from cspgraph.tracing.dependence import reached, supports
from cspgraph.tracing.links import links
from cspgraph.tracing.paths import hops

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    import pandas as pd

    from cspgraph.engines import Engine
    from cspgraph.tables import Record
    from cspgraph.tracing.dependence import Edge, Supports
    from cspgraph.tracing.links import Links
    from cspgraph.tracing.paths import Hop

# The effects in the order in which they are told, and what each means.
EFFECTS = {
    "no-lead": "left with no lead",
    "no-route": "left with nothing to be carried out through",
    "no-money": "left with no money that the plan names",
    "no-board": "left with no board",
    "one-left": "left with one",
    "loses": "lose something they need",
    "no-action": "priorities left with no action that stands",
    "money-lost": "money that is no longer paid",
    "money-stranded": "money left with nobody to spend it, or nothing to spend it on",
    "falls": "other things that fall",
}
_LOSES = {
    f"{CSP}ledBy": "no-lead",
    f"{CSP}deliveredThrough": "no-route",
    f"{CSP}implements": "no-route",
    f"{CSP}coordinates": "no-route",
    f"{CSP}fundedBy": "no-money",
    f"{CSP}overseenBy": "no-board",
}
_ROUTES = {relation for relation, effect in _LOSES.items() if effect == "no-route"}
_WORK = frozenset({"Action", "Commitment", "Undertaking"})
# The date is asked for within each branch: apart from them, it would be joined to all of them at once.
_ENDS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT DISTINCT ?thing ?last WHERE {
  {
    VALUES ?runs { csp:Document csp:Programme csp:Fund csp:Award csp:Body }
    ?span csp:ends ?date . ?thing csp:period ?span ; a ?runs . ?date csp:latest ?last .
  } UNION {
    ?span csp:ends ?date . ?award csp:period ?span ; csp:share ?thing . ?date csp:latest ?last .
  } UNION {
    ?time csp:when ?date ; csp:timescaleKind csp:timescaleKind-end . ?thing csp:timescale ?time . ?date csp:latest ?last .
  }
} ORDER BY ?thing ?last
"""
_SUMS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?award ?amount ?currency ?per WHERE {{
  VALUES ?award {{ {values} }}
  ?award csp:amount ?amount .
  OPTIONAL {{ ?award csp:currency ?currency }}
  OPTIONAL {{ ?award csp:per/skos:prefLabel ?per }}
}} ORDER BY ?award ?amount ?currency ?per
"""
_BROADER = "http://www.w3.org/2004/02/skos/core#broader"
_SERVES, _FUNDED, _PAYS = (f"{CSP}{word}" for word in ("contributesTo", "fundedBy", "paysFor"))
_MONEY = ("Award", "Share")


@dataclass(frozen=True)
class Effect:
    """What the loss does to one thing, and by which paths: each runs from the thing to something that is gone.

    `effect` is a key of EFFECTS, `relation` what joined the thing to what it loses; `left` is the one support
    that remains, `amount` a sum of money with its currency, as text.
    """

    effect: str
    thing: Thing
    relation: str
    paths: tuple[tuple[Hop, ...], ...]
    left: Thing | None = None
    amount: str = ""
    brief: ClassVar[tuple[str, ...]] = ("effect", "thing", "thing_id", "relation", "left", "amount", "status")

    @property
    def status(self) -> str:
        """The worst status among the hops."""
        return worst(*(hop.place.status for path in self.paths for hop in path))

    def as_json(self) -> dict[str, object]:
        """Return the effect as one object, the keys of which are a contract."""
        return {
            "effect": self.effect,
            "thing": self.thing.cell(),
            "relation": self.relation,
            "left": self.left.cell() if self.left else None,
            "amount": self.amount,
            "status": self.status,
            "paths": [[hop.as_json() for hop in path] for path in self.paths],
        }


class Loss(NamedTuple):
    """What was taken away, and what follows."""

    gone: list[Thing]
    effects: list[Effect]

    def records(self) -> list[Record]:
        """Return the effects as objects, each effect in words."""
        return [effect.as_json() | {"effect": EFFECTS[effect.effect]} for effect in self.effects]

    def frame(self) -> pd.DataFrame:
        """Return the effects as a pandas DataFrame. Raises CspgraphError where pandas is not installed."""
        return frame(self.records())

    def _repr_html_(self) -> str:
        return html(self.records(), Effect.brief)


class _Found(NamedTuple):
    effect: str
    thing: str
    lost: tuple[Edge, ...]
    left: str = ""


def what_if(engine: Engine, without: Collection[Thing] = (), at: str = "") -> Loss:
    """Return what follows when some things are gone; with `at`, an ISO date, also all that is over before that day.

    Effects come in the order of EFFECTS, then of plan and reference. What is gone is itself no effect; nor,
    with `at`, is anything of a plan that is over.
    """
    gone = {thing.iri for thing in without}
    if at:
        gone |= {text(thing) for thing, last in engine.recall(_ENDS).rows if text(last) < at}
    few = not at
    resting, joined = supports(engine, few=few), links(engine, (_SERVES, _FUNDED, _PAYS, _BROADER), few=few)
    fallen = resting.fall(gone)
    touched = [iri for iri in resting.above([*gone, *fallen]) if iri not in gone]
    named = things(engine, {*touched, *gone})
    lost = gone | set(fallen)
    joined.meet(lost)
    found = [one for iri in touched for one in _effects(named.get(iri) or nameless(iri), resting, gone, fallen)]
    found += _stranded(joined, lost)
    found += _orphans(joined, gone, lost, fallen)
    taken = [named[iri] for iri in sorted(gone) if iri in named]
    over = {thing.id for thing in taken if at and thing.kind == "Plan"}
    effects = [effect for effect in _told(engine, found, fallen) if effect.thing.plan not in over]
    return Loss([thing for thing in taken if thing.plan not in over], effects)


def _way(edge: Edge, fallen: Mapping[str, list[Edge]]) -> list[Edge]:
    """Return the path over what fell to what is gone. It ends: what made a thing fall, fell before it."""
    steps = [edge]
    while steps[-1].target in fallen:
        steps.append(fallen[steps[-1].target][0])
    return steps


def _effects(thing: Thing, supports: Supports, gone: set[str], fallen: Mapping[str, list[Edge]]) -> Iterator[_Found]:
    """Yield what the going of some things does to one that rests on them; not what it does to itself in a circle."""
    groups = supports.of(thing.iri)
    losses = {
        edge
        for group in groups.values()
        for edge in group
        if edge.target in gone
        or (edge.target in fallen and all(step.source != thing.iri for step in _way(edge, fallen)[1:]))
    }
    work = thing.kind in _WORK
    routes = [edge for relation in sorted(_ROUTES & set(groups)) for edge in groups[relation]] if work else []
    if routes and losses.issuperset(routes):
        yield _Found("no-route", thing.iri, tuple(routes))
    for relation, group in groups.items():
        lost, left = tuple(e for e in group if e in losses), [e for e in group if e not in losses]
        if not lost or (relation in _ROUTES and losses.issuperset(routes) and work):
            continue
        if group[0].shared and left:
            if len(left) == 1:
                yield _Found("one-left", thing.iri, lost, left[0].target)
        elif thing.kind in ("Award", "Share"):
            yield _Found("money-lost" if relation == f"{CSP}from" else "money-stranded", thing.iri, lost)
        elif work:
            yield _Found("loses" if relation in _ROUTES else _LOSES.get(relation, "loses"), thing.iri, lost)
        else:
            yield _Found("falls", thing.iri, lost)


def _stranded(joined: Links, lost: set[str]) -> Iterator[_Found]:
    """Yield the money that stays, while all that it is to pay for goes."""
    paying = {award for thing in lost for award in (*joined.out(thing, _FUNDED), *joined.into(thing, _PAYS))}
    joined.meet(paying)
    for award in sorted(paying - lost):
        purposes = {*joined.into(award, _FUNDED), *joined.out(award, _PAYS)}
        if joined.kind(award) in _MONEY and purposes <= lost:
            yield _Found("money-stranded", award, ())


def _orphans(joined: Links, gone: set[str], lost: set[str], fallen: Mapping[str, list[Edge]]) -> Iterator[_Found]:
    """Yield the priorities all of whose actions, and all actions of what belongs to them, are lost."""

    @cache
    def actions(priority: str) -> set[str]:
        return {action for action in joined.into(priority, _SERVES) if joined.kind(action) == "Action"}

    def bare(priority: str) -> bool:
        """Return whether no action of its own stands. Where one does, nothing above it is left without one, either."""
        return actions(priority) <= lost

    def above(priority: str) -> list[str]:
        return joined.out(priority, _BROADER) if actions(priority) and bare(priority) else []

    def below(priority: str) -> list[str]:
        return [part for part in joined.into(priority, _BROADER) if actions(part)] if bare(priority) else []

    served = {
        priority for action in lost for priority in joined.out(action, _SERVES) if joined.kind(action) == "Action"
    }
    left = {priority for priority in _each_level(joined, served, above) if bare(priority)} - gone
    _each_level(joined, left, lambda here: joined.into(here, _BROADER) if bare(here) else ())
    for priority in sorted(left):
        every = actions(priority).union(*map(actions, reached(priority, below)))
        if every <= lost:
            yield _Found(
                "no-action", priority, tuple(edge for action in sorted(every) for edge in fallen.get(action, [])[:1])
            )


def _each_level(joined: Links, start: Collection[str], further: Callable[[str], Collection[str]]) -> set[str]:
    """Return what is reached from some things, themselves included; what is joined to them is looked up a level at a time."""
    found: set[str] = set()
    level = set(start)
    while level:
        joined.meet(level)
        found |= level
        level = {other for one in level for other in further(one)} - found
    return found


def _told(engine: Engine, found: list[_Found], fallen: dict[str, list[Edge]]) -> list[Effect]:
    """Return the effects with names, sums of money, and the evidence of every hop to what is gone."""
    ways = {one: [_way(edge, fallen) for edge in one.lost] for one in found}
    every = {edge for paths in ways.values() for steps in paths for edge in steps}
    ends = {end for edge in every for end in (edge.source, edge.target)}
    named = called(engine, ends | {one.thing for one in found} | {one.left for one in found if one.left})
    told = hops(engine, every, named)
    money = {one.thing for one in found if one.effect.startswith("money")}
    sums = {
        award: " ".join(part for part in (amount, currency, f"({per})" if per else "") if part)
        for award, amount, currency, per in (map(text, row) for row in asked(engine.select, _SUMS, money))
    }
    effects = [
        Effect(
            one.effect,
            named[one.thing],
            one.lost[0].label if one.lost else "",
            tuple(tuple(told[edge] for edge in steps) for steps in ways[one]),
            named[one.left] if one.left else None,
            sums.get(one.thing, "") if one.effect.startswith("money") else "",
        )
        for one in found
    ]
    order = list(EFFECTS)
    return sorted(
        effects,
        key=lambda effect: (order.index(effect.effect), effect.thing.plan, natural(effect.thing.id), effect.relation),
    )
