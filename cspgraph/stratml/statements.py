"""Lines such as `tier: theme` or `part of: Safer streets [T3]` to words of a plan file, by the labels of the ontology."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from cspgraph.plans.context import ABSENT
from cspgraph.plans.dates import parse_date, parse_period
from cspgraph.plans.values import parse_value
from cspgraph.stratml import DOUBT
from cspgraph.terms import CSP, SHARED

if TYPE_CHECKING:
    from cspgraph.ontology import Kind, Relation, Vocabulary

Words = dict[str, "Value"]


class Plain(str):
    """Text that stands in a plan file without quotes: a reference, a controlled word, a place."""

    __slots__ = ()


Value = str | Plain | list["Value"] | Words
_NAMED = re.compile(r"(?:.* )?\[([^\[\]]+)\]")


class Doubt(NamedTuple):
    """What is said of a statement: its line, and its status and reason where it is not stated."""

    line: int
    status: str = ""
    why: str = ""

    def behind(self, reference: str) -> Plain:
        """Return a reference with its place and its doubt behind it."""
        why = f' {self.status} "{self.why}"' if self.status else ""
        return Plain(f"{reference} @{self.line}{why}")

    def words(self) -> Words:
        """Return the same as the words of a part."""
        found: Words = {"lines": Plain(self.line)}
        return {**found, "status": Plain(self.status), "why": self.why} if self.status else found


def doubt(text: str, line: int) -> tuple[str, Doubt]:
    """Return a text without the doubt behind it, and the doubt."""
    match = DOUBT.fullmatch(text)
    if not match:
        return text, Doubt(line)
    why = (match["why"] or ("" if match["status"] == "stated" else "no reason is given")).replace('"', "'")
    return match["value"], Doubt(line, match["status"], why)


class Statements:
    """What the lines of one file can mean: the labels of the ontology, and the things that are known by name."""

    def __init__(self, vocabulary: Vocabulary, known: dict[str, str]) -> None:
        self.vocabulary = vocabulary
        self.known = known  # the kind, an IRI, of each thing by the reference under which a line names it

    def relation(self, kind: Kind, label: str) -> Relation | None:
        """Return the relation that a label means for a kind."""
        return next((relation for relation in kind.words.values() if relation.label == label), None)

    def add(self, words: Words, kind: Kind, text: str, line: int) -> bool:
        """Add what a line says to the words of a thing; False where it means nothing that the thing can take."""
        label, colon, rest = text.partition(": ")
        if not colon:
            return False
        if label in ("status", "why"):
            return self._own(words, label, rest)
        relation = self.relation(kind, label)
        if relation is None or not rest or (kind.single(relation) and relation.word in words):
            return False
        value, said = doubt(rest, line)
        found = self._value(relation, kind, value, said)
        return found is not None and self.put(words, relation, found)

    def _own(self, words: Words, label: str, value: str) -> bool:
        fits = label == "why" or value in self.vocabulary.concepts[f"{CSP}Status"]
        if fits and label not in words:
            words[label] = Plain(value) if label == "status" else value
        return fits

    def put(self, words: Words, relation: Relation, found: Value) -> bool:
        """Add a value to those of a relation; False where it cannot stand beside them."""
        before = words.get(relation.word)
        if before is None:
            words[relation.word] = found
        elif isinstance(before, dict) and isinstance(found, dict) and not before.keys() & found.keys():
            before.update(found)
        elif isinstance(before, list) and not isinstance(found, dict):
            before.append(found)
        elif isinstance(before, str) and isinstance(found, str) and before not in ABSENT and found not in ABSENT:
            words[relation.word] = [before, found]
        else:
            return False
        return True

    def _value(self, relation: Relation, kind: Kind, text: str, said: Doubt) -> Value | None:
        concepts = {word for name in relation.classes for word in self.vocabulary.concepts.get(name, ())}
        if text in ABSENT and text not in concepts:
            return said.behind(text)
        if relation.literal:
            return text if self._fits(relation, text) else None
        if concepts:
            return Plain(text) if text in concepts else None
        if f"{CSP}Date" in relation.classes or f"{CSP}Period" in relation.classes:
            return text if is_time(relation, text) else None
        part = self.vocabulary.kinds.get(relation.classes[0]) if len(relation.classes) == 1 else None
        named = _NAMED.fullmatch(text)
        reference = self.reference(relation, named[1]) if named else ""
        if part and (relation.part or (part.head and not reference)):
            return self._part(relation, kind, part, text, said)
        return said.behind(reference) if reference else None

    def _fits(self, relation: Relation, text: str) -> bool:
        try:
            value = parse_value(text, relation.datatype)
        except ValueError:
            return False
        return not relation.pattern or bool(re.search(relation.pattern, value.lexical))

    def reference(self, relation: Relation, name: str) -> str:
        """Return how a plan file names a thing, or nothing for one that is not known or of the wrong kind."""
        found = self.known.get(name)
        if not found or (relation.classes and not self.vocabulary.is_a(found, relation.classes)):
            return ""
        short = name.removeprefix(f"{SHARED}/")
        return name if short != name and short in self.known else short

    def _part(self, relation: Relation, kind: Kind, part: Kind, text: str, said: Doubt) -> Words | None:
        """Return a part as a mapping, under its key where a thing may have several."""
        words = said.words()
        key = ""
        for piece in text.split("; "):
            named = _NAMED.fullmatch(piece)
            reference = self.reference(part.words[part.key], named[1]) if named and part.key else ""
            if reference and not key:
                key = reference
            elif not self._piece(words, part, piece, said.line):
                return None
        if kind.single(relation):
            return words
        own = words.pop(part.key, "") if part.key in ("title", "period") else ""
        if part.key == "period" and isinstance(own, str):
            words["period"] = own
        key = key or (own if isinstance(own, str) else "")
        return {key: words} if key else None

    def _piece(self, words: Words, part: Kind, piece: str, line: int) -> bool:
        """Add one piece of a line to a part: `label: value`, or the value by which such parts are known."""
        label, colon, rest = piece.partition(": ")
        named = self.relation(part, label) if colon else None
        several = named is not None and not part.single(named)
        values = rest.split(" | ") if several else [rest]
        if colon and all(self.add(words, part, f"{label}: {one}", line) for one in values):
            return True
        bare = "title" if "title" in (part.key, part.head) else part.head
        if not bare or bare in words:
            return False
        relation = part.words[bare]
        found = [self._value(relation, part, one, Doubt(line)) for one in piece.split(" | ")]
        return all(one is not None and self.put(words, relation, one) for one in found)


def is_time(relation: Relation, text: str) -> bool:
    """Return whether a text is a date, or a period, as the relation wants it."""
    try:
        (parse_period if f"{CSP}Period" in relation.classes else parse_date)(text)
    except ValueError:
        return False
    return True


# -------------------------------------------------------------------- to YAML

_SAFE = re.compile(r"[A-Za-z0-9](?:[\w./ -]*\w)?")


def yaml_lines(value: Words, level: int = 0) -> list[str]:
    """Return a mapping as lines of YAML; `fmt` gives them their canonical form."""
    lines: list[str] = []
    indent = "  " * level
    for key, item in value.items():
        name = key if _SAFE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        if isinstance(item, dict):
            lines += [f"{indent}{name}:", *yaml_lines(item, level + 1)]
        elif isinstance(item, list):
            lines += [f"{indent}{name}:", *(f"{indent}  - {_scalar(one)}" for one in item)]
        else:
            lines.append(f"{indent}{name}: {_scalar(item)}")
    return lines


def _scalar(value: Value) -> str:
    return str(value) if isinstance(value, Plain) else json.dumps(value, ensure_ascii=False)
