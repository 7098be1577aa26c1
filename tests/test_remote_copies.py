"""A server that overlooks the graphs that a query names is asked through a copy of what it holds."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph.build import build_remote, open_engine
from cspgraph.engines.confined import run_foreign
from cspgraph.engines.remote import RemoteEngine
from cspgraph.engines.transport import within
from tests.servers import COUNT, PLAN, answering, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Ran

pytestmark = pytest.mark.usefixtures("no_secrets")


@contextmanager
def between(address: str, change: Callable[[dict[str, list[str]]], object]) -> Iterator[str]:
    """Stand before a server and hand on what it is asked, changed."""
    import urllib.request
    from urllib.parse import parse_qs, urlencode

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            change(asked)
            request = urllib.request.Request(
                address, urlencode(asked, doseq=True).encode(), {"Accept": self.headers["Accept"]}
            )
            with urllib.request.urlopen(request) as answer:
                body = answer.read()
                self.send_response(200)
                self.send_header("Content-Type", answer.headers["Content-Type"])
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with answering(Handler) as careless:
        yield f"{careless}/query"


def overlooking(address: str) -> AbstractContextManager[str]:
    """Stand before a server and hand on the query alone, without the graphs that it names."""

    def query_alone(asked: dict[str, list[str]]) -> None:
        for name in set(asked) - {"query"}:
            del asked[name]

    return between(address, query_alone)


def test_a_server_that_reckons_from_the_end_is_asked_through_a_copy(write: Callable[..., Path]) -> None:
    """Oxigraph did before 0.5.12: 9 - 4 - 2 was 7 there, and shares of nothing were no number."""
    folder = write("one.yaml", PLAN.format(name="one"))

    def from_the_end(asked: dict[str, list[str]]) -> None:
        asked["query"] = [asked["query"][0].replace("9 - 4 - 2", "9 - (4 - 2)")]

    reckoned = "SELECT (9 - 4 - 2 AS ?n) {}"
    with serving("serve", "--union-default-graph") as address, between(address, from_the_end) as careless:
        build_remote([folder], RemoteEngine(address))
        found = open_engine([], careless)
        assert "answers otherwise than SPARQL says" in found.note
        assert found.select(reckoned) == RemoteEngine(address).select(reckoned)


def test_a_server_that_overlooks_the_graphs_that_a_query_names_is_asked_through_a_copy(
    write: Callable[..., Path],
) -> None:
    """Its default graph holds what others put there too; what is asked of the copy does not."""
    folder = write("one.yaml", PLAN.format(name="one"))
    with serving("serve", "--union-default-graph") as address:
        engine = RemoteEngine(address)
        build_remote([folder], engine)
        theirs = ox.Quad(ox.NamedNode("u:a"), ox.NamedNode("u:p"), ox.Literal("theirs"), ox.NamedNode("u:theirs"))
        engine.load("u:theirs", [theirs])
        assert RemoteEngine(address).note == ""
        whole = RemoteEngine(address).select(COUNT)
        with overlooking(address) as careless:
            found = open_engine([], careless)
            assert "does not keep to the graphs" in found.note
            assert found.select(COUNT) == whole
            assert run_foreign(found, "ASK { <u:a> ?p ?o }") is False


def test_the_time_of_a_query_is_not_that_of_the_copy_it_is_asked_of(write: Callable[..., Path]) -> None:
    folder = write("one.yaml", PLAN.format(name="one"))
    with serving("serve", "--union-default-graph") as address, overlooking(address) as careless:
        build_remote([folder], RemoteEngine(address))
        whole = RemoteEngine(address).select(COUNT)
        found = RemoteEngine(careless)
        assert found.flaw
        with within(0):
            assert found.select(COUNT) == whole


def test_what_is_copied_is_not_fetched_again(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, fetch = write("one.yaml", PLAN.format(name="one")), RemoteEngine._fetch
    fetched: list[str] = []

    def watched(engine: RemoteEngine, graph: str) -> bytes:
        fetched.append(graph)
        return fetch(engine, graph)

    monkeypatch.setattr(RemoteEngine, "_fetch", watched)
    with serving("serve", "--union-default-graph") as address, overlooking(address) as careless:
        build_remote([folder], RemoteEngine(address))
        assert RemoteEngine(careless).select(COUNT).rows
        assert len(fetched) > 2
        fetched.clear()
        assert RemoteEngine(careless).select(COUNT).rows
        assert fetched == []


def test_a_copy_that_would_be_too_large_or_not_whole_is_refused(
    monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path], cli: Callable[..., Ran]
) -> None:
    for name in ("one", "two"):
        folder = write(f"{name}.yaml", PLAN.format(name=name))
    with serving("serve", "--union-default-graph") as address, overlooking(address) as careless:
        build_remote([folder], RemoteEngine(address))
        count = RemoteEngine(address).select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").records()
        triples = int(str(count[0]["n"]))
        monkeypatch.setattr("cspgraph.engines.remote.MOST_COPIED", triples - 1)
        found = cli("list", "--engine", careless)
        assert found.code == 3
        assert "too many to be copied" in found.err
        assert "--plan" in found.err
        assert cli("list", "--engine", careless, "--plan", "one").code == 0, "one of them is few enough"
        monkeypatch.setattr(RemoteEngine, "_sizes", dict.fromkeys(RemoteEngine(address).graphs(), 3))
        found = cli("list", "--engine", careless, "--plan", "two")
        assert found.code == 3
        assert "of the 3 triples of" in found.err


def test_where_no_cache_can_be_written_the_copy_is_made_in_memory(
    monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write("one.yaml", PLAN.format(name="one"))
    (tmp_path / "file").write_text("", encoding="utf-8")
    with serving("serve") as address, overlooking(address) as careless:
        build_remote([folder], RemoteEngine(address))
        here = RemoteEngine(address).select(COUNT)
        monkeypatch.setenv("CSPGRAPH_CACHE", str(tmp_path / "file" / "below"))
        assert open_engine([], careless).select(COUNT) == here
        monkeypatch.setenv("CSPGRAPH_CACHE", str(tmp_path / "cache"))
        assert open_engine([], careless).select(COUNT) == here
        assert [path.stat().st_mode & 0o777 for path in (tmp_path / "cache").iterdir()] == [0o700]
