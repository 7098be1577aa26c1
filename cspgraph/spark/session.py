"""A Spark session, started and failing in one sentence.

Spark's own settings are read where Spark reads them, in `spark-defaults.conf` of the folder that SPARK_CONF_DIR names: secrets,
memory of executors, whatever a cluster wants. What the JVM prints goes to a file that is deleted at the end, or to
the terminal with CSPGRAPH_DEBUG=1.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import socket
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cspgraph.errors import CspgraphError, EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

_PATIENCE = 60.0  # seconds: until a worker is there
_WHOLE_FILE = str(1 << 40)  # bytes: more than any file of ours has
_SETTINGS = {
    "spark.app.name": "cspgraph",
    "spark.log.level": "OFF",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # A file is read by one task, from top to bottom, so that no plan is divided between two.
    "spark.sql.files.maxPartitionBytes": _WHOLE_FILE,
    "spark.sql.files.openCostInBytes": _WHOLE_FILE,
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def start(master: str) -> SparkSession:
    """Return a session on a master, stopped when Python ends.

    Raises CspgraphError where PySpark or Java is not there, EngineError where the master cannot be reached or has no
    worker to give.
    """
    if not find_spec("pyspark") or not find_spec("pyarrow"):
        raise CspgraphError("Spark needs packages that are not installed", 'pip install "cspgraph[spark]"')
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        raise EngineError("Spark needs Java, which is not there", "install Java 17, or set JAVA_HOME")
    _knock(master)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master)
    for name, value in (_SETTINGS | _loopback(master)).items():
        builder = builder.config(name, value)
    with one_sentence(master), _quiet_jvm():
        session = builder.getOrCreate()
    atexit.register(_stop, session)
    if master.startswith("spark://"):
        _wait_for_workers(session, master)
        threading.Thread(target=_watch, args=(session,), daemon=True).start()
    return session


def _place(master: str) -> tuple[str, int]:
    """Return the host and port of the first master that an address names; nothing for a local one."""
    match = re.match(r"spark://\[?([^,/\]]+)\]?:(\d+)", master)
    return (match[1], int(match[2])) if match else ("", 0)


def _knock(master: str) -> None:
    """Raise EngineError where nobody listens: Spark itself tries for a minute, and says so at length."""
    if not master.startswith("spark://"):
        return
    host, port = _place(master)
    if not host:
        raise EngineError(f"'{master}' is not the address of a Spark master", "write spark://HOST:PORT")
    if "," in master:
        return  # one of several masters may be away
    try:
        with socket.create_connection((host, port), timeout=10):
            return
    except OSError as error:
        said = error.strerror or str(error)
        raise EngineError(f"the Spark master {master} cannot be reached: {said}", "is it running?") from None


def _loopback(master: str) -> dict[str, str]:
    """Return what keeps a session of this machine on this machine."""
    if master.startswith("spark://") and _place(master)[0] not in ("127.0.0.1", "localhost"):
        return {}
    return {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def _wait_for_workers(session: SparkSession, master: str) -> None:
    until = time.monotonic() + _PATIENCE
    with one_sentence(master):
        while not _executors(session):
            if time.monotonic() > until:
                hint = "start one, or wait until others have ended; an executor must fit in its memory and cores"
                raise EngineError(f"the Spark master {master} gave no worker within {_PATIENCE:.0f} seconds", hint)
            time.sleep(0.1)


def _executors(session: SparkSession) -> int:
    """Return how many executors there are, this process left out."""
    context: Any = session.sparkContext._jsc.sc()  # noqa: SLF001 - PySpark has no name of its own for it
    return int(context.getExecutorMemoryStatus().size()) - 1


def _watch(session: SparkSession) -> None:
    """End a session whose job has had no executor for a minute: Spark would wait for ever."""
    since = time.monotonic()
    with suppress(Exception):  # the session was stopped, or Python ends
        while time.monotonic() - since < _PATIENCE:
            time.sleep(1)
            if _executors(session) or not session.sparkContext.statusTracker().getActiveJobsIds():
                since = time.monotonic()
        session.stop()


def _stop(session: SparkSession) -> None:
    with suppress(Exception):
        session.stop()


@contextmanager
def _quiet_jvm() -> Iterator[None]:
    """Let the JVM that is started inside write to a file that has no name any more."""
    if os.environ.get("CSPGRAPH_DEBUG"):
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


@contextmanager
def one_sentence(master: str) -> Iterator[None]:
    """Turn what Spark raises inside into an EngineError of one sentence."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        if os.environ.get("CSPGRAPH_DEBUG"):
            raise
        raise EngineError(
            f"Spark failed at {master}: {_said(_words(error))}", "CSPGRAPH_DEBUG=1 shows its log"
        ) from None


def _words(error: Exception) -> str:
    """Return what an error says; of one in Java, what each of its causes says, the first cause first."""
    said, cause = [str(error)], getattr(error, "java_exception", None)
    with suppress(Exception):  # the JVM may be gone
        while cause is not None:
            said.append(str(cause.toString()))
            cause = cause.getCause()
    return "\n".join(reversed(said))


def _said(words: str) -> str:
    """Return what of a message of Spark's is worth telling: its cause, without the traces of Java and Python."""
    lines = [line.strip() for line in words.split("\n") if line.strip()]
    if any("JAVA_GATEWAY_EXITED" in line for line in lines):
        return "Java did not start (Spark 4 needs Java 17 or later)"
    if any("stopped SparkContext" in line or "SparkContext was shut down" in line for line in lines):
        return "the master ended the job, or all its workers were lost"
    unread = re.search(r"while reading file (?:file:/*)?(\S+\.parquet)", words)
    if unread:
        return f"the file /{unread[1]} cannot be read"
    python = [line for line in lines if re.match(r"[\w.]*(Error|Exception|LimitReached)\b.*: ", line)]
    aborted = [line for line in lines if line.startswith(("Job aborted", "org.apache.spark", "[", "java."))]
    chosen = next(iter([*python, *aborted, *lines, "no reason given"]))
    return re.sub(r"^[\w.]*(Exception|Error): ", "", chosen)[:200]
