"""Everything known about one thing, in both directions, each statement with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.answers import number
from cspgraph.evidence import Place, places, statement_places
from cspgraph.names import Thing, asked, text, things
from cspgraph.terms import CSP, RDF, SKOS, local

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
SELECT ?thing ?relation ?value WHERE {{
  VALUES ?thing {{ {values} }}
  ?thing ?relation ?value .
}}
"""  # sorted here: an engine takes many times as long for it
_IN = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?thing ?relation ?from WHERE {{
  VALUES ?thing {{ {values} }}
  ?from ?relation ?thing ; csp:kind ?kind .
}}
"""
_RELATIONS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?relation ?label ?inverse WHERE {
  ?shape sh:path ?relation ; skos:prefLabel ?label . OPTIONAL { ?shape csp:inverseLabel ?inverse }
} ORDER BY ?relation ?label ?inverse
"""
_LABELS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?value ?label WHERE {{ VALUES ?value {{ {values} }} ?value skos:prefLabel ?label }} ORDER BY ?value DESC(?label)
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
    return describe_all(engine, [thing])[0]


def describe_all(engine: Engine, wanted: Sequence[Thing]) -> list[Description]:
    """Return everything known about each of many things, read together."""
    where = places(engine, [thing.iri for thing in wanted])
    says, said = _says(engine, wanted, 0), _said(engine, wanted)
    return [
        Description(thing, where.get(thing.iri, Place()), says.get(thing.iri, ()), said.get(thing.iri, ()))
        for thing in wanted
    ]


def _says(engine: Engine, wanted: Iterable[Thing], depth: int) -> dict[str, tuple[Statement, ...]]:
    keys = _rows(engine, _OUT, wanted)
    iris = {text(value) for _, _, value in keys if isinstance(value, ox.NamedNode)}
    named, evidence, labels = things(engine, iris), statement_places(engine, keys), _relations(engine)
    other = _labels(engine, iris - set(named))
    inside = {
        text(value): named[text(value)]
        for thing, _, value in keys
        if text(value) in named and text(value).startswith(f"{text(thing)}/") and depth < _DEEPEST
    }
    parts = _says(engine, inside.values(), depth + 1) if inside else {}
    found: dict[str, list[Statement]] = {}
    for key in keys:
        thing, relation, value = map(text, key)
        shown = named.get(value) if isinstance(key[2], ox.NamedNode) else None
        within = parts.get(value, ()) if value in inside and value.startswith(f"{thing}/") else ()
        label = labels.get(relation, ("", ""))[0] or local(relation)
        said = shown or _plain(key[2], other.get(value, ""))
        found.setdefault(thing, []).append(Statement(local(relation), label, said, evidence[key], within))
    return {iri: _sorted(statements) for iri, statements in found.items()}


def _said(engine: Engine, wanted: Iterable[Thing]) -> dict[str, tuple[Statement, ...]]:
    rows = [(source, relation, thing) for thing, relation, source in _rows(engine, _IN, wanted)]
    named = things(engine, {text(source) for source, _, _ in rows})
    evidence, labels = statement_places(engine, rows), _relations(engine)
    found: dict[str, list[Statement]] = {}
    for key in rows:
        source, relation, thing = map(text, key)
        if not thing.startswith(f"{source}/"):
            label = labels.get(relation, ("", ""))[1] or f"{local(relation)} of"
            found.setdefault(thing, []).append(Statement(local(relation), label, named[source], evidence[key]))
    return {iri: _sorted(statements) for iri, statements in found.items()}


def _rows(engine: Engine, query: str, wanted: Iterable[Thing]) -> list[tuple[Term, Term, Term]]:
    """Return the rows of a query for some things, each once; what only the machine needs is left out."""
    rows = asked(engine.select, query, (thing.iri for thing in wanted))
    keys = {(a, b, c) for a, b, c in rows if text(b) not in TECHNICAL and a and b and c}
    return sorted(keys, key=lambda key: tuple(map(str, key)))


def _relations(engine: Engine) -> dict[str, tuple[str, str]]:
    """Return the labels of every relation, as read in one direction and in the other."""
    rows = [tuple(map(text, row)) for row in engine.recall(_RELATIONS).rows]
    return {relation: (label, inverse) for relation, label, inverse in reversed(rows)}


def _labels(engine: Engine, iris: Iterable[str]) -> dict[str, str]:
    return {text(value): text(label) for value, label in asked(engine.select, _LABELS, iris)}


def _sorted(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(sorted(statements, key=lambda statement: (statement.label, _order(statement.value))))


def _plain(value: Term, label: str) -> str | int | object:
    if isinstance(value, ox.Literal):
        return number(value)
    return label or local(text(value))


def _order(value: object) -> tuple[str, str]:
    return ("", value.id) if isinstance(value, Thing) else ("~", str(value))
