"""The networks of a site: each view on a page of its own, that leads back to the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cspgraph.draw import view_page
from cspgraph.errors import CspgraphError
from cspgraph.pages import PAGES
from cspgraph.pages.frame import Site, menu
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.engines import Engine
    from cspgraph.pages.site import Material
    from cspgraph.questions import Question

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


def draw_all(material: Material, site: Site) -> Iterator[Picture]:
    """Yield every view: some plan by plan, the others of all plans together."""
    parts = [
        (plan, replace(material, engine=material.engine.restricted(_graphs(material.engine, plan.id))))
        for plan, _ in material.plans
    ]
    for view in sorted(material.catalogue.of("view"), key=lambda view: (view.name == _WHOLE, view.name not in _EACH)):
        if view.name in PAGES or view.header.get("layout") == "dependence":
            continue  # a page of another sort, or one that asks for a thing to look at
        if view.name in _EACH:
            for plan, part in parts:
                yield _picture(part, view, plan.label, f"{view.name}-{plan.id}.html", site)
        else:
            yield _picture(material, view, "", f"{view.name}.html", site)


def _graphs(engine: Engine, plan: str) -> list[str]:
    wanted = (f"{GRAPH}{plan}", f"{GRAPH}{SHARED}", ONTOLOGY_GRAPH)
    loaded = engine.graphs()
    return [name for name in wanted if name in loaded]


def _picture(material: Material, view: Question, subtitle: str, file: str, site: Site) -> Picture:
    title = f"{view.title}: {subtitle}" if subtitle else view.title
    try:
        drawn = view_page(
            material.engine,
            material.catalogue,
            material.vocabulary,
            view.name,
            subtitle=subtitle,
            findings=material.findings,
        )
    except CspgraphError as error:
        return Picture(title, "", "", 0, error.message)
    if not drawn.things:
        return Picture(title, "", "", 0, "nothing to draw")
    file = f"picture-{file}"
    here = Site(site.files, site.navigation, site.up, file)
    html = drawn.html.replace('<header class="top">', f'<header class="top">{menu(here)}', 1)
    return Picture(title, file, html, drawn.things)
