"""The pages that are no network: what they say, and what a browser makes of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.pages import PAGES, matrix, money, page, timeline
from cspgraph.pages.flow import draw
from cspgraph.tracing.horizon import horizon
from tests.conftest import ROOT, chromium
from tests.drawing import LOOKS, THINNED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

PAYLOADS = [
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<a href=javascript:window.hit=1>href</a>",
    "\"'`${window.hit=1}{{7*7}}{%raw%}",
    "' onmouseover='window.hit=1' x='",
    "\u202ereversed",
    "🚓👮🏽‍♀️ emoji",
    "long " * 2000,
]


def hostile_plan() -> str:
    """A plan in which everything that a page shows is hostile."""

    def q(text: str) -> str:
        return json.dumps(text, ensure_ascii=False).replace("\u202e", "\\u202e")

    priorities = "".join(
        f"  P{n}:\n    title: {q(text)}\n    lines: {n + 2}\n    framework: d0\n" for n, text in enumerate(PAYLOADS)
    )
    local = "".join(
        f"  L{n}:\n    title: {q(text)}\n    lines: {n + 2}\n    alias: {q('alias ' + text)}\n    alignment:\n"
        f"      P{n}: {{basis: stated, rationale: {q(text)}, lines: {n + 2}}}\n"
        for n, text in enumerate(PAYLOADS)
    )
    actions = "".join(
        f"  A{n}:\n    title: {q(text)}\n    description: {q(text)}\n    lines: {n + 2}\n    contributesTo: L{n}\n    ledBy: o{n}\n"
        f"    uses: d{n}\n    fundedBy:\n      f{n}: {{amount: £1{n}00, for: {q(text)}, lines: {n + 2}}}\n"
        for n, text in enumerate(PAYLOADS)
    )
    documents = "".join(
        f"  d{n}: {{title: {q(text)}, lines: {n + 2}, period: 2019 to 2020}}\n" for n, text in enumerate(PAYLOADS)
    )
    funds = "".join(f"  f{n}: {{title: {q(text)}, lines: {n + 2}}}\n" for n, text in enumerate(PAYLOADS))
    bodies = "".join(f"  o{n}: {{title: {q(text)}, lines: {n + 2}}}\n" for n, text in enumerate(PAYLOADS))
    head = f"plan: p\nsource: doc\ntitle: {q(PAYLOADS[0] + PAYLOADS[1])}\nlines: 1\nperiod: 2019 to 2022 @1\n"
    return (
        f"{head}priorities:\n{priorities}{local}actions:\n{actions}documents:\n{documents}funds:\n{funds}"
        f"organisations:\n{bodies}"
    )


def elements(html: str) -> list[str]:
    """The start tags of a page that no template of ours would make."""
    ours = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", html, flags=re.DOTALL)
    return [tag for tag in re.findall(r"<[a-zA-Z][^>]*>", ours) if re.match(r"<(img|iframe|object)", tag)] + re.findall(
        r"<[^>]*\son\w+\s*=[^>]*>", re.sub(r'"[^"]*"', '""', ours)
    )


# -------------------------------------------------------------------- what they say


def test_every_page_is_the_same_twice_and_in_another_process(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    for name in PAGES:
        assert page(name, bundled.engine, []) == page(name, bundled.engine, [])
    found = set()
    for seed in ("0", "1"):
        command = [sys.executable, "-m", "cspgraph", "view", "money", "--quiet", "--to", str(tmp_path / f"{seed}.html")]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
        found.add((tmp_path / f"{seed}.html").read_bytes())
    assert len(found) == 1


def test_the_matrix_has_a_cell_for_every_alignment(bundled: KnowledgeGraph) -> None:
    for one in bundled.coverage():
        table = matrix.matrix(one)
        cells = [cell for _, row in table.rows for some in row for cell in some]
        assert len(cells) == sum(len(covered.alignments) for covered in one.priorities)
        assert sum(width for _, width in table.plans) == len(table.columns)


def test_the_matrix_says_who_serves_nobody_and_what_replaced_it(bundled: KnowledgeGraph) -> None:
    html = page("coverage", bundled.engine, bundled.find("ref/pcp-2013"))
    (framework,) = bundled.coverage("ref/pcp-2013")
    bare = [one for one in framework.priorities if not one.alignments]
    assert 0 < len(bare) < len(framework.priorities)
    assert html.count("✕ served by nobody") == len(bare)
    assert "Replaced by" in html
    assert "on 24 March 2022" in html
    assert "close match, suggested" in html
    with pytest.raises(Exception, match="no document with priorities"):
        page("coverage", bundled.engine, bundled.find("havering-2017/A4"))


def test_the_time_line_tells_what_outlasts_what_it_rests_on(bundled: KnowledgeGraph) -> None:
    found = timeline.outlasting(bundled.engine, timeline.bars(bundled.engine, horizon(bundled.engine)))
    said = {(one.thing.id, one.on.id) for one in found}
    assert ("havering-2017/A3", "havering-2017/sgv-strategy-2014") in said
    assert ("havering-2017/A1", "havering-2017/vawg-strategy-2014") in said
    html = page("horizon", bundled.engine, [])
    for one in found:
        assert f'id="out-{one.on.id}"' in html


def test_a_month_is_a_bar_of_a_month(bundled: KnowledgeGraph) -> None:
    events = horizon(bundled.engine)
    found = timeline.bars(bundled.engine, events)
    months = [bar for bar in found if bar.what != "runs" and bar.precision == "month"]
    assert months
    assert all(bar.begin[:7] == bar.end[:7] and bar.begin.endswith("-01") for bar in months)
    told = {thing.id for bar in found for thing in bar.things}
    assert {event.thing.id for event in events if event.thing.kind != "Share"} <= told


def test_a_part_is_never_added_to_the_sum_it_is_part_of(bundled: KnowledgeGraph) -> None:
    found = {one.thing.id: one for one in money.sums(bundled.engine)}
    award = found["tower-hamlets-2017/aw-lcpf"]
    assert award.check == "✓ 10 parts add up to £1,610,109, as stated"
    assert not {part.thing.id for part in award.parts} & set(found)
    lcpf = next(pot for pot in money.pots(bundled.engine) if pot.fund and pot.fund.id == "ref/lcpf")
    assert "£303,502 a year in 6 sums (havering-2017)" in lcpf.totals
    assert "£1,610,109 for two years in 1 sum (tower-hamlets-2017)" in lcpf.totals
    assert [flow.title for flow in lcpf.flows] == [
        "London Crime Prevention Fund: £303,502 a year, havering-2017",
        "London Crime Prevention Fund: £1,610,109 for two years, tower-hamlets-2017",
    ]


def test_sums_that_do_not_add_up_are_said(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    plan = "plan: p\nsource: doc\ntitle: P\nlines: 1\nfunds:\n  f: {title: F, lines: 2}\nawards:\n  a:\n    title: A\n    lines: 3\n    from: f\n    amount: £100\n    share:\n"
    plan += "      one: {amount: £60, lines: 4}\n      two: {amount: £30, lines: 5}\n"
    (one,) = money.sums(graph_of(plan).engine)
    assert one.check == "✕ 2 parts add up to £90; £100 is stated"


def test_boxes_of_a_flow_do_not_overlap_and_ribbons_are_as_thick_as_their_sums() -> None:
    sums = [
        ([("f", None), (f"t{n % 3}", None), (f"p{n}", None), (f"b{n % 2}", None)], Decimal(n * n + 1), "")
        for n in range(12)
    ]
    flow = draw("x", sums)
    for column in range(4):
        boxes = sorted((box for box in flow.boxes if box.column == column), key=lambda box: box.y)
        for above, below in pairwise(boxes):
            assert above.y + above.height <= below.y
        assert sum(box.bar for box in boxes) == pytest.approx(420, abs=1)
    assert max(box.y + box.height for box in flow.boxes) <= flow.height


def test_the_command_writes_each_page(cli: Callable[..., Ran], tmp_path: Path) -> None:
    for name in PAGES:
        done = cli("view", name, "--to", tmp_path / f"{name}.html")
        assert done.code == 0, done.err
        assert (tmp_path / f"{name}.html").stat().st_size > 10_000


# -------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a display and without a sandbox of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield found
        found.close()


def axe() -> str:
    """The script of the checker."""
    from pathlib import Path

    import axe_playwright_python

    return next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")


def faults(browser: Browser, path: Path, scheme: Any, width: int = 1366, *, whole: bool = False) -> list[str]:
    """What is wrong with a page: requests, words on the console, a page wider than the window, and what axe finds.

    Unless a page is to be looked at `whole`, axe sees the first rows only of what is long.
    """
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    visited = context.new_page()
    found: list[str] = []
    visited.on(
        "request", lambda request: None if request.url.split("#")[0] == path.as_uri() else found.append(request.url)
    )
    visited.on("console", lambda message: found.append(message.text))
    visited.on("pageerror", lambda error: found.append(str(error)))
    visited.goto(path.as_uri())
    if visited.evaluate("document.documentElement.scrollWidth") > width:
        found.append(f"wider than {width}")
    if visited.evaluate("window.hit"):
        found.append("a label ran")
    if not whole:
        visited.evaluate(THINNED)
    visited.evaluate(axe())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = visited.evaluate(f"axe.run({{runOnly: {tags}, resultTypes: ['violations']}})")
    found += [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in result["violations"]]
    context.close()
    return found


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "whole"), LOOKS)
def test_the_pages_are_accessible_and_ask_for_nothing(
    browser: Browser, bundled: KnowledgeGraph, tmp_path: Path, scheme: str, *, whole: bool
) -> None:
    for name, focus in (("coverage", "ref/pcp-2013"), ("coverage", ""), ("horizon", ""), ("money", "")):
        path = tmp_path / "page.html"
        path.write_text(page(name, bundled.engine, bundled.find(focus) if focus else []), encoding="utf-8")
        assert faults(browser, path, scheme, 1366 if scheme == "light" else 820, whole=whole) == [], name


@pytest.mark.browser
def test_hostile_words_do_nothing_on_any_page(
    browser: Browser, graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    graph = graph_of(hostile_plan())
    for name in PAGES:
        html = page(name, graph.engine, [])
        assert elements(html) == []
        assert "\u202e" not in html
        assert "49{%raw%}" not in html
        path = tmp_path / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        assert faults(browser, path, "light") == [], name


@pytest.mark.browser
def test_tables_are_sorted_and_filtered_by_keyboard_and_the_address_keeps_it(
    browser: Browser, bundled: KnowledgeGraph, tmp_path: Path
) -> None:
    path = tmp_path / "horizon.html"
    path.write_text(page("horizon", bundled.engine, []), encoding="utf-8")
    visited = browser.new_page()
    visited.goto(path.as_uri())
    visited.keyboard.press("/")
    visited.keyboard.type("strategy october")
    shown = "Array.from(document.querySelectorAll('#all-dates tbody tr')).filter((row) => !row.hidden).map((row) => row.cells[2].textContent)"
    assert 0 < len(visited.evaluate(shown)) < 10
    visited.locator("#all-dates th button").nth(2).focus()
    visited.keyboard.press("Enter")
    visited.keyboard.press("Enter")
    names = visited.evaluate(shown)
    assert visited.get_attribute("#all-dates th >> nth=2", "aria-sort") == "descending"
    address = visited.evaluate("location.href")
    visited.goto("about:blank")
    visited.goto(address)
    assert visited.evaluate(shown) == names
    visited.close()
