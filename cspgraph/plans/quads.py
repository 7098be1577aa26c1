"""Entities to quads: names, evidence, and what follows from the ontology.

Every statement stands once, in the graph of the file that makes it. What is derived is
told apart by its term: `csp:kind` is the class as written, further types follow from it;
`csp:dependsOn` is never written by hand.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyoxigraph as ox

from cspgraph.plans.model import Reference, Resource, Text
from cspgraph.terms import CSP, DEPENDS_ON, GRAPH, ID, LABEL, OWL, RDF, SHARED, SKOS, XSD
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.ontology import Vocabulary
    from cspgraph.plans.model import Entity, Fact, PlanFile
    from cspgraph.sources import Locator

Term = ox.NamedNode | ox.Literal
Triple = tuple[ox.NamedNode, ox.NamedNode, Term]


@lru_cache(maxsize=50_000)
def _iri(text: str) -> ox.NamedNode:
    return ox.NamedNode(text)


@lru_cache(maxsize=1_000)
def _quoted(name: str) -> str:
    return quote(name)


_TYPE, _LABEL, _NOTATION = _iri(f"{RDF}type"), _iri(LABEL), _iri(f"{SKOS}notation")
_KIND, _IN_PLAN, _POSITION = _iri(f"{CSP}kind"), _iri(f"{CSP}inPlan"), _iri(f"{CSP}position")
_LOCATOR, _STATUS, _WHY, _PRINTED = (
    _iri(f"{CSP}locator"),
    _iri(f"{CSP}status"),
    _iri(f"{CSP}why"),
    _iri(f"{CSP}asPrinted"),
)
_IN_SOURCE, _RANGE, _FIRST, _LAST = (_iri(f"{CSP}{name}") for name in ("inSource", "range", "firstLine", "lastLine"))
_INTEGER, _STATEMENT = _iri(f"{XSD}integer"), _iri(f"{RDF}Statement")
_PARTS = tuple(_iri(f"{RDF}{name}") for name in ("subject", "predicate", "object"))
_DEPENDS, _NAME_KEY = _iri(DEPENDS_ON), _iri(f"{CSP}nameKey")
_BARE = {f"{CSP}Date", f"{CSP}Period", f"{CSP}Absence"}


def graph_name(short_name: str) -> ox.NamedNode:
    """Return the IRI of the named graph of a plan, or of the shared things."""
    return _iri(f"{GRAPH}{short_name}")


def file_quads(file: PlanFile, vocabulary: Vocabulary, seen: set[Triple] | None = None) -> Iterator[ox.Quad]:
    """Yield the quads of one file, each once, in the order of the file.

    `seen` holds what files before it have put into the same graph, and takes what this one adds.
    """
    graph = graph_name(file.graph)
    seen = set() if seen is None else seen
    writer = _Writer(file, vocabulary)
    for entity in file.entities.values():
        for triple in writer.entity(entity):
            if triple not in seen:
                seen.add(triple)
                yield ox.Quad(*triple, graph)


class _Writer:
    def __init__(self, file: PlanFile, vocabulary: Vocabulary) -> None:
        self.file = file
        self.vocabulary = vocabulary
        self.base = file.base
        self.places: dict[Locator, ox.NamedNode] = {}
        self.statuses = {word: _iri(iri) for word, iri in vocabulary.concepts[f"{CSP}Status"].items()}
        self.types = {
            iri: [_iri(name) for name in kind.ancestors if name != f"{OWL}Thing"]
            for iri, kind in vocabulary.kinds.items()
        }

    def entity(self, entity: Entity) -> Iterator[Triple]:
        subject = _iri(entity.iri)
        yield subject, _KIND, _iri(entity.kind.iri)
        for name in self.types[entity.kind.iri]:
            yield subject, _TYPE, name
        if entity.title():
            yield subject, _LABEL, ox.Literal(entity.title())
        for known_as in self._names(entity):
            yield subject, _NAME_KEY, ox.Literal(normal(known_as))
        if entity.parent is None and entity.key and not any(fact.relation.word == "ref" for fact in entity.facts):
            yield subject, _NOTATION, ox.Literal(entity.key)
        if self.file.plan:
            yield subject, _IN_PLAN, _iri(self.base)
        if entity.position:
            yield subject, _POSITION, ox.Literal(str(entity.position), datatype=_INTEGER)
        yield from self._evidence(entity, subject)
        for fact in entity.facts:
            yield from self._fact(entity, subject, fact)

    def _names(self, entity: Entity) -> list[str]:
        """Return all by which a thing is looked up; the wording of a mention is a name of what it mentions."""
        if entity.parent is None:
            aliases = [fact.value for fact in entity.facts if fact.relation.word in ("title", "alias", "ref")]
            return [entity.key, *(value.lexical for value in aliases if isinstance(value, Text))]
        wordings = [fact.value for fact in entity.facts if fact.relation.path == f"{CSP}wording"]
        about = any(fact.relation.path == f"{CSP}of" for fact in entity.facts)
        return [value.lexical for value in wordings if isinstance(value, Text)] if about else []

    def _evidence(self, entity: Entity, subject: ox.NamedNode) -> Iterator[Triple]:
        at = entity.place()
        if at and at.source:
            yield from self._located(subject, at)
        if entity.kind.iri not in _BARE or entity.evidence.status:
            yield subject, _STATUS, self.statuses[self._status(entity)]
        if entity.evidence.why:
            yield subject, _WHY, ox.Literal(entity.evidence.why)

    def _status(self, entity: Entity) -> str:
        while not entity.evidence.status and entity.parent is not None:
            entity = entity.parent
        return entity.evidence.status or "stated"

    def source(self, locator: Locator) -> ox.NamedNode:
        return _iri(f"{ID}{SHARED}/{_quoted(locator.source)}")

    def _located(self, subject: ox.NamedNode, locator: Locator) -> Iterator[Triple]:
        """Yield where a thing was read; the place itself only once, since many cite it."""
        place = self.places.get(locator)
        if place is None:
            place = self.places[locator] = self._named(locator)
            yield from self._place(place, locator)
        yield subject, _LOCATOR, place

    def _named(self, locator: Locator) -> ox.NamedNode:
        """Return the name of a place, the same for all that cite it from this file's graph."""
        return _iri(f"{self.base}/at/{_quoted(locator.source)}/{quote(locator.text or 'whole', safe=':,-')}")

    def _place(self, place: ox.NamedNode, locator: Locator) -> Iterator[Triple]:
        kind = self.vocabulary.kind("Locator")
        for name in self.types[kind.iri]:
            yield place, _TYPE, name
        yield place, _IN_SOURCE, self.source(locator)
        if locator.ranges:
            yield place, _RANGE, ox.Literal(locator.text)
            yield place, _FIRST, ox.Literal(str(locator.first), datatype=_INTEGER)
            yield place, _LAST, ox.Literal(str(locator.last), datatype=_INTEGER)

    def _fact(self, entity: Entity, subject: ox.NamedNode, fact: Fact) -> Iterator[Triple]:
        path, value = _iri(fact.relation.path), _term(fact.value)
        if value is None:
            return
        yield subject, path, value
        printed = fact.value.printed if isinstance(fact.value, Text) else ""
        if fact.evidence or printed:
            yield from self._statement(entity, (subject, path, value), fact, printed)
        if fact.relation.path in self.vocabulary.depends:
            yield subject, _DEPENDS, value
        elif fact.relation.path in self.vocabulary.depends_inverse and isinstance(value, ox.NamedNode):
            yield value, _DEPENDS, subject

    def _statement(self, entity: Entity, triple: Triple, fact: Fact, printed: str) -> Iterator[Triple]:
        at = fact.evidence.at or entity.place()
        statement = ox.NamedNode(f"{self.base}/statement/{_fingerprint(triple, at)}")
        yield statement, _TYPE, _STATEMENT
        for part, term in zip(_PARTS, triple, strict=True):
            yield statement, part, term
        if at and at.source:
            yield from self._located(statement, at)
        yield statement, _STATUS, self.statuses[fact.evidence.status or self._status(entity)]
        if fact.evidence.why:
            yield statement, _WHY, ox.Literal(fact.evidence.why)
        if printed:
            yield statement, _PRINTED, ox.Literal(printed)


def _term(value: Reference | Resource | Text) -> Term | None:
    if isinstance(value, Text):
        return (
            ox.Literal(value.lexical)
            if value.datatype == f"{XSD}string"
            else ox.Literal(value.lexical, datatype=_iri(value.datatype))
        )
    return _iri(value.iri) if value.iri else None


def _fingerprint(triple: Triple, at: Locator | None) -> str:
    text = "\0".join([*map(str, triple), at.source if at else ""])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(quads: Iterable[ox.Quad]) -> list[ox.Quad]:
    """Return quads in the one order in which they are written out: graph, subject, predicate, object."""
    return sorted(
        quads, key=lambda quad: (str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object))
    )
