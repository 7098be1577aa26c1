"""What is measured, by us and by each peer; every call runs in a process of its own (see run.py).

    python -m benchmarks.measures MEASURE WHO FOLDER

prints one line of JSON: the seconds to the first and to the last row, and the number of rows. The clock starts after
imports, with the store opened and the questions read (opening has a measure of its own), and after what the peer's user
would have at hand already: a graph in memory for rdflib, and for networkx where it says "graph built".
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import asking, loading, tracing
from benchmarks.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Triples up to which questions in rdflib are measured; what holds the graph in memory as objects, and readers of plan files; what else takes long; and all there are.
SMALL, MIDDLE, LARGE, MOST = 100_000, 2_000_000, 20_000_000, 10**12
TRACED = "[!a]*"  # the names of what tracing keeps: all but answers-*.sqlite, what the rules found in each plan


@dataclass(frozen=True)
class Way:
    """How one competitor does it: a function that makes ready and returns what is timed."""

    make: Callable[[Place], Callable[[], Iterable[object]]]
    most: int = MOST  # triples
    needs: str = "pyoxigraph"  # the module without which it is absent
    keeps: str = ""  # the names of what it keeps beside the store, so that the first time is another time
    cold: bool = False  # whether it is measured also with the store's files not read yet


def measures() -> dict[str, dict[str, Way]]:
    """Return every measure with who is measured, us first."""
    found = {
        "load from RDF": {
            "cspgraph": Way(loading.load_rdf),
            "pyoxigraph": Way(loading.load_pyoxigraph),
            "pyoxigraph, files joined": Way(partial(loading.load_pyoxigraph, joined=True), LARGE),
            "rdflib": Way(loading.load_rdflib, MIDDLE, "rdflib"),
            "maplib": Way(loading.load_maplib, MIDDLE, "maplib"),
            "kglab": Way(loading.load_kglab, MIDDLE, "kglab"),
        },
        "load from plan files": {"cspgraph": Way(loading.load_plans, MIDDLE), "PyYAML, events only": Way(loading.read_yaml, MIDDLE, "yaml")},
        "load again, one plan edited": {"cspgraph": Way(loading.load_again, SMALL), "PyYAML, events only": Way(loading.read_yaml, SMALL, "yaml")},
        "replace one graph": {"cspgraph": Way(loading.replace), "pyoxigraph": Way(loading.replace_pyoxigraph)},
        "open, all of one thing": {
            "cspgraph": Way(asking.point, cold=True),
            "pyoxigraph": Way(asking.point_pyoxigraph, cold=True),
            "rdflib": Way(asking.point_rdflib, MIDDLE, "rdflib"),
        },
        "all rules": {"cspgraph": Way(asking.rules, keeps="*"), "pyoxigraph": Way(asking.rules_pyoxigraph, LARGE)},
        "rules counted, one plan replaced": {"cspgraph": Way(loading.after_one(lambda graph: graph.count_gaps()))},
        "eight rules that SHACL can say": {
            "cspgraph": Way(asking.core, keeps="*"),
            "pyoxigraph": Way(asking.core_pyoxigraph),
            "pySHACL": Way(asking.core_pyshacl, MIDDLE, "pyshacl"),
        },
        "depends": {
            "cspgraph": Way(tracing.depends, keeps=TRACED),
            "networkx": Way(tracing.depends_networkx, needs="networkx"),
            "networkx, graph built": Way(tracing.depends_built, needs="networkx"),
            "rustworkx, graph built": Way(tracing.depends_rustworkx, needs="rustworkx"),
            "pyoxigraph": Way(tracing.depends_pyoxigraph),
            "rdflib": Way(tracing.depends_rdflib, MIDDLE, "rdflib"),
        },
        "what-if": {"cspgraph": Way(tracing.what_if, keeps=TRACED), "networkx": Way(tracing.depends_networkx, needs="networkx")},
        "columns": {"cspgraph": Way(tracing.columns, keeps=TRACED)},
        "columns, one plan replaced": {"cspgraph": Way(loading.after_one(tracing.snapshot))},
        "horizon": {"cspgraph": Way(tracing.horizon, keeps=TRACED), "pyoxigraph": Way(tracing.horizon_pyoxigraph)},
        "load of bodies": {"cspgraph": Way(tracing.load, keeps=TRACED), "networkx": Way(tracing.load_networkx, needs="networkx")},
        "coverage": {"cspgraph": Way(tracing.coverage, keeps=TRACED), "pyoxigraph": Way(tracing.coverage_pyoxigraph)},
    }  # fmt: skip
    for number, question in enumerate(asking.questions("ask")):
        ways = {
            "cspgraph": Way(asking.ask(question), keeps="*.answers", cold=not number % 8),
            "pyoxigraph": Way(asking.ask_pyoxigraph(question), LARGE if number % 8 else MOST, cold=not number % 8),
        }
        if not number % 8:  # all of them take rdflib minutes
            ways["rdflib"] = Way(asking.ask_rdflib(question), SMALL, "rdflib")
        found[f"ask {question.name}"] = ways
    return found


def absent(way: Way) -> bool:
    """Return whether the module that a way needs is not installed."""
    return importlib.util.find_spec(way.needs) is None


def main() -> None:
    """Run one measure as one competitor and print what it took."""
    name, who, folder = sys.argv[1:4]
    way = measures()[name][who]
    run = way.make(Place(Path(folder)))
    first = 0.0
    rows = 0
    start, used = time.perf_counter(), time.process_time()
    for _ in run():
        first = first or time.perf_counter() - start
        rows += 1
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    print(json.dumps({"seconds": seconds, "first": first, "processor": processor, "rows": rows}))


if __name__ == "__main__":
    main()
