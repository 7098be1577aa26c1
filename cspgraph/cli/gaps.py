"""`gaps`."""

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


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from cspgraph.questions import read_catalogue
    from cspgraph.resources import library

    return [question.name for question in read_catalogue(library()).of("gap") if question.name.startswith(incomplete)]


@click.command("gaps")
@click.option(
    "--rule", "rules", multiple=True, metavar="RULE", shell_complete=_complete, help="Only this rule; may be repeated."
)
@click.option("--rules", "list_rules", is_flag=True, help="List the rules instead of running them.")
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
        emit(_rules(graph.questions.of("gap")), form, ["topic", "rule", "severity", "finds"])
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
