"""The graph as things with typed attributes and relations between them: what networks and tables are written from.

Every thing, and every part of a thing that says something of its own, is a node; a date or a period is not, but
attributes of what it belongs to: as printed, its precision, its first and last day. A relation between nodes is an
edge with its evidence. Derived statements (`csp:dependsOn`, superclasses) stay out: they follow from the rest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.evidence import Place
from cspgraph.export.rdf import quads
from cspgraph.judgements import judgements
from cspgraph.names import text
from cspgraph.terms import CSP, LABEL, RDF, SHARED, SKOS, XSD, local, number, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cspgraph.engines import Engine, Term
    from cspgraph.judgements import Judgement
    from cspgraph.ontology import Vocabulary

One = str | int | Decimal | bool | date
Value = One | tuple[One, ...]
Row = dict[str, Value]
TYPES: dict[str, tuple[type, ...]] = {"boolean": (bool,), "integer": (int,), "number": (int, Decimal), "date": (date,)}
_NOT_SAID = {
    *(f"{CSP}{name}" for name in ("kind", "inPlan", "locator", "status", "why", "dependsOn", "nameKey")),
    *(f"{RDF}type", LABEL),
}
_BARE = {"Date", "Period"}
_NODE = ("id", "label", "kind", "plan", "part", "source", "lines", "status", "why", "disputed")
_EDGE = ("from", "relation", "to", "label", "source", "lines", "status", "why", "disputed")


@dataclass(frozen=True)
class PropertyGraph:
    """Rows of things and rows of relations, in order; a key that a row lacks is unknown of it, several values are a tuple.

    A thing has `id label kind plan part` and its evidence, then what else is said of it; a relation has
    `from relation to label` and its evidence. `labels` has the label of each column that is a relation of the ontology.
    """

    things: list[Row]
    relations: list[Row]
    labels: dict[str, str]

    def columns(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the type of each column of the things and of the relations, as TYPES names it, or `string`."""
        return _columns(self.things, _NODE), _columns(self.relations, _EDGE)


def _columns(rows: Sequence[Row], first: Iterable[str]) -> dict[str, str]:
    values: dict[str, set[type]] = defaultdict(set)
    for row in rows:
        for key, value in row.items():
            values[key].add(type(value))
    names = [*first, *sorted(set(values) - set(first))]
    return {name: _type(values[name]) for name in names}


def _type(found: set[type]) -> str:
    return next((name for name, types in TYPES.items() if found and found <= set(types)), "string")


def property_graph(engine: Engine, vocabulary: Vocabulary) -> PropertyGraph:
    """Return the whole of an engine, the ontology left out, as things and relations."""
    return _Reader(engine, vocabulary).graph()


