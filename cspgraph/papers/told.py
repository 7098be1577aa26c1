"""What the paper says of findings: the weightiest first, each with its number, its lines and what would mend it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from cspgraph.findings import told_together
from cspgraph.papers.model import Column, Items, Section, Table, Words, listed, safe
from cspgraph.questions import SEVERITIES
from cspgraph.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cspgraph.evidence import Place
    from cspgraph.findings import Finding
    from cspgraph.names import Thing
    from cspgraph.papers.model import Cell

_MOST = 5  # sentences of one rule in the body; all stand in the appendix
_ABSENCES = {
    "none": ("none, it says", "the document says that there is none"),
    "tbc": ("to be confirmed", "still to be confirmed, the document says"),
    "n/a": ("not applicable", "the document says that it does not apply"),
    "not-stated": ("not stated", "not stated, in a document that was read whole"),
    "not-found": ("not found", "not found in the part that was read; it may stand in the rest"),
    "": ("", "nothing is absent: something is there that contradicts, ends too early or cannot be read"),
}

_ALL = (
    Column("Weight", 1, role="head"),
    Column("Rule", 3, role="head"),
    Column("No.", 0.75, "number"),
    Column("Finding", 9),
    Column("Reference", 2.1),
    Column("Lines", 2.2),
    Column("Absence, standing", 2.1),
    Column("Plan", 2, role="sheet"),
    Column("Name of the rule", 2.5, role="sheet"),
    Column("Absence", 1.5, role="sheet"),
    Column("Standing", 1.5, role="sheet"),
    Column("Document", 3, role="sheet"),
    Column("Why doubtful", 3, role="sheet"),
)


@dataclass(frozen=True)
class Numbered:
    """The findings of a paper, each with the number by which the paper speaks of it."""

    all: tuple[tuple[int, Finding], ...]

    @classmethod
    def of(cls, found: Iterable[Finding]) -> Numbered:
        """Return findings numbered plan by plan, the weightiest rules first, those of one rule in a row."""
        found = list(found)
        order = {rule: at for at, (rule, *_) in enumerate(_rules(found))}
        ordered = sorted(found, key=lambda one: (one.plan, SEVERITIES.index(one.severity), order[one.rule], one.order))
        return cls(tuple(enumerate(ordered, 1)))

    @property
    def open(self) -> list[Finding]:
        """The findings that no board has accepted."""
        return [finding for _, finding in self.all if not finding.accepted]

    def rules(self) -> list[tuple[str, list[Finding]]]:
        """Return each rule with its findings that nobody accepted, the weightiest first, then the most frequent."""
        return _rules(self.open)

    def numbers(self, findings: Iterable[Finding]) -> str:
        """Return the numbers of findings, those in a row as a range."""
        wanted = {id(finding) for finding in findings}
        found = [number for number, finding in self.all if id(finding) in wanted]
        runs: list[list[int]] = []
        for number in found:
            if runs and runs[-1][-1] == number - 1:
                runs[-1][-1] = number
            else:
                runs.append([number, number])
        return ", ".join(f"{first}" if first == last else f"{first}\u2013{last}" for first, last in runs)


def _rules(found: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    rules: dict[str, list[Finding]] = {}
    for one in found:
        rules.setdefault(one.rule, []).append(one)
    return sorted(rules.items(), key=lambda rule: (SEVERITIES.index(rule[1][0].severity), -len(rule[1]), rule[0]))


def lines(place: Place) -> str:
    """Return the lines of a place, without the characters in them: `364, 369-371`."""
    return (
        ", ".join(dict.fromkeys(re.sub(r":.*", "", piece) for piece in place.lines.split(","))) if place.lines else ""
    )


def read_in(place: Place) -> str:
    """Return document and lines as they follow a sentence."""
    if not place.source:
        return ""
    said = lines(place)
    one = said.isdigit()
    return place.source + (f", {'line' if one else 'lines'} {said}" if said else "")


def standing(finding: Finding) -> str:
    """Return what is to be known beside a finding: whether it rests on a doubt, is accepted, or disputed."""
    said = ["" if finding.place.status == "stated" else finding.place.status]
    said += [word for word in ("accepted", "disputed") if getattr(finding, word)]
    said += ["no longer accepted"] if finding.lapsed else []
    return "; ".join(filter(None, said))


def _where(told: Sequence[Finding]) -> str:
    """Return where a sentence was read; of one that tells several findings, each reference with its lines."""
    if len(told) == 1:
        said = [read_in(told[0].place), standing(told[0])]
    else:
        each = [f"{reference(one.focus)} {lines(one.place)}".strip() for one in told]
        said = [told[0].place.source, listed(each, 8)]
    absence = _ABSENCES[told[0].absence][1] if told[0].absence else ""
    return "; ".join(filter(None, [*said, absence]))


def reference(thing: Thing) -> str:
    """Return the reference of a thing, without its plan."""
    return safe(thing.id.removeprefix(f"{thing.plan}/") if thing.plan else thing.id, 80)


# -------------------------------------------------------------------- sections


def weightiest(found: Numbered) -> Table:
    """Return the table that stands first: the gravest rules, how many findings each has, what would mend them."""
    rows = [
        (some[0].title, len(some), some[0].why, some[0].fix)
        for _, some in found.rules()
        if some[0].severity == SEVERITIES[0]
    ]
    return Table(
        "What weighs most",
        "Each kind of finding of high weight, how many there are, why it matters and what would mend it.",
        (
            Column("What is found", 2.2),
            Column("Findings", 1.1, "number"),
            Column("Why it matters", 3),
            Column("What would mend it", 3),
        ),
        tuple(rows[:8]),
        "Weightiest",
    )


def findings_sections(found: Numbered, plans: Sequence[Thing]) -> list[Section]:
    """Return the sections on findings: how many, the grave ones in sentences, the others in a table, and the judged."""
    sections = [
        Section(
            "Findings in order of weight",
            1,
            (
                Words(
                    "A finding is something that a plan leaves out, leaves open or contradicts, or that will have nothing "
                    "to rest on. It is about the document: what is not written may well be done. Each has a number, by "
                    "which Appendix A gives it with its lines. The weight belongs to the rule that finds it; under one "
                    "weight the most frequent comes first."
                ),
                _by_plan(found, plans),
                _by_absence(found),
            ),
        )
    ]
    grave = [some for _, some in found.rules() if some[0].severity == SEVERITIES[0]]
    if grave:
        sections.append(
            Section(
                "Findings of high weight",
                2,
                (Words("Of each kind up to five are told here, those of several plans in turn."),),
            )
        )
        sections += [_rule(found, some) for some in grave]
    others = [some for _, some in found.rules() if some[0].severity != SEVERITIES[0]]
    if others:
        sections.append(Section("Findings of medium and low weight", 2, (_others(found, others),)))
    return [*sections, _judged(found)]


def _by_plan(found: Numbered, plans: Sequence[Thing]) -> Table:
    counts = Counter((one.plan, one.severity) for one in found.open)
    names = {plan.id: plan.label for plan in plans}
    rows: list[tuple[Cell, ...]] = []
    for plan in dict.fromkeys([*names, *(plan for plan, _ in counts)]):
        numbers = [counts[plan, severity] for severity in SEVERITIES]
        rows.append((safe(names.get(plan) or "What plans share"), *numbers, sum(numbers)))
    if len(rows) > 1:
        rows.append(("All together", *(sum(row[at] for row in rows) for at in range(1, 5))))  # type: ignore[misc]
    return Table(
        "Findings by plan and weight",
        "How many findings of high, medium and low weight each plan has, those that a board accepted left out.",
        (Column("Plan", 5), *(Column(word.capitalize(), 1, "number") for word in (*SEVERITIES, "all"))),
        tuple(rows),
        "Findings by plan",
    )


def _by_absence(found: Numbered) -> Table:
    counts = Counter(one.absence for one in found.open)
    return Table(
        "What sort of absence it is",
        "How many findings there are of each sort of absence, which are kept apart.",
        (Column("What the document says", 6), Column("Findings", 1, "number")),
        tuple((said.capitalize(), counts[absence]) for absence, (_, said) in _ABSENCES.items() if counts[absence]),
        "Absences",
    )


def _rule(found: Numbered, some: list[Finding]) -> Section:
    first = some[0]
    told = _in_turn(told_together(some))
    items = Items(tuple((sentence, _where(findings)) for sentence, findings in told[:_MOST]))
    basis = f" Basis: {first.basis}" if first.basis else ""
    rest = sum(len(findings) for _, findings in told[_MOST:])
    return Section(
        f"{first.title} ({len(some):,})",
        3,
        (
            Words(safe(f"{first.why} What would mend it: {first.fix}{basis}")),
            items,
            Words(f"{f'{rest:,} more in' if rest else 'In'} Appendix A, numbers {found.numbers(some)}.", quiet=True),
        ),
    )


def _in_turn(told: list[tuple[str, list[Finding]]]) -> list[tuple[str, list[Finding]]]:
    """Return what is told with the plans taking turns, so that the first few sentences are not all of one."""
    plans: dict[str, list[tuple[str, list[Finding]]]] = {}
    for one in told:
        plans.setdefault(one[1][0].plan, []).append(one)
    return [one for one in chain.from_iterable(zip_longest(*plans.values())) if one]


def _others(found: Numbered, others: list[list[Finding]]) -> Table:
    rows = tuple(
        (
            some[0].severity.capitalize(),
            some[0].title,
            len(some),
            some[0].why,
            some[0].fix,
            found.numbers(some),
        )
        for some in others
    )
    return Table(
        "Findings of medium and low weight",
        "Each kind of finding, how many there are, why it matters, what would mend it, and their numbers in Appendix A.",
        (
            Column("Weight", 1, role="head"),
            Column("What is found", 2.2),
            Column("Findings", 1.1, "number"),
            Column("Why it matters", 2.9),
            Column("What would mend it", 2.9),
            Column("Numbers", 1.6),
        ),
        rows,
        "Other findings",
        small=True,
    )


def _judged(found: Numbered) -> Section:
    rows = [
        (number, finding.sentence, what, getattr(finding, name))
        for number, finding in found.all
        for name, what in (("accepted", "accepted"), ("lapsed", "no longer accepted"), ("disputed", "disputed"))
        if getattr(finding, name)
    ]
    title = "Findings that are accepted or disputed"
    if not rows:
        return Section(title, 2, (Words("No board has accepted a finding, and nobody disputes one."),))
    columns = (
        Column("No.", 0.6, "number"),
        Column("Finding", 4),
        Column("What", 1.2),
        Column("By whom, when and why", 3),
    )
    summary = "Each finding that a board lets stand, or that somebody holds to be wrong, by whom, when and why."
    said = Words(
        "What a board has accepted stands in Appendix A all the same, and is not counted elsewhere in this paper."
    )
    return Section(title, 2, (said, Table(title, summary, columns, tuple(rows), "Judged")))


def doubtful(found: Numbered) -> Table | None:
    """Return the grave findings that rest on an inferred or uncertain statement, with why it is so; None without any."""
    rows = tuple(
        (number, one.sentence, one.place.status, one.place.why, read_in(one.place))
        for number, one in found.all
        if one.place.status != "stated" and one.severity == SEVERITIES[0] and not one.accepted
    )
    if not rows:
        return None
    return Table(
        "Findings of high weight that rest on a doubt",
        "Each finding of high weight that was read from an inferred or an uncertain statement, and why that is so.",
        (
            Column("No.", 0.6, "number"),
            Column("Finding", 4),
            Column("Status", 1),
            Column("Why", 3),
            Column("Where", 2),
        ),
        rows,
        "Doubts",
        small=True,
    )


def appendix(found: Numbered, plans: Sequence[Thing]) -> list[Section]:
    """Return the appendix: every finding, plan by plan."""
    said = Words(
        "Every finding, one to a line. Lines are those of the document named in the heading of the table. "
        "\u201cNot stated\u201d means: not in a document that was read whole; \u201cnot found\u201d: not in the part that was read.",
        quiet=True,
    )
    sections = [Section("Appendix A: All findings", 1, (said,))]
    names = {plan.id: plan.label for plan in plans}
    by_plan: dict[str, list[tuple[int, Finding]]] = {}
    for number, finding in found.all:
        by_plan.setdefault(finding.plan, []).append((number, finding))
    for plan, group in by_plan.items():
        sections.append(Section(safe(names.get(plan) or "What plans share", 160), 2, (_all(plan, group),)))
    return sections


def _all(plan: str, group: list[tuple[int, Finding]]) -> Table:
    home = Counter(one.place.source for _, one in group if one.place.source).most_common(1)
    source = home[0][0] if home else ""
    totals = Counter(one.rule for _, one in group)
    rows = tuple(
        (
            one.severity.capitalize(),
            f"{one.title} ({totals[one.rule]:,})",
            number,
            one.sentence,
            reference(one.focus),
            (lines(one.place) if one.place.source == source else read_in(one.place)),
            "; ".join(filter(None, (_ABSENCES[one.absence][0], standing(one)))),
            plan,
            one.rule,
            _ABSENCES[one.absence][0],
            standing(one),
            one.place.source,
            one.place.why,
        )
        for number, one in group
    )
    return Table(
        f"{counted(len(group), 'finding')}; lines of {source}" if source else counted(len(group), "finding"),
        "Every finding of the plan with its number, reference, lines, sort of absence and standing.",
        _ALL,
        rows,
        "All findings",
        small=True,
    )
