"""What a reader meets first, takes away and prints: plans side by side, whole pictures, and words of others that do nothing."""

from __future__ import annotations

import re
import struct
import subprocess
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.draw import view_page
from cspgraph.graph import load
from cspgraph.names import things
from cspgraph.ontology import read_vocabulary
from cspgraph.pages.site import build
from cspgraph.resources import library
from cspgraph.terms import ID
from tests.conftest import chromium
from tests.drawing import LOOKS
from tests.test_pages import browser, elements, faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

__all__ = ["browser"]  # the fixture
HOSTILE = "</script><script>window.hit=1</script><img src=x onerror=window.hit=1> ' onmouseover='window.hit=1 {{7*7}}"
JUDGED = """\
plan: p
source: doc
title: The plan
lines: 1
organisations:
  police: {title: The police, lines: 2}
actions:
  A1: {title: Act, lines: 4, ledBy: police @5 inferred "it stands near"}
  A2: {title: Wait, lines: 6}
"""
NOTES = f"""\
reference: notes
disagreements:
  d1: {{title: "{HOSTILE}", about: p/A1, relation: ledBy, value: p/police, by: "{HOSTILE}", when: May 2026, because: "{HOSTILE}"}}
  d2: {{title: "{HOSTILE}", about: p/A2, rule: action-without-lead, by: "{HOSTILE}", when: May 2026, because: "{HOSTILE}"}}
acceptances:
  a1: {{title: "{HOSTILE}", about: p/A2, rule: action-without-lead, by: "{HOSTILE}", when: May 2026, until: June 2090, because: "{HOSTILE}"}}
"""


