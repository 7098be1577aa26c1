"""Endpoints that keep a line busy and never end: what they are asked ends in time, whatever drips, with TLS as well."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest

from cspgraph.engines.transport import Bounds, Endpoint, within
from cspgraph.errors import EngineError, LimitReached
from tests.servers import JSON, answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Ran

pytestmark = pytest.mark.usefixtures("no_secrets")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: " + JSON.encode() + b"\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
WHOLE = OK + b"Content-Length: 4\r\n\r\ntrue"
SILENT = (b"", b"")
# What comes first, and what comes again and again.
DRIPS = {
    "nothing": SILENT,
    "a head": (b"HTTP/1.1 200 OK\r\n", b"X"),
    "to be continued": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (OK + b"Content-Length: 9999\r\n\r\n", b" "),
    "the size of a chunk": (CHUNKED + b"\r\n", b"0"),
    "a chunk": (CHUNKED + b"\r\nffff\r\n", b" "),
    "gzip of nothing": (
        CHUNKED + b"Content-Encoding: gzip\r\n\r\na\r\n" + gzip.compress(b"")[:10] + b"\r\n",
        b"5\r\n\x00\x00\x00\xff\xff\r\n",
    ),
}


@contextmanager
def dripping(
    *answers: tuple[bytes, bytes | None], context: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[int]]]:
    """Answer one request after the other so, the last again and again; give the address, and the port of each that asked.

    An answer of None at its end is whole, and leaves the line open for the next request.
    """
    ports: list[int] = []
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            first, again = answers[min(len(ports), len(answers) - 1)]
            ports.append(self.client_address[1])
            self.rfile.read(int(self.headers["Content-Length"]))
            with suppress(OSError):
                self.wfile.write(first)
                while again is not None and not over.wait(0.05):
                    self.wfile.write(again)

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            return

    with answering(Handler, context) as address:
        yield f"{address}/query", ports
        over.set()


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    start = time.monotonic()
    with pytest.raises(LimitReached, match=r"took longer than 0\.\d s"):
        yield
    assert time.monotonic() - start < seconds


def asked(endpoint: Endpoint, seconds: float) -> bytes:
    with endpoint.post([("query", "ASK {}")], JSON, Bounds(seconds)) as body:
        return b"".join(iter(body.read, b""))


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A certificate for this machine, as a server takes it, and the file by which it is known."""
    program = shutil.which("openssl")
    if not program:
        pytest.skip("openssl is not installed")
    key, known = (tmp_path_factory.mktemp("tls") / name for name in ("key.pem", "known.pem"))
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=here"
    place = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(known)]
    subprocess.run([program, *words.split(), *place], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(known, key)
    return context, known


@pytest.mark.parametrize("drip", DRIPS.values(), ids=DRIPS.keys())
def test_an_answer_that_never_ends_is_left_at_the_deadline(drip: tuple[bytes, bytes]) -> None:
    with dripping(drip) as (address, ports):
        with ends_within(2):
            asked(Endpoint(address), 0.3)
        with ends_within(2), within(0.3):
            Endpoint(address).put_graph("u:g", b"")
        assert len(ports) == 2, "who is at work is not asked again"


def test_a_line_with_tls_ends_in_time_as_well(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, known = certified
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    for drip in DRIPS.values():
        with dripping((WHOLE, None), drip, context=context) as (address, ports):
            endpoint = Endpoint(address)
            assert asked(endpoint, 5) == b"true"
            with ends_within(2):
                asked(endpoint, 0.3)
            assert len(set(ports)) == 1, "the line was used again"


def test_a_server_whose_certificate_is_not_known_is_told_nothing_and_not_asked_again(
    certified: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr("cspgraph.engines.transport.BACKOFF", 60)
    context, known = certified
    with dripping((WHOLE, None), context=context) as (address, ports):
        with pytest.raises(EngineError, match=r"is not trusted: .*CERTIFICATE_VERIFY_FAILED") as raised:
            asked(Endpoint(address), 5)
        assert "SSL_CERT_FILE" in raised.value.hint
        monkeypatch.setenv("SSL_CERT_FILE", str(known))
        with pytest.raises(EngineError, match=r"is not trusted: .*localhost"):  # it is another's
            asked(Endpoint(address.replace("127.0.0.1", "localhost")), 5)
    assert ports == []


def test_a_line_that_is_used_again_has_its_whole_time_again() -> None:
    with dripping((WHOLE, None)) as (address, ports):
        endpoint = Endpoint(address)
        for _ in range(3):
            assert asked(endpoint, 0.4) == b"true"
            time.sleep(0.25)
        assert len(set(ports)) == 1


def test_a_host_that_takes_nothing_is_left_at_the_deadline() -> None:
    """It lets us call, and neither reads what is sent nor says how it would be encrypted."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        place = f"127.0.0.1:{deaf.getsockname()[1]}/query"
        with ends_within(2), within(0.3):
            Endpoint(f"http://{place}").put_graph("u:g", bytes(50_000_000))
        with ends_within(2):
            asked(Endpoint(f"https://{place}"), 0.3)


def test_what_is_said_of_something_written_is_read_to_its_end_and_not_without_end() -> None:
    with dripping((OK + b"\r\n", b" " * 300_000)) as (address, _):
        assert Endpoint(address).put_graph("u:g", b"")
    with dripping((WHOLE, None)) as (address, ports):
        endpoint = Endpoint(address)
        endpoint.write("DROP SILENT GRAPH <u:g>")
        endpoint.write("DROP SILENT GRAPH <u:g>")
        assert len(set(ports)) == 1
    broken = (CHUNKED + b"\r\n4\r\ntrue\r\nnever\r\n", None)
    with dripping(broken) as (address, _), pytest.raises(EngineError, match="broke off"):
        Endpoint(address).write("DROP SILENT GRAPH <u:g>")


@pytest.mark.parametrize("listed", [False, True], ids=["at once", "after the list of graphs"])
def test_the_timeout_of_a_query_is_of_all_that_it_asks(listed: bool, cli: Callable[..., Ran]) -> None:
    cell = '{"graph":{"type":"uri","value":"u:g"},"hash":{"type":"literal","value":"1"}}'
    rows = f'{{"head":{{"vars":["graph","hash"]}},"results":{{"bindings":[{cell}]}}}}'.encode()
    known = (OK + b"Content-Length: %d\r\n\r\n" % len(rows) + rows, None)
    with dripping(*[known] * listed, SILENT) as (address, ports):
        start = time.monotonic()
        found = cli("query", "ASK {}", "--timeout", "0.5", "--engine", address)
        assert time.monotonic() - start < 3
    assert len(ports) == 1 + listed
    assert found.code == 4
    assert "took longer than 0.5 s" in found.err
    assert "--timeout" in found.err


def test_a_host_that_is_away_is_no_slow_one(cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cspgraph.engines.transport.BACKOFF", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    found = cli("query", "ASK {}", "--timeout", "0.4", "--engine", f"http://127.0.0.1:{port}/query")
    assert found.code == 3
    assert "cannot be reached" in found.err
    assert "asked once" in found.err


def test_a_host_that_takes_long_to_read_is_not_given_up_like_one_that_does_not_take_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            time.sleep(0.6)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    monkeypatch.setattr("cspgraph.engines.line.CONNECTING", 0.2)
    with answering(Slow) as address:
        assert Endpoint(f"{address}/query").put_graph("u:g", bytes(50_000_000))
