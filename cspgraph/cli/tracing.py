"""`depends` and `gaps`."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.options import data_options, format_option, open_graph
from cspgraph.cli.output import doubts, emit, note, plain
from cspgraph.errors import FOUND

if TYPE_CHECKING:
    from cspgraph.findings import Finding
    from cspgraph.tracing import Dependent


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
    graph = open_graph(data, engine, plans, quiet=quiet)
    starts = graph.names.find(name, plans=plans)
    found = [dependent for start in starts for dependent in graph.depends(start.id, on=on, kind=kind)]
    if form == "table":
        for start in starts:
            _print_dependents(start.label, start.id, [d for d in found if d.start.id == start.id], on=on)
    else:
        emit(
            [_row(d) for d in found],
            form,
            ["of", "thing", "distance", "path", "status"],
            records=[d.as_json() for d in found],
        )
    counted = {status: sum(d.status == status for d in found) for status in ("inferred", "uncertain")}
    note(f"{len(found):,} found; {doubts(counted)}", form, quiet=quiet)


def _row(dependent: Dependent) -> dict[str, Any]:
    return {
        "of": dependent.start,
        "thing": dependent.thing,
        "distance": len(dependent.path),
        "path": _path(dependent),
        "status": dependent.status,
    }


def _path(dependent: Dependent) -> str:
    hops = dependent.path
    return " ".join([hops[0].source.label, *(f"— {hop.label} → {hop.target.label} [{hop.place}]" for hop in hops)])


def _print_dependents(label: str, start: str, found: list[Dependent], *, on: bool) -> None:
    heading = f"{plain(label)} ({plain(start)}) {'depends on' if on else 'carries'} {len(found):,} {'thing' if len(found) == 1 else 'things'}"
    click.echo(click.style(heading, bold=True))
    for direct, group in groupby(found, key=lambda dependent: dependent.direct):
        click.echo(click.style("directly" if direct else "through others", fg="blue"))
        for dependent in group:
            click.echo(
                f"  {plain(dependent.thing)}, {plain(dependent.thing.kind)}"
                + ("  (a circle leads back)" if dependent.circle else "")
            )
            for hop in dependent.path:
                doubt = (
                    ""
                    if hop.place.status == "stated"
                    else f", {hop.place.status}" + (f": {hop.place.why}" if hop.place.why else "")
                )
                line = f"      {hop.source.label} — {hop.label} → {hop.target.label}  [{hop.place}{doubt}]"
                click.echo(click.style(plain(line), dim=True))
    click.echo()


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from cspgraph.questions import read_catalogue
    from cspgraph.resources import library

    return [question.name for question in read_catalogue(library()).of("gap") if question.name.startswith(incomplete)]


@click.command("gaps")
@click.option(
    "--rule", "rules", multiple=True, metavar="RULE", shell_complete=_complete, help="Only this rule; may be repeated."
)
@click.option(
    "--rules",
    "list_rules",
    is_flag=True,
    help="List the rules instead of their findings; with --count, how many each has in each plan.",
)
@click.option("--count", is_flag=True, help="Count the findings by rule instead of telling each.")
@click.option(
    "--fail-on",
    type=click.Choice(["high", "medium", "low"]),
    help="End with 1 when a finding is this grave, or graver.",
)
@data_options
@format_option
def gaps_command(
    rules: tuple[str, ...],
    list_rules: bool,
    count: bool,
    fail_on: str | None,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    form: str,
    quiet: bool,
) -> int:
    """What the plans leave out or contradict, the gravest first.

    The severity of a rule can be changed under [severity] in cspgraph.toml, or set to "off".

    \b
    cspgraph gaps
    cspgraph gaps --rule priority-without-actions --format md
    cspgraph gaps --fail-on high --quiet
    """
    from cspgraph.cli.progress import progress
    from cspgraph.findings import read_severities

    graph = open_graph(data, engine, plans, quiet=quiet)
    if list_rules:
        columns = ["topic", "rule", "severity", "finds"]
        listed = _rules(graph.questions.of("gap"))
        if count:
            columns += _by_plan(listed, graph.gaps())
        emit(listed, form, columns)
        return 0
    severities = read_severities(Path.cwd())
    with progress("looking for gaps", quiet=quiet):
        found = [finding for finding in graph.gaps(*rules, severities=severities) if not plans or finding.plan in plans]
    if count:
        emit(_counts(found), form, ["severity", "findings", "rule", "finds"])
    elif form == "table":
        _print_findings(found)
    else:
        columns = ["severity", "plan", "rule", "sentence", "absence", "source", "lines", "why", "fix"]
        emit([finding.as_json() for finding in found], form, columns, records=[finding.as_json() for finding in found])
    counted = Counter(finding.severity for finding in found)
    note("; ".join(f"{counted[severity]} {severity}" for severity in ("high", "medium", "low")), form, quiet=quiet)
    doubtful = {
        status: sum(finding.place.status == status for finding in found) for status in ("inferred", "uncertain")
    }
    note(f"{len(found):,} found; {doubts(doubtful)}", form, quiet=quiet)
    return FOUND if fail_on and any(_grave(finding.severity, fail_on) for finding in found) else 0


def _grave(severity: str, limit: str) -> bool:
    order = ("high", "medium", "low")
    return order.index(severity) <= order.index(limit)


def _rules(rules: list[Any]) -> list[dict[str, Any]]:
    return [
        {
            "topic": rule.header.get("topic", ""),
            "rule": rule.name,
            "severity": rule.header["severity"],
            "finds": rule.title,
        }
        for rule in rules
    ]


def _by_plan(listed: list[dict[str, Any]], found: list[Finding]) -> list[str]:
    """Add to each rule listed how many findings it has in each plan; return the columns added."""
    counted = Counter((finding.rule, finding.plan) for finding in found)
    plans = sorted({finding.plan for finding in found})
    for rule in listed:
        rule.update({plan: counted[rule["rule"], plan] for plan in plans})
    return plans


def _counts(found: list[Finding]) -> list[dict[str, Any]]:
    """Return how many findings each rule has, the gravest rules first."""
    counted = Counter((finding.severity, finding.rule, finding.title) for finding in found)
    return [
        {"severity": severity, "findings": number, "rule": rule, "finds": title}
        for (severity, rule, title), number in counted.items()
    ]


_COLOURS = {"high": "red", "medium": "yellow", "low": "cyan"}


def _print_findings(found: list[Finding]) -> None:
    """Print findings by severity and rule, so that what they have in common is said once."""
    from cspgraph.findings import ABSENCES

    for severity, same in groupby(found, key=lambda finding: finding.severity):
        findings = list(same)
        click.echo(click.style(f"{severity.upper()}: {len(findings)}", fg=_COLOURS[severity], bold=True))
        by_rule: dict[str, list[Finding]] = {}
        for finding in findings:
            by_rule.setdefault(finding.rule, []).append(finding)
        for group in by_rule.values():
            first = group[0]
            click.echo(
                f"\n  {click.style(plain(first.title), bold=True)} ({len(group)}) {click.style(first.rule, dim=True)}"
            )
            click.echo(
                click.style(
                    plain(f"  {first.why} {first.fix}" + (f" Basis: {first.basis}" if first.basis else "")), dim=True
                )
            )
            for finding in group:
                absence = f" {ABSENCES[finding.absence].capitalize()}." if finding.absence else ""
                doubt = "" if finding.place.status == "stated" else f", {finding.place.status}"
                click.echo(
                    f"    - {plain(finding.sentence)}{absence} {click.style(f'[{plain(str(finding.place))}{doubt}]', dim=True)}"
                )
        click.echo()
