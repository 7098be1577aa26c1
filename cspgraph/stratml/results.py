"""TargetResult and ActualResult of an indicator to targets and outturns."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from cspgraph.plans.dates import parse_period
from cspgraph.stratml.people import lines_of
from cspgraph.stratml.statements import Plain
from cspgraph.terms import CSP
from cspgraph.text import clean

if TYPE_CHECKING:
    from cspgraph.ontology import Kind
    from cspgraph.stratml.planfile import StratmlPlan
    from cspgraph.stratml.statements import Words
    from cspgraph.xml import Element

_MOST_DIGITS = 30
_WORDS = {"TargetResult": "target", "ActualResult": "observation"}


def period_of(plan: StratmlPlan, element: Element) -> str:
    """Return the span from StartDate to EndDate as a plan file writes it, or nothing; a date that is none is a problem."""
    first, last = element.said("StartDate"), element.said("EndDate")
    text = f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}" if last else ""
    try:
        parse_period(text)
    except ValueError as error:
        if text:
            plan.problem(element, str(error), "StratML writes dates as 2026-04-01")
        return ""
    return text


def results(plan: StratmlPlan, element: Element, words: Words, kind: Kind) -> None:
    """Add the targets and outturns of an indicator to its words; one without any date stays as a note."""
    for instance in element.all("MeasurementInstance"):
        for one in instance.children:
            word = _WORDS.get(one.name)
            relation = kind.words.get(word) if word else None
            if not (word and relation):
                continue
            said = _result(plan, one, plan.vocabulary.kinds[relation.classes[0]])
            period = said.get("period")
            if not isinstance(period, str):
                told = [child.text for child in one.walk() if child.text.strip()]
                plan.note(words, f"{relation.label}: {' '.join(' '.join(told).split())}")
                continue
            parts = words.setdefault(word, {})
            assert isinstance(parts, dict)
            parts[_free(period, parts)] = said


def _free(key: str, taken: Words) -> str:
    number, found = 1, key
    while found in taken:
        number += 1
        found = f"{key} {number}"
    return found


def _result(plan: StratmlPlan, element: Element, kind: Kind) -> Words:
    words: Words = {"lines": plan.place(element)}
    number = element.said("NumberOfUnits")
    if number:
        words["value"] = _number(plan, element, number)
    descriptor = element.one("Descriptor")
    if descriptor:
        name, value = descriptor.said("DescriptorName"), descriptor.said("DescriptorValue")
        if (
            name != "direction"
            or value not in plan.vocabulary.concepts[f"{CSP}Direction"]
            or "direction" not in kind.words
        ):
            plan.note(words, f"{name}: {value}")
        else:
            words["direction"] = Plain(value)
    foreign = []
    for line, told in lines_of(element, "Description"):
        if not (plan.ours and plan.statements.add(words, kind, clean(told), line)):
            foreign.append(clean(told))
    if foreign and "wording" not in words:
        words["wording"] = " ".join(foreign)
    period = period_of(plan, element)
    if period and "period" not in words:
        words["period"] = period
    return words


def _number(plan: StratmlPlan, element: Element, text: str) -> str:
    """Return a number as a plan file writes it; what is none is a problem."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or max(abs(number.adjusted()), len(number.as_tuple().digits)) > _MOST_DIGITS:
        plan.problem(element, f"NumberOfUnits: '{text}' is not a number", "StratML writes numbers as 12 or 4.5")
        return "0"
    return f"{number:f}"
