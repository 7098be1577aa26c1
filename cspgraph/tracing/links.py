"""A few relations between things, looked up from either end: read at once in a small graph, from the snapshot of a large one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.columns import beside, columns_of, large
from cspgraph.names import asked, text
from cspgraph.terms import local

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cspgraph.columns.snapshot import Snapshot
    from cspgraph.engines import Engine, Term

_BETWEEN = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?s ?kind ?relation ?o ?other WHERE {{
  VALUES ?relation {{ {values} }}
  ?s ?relation ?o ; csp:kind ?kind . ?o csp:kind ?other .
}} ORDER BY ?relation ?s ?o
"""
_NEXT = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?s ?kind ?relation ?o ?other WHERE {{{{
  VALUES ?{end} {{{{ {{values}} }}}}
  ?s ?relation ?o FILTER(?relation IN ({relations}))
  ?s csp:kind ?kind . ?o csp:kind ?other .
}}}}
"""


class Links:
    """Things that are joined by one of some relations, by their IRIs."""

    def __init__(self, rows: Iterable[Sequence[Term | None]] = ()) -> None:
        self._out: dict[tuple[str, str], set[str]] = {}
        self._into: dict[tuple[str, str], set[str]] = {}
        self._kinds: dict[str, str] = {}
        self._add(rows)

    def _add(self, rows: Iterable[Sequence[Term | None]]) -> None:
        for s, kind, relation, o, other in (map(text, row) for row in rows):
            self._out.setdefault((s, relation), set()).add(o)
            self._into.setdefault((o, relation), set()).add(s)
            self._kinds |= {s: local(kind), o: local(other)}

    def meet(self, things: Iterable[str]) -> None:
        """Look up what some things are joined to, all at once; nothing where all is at hand."""

    def out(self, thing: str, relation: str) -> list[str]:
        """Return what a thing is joined to by a relation of which it is the subject."""
        return sorted(self._out.get((thing, relation), ()))

    def into(self, thing: str, relation: str) -> list[str]:
        """Return what is joined to a thing by a relation of which it is the object."""
        return sorted(self._into.get((thing, relation), ()))

    def kind(self, thing: str) -> str:
        """Return the kind of a thing that has been met, as a word of the vocabulary."""
        return self._kinds.get(thing, "")


class _Stored(Links):
    """The same, looked up in a snapshot."""

    def __init__(self, snapshot: Snapshot, relations: Sequence[str]) -> None:
        super().__init__()
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


class _Asked(Links):
    """The same, asked of the engine when a thing is met."""

    def __init__(self, engine: Engine, relations: Sequence[str]) -> None:
        super().__init__()
        self._engine = engine
        self._relations = ",".join(f"<{relation}>" for relation in relations)
        self._met: set[str] = set()

    def meet(self, things: Iterable[str]) -> None:
        new = set(things) - self._met
        self._met |= new
        for end in ("s", "o") if new else ():
            self._add(asked(self._engine.select, _NEXT.format(end=end, relations=self._relations), new))

    def out(self, thing: str, relation: str) -> list[str]:
        self.meet([thing])
        return super().out(thing, relation)

    def into(self, thing: str, relation: str) -> list[str]:
        self.meet([thing])
        return super().into(thing, relation)


def links(engine: Engine, relations: Sequence[str], *, few: bool = False) -> Links:
    """Return the things joined by some relations, given as IRIs, in the graph of an engine.

    With `few` a large graph without columns is asked for them as they are met, as in `supports`.
    """
    if found := beside(engine) if few else columns_of(engine):
        return _Stored(found, relations)
    if few and large(engine):
        return _Asked(engine, relations)
    return Links(asked(engine.recall, _BETWEEN, relations))
