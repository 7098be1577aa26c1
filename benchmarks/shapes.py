"""The bundled plans made into moulds: the same shape under other names, in another year, and a little different.

Nothing is made up here but names and chance. A mould is a block: all bundled plans, renamed to stand-ins (`zzplan0`,
`Zzhome0`, `Zzarea`), every year of theirs moved on, and stirred: words of things change places within their section,
so that how many things have a lead, a date or a stated absence stays as it was read; of the things that nothing names
some are left out and as many are doubled. What the plans of one region share (its police, its mayor, its regional plans
and what hangs on them) is copied for the area, and what belongs to one council for each partnership; what is national stays single.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.plans.canonical import printed
from cspgraph.plans.context import EVIDENCE
from cspgraph.plans.markup import Mapping, Node, Scalar, Sequence, compose

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from cspgraph.ontology import Vocabulary
    from cspgraph.resources import Library

REGION, REGION_TITLE = "london", "London"
STIRRED = 0.1  # the share of the words of things that change places
CHANGED = 0.05  # of the things that nothing names: so many are left out, and so many doubled
_NATIONAL = ("law", "national-strategies", "sources")
# Words that hold a thing together: moved, they would make another plan of it, not another year of the same.
_FIXED = {"title", "alias", "ref", "lines", "status", "why", "kind", "tier", "partOf", "about", "of", "framework"}
_FIXED |= {"replaces", "sameActionAs", "within", "number"}
_YEARS = re.compile(
    r"(?<![\w£.,-])(?P<first>(?:19[89]|20[0-6])\d)(?:(?P<join>\s?[/–-]\s?)(?P<last>(?:20)?\d\d)(?![\w-]))?(?![\w,])"
)


Names = dict[str, str | None]


@dataclass(frozen=True)
class Original:
    """One bundled plan: its tree, the place it is of, the year it begins in, and its source."""

    number: int
    name: str
    root: Mapping
    home: str
    title: str
    year: int
    source: str


class Moulds:
    """What is read once from the bundled files, and gives block after block."""

    def __init__(self, files: Library, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        trees = {path.stem: compose(str(path), path.read_bytes()) for path in files.own}
        self.shared = {name: root for name, root in trees.items() if _head(root, "reference")}
        places = {ref: body for _, ref, body in self.things(self.shared["places"])}
        titles = {ref: _words(body)["title"].text for ref, body in places.items() if isinstance(body, Mapping)}  # type: ignore[attr-defined]
        plans = [root for root in trees.values() if _head(root, "plan")]
        self.originals = [_original(number, root, titles) for number, root in enumerate(plans)]
        self.refs = {ref for root in self.shared.values() for _, ref, _ in self.things(root)}
        self.words = vocabulary.words()
        relations = [(word, relation) for kind in vocabulary.kinds.values() for word, relation in kind.words.items()]
        self.numbers = {
            word for word, relation in relations if relation.datatype.endswith(("decimal", "integer", "anyURI"))
        }
        self.regional = self._regional()
        self.cited = {text for root in plans for text in _named(root, vocabulary.sections) if "/" in text}

    def things(self, root: Mapping) -> Iterator[tuple[str, str, Node]]:
        """Yield section, name and body of every thing of a file."""
        return _things(root, self.vocabulary.sections)

    def _regional(self) -> set[str]:
        """Return the shared things that hang on the region, directly or through others."""
        bodies = {
            ref: set(_values(body)) for name, root in self.shared.items() if name not in _NATIONAL for _, ref, body in self.things(root)
        }  # fmt: skip
        found, before = {REGION}, 0
        while len(found) > before:
            before = len(found)
            found |= {ref for ref, named in bodies.items() if named & found}
        return found & set(bodies)

    def area(self) -> str:
        """Return a reference file of all that one area shares, `zzarea` in the place of its name."""
        names = {ref: f"{ref}-zzarea" for ref in self.regional}
        return self._copied("area-zzarea", names, lambda text: text.replace(REGION_TITLE, "Zzarea"), mark=" (Zzarea)")

    def home(self, number: int, plans: list[tuple[str, int]]) -> str:
        """Return a reference file of what belongs to one council, and of the texts of its plans: names, and years later."""
        plan = self.originals[number]
        names = {ref: new for ref, new in _own(plan).items() if ref in self.refs}
        others = {ref: f"{ref}-zzarea" for ref in self.regional} | names
        return self._copied(f"home-zzhome{number}", names, self._renamed(plan), others=others) + self._texts(
            plan, plans
        )

    def _texts(self, plan: Original, plans: list[tuple[str, int]]) -> str:
        original = next(body for _, ref, body in self.things(self.shared["sources"]) if ref == plan.source)
        items: list[tuple[Scalar, Node]] = []
        for name, years in plans:
            copy = self._copy(original, {}, self._renamed(plan), years)
            assert isinstance(copy, Mapping)
            new = {"file": f"{name}-text.txt", "sha256": hashlib.sha256(name.encode()).hexdigest()}
            pairs = [(key, Scalar(0, text=new[key.text]) if key.text in new else value) for key, value in copy.items]
            items.append((Scalar(0, text=f"{name}-text"), Mapping(0, items=pairs)))
        return printed(Mapping(0, items=[(Scalar(0, text="sources"), Mapping(0, items=items))]), self.vocabulary)

    def _copied(
        self,
        name: str,
        names: dict[str, str],
        renamed: Callable[[str], str],
        *,
        others: dict[str, str] | None = None,
        mark: str = "",
    ) -> str:
        sections: dict[str, list[tuple[Scalar, Node]]] = {}
        for shared in self.shared.values():
            source = _head(shared, "source")
            for section, ref, body in self.things(shared):
                if ref in names:
                    copy = self._copy(body, {**(others or names)}, renamed, 0)
                    assert isinstance(copy, Mapping)
                    _mark(copy, mark)
                    _place(copy, source)
                    sections.setdefault(section, []).append((Scalar(0, text=names[ref]), copy))
        items: list[tuple[Scalar, Node]] = [(Scalar(0, text="reference"), Scalar(0, text=name))]
        items += [(Scalar(0, text=section), Mapping(0, items=things)) for section, things in sections.items()]
        return printed(Mapping(0, items=items), self.vocabulary)

    def plan(self, number: int, years: int, seed: str, among: set[int]) -> str:
        """Return the text of a plan moved on by so many years; `among` are the numbers of the plans it stands beside."""
        plan = self.originals[number]
        names: dict[str, str | None] = {ref: f"{ref}-zzarea" for ref in self.regional}
        names |= _own(plan)
        for other in self.originals:
            names[other.name] = f"zzplan{other.number}" if other.number in among else None
            names[other.source] = f"zzplan{other.number}-text"
        mine = {ref for _, ref, _ in self.things(plan.root)}
        names = {ref: new for ref, new in names.items() if ref not in mine}
        root = self._copy(plan.root, names, self._renamed(plan), years)
        assert isinstance(root, Mapping)
        self._stir(root, plan, random.Random(f"{plan.name} {years} {seed}"))
        if years:
            _replace(root, f"zzprev{number}")
        return printed(root, self.vocabulary)

    # ---------------------------------------------------------------- names and years

    def _renamed(self, plan: Original) -> Callable[[str], str]:
        here = re.compile(rf"\b(?:{plan.title}|{plan.title.upper()})\b")
        return lambda text: here.sub(f"Zzhome{plan.number}", re.sub(rf"\b{REGION_TITLE}\b", "Zzarea", text))

    def _copy(self, node: Node, names: Names, renamed: Callable[[str], str], years: int) -> Node | None:
        """Return a copy of a node under other names; None where it names what is not there."""
        if isinstance(node, Scalar):
            match = EVIDENCE.fullmatch(node.text) if node.plain else None
            value = match["value"] if match else node.text
            rest = renamed(node.text[len(value) :])
            new = _called(value, names)
            if new is None:
                return None
            if new != value:
                return Scalar(0, text=new + rest, plain=node.plain)
            return Scalar(0, text=_moved(renamed(value), years) + rest, plain=node.plain)
        if isinstance(node, Sequence):
            items = [self._copy(item, names, renamed, years) for item in node.items]
            return Sequence(0, items=[item for item in items if item]) if any(items) else None
        assert isinstance(node, Mapping)
        pairs: list[tuple[Scalar, Node]] = []
        for key, value in node.items:
            still = key.text in ("lines", "cites", "wording", "identifier") or key.text in self.numbers
            copy = self._copy(value, names, renamed, 0 if still else years)
            called = key.text if key.text in self.words else _called(key.text, names)
            if copy is not None and called is not None:
                if called == key.text and called not in self.words:
                    called = renamed(_moved(called, years) if _YEARS.match(called) else called)
                pairs.append((Scalar(0, text=called, plain=key.plain), copy))
        return Mapping(0, items=pairs)

    # ---------------------------------------------------------------- chance

    def _stir(self, root: Mapping, plan: Original, chance: random.Random) -> None:
        named = set(_named(root, self.vocabulary.sections)) | {
            text.partition("/")[2] for text in self.cited if text.startswith(f"{plan.name}/")
        }
        for section, things in root.items:
            kind = self.vocabulary.sections.get(section.text)
            if not kind or not isinstance(things, Mapping):
                continue
            needed = {word for word, relation in kind.words.items() if kind.counts.get(relation.path, (0, None))[0]}
            bodies = [body for _, body in things.items if isinstance(body, Mapping)]
            for body in bodies:
                for pair in list(body.items):
                    if pair[0].text not in _FIXED | needed and chance.random() < STIRRED:
                        _move(pair, body, chance.choice(bodies))
            things.items = [pair for item in things.items for pair in _changed(item, named, chance)]


def _move(pair: tuple[Scalar, Node], giver: Mapping, taker: Mapping) -> None:
    """Give a word of one thing to another that lacks it, if that one does."""
    if all(key.text != pair[0].text for key, _ in taker.items):
        giver.items.remove(pair)
        taker.items.append(pair)


def _changed(thing: tuple[Scalar, Node], named: set[str], chance: random.Random) -> list[tuple[Scalar, Node]]:
    ref, body = thing
    drawn = chance.random()
    if ref.text in named or drawn > 2 * CHANGED:
        return [thing]
    if drawn < CHANGED:
        return []
    if not isinstance(body, Mapping):
        return [thing]
    items: list[tuple[Scalar, Node]] = []
    for key, value in body.items:
        again = key.text == "title" and isinstance(value, Scalar) and "@" not in value.text
        items.append((key, Scalar(0, text=f"{value.text} (again)", plain=value.plain) if again else value))  # type: ignore[attr-defined]
    return [thing, (Scalar(0, text=f"{ref.text}-b"), Mapping(0, items=items))]


def _replace(root: Mapping, before: str) -> None:
    """Say that a plan takes the place of the one before it."""
    values: list[Node] = [Scalar(0, text=before)]
    for position, (key, value) in enumerate(root.items):
        if key.text == "replaces":
            values += value.items if isinstance(value, Sequence) else [value]
            root.items[position] = (key, Sequence(0, items=values))
            return
    root.items.append((Scalar(0, text="replaces"), values[0]))


def _called(text: str, names: Names) -> str | None:
    """Return the new name of a thing, `plan/thing` included; None where it is not there, and any other text as it is."""
    if text in names:
        return names[text]
    plan, slash, thing = text.partition("/")
    if not slash or plan not in names or " " in text:
        return text
    new = names[plan]
    return new and f"{new}/{thing}"


def _moved(text: str, years: int) -> str:
    """Return a text with every year in it so many years later: `2017/18` is `2019/20` after two."""
    if not years:
        return text

    def later(match: re.Match[str]) -> str:
        first, last = int(match["first"]), match["last"]
        if not last:
            return str(first + years)
        second = int(last) if len(last) == 4 else first - first % 100 + int(last) + 100 * (last == "00")
        if second <= first:  # no span of years: the first two figures of a date, say
            return f"{first + years}{match['join']}{last}"
        return f"{first + years}{match['join']}{str(second + years)[-len(last) :]}"

    return _YEARS.sub(later, text)


# -------------------------------------------------------------------- trees


def _original(number: int, root: Mapping, places: dict[str, str]) -> Original:
    name = _head(root, "plan")
    home = next(ref for ref in places if name.startswith(ref))
    year = re.search(r"\d{4}$", name)
    return Original(number, name, root, home, places[home], int(year[0]) if year else 2018, _head(root, "source"))


def _own(plan: Original) -> dict[str, str]:
    """Return how a place, its council and the leader of that are called after the stand-in of the place."""
    return {ref: ref.replace(plan.home, f"zzhome{plan.number}") for ref in (plan.home, f"lb-{plan.home}", f"leader-{plan.home}")}  # fmt: skip


def _mark(body: Mapping, mark: str) -> None:
    """Tell names apart that would be the same in every area."""
    for key, value in body.items:
        for scalar in value.items if isinstance(value, Sequence) else [value]:
            if key.text in ("title", "alias") and isinstance(scalar, Scalar) and "Zzarea" not in scalar.text:
                scalar.text += mark


def _place(body: Mapping, source: str) -> None:
    """Say in the thing itself which source its lines count in, where its file said so."""
    if not source:
        return
    lines = next((value for key, value in body.items if key.text == "lines"), None)
    if lines is None:
        body.items.append((Scalar(0, text="lines"), Scalar(0, text=source)))
    elif isinstance(lines, Scalar) and lines.text[:1].isdigit():
        lines.text = f"{source} @{lines.text}"


def _head(root: Mapping, word: str) -> str:
    return next((value.text for key, value in root.items if key.text == word and isinstance(value, Scalar)), "")


def _words(body: Mapping) -> dict[str, Node]:
    return {key.text: value for key, value in body.items}


def _things(root: Mapping, sections: Container[str]) -> Iterator[tuple[str, str, Node]]:
    """Yield section, name and body of every thing of a file."""
    for section, value in root.items:
        if section.text in sections and isinstance(value, Mapping):
            yield from ((section.text, ref.text, body) for ref, body in value.items)


def _named(root: Mapping, sections: Container[str]) -> Iterator[str]:
    """Yield all that may be the name of a thing, wherever a file speaks of one."""
    yield from _values(Mapping(0, items=[pair for pair in root.items if pair[0].text not in sections]))
    for _, _, body in _things(root, sections):
        yield from _values(body)


def _values(node: Node) -> Iterator[str]:
    """Yield the values in a node without their evidence, and the keys."""
    if isinstance(node, Scalar):
        match = EVIDENCE.fullmatch(node.text) if node.plain else None
        yield match["value"] if match else node.text
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _values(item)
    elif isinstance(node, Mapping):
        for key, value in node.items:
            yield key.text
            yield from _values(value)
