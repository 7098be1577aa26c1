"""A plan file as records: the plan, its things and their parts, each with plain values.

Between the tree of a plan file and anything flat (a workbook, a list of changes) stand
records. A record is a thing, or a part of one, under a path that does not change when it
is moved; a value is one plain value of one of its words, with its evidence taken apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cspgraph.plans.canonical import stands_plain
from cspgraph.plans.context import ABSENT, EVIDENCE
from cspgraph.plans.markup import Mapping, Node, Scalar, Sequence
from cspgraph.plans.things import DATE, PERIOD

if TYPE_CHECKING:
    from cspgraph.ontology import Kind, Relation, Vocabulary

OWN = ("lines", "status", "why")
HEADS = ("plan", "reference", "source")

# A step from a record to what stands in it: the word, the key, and a number in a list of one key. The first step to a
# thing is its section, its reference and THING, as a section may be called like a word of the plan.
Step = tuple[str, str, int]
Path = tuple[Step, ...]
THING = -1


@dataclass(frozen=True, slots=True)
class Value:
    """One plain value: its text, its evidence, and whether the text means only itself (it stands in quotes)."""

    text: str
    lines: str = ""
    status: str = ""
    why: str = ""
    literal: bool = False

    @property
    def absent(self) -> bool:
        """Whether it says that the document gives none."""
        return self.text in ABSENT and not self.literal


@dataclass(slots=True)
class Record:
    """A thing or a part with its own evidence and its values by word.

    `short` says that it is written as one value; `key`, `node` and `nodes` are what stands in the file, where there
    is one; `cells` says, for a record of a workbook, in which cells its words stand ("" for the record itself).
    """

    path: Path
    kind: Kind
    own: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[Value]] = field(default_factory=dict)
    short: bool = False
    key: Scalar | None = None
    node: Node | None = None
    nodes: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    cells: dict[str, list[int]] = field(default_factory=dict)

    @property
    def thing(self) -> bool:
        """Whether it stands in a section, under a reference of its own."""
        return len(self.path) == 1 and self.path[0][2] < 0

    @property
    def title(self) -> str:
        """Its own title, or nothing."""
        return next((value.text for value in self.values.get("title", ())), "")


Records = dict[Path, Record]


def dated(relation: Relation) -> bool:
    """Return whether a relation points at dates or periods, which are written as printed."""
    return DATE in relation.classes or PERIOD in relation.classes


def part_kind(vocabulary: Vocabulary, relation: Relation) -> Kind | None:
    """Return the kind of what may stand, with words of its own, under a relation; None where only plain values do."""
    kind = vocabulary.kinds.get(relation.classes[0]) if len(relation.classes) == 1 else None
    return kind if kind and (relation.part or kind.head) else None


def always_part(vocabulary: Vocabulary, relation: Relation) -> bool:
    """Return whether even a plain value of the relation is a part: a step, but not the name of an award."""
    return relation.part and not dated(relation) and part_kind(vocabulary, relation) is not None


def read_value(node: Scalar) -> Value:
    """Return a scalar with its evidence taken apart."""
    match = EVIDENCE.fullmatch(node.text) if node.plain else None
    if not match:
        return Value(node.text, literal=_means_more(node.text))
    return Value(match["value"].strip(), match["at"] or "", match["status"] or "", match["why"] or "")


def _means_more(text: str) -> bool:
    """Return whether a text would be read as an absence, or as having evidence, if it stood without quotes."""
    match = EVIDENCE.fullmatch(text)
    return text in ABSENT or bool(match and (match["at"] or match["status"])) or text != text.strip()


def as_scalar(value: Value) -> Scalar:
    """Return a value as the scalar of a plan file.

    Raises ValueError, with a sentence, for what no scalar can say: quotes inside a reason, evidence on a text in quotes.
    """
    evidence = f" @{value.lines}" if value.lines else ""
    if value.why or value.status:
        evidence += f' {value.status or "stated"} "{value.why}"'
    literal = value.literal or (not evidence and value.text not in ABSENT and _means_more(value.text))
    scalar = Scalar(0, text=value.text if literal else f"{value.text}{evidence}".strip(), plain=not literal)
    if '"' in value.why:
        raise ValueError("a reason cannot hold double quotes")
    if evidence and not (literal or stands_plain(scalar.text)):
        raise ValueError(f"'{value.text}' needs quotes in a plan file, and then it cannot have lines of its own")
    back = read_value(scalar)
    if (back.text, back.lines, back.status or "", back.why) != (
        value.text, value.lines, value.status or ("stated" if value.why else ""), value.why,
    ):  # fmt: skip
        raise ValueError(f"'{value.text}' cannot stand with this evidence")
    return scalar


# -------------------------------------------------------------------- tree to records


def flatten(root: Mapping, vocabulary: Vocabulary) -> Records:
    """Return the records of a plan file in its order, the plan itself first, under the empty path."""
    found: Records = {}
    plan = Record((), vocabulary.kind("Plan"), node=root)
    found[()] = plan
    plan.nodes = {key.text: (key, value) for key, value in root.items}
    sections = [(key, value) for key, value in root.items if key.text in vocabulary.sections]
    own = [(key, value) for key, value in root.items if key.text not in vocabulary.sections]
    _words(found, plan, own, vocabulary)
    for section, things in sections:
        for ref, body in things.items if isinstance(things, Mapping) else ():
            record = _add(found, ((section.text, ref.text, THING),), vocabulary.sections[section.text], ref, body)
            if isinstance(body, Mapping):
                _words(found, record, body.items, vocabulary)
            elif isinstance(body, Scalar):
                value = read_value(body)
                record.short, record.own = True, {"lines": value.lines} if value.lines else {}
                record.values["title"] = [Value(value.text)]
    return found


def _add(found: Records, path: Path, kind: Kind, key: Scalar, node: Node) -> Record:
    while path in found:  # the name of two things: `check` says so; none is lost here
        word, name, number = path[-1]
        path = (*path[:-1], (word, name, number + (THING if number < 0 else 1)))
    record = found[path] = Record(path, kind, key=key, node=node)
    return record


def _words(found: Records, record: Record, items: list[tuple[Scalar, Node]], vocabulary: Vocabulary) -> None:
    for word, node in items:
        relation = record.kind.words.get(word.text)
        record.nodes[word.text] = (word, node)
        if word.text in OWN and isinstance(node, Scalar):
            record.own[word.text] = node.text
        elif relation is None:
            record.values[word.text] = [read_value(scalar) for scalar in _plain(node)]
        elif isinstance(node, Mapping):
            _mapping(found, record, word, relation, node, vocabulary)
        elif always_part(vocabulary, relation):
            kind = part_kind(vocabulary, relation)
            assert kind is not None
            for number, scalar in enumerate(_plain(node), start=1):
                step = (word.text, "", 0 if isinstance(node, Scalar) else number)
                _short(found, (*record.path, step), kind, word, scalar)
        else:
            record.values[word.text] = [read_value(scalar) for scalar in _plain(node)]


def _plain(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    return [item for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []


def _mapping(
    found: Records, record: Record, word: Scalar, relation: Relation, node: Mapping, vocabulary: Vocabulary
) -> None:
    kind = part_kind(vocabulary, relation)
    if kind is None:
        return
    if record.kind.single(relation):
        part = _add(found, (*record.path, (word.text, "", 0)), kind, word, node)
        _words(found, part, node.items, vocabulary)
        return
    for key, value in node.items:
        for number, item in enumerate(value.items, start=1) if isinstance(value, Sequence) else [(0, value)]:
            path = (*record.path, (word.text, key.text, number))
            if isinstance(item, Mapping):
                _words(found, _add(found, path, kind, key, item), item.items, vocabulary)
            elif isinstance(item, Scalar):
                _short(found, path, kind, key, item)


def head_word(kind: Kind, step: Step) -> str:
    """Return the word that a part written as one value gives: in a list without keys the key, else the head."""
    listed = not step[1] and step[2]
    return (kind.key if listed else "") or kind.head or kind.key or "title"


def _short(found: Records, path: Path, kind: Kind, key: Scalar, node: Scalar) -> None:
    """Read a part written as one value: its head, with the place of the part behind it."""
    record = _add(found, path, kind, key, node)
    value = read_value(node)
    record.short = True
    record.own = {name: text for name, text in zip(OWN, (value.lines, value.status, value.why), strict=True) if text}
    if value.text:
        record.values[head_word(kind, path[-1])] = [Value(value.text, literal=value.literal)]


def children(records: Records) -> dict[Path, list[Record]]:
    """Return the records that stand directly in each record, in order."""
    found: dict[Path, list[Record]] = {}
    for path, record in records.items():
        if path:
            found.setdefault(path[:-1], []).append(record)
    return found
