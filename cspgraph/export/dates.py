"""Dates as a calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.text import clean
from cspgraph.tracing.horizon import horizon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.export import Request
    from cspgraph.tracing.horizon import Event


def ics(request: Request) -> bytes:
    """Return all dates of the plans as an iCalendar file."""
    plans = request.plans
    found = horizon(request.engine)
    return calendar(event for event in found if not plans or event.thing.plan in plans or event.carries)


def calendar(events: Iterable[Event]) -> bytes:
    """Return dates as an iCalendar file: each lasts from the first to the last day that the printed date can mean.

    What was printed, and how precise it is, stands in the description. The stamp that RFC 5545 asks of every
    event is its own first day, so that the same plans give the same bytes.
    """
    from datetime import UTC, date, datetime, time, timedelta

    from icalendar import Calendar
    from icalendar import Event as Entry

    found = Calendar()
    found.add("prodid", "-//cspgraph//horizon//EN")
    found.add("version", "2.0")
    for event in events:
        first, last = date.fromisoformat(event.earliest), date.fromisoformat(event.latest)
        entry = Entry()
        entry.add("uid", f"{event.thing.id}/{event.what}/{event.earliest}@cspgraph")
        entry.add("dtstamp", datetime.combine(first, time(), UTC))
        entry.add("dtstart", first)
        entry.add("dtend", last + timedelta(days=1))
        entry.add("summary", clean(f"{event.what}: {event.thing.label}"))
        carried = f"Carries {len(event.carries)}, {len(event.sole)} of them on nothing else." if event.carries else ""
        said = f"Printed: {event.when} ({event.precision}). {event.place}, {event.place.status}. {carried}"
        entry.add("description", clean(said.strip()))
        entry.add("transp", "TRANSPARENT")
        found.add_component(entry)
    return bytes(found.to_ical())
