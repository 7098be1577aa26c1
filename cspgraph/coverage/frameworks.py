"""A framework, and what the local plans make of it.

A framework is a document whose priorities are in the graph: a Police and Crime Plan, a
national strategy, a corporate plan. A priority of it is served when a local priority or
action is aligned to it. An indicator that carries it, or a pledge of a party, is told
beside that and does not make it served.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cspgraph.columns import columns_of
from cspgraph.coverage.alignments import Alignment, Support, alignments, indicators
from cspgraph.coverage.succession import Successor, successors
from cspgraph.evidence import Place, places, statement_places
from cspgraph.names import Thing, asked, text, things
from cspgraph.tables import Tabular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.engines import Engine, Term
    from cspgraph.tables import Record

_PRIORITIES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?framework ?level ?period ?priority ?tier WHERE {
  ?priority csp:framework ?framework .
  OPTIONAL { ?framework csp:level/skos:prefLabel ?level }
  OPTIONAL { ?framework csp:period/csp:asPrinted ?period }
  OPTIONAL { ?priority csp:tier/skos:prefLabel ?tier }
} ORDER BY ?framework ?tier ?priority ?level ?period
"""
_CITING = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?subject ?relation ?object WHERE {{
  VALUES ?object {{ {values} }}
  ?subject ?relation ?object .
  FILTER(?relation NOT IN (rdf:object, csp:framework, csp:with, csp:about, csp:dependsOn))
}} ORDER BY ?object ?subject ?relation
"""
_WORDS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?subject ?relation ?plan ?words WHERE {{
  VALUES (?subject ?relation) {{ {values} }}
  ?subject csp:inPlan ?plan ; skos:prefLabel ?title . ?relation skos:prefLabel ?label .
  OPTIONAL {{ ?subject csp:wording ?wording }}
  BIND(COALESCE(?wording, CONCAT(IF(?subject = ?plan, "", CONCAT(?title, " — ")), ?label, " it")) AS ?words)
}} ORDER BY ?plan ?subject ?relation ?words
"""
_PLANS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?plan ?period WHERE { ?plan csp:kind csp:Plan . OPTIONAL { ?plan csp:period/csp:asPrinted ?period } } ORDER BY ?plan ?period
"""


@dataclass(frozen=True)
class Covered:
    """A priority of a framework, with all that local plans align to it and measure of it."""

    priority: Thing
    tier: str
    place: Place
    alignments: tuple[Alignment, ...]
    indicators: tuple[Support, ...]

    @property
    def served(self) -> bool:
        """Whether any local priority or action is aligned to it."""
        return any(alignment.serves for alignment in self.alignments)

    def as_json(self) -> dict[str, object]:
        """Return the priority as one object."""
        return {
            "priority": self.priority.cell(),
            "tier": self.tier,
            "served": self.served,
            "evidence": self.place.cell(),
            "alignments": [alignment.as_json() for alignment in self.alignments],
            "indicators": [indicator.as_json() for indicator in self.indicators],
        }


@dataclass(frozen=True)
class Citation:
    """A place where a local plan speaks of the framework: `words` are its own, or say in which relation."""

    plan: Thing
    words: str
    place: Place

    def as_json(self) -> dict[str, object]:
        """Return the citation as one object."""
        return {"plan": self.plan.cell(), "words": self.words, "evidence": self.place.cell()}


@dataclass(frozen=True)
class Coverage(Tabular):
    """A framework and what the local plans make of it; `local` holds every plan that is there, with its period."""

    framework: Thing
    level: str
    period: str
    priorities: tuple[Covered, ...]
    whole: tuple[Alignment, ...]
    citations: tuple[Citation, ...]
    successors: tuple[Successor, ...]
    local: tuple[tuple[Thing, str], ...]
    brief: ClassVar[tuple[str, ...]] = ("priority", "served", "plans", "through", "actions", "evidence", "status")

    @property
    def served(self) -> int:
        """How many of the priorities are served."""
        return sum(one.served for one in self.priorities)

    @property
    def plans(self) -> list[Thing]:
        """The local plans that serve any of the priorities."""
        return sorted({a.plan for one in self.priorities for a in one.alignments if a.serves})

    @property
    def cited(self) -> list[Thing]:
        """The local plans in which anything cites the framework, is aligned to it or measures it."""
        found = {citation.plan for citation in self.citations} | {a.plan for a in self._alignments()}
        return sorted(found | {indicator.of for one in self.priorities for indicator in one.indicators})

    @property
    def silent(self) -> list[Thing]:
        """The local plans in which nothing does."""
        return [plan for plan, _ in self.local if plan not in self.cited]

    @property
    def outdated(self) -> list[tuple[Thing, str, int]]:
        """The plans aligned to a framework that has been replaced: the plan, its period, how many alignments."""
        if not any(successor.done for successor in self.successors):
            return []
        aligned = [alignment.plan for alignment in self._alignments()]
        return [(plan, period, aligned.count(plan)) for plan, period in self.local if plan in aligned]

    @property
    def statuses(self) -> list[str]:
        """The status of every alignment, and of every statement that an indicator carries a priority."""
        carried = [indicator.place.status for one in self.priorities for indicator in one.indicators]
        return carried + [alignment.place.status for alignment in self._alignments()]

    def _alignments(self) -> Iterator[Alignment]:
        yield from (alignment for one in self.priorities for alignment in one.alignments)
        yield from self.whole

    def records(self) -> list[Record]:
        """Return a row for each priority: who serves it, by what, how many actions stand behind that, what measures it."""
        return [
            {
                "framework": self.framework.cell(),
                "priority": one.priority.cell(),
                "tier": one.tier,
                "served": one.served,
                "plans": [plan.cell() for plan in sorted({a.plan for a in one.alignments if a.serves})],
                "through": [alignment.local.cell() for alignment in one.alignments if alignment.serves],
                "actions": len({action.thing for alignment in one.alignments for action in alignment.actions}),
                "measured": [indicator.thing.cell() for indicator in one.indicators],
                "evidence": one.place.cell(),
            }
            for one in self.priorities
        ]

    def summary(self) -> dict[str, object]:
        """Return the framework in one line: how many priorities, how many of them served, by which plans; who cites it."""
        return {
            "framework": self.framework.cell(),
            "level": self.level,
            "period": self.period,
            "priorities": len(self.priorities),
            "served": self.served,
            "plans": [plan.cell() for plan in self.plans],
            "cited": [plan.cell() for plan in self.cited],
            "replaced": [successor.as_json() for successor in self.successors],
        }

    def as_json(self) -> dict[str, object]:
        """Return everything as one object, the keys of which are a contract."""
        return self.summary() | {
            "matrix": [one.as_json() for one in self.priorities],
            "whole": [alignment.as_json() for alignment in self.whole],
            "citations": [citation.as_json() for citation in self.citations],
            "silent": [plan.cell() for plan in self.silent],
            "outdated": [
                {"plan": plan.cell(), "period": period, "alignments": number} for plan, period, number in self.outdated
            ],
        }


def coverages(engine: Engine, only: Iterable[Thing] = ()) -> list[Coverage]:
    """Return the coverage of every framework, or of those of `only` that are one, by level, period and title."""
    columns_of(engine)  # opened, so that names and places come from it
    wanted = {thing.iri for thing in only}
    rows = [row for row in engine.recall(_PRIORITIES).rows if not wanted or text(row[0]) in wanted]
    frameworks, priorities = {text(row[0]) for row in rows}, {text(row[3]) for row in rows}
    periods = plan_periods(engine)
    known = _Known(engine, frameworks, priorities, set(periods))
    plans = tuple((known.named[plan], period) for plan, period in periods.items())
    by_framework: dict[str, list[tuple[Term | None, ...]]] = {}
    for row in rows:
        by_framework.setdefault(text(row[0]), []).append(row)
    found = [known.coverage(own, plans) for own in by_framework.values()]
    return sorted(found, key=lambda one: (one.level, one.period, one.framework))


def plan_periods(engine: Engine) -> dict[str, str]:
    """Return the period of each plan as printed, by its IRI; empty where none is stated."""
    found: dict[str, str] = {}
    for plan, period in engine.recall(_PLANS).rows:
        found.setdefault(text(plan), text(period))
    return found


class _Known:
    """All that is known of some frameworks and their priorities, by IRI, read at once."""

    def __init__(self, engine: Engine, frameworks: set[str], priorities: set[str], plans: set[str]) -> None:
        self.alignments = alignments(engine, frameworks | priorities)
        self.indicators = indicators(engine, priorities)
        self.citations = _citations(engine, frameworks)
        self.successors = successors(engine, frameworks)
        self.named = things(engine, frameworks | priorities | plans, recall=True)
        self.places = places(engine, priorities, recall=True)

    def coverage(self, rows: list[tuple[Term | None, ...]], plans: tuple[tuple[Thing, str], ...]) -> Coverage:
        """Return the coverage of the one framework that the rows are about."""
        framework, level, period = map(text, rows[0][:3])
        return Coverage(
            framework=self.named[framework],
            level=level,
            period=period,
            priorities=tuple(self._covered(text(row[3]), text(row[4])) for row in rows),
            whole=tuple(self.alignments.get(framework, ())),
            citations=tuple(self.citations.get(framework, ())),
            successors=tuple(self.successors.get(framework, ())),
            local=plans,
        )

    def _covered(self, priority: str, tier: str) -> Covered:
        aligned, carried = self.alignments.get(priority, ()), self.indicators.get(priority, ())
        return Covered(self.named[priority], tier, self.places.get(priority, Place()), tuple(aligned), tuple(carried))


def _citations(engine: Engine, documents: Iterable[str]) -> dict[str, list[Citation]]:
    """Return where plans speak of each document, by its IRI; their alignments left out, and remarks of a reader."""
    citing = [(s, p, o) for s, p, o in asked(engine.recall, _CITING, documents) if s and p and o]
    pairs = {(s, p) for s, p, _ in citing}
    said = {(s, p): (plan, words) for s, p, plan, words in asked(engine.recall, _WORDS, pairs)}
    rows = [(s, p, o, *said[s, p]) for s, p, o in citing if (s, p) in said]
    where = statement_places(engine, [(s, p, o) for s, p, o, *_ in rows], recall=True)
    named = things(engine, {text(row[3]) for row in rows}, recall=True)
    found: dict[str, list[Citation]] = {}
    for s, p, o, plan, words in rows:
        found.setdefault(text(o), []).append(Citation(named[text(plan)], text(words), where[s, p, o]))
    return {iri: sorted(some, key=lambda one: (one.plan.id, one.words)) for iri, some in found.items()}
