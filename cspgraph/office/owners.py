"""To what a row of a part belongs: the record that is called so."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from cspgraph.office.cells import shown, tidy
from cspgraph.office.labels import part_label
from cspgraph.office.meanings import APART, SOME, gone, home
from cspgraph.plans.context import nearest

if TYPE_CHECKING:
    from cspgraph.changes.records import Path, Records
    from cspgraph.office.grid import Cells, Row
    from cspgraph.office.labels import Labels
    from cspgraph.office.layout import Sheet


class Owners:
    """The records that rows of parts may belong to, by all names that a cell may give them."""

    def __init__(self, labels: Labels, old: Records, new: Records, cells: Cells) -> None:
        self.labels, self.old, self.new, self.cells = labels, old, new, cells
        self.spoken: dict[Path, list[str]] = {}
        self.called: dict[str, dict[Path, None]] = {}
        for records in (old, new):
            for path in list(records):
                self.speak(path, records)

    def speak(self, path: Path, records: Records) -> None:
        """Note by which names a record may be called in a row that belongs to it; what is gone no row may call."""
        record = records[path]
        if not path or record.thing:
            name = path[0][1] if path else next((value.text for value in record.values.get("plan", ())), "")
            title = tidy(shown(record.title))
            names = [self.labels.label(name), title, f"{title} [{name}]", name]
        else:
            tail = part_label(path, records, self.labels)
            names = [f"{name} › {tail}" for name in self.spoken.get(path[:-1], ())]
        self.spoken[path] = [name for name in dict.fromkeys(names) if name]
        for name in () if gone(path, self.old, self.new) else self.spoken[path]:
            self.called.setdefault(name.casefold(), {})[path] = None

    def of(self, sheet: Sheet, row: Row) -> list[Path]:
        """Return the records to which a row may belong. Of several with one name it is that which stands unseen beside it."""
        text = row.texts.get(0, "")
        called = self.called.get(text.casefold(), {})
        hidden = _hidden(sheet, row)
        if hidden in called:
            return [hidden] if hidden in self.new else []
        found = list(islice((path for path in called if path in self.new), SOME))
        if len(found) > 1:
            exact: list[Path] = [path for path in found if len(path) == 1 and path[0][1] == text]
            found = exact or [path for path in found if self._takes(path, sheet)] or found
        return found

    def _takes(self, path: Path, sheet: Sheet) -> bool:
        words = self.new[path].kind.words.values()
        return any(sheet.relation is not None and relation.path == sheet.relation.path for relation in words)

    def doubt(self, sheet: Sheet, row: Row) -> None:
        """Note a row that may belong to one thing as well as to another."""
        found = self.of(sheet, row)
        if len(found) > 1:
            places = [home(self.new[path], self.cells) for path in found]
            told = f"'{row.texts[0]}' may be {', '.join(places[:-1][:4])} or {places[-1]}"
            self.cells.problem(row.at(0), told, APART, "reference")

    def none(self, sheet: Sheet, row: Row) -> None:
        """Note a row that belongs to nothing; what belonged to a thing that was taken away goes with it, unsaid."""
        text = row.texts.get(0, "")
        hidden = _hidden(sheet, row)
        names = self.spoken.get(hidden, ()) if hidden and gone(hidden, self.old, self.new) else ()
        if text.casefold() in {name.casefold() for name in names}:
            return
        what = f"nothing here is called '{text}'" if text else "the row does not say to what it belongs"
        self.cells.problem(row.at(0), what, lambda: self._near(text, sheet), "reference")

    def _near(self, text: str, sheet: Sheet) -> str:
        """Return the next step after a name that nothing has."""
        here = {
            name: path
            for name, paths in self.called.items()
            for path in islice(paths, 1)
            if path in self.new and self._takes(path, sheet)
        }
        names = nearest(text, here) if text and self.cells.may_look(len(here)) else []
        near = dict.fromkeys(self.spoken[here[name]][0] for name in names)
        return f"the nearest: {', '.join(list(near)[:3])}" if near else "pick one from the list"


def _hidden(sheet: Sheet, row: Row) -> Path | None:
    """Return the path that the hidden cell of a part's owner holds."""
    at = next((at for at, column in enumerate(sheet.columns) if column.role == "id" and column.word == ("/owner",)), -1)
    try:
        return tuple((str(word), str(key), int(number)) for word, key, number in json.loads(row.texts.get(at, "")))
    except (ValueError, TypeError, RecursionError):
        return None
