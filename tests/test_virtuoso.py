"""A second server that is not ours, and shares no code with the first: Virtuoso, from Debian's packages."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from cspgraph.build import build_remote, open_engine
from cspgraph.engines.remote import RemoteEngine
from cspgraph.errors import CspgraphError
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from tests.servers import free_port, wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cspgraph.engines import Engine
    from cspgraph.questions import Question

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
ResultSetMaxRows = 10000000
"""
# What Virtuoso 7.2.5 cannot read (its compiler says so), and what it answers otherwise than the standard: a path of
# no steps inside MINUS, the order of capitals and commas, and truth written as 1.
REFUSED = {
    "action-with-no-year-settled", "everything", "many-rest-on-one", "money-without-end", "money-without-sum",
    "one-name-for-several", "priority-without-reason", "responsible-authority-missing", "takes-part",
}  # fmt: skip
OTHERWISE = {
    "contradictions", "gaps", "names-of", "overview", "priorities-by-tier", "priority-without-actions",
    "priority-without-indicator", "target-ends-before-plan", "uncertain",
}  # fmt: skip


@pytest.fixture(scope="module")
def memory() -> Engine:
    """The bundled plans in memory."""
    return open_engine([], "memory:")


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteEngine]:
    """The bundled plans on a server that was empty."""
    if not shutil.which("virtuoso-t") or not shutil.which("isql-vt"):
        pytest.skip("there is no Virtuoso: apt-get install virtuoso-opensource-7-bin")
    folder: Path = tmp_path_factory.mktemp("virtuoso")
    sql, http = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(SETTINGS.format(folder=folder, sql=sql, http=http), encoding="utf-8")
    command = ["virtuoso-t", "-f", "-c", str(folder / "virtuoso.ini")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait(f"127.0.0.1:{http}", process)
            for said in ('grant SPARQL_UPDATE to "SPARQL";', "DB.DBA.RDF_DEFAULT_USER_PERMS_SET ('nobody', 7);"):
                subprocess.run(["isql-vt", str(sql), "dba", "dba", f"exec={said}"], check=True, capture_output=True)
            engine = RemoteEngine(f"http://127.0.0.1:{http}/sparql")
            build_remote([], engine)
            yield RemoteEngine(engine.address)
        finally:
            process.terminate()


def test_the_graphs_are_there_whole(virtuoso: RemoteEngine, memory: Engine) -> None:
    assert virtuoso.graphs() == memory.graphs()
    count = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p"
    assert virtuoso.select(count) == memory.select(count)


@pytest.mark.parametrize(
    "question",
    [found for _, found in sorted(read_catalogue(library()).questions.items())],
    ids=lambda found: found.name,
)
def test_a_question_gives_the_same_rows_or_is_known_not_to(
    question: Question, virtuoso: RemoteEngine, memory: Engine
) -> None:
    text = question.path.read_text(encoding="utf-8")
    if question.name in REFUSED:
        with pytest.raises(CspgraphError, match="Virtuoso"):
            virtuoso.select(text)
        return
    same = virtuoso.select(text) == memory.select(text)
    assert same == (question.name not in OTHERWISE)
