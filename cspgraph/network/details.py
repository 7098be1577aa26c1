"""Everything that the graph says of many things at once, for a page: statements in both directions, with places.

It is what `describe` says of one thing, asked for all of them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from cspgraph.answers import number
from cspgraph.describe import TECHNICAL
from cspgraph.evidence import Place, statement_places
from cspgraph.names import Thing, asked, text, things
from cspgraph.terms import CSP, ID, SKOS, local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine, Term

# A question for each thing: with many in a VALUES block and a variable predicate the engine reads everything.
_OUT = "SELECT ?relation ?value WHERE {{ <{thing}> ?relation ?value }} ORDER BY ?relation ?value"
_IN = "SELECT ?from ?relation WHERE {{ ?from ?relation <{thing}> ; <{kind}> ?kind }} ORDER BY ?from ?relation"
# One simple pattern a query: with OPTIONALs the engine reads every label there is for each lot of things.
_ONE = "SELECT ?thing ?value WHERE {{ VALUES ?thing {{ {values} }} ?thing <RELATION> ?value }} ORDER BY ?thing ?value"
_DEEPEST = 3


class Said(NamedTuple):
    """One statement: `value` is an id where `thing` is true, else text. A part brings its own statements."""

    subject: str
    relation: str
    value: str
    thing: bool
    place: Place
    parts: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Details:
    """What is said of some things or by them, the reference of each, and the names of all that is spoken of."""

    said: list[Said]
    refs: dict[str, str]
    named: dict[str, Thing]


class _Row(NamedTuple):
    subject: str
    relation: str
    value: Term
    label: str
    part: bool

    def key(self) -> tuple[ox.NamedNode, ox.NamedNode, Term]:
        return ox.NamedNode(self.subject), ox.NamedNode(self.relation), self.value


def details(engine: Engine, ids: Iterable[str]) -> Details:
    """Return everything known about the things with these ids, in both directions."""
    inside = {f"{ID}{name}" for name in ids}
    rows = _out(engine, inside)
    level = {text(row.value) for row in rows if row.part}
    within: list[_Row] = []
    for _ in range(_DEEPEST):
        more = _out(engine, level)
        within += more
        level = {text(row.value) for row in more if row.part}
    coming = [row for row in _coming(engine, inside) if row.subject not in inside]
    everything = [*rows, *within, *coming]
    values = {text(row.value) for row in everything if isinstance(row.value, ox.NamedNode)}
    named = things(engine, {row.subject for row in everything} | values)
    evidence = statement_places(engine, [row.key() for row in everything])
    by_subject: dict[str, list[_Row]] = {}
    for row in within:
        by_subject.setdefault(row.subject, []).append(row)
    made = [_said(row, evidence, named, by_subject, 0) for row in rows]
    made += [_said(row, evidence, named, {}, 0) for row in coming if row.subject in named]
    refs = {iri.removeprefix(ID): ref for iri, ref in _one(engine, inside, "notation").items()}
    return Details(made, refs, {thing.id: thing for thing in named.values()})


def _out(engine: Engine, subjects: set[str]) -> list[_Row]:
    found: dict[tuple[str, str, str], tuple[str, str, Term]] = {}
    for subject in sorted(subjects):
        for relation, value in engine.select(_OUT.format(thing=subject)).rows:
            if text(relation) not in TECHNICAL and value is not None:
                found.setdefault((subject, text(relation), str(value)), (subject, text(relation), value))
    values_of = {text(value) for _, _, value in found.values() if isinstance(value, ox.NamedNode)}
    labels, refs = _one(engine, values_of, "prefLabel"), _one(engine, values_of, "notation")
    return [
        _Row(subject, name, value, labels.get(text(value), ""), _is_part(subject, value, refs))
        for subject, name, value in found.values()
    ]


def _is_part(subject: str, value: Term, refs: dict[str, str]) -> bool:
    return isinstance(value, ox.NamedNode) and value.value not in refs and value.value.startswith(f"{subject}/")


def _coming(engine: Engine, targets: set[str]) -> list[_Row]:
    found = []
    for thing in sorted(targets):
        for source, relation in engine.select(_IN.format(thing=thing, kind=f"{CSP}kind")).rows:
            if text(relation) not in TECHNICAL and not text(source).startswith(f"{thing}/"):
                found.append(_Row(text(source), text(relation), ox.NamedNode(thing), "", part=False))
    return list(dict.fromkeys(found))


def _one(engine: Engine, iris: set[str], name: str) -> dict[str, str]:
    """Return one value of a property of SKOS for each of some nodes that have any."""
    found: dict[str, str] = {}
    for thing, value in asked(engine.select, _ONE.replace("RELATION", f"{SKOS}{name}"), iris):
        found.setdefault(text(thing), text(value))
    return found


def _said(
    row: _Row,
    evidence: dict[tuple[Term, Term, Term], Place],
    named: dict[str, Thing],
    within: dict[str, list[_Row]],
    depth: int,
) -> Said:
    subject, place = row.subject.removeprefix(ID), evidence[row.key()]
    parts: tuple[Said, ...] = ()
    if row.part and depth < _DEEPEST:
        inner = [_said(more, evidence, named, within, depth + 1) for more in within.get(text(row.value), [])]
        parts = tuple(sorted(inner, key=lambda said: (said.relation, said.value)))
    target = named.get(text(row.value)) if isinstance(row.value, ox.NamedNode) else None
    if target and not row.part:
        return Said(subject, local(row.relation), target.id, True, place, parts)
    shown = target.label if target else _plain(row.value, row.label)
    return Said(subject, local(row.relation), shown, False, place, parts)


def _plain(value: Term, label: str) -> str:
    if isinstance(value, ox.Literal):
        return str(number(value))
    return label or local(text(value))
