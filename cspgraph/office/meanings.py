"""Which thing a label in a cell means: a thing of the workbook, or another that the workbook knows."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from cspgraph.office.cells import shown, tidy
from cspgraph.plans.context import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cspgraph.changes.records import Path, Record, Records
    from cspgraph.office.grid import Cells
    from cspgraph.office.labels import Labels
    from cspgraph.ontology import Vocabulary

SOME = 50  # of things with one title are looked at where nothing says which is meant
APART = "give each a reference of its own in its column 'ref', and write here the one that is meant"


def gone(path: Path, old: Records, new: Records) -> bool:
    """Return whether the thing under which a path lies was there and is not in the workbook any more."""
    return bool(path) and path[0][2] < 0 and path[:1] not in new and path[:1] in old


def home(record: Record, cells: Cells) -> str:
    """Return the cell in which a thing of the workbook has its title."""
    return cells.name((record.cells.get("title") or record.cells[""])[0])


class Meanings:
    """What the cells of a workbook mean that name things. To be asked when all things are read."""

    def __init__(self, vocabulary: Vocabulary, labels: Labels, old: Records, new: Records, cells: Cells) -> None:
        self.vocabulary, self.labels, self.old, self.new, self.cells = vocabulary, labels, old, new, cells

    @cached_property
    def things(self) -> dict[str, Record]:
        """The things of the workbook by their references."""
        return {path[0][1]: record for path, record in reversed(self.new.items()) if record.thing}

    @cached_property
    def titles(self) -> dict[str, dict[str, None]]:
        """The references of the things of the workbook by their titles, without regard to the case of letters."""
        found: dict[str, dict[str, None]] = {}
        for ref, record in reversed(self.things.items()):
            found.setdefault(tidy(shown(record.title)).casefold(), {})[ref] = None
        return found

    @cached_property
    def cased(self) -> dict[str, list[str]]:
        """The references of the things of the workbook without regard to the case of letters."""
        found: dict[str, list[str]] = {}
        for ref in self.things:
            found.setdefault(ref.casefold(), []).append(ref)
        return found

    def of(self, text: str, classes: Sequence[str], hidden: str) -> list[str]:
        """Return the ids that a text may mean where a thing of some classes is named; nothing where it names none.

        A label, or a title in the workbook, goes before a reference. Where several things have it, the id that stands
        unseen beside it decides, then which of them may be named here.
        """
        key = text.casefold()
        label = self.labels.ids.get(key)
        known = [label] if label is not None else self.labels.titled.get(key, [])
        here, elsewhere = self.titles.get(key, {}), [name for name in known if not self._gone(name)]
        for sure in (hidden, text):
            if sure in here or sure in elsewhere:
                return [sure]
        found = list(dict.fromkeys([*elsewhere, *islice(here, SOME)]))
        if len(found) > 1:
            found = [ref for ref in found if self._fits(ref, classes)] or found
        if found:
            return found
        alike = self.cased.get(key, [])
        if text in alike or (text in self.labels.of and not alike):
            return [text]
        return alike or self._labelled(text) or known

    def _labelled(self, text: str) -> list[str]:
        """Return the id at the end of a label that had to say it: `Burglary [P1]`."""
        match = re.fullmatch(r"(.*) \[([^\[\]]+)\]", text)
        title, name = (match[1].casefold(), match[2]) if match else ("", "")
        return [name] if name in {*self.titles.get(title, ()), *self.labels.titled.get(title, ())} else []

    @cached_property
    def stood(self) -> dict[str, Path]:
        """The things of the plan file by their references."""
        return {path[0][1]: path for path, record in reversed(self.old.items()) if record.thing}

    def _gone(self, name: str) -> bool:
        return gone(self.stood.get(name, ()), self.old, self.new)

    def _fits(self, ref: str, classes: Sequence[str]) -> bool:
        record = self.things.get(ref)
        return record is None or not classes or self.vocabulary.is_a(record.kind.iri, classes)

    def told(self, ids: Sequence[str]) -> str:
        """Return where several things stand that have one title: `Boards!B2 or Boards!B3`."""
        places = [home(self.things[ref], self.cells) if ref in self.things else f"'{ref}' elsewhere" for ref in ids]
        return f"{', '.join(places[:-1][:4])} or {places[-1]}"

    def near(self, text: str) -> str:
        """Return the next step after a text that names nothing."""
        near = self.labels.near(text) if self.cells.may_look(len(self.labels.ids)) else []
        if not near and self.cells.may_look(len(self.titles)):
            near = [
                self.things[ref].title for name in nearest(text, self.titles) for ref in islice(self.titles[name], 1)
            ]
        return f"the nearest: {', '.join(near)}" if near else "pick it from the list, or add it on its own sheet"
