"""XML out and in: text that cannot break out of its element, and a reader that resolves nothing and fetches nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from cspgraph.errors import InputError
from cspgraph.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST_BYTES = 20_000_000
MOST_ELEMENTS = 500_000
DEEPEST = 40
# What XML 1.0 has no way to write, once controls are out (section 2.2 of the recommendation).
_NEVER = re.compile("[\ud800-\udfff\ufffe\uffff]")


def held(value: str) -> str:
    """Return text that XML can hold: controls, direction marks and what it cannot made visible."""
    return _NEVER.sub("\ufffd", clean(value))


def text(value: str) -> str:
    """Return text as it may stand in an element."""
    return escape(held(value))


def tag(name: str, attributes: Mapping[str, str] | None = None, *, close: bool = False) -> str:
    """Return an opening tag, or with `close` an empty element."""
    said = "".join(f" {key}={quoteattr(held(value))}" for key, value in (attributes or {}).items())
    return f"<{name}{said}{'/' if close else ''}>"


# -------------------------------------------------------------------- in


@dataclass
class Element:
    """An element as read: its namespace and local name, its attributes, its text, what is in it, and its lines."""

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int
    last: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """Return the elements of a name directly in this one."""
        return [child for child in self.children if child.name == name]

    def one(self, name: str) -> Element | None:
        """Return the first element of a name directly in this one."""
        return next(iter(self.all(name)), None)

    def said(self, name: str) -> str:
        """Return the text of the first element of a name directly in this one, its white space made one space."""
        found = self.one(name)
        return " ".join(found.text.split()) if found else ""

    def lines(self) -> list[tuple[int, str]]:
        """Return the lines of its text that hold any, with their numbers in the file."""
        told = [(self.line + offset, " ".join(line.split())) for offset, line in enumerate(self.text.split("\n"))]
        return [(number, line) for number, line in told if line]

    def walk(self) -> Iterator[Element]:
        """Yield this element and all in it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


def parse(path: Path, content: bytes) -> Element:
    """Return the root of an XML document.

    Raises InputError with the line for what is not well formed, for a document type declaration (the only way to
    entities and external references), and for more bytes, elements or levels than a plan can need.
    """
    from xml.parsers import expat

    if len(content) > MOST_BYTES:
        raise InputError.at(path, 0, f"the file is larger than {MOST_BYTES // 1_000_000} MB", "is it one plan?")
    builder = _Builder(path, expat.ParserCreate(namespace_separator="\n"))
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        message = f"this is not XML: {expat.ErrorString(error.code)}"
        raise InputError.at(path, error.lineno, message, "was the file cut off?") from None
    except (LookupError, ValueError, UnicodeError):
        raise InputError.at(path, 1, "the file is in an encoding that is not known", "save it as UTF-8") from None
    assert builder.root is not None
    return builder.root


class _Builder:
    """The handlers of one parse."""

    def __init__(self, path: Path, parser: Any) -> None:
        self.path = path
        self.parser = parser
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0
        self.parts: list[list[str]] = []
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def _refuse(self, message: str, hint: str) -> None:
        raise InputError.at(self.path, self.parser.CurrentLineNumber, message, hint)

    def _doctype(self, *_: object) -> None:
        self._refuse("the file declares a document type or entities, which are not read", "take the declaration out")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MOST_ELEMENTS:
            self._refuse(f"the file has more than {MOST_ELEMENTS:,} elements", "is it one plan?")
        if len(self.open) >= DEEPEST:
            self._refuse(f"more than {DEEPEST} elements are nested here", "is it a plan?")
        namespace, _, own = name.rpartition("\n")
        plain = {key.rpartition("\n")[2]: value for key, value in attributes.items()}
        element = Element(namespace, own, plain, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        self.parts.append([])

    def _end(self, _: str) -> None:
        element = self.open.pop()
        element.text = "".join(self.parts.pop())
        element.last = self.parser.CurrentLineNumber

    def _characters(self, data: str) -> None:
        self.parts[-1].append(data)
