"""Where a thing or a statement was read, and how sure it is: one helper for both cases.

A relation that has no place of its own was read where its subject was. Everything that
answers (findings, tracing, views, the page) asks here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cspgraph.columns import opened
from cspgraph.judgements import judgements
from cspgraph.names import asked, text
from cspgraph.terms import local, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cspgraph.columns.snapshot import Read
    from cspgraph.engines import Engine, Term

_THINGS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?thing ?source ?range ?status ?why WHERE {{
  VALUES ?thing {{ {values} }}
  ?thing csp:locator ?place . ?place csp:inSource ?source .
  OPTIONAL {{ ?place csp:range ?range }}
  OPTIONAL {{ ?thing csp:status ?status }}
  OPTIONAL {{ ?thing csp:why ?why }}
}} ORDER BY ?thing
"""
_STATEMENTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?s ?p ?o ?source ?range ?status ?why ?printed WHERE {{
  VALUES (?s ?p ?o) {{ {values} }}
  ?statement rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; csp:locator ?place ; csp:status ?status .
  ?place csp:inSource ?source .
  OPTIONAL {{ ?place csp:range ?range }}
  OPTIONAL {{ ?statement csp:why ?why }}
  OPTIONAL {{ ?statement csp:asPrinted ?printed }}
}} ORDER BY ?s ?p ?o ?range
"""
_DOUBTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?status ?s ?o WHERE {{
  VALUES ?s {{ {values} }}
  {{ ?statement rdf:subject ?s ; rdf:object ?o ; csp:status ?status }} UNION {{ ?s csp:status ?status . BIND(?s AS ?o) }}
  FILTER(?status IN (csp:status-inferred, csp:status-uncertain))
}} ORDER BY ?status ?s ?o
"""


@dataclass(frozen=True)
class Place:
    """A place in a source: the source's short name and its ranges of lines, with the status of what stands there.

    `disputed` is who disagrees with it, when and why; empty where nobody does.
    """

    source: str = ""
    lines: str = ""
    status: str = "stated"
    why: str = ""
    printed: str = ""
    disputed: str = ""

    def __str__(self) -> str:
        if not self.source:
            return ""
        lines = f":{self.lines}" if self.lines else ""
        return f"{self.source}{lines}"

    def cell(self) -> dict[str, str]:
        """Return the place as it stands in a cell of JSON."""
        found = {"source": self.source, "lines": self.lines, "status": self.status}
        more = {"why": self.why, "disputed": self.disputed}
        return {**found, **{key: value for key, value in more.items() if value}}

    def doubt(self) -> str:
        """Return in words what is doubtful: the status, why it is so, and who disagrees; empty for a plain statement."""
        said = "" if self.status == "stated" else self.status + (f": {self.why}" if self.why else "")
        against = f"disputed by {self.disputed}" if self.disputed else ""
        return "; ".join(part for part in (said, against) if part)


Statement = tuple["Term", "Term", "Term"]


def places(engine: Engine, things: Iterable[str], *, recall: bool = False) -> dict[str, Place]:
    """Return the place of each thing, by its IRI; things read nowhere are left out.

    With `recall`, for the same things that are asked again and again, the engine may keep the answer.
    """
    iris = set(things)
    if not iris:
        return {}
    unknown, found = iris, {}
    if columns := opened(engine, names=len(iris)):
        found = {iri: _read(place) for iri in iris if (place := columns.read(iri))}
        unknown = {iri for iri in iris if columns.find(iri) < 0}  # statements, of which findings speak too
    ask = engine.recall if recall else engine.select
    found |= {text(thing): _place(*rest) for thing, *rest in asked(ask, _THINGS, unknown)}
    for judged in judgements(engine, "Disagreement"):
        if judged.about in found and not (judged.relation or judged.value or judged.rule):
            found[judged.about] = replace(found[judged.about], disputed=str(judged))
    return found


def statement_places(
    engine: Engine, statements: Sequence[Statement], *, recall: bool = False
) -> dict[Statement, Place]:
    """Return the place of each statement: its own, or else that of its subject.

    With `recall`, for the same statements that are asked again and again, the engine may keep the answer.
    """
    own: dict[Statement, Place] = {}
    unknown: Sequence[Statement] = statements
    if columns := opened(engine):
        # The columns hold what is said of two things; the value may also be a word of a list, or a text.
        unknown = [one for one in statements if columns.find(text(one[2])) < 0]
        for one in statements:
            if place := columns.said(*map(text, one)):
                own[one] = _read(place)
    ask = engine.recall if recall else engine.select
    for s, p, o, *rest in asked(ask, _STATEMENTS, unknown):
        assert s is not None and p is not None and o is not None
        own.setdefault((s, p, o), _place(*rest))
    subjects = places(engine, (text(s) for s, p, o in statements if (s, p, o) not in own), recall=recall)
    found = {statement: own.get(statement) or subjects.get(text(statement[0]), Place()) for statement in statements}
    for judged in judgements(engine, "Disagreement"):
        for statement in statements:
            subject, relation, value = map(text, statement)
            if judged.meets(subject, local(relation), value):
                found[statement] = replace(found[statement], disputed=str(judged))
    return found


class Doubts:
    """What is inferred or uncertain among some things, to count the rows of an answer that rest on it."""

    def __init__(self, engine: Engine, iris: Iterable[str]) -> None:
        self._pairs: dict[tuple[str, str], str] = {}
        unknown: Iterable[str] = iris
        if columns := opened(engine):
            numbers = {iri: columns.find(iri) for iri in iris}
            unknown = (iri for iri, number in numbers.items() if number < 0)
            for iri, number in numbers.items():
                for status, other in columns.doubts(number) if number >= 0 else ():
                    self._pairs[iri, other] = _state(status)
        for state, s, o in asked(engine.select, _DOUBTS, unknown):
            self._pairs[text(s), text(o)] = _state(text(state))
        self._subjects = {subject for subject, _ in self._pairs}

    def status(self, terms: Iterable[str]) -> str:
        """Return the worst status among the statements that hold between the terms of one row.

        A row rests on a statement when both its subject and its object stand in the row,
        and on a thing when the thing does.
        """
        row = set(terms)
        return worst(*(self._pairs[s, o] for s in row & self._subjects for o in row if (s, o) in self._pairs))


def worst(*statuses: str) -> str:
    """Return the least sure of some statuses; `stated` when there is none."""
    return next((status for status in ("uncertain", "inferred") if status in statuses), "stated")


def _read(found: Read) -> Place:
    return Place(short(found.source).removeprefix("ref/"), found.lines, _state(found.status), found.why, found.printed)


def _place(
    source: Term | None, lines: Term | None, status: Term | None, why: Term | None, printed: Term | None = None
) -> Place:
    return Place(short(text(source)).removeprefix("ref/"), text(lines), _state(text(status)), text(why), text(printed))


def _state(iri: str) -> str:
    return local(iri).removeprefix("status-") or "stated"
