"""What the paper says, computed once from the graph's own answers: the numbers in front, and how they were come by."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cspgraph import __version__
from cspgraph.coverage.frameworks import coverages
from cspgraph.errors import CspgraphError
from cspgraph.findings import find
from cspgraph.inventory import counts
from cspgraph.names import text
from cspgraph.papers.model import LONGEST, Column, Items, Paper, Section, Table, Words, finished, listed, safe, shown
from cspgraph.papers.sections import (
    coverage_sections,
    doubt_section,
    horizon_section,
    load_section,
    plans_of,
    read_section,
)
from cspgraph.papers.told import Numbered, appendix, findings_sections, weightiest
from cspgraph.questions import SEVERITIES
from cspgraph.text import counted
from cspgraph.tracing.horizon import horizon
from cspgraph.tracing.load import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cspgraph.coverage.frameworks import Coverage
    from cspgraph.engines import Engine
    from cspgraph.names import Thing
    from cspgraph.papers.model import Cell
    from cspgraph.questions import Catalogue
    from cspgraph.tracing.horizon import Event
    from cspgraph.tracing.load import Load

_HASHES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?graph ?hash WHERE { ?graph csp:contentHash ?hash } ORDER BY ?graph
"""
# Rules of which the first page says how many things they meet, of how many of that kind.
_HEADLINES = {
    "action-without-lead": ("Action", "Actions with nobody named as lead"),
    "action-without-timescale": ("Action", "Actions that do not say when"),
    "action-without-money": ("Action", "Actions with no sum of money"),
    "priority-without-actions": ("Priority", "Priorities without an action"),
    "priority-without-indicator": ("Priority", "Priorities that nothing measures"),
    "indicator-without-target": ("Indicator", "Indicators without a target"),
}

_NUMBERS = (
    Column("What", 3.6),
    Column("Number", 1.1, "number"),
    Column("of", 0.7, "number"),
    Column("Command", 5),
)
_LIMITS = (
    "It says what documents say. It does not say what was done, whether it worked, or what was agreed elsewhere.",
    (
        "What is not in a document that was read whole is called not stated; what is not in the part that was read is "
        "called not found, because it may stand in the rest."
    ),
    "Where columns were scrambled or a reference unclear, a reader chose; such statements are marked and counted.",
    "Dates may have passed since: the paper does not know what happened afterwards unless a document says so.",
    "Wider plans are known by their priorities, some of them from public pages only.",
    "A party's manifesto is no plan of a partnership: its pledges are never counted as actions.",
    "Nobody is named: where a document names a person, a post stands here, or that it was a person.",
    f"A sentence longer than {LONGEST} characters is cut, with an ellipsis.",
)


@dataclass(frozen=True)
class Asked:
    """What was asked for: plans by id, the span of dates as given and as ISO dates, the date of the paper, severities."""

    plans: tuple[str, ...] = ()
    span: tuple[str, str] = ("", "")
    between: tuple[str, str] = ("", "")
    dated: str = ""
    severities: Mapping[str, str] = field(default_factory=dict)

    def command(self, words: str, *, dates: bool = False) -> str:
        """Return a command that answers for the same plans and, with `dates`, the same span."""
        for option, day in zip(("--from", "--to"), self.span, strict=True):
            words += f" {option} {shlex.quote(day)}" if dates and day else ""
        return "cspgraph " + " ".join([words, *(f"--plan {shlex.quote(plan)}" for plan in self.plans)])


@dataclass(frozen=True)
class _Answers:
    """What the graph answers, each asked once."""

    plans: list[Thing]
    found: Numbered
    events: list[Event]
    load: list[Load]
    coverage: list[Coverage]
    kinds: Counter[str]


def paper(engine: Engine, catalogue: Catalogue, asked: Asked) -> Paper:
    """Return the paper on the plans that the engine sees. Raises CspgraphError where there is none."""
    answers = _answers(engine, catalogue, asked)
    if not answers.plans:
        raise CspgraphError("there is no plan to write a paper of", "name plan files with --data")
    span = _span(asked)
    sections = [
        _summary(answers, asked),
        *findings_sections(answers.found, answers.plans),
        *coverage_sections(answers.coverage),
        horizon_section(answers.events, span, several=len(answers.plans) > 1),
        load_section(answers.load, answers.plans),
        doubt_section(engine, answers.found, answers.events, answers.coverage, answers.plans),
        read_section(engine, answers.plans),
        _method(catalogue, asked),
        *appendix(answers.found, answers.plans),
    ]
    one = answers.plans[0].label if len(answers.plans) == 1 else ""
    labels = listed([safe(plan.label, 80) for plan in answers.plans], 12)
    return Paper(
        title=safe(one, 160) or "Community safety plans",
        subtitle="What the plan leaves open, what it rests on, and what ends"
        if one
        else "What the plans leave open, what they rest on, and what ends",
        facts=(
            ("Plans" if not one else "Plan", labels),
            ("Date", shown(_day(asked.dated)) if asked.dated else "none given; every acceptance counts as standing"),
            ("Data", f"fingerprint {_fingerprint(engine)}; the same data give the same paper, byte for byte"),
        ),
        sections=finished(sections),
        dated=asked.dated,
    )


