"""Thousands of plan files to graphs: read on all cores, handed on as they are read, none read twice.

Each plan is read by itself, with what plans share at hand. What one plan says of another's things is looked up when all
have been read once, so those plans are read again, now with these things known. Of a plan nothing stays in memory but
its card (see cards.py). The graphs and the problems are those of `check.read_library`.
"""

from __future__ import annotations

import hashlib
import re
from collections import ChainMap, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cspgraph.check import look_up, read_files, twice
from cspgraph.engines.part import Graph
from cspgraph.errors import InputError, Problem
from cspgraph.files import readable
from cspgraph.plans.model import Entity
from cspgraph.resources import digest
from cspgraph.streaming.cards import Card, Cards
from cspgraph.streaming.pool import start
from cspgraph.streaming.worker import Worker, key_of, stubs, told
from cspgraph.terms import GRAPH, ID, ONTOLOGY_GRAPH, SHARED, home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cspgraph.ontology import Vocabulary
    from cspgraph.resources import Library
    from cspgraph.streaming.cards import Things
    from cspgraph.streaming.pool import Job, Result

_HEAD = re.compile(rb"^(plan|reference)\s*:", re.MULTILINE)
_FEW = 1_000_000  # bytes that are read sooner than a process has been started


class MixedUp(Exception):
    """A file that looked like a plan is none, or the other way round: whoever calls reads the files the plain way."""


def _is_plan(path: Path) -> bool:
    with readable(path):
        head = _HEAD.search(path.read_bytes())
    return head is None or head[1] == b"plan"


class Stream:
    """The graphs of a library, on their way into a store.

    `checksums` are those of the files, by path. `jobs` is the number of processes that may read. `tell` is given the
    bytes that are done, and all.
    """

    def __init__(
        self,
        files: Library,
        cards: Cards,
        checksums: dict[str, str],
        jobs: int,
        tell: Callable[[int, int], None] | None,
    ) -> None:
        self.cards = cards
        self.jobs = jobs
        vocabulary = digest(files.ontology)
        keys = {path: key_of(checksums[str(path)], vocabulary) for path in files.own}
        self.known = cards.all()
        self.plans = [path for path in files.own if keys[path] in self.known or _is_plan(path)]
        self.keys = {path: keys[path] for path in self.plans}
        shared = tuple(sorted({*files.own} - {*self.plans}))
        self.files = replace(files, own=shared, questions=(), trusted=frozenset())
        self.shared = read_files(self.files)
        self.entities = self.shared.entities()
        self.state = hashlib.sha256(
            "\0".join(f"{iri}\0{told(entity)}" for iri, entity in sorted(self.entities.items())).encode()
        ).hexdigest()
        self.problems = list(self.shared.problems)
        self.homes: dict[str, set[Path]] = defaultdict(set)  # the files of each plan
        self.foreign = _Foreign(self, self.shared.vocabulary)
        self.sizes = {path: path.stat().st_size for path in self.plans}
        self.done, self.total, self.tell = 0, sum(self.sizes.values()), tell

    def graphs(self, held: dict[str, str]) -> Iterator[Graph]:
        """Yield each graph, without its content where it is held already.

        Raises InputError at the end, with every problem of every file, and MixedUp.
        """
        if any(file.plan for file in self.shared.files):
            raise MixedUp
        vocabulary = self.shared.vocabulary
        yield Graph.sealed(ONTOLOGY_GRAPH, list(vocabulary.quads), vocabulary.digest)
        later: list[Path] = []
        yield from self._first(held, later)
        yield from self._second(later, held)
        self._names()
        for file in self.shared.files:
            self.problems += look_up(file, ChainMap(self.entities, self.foreign), vocabulary)  # type: ignore[arg-type]
        if self.problems:
            raise InputError(self.problems)
        for name, quads in self.shared.graphs():
            yield Graph.sealed(name, quads, vocabulary.digest)
        self.cards.keep(self.keys.values())

    # ------------------------------------------------------------ plans

    def _first(self, held: dict[str, str], later: list[Path]) -> Iterator[Graph]:
        """Read every plan that has no card which holds; put those that speak of other plans aside, for `later`."""
        fresh = []
        for path, key in self.keys.items():
            card = self.known.get(key)
            if card:
                self.homes[card.plan].add(path)
            if card and card.foreign:
                later.append(path)
            elif card and self._held(card, held) and (card.shared == self.state or self._same(key, card)):
                yield self._unchanged(path, card)
            else:
                fresh.append(path)
        for said, content in self._read([(str(path), []) for path in fresh]):
            path = Path(said["path"])
            if "plan" in said:
                self.homes[said["plan"]].add(path)
            self._note(path, said)
            if said.get("wanted"):
                later.append(path)
            else:
                yield from self._result(path, said, content)

    def _second(self, later: list[Path], held: dict[str, str]) -> Iterator[Graph]:
        """Read the plans that speak of other plans, now that all of these are known."""
        jobs: list[Job] = []
        for path in sorted(later):
            key = self.keys[path]
            card = self.known[key]
            if self._held(card, held) and self._same(key, card):
                yield self._unchanged(path, card)
            else:
                jobs.append((str(path), self.foreign.packed(self.cards.asked(key))))
        for said, content in self._read(jobs):
            path = Path(said["path"])
            self._note(path, said)
            yield from self._result(path, said, content)

    def _read(self, jobs: list[Job]) -> Iterator[Result]:
        if sum(self.sizes[Path(path)] for path, _ in jobs) < _FEW or self.jobs == 1:
            worker = Worker(self.shared)
            for job in jobs:
                yield worker.read(*job)
            return
        with start(self.files, min(self.jobs, len(jobs))) as pool:
            yield from pool.read(jobs)

    def _note(self, path: Path, said: dict[str, Any]) -> None:
        """Keep the card of what was read; it is that of the bytes that were there, should they have changed since."""
        if "reference" in said:
            raise MixedUp
        if "key" in said:
            foreign = any(home(iri) != SHARED for iri in said["asked"])
            card = Card(said["plan"], said.get("digest", ""), said.get("quads", 0), self.state, foreign)
            self.keys[path] = said["key"]
            self.known[said["key"]] = card
            self.cards.put(said["key"], card, said["asked"], said["things"])

    def _result(self, path: Path, said: dict[str, Any], content: bytes) -> Iterator[Graph]:
        self._tell(path)
        self.problems += [Problem(*problem) for problem in said["problems"]]
        if not said["problems"]:
            yield Graph(f"{GRAPH}{said['plan']}", said["digest"], content, said["quads"])

    def _unchanged(self, path: Path, card: Card) -> Graph:
        self._tell(path)
        return Graph(f"{GRAPH}{card.plan}", card.digest, b"", card.quads)

    def _tell(self, path: Path) -> None:
        self.done += self.sizes[path]
        if self.tell:
            self.tell(self.done, self.total)

    # ------------------------------------------------------------ what holds

    @staticmethod
    def _held(card: Card, held: dict[str, str]) -> bool:
        return bool(card.digest) and held.get(f"{GRAPH}{card.plan}") == card.digest

    def _same(self, key: str, card: Card) -> bool:
        """Return whether a plan would be told of others what it was told, and note it where what is shared has changed."""
        asked = self.cards.asked(key)
        everything = ChainMap(self.entities, self.foreign)  # type: ignore[arg-type]
        same = all(told(everything.get(iri)) == was for iri, was in asked.items())
        if same and card.shared != self.state:
            self.cards.put(key, card._replace(shared=self.state), asked, self.cards.things(key))
        return same

    def _names(self) -> None:
        """Note what two files of one plan both define."""
        for paths in self.homes.values():
            if len(paths) < 2:
                continue
            first: dict[str, str] = {}
            for path in sorted(paths):
                for iri, (_, line, _, top) in self.cards.things(self.keys[path]).items():
                    if iri in first and top:
                        self.problems.append(twice(iri, (str(path), line), first[iri]))
                    first.setdefault(iri, f"{path}:{line}")


