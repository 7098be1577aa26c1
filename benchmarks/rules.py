"""How long each gap rule and each ask takes on the bundled plans, many times over.

The plans are copied COPIES times (100), each copy under names of its own, beside one copy of what plans share: about
ten million triples. Every question runs in a process of its own on the store, read-only, is stopped after SECONDS
(60), and the slowest are named; the time is the processor's (the engine uses one), which a busy machine changes less. The store is kept in FOLDER where one is given, so that a second run is short.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyoxigraph as ox

from cspgraph.build import open_engine
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from cspgraph.terms import GRAPH, ID, ONTOLOGY_GRAPH, SHARED

COPIES = int(os.environ.get("COPIES", "100"))
SECONDS = float(os.environ.get("SECONDS", "60"))
_ASK = """
import sys, time, pyoxigraph as ox
store = ox.Store.read_only(sys.argv[1])
start = time.process_time()
rows = sum(1 for _ in store.query(sys.stdin.read(), use_default_graph_as_union=True))
print(rows, time.process_time() - start)
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


def measure(folder: Path, query: str) -> tuple[str, float]:
    """Return the number of rows, and the processor's seconds to the last; `stopped` where it takes too long."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _ASK, str(folder)],
            input=query, capture_output=True, text=True, timeout=SECONDS, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "stopped", SECONDS
    rows, seconds = done.stdout.split()
    return rows, float(seconds)


def main() -> None:
    """Fill, measure, print a table, the slowest first."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(os.environ.get("FOLDER", scratch)) / f"copies-{COPIES}"
        start = time.perf_counter()
        if not folder.exists():
            print(f"{fill(folder):,} triples written in {time.perf_counter() - start:.0f} s", flush=True)
        print(f"{'kind':5}{'question':36}{'rows':>12}{'seconds':>10}")
        found = []
        for question in read_catalogue(library()).questions.values():
            rows, seconds = measure(folder, question.path.read_text(encoding="utf-8"))
            found.append((seconds, question.kind, question.name, rows))
        for seconds, kind, name, rows in sorted(found, reverse=True):
            print(f"{kind:5}{name:36}{rows:>12}{seconds:>10.2f}", flush=True)
        gaps = sum(seconds for seconds, kind, *_ in found if kind == "gap")
        print(f"all rules: {gaps:.1f} s; stopped: {sum(rows == 'stopped' for *_, rows in found)}")


if __name__ == "__main__":
    main()
