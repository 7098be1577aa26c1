"""What ends, is due or is up for review, when, and what rests on it.

A date keeps what was printed ("October 2017") and how precise that is (a month); the two days
between which it lies are what is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pyoxigraph as ox

from cspgraph.evidence import Place, statement_places
from cspgraph.names import Thing, called, text
from cspgraph.text import natural
from cspgraph.tracing.dependence import supports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine

# A date is asked for within each branch: apart from them, it would be joined to all of them at once.
_DATE = "?date csp:asPrinted ?when ; csp:earliest ?earliest ; csp:latest ?latest ."
_EVENTS = f"""
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?what ?when ?precision ?earliest ?latest ?s ?p ?o WHERE {{
  {{
    ?s csp:timescaleKind/skos:prefLabel ?what ; csp:when ?date . ?thing csp:timescale ?s . {_DATE}
    BIND(csp:when AS ?p) BIND(?date AS ?o) OPTIONAL {{ ?date csp:precision/skos:prefLabel ?precision }}
  }} UNION {{
    VALUES (?p ?what) {{ (csp:reviewDate "review") (csp:nextEvaluation "evaluation") }}
    ?thing ?p ?date . {_DATE} BIND(?thing AS ?s) BIND(?date AS ?o)
    OPTIONAL {{ ?date csp:precision/skos:prefLabel ?precision }}
  }} UNION {{
    VALUES ?runs {{ csp:Document csp:Programme csp:Fund csp:Award csp:Body }}
    ?o csp:ends ?date . ?thing csp:period ?o ; a ?runs . {_DATE}
    BIND(?thing AS ?s) BIND(csp:period AS ?p) BIND("end" AS ?what)
    OPTIONAL {{ ?date csp:precision/skos:prefLabel ?precision }}
  }} UNION {{
    ?s csp:horizon ?date . ?thing csp:target ?s . {_DATE} BIND(csp:horizon AS ?p) BIND(?date AS ?o) BIND("target" AS ?what)
    OPTIONAL {{ ?date csp:precision/skos:prefLabel ?precision }}
  }}
}} ORDER BY ?earliest ?latest ?thing ?what ?s
"""


@dataclass(frozen=True)
class Event:
    """A date by which something happens to a thing.

    `what` is end, review, due, evaluation, target ...; `when` as printed, with its `precision`; `earliest` and
    `latest` are ISO dates. `carries` is all that rests on the thing, however indirectly; `sole` what of it
    falls with the thing, having nothing else to rest on.
    """

    thing: Thing
    what: str
    when: str
    precision: str
    earliest: str
    latest: str
    place: Place
    carries: tuple[Thing, ...]
    sole: tuple[Thing, ...]
    brief: ClassVar[tuple[str, ...]] = ("when", "what", "thing", "thing_id", "evidence", "carries", "sole")

    def as_json(self) -> dict[str, object]:
        """Return the event as one object, the keys of which are a contract."""
        return {
            "thing": self.thing.cell(),
            "plan": self.thing.plan,
            "what": self.what,
            "when": self.when,
            "precision": self.precision,
            "earliest": self.earliest,
            "latest": self.latest,
            "evidence": self.place.cell(),
            "carries": [thing.cell() for thing in self.carries],
            "sole": [thing.cell() for thing in self.sole],
        }


def horizon(engine: Engine, first: str = "", last: str = "") -> list[Event]:
    """Return what happens between two days (ISO dates; open where empty), the earliest first.

    An event whose printed date is a month or a year is in when any of its days is.
    """
    rows = [
        (
            tuple(map(text, row[:6])),
            (ox.NamedNode(text(row[6])), ox.NamedNode(text(row[7])), ox.NamedNode(text(row[8]))),
        )
        for row in engine.recall(_EVENTS).rows
        if (not first or text(row[5]) >= first) and (not last or text(row[4]) <= last)
    ]
    resting = supports(engine)
    carried = {iri: resting.all_above(iri) for iri in dict.fromkeys(thing for (thing, *_), _ in rows)}
    falls = {iri: list(resting.fall([iri])) if above else [] for iri, above in carried.items()}
    named = called(engine, {*carried, *(iri for above in carried.values() for iri in above)})
    where = statement_places(engine, [statement for _, statement in rows])

    def tell(iris: Iterable[str]) -> tuple[Thing, ...]:
        known = [named[iri] for iri in iris if _whole(named[iri])]
        return tuple(
            sorted(known, key=lambda thing: (thing.kind != "Action", thing.kind, thing.plan, natural(thing.id)))
        )

    return [
        Event(
            named[thing],
            what,
            when,
            precision,
            earliest,
            latest,
            where[statement],
            tell(carried[thing]),
            tell(falls[thing]),
        )
        for (thing, what, when, precision, earliest, latest), statement in rows
    ]


def _whole(thing: Thing) -> bool:
    """Return whether it is a thing of its own: the state of an action in a year is told with the action."""
    return thing.kind not in ("PeriodState", "Share")
