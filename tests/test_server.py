"""Every shipped question, its file unchanged, over plain HTTP against a SPARQL server that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.build import build, open_engine, store_folder
from cspgraph.engines.remote import RemoteEngine
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from tests.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.engines import Engine
    from cspgraph.questions import Question


@pytest.fixture(scope="module")
def memory() -> Engine:
    """The bundled plans in memory."""
    return open_engine([], "memory:")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the store of the bundled plans, read-only; return the address of its endpoint."""
    folder = tmp_path_factory.mktemp("served")
    build([], store_folder(str(folder)))
    (store,) = folder.glob("store-*")
    with serving("serve-read-only", "--location", str(store), "--union-default-graph") as address:
        yield address


@pytest.mark.parametrize(
    "question",
    [found for _, found in sorted(read_catalogue(library()).questions.items())],
    ids=lambda found: found.name,
)
def test_a_question_runs_unchanged_on_a_server(question: Question, server: str, memory: Engine) -> None:
    text = question.path.read_text(encoding="utf-8")
    rows = RemoteEngine(server).select(text).rows
    assert [tuple(map(str, row)) for row in rows] == [tuple(map(str, row)) for row in memory.select(text).rows]