def html(graph: KnowledgeGraph, view: str, focus: str = "") -> str:
    around = graph.find(focus) if focus else None
    return view_page(graph.engine, graph.questions, read_vocabulary(library().ontology), view, around).html


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Write a page and open it; whatever it says or asks for fails the test."""
    opened: list[tuple[Page, list[str]]] = []

    def _visit(text: str, address: str = "", scheme: Any = "light") -> Page:
        path = tmp_path / f"page-{len(opened)}.html"
        path.write_text(text, encoding="utf-8")
        page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme=scheme)
        heard: list[str] = []
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda one: None if one.url.startswith(("file:", "blob:")) else heard.append(one.url))
        page.goto(path.as_uri() + address)
        opened.append((page, heard))
        return page

    yield _visit
    for page, heard in opened:
        assert heard == []
        page.close()


@pytest.fixture(scope="module")
def overview(bundled: KnowledgeGraph) -> str:
    """The overview of all bundled plans."""
    return html(bundled, "overview")


@pytest.mark.browser
def test_a_window_made_larger_shows_the_picture_from_its_beginning_unless_it_was_moved(
    visit: Callable[..., Page], bundled: KnowledgeGraph
) -> None:
    page = visit(html(bundled, "governance"))
    page.wait_for_function("document.body.dataset.drawn")
    leftmost = """(() => {
      const canvas = document.querySelector("canvas");
      const { width, height } = canvas;
      const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 40, width, height - 40);
      let least = width;
      for (let i = 3; i < data.length; i += 4) if (data[i]) least = Math.min(least, ((i - 3) / 4) % width);
      return least;
    })()"""
    begins = page.evaluate(leftmost)
    assert begins > 0
    for width, height in ((1366, 1100), (1000, 1100), (1800, 700)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        assert page.evaluate(leftmost) == pytest.approx(begins, abs=3), (width, height)
    page.mouse.move(500, 175)  # above the things
    page.mouse.down()
    page.mouse.move(700, 175, steps=4)
    page.mouse.up()
    assert page.evaluate(leftmost) > begins + 100
    page.set_viewport_size({"width": 1800, "height": 760})
    page.wait_for_timeout(300)
    assert page.evaluate(leftmost) > begins + 50, "what was moved is left where it was put"


@pytest.mark.browser
def test_a_picture_taken_at_the_command_line_shows_where_it_begins(
    browser: Browser, bundled: KnowledgeGraph, tmp_path: Path
) -> None:
    """Chromium makes its window larger just before it takes one, and draws once more."""
    (tmp_path / "page.html").write_text(html(bundled, "governance"), encoding="utf-8")
    program, picture = chromium(), tmp_path / "page.png"
    assert program
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000", "--virtual-time-budget=8000"]
    places = [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}", (tmp_path / "page.html").as_uri()]
    subprocess.run([program, *words, *places], check=True, capture_output=True, timeout=60)
    page = browser.new_page()
    colours = page.evaluate(
        """async (address) => {
          const image = new Image();
          image.src = address;
          await image.decode();
          const copy = new OffscreenCanvas(image.width, image.height).getContext("2d");
          copy.drawImage(image, 0, 0);
          const of = (x) => new Set(new Uint32Array(copy.getImageData(x, 200, 10, 700).data.buffer)).size;
          return [image.width, of(0), of(150)];
        }""",
        f"data:image/png;base64,{b64encode(picture.read_bytes()).decode()}",
    )
    page.close()
    assert colours[:2] == [1400, 1], "nothing is cut off on the left"
    assert colours[2] > 1, "there are things in it"


@pytest.mark.browser
def test_a_thicket_begins_with_its_plans_side_by_side(
    visit: Callable[..., Page], overview: str, bundled: KnowledgeGraph
) -> None:
    page = visit(overview)
    titles = page.locator("#plans tbody th").all_inner_texts()
    found = things(bundled.engine, {f"{ID}{thing['plan']}" for _, thing in bundled.to_networkx().nodes(data=True)})
    assert titles == [one.label for _, one in sorted(found.items())] + ["Shared by plans"]
    count = page.locator("#plans tbody tr", has_text="Havering").locator("td").first
    listed = int(count.inner_text())
    count.locator("button").focus()
    page.keyboard.press("Enter")
    assert page.locator("#things tbody tr").count() == listed
    assert page.locator("#things tbody tr", has_text="havering-2017").count() == listed
    page.keyboard.press("u")
    page.locator("#plans button", has_text="Havering Community Safety").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#plans=havering-2017,shared"
    shown = int(page.inner_text("#tally").split()[0])
    page.keyboard.press("3")
    plans = page.evaluate("[...document.querySelectorAll('#things tbody tr')].map(r => r.cells[2].textContent)")
    assert len(plans) == shown
    assert set(plans) == {"havering-2017", "shared by plans"}, (
        "what plans share is there where this plan is joined to it"
    )
    assert listed < shown < listed + 30
    page.keyboard.press("h")
    assert page.evaluate("document.activeElement.id") == "plans"


@pytest.mark.browser
def test_an_address_that_says_what_to_show_leads_to_the_picture(visit: Callable[..., Page], overview: str) -> None:
    page = visit(overview, "#focus=havering-2017/A4")
    assert page.is_visible("#picture canvas")
    assert page.inner_text("#panel h2") == "Co-ordinate the work of the Serious Group Violence Panel"
    found = visit(overview)
    found.fill("#search", "serious group violence panel")
    found.keyboard.press("Enter")
    assert found.is_visible("#picture canvas")
    assert "focus=" in found.evaluate("location.hash")


def test_few_plans_or_few_things_begin_with_the_picture(bundled: KnowledgeGraph) -> None:
    assert 'data-region="plans"' not in html(bundled, "governance")
    assert 'data-region="plans"' not in html(bundled, "dependencies", "London Crime Prevention Fund")


@pytest.mark.browser
def test_a_saved_picture_is_the_whole_picture(visit: Callable[..., Page], overview: str) -> None:
    page = visit(overview, "#plans=havering-2017,shared")
    page.wait_for_timeout(300)

    def saved(button: str) -> bytes:
        with page.expect_download() as waiting:
            page.click(button)
        return waiting.value.path().read_bytes()

    png, svg = saved("#act-png"), saved("#act-svg").decode()
    wide, high = struct.unpack(">II", png[16:24])
    drawn = re.search(r'width="([\d.]+)" height="([\d.]+)" font-family', svg)
    assert drawn
    assert (wide, high) == tuple(round(float(side) * 2) for side in drawn.groups()), "at twice the size of the drawing"
    assert wide > 2 * page.evaluate("document.querySelector('#picture').clientWidth"), "more than the window shows"
    shown = int(page.inner_text("#tally").split()[0])
    assert svg.count("<rect") == shown + 1
    assert ">Action<" in svg, "the columns say what stands in them"
    assert "inferred or uncertain" in svg


@pytest.mark.browser
def test_on_paper_stands_the_whole_picture(visit: Callable[..., Page], bundled: KnowledgeGraph) -> None:
    page = visit(html(bundled, "dependencies", "London Crime Prevention Fund"))
    page.wait_for_timeout(300)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#paper svg rect").count() == int(page.inner_text("#tally").split()[0]) + 1
    assert page.is_visible("#paper svg")
    assert not page.is_visible("#picture")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#paper svg").count() == 0


@pytest.mark.browser
def test_the_page_says_what_lighting_up_leaves_out(
    visit: Callable[..., Page], bundled: KnowledgeGraph, graph_of: Callable[[str], KnowledgeGraph]
) -> None:
    page = visit(html(bundled, "dependencies", "Gangs Action Plan"))
    assert page.inner_text("h1") == 'What rests on "Gangs Action Plan", and what rests on that'
    assert page.inner_text("#panel .acts code") == 'cspgraph depends "Gangs Action Plan"'
    page.keyboard.press("w")
    assert page.inner_text("#panel .acts code") == 'cspgraph depends --on "Gangs Action Plan"'
    evil = "plan: p\nsource: doc\ntitle: t\nlines: 1\norganisations:\n  o: {title: 'x\"; rm $(y) `z`', lines: 2}\nactions:\n  A1: {title: a, lines: 3, ledBy: o}\n"
    page = visit(html(graph_of(evil), "overview"), "#sel=p/o")
    assert page.inner_text("#panel .acts code") == "cspgraph depends p/o", "no shell runs a label"


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "whole"), LOOKS)
def test_the_pages_of_many_things_are_accessible(
    browser: Browser, bundled: KnowledgeGraph, tmp_path: Path, scheme: str, *, whole: bool
) -> None:
    path = tmp_path / "everything.html"
    path.write_text(html(bundled, "everything"), encoding="utf-8")
    for width in (1366, 390):
        assert faults(browser, path, scheme, width, whole=whole) == [], width


@pytest.fixture(scope="module")
def networks(bundled: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The networks of a site of the bundled plans, with its menu above them."""
    folder, made = tmp_path_factory.mktemp("networks"), []
    for name, text in build(bundled.engine, bundled.questions, read_vocabulary(library().ontology)):
        if name.startswith("picture-") and not re.search("haringey|hackney|tower", name):
            made.append(folder / name)
            made[-1].write_text(text, encoding="utf-8")
    return made


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_networks_in_a_site_are_accessible(browser: Browser, networks: list[Path], scheme: str) -> None:
    assert len(networks) >= 7
    for path in networks:
        assert faults(browser, path, scheme, whole=True) == [], path.name


