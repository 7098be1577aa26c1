"""To whom an action answers: by its leads and boards, and theirs, up to the partnership, or to where the document stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.evidence import worst
from cspgraph.names import Thing, asked, text, things
from cspgraph.tracing.dependence import Edge
from cspgraph.tracing.paths import hops

if TYPE_CHECKING:
    from cspgraph.engines import Engine
    from cspgraph.tracing.paths import Hop

# A board serves a priority, a body has a membership: both are told upwards, from who answers to who is answered to.
_ANSWERS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?from ?to ?relation ?label ?s ?p ?o WHERE {{
  {{
    VALUES ?from {{ {values} }}
    VALUES (?relation ?label) {{
      (csp:ledBy "led by") (csp:onBehalfOf "led on behalf of") (csp:overseenBy "overseen by") (csp:postIn "post in") (csp:unitOf "unit of")
      (csp:accountableTo "accountable to") (csp:reportsTo "reports to") (csp:contributesTo "contributes to") (skos:broader "part of")
    }}
    ?from ?relation ?to ; csp:kind ?kind .
    BIND(?from AS ?s) BIND(?relation AS ?p) BIND(?to AS ?o)
  }} UNION {{
    VALUES ?from {{ {values} }}
    ?to csp:servesPriority ?from .
    BIND(csp:servesPriority AS ?relation) BIND("served by" AS ?label) BIND(?to AS ?s) BIND(csp:servesPriority AS ?p) BIND(?from AS ?o)
  }} UNION {{
    VALUES ?from {{ {values} }}
    ?membership org:member ?from . ?to csp:member ?membership .
    BIND(csp:member AS ?relation) BIND("member of" AS ?label) BIND(?membership AS ?s) BIND(org:member AS ?p) BIND(?from AS ?o)
  }}
}} ORDER BY ?from ?to ?relation ?s
"""
_LONGEST = 8


@dataclass(frozen=True)
class Chain:
    """One way up from a thing. `whole` is whether it meets the partnership that owns the plan."""

    start: Thing
    hops: tuple[Hop, ...]
    whole: bool

    @property
    def end(self) -> Thing:
        """Where the document stops: nothing says to whom this answers."""
        return self.hops[-1].target if self.hops else self.start

    @property
    def status(self) -> str:
        """The worst status among the hops."""
        return worst(*(hop.place.status for hop in self.hops))

    def as_json(self) -> dict[str, object]:
        """Return the chain as one object, the keys of which are a contract."""
        return {
            "of": self.start.cell(),
            "end": self.end.cell(),
            "whole": self.whole,
            "status": self.status,
            "path": [hop.as_json() for hop in self.hops],
        }


def chains(engine: Engine, start: Thing) -> list[Chain]:
    """Return the ways up from a thing, those that reach a partnership first, the short before the long.

    A way ends where nothing says to whom the last body answers; what belongs to another plan is not followed.
    Of the ways that begin with the same body and end with the same, the shortest is told.
    """
    ways, known = _ways(engine, start)
    found = _climb(ways, known, start)
    hop = hops(engine, (step for path in found for step in path), known)
    told = [
        Chain(start, tuple(hop[step] for step in path), any(known[step.target].kind == "Partnership" for step in path))
        for path in found
    ]
    told.sort(key=lambda chain: (not chain.whole, len(chain.hops), [hop.target.id for hop in chain.hops]))
    shortest: dict[tuple[Thing, Thing], Chain] = {}
    for chain in told:
        first = next(hop.target for hop in chain.hops if hop.target.kind != "Priority")
        shortest.setdefault((first, chain.end), chain)
    return list(shortest.values())


def _ways(engine: Engine, start: Thing) -> tuple[dict[str, list[Edge]], dict[str, Thing]]:
    """Return what answers to what from a thing on, step by step, as far as a way is followed; and the things met."""
    ways: dict[str, list[Edge]] = {}
    known = {start.iri: start}
    asking = [start.iri]
    for _ in range(_LONGEST):
        for row in asked(engine.select, _ANSWERS, asking):
            source, target, relation, label, s, p, o = map(text, row)
            ways.setdefault(source, []).append(Edge(source, target, relation, (s, p, o), label))
        steps = [step for here in asking for step in ways.get(here, ())]
        known |= things(engine, {step.target for step in steps} - known.keys())
        asking = sorted({step.target for step in steps if _follows(step, known, start)} - ways.keys())
        if not asking:
            break
    return ways, known


def _climb(ways: dict[str, list[Edge]], known: dict[str, Thing], start: Thing) -> list[tuple[Edge, ...]]:
    found: list[tuple[Edge, ...]] = []
    waiting: list[tuple[Edge, ...]] = [()]
    while waiting:
        path = waiting.pop()
        here = path[-1].target if path else start.iri
        met = {start.iri, *(step.target for step in path)}
        further = [step for step in ways.get(here, ()) if step.target not in met and _follows(step, known, start)]
        if path and known[here].kind == "Partnership":
            further = [step for step in further if step.label in ("accountable to", "reports to", "overseen by")]
        if len(path) == _LONGEST or not further:
            if path and known[here].kind != "Priority":  # a priority answers to nobody by itself
                found.append(path)
        else:
            waiting += [(*path, step) for step in further]
    return found


def _follows(step: Edge, known: dict[str, Thing], start: Thing) -> bool:
    target = known.get(step.target)
    return target is not None and target.plan in ("", start.plan)
