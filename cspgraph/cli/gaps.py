"""`gaps`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cspgraph.cli.options import data_options, format_option, open_graph, today
from cspgraph.cli.output import doubtful, emit, note, plain, tally
from cspgraph.errors import FOUND, CspgraphError, InputError
from cspgraph.resources import data_folder
from cspgraph.text import counted, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cspgraph.findings import Counted, Finding
    from cspgraph.graph import KnowledgeGraph

_ORDER = ("high", "medium", "low")
_FILE = click.Path(path_type=Path, dir_okay=False)


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
@click.option("--first", type=click.IntRange(1), metavar="N", help="Only the N gravest.")
@click.option(
    "--fail-on",
    type=click.Choice(_ORDER),
    help="End with 1 when a finding is this grave, or graver, and not accepted.",
)
@click.option(
    "--baseline",
    type=_FILE,
    metavar="FILE",
    help="A file of findings that a board has accepted, beside those among the data.",
)
@click.option("--accepted", "tell_accepted", is_flag=True, help="Tell the accepted findings too.")
@click.option(
    "--since", type=_FILE, metavar="FILE", help="Only what is new since `gaps --format json` was saved in FILE."
)
@click.option("--to", "target", type=_FILE, metavar="FILE", help="Write a report instead: .sarif, or .ttl for SHACL's.")
@click.option(
    "--accept",
    type=_FILE,
    metavar="FILE",
    help="Write a baseline that accepts these findings; needs --by and --because.",
)
@click.option("--by", default="", metavar="BOARD", help="Who accepts; a board or a post, no person's name.")
@click.option("--because", default="", metavar="TEXT", help="Why they are accepted.")
@click.option("--until", default="", metavar="DATE", help="The last date on which that holds.")
@data_options
@format_option
def gaps_command(
    rules: tuple[str, ...],
    list_rules: bool,
    count: bool,
    first: int | None,
    fail_on: str | None,
    baseline: Path | None,
    tell_accepted: bool,
    since: Path | None,
    target: Path | None,
    accept: Path | None,
    by: str,
    because: str,
    until: str,
    data: tuple[Path, ...],
    engine: str,
    plans: tuple[str, ...],
    form: str,
    quiet: bool,
) -> int:
    """What the plans leave out or contradict, the gravest first.

    The severity of a rule can be changed under [severity] in cspgraph.toml, or set to "off". What a board has
    accepted, in a file of acceptances, is left out until its date is over.

    \b
    cspgraph gaps
    cspgraph gaps --rule priority-without-actions --format md
    cspgraph gaps --fail-on high --quiet
    cspgraph gaps --rule text-left-open --accept accepted.yaml --by "CSP board" --because "to be edited" --until 2027-03
    cspgraph gaps --baseline accepted.yaml --to gaps.sarif
    """
    from cspgraph.cli.progress import progress
    from cspgraph.findings import read_severities

    of_findings: dict[str, object] = {"--rule": rules, "--first": first, "--fail-on": fail_on, "--baseline": baseline,
                   "--accepted": tell_accepted, "--since": since, "--to": target, "--accept": accept}  # fmt: skip
    _refuse_what_is_passed_over(of_findings if list_rules else {}, (by, because, until), accept)
    if baseline is not None:
        data = (*(data or (data_folder(),)), baseline)
    graph = open_graph(data, engine, plans, quiet=quiet)
    if list_rules:
        columns = ["topic", "rule", "severity", "finds"]
        listed = _rules(graph.questions.of("gap"))
        if count:
            columns += _by_plan(listed, graph.count_gaps())
        emit(listed, form, columns)
        return 0
    severities = read_severities(Path.cwd())
    if count and not (since or target or accept or first):
        with progress("looking for gaps", quiet=quiet):
            numbers = graph.count_gaps(*rules, severities=severities, today=today())
        _tell_counts(numbers, plans, form, tell_accepted=tell_accepted, quiet=quiet)
        return _code(fail_on, (one.severity for one in numbers if one.left(plans).rows))
    with progress("looking for gaps", quiet=quiet):
        all_found = graph.gaps(*rules, severities=severities, today=today(), first=0 if since else first or 0)
    told = [finding for finding in all_found if not plans or finding.plan in plans]
    if since is not None:
        asked_for = _asked_for(graph, rules, severities, plans)
        told = _new_since(told, since, asked_for, form, tell_accepted=tell_accepted, quiet=quiet)[:first]
    found = told if tell_accepted else [finding for finding in told if not finding.accepted]
    if written := target or accept:
        _write(graph, found, target, accept, (by, because, until))
        note(f"{counted(len(found), 'finding')} written to {written}", form, quiet=quiet)
    _tell(found, form, count=count, written=written is not None)
    if first and first in (len(all_found), len(told)):
        note(f"these are the {first:,} gravest; --count tells how many there are", form, quiet=quiet)
    severities_found = Counter(finding.severity for finding in found)
    doubts = tally(finding.place.status for finding in found)
    lapsed = sum(bool(finding.lapsed) for finding in found)
    _summary(severities_found, doubts, len(told) - len(found), lapsed, form, quiet=quiet)
    return _code(fail_on, (finding.severity for finding in found if not finding.accepted))


def _refuse_what_is_passed_over(
    of_findings: dict[str, object], said: tuple[str, str, str], accept: Path | None
) -> None:
    """Raise CspgraphError for options about findings where rules are listed, and for words of an acceptance without one."""
    given = ", ".join(option for option, value in of_findings.items() if value)
    if given:
        raise CspgraphError("--rules lists the rules, and no finding of theirs", f"leave out --rules, or {given}")
    if any(said) and accept is None:
        raise CspgraphError("--by, --because and --until say how findings are accepted", "name a file with --accept")


def _tell(found: list[Finding], form: str, *, count: bool, written: bool) -> None:
    """Print findings, or how many each rule has; those that are written to a file are not told as well."""
    if count:
        _emit_counts(Counter((finding.severity, finding.rule, finding.title) for finding in found).items(), form)
    elif not written and form == "table":
        _print_findings(found)
    elif not written:
        columns = ["severity", "plan", "rule", "sentence", "absence", "source", "lines", "why", "fix"]
        emit(told := _Records(found), form, columns, records=told)


class _Records(Collection[dict[str, object]]):
    """Findings as rows, each made when it is told: of a nation's plans there are a million."""

    def __init__(self, found: list[Finding]) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[dict[str, object]]:
        return (finding.as_json() for finding in self._found)

    def __contains__(self, row: object) -> bool:
        return row in list(self)


