"""`report`."""

from __future__ import annotations

from pathlib import Path

import click

from cspgraph.cli.options import data_options, open_graph
from cspgraph.cli.output import note


@click.command("report")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The file to write; its ending says for what: .docx, .html or .xlsx.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A .docx or .dotx whose styles, header and footer the paper takes; its text is left out.",
)
@click.option("--from", "first", default="", metavar="DATE", help="Of dates, nothing that is over before this one.")
@click.option("--until", "last", default="", metavar="DATE", help="Of dates, nothing that begins after this one.")
@click.option(
    "--date", "dated", default="", metavar="DATE", help="The day of the paper; acceptances that are over do not hold."
)
@data_options
def report_command(
    target: Path,
    template: Path | None,
    first: str,
    last: str,
    dated: str,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    quiet: bool,
) -> None:
    """The paper that a board gets: numbers in front, findings by weight, wider plans, dates, bodies, doubts, method.

    For Word and Excel it needs more than the core: pip install "cspgraph[office]". The three say the same.

    \b
    cspgraph report --to paper.docx
    cspgraph report --to paper.docx --plan havering-2017 --template council.dotx --date 2026-11-30
    cspgraph report --to paper.html --from 2017-10 --until 2019-03
    """
    from cspgraph.cli.progress import progress
    from cspgraph.files import write_whole
    from cspgraph.findings import read_severities
    from cspgraph.papers import lay_out, refuse_early
    from cspgraph.papers.content import Asked, paper
    from cspgraph.questions import between, day

    ending = refuse_early(target, template)
    span = between(first, last)
    asked = Asked(plans, (first, last), span, day(dated) if dated else "", read_severities(Path.cwd()))
    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("writing the paper", quiet=quiet):
        made = paper(graph.engine, graph.questions, asked)
        content, said = lay_out(made, ending, template)
    write_whole(target, content)
    for words in said:
        note(words, quiet=quiet)
    tables = sum(1 for _ in made.tables)
    note(f"{target}: {len(made.sections):,} sections, {tables:,} tables, {len(content):,} bytes", quiet=quiet)
