"""Paths on the terminal: hop by hop, each with where it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cspgraph.cli.output import plain, read_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.names import Thing
    from cspgraph.tracing.paths import Hop


def one_line(path: tuple[Hop, ...]) -> str:
    """Return a path on one line, each hop with its evidence."""
    return " ".join(
        [path[0].source.label, *(f"— {hop.label} → {hop.target.label} [{read_at(hop.place)}]" for hop in path)]
    )


def print_path(path: Iterable[Hop]) -> None:
    """Print a path, a line for every hop."""
    for hop in path:
        line = f"      {hop.source.label} — {hop.label} → {hop.target.label}  [{read_at(hop.place)}]"
        click.echo(click.style(plain(line), dim=True))


def labels(things: Iterable[Thing], most: int) -> list[str]:
    """Return the first labels of some things, and how many more there are."""
    found = [plain(thing) for thing in things]
    return found if len(found) <= most else [*found[:most], f"and {len(found) - most:,} more"]
