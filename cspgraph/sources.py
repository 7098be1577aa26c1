"""Source documents and the places in them: locators, and the passages they point at.

Lines count from 1 and end at newlines only, as `sed -n 10,20p` counts; characters are
code points from 0 with the end left out. A locator holds for one checksum of a text.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.errors import InputError
from cspgraph.text import shortened

if TYPE_CHECKING:
    from pathlib import Path

RANGE = r"\d+(?:-\d+|:\d+-\d+|~\"[^\"]+\")?"
LOCATOR = rf"{RANGE}(?:,{RANGE})*"
_MOST_DIGITS = 9
_RANGE = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+)|:(?P<start>\d+)-(?P<end>\d+)|~\"(?P<quote>[^\"]+)\")?")


@dataclass(frozen=True)
class Range:
    """Lines `first` to `last`, or characters `start` to `end` of the line `first`."""

    first: int
    last: int
    start: int | None = None
    end: int | None = None
    quote: str | None = None

    def __str__(self) -> str:
        if self.quote is not None:
            return f'{self.first}~"{self.quote}"'
        if self.start is not None:
            return f"{self.first}:{self.start}-{self.end}"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class Locator:
    """One or more ranges of one source; without any, the source as a whole."""

    source: str
    ranges: tuple[Range, ...] = ()

    @property
    def first(self) -> int:
        """The first line of the first range, 0 for the whole source."""
        return self.ranges[0].first if self.ranges else 0

    @property
    def last(self) -> int:
        """The last line of the last range, 0 for the whole source."""
        return self.ranges[-1].last if self.ranges else 0

    @property
    def width(self) -> int:
        """The number of lines in the widest range."""
        return max((piece.last - piece.first + 1 for piece in self.ranges), default=0)

    @property
    def text(self) -> str:
        """The ranges as a plan file writes them: `364:10-48,369`."""
        return ",".join(map(str, self.ranges))


def parse_ranges(text: str) -> tuple[Range, ...]:
    """Return the ranges written in a plan file, such as `12-15,18:3-40`.

    Raises ValueError with a sentence that says what is wrong.
    """
    if not re.fullmatch(LOCATOR, text):
        said = shortened(text, 200)
        message = (
            f"'{said}' is not a place in a source: write lines as 12, 12-15 or 12,18, characters of a line as 12:3-40"
        )
        raise ValueError(message)
    if re.search(rf"\d{{{_MOST_DIGITS + 1}}}", re.sub(r'~"[^"]+"', "", text)):
        raise ValueError(f"'{shortened(text, 40)}' is not a place in a source: no text has so many lines")
    return tuple(_one_range(match) for match in _RANGE.finditer(text))


def _one_range(match: re.Match[str]) -> Range:
    first = int(match["first"])
    last = int(match["last"] or first)
    if first < 1:
        raise ValueError("lines count from 1")
    if last < first:
        raise ValueError(f"the range {match.group()} ends before it begins")
    if match["start"] is None:
        return Range(first, last, quote=match["quote"])
    start, end = int(match["start"]), int(match["end"])
    if end <= start:
        raise ValueError(f"the characters {match.group()} end before they begin")
    return Range(first, first, start, end)


def measure(content: bytes) -> tuple[int, str]:
    """Return how many lines a text has, a last one without a newline counted, and its sha256."""
    return content.count(b"\n") + (not content.endswith(b"\n")), hashlib.sha256(content).hexdigest()


class Text:
    """A source document at hand, split into its lines.

    Raises InputError when the file is not there, is not UTF-8, or has another checksum
    than the plan files were written against.
    """

    def __init__(self, path: Path, sha256: str = "") -> None:
        try:
            content = path.read_bytes()
            self.lines = content.decode("utf-8").split("\n")
        except OSError:
            raise InputError.at(
                path, 0, "the source document is not there", "name its folder with --sources DIR"
            ) from None
        except UnicodeDecodeError as error:
            raise InputError.at(path, 0, f"the source document is not UTF-8 (byte {error.start})") from None
        if sha256 and hashlib.sha256(content).hexdigest() != sha256:
            message = "this copy is not the text that the line numbers were taken from (its sha256 differs)"
            raise InputError.at(path, 0, message, f"find the copy whose sha256 is {sha256}")
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        self.path = path

    def passage(self, piece: Range) -> str:
        """Return the text of a range, lines joined by newlines; past the end there is none."""
        if piece.start is not None:
            return self.line(piece.first)[piece.start : piece.end]
        return "\n".join(self.lines[piece.first - 1 : piece.last])

    def line(self, number: int) -> str:
        """Return one line, empty when there is no such line."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def find(self, piece: Range) -> Range:
        """Return the range in characters for one that quotes words of its line.

        Raises ValueError when the words are not there, or there more than once.
        """
        if piece.quote is None:
            return piece
        line = self.line(piece.first)
        start = line.find(piece.quote)
        if start < 0:
            raise ValueError(f'line {piece.first} does not hold "{piece.quote}"')
        again = line.find(piece.quote, start + 1)
        if again >= 0:
            raise ValueError(
                f'line {piece.first} holds "{piece.quote}" more than once (at {start} and {again}): quote more'
            )
        return Range(piece.first, piece.first, start, start + len(piece.quote))
