"""The snapshot as it is read: things by number, their names, what is related to them, where it was read."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from cspgraph.columns.arrays import FORMAT, read_arrays, write_arrays
from cspgraph.files import UNREADABLE, kept

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    import numpy as np

    from cspgraph.columns.arrays import Arrays
    from cspgraph.engines.oxigraph import OxigraphEngine


_READ = ("thing.source", "thing.range", "thing.status", "thing.why")
_SAID = ("said.source", "said.range", "said.status", "said.why", "said.printed")
_MANY = 64  # relations of one thing: from there on arrays are quicker than a loop


class Facts(NamedTuple):
    """What is known of a thing: name, kind and plan as IRIs, the plan empty for what plans share."""

    number: int
    name: str
    kind: str
    label: str
    plan: str


class Read(NamedTuple):
    """Where something was read: the IRIs of source and status, the rest as text; empty where nothing is said."""

    source: str
    lines: str
    status: str
    why: str
    printed: str = ""


class Snapshot:
    """Things are numbers, in the order of their names; arrays named in `making` hold what is known of them.

    `thing.*` has a value for each thing; `out.*` and `in.*` the relations from and to it, `said.*` where those
    from it were read, `doubt.*` what is doubtful of it: those of thing i are at `at[i]` to `at[i + 1]`.
    """

    def __init__(self, arrays: Arrays, folder: Path | None = None) -> None:
        self.arrays = arrays
        self.folder = folder
        self._views = {name: memoryview(array.data) for name, array in arrays.items()}  # one number at a time
        self.relations = bytes(arrays["relations"]).decode().split("\n")
        self._numbers = {relation: number for number, relation in enumerate(self.relations)}
        self._names = _Texts(arrays["names"], arrays["names.at"])
        self._texts = _Texts(arrays["texts"], arrays["texts.at"])
        self._found: dict[str, int] = {}
        self._kept: dict[str, Arrays] = {}

    def __len__(self) -> int:
        return len(self.arrays["thing.kind"])

    def find(self, iri: str) -> int:
        """Return the number of a thing, -1 where it is not known."""
        number = self._found.get(iri)
        if number is None:
            number = self._found[iri] = self._look_up(iri.encode())
        return number

    def _look_up(self, name: bytes) -> int:
        keys, key = self._views["key"], crc32(name)
        for row in range(bisect_left(keys, key), len(keys)):
            if keys[row] != key:
                break
            if self._names.raw(thing := self._views["key.thing"][row]) == name:
                return thing
        return -1

    def name(self, thing: int) -> str:
        """Return the IRI of a thing."""
        iri = self._names[thing]
        self._found[iri] = thing
        return iri

    def relation(self, iri: str) -> int:
        """Return the number of a relation, -1 where nothing is related by it."""
        return self._numbers.get(iri, -1)

    def marked(self, relations: Collection[str]) -> bytes:
        """Return for each relation a 1 where it is one of these, else a 0."""
        return bytes(relation in relations for relation in self.relations)

    def kinds(self, kinds: Collection[str]) -> np.ndarray:
        """Return for each thing whether it is of one of these kinds, given as IRIs."""
        import numpy as np

        column = self.arrays["thing.kind"]
        numbers = [number for number in np.unique(column).tolist() if self._texts[number] in kinds]
        return np.isin(column, numbers)

    def told(self, things: Iterable[int]) -> Iterator[Facts]:
        """Yield what is known of the things with these numbers; those without a label are left out."""
        kinds, labels, plans = (self._views[f"thing.{name}"] for name in ("kind", "label", "plan"))
        names, texts = self._names, self._texts
        for thing in things:
            label, plan = labels[thing], plans[thing]
            if label >= 0:
                yield Facts(thing, names[thing], texts[kinds[thing]], texts[label], names[plan] if plan >= 0 else "")

    def kind(self, thing: int) -> str:
        """Return the kind of a thing, as an IRI."""
        return self._texts[self._views["thing.kind"][thing]]

    def read(self, iri: str) -> Read | None:
        """Return where a thing was read, None where it was read nowhere."""
        thing = self.find(iri)
        if thing < 0 or self._views["thing.source"][thing] < 0:
            return None
        texts, views = self._texts, self._views
        return Read(*(texts[views[name][thing]] for name in _READ))

    def said(self, subject: str, relation: str, value: str) -> Read | None:
        """Return where a statement about two things was read, None where it has no place of its own."""
        s, p, o = self.find(subject), self.relation(relation), self.find(value)
        if s < 0 or p < 0 or o < 0:
            return None
        texts, views = self._texts, self._views
        for row in range(views["said.at"][s], views["said.at"][s + 1]):
            if views["said.thing"][row] == o and views["said.relation"][row] == p:
                return Read(*(texts[views[name][row]] for name in _SAID))
        return None

    def doubts(self, thing: int) -> list[tuple[str, str]]:
        """Return the doubts about a thing, the worst last: the status, and the other end of the statement, or the thing."""
        begin, end = self._views["doubt.at"][thing], self._views["doubt.at"][thing + 1]
        statuses, others = self._views["doubt.status"], self._views["doubt.object"]
        return sorted((self._texts[statuses[row]], self._texts[others[row]]) for row in range(begin, end))

    def related(self, side: str, thing: int, marked: bytes) -> list[tuple[int, int]]:
        """Return the relations of a thing that are marked, each with the other thing, in their order.

        `side` is `out` for those that it is the subject of, `in` for those it is the object of.
        """
        begin, end = self._views[f"{side}.at"][thing], self._views[f"{side}.at"][thing + 1]
        if end - begin > _MANY:
            import numpy as np

            rows = begin + np.flatnonzero(np.frombuffer(marked, bool)[self.arrays[f"{side}.relation"][begin:end]])
            columns = self.arrays[f"{side}.relation"][rows].tolist(), self.arrays[f"{side}.thing"][rows].tolist()
            return list(zip(*columns, strict=True))
        relations, others = self._views[f"{side}.relation"][begin:end], self._views[f"{side}.thing"][begin:end]
        return [pair for pair in zip(relations, others, strict=True) if marked[pair[0]]]

    def pairs(self, marked: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return all relations that are marked: subjects, relations, objects, in the order of subjects."""
        import numpy as np

        rows = np.flatnonzero(np.frombuffer(marked, bool)[self.arrays["out.relation"]])
        subjects = np.searchsorted(self.arrays["out.at"], rows, side="right") - 1
        return subjects, self.arrays["out.relation"][rows], self.arrays["out.thing"][rows]

    def kept(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        """Return arrays that follow from the snapshot, kept beside it: made once, since a store does not change."""
        if name not in self._kept:
            path = self.folder / f"{name}-{FORMAT}" if self.folder else None
            self._kept[name] = kept(path, read_arrays, make, write_arrays)
        return self._kept[name]


def open_snapshot(engine: OxigraphEngine) -> Snapshot:
    """Return the snapshot of a store on disk, from the file beside it, or made where that is not there and whole.

    Where no file can be written, the snapshot is kept in memory.
    """
    from cspgraph.columns.making import make

    path = _file(engine)
    return Snapshot(kept(path, read_arrays, lambda: make(engine), write_arrays), path.parent)


def read_snapshot(engine: OxigraphEngine) -> Snapshot | None:
    """Return the snapshot in the file beside a store on disk, None where there is none that is whole."""
    path = _file(engine)
    with suppress(*UNREADABLE):
        return Snapshot(read_arrays(path), path.parent)
    return None


def _file(engine: OxigraphEngine) -> Path:
    return engine.keeping("columns", f"snapshot-{FORMAT}")


class _Texts(dict[int, str]):
    """Texts that lie one after another in an array of bytes; each is made once."""

    def __init__(self, content: np.ndarray, at: np.ndarray) -> None:
        self._content = memoryview(content.data)
        self._at = memoryview(at.data)

    def raw(self, number: int) -> bytes:
        """Return the text with a number, as UTF-8."""
        return bytes(self._content[self._at[number] : self._at[number + 1]])

    def __missing__(self, number: int) -> str:
        self[number] = text = self.raw(number).decode()
        return text
