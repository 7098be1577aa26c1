"""How the engine means to run each question: nothing is held against everything."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.build import build, store_folder
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from tests.servers import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.questions import Question

ASKED = sorted((q for q in read_catalogue(library()).questions.values() if q.kind != "gap"), key=lambda q: q.name)
# What an ask of dates once was: the status of each is held against every label there is.
MULTIPLIES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT * WHERE {
  ?date csp:asPrinted ?when . OPTIONAL { ?date csp:status ?own } OPTIONAL { ?date csp:why ?next }
  BIND(COALESCE(?own, ?next) AS ?doubt) { SELECT ?doubt ?status WHERE { ?doubt skos:prefLabel ?status } }
} LIMIT 1"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the bundled plans: how a query is run depends on its text alone."""
    if PROGRAM is None:
        pytest.skip("the SPARQL server is not installed: pip install oxigraph")
    folder = store_folder(str(tmp_path_factory.mktemp("plans")))
    build([], folder)
    found = folder.open().folder
    assert found
    return found


def plan(store: Path, query: str, target: Path) -> dict[str, Any]:
    words = ["query", "--location", str(store), "--union-default-graph", "--results-format", "tsv"]
    command = [str(PROGRAM), *words, "--query", query, "--explain-file", str(target)]
    subprocess.run(command, check=True, capture_output=True)
    found = json.loads(target.read_text(encoding="utf-8"))
    return dict(found["plan"])


def few(node: dict[str, Any]) -> bool:
    """Return whether a part gives few rows, however large the store: values that stand in the query, and what they say."""
    name, parts = str(node["name"]), list(node.get("children", []))
    if name.startswith(("Join", "Lateral")):
        return few(parts[0]) and all(few(part) or part["name"].startswith("QuadPattern") for part in parts)
    return name.startswith("StaticBindings") or (
        name.startswith(("Extend", "Project", "Filter", "Distinct")) and few(parts[0])
    )


def products(node: dict[str, Any]) -> list[str]:
    """Return the joins without a key of which both sides may be large; what runs row by row has its key from outside."""
    name, parts = str(node["name"]), list(node.get("children", []))
    own = [name] if "keys = )" in name or "keys = ," in name else []
    if any(map(few, parts)):
        own = []
    inner = parts[:1] if name.startswith(("ForLoop", "Lateral")) else parts
    return own + [found for part in inner for found in products(part)]


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.name)
def test_no_question_holds_every_row_against_every_other(question: Question, store: Path, tmp_path: Path) -> None:
    assert products(plan(store, question.text, tmp_path / "plan.json")) == []


def test_the_one_that_did_is_seen(store: Path, tmp_path: Path) -> None:
    assert len(products(plan(store, MULTIPLIES, tmp_path / "plan.json"))) == 1
