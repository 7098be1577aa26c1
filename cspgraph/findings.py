"""Findings: what the gap rules see, as sentences that a board member understands.

A rule says what is missing; here it is said where, with document and lines, and which of
three absences it is: stated to be none, not stated in a document that was read whole, or
not found in the part that was read. The third is never reported as the second.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import pyoxigraph as ox

from cspgraph.errors import InputError
from cspgraph.judgements import judgements
from cspgraph.names import Thing, asked, text, things
from cspgraph.partitions import Answers, Tally, place_of, places_of, plan_of, tally_of
from cspgraph.questions import SEVERITIES, Catalogue, Question
from cspgraph.terms import CSP, NUMBERS, local, short
from cspgraph.text import natural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from cspgraph.engines import Engine, Term
    from cspgraph.evidence import Place
    from cspgraph.judgements import Judgement
    from cspgraph.partitions import Row

_ABSENCES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?thing ?property ?kind WHERE {{
  VALUES ?thing {{ {values} }}
  ?thing csp:absent ?absence . ?absence csp:absenceOf ?property ; csp:absenceKind ?kind
}} ORDER BY ?thing ?property
"""
_EXTENTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?plan ?extent ?missing WHERE {
  ?plan csp:source ?source . ?source csp:extent ?extent . OPTIONAL { ?source csp:missing ?missing }
} ORDER BY ?plan ?extent ?missing
"""
# What says in its own row or section all that is said of it; the rest may stand on a page that is missing.
_IN_ITS_PLACE = frozenset({"Action", "Commitment", "Indicator", "Outcome", "Priority", "RecordItem", "Target"})
# What documents say in a chapter or chart of its own, and not in the row of each thing.
_IN_A_CHAPTER = frozenset({"csp:alignment", "csp:overseenBy", "csp:reasonFor"})
ABSENCES = {
    "none": "stated to be none",
    "tbc": "stated to be to be confirmed",
    "n/a": "stated not to apply",
    "not-stated": "not stated in a document that was read whole",
    "not-found": "not found in the part that was read",
}


@dataclass(frozen=True)
class Finding:
    """One hole in the world that a plan describes.

    `accepted` says which board lets it stand, since when, until when and why; `lapsed` the same of an acceptance
    whose time is over; `disputed` who holds the finding to be wrong. Each is empty where there is none. `group` is
    the thing under which like findings may be told together, and `together` the sentence for that, in which
    {count} and {label} (of the first) are still to be filled.
    """

    rule: str
    title: str
    severity: str
    focus: Thing
    plan: str
    sentence: str
    place: Place
    absence: str
    why: str
    fix: str
    basis: str
    accepted: str = ""
    lapsed: str = ""
    disputed: str = ""
    group: Thing | None = None
    together: str = ""
    brief: ClassVar[tuple[str, ...]] = ("severity", "plan", "sentence", "source", "lines", "absence", "rule")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same finding as one of another day: rule, plan, thing and sentence."""
        return self.rule, self.plan, self.focus.id, self.sentence

    @property
    def order(self) -> tuple[int, str, tuple[tuple[int, str], ...], str]:
        """What findings are sorted by: severity, plan, reference, rule."""
        return SEVERITIES.index(self.severity), self.plan, natural(self.focus.id), self.rule

    def as_json(self) -> dict[str, object]:
        """Return the finding as one object, the keys of which are a contract."""
        return {
            "rule": self.rule,
            "title": self.title,
            "severity": self.severity,
            "plan": self.plan,
            "focus": self.focus.cell(),
            "sentence": self.sentence,
            "absence": self.absence,
            "source": self.place.source,
            "lines": self.place.lines,
            "status": self.place.status,
            "why": self.why,
            "fix": self.fix,
            "basis": self.basis,
            "accepted": self.accepted,
            "lapsed": self.lapsed,
            "disputed": self.disputed,
            "group": self.group.cell() if self.group else None,
        }


