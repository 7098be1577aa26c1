"""`ask` and `query`."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import emit, emit_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cspgraph.engines import Table
    from cspgraph.questions import Question


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from cspgraph.questions import read_catalogue
    from cspgraph.resources import library

    return [question.name for question in read_catalogue(library()).of("ask") if question.name.startswith(incomplete)]


@click.command("ask")
@click.argument("words", metavar="[QUESTION | WORDS...]", nargs=-1, shell_complete=_complete)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value for a parameter of the question; may be repeated.",
)
@data_options
@format_option
def ask_command(
    words: tuple[str, ...],
    params: tuple[str, ...],
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    form: str,
    quiet: bool,
) -> None:
    """A ready-made QUESTION; without one, the list of questions with their parameters.

    WORDS that are no name of a question list those that hold all of them in name, title, topic
    or columns.

    \b
    cspgraph ask
    cspgraph ask money fund
    cspgraph ask reviewed-or-ending --param from=2019-03 --param to=2019-03
    cspgraph ask money-by-fund --param fund="London Crime Prevention Fund"
    cspgraph ask boards-by-priority --format json
    """
    graph = open_graph(data, engine, plans, quiet=quiet)
    known = {question.name for question in graph.questions.of("ask")}
    if not params and (len(words) != 1 or words[0] not in known):
        _list(graph.questions.holding(words, "ask") if words else graph.questions.of("ask"), form)
        return
    from cspgraph.cli.progress import progress

    question, values = " ".join(words), dict(_pair(text) for text in params)
    with progress(f"asking {question}", quiet=quiet):
        answer = graph.ask(question, **values)
    emit_answer(answer, form, quiet=quiet)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"'{text}' is not NAME=VALUE.")
    return name, value


def _list(asks: Sequence[Question], form: str) -> None:
    rows: list[dict[str, Any]] = [
        {"topic": q.topic, "question": q.name, "asks": q.title, "parameters": ", ".join(q.parameters)} for q in asks
    ]
    if form == "table":  # a topic is said once, as a heading
        for row, before in zip(reversed(rows), [*reversed(rows[:-1]), {"topic": ""}], strict=True):
            row["topic"] = "" if row["topic"] == before["topic"] else row["topic"]
    records = [
        {
            "name": q.name,
            "topic": q.topic,
            "title": q.title,
            "parameters": [{"name": p.name, "type": p.type, "about": p.about} for p in q.parameters.values()],
            "columns": q.columns,
            "example": q.header.get("example", ""),
        }
        for q in asks
    ]
    emit(rows, form, ["topic", "question", "asks", "parameters"], records=records)


def _seconds(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if math.isnan(value):  # no range holds it, and none leaves it out
        raise click.BadParameter("nan is no number of seconds")
    return value


@click.command("query")
@click.argument("sparql", metavar="FILE|-|TEXT")
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 1_000_000),
    callback=_seconds,
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="When to stop the query; at an endpoint, when to stop asking.",
)
@data_options
@format_option
def query_command(
    sparql: str, timeout: float, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool
) -> None:
    """A SPARQL query from a FILE, from standard input (-), or written out.

    It reads the loaded graphs and nothing else, in a process of its own that is stopped when
    it takes too long. With --format json the result is the W3C's SPARQL results JSON.

    \b
    cspgraph query "SELECT * WHERE { ?s ?p ?o } LIMIT 5"
    cspgraph query question.rq --format csv
    """
    from cspgraph.cli.progress import progress
    from cspgraph.engines.confined import Limits
    from cspgraph.engines.transport import within

    text = _read(sparql)
    click.get_current_context().with_resource(within(timeout))
    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("running the query", quiet=quiet):
        result = graph.query(text, Limits(seconds=timeout))
    if isinstance(result, bool):
        click.echo(json.dumps({"head": {}, "boolean": result}) if form == "json" else "yes" if result else "no")
    elif isinstance(result, list):
        for triple in sorted(map(str, result)):
            click.echo(f"{triple} .")
    elif form == "json":
        click.echo(json.dumps(_results_json(result), ensure_ascii=False))
    else:
        from cspgraph.answers import answer

        emit_answer(answer(graph.engine, result), form, quiet=quiet)


def _read(sparql: str) -> str:
    if sparql == "-":
        return sys.stdin.read()
    if "{" in sparql or Path(sparql).suffix not in (".rq", ".sparql"):
        return sparql
    from cspgraph.errors import InputError

    try:
        return Path(sparql).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", error)
        raise InputError.at(sparql, 0, f"the file cannot be read: {why}") from None


def _results_json(table: Table) -> dict[str, Any]:
    bindings = [
        {name: _binding(term) for name, term in zip(table.columns, row, strict=True) if term is not None}
        for row in table.rows
    ]
    return {"head": {"vars": table.columns}, "results": {"bindings": bindings}}


def _binding(term: Any) -> dict[str, Any]:
    import pyoxigraph as ox

    if isinstance(term, ox.Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _binding(part) for name, part in parts.items()}}

    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    found = {"type": "literal", "value": term.value}
    if term.language:
        return {**found, "xml:lang": term.language}
    datatype = term.datatype.value
    return found if datatype == "http://www.w3.org/2001/XMLSchema#string" else {**found, "datatype": datatype}
