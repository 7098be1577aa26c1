"""The page: what it holds, and what a browser makes of it with the network unplugged."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.metadata import files
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.draw import _positions, page
from cspgraph.network import network
from cspgraph.ontology import Vocabulary, read_vocabulary
from cspgraph.resources import library
from tests.conftest import chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from cspgraph.graph import KnowledgeGraph

PAYLOADS = [
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<a href=javascript:window.hit=1>href</a>",
    "\"'`${window.hit=1}{{7*7}}",
    "\u202ereversed\u2028\x1b[31m",
    "https://example.org/track.png",
]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The built-in vocabulary."""
    return read_vocabulary(library().ontology)


def drawn(graph: KnowledgeGraph, view: str, vocabulary: Vocabulary, title: str = "A title") -> str:
    return page(network(graph.engine, graph.questions.get(view, "view")), vocabulary, title, f"under {title}")


def hostile_plan() -> str:
    boards = "".join(
        f"  b{n}: {{title: {json.dumps(text, ensure_ascii=True)}, lines: {n + 2}, accountableTo: b0}}\n"
        for n, text in enumerate(PAYLOADS)
        if not re.search("[\u2028\x1b]", text)
    )
    return f"plan: p\nsource: doc\ntitle: '</title><script>window.hit=1</script>'\nlines: 1\nboards:\n{boards}"


# -------------------------------------------------------------------- without a browser


def test_the_script_of_the_picture_lies_in_the_installed_pyvis() -> None:
    assert [file for file in files("pyvis") or [] if str(file).endswith("vis-9.1.2/vis-network.min.js")]


def test_the_policy_allows_these_scripts_and_nothing_else(bundled: KnowledgeGraph, vocabulary: Vocabulary) -> None:
    html = drawn(bundled, "overview", vocabulary)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    text = policy[1].replace("&#39;", "'")
    assert "default-src 'none'" in text
    assert "base-uri 'none'" in text
    assert "form-action 'none'" in text
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    hashes = {f"sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}" for s in scripts}
    assert len(scripts) == 2
    assert hashes == set(re.findall(r"sha256-[\w+/=]+", text))
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", html.replace(scripts[0], ""))


def test_no_relation_runs_inside_a_column_and_no_boxes_overlap(bundled: KnowledgeGraph) -> None:
    for view in ("overview", "governance", "everything"):
        graph = network(bundled.engine, bundled.questions.get(view, "view"))
        kinds = {data["kind"]: {"order": 1} for _, data in graph.nodes(data=True)}
        spots = _positions(graph, kinds)
        assert len(set(spots.values())) == len(graph)
        same = [(a, b) for a, b in graph.edges() if a != b and spots[a][0] == spots[b][0]]
        circles = [edge for edge in same if graph.nodes[edge[0]]["kind"] == graph.nodes[edge[1]]["kind"]]
        assert same == circles, "only a circle inside one kind stays together"


def test_a_page_of_hostile_labels_holds_no_element_of_theirs(
    graph_of: Callable[[str], KnowledgeGraph], vocabulary: Vocabulary
) -> None:
    html = drawn(graph_of(hostile_plan()), "governance", vocabulary, title="".join(PAYLOADS))
    ours = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert html.count("<script>") - ours.count("<script>") >= 2
    assert re.findall(r"<script[^>]*>", ours) == ['<script type="application/json" id="data">']
    assert "<img" not in ours
    assert "<a href=java" not in ours
    assert "\u202e" not in html


def test_the_focus_and_its_depth_bound_the_picture(bundled: KnowledgeGraph) -> None:
    view = bundled.questions.get("everything", "view")
    focus = bundled.find("havering-2017/sgv-panel")
    sizes = [len(network(bundled.engine, view, focus, depth)) for depth in (1, 2, 3)]
    assert 1 < sizes[0] < sizes[1] < sizes[2]


# -------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a display and without a sandbox of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield found
        found.close()