def find(
    catalogue: Catalogue,
    engine: Engine,
    rules: Iterable[str] = (),
    severities: Mapping[str, str] | None = None,
    today: str = "",
    first: int = 0,
    plans: Collection[str] | None = None,
) -> list[Finding]:
    """Return the findings of the rules named, or of all, the gravest first; with `first`, no more than so many.

    `severities` changes the severity of rules by name; `off` leaves a rule out. `today`, an ISO date, tells the
    acceptances that hold from those whose time is over; without it all hold. `plans` are the ids of those whose
    findings are wanted, "" for what no plan owns. Raises UnknownName for a rule that is not there.
    """
    severities = severities or {}
    answers = Answers(engine, chosen(catalogue, rules, severities))
    rows = list(_gravest(answers, severities, first, plans) if first else answers.rows(plans=plans))
    teller = _Teller(engine, rows, severities, today)
    found = sorted((teller.finding(question, row) for question, row in rows), key=lambda finding: finding.order)
    return found[:first] if first else found


def _gravest(
    answers: Answers, severities: Mapping[str, str], first: int, wanted: Collection[str] | None
) -> Iterator[tuple[Question, Row]]:
    """Yield the rows of the gravest rules, plan by plan as findings are sorted, until there are enough of them."""
    told = 0
    for severity in SEVERITIES:
        rules = {name for name, rule in answers.rules.items() if _severity(rule, severities) == severity}
        plans = {plan for (rule, plan), rows in answers.counts.items() if rows and rule in rules}
        for plan in sorted(plans if wanted is None else plans.intersection(wanted)):
            if told >= first:
                return
            for row in answers.rows(rules, {plan}):
                told += 1
                yield row


class Counted(NamedTuple):
    """How many findings a rule has, by the plan's id: all, those that a board has accepted, and no longer accepts."""

    rule: Question
    severity: str
    found: dict[str, Tally]
    accepted: dict[str, Tally]
    lapsed: dict[str, Tally]

    def left(self, plans: Collection[str] = ()) -> Tally:
        """Return how many findings there are in some plans, or in all, besides those that are accepted."""
        found, accepted = total(self.found, plans), total(self.accepted, plans)
        return Tally(*(number - less for number, less in zip(found, accepted, strict=True)))


def counted_of(catalogue: Catalogue, found: Iterable[Finding]) -> list[Counted]:
    """Return findings that were told as `count` returns them; rules that found nothing are left out."""
    counted: dict[str, Counted] = {}
    for finding in found:
        rule = catalogue.get(finding.rule, "gap")
        one = counted.setdefault(rule.name, Counted(rule, finding.severity, {}, {}, {}))
        status = finding.place.status
        single = Tally(1, status == "inferred", status == "uncertain")
        for kept, wanted in ((one.found, True), (one.accepted, finding.accepted), (one.lapsed, finding.lapsed)):
            if wanted:
                kept[finding.plan] = Tally(*map(sum, zip(kept.get(finding.plan, Tally()), single, strict=True)))
    return sorted(counted.values(), key=lambda one: (SEVERITIES.index(one.severity), one.rule.name))


def total(tallies: Mapping[str, Tally], plans: Collection[str] = ()) -> Tally:
    """Return the sum of tallies by plan, over some plans or all."""
    chosen = [tally for plan, tally in tallies.items() if not plans or plan in plans]
    return Tally(*map(sum, zip(*chosen, strict=True))) if chosen else Tally()


