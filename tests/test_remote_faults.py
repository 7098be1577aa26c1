"""Endpoints that fail: answers cut off, lines that break, servers that are busy, silent or send elsewhere, secrets kept."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph.engines import transport
from cspgraph.engines.confined import Limits, run_foreign
from cspgraph.engines.remote import RemoteEngine
from cspgraph.errors import CspgraphError, EngineError, LimitReached, QueryError
from tests.servers import JSON, ROWS, answering, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Ran

pytestmark = pytest.mark.usefixtures("no_secrets")
ONE = b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":{"type":"uri","value":"u:a"}}]}}'


@contextmanager
def failing(
    answer: Callable[[BaseHTTPRequestHandler, int], None],
) -> Iterator[tuple[RemoteEngine, list[dict[str, str]]]]:
    """Serve what a function writes, and give an engine on it, and the heads of the requests that came."""
    heads: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            heads.append(dict(self.headers))
            answer(self, len(heads))

        def log_message(self, *_: object) -> None:
            return

    with answering(Handler) as address:
        engine = RemoteEngine(f"{address}/query")
        engine.__dict__.update(_loaded={"u:g": "1"}, flaw="")
        yield engine, heads


def says(
    body: bytes, status: int = 200, kind: str = JSON, length: int | None = None, **head: str
) -> Callable[..., None]:
    def answer(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in head.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        if length is not None:
            handler.close_connection = True

    return answer


@pytest.mark.parametrize("cut", range(1, len(ONE), 7))
def test_an_answer_that_is_cut_off_is_never_a_short_answer(cut: int) -> None:
    for answer in (
        says(ONE[:-cut]),
        says(ONE[:-cut], length=len(ONE)),
        says(ONE[:-cut] + b"The operation was cancelled"),
    ):
        with failing(answer) as (engine, _), pytest.raises(EngineError):
            engine.select(ROWS)


def test_triples_that_are_cut_off_are_never_fewer_triples() -> None:
    triples = b"<u:a> <u:b> <u:c> .\n" * 9
    for answer in (
        says(triples, kind="application/n-triples", length=len(triples) + 40),
        says(triples + b"<u:a> <u:b>", kind="application/n-triples"),
        says(triples + b"The SPARQL operation has been cancelled", kind="application/n-triples"),
    ):
        with failing(answer) as (engine, _), pytest.raises(EngineError):
            engine.construct("CONSTRUCT WHERE { ?s ?p ?o }")


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (says(b"error at 1:12: expected", 400), QueryError, "line 1, column 12"),
        (says(b"", 401), EngineError, "does not let us in"),
        (says(b"no such thing", 404), EngineError, "is no SPARQL endpoint"),
        (says(b"Unsupported method", 501), EngineError, "is no SPARQL endpoint: it answered 501"),
        (says(b"out of memory at <u:a>", 500), EngineError, r"failed \(500\): out of memory at <u:a>$"),
        (says(b"<html><style>p { }</style><p class=x>Out of\n<b>memory</b>.<img ", 500, kind="text/html"), EngineError, r"failed \(500\): Out of memory \.$"),
        (says(b"<html>welcome</html>", kind="text/html"), EngineError, "gives text/html where results were asked for"),
        (says(b"", 204, kind=""), EngineError, "gives nothing where results were asked for"),
        (says(b"", 307, Location="https://elsewhere.example/query"), EngineError, "sends us on to https://elsewhere"),
        (says(b'{"head":{},"boolean":true}'), EngineError, "gives a truth where rows were asked for"),
    ],
)  # fmt: skip
def test_what_a_server_refuses_is_one_sentence(
    answer: Callable[..., None], kind: type[CspgraphError], message: str
) -> None:
    with failing(answer) as (engine, heads), pytest.raises(kind, match=message) as raised:
        engine.select(ROWS)
    assert len(heads) == 1, "what is refused is not asked again"
    assert "\n" not in raised.value.message


def test_a_query_of_another_form_is_told_as_such_and_no_fault_of_the_server() -> None:
    with failing(says(b'{"head":{},"boolean":true}')) as (engine, _):
        with pytest.raises(QueryError, match="not a SELECT"):
            engine.select("ASK {}")
        with pytest.raises(QueryError, match="not a CONSTRUCT"):
            engine.construct(ROWS)
        with pytest.raises(EngineError, match="where N-Triples were asked for"):
            engine.construct("CONSTRUCT WHERE { ?s ?p ?o }")
    with (
        failing(says(b"<u:a> <u:b> <u:c> .", kind="text/turtle")) as (engine, _),
        pytest.raises(EngineError, match="gives text/turtle where results or N-Triples were asked for"),
    ):
        run_foreign(engine, "CONSTRUCT WHERE { ?s ?p ?o }")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (says(b"<html>welcome</html>", kind="text/html"), "gives text/html where results were asked for"),
        (says(b"", 204, kind=""), "gives nothing where results were asked for"),
        (says(b'{"head":{},"boolean":true}'), "gives a truth where rows were asked for"),
        (says(ONE), "gives other columns than the two that were asked for"),
        (says(ONE.replace(b'["s"]', b'["s","t","u"]')), "gives other columns than the two that were asked for"),
    ],
)
def test_a_web_page_is_no_endpoint_and_nobody_wrote_a_query(
    answer: Callable[..., None], message: str, cli: Callable[..., Ran]
) -> None:
    with failing(answer) as (engine, _):
        found = cli("list", "--engine", engine.address)
    assert (found.code, found.out) == (3, "")
    assert message in found.err
    assert found.err.count("\n") == 2, "a sentence and the next step"


def test_a_server_that_counts_with_words_is_one_sentence() -> None:
    cell = b'{"graph":{"type":"uri","value":"u:g"},"triples":{"type":"literal","value":"many"}}'
    counted = b'{"head":{"vars":["graph","triples"]},"results":{"bindings":[%s]}}' % cell

    def answer(handler: BaseHTTPRequestHandler, count: int) -> None:
        triple = says(b"<u:a> <u:b> <u:c> .", kind="application/n-triples")
        (says(counted) if count == 1 else triple)(handler, count)

    with failing(answer) as (engine, _), pytest.raises(EngineError, match="gives 1 of the 0 triples"):
        engine._fetch("u:g")


@contextmanager
def line(*answers: bytes | None) -> Iterator[RemoteEngine]:
    """Take one request after the other, send it these bytes and hang up: None resets the line, and the last is sent again.

    Bytes that end in `...` leave the line open and silent.
    """
    import socket
    import struct

    server = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        count = 0
        with suppress(OSError):
            while True:
                asked, _ = server.accept()
                held.append(asked)
                asked.recv(65_536)
                said = answers[min(count, len(answers) - 1)]
                count += 1
                if said:
                    asked.sendall(said.removesuffix(b"..."))
                if said is None or said.endswith(b"RESET"):
                    asked.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if not (said or b"").endswith(b"..."):
                    asked.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        engine = RemoteEngine(f"http://127.0.0.1:{server.getsockname()[1]}/query")
        engine.__dict__.update(_loaded={"u:g": "1"}, flaw="")
        yield engine
    finally:
        server.close()
        for asked in held:
            asked.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: " + JSON.encode() + b"\r\n"
SIZED = HEAD + b"Content-Length: %d\r\n\r\n" % len(ONE)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ZIPPED = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(None, id="reset before a word"),
        pytest.param(b"", id="hung up before a word"),
        pytest.param(b"HTTP/1.1 20", id="half a status line"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="another protocol"),
        pytest.param(b"HTTP/1.1 999999 No\r\n\r\n", id="a status that is none"),
        pytest.param(HEAD, id="cut in the head"),
        pytest.param(HEAD + b"X: " + b"x" * 70_000 + b"\r\n\r\n", id="a head without end"),
        pytest.param(HEAD + b"Content-Length: many\r\n\r\n" + ONE[:40], id="a length that is none"),
        pytest.param(SIZED, id="no body"),
        pytest.param(SIZED + ONE[:40], id="half a line"),
        pytest.param(SIZED + ONE[:40] + b"RESET", id="reset in the body"),
        pytest.param(HEAD + b"\r\n" + ONE[:-1], id="the last byte, without a length"),
        pytest.param(CHUNKED + b"%x\r\n" % len(ONE) + ONE[:40], id="half a chunk"),
        pytest.param(CHUNKED + b"%x\r\n%s\r\n" % (40, ONE[:40]), id="the next chunk does not come"),
        pytest.param(CHUNKED + b"zz\r\n" + ONE, id="a chunk of no size"),
        pytest.param(CHUNKED + b"%x\r\n%s\r\n" % (len(ONE), ONE), id="no last chunk"),
        pytest.param(ZIPPED + b"\x1f\x8b\x08\x00 not what it says", id="not compressed as it says"),
        pytest.param(HEAD + b"Content-Length: 0\r\n\r\n", id="whole and empty"),
    ],
)
def test_a_line_that_breaks_is_one_sentence_and_never_a_row(said: bytes | None) -> None:
    with line(said) as engine, pytest.raises(EngineError) as raised:
        engine.select(ROWS)
    assert "\n" not in raised.value.message
    assert len(raised.value.message) < 250


@pytest.mark.parametrize(
    "said", [b"...", b"HTTP/1.1 200...", SIZED + ONE[:40] + b"..."], ids=["at once", "head", "body"]
)
def test_a_line_that_falls_silent_is_left_at_the_deadline(said: bytes) -> None:
    with line(said) as engine:
        start = time.monotonic()
        with pytest.raises(LimitReached):
            run_foreign(engine, "SELECT ?s { ?s ?p ?o }", Limits(seconds=0.5))
        assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param(b"Content-Length: 5000\r\n\r\nhalf", "half", id="cut"),
        pytest.param(b"Content-Length: 5000\r\n\r\nhalf...", "half", id="silent"),
        pytest.param(b"Content-Length: 5000\r\n\r\nRESET", "", id="reset"),
        pytest.param(b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf", "it does not say why", id="gzip"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhalf", "it does not say why", id="chunks"),
    ],
)
def test_a_refusal_that_breaks_off_is_still_told(said: bytes, told: str) -> None:
    start = time.monotonic()
    with line(b"HTTP/1.1 500 No\r\n" + said) as engine, pytest.raises(EngineError, match=rf"failed \(500\): {told}"):
        engine.select(ROWS)
    assert time.monotonic() - start < 3


def test_a_line_that_is_reset_is_tried_again() -> None:
    with line(None, b"", SIZED + ONE) as engine:
        assert len(engine.select(ROWS).rows) == 1


def test_a_graph_whose_line_broke_is_put_again_and_a_load_never_ends_half_done() -> None:
    put = b"HTTP/1.1 204 No Content\r\n\r\n"
    quad = ox.Quad(ox.NamedNode("u:a"), ox.NamedNode("u:p"), ox.Literal("x"), ox.NamedNode("u:g"))
    with line(None, b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", put) as engine:
        engine.load("u:g", [quad])
    for said in (
        b"HTTP/1.1 507 Full\r\nContent-Length: 9\r\n\r\ndisk full",
        b"HTTP/1.1 409 No\r\nContent-Length: 0\r\n\r\n",
    ):
        with line(said) as engine, pytest.raises(EngineError, match=r"failed \((507|409)\)"):
            engine.load("u:g", [quad])


def test_a_password_goes_to_no_host_that_an_answer_sends_us_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSPGRAPH_TOKEN", "t0ken")
    with failing(says(ONE)) as (other, heads):
        place = other.address.replace("127.0.0.1", "localhost")
        for status in (301, 302, 303, 307, 308):
            with (
                failing(says(b"", status, Location=place)) as (engine, _),
                pytest.raises(EngineError, match="sends us on"),
            ):
                engine.select(ROWS)
        assert heads == [], "nobody asked there"


def test_a_busy_server_is_asked_again_and_not_for_ever() -> None:
    def busy_twice(handler: BaseHTTPRequestHandler, count: int) -> None:
        (says(b"", 503, Retry_After="0") if count < 3 else says(ONE))(handler, count)

    with failing(busy_twice) as (engine, heads):
        assert len(engine.select(ROWS).rows) == 1
        assert len(heads) == 3
    with line(b"HTTP/1.1 503 Busy\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n", SIZED + ONE) as engine:
        assert len(engine.select(ROWS).rows) == 1, "a square is no number of seconds"
    with failing(says(b"", 503)) as (engine, heads), pytest.raises(EngineError, match="answered 503"):
        engine.select(ROWS)
    assert len(heads) == transport.RETRIES


def test_secrets_go_where_they_belong_and_nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def sent(**environment: str) -> str | None:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            with failing(says(ONE)) as (engine, heads):
                engine.select(ROWS)
            return heads[0].get("authorization", heads[0].get("Authorization"))

    assert sent() is None
    assert sent(CSPGRAPH_TOKEN="t0ken") == "Bearer t0ken"
    assert sent(CSPGRAPH_USER="ann", CSPGRAPH_PASSWORD="secret") == "Basic YW5uOnNlY3JldA=="
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password secret\n", encoding="utf-8")
    assert sent(NETRC=str(tmp_path / "netrc")) == "Basic YW5uOnNlY3JldA=="
    monkeypatch.setenv("CSPGRAPH_TOKEN", "t0ken")
    with pytest.raises(EngineError, match="not encrypted") as raised:
        RemoteEngine("http://example.org/query")
    assert "t0ken" not in str(raised.value)
    with failing(says(b"", 401)) as (engine, _), pytest.raises(EngineError) as raised:
        engine.select(ROWS)
    assert "t0ken" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["http://", "http://localhost:abc/q", "http://h:99999/q", "http://[::1/q", "http://a b/q"]
)
def test_an_address_that_is_none_is_one_sentence(address: str, cli: Callable[..., Ran]) -> None:
    found = cli("list", "--engine", address)
    assert found.code == 3
    assert "not the address of an endpoint" in found.err


def test_a_secret_goes_to_no_other_host_and_onto_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSPGRAPH_TOKEN", "t0ken")
    monkeypatch.setenv("CSPGRAPH_GRAPHS", "http://192.0.2.2/store")
    with pytest.raises(EngineError, match="a password is not sent to"):
        RemoteEngine("http://127.0.0.1:1/query")
    monkeypatch.delenv("CSPGRAPH_GRAPHS")
    monkeypatch.setenv("CSPGRAPH_TOKEN", "s\u00e9cret\u20ac")
    with pytest.raises(EngineError) as raised:
        RemoteEngine("http://127.0.0.1:1/query")
    assert "cret" not in str(raised.value)


def test_a_server_that_is_silent_or_drips_is_left_at_the_deadline() -> None:
    def silent(handler: BaseHTTPRequestHandler, _: int) -> None:
        threading.Event().wait(3)
        handler.close_connection = True

    def drips(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.send_header("Content-Length", str(len(ONE)))
        handler.end_headers()
        with suppress(OSError):
            for byte in ONE:
                handler.wfile.write(bytes([byte]))
                threading.Event().wait(0.1)

    for answer in (silent, drips):
        with failing(answer) as (engine, heads):
            start = time.monotonic()
            with pytest.raises(LimitReached):
                run_foreign(engine, "SELECT ?s { ?s ?p ?o }", Limits(seconds=0.7))
            assert time.monotonic() - start < 2.5
            assert len(heads) == 1


def test_an_address_with_a_password_in_it_is_refused(cli: Callable[..., Ran]) -> None:
    found = cli("list", "--engine", "https://ann:secret@example.org/query")
    assert found.code == 3
    assert "secret" not in found.err
    assert "CSPGRAPH_PASSWORD" in found.err


def test_an_endpoint_without_plans_is_said(cli: Callable[..., Ran]) -> None:
    with serving("serve") as address:
        found = cli("list", "--engine", address)
    assert found.code == 3
    assert "there are no plans" in found.err
