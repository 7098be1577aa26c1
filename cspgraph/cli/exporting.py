"""`export`."""

from __future__ import annotations

from pathlib import Path

import click

from cspgraph.cli.options import data_options, open_graph
from cspgraph.cli.output import note
from cspgraph.errors import CspgraphError
from cspgraph.export import FORMATS


@click.command("export")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Its ending says the format: {' '.join(known.ending for known in FORMATS)} xlsx parquet.",
)
@click.option("--template", is_flag=True, help="An empty workbook for a new plan; the file ends in .xlsx.")
@click.option("--focus", default="", metavar="NAME", help="For .mmd: only what lies around this thing.")
@click.option("--depth", type=click.IntRange(1, 9), help="How many steps around --focus; 1 where none is named.")
@click.option(
    "--part",
    type=click.Choice(["1", "2"]),
    help="For StratML: the part of the standard; 2 where none is named.",
)
@data_options
def export_command(
    target: Path,
    template: bool,
    focus: str,
    depth: int | None,
    part: str | None,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    quiet: bool,
) -> None:
    """The graph in the formats of other tools, or a plan as a workbook to be edited; the same bytes every time.

    A workbook holds one plan: of several, each goes into a file of its own, with the id of the plan in its name.

    \b
    cspgraph export --to plans.ttl
    cspgraph export --to plans.gexf
    cspgraph export --to plans.neo4j.zip
    cspgraph export --plan havering-2017 --to havering.stratml
    cspgraph export --focus "Gangs Action Plan" --to gangs.mmd
    cspgraph export --plan havering-2017 --to havering.xlsx
    cspgraph export --template --to new.xlsx
    cspgraph export --to plans.parquet
    """
    if focus and not target.name.endswith(".mmd"):
        raise CspgraphError(
            f"--focus is not for {target.suffix or target.name}", "it narrows .mmd; --plan narrows every format"
        )
    if depth is not None and not focus:
        raise CspgraphError("--depth says how far around a thing a .mmd goes", "name the thing with --focus")
    if part is not None and target.suffix.lower() not in (".stratml", ".xml"):
        raise CspgraphError(f"--part is not for {target.suffix or target.name}", "it is for .stratml and .xml")
    if template and plans:
        raise CspgraphError("an empty workbook is of no plan", "leave --template out, or --plan")
    if target.suffix == ".xlsx" or template:
        from cspgraph.cli.workbooks import export_workbooks

        export_workbooks(target, data, engine, plans, template=template, quiet=quiet)
        return
    if target.suffix == ".parquet":
        _export_parquet(target, data, engine, plans, quiet=quiet)
        return
    from cspgraph.cli.progress import progress
    from cspgraph.export import Request, format_of, made
    from cspgraph.files import write_whole
    from cspgraph.resources import library

    known = format_of(target.name)
    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("exporting", quiet=quiet):
        things = graph.names.find(focus, plans=plans) if focus else []
        request = Request(
            graph.engine, graph.questions, library(data).ontology, plans, things, depth or 1, int(part or 2)
        )
        content = made(known, request)
    write_whole(target, content)
    note(f"{target}: {len(content):,} bytes", quiet=quiet)


def _export_parquet(target: Path, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], *, quiet: bool) -> None:
    from cspgraph.cli.progress import progress
    from cspgraph.parquet import write_parquet

    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("writing Parquet", quiet=quiet):
        quads, files = write_parquet(graph.engine, target)
    note(f"{target}: {quads:,} quads in {files:,} files", quiet=quiet)
