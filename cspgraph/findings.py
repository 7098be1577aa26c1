"""Findings: what the gap rules see, as sentences that a board member understands.

A rule says what is missing; here it is said where, with document and lines, and which of
three absences it is: stated to be none, not stated in a document that was read whole, or
not found in the part that was read. The third is never reported as the second.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cspgraph.errors import InputError
from cspgraph.evidence import Place, places
from cspgraph.judgements import judgements
from cspgraph.names import Thing, text, things
from cspgraph.questions import SEVERITIES, Catalogue, Question, run
from cspgraph.terms import CSP, local, short
from cspgraph.text import natural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cspgraph.engines import Engine, Term
    from cspgraph.judgements import Judgement

_Row = dict[str, "Term | None"]
_ABSENCES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?thing ?property ?kind WHERE { ?thing csp:absent ?absence . ?absence csp:absenceOf ?property ; csp:absenceKind ?kind } ORDER BY ?thing ?property
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
) -> list[Finding]:
    """Return the findings of the rules named, or of all, the gravest first.

    `severities` changes the severity of rules by name; `off` leaves a rule out. `today`, an ISO date, tells the
    acceptances that hold from those whose time is over; without it all hold. Raises UnknownName for a rule that
    is not there.
    """
    severities = severities or {}
    rows = [(question, row) for question in _chosen(catalogue, rules, severities) for row in _rows(question, engine)]
    teller = _Teller(engine, rows, severities, today)
    return sorted((teller.finding(question, row) for question, row in rows), key=lambda finding: finding.order)


def count(
    catalogue: Catalogue, engine: Engine, severities: Mapping[str, str] | None = None
) -> list[tuple[Question, Counter[str]]]:
    """Return how many findings each rule has in each plan, by the plan's id, the gravest rules first.

    The same as counting what `find` returns, without a sentence for any.
    """
    severities = severities or {}
    ran = [(question, list(_rows(question, engine))) for question in _chosen(catalogue, (), severities)]
    foci = {text(row["focus"]) for _, rows in ran for row in rows if not row.get("plan")}
    named = things(engine, foci, recall=True)

    def plan(row: _Row) -> str:
        return short(text(row["plan"])) if row.get("plan") else named[text(row["focus"])].plan

    def gravest(one: tuple[Question, object]) -> tuple[int, str]:
        return SEVERITIES.index(severities.get(one[0].name, one[0].header["severity"])), one[0].name

    return sorted(((question, Counter(map(plan, rows))) for question, rows in ran), key=gravest)


def _chosen(catalogue: Catalogue, rules: Iterable[str], severities: Mapping[str, str]) -> list[Question]:
    """Return the rules named, or all that no profile turns off. Raises UnknownName for a rule that is not there."""
    return [catalogue.get(name, "gap") for name in rules] or [
        question for question in catalogue.of("gap") if severities.get(question.name) != "off"
    ]


class _Teller:
    """What it takes to make findings of rows: names, places, absences, and what boards and analysts say."""

    def __init__(
        self, engine: Engine, rows: list[tuple[Question, _Row]], severities: Mapping[str, str], today: str
    ) -> None:
        foci = {text(row["focus"]) for _, row in rows}
        self.severities = severities
        groups = {text(row["group"]) for _, row in rows if row.get("group")}
        self.named = things(engine, foci | groups, recall=True)
        elsewhere = {text(row["where"]) for _, row in rows if row.get("where")}
        self.where = places(engine, sorted(foci | elsewhere), recall=True)
        self.facts = _Facts(engine)
        self.judged = _Judged(engine, today)

    def finding(self, question: Question, row: _Row) -> Finding:
        focus, header = text(row["focus"]), question.header
        plan = short(text(row["plan"])) if row.get("plan") else self.named[focus].plan
        severity = self.severities.get(question.name, "off")
        group = self.named.get(text(row.get("group")))
        return Finding(
            rule=question.name,
            title=question.title,
            # A rule that is off and asked by name runs all the same.
            severity=header["severity"] if severity == "off" else severity,
            focus=self.named[focus],
            plan=plan,
            sentence=_sentence(header["sentence"], row),
            place=self.where.get(text(row.get("where"))) or self.where.get(focus) or Place(),
            absence=self.facts.absence(self.named[focus], header.get("missing", ""), plan, text(row.get("stated"))),
            why=header["why"],
            fix=header["fix"],
            basis=header.get("basis", ""),
            group=group,
            together=_sentence(header["together"], row, group) if group and "together" in header else "",
            **self.judged.of(question.name, focus),
        )


def _rows(question: Question, engine: Engine) -> Iterator[_Row]:
    table = run(question, engine)
    for row in table.rows:
        yield dict(zip(table.columns, row, strict=True))


def _sentence(template: str, row: _Row, group: Thing | None = None) -> str:
    """Fill `{name}` with the values of a row; the first letter is a capital.

    In the sentence for a group, {group} is its label, and {count} and {label} wait until it is told.
    """

    def value(match: re.Match[str]) -> str:
        if group is None:
            return text(row.get(match[1]))
        return (
            match[0]
            if match[1] in ("count", "label")
            else group.label
            if match[1] == "group"
            else text(row.get(match[1]))
        )

    filled = re.sub(r"\{(\w+)\}", value, template)
    return filled[:1].upper() + filled[1:]


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
    """What sentences need besides the rows: stated absences, and how much of each document was read."""

    def __init__(self, engine: Engine) -> None:
        self.absences = {
            (text(thing), text(prop)): local(text(kind)) for thing, prop, kind in engine.recall(_ABSENCES).rows
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
