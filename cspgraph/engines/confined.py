"""Foreign queries, run where they can be killed, within limits of time, rows, bytes and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.engines import Table
from cspgraph.engines.gate import admit
from cspgraph.errors import EngineError, LimitReached, QueryError, QueryRefused

if TYPE_CHECKING:
    from cspgraph.engines import Engine


@dataclass(frozen=True)
class Limits:
    """What one foreign query may take: seconds, rows, bytes of result, bytes of memory."""

    seconds: float = 30
    rows: int = 100_000
    result: int = 64_000_000
    memory: int = 2_000_000_000


Result = Table | list[ox.Triple] | bool


def run_foreign(engine: Engine, query: str, limits: Limits | None = None) -> Result:
    """Return the rows, triples or truth of a query written by somebody else.

    Raises QueryRefused when it asks for more than reading loaded graphs, QueryError when
    it is not SPARQL, LimitReached when it takes too much, EngineError when it cannot run.
    """
    limits = limits or Limits()
    graphs = sorted(engine.graphs())
    names_graphs = admit(query, graphs)
    data = engine.confinement()
    if callable(data):
        return data(query, limits, names_graphs)
    if data is None:
        raise QueryRefused(f"the {engine.address} engine runs shipped questions only", "use memory: or oxigraph:DIR")
    request = {
        "store": str(data) if isinstance(data, Path) else "",
        "query": query,
        "graphs": graphs,
        "union": not names_graphs,
        "memory": limits.memory,
        "seconds": int(limits.seconds),
    }
    body = json.dumps(request).encode() + b"\n" + (b"" if isinstance(data, Path) else data)
    output, message, code = _run(body, limits)
    if code == 2 or b"memory allocation" in message or code in (-6, 134):
        raise LimitReached(f"the query needed more than {limits.memory // 1_000_000:,} MB of memory")
    if code == 1:
        raise QueryError.of_engine(message.decode(errors="replace"))
    if code:
        raise EngineError(f"the process that ran the query ended with {code}")
    return _parse(output, limits)


def _run(body: bytes, limits: Limits) -> tuple[bytes, bytes, int]:
    """Feed a worker and read what it says, no further than the limits."""
    worker = Path(__file__).with_name("worker.py")
    process = subprocess.Popen(
        [sys.executable, "-I", str(worker)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
    )
    assert process.stdin and process.stdout and process.stderr
    late = threading.Event()
    timer = threading.Timer(limits.seconds, _stop, (process, late))
    timer.start()
    try:
        threading.Thread(target=_feed, args=(process, body), daemon=True).start()
        output = process.stdout.read(limits.result + 1)
        if len(output) > limits.result:
            process.kill()
            raise LimitReached(f"the result is larger than {limits.result // 1_000_000} MB", "ask for less with LIMIT")
        message = process.stderr.read(4_000)
        code = process.wait()
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            _close(pipe)
    if late.is_set():
        raise LimitReached(
            f"the query took longer than {limits.seconds:g} s", "narrow it, or allow more with --timeout"
        )
    return output, message, code


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "TEMP", "TMP", "TMPDIR")
    }


def _feed(process: subprocess.Popen[bytes], body: bytes) -> None:
    assert process.stdin
    try:
        process.stdin.write(body)
        process.stdin.close()
    except (OSError, ValueError):
        return  # the worker is gone; its exit code says why


def _close(pipe: object) -> None:
    try:
        pipe.close()  # type: ignore[attr-defined]
    except OSError:
        return


def _parse(output: bytes, limits: Limits) -> Result:
    kind, _, body = output.partition(b"\n")
    if kind == b"ask":
        return body == b"true"
    if kind == b"graph":
        return [
            ox.Triple(quad.subject, quad.predicate, quad.object)
            for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)
        ]
    if body.count(b"\n") - 1 > limits.rows:
        raise LimitReached(f"the result has more than {limits.rows:,} rows", "ask for less with LIMIT")
    solutions = ox.parse_query_results(body, ox.QueryResultsFormat.TSV)
    assert isinstance(solutions, ox.QuerySolutions)
    return Table([variable.value for variable in solutions.variables], [tuple(solution) for solution in solutions])
