"""Plan by plan: what is decided within a plan is computed where its quads lie, by the code that runs everywhere else.

A task reads one file of whole plans, keeps what plans share in a store in memory, puts one plan after the other
beside it, and hands back what was found, packed. Nothing but that crosses the network.
A plan rests on nothing of another plan (`check` sees to it), so nothing of others is needed beside it.
"""

from __future__ import annotations

import pickle
import zlib
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import EngineError
from cspgraph.parquet import graph_name, quads_of, rows_of
from cspgraph.spark.session import one_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from cspgraph.parquet import Row
    from cspgraph.spark.columns import Columns

    # What is computed of a plan, given its id and an engine on it and what plans share. It is sent to the workers.
    Work = Callable[[str, OxigraphEngine], Any]


def plan_by_plan(columns: Columns, work: Work) -> dict[str, Any]:
    """Return what is computed of each plan, by its id, in order.

    Raises EngineError where Spark fails, and where a plan was divided between tasks.
    """
    session = columns.session
    with one_sentence(columns.master):
        shared = session.sparkContext.broadcast(_n_quads(columns.shared))

        def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow as pa

            for plan, found in _worked(batches, shared.value, work):
                yield pa.RecordBatch.from_pydict({"plan": [plan], "found": [_packed(found)]})

        table = columns.of_plans.mapInArrow(task, "plan string, found binary").toArrow()
        shared.destroy()
    found: dict[str, Any] = {}
    for plan, content in zip(table["plan"].to_pylist(), table["found"].to_pylist(), strict=True):
        if plan in found:
            hint = "write the folder anew: cspgraph export --to DIR.parquet"
            raise EngineError(f"the plan {plan} does not stand in one piece in {columns.folder}", hint)
        found[plan] = _unpacked(content)
    return dict(sorted(found.items()))


def _n_quads(quads: Iterable[ox.Quad]) -> bytes:
    return ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


def _packed(content: object) -> bytes:
    return zlib.compress(pickle.dumps(content), 1)


def _unpacked(content: bytes) -> Any:
    # Packed by our own workers; Spark itself carries every task and row in the same way.
    return pickle.loads(zlib.decompress(content))  # noqa: S301


def _worked(batches: Iterable[pa.RecordBatch], shared: bytes, work: Work) -> Iterator[tuple[str, Any]]:
    """Yield each plan of a file with what is computed of it."""
    engine = OxigraphEngine.in_memory()
    engine.store.bulk_load(shared, ox.RdfFormat.N_QUADS)
    for plan, rows in _plans(batches):
        graph = ox.NamedNode(graph_name(plan))
        engine.store.bulk_extend(quads_of(rows))
        yield plan, work(plan, engine)
        engine.store.remove_graph(graph)


def _plans(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, list[Row]]]:
    """Yield each plan with its rows, which follow each other."""
    plan = ""
    rows: list[Row] = []
    for batch in batches:
        for row in rows_of(batch):
            if row[0] != plan:
                if rows:
                    yield plan, rows
                plan, rows = row[0], []
            rows.append(row)
    if rows:
        yield plan, rows
