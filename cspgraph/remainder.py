"""What of each document nothing in the graph cites, and which of its figures no value carries.

The other side of `audit`: there each citation is held to its passage, here each line of a
document to the citations. What is left should be headings, furniture and prose with
nothing in it, and a reader looks at each. Ranges of more than 15 lines do not count, nor
does what cites a document as a whole: they would cover everything and say nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.names import text
from cspgraph.sources import parse_ranges
from cspgraph.terms import local, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cspgraph.engines import Engine
    from cspgraph.sources import Text

WIDEST = 15
# What a figure belongs to: only lines that one of these cites are searched for figures that were lost.
COUNTED = ("Action", "Target", "Indicator", "Statistic", "Award", "Share", "Observation")

_CITED = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?node ?kind ?source ?range WHERE {
  ?node csp:locator ?place . ?place csp:inSource ?source ; csp:range ?range .
  OPTIONAL { ?node csp:kind ?kind }
} ORDER BY ?node ?range
"""
_FACTS = "SELECT ?node ?value WHERE { ?node ?relation ?value } ORDER BY ?node ?value"


@dataclass(frozen=True)
class Remainder:
    """What is left of one document: `cited` of its `lines` that are not blank, and the others with their numbers.

    `figures` are pairs of a line number and a figure that stands there and in no value cited from there.
    """

    source: str
    lines: int
    cited: int
    left: list[tuple[int, str]]
    figures: list[tuple[int, str]]

    @property
    def share(self) -> float:
        """The share of lines that are not blank and that something cites."""
        return self.cited / self.lines if self.lines else 1.0


def remainders(engine: Engine, texts: Mapping[str, Text]) -> list[Remainder]:
    """Return what is left of each of the documents given, in order of their ids."""
    nodes: dict[str, dict[int, set[str]]] = {source: {} for source in texts}
    counted: dict[str, set[int]] = {source: set() for source in texts}
    for node, kind, place, ranges in engine.select(_CITED).rows:
        source = short(text(place)).removeprefix("ref/")
        if source not in texts:
            continue
        for number in _lines(text(ranges)):
            nodes[source].setdefault(number, set()).add(text(node))
            if local(text(kind)) in COUNTED:
                counted[source].add(number)
    values = _values(engine)
    return [_remainder(source, texts[source], nodes[source], counted[source], values) for source in sorted(texts)]


def _lines(ranges: str) -> Iterable[int]:
    for piece in parse_ranges(ranges):
        if piece.last - piece.first < WIDEST:
            yield from range(piece.first, piece.last + 1)


def _values(engine: Engine) -> dict[str, set[str]]:
    """Return the figures in what is said of each node, one step on included: a target of its values, a statement of its object."""
    said: dict[str, set[str]] = {}
    linked: dict[str, set[str]] = {}
    for node, value in engine.select(_FACTS).rows:
        said.setdefault(text(node), set()).update(figures(text(value)))
        if text(value).startswith("http"):
            linked.setdefault(text(node), set()).add(text(value))
    return {node: found.union(*(said.get(other, ()) for other in linked.get(node, ()))) for node, found in said.items()}


def _remainder(
    source: str, document: Text, nodes: Mapping[int, set[str]], counted: set[int], values: Mapping[str, set[str]]
) -> Remainder:
    full = [number for number, line in enumerate(document.lines, 1) if line.strip()]
    lost = [
        (number, figure)
        for number in sorted(counted)
        for figure in sorted(figures(document.line(number)) - set().union(*(values[node] for node in nodes[number])))
    ]
    left = [(number, document.line(number).strip()) for number in full if number not in nodes]
    return Remainder(source, len(full), len(full) - len(left), left, lost)


def figures(words: str) -> set[str]:
    """Return the figures in a text, without the commas of thousands and the zeros that a date puts in front."""
    return {
        figure.lstrip("0") or "0" for figure in re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d{3})", "", words))
    }
