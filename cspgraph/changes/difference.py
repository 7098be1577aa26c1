"""What differs between two plan files, said in the language of a plan: a lead added, a date moved, a target dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cspgraph.changes.rebuild import woven
from cspgraph.changes.records import OWN, Record, Records, Value, dated
from cspgraph.names import Thing
from cspgraph.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.changes.records import Path
    from cspgraph.ontology import Relation

_WIDEST = 120
_OWN = {"lines": "lines", "status": "status", "why": "reason"}


@dataclass(frozen=True)
class Change:
    """One difference: of which thing, what happened to which of its words, what stood there and what stands there now."""

    thing: Thing
    what: str
    relation: str
    part: str
    before: str
    after: str
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Return the change as `--format json` gives it."""
        return {
            "plan": self.thing.plan, "thing": self.thing.cell(), "what": self.what, "relation": self.relation,
            "part": self.part, "before": self.before, "after": self.after, "sentence": self.sentence,
        }  # fmt: skip


def titles(records: Records) -> dict[str, str]:
    """Return the titles of the things of a file by their references."""
    return {path[0][1]: record.title for path, record in records.items() if record.thing and record.title}


def differences(old: Records, new: Records, plan: str, names: dict[str, str]) -> list[Change]:
    """Return what changes from one state of a file to another, in the order of the file; `names` has titles by id.

    Order, comments, and the way in which a thing is written make no difference.
    """
    pair = _Pair(old, new, plan, names)
    return [change for path in woven(new, list(old)) for change in pair.of(path)]


class _Pair:
    def __init__(self, old: Records, new: Records, plan: str, names: dict[str, str]) -> None:
        self.old, self.new, self.plan, self.names = old, new, plan, names

    def of(self, path: Path) -> Iterator[Change]:
        """Yield the changes of one record; what stands in a thing that came or went as a whole is not told again."""
        before, after = self.old.get(path), self.new.get(path)
        above = path[:-1]
        if path and (above in self.old) != (above in self.new):
            return
        if before is None or after is None:
            record = before or after
            assert record is not None
            yield self.whole(record, "added" if before is None else "dropped")
            return
        for name in OWN:
            was, now = before.own.get(name, ""), after.own.get(name, "")
            if was != now:
                yield self.evidence(after, name, was, now, "")
        for word in dict.fromkeys([*before.values, *after.values]):
            yield from self.word(after, word, before.values.get(word, []), after.values.get(word, []))

    def whole(self, record: Record, what: str) -> Change:
        if record.thing or not record.path:
            named = f"{record.kind.label} {what}: {self.short(record.title)}"
            text = record.title
            word = ""
        else:
            word, key, _ = record.path[-1]
            head = next((values[0].text for values in record.values.values() if values), "")
            text = ": ".join(part for part in (self.name(key), self.short(self.name(head))) if part)
            label = self.label(record.path[:-1], word)
            named = f"{self.where(record.path[:-1])}{label} {what}" + (f": {text}" if text else "")
        before, after = (text, "") if what == "dropped" else ("", text)
        return self.change(record, what, word, before, after, named)

    def word(self, record: Record, word: str, was: list[Value], now: list[Value]) -> Iterator[Change]:
        """Yield what changes in the values of one word."""
        relation = record.kind.words.get(word)
        gone, come = _without(was, now), _without(now, was)
        label, where = self.spoken(record, word, relation)
        if len(gone) == 1 and len(come) == 1:
            verb = "moved" if relation and dated(relation) else "changed"
            a, b = self.said(gone[0], relation), self.said(come[0], relation)
            yield self.change(
                record, verb, word, a, b, f"{where}{label} {verb} from {self.short(a)} to {self.short(b)}"
            )
        else:
            for what, values in (("dropped", gone), ("added", come)):
                for value in values:
                    text = self.said(value, relation)
                    before, after = (text, "") if what == "dropped" else ("", text)
                    yield self.change(record, what, word, before, after, f"{where}{label} {what}: {self.short(text)}")
        for a_value, b_value in _same_text(was, now):
            for name in OWN:
                a, b = getattr(a_value, name), getattr(b_value, name)
                if a != b:
                    yield self.evidence(
                        record, name, a, b, f"{label} {self.short(self.said(b_value, relation))}: ", word
                    )

    def spoken(self, record: Record, word: str, relation: Relation | None) -> tuple[str, str]:
        """Return how a word is called and where it stands; of a date in the only part of its kind, the part says it all."""
        label = relation.label if relation else word
        if record.path and not record.thing and not record.path[-1][1] and relation and dated(relation):
            return self.label(record.path[:-1], record.path[-1][0]), self.where(record.path[:-1])
        return label, self.where(record.path)

    def evidence(self, record: Record, name: str, was: str, now: str, of: str, word: str = "") -> Change:
        what = "changed" if was and now else "added" if now else "dropped"
        tail = f"changed from {was} to {now}" if was and now else f"{what}: {self.short(now or was)}"
        return self.change(record, what, word or name, was, now, f"{self.where(record.path)}{of}{_OWN[name]} {tail}")

    # ---------------------------------------------------------------- words

    def change(self, record: Record, what: str, word: str, before: str, after: str, named: str) -> Change:
        path = record.path
        thing = path[0][1] if path and path[0][2] < 0 else ""
        owner = self.new.get(path[:1] if thing else ()) or self.old.get(path[:1] if thing else ())
        assert owner is not None
        title = owner.title
        label = Thing(f"{self.plan}/{thing}" if thing else self.plan, title or thing, owner.kind.name, self.plan)
        part = "/".join(text for step in path[1 if thing else 0 :] for text in step[:2] if text)
        sentence = f"{thing or self.plan}: {named}"
        return Change(label, what, word, part, before, after, sentence)

    def label(self, path: Path, word: str) -> str:
        record = self.new.get(path) or self.old.get(path)
        relation = record.kind.words.get(word) if record else None
        return relation.label if relation else word

    def where(self, path: Path) -> str:
        """Return how a sentence comes from a thing to a part of it: `state in 2015/16: `."""
        said = ""
        for depth in range(1, len(path) + 1):
            word, key, number = path[depth - 1]
            if number >= 0:
                said += (
                    f"{self.label(path[: depth - 1], word)} {self.name(key)}".strip()
                    + (f" ({number})" if number else "")
                    + ": "
                )
        return said

    def name(self, text: str) -> str:
        return self.names.get(text, text)

    def said(self, value: Value, relation: Relation | None) -> str:
        plain = relation is None or relation.literal or dated(relation) or value.absent
        return value.text if plain else self.name(value.text)

    def short(self, text: str) -> str:
        return shortened(text, _WIDEST)


def _without(values: list[Value], others: list[Value]) -> list[Value]:
    """Return the values whose texts are not among the others, one for one."""
    left = Counter((value.text, value.absent) for value in others)
    found = []
    for value in values:
        if left[value.text, value.absent]:
            left[value.text, value.absent] -= 1
        else:
            found.append(value)
    return found


def _same_text(was: list[Value], now: list[Value]) -> Iterator[tuple[Value, Value]]:
    """Yield the values that both have, those first that are the same in all, so that only a real change is told."""
    left = [value for value in now if value not in was]
    for value in was:
        if value not in now:
            twin = next((other for other in left if (other.text, other.absent) == (value.text, value.absent)), None)
            if twin:
                left.remove(twin)
                yield value, twin