class _Foreign(Mapping[str, Entity]):
    """The things of all plans, each plan's fetched when one of them is asked for."""

    def __init__(self, stream: Stream, vocabulary: Vocabulary) -> None:
        self.stream = stream
        self.vocabulary = vocabulary
        self.plans: dict[str, dict[str, Entity]] = {}

    def _things(self, plan: str) -> tuple[str, Things]:
        path = max(self.stream.homes[plan])  # of two that define a plan, which is a problem, the last counts
        return str(path), self.stream.cards.things(self.stream.keys[path])

    def __getitem__(self, iri: str) -> Entity:
        plan = home(iri)
        if plan not in self.stream.homes or not iri.startswith(ID):
            raise KeyError(iri)
        if plan not in self.plans:
            path, things = self._things(plan)
            self.plans[plan] = stubs(things, path, self.vocabulary)
        return self.plans[plan][iri]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the plans, and over all things of those that were asked for."""
        yield from {f"{ID}{plan}": None for plan in self.stream.homes} | {
            iri: None for things in self.plans.values() for iri in things
        }

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def packed(self, asked: dict[str, str]) -> list[tuple[str, Things]]:
        """Return, by file, the things that a plan asked for; where one is not there, also what it may have meant."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for iri in asked:
            if home(iri) != SHARED:
                wanted[home(iri)].add(iri)
        missing = {plan for plan, iris in wanted.items() if any(iri not in self for iri in iris)}
        missing -= {plan for plan in missing if all(iri in self.stream.entities for iri in wanted[plan])}
        found = []
        for plan in sorted({*wanted, *(self.stream.homes if missing else ())} & {*self.stream.homes}):
            path, things = self._things(plan)
            own = {f"{ID}{plan}"} if missing else set()
            some = things if plan in missing else {iri: things[iri] for iri in (wanted[plan] | own) & {*things}}
            found.append((path, some))
        return found
