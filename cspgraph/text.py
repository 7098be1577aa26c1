"""Text from plan files made harmless and short, for a terminal, a page, a sheet of cells."""

from __future__ import annotations

import re

# Controls, marks that turn the direction of writing, and other characters that are not seen.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Return a text in which nothing controls a terminal or turns what stands beside it."""
    return _UNSEEN.sub("\ufffd", text).replace("\t", " ").replace("\n", " ")


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters, cut at a word where that is near, with an ellipsis."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > most * 2 // 3 else cut).rstrip(" ,;:-") + "…"


def counted(number: int, what: str, several: str = "") -> str:
    """Return a number with what it counts: `1 action`, `2 actions`."""
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"


def with_article(noun: str) -> str:
    """Return a noun with its article: `a plan`, `an action`."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def cell(text: str) -> str:
    """Return a text that a spreadsheet takes as text: an apostrophe goes before what it would run. Numbers stay."""
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        return text
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def normal(name: str) -> str:
    """Return a name as names are compared: case folded, `&` as "and", dashes and quotes made plain."""
    text = name.casefold().replace("&", " and ").replace("\u2019", "'")
    return " ".join(re.sub(r"[\u2010-\u2015-]", " ", text).split())


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """Return a key by which `A2` comes before `A10`."""
    pieces = re.findall(r"0*(\d+)|(\D+)", text)  # of two numbers the longer is the larger: no int of any length is made
    return tuple((len(digits), digits) if digits else (-1, letters) for digits, letters in pieces)
