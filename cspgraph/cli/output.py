"""Answers on the terminal: a table, JSON, CSV or Markdown, all of them harmless."""

from __future__ import annotations

import codecs
import json
import shutil
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from cspgraph.names import Thing
from cspgraph.text import clean, counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from cspgraph.answers import Answer
    from cspgraph.evidence import Place

Row = dict[str, Any]


def emit(
    rows: Collection[Row], form: str, columns: Sequence[str] = (), records: Iterable[object] | None = None
) -> None:
    """Print rows. `records` is what JSON prints where that says more than the rows."""
    names = list(columns) or list(next(iter(rows), ()))
    if form == "json":
        _json(
            list(records) if records is not None else [{name: _jsonable(row[name]) for name in names} for row in rows]
        )
    elif form == "csv":
        _csv(rows, names)
    elif form == "md":
        _markdown(rows, names)
    else:
        _table(rows, names)


def emit_answer(answer: Answer, form: str, *, quiet: bool) -> None:
    """Print an answer, and how many of its rows rest on a doubt."""
    emit(list(answer), form, answer.columns)
    note(f"{counted(len(answer), 'row')}; {tally(answer.statuses)}", form, quiet=quiet)
    for disputed in answer.disputed:
        note(f"disputed: {disputed}", form, quiet=quiet)


def tally(statuses: Iterable[str]) -> str:
    """Return in words how many statuses are inferred and uncertain."""
    found = list(statuses)
    return doubtful(found.count("inferred"), found.count("uncertain"))


def doubtful(inferred: int, uncertain: int) -> str:
    """Return in words how many rows rest on a doubt."""
    return f"{inferred:,} rest on an inferred statement, {uncertain:,} on an uncertain one"


def note(text: str, form: str = "table", *, quiet: bool = False) -> None:
    """Say something beside the answer: below a table, on standard error where the answer is piped on."""
    if not quiet:
        click.echo(click.style(clean(text), dim=True), err=form in ("json", "csv"))


def _jsonable(value: Any) -> Any:
    if isinstance(value, Thing):
        return value.cell()
    if isinstance(value, Decimal):
        return float(value)
    return value


def _json(records: list[object]) -> None:
    click.echo(json.dumps(records, ensure_ascii=False, indent=1))


def plain(value: Any, home: str = "") -> str:
    """Return a cell as one line of text: a thing by its label and id, without the plan where that is `home`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Thing):
        return clean(f"{value.label} ({value.id.removeprefix(f'{home}/') if home else value.id})")
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return clean(str(value))


def bracketed(place: Place) -> str:
    """Return evidence as it follows a line on a terminal, in brackets, with what makes it doubtful."""
    return click.style(plain(f"  [{read_at(place)}]"), dim=True) if place.source else ""


def read_at(place: Place) -> str:
    """Return where something was read, and what is doubtful about it."""
    return ", ".join(part for part in (str(place), place.doubt()) if part)


def _csv(rows: Collection[Row], names: list[str]) -> None:
    """Print CSV, a lump at a time; a thing has a column more, for its id."""
    from cspgraph.export.tables import csv_lumps

    named = {name for row in rows for name in names if isinstance(row[name], Thing)}
    columns = [column for name in names for column in ((name, f"{name}_id") if name in named else (name,))]

    def flat(row: Row) -> dict[str, str]:
        cells: dict[str, str] = {}
        for name in names:
            value = row[name]
            cells[name] = value.label if isinstance(value, Thing) else "" if value is None else str(value)
            if name in named:
                cells[f"{name}_id"] = value.id if isinstance(value, Thing) else ""
        return {name: clean(text) for name, text in cells.items()}

    sys.stdout.buffer.write(codecs.BOM_UTF8)
    for lump in csv_lumps(map(flat, rows), columns):
        sys.stdout.buffer.write(lump.encode())
    sys.stdout.buffer.flush()


def markdown(text: str) -> str:
    """Return a text in which Markdown and HTML see nothing of theirs."""
    for sign in "\\`*_[]|~#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _markdown(rows: Collection[Row], names: list[str]) -> None:
    click.echo(f"| {' | '.join(map(markdown, names))} |")
    click.echo(f"|{'---|' * len(names)}")
    for row in rows:
        click.echo(f"| {' | '.join(markdown(plain(row[name])) for name in names)} |")


def _table(rows: Collection[Row], names: list[str]) -> None:
    """Print columns: fitted to a terminal, or, for a file or another program, one line a row."""
    if not rows:
        click.echo("nothing found")
        return
    plans = {cell.plan for row in rows for cell in row.values() if isinstance(cell, Thing) and cell.plan}
    home = plans.pop() if len(plans) == 1 else ""
    numeric = [
        all(isinstance(row[name], int | Decimal) and not isinstance(row[name], bool) for row in rows) for name in names
    ]
    cells = [[plain(row[name], home) for name in names] for row in rows]
    (_fitted if sys.stdout.isatty() else _aligned)(names, cells, numeric)


def _aligned(names: list[str], cells: list[list[str]], numeric: list[bool]) -> None:
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    lines = [names, ["─" * width for width in widths], *cells]
    for line in lines:
        padded = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]
        click.echo("  ".join(padded).rstrip())


def _fitted(names: list[str], cells: list[list[str]], numeric: list[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, right in zip(names, numeric, strict=True):
        table.add_column(Text(name), justify="right" if right else "left", overflow="fold")
    for line in cells:
        table.add_row(*map(Text, line))
    width = shutil.get_terminal_size((120, 24)).columns
    Console(width=width, highlight=False, soft_wrap=False).print(table)
