"""One set of expectations that every engine must meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph.build import build, open_engine, store_folder
from cspgraph.engines.oracle import RdflibEngine
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import EngineError, InputError, QueryError
from cspgraph.names import text
from cspgraph.questions import read_catalogue, run
from cspgraph.resources import library
from tests.test_questions import HERE, little_engine

if TYPE_CHECKING:
    from pathlib import Path

    from _pytest.mark import ParameterSet

    from cspgraph.engines import Engine
    from cspgraph.questions import Question


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Engine]:
    """The bundled plans in every engine."""
    folder = tmp_path_factory.mktemp("store")
    build([], store_folder(str(folder)))
    return {
        "memory": open_engine([], "memory:"),
        "disk": open_engine([], f"oxigraph:{folder}"),
        "rdflib": open_engine([], "rdflib:"),
    }


def quad(subject: str, graph: str) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode("u:p"), ox.Literal("1"), ox.NamedNode(graph))


def empty_engines(tmp_path: Path) -> list[Engine]:
    return [OxigraphEngine.in_memory(), OxigraphEngine(ox.Store(str(tmp_path / "disk"))), RdflibEngine()]


def test_load_replaces_one_graph_and_drop_removes_it(tmp_path: Path) -> None:
    for engine in empty_engines(tmp_path):
        engine.load("u:g", [quad("u:a", "u:g"), quad("u:b", "u:g")])
        engine.load("u:h", [quad("u:c", "u:h")])
        engine.load("u:g", [quad("u:d", "u:g")])
        subjects = [text(row[0]) for row in engine.select("SELECT ?s { ?s ?p ?o } ORDER BY ?s").rows]
        assert subjects == ["u:c", "u:d"], engine.address
        assert set(engine.graphs()) == {"u:g", "u:h"}
        engine.drop("u:h")
        assert set(engine.graphs()) == {"u:g"}
        assert len(engine.construct("CONSTRUCT WHERE { ?s ?p ?o }")) == 1


def test_the_default_graph_is_the_union_and_can_be_narrowed(tmp_path: Path) -> None:
    for engine in empty_engines(tmp_path):
        engine.load("u:g", [quad("u:a", "u:g")])
        engine.load("u:h", [quad("u:b", "u:h")])
        assert len(engine.select("SELECT ?s { ?s ?p ?o } ORDER BY ?s").rows) == 2
        narrow = engine.restricted(["u:h"])
        assert [text(row[0]) for row in narrow.select("SELECT ?s { ?s ?p ?o } ORDER BY ?s").rows] == ["u:b"]
        assert set(narrow.graphs()) == {"u:h"}


def test_what_is_not_a_select_or_not_sparql_is_said(tmp_path: Path) -> None:
    for engine in empty_engines(tmp_path):
        for query in ("ASK { ?s ?p ?o }", "SELECT ?s { ", "CONSTRUCT WHERE { ?s ?p ?o }"):
            with pytest.raises(QueryError):
                engine.select(query)


def questions() -> list[Question]:
    """Return every shipped question; at least as many as there were."""
    found = sorted(read_catalogue(library()).questions.values(), key=lambda question: question.name)
    assert len(found) >= 44
    return found


# What rdflib takes a quarter of a minute over: it is asked of a little plan there, and of all by `make test-slow`.
SLOW_ON_RDFLIB = ("document-used-not-listed",)


def cases() -> list[ParameterSet]:
    """Return each question with the engines that are asked it beside the one in memory."""
    found = []
    for question in questions():
        slow = question.name in SLOW_ON_RDFLIB
        found.append(pytest.param(question, ("disk",) if slow else ("disk", "rdflib"), id=question.name))
        if slow:
            found.append(pytest.param(question, ("rdflib",), id=f"{question.name}-rdflib", marks=pytest.mark.slow))
    return found


@pytest.mark.parametrize(("question", "others"), cases())
def test_every_question_gives_the_same_rows_on_every_engine(
    question: Question, others: tuple[str, ...], engines: dict[str, Engine]
) -> None:
    rows = {name: [tuple(map(text, row)) for row in run(question, engines[name]).rows] for name in ("memory", *others)}
    for name in others:
        assert rows[name] == rows["memory"], f"the same rows in the same order on {name}"


@pytest.mark.parametrize("name", SLOW_ON_RDFLIB)
def test_what_is_slow_on_rdflib_gives_the_same_rows_of_a_little_plan(name: str, tmp_path: Path) -> None:
    memory, rdflib = little_engine(HERE / name / "finds.yaml", tmp_path), RdflibEngine()
    for graph in memory.graphs():
        rdflib.load(graph, memory.store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))
    (question,) = [question for question in questions() if question.name == name]
    rows = [tuple(map(text, row)) for row in run(question, memory).rows]
    assert rows
    assert [tuple(map(text, row)) for row in run(question, rdflib).rows] == rows


def test_an_address_that_is_none_is_said(tmp_path: Path) -> None:
    for address, message in (
        ("postgres:x", "is not the address of an engine"),
        ("spark:x", "is not the address of an engine"),
        ("oxigraph:", "names no folder"),
        (f"oxigraph:{tmp_path / 'none'}", "there is no store"),
    ):
        with pytest.raises(EngineError, match=message):
            open_engine([], address)


def test_data_that_are_not_there_are_told_beside_a_store_too(tmp_path: Path) -> None:
    address = f"oxigraph:{tmp_path}"
    with pytest.raises(InputError, match="there is no such file or folder"):
        open_engine([tmp_path / "rules"], address)
    with pytest.raises(InputError, match="there is no such file or folder"):
        open_engine([tmp_path / "rules"], "http://127.0.0.1:1/query")
