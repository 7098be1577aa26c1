"""What the reading of one file keeps at hand: the vocabulary, the file so far, and its problems."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from cspgraph.errors import Problem
from cspgraph.plans.model import Entity, Evidence, PlanFile
from cspgraph.sources import LOCATOR, Locator, parse_ranges
from cspgraph.terms import CSP, ID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cspgraph.ontology import Relation, Vocabulary
    from cspgraph.plans.markup import Scalar

WIDEST = 15
ABSENT = ("none", "tbc", "n/a")
EVIDENCE = re.compile(
    rf"(?P<value>.*?)(?:(?:^|\s+)@(?P<at>{LOCATOR}))?"
    r"(?:\s+(?P<status>inferred|uncertain|stated)\s+\"(?P<why>[^\"]*)\")?",
    re.DOTALL,
)
_REF = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def slug(text: str) -> str:
    """Return a text as it may stand in an IRI: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "x"


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return up to three known words that look like this one, the likeliest first."""
    pool = {candidate.casefold(): candidate for candidate in sorted(known)}
    return [pool[match] for match in difflib.get_close_matches(word.casefold(), pool, n=3, cutoff=0.6)]


class Context:
    """One file being read: problems are noted here and never raised, so that all are found at once."""

    def __init__(self, path: Path, vocabulary: Vocabulary) -> None:
        self.path = path
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.file = PlanFile(path, "", plan=False)

    def problem(self, line: int, message: str, hint: str = "", rule: str = "") -> None:
        """Note what is wrong at a line, and the next step."""
        self.problems.append(Problem(str(self.path), line, message, hint, rule))

    def name(self, entity: Entity) -> str:
        """Return how a sentence speaks of an entity: `the action A4`."""
        return f"the {entity.kind.label} {entity.iri.removeprefix(ID).removeprefix(f'{self.file.graph}/')}"

    def check_ref(self, text: str, line: int) -> None:
        """Note a short name that cannot be one."""
        if not _REF.fullmatch(text):
            hint = "use letters, figures, dots, hyphens and underscores"
            self.problem(line, f"'{text}' cannot be the name of a thing", hint, "ref")

    def unknown(self, word: Scalar, known: Iterable[str], what: str) -> None:
        """Note a word that may not stand here, with the nearest, or with where it belongs."""
        if re.match(r"\d[\d:-]*(?:\s|$)", word.text) or '"' in word.text:
            hint = "a place or a reason with a comma cannot stand in braces or brackets: give it a line of its own"
            self.problem(word.line, f"'{word.text}' is not a word of the vocabulary", hint, "unknown-word")
            return
        if word.text in self.vocabulary.words():
            kinds = self.vocabulary.kinds.values()
            owners = sorted(kind.label for kind in kinds if word.text in kind.words and kind.section)
            home = f"it is a word for: {', '.join(owners[:6])}" if owners else "it is a section"
            self.problem(word.line, f"'{word.text}' is not a word for {what}", home, "unknown-word")
        else:
            self.problem(
                word.line, f"'{word.text}' is not a word of the vocabulary", near_hint(word.text, known), "unknown-word"
            )

    def not_among(self, node: Scalar, known: Iterable[str], what: str, text: str = "") -> None:
        """Note a value that is not one of the controlled words."""
        word = text or node.text
        self.problem(node.line, f"'{word}' is not {what}", near_hint(word, known), "unknown-value")

    def concepts(self, relation: Relation) -> dict[str, str]:
        """Return the controlled words that a relation may take, with their IRIs."""
        return {word: iri for name in relation.classes for word, iri in self.vocabulary.concepts.get(name, {}).items()}

    # ------------------------------------------------------------ evidence

    def evidence(self, node: Scalar) -> tuple[str, Evidence]:
        """Return a scalar without its place and status, and these."""
        match = EVIDENCE.fullmatch(node.text) if node.plain else None
        if not match:
            return node.text, Evidence()
        at = self.locator(match["at"], node.line) if match["at"] else None
        if at and at.width > WIDEST and not match["why"]:
            hint = 'cite the few lines that say it, or add: stated "the reason"'
            self.problem(node.line, f"{at.width} lines are cited at once", hint, "wide-range")
        return match["value"].strip(), Evidence(at, match["status"] or "", match["why"] or "")

    def own_evidence(self, entity: Entity, word: str, value: Scalar) -> None:
        """Take `lines`, `status` or `why` of an entity."""
        statuses = self.vocabulary.concepts[f"{CSP}Status"]
        if word == "lines":
            entity.evidence.at = self.locator(value.text, value.line)
        elif word == "why":
            entity.evidence.why = value.text
        elif value.text in statuses:
            entity.evidence.status = value.text
        else:
            self.not_among(value, statuses, "a status")

    def locator(self, text: str, line: int) -> Locator:
        """Return the place that a text gives: `12-15`, `SOURCE @12-15`, or `SOURCE` as a whole.

        Without a source it lies in that of the thing it stands in, or else of the file: `check` completes it. Of lines
        that cannot be read only the source comes back, so that none are said to be missing as well.
        """
        source, at, ranges = text.partition("@")
        if not at:
            source, ranges = ("", text) if re.match(r"\d", text) else (text, "")
        try:
            found = Locator(source.strip(), parse_ranges(ranges) if ranges else ())
        except ValueError as error:
            self.problem(line, str(error), "", "locator")
            return Locator(source.strip())
        if any(piece.quote is not None for piece in found.ranges):
            hint = "turn it into characters: cspgraph fmt --sources DIR"
            self.problem(line, f"the place {found.text} still quotes the words it means", hint, "locator")
        return found

    def check_place(self, entity: Entity) -> None:
        """Give a shared thing the place of its file, and note a wide place or a doubt without a reason."""
        own = entity.evidence
        if own.at is None and self.file.source and not self.file.plan:
            own.at = Locator(self.file.source)
        if own.at and own.at.width > WIDEST and not own.why:
            hint = "cite the few lines that say it, or give the reason with `why:`"
            self.problem(entity.line, f"{self.name(entity)} cites {own.at.width} lines at once", hint, "wide-range")
        if own.status in ("inferred", "uncertain") and not own.why:
            self.problem(entity.line, f"{self.name(entity)} is {own.status} and does not say why", "add `why:`", "why")


def near_hint(word: str, known: Iterable[str]) -> str:
    """Return the next step after a wrong word: the nearest right ones, or all of them."""
    known = sorted(known)
    near = nearest(word, known)
    return f"the nearest: {', '.join(near)}" if near else f"known are: {', '.join(known)}"
