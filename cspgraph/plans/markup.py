"""YAML text to nodes that know their line, with nothing decided about types.

Built on the events of PyYAML's C parser: its own composer overflows the stack on deep
nesting, follows aliases, and resolves `yes`, `1.10` and dates, none of which a plan
file wants. Every scalar here is text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from cspgraph.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 32_000_000
DEEPEST = 12
_STRANGE = re.compile("[\x85\u2028\u2029]")


@dataclass(slots=True)
class Node:
    """A place in a plan file; `line` counts from 1. `span` is (line, column) of start and end, from 0."""

    line: int
    span: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))


@dataclass(slots=True)
class Scalar(Node):
    """Text. `plain` is whether it stands without quotes: bare, or as a block."""

    text: str = ""
    plain: bool = True


@dataclass(slots=True)
class Sequence(Node):
    """A list."""

    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping(Node):
    """Keys with values, in the order written; a key that stands twice is there twice."""

    items: list[tuple[Scalar, Node]] = field(default_factory=list)


class Malformed(Exception):
    """The text is not a plan file's YAML; holds the one problem that stopped the reading."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def compose(path: str, content: bytes) -> Mapping:
    """Return the root mapping of a YAML text.

    Raises Malformed for anything that is not one plain YAML mapping in UTF-8: bad
    encoding, tabs, aliases, tags, several documents, deep nesting, an empty file.
    """
    text = _decode(path, content)
    try:
        events = iter(list(_checked(path, yaml.parse(text, Loader=_loader()))))
        root = _compose(path, events)
    except yaml.MarkedYAMLError as error:
        raise Malformed(_syntax(path, text, error)) from None
    except yaml.reader.ReaderError:
        raise Malformed(_unreadable(path, text)) from None
    if not isinstance(root, Mapping):
        line = root.line if root else 0
        message = "the file is empty" if root is None else "the file must be a mapping"
        raise Malformed(Problem(path, line, message, "begin with `plan: ID` or `reference: NAME`", "empty"))
    return root


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _decode(path: str, content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise Malformed(Problem(path, 0, f"the file is larger than {MOST_BYTES // 1_000_000} MB", "split it", "limit"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 (byte 0x{content[error.start]:02x})"
        raise Malformed(Problem(path, line, message, "save it as UTF-8", "encoding")) from None
    strange = _STRANGE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        message = f"the character U+{ord(strange.group()):04X} breaks lines in some programs only"
        raise Malformed(Problem(path, line, message, "put a space or a newline in its place", "encoding"))
    return text


def _mark(mark: Any) -> tuple[int, int]:
    """Return line and column of a mark, both from 0."""
    return mark.line, mark.column


def _checked(path: str, events: Iterator[Any]) -> Iterator[Any]:
    depth = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Malformed(
                Problem(path, line, "a plan file has no anchors and aliases", "write the value out", "alias")
            )
        if getattr(event, "tag", None):
            raise Malformed(Problem(path, line, f"a plan file has no tags such as {event.tag}", "leave it out", "tag"))
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise Malformed(Problem(path, line, "there is a second document after ---", "keep one to a file", "syntax"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Malformed(Problem(path, line, f"more than {DEEPEST} levels are nested here", "", "limit"))
        yield event


def _compose(path: str, events: Iterator[Any]) -> Node | None:
    for event in events:
        if not isinstance(
            event, yaml.StreamStartEvent | yaml.DocumentStartEvent | yaml.DocumentEndEvent | yaml.StreamEndEvent
        ):
            return _node(path, event, events)
    return None


def _node(path: str, event: Any, events: Iterator[Any]) -> Node:
    line, start = event.start_mark.line + 1, _mark(event.start_mark)
    if isinstance(event, yaml.ScalarEvent):
        end = _mark(event.end_mark)
        return Scalar(line, (start, end), event.value, event.style not in ("'", '"'))
    if isinstance(event, yaml.SequenceStartEvent):
        sequence = Sequence(line, (start, start))
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            item = _node(path, event, events)
            _not_cut(path, sequence.items[-1] if sequence.items else None, item)
            sequence.items.append(item)
        sequence.span = (start, _mark(event.end_mark))
        return sequence
    mapping = Mapping(line, (start, start))
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _node(path, event, events)
        if not isinstance(key, Scalar):
            raise Malformed(Problem(path, key.line, "a key must be a word", "", "syntax"))
        _not_cut(path, mapping.items[-1][1] if mapping.items else None, key)
        mapping.items.append((key, _node(path, next(events), events)))
    mapping.span = (start, _mark(event.end_mark))
    return mapping


def _not_cut(path: str, before: Node | None, after: Node) -> None:
    """Refuse a comma between two figures inside brackets: YAML ends the value there, in `[board @12,15]` as in `{2018/19: 1,200}`."""
    if (
        isinstance(before, Scalar)
        and isinstance(after, Scalar)
        and before.plain
        and before.span[1] == (after.span[0][0], after.span[0][1] - 1)
        and before.text[-1:].isdigit()
        and after.text[:1].isdigit()
    ):
        hint = "put quotes around the value, or a space after the comma if there are two"
        cut = f"{before.text},{after.text}"
        raise Malformed(Problem(path, after.line, f"inside brackets the comma cuts '{cut}' in two", hint, "comma"))


_SENTENCES = {
    "found character '\\t' that cannot start any token": (
        "a tab stands where YAML wants spaces",
        "indent with two spaces",
    ),
    "found character that cannot start any token": (
        "a tab, or another character with a meaning in YAML, begins a value",
        "indent with spaces; put quotes around the value",
    ),
    "mapping values are not allowed in this context": (
        "a colon followed by a space stands inside a value",
        "put quotes around the value",
    ),
    "found unexpected end of stream": ("the file ends inside quotes", "close them; was the file cut off?"),
    "did not find expected node content": ("a value is missing", "was the file cut off?"),
    "could not find expected ':'": ("a line has no colon after its word", "write `word: value`"),
    "did not find expected key": ("the indentation does not fit the lines above", "line the words of one thing up"),
    "did not find expected ',' or ']'": ("a list in brackets is not closed", "close it with ]; was the file cut off?"),
    "did not find expected ',' or '}'": ("a group in braces is not closed", "close it with }; was the file cut off?"),
    "did not find expected '-' indicator": (
        "the lines of a list do not line up",
        "begin each with `- ` in the same column",
    ),
}


def _syntax(path: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = min(mark.line + 1, text.count("\n") + 1) if mark else 0
    what = error.problem or "this is not YAML"
    message, hint = _SENTENCES.get(what, (f"this is not YAML: {what}", ""))
    return Problem(path, line, message, hint, "syntax")


def _unreadable(path: str, text: str) -> Problem:
    strange = re.search("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    line = text.count("\n", 0, strange.start()) + 1 if strange else 0
    code = ord(strange.group()) if strange else 0
    return Problem(
        path, line, f"the control character U+{code:04X} cannot stand in a plan file", "delete it", "encoding"
    )
