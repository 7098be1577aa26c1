"""Measures of what depends on what, under the names that networkx gives them, for graphs that networkx does not hold.

The graph is directed and simple: an edge runs from what depends to what it depends on, once however often it is stated. On a
store of many plans the edges are read from its columns, and no Python object is made for any of them.
Values are those of networkx 3 (`networkx.DiGraph` of the same edges), to within the tolerance asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.columns import columns_of
from cspgraph.errors import CspgraphError
from cspgraph.terms import short
from cspgraph.tracing.dependence import edges, stated

if TYPE_CHECKING:
    import numpy as np

    from cspgraph.columns.snapshot import Snapshot
    from cspgraph.engines import Engine
    from cspgraph.graph import KnowledgeGraph


def degree_centrality(graph: KnowledgeGraph) -> dict[str, float]:
    """Return for each id how many edges end or begin there, as a share of the things it could be joined with."""
    import numpy as np

    ends = _Ends(graph.engine)
    return ends.told(ends.share(np.concatenate([ends.sources, ends.targets])))


def in_degree_centrality(graph: KnowledgeGraph) -> dict[str, float]:
    """Return for each id how many things depend on it directly, as a share of all others."""
    ends = _Ends(graph.engine)
    return ends.told(ends.share(ends.targets))


def out_degree_centrality(graph: KnowledgeGraph) -> dict[str, float]:
    """Return for each id on how many things it depends directly, as a share of all others."""
    ends = _Ends(graph.engine)
    return ends.told(ends.share(ends.sources))


def pagerank(graph: KnowledgeGraph, alpha: float = 0.85, max_iter: int = 100, tol: float = 1e-6) -> dict[str, float]:
    """Return for each id how much rests on it, where what depends on a thing passes on what rests on itself; the sum is 1.

    The power iteration of Page, Brin, Motwani and Winograd, "The PageRank Citation Ranking" (1999): what depends on
    nothing passes on to all alike. Raises CspgraphError where `max_iter` rounds do not bring the change below `tol` a thing.
    """
    import numpy as np

    ends = _Ends(graph.engine)
    count = len(ends)
    if not count:
        return {}
    degree = np.bincount(ends.sources, minlength=count)
    rank = np.full(count, 1 / count)
    for _ in range(max_iter):
        passed = np.divide(rank, degree, out=np.zeros(count), where=degree > 0)
        fresh = alpha * np.bincount(ends.targets, passed[ends.sources], count)
        fresh += (alpha * rank[degree == 0].sum() + 1 - alpha) / count
        if np.abs(fresh - rank).sum() < count * tol:
            return ends.told(fresh)
        rank = fresh
    raise CspgraphError(f"the ranks still change after {max_iter} rounds", "give a larger max_iter, or a larger tol")


def weakly_connected_components(graph: KnowledgeGraph) -> list[set[str]]:
    """Return the ids that hang together, whichever way the edges run, the largest group first."""
    import numpy as np

    ends = _Ends(graph.engine)
    group = np.arange(len(ends))
    while True:  # each takes the least number around it, then that of the one it has the number of
        before = group.copy()
        least = np.minimum(group[ends.sources], group[ends.targets])
        np.minimum.at(group, ends.sources, least)
        np.minimum.at(group, ends.targets, least)
        group = group[group]
        if (group == before).all():
            break
    found: dict[int, set[str]] = {}
    for number, iri in zip(group.tolist(), ends.names(), strict=True):
        found.setdefault(number, set()).add(iri)
    return sorted(found.values(), key=lambda group: (-len(group), min(group)))


class _Ends:
    """The edges as two arrays of numbers, which stand for the things that an edge ends or begins at."""

    def __init__(self, engine: Engine) -> None:
        import numpy as np

        self._columns = columns_of(engine)
        if self._columns:
            pairs = _stored(engine, self._columns)
        else:
            known: dict[str, int] = {}
            pairs = np.array(
                [[known.setdefault(end, len(known)) for end in (edge.source, edge.target)] for edge in edges(engine)],
                np.int64,
            ).reshape(-1, 2)
            self._iris = list(known)
        pairs = np.unique(pairs, axis=0)
        self._things, numbered = np.unique(pairs, return_inverse=True)
        self.sources, self.targets = numbered.reshape(-1, 2).T

    def __len__(self) -> int:
        return len(self._things)

    def names(self) -> list[str]:
        """Return the ids, in the order of their numbers."""
        name = self._columns.name if self._columns else self._iris.__getitem__
        return [short(name(thing)) for thing in self._things.tolist()]

    def told(self, values: np.ndarray) -> dict[str, float]:
        """Return the values by id, the greatest first."""
        return dict(sorted(zip(self.names(), values.tolist(), strict=True), key=lambda one: (-one[1], one[0])))

    def share(self, ends: np.ndarray) -> np.ndarray:
        """Return how often each thing is among these, as a share of all things but one."""
        import numpy as np

        return np.bincount(ends, minlength=len(self)) / max(len(self) - 1, 1)


def _stored(engine: Engine, columns: Snapshot) -> np.ndarray:
    import numpy as np

    straight, inverse = stated(engine)
    there, back = (columns.pairs(columns.marked(relations)) for relations in (straight, inverse))
    return np.concatenate([np.stack(there[::2], 1), np.stack(back[::-2], 1)]).astype(np.int64)
