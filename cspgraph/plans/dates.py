"""Printed dates and periods: what they can mean, and how exact they are.

A date is kept as printed, with a precision and its first and last possible day. The
rules, none of which the documents spell out:

* 2017/18 is a financial year, 1 April 2017 to 31 March 2018, as UK councils count;
  so is 2017-18, when the second year follows the first.
* A quarter with a financial year counts from April, with a calendar year from January.
* A span of calendar years (2014-2017) begins somewhere in the first and ends somewhere
  in the last; a span of financial years begins on 1 April and ends on 31 March.
* Two figures for a year mean 2000 to 2068, or 1969 to 1999.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
SEASONS = {"spring": 3, "summer": 6, "autumn": 9}

_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_FINANCIAL = r"(?:fy\s*)?(?P<year>\d{4}|\d{2})\s*[/-]\s*(?P<next>\d{4}|\d{2})"

_FORMS = [
    ("day", re.compile(r"(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})")),
    ("month", re.compile(r"(?P<year>\d{4})-(?P<number>0[1-9]|1[0-2])")),
    ("day", re.compile(rf"(?P<day>\d{{1,2}})[./-](?P<number>\d{{1,2}})[./-]{_YEAR}")),
    (
        "day",
        re.compile(
            rf"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}\.?,?\s+{_YEAR}"
        ),
    ),
    ("month", re.compile(rf"{_MONTH}\.?[ -]{_YEAR}")),
    ("quarter", re.compile(rf"q(?:uarter)?\s*(?P<quarter>[1-4])\s+(?:of\s+)?{_FINANCIAL}")),
    ("quarter", re.compile(rf"q(?:uarter)?\s*(?P<quarter>[1-4])\s+(?:of\s+)?{_YEAR}")),
    ("season", re.compile(rf"(?P<season>spring|summer|autumn)\s+{_YEAR}")),
    ("financial-year", re.compile(_FINANCIAL)),
    ("year", re.compile(r"(?P<year>\d{4})")),
]
_LEAD = re.compile(r"^(?:by|in|on|the end of|end of|end)\s+")
_BETWEEN = re.compile(r"\s+(?:to|until|till)\s+|\s*[–—]\s*|\s+-\s+")
_YEARS = re.compile(r"(\d{4})\s*[-–]\s*(\d{4}|\d{2})")
_DAY_MONTH = re.compile(rf"(\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}", re.IGNORECASE)
_MONTHS_OF = re.compile(rf"{_MONTH}\s*[-–]\s*(?P<last>\w+)\s+{_YEAR}", re.IGNORECASE)


@dataclass(frozen=True)
class PrintedDate:
    """A date as printed, its precision, and the first and last day it can mean."""

    printed: str
    precision: str
    earliest: date
    latest: date


@dataclass(frozen=True)
class PrintedPeriod:
    """A span as printed; None at an open end."""

    printed: str
    begins: PrintedDate | None
    ends: PrintedDate | None


def parse_date(text: str) -> PrintedDate:
    """Return the date that a text prints: `March 2019`, `18th July 2017`, `2017/18`, `Q4 2017-18`.

    Raises ValueError, with a sentence, for a text that is no date or a date that cannot be.
    """
    words = _LEAD.sub("", " ".join(text.lower().split()))
    for precision, form in _FORMS:
        match = form.fullmatch(words)
        if match:
            earliest, latest = _bounds(precision, match.groupdict(), text)
            return PrintedDate(text, precision, earliest, latest)
    raise ValueError(f"'{text}' is not a date: write it as March 2019, 18 July 2017, 2017/18 or 2017")


def parse_period(text: str) -> PrintedPeriod:
    """Return the span that a text prints: `2014-2017`, `2017/18 to 2019/20`, `from April 2010`.

    Raises ValueError, with a sentence, for a text that is no span, or one that ends before it begins.
    """
    words = " ".join(text.split())
    lowered = words.lower()
    for lead in ("from ", "since "):
        if lowered.startswith(lead) and not _BETWEEN.search(lowered):
            return PrintedPeriod(text, _edge(words[len(lead) :], first=True), None)
    for lead in ("until ", "up to ", "to "):
        if lowered.startswith(lead):
            return PrintedPeriod(text, None, _edge(words[len(lead) :], first=False))
    begins, ends = _span(re.sub(r"^from\s+", "", words, flags=re.IGNORECASE))
    if begins.earliest > ends.latest:
        raise ValueError(f"the period '{text}' ends before it begins")
    return PrintedPeriod(text, begins, ends)


def _span(words: str) -> tuple[PrintedDate, PrintedDate]:
    years = _YEARS.fullmatch(words)
    if years and not _follows(years[1], years[2]):
        last = years[2] if len(years[2]) == 4 else years[1][:2] + years[2]
        return parse_date(years[1]), parse_date(last)
    months = _MONTHS_OF.fullmatch(words)
    if months:
        return parse_date(f"{months['month']} {months['year']}"), parse_date(f"{months['last']} {months['year']}")
    pieces = _BETWEEN.split(words)
    if len(pieces) == 1:
        return _edge(words, first=True), _edge(words, first=False)
    if len(pieces) != 2:
        raise ValueError(f"'{words}' is not a period: write it as 2014 to 2017 or 1 April 2017 to 31 March 2021")
    first, last = pieces
    if re.fullmatch(r"\d{4}", first) and re.fullmatch(r"\d{2}", last):
        last = first[:2] + last
    if _DAY_MONTH.fullmatch(first):
        first = f"{first} {last.split()[-1]}"
    return _edge(first, first=True), _edge(last, first=False)


def _follows(first: str, last: str) -> bool:
    return len(last) == 2 and (int(first) + 1) % 100 == int(last)


def _edge(text: str, *, first: bool) -> PrintedDate:
    """Return the begin or end of a span: of a financial year it is one day, else the date itself."""
    found = parse_date(text)
    if found.precision != "financial-year":
        return found
    day = found.earliest if first else found.latest
    return PrintedDate(found.printed, found.precision, day, day)


def _bounds(precision: str, parts: dict[str, str | None], text: str) -> tuple[date, date]:
    year = _year(parts["year"] or "")
    if precision == "financial-year" or (precision == "quarter" and parts.get("next")):
        _check_next(year, parts["next"] or "", text)
    if precision == "day":
        day = _day(year, _month(parts), int(parts["day"] or 0), text)
        return day, day
    if precision == "month":
        return _months(year, _month(parts), 1)
    if precision == "season":
        return _months(year, SEASONS[parts["season"] or ""], 3)
    if precision == "quarter":
        first = 3 * int(parts["quarter"] or 1) - 2
        return _months(year, first + 3 if parts.get("next") else first, 3)
    return _months(year, 4, 12) if precision == "financial-year" else _months(year, 1, 12)


def _year(text: str) -> int:
    number = int(text)
    if len(text) == 2:
        number += 2000 if number < 69 else 1900
    if not 1800 <= number <= 2200:
        raise ValueError(f"the year {text} cannot be meant")
    return number


def _month(parts: dict[str, str | None]) -> int:
    if parts.get("number"):
        return int(parts["number"] or 0)
    name = parts["month"] or ""
    return next(number for number, month in enumerate(MONTHS, start=1) if month.startswith(name[:3]))


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"there is no such day as {text}") from None


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    year, first = (year + 1, first - 12) if first > 12 else (year, first)
    last = first + count - 1
    end_year, end = (year + 1, last - 12) if last > 12 else (year, last)
    return date(year, first, 1), date(end_year, end, monthrange(end_year, end)[1])


def _check_next(year: int, following: str, text: str) -> None:
    if _year(following if len(following) == 4 else str(year)[:2] + following) not in (year + 1, year + 1 - 100):
        raise ValueError(
            f"'{text}' is not a financial year: the second year must follow the first, as in {year}/{(year + 1) % 100:02d}"
        )
