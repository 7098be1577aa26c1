"""The references of things in a workbook: as the plan file writes them, and new ones for rows that have none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cspgraph.office.cells import shown
from cspgraph.plans.context import slug

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.changes.records import Records

_NUMBERED = re.compile(r"(.*?)(\d{1,9})")


class References:
    """All references that are taken, those of the plan file `old` and names `known` besides."""

    def __init__(self, old: Records, known: Iterable[str]) -> None:
        self.written: dict[str, str] = {}
        self.taken: set[str] = set()
        self.highest: dict[str, int] = {}
        self.examples: dict[str, str] = {}
        self.tried: dict[str, int] = {}
        for name in known:
            self._take(name)
        for path in old:
            if path and path[0][2] < 0:
                self.keep(path[0][0], path[0][1])

    def _take(self, ref: str) -> None:
        self.taken.add(ref)
        match = _NUMBERED.fullmatch(ref)
        if match:
            self.highest[match[1]] = max(int(match[2]), self.highest.get(match[1], 0))

    def keep(self, section: str, text: str) -> str:
        """Return the reference that a cell shows as the plan file writes it; it is taken from now on."""
        ref = self.written.get(text, text)
        self.written.setdefault(shown(ref), ref)
        self._take(ref)
        if _NUMBERED.fullmatch(ref):
            self.examples[section] = ref
        return ref

    def fresh(self, section: str, above: str, title: str) -> str:
        """Return a reference that is not taken: the next number after those of the row above, or made of the title."""
        match = _NUMBERED.fullmatch(above) or _NUMBERED.fullmatch(self.examples.get(section, ""))
        if match:
            return f"{match[1]}{self.highest.get(match[1], 0) + 1}"
        base = found = "-".join(slug(title).split("-")[:5])[:40].strip("-.")
        while found in self.taken:
            number = self.tried[base] = self.tried.get(base, 1) + 1
            found = f"{base}-{number}"
        return found
