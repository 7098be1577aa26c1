"""Processes that read plan files, and the one that hands out the work."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager, suppress
from queue import Queue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from cspgraph.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.resources import Library
    from cspgraph.streaming.cards import Things

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from cspgraph.streaming.worker import main; main()"
# A file to read, and by file the things of other plans that it speaks of.
Job = tuple[str, list[tuple[str, "Things"]]]
# What came of it, and its N-Quads.
Result = tuple[dict[str, Any], bytes]


class Pool:
    """Some processes, each with one plan to read at a time."""

    def __init__(self, processes: list[subprocess.Popen[bytes]]) -> None:
        self.processes = processes

    def read(self, jobs: Iterable[Job]) -> Iterator[Result]:
        """Yield what comes of each plan, in the order in which they are done. Raises EngineError when a process dies."""
        waiting, lock = iter(jobs), Lock()
        done: Queue[Result | None] = Queue(len(self.processes) * 2)

        def work(process: subprocess.Popen[bytes]) -> None:
            while True:
                with lock:
                    job = next(waiting, None)
                result = _ask(process, job) if job else None
                done.put(result)
                if result is None:
                    return

        threads = [Thread(target=work, args=(process,), daemon=True) for process in self.processes]
        for thread in threads:
            thread.start()
        left = len(threads)
        while left:
            result = done.get()
            if result is None:
                left -= 1
            else:
                yield result
        if any(process.poll() is not None for process in self.processes) or next(waiting, None):
            raise EngineError(
                "a process that read plan files has died", "free some memory, and start again: what is read is kept"
            )


def _ask(process: subprocess.Popen[bytes], job: Job) -> Result | None:
    assert process.stdin and process.stdout
    with suppress(OSError, ValueError):
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        header = json.loads(process.stdout.readline())
        content = process.stdout.read(header["size"])
        if len(content) == header["size"]:
            return header, content
    process.kill()
    process.wait()
    return None


@contextmanager
def start(files: Library, jobs: int) -> Iterator[Pool]:
    """Yield a pool of processes that know the vocabulary and what plans share; they end with the block."""
    names = {name: [str(path) for path in getattr(files, name)] for name in ("base", "own", "ontology")}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(jobs):
            command = [sys.executable, "-c", _START, json.dumps(sys.path)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            processes.append(process)
            assert process.stdin
            with suppress(OSError):  # one that is dead already is seen when it is asked
                process.stdin.write(json.dumps(names).encode() + b"\n")
                process.stdin.flush()
        yield Pool(processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
