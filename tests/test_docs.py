"""The documentation is true: its commands run and print what it shows, and the site builds, whole and alone."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

DOCS = ROOT / "docs"
BUILT = {"questions.md"}  # held to its answers by test_questions
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts and path.name not in BUILT]
_FENCE = re.compile(r"^```(?P<kind>\{code-block\} )?(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r":caption: (\S+)\n\n")


def fences(path: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Yield the language, the name of the file, and the content of each block, and whether it stands right below the one before."""
    end, text = 0, path.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        body = found["body"]
        caption = _CAPTION.match(body)
        name = caption[1] if caption else ""
        yield found["language"], name, body[caption.end() if caption else 0 :], not text[end : found.start()].strip()
        end = found.end()


RUN = [path for path in PAGES if any(kind in ("sh", "pycon") or name for kind, name, _, _ in fences(path))]


def test_the_pages_with_something_to_run_are_found() -> None:
    assert len(RUN) >= 8
    assert sum(kind == "sh" for path in RUN for kind, *_ in fences(path)) >= 25


@pytest.mark.parametrize("path", RUN, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, cli: Callable[..., Ran], bundled: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that a page shows under a name are written, its commands run, and what it shows below them is what they print."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    if any("--data data" in body for kind, _, body, _ in fences(path) if kind == "sh"):
        shutil.copytree(ROOT / "data", tmp_path / "data")
    said = ""
    names: dict[str, object] = {}
    for language, name, body, below in fences(path):
        if name:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(body, encoding="utf-8")
        elif language == "sh":
            said = "".join(_run(line, cli) for line in body.strip().split("\n"))
        elif language == "pycon":
            names = _doctest(path.name, body, names)
        elif language == "text" and below and said:
            _holds(said, body)


def _run(line: str, cli: Callable[..., Ran]) -> str:
    command, _, target = line.split(" #", maxsplit=1)[0].partition(" > ")
    program, *words = shlex.split(command)
    assert program == "cspgraph", f"a test cannot run this: {line}"
    ran = cli(*words)
    assert ran.code in (0, 1), f"{line}: {ran.err}"
    if target:
        Path(target.strip()).write_text(ran.out, encoding="utf-8")
    return ran.out + ran.err


def _holds(said: str, shown: str) -> None:
    """Assert that each line shown was printed, in this order; blanks at the ends do not count."""
    lines = iter(line.strip() for line in said.replace(f"{Path.cwd()}{os.sep}", "").split("\n"))
    for line in filter(None, (line.strip() for line in shown.split("\n"))):
        assert any(line in printed for printed in lines), f"not printed, or not in this place: {line}\n{said[-2000:]}"


def _doctest(name: str, body: str, names: dict[str, object]) -> dict[str, object]:
    example = doctest.DocTestParser().get_doctest(body, dict(names), name, name, 0)
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL).run(
        example, clear_globs=False
    )
    assert result.attempted > 0
    assert result.failed == 0
    return example.globs


# -------------------------------------------------------------------- the site


class _Addresses(HTMLParser):
    """What a page would load, the words of its headings, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.add(found["id"])
        if tag in ("script", "img", "iframe", "source") and "src" in found:
            self.loads.append(found["src"])
        if tag == "link" and found.get("rel") in ("stylesheet", "preload", "preconnect", "icon"):
            self.loads.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does, warnings as errors."""
    target = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-b", "html", "-d", str(target / "doctrees"), str(DOCS), str(target / "html")]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return target / "html"


def anchors(site: Path, page: str) -> set[str]:
    return _Addresses((site / page).read_text(encoding="utf-8")).ids


def test_the_reference_has_everything_there_is(site: Path, bundled: KnowledgeGraph) -> None:
    from cspgraph.cli import COMMANDS
    from cspgraph.ontology import read_vocabulary
    from cspgraph.resources import library

    vocabulary = read_vocabulary(library().ontology)
    for kind, page in (("gap", "rules"), ("ask", "questions"), ("view", "views")):
        names = {f"{kind}-{question.name}" for question in bundled.questions.of(kind)}
        assert names
        assert names <= anchors(site, f"reference/{page}.html")
    assert {f"command-{name}" for name in COMMANDS} <= anchors(site, "reference/commands.html")
    kinds = {f"kind-{kind.name.lower()}" for kind in vocabulary.kinds.values()} - {"kind-thing"}
    assert kinds <= anchors(site, "reference/kinds.html")
    relations = (site / "reference/relations.html").read_text(encoding="utf-8")
    assert relations.count("<tr") == len(vocabulary.relations) + 1
    assert "cspgraph.graph.KnowledgeGraph.depends" in anchors(site, "reference/api.html")


def test_no_page_asks_for_anything_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        loads = _Addresses(page.read_text(encoding="utf-8")).loads
        assert loads
        assert [address for address in loads if "//" in address and not address.startswith("data:")] == [], page
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.findall(r"@import|url\(['\"]?(?:https?:)?//", text), style


def test_nothing_computed_stands_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "docs"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "docs/_build" not in listed
    marked = [
        path for path in (DOCS / "reference").glob("*.md") if "<!-- computed:" in path.read_text(encoding="utf-8")
    ]
    assert len(marked) == 7
    assert all(len(path.read_text(encoding="utf-8").split("\n")) < 12 for path in marked)


@pytest.mark.browser
def test_the_start_page_loads_only_its_own_files(site: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.conftest import chromium

    asked: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.goto((site / "reference/rules.html").as_uri())
        assert page.locator("h3#action-without-lead, section#gap-action-without-lead, #gap-action-without-lead").count()
        browser.close()
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
