"""Comparison: two plans side by side, what both have and what only one has.

Two things are the same where they are one node, or where an exact match joins them. They are
like one another where the graph says that they may be the same (a close match of each other,
or of one third thing), where both are aligned to the same priority of a framework, or where
their names agree. Every pair says on which basis it was made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cspgraph.evidence import Place, places, statement_places, worst
from cspgraph.names import Thing, asked, text, things
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cspgraph.engines import Engine
    from cspgraph.evidence import Statement
    from cspgraph.findings import Counted

_HELD = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?s ?p ?says WHERE {{ {pattern} }} ORDER BY ?thing ?s ?p ?says
"""
# What a plan has of each: the thing, what is said of it, and the statement that says it has it, where the thing is shared.
_ASPECTS = {
    "priorities": """
      ?thing csp:inPlan ?plan ; csp:kind csp:Priority . FILTER NOT EXISTS { ?thing csp:framework ?framework }
      OPTIONAL { ?thing csp:tier/skos:prefLabel ?says }""",
    "partners": """
      ?plan csp:owner ?partnership . ?partnership csp:kind csp:Partnership ; csp:member ?s .
      ?s org:member ?thing BIND(org:member AS ?p)
      OPTIONAL { ?s csp:role/skos:prefLabel ?says }""",
    "leads": "?s csp:inPlan ?plan ; csp:kind csp:Action ; csp:ledBy ?thing BIND(csp:ledBy AS ?p)",
    "boards": """
      { ?thing csp:inPlan ?plan ; csp:kind csp:Board } UNION
      { ?s csp:inPlan ?plan ; csp:overseenBy ?thing . ?thing csp:kind csp:Board BIND(csp:overseenBy AS ?p) } UNION
      { ?s csp:inPlan ?plan ; csp:deliveredThrough ?thing . ?thing csp:kind csp:Board BIND(csp:deliveredThrough AS ?p) }
      OPTIONAL { ?thing csp:boardKind/skos:prefLabel ?says }""",
    "documents": """
      { SELECT ?p WHERE { ?p rdfs:subPropertyOf csp:dependsOn } }
      ?s csp:inPlan ?plan ; ?p ?thing FILTER(?thing != ?plan) FILTER EXISTS { ?thing a csp:Document }""",
    "measures": """
      ?thing csp:inPlan ?plan ; csp:kind csp:Indicator .
      OPTIONAL { ?thing csp:carries/skos:prefLabel ?priority BIND(CONCAT("for: ", ?priority) AS ?says) }""",
    "money": """
      ?s csp:inPlan ?plan ; csp:kind csp:Award ; csp:from ?thing BIND(csp:from AS ?p)
      OPTIONAL { ?said rdf:subject ?s ; rdf:predicate csp:amount ; csp:asPrinted ?printed }
      OPTIONAL { ?s csp:amount ?amount ; csp:currency ?currency BIND(CONCAT(?currency, " ", STR(?amount)) AS ?sum) }
      OPTIONAL { ?s csp:per/skos:prefLabel ?per }
      OPTIONAL { ?s csp:for ?for }
      BIND(CONCAT(COALESCE(?printed, ?sum, "no sum"), COALESCE(CONCAT(" per ", ?per), ""), COALESCE(CONCAT(", ", ?for), "")) AS ?says)""",
}
ASPECTS = (*_ASPECTS, "gaps")
_COUNTED = {"leads": "actions: {}", "documents": "resting on it: {}"}
_LINKS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?link ?other WHERE {{
  VALUES ?thing {{ {values} }}
  {{ ?thing skos:exactMatch ?other BIND("exact" AS ?link) }} UNION {{ ?other skos:exactMatch ?thing BIND("exact" AS ?link) }}
  UNION {{ ?thing skos:closeMatch ?other BIND("close" AS ?link) }} UNION {{ ?other skos:closeMatch ?thing BIND("close" AS ?link) }}
  UNION {{ ?thing csp:alignment/csp:with ?other . ?other csp:framework ?framework BIND("aligned" AS ?link) }}
}} ORDER BY ?thing ?link ?other
"""
# Words that say nothing about what a priority is about.
_EMPTY = re.compile(
    r"(a|address|against|an|and|at|by|focus|for|from|improve|in|including|of|on|or|other|our|prevent|preventing|reduce|reducing"
    r"|support|supporting|tackle|tackling|the|their|to|with)"
)


@dataclass(frozen=True)
class Side:
    """A thing as one plan has it: what the plan says of it, and where."""

    thing: Thing
    says: tuple[str, ...]
    place: Place

    def as_json(self) -> dict[str, object]:
        """Return the side as one object."""
        return {"thing": self.thing.cell(), "says": list(self.says), "evidence": self.place.cell()}


@dataclass(frozen=True)
class Row:
    """What the two plans have of one thing. `join` is `same`, `like`, or says which plan alone has it."""

    aspect: str
    join: str
    basis: tuple[str, ...]
    first: Side | None
    second: Side | None

    @property
    def status(self) -> str:
        """The worst status of the two sides."""
        return worst(*(side.place.status for side in (self.first, self.second) if side))

    def as_json(self) -> dict[str, object]:
        """Return the row as one object, the keys of which are a contract."""
        return {
            "aspect": self.aspect,
            "join": self.join,
            "basis": list(self.basis),
            "first": self.first.as_json() if self.first else None,
            "second": self.second.as_json() if self.second else None,
        }


def compare(engine: Engine, first: Thing, second: Thing, gaps: Iterable[Counted] = ()) -> list[Row]:
    """Return two plans side by side, aspect by aspect: what both have, then what only one has.

    `gaps` says how many findings each rule has in each plan, as `findings.count` returns it.
    """
    held = _held(engine, (first, second))
    links = _Links(engine, {side.thing for sides in held.values() for side in sides})
    rows = [row for aspect in _ASPECTS for row in _rows(aspect, held[aspect, first], held[aspect, second], links)]
    return [*rows, *_gaps(gaps, first, second)]


def _held(engine: Engine, plans: Iterable[Thing]) -> dict[tuple[str, Thing], list[Side]]:
    """Return what each plan has of each aspect, each thing once, where it was first read."""
    found: dict[tuple[str, Thing], dict[str, _Said]] = {}
    for aspect, pattern in _ASPECTS.items():
        for plan in plans:
            had = found.setdefault((aspect, plan), {})
            for thing, s, p, says in engine.recall(
                _HELD.format(pattern=pattern.replace("?plan", f"<{plan.iri}>"))
            ).rows:
                said = had.setdefault(text(thing), _Said([], []))
                if s and p and thing:
                    said.statements.append((s, p, thing))
                said.words.extend([text(says)] if says else [])
    every = {iri for had in found.values() for iri in had}
    named, where = things(engine, every, recall=True), places(engine, every, recall=True)
    firsts = [said.statements[0] for had in found.values() for said in had.values() if said.statements]
    stated = statement_places(engine, firsts, recall=True)
    sides = {
        (aspect, plan): [one.side(aspect, named[iri], stated, where.get(iri, Place())) for iri, one in had.items()]
        for (aspect, plan), had in found.items()
    }
    return {
        key: sorted(some, key=lambda side: (normal(side.thing.label), side.thing.id)) for key, some in sides.items()
    }


class _Said(NamedTuple):
    """The statements by which a plan has a thing, and what it says of it."""

    statements: list[Statement]
    words: list[str]

    def side(self, aspect: str, thing: Thing, stated: Mapping[Statement, Place], own: Place) -> Side:
        """Return this as a side: with the place of its first statement, or of the thing itself."""
        counted = [_COUNTED[aspect].format(len({s for s, _, _ in self.statements}))] if aspect in _COUNTED else []
        place = stated[self.statements[0]] if self.statements else own
        return Side(thing, (*dict.fromkeys(self.words), *counted), place)


def _rows(aspect: str, own: list[Side], other: list[Side], links: _Links) -> Iterator[Row]:
    """Yield the pairs, the same before the like, then what only the first has, then what only the second has."""
    pairs = [(a, b, *links.joined(a.thing, b.thing, by_words=aspect == "priorities")) for a in own for b in other]
    joined = [(a, b, join, basis) for a, b, join, basis in pairs if join]
    yield from (
        Row(aspect, join, basis, a, b) for a, b, join, basis in sorted(joined, key=lambda pair: pair[2] != "same")
    )
    left, right = {a.thing for a, *_ in joined}, {b.thing for _, b, *_ in joined}
    yield from (Row(aspect, "first", (), a, None) for a in own if a.thing not in left)
    yield from (Row(aspect, "second", (), None, b) for b in other if b.thing not in right)


def _gaps(gaps: Iterable[Counted], first: Thing, second: Thing) -> Iterator[Row]:
    """Yield how many findings each rule has in the two plans, in the order given."""
    for rule, _, found, *_ in gaps:
        own, other = (found[plan.id].rows if plan.id in found else 0 for plan in (first, second))
        if own or other:
            thing, join = (
                Thing(rule.name, rule.title, "rule"),
                "first" if not other else "second" if not own else "same",
            )
            sides = (Side(thing, (str(number),), Place()) if number else None for number in (own, other))
            yield Row("gaps", join, (), *sides)


class _Links:
    """What joins things of two plans: matches that the graph holds, alignments, and names."""

    def __init__(self, engine: Engine, compared: set[Thing]) -> None:
        found: dict[str, dict[str, set[str]]] = {"exact": {}, "close": {}, "aligned": {}}
        for thing, link, other in asked(engine.recall, _LINKS, (thing.iri for thing in compared)):
            found[text(link)].setdefault(text(thing), set()).add(text(other))
        self.exact, self.close, self.aligned = found.values()
        others = {other for links in found.values() for some in links.values() for other in some}
        # A third thing joins two only where it is shared: a plan's own "probation" may be either of two services.
        self.labels = {iri: thing.label for iri, thing in things(engine, others, recall=True).items() if not thing.plan}
        self.names = {thing: normal(thing.label) for thing in compared}
        self.words = {thing: _words(name) for thing, name in self.names.items()}

    def joined(self, own: Thing, other: Thing, *, by_words: bool) -> tuple[str, tuple[str, ...]]:
        """Return how two things are joined, `same`, `like` or not at all, and on which bases."""
        if own == other:
            return "same", ("one and the same",)
        if other.iri in self.exact.get(own.iri, ()):
            return "same", ("exact match",)
        if other.iri in self.close.get(own.iri, ()):
            basis = ["perhaps the same"]
        else:
            basis = [f'both perhaps "{label}"' for label in self._shared(self.close, own, other)]
        basis += [f'both aligned to "{label}"' for label in self._shared(self.aligned, own, other)]
        if self.names[own] == self.names[other]:
            basis.append("same name")
        elif by_words and (words := _shared_words(self.words[own], self.words[other])):
            basis.append(f'both names say "{words}"')
        return ("like" if basis else ""), tuple(basis)

    def _shared(self, links: Mapping[str, set[str]], own: Thing, other: Thing) -> list[str]:
        left, right = links.get(own.iri), links.get(other.iri)
        return sorted(self.labels[iri] for iri in left & right if iri in self.labels) if left and right else []


def _shared_words(left: Mapping[str, str], right: Mapping[str, str]) -> str:
    """Return the words that two names share: two at least and half of the shorter name, or half of all words."""
    shared = left.keys() & right.keys()
    enough = len(shared) > 1 and 2 * len(shared) >= min(len(left), len(right))
    enough = enough or 2 * len(shared) >= len(left.keys() | right.keys())
    return " ".join(word for stem, word in left.items() if stem in shared) if shared and enough else ""


def _words(name: str) -> dict[str, str]:
    """Return the words of a name that say something, by what is left of them without the s of a plural."""
    joined = name.replace("re offending", "reoffending").replace("non ", "non").replace("'s", "")
    return {word.removesuffix("s"): word for word in re.findall(r"[^\W_]+", joined) if not _EMPTY.fullmatch(word)}
