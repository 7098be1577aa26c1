"""The options that mean the same on every command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.graph import KnowledgeGraph

FORMATS = ("table", "json", "csv", "md")


def data_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --data, --engine, --plan and --quiet."""
    for option in (
        click.option("--quiet", "-q", is_flag=True, help="Say nothing but the answer."),
        click.option(
            "--plan",
            "plans",
            multiple=True,
            metavar="ID",
            help="Only this plan, with what plans share; may be repeated.",
        ),
        click.option(
            "--engine",
            default="",
            metavar="ADDRESS",
            help="memory:, rdflib:, oxigraph:DIR, https://... or spark://... instead of the cached store.",
        ),
        click.option(
            "--data",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="Plan files or folders instead of the bundled plans; may be repeated.",
        ),
    ):
        function = option(function)
    return function


def format_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="How to print the answer.",
    )(function)


def open_graph(data: tuple[Path, ...], engine: str, plans: tuple[str, ...], *, quiet: bool) -> KnowledgeGraph:
    """Return the graph that the options name."""
    from cspgraph.cli.progress import progress
    from cspgraph.graph import load
    from cspgraph.spark import is_spark

    with progress("reading the plans", quiet=quiet):
        if is_spark(engine):
            from cspgraph.spark.graph import open_graph as open_spark

            spark: KnowledgeGraph = open_spark(engine, data)
            return spark.restricted(plans) if plans else spark
        graph = load(*data, engine=engine)
        graph = graph.restricted(plans) if plans else graph
        note = graph.engine.note
    if note and not quiet:
        click.echo(note, err=True)
    return graph


def today() -> str:
    """Return today's date in ISO form, as it is where the command runs."""
    from datetime import date

    return date.today().isoformat()  # noqa: DTZ011 - a date on paper has no zone
