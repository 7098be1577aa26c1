"""The networks of a site: each view on a page of its own, that leads back to the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.draw import MOST_NODES, page
from cspgraph.network import network
from cspgraph.pages import PAGES
from cspgraph.pages.frame import Site, menu
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cspgraph.engines import Engine
    from cspgraph.names import Thing
    from cspgraph.ontology import Vocabulary
    from cspgraph.questions import Catalogue, Question

_FOCUSED = ("dependencies",)  # these ask for a thing to look at
_EACH = ("overview", "gaps")  # these are drawn for each plan


@dataclass(frozen=True)
class Picture:
    """A view on a page; `html` is empty, and `why` says so, where it has too many things to be drawn."""

    title: str
    file: str
    html: str
    things: int
    why: str = ""


def draw_all(
    engine: Engine, catalogue: Catalogue, vocabulary: Vocabulary, plans: Sequence[Thing], site: Site
) -> Iterator[Picture]:
    """Yield every view: some plan by plan, the others of all plans together."""
    for view in catalogue.of("view"):
        if view.name in _FOCUSED or view.name in PAGES:
            continue
        if view.name in _EACH:
            for plan in plans:
                part = engine.restricted(_graphs(engine, plan.id))
                yield _picture(part, view, vocabulary, plan.label, f"{view.name}-{plan.id}.html", site)
        else:
            yield _picture(engine, view, vocabulary, "", f"{view.name}.html", site)


def _graphs(engine: Engine, plan: str) -> list[str]:
    wanted = (f"{GRAPH}{plan}", f"{GRAPH}{SHARED}", ONTOLOGY_GRAPH)
    loaded = engine.graphs()
    return [name for name in wanted if name in loaded]


def _picture(engine: Engine, view: Question, vocabulary: Vocabulary, subtitle: str, file: str, site: Site) -> Picture:
    drawn = network(engine, view)
    title = f"{view.title}: {subtitle}" if subtitle else view.title
    if len(drawn) > MOST_NODES or not len(drawn):
        why = f"{len(drawn):,} things are more than can be read on a page" if len(drawn) else "nothing to draw"
        return Picture(title, "", "", len(drawn), why)
    html = page(drawn, vocabulary, view.title, subtitle)
    file = "picture-" + file
    here = Site(site.files, site.navigation, site.up, file)
    html = html.replace('<header class="top">', f'<header class="top">{menu(here)}', 1)
    return Picture(title, file, html, len(drawn))
