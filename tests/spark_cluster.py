"""A Spark cluster on the loopback: one master and two workers, each a process of its own, with a secret between them."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.spark import below, processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE = 600.0  # seconds: a busy machine takes its time to start a JVM


class Cluster:
    """A master and two workers. Whoever uses it needs `environment`: the secret, and what an executor may take."""

    def __init__(self, folder: Path) -> None:
        import pyspark

        self.folder = folder
        self.home = Path(pyspark.__file__).parent
        secret = secrets.token_hex(16)
        conf = folder / "conf"
        conf.mkdir()
        self.settings = {
            "spark.authenticate": "true",
            "spark.authenticate.secret": secret,
            "spark.executor.memory": "600m",
            "spark.sql.shuffle.partitions": "4",
        }
        lines = "".join(f"{name} {value}\n" for name, value in self.settings.items())
        (conf / "spark-defaults.conf").write_text(lines, encoding="utf-8")
        options = f"-Dspark.authenticate=true -Dspark.authenticate.secret={secret}"
        self.environment = {
            **os.environ,
            "SPARK_HOME": str(self.home),
            "SPARK_CONF_DIR": str(conf),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
        }
        self._daemon = {**self.environment, "SPARK_MASTER_OPTS": options, "SPARK_WORKER_OPTS": options}
        self.running: list[subprocess.Popen[bytes]] = []
        self.address = ""
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        log = self._start("master", "org.apache.spark.deploy.master.Master", "--port", "0", "--webui-port", "0")
        port = _found(log, r"Starting Spark master at spark://127\.0\.0\.1:(\d+)")
        self.address = f"spark://127.0.0.1:{port}"
        for number in (1, 2):
            self.add_worker(number)
        return self

    def add_worker(self, number: int) -> None:
        """Start a worker and wait until the master knows it."""
        work = (
            "--cores",
            "1",
            "--memory",
            "1g",
            "--webui-port",
            "0",
            "--work-dir",
            str(self.folder / f"work-{number}"),
        )
        log = self._start(f"worker-{number}", "org.apache.spark.deploy.worker.Worker", *work, self.address)
        _found(log, r"(Successfully registered) with master")
        self.workers.append(self.running[-1])

    def _start(self, name: str, kind: str, *arguments: str) -> Path:
        log = self.folder / f"{name}.log"
        with log.open("wb") as out:
            command = [str(self.home / "bin" / "spark-class"), kind, "--host", "127.0.0.1", *arguments]
            self.running.append(subprocess.Popen(command, env=self._daemon, stdout=out, stderr=out))
        return log

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker and the executors that it has started, as when a machine is switched off."""
        for pid in [*_below(worker.pid), worker.pid]:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        worker.wait()

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.running):
            if process.poll() is None:
                self.kill(process)


def _found(log: Path, pattern: str) -> str:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        match = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if match:
            return match[1]
        time.sleep(0.2)
    raise AssertionError(f"{log.name} does not say {pattern}: {log.read_text(errors='replace')[-600:]}")


def _below(pid: int) -> list[int]:
    return below(pid, processes()[0])


def busy(worker: subprocess.Popen[bytes]) -> bool:
    """Return whether a Python process computes for an executor of this worker."""
    for pid in _below(worker.pid):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"pyspark.daemon" in line or b"pyspark/daemon" in line:
            return len(_below(pid)) > 0
    return False


def until(true: Callable[[], bool], seconds: float = _PATIENCE) -> bool:
    """Wait until something is true; return whether it became so in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def cluster(folder: Path) -> Iterator[Cluster]:
    """Yield a cluster that runs."""
    if not shutil.which("java"):
        raise AssertionError("the Spark tests need Java 17")
    with Cluster(folder) as running:
        yield running
