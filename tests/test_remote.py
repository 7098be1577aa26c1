"""Endpoints: what a real server takes and gives, also when it is stopped and started again."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph import columns
from cspgraph.build import build_remote, open_engine
from cspgraph.engines import transport
from cspgraph.engines.confined import Limits, run_foreign
from cspgraph.engines.remote import RemoteEngine
from cspgraph.errors import EngineError, LimitReached, QueryError, QueryRefused
from cspgraph.graph import KnowledgeGraph
from cspgraph.tracing import dependence
from tests.conftest import rows, watched
from tests.servers import JSON, PLAN, ROWS, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.conftest import Ran

pytestmark = pytest.mark.usefixtures("no_secrets")


@pytest.fixture(scope="module")
def loaded() -> Iterator[str]:
    """A server whose default graph is empty, with the bundled plans and a graph of somebody else's."""
    with serving("serve") as address:
        build_remote([], RemoteEngine(address))
        foreign = ox.Quad(ox.NamedNode("u:a"), ox.NamedNode("u:p"), ox.Literal("theirs"), ox.NamedNode("u:theirs"))
        RemoteEngine(address).load("u:theirs", [foreign])
        yield address


def test_what_was_loaded_is_all_that_is_seen(loaded: str) -> None:
    here, there = open_engine([], "memory:"), open_engine([], loaded)
    assert there.graphs() == here.graphs()
    count = "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) { ?s ?p ?o }"
    assert there.select(count) == here.select(count)
    whole = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o . ?s a <https://w3id.org/cspgraph/ns#Action> }"
    assert set(there.construct(whole)) == set(here.construct(whole)) != set()
    assert there.select("SELECT ?o { <u:a> ?p ?o }").rows == []


def test_a_second_load_leaves_alone_what_is_unchanged_and_what_is_not_ours(loaded: str) -> None:
    built = build_remote([], RemoteEngine(loaded))
    assert not built.loaded
    assert not built.dropped
    assert len(built.unchanged) == 7
    with RemoteEngine(loaded).endpoint.post(
        [("query", "ASK { GRAPH <u:theirs> { ?s ?p ?o } }")], JSON, transport.Bounds()
    ) as body:
        assert b"true" in body.read()


def test_one_plan_sees_itself_and_what_is_shared(loaded: str) -> None:
    here, there = (
        KnowledgeGraph(open_engine([], address)).restricted(["havering-2017"]) for address in ("memory:", loaded)
    )
    assert [finding.as_json() for finding in there.gaps()] == [finding.as_json() for finding in here.gaps()] != []


def test_commands_take_the_address(loaded: str, cli: Callable[..., Ran]) -> None:
    for words in (
        ["list", "plans"],
        ["ask", "money-by-fund"],
        ["depends", "Gangs Action Plan"],
        ["whatif", "--without", "ref/mopac"],
    ):
        here = cli(*words, "--format", "json", "--quiet")
        there = cli(*words, "--format", "json", "--quiet", "--engine", loaded)
        assert there == here
        assert here.out.startswith("[")


