"""Records to the tree of a plan file: what nobody touched is the very node that stood there.

The order of records counts for nothing where the file has one already: what was there keeps
its place, and what is new stands behind what it stood behind. So a sheet can be sorted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from cspgraph.changes.records import OWN, Record, Records, Value, as_scalar, children, head_word
from cspgraph.plans.markup import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from collections.abc import Sequence as Several

    from cspgraph.changes.records import Path
    from cspgraph.ontology import Vocabulary

Key = TypeVar("Key", bound="Hashable")


@dataclass
class Rebuilt:
    """A tree, the cell that each of its nodes came from (by `id`), and what could not be written, with the cell."""

    root: Mapping = field(default_factory=lambda: Mapping(1))
    cells: dict[int, int] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)


def woven(base: Iterable[Key], other: Several[Key]) -> list[Key]:
    """Return the keys of the base in their order, those only in the other each behind what stands before it there."""
    base = list(base)
    known = set(base)
    behind: dict[Key | None, Key] = {}
    for position, key in enumerate(other):
        if key not in known:
            behind[other[position - 1] if position else None] = key
    order: list[Key] = []
    for start in [None, *base]:
        if start is not None:
            order.append(start)
        at = behind.get(start)
        while at is not None:
            order.append(at)
            at = behind.get(at)
    return order


def merged(old: Iterable[Key], new: Several[Key]) -> list[Key]:
    """Return the new keys in the old order, those that are only new each behind what it stands behind."""
    present = set(new)
    return woven([key for key in old if key in present], new)


def rebuild(new: Records, old: Records, vocabulary: Vocabulary) -> Rebuilt:
    """Return the tree that the new records make, with the nodes of the old ones wherever those say the same."""
    return _Builder(new, old, vocabulary).build()


class _Builder:
    def __init__(self, new: Records, old: Records, vocabulary: Vocabulary) -> None:
        self.new, self.old, self.vocabulary = new, old, vocabulary
        self.parts, self.before = children(new), children(old)
        self.done = Rebuilt()

    def build(self) -> Rebuilt:
        root, plan = self.done.root, self.new[()]
        root.items = self.words(plan)
        sections: dict[str, list[tuple[Scalar, Node]]] = {}
        things = [path for path, record in self.new.items() if record.thing]
        for path in merged((path for path, record in self.old.items() if record.thing), things):
            record = self.new[path]
            sections.setdefault(path[0][0], []).append((self.key(record, path[0][1]), self.body(record)))
        was = self.old[()].nodes if () in self.old else {}
        for section, items in sections.items():
            key, node = was.get(section, (Scalar(0, text=section), None))
            root.items.append((key, Mapping(node.line if node else 0, items=items)))
        return self.done

    def key(self, record: Record, text: str) -> Scalar:
        old = self.old.get(record.path)
        key = old.key if old and old.key else Scalar(0, text=text, plain=True)
        self.spot(key, record, "")
        return key

    def spot(self, node: Node, record: Record, word: str, position: int = 0) -> None:
        cells = record.cells.get(word) or record.cells.get("") or [0]
        self.done.cells[id(node)] = cells[min(position, len(cells) - 1)]

    # ---------------------------------------------------------------- what one record says

    def body(self, record: Record) -> Node:
        """Return a record as one value, where it was one or may be one, else as a mapping."""
        old = self.old.get(record.path)
        brief = self.brief(record) if (old.short if old else self.shortest(record)) else None
        if brief is not None:
            same = old and old.short and old.node and (old.own, old.values) == (record.own, record.values)
            node = old.node if same and old and old.node else brief
            self.spot(node, record, self.head(record))
            return node
        mapping = Mapping(old.node.line if old and old.node else 0, items=self.words(record))
        self.spot(mapping, record, "")
        return mapping

    def shortest(self, record: Record) -> bool:
        """Return whether a new record is better written as one value: parts are, things and the only part of a kind not."""
        word, key, _ = record.path[-1]
        if record.thing or key:
            return not record.thing
        owner = self.new[record.path[:-1]].kind
        alone = word in owner.words and owner.single(owner.words[word])
        return not alone or any(value.absent for value in record.values.get(self.head(record), ()))

    def head(self, record: Record) -> str:
        return "title" if record.thing else head_word(record.kind, record.path[-1])

    def brief(self, record: Record) -> Scalar | None:
        """Return a record as one scalar; None where it says more than one can."""
        word = self.head(record)
        heads = record.values.get(word, [])
        more = [other for other, values in record.values.items() if values and other != word]
        if len(heads) > 1 or more or self.parts.get(record.path):
            return None
        head = heads[0] if heads else Value("")
        if head.lines or head.status or head.why or (head.literal and record.own):
            return None
        try:
            own = record.own
            return as_scalar(
                Value(head.text, own.get("lines", ""), own.get("status", ""), own.get("why", ""), head.literal)
            )
        except ValueError:
            return None

    def words(self, record: Record) -> list[tuple[Scalar, Node]]:
        """Return the words of a record with their nodes; the printer puts them in order."""
        old = self.old.get(record.path)
        items = [self.own(record, old, name) for name in OWN if record.own.get(name)]
        items += [self.values(record, old, word) for word, values in record.values.items() if values]
        by_word: dict[str, list[Record]] = {}
        for part in self.parts.get(record.path, ()):
            if not part.thing:
                by_word.setdefault(part.path[-1][0], []).append(part)
        for word, parts in by_word.items():
            node = self.under(record.path, word, parts)
            items.append((self.word(record, old, word), node))
        return items

    def word(self, record: Record, old: Record | None, word: str) -> Scalar:
        key = old.nodes[word][0] if old and word in old.nodes else Scalar(0, text=word)
        self.spot(key, record, word)
        return key

    def own(self, record: Record, old: Record | None, name: str) -> tuple[Scalar, Node]:
        key = self.word(record, old, name)
        same = old and old.own.get(name) == record.own[name] and name in old.nodes
        node = old.nodes[name][1] if same and old else Scalar(0, text=record.own[name], plain=name == "lines")
        self.spot(node, record, name)
        return key, node

    def values(self, record: Record, old: Record | None, word: str) -> tuple[Scalar, Node]:
        key, values = self.word(record, old, word), record.values[word]
        before = old.values.get(word, []) if old else []
        node = old.nodes[word][1] if old and word in old.nodes else None
        nodes = node.items if isinstance(node, Sequence) else [node] if isinstance(node, Scalar) else []
        known = dict(zip(_numbered(before), nodes, strict=False))
        places = dict(zip(_numbered(values), range(len(values)), strict=True))
        items = []
        for name in merged(known, list(places)):
            item = known.get(name) or self.scalar(record, word, name[0], places[name])
            self.spot(item, record, word, places[name])
            items.append(item)
        if len(items) == 1 and not (isinstance(node, Sequence) and len(before) == 1):
            return key, items[0]
        if isinstance(node, Sequence) and items == nodes:
            return key, node
        return key, Sequence(node.line if isinstance(node, Sequence) else 0, items=items)

    def scalar(self, record: Record, word: str, value: Value, position: int) -> Scalar:
        try:
            return as_scalar(value)
        except ValueError as error:
            cells = record.cells.get(word) or [0]
            self.done.faults.append((cells[min(position, len(cells) - 1)], str(error)))
            return Scalar(0, text=value.text, plain=False)

    # ---------------------------------------------------------------- parts

    def under(self, owner: Path, word: str, parts: list[Record]) -> Node:
        """Return the parts under one word: one body, a list of plain ones, or a mapping by their keys."""
        old = [part.path for part in self.before.get(owner, ()) if part.path[-1][0] == word]
        order = [self.new[path] for path in merged(old, [part.path for part in parts])]
        nodes: dict[str, list[tuple[Record, Node]]] = {}
        for part in order:
            nodes.setdefault(part.path[-1][1], []).append((part, self.body(part)))
        if "" in nodes:
            plain = nodes.pop("")
            if nodes or (len(plain) > 1 and any(part.path[-1][2] == 0 for part, _ in plain)):
                self.fault(plain[0][0], "it has no key, and other rows of the same owner have one")
            if plain[0][0].path[-1][2] == 0:
                return plain[0][1]
            return Sequence(0, items=[node for _, node in plain])
        items = [(self.key(group[0][0], key), self.listed(group)) for key, group in nodes.items()]
        was = self.old[owner].nodes.get(word) if owner in self.old else None
        return Mapping(was[1].line if was else 0, items=list(items))

    def listed(self, group: list[tuple[Record, Node]]) -> Node:
        if len(group) == 1 and group[0][0].path[-1][2] == 0:
            return group[0][1]
        return Sequence(group[0][1].line, items=[node for _, node in group])

    def fault(self, record: Record, sentence: str) -> None:
        self.done.faults.append(((record.cells.get("") or [0])[0], sentence))


def _numbered(values: list[Value]) -> list[tuple[Value, int]]:
    """Return values with a number, so that one that stands twice is there twice."""
    seen: Counter[Value] = Counter()
    found = []
    for value in values:
        seen[value] += 1
        found.append((value, seen[value]))
    return found


def placed(root: Mapping, cells: dict[int, int]) -> Mapping:
    """Return a copy of a tree in which the line of each node is the number of its cell, or that of what it stands in."""
    copy = _placed(root, cells, 1)
    assert isinstance(copy, Mapping)
    return copy


def _placed(node: Node, cells: dict[int, int], above: int) -> Node:
    line = cells.get(id(node)) or above
    if isinstance(node, Scalar):
        return Scalar(line, text=node.text, plain=node.plain)
    if isinstance(node, Sequence):
        return Sequence(line, items=[_placed(item, cells, line) for item in node.items])
    assert isinstance(node, Mapping)
    items = []
    for key, value in node.items:
        name = Scalar(cells.get(id(key)) or line, text=key.text, plain=key.plain)
        items.append((name, _placed(value, cells, name.line)))
    return Mapping(line, items=items)
