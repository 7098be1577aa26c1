"""The page of a picture in a browser with the network unplugged."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.draw import page
from cspgraph.text import clean
from tests.conftest import chromium
from tests.drawing import LOOKS, PAYLOADS, THINNED, VIEWS, drawn, hostile_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from cspgraph.graph import KnowledgeGraph
    from cspgraph.ontology import Vocabulary


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

    def __init__(
        self, browser: Browser, path: Path, address: str = "", scheme: Any = "light", width: int = 1366
    ) -> None:
        self.path = path
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": 768 if width > 1000 else 1180}, color_scheme=scheme
        )
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri() + address)
        for _ in range(200):
            if self.page.evaluate("document.body.dataset.drawn"):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"nothing was drawn: {self.said}")

    def ask(self, script: str) -> Any:
        return self.page.evaluate(script)

    @property
    def chosen(self) -> str:
        return str(self.ask("document.body.dataset.chosen") or "")

    @property
    def address(self) -> str:
        return str(self.ask("location.hash"))

    def tally(self) -> str:
        return self.page.inner_text("#tally")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Write a page, open it, and close it after the test."""
    opened: list[Visit] = []

    def _visit(html: str, address: str = "", **how: Any) -> Visit:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        opened.append(Visit(browser, path, address, **how))
        return opened[-1]

    yield _visit
    for one in opened:
        one.page.close()


@pytest.mark.browser
@pytest.mark.parametrize("view", VIEWS)
def test_it_opens_without_a_request_and_without_a_word(
    visit: Callable[..., Visit], pages: Callable[[str], str], view: str
) -> None:
    seen = visit(pages(view))
    assert seen.requests == [seen.path.as_uri()]
    seen.press("1")
    assert seen.said == []
    filled = seen.ask(
        "(() => { const c = document.querySelector('canvas');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n / (d.length / 4); })()"
    )
    assert filled > 0.01, "the picture is empty"


@pytest.mark.browser
def test_search_finds_by_label_alias_reference_and_words_and_the_panel_says_everything(
    visit: Callable[..., Visit], pages: Callable[[str], str]
) -> None:
    seen = visit(pages("overview"))
    seen.page.fill("#search", "serious group violence panel")
    assert re.fullmatch(r"\d+ things", seen.page.inner_text("#count"))
    seen.page.locator("#found button", has_text=re.compile("^Serious Group Violence Panel$")).click()
    panel = seen.page.inner_text("#panel")
    assert "havering-2017/sgv-panel" in panel
    assert "Co-ordinate the work of the Serious Group Violence Panel" in panel
    seen.page.locator("#panel button", has_text="Co-ordinate the work").first.click()
    assert seen.chosen == "havering-2017/A4"
    panel = seen.page.inner_text("#panel")
    assert "inferred: step 4" in panel
    assert "370:102-158" in panel
    assert "Money without an end" in panel
    assert "£38,502" in panel
    for text in ("A4 ", "havering-2017/a4", "MPS"):
        seen.page.fill("#search", text)
        assert seen.page.locator("#found li").count() > 0, text
    seen.page.fill("#search", "nothing is called so")
    assert seen.page.inner_text("#count") == "0 things"


@pytest.mark.browser
def test_the_panel_says_what_show_says(
    visit: Callable[..., Visit], bundled: KnowledgeGraph, pages: Callable[[str], str]
) -> None:
    seen = visit(pages("overview"), "#sel=havering-2017/A4")
    panel = " ".join(seen.page.inner_text("#panel").split())
    (told,) = bundled.show("havering-2017/A4")
    for statement in (*told.says, *told.said):
        assert statement.label in panel
        label = getattr(statement.value, "label", str(statement.value))
        assert " ".join(clean(label).split()) in panel, statement


