"""Everything that the graph says of the things of a picture: what `show` says of each, said once.

A statement between two things of the picture stands with its subject; the reader's page turns it round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cspgraph.describe import describe_all
from cspgraph.names import Thing, things
from cspgraph.terms import ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.describe import Description, Statement
    from cspgraph.engines import Engine
    from cspgraph.evidence import Place


class Said(NamedTuple):
    """One statement: `value` is an id where `thing` is true, else text. A part brings its own statements."""

    subject: str
    relation: str
    value: str
    thing: bool
    place: Place
    parts: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Details:
    """What is said of some things or by them, the reference of each, and the names of all that is spoken of."""

    said: list[Said]
    refs: dict[str, str]
    named: dict[str, Thing]


def details(engine: Engine, ids: Iterable[str]) -> Details:
    """Return everything known about the things with these ids, in both directions."""
    inside = {f"{ID}{name}" for name in ids}
    described = describe_all(engine, sorted(things(engine, inside).values()))
    named = {thing.id: thing for one in described for thing in _spoken_of(one)}
    refs = {one.thing.id: one.ref for one in described if one.ref}
    said = [_said(one.thing.id, statement) for one in described for statement in one.says]
    for one in described:
        # What a part of the thing says of it is said with the part.
        said += [
            Said(source.id, statement.relation, one.thing.id, True, statement.place)
            for statement in one.said
            if isinstance(source := statement.value, Thing)
            and source.iri not in inside
            and not source.id.startswith(f"{one.thing.id}/")
        ]
    return Details(said, refs, named)


def _spoken_of(one: Description) -> Iterator[Thing]:
    yield one.thing
    waiting = [*one.says, *one.said]
    while waiting:
        statement = waiting.pop()
        waiting += statement.parts
        if isinstance(statement.value, Thing):
            yield statement.value


def _said(subject: str, statement: Statement) -> Said:
    """Return a statement as a page holds it: a part is told by its label."""
    value = statement.value
    if not isinstance(value, Thing):
        return Said(subject, statement.relation, str(value), False, statement.place)
    if not statement.part:
        return Said(subject, statement.relation, value.id, True, statement.place)
    parts = sorted((_said(value.id, part) for part in statement.parts), key=lambda said: (said.relation, said.value))
    return Said(subject, statement.relation, value.label, False, statement.place, tuple(parts))