class Visit:
    """An open page, with every request it made and everything it said."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1400, "height": 900})
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())
        for _ in range(100):
            if self.page.evaluate("document.body.dataset.drawn"):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"nothing was drawn: {self.said}")

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[[str], Visit]]:
    """Write a page, open it, and close it after the test."""
    opened: list[Visit] = []

    def _visit(html: str) -> Visit:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        opened.append(Visit(browser, path))
        return opened[-1]

    yield _visit
    for one in opened:
        one.page.close()


@pytest.mark.browser
def test_it_opens_without_a_request_and_without_a_word(
    visit: Callable[[str], Visit], bundled: KnowledgeGraph, vocabulary: Vocabulary
) -> None:
    for view in ("overview", "governance", "money-network", "frameworks"):
        seen = visit(drawn(bundled, view, vocabulary))
        assert seen.requests == [seen.page.url]
        assert seen.said == []
        filled = seen.ask(
            "(() => { const c = document.querySelector('canvas');"
            " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n / (d.length / 4); })()"
        )
        assert filled > 0.01, f"{view}: the picture is empty"


@pytest.mark.browser
def test_search_finds_by_label_and_shows_the_evidence(
    visit: Callable[[str], Visit], bundled: KnowledgeGraph, vocabulary: Vocabulary
) -> None:
    seen = visit(drawn(bundled, "overview", vocabulary))
    seen.page.fill("#search", "serious group violence panel")
    assert re.fullmatch(r"[2-9] things", seen.page.inner_text("#count"))
    seen.page.locator("#found button", has_text=re.compile("^Serious Group Violence Panel$")).click()
    panel = seen.page.inner_text("#panel")
    assert "havering-2017/sgv-panel" in panel
    assert "Co-ordinate the work of the Serious Group Violence Panel" in panel
    assert "havering-csp-plan-2017-20, lines 370:102-158" in panel
    seen.page.locator("#panel button", has_text="Co-ordinate the work").first.click()
    assert seen.ask("document.body.dataset.chosen") == "havering-2017/A4"
    assert "inferred: step 4" in seen.page.inner_text("#panel")


@pytest.mark.browser
def test_a_click_in_the_picture_chooses_what_is_there(
    visit: Callable[[str], Visit], graph_of: Callable[[str], KnowledgeGraph], vocabulary: Vocabulary
) -> None:
    plan = "plan: p\nsource: doc\ntitle: P\nlines: 1\nboards:\n  a: {title: Board a, lines: 2, accountableTo: b}\n  b: {title: Board b, lines: 3}\n"
    seen = visit(drawn(graph_of(plan), "governance", vocabulary))
    box = seen.page.locator("canvas").bounding_box()
    assert box
    for step in range(1, 40):
        seen.page.mouse.click(box["x"] + box["width"] * step / 40, box["y"] + box["height"] / 2)
        seen.page.wait_for_timeout(30)
        if seen.ask("document.body.dataset.chosen"):
            break
    assert seen.ask("document.body.dataset.chosen") in ("p/a", "p/b")
    assert "line" in seen.page.inner_text("#panel")


@pytest.mark.browser
def test_hostile_labels_do_nothing_and_are_shown_as_they_are(
    visit: Callable[[str], Visit], graph_of: Callable[[str], KnowledgeGraph], vocabulary: Vocabulary
) -> None:
    seen = visit(drawn(graph_of(hostile_plan()), "governance", vocabulary))
    seen.page.fill("#search", "window")
    for button in seen.page.locator("#found button").all():
        button.click()
    seen.page.locator("summary").click()
    assert seen.ask("window.hit") is None
    assert seen.requests == [seen.page.url]
    assert seen.said == []
    assert PAYLOADS[0] in seen.page.inner_text("#rows")


@pytest.mark.browser
def test_the_page_is_accessible(visit: Callable[[str], Visit], bundled: KnowledgeGraph, vocabulary: Vocabulary) -> None:
    from pathlib import Path

    import axe_playwright_python

    axe = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
    html = drawn(bundled, "overview", vocabulary)
    # The checker is a script too: for this test alone the policy lets it in.
    seen = visit(re.sub(r"script-src ", "script-src 'unsafe-eval' ", html, count=1))
    seen.page.locator("summary").click()
    seen.page.fill("#search", "violence")
    seen.page.keyboard.press("Enter")
    seen.ask(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = seen.ask(f"axe.run({{runOnly: {tags}}})")
    assert len(found["passes"]) > 15
    assert [(v["id"], [n["html"][:90] for n in v["nodes"][:3]]) for v in found["violations"]] == []


@pytest.mark.browser
def test_everything_can_be_reached_by_keyboard(
    visit: Callable[[str], Visit], bundled: KnowledgeGraph, vocabulary: Vocabulary
) -> None:
    seen = visit(drawn(bundled, "governance", vocabulary))
    seen.page.keyboard.press("Tab")
    assert seen.page.inner_text(":focus").startswith("Skip the picture")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.type("reducing reoffending board")
    seen.page.keyboard.press("Enter")
    assert seen.ask("document.body.dataset.chosen") == "havering-2017/reducing-reoffending-board"
    seen.page.keyboard.press("Escape")
    assert seen.page.inner_text("#count") == ""
    reached = set()
    for _ in range(40):
        seen.page.keyboard.press("Tab")
        reached.add(seen.ask("document.activeElement.tagName"))
    assert {"BUTTON", "SUMMARY"} <= reached
