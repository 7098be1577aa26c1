"""Everything known about one thing, in both directions, each statement with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pyoxigraph as ox

from cspgraph.evidence import Place, places, statement_places
from cspgraph.names import Thing, asked, text, things
from cspgraph.tables import Tabular
from cspgraph.terms import CSP, RDF, SKOS, local, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cspgraph.engines import Engine, Term
    from cspgraph.evidence import Statement as _Key
    from cspgraph.tables import Record

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
_REFS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?ref WHERE {{ VALUES ?thing {{ {values} }} ?thing skos:notation ?ref }} ORDER BY ?thing DESC(?ref)
"""
_LABELS = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?value ?label WHERE {{ VALUES ?value {{ {values} }} ?value skos:prefLabel ?label }} ORDER BY ?value DESC(?label)
"""


@dataclass(frozen=True)
class Statement:
    """One thing said: the relation, its label as read in this direction, and the value.

    The value is a Thing, a text or a number. A part of a thing, which has no reference of its own, brings its own
    statements; `part` is whether the value is one.
    """

    relation: str
    label: str
    value: Thing | str | int | object
    place: Place
    parts: tuple[Statement, ...] = ()
    part: bool = False

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
class Description(Tabular):
    """A thing, what is said of it, what says something of it, and its reference, if it has one."""

    thing: Thing
    place: Place
    says: tuple[Statement, ...]
    said: tuple[Statement, ...] = field(default=())
    ref: str = ""
    brief: ClassVar[tuple[str, ...]] = ("thing", "label", "value", "value_id", "evidence", "status")

    def records(self) -> list[Record]:
        """Return a row for each statement, those made by the thing before those made of it."""
        statements = (*self.says, *self.said)
        return [{"thing": self.thing.cell(), **one.as_json(), "parts": len(one.parts)} for one in statements]

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
    where, known = places(engine, [thing.iri for thing in wanted]), _Known(engine, wanted)
    return [
        Description(
            thing,
            where.get(thing.iri, Place()),
            known.says(thing.iri),
            known.said(thing.iri),
            known.refs.get(thing.iri, ""),
        )
        for thing in wanted
    ]


class _Known:
    """All that is said of some things, of their parts, and by whom; by IRI, read at once."""

    def __init__(self, engine: Engine, wanted: Iterable[Thing]) -> None:
        iris = {thing.iri for thing in wanted}
        out, level = _rows(engine, _OUT, iris), iris
        for _ in range(_DEEPEST):
            level = {text(value) for thing, _, value in out if text(thing) in level and _inside(thing, value)}
            out += _rows(engine, _OUT, level - iris)
        coming = [(source, relation, thing) for thing, relation, source in _rows(engine, _IN, iris)]
        every = [*dict.fromkeys(out), *coming]
        self._named = things(
            engine, {text(end) for s, _, o in every for end in (s, o) if isinstance(end, ox.NamedNode)}
        )
        self.refs = {text(thing): text(ref) for thing, ref in asked(engine.select, _REFS, iris | set(self._named))}
        self._others = _labels(engine, {text(o) for _, _, o in out if isinstance(o, ox.NamedNode)} - set(self._named))
        self._evidence, self._relations = statement_places(engine, every), _relations(engine)
        self._out, self._coming = _by(out, 0), _by(coming, 2)

    def says(self, iri: str, depth: int = 0) -> tuple[Statement, ...]:
        """Return what is said of a thing; a part of it brings what is said of the part."""
        found = []
        for key in self._out.get(iri, ()):
            _, relation, value = map(text, key)
            shown = self._named.get(value) if isinstance(key[2], ox.NamedNode) else None
            part = shown is not None and value not in self.refs and _inside(key[0], key[2])
            parts = self.says(value, depth + 1) if part and depth < _DEEPEST else ()
            label = self._relations.get(relation, ("", ""))[0] or local(relation)
            said = shown or _plain(key[2], self._others.get(value, ""))
            found.append(Statement(local(relation), label, said, self._evidence[key], parts, part))
        return _sorted(found)

    def said(self, iri: str) -> tuple[Statement, ...]:
        """Return what says something of a thing."""
        found = []
        for key in self._coming.get(iri, ()):
            source, relation, _ = map(text, key)
            label = self._relations.get(relation, ("", ""))[1] or f"{local(relation)} of"
            found.append(Statement(local(relation), label, self._named[source], self._evidence[key]))
        return _sorted(found)


def _inside(whole: Term, part: Term) -> bool:
    return isinstance(part, ox.NamedNode) and part.value.startswith(f"{text(whole)}/")


def _by(keys: Iterable[_Key], end: int) -> dict[str, list[_Key]]:
    found: dict[str, list[_Key]] = {}
    for key in dict.fromkeys(keys):
        found.setdefault(text(key[end]), []).append(key)
    return found


def _rows(engine: Engine, query: str, iris: Iterable[str]) -> list[_Key]:
    """Return the rows of a query for some things, each once; what only the machine needs is left out."""
    rows = asked(engine.select, query, iris)
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
