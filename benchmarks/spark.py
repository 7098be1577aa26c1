"""When Spark begins to pay: each question on a store on disk and on Spark, side by side, whole commands.

    python benchmarks/spark.py STORE [MASTER]

STORE is a folder made by `cspgraph build --to oxigraph:STORE`; MASTER is `local[2]` where none is named. The store is first
written as Parquet, beside it. Each command runs in a process of its own, one after the other; what is told is the time on
the wall and the processor's seconds of the command and of all that it starts, which a busy machine changes less. Rows
are compared.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUESTIONS = [
    ["gaps", "--rule", "action-without-lead"],
    ["gaps", "--count"],
    ["load"],
    ["depends", "ref/lcpf"],
    ["horizon", "--from", "2018-01", "--to", "2018-03"],
    ["coverage", "ref/pcp-2017"],
]
_TICKS = os.sysconf("SC_CLK_TCK")


def processes() -> tuple[dict[int, list[int]], dict[int, float]]:
    """Return the processes that each process has started, and the processor's seconds of each, as the system has them."""
    parents: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        seconds[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    return parents, seconds


def below(pid: int, started: dict[int, list[int]]) -> list[int]:
    """Return the processes that a process has started, and those that these have."""
    found, waiting = [], [pid]
    while waiting:
        some = started.get(waiting.pop(), [])
        found += some
        waiting += some
    return found


def spent(pid: int) -> dict[int, float]:
    """Return the processor's seconds of a process and of all below it, by process."""
    started, seconds = processes()
    return {one: seconds[one] for one in (pid, *below(pid, started)) if one in seconds}


def measured(words: list[str]) -> tuple[float, float, str]:
    """Run a command; return its seconds on the wall, the processor's, and a mark of what it printed."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        command = [sys.executable, "-m", "cspgraph", *words, "--quiet"]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        most: dict[int, float] = {}
        while process.poll() is None:
            most |= spent(process.pid)
            time.sleep(0.1)
        wall = time.perf_counter() - start
        out.seek(0)
        content = out.read()
    assert process.returncode == 0, content[-300:].decode(errors="replace")
    return wall, sum(most.values()), hashlib.sha256(content).hexdigest()[:8]


def main() -> None:
    """Write the folder, ask both, print a table."""
    store, master = sys.argv[1], (*sys.argv[2:], "local[2]")[0]
    folder = Path(f"{store.rstrip('/')}.parquet")
    if not folder.exists():
        wall, cpu, _ = measured(["export", "--engine", f"oxigraph:{store}", "--to", str(folder)])
        print(f"export: {wall:.0f} s ({cpu:.0f}); {sum(p.stat().st_size for p in folder.iterdir()) / 1e6:.0f} MB")
    print("| command | store | Spark | rows |\n|---|---|---|---|", flush=True)
    for words in QUESTIONS:
        asked = [*words, "--format", "json"]
        here = measured([*asked, "--engine", f"oxigraph:{store}"])
        there = measured([*asked, "--engine", master, "--data", str(folder)])
        same = "the same" if here[2] == there[2] else "DIFFERENT"
        cells = [f"{wall:.1f} s ({cpu:.1f})" for wall, cpu, _ in (here, there)]
        print(f"| `{' '.join(words)}` | {cells[0]} | {cells[1]} | {same} |", flush=True)


if __name__ == "__main__":
    main()
