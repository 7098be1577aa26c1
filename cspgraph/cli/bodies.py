"""`load` and `chain`: who carries how much, and to whom they answer."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from cspgraph.cli.hops import labels, one_line, print_path
from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import emit, note, plain, tally
from cspgraph.cli.progress import progress

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.tracing.chain import Chain


@click.command("load")
@data_options
@format_option
def load_command(data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool) -> None:
    """Who leads, supports, oversees and is named how often, and on whom alone a part of a plan hangs.

    Actions led by a body's posts and units count under "through", and into its share. What hangs on
    one body alone are the pieces into which the plan's dependences fall apart without it.

    \b
    cspgraph load
    cspgraph load --plan havering-2017 --format csv
    """
    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("weighing the plans", quiet=quiet):
        found = graph.load()
    rows = [
        {
            "plan": one.plan or "(all plans)",
            "body": one.body,
            "leads": one.leads,
            "through": one.through,
            "share": f"{one.share:.0%}",
            "supports": one.supports,
            "oversees": one.oversees,
            "named": one.named,
            "alone": len(one.alone),
        }
        for one in found
    ]
    emit(rows, form, records=[one.as_json() for one in found])
    if form == "table":
        for one in found:
            if one.alone and one.share >= 0.1:
                said = f"Without {one.body.label} these are cut off from the rest of {one.plan}: {'; '.join(labels(one.alone, 5))}."
                click.echo(plain(said))
    note(f"{len(found):,} found", form, quiet=quiet)


@click.command("chain")
@click.argument("name")
@data_options
@format_option
def chain_command(
    name: str, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool
) -> None:
    """To whom NAME answers: by its leads and boards, and theirs, up to the partnership, or to where the document stops.

    \b
    cspgraph chain havering-2017/A4
    cspgraph chain tower-hamlets-2017/A1
    """
    graph = open_graph(data, engine, plans, quiet=quiet)
    starts = graph.names.find(name, plans=plans)
    found = [chain for start in starts for chain in graph.chains(start.id)]
    if form == "table":
        for start in starts:
            click.echo(click.style(f"{plain(start.label)} ({plain(start.id)})", bold=True))
            _print_chains([chain for chain in found if chain.start.id == start.id])
    else:
        rows = [
            {
                "of": chain.start,
                "end": chain.end,
                "whole": chain.whole,
                "path": one_line(chain.hops),
                "status": chain.status,
            }
            for chain in found
        ]
        emit(rows, form, ["of", "end", "whole", "path", "status"], records=[chain.as_json() for chain in found])
    note(f"{len(found):,} found; {tally(chain.status for chain in found)}", form, quiet=quiet)


def _print_chains(found: list[Chain]) -> None:
    if not found:
        click.echo("  nothing says who leads or oversees it")
    for whole, group in groupby(found, key=lambda chain: chain.whole):
        click.echo(click.style("up to the partnership" if whole else "broken off", fg="blue"))
        for chain in group:
            print_path(chain.hops)
            click.echo(f"      and there the document stops: nothing says to whom {plain(chain.end.label)} answers\n")
