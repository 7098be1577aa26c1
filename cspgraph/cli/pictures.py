"""`view` and `export`."""

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

    graph = open_graph(data, engine, plans, quiet=quiet)
    things = graph.names.find(focus, plans=plans) if focus else None
    if view in pages.PAGES:
        with progress("drawing", quiet=quiet):
            write_whole(target, pages.page(view, graph.engine, things or []).encode())
        note(f"{target}: {view}", quiet=quiet)
        return
    with progress("drawing", quiet=quiet):
        around = f"{'on' if view == 'dependencies' else 'around'} {things[0].label}" if things else ""
        subtitle = ", ".join(filter(None, (around, *plans)))
        vocabulary = read_vocabulary(library(data).ontology)
        drawn = view_page(graph.engine, graph.questions, vocabulary, view, things, depth, subtitle)
    write_whole(target, drawn.html.encode())
    left = f"; the picture shows {MOST_DRAWN:,} of them at a time" if drawn.things > MOST_DRAWN else ""
    note(f"{target}: {drawn.things:,} things, {drawn.relations:,} relations{left}", quiet=quiet)


@click.command("export")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Its ending says the format: ttl trig nt nq jsonld graphml json csv (a zip) xlsx (a workbook).",
)
@click.option("--template", is_flag=True, help="An empty workbook for a new plan; the file ends in .xlsx.")
@data_options
def export_command(
    target: Path, template: bool, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], quiet: bool
) -> None:
    """The graph as RDF, GraphML, JSON or CSV, or a plan as a workbook to be edited; the same bytes every time.

    A workbook holds one plan: of several, each goes into a file of its own, with the id of the plan in its name.

    \b
    cspgraph export --to plans.ttl
    cspgraph export --to plans.graphml
    cspgraph export --to plans.csv.zip
    cspgraph export --plan havering-2017 --to havering.xlsx
    cspgraph export --template --to new.xlsx
    """
    if target.suffix == ".xlsx" or template:
        from cspgraph.cli.workbooks import export_workbooks

        export_workbooks(target, data, engine, plans, template=template, quiet=quiet)
        return
    from cspgraph.cli.progress import progress
    from cspgraph.export import FORMATS
    from cspgraph.files import write_whole

    ending = next((part for part in reversed(target.name.split(".")[1:]) if part != "zip"), "")
    if ending not in FORMATS:
        raise CspgraphError(f"'{target.name}' does not say a format", f"end the name in one of: {', '.join(FORMATS)}")
    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("exporting", quiet=quiet):
        content = _content(graph, ending, data)
    write_whole(target, content)
    note(f"{target}: {len(content):,} bytes", quiet=quiet)


def _content(graph: KnowledgeGraph, ending: str, data: tuple[Path, ...]) -> bytes:
    from cspgraph import export

    if ending in ("ttl", "nt", "trig", "nq"):
        return export.rdf(graph.engine, ending)
    if ending == "jsonld":
        from cspgraph.ontology import read_vocabulary
        from cspgraph.resources import library

        return export.jsonld(graph.engine, read_vocabulary(library(data).ontology))
    writers = {"graphml": export.graphml, "json": export.plain_json, "csv": export.csv_zip}
    return writers[ending](graph.to_networkx())
