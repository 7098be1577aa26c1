"""`view`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cspgraph.cli.options import data_options, open_graph
from cspgraph.cli.output import note
from cspgraph.errors import CspgraphError

if TYPE_CHECKING:
    from cspgraph.graph import KnowledgeGraph


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from cspgraph.pages import PAGES
    from cspgraph.questions import read_catalogue
    from cspgraph.resources import library

    names = {question.name for question in read_catalogue(library()).of("view")} | set(PAGES)
    return sorted(name for name in names if name.startswith(incomplete))


@click.command("view")
@click.argument("view", default="overview", shell_complete=_complete)
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), metavar="FILE.html", help="The page to write."
)
@click.option("--focus", default="", metavar="NAME", help="Only what lies around this thing.")
@click.option(
    "--depth",
    type=click.IntRange(1, 9),
    help="How many steps around --focus: 2 unless given; dependencies are followed to their end.",
)
@data_options
def view_command(
    view: str,
    target: Path,
    focus: str,
    depth: int | None,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    quiet: bool,
) -> None:
    """A picture as one HTML page that opens offline, in any browser.

    The views: overview, dependencies, partners, governance, gaps, frameworks, money-network, everything; and as a
    matrix, a time line and tables: coverage, horizon, money.

    \b
    cspgraph view --to overview.html
    cspgraph view dependencies --focus "Gangs Action Plan" --to resting.html
    cspgraph view coverage --focus "Police and Crime Plan 2017" --to coverage.html
    cspgraph view everything --focus "Serious Group Violence Panel" --to panel.html
    """
    from cspgraph import pages
    from cspgraph.cli.progress import progress
    from cspgraph.draw import MOST_DRAWN, view_page
    from cspgraph.files import write_whole
    from cspgraph.ontology import read_vocabulary
    from cspgraph.resources import library

    if target.suffix.lower() != ".html":
        raise CspgraphError(f"a view is a page, and '{target.name}' does not end like one", "end the name in .html")
    if depth is not None and (not focus or view in pages.PAGES):
        hint = f"leave it out: '{view}' is no network" if view in pages.PAGES else "name a thing with --focus"
        raise CspgraphError("--depth says how far from a thing a network goes", hint)
    graph = open_graph(data, engine, plans, quiet=quiet)
    things = graph.names.find(focus, plans=plans) if focus else None
    if view in pages.PAGES:
        with progress("drawing", quiet=quiet):
            write_whole(target, pages.page(view, graph.engine, things or []).encode())
        note(f"{target}: {view}", quiet=quiet)
        return
    graph.questions.get(view, "view", beside=pages.PAGES)
    with progress("drawing", quiet=quiet):
        around = f"around {things[0].label}" if things and view != "dependencies" else ""
        subtitle = ", ".join(filter(None, (around, *_titles(graph, plans))))
        vocabulary = read_vocabulary(library(data).ontology)
        drawn = view_page(graph.engine, graph.questions, vocabulary, view, things, depth, subtitle)
    write_whole(target, drawn.html.encode())
    left = f"; the picture shows {MOST_DRAWN:,} of them at a time" if drawn.things > MOST_DRAWN else ""
    note(f"{target}: {drawn.things:,} things, {drawn.relations:,} relations{left}", quiet=quiet)


def _titles(graph: KnowledgeGraph, plans: tuple[str, ...]) -> list[str]:
    from cspgraph.names import things
    from cspgraph.terms import ID

    named = things(graph.engine, [f"{ID}{plan}" for plan in plans])
    return [named[f"{ID}{plan}"].label if f"{ID}{plan}" in named else plan for plan in plans]
