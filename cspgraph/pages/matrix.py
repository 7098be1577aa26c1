"""The page of a framework: its priorities against those of local plans, cell by cell, with the evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.coverage.frameworks import coverages
from cspgraph.errors import CspgraphError
from cspgraph.pages.frame import ALONE, Site, render
from cspgraph.text import counted, natural

if TYPE_CHECKING:
    from cspgraph.coverage.alignments import Alignment
    from cspgraph.coverage.frameworks import Coverage, Covered
    from cspgraph.engines import Engine
    from cspgraph.names import Thing

# A cell by sign and words: a document says so, a reader suggests it, a party only pledges it.
STATED, SUGGESTED, PLEDGED, NOBODY = "●", "◐", "○", "✕"


@dataclass(frozen=True)
class Cell:
    """What joins one priority of the framework to one local priority; `anchor` is where the evidence stands."""

    sign: str
    words: str
    anchor: str
    doubtful: bool


@dataclass(frozen=True)
class Matrix:
    """A framework as a table: `columns` are local priorities by plan, a row is a priority with a cell for each."""

    coverage: Coverage
    number: int
    plans: tuple[tuple[Thing, int], ...]
    columns: tuple[Thing, ...]
    rows: tuple[tuple[Covered, tuple[tuple[Cell, ...], ...]], ...]

    @property
    def said(self) -> str:
        """How many of the priorities are served, and by how many plans."""
        one = self.coverage
        by = f" by {counted(len(one.plans), 'local plan')}" if one.plans else ""
        return f"{one.served} of {counted(len(one.priorities), 'priority', 'priorities')} served{by}"


def page(engine: Engine, focus: list[Thing]) -> str:
    """Return the page of the frameworks named, or of all.

    Raises CspgraphError where what is named is no framework.
    """
    found = coverages(engine, focus)
    if not found:
        what = f"'{focus[0].label}' is no document with priorities of its own" if focus else "no framework is loaded"
        raise CspgraphError(what, "`cspgraph coverage` lists the documents that have some")
    return write(found, listed=len(found) > 1)


def write(found: list[Coverage], site: Site = ALONE, *, listed: bool = False, details: bool = True) -> str:
    """Return a page of frameworks: a list of them where `listed`, and each as a matrix with its evidence."""
    matrices = [matrix(one, number) for number, one in enumerate(found)]
    first = found[0]
    title = "Which priorities of wider plans the local plans serve" if listed else first.framework.label
    said = ", ".join(filter(None, (first.level, first.period, matrices[0].said)))
    subtitle = counted(len(found), "framework") if listed else said
    return render(
        "coverage.html.j2", site, title=title, subtitle=subtitle, matrices=matrices, listed=listed, details=details,
        nobody=NOBODY,
    )  # fmt: skip


def matrix(one: Coverage, number: int = 0) -> Matrix:
    """Return a framework as a table."""
    locals_ = {(a.plan, a.local) for covered in one.priorities for a in covered.alignments}
    ordered = sorted(locals_, key=lambda pair: (pair[0].id, natural(pair[1].id)))
    columns = tuple(local for _, local in ordered)
    plans = tuple(Counter(plan for plan, _ in ordered).items())
    rows = []
    for row, covered in enumerate(one.priorities):
        cells: list[tuple[Cell, ...]] = []
        for column in columns:
            numbered = enumerate(covered.alignments)
            cells.append(tuple(_cell(a, f"a-{number}-{row}-{at}") for at, a in numbered if a.local == column))
        rows.append((covered, tuple(cells)))
    return Matrix(one, number, plans, columns, tuple(rows))


def _cell(one: Alignment, anchor: str) -> Cell:
    sign = PLEDGED if not one.serves else STATED if one.basis in ("stated", "") else SUGGESTED
    pledge = "" if one.serves else "a pledge, which serves nothing"
    words = ", ".join(filter(None, (one.relationship, one.basis, pledge))) or "aligned"
    return Cell(sign, words, anchor, bool(one.place.doubt()))
