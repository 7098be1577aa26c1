"""A snapshot of a large store as columns of numbers, kept beside it, for what walks the whole graph.

The store keeps all, and answers all that is asked in SPARQL. The snapshot holds what
horizon, load and coverage read again and again, and tracing where it is there: each thing with its
name, kind, plan and place, each relation between things, where each statement was read,
and what is in doubt.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cspgraph.engines.oxigraph import OxigraphEngine, reading

if TYPE_CHECKING:
    from cspgraph.columns.snapshot import Snapshot
    from cspgraph.engines import Engine

MANY = 20  # named graphs: a store of fewer is walked as quickly without a snapshot, and without numpy
MANY_NAMES = 1000  # from there on asking the store for names takes longer than importing numpy


_OPEN: WeakKeyDictionary[OxigraphEngine, Snapshot | None] = WeakKeyDictionary()


def columns_of(engine: Engine) -> Snapshot | None:
    """Return the snapshot of a store on disk that holds many graphs, made where there is none that is whole.

    None for any other engine, and for one that is restricted to some plans: those are few, and asked in SPARQL.
    """
    if not isinstance(engine, OxigraphEngine):
        return None
    if engine not in _OPEN:
        found = None
        if _apt(engine):
            from cspgraph.columns.snapshot import open_snapshot

            found = open_snapshot(engine)
        _OPEN[engine] = found
    return _OPEN[engine]


def beside(engine: Engine) -> Snapshot | None:
    """Return the snapshot where one has been opened, or lies beside the store already: none is made."""
    if isinstance(engine, OxigraphEngine) and engine not in _OPEN and _apt(engine):
        from cspgraph.columns.snapshot import read_snapshot

        if found := read_snapshot(engine):
            _OPEN[engine] = found
    return opened(engine)


def opened(engine: Engine, names: int = 0) -> Snapshot | None:
    """Return the snapshot where one has been opened: a look-up of a few names opens, and makes, none.

    For so many `names` that it pays, one is opened that lies beside the store already.
    """
    if names >= MANY_NAMES:
        return beside(engine)
    return _OPEN.get(engine) if isinstance(engine, OxigraphEngine) else None


def large(engine: Engine) -> bool:
    """Return whether a graph is one that is not read whole for what is asked of a few things in it."""
    if isinstance(engine, OxigraphEngine):  # counted no further than is needed
        with reading(engine.address):
            graphs = engine.store.named_graphs() if engine.only is None else engine.only
            return sum(1 for _ in islice(graphs, MANY + 1)) > MANY
    return len(engine.graphs()) > MANY


def _apt(engine: OxigraphEngine) -> bool:
    return engine.folder is not None and engine.only is None and large(engine)