def _answers(engine: Engine, catalogue: Catalogue, asked: Asked) -> _Answers:
    found = find(catalogue, engine, (), dict(asked.severities), asked.dated)
    plans = plans_of(engine)
    ids = {plan.id for plan in plans}
    kinds: Counter[str] = Counter()
    for count in counts(engine):
        kinds[count.kind] += count.things if count.plan in ids else 0
    return _Answers(
        plans=plans,
        found=Numbered.of(one for one in found if not asked.plans or one.plan in asked.plans),
        events=[
            event
            for event in horizon(engine, *asked.between)
            if not asked.plans or event.thing.plan in asked.plans or event.carries
        ],
        load=load(engine),
        coverage=coverages(engine),
        kinds=kinds,
    )


def _span(asked: Asked) -> str:
    first, last = asked.span
    return safe("".join((f" from {first}" if first else "", f" to {last}" if last else "")))


def _day(dated: str) -> Cell:
    from datetime import date

    return date.fromisoformat(dated)


def _fingerprint(engine: Engine) -> str:
    """Return a short checksum over the plans and what they share, as they were loaded."""
    rows = [f"{text(graph)} {text(digest)}" for graph, digest in engine.recall(_HASHES).rows]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]


# -------------------------------------------------------------------- in short


def _summary(answers: _Answers, asked: Asked) -> Section:
    found = answers.found.open
    by = Counter(one.severity for one in found)
    plans = counted(len(answers.plans), "plan")
    first = (
        f"This paper is about {plans} with {counted(answers.kinds['Priority'], 'priority', 'priorities')}, "
        f"{counted(answers.kinds['Action'], 'action')} and {counted(answers.kinds['Indicator'], 'indicator')}. "
        f"It holds {counted(len(found), 'finding')}: {by['high']:,} of high weight, {by['medium']:,} of medium and "
        f"{by['low']:,} of low. Every one names the document and the lines it was read from."
    )
    blocks: list[Words | Items | Table] = [Words(first)]
    table = weightiest(answers.found)
    blocks += [table] if table.rows else [Words("No finding is of high weight.")]
    return Section("In short", 1, (*blocks, _headline(answers, asked)))


def _headline(answers: _Answers, asked: Asked) -> Table:
    found, frameworks = answers.found.open, answers.coverage
    by = Counter(one.severity for one in found)
    rows: list[tuple[Cell, ...]] = [("Plans", len(answers.plans), None, asked.command("list plans"))]
    rows += [
        (f"Findings of {severity} weight", by[severity], len(found), asked.command("gaps --count"))
        for severity in SEVERITIES
    ]
    accepted = len(answers.found.all) - len(found)
    if accepted:
        said = "Findings that a board has accepted, left out of all other numbers"
        rows.append((said, accepted, len(answers.found.all), asked.command("gaps --accepted --count")))
    for rule, (kind, said) in _HEADLINES.items():
        number = len({one.focus for one in found if one.rule == rule})
        if number:
            rows.append((said, number, answers.kinds[kind], asked.command(f"gaps --rule {rule}")))
    if frameworks:
        served = sum(one.served for one in frameworks), sum(len(one.priorities) for one in frameworks)
        rows.append(("Priorities of the wider plans known here that are served", *served, asked.command("coverage")))
    if answers.events:
        said = "Dates on which something ends, is due or is reviewed"
        rows.append((said, len(answers.events), None, asked.command("horizon", dates=True)))
        sole = sum(bool(event.sole) for event in answers.events)
        said = "of these, dates on which something loses all that it rests on"
        rows.append((said, sole, len(answers.events), asked.command("horizon", dates=True)))
    alone = sum(bool(one.alone) for one in answers.load if one.plan)
    rows.append(("Bodies on which alone a part of a plan hangs", alone, None, asked.command("load")))
    doubts = sum(one.place.status != "stated" for one in found)
    said = "Findings that rest on an inferred or uncertain statement"
    rows.append((said, doubts, len(found), asked.command("gaps")))
    return Table(
        "The numbers, and the commands that give them again",
        "Each headline number, of how many it is one part, and the command that reproduces it.",
        _NUMBERS,
        tuple(rows),
        "Numbers",
    )


# -------------------------------------------------------------------- method and limits


def _method(catalogue: Catalogue, asked: Asked) -> Section:
    changed = [f"{rule}: {severity}" for rule, severity in sorted(asked.severities.items())]
    how = [
        (
            "People read each document line by line and wrote down what it says: priorities, actions, leads, boards, "
            "money, dates, measures, and in which lines each stands."
        ),
        (
            f"{counted(len(catalogue.of('gap')), 'rule')} then asked the same of every plan. The weight of a rule was set "
            "beforehand; nobody weighed the single case."
        ),
        "Every number here is counted from that graph by a command that anybody can run; none was typed.",
        (
            f"It was made with cspgraph {__version__}. Its commands are to be run on the same data: where these are not "
            "what cspgraph brings along, add --data."
        ),
    ]
    if asked.plans:
        how.append(
            "Only the plans named here, and what all plans share, were looked at. What shows only beside another plan, such "
            "as a thing that may be the same as one of that plan, is not among these findings; a paper of all plans has it."
        )
    if changed:
        how.append(f"This organisation has set other weights for some rules: {listed(changed, 30)}.")
    return Section(
        "Method and limits",
        1,
        (
            Words("How it was made:"),
            Items(tuple((words, "") for words in how)),
            Words("What it cannot say:"),
            Items(tuple((words, "") for words in _LIMITS)),
        ),
    )
