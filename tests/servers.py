"""Servers that the tests start on ports of this machine: SPARQL servers that are not ours, and some that fail on purpose."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

# What is asked of servers, how they say that they answer it, and a plan to fill them with.
ROWS = "SELECT ?s { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 3"
COUNT = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p"
JSON = "application/sparql-results+json"
PLAN = "plan: {name}\nsource: doc\ntitle: A plan of {name}\nlines: 1\nactions:\n  A1: {{title: Do what {name} says, lines: 1}}\n"

# The server is in the package `oxigraph`, whose program lies beside the interpreter.
PROGRAM = shutil.which("oxigraph", path=str(Path(sys.executable).parent))


@contextmanager
def serving(*words: str, port: int = 0) -> Iterator[str]:
    """Run Oxigraph's server and give the address that takes queries; it is gone at the end."""
    if PROGRAM is None:
        pytest.skip("the SPARQL server is not installed: pip install oxigraph")
    bind = f"127.0.0.1:{port or free_port()}"
    command = [PROGRAM, *words, "--bind", bind]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait(bind, process)
            yield f"http://{bind}/query"
        finally:
            process.terminate()


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answer requests as a handler does, with TLS or without, and give the address of it; it is gone at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens there."""
    host, _, port = address.partition(":")
    for _ in range(600):
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not answer")