def count(
    catalogue: Catalogue,
    engine: Engine,
    rules: Iterable[str] = (),
    severities: Mapping[str, str] | None = None,
    today: str = "",
) -> list[Counted]:
    """Return how many findings each rule has in each plan, the gravest rules first.

    The same as counting what `find` returns, without a sentence for any. Raises UnknownName for a rule that is not
    there.
    """
    severities = severities or {}
    answers = Answers(engine, chosen(catalogue, rules, severities))
    judged = _Judged(engine, today).said
    counted = {name: Counted(rule, _severity(rule, severities), {}, {}, {}) for name, rule in answers.rules.items()}
    for (rule, plan), tally in answers.tallies().items():
        counted[rule].found[plan] = tally
    for rule in answers.rules.keys() & {rule for rule, _ in judged}:
        for what in ("accepted", "lapsed"):
            rows: dict[str, list[Row]] = {}
            for _, row in answers.rows({rule}):
                if what in judged.get((rule, text(row["focus"])), {}):
                    rows.setdefault(plan_of(row), []).append(row)
            where = places_of(engine, chain.from_iterable(rows.values()))
            getattr(counted[rule], what).update({plan: tally_of(some, where) for plan, some in rows.items()})
    return sorted(counted.values(), key=lambda one: (SEVERITIES.index(one.severity), one.rule.name))


def _severity(rule: Question, severities: Mapping[str, str]) -> str:
    """Return the severity of a rule as a profile has it; a rule that is off and asked by name runs all the same."""
    said = severities.get(rule.name, "off")
    return rule.header["severity"] if said == "off" else said


def chosen(catalogue: Catalogue, rules: Iterable[str], severities: Mapping[str, str]) -> list[Question]:
    """Return the rules named, or all that no profile turns off. Raises UnknownName for a rule that is not there."""
    return [catalogue.get(name, "gap") for name in rules] or [
        question for question in catalogue.of("gap") if severities.get(question.name) != "off"
    ]


class _Teller:
    """What it takes to make findings of rows: names, places, absences, and what boards and analysts say."""

    def __init__(
        self, engine: Engine, rows: list[tuple[Question, Row]], severities: Mapping[str, str], today: str
    ) -> None:
        foci = {text(row["focus"]) for _, row in rows}
        self.severities = severities
        groups = {text(row["group"]) for _, row in rows if row.get("group")}
        self.named = things(engine, foci | groups, recall=True)
        self.where = places_of(engine, (row for _, row in rows), recall=True)
        self.facts = _Facts(engine, foci)
        self.judged = _Judged(engine, today)

    def finding(self, question: Question, row: Row) -> Finding:
        focus, header = text(row["focus"]), question.header
        plan = plan_of(row)
        group = self.named.get(text(row.get("group")))
        return Finding(
            rule=question.name,
            title=question.title,
            severity=_severity(question, self.severities),
            focus=self.named[focus],
            plan=plan,
            sentence=_sentence(header["sentence"], row),
            place=place_of(row, self.where),
            absence=self.facts.absence(self.named[focus], header.get("missing", ""), plan, text(row.get("stated"))),
            why=header["why"],
            fix=header["fix"],
            basis=header.get("basis", ""),
            group=group,
            together=_sentence(header["together"], row, group) if group and "together" in header else "",
            **self.judged.of(question.name, focus),
        )


def _sentence(template: str, row: Row, group: Thing | None = None) -> str:
    """Fill `{name}` with the values of a row; the first letter is a capital.

    In the sentence for a group, {group} is its label, and {count} and {label} wait until it is told.
    """

    def value(match: re.Match[str]) -> str:
        if group is None or match[1] not in ("count", "label", "group"):
            return _said(row.get(match[1]))
        return group.label if match[1] == "group" else match[0]

    filled = re.sub(r"\{(\w+)\}", value, template)
    return filled[:1].upper() + filled[1:]


def _said(term: Term | None) -> str:
    """Return a value as a sentence has it: a number with its thousands apart."""
    said = text(term)
    number = isinstance(term, ox.Literal) and term.datatype.value in NUMBERS
    return f"{Decimal(said):,}" if number else said


