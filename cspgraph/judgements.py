"""What boards and analysts say of the graph: that a statement or a finding is wrong, or is known and accepted.

They stand in a file beside the plans, under `disagreements` and `acceptances`, and are no facts of
a document: no question counts them, but what rests on a disputed statement says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.names import text
from cspgraph.terms import local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine

_JUDGEMENTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?judgement ?kind ?about ?relation ?value ?rule ?by ?when ?until ?because WHERE {
  VALUES ?kind { csp:Disagreement csp:Acceptance }
  ?judgement csp:kind ?kind ; csp:judges ?about ; csp:givenBy ?by ; csp:because ?because ; csp:when/csp:asPrinted ?when .
  OPTIONAL { ?judgement csp:onRelation ?relation }
  OPTIONAL { ?judgement csp:onValue ?value }
  OPTIONAL { ?judgement csp:onRule ?rule }
  OPTIONAL { ?judgement csp:until/csp:latest ?until }
} ORDER BY ?judgement
"""


@dataclass(frozen=True)
class Judgement:
    """Who says what of which statement or finding, when, why, and until when; `until` is an ISO date or empty."""

    kind: str
    about: str
    relation: str
    value: str
    rule: str
    by: str
    when: str
    until: str
    because: str

    def __str__(self) -> str:
        return f"{self.by}, {self.when}: {self.because}"

    def meets(self, subject: str, relation: str, value: str) -> bool:
        """Return whether a statement, its relation given as a word of the vocabulary, is the one that is judged."""
        return not self.rule and self.about == subject and self.relation in ("", relation) and self.value in ("", value)


def judgements(engine: Engine, kind: str) -> list[Judgement]:
    """Return all judgements of a kind, `Disagreement` or `Acceptance`."""
    rows = [tuple(map(text, row)) for row in engine.recall(_JUDGEMENTS).rows]
    return [Judgement(local(row[1]), *row[2:]) for row in rows if local(row[1]) == kind]


def acceptances(found: Iterable[tuple[str, str, str]], by: str, when: str, because: str, until: str = "") -> str:
    """Return a file of acceptances, to lie beside the plans, of findings given by rule, id of the thing, and title."""
    import hashlib

    lines = [
        "# Findings that are known and let stand. A finding that comes back after its date is told again.",
        "reference: accepted",
        "",
        "acceptances:",
    ]
    for rule, thing, title in dict.fromkeys(found):
        key = hashlib.sha256(f"{rule}\0{thing}".encode()).hexdigest()[:8]
        words = {
            "title": title,
            "about": thing,
            "rule": rule,
            "by": by,
            "when": when,
            "until": until,
            "because": because,
        }
        lines += [
            f"  {rule}-{key}:",
            *(f"    {word}: '{value.replace(chr(39), chr(39) * 2)}'" for word, value in words.items() if value),
            "",
        ]
    return "\n".join(lines[:-1]) + "\n"
