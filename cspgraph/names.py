"""Names to things: an id, a reference, a label, an alias, or the wording of a document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.columns import opened
from cspgraph.errors import UnknownName
from cspgraph.terms import CSP, ID, SHARED, local, short
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from cspgraph.columns.snapshot import Snapshot
    from cspgraph.engines import Engine, Table, Term

# Things have a reference; parts of things have none, and are found by their id only.
_FOUND = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?kind ?label ?plan WHERE {{
  VALUES ?key {{ {key} }}
  {{ ?thing csp:nameKey ?key ; skos:notation ?ref }} UNION {{ ?mention csp:nameKey ?key ; csp:of ?thing }}
  ?thing csp:kind ?kind ; skos:prefLabel ?label . OPTIONAL {{ ?thing csp:inPlan ?plan }}
}} ORDER BY ?thing
"""
_THINGS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?kind ?label ?plan WHERE {{
  VALUES ?thing {{ {values} }}
  ?thing csp:kind ?kind ; skos:prefLabel ?label . OPTIONAL {{ ?thing csp:inPlan ?plan }}
}} ORDER BY ?thing
"""
# Many things have the same name: the names are few beside the things. Sorted here, since an engine sorts before it leaves out.
_KEYS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT DISTINCT ?key WHERE {{ {kinds} ?thing csp:nameKey ?key }}
"""
_LABELS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?key ?label WHERE {{
  VALUES ?key {{ {keys} }} {kinds}
  ?thing csp:nameKey ?key ; skos:notation ?ref ; skos:prefLabel ?label .
}} ORDER BY ?key ?label
"""
_KINDS_UNDER = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?kind ?above WHERE { ?kind rdfs:subClassOf* ?above . ?above rdfs:subClassOf* csp:Thing } ORDER BY ?kind ?above
"""
_CHUNK = 400
_LIKELY = 30  # names that are looked at: those of parts are among them, which nobody can give


@dataclass(frozen=True, order=True)
class Thing:
    """A node that a name stands for. `plan` is the id of its plan, empty for what plans share."""

    id: str
    label: str
    kind: str
    plan: str = ""

    @property
    def iri(self) -> str:
        """The long name."""
        return f"{ID}{self.id}"

    def cell(self) -> dict[str, str]:
        """Return the thing as it stands in a cell of JSON."""
        return {"id": self.id, "label": self.label, "kind": self.kind}


def asked(
    ask: Callable[[str], Table], query: str, keys: Iterable[str | tuple[Term, ...]]
) -> Iterator[tuple[Term | None, ...]]:
    """Yield the rows of a query for many keys, IRIs or tuples of terms, some hundred at a time.

    `ask` is the engine's `select` or `recall`; the keys are written where the query says `{values}`, in a VALUES block.
    """
    values = sorted({f"<{key}>" if isinstance(key, str) else f"({' '.join(map(str, key))})" for key in keys})
    for start in range(0, len(values), _CHUNK):
        yield from ask(query.format(values=" ".join(values[start : start + _CHUNK]))).rows


def text(term: object) -> str:
    """Return the IRI or the lexical form of a term, nothing for an unbound one."""
    return str(getattr(term, "value", "")) if term is not None else ""


def _thing(iri: object, kind: object, label: object, plan: object) -> Thing:
    return Thing(text(iri).removeprefix(ID), text(label), local(text(kind)), short(text(plan)))


def numbered(found: Snapshot, numbers: Iterable[int]) -> dict[int, Thing]:
    """Return the things that have these numbers in a snapshot; those without a label are left out."""
    kind, plan = cache(local), cache(short)  # few beside the things
    return {
        facts.number: Thing(short(facts.name), facts.label, kind(facts.kind), plan(facts.plan))
        for facts in found.told(numbers)
    }


def things(engine: Engine, iris: Iterable[str], *, recall: bool = False) -> dict[str, Thing]:
    """Return the thing that each IRI names; those that the graph does not know are left out.

    With `recall`, for the same IRIs that are asked again and again, the engine may keep the answer.
    """
    iris = sorted(set(iris))
    if found := opened(engine, names=len(iris)):
        numbers = {iri: number for iri in iris if (number := found.find(iri)) >= 0}
        told = numbered(found, numbers.values())
        return {iri: told[number] for iri, number in numbers.items() if number in told}
    ask = engine.recall if recall else engine.select
    return {text(row[0]): _thing(*row) for row in asked(ask, _THINGS, iris)}


def nameless(iri: str) -> Thing:
    """Return a thing of which no kind or label is known, as RDF of others may have it: called by its id."""
    return Thing(short(iri), short(iri), "")


def called(engine: Engine, iris: Iterable[str]) -> dict[str, Thing]:
    """Return a thing for each IRI, nameless where the graph does not say what it is."""
    iris = set(iris)
    known = things(engine, iris)
    return {iri: known.get(iri) or nameless(iri) for iri in iris}


class Names:
    """All names in an engine, looked up as often as needed."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def find(self, name: str, kinds: Collection[str] = (), plans: Collection[str] = ()) -> list[Thing]:
        """Return every thing that the name stands for, in order of id; only of these kinds and plans, where given.

        A thing of these plans goes before a shared one. Raises UnknownName, with the three
        nearest names, where there is none; to an empty name nothing is near.
        """
        if not name.strip():
            raise UnknownName("the name", name, hint="a name is wanted: `cspgraph list` tells what there is")
        found = {thing for thing in self._by_name(name) | self._by_id(name) if not kinds or thing.kind in kinds}
        if plans:
            found = {thing for thing in found if thing.plan in plans} or {t for t in found if not t.plan}
        if not found:
            raise UnknownName("the name", name, self.nearest(name, kinds))
        return sorted(found)

    def _by_name(self, name: str) -> set[Thing]:
        rows = self.engine.select(_FOUND.format(key=ox.Literal(normal(name)))).rows
        return {_thing(*row) for row in rows}

    def _by_id(self, name: str) -> set[Thing]:
        """Return the node with this id, parts of things included."""
        candidates = [iri for iri in (name, f"{ID}{name}", f"{ID}{SHARED}/{name}") if iri.startswith(ID)]
        return set(
            things(self.engine, (iri for iri in candidates if not re.search(r"[\x00-\x20<>\"{}|\\^`]", iri))).values()
        )

    def under(self, kind: str) -> set[str]:
        """Return a kind and the kinds below it, by local name."""
        return {local(text(below)) for below, above in self._kinds if local(text(above)) == kind}

    @cached_property
    def _kinds(self) -> list[tuple[Term | None, ...]]:
        return self.engine.select(_KINDS_UNDER).rows

    def nearest(self, name: str, kinds: Collection[str] = ()) -> list[str]:
        """Return up to three labels that look like the name, the likeliest first."""
        import difflib

        named = " ".join(f"<{CSP}{kind}>" for kind in sorted(kinds))
        of = f"VALUES ?kind {{ {named} }} ?thing csp:kind ?kind ." if kinds else ""
        keys = sorted(text(key) for (key,) in self.engine.select(_KEYS.format(kinds=of)).rows)
        wanted = normal(name)
        close = difflib.get_close_matches(wanted, keys, n=_LIKELY, cutoff=0.5)
        close += [key for key in keys if wanted in key][:_LIKELY]
        asked = " ".join(str(ox.Literal(key)) for key in dict.fromkeys(close))
        labels = {
            text(key): text(label) for key, label in self.engine.select(_LABELS.format(keys=asked, kinds=of)).rows
        }
        return list(dict.fromkeys(labels[key] for key in close if key in labels))[:3]
