"""The canonical form of a plan file, which `cspgraph fmt` writes.

* UTF-8, newlines, two spaces a level, no trailing spaces.
* The head first, then the words of each thing in the order of the ontology, sections too.
* A mapping or a list stands on one line where it fits in 110 columns, else as a block.
* Quotes only where YAML, or the meaning of a place or an absence, needs them.
* Comments stay with the line they stand before, or at the end of.
* A place that quotes its words (`370~"£38,502"`) becomes characters, when the source is at hand.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cspgraph.errors import InputError, Problem
from cspgraph.plans.context import ABSENT, EVIDENCE
from cspgraph.plans.markup import Malformed, Mapping, Node, Scalar, Sequence, compose
from cspgraph.sources import LOCATOR, Text, parse_ranges

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.ontology import Kind, Vocabulary

WIDTH = 110
_HEADS = ("plan", "reference", "source")
_PLAIN = re.compile(r"(?![-?:](?:\s|$))[^\s,\[\]{}#&*!|>'\"%@`](?:[^\n]*\S)?", re.DOTALL)


@dataclass
class _Comments:
    """Comments by the line of the key they belong to; those above all keys belong to the file."""

    header: list[str] = field(default_factory=list)
    before: dict[int, list[str]] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    footer: list[str] = field(default_factory=list)

    def inside(self, node: Node) -> bool:
        last = _last_line(node)
        return any(node.line < line <= last for line in [*self.before, *self.after] if line != node.line)


def canonical_form(
    path: Path, content: bytes, vocabulary: Vocabulary, texts: Callable[[str], Text | None] = lambda _: None
) -> str:
    """Return the canonical text of a plan file; `texts` gives the source document of an id, if it is at hand.

    Raises InputError when the file is not YAML, or when quoted words cannot be found.
    """
    try:
        root = compose(str(path), content)
    except Malformed as error:
        raise InputError([error.problem]) from None
    _resolve_quotes(path, root, texts)
    return _Printer(vocabulary, _comments(content.decode("utf-8-sig"), root)).file(root)


def printed(root: Mapping, vocabulary: Vocabulary, before: bytes = b"") -> str:
    """Return the canonical text of a tree; `before` is the file that its older nodes, and so their comments, come from."""
    was = compose("", before) if before else None
    return _Printer(vocabulary, _comments(before.decode("utf-8-sig"), was) if was else _Comments()).file(root)


# -------------------------------------------------------------------- quoted places


def _resolve_quotes(path: Path, root: Mapping, texts: Callable[[str], Text | None]) -> None:
    source = next((value.text for key, value in root.items if key.text == "source" and isinstance(value, Scalar)), "")
    problems: list[Problem] = []
    for scalar in _scalars(root):
        if '~"' in scalar.text and (scalar.plain or re.fullmatch(LOCATOR, scalar.text)):
            try:
                scalar.text = _resolved(scalar.text, source, texts)
            except ValueError as error:
                problems.append(Problem(str(path), scalar.line, str(error), "", "locator"))
    if problems:
        raise InputError(problems)


def _resolved(text: str, source: str, texts: Callable[[str], Text | None]) -> str:
    named = re.match(r"([\w.-]+)\s*@", text)
    document = texts(named[1] if named and not text.startswith("@") else source) or texts(source)
    if document is None:
        raise ValueError(
            "a place quotes its words and the source document is not at hand: name its folder with --sources DIR"
        )
    found = re.search(rf"{'(?<=@)' if '@' in text else '^'}({LOCATOR})(?=\s|$)", text)
    if not found:
        raise ValueError(f"the place in '{text}' cannot be read")
    pieces = ",".join(str(document.find(piece)) for piece in parse_ranges(found[1]))
    return text[: found.start(1)] + pieces + text[found.end(1) :]


def _scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    if isinstance(node, Mapping):
        return [scalar for key, value in node.items for scalar in (key, *_scalars(value))]
    return [scalar for item in node.items for scalar in _scalars(item)] if isinstance(node, Sequence) else []


# -------------------------------------------------------------------- comments


def _last_line(node: Node) -> int:
    return max((scalar.span[1][0] + 1 for scalar in _scalars(node)), default=node.line)


def _comments(text: str, root: Mapping) -> _Comments:
    covered: dict[int, list[tuple[int, int]]] = {}
    for scalar in _scalars(root):
        (first, start), (last, end) = scalar.span
        for number in range(first, last + 1):
            covered.setdefault(number, []).append((start if number == first else 0, end if number == last else 1 << 30))
    keys = sorted(_key_lines(root))
    found = _Comments()
    for number, line in enumerate(text.split("\n")):
        for match in re.finditer(r"(?:^|(?<=\s))#", line):
            if any(start <= match.start() < end for start, end in covered.get(number, [])):
                continue
            _keep(found, keys, number + 1, line, match.start())
            break
    return found


def _keep(found: _Comments, keys: list[int], number: int, line: str, start: int) -> None:
    comment = line[start:].rstrip()
    if line[:start].strip():
        found.after[max(key for key in keys if key <= number)] = comment
        return
    following = next((key for key in keys if key > number), None)
    if following is None:
        found.footer.append(comment)
    elif following == keys[0]:
        found.header.append(comment)
    else:
        found.before.setdefault(following, []).append(comment)


def _key_lines(node: Node) -> set[int]:
    if isinstance(node, Mapping):
        return {key.line for key, _ in node.items} | {line for _, value in node.items for line in _key_lines(value)}
    if isinstance(node, Sequence):
        return {item.line for item in node.items} | {line for item in node.items for line in _key_lines(item)}
    return set()


# -------------------------------------------------------------------- printing


class _Printer:
    def __init__(self, vocabulary: Vocabulary, comments: _Comments) -> None:
        self.vocabulary = vocabulary
        self.comments = comments
        self.lines: list[str] = []

    def file(self, root: Mapping) -> str:
        plan = self.vocabulary.kind("Plan")
        self.lines += self.comments.header
        own = [(key, value) for key, value in root.items if key.text not in self.vocabulary.sections]
        sections = [(key, value) for key, value in root.items if key.text in self.vocabulary.sections]
        for key, value in sorted(own, key=lambda item: (_rank(item[0].text, [*_HEADS, *plan.words]), item[0].line)):
            self.pair(key, value, 0, self._kind_of(plan, key.text))
        order = list(self.vocabulary.sections)
        for key, value in sorted(sections, key=lambda item: (order.index(item[0].text), item[0].line)):
            self.lines.append("")
            self.section(key, value)
        if self.comments.footer:
            self.lines += ["", *self.comments.footer]
        return "\n".join(self.lines) + "\n"

    def section(self, key: Scalar, value: Node) -> None:
        kind = self.vocabulary.sections[key.text]
        self.line(key.line, f"{key.text}:", 0)
        if not isinstance(value, Mapping):
            self.lines[-1] += f" {self.flow(value, None) or ''}"
            return
        things = []
        for ref, body in value.items:
            mark = len(self.lines)
            self.pair(ref, body, 1, kind)
            things.append(self.lines[mark:])
            del self.lines[mark:]
        airy = any(len(thing) > 1 for thing in things)
        for position, thing in enumerate(things):
            self.lines += [""] if airy and position else []
            self.lines += thing

    def line(self, number: int, text: str, level: int) -> None:
        indent = "  " * level
        self.lines += [indent + comment for comment in self.comments.before.pop(number, [])]
        after = self.comments.after.pop(number, "")
        self.lines.append(indent + text + (f"  {after}" if after else ""))

    def pair(self, key: Scalar, value: Node, level: int, kind: Kind | None) -> None:
        start = f"{_scalar(key, flow=False)}:"
        flow = self.flow(value, kind)
        if isinstance(value, Scalar) or (
            flow and len(start) + len(flow) + 2 * level < WIDTH and not self.comments.inside(value)
        ):
            self.line(key.line, f"{start} {flow}".rstrip(), level)
        else:
            self.line(key.line, start, level)
            self.block(value, level + 1, kind)

    def block(self, node: Node, level: int, kind: Kind | None) -> None:
        if isinstance(node, Mapping):
            for key, value in self.ordered(node, kind):
                self.pair(key, value, level, self._kind_of(kind, key.text))
        elif isinstance(node, Sequence):
            for item in node.items:
                self.line(item.line, f"- {self.flow(item, kind) or ''}".rstrip(), level)

    def ordered(self, node: Mapping, kind: Kind | None) -> list[tuple[Scalar, Node]]:
        if kind is None or not all(
            key.text in kind.words or key.text in ("lines", "status", "why") for key, _ in node.items
        ):
            return node.items
        return sorted(node.items, key=lambda item: (_rank(item[0].text, list(kind.words)), item[0].line))

    def _kind_of(self, kind: Kind | None, word: str) -> Kind | None:
        """Return the kind of the parts under a word, by which their words are put in order."""
        relation = kind.words.get(word) if kind else None
        name = relation.classes[0] if relation and len(relation.classes) == 1 else ""
        return self.vocabulary.kinds.get(name) if name else kind

    def flow(self, node: Node, kind: Kind | None, *, inner: bool = False) -> str | None:
        """Return a node on one line, or None where it cannot stand so."""
        if isinstance(node, Scalar):
            return _scalar(node, flow=inner)
        if isinstance(node, Sequence):
            items = [self.flow(item, kind, inner=True) for item in node.items]
            return None if None in items else f"[{', '.join(map(str, items))}]"
        if not isinstance(node, Mapping):
            return None
        pairs = []
        for key, value in self.ordered(node, kind):
            text = self.flow(value, self._kind_of(kind, key.text), inner=True)
            name = _scalar(key, flow=True)
            if text is None or name is None:
                return None
            pairs.append(f"{name}: {text}".rstrip())
        return f"{{{', '.join(pairs)}}}"


def _rank(word: str, order: list[str]) -> int:
    return order.index(word) if word in order else len(order)


def stands_plain(text: str) -> bool:
    """Return whether a text can stand without quotes, and so with evidence behind it, on a line of its own."""
    return bool(_PLAIN.fullmatch(text)) and ": " not in text and " #" not in text and not text.endswith(":")


def _scalar(node: Scalar, *, flow: bool) -> str | None:
    """Return a scalar as YAML; None where it must stay plain and cannot in a flow collection."""
    text = node.text
    plain = stands_plain(text)
    plain = plain and not (flow and re.search(r"[,\[\]{}]", text))
    if node.plain and text:
        match = EVIDENCE.fullmatch(text)
        marked = text in ABSENT or bool(match and (match["at"] or match["status"]))
        if plain:
            return text
        return None if marked and flow else text if marked else _quoted(text)
    match = EVIDENCE.fullmatch(text)
    means_more = text in ABSENT or bool(match and (match["at"] or match["status"]))
    return text if plain and not means_more else _quoted(text)


def _quoted(text: str) -> str:
    if re.search(r"[^\x20-\x7e\xa0-\U0010ffff]", text):
        return json.dumps(text, ensure_ascii=False)
    return "'" + text.replace("'", "''") + "'"
