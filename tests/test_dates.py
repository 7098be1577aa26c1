"""Printed dates: what they can mean, and what cannot be meant."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspgraph.plans.dates import parse_date, parse_period


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("March 2019", "month", "2019-03-01", "2019-03-31"),
        ("February 2016", "month", "2016-02-01", "2016-02-29"),
        ("by March 2020", "month", "2020-03-01", "2020-03-31"),
        ("18th July 2017", "day", "2017-07-18", "2017-07-18"),
        ("Wednesday, 25 October 2017", "day", "2017-10-25", "2017-10-25"),
        ("25/07/17", "day", "2017-07-25", "2017-07-25"),
        ("24.07.17", "day", "2017-07-24", "2017-07-24"),
        ("2017-07-25", "day", "2017-07-25", "2017-07-25"),
        ("2017-10", "month", "2017-10-01", "2017-10-31"),
        ("2017/18", "financial-year", "2017-04-01", "2018-03-31"),
        ("15/16", "financial-year", "2015-04-01", "2016-03-31"),
        ("1999/2000", "financial-year", "1999-04-01", "2000-03-31"),
        ("FY2012/13", "financial-year", "2012-04-01", "2013-03-31"),
        ("Quarter 4 2017-18", "quarter", "2018-01-01", "2018-03-31"),
        ("Q1 2017", "quarter", "2017-01-01", "2017-03-31"),
        ("summer 2016", "season", "2016-06-01", "2016-08-31"),
        ("2017", "year", "2017-01-01", "2017-12-31"),
    ],
)
def test_a_printed_date_has_a_precision_and_two_bounds(text: str, precision: str, earliest: str, latest: str) -> None:
    found = parse_date(text)
    assert (found.printed, found.precision) == (text, precision)
    assert (found.earliest.isoformat(), found.latest.isoformat()) == (earliest, latest)


@pytest.mark.parametrize("text", ["31 February 2017", "2016/07", "Tbc", "over four years", "", "32/01/17", "0017"])
def test_what_cannot_be_a_date_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a|there is no such day|cannot be meant"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        # calendar years: begins some time in the first, ends some time in the last
        ("2014-2017", ("2014-01-01", "2014-12-31"), ("2017-01-01", "2017-12-31")),
        ("2017-21", ("2017-01-01", "2017-12-31"), ("2021-01-01", "2021-12-31")),
        ("2017 - 21", ("2017-01-01", "2017-12-31"), ("2021-01-01", "2021-12-31")),
        ("2015 – 2025", ("2015-01-01", "2015-12-31"), ("2025-01-01", "2025-12-31")),
        # financial years: from 1 April to 31 March
        ("2017/18 to 2019/20", ("2017-04-01", "2017-04-01"), ("2020-03-31", "2020-03-31")),
        ("2015/16", ("2015-04-01", "2015-04-01"), ("2016-03-31", "2016-03-31")),
        ("2017-18", ("2017-04-01", "2017-04-01"), ("2018-03-31", "2018-03-31")),
        ("1st April 2017 until 31st March 2021", ("2017-04-01", "2017-04-01"), ("2021-03-31", "2021-03-31")),
        ("10th June to 12th August 2016", ("2016-06-10", "2016-06-10"), ("2016-08-12", "2016-08-12")),
        ("August-September 2016", ("2016-08-01", "2016-08-31"), ("2016-09-01", "2016-09-30")),
    ],
)
def test_a_printed_period_has_two_dates(text: str, begins: tuple[str, str], ends: tuple[str, str]) -> None:
    found = parse_period(text)
    assert found.begins
    assert found.ends
    assert (found.begins.earliest.isoformat(), found.begins.latest.isoformat()) == begins
    assert (found.ends.earliest.isoformat(), found.ends.latest.isoformat()) == ends


def test_an_end_of_a_period_may_be_open() -> None:
    assert parse_period("from April 2010").ends is None
    assert parse_period("until March 2019").begins is None


@pytest.mark.parametrize("text", ["2017-2013", "March 2019 to April 2018", "a to b to c"])
def test_a_period_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"period|date"):
        parse_period(text)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2150, 12, 31)))
def test_every_day_is_read_back_from_the_ways_it_is_printed(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day.day} {day:%B} {day.year}",
        f"{day.day}th {day:%b} {day.year}",
        f"{day:%d/%m/%Y}",
    ):
        found = parse_date(text)
        assert found.earliest == found.latest == day


@given(st.text(max_size=30))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    for parse in (parse_date, parse_period):
        with suppress(ValueError):
            parse(text)