class _Reader:
    """One pass over the quads; everything else is looked up in what it kept."""

    def __init__(self, engine: Engine, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.facts: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        for quad in quads(engine):
            self.facts[text(quad.subject)].append((quad.predicate.value, quad.object))  # type: ignore[arg-type]
        self.kinds = {subject: local(text(kind)) for subject in self.facts if (kind := self.one(subject, f"{CSP}kind"))}
        self.concepts = {iri: word for words in vocabulary.concepts.values() for word, iri in words.items()}
        self.names = {path: self._name(path) for path in vocabulary.relations}
        self.statements = self._statements()
        self.disputes = [one for one in judgements(engine, "Disagreement") if not one.rule]

    def one(self, subject: str, predicate: str) -> Term | None:
        return next((value for path, value in self.facts.get(subject, ()) if path == predicate), None)

    def _name(self, path: str) -> str:
        """Return the column of a relation: its own name, since several words of plan files mean two relations."""
        relation = self.vocabulary.relations[path]
        name = local(path) if path.startswith(CSP) else relation.word
        return f"{name}_" if name in _NODE else name

    # ------------------------------------------------------------ evidence

    def place(self, subject: str) -> Place:
        """Return where a thing or a statement was read."""
        locator = text(self.one(subject, f"{CSP}locator"))
        source = short(text(self.one(locator, f"{CSP}inSource"))).removeprefix(f"{SHARED}/")
        status = local(text(self.one(subject, f"{CSP}status"))).removeprefix("status-") or "stated"
        lines, why = text(self.one(locator, f"{CSP}range")), text(self.one(subject, f"{CSP}why"))
        return Place(source, lines, status, why, text(self.one(subject, f"{CSP}asPrinted")))

    def _statements(self) -> dict[tuple[str, str, str], Place]:
        """Return the place of every statement that has one of its own."""
        found = {}
        for subject, facts in self.facts.items():
            said = dict(facts)
            if f"{RDF}subject" in said:
                key = (text(said[f"{RDF}subject"]), text(said[f"{RDF}predicate"]), str(said[f"{RDF}object"]))
                found[key] = self.place(subject)
        return found

    def disputed(self, place: Place, said: Sequence[Judgement]) -> Place:
        return replace(place, disputed="; ".join(map(str, said))) if said else place

    # ------------------------------------------------------------ rows

    def graph(self) -> PropertyGraph:
        nodes = sorted(subject for subject, kind in self.kinds.items() if kind not in _BARE)
        inside = set(nodes)
        things: list[Row] = []
        relations: list[Row] = []
        for subject in nodes:
            place = self.place(subject)
            things.append(self._thing(subject, place, inside))
            relations += self._relations(subject, place, inside)
        labels = {name: self.vocabulary.relations[path].label for path, name in self.names.items()}
        return PropertyGraph(things, relations, labels)

    def _thing(self, subject: str, place: Place, inside: set[str]) -> Row:
        against = [one for one in self.disputes if one.about == subject and not (one.relation or one.value)]
        kind = self.kinds[subject]
        row: Row = {
            "id": short(subject),
            "label": text(self.one(subject, LABEL)) or self.vocabulary.kind(kind).label,
            "kind": kind,
            "plan": short(text(self.one(subject, f"{CSP}inPlan"))),
            "part": self.one(subject, f"{SKOS}notation") is None,
            **_evidence(self.disputed(place, against)),
        }
        said: dict[str, list[One]] = defaultdict(list)
        for path, value in self.facts[subject]:
            if path not in _NOT_SAID and text(value) not in inside:
                self._attribute(said, subject, path, value)
        return row | {name: values[0] if len(values) == 1 else tuple(values) for name, values in said.items()}

    def _attribute(self, said: dict[str, list[One]], subject: str, path: str, value: Term) -> None:
        name = self.names.get(path) or local(path)
        place = self.statements.get((subject, path, str(value)))
        if self.kinds.get(text(value)) in _BARE:
            self._time(said, name, text(value))
        elif isinstance(value, ox.Literal):
            said[name].append(_typed(value))
        else:
            said[name].append(self.concepts.get(text(value)) or self.names.get(text(value)) or short(text(value)))
        if place and place.printed:
            said[f"{name}_printed"].append(place.printed)
        if place and (place.status != "stated" or str(place) != str(self.place(subject))):
            said["evidence"].append(f"{name} {place}{f' {place.doubt()}' if place.doubt() else ''}")

    def _time(self, said: dict[str, list[One]], name: str, node: str) -> None:
        """Write a date as printed, with its precision and its first and last day; a period also with its two dates."""
        for path, value in self.facts[node]:
            word = local(path)
            if word == "asPrinted":
                said[name].append(text(value))
            elif word in ("begins", "ends"):
                self._time(said, f"{name}_{word}", text(value))
            elif word == "precision":
                said[f"{name}_precision"].append(self.concepts.get(text(value), ""))
            elif word in ("earliest", "latest"):
                said[f"{name}_{word}"].append(date.fromisoformat(text(value)))

    def _relations(self, subject: str, place: Place, inside: set[str]) -> Iterable[Row]:
        for path, value in self.facts[subject]:
            target = text(value)
            if path in _NOT_SAID or target not in inside or isinstance(value, ox.Literal):
                continue
            own = self.statements.get((subject, path, str(value)), place)
            against = [one for one in self.disputes if one.meets(subject, local(path), target)]
            relation = self.vocabulary.relations.get(path)
            yield {
                "from": short(subject),
                "relation": local(path),
                "to": short(target),
                "label": relation.label if relation else local(path),
                **_evidence(self.disputed(own, against)),
            }


def _evidence(place: Place) -> dict[str, str]:
    return {key: getattr(place, key) for key in ("source", "lines", "status", "why", "disputed")}


def _typed(literal: ox.Literal) -> One:
    if literal.datatype.value == f"{XSD}date":
        return date.fromisoformat(literal.value)
    # A column is of one type whatever stands in it today: a decimal stays one without a fraction.
    return Decimal(literal.value) if literal.datatype.value == f"{XSD}decimal" else number(literal)


def plain(value: Value) -> str:
    """Return a value as text: several joined by bars, a truth as XML Schema writes it, a number without an exponent."""
    return " | ".join(texts(value))


def texts(value: Value) -> list[str]:
    """Return each of the values that a thing has for one column, as text; none for an empty one."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return [text] if text else []
