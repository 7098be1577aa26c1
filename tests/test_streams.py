"""Standard output and error: a pipe that nobody reads to its end, a stream that the shell closed, a disk or memory that is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Ran

COMMANDS = {
    "table": "list actions",
    "md": "list actions --format md",
    "csv": "list actions --format csv",
    "json": "gaps --quiet --format json",
    "rows": "query 'SELECT * { ?s ?p ?o } LIMIT 5000'",
}


def shell(line: str) -> tuple[int, str, str]:
    """Return code, output and error of a line of bash, in which CSPGRAPH is the command."""
    line = line.replace("CSPGRAPH", f"{sys.executable} -m cspgraph")
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("form", COMMANDS)
def test_a_broken_pipe_is_silent(form: str) -> None:
    code, _, said = shell(f"CSPGRAPH {COMMANDS[form]} | head -c 10")
    assert "Error" not in said and "Exception" not in said and "fault" not in said
    assert code == 0


@pytest.mark.parametrize("form", COMMANDS)
def test_a_closed_output_is_no_fault(form: str) -> None:
    code, _, said = shell(f"CSPGRAPH {COMMANDS[form]} >&-")
    assert "fault" not in said and "Traceback" not in said
    assert code in (0, 1)


def test_a_closed_error_is_no_fault() -> None:
    code, out, _ = shell("CSPGRAPH show nobody 2>&-")
    assert (code, out) == (2, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("form", COMMANDS)
def test_a_full_disk_is_said_in_a_sentence(form: str) -> None:
    code, _, said = shell(f"CSPGRAPH {COMMANDS[form]} --quiet > /dev/full")
    assert said == "the answer cannot be written: No space left on device\n"
    assert code == 3
    assert shell(f"CSPGRAPH {COMMANDS[form]} > /dev/full 2> /dev/full")[0] == 3


def test_memory_that_ran_out_is_a_limit(cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    from cspgraph import inventory

    monkeypatch.setattr(inventory, "counts", lambda *_: bytearray(sys.maxsize))
    ran = cli("list")
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == "there is not enough memory for this\n    ask for less, such as one --plan\n"
