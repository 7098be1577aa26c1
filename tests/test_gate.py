"""Foreign queries read loaded graphs and nothing else: looked at by what was fetched, not by a status."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspgraph.engines import Table
from cspgraph.engines.confined import Limits, run_foreign
from cspgraph.engines.gate import admit
from cspgraph.engines.oracle import RdflibEngine
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import LimitReached, QueryError, QueryRefused
from tests.servers import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.graph import KnowledgeGraph

OURS = json.loads(Path(__file__).with_name("query-attacks.json").read_text(encoding="utf-8"))
GRAPH = "https://w3id.org/cspgraph/graph/havering-2017"


def reference_attacks() -> dict[str, list[str]]:
    """Return the set that came with the design, where it is at hand."""
    path = Path(__file__).parents[2] / "shared" / "reference" / "query-attacks.json"
    found: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


ATTACKS = [*OURS["attacks"], *(text.replace("{local}", "{file}") for text in reference_attacks().get("attacks", []))]
INNOCENT = [*OURS["innocent"], *reference_attacks().get("innocent", [])]


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that keeps what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    with answering(Handler) as address:
        yield f"{address}/", asked


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A local file with a triple that no answer may hold."""
    path = tmp_path / "secret.nt"
    path.write_text("<urn:canary> <urn:canary> <urn:canary> .\n", encoding="utf-8")
    return path


def test_the_sets_are_as_large_as_they_should_be() -> None:
    assert len(OURS["attacks"]) >= 50
    assert len(OURS["innocent"]) >= 8


def test_the_canary_sings_when_nothing_is_in_the_way(canary: tuple[str, list[str]], bundled: KnowledgeGraph) -> None:
    """A check of the check: without the gate, the engine does fetch."""
    address, asked = canary
    engine = bundled.engine
    assert isinstance(engine, OxigraphEngine)
    with pytest.raises(Exception, match=r"."):  # whatever the engine makes of a 404
        list(engine.store.query(f"SELECT * {{ SERVICE <{address}sing> {{ ?s ?p ?o }} }}"))  # type: ignore[arg-type]
    assert any("sing" in path for path in asked)
    asked.clear()


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused_and_fetches_nothing(
    attack: str, canary: tuple[str, list[str]], secret: Path, bundled: KnowledgeGraph
) -> None:
    address, asked = canary
    text = attack.replace("{canary}", address).replace("{file}", str(secret)).replace("{graph}", GRAPH)
    before = bundled.engine.graphs()
    with pytest.raises(QueryRefused):
        bundled.query(text)
    with pytest.raises(QueryRefused):
        run_foreign(RdflibEngine(), text)
    assert asked == []
    assert bundled.engine.graphs() == before


@pytest.mark.parametrize("query", INNOCENT)
def test_an_innocent_query_passes(query: str, bundled: KnowledgeGraph) -> None:
    admit(query.replace("{graph}", GRAPH), bundled.engine.graphs())


def test_innocent_queries_that_are_whole_are_answered(bundled: KnowledgeGraph) -> None:
    for query in OURS["innocent"]:
        bundled.query(query.replace("{graph}", GRAPH))


def test_every_shipped_question_would_pass_the_gate(bundled: KnowledgeGraph) -> None:
    questions = bundled.questions.questions.values()
    assert len(questions) >= 40
    for question in questions:
        admit(question.text, bundled.engine.graphs())


def test_the_rdflib_engine_runs_no_foreign_query() -> None:
    with pytest.raises(QueryRefused, match="shipped questions only"):
        run_foreign(RdflibEngine(), "SELECT * { ?s ?p ?o }")


def test_from_names_loaded_graphs(bundled: KnowledgeGraph) -> None:
    whole = bundled.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    part = bundled.query(f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}> {{ ?s ?p ?o }}")
    assert isinstance(whole, Table)
    assert isinstance(part, Table)
    counts = [int(getattr(table.rows[0][0], "value", "0")) for table in (whole, part)]
    assert 0 < counts[1] < counts[0]


@pytest.mark.parametrize(
    ("query", "limits", "message"),
    [
        ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", Limits(seconds=0.7), "longer than 0.7 s"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", Limits(seconds=20, result=200_000), "larger than"),
        ("SELECT ?s { ?s ?p ?o }", Limits(rows=10), "more than 10 rows"),
        ("SELECT DISTINCT ?a ?c ?d ?f { ?a ?b ?c . ?d ?e ?f }", Limits(memory=250_000_000), "MB of memory"),
    ],
)
def test_a_query_that_takes_too_much_is_stopped(
    query: str, limits: Limits, message: str, bundled: KnowledgeGraph
) -> None:
    with pytest.raises(LimitReached, match=message):
        bundled.query(query, limits)


def test_a_query_in_memory_is_confined_too(bundled: KnowledgeGraph) -> None:
    from cspgraph.export.rdf import quads

    memory = OxigraphEngine.in_memory(quads(bundled.engine))
    table = run_foreign(memory, "SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3")
    assert isinstance(table, Table)
    assert len(table.rows) == 3
    with pytest.raises(LimitReached, match="longer than"):
        run_foreign(memory, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", Limits(seconds=0.7))


def test_what_is_not_sparql_is_a_sentence(bundled: KnowledgeGraph) -> None:
    for text in ("SELECT", "SELECT * { ?s ?p", "ASK { ?s ?p ?o }}", "SELECT * { ?s ?p ?o } LIMIT x"):
        with pytest.raises((QueryError, QueryRefused)) as caught:
            bundled.query(text)
        assert len(caught.value.message) < 200


@given(st.text(alphabet=st.sampled_from(list("SERVICEservicload from<>{}:'\"\\#?.@1 \n\tp/")), max_size=60))
def test_no_text_passes_with_service_outside_content(text: str) -> None:
    """Whatever is left when content is set aside holds no keyword that reaches out."""
    query = f"SELECT * {{ {text} }}"
    try:
        admit(query, set())
    except QueryRefused:
        return
    bare = query.lower()
    for quoted in ("'", '"', "<", "?", "#", ":", "@"):
        if quoted in bare:
            return  # content is there; the canary tests look at these
    assert "service" not in bare
    assert "load" not in bare
