"""How long each gap rule, ask and view takes on the bundled plans, many times over.

The plans are copied COPIES times (100), each copy under names of its own, beside one copy of what plans share: about
ten million triples. Every question runs in a process of its own on the store, read-only, and the slowest are named. The
time is the processor's, to the first row and to the last (the engine uses one; a busy machine changes it less than the
clock); after SECONDS (60) of it a question is stopped. An ask that takes values runs with those of its example as well.
KINDS (gap ask view) says which to run. The store is kept in FOLDER where one is given, so that a second run is short.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.build import open_engine
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.names import Names
from cspgraph.questions import read_catalogue, terms
from cspgraph.resources import library
from cspgraph.terms import GRAPH, ID, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.questions import Question

COPIES = int(os.environ.get("COPIES", "100"))
SECONDS = int(os.environ.get("SECONDS", "60"))
KINDS = os.environ.get("KINDS", "gap ask view").split()
_ASK = """
import resource, sys, time, pyoxigraph as ox
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
store = ox.Store.read_only(sys.argv[1])
start = time.process_time()
rows = iter(store.query(sys.stdin.read(), use_default_graph_as_union=True))
found = next(rows, None) is not None
first = time.process_time() - start
print(found + sum(1 for _ in rows), first, time.process_time() - start)
"""


def fill(folder: Path, copies: int = COPIES) -> int:
    """Write the copies into a store; return the number of triples."""
    store = ox.Store(str(folder))
    dump = open_engine([], "memory:").confinement()
    assert isinstance(dump, bytes)  # all quads of an engine in memory
    quads = list(ox.parse(dump, format=ox.RdfFormat.N_QUADS))
    once = [q for q in quads if q.graph_name.value in (ONTOLOGY_GRAPH, f"{GRAPH}{SHARED}")]
    store.bulk_load(ox.serialize(once, format=ox.RdfFormat.N_QUADS), ox.RdfFormat.N_QUADS)
    own = [q for q in quads if q.graph_name.value not in (ONTOLOGY_GRAPH, f"{GRAPH}{SHARED}")]
    text = (ox.serialize(own, format=ox.RdfFormat.N_QUADS) or b"").decode()
    plans = sorted({q.graph_name.value.removeprefix(GRAPH) for q in own})
    for copy in range(copies):
        renamed = text
        for plan in plans:
            for base in (ID, GRAPH):
                for end in ("/", ">"):
                    renamed = renamed.replace(f"<{base}{plan}{end}", f"<{base}{plan}-{copy}{end}")
        store.bulk_load(renamed.encode(), ox.RdfFormat.N_QUADS)
    store.optimize()
    return len(store)


def measure(folder: Path, query: str) -> tuple[str, float, float]:
    """Return the number of rows, and the processor's seconds to the first and the last; `stopped` where it takes too long."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(folder), str(SECONDS)],
        input=query, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode < 0:  # killed at its limit
        return "stopped", float(SECONDS), float(SECONDS)
    if done.returncode:
        raise SystemExit(done.stderr)
    rows, first, last = done.stdout.split()
    return rows, float(first), float(last)


def forms(question: Question, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the query as it stands, and with the values of its example where there are some."""
    yield question.name, question.query({})
    said = re.findall(r'--param (\w+)=("[^"]*"|\S+)', question.header.get("example", ""))
    if not said:
        return
    engine = OxigraphEngine.read_only(folder)
    names = Names(engine)
    plans = {graph.removeprefix(GRAPH)[:-2] for graph in engine.graphs() if graph.endswith("-0")}
    values = {}
    for name, value in said:
        plan, slash, rest = value.strip('"').partition("/")
        found = terms(question, name, f"{plan}-0{slash}{rest}" if plan in plans else value.strip('"'), names)
        values[name] = found[:1]  # one plan's, as a reader asks it
    yield f"{question.name} {' '.join(values)}", question.query(values)


def main() -> None:
    """Fill, measure, print a table, the slowest first."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(os.environ.get("FOLDER", scratch)) / f"copies-{COPIES}"
        start = time.perf_counter()
        if not folder.exists():
            print(f"{fill(folder):,} triples written in {time.perf_counter() - start:.0f} s", flush=True)
        print(f"{'kind':5}{'question':44}{'rows':>12}{'first':>10}{'last':>10}")
        found = []
        for question in read_catalogue(library()).questions.values():
            for name, query in forms(question, folder) if question.kind in KINDS else ():
                rows, first, last = measure(folder, query)
                found.append((last, first, question.kind, name, rows))
                print(f"{name}: {last:.2f} s", file=sys.stderr, flush=True)
        for last, first, kind, name, rows in sorted(found, reverse=True):
            print(f"{kind:5}{name:44}{rows:>12}{first:>10.2f}{last:>10.2f}", flush=True)
        gaps = sum(last for last, _, kind, *_ in found if kind == "gap")
        print(f"all rules: {gaps:.1f} s; stopped: {sum(rows == 'stopped' for *_, rows in found)}")


if __name__ == "__main__":
    main()
