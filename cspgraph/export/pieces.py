"""XML in the making: elements with text, or with elements in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cspgraph import xml
from cspgraph.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator


class Piece(NamedTuple):
    """An element with its attributes, and text or elements in it."""

    name: str
    content: str | list[Piece]
    attributes: dict[str, str] = {}  # noqa: RUF012 - never written to


def written(piece: Piece, level: int) -> Iterator[str]:
    """Yield the lines of an element and all that is in it."""
    indent = "  " * level
    if isinstance(piece.content, str):
        text = "\n".join(map(xml.text, piece.content.split("\n")))
        yield f"{indent}{xml.tag(piece.name, piece.attributes)}{text}</{piece.name}>"
        return
    yield indent + xml.tag(piece.name, piece.attributes)
    for child in piece.content:
        yield from written(child, level + 1)
    yield f"{indent}</{piece.name}>"


def some(name: str, text: str) -> list[Piece]:
    """Return an element that may be left out, where there is text for it."""
    return [Piece(name, text)] if text else []


def line(text: str) -> str:
    """Return a text on one line, nothing in it that cannot be seen."""
    return " ".join(clean(text).split())
