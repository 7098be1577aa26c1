"""`compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import bracketed, emit, note, plain, tally

if TYPE_CHECKING:
    from cspgraph.comparison import Row


@click.command("compare")
@click.argument("first", metavar="PLAN")
@click.argument("second", metavar="PLAN")
@data_options
@format_option
def compare_command(
    first: str, second: str, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool
) -> None:
    """Two plans side by side: priorities, partners, leads, boards, documents, measures, money, gaps.

    What is one and the same in both is the same; what may be, or has the same name, is like.

    \b
    cspgraph compare havering-2017 tower-hamlets-2017
    cspgraph compare hackney-2015 haringey-2013 --format csv
    """
    from cspgraph.findings import read_severities

    graph = open_graph(data, engine, plans, quiet=quiet)
    found = graph.compare(first, second, read_severities(Path.cwd()))
    if form == "table":
        _print_comparison(found, (graph.plan(first).label, graph.plan(second).label))
    else:
        emit([_flat(row) for row in found], form, list(_flat(found[0])) if found else (), [r.as_json() for r in found])
    note(f"{len(found):,} rows; {tally(row.status for row in found)}", form, quiet=quiet)


def _flat(row: Row) -> dict[str, Any]:
    cells: dict[str, Any] = {"aspect": row.aspect, "join": row.join, "basis": "; ".join(row.basis)}
    for name, side in (("first", row.first), ("second", row.second)):
        cells[name] = side.thing if side else None
        cells[f"{name} says"] = "; ".join(side.says) if side else ""
        cells[f"{name} evidence"] = str(side.place) if side else ""
    return cells | {"status": row.status}


def _print_comparison(rows: list[Row], plans: tuple[str, str]) -> None:
    from cspgraph.comparison import ASPECTS

    for aspect in ASPECTS:
        found = [row for row in rows if row.aspect == aspect]
        click.echo(click.style(aspect.upper(), bold=True) + ("" if found else "  nothing in either"))
        for join, title in (("same", "both"), ("like", "like"), ("first", plans[0]), ("second", plans[1])):
            some = [row for row in found if row.join == join]
            if some:
                only = "only " if join in ("first", "second") else ""
                click.echo(click.style(plain(f"  {only}{title}: {len(some):,}"), fg="blue"))
            for row in some:
                _print_row(row)
        click.echo()


def _print_row(row: Row) -> None:
    sides = [side for side in (row.first, row.second) if side]
    one = sides[0]
    if row.aspect == "gaps":
        click.echo(plain(f"    {one.thing.label}: {' | '.join(side.says[0] for side in sides)}"))
    elif row.join == "same":
        click.echo(plain(f"    {one.thing.label}"))
        for side in sides:
            own = "" if side.thing == one.thing else f"{side.thing.label}; "
            click.echo(plain(f"      {own}{'; '.join(side.says)}") + bracketed(side.place))
    else:
        for number, side in enumerate(sides):
            says = f" — {'; '.join(side.says)}" if side.says else ""
            click.echo(plain(f"    {'  ' * number}{side.thing.label}{says}") + bracketed(side.place))
    if row.join == "like":
        click.echo(plain(f"        {'; '.join(row.basis)}"))