def test_of_many_plans_what_is_joined_to_a_thing_is_asked_a_frontier_at_a_time(
    loaded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a server holds more than a few graphs, not every dependence in them is fetched for one thing."""
    here = KnowledgeGraph(open_engine([], "memory:"))
    expected = rows(here.depends("ref/lcpf")), rows(here.what_if("ref/lcpf").effects)
    monkeypatch.setattr(columns, "MANY", 0)
    monkeypatch.setattr(dependence, "edges", lambda engine: pytest.fail("all dependences are fetched"))
    asked = watched(monkeypatch, RemoteEngine, "select")
    there = KnowledgeGraph(open_engine([], loaded))
    found = there.depends("ref/lcpf")
    farthest = max(len(path) for one in found for path in one.paths)
    assert sum("FILTER(?said IN" in query for query in asked) <= 2 * (farthest + 1), "two questions for each step"
    asked.clear()
    effects = there.what_if("ref/lcpf").effects
    assert len(asked) < len({one.thing.id for one in effects}), "a level at a time, not a thing at a time"
    assert (rows(found), rows(effects)) == expected


def test_queries_of_anybody_s_pass_the_gate_and_keep_within_limits(loaded: str) -> None:
    engine = open_engine([], loaded)
    rows = "SELECT ?s { ?s ?p ?o FILTER(isIRI(?s)) } ORDER BY ?s ?p ?o LIMIT 30"
    assert run_foreign(engine, rows) == run_foreign(open_engine([], "memory:"), rows)
    assert run_foreign(engine, "ASK { <u:a> ?p ?o }") is False, "what is not ours is not seen"
    triples = run_foreign(engine, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 7")
    assert isinstance(triples, list)
    assert len(triples) == 7
    for query, limits, kind in (
        ("SELECT ?s { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", Limits(), QueryRefused),
        ("SELECT ?s { ?s ?p }", Limits(), QueryError),
        ("SELECT ?s { ?s ?p ?o }", Limits(rows=10), LimitReached),
        ("SELECT ?s { ?s ?p ?o }", Limits(result=1_000), LimitReached),
        ("SELECT ?a ?b { ?a ?p ?x . ?b ?q ?y }", Limits(seconds=0.3), LimitReached),
    ):
        with pytest.raises(kind):
            run_foreign(engine, query, limits)


def test_a_load_that_was_killed_is_done_again(write: Callable[..., Path]) -> None:
    for name in ("one", "two", "three"):
        folder = write(f"{name}.yaml", PLAN.format(name=name))
    with serving("serve") as address:
        engine = RemoteEngine(address)
        load, left = engine.load, 2

        def dies(graph: str, quads: Iterable[ox.Quad]) -> None:
            nonlocal left
            if not left:
                raise KeyboardInterrupt
            left -= 1
            load(graph, quads)

        engine.load = dies  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            build_remote([folder], engine)
        assert len(build_remote([folder], RemoteEngine(address)).unchanged) == 2
        (folder / "two.yaml").unlink()
        again = build_remote([folder], RemoteEngine(address))
        assert (again.loaded, again.unchanged, again.dropped) == ((), ("one", "ontology", "ref", "three"), ())
        assert len(RemoteEngine(address).graphs()) == 5, "a plan that is not named may be somebody else's"


def test_a_server_that_comes_back_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "BACKOFF", 0.5)
    port, found = free_port(), []
    asking = threading.Thread(target=lambda: found.append(RemoteEngine(f"http://127.0.0.1:{port}/query").graphs()))
    asking.start()
    with serving("serve", port=port):
        asking.join()
    assert found == [{}]


def test_a_server_that_is_stopped_and_started_again_in_mid_session(
    monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path], tmp_path: Path
) -> None:
    """The line that is kept open is dead when the server is back; what was loaded is still there, and asked again."""
    monkeypatch.setattr(transport, "BACKOFF", 0.5)
    folder, port, words = (
        write("one.yaml", PLAN.format(name="one")),
        free_port(),
        ("serve", "--location", tmp_path / "db"),
    )
    with serving(*map(str, words), port=port) as address:
        build_remote([folder], RemoteEngine(address))
        engine = RemoteEngine(address)
        before = engine.select(ROWS)
    found: list[object] = []
    asking = threading.Thread(target=lambda: found.append(engine.select(ROWS)))
    asking.start()
    time.sleep(0.2)  # it has been refused once
    with serving(*map(str, words), port=port):
        asking.join()
        assert before.rows
        assert found == [before]
        assert engine.graphs() == RemoteEngine(address).graphs()


def test_a_server_that_goes_for_good_is_one_sentence(write: Callable[..., Path], cli: Callable[..., Ran]) -> None:
    with serving("serve") as address:
        engine = RemoteEngine(address)
        build_remote([write("one.yaml", PLAN.format(name="one"))], engine)
    with pytest.raises(EngineError, match="cannot be reached") as raised:
        engine.select(ROWS)
    assert "\n" not in raised.value.message
    found = cli("list", "--engine", address)
    assert (found.code, found.out) == (3, "")
    assert "Traceback" not in found.err
