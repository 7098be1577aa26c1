"""What is there: kinds with their counts by plan, and the things of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cspgraph.errors import UnknownName
from cspgraph.names import Thing, text
from cspgraph.terms import CSP, ID, local, short
from cspgraph.text import normal

if TYPE_CHECKING:
    from cspgraph.engines import Engine

_COUNTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?kind ?plan (COUNT(?thing) AS ?things) WHERE {
  ?thing skos:notation ?ref ; csp:kind ?kind . OPTIONAL { ?thing csp:inPlan ?plan }
} GROUP BY ?kind ?plan ORDER BY ?kind ?plan
"""
_KINDS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?kind ?label ?section ?order WHERE {
  ?kind a sh:NodeShape ; skos:prefLabel ?label . OPTIONAL { ?kind csp:section ?section } OPTIONAL { ?kind sh:order ?order }
} ORDER BY ?kind
"""
_THINGS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?kind ?label ?plan ?source ?range WHERE {{
  VALUES ?kind {{ {kinds} }}
  ?thing csp:kind ?kind ; skos:prefLabel ?label ; skos:notation ?ref .
  OPTIONAL {{ ?thing csp:inPlan ?plan }}
  OPTIONAL {{ ?thing csp:locator ?place . ?place csp:inSource ?source . OPTIONAL {{ ?place csp:range ?range }} }}
}} ORDER BY ?plan ?thing
"""


class Count(NamedTuple):
    """How many things of a kind a plan holds; the plan is empty for what plans share."""

    kind: str
    label: str
    section: str
    plan: str
    things: int


class Listed(NamedTuple):
    """A thing with the place where it was read."""

    thing: Thing
    source: str
    lines: str


def counts(engine: Engine) -> list[Count]:
    """Return the kinds that have things, with how many each plan holds, in the order of the ontology."""
    kinds = {
        text(kind): (float(text(order) or "50"), text(label), text(section))
        for kind, label, section, order in engine.select(_KINDS).rows
    }
    found = []
    for kind, plan, number in engine.recall(_COUNTS).rows:
        order, label, section = kinds.get(text(kind), (99.0, local(text(kind)), ""))
        found.append((order, Count(local(text(kind)), label, section, short(text(plan)), int(text(number)))))
    return [count for _, count in sorted(found)]


def kind_named(engine: Engine, name: str) -> str:
    """Return the kind that a user's word means: its local name, label or section, with or without an s.

    Raises UnknownName with the nearest.
    """
    words: dict[str, str] = {}
    for kind, label, section, _ in engine.select(_KINDS).rows:
        for word in (local(text(kind)), text(label), text(section), f"{text(label)}s"):
            words.setdefault(normal(word), local(text(kind)))
    found = words.get(normal(name))
    if not found:
        import difflib

        near = difflib.get_close_matches(normal(name), words, n=3, cutoff=0.5)
        raise UnknownName("the kind", name, near)
    return found


def things_of(engine: Engine, kinds: set[str]) -> list[Listed]:
    """Return the things of these kinds with where they were read, by plan and id."""
    terms = " ".join(f"<{iri}>" for iri in sorted(_iris(engine, kinds)))
    rows = engine.recall(_THINGS.format(kinds=terms)).rows
    return [
        Listed(
            Thing(text(thing).removeprefix(ID), text(label), local(text(kind)), short(text(plan))),
            short(text(source)).removeprefix("ref/"),
            text(lines),
        )
        for thing, kind, label, plan, source, lines in rows
    ]


def _iris(engine: Engine, kinds: set[str]) -> set[str]:
    """Return the classes with these local names; a user's may lie in another namespace than ours."""
    return {text(kind) for kind, *_ in engine.select(_KINDS).rows if local(text(kind)) in kinds} or {
        f"{CSP}{kind}" for kind in kinds
    }