def _tell_counts(
    counted: list[Counted], plans: tuple[str, ...], form: str, *, tell_accepted: bool, quiet: bool
) -> None:
    """Print how many findings each rule has: the numbers of those that are told, without telling them."""
    from cspgraph.findings import total

    told = [(one, total(one.found, plans) if tell_accepted else one.left(plans)) for one in counted]
    _emit_counts((((one.severity, one.rule.name, one.rule.title), numbers.rows) for one, numbers in told), form)
    by_severity: Counter[str] = Counter()
    for one, numbers in told:
        by_severity[one.severity] += numbers.rows
    doubts = doubtful(sum(numbers.inferred for _, numbers in told), sum(numbers.uncertain for _, numbers in told))
    left_out = sum(total(one.accepted, plans).rows for one in counted)
    lapsed = sum(total(one.lapsed, plans).rows for one in counted)
    _summary(by_severity, doubts, 0 if tell_accepted else left_out, lapsed, form, quiet=quiet)


def _emit_counts(counted: Iterable[tuple[tuple[str, str, str], int]], form: str) -> None:
    """Print how many findings each rule has: the gravest rules first, those that find most before those that find few."""
    rows = [
        {"severity": severity, "findings": number, "rule": rule, "finds": title}
        for (severity, rule, title), number in sorted(
            counted, key=lambda one: (_ORDER.index(one[0][0]), -one[1], one[0])
        )
        if number
    ]
    emit(rows, form, ["severity", "findings", "rule", "finds"])


def _code(fail_on: str | None, severities: Iterable[str]) -> int:
    grave = fail_on and any(_ORDER.index(severity) <= _ORDER.index(fail_on) for severity in severities)
    return FOUND if grave else 0


def _summary(counted: Counter[str], doubts: str, left_out: int, lapsed: int, form: str, *, quiet: bool) -> None:
    note("; ".join(f"{counted[severity]:,} {severity}" for severity in _ORDER), form, quiet=quiet)
    note(f"{counted.total():,} found; {doubts}", form, quiet=quiet)
    if left_out:
        note(f"{left_out:,} accepted and left out (--accepted tells them)", form, quiet=quiet)
    if lapsed:
        note(f"{lapsed:,} had been accepted for a time that is over", form, quiet=quiet)


def _new_since(
    found: list[Finding],
    saved: Path,
    asked_for: Callable[[str, str], bool],
    form: str,
    *,
    tell_accepted: bool,
    quiet: bool,
) -> list[Finding]:
    """Return the findings that are not among those saved, and say how many of those that were asked for are gone.

    Accepted ones that are not told are not said to be new: what was saved had left them out as well.
    """
    hint = "save one with: cspgraph gaps --format json > FILE"
    try:
        records = json.loads(saved.read_text(encoding="utf-8-sig"))
        before = {(one["rule"], one["plan"], one["focus"]["id"], one["sentence"]) for one in records}
    except FileNotFoundError:
        raise InputError.at(saved, 0, "there is no such file", hint) from None
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError.at(saved, 0, "these are no saved findings", hint) from None
    gone = sum(asked_for(rule, plan) for rule, plan, *_ in before - {finding.key for finding in found})
    new = [finding for finding in found if finding.key not in before]
    fresh = sum(tell_accepted or not finding.accepted for finding in new)
    note(f"since {saved.name}: {fresh:,} new, {gone:,} gone", form, quiet=quiet)
    return new