@pytest.mark.browser
def test_filters_narrow_and_undo_takes_it_back(visit: Callable[..., Visit], pages: Callable[[str], str]) -> None:
    seen = visit(pages("gaps"))
    whole = seen.tally()
    seen.press("l")
    for facet, title, name in (
        ("kinds", "kinds", "Action"),
        ("plans", "plans", "havering-2017"),
        ("severity", "gaps", "high"),
    ):
        seen.page.get_by_role("button", name=f"None, {title}").click()
        assert seen.tally().startswith("0 things")
        seen.page.locator(f"input[data-facet={facet}][data-name='{name}']").check()
    shown = int(seen.tally().split()[0])
    assert 0 < shown < 20
    assert "kinds=Action" in seen.address
    seen.page.locator("[data-region=things]").click()
    assert set(seen.ask("[...document.querySelectorAll('#things tbody tr')].map(r => r.cells[2].textContent)")) == {
        "havering-2017"
    }
    assert seen.ask("document.querySelectorAll('#things tbody tr').length") == shown
    for _ in range(8):
        seen.page.keyboard.press("u")
    assert seen.tally() == whole
    assert seen.address == ""


@pytest.mark.browser
def test_a_relation_or_status_filter_hides_lines_and_what_they_leave_alone(
    visit: Callable[..., Visit], pages: Callable[[str], str]
) -> None:
    seen = visit(pages("overview"), "#relations=ledBy&status=inferred,uncertain&region=relations")
    rows = seen.ask(
        "[...document.querySelectorAll('#relations tbody tr')].map(r => [r.cells[1].textContent, r.cells[4].textContent])"
    )
    assert rows
    assert all(relation == "led by" and re.match("inferred|uncertain", status) for relation, status in rows)


@pytest.mark.browser
def test_the_address_is_the_view(visit: Callable[..., Visit], pages: Callable[[str], str]) -> None:
    seen = visit(pages("overview"), "#region=picture")
    seen.page.fill("#search", "havering-2017/A4")
    seen.press("Enter")
    seen.page.locator("#panel button", has_text="Focus on this").click()
    seen.page.locator("#panel button", has_text="One step less").click()
    seen.page.locator("#panel button", has_text="What depends on this").click()
    address, tally, panel = seen.address, seen.tally(), seen.page.inner_text("#panel")
    assert "focus=havering-2017%2FA4" in address
    assert "depth=1" in address
    assert "within 1 step of" in tally
    again = visit(pages("overview"), address)
    assert (again.tally(), again.page.inner_text("#panel")) == (tally, panel)
    again.ask("location.hash = '#focus=havering-2017/A5&depth=1'")
    again.page.wait_for_timeout(200)
    assert again.tally() != tally
    again.press("u")
    assert again.tally() == tally
    for strange in ("#focus=nobody&depth=x&kinds=<b>&region=search", "#%E0%A4%A", "#lit=zzz&sel=__proto__"):
        odd = visit(pages("overview"), strange)
        assert odd.said == []


@pytest.mark.browser
def test_what_depends_lights_up_what_depends_says(
    visit: Callable[..., Visit], bundled: KnowledgeGraph, pages: Callable[[str], str]
) -> None:
    seen = visit(pages("dependencies"), "#sel=ref/metropolitan-police&lit=on")
    found = len(bundled.depends("Metropolitan Police Service"))
    assert f"Lit up: {found} things that rest on it" in seen.tally()
    seen.page.locator("#panel button", has_text="What this depends on").click()
    assert "Lit up: 0 things that it rests on" in seen.tally()


@pytest.mark.browser
def test_a_click_in_the_picture_chooses_what_is_there(
    visit: Callable[..., Visit], graph_of: Callable[[str], KnowledgeGraph], vocabulary: Vocabulary
) -> None:
    plan = "plan: p\nsource: doc\ntitle: P\nlines: 1\nboards:\n  a: {title: Board a, lines: 2, accountableTo: b}\n  b: {title: Board b, lines: 3}\n"
    seen = visit(drawn(graph_of(plan), "governance", vocabulary))
    box = seen.page.locator("canvas").bounding_box()
    assert box
    for step in range(1, 40):
        seen.page.mouse.click(box["x"] + box["width"] * step / 40, box["y"] + box["height"] / 2)
        seen.page.wait_for_timeout(30)
        if seen.chosen:
            break
    assert seen.chosen in ("p/a", "p/b")
    assert "line" in seen.page.inner_text("#panel")


