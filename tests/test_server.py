"""Every shipped question, its file unchanged, over plain HTTP against a SPARQL server that is not ours."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph.build import build, open_engine, store_folder
from cspgraph.questions import read_catalogue
from cspgraph.resources import library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.engines import Engine
    from cspgraph.questions import Question

# The server is in the package `oxigraph`, whose program lies beside the interpreter.
PROGRAM = shutil.which("oxigraph", path=str(Path(sys.executable).parent))


@pytest.fixture(scope="module")
def memory() -> Engine:
    """The bundled plans in memory."""
    return open_engine([], "memory:")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the store of the bundled plans, read-only, on a port of this machine; return the address of its endpoint."""
    if PROGRAM is None:
        pytest.skip("the SPARQL server is not installed: pip install oxigraph")
    folder = tmp_path_factory.mktemp("served")
    build([], store_folder(str(folder)))
    (store,) = folder.glob("store-*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [PROGRAM, "serve-read-only", "--location", str(store), "--bind", address, "--union-default-graph"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(address, process)
            yield f"http://{address}/query"
        finally:
            process.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    host, _, port = address.partition(":")
    for _ in range(200):
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not answer")


def asked(endpoint: str, query: str) -> list[tuple[str, ...]]:
    headers = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
    request = urllib.request.Request(endpoint, query.encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = ox.parse_query_results(answer.read(), format=ox.QueryResultsFormat.JSON)
    assert isinstance(found, ox.QuerySolutions)
    return [tuple(map(str, row)) for row in found]


@pytest.mark.parametrize(
    "question",
    [found for _, found in sorted(read_catalogue(library()).questions.items())],
    ids=lambda found: found.name,
)
def test_a_question_runs_unchanged_on_a_server(question: Question, server: str, memory: Engine) -> None:
    text = question.path.read_text(encoding="utf-8")
    assert asked(server, text) == [tuple(map(str, row)) for row in memory.select(text).rows]
