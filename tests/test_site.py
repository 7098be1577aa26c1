"""The web site: every page, every link, the search, the folder and the zip."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from cspgraph.draw.safety import vis_script
from cspgraph.errors import InputError
from cspgraph.names import Thing
from cspgraph.ontology import read_vocabulary
from cspgraph.pages.folder import MARK, write_site
from cspgraph.pages.places import file_names
from cspgraph.pages.site import build
from cspgraph.resources import library
from tests.conftest import ROOT
from tests.drawing import LOOKS
from tests.test_pages import browser, elements, faults, hostile_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

__all__ = ["browser"]  # the fixture
PLAN = "hackney-labour-manifesto"


def write(graph: KnowledgeGraph, folder: Path) -> Path:
    """Write the pages of a graph's site into a folder, without the command."""
    for name, html in build(graph.engine, graph.questions, read_vocabulary(library().ontology)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists(), f"{name} is written twice"
        path.write_text(html, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(bundled: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the bundled plans."""
    return write(bundled, tmp_path_factory.mktemp("site"))


class Anchors(HTMLParser):
    """The links of a page, and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.outside: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href" and value and tag == "a":
                self.links.append(value)
            elif name == "id" and value:
                self.ids.append(value)
            elif name in ("src", "href", "action", "srcset", "data"):
                self.outside.append(f"{tag} {name}={value}")


# -------------------------------------------------------------------- without a browser


def test_there_is_a_page_for_every_thing_and_for_every_view(site: Path, bundled: KnowledgeGraph) -> None:
    rows = bundled.engine.select(
        "SELECT DISTINCT ?s WHERE { ?s <http://www.w3.org/2004/02/skos/core#notation> ?r ; <https://w3id.org/cspgraph/ns#kind> ?k }"
    ).rows
    assert len(list((site / "things").iterdir())) == len(rows) > 2000
    names = {path.name for path in site.glob("*.html")}
    assert {
        "index.html",
        "findings.html",
        "horizon.html",
        "money.html",
        "coverage.html",
        "load.html",
        "all.html",
    } <= names
    plans = [path.stem.removeprefix("findings-") for path in site.glob("findings-*.html")]
    assert {"hackney-2015", "haringey-2013", "havering-2017", "tower-hamlets-2017"} <= set(plans)
    for plan in plans:
        if plan != "shared":
            assert f"picture-overview-{plan}.html" in names
    for view in ("governance", "partners", "frameworks", "money-network"):
        assert f"picture-{view}.html" in names
    assert len([name for name in names if name.startswith("coverage-")]) == len(bundled.coverage())


def test_every_link_leads_to_a_file_that_is_there_and_an_anchor_that_exists(site: Path) -> None:
    pages = {path: Anchors(path) for path in sorted(site.rglob("*.html"))}
    broken = []
    reached = {site / "index.html"}
    for path, found in pages.items():
        assert found.outside == [], path.name
        assert len(found.ids) == len(set(found.ids)), f"an id twice in {path.name}"
        for link in found.links:
            file, _, anchor = link.partition("#")
            target = (path.parent / unquote(file)).resolve() if file else path
            state = "=" in anchor  # what a picture shows, not a place in it
            if target not in pages or (anchor and not state and unquote(anchor) not in pages[target].ids):
                broken.append((path.name, link))
            reached.add(target)
    assert broken == []
    assert {path.name for path in pages} - {path.name for path in reached} == set()


def test_the_script_of_the_pictures_stands_in_pictures_only(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert (vis_script()[:2000] in text) == path.name.startswith("picture-"), path.name
        assert 'http-equiv="Content-Security-Policy"' in text[:1000]
        assert "default-src 'none'" in text[:1000].replace("&#39;", "'")


def test_the_page_of_a_thing_says_everything_that_show_says(site: Path, bundled: KnowledgeGraph) -> None:
    files = file_names(bundled.find("havering-2017/A4"))
    text = (site / files["havering-2017/A4"]).read_text(encoding="utf-8")
    (shown,) = bundled.show("havering-2017/A4")
    for statement in (*shown.says, *shown.said):
        label = statement.value.label if isinstance(statement.value, Thing) else str(statement.value)
        assert label.replace("&", "&amp;").replace("'", "&#39;") in text
        assert statement.label in text
        assert statement.place.lines in text
    for finding in bundled.gaps():
        if finding.focus.id == "hackney-2015/1.1":
            page = (site / "things/hackney-2015--1.1.html").read_text(encoding="utf-8")
            assert finding.sentence[:40].replace('"', "&#34;").replace("'", "&#39;") in page


def test_names_of_files_differ_by_more_than_capitals() -> None:
    things = [Thing(name, "x", "Action") for name in ("p/a", "p/A", "p/a b", "p/a?b", "con", "p/" + "x" * 300, "p--a")]
    found = file_names(things)
    assert len({file.lower() for file in found.values()}) == len(things)
    assert all(len(file) < 110 and file.startswith("things/") for file in found.values())
    assert not any(file.lower() == "things/con.html" for file in found.values())


def test_the_zip_equals_the_folder_and_the_bytes_are_those_of_every_process(tmp_path: Path) -> None:
    for seed, target in (("0", "folder"), ("1", "site.zip")):
        command = [sys.executable, "-m", "cspgraph", "site", "--quiet", "--plan", PLAN, "--to", str(tmp_path / target)]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
    folder = {
        path.relative_to(tmp_path / "folder").as_posix(): path.read_bytes()
        for path in (tmp_path / "folder").rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        assert archive.namelist() == sorted(folder)
        assert {name: archive.read(name) for name in archive.namelist()} == folder
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "site.zip"]


LITTLE = "plan: p\nsource: doc\ntitle: P\nlines: 1\npriorities:\n  P1: {title: Burglary, lines: 2}\n"


def test_a_folder_that_is_not_ours_is_refused_and_ours_is_replaced(
    cli: Callable[..., Ran], write: Callable[..., Path], tmp_path: Path
) -> None:
    data = write("plan.yaml", LITTLE)
    target = tmp_path / "out"
    target.mkdir()
    (target / "letter.txt").write_text("dear board", encoding="utf-8")
    done = cli("site", "--data", data, "--to", target)
    assert done.code == 2
    assert "holds something else" in done.err
    assert [path.name for path in target.iterdir()] == ["letter.txt"]
    (target / "letter.txt").unlink()
    assert cli("site", "--data", data, "--to", target).code == 0
    (target / "old.html").write_text("a page that the site of last time had", encoding="utf-8")
    (target / MARK).write_text((target / MARK).read_text(encoding="utf-8") + "old.html\n", encoding="utf-8")
    assert cli("site", "--data", data, "--to", target).code == 0
    assert (target / MARK).is_file()
    assert not (target / "old.html").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]
    done = cli("site", "--data", data, "--to", tmp_path / "none" / "out")
    assert done.code == 2
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert cli("site", "--data", data, "--to", tmp_path / "file").code == 2


def test_a_site_that_fails_leaves_what_was_there(
    cli: Callable[..., Ran], write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write("plan.yaml", LITTLE)
    target = tmp_path / "out"
    assert cli("site", "--data", data, "--to", target).code == 0
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}

    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    from pathlib import Path as Paths

    monkeypatch.setattr(Paths, "write_bytes", broken)
    done = cli("site", "--data", data, "--to", target)
    monkeypatch.undo()
    assert done.code == 2
    assert "No space left" in done.err
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def test_a_plan_with_almost_nothing_has_a_site_all_the_same(
    graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    made = write(graph_of("plan: p\nsource: doc\ntitle: P\nlines: 1\n"), tmp_path / "made")
    assert (made / "things/p.html").is_file()


# -------------------------------------------------------------------- in a browser


def one_of_each_kind(site: Path) -> list[Path]:
    """One page of each kind of thing."""
    found: dict[str, Path] = {}
    for path in sorted((site / "things").iterdir()):
        text = path.read_text(encoding="utf-8")
        kind = text[text.index('class="subtitle">') + 17 :].split("<code>")[0].strip()
        found.setdefault(kind, path)
    return list(found.values())


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "whole"), LOOKS)
def test_pages_are_accessible_and_ask_for_nothing(browser: Browser, site: Path, scheme: str, *, whole: bool) -> None:
    names = [
        "index",
        "findings",
        "findings-havering-2017",
        "load",
        "pictures",
        "coverage",
        "coverage-ref--pcp-2017",
        "all",
    ]
    things = ["havering-2017", "havering-2017--A4", "ref--lcpf", "hackney-2015--1.1"]
    paths = [site / f"{name}.html" for name in names] + [site / "things" / f"{name}.html" for name in things]
    for path in paths:
        assert faults(browser, path, scheme, 1366 if scheme == "light" else 820, whole=whole) == [], path.name


@pytest.mark.browser
def test_every_sort_of_page_opens_without_a_request_and_without_a_word(browser: Browser, site: Path) -> None:
    visit_all(browser, [*sorted(site.glob("*.html")), *one_of_each_kind(site)])


@pytest.mark.browser
@pytest.mark.slow
def test_every_page_opens_without_a_request_and_without_a_word(browser: Browser, site: Path) -> None:
    visit_all(browser, sorted(site.rglob("*.html")))


def visit_all(browser: Browser, paths: list[Path]) -> None:
    page = browser.new_page()
    said: list[str] = []
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in paths:
        page.goto(path.as_uri())
        assert said == [], path.name
        assert requests == [path.as_uri()], path.name
        requests.clear()
    page.close()


def hits(page: Page, words: str) -> list[str]:
    page.fill("#search", words)
    return page.evaluate("Array.from(document.querySelectorAll('#found a')).map((link) => link.textContent)")  # type: ignore[no-any-return]


@pytest.mark.browser
def test_search_finds_by_label_by_alias_and_by_reference(browser: Browser, site: Path, bundled: KnowledgeGraph) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("serious group violence panel")
    page.keyboard.press("Enter")
    assert page.inner_text("h1") == "Serious Group Violence Panel"
    page.goto((site / "index.html").as_uri())
    assert hits(page, "havering-2017/A4")[0] == "Co-ordinate the work of the Serious Group Violence Panel"
    row = bundled.engine.select(
        "SELECT ?label ?alias WHERE { ?s <http://www.w3.org/2004/02/skos/core#altLabel> ?alias ; "
        "<http://www.w3.org/2004/02/skos/core#prefLabel> ?label ; <http://www.w3.org/2004/02/skos/core#notation> ?r "
        "FILTER(!CONTAINS(LCASE(?label), LCASE(?alias))) } ORDER BY ?alias ?label"
    ).rows[0]
    label, alias = (getattr(term, "value", "") for term in row)
    assert label in hits(page, alias)
    assert "thing" in page.inner_text("#count")
    assert page.evaluate("location.hash").startswith("#q=")
    address = page.evaluate("location.href")
    page.goto("about:blank")
    page.goto(address)
    assert page.input_value("#search") == alias
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    assert page.inner_text("#count") == ""
    page.close()


@pytest.mark.browser
def test_without_a_script_everything_is_there(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    assert not page.is_visible("#search")
    page.click("text=Everything, A to Z")
    page.click("text=Serious Group Violence Panel >> nth=0")
    assert "Serious Group Violence Panel" in page.inner_text("h1")
    context.close()


@pytest.mark.browser
def test_hostile_words_do_nothing_anywhere(
    browser: Browser, graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    made = write(graph_of(hostile_plan()), tmp_path / "made")
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith("file:") else said.append(request.url))
    held = []
    for path in sorted(made.rglob("*.html")):
        html = path.read_text(encoding="utf-8")
        assert "\u202e" not in html, path.name
        if not path.name.startswith("picture-"):  # these have tests of their own
            assert elements(html) == [], path.name
        if re.search("window.hit|long long|reversed|emoji", html):
            held.append(path)
    assert {"index", "all", "findings", "pictures", "p--A1"} <= {path.stem for path in held}
    assert len(held) > 20
    for path in held:  # a page that says none of them cannot do what they say
        page.goto(path.as_uri())
        assert page.evaluate("window.hit") is None, path.name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
    page.goto((made / "index.html").as_uri())
    assert hits(page, "window.hit")
    assert page.evaluate("window.hit") is None
    assert said == []
    page.close()


def test_a_folder_with_a_file_of_the_users_own_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "site"
    write_site(target, [("index.html", "<p>one")])
    write_site(target, [("index.html", "<p>two")])
    (target / "mine.txt").write_text("important", encoding="utf-8")
    with pytest.raises(InputError, match=r"would be lost: mine\.txt"):
        write_site(target, [("index.html", "<p>three")])
    assert (target / "mine.txt").read_text(encoding="utf-8") == "important"
