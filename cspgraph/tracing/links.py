"""A few relations between things, looked up from either end: read at once in a small graph, from the snapshot of a large one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.columns import columns_of
from cspgraph.names import asked, text
from cspgraph.terms import local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cspgraph.columns.snapshot import Snapshot
    from cspgraph.engines import Engine

_BETWEEN = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?s ?kind ?relation ?o ?other WHERE {{
  VALUES ?relation {{ {values} }}
  ?s ?relation ?o ; csp:kind ?kind . ?o csp:kind ?other .
}} ORDER BY ?relation ?s ?o
"""


class Links:
    """Things that are joined by one of some relations, by their IRIs."""

    def __init__(self, engine: Engine, relations: Sequence[str]) -> None:
        self._out: dict[tuple[str, str], list[str]] = {}
        self._into: dict[tuple[str, str], list[str]] = {}
        self._kinds: dict[str, str] = {}
        for s, kind, relation, o, other in (map(text, row) for row in asked(engine.recall, _BETWEEN, relations)):
            self._out.setdefault((s, relation), []).append(o)
            self._into.setdefault((o, relation), []).append(s)
            self._kinds |= {s: local(kind), o: local(other)}

    def out(self, thing: str, relation: str) -> list[str]:
        """Return what a thing is joined to by a relation of which it is the subject."""
        return self._out.get((thing, relation), [])

    def into(self, thing: str, relation: str) -> list[str]:
        """Return what is joined to a thing by a relation of which it is the object."""
        return self._into.get((thing, relation), [])

    def kind(self, thing: str) -> str:
        """Return the kind of a thing that has been met, as a word of the vocabulary."""
        return self._kinds.get(thing, "")


class _Stored(Links):
    """The same, looked up in a snapshot."""

    def __init__(self, snapshot: Snapshot, relations: Sequence[str]) -> None:
        self._snapshot = snapshot
        self._marked = {relation: snapshot.marked([relation]) for relation in relations}

    def out(self, thing: str, relation: str) -> list[str]:
        return self._joined("out", thing, relation)

    def into(self, thing: str, relation: str) -> list[str]:
        return self._joined("in", thing, relation)

    def kind(self, thing: str) -> str:
        number = self._snapshot.find(thing)
        return local(self._snapshot.kind(number)) if number >= 0 else ""

    def _joined(self, side: str, thing: str, relation: str) -> list[str]:
        number = self._snapshot.find(thing)
        found = self._snapshot.related(side, number, self._marked[relation]) if number >= 0 else []
        return [self._snapshot.name(other) for _, other in found]


def links(engine: Engine, relations: Sequence[str]) -> Links:
    """Return the things joined by some relations, given as IRIs, in the graph of an engine."""
    found = columns_of(engine)
    return _Stored(found, relations) if found else Links(engine, relations)
