"""The notebooks run on the bundled plans, answer in words, and stand in git without outputs."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# How many tables and pictures each shows at least, besides its words.
SHOWS = {"strategist-tour": (5, 2), "analyst-questions": (3, 3), "engineer-workbench": (0, 1)}


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the notebooks with nbmake in a folder of their own, and return it: they stand there with their outputs."""
    folder = tmp_path_factory.mktemp("notebooks")
    for path in NOTEBOOKS:
        shutil.copy(path, folder)
    command = [sys.executable, "-m", "pytest", "-q", "--nbmake", "--overwrite", "--nbmake-timeout=120", "-p", "no:cacheprovider", "."]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return folder


def said(notebook: dict[str, Any]) -> str:
    """Return the words that a notebook printed."""
    outputs = [output for cell in code_cells(notebook) for output in cell["outputs"]]
    return "".join("".join(output["text"]) for output in outputs if output["output_type"] == "stream")


def test_the_list_is_whole() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(SHOWS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_in_git_has_no_outputs_and_nothing_of_a_machine(path: Path) -> None:
    notebook = read(path)
    assert path.read_text(encoding="utf-8") == json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    assert [cell["id"] for cell in code_cells(notebook) if cell["outputs"] or cell["execution_count"]] == []
    assert [cell["id"] for cell in notebook["cells"] if cell["metadata"]] == []
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["language_info"] == {"name": "python"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_before_it_computes(path: Path) -> None:
    notebook = read(path)
    assert notebook["cells"][0]["cell_type"] == "markdown"
    words = sum(len(" ".join(cell["source"]).split()) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert words > 150
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert (node.end_lineno or 0) - node.lineno < 5, node.name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_tables_and_pictures(path: Path, folder: Path, bundled: KnowledgeGraph) -> None:
    notebook = read(folder / path.name)
    outputs = [output for cell in code_cells(notebook) for output in cell["outputs"]]
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    shown = [set(output.get("data", ())) for output in outputs]
    tables, pictures = SHOWS[path.stem]
    assert sum("text/html" in kinds for kinds in shown) >= tables
    assert sum(bool(kinds & {"image/svg+xml", "image/png"}) for kinds in shown) >= pictures
    words = said(notebook)
    for sentence in EXPECTED[path.stem](bundled):
        assert sentence in words, sentence


def strategist(kg: KnowledgeGraph) -> list[str]:
    strategy = "havering-2017/vawg-strategy-2014"
    resting = kg.depends(strategy, kind="action")
    (mayor,), (earlier,) = kg.coverage("Police and Crime Plan 2017"), kg.coverage("ref/pcp-2013")
    fund = kg.what_if("London Crime Prevention Fund")
    ends = [event for event in kg.horizon("2017-10", "2018-03") if event.what == "end" and event.sole]
    assert resting and ends and earlier.served < len(earlier.priorities)
    return [
        *(f"“{action.thing.label}” {action.path[0].label} “{action.start.label}”" for action in resting),
        f"Without the fund {sum(effect.effect == 'no-lead' for effect in fund.effects)} actions have no lead",
        f"{mayor.served} of {len(mayor.priorities)} priorities of “{mayor.framework.label}” are served",
        f"{len(earlier.priorities) - earlier.served} of {len(earlier.priorities)} are served by nobody",
        *(f"{event.when}: “{event.thing.label}” ends" for event in ends),
    ]


def analyst(kg: KnowledgeGraph) -> list[str]:
    found = kg.gaps()
    high = [finding for finding in found if finding.severity == "high"]
    return [
        f"{len(found):,} findings, {len(high):,} of them grave",
        # Nothing in the graph speaks of it, and it speaks of nothing: read by hand in the plan.
        "OurEastEnd",
        *(finding.sentence for finding in kg.gaps("figures-that-do-not-agree")),
    ]


def engineer(kg: KnowledgeGraph) -> list[str]:
    boards = len(kg.restricted(["havering-2017"]).ask("boards"))
    assert boards
    return [
        f"{len(kg.engine.graphs())} graphs; the same answer from both: True",
        f"rdflib finds {boards} rows for the same file, cspgraph {boards}",
        'high: The action "Visit every burgled home" has nobody named as lead. [riverside-plan:23], not-stated',
        "WORK/wrong.yaml:3: 'titel' is not a word of the vocabulary",
        "The new rule finds 2",
        "SERVICE <http://example … refused",
        "A product of everything with everything … stopped",
    ]


EXPECTED = {"strategist-tour": strategist, "analyst-questions": analyst, "engineer-workbench": engineer}