def told_together(found: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return sentences with the findings that each tells: like ones under one group in one sentence, in order."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in found:
        alone = finding.key if not finding.together or finding.accepted or finding.lapsed or finding.disputed else ()
        key = (finding.rule, finding.plan, finding.together, finding.absence, finding.group, alone)
        groups.setdefault(key, []).append(finding)
    return [(_told(findings), findings) for findings in groups.values()]


def _told(findings: list[Finding]) -> str:
    first = findings[0]
    if len(findings) == 1:
        return first.sentence
    filled = first.together.replace("{count}", f"{len(findings):,}", 1)
    return filled.replace("{label}", first.focus.label, 1)


class _Judged:
    """What boards and analysts say of findings, by rule and thing."""

    def __init__(self, engine: Engine, today: str) -> None:
        self.said: dict[tuple[str, str], dict[str, str]] = {}
        for one in judgements(engine, "Acceptance"):
            over = bool(one.until and today and one.until < today)
            until = f", until {one.until}" if one.until else ""
            self._say(one, "lapsed" if over else "accepted", f"{one.by}, {one.when}{until}: {one.because}")
        for one in judgements(engine, "Disagreement"):
            if one.rule:
                self._say(one, "disputed", str(one))

    def _say(self, one: Judgement, what: str, words: str) -> None:
        self.said.setdefault((one.rule, one.about), {})[what] = words

    def of(self, rule: str, focus: str) -> dict[str, str]:
        return self.said.get((rule, focus), {})


class _Facts:
    """What sentences need besides the rows: absences stated of some things, and how much of each document was read."""

    def __init__(self, engine: Engine, foci: Iterable[str]) -> None:
        self.absences = {
            (text(thing), text(prop)): local(text(kind)) for thing, prop, kind in asked(engine.recall, _ABSENCES, foci)
        }
        self.extents: dict[str, set[tuple[str, bool]]] = {}
        for plan, extent, missing in engine.recall(_EXTENTS).rows:
            self.extents.setdefault(short(text(plan)), set()).add((local(text(extent)), missing is not None))

    def absence(self, focus: Thing, missing: str, plan: str, kind: str = "") -> str:
        """Return which absence it is; `kind` is what a rule found stated where it looked, below the focus perhaps.

        Of a text whose pages are not all there, a row that is there was read whole, and the plan was not: which board
        oversees a priority may stand in the chart that is missing.
        """
        stated = local(kind) if kind else self.absences.get((focus.iri, missing.replace("csp:", CSP)), "")
        if stated:
            return {"absenceKind-none": "none", "absenceKind-tbc": "tbc"}.get(stated, "n/a")
        if not missing:
            return ""
        extents = self.extents.get(plan, set())
        read = extents == {("extent-whole", False)} or (
            extents == {("extent-whole", True)} and focus.kind in _IN_ITS_PLACE and missing not in _IN_A_CHAPTER
        )
        return "not-stated" if read else "not-found"


# -------------------------------------------------------------------- the profile


def read_severities(start: Path) -> dict[str, str]:
    """Return the severities that `cspgraph.toml` sets, looked for upwards from a folder, then in the user's own.

    Raises InputError for a file that is not TOML, or a severity that is none.
    """
    folders = [*(folder for folder in (start, *start.parents)), Path.home() / ".config" / "cspgraph"]
    path = next((folder / "cspgraph.toml" for folder in folders if (folder / "cspgraph.toml").is_file()), None)
    if path is None:
        return {}
    try:
        profile = tomllib.loads(path.read_text(encoding="utf-8")).get("severity", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError.at(path, 0, f"this is not TOML: {error}") from None
    if not isinstance(profile, dict):
        raise InputError.at(path, 0, "'severity' is not a table", 'write [severity], then rule = "low"')
    for rule, severity in profile.items():
        if severity not in (*SEVERITIES, "off"):
            raise InputError.at(
                path,
                0,
                f"'{severity}' is not a severity (for the rule {rule})",
                f"known are: {', '.join(SEVERITIES)}, off",
            )
    return profile
