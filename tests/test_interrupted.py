"""An interruption: Ctrl-C, once and again."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from cspgraph import cli

if TYPE_CHECKING:
    import pytest

# A command that was interrupted, and waits for a thread of its own that has not ended.
LINGERS = """
import threading, time
from cspgraph import cli
threading.Thread(target=time.sleep, args=(60,)).start()
def interrupted(**_):
    raise KeyboardInterrupt
cli.cli.main = interrupted
cli.main()
"""


def started(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A shell that runs the tests in the background has its children ignore interruptions.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )


def test_an_interruption_is_130() -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    running = started("-m", "cspgraph", "query", query)
    assert running.stderr
    assert b"running the query ...\n" in running.stderr  # told after a while: by then it does
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err.decode().strip() == "interrupted"


def test_a_second_interruption_ends_what_lingers_without_a_word() -> None:
    running = started("-c", LINGERS)
    assert running.stderr
    assert running.stderr.readline() == b"interrupted\n"
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == -signal.SIGINT, "as a shell knows it: 130"
    assert err == b""


def test_an_interruption_in_a_thread_is_130_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first thread of a process may say what an interruption does."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.cli, "main", interrupted)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(cli._run()))
    thread.start()
    thread.join()
    assert codes == [130]
