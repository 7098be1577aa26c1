"""The rows of a workbook to records: whose row it is, which thing a label means, where a new thing goes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from cspgraph.changes.records import OWN, THING, Record, Records, Value, dated
from cspgraph.office.cells import meant, shown, tidy, value_text
from cspgraph.office.grid import Cells, Row, rows
from cspgraph.office.labels import Labels, concepts
from cspgraph.office.layout import STAR, Column, Sheet, named
from cspgraph.office.meanings import APART, Meanings
from cspgraph.office.owners import Owners
from cspgraph.office.references import References
from cspgraph.office.rows import inside, plan_words
from cspgraph.plans.context import ABSENT, near_hint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.changes.records import Path
    from cspgraph.ontology import Relation, Vocabulary


class _Name(NamedTuple):
    """A cell that names a thing: its text, the id that stands unseen beside it, its number and its column."""

    text: str
    hidden: str
    cell: int
    column: Column


class Gatherer:
    """Reads sheet after sheet into records; `old` are those of the plan file that the workbook was made from."""

    def __init__(
        self, pages: dict[str, Any], cells: Cells, vocabulary: Vocabulary, old: Records, labels: Labels
    ) -> None:
        self.pages, self.cells, self.vocabulary, self.old, self.labels = pages, cells, vocabulary, old, labels
        self.new: Records = {}
        self.meanings = Meanings(vocabulary, labels, old, self.new, cells)
        self.refs = References(old, labels.of)
        self.waiting: list[tuple[Record, str, Value, _Name]] = []
        self.known: dict[float, set[str]] = {}
        self.keys: dict[Path, dict[str, str]] = {}
        self.last: dict[tuple[Path, str], int] = {}
        for path in old:
            if path:
                self.keys.setdefault(path[:-1], {}).setdefault(shown(path[-1][1]), path[-1][1])
                self.count(path)
            if path and re.fullmatch(r"\d+\.\d+", path[-1][1]):
                self.known.setdefault(float(path[-1][1]), set()).add(path[-1][1])

    def gather(self, sheets: Iterable[Sheet]) -> Records:
        """Return the records of all sheets; problems are noted with the cells."""
        present = [sheet for sheet in sheets if sheet.name in self.pages]
        for sheet in present:
            if sheet.section:
                self.things(sheet)
            elif not sheet.relation:
                self.plan(sheet)
        self.parts([sheet for sheet in present if sheet.relation])
        self.resolve()
        for record in self.new.values():
            self.restore(record)
        return self.new

    # ---------------------------------------------------------------- the plan

    def plan(self, sheet: Sheet) -> None:
        """Read the sheet of the plan itself: what it says in the first column, the value in the second."""
        record = self.record((), sheet.kind, self.cells.number(sheet.name, 0, 0))
        words = {label.casefold(): word for label, word in plan_words(sheet.kind).items()}
        for row in rows(self.pages[sheet.name], sheet, self.cells, {}):
            says = row.texts.get(0, "").removesuffix(STAR)
            word = words.get(says.casefold())
            if word is None:
                hint = near_hint(says, words) if says else "pick it from the list"
                self.cells.problem(row.at(0), f"'{says}' is nothing that a plan says", hint, "unknown-word")
            elif word in OWN:
                record.own[word] = row.texts.get(1, "")
                record.cells[word] = [row.at(1)]
            else:
                relation = sheet.kind.words.get(word)
                column = replace(sheet.columns[1], relation=relation, word=(word,))
                own = {name: position for position, name in enumerate(OWN, start=2)}
                self.value(record, column, row, own, 1, _ids(sheet).get((), -1))
                if word == "plan" and 1 not in row.texts:
                    hint = "one word, such as riverside-2026: its file is called so"
                    self.cells.problem(row.at(0), "the plan has no short name", hint, "head-of-plan")
                    record.values["plan"] = [Value("new-plan")]  # so that the rest is looked at too

    # ---------------------------------------------------------------- things

    def things(self, sheet: Sheet) -> None:
        """Read the things of a section; a row with a title and no reference is a new one."""
        title = next(
            (at for at, column in enumerate(sheet.columns) if column.word == ("title",) and column.role == "value"), 0
        )
        above = ""
        for row in rows(self.pages[sheet.name], sheet, self.cells, self.known):
            ref = row.texts.get(0, "")
            if not ref and title not in row.texts:
                self.cells.problem(row.number, "the row has neither a reference nor a title",
                                   "say in the column 'ref' to what it belongs", "ref")  # fmt: skip
                continue
            if not ref:
                ref = self.refs.fresh(sheet.section, above, row.texts[title])
            above = ref = self.refs.keep(sheet.section, ref)
            record = self.record(((sheet.section, ref, THING),), sheet.kind, row.at(0))
            self.fill(record, sheet, row)

    def record(self, path: Path, kind: Any, cell: int) -> Record:
        """Return the record under a path, made when its first row comes."""
        if path not in self.new:
            self.new[path] = Record(path, kind, cells={"": [cell]})
            self.count(path)
        return self.new[path]

    def count(self, path: Path) -> None:
        """Note the number of a part, so that the next one gets the next."""
        if path and re.fullmatch(r"\d{1,9}", path[-1][1]):
            place = path[:-1], path[-1][0]
            self.last[place] = max(int(path[-1][1]), self.last.get(place, 0))

    def fill(self, record: Record, sheet: Sheet, row: Row) -> None:
        """Take what a row says into its record, and into the records of the parts that stand in the same row."""
        evidence, ids = _evidence(sheet), _ids(sheet)
        for at, column in enumerate(sheet.columns):
            if column.role != "value" and not (column.role in OWN and at in row.texts):
                continue
            word = inside(sheet, column, self.vocabulary)
            home = record
            if word and (
                at in row.texts or any(place in row.texts for place in evidence.get(column.word, {}).values())
            ):
                kind = self.vocabulary.kinds[sheet.kind.words[word].classes[0]]
                home = self.record((*record.path, (word, "", 0)), kind, row.at(at))
            if column.role == "value":
                self.value(home, column, row, evidence.get(column.word, {}), at, ids.get(column.word, -1))
            elif len(column.word) == bool(word):
                self.own(home, column.role, row.texts[at], row.at(at))

    def own(self, record: Record, name: str, text: str, cell: int) -> None:
        """Take the place, the status or the reason of a record, which it has once."""
        before = record.own.setdefault(name, text)
        record.cells.setdefault(name, [cell])
        if before != text:
            hint = "the rows of one thing have one place together: keep it in the first"
            self.cells.problem(cell, f"'{text}' is a second value of '{name}', beside '{before}'", hint, "twice")

    def value(self, record: Record, column: Column, row: Row, evidence: dict[str, int], at: int, beside: int) -> None:
        """Take a value with its evidence; that of a thing waits until all labels are known."""
        own = {name: row.texts.get(place, "") for name, place in evidence.items()}
        word = column.word[-1] if column.word else ""
        if at not in row.texts:
            for name, text in own.items():
                if text:
                    message = f"'{text}' is the {name} of a value, and '{column.head}' has none in this row"
                    self.cells.problem(
                        row.at(evidence[name]), message, "write the value, or clear this cell", "evidence"
                    )
            return
        text, literal = meant(row.texts[at])
        text = text if literal else self.spelt(text, column.relation)
        if '"' in own.get("why", ""):
            self.cells.problem(
                row.at(evidence["why"]), "a reason cannot hold double quotes", "write single ones", "syntax"
            )
            own["why"] = own["why"].replace('"', "'")
        status = "" if own.get("status") == "stated" and not own.get("why") else own.get("status", "")
        value = Value(text, own.get("lines", ""), status.casefold(), own.get("why", ""), literal)
        record.values.setdefault(word, []).append(value)
        record.cells.setdefault(word, []).append(row.at(at))
        if named(replace(column, role="value"), self.vocabulary) and not value.absent:
            called = _Name(value.text, row.texts.get(beside, ""), row.at(at), column)
            self.waiting.append((record, word, value, called))
        if value.status not in ("", "stated", "inferred", "uncertain"):
            hint = near_hint(value.status, ["stated", "inferred", "uncertain"])
            self.cells.problem(row.at(evidence["status"]), f"'{own['status']}' is not a status", hint, "unknown-value")

    def spelt(self, text: str, relation: Relation | None) -> str:
        """Return a controlled word in the spelling of the ontology, however it was typed."""
        if relation is None or (relation.literal and not relation.datatype.endswith("#boolean")):
            return text
        known = [*concepts(self.vocabulary, relation), *ABSENT]
        plain = re.sub(r"[\s_]+", "-", text.casefold())
        return next((word for word in known if plain == word.casefold()), text)

    # ---------------------------------------------------------------- parts

    def parts(self, sheets: list[Sheet]) -> None:
        """Read the parts; those of other parts when these have been read."""
        owners = Owners(self.labels, self.old, self.new, self.cells)
        waiting = [
            (sheet, row) for sheet in sheets for row in rows(self.pages[sheet.name], sheet, self.cells, self.known)
        ]
        taken = []
        while waiting:
            later = []
            for sheet, row in waiting:
                found = owners.of(sheet, row)
                if found:
                    record = self.part(found[0], sheet, row)
                    taken.append((sheet, row))
                    if record is not None and record.path not in owners.spoken:
                        owners.speak(record.path, self.new)
                else:
                    later.append((sheet, row))
            if len(later) == len(waiting):
                break
            waiting = later
        for sheet, row in taken:
            owners.doubt(sheet, row)
        for sheet, row in waiting:
            owners.none(sheet, row)

    def part(self, owner: Path, sheet: Sheet, row: Row) -> Record | None:
        """Take a row that says something of a part, and return it; nothing where its owner can have none."""
        assert sheet.relation is not None
        above = self.new[owner]
        words = [word for word, relation in above.kind.words.items() if relation.path == sheet.relation.path]
        if not words:
            message = f"'{row.texts.get(0, '')}' is of a kind that has no {sheet.relation.label}"
            self.cells.problem(row.at(0), message, "pick another", "unknown-word")
            return None
        step = (words[0], "", 0) if dated(sheet.relation) else self.step(owner, words[0], sheet, row)
        record = self.record((*owner, step), sheet.kind, row.at(0))
        self.fill(record, sheet, row)
        return record

    def step(self, owner: Path, word: str, sheet: Sheet, row: Row) -> tuple[str, str, int]:
        """Return under which key, and as which of a list, a part stands."""
        text, number = row.texts.get(1, ""), row.texts.get(2, "")
        if number and not (number.isdecimal() and len(number) < 6):
            self.cells.problem(
                row.at(2), f"'{number}' is not a whole number", "write 1, 2, 3, or leave it empty", "datatype"
            )
            number = ""
        if text:
            key = text
            if named(sheet.columns[1], self.vocabulary):
                hidden = row.texts.get(_ids(sheet).get(("/key",), -1), "")
                key = self.meant(_Name(text, hidden, row.at(1), sheet.columns[1]))
            return word, self.keys.get(owner, {}).get(key, key), int(number or 0)
        head = next(
            (
                at
                for at, column in enumerate(sheet.columns)
                if column.role == "value" and column.word == (sheet.kind.head,)
            ),
            -1,
        )
        plain = (*owner, (word, "", int(number or 0))) in self.old or row.texts.get(head, "") in ABSENT
        if sheet.kind.key or plain:
            return word, "", int(number or 0)
        return word, str(self.last.get((owner, word), 0) + 1), 0

    # ---------------------------------------------------------------- labels

    def meant(self, name: _Name) -> str:
        """Return the id of what a cell names; a problem, and its text, where it names nothing or may mean several."""
        relation = name.column.relation
        found = self.meanings.of(name.text, relation.classes if relation else (), name.hidden)
        head = f"{name.column.head}: " if name.column.role == "value" else ""
        if not found:
            message = f"{head}nothing is called '{name.text}'"
            self.cells.problem(name.cell, message, lambda: self.meanings.near(name.text), "reference")
        elif len(found) > 1:
            message = f"{head}'{name.text}' may be {self.meanings.told(found)}"
            self.cells.problem(name.cell, message, APART, "reference")
        return found[0] if found else name.text

    def resolve(self) -> None:
        """Turn labels into the ids that the plan file writes; what no label says is a problem at its cell."""
        done: dict[tuple[int, str], list[Value]] = {}
        for record, word, value, name in self.waiting:
            text = self.meant(name)
            values = done.setdefault((id(record), word), record.values[word])
            values[next(at for at, one in enumerate(values) if one is value)] = replace(value, text=text)

    # ---------------------------------------------------------------- what nobody touched

    def restore(self, record: Record) -> None:
        """Put back the very values of the plan file wherever the cells show them as they were."""
        old = self.old.get(record.path)
        if old is None:
            record.values = {word: list(dict.fromkeys(values)) for word, values in record.values.items()}
            return
        for name, text in record.own.items():
            if tidy(shown(old.own.get(name, ""))) == text:
                record.own[name] = old.own[name]
        for word, values in record.values.items():
            left = list(old.values.get(word, ()))
            back = []
            for value in values:
                same = next((one for one in left if _look(one) == _look(value)), None)
                if same is not None:
                    left.remove(same)
                back.append(same or value)
            record.values[word] = (
                back if not left and len(back) == len(old.values.get(word, ())) else list(dict.fromkeys(back))
            )


def _look(value: Value) -> tuple[str, ...]:
    status = "" if value.status == "stated" and not value.why else value.status
    return tidy(value_text(value)), tidy(shown(value.lines)), status, tidy(shown(value.why))


def _ids(sheet: Sheet) -> dict[tuple[str, ...], int]:
    """Return, for each word that names things, where their ids stand unseen."""
    return {column.word: at for at, column in enumerate(sheet.columns) if column.role == "id"}


def _evidence(sheet: Sheet) -> dict[tuple[str, ...], dict[str, int]]:
    """Return, for each word, where its lines, its status and its reason stand."""
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for at, column in enumerate(sheet.columns):
        if column.role in OWN and column.word:
            found.setdefault(column.word, {})[column.role] = at
    return found
