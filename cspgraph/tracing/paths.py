"""Paths of dependence: what rests on a thing, and what it rests on, by every way there is.

The walk is breadth first, so the shortest path comes first. A path never meets a thing
twice; where a way leads back to the start, the circle is named and not followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cspgraph.evidence import Place, statement_places, worst
from cspgraph.names import Thing, called
from cspgraph.terms import local
from cspgraph.text import natural
from cspgraph.tracing.dependence import supports

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cspgraph.engines import Engine
    from cspgraph.tracing.dependence import Edge, Supports

MOST_PATHS = 50  # to one thing: a thing that fifty ways lead to is said to have more


@dataclass(frozen=True)
class Hop:
    """One step of a path: `source` depends on `target`, and where that was read."""

    source: Thing
    relation: str
    label: str
    target: Thing
    place: Place

    def as_json(self) -> dict[str, object]:
        """Return the hop as one object."""
        return {
            "from": self.source.cell(),
            "relation": self.relation,
            "label": self.label,
            "to": self.target.cell(),
            "evidence": self.place.cell(),
        }


def hops(engine: Engine, steps: Iterable[Edge], named: Mapping[str, Thing]) -> dict[Edge, Hop]:
    """Return the hop that each step is, with names and evidence. Raises KeyError for an end that has no name."""
    every = list(dict.fromkeys(steps))
    evidence = statement_places(engine, [step.statement() for step in every])
    return {
        step: Hop(named[step.source], local(step.relation), step.label, named[step.target], evidence[step.statement()])
        for step in every
    }


@dataclass(frozen=True)
class Dependent:
    """A thing found by tracing. Each path runs from the thing that depends to the one depended on, the shortest first.

    `more` is whether there are further paths, which were not followed.
    """

    start: Thing
    thing: Thing
    paths: tuple[tuple[Hop, ...], ...]
    circle: bool
    more: bool = False
    brief: ClassVar[tuple[str, ...]] = ("of", "thing", "thing_id", "distance", "path", "status")

    @property
    def path(self) -> tuple[Hop, ...]:
        """The shortest path."""
        return self.paths[0]

    @property
    def direct(self) -> bool:
        """Whether a single hop joins the two."""
        return len(self.path) == 1

    @property
    def status(self) -> str:
        """The worst status on the surest path."""
        found = [worst(*(hop.place.status for hop in path)) for path in self.paths]
        return min(found, key=("stated", "inferred", "uncertain").index)

    def as_json(self) -> dict[str, object]:
        """Return the finding as one object, the keys of which are a contract."""
        paths = [[hop.as_json() for hop in path] for path in self.paths]
        return {
            "of": self.start.cell(),
            "thing": self.thing.cell(),
            "distance": len(self.path),
            "direct": self.direct,
            "status": self.status,
            "circle": self.circle,
            "path": paths[0],
            "others": paths[1:],
            "more": self.more,
        }


def depends(engine: Engine, start: Thing, *, on: bool = False, kinds: frozenset[str] = frozenset()) -> list[Dependent]:
    """Return what depends on a thing, or with `on` what it depends on, the nearest first.

    `kinds` keeps only things of these kinds; paths through others are walked all the same.
    """
    walked, circles, more = _walk(supports(engine, few=True), start.iri, on=on)
    named = called(engine, {start.iri, *walked})
    walked = {iri: paths for iri, paths in walked.items() if not kinds or named[iri].kind in kinds}
    told = hops(engine, (edge for paths in walked.values() for path in paths for edge in path), named)
    dependents = [
        Dependent(
            named[start.iri],
            named[iri],
            tuple(tuple(told[edge] for edge in (path if on else path[::-1])) for path in paths),
            iri in circles,
            iri in more,
        )
        for iri, paths in walked.items()
    ]
    return sorted(
        dependents, key=lambda dependent: (len(dependent.path), dependent.thing.kind, natural(dependent.thing.id))
    )


def _walk(supports: Supports, start: str, *, on: bool) -> tuple[dict[str, list[tuple[Edge, ...]]], set[str], set[str]]:
    """Return the paths to everything in reach, what lies on a circle through the start, and where paths were left."""
    paths: dict[str, list[tuple[Edge, ...]]] = {}
    circles: set[str] = set()
    more: set[str] = set()
    frontier: list[tuple[str, tuple[Edge, ...], frozenset[str]]] = [(start, (), frozenset({start}))]
    while frontier:
        supports.meet((here for here, _, _ in frontier), on=on)
        further = []
        for here, path, met in frontier:
            for edge in supports.under(here) if on else supports.over(here):
                there = edge.target if on else edge.source
                if there == start:
                    circles |= met - {start}
                elif there in met:
                    continue
                elif len(paths.get(there, ())) == MOST_PATHS:
                    more.add(there)
                else:
                    longer = (*path, edge)
                    paths.setdefault(there, []).append(longer)
                    further.append((there, longer, met | {there}))
        frontier = further
    return paths, circles, more
