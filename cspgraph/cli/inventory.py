"""`list` and `show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import emit, note, plain

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.describe import Description, Statement


@click.command("list")
@click.argument("kind", required=False)
@data_options
@format_option
def list_command(
    kind: str | None, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool
) -> None:
    """What is there: kinds with how many things each plan holds, or the things of one KIND.

    \b
    cspgraph list
    cspgraph list actions
    cspgraph list Board --format json
    """
    from cspgraph.inventory import counts, things_of

    graph = open_graph(data, engine, plans, quiet=quiet)
    if kind is None:
        rows: list[dict[str, Any]] = [
            {"kind": count.kind, "label": count.label, "plan": count.plan or "(shared)", "count": count.things}
            for count in counts(graph.engine)
        ]
        emit(rows, form, ["kind", "label", "plan", "count"])
        return
    found = things_of(graph.engine, graph.kinds(kind))
    rows = [
        {
            "id": item.thing.id,
            "label": item.thing.label,
            "kind": item.thing.kind,
            "plan": item.thing.plan,
            "source": item.source,
            "lines": item.lines,
        }
        for item in found
    ]
    emit(rows, form, ["id", "label", "kind", "plan", "source", "lines"])
    note(f"{len(rows):,} found", form, quiet=quiet)


@click.command("show")
@click.argument("name")
@data_options
@format_option
def show_command(
    name: str, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool
) -> None:
    """Everything known about the thing called NAME, in both directions, with evidence.

    NAME is an id, a reference, a label or an alias.

    \b
    cspgraph show havering-2017/A4
    cspgraph show "Serious Group Violence Panel"
    """
    from cspgraph.errors import UnknownName

    graph = open_graph(data, engine, plans, quiet=quiet)
    found = graph.names.find(name, plans=plans)
    if len(found) > 1:
        listed = "\n    ".join(f"{thing.id}  {thing.label} ({thing.kind})" for thing in found)
        raise UnknownName("as a single thing", name, hint=f"it may be any of these; name one by its id:\n    {listed}")
    from cspgraph.describe import describe

    described = describe(graph.engine, found[0])
    if form == "table":
        _print(described)
    else:
        emit(
            _rows(described),
            form,
            ["relation", "value", "source", "lines", "status", "why"],
            records=[described.as_json()],
        )


def _rows(described: Description) -> list[dict[str, Any]]:
    rows = []
    for statement, sign in [*((s, "") for s in described.says), *((s, "← ") for s in described.said)]:
        rows += _with_parts(statement, sign)
    return rows


def _with_parts(statement: Statement, sign: str) -> list[dict[str, Any]]:
    place = statement.place
    row = {
        "relation": sign + statement.label,
        "value": statement.value,
        "source": place.source,
        "lines": place.lines,
        "status": place.status,
        "why": place.why,
    }
    return [row, *(line for part in statement.parts for line in _with_parts(part, f"{sign}{statement.label} · "))]


def _print(described: Description) -> None:
    thing = described.thing
    click.echo(click.style(plain(thing.label), bold=True))
    read = f", read at {described.place}" if described.place.source else ""
    doubt = described.place.doubt()
    click.echo(plain(f"{thing.kind} {thing.id}{read}" + (f" ({doubt})" if doubt else "")))
    for statements, sign in ((described.says, ""), (described.said, "← ")):
        if statements:
            click.echo()
        for statement in statements:
            _line(statement, sign, 0, described)


def _line(statement: Statement, sign: str, depth: int, described: Description) -> None:
    place = statement.place
    where = (
        ""
        if (place.lines == described.place.lines and place.source == described.place.source) or not place.source
        else f"  @{place.lines or place.source}"
    )
    doubt = f"  {place.doubt()}" if place.doubt() else ""
    printed = f"  printed {place.printed}" if place.printed else ""
    days = _days(statement)
    value = f"{plain(statement.value).split(' (')[0]} ({' to '.join(days)})" if days else plain(statement.value)
    click.echo(
        f"{'  ' * depth}{click.style(sign + statement.label, fg='blue')}: {value}{click.style(plain(where + printed + doubt), dim=True)}"
    )
    for part in statement.parts if not days else ():
        _line(part, "", depth + 1, described)


def _days(statement: Statement) -> list[str]:
    """Return the first and the last day of a date or a period, one where they are the same; nothing for the rest."""
    said = {part.relation for part in statement.parts}
    if not said & {"earliest", "begins", "ends"}:
        return []
    bounds = [part for half in statement.parts for part in (half, *half.parts)]
    days = sorted({str(part.value) for part in bounds if part.relation in ("earliest", "latest")})
    if "ends" in said and "begins" not in said:
        return [f"until {days[-1]}"]
    if "begins" in said and "ends" not in said:
        return [f"from {days[0]}"]
    return [days[0], days[-1]] if len(days) > 1 else days
