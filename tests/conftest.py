"""What the tests share: a cache of their own, little plans, the bundled graph, the source documents."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from cspgraph.check import Reading, read_library
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.graph import KnowledgeGraph
from cspgraph.resources import library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cspgraph.ontology import Vocabulary
    from tests.desk import Desk

ROOT = Path(__file__).resolve().parent.parent
# Read here, before the tests take it out of the environment of the commands that they run.
NAMED = os.environ.get("CSPGRAPH_SOURCES", "")
SOURCES = Path(NAMED) if NAMED else ROOT.parent / "shared" / "sources"

LITTLE_REFERENCE = """\
reference: little
source: doc
sources:
  doc: {title: A document, file: doc.txt, lineCount: 100, extent: whole}
"""


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's cache, and what the user has set, out of the tests."""
    patch = pytest.MonkeyPatch()
    patch.setenv("CSPGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
    patch.delenv("CSPGRAPH_SOURCES", raising=False)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def sources() -> Path:
    """The folder of the source documents; with CI set, where they should be, their absence is a failure."""
    if not SOURCES.is_dir():
        pytest.skip("the source documents are not here: set CSPGRAPH_SOURCES to their folder")
    return SOURCES


@pytest.fixture(scope="session")
def bundled() -> KnowledgeGraph:
    """The graph of the bundled plans."""
    from cspgraph.graph import load

    return load()


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The built-in vocabulary."""
    from cspgraph.ontology import read_vocabulary

    return read_vocabulary(library().ontology)


@pytest.fixture(scope="session")
def pages(bundled: KnowledgeGraph, vocabulary: Vocabulary) -> Callable[[str], str]:
    """Return the page of a view of the bundled plans, made once."""
    from tests.drawing import drawn

    @cache
    def _page(view: str) -> str:
        return drawn(bundled, view, vocabulary, "Metropolitan Police Service" if view == "dependencies" else "")

    return _page


@pytest.fixture
def no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ask endpoints as nobody, and wait for none of them for long."""
    from cspgraph.engines import transport

    for name in ("CSPGRAPH_USER", "CSPGRAPH_PASSWORD", "CSPGRAPH_TOKEN", "CSPGRAPH_UPDATE", "CSPGRAPH_GRAPHS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setattr(transport, "BACKOFF", 0.01)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A folder with a little plan and its workbook."""
    from tests.desk import Desk  # needs the office packages

    return Desk(tmp_path / "desk")


@pytest.fixture(scope="session")
def bundled_reading() -> Reading:
    """The bundled files as read, before they become quads."""
    return read_library(library()).or_raise()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write files into a folder, the little reference data with them, and return the folder."""

    def _write(name: str = "plan.yaml", text: str = "", *, reference: bool = True) -> Path:
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        if reference:
            (folder / "reference.yaml").write_text(LITTLE_REFERENCE, encoding="utf-8")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        return folder

    return _write


@pytest.fixture
def graph_of(write: Callable[..., Path]) -> Callable[[str], KnowledgeGraph]:
    """Return the graph of one little plan, in memory."""

    def _graph(text: str) -> KnowledgeGraph:
        from cspgraph.build import open_engine

        folder = write("plan.yaml", text)
        return KnowledgeGraph(open_engine([folder], "memory:"), [folder])

    return _graph


def chromium() -> str | None:
    """Return the path of Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out where there is no browser; in CI that is a failure."""
    if chromium() or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With CI set, a skip is a failure: everything the tests need is installed there."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    expected = NAMED or SOURCES.is_dir()
    if os.environ.get("CI") and report.skipped and (expected or "source documents" not in str(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"


def rows(found: Iterable[object]) -> list[object]:
    """Return answers as a program reads them."""
    return [one.as_json() for one in found]  # type: ignore[attr-defined]


def watched(monkeypatch: pytest.MonkeyPatch, kind: type, method: str) -> list[str]:
    """Return a list of what a method is given first, which fills as it is called."""
    given: list[str] = []
    plain = getattr(kind, method)

    def noting(self: object, first: str) -> object:
        given.append(first)
        return plain(self, first)

    monkeypatch.setattr(kind, method, noting)
    return given


def engine_of(reading: Reading) -> OxigraphEngine:
    """Return an engine in memory with what was read."""
    return OxigraphEngine.in_memory([*reading.quads(), *reading.vocabulary.quads])


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command in this process."""

    def _cli(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["cspgraph", *map(str, arguments)])
        from cspgraph.cli import _run

        code = _run()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode("utf-8"), err.decode("utf-8"))

    return _cli