@pytest.mark.browser
def test_every_key_does_what_the_list_says(visit: Callable[..., Visit], pages: Callable[[str], str]) -> None:
    seen = visit(pages("dependencies"))
    seen.press("?")
    assert seen.ask("document.getElementById('keys').open")
    listed = seen.ask("document.querySelectorAll('#keys-list dt').length")
    assert listed >= 25
    seen.press("Escape")
    seen.press("/")
    seen.page.keyboard.type("safer schools officers")
    seen.press("Enter")
    assert "safer schools" in seen.page.inner_text("#panel h2").lower()
    first = seen.chosen
    seen.press("Escape")
    assert seen.page.input_value("#search") == ""
    seen.ask("document.activeElement.blur()")
    seen.press("1", "ArrowRight")
    assert seen.chosen not in ("", first)
    seen.press("Enter")
    assert seen.ask("document.activeElement.id") == "aside"
    seen.press("f", "]", "[", "[", "d")
    assert "depth=1" in seen.address
    assert "lit=on" in seen.address
    seen.press("w", "g", "+", "-", "0", "9")
    assert "lit=of" in seen.address
    assert "marks=on" in seen.address
    for key, region in (("2", "outline"), ("3", "things"), ("4", "relations"), ("5", "findings"), ("1", "picture")):
        seen.press(key)
        assert seen.ask("document.activeElement.id") == region
    seen.press("m")
    assert seen.page.get_attribute("#act-physics", "aria-pressed") == "true"
    seen.press("m", "l")
    assert seen.ask("document.activeElement.dataset.facet") == "kinds"
    seen.press("r", "i", "u")
    seen.press("?")
    seen.page.locator("#keys-on").uncheck()
    seen.press("Escape", "2")
    assert not seen.ask("document.getElementById('picture').hidden"), "single keys are off"
    assert seen.said == []


@pytest.mark.browser
def test_it_can_be_taken_away(visit: Callable[..., Visit], pages: Callable[[str], str]) -> None:
    seen = visit(pages("dependencies"))

    def saved(button: str) -> bytes:
        with seen.page.expect_download() as waiting:
            seen.page.locator(button).click()
        return waiting.value.path().read_bytes()

    assert saved("#act-png").startswith(b"\x89PNG")
    svg = saved("#act-svg").decode()
    assert svg.count("<rect") == 67
    assert svg.count("Metropolitan Police") > 1
    table = list(csv.reader(io.StringIO(saved("#act-csv").decode("utf-8-sig"))))
    assert table[0] == ["From", "Relation", "To", "Read at", "Status"]
    assert len(table) == 67
    seen.press("3")
    assert saved("#act-csv").startswith(b"\xef\xbb\xbfName,Kind,Plan")
    seen.page.locator("#things button", has_text="Copy for Excel").click()
    seen.page.wait_for_timeout(300)
    seen.press("/")
    seen.press("Control+V")
    assert "Metropolitan Police Service" in seen.page.input_value("#search")
    assert seen.requests[1:] == [request for request in seen.requests[1:] if request.startswith("blob:")]
    assert seen.said == []


@pytest.mark.browser
def test_tables_sort_and_the_outline_tells_the_same(visit: Callable[..., Visit], pages: Callable[[str], str]) -> None:
    seen = visit(pages("governance"), "#region=things")
    names = "[...document.querySelectorAll('#things tbody tr')].map(r => r.cells[0].textContent)"
    before = seen.ask(names)
    seen.page.locator("#things th button").first.focus()
    seen.press("Enter")
    assert seen.page.get_attribute("#things th", "aria-sort") == "descending"
    assert sorted(before) == sorted(seen.ask(names))
    assert before != seen.ask(names)
    seen.press("2")
    outlined = seen.page.locator("#outline > details > ul > li").count()
    assert outlined == len(before)
    seen.page.locator("#outline .thing").first.click()
    assert seen.chosen


