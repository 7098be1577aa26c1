"""`coverage`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import bracketed, emit, note, plain, tally
from cspgraph.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cspgraph.coverage.alignments import Alignment, Support
    from cspgraph.coverage.frameworks import Coverage, Covered
    from cspgraph.evidence import Place
    from cspgraph.names import Thing

_CELLS = ["framework", "priority", "what", "plan", "thing", "relationship", "basis", "rationale", "evidence", "status"]


@click.command("coverage")
@click.argument("framework", required=False)
@data_options
@format_option
def coverage_command(
    framework: str | None, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], form: str, quiet: bool
) -> None:
    """Which priorities of FRAMEWORK the local plans serve, on what evidence, and whether it still stands.

    Without FRAMEWORK, one line for every document whose priorities are known.

    \b
    cspgraph coverage
    cspgraph coverage "Police and Crime Plan 2017"
    cspgraph coverage ref/pcp-2013 --format csv
    """
    from cspgraph.cli.progress import progress

    graph = open_graph(data, engine, plans, quiet=quiet)
    with progress("looking", quiet=quiet):
        found = graph.coverage(framework or "")
    if not framework:
        rows = [_summary(one) for one in found]
        emit(rows, form, list(rows[0] if rows else ()), records=[one.summary() for one in found])
        return
    if form == "table":
        for one in found:
            _print_coverage(one)
    else:
        emit([row for one in found for row in _cells(one)], form, _CELLS, records=[one.as_json() for one in found])
    statuses = [status for one in found for status in one.statuses]
    note(f"{len(statuses):,} alignments and indicators; {tally(statuses)}", form, quiet=quiet)


def _summary(one: Coverage) -> dict[str, Any]:
    return {
        "framework": one.framework,
        "level": one.level,
        "period": one.period,
        "served": f"{one.served} of {len(one.priorities)}",
        "by plans": len(one.plans),
        "cited by": len(one.cited),
        "replaced by": str(one.successors[0]) if one.successors else "",
    }


def _cells(one: Coverage) -> list[dict[str, Any]]:
    """Return the matrix as rows, one for each cell; a priority that nobody serves has a row that says so."""
    rows = []
    for row in one.priorities:
        if not row.served:
            rows.append(_cell("served by nobody", row.place, priority=row.priority))
        for alignment in row.alignments:
            rows += _aligned(alignment, row.priority)
        for support in row.indicators:
            rows.append(_cell("measured", support.place, priority=row.priority, plan=support.of, thing=support.thing))
    for alignment in one.whole:
        rows += _aligned(alignment, None)
    rows += [_cell("cited", cited.place, plan=cited.plan, relationship=cited.words) for cited in one.citations]
    for plan, _, number in one.outdated:
        by = f"{counted(number, 'alignment')}; replaced by {one.successors[0]}"
        rows.append(_cell("replaced", one.successors[0].place, plan=plan, relationship=by))
    return [row | {"framework": one.framework} for row in rows]


def _aligned(one: Alignment, priority: Thing | None) -> list[dict[str, Any]]:
    """Return the row of an alignment, and one for each action behind it."""
    to = {"priority": priority, "plan": one.plan}
    said = {"relationship": one.relationship, "basis": one.basis, "rationale": one.rationale}
    rows = [_cell("aligned", one.place, thing=one.local, **to, **said)]
    for action in one.actions:
        by = f"contributes to {action.of.label}"
        rows.append(_cell("acted on", action.place, thing=action.thing, relationship=by, **to))
    return rows


def _cell(what: str, place: Place, **cells: object) -> dict[str, Any]:
    return {**dict.fromkeys(_CELLS), "what": what, "evidence": str(place), "status": place.status, **cells}


# -------------------------------------------------------------------- on a terminal


def _print_coverage(one: Coverage) -> None:
    click.echo(click.style(plain(one.framework.label), bold=True))
    by = f", by {'; '.join(plan.label for plan in one.plans)}" if one.plans else ""
    said = ", ".join(filter(None, (one.level, one.period)))
    click.echo(plain(f"{f'{said}; ' if said else ''}{one.served} of {len(one.priorities)} priorities served{by}"))
    for row in one.priorities:
        if row.alignments:
            _heading(row.priority.label, row.place)
            _print_cells(row.alignments, row.indicators)
    if one.whole:
        _heading("The document as a whole")
        _print_cells(one.whole)
    _print_unserved([row for row in one.priorities if not row.served])
    _print_citations(one)
    _print_succession(one)
    click.echo()


def _print_cells(alignments: Iterable[Alignment], indicators: Iterable[Support] = ()) -> None:
    """Print what is aligned and what measures, plan by plan."""
    lines: dict[str, list[str]] = {}
    for one in alignments:
        pledge = "" if one.serves else "a pledge, which serves nothing"
        said = ", ".join(filter(None, (one.relationship, one.basis, pledge)))
        behind = f"; {counted(len(one.actions), 'action')} behind it" if one.actions else ""
        cell = [plain(f"    {one.local.label} — {said}{behind}") + bracketed(one.place)]
        cell += [plain(f"        {one.rationale}")] if one.rationale else []
        lines.setdefault(one.plan.label, []).extend(cell)
    for support in indicators:
        measure = plain(f"    measured by: {support.thing.label}") + bracketed(support.place)
        lines.setdefault(support.of.label, []).append(measure)
    for plan, cells in lines.items():
        click.echo("\n".join([plain(f"  {plan}"), *cells]))


def _print_unserved(rows: list[Covered]) -> None:
    if rows:
        _heading("Served by nobody")
    for row in rows:
        tier = f" ({row.tier})" if row.tier else ""
        click.echo(plain(f"  {row.priority.label}{tier}") + bracketed(row.place))
        for support in row.indicators:
            measure = f"      but measured by: {support.thing.label} ({support.of.label})"
            click.echo(plain(measure) + bracketed(support.place))


def _print_citations(one: Coverage) -> None:
    if one.citations:
        _heading("Cited")
    for plan, group in groupby(one.citations, key=lambda citation: citation.plan):
        click.echo(plain(f"  {plan.label}"))
        for citation in group:
            click.echo(plain(f"    {citation.words}") + bracketed(citation.place))
    if one.silent:
        _heading("Not cited by")
    for plan in one.silent:
        click.echo(plain(f"  {plan.label}"))


def _print_succession(one: Coverage) -> None:
    if one.successors:
        _heading("Replaced")
    for successor in one.successors:
        click.echo(plain(f"  by {successor}") + bracketed(successor.place))
    for plan, period, number in one.outdated:
        when = f" ({period})" if period else ""
        cites = f"{plan.label}{when} cites {one.framework.label} in {counted(number, 'alignment')}"
        click.echo(plain(f"  {cites}, replaced by {one.successors[0]}"))


def _heading(text: str, place: Place | None = None) -> None:
    click.echo("\n" + click.style(plain(text), fg="blue") + (bracketed(place) if place else ""))
