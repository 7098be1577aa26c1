"""What ends, is due or is reviewed: dates keep their precision, and say what rests on the thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.errors import QueryError
from cspgraph.export.dates import calendar

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.graph import KnowledgeGraph
    from cspgraph.tracing.horizon import Event

PLAN = """\
plan: p
source: doc
title: The plan
lines: 1
period: 2017/18 to 2019/20
documents:
  old: {title: 'The old, strategy', lines: 2, period: 2014 to October 2017}
  tool: {title: The tool, lines: 3}
statistics:
  S1: {title: A figure, lines: 4, value: 3, period: 2016}
actions:
  A1: {title: Renew it, lines: 5, uses: old, timescale: {kind: due, when: 10 October 2017 @6}}
  A2: {title: Look at it, lines: 7, ledBy: council, fundedBy: {fund: £1k, grant: £2k}, timescale: {kind: review, when: March 2019}}
organisations:
  council: {title: The council, lines: 8}
  police: {title: The police, lines: 9}
funds:
  fund: {title: The fund, lines: 10, period: 2010 to 2018}
  grant: {title: The grant, lines: 11}
"""


def events(graph: KnowledgeGraph, first: str = "", last: str = "") -> list[Event]:
    """Return the dates of the plan's own things."""
    return [event for event in graph.horizon(first, last) if event.thing.plan]


@pytest.fixture
def graph(graph_of: Callable[[str], KnowledgeGraph]) -> KnowledgeGraph:
    """The little plan above."""
    return graph_of(PLAN)


def test_dates_come_in_order_with_their_precision(graph: KnowledgeGraph) -> None:
    found = [(event.thing.id, event.what, event.when, event.precision) for event in events(graph)]
    assert found == [
        ("p/old", "end", "October 2017", "month"),
        ("p/A1", "due", "10 October 2017", "day"),
        ("p/fund", "end", "2018", "year"),
        ("p/A2", "review", "March 2019", "month"),
        ("p", "end", "2019/20", "financial year"),
    ]


def test_a_month_is_in_when_one_of_its_days_is(graph: KnowledgeGraph) -> None:
    assert [event.thing.id for event in events(graph, "20 October 2017", "2017-12")] == ["p/old"]
    assert [event.thing.id for event in events(graph, "2019-03", "2019-03")] == ["p/A2"]
    assert events(graph, "2030") == []


def test_what_rests_on_a_thing_and_what_on_nothing_else(graph: KnowledgeGraph) -> None:
    found = {event.thing.id: event for event in events(graph)}
    assert [thing.id for thing in found["p/old"].carries] == ["p/A1"]
    assert [thing.id for thing in found["p/old"].sole] == ["p/A1"]
    assert [thing.id for thing in found["p/fund"].carries] == ["p/A2", "p/A2/fundedBy/fund"]
    assert [thing.id for thing in found["p/fund"].sole] == ["p/A2/fundedBy/fund"]
    assert found["p/A1"].place.lines == "6"


def test_a_wrong_date_is_said(graph: KnowledgeGraph) -> None:
    with pytest.raises(QueryError, match="is not a date"):
        graph.horizon("one day")


def test_the_calendar_is_read_by_a_reader_that_is_not_ours(graph: KnowledgeGraph) -> None:
    from icalendar import Calendar

    content = calendar(events(graph))
    assert content == calendar(events(graph))
    entries = Calendar.from_ical(content).walk("VEVENT")
    assert len(entries) == 5
    first = entries[0]
    assert str(first["summary"]) == "end: The old, strategy"
    assert (first.decoded("dtstart").isoformat(), first.decoded("dtend").isoformat()) == ("2017-10-01", "2017-11-01")
    assert "October 2017 (month)" in str(first["description"])
    assert len({str(entry["uid"]) for entry in entries}) == 5