@pytest.mark.browser
def test_hostile_judgements_do_nothing_on_any_page(
    visit: Callable[..., Page], browser: Browser, write: Callable[..., Path], tmp_path: Path
) -> None:
    write("plan.yaml", JUDGED)
    graph = load(write("notes.yaml", NOTES), engine="memory:")
    for view, chosen in (("overview", "p/A1"), ("gaps", "p/A1"), ("gaps", "p/A2")):
        page = visit(html(graph, view), f"#sel={chosen}")
        assert "window.hit=1" in page.inner_text("#panel"), "it is told as it was written"
        for key in ("2", "3", "4", "5"):
            page.keyboard.press(key)
        assert page.evaluate("window.hit") is None
    folder = tmp_path / "site"
    told = 0
    for name, text in build(graph.engine, graph.questions, read_vocabulary(library().ontology)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if not path.name.startswith("picture-"):
            assert elements(text) == [], name
            told += "window.hit" in text
    assert told >= 4, "the things, the findings"
    for path in (folder / "things" / "p--A1.html", folder / "things" / "p--A2.html", folder / "findings-p.html"):
        assert faults(browser, path, "light") == [], path.name


def test_a_name_without_quotes_is_told_of(cli: Callable[..., Ran]) -> None:
    ran = cli("depends", "Gangs", "Action", "Plan")
    assert ran.code == 2
    assert ran.err.endswith("a name of several words stands in quotes\n")
