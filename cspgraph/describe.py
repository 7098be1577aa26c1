"""Everything known about one thing, in both directions, each statement with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.answers import number
from cspgraph.evidence import Place, places, statement_places
from cspgraph.names import Thing, text, things
from cspgraph.terms import CSP, RDF, SKOS, local

if TYPE_CHECKING:
    from cspgraph.engines import Engine, Term

_DEEPEST = 3
TECHNICAL = {
    *(
        f"{CSP}{name}"
        for name in ("kind", "inPlan", "locator", "status", "why", "dependsOn", "position", "absenceOf", "nameKey")
    ),
    *(f"{RDF}{name}" for name in ("type", "subject", "object", "predicate")),
    *(f"{SKOS}{name}" for name in ("prefLabel", "notation")),
}
_OUT = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?relation ?value ?label ?valueLabel WHERE {{
  {thing} ?relation ?value .
  OPTIONAL {{ ?shape sh:path ?relation ; skos:prefLabel ?label }}
  OPTIONAL {{ ?value skos:prefLabel ?valueLabel }}
}} ORDER BY ?relation ?value ?label
"""
_IN = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?relation ?from ?label WHERE {{
  ?from ?relation {thing} ; csp:kind ?kind .
  OPTIONAL {{ ?shape sh:path ?relation ; csp:inverseLabel ?label }}
}} ORDER BY ?relation ?from ?label
"""


@dataclass(frozen=True)
class Statement:
    """One thing said: the relation, its label as read in this direction, and the value.

    The value is a Thing, a text or a number. A part of a thing brings its own statements.
    """

    relation: str
    label: str
    value: Thing | str | int | object
    place: Place
    parts: tuple[Statement, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the statement as one object."""
        value = self.value.cell() if isinstance(self.value, Thing) else self.value
        found: dict[str, object] = {
            "relation": self.relation,
            "label": self.label,
            "value": value,
            "evidence": self.place.cell(),
        }
        return {**found, "parts": [part.as_json() for part in self.parts]} if self.parts else found


@dataclass(frozen=True)
class Description:
    """A thing, what is said of it, and what says something of it."""

    thing: Thing
    place: Place
    says: tuple[Statement, ...]
    said: tuple[Statement, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return the description as one object, the keys of which are a contract."""
        return {
            **self.thing.cell(),
            "iri": self.thing.iri,
            "plan": self.thing.plan,
            "evidence": self.place.cell(),
            "says": [statement.as_json() for statement in self.says],
            "said": [statement.as_json() for statement in self.said],
        }


def describe(engine: Engine, thing: Thing) -> Description:
    """Return everything known about a thing."""
    place = places(engine, [thing.iri]).get(thing.iri, Place())
    return Description(thing, place, _says(engine, thing, 0), _said(engine, thing))


def _says(engine: Engine, thing: Thing, depth: int) -> tuple[Statement, ...]:
    node = ox.NamedNode(thing.iri)
    rows = [row for row in engine.select(_OUT.format(thing=node)).rows if text(row[0]) not in TECHNICAL]
    unique = {(text(relation), value): (label, value_label) for relation, value, label, value_label in reversed(rows)}
    named = things(engine, (text(value) for _, value in unique if isinstance(value, ox.NamedNode)))
    keys = [(node, ox.NamedNode(relation), value) for relation, value in unique if value is not None]
    evidence = statement_places(engine, keys)
    found = []
    for key, (relation, value) in zip(keys, unique, strict=True):
        label, value_label = unique[relation, value]
        target = named.get(text(value)) if isinstance(value, ox.NamedNode) else None
        part = target is not None and target.id.startswith(f"{thing.id}/") and depth < _DEEPEST
        parts = _says(engine, target, depth + 1) if part and target else ()
        shown = target or _plain(value, value_label)
        found.append(Statement(local(relation), text(label) or local(relation), shown, evidence[key], parts))
    return tuple(sorted(found, key=lambda statement: (statement.label, _order(statement.value))))


def _said(engine: Engine, thing: Thing) -> tuple[Statement, ...]:
    node = ox.NamedNode(thing.iri)
    rows = [row for row in engine.select(_IN.format(thing=node)).rows if text(row[0]) not in TECHNICAL]
    named = things(engine, (text(source) for _, source, _ in rows))
    unique = {(text(relation), text(source)): text(label) for relation, source, label in reversed(rows)}
    keys = {key: (ox.NamedNode(key[1]), ox.NamedNode(key[0]), node) for key in unique}
    evidence = statement_places(engine, list(keys.values()))
    found = [
        Statement(local(relation), label or f"{local(relation)} of", named[source], evidence[keys[relation, source]])
        for (relation, source), label in unique.items()
        if not thing.id.startswith(f"{named[source].id}/")
    ]
    return tuple(sorted(found, key=lambda statement: (statement.label, _order(statement.value))))


def _plain(value: Term | None, label: Term | None) -> str | int | object:
    if isinstance(value, ox.Literal):
        return number(value)
    return text(label) or local(text(value))


def _order(value: object) -> tuple[str, str]:
    return ("", value.id) if isinstance(value, Thing) else ("~", str(value))
