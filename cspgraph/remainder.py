"""What of each document nothing in the graph cites, and which of its figures and names no statement carries.

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
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cspgraph.engines import Engine
    from cspgraph.sources import Text

WIDEST = 15
# What a figure belongs to: only lines that one of these cites are searched for figures that were lost.
COUNTED = ("Action", "Target", "Indicator", "Statistic", "Award", "Share", "Observation")
BODIES = ("Organisation", "Team", "Board", "Partnership", "Collective")

# The number of a paragraph, or of an item of a list, at the start of its line: `3.14`, `(2)`, `7)`.
_NUMBERING = re.compile(r"^\W*(?:\d+\)|\d+(?:\.\d+)+\.?(?=\s|$)|\d+\.(?=\s))")

_CITED = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?node ?kind ?source ?range WHERE {
  ?node csp:locator ?place . ?place csp:inSource ?source ; csp:range ?range .
  OPTIONAL { ?node csp:kind ?kind }
} ORDER BY ?node ?range
"""
_NAMES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?name ?kind WHERE {
  ?thing csp:kind ?kind ; skos:prefLabel|skos:altLabel ?name .
} ORDER BY ?thing ?name
"""
_FACTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?node ?value WHERE { ?node ?relation ?value FILTER(?relation != csp:contentHash) }
"""  # read into sets: nothing hangs on an order, which takes an engine ten times as long


@dataclass(frozen=True)
class Remainder:
    """What is left of one document: `cited` of its `lines` that are not blank, and the others with their numbers.

    `figures` are pairs of a line number and a figure that stands there and in no value cited from there;
    `names` of a line number and the name of a body, where nothing that cites the line has to do with the body.
    """

    source: str
    lines: int
    cited: int
    left: list[tuple[int, str]]
    figures: list[tuple[int, str]]
    names: list[tuple[int, str]]

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
    facts = _Facts(engine)
    return [_remainder(source, texts[source], nodes[source], counted[source], facts) for source in sorted(texts)]


def _lines(ranges: str) -> Iterable[int]:
    for piece in parse_ranges(ranges):
        if piece.last - piece.first < WIDEST:
            yield from range(piece.first, piece.last + 1)


class _Facts:
    """What is said of each node: the figures in it, and the nodes that it links, one step on included."""

    def __init__(self, engine: Engine) -> None:
        self._figures: dict[str, set[str]] = {}
        self._linked: dict[str, set[str]] = {}
        for node, value in engine.select(_FACTS).rows:
            if text(value).startswith("http"):
                self._linked.setdefault(text(node), set()).add(text(value))
            else:
                self._figures.setdefault(text(node), set()).update(figures(text(value)))
        self.named: dict[str, set[str]] = {}
        self.bodies: set[str] = set()
        for thing, name, kind in engine.select(_NAMES).rows:
            self.named.setdefault(normal(text(name)), set()).add(text(thing))
            if local(text(kind)) in BODIES:
                self.bodies.add(text(thing))

    def figures(self, nodes: Iterable[str]) -> set[str]:
        """Return the figures in what is said of the nodes, and of those that they link."""
        return set().union(*(self._figures.get(near, ()) for near in self.near(nodes)))

    def near(self, nodes: Iterable[str]) -> set[str]:
        """Return the nodes, and those that they link."""
        return {near for node in nodes for near in (node, *self._linked.get(node, ()))}


def _remainder(
    source: str, document: Text, nodes: Mapping[int, set[str]], counted: set[int], facts: _Facts
) -> Remainder:
    full = [number for number, line in enumerate(document.lines, 1) if line.strip()]
    lost = [
        (number, figure)
        for number in sorted(counted)
        for figure in sorted(figures(_NUMBERING.sub("", document.line(number))) - facts.figures(nodes[number]))
    ]
    left = [(number, document.line(number).strip()) for number in full if number not in nodes]
    names = [
        (number, name)
        for number, name in _named(document, facts.named)
        if number in nodes and facts.named[name] <= facts.bodies and not facts.named[name] & facts.near(nodes[number])
    ]
    return Remainder(source, len(full), len(full) - len(left), left, lost, names)


def _named(document: Text, known: Iterable[str]) -> list[tuple[int, str]]:
    """Return each known name in a document with its line, those broken over lines included.

    The longest name wins: the police of a Police and Crime Plan are no body named there.
    """
    longest = sorted(known, key=lambda name: (-len(name), name))
    pattern = r"(?<!\w)(?:" + "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest) + r")(?!\w)"
    if not longest:
        return []
    words = "\n".join(normal(line) for line in document.lines)
    return [
        (words.count("\n", 0, match.start()) + 1, " ".join(match.group().split()))
        for match in re.finditer(pattern, words)
    ]


def figures(words: str) -> set[str]:
    """Return the figures in a text, without the commas of thousands and the zeros that a date puts in front."""
    return {
        figure.lstrip("0") or "0" for figure in re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d{3})", "", words))
    }
