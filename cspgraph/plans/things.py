"""One thing of a plan file: words to relations, text to typed values, parts to nodes of their own.

Nothing here knows a kind or a relation by name beyond what the syntax itself needs: the
evidence, dates, stated absence. All else comes from the vocabulary.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cspgraph.plans.context import ABSENT, Context, slug
from cspgraph.plans.dates import PrintedDate, PrintedPeriod, parse_date, parse_period
from cspgraph.plans.markup import Mapping, Node, Scalar, Sequence
from cspgraph.plans.model import Entity, Evidence, Fact, Reference, Resource, Text
from cspgraph.plans.values import parse_value
from cspgraph.terms import CSP, XSD
from cspgraph.text import with_article

if TYPE_CHECKING:
    from cspgraph.ontology import Kind, Relation

DATE, PERIOD = f"{CSP}Date", f"{CSP}Period"


def read_thing(
    context: Context, kind: Kind, iri: str, key: str, body: Mapping, line: int = 0, parent: Entity | None = None
) -> Entity:
    """Read a thing, or a part of one, and keep it in the file."""
    entity = _keep(context, Entity(iri, kind, key, line or body.line, context.file, parent))
    seen: dict[str, int] = {}
    for word, value in body.items:
        if word.text in seen:
            message = f"'{word.text}' stands twice in {context.name(entity)}"
            context.problem(word.line, message, f"the first is on line {seen[word.text]}", "twice")
        seen.setdefault(word.text, word.line)
        _word(context, entity, word, value)
        if word.text == kind.head and isinstance(value, Scalar):
            entity.head = context.evidence(value)[0]
    if parent is None:
        context.check_place(entity)
    return entity


def _keep(context: Context, entity: Entity) -> Entity:
    """Keep an entity under its name; a name taken already is a problem, and the first keeps it."""
    twin = context.file.entities.setdefault(entity.iri, entity)
    if twin is not entity:
        name = entity.key or entity.kind.label
        where = f" in {context.name(entity.parent)}" if entity.parent else ""
        hint = f"the first is on line {twin.line}: rename one of them"
        message = f"'{name}' is the name of two things{where}"
        # A part is named parent/relation/key; one that is alone in its relation, such as a date, parent/relation.
        if entity.parent and "/" not in entity.iri.removeprefix(f"{entity.parent.iri}/"):
            message = f"{context.name(entity.parent)} has two values where one can stand: '{twin.key}' and '{name}'"
            hint = f"the first is on line {twin.line}: take one of them out"
        context.problem(entity.line, message, hint, "twice")
    return entity


def _word(context: Context, entity: Entity, word: Scalar, value: Node) -> None:
    if word.text in ("lines", "status", "why"):
        if isinstance(value, Scalar):
            context.own_evidence(entity, word.text, value)
        else:
            context.problem(
                value.line, f"'{word.text}' must be one value", "ranges are joined by commas: 12-15,18", "shape"
            )
        return
    relation = entity.kind.words.get(word.text)
    if relation is None:
        sections = context.vocabulary.sections if entity.kind.name == "Plan" else ()
        context.unknown(word, [*entity.kind.words, *sections], with_article(entity.kind.label))
    elif isinstance(value, Sequence):
        for item in value.items:
            if isinstance(item, Scalar):
                _scalar(context, entity, relation, item, listed=True)
            else:
                hint = "a colon followed by a space makes a group of a value: leave the colon out"
                context.problem(item.line, f"'{relation.word}' takes a list of plain values", hint, "shape")
    elif isinstance(value, Mapping):
        _nested(context, entity, relation, value, word.line)
    elif isinstance(value, Scalar):
        _scalar(context, entity, relation, value)


def _say(
    entity: Entity, relation: Relation, value: Reference | Resource | Text, line: int, evidence: Evidence | None = None
) -> None:
    entity.facts.append(Fact(relation, value, line, evidence or Evidence()))


def _scalar(context: Context, entity: Entity, relation: Relation, node: Scalar, *, listed: bool = False) -> None:
    text, evidence = context.evidence(node)
    concepts = context.concepts(relation)
    if not text:
        hint = "leave the word out, or write none, tbc or n/a"
        context.problem(node.line, f"'{relation.word}' has no value", hint, "shape")
    elif node.plain and text in ABSENT and text not in concepts:
        _absence(context, entity, relation, text, node.line, evidence)
    elif relation.literal:
        _literal(context, entity, relation, text, node, evidence)
    elif DATE in relation.classes or PERIOD in relation.classes:
        _time(context, entity, relation, text, node.line, evidence)
    elif concepts and text not in concepts:
        context.not_among(node, concepts, with_article(relation.label), text)
    elif concepts:
        _say(entity, relation, Resource(concepts[text]), node.line, evidence)
    elif relation.part:
        _part(context, entity, relation, text, node, evidence, listed=listed)
    else:
        _say(entity, relation, Reference(text), node.line, evidence)


def _literal(context: Context, entity: Entity, relation: Relation, text: str, node: Scalar, evidence: Evidence) -> None:
    try:
        value = parse_value(text, relation.datatype)
    except ValueError as error:
        context.problem(node.line, f"{relation.word}: {error}", "", "datatype")
        _say(entity, relation, Text(text, f"{XSD}string"), node.line, evidence)
        return
    meant = (
        f"what stands here: {relation.definition[0].lower()}{relation.definition[1:]}" if relation.definition else ""
    )
    if relation.pattern and not re.search(relation.pattern, value.lexical):
        message = f"{relation.word}: '{text}' does not have the form {relation.pattern}"
        context.problem(node.line, message, meant, "pattern")
    if relation.least and Decimal(value.lexical) < Decimal(relation.least):
        context.problem(node.line, f"{relation.word}: '{text}' is less than {relation.least}", meant, "least")
    _say(entity, relation, Text(value.lexical, value.datatype, value.printed), node.line, evidence)
    unit = next((other for other in entity.kind.words.values() if other.path == relation.unit_in), None)
    if value.unit and unit and not any(fact.relation is unit for fact in entity.facts):
        _say(entity, unit, Text(value.unit, f"{XSD}string"), node.line, evidence)


def _absence(context: Context, entity: Entity, relation: Relation, text: str, line: int, evidence: Evidence) -> None:
    """Write down what the document says it does not give, as a node: never as a missing triple."""
    kind = context.vocabulary.kind("Absence")
    child = _child(context, entity, kind, f"absent/{relation.word}", text, line, evidence)
    child.head = relation.label
    _say(child, kind.words["absenceOf"], Resource(relation.path), line)
    _say(child, kind.words["absenceKind"], Resource(context.vocabulary.concepts[f"{CSP}AbsenceKind"][text]), line)
    _say(entity, context.vocabulary.relations[f"{CSP}absent"], Resource(child.iri), line, evidence)


# -------------------------------------------------------------------- time


def _time(context: Context, entity: Entity, relation: Relation, text: str, line: int, evidence: Evidence) -> None:
    try:
        value = parse_period(text) if PERIOD in relation.classes else parse_date(text)
    except ValueError as error:
        context.problem(line, f"{relation.word}: {error}", "", "date")
        return
    _dated(context, entity, relation, value, line, evidence)


def _dated(
    context: Context,
    entity: Entity,
    relation: Relation,
    value: PrintedDate | PrintedPeriod,
    line: int,
    evidence: Evidence,
) -> None:
    kind = context.vocabulary.kind("Period" if isinstance(value, PrintedPeriod) else "Date")
    child = _child(context, entity, kind, relation.word, value.printed, line, evidence)
    child.head = value.printed
    _say(child, kind.words["asPrinted"], Text(value.printed, f"{XSD}string"), line)
    if isinstance(value, PrintedPeriod):
        for word, edge in (("begins", value.begins), ("ends", value.ends)):
            if edge:
                _dated(context, child, kind.words[word], edge, line, Evidence())
    else:
        precision = context.vocabulary.concepts[f"{CSP}Precision"][value.precision]
        _say(child, kind.words["precision"], Resource(precision), line)
        _say(child, kind.words["earliest"], Text(value.earliest.isoformat(), f"{XSD}date"), line)
        _say(child, kind.words["latest"], Text(value.latest.isoformat(), f"{XSD}date"), line)
    _say(entity, relation, Resource(child.iri), line, evidence)


# -------------------------------------------------------------------- parts


def _child(context: Context, parent: Entity, kind: Kind, tail: str, key: str, line: int, evidence: Evidence) -> Entity:
    return _keep(context, Entity(f"{parent.iri}/{tail}", kind, key, line, context.file, parent, evidence))


def _link(context: Context, entity: Entity, relation: Relation, child: Entity) -> None:
    if context.file.entities.get(child.iri) is child:
        _say(entity, relation, Resource(child.iri), child.line, child.evidence)


def _kind_of_parts(context: Context, relation: Relation, line: int) -> Kind | None:
    if len(relation.classes) == 1 and relation.classes[0] in context.vocabulary.kinds:
        kind = context.vocabulary.kinds[relation.classes[0]]
        if relation.part or kind.head:
            return kind
    hint = "give the thing a place in its own section"
    context.problem(line, f"'{relation.word}' takes the name of a thing", hint, "shape")
    return None


def _nested(context: Context, entity: Entity, relation: Relation, node: Mapping, line: int) -> None:
    """Read what is written inside a thing: one part where only one may stand, else parts by their keys."""
    if relation.literal or context.concepts(relation):
        context.problem(node.line, f"'{relation.word}' takes one plain value", "", "shape")
        return
    kind = _kind_of_parts(context, relation, node.line)
    if not kind:
        return
    if entity.kind.single(relation):
        child = read_thing(context, kind, f"{entity.iri}/{relation.word}", "", node, line, entity)
        _link(context, entity, relation, child)
        return
    for position, (key, value) in enumerate(node.items, start=1):
        tail = f"{relation.word}/{slug(key.text)}"
        if isinstance(value, Sequence):
            for item in value.items:
                _keyed(context, entity, relation, kind, key, item, f"{tail}/{_name(context, kind, item)}", position)
        else:
            _keyed(context, entity, relation, kind, key, value, tail, position)


def _name(context: Context, kind: Kind, item: Node) -> str:
    """Return what tells several parts under one key apart: the head of each."""
    if isinstance(item, Mapping):
        heads = [value for word, value in item.items if word.text == kind.head and isinstance(value, Scalar)]
        item = heads[0] if heads else item
    return slug(context.evidence(item)[0]) if isinstance(item, Scalar) else "x"


def _keyed(
    context: Context,
    entity: Entity,
    relation: Relation,
    kind: Kind,
    key: Scalar,
    value: Node,
    tail: str,
    position: int,
) -> None:
    if isinstance(value, Mapping):
        child = read_thing(context, kind, f"{entity.iri}/{tail}", key.text, value, key.line, entity)
    elif isinstance(value, Scalar):
        text, evidence = context.evidence(value)
        child = _child(context, entity, kind, tail, key.text, key.line, evidence)
        if text:
            child.head = text
            _scalar(context, child, kind.words[kind.head], Scalar(value.line, value.span, text, value.plain))
    else:
        context.problem(value.line, f"'{key.text}' takes plain values", "", "shape")
        return
    if kind.key and not any(fact.relation is kind.words[kind.key] for fact in child.facts):
        _scalar(context, child, kind.words[kind.key], Scalar(key.line, key.span, key.text, plain=False))
    child.position = position
    _link(context, entity, relation, child)


def _part(
    context: Context, entity: Entity, relation: Relation, text: str, node: Scalar, evidence: Evidence, *, listed: bool
) -> None:
    """Read a part written as a plain value: its head, or in a list of parts with a key, its key."""
    kind = _kind_of_parts(context, relation, node.line)
    if not kind:
        return
    word = kind.key if listed and kind.key else kind.head or kind.key
    single = entity.kind.single(relation)
    tail = relation.word if single else f"{relation.word}/{slug(text)}"
    child = _child(context, entity, kind, tail, "" if single else text, node.line, evidence)
    child.head = text
    child.position = sum(fact.relation is relation for fact in entity.facts) + 1
    _scalar(context, child, kind.words[word], Scalar(node.line, node.span, text, node.plain))
    _link(context, entity, relation, child)
