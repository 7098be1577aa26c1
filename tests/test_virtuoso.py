"""A second server that is not ours, and shares no code with the first: Virtuoso, from Debian's packages."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph.build import build_remote, open_engine
from cspgraph.engines.confined import run_foreign
from cspgraph.engines.remote import _TRIAL, RemoteEngine
from cspgraph.engines.transport import Bounds
from cspgraph.errors import EngineError, LimitReached
from cspgraph.export.rdf import rdf
from cspgraph.questions import read_catalogue, run
from cspgraph.resources import library
from cspgraph.terms import CSP, GRAPH
from tests.conftest import watched
from tests.servers import free_port, wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cspgraph.engines import Engine

pytestmark = pytest.mark.slow

SETTINGS = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 20000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
[SPARQL]
ResultSetMaxRows = {rows}
"""


@pytest.fixture(scope="module")
def memory() -> Engine:
    """The bundled plans in memory."""
    return open_engine([], "memory:")


@contextmanager
def running(folder: Path, rows: int = 10_000_000) -> Iterator[str]:
    """Run a server that is empty, gives so many rows at most, and takes updates from anybody here."""
    if not shutil.which("virtuoso-t") or not shutil.which("isql-vt"):
        pytest.skip("there is no Virtuoso: apt-get install virtuoso-opensource-7-bin")
    sql, http = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(
        SETTINGS.format(folder=folder, sql=sql, http=http, rows=rows), encoding="utf-8"
    )
    command = ["virtuoso-t", "-f", "-c", str(folder / "virtuoso.ini")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait(f"127.0.0.1:{http}", process)
            for said in ('grant SPARQL_UPDATE to "SPARQL";', "DB.DBA.RDF_DEFAULT_USER_PERMS_SET ('nobody', 7);"):
                subprocess.run(["isql-vt", str(sql), "dba", "dba", f"exec={said}"], check=True, capture_output=True)
            yield f"http://127.0.0.1:{http}/sparql"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteEngine]:
    """The bundled plans on a server that was empty."""
    with running(tmp_path_factory.mktemp("virtuoso")) as address:
        build_remote([], RemoteEngine(address))
        yield RemoteEngine(address)


def test_the_graphs_come_back_as_they_were_loaded(virtuoso: RemoteEngine, memory: Engine) -> None:
    assert virtuoso.graphs() == memory.graphs()
    assert rdf(virtuoso, "nq") == rdf(memory, "nq")


def test_what_it_says_itself_is_not_what_sparql_says(virtuoso: RemoteEngine, memory: Engine) -> None:
    """The day it does, the copy is not needed."""
    assert "otherwise than SPARQL says" in virtuoso.note
    assert virtuoso._rows(_TRIAL, virtuoso._dataset, Bounds()) != memory.select(_TRIAL)


def test_every_question_and_rule_gives_the_same_rows(virtuoso: RemoteEngine, memory: Engine) -> None:
    questions = read_catalogue(library()).questions.values()
    assert len(questions) >= 170
    assert [question.name for question in questions if run(question, virtuoso) != run(question, memory)] == []


def test_a_plan_that_changes_is_fetched_and_no_other(virtuoso: RemoteEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = watched(monkeypatch, RemoteEngine, "_fetch")
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    before = int(str(RemoteEngine(virtuoso.address).select(count).records()[0]["n"]))
    fetched.clear()
    assert RemoteEngine(virtuoso.address).select(count).records() == [{"n": before}]
    assert fetched == [], "it is copied already"
    graph = ox.NamedNode(f"{GRAPH}little")
    told = [
        ox.Quad(graph, ox.NamedNode(f"{CSP}contentHash"), ox.Literal("1"), graph),
        ox.Quad(ox.NamedNode("u:a"), ox.NamedNode("u:b"), ox.Literal("1.10"), graph),
    ]
    RemoteEngine(virtuoso.address).load(graph.value, told)
    try:
        assert RemoteEngine(virtuoso.address).select(count).records() == [{"n": before + 2}]
        assert fetched == [graph.value]
        assert virtuoso.restricted([graph.value]).select(count).records() == [{"n": 2}], "no more than is named"
    finally:
        RemoteEngine(virtuoso.address).drop(graph.value)
    assert RemoteEngine(virtuoso.address).select(count).records() == [{"n": before}]


def test_a_query_of_anybody_s_is_asked_of_the_copy(virtuoso: RemoteEngine, memory: Engine) -> None:
    query = "SELECT ?s ?o { ?s <http://www.w3.org/2000/01/rdf-schema#subClassOf>+ ?o } ORDER BY ?s ?o"
    assert run_foreign(virtuoso, query) == run_foreign(memory, query)


def test_rows_that_a_server_leaves_out_are_said(tmp_path: Path) -> None:
    """Virtuoso's own limit is 10,000 rows; beyond it an answer ends as if it were whole."""
    with running(tmp_path, rows=50) as address:
        engine = RemoteEngine(address)
        graph = ox.NamedNode(f"{GRAPH}long")
        many = [ox.Quad(ox.NamedNode(f"u:{n}"), ox.NamedNode("u:p"), ox.Literal("x"), graph) for n in range(99)]
        engine.load(graph.value, [*many, ox.Quad(graph, ox.NamedNode(f"{CSP}contentHash"), ox.Literal("1"), graph)])
        with pytest.raises(LimitReached, match="the first 50 rows only"):
            engine._rows("SELECT ?s { ?s <u:p> ?o } ORDER BY ?s", engine._dataset, Bounds())
        assert engine.flaw
        with pytest.raises(EngineError, match=r"gives \d+ of the 100 triples") as raised:
            engine.select("SELECT ?s { ?s <u:p> ?o } ORDER BY ?s")
        assert "ResultSetMaxRows" in raised.value.hint
