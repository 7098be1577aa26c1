"""`depends`, `whatif` and `horizon`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.hops import labels, one_line, print_path
from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import bracketed, emit, note, plain, tally
from cspgraph.cli.progress import progress
from cspgraph.evidence import worst
from cspgraph.text import counted

if TYPE_CHECKING:
    from cspgraph.tracing.horizon import Event
    from cspgraph.tracing.loss import Effect, Loss
    from cspgraph.tracing.paths import Dependent


@click.command("depends")
@click.argument("name")
@click.option("--on", is_flag=True, help="The other direction: what NAME itself depends on.")
@click.option(
    "--kind", default="", metavar="KIND", help="Only things of this kind; paths through others are walked all the same."
)
@data_options
@format_option
def depends_command(
    name: str, on: bool, kind: str, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool
) -> None:
    """What depends on NAME, each with a shortest path and the evidence of every hop.

    Where several things bear the name, all are answered, one after another.

    \b
    cspgraph depends "Violence Against Women and Girls Strategy"
    cspgraph depends "London Crime Prevention Fund" --kind action
    cspgraph depends havering-2017/A4 --on
    """
    from cspgraph.cli.progress import progress

    graph = open_graph(data, engine, plans, quiet=quiet)
    starts = graph.names.find(name, plans=plans)
    with progress("following the dependences", quiet=quiet):
        found = [dependent for start in starts for dependent in graph.depends(start.id, on=on, kind=kind)]
    if form == "table":
        for start in starts:
            _print_dependents(start.label, start.id, [d for d in found if d.start.id == start.id], on=on)
    else:
        rows = [row for dependent in found for row in _rows(dependent)]
        emit(rows, form, ["of", "thing", "distance", "path", "status"], records=[d.as_json() for d in found])
    note(f"{len(found):,} found; {tally(d.status for d in found)}", form, quiet=quiet)


def _rows(dependent: Dependent) -> list[dict[str, Any]]:
    """Return a row for every path."""
    return [
        {
            "of": dependent.start,
            "thing": dependent.thing,
            "distance": len(path),
            "path": one_line(path),
            "status": worst(*(hop.place.status for hop in path)),
        }
        for path in dependent.paths
    ]


def _print_dependents(label: str, start: str, found: list[Dependent], *, on: bool) -> None:
    number = counted(len(found), "thing")
    rests = f"depends on {number}" if on else f"has {number} resting on it"
    heading = f"{plain(label)} ({plain(start)}) {rests}"
    click.echo(click.style(heading, bold=True))
    for direct, group in groupby(found, key=lambda dependent: dependent.direct):
        click.echo(click.style("directly" if direct else "through others", fg="blue"))
        for dependent in group:
            circle = "  (a circle leads back)" if dependent.circle else ""
            click.echo(f"  {plain(dependent.thing)}, {plain(dependent.thing.kind)}{circle}")
            for path in dependent.paths:
                if path is not dependent.path:
                    click.echo(click.style("      and also", dim=True))
                print_path(path)
            if dependent.more:
                click.echo(click.style("      and by longer ways", dim=True))
    click.echo()


# -------------------------------------------------------------------- what if


@click.command("whatif")
@click.option("--without", multiple=True, metavar="NAME", help="What is gone; may be repeated.")
@click.option("--at", default="", metavar="DATE", help="Also all whose time is over before this date.")
@data_options
@format_option
def whatif_command(
    without: tuple[str, ...],
    at: str,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    form: str,
    quiet: bool,
) -> None:
    """What falls, what is left with one support, and what money is stranded, if something were gone.

    A date takes away every plan, strategy, fund and award whose time is over by then.

    \b
    cspgraph whatif --without "London Crime Prevention Fund"
    cspgraph whatif --without "Metropolitan Police Service" --plan hackney-2015
    cspgraph whatif --at 2019-04
    """
    if not without and not at:
        raise click.UsageError("Say what is gone: --without NAME, or --at DATE.")
    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("seeing what falls", quiet=quiet):
        loss = graph.what_if(*without, at=at)
    if form == "table":
        _print_loss(loss)
    else:
        from cspgraph.tracing.loss import EFFECTS

        rows = [
            {
                "effect": EFFECTS[effect.effect],
                "thing": effect.thing,
                "relation": effect.relation,
                "left": effect.left,
                "amount": effect.amount,
                "path": "; ".join(map(one_line, effect.paths)),
                "status": effect.status,
            }
            for effect in loss.effects
        ]
        emit(
            rows,
            form,
            ["effect", "thing", "relation", "left", "amount", "path", "status"],
            records=[e.as_json() for e in loss.effects],
        )
    things = len({effect.thing for effect in loss.effects})
    note(f"{things:,} things are touched; {tally(effect.status for effect in loss.effects)}", form, quiet=quiet)


def _print_loss(loss: Loss) -> None:
    from cspgraph.tracing.loss import EFFECTS

    click.echo(click.style("Gone: " + plain("; ".join(labels(loss.gone, 12))), bold=True))
    for effect, group in groupby(loss.effects, key=lambda found: found.effect):
        found = list(group)
        click.echo(
            click.style(f"\n{EFFECTS[effect][:1].upper()}{EFFECTS[effect][1:]}: {len(found)}", fg="blue", bold=True)
        )
        for one in found:
            click.echo(f"  {plain(one.thing)}{plain(_told(one))}")
            for path in one.paths:
                print_path(path)
    click.echo()


def _told(effect: Effect) -> str:
    """Return what is said after the name of a thing that is touched."""
    if effect.left:
        return f", {effect.relation} {effect.left.label} alone"
    return f", {effect.amount}" if effect.amount else ""


# -------------------------------------------------------------------- horizon


@click.command("horizon")
@click.option("--from", "first", default="", metavar="DATE", help="Nothing that is over before this date.")
@click.option("--to", "last", default="", metavar="DATE", help="Nothing that begins after this date.")
@click.option(
    "--ics", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a calendar instead."
)
@data_options
@format_option
def horizon_command(
    first: str,
    last: str,
    ics: Path | None,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    form: str,
    quiet: bool,
) -> None:
    """What ends, is due or is up for review, when, what rests on it, and what rests on nothing else.

    Dates keep the precision that was printed: "October 2017" is a month, and is in when any of its days is.

    \b
    cspgraph horizon --from 2017-10 --to 2019-03
    cspgraph horizon --plan havering-2017 --ics havering.ics
    """
    from cspgraph.cli.progress import progress

    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("looking up dates, and what rests on what", quiet=quiet):
        found = graph.horizon(first, last)
    events = [event for event in found if not plans or event.thing.plan in plans or event.carries]
    if ics is not None:
        from cspgraph.export.dates import calendar
        from cspgraph.files import write_whole

        write_whole(ics, calendar(events))
        note(f"{len(events):,} dates written to {ics}", quiet=quiet)
        return
    if form == "table":
        _print_events(events)
    else:
        rows = [
            {
                "when": event.when,
                "earliest": event.earliest,
                "latest": event.latest,
                "what": event.what,
                "thing": event.thing,
                "evidence": str(event.place),
                "carries": len(event.carries),
                "sole": len(event.sole),
                "status": event.place.status,
            }
            for event in events
        ]
        columns = ["when", "earliest", "latest", "what", "thing", "evidence", "carries", "sole", "status"]
        emit(rows, form, columns, records=[event.as_json() for event in events])
    note(f"{len(events):,} dates; {tally(event.place.status for event in events)}", form, quiet=quiet)


def _print_events(events: list[Event]) -> None:
    """Print dates in order, what falls on one date and is of one sort together."""
    for (when, precision, what), group in groupby(events, key=lambda e: (e.when, e.precision, e.what)):
        click.echo(f"{click.style(plain(when), bold=True)} ({plain(precision)}): {click.style(plain(what), fg='blue')}")
        for event in group:
            click.echo(f"  {plain(event.thing)}{bracketed(event.place)}")
            if event.carries:
                alone = (
                    ", none of which rests on it alone"
                    if not event.sole
                    else f", {len(event.sole)} of them on nothing else"
                )
                click.echo(
                    f"      carries {len(event.carries)}{alone}: {'; '.join(labels(event.sole or event.carries, 6))}"
                )
    click.echo()
