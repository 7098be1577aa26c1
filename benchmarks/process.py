"""One process that is measured: how long it took, and how much memory; stopped where either is too much."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

SECONDS = float(os.environ.get("SECONDS", "120"))
GIGABYTES = float(
    os.environ.get("GIGABYTES") or round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 4e9, 1)
)
# What Python, the store and the loader of libraries say when there is none left.
_OUT_OF_MEMORY = ("MemoryError", "memory allocation of", "bad_alloc", "Cannot allocate", "temporarily unavailable")


class Took(NamedTuple):
    """What one process took; `said` is what went wrong, if anything."""

    seconds: float
    first: float = 0.0
    rows: int = 0
    memory: int = 0
    processor: float = 0.0
    said: str = ""


def run(command: list[str], *, timed: bool = False, limit: float = SECONDS) -> Took:
    """Run a process to its end, or until it takes too long; `timed` when it tells its own times as JSON."""
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, env=os.environ | {"TMPDIR": scratch}
        )  # fmt: skip
        if sys.platform == "linux":
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (int(GIGABYTES * 1e9),) * 2)
        late = threading.Event()
        timer = threading.Timer(limit + 60 * timed, _stop, (process, late))
        timer.start()
        assert process.stdout
        first, rows, lines = 0.0, 0, b""
        for line in process.stdout:
            first = first or time.perf_counter() - start
            rows += 1
            lines = line
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        timer.cancel()
        process.stdout.close()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
        if process.returncode and any(sign in said for sign in _OUT_OF_MEMORY):
            return Took(0.0, said=f"over {GIGABYTES:g} GB")
        said = said.rpartition("\n")[2]
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if late.is_set():
        return Took(limit, said=f"over {limit:g} s", memory=memory)
    if process.returncode not in (0, 1) or (timed and process.returncode):
        return Took(0.0, said=said if said.startswith("absent") else f"failed: {said[:120]}")
    if timed:
        told = json.loads(lines)
        if told["seconds"] > limit:
            return Took(limit, said=f"over {limit:g} s", memory=memory)
        return Took(told["seconds"], told["first"], told["rows"], memory, told["processor"])
    return Took(seconds, first, rows, memory, usage.ru_utime + usage.ru_stime)


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()
