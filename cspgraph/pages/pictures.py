"""The networks of a site: each view on a page of its own, that leads back to the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.draw import view_page
from cspgraph.errors import CspgraphError
from cspgraph.pages import PAGES
from cspgraph.pages.frame import Site, menu
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cspgraph.engines import Engine
    from cspgraph.names import Thing
    from cspgraph.ontology import Vocabulary
    from cspgraph.questions import Catalogue, Question

_EACH = ("overview", "gaps")  # these are drawn for each plan, and come first
_WHOLE = "everything"  # and this last


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
    for view in sorted(catalogue.of("view"), key=lambda view: (view.name == _WHOLE, view.name not in _EACH)):
        if view.name in PAGES or view.header.get("layout") == "dependence":
            continue  # a page of another sort, or one that asks for a thing to look at
        if view.name in _EACH:
            for plan in plans:
                part = engine.restricted(_graphs(engine, plan.id))
                yield _picture(part, catalogue, view, vocabulary, plan.label, f"{view.name}-{plan.id}.html", site)
        else:
            yield _picture(engine, catalogue, view, vocabulary, "", f"{view.name}.html", site)


def _graphs(engine: Engine, plan: str) -> list[str]:
    wanted = (f"{GRAPH}{plan}", f"{GRAPH}{SHARED}", ONTOLOGY_GRAPH)
    loaded = engine.graphs()
    return [name for name in wanted if name in loaded]


def _picture(
    engine: Engine, catalogue: Catalogue, view: Question, vocabulary: Vocabulary, subtitle: str, file: str, site: Site
) -> Picture:
    title = f"{view.title}: {subtitle}" if subtitle else view.title
    try:
        drawn = view_page(engine, catalogue, vocabulary, view.name, subtitle=subtitle)
    except CspgraphError as error:
        return Picture(title, "", "", 0, error.message)
    if not drawn.things:
        return Picture(title, "", "", 0, "nothing to draw")
    file = f"picture-{file}"
    here = Site(site.files, site.navigation, site.up, file)
    html = drawn.html.replace('<header class="top">', f'<header class="top">{menu(here)}', 1)
    return Picture(title, file, html, drawn.things)
