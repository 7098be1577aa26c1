"""`site`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from cspgraph.cli.options import data_options, open_graph, today
from cspgraph.cli.output import note


@click.command("site")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder to write, or a file that ends in .zip.",
)
@data_options
def site_command(target: Path, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], quiet: bool) -> None:
    """A small web site: every view, and a page for every thing, with a search box; for an intranet, or as a zip.

    It opens from a folder as it does from a server: start with index.html. A folder that holds anything but a site
    is not touched.

    \b
    cspgraph site --to site
    cspgraph site --to plans.zip --plan havering-2017
    """
    from cspgraph.cli.progress import progress
    from cspgraph.findings import read_severities
    from cspgraph.ontology import read_vocabulary
    from cspgraph.pages.folder import refuse_others, write_site
    from cspgraph.pages.site import build
    from cspgraph.resources import library

    begun = time.monotonic()
    if target.suffix.lower() != ".zip":
        refuse_others(target)
    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("writing the site", quiet=quiet):
        vocabulary, severities = read_vocabulary(library(data).ontology), read_severities(Path.cwd())
        pages = build(graph.engine, graph.questions, vocabulary, severities, today())
        files, size = write_site(target, pages)
    took = time.monotonic() - begun
    note(f"{target}: {files:,} files, {size / 1e6:.1f} MB, in {took:.0f} s; start with index.html", quiet=quiet)
