"""What a careful reader finds in the Havering plan, and the lines where they find it.

The expectations were written down from the document, not from the plan file; where the
source documents are at hand, each place is looked up in them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from cspgraph.names import Thing
from cspgraph.sources import Text, parse_ranges

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.answers import Answer
    from cspgraph.graph import KnowledgeGraph

SOURCE = "havering-csp-plan-2017-20"


def ids(answer: Answer, column: str) -> list[str]:
    found = [row[column] for row in answer]
    return [thing.id.removeprefix("havering-2017/").removeprefix("ref/") for thing in found if isinstance(thing, Thing)]


@pytest.fixture(scope="module")
def document(sources: Path) -> Text:
    """The plan as it was read."""
    return Text(sources / f"{SOURCE}.txt")


def passage(document: Text, lines: str) -> str:
    return " ".join(document.passage(piece) for piece in parse_ranges(lines))


# -------------------------------------------------------------------- dependence


@pytest.fixture(scope="module")
def bundled(bundled: KnowledgeGraph) -> KnowledgeGraph:
    """The Havering plan alone, with what plans share."""
    return bundled.restricted(["havering-2017"])


def test_what_hangs_on_the_strategy_against_violence_towards_women_and_girls(bundled: KnowledgeGraph) -> None:
    """Row 1 of the action plan (line 362) refreshes the strategy that ends in October 2017, and writes what follows."""
    found = {d.thing.id.removeprefix("havering-2017/"): d for d in bundled.depends("havering-2017/vawg-strategy-2014")}
    assert set(found) == {"A1", "vawg-strategy-next", "vawg-action-plan", "vawg-profile"}
    assert found["A1"].direct
    assert found["A1"].path[0].place.lines == "362:204-257,362:289-331"
    assert found["vawg-profile"].status == "uncertain"


def test_its_places_hold_its_name(bundled: KnowledgeGraph, document: Text) -> None:
    for dependent in bundled.depends("Violence Against Women and Girls Strategy"):
        for hop in dependent.path:
            cited = passage(document, hop.place.lines).lower()
            assert "violence against women" in cited or "vawg" in cited or hop.place.status == "uncertain", hop


def test_what_hangs_on_the_crime_prevention_fund(bundled: KnowledgeGraph) -> None:
    """Six rows print a sum of the fund: A2, A4, A5, A8 and two more; the K indicators do not depend on it."""
    found = {d.thing.id for d in bundled.depends("London Crime Prevention Fund", kind="action")}
    assert found >= {f"havering-2017/{ref}" for ref in ("A2", "A4", "A5", "A8", "A15")}
    assert len([1 for row in bundled.ask("money-by-fund", fund="LCPF") if not row["partOf"]]) == 6


# -------------------------------------------------------------------- what is up in March 2019


def test_what_is_reviewed_or_ends_in_march_2019(bundled: KnowledgeGraph, document: Text) -> None:
    answer = bundled.ask("reviewed-or-ending", **{"from": "March 2019", "to": "March 2019"})
    by_kind = {
        (row["thing"].id.removeprefix("havering-2017/"), row["what"])
        for row in answer
        if isinstance(row["thing"], Thing)
    }
    assert {
        ("A4", "review"),
        ("A6", "review"),
        ("A8", "review"),
        ("A2", "end"),
        ("A5", "end"),
        ("A15", "end"),
    } <= by_kind
    for ref in ("A4", "A6", "A8", "A2", "A5"):
        (described,) = bundled.show(f"havering-2017/{ref}")
        (when,) = [s for s in described.says if s.relation == "timescale"]
        assert "March 2019" in passage(document, when.place.lines)


# -------------------------------------------------------------------- money

SUMS = {  # printed sum by action, with the parts printed beside it
    "A2": ("60000", ["30000", "30000"]),
    "A4": ("38502", []),
    "A5": ("65000", ["45000", "20000"]),
}


def test_sums_and_parts_by_fund(bundled: KnowledgeGraph, document: Text) -> None:
    rows = list(bundled.ask("money-by-fund", fund="London Crime Prevention Fund"))
    for ref, (amount, parts) in SUMS.items():
        mine = [row for row in rows if isinstance(row["pays"], Thing) and row["pays"].id == f"havering-2017/{ref}"]
        assert [str(row["amount"]) for row in mine if not row["partOf"]] == [amount]
        assert sorted(str(row["amount"]) for row in mine if row["partOf"]) == sorted(parts)
        assert {row["per"] for row in mine} == {"year"}
        for row in mine:
            assert str(row["printed"]) in "\n".join(document.lines[361:402])


def test_the_total_is_the_sum_of_the_sums_and_not_of_the_parts(bundled: KnowledgeGraph) -> None:
    (total,) = bundled.ask("money-totals")
    rows = [row["amount"] for row in bundled.ask("money-by-fund", fund="LCPF") if not row["partOf"]]
    assert total["total"] == sum(int(str(amount)) for amount in rows) == 303_502


# -------------------------------------------------------------------- boards

BOARDS = {  # lines 130 to 135, by column
    "T1": {"vawg-strategic-group", "dv-marac", "mase-group", "asb-marac-panel"},
    "T2": {"reducing-reoffending-board", "iom-panel", "sgv-panel", "dip-panel"},
    "T3": {"business-group", "tasking-enforcement-group", "strategic-enforcement-board"},
    "T4": {"safer-neighbourhood-board"},
}


def test_the_boards_under_each_theme(bundled: KnowledgeGraph, document: Text) -> None:
    for theme, boards in BOARDS.items():
        answer = bundled.ask("boards-by-priority", priority=f"havering-2017/{theme}")
        assert set(ids(answer, "board")) == boards
        assert set(ids(answer, "accountableTo")) == {"hcsp-board"}
    for board in set().union(*BOARDS.values()):
        (described,) = bundled.show(f"havering-2017/{board}")
        (serves,) = [s for s in described.says if s.relation == "servesPriority"]
        cited = passage(document, serves.place.lines)
        assert any(word in cited for word in described.thing.label.split() if len(word) > 5), (board, cited)


# -------------------------------------------------------------------- counts that a reader can check


def test_as_many_as_there_are_in_the_document(bundled: KnowledgeGraph) -> None:
    plan = {n: d for n, d in bundled.to_networkx().nodes(data=True) if n.startswith("havering-2017/")}
    kinds = Counter(data["kind"] for data in plan.values())
    assert kinds["Action"] == 20, "rows of the action plan, lines 362 to 402"
    assert kinds["Indicator"] == 15, "5 key local, 3 local, 7 regional: lines 406 to 426"
    assert len(bundled.ask("related-documents")) >= 27, "Appendix 2, lines 250 to 284"
    roles = Counter(str(row["role"]) for row in bundled.ask("members", body="havering-2017/hcsp"))
    assert roles["statutory"] == 6, "lines 322 to 326: five bullets, one of two bodies"
    assert roles["other"] == 14, "lines 330 to 343"


def test_every_indicator_has_scope_direction_and_no_figure(bundled: KnowledgeGraph) -> None:
    rows = list(bundled.ask("indicators"))
    assert Counter(str(row["scopeName"]) for row in rows) == {"key local": 5, "local": 3, "regional": 7}
    directions = Counter(str(row["direction"]) for row in rows)
    assert directions == {"reduce": 12, "increase": 3}
    found = bundled.gaps("indicator-without-figure")
    assert [f.absence for f in found] == ["tbc"] * 15, "footnote 5 says that figures are to follow"


# -------------------------------------------------------------------- gaps


@pytest.mark.parametrize(
    ("rule", "focus", "lines"),
    [
        ("rests-on-ending-document", "A1", "362:204-257,362:289-331"),
        ("rests-on-ending-document", "A3", "364:149-192,364:224-266"),
        ("priority-without-actions", "F-crime-attractors", "116:36-52"),
        ("statutory-member-leads-nothing", "ccg", None),
        ("priority-without-actions", "F-cse", None),
        ("replacement-not-ready", "vawg-strategy-2014", "254"),
        ("money-ends-before-plan", "A15", "391"),
    ],
)
def test_gaps_that_a_careful_reader_finds(rule: str, focus: str, lines: str | None, bundled: KnowledgeGraph) -> None:
    found = {f.focus.id.split("/", 1)[1]: f for f in bundled.gaps(rule) if f.plan == "havering-2017"}
    assert focus in found
    if lines:
        assert found[focus].place.lines == lines
        assert found[focus].place.source == SOURCE


def test_a_theme_is_not_said_to_lack_what_its_parts_lack(bundled: KnowledgeGraph) -> None:
    found = {finding.focus.id for finding in bundled.gaps("priority-without-actions")}
    assert {"havering-2017/F-asb", "havering-2017/F-crime-attractors"} <= found
    assert "havering-2017/T1" not in found, "line 362 and others name the theme beside an action"


def test_the_question_of_a_drafter_is_found_where_it_stands(bundled: KnowledgeGraph, document: Text) -> None:
    found = [f for f in bundled.gaps("drafting-note-left-in") if f.place.lines.startswith("118:")]
    assert found
    assert any("Wouldn't the national Prevent stuff" in passage(document, f.place.lines) for f in found)
    assert "Wouldn't the national Prevent stuff" in document.line(118)


def test_every_defect_points_into_the_document(bundled: KnowledgeGraph, document: Text) -> None:
    found = bundled.gaps(
        "text-left-open",
        "part-missing",
        "text-broken",
        "text-misplaced",
        "text-contradicts-itself",
        "one-thing-several-names",
    )
    assert len(found) > 40
    for finding in found:
        assert passage(document, finding.place.lines).strip() or finding.place.lines == "", finding
