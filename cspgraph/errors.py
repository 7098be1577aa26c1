"""The error tree.

    CspgraphError                 exit 2 unless said otherwise
    ├── InputError                a file or a value in it is wrong; carries every Problem found
    ├── UnknownName               a word that names nothing; carries the nearest
    ├── QueryRefused              a query that may not run
    ├── QueryError                a query that cannot be read, or fails
    ├── EngineError               exit 3: a store cannot be opened, read or written
    └── LimitReached              exit 4: time, rows, bytes or memory

The first four are the caller's to mend, the last two the world's. Every message is
one sentence; `hint` is the next step, and is shown on a line of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOUND = 1
WRONG = 2
FAILED = 3
LIMIT = 4
INTERRUPTED = 130


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a file: where, what, and what to do next.

    `line` counts from 1; 0 stands for the file as a whole. `rule` is a short stable
    name (`unknown-word`, `min-count` ...), by which two checkers can be compared. In a
    workbook `cell` is `Actions!C14`, or the sheet alone, and `line` the row.
    """

    path: str
    line: int
    message: str
    hint: str = ""
    rule: str = ""
    cell: str = ""

    def __str__(self) -> str:
        place = f"{self.path}: {self.cell}" if self.cell else f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" + (f"\n    {self.hint}" if self.hint else "")


class CspgraphError(Exception):
    """Anything that ends a command with one clear sentence.

    `exit_code` is documented in the README; `hint` is the next step, or empty.
    """

    exit_code = WRONG

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message + (f"\n    {self.hint}" if self.hint else "")


class InputError(CspgraphError):
    """One or more files cannot be used. `problems` holds all that is wrong, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(
            set(problems), key=lambda one: (one.path, one.rule == "more", one.cell.partition("!")[0], one)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def at(cls, path: Path | str, line: int, message: str, hint: str = "") -> InputError:
        """Return the error for a single problem."""
        return cls([Problem(str(path), line, message, hint)])


class UnknownName(CspgraphError):
    """A name, a question or a word that is not there. `nearest` holds up to three that are."""

    def __init__(self, what: str, name: str, nearest: Iterable[str] = (), hint: str = "") -> None:
        self.name = name
        self.nearest = list(nearest)
        near = f"the nearest: {', '.join(self.nearest)}" if self.nearest else ""
        super().__init__(f"{what} '{name}' is not known", "; ".join(part for part in (near, hint) if part))


class QueryRefused(CspgraphError):
    """A query that asks for more than reading the loaded graphs."""


class QueryError(CspgraphError):
    """A query that is not SPARQL, or that failed while it ran."""

    @classmethod
    def of_engine(cls, said: str) -> QueryError:
        """Return the error for what an engine said; of a syntax error only the place is worth repeating."""
        words = " ".join(said.split())
        place = re.search(r"error at (\d+):(\d+)", words)
        if place:
            return cls(f"the query is not SPARQL: line {place[1]}, column {place[2]}")
        return cls(f"the query failed: {words[:150]}")


class EngineError(CspgraphError):
    """A store that cannot be opened, read or written."""

    exit_code = FAILED


class LimitReached(CspgraphError):
    """A query that took too long, or gave or needed too much."""

    exit_code = LIMIT
