"""What local plans align to a priority of a framework, and what stands behind that: actions, indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.evidence import Place, Statement, places, statement_places
from cspgraph.names import Thing, asked, text, things
from cspgraph.terms import CSP

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine, Term

_ALIGNMENTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?with ?local ?plan ?alignment ?relationship ?basis ?rationale WHERE {{
  VALUES ?with {{ {values} }}
  ?alignment csp:with ?with . ?local csp:alignment ?alignment ; csp:inPlan ?plan .
  OPTIONAL {{ ?alignment csp:relationship/skos:prefLabel ?relationship }}
  OPTIONAL {{ ?alignment csp:basis/skos:prefLabel ?basis }}
  OPTIONAL {{ ?alignment csp:rationale ?rationale }}
}} ORDER BY ?with ?plan ?local ?alignment ?relationship ?basis ?rationale
"""
_INDICATORS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?priority ?indicator ?plan WHERE {{
  VALUES ?priority {{ {values} }}
  ?indicator csp:carries ?priority ; csp:inPlan ?plan .
}} ORDER BY ?priority ?plan ?indicator
"""
_ACTIONS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?local ?action ?part WHERE {{
  VALUES ?local {{ {values} }}
  ?part skos:broader* ?local . ?action csp:contributesTo ?part ; csp:kind csp:Action .
}} ORDER BY ?local ?action ?part
"""
_PLEDGES = ("Commitment", "RecordItem")


@dataclass(frozen=True)
class Support:
    """An action that contributes to `of`, or an indicator that stands in the plan `of`."""

    thing: Thing
    of: Thing
    place: Place

    def as_json(self) -> dict[str, object]:
        """Return the support as one object."""
        return {"thing": self.thing.cell(), "of": self.of.cell(), "evidence": self.place.cell()}


@dataclass(frozen=True)
class Alignment:
    """A local thing aligned to a priority of a framework, or to the framework as a whole."""

    plan: Thing
    local: Thing
    relationship: str
    basis: str
    rationale: str
    place: Place
    actions: tuple[Support, ...]

    @property
    def serves(self) -> bool:
        """Whether this makes a priority served: what a party pledges does not."""
        return self.local.kind not in _PLEDGES

    def as_json(self) -> dict[str, object]:
        """Return the alignment as one object."""
        return {
            "plan": self.plan.cell(),
            "local": self.local.cell(),
            "relationship": self.relationship,
            "basis": self.basis,
            "rationale": self.rationale,
            "evidence": self.place.cell(),
            "actions": [action.as_json() for action in self.actions],
        }


def alignments(engine: Engine, targets: Iterable[str]) -> dict[str, list[Alignment]]:
    """Return what is aligned to each of some priorities or documents, by their IRI, plan by plan."""
    rows = _rows(engine, _ALIGNMENTS, targets)
    named = things(engine, {text(term) for row in rows for term in row[1:3]}, recall=True)
    where = places(engine, (text(row[3]) for row in rows), recall=True)
    behind = _actions(engine, {text(row[1]) for row in rows})
    found: dict[str, list[Alignment]] = {}
    for target, local, plan, alignment, *said in rows:
        relationship, basis, rationale = map(text, said)
        place, actions = where.get(text(alignment), Place()), tuple(behind.get(text(local), ()))
        one = Alignment(named[text(plan)], named[text(local)], relationship, basis, rationale, place, actions)
        found.setdefault(text(target), []).append(one)
    return found


def indicators(engine: Engine, priorities: Iterable[str]) -> dict[str, list[Support]]:
    """Return the indicators that carry each of some priorities of a framework, by its IRI, plan by plan."""
    carries = ox.NamedNode(f"{CSP}carries")
    rows = _rows(engine, _INDICATORS, priorities)
    return _supports(engine, [(priority, (indicator, carries, priority), plan) for priority, indicator, plan in rows])


def _actions(engine: Engine, locals_: Iterable[str]) -> dict[str, list[Support]]:
    """Return the actions that contribute to each of some local priorities, or to a part of it, each once."""
    contributes = ox.NamedNode(f"{CSP}contributesTo")
    rows = _rows(engine, _ACTIONS, locals_)
    # An action may contribute to a priority and to its part: the priority itself goes before.
    rows.sort(key=lambda row: (text(row[0]), text(row[1]), row[2] != row[0]))
    first: dict[tuple[Term, Term], Term] = {}
    for local, action, part in rows:
        first.setdefault((local, action), part)
    return _supports(engine, [(local, (action, contributes, part), part) for (local, action), part in first.items()])


def _supports(engine: Engine, rows: list[tuple[Term, Statement, Term]]) -> dict[str, list[Support]]:
    """Return supports by what they are for; a row is that, the statement, and what to tell beside it."""
    where = statement_places(engine, [statement for _, statement, _ in rows], recall=True)
    named = things(engine, {text(term) for _, (subject, _, _), of in rows for term in (subject, of)}, recall=True)
    found: dict[str, list[Support]] = {}
    for target, statement, of in rows:
        found.setdefault(text(target), []).append(Support(named[text(statement[0])], named[text(of)], where[statement]))
    return found


def _rows(engine: Engine, query: str, iris: Iterable[str]) -> list[tuple[Term, ...]]:
    """Return the rows of a query for some IRIs, all columns of which are bound but for what is optional."""
    return list(asked(engine.recall, query, iris))  # type: ignore[arg-type]
