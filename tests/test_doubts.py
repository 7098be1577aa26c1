"""What a finding rests upon: where that was inferred or is uncertain, the finding says so, and numbers count it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cspgraph.resources import library

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.graph import KnowledgeGraph

CASES = Path(__file__).parent / "questions"
RULES = {path.stem: path.read_text(encoding="utf-8") for path in library().questions if path.parent.name == "gaps"}
# In the little plan in which a rule finds: a value that it rests upon, which is then one that a reader inferred.
INFERRED = [
    ("accountability-stops-short", "reportsTo: c"),
    ("action-led-by-all", "ledBy: partners"),
    ("action-without-named-post", "ledBy: team"),
    ("aligned-to-ending-plan", "D1: stated @5"),
    ("aligned-to-ending-plan", "period: 2013-2019"),
    ("aligned-to-ending-plan", "period: 2017/18 to 2020/21"),
    ("change-from-nowhere", "2017/18: -11%"),
    ("cited-as-draft", "D1: stated @5"),
    ("cites-plan-that-had-ended", "period: 2013-2016"),
    ("cites-plan-that-had-ended", "period: 2017/18 to 2020/21"),
    ("date-outside-plan", "when: March 2017"),
    ("date-outside-plan", "period: 2017/18 to 2019/20"),
    ("framework-priority-unserved", "D1: stated @5"),
    ("lead-outside-membership", "ledBy: trust"),
    ("many-rest-on-one", "lines: 3, ledBy: team"),
    ("money-ends-before-action", "when: March 2020"),
    ("money-ends-before-action", "period: until March 2019"),
    ("money-ends-before-plan", "period: until March 2019"),
    ("money-ends-before-plan", "period: 2017/18 to 2019/20"),
    ("outcome-repeated", "expects: O1"),
    ("plan-ends-after-its-actions", "when: March 2018"),
    ("plan-ends-after-its-actions", "period: 2017/18 to 2019/20"),
    ("post-carries-many", "lines: 4, ledBy: o"),
    ("replacement-not-ready", "replaces: D"),
    ("replacement-not-ready", "state: in-preparation"),
    ("replacement-not-ready", "period: 2014-2017"),
    ("responsible-authority-missing", "period: 2017 to 2019"),
    ("responsible-authority-missing", "period: from 1 April 2003"),
    ("rests-on-ending-document", "period: 2014-2017"),
    ("rests-on-ending-document", "period: 2017/18 to 2019/20"),
    ("rests-on-unfinished-document", "state: draft"),
    ("target-ends-before-plan", "2017/18: -11%"),
    ("target-ends-before-plan", "period: 2017/18 to 2019/20"),
    ("target-missed", "2015/16: -12%"),
    ("target-missed", "2015/16: -6%"),
]


@pytest.mark.parametrize(("rule", "value"), INFERRED, ids=[f"{rule}: {value}" for rule, value in INFERRED])
def test_a_finding_is_no_surer_than_what_it_rests_upon(
    rule: str, value: str, graph_of: Callable[[str], KnowledgeGraph]
) -> None:
    plan = (CASES / rule / "finds.yaml").read_text(encoding="utf-8")
    assert value in plan
    doubt = ("inferred", "a reader put it so")

    def found(graph: KnowledgeGraph) -> list[tuple[str, str]]:
        return [(one.place.status, one.place.why) for one in graph.gaps(rule) if one.plan == "p"]

    before, inferred = graph_of(plan), graph_of(plan.replace(value, f'{value} inferred "{doubt[1]}"', 1))
    assert doubt not in found(before)
    assert doubt in found(inferred)
    assert len(found(before)) == len(found(inferred))
    (counted,) = inferred.count_gaps(rule)
    statuses = [status for status, _ in found(inferred)]
    assert counted.left({"p"}) == (len(statuses), statuses.count("inferred"), statuses.count("uncertain"))


def test_every_rule_that_rests_upon_something_is_tried() -> None:
    upon = {name for name, text in RULES.items() if "?upon" in text}
    assert upon == {rule for rule, _ in INFERRED}


def test_a_rule_that_compares_dates_says_upon_which() -> None:
    comparing = {name for name, text in RULES.items() if "csp:latest" in text or "csp:earliest" in text}
    assert len(comparing) > 5
    assert all("?upon" in RULES[name] for name in comparing)
