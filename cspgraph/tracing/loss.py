"""What if something were gone: what falls with it, what is left with one support, which money is stranded.

A thing falls when one of the things goes that it needs as a condition, or when the last goes of those that
can stand in for each other (leads, boards, money). Which is which the ontology says, by `csp:fallsWith`.
What has fallen takes others with it in turn.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from cspgraph.evidence import worst
from cspgraph.names import Thing, text, things
from cspgraph.tables import frame, html
from cspgraph.terms import CSP
from cspgraph.text import natural
from cspgraph.tracing.dependence import edges, reached
from cspgraph.tracing.paths import hops

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import pandas as pd

    from cspgraph.engines import Engine
    from cspgraph.tables import Record
    from cspgraph.tracing.dependence import Edge
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
_ENDED = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT DISTINCT ?thing ?within WHERE {{
  ?date csp:latest ?last . FILTER(?last < "{day}"^^xsd:date)
  {{
    VALUES ?runs {{ csp:Document csp:Programme csp:Fund csp:Award csp:Body }}
    ?span csp:ends ?date . ?thing csp:period ?span ; a ?runs .
    OPTIONAL {{ ?thing csp:kind csp:Plan . ?within csp:inPlan ?thing }}
  }} UNION {{
    ?span csp:ends ?date . ?award csp:period ?span ; csp:share ?thing .
  }} UNION {{
    ?time csp:when ?date ; csp:timescaleKind csp:timescaleKind-end . ?thing csp:timescale ?time .
  }}
}} ORDER BY ?thing ?within
"""
_SERVES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?action ?priority ?above WHERE {
  ?action csp:contributesTo ?priority ; csp:kind csp:Action .
  OPTIONAL { ?priority skos:broader ?above }
} ORDER BY ?action ?priority ?above
"""
_PAYS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?award ?thing ?amount ?currency ?per WHERE {
  VALUES ?kind { csp:Award csp:Share }
  ?award csp:kind ?kind .
  OPTIONAL { ?award csp:amount ?amount }
  OPTIONAL { ?award csp:currency ?currency }
  OPTIONAL { ?award csp:per/skos:prefLabel ?per }
  OPTIONAL { { ?thing csp:fundedBy ?award } UNION { ?award csp:paysFor ?thing } }
} ORDER BY ?award ?thing ?amount ?currency ?per
"""


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


class Supports:
    """Who rests on what, by which relation: asked as often as needed what falls when something goes."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self._of: dict[str, dict[str, list[Edge]]] = {}
        self._above: dict[str, list[str]] = {}
        for edge in edges:
            self._of.setdefault(edge.source, {}).setdefault(edge.relation, []).append(edge)
            self._above.setdefault(edge.target, []).append(edge.source)

    def of(self, thing: str) -> dict[str, list[Edge]]:
        """Return what a thing rests on, by relation."""
        return self._of.get(thing, {})

    def above(self, things: Iterable[str]) -> list[str]:
        """Return what rests directly on any of some things, each once."""
        return list(dict.fromkeys(above for thing in things for above in self._above.get(thing, ())))

    def all_above(self, thing: str) -> list[str]:
        """Return what rests on a thing, directly or through others, itself left out."""
        return reached(thing, self._above)

    def fall(self, without: Iterable[str]) -> dict[str, list[Edge]]:
        """Return what falls, nearest first, each with the supports whose going made it fall."""
        gone = set(without)
        fallen: dict[str, list[Edge]] = {}
        waiting = deque(sorted(gone))
        while waiting:
            for thing in self._above.get(waiting.popleft(), ()):
                lost = (
                    [] if thing in gone else [edge for group in self.of(thing).values() for edge in _lost(group, gone)]
                )
                if lost:
                    gone.add(thing)
                    fallen[thing] = lost
                    waiting.append(thing)
        return fallen


def _lost(group: list[Edge], gone: Collection[str]) -> list[Edge]:
    """Return the supports by one relation whose going makes a thing fall; none where enough is left."""
    lost = [edge for edge in group if edge.target in gone]
    return [] if group[0].shared and len(lost) < len(group) else lost


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
    gone, over = {thing.iri for thing in without}, set()
    if at:
        for thing, within in engine.select(_ENDED.format(day=at)).rows:
            gone.add(text(thing))
            over.add(text(within))
    supports = Supports(edges(engine))
    fallen = supports.fall(gone)
    pays = [tuple(map(text, row)) for row in engine.recall(_PAYS).rows]
    touched = [iri for iri in supports.above([*gone, *fallen]) if iri not in gone]
    named = things(engine, {*touched, *gone})
    found = [one for iri in touched for one in _effects(named[iri], supports, gone, fallen)]
    found += _stranded(pays, gone | set(fallen))
    found += _orphans(engine, gone, fallen)
    effects = _told(engine, [one for one in found if one.thing not in over], fallen, pays)
    return Loss([named[iri] for iri in sorted(gone - over) if iri in named], effects)


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


def _stranded(pays: list[tuple[str, ...]], gone: set[str]) -> Iterator[_Found]:
    """Yield the money that stays, while all that it is to pay for goes."""
    purposes: dict[str, set[str]] = {}
    for award, thing, *_ in pays:
        if thing:
            purposes.setdefault(award, set()).add(thing)
    for award, paid in purposes.items():
        if award not in gone and paid <= gone:
            yield _Found("money-stranded", award, ())


def _orphans(engine: Engine, gone: set[str], fallen: dict[str, list[Edge]]) -> Iterator[_Found]:
    """Yield the priorities all of whose actions, and all actions of what belongs to them, are lost."""
    above: dict[str, set[str]] = {}
    served: dict[str, set[str]] = {}
    for row in engine.recall(_SERVES).rows:
        action, priority, broader = map(text, row)
        served.setdefault(priority, set()).add(action)
        above.setdefault(priority, set()).update({broader} - {""})
    for priority, actions in list(served.items()):
        for here in reached(priority, above):
            served.setdefault(here, set()).update(actions)
    for priority, actions in sorted(served.items()):
        if priority not in gone and actions <= gone | set(fallen):
            yield _Found(
                "no-action", priority, tuple(edge for action in sorted(actions) for edge in fallen.get(action, [])[:1])
            )


def _told(
    engine: Engine, found: list[_Found], fallen: dict[str, list[Edge]], pays: list[tuple[str, ...]]
) -> list[Effect]:
    """Return the effects with names, sums of money, and the evidence of every hop to what is gone."""
    ways = {one: [_way(edge, fallen) for edge in one.lost] for one in found}
    every = {edge for paths in ways.values() for steps in paths for edge in steps}
    ends = {end for edge in every for end in (edge.source, edge.target)}
    named = things(engine, ends | {one.thing for one in found} | {one.left for one in found if one.left})
    told = hops(engine, every, named)
    sums = {
        award: " ".join(part for part in (amount, currency, f"({per})" if per else "") if part)
        for award, _, amount, currency, per in pays
        if amount
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
        if one.thing in named
    ]
    order = list(EFFECTS)
    return sorted(
        effects,
        key=lambda effect: (order.index(effect.effect), effect.thing.plan, natural(effect.thing.id), effect.relation),
    )
