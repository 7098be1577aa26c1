"""`evidence`: the passages, from the user's own copy of the documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import emit, note, plain
from cspgraph.errors import InputError
from cspgraph.terms import ID, local, short
from cspgraph.text import clean

if TYPE_CHECKING:
    from cspgraph.graph import KnowledgeGraph
    from cspgraph.names import Thing
    from cspgraph.passages import Passage
    from cspgraph.sources import Text


@click.command("evidence")
@click.argument("name", required=False)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    metavar="DIR",
    envvar="CSPGRAPH_SOURCES",
    help="Your copies of the source documents; or $CSPGRAPH_SOURCES.",
)
@click.option(
    "--audit",
    "run_audit",
    is_flag=True,
    help="Look up every passage that is cited, with NAME its own, and report those that do not say what they are cited for.",
)
@click.option(
    "--rest",
    is_flag=True,
    help="List the lines that nothing cites, and the figures and names that no statement carries.",
)
@data_options
@format_option
def evidence_command(
    name: str | None,
    sources: Path | None,
    run_audit: bool,
    rest: bool,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    form: str,
    quiet: bool,
) -> None:
    """The passages that NAME and its relations were read from.

    Without --sources only the places are given; with it, the text of your own copy, whose
    checksum must be the one that the line numbers were taken from.

    \b
    cspgraph evidence havering-2017/A4 --sources documents/
    cspgraph evidence --audit --sources documents/
    cspgraph evidence havering-2017/A4 --audit --sources documents/
    cspgraph evidence --rest --sources documents/
    """
    if rest and name:
        raise click.UsageError(f"--rest is of whole documents: leave '{name}' out, or name a plan with --plan.")
    graph = open_graph(data, engine, plans, quiet=quiet)
    texts = _texts(graph, sources)
    if (run_audit or rest) and not texts:
        raise click.UsageError("This needs the documents: name their folder with --sources DIR.")
    things = graph.names.find(name, plans=plans) if name else []
    if run_audit:
        _audit(graph, texts, [thing.iri for thing in things] or [f"{ID}{plan}" for plan in plans], form)
    if rest:
        _rest(graph, texts, plans, form)
    if run_audit or rest:
        return
    if not name:
        raise click.UsageError("Name a thing, or give --audit or --rest.")
    from cspgraph.passages import passages

    found = [(thing, passages(graph.engine, thing, texts)) for thing in things]
    if form == "table":
        for thing, cited in found:
            _print(thing, cited)
    else:
        rows = [_row(thing, passage) for thing, cited in found for passage in cited]
        emit(rows, form, ["thing", "relation", "value", "source", "lines", "status", "why", "text"])
    if not texts:
        note("for the passages themselves, name the folder of your copies with --sources DIR", form, quiet=quiet)


def _row(thing: Thing, passage: Passage) -> dict[str, Any]:
    place = passage.place
    return {
        "thing": thing,
        "relation": passage.label,
        "value": passage.value,
        "source": place.source,
        "lines": place.lines,
        "status": place.status,
        "why": place.why,
        "text": passage.text,
    }


def _print(thing: Thing, cited: list[Passage]) -> None:
    click.echo(click.style(plain(thing), bold=True))
    for passage in cited:
        what = f"{passage.label}: {plain(passage.value)}" if passage.label else "read at"
        doubt = (
            ""
            if passage.place.status == "stated"
            else f", {passage.place.status}" + (f": {passage.place.why}" if passage.place.why else "")
        )
        click.echo(
            f"  {click.style(clean(what), fg='blue')} {click.style(clean(f'[{passage.place}{doubt}]'), dim=True)}"
        )
        for line in passage.text.split("\n") if passage.text else []:
            click.echo(f"    | {clean(line)}")
    click.echo()


def _texts(graph: KnowledgeGraph, folder: Path | None) -> dict[str, Text]:
    """Return the source documents in a folder by id, each with the checksum that the graph names."""
    from cspgraph.passages import source_files
    from cspgraph.sources import Text

    if folder is None:
        return {}
    if not folder.is_dir():
        raise InputError.at(folder, 0, "there is no such folder of source documents")
    return {
        source: Text(folder / file, sha256)
        for source, file, sha256 in source_files(graph.engine)
        if (folder / file).exists()
    }


def _audit(graph: KnowledgeGraph, texts: dict[str, Text], only: list[str], form: str) -> None:
    from cspgraph.audit import audit

    found = audit(graph.engine, texts, only)
    rows = [
        {
            "what": short(check.cited.subject),
            "relation": local(check.cited.relation),
            "value": short(check.cited.value),
            "lines": check.place,
            "status": check.cited.status,
            "why": check.cited.why,
        }
        for check in found.exceptions
    ]
    if rows or form != "table":
        emit(rows, form, ["what", "relation", "value", "lines", "status", "why"])
    by = {how: sum(c.found == how for c in found.checks) for how in ("name", "figure", "word")}
    middle, largest = found.widths()
    note(f"{len(found.checks):,} passages looked up; {found.share:.2%} identify what they are cited for", form)
    note(
        f"by name {by['name']:,}, by a figure {by['figure']:,}, by a word {by['word']:,}, by nothing {len(rows):,}",
        form,
    )
    note(
        f"lines in a range: median {middle:g}, largest {largest}; relations that cite a whole long line: {len(found.whole_long_lines)}",
        form,
    )


def _rest(graph: KnowledgeGraph, texts: dict[str, Text], plans: tuple[str, ...], form: str) -> None:
    from cspgraph.remainder import remainders

    if plans:
        texts = {source: text for source, text in texts.items() if source in graph.sources()}
    found = remainders(graph.engine, texts)
    rows = [
        {"source": one.source, "line": number, "what": what, "text": words}
        for one in found
        for what, lines in (
            ("nothing cites it", one.left),
            ("a figure no value carries", one.figures),
            ("a name not linked here", one.names),
        )
        for number, words in lines
    ]
    if rows or form != "table":
        emit(rows, form, ["source", "line", "what", "text"])
    for one in found:
        note(
            f"{one.source}: {one.cited:,} of {one.lines:,} lines cited ({one.share:.1%}), "
            f"{len(one.figures):,} figures in no value, {len(one.names):,} names not linked where they stand",
            form,
        )
