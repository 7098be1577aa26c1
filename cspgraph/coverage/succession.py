"""Succession: which document took the place of another, which then took its place, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.evidence import Place, statement_places
from cspgraph.names import Thing, asked, text, things

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine

_LATER = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?document ?earlier ?later ?since ?day ?precision ?state WHERE {{
  VALUES ?document {{ {values} }}
  ?earlier dcterms:replaces* ?document . ?later dcterms:replaces ?earlier .
  OPTIONAL {{ ?later dcterms:issued ?date . ?date csp:asPrinted ?since ; csp:earliest ?day ; csp:precision/skos:notation ?precision }}
  OPTIONAL {{ ?later csp:state/skos:notation ?state }}
}} ORDER BY ?document ?day ?later ?earlier
"""
_REPLACES = ox.NamedNode("http://purl.org/dc/terms/replaces")
_UNFINISHED = ("in-preparation", "draft", "consultation-draft")


@dataclass(frozen=True)
class Successor:
    """A document that came in the place of another: since when, as printed, and where that was read.

    `done` is false where it is still being written.
    """

    document: Thing
    since: str
    exact: bool
    done: bool
    place: Place

    def __str__(self) -> str:
        since = f" {'on' if self.exact else 'in'} {self.since}" if self.since else ", date not known"
        return f"{self.document.label}{since}" if self.done else f"{self.document.label}, still being written"

    def as_json(self) -> dict[str, object]:
        """Return the successor as one object."""
        return {"by": self.document.cell(), "since": self.since, "done": self.done, "evidence": self.place.cell()}


def successors(engine: Engine, documents: Iterable[str]) -> dict[str, list[Successor]]:
    """Return what came after each document, by its IRI: the next one first, then what replaced that."""
    rows = sorted(asked(engine.recall, _LATER, documents), key=lambda row: (text(row[0]), row[4] is None))
    named = things(engine, {text(row[2]) for row in rows}, recall=True)
    where = statement_places(engine, [(row[2], _REPLACES, row[1]) for row in rows if row[1] and row[2]], recall=True)
    found: dict[str, list[Successor]] = {}
    for document, earlier, later, since, _, precision, state in rows:
        assert earlier is not None and later is not None
        place = where[later, _REPLACES, earlier]
        one = Successor(
            named[text(later)], text(since), text(precision) == "day", text(state) not in _UNFINISHED, place
        )
        found.setdefault(text(document), []).append(one)
    return found