@pytest.mark.browser
def test_hostile_labels_do_nothing_and_are_shown_as_they_are(
    visit: Callable[..., Visit], graph_of: Callable[[str], KnowledgeGraph], vocabulary: Vocabulary
) -> None:
    graph = graph_of(hostile_plan())
    for view in ("governance", "partners", "everything"):
        seen = visit(drawn(graph, view, vocabulary))
        seen.page.fill("#search", "window")
        for place in range(seen.page.locator("#found button").count()):
            seen.page.locator("#found button").nth(place).click()
        seen.ask("document.activeElement.blur()")
        for key in ("2", "3", "5", "4"):
            seen.press(key)
        if view == "governance":
            assert PAYLOADS[0] in seen.page.inner_text("#relations")
            with seen.page.expect_download() as waiting:
                seen.press("c")
            cells = [
                cell for row in csv.reader(io.StringIO(waiting.value.path().read_text("utf-8-sig"))) for cell in row
            ]
            assert "'=HYPERLINK(1)" in cells
            assert "=HYPERLINK(1)" not in cells
            with seen.page.expect_download() as waiting:
                seen.press("s")
            assert "<script" not in waiting.value.path().read_text("utf-8")
        assert seen.ask("window.hit") is None
        assert [request for request in seen.requests if not request.startswith("blob:")] == [seen.path.as_uri()]
        assert seen.said == []
        assert seen.ask("document.documentElement.scrollWidth <= window.innerWidth + 1")


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "whole"), LOOKS)
@pytest.mark.parametrize("view", VIEWS)
def test_the_page_is_accessible(
    visit: Callable[..., Visit], pages: Callable[[str], str], view: str, scheme: str, *, whole: bool
) -> None:
    from pathlib import Path

    import axe_playwright_python

    axe = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
    # The checker is a script too: for this test alone the policy lets it in.
    html = re.sub(r"script-src ", "script-src 'unsafe-eval' ", pages(view), count=1)
    seen = visit(html, "#q=violence", scheme=scheme)
    seen.ask(axe)
    seen.press("l")
    for key in ("1", "2", "3", "4", "5", "?"):
        seen.press(key)
        if key == "2":
            seen.ask("document.querySelector('#outline .thing').click()")
        if not whole:
            seen.ask(THINNED)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = seen.ask(f"axe.run({{runOnly: {tags}, resultTypes: ['violations']}})")
        assert [(key, v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found["violations"]] == []
    assert seen.said == []


@pytest.mark.browser
def test_a_narrow_window_and_large_letters_fit(visit: Callable[..., Visit], pages: Callable[[str], str]) -> None:
    for width in (820, 683, 320):
        seen = visit(pages("governance"), "#sel=havering-2017/sgv-panel", width=width)
        assert seen.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_everything_can_be_reached_by_keyboard(visit: Callable[..., Visit], pages: Callable[[str], str]) -> None:
    seen = visit(pages("governance"))
    seen.press("Tab")
    assert seen.page.inner_text(":focus").startswith("Skip the picture")
    seen.press("Tab")
    seen.page.keyboard.type("reducing reoffending board")
    seen.press("Enter")
    assert seen.chosen == "havering-2017/reducing-reoffending-board"
    seen.press("Escape")
    assert seen.page.inner_text("#count") == ""
    reached = set()
    for _ in range(40):
        seen.press("Tab")
        reached.add(seen.ask("document.activeElement.id"))
    assert {"act-filters", "act-undo", "act-png", "act-keys", "picture", "aside"} <= reached


@pytest.mark.browser
def test_twenty_thousand_things_are_told_of_and_the_picture_says_what_it_leaves_out(
    visit: Callable[..., Visit], vocabulary: Vocabulary
) -> None:
    from benchmarks.pages import made_up

    seen = visit(page(made_up(20_000), vocabulary, "Many"))
    assert "5,000 things with most relations, of 20,000" in seen.tally()
    seen.page.fill("#search", "thing 19999")
    seen.press("Enter")
    assert seen.chosen == "p/19999"
    assert "focus=p%2F19999" in seen.address or "19999" in seen.page.inner_text("#panel")