def _asked_for(
    graph: KnowledgeGraph, rules: tuple[str, ...], severities: dict[str, str], plans: tuple[str, ...]
) -> Callable[[str, str], bool]:
    """Return a test of whether a finding of a rule in a plan, were it still there, would have been found now."""
    off = {rule for rule, severity in severities.items() if severity == "off" and rule not in rules}
    # What such a rule finds may need a plan that was not asked.
    off |= {rule.name for rule in graph.questions.of("gap") if rule.across} if plans else set()
    return lambda rule, plan: rule in (rules or (rule,)) and rule not in off and plan in (plans or (plan,))


def _write(
    graph: KnowledgeGraph, found: list[Finding], target: Path | None, accept: Path | None, said: tuple[str, str, str]
) -> None:
    if target is not None:
        _report(graph, found, target)
    if accept is not None:
        _accept(found, accept, *said)


def _report(graph: KnowledgeGraph, found: list[Finding], target: Path) -> None:
    from cspgraph.files import write_whole
    from cspgraph.passages import source_files
    from cspgraph.reports import sarif, shacl

    if target.suffix == ".sarif":
        texts = {source: name for source, name, _ in source_files(graph.engine)}
        write_whole(target, sarif(found, graph.written(), texts))
    elif target.suffix == ".ttl":
        write_whole(target, shacl(found))
    else:
        raise click.UsageError(f"A report ends in .sarif or .ttl, not in '{target.suffix}'.")


def _accept(found: list[Finding], target: Path, by: str, because: str, until: str) -> None:
    from cspgraph.files import write_whole
    from cspgraph.judgements import acceptances
    from cspgraph.questions import day

    if not by or not because:
        raise click.UsageError("Say who accepts and why: --by BOARD --because TEXT.")
    if target.exists():
        raise InputError.at(target, 0, "the file is there already", "name another: a baseline is never overwritten")
    if until:
        day(until, last=True)
    named = [
        (finding.rule, finding.focus.id, shortened(f"{finding.title}: {finding.focus.label}", 90)) for finding in found
    ]
    content = acceptances(named, by, today(), because, until)
    write_whole(target, content.encode())


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


def _by_plan(listed: list[dict[str, Any]], counted: list[Counted]) -> list[str]:
    """Add to each rule listed how many findings it has in each plan; return the columns added."""
    found = {one.rule.name: one.found for one in counted}
    plans = sorted({plan for one in counted for plan, tally in one.found.items() if tally.rows})
    for rule in listed:
        rule.update({plan: found[rule["rule"]][plan].rows if plan in found[rule["rule"]] else 0 for plan in plans})
    return plans


def _places(told: list[Finding]) -> str:
    """Return where a finding was read and what is doubtful about it; of several, each with its reference and lines."""
    if len(told) == 1:
        return f"[{'; '.join([str(told[0].place), *_beside(told[0])])}]"
    home = {finding.place.source for finding in told}
    each = [
        f"{finding.focus.id.rpartition('/')[2]}:{finding.place.lines if len(home) == 1 else finding.place}"
        + "".join(f" ({words})" for words in _beside(finding))
        for finding in told
    ]
    return f"[{min(home) if len(home) == 1 else 'several documents'}; {', '.join(each)}]"


def _beside(finding: Finding) -> list[str]:
    """Return what is to be known beside a finding: its status, who disputes it, who accepted it."""
    said = [
        "" if finding.place.status == "stated" else finding.place.status,
        f"disputed by {finding.disputed}" if finding.disputed else "",
        f"accepted by {finding.accepted}" if finding.accepted else "",
        f"no longer accepted by {finding.lapsed}" if finding.lapsed else "",
    ]
    return [words for words in said if words]


_COLOURS = {"high": "red", "medium": "yellow", "low": "cyan"}


def _print_findings(found: list[Finding]) -> None:
    """Print findings by severity and rule, so that what they have in common is said once."""
    from cspgraph.findings import ABSENCES, told_together

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
            for sentence, told in told_together(group):
                absence = f" {ABSENCES[told[0].absence].capitalize()}." if told[0].absence else ""
                click.echo(f"    - {plain(sentence)}{absence} {click.style(plain(_places(told)), dim=True)}")
        click.echo()
