"""How long a page takes until its picture stands, and how large it is, beside plain pyvis on the same graph.

Graphs of 200, 1,000, 5,000 and 20,000 things are made up, the same every time: actions that contribute to priorities
and are led by teams. Each page is opened in headless Chromium; ours stands when the first drawing is done, for its
places are stored. Plain pyvis moves until its physics says that it is stable, and is left
after SECONDS (90). Then ten turns of the wheel. BROWSER names a browser other than the one found.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
from playwright.sync_api import sync_playwright
from pyvis.network import Network

from cspgraph.draw import page
from cspgraph.draw.safety import vis_script
from cspgraph.ontology import read_vocabulary
from cspgraph.resources import library

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "200 1000 5000 20000").split())
SECONDS = float(os.environ.get("SECONDS", "90"))


def made_up(size: int) -> nx.MultiDiGraph[str]:
    """Return a graph of so many things, about one and a half times as many relations."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    place = {"source": "doc", "lines": "1", "status": "stated", "why": "", "disputed": ""}
    kinds = ["Priority"] * (size // 8) + ["Team"] * (size // 6)
    kinds += ["Action"] * (size - len(kinds))
    for number, kind in enumerate(kinds):
        graph.add_node(
            f"p/{number}", label=f"{kind} thing {number} with a name of some length", kind=kind, plan="p", **place
        )
    teams = size // 8, size // 8 + size // 6
    for number in range(teams[1], size):
        graph.add_edge(
            f"p/{number}", f"p/{number * 7 % teams[0]}", key="contributesTo", label="contributes to", **place
        )
        graph.add_edge(
            f"p/{number}", f"p/{teams[0] + number * 11 % (teams[1] - teams[0])}", key="ledBy", label="led by", **place
        )
    return graph


def plain(graph: nx.MultiDiGraph[str]) -> str:
    """Return the page that pyvis makes by itself, its one script put in so that nothing has to be fetched."""
    net = Network(directed=True, cdn_resources="in_line")
    net.from_nx(nx.DiGraph((a, b) for a, b in graph.edges()))
    html = re.sub(r"<(link|script)[^>]*(?:https?:)?//[^>]*>(</script>)?", "", net.generate_html(notebook=False))
    if "vis.Network" not in vis_script()[:10] and "vis-network" not in html:
        html = html.replace("<head>", f"<head><script>{vis_script()}</script>", 1)
    watch = "window.done=0;network.once('stabilizationIterationsDone',function(){window.done=1});network.once('stabilized',function(){window.done=1});"
    return html.replace("drawGraph();", f"drawGraph();{watch}", 1)


def measure(browser: Browser, html: str, ready: str) -> tuple[float | None, float | None, int]:
    """Return seconds to a stable picture, seconds for ten turns of the wheel, and bytes; None where it took too long."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "page.html"
        path.write_text(html, encoding="utf-8")
        tab = browser.new_page(viewport={"width": 1366, "height": 768})
        tab.set_default_timeout(SECONDS * 1000)
        start = time.perf_counter()
        try:
            tab.goto(path.as_uri(), wait_until="commit")
            while not _said(tab, ready):
                if time.perf_counter() - start > SECONDS:
                    return None, None, len(html.encode())
                time.sleep(0.02)
            stable = time.perf_counter() - start
            tab.mouse.move(500, 450)
            start = time.perf_counter()
            for turn in range(10):
                tab.mouse.wheel(0, 120 if turn % 2 else -120)
                tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            return stable, time.perf_counter() - start, len(html.encode())
        except Exception as error:  # noqa: BLE001 whatever a browser does with twenty thousand boxes
            print(f"  ({type(error).__name__})")
            return None, None, len(html.encode())
        finally:
            tab.close()


def _said(tab: Any, ready: str) -> bool:
    try:
        return bool(tab.evaluate(f"typeof document !== 'undefined' && document.body && ({ready})"))
    except Exception:  # noqa: BLE001 the page is not there yet
        return False


def main() -> None:
    """Make, open, measure, print a table."""
    vocabulary = read_vocabulary(library().ontology)
    found = os.environ.get("BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    print(
        f"{'things':>8}{'relations':>11}  {'page':10}{'made (s)':>10}{'stable (s)':>12}{'ten zooms (s)':>15}{'size (KB)':>11}"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for size in SIZES:
            graph = made_up(size)
            for name in ("cspgraph", "pyvis"):
                start = time.perf_counter()
                html = page(graph, vocabulary, f"{size} things") if name == "cspgraph" else plain(graph)
                made = time.perf_counter() - start
                ready = "document.body.dataset.drawn === 'yes'" if name == "cspgraph" else "window.done === 1"
                stable, zooms, length = measure(browser, html, ready)
                cells = [f"{value:.2f}" if value is not None else f"over {SECONDS:.0f}" for value in (stable, zooms)]
                print(
                    f"{size:>8,}{graph.number_of_edges():>11,}  {name:10}{made:>10.2f}{cells[0]:>12}{cells[1]:>15}{length / 1024:>11,.0f}",
                    flush=True,
                )
        browser.close()


if __name__ == "__main__":
    main()
