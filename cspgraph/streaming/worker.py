"""A process that reads plan files, one after the other, beside others that do the same.

It is told in lines of JSON what to read and tells in lines of JSON what came of it, each followed by the N-Quads. It
reads the vocabulary and what plans share for itself, so that nothing but names and texts has to pass between processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cspgraph import __version__
from cspgraph.check import Reading, look_up, read_files
from cspgraph.engines.part import Graph
from cspgraph.errors import Problem
from cspgraph.plans.model import Entity, Evidence, Fact, PlanFile, Text
from cspgraph.plans.quads import file_quads
from cspgraph.plans.reader import read_file
from cspgraph.resources import Library
from cspgraph.terms import GRAPH, SHARED, XSD, home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.ontology import Vocabulary
    from cspgraph.streaming.cards import Things


class Known(Mapping[str, Entity]):
    """What one file may refer to: its own things, shared ones, and those of other plans. What is asked of others is noted."""

    def __init__(self, file: PlanFile, others: Mapping[str, Entity]) -> None:
        self.own = file.entities
        self.others = others
        self.base = file.base
        self.asked: set[str] = set()

    def __getitem__(self, iri: str) -> Entity:
        if iri in self.own:
            return self.own[iri]
        if iri != self.base and not iri.startswith(f"{self.base}/"):
            self.asked.add(iri)
        return self.others[iri]

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from self.others

    def __len__(self) -> int:
        return len(self.own) + len(self.others)


def told(entity: Entity | None) -> str:
    """Return all of a thing that another file's reading depends on, in short; nothing where there is no such thing."""
    if entity is None:
        return ""
    counts = [
        fact.value.lexical
        for fact in entity.facts
        if fact.relation.word == "lineCount" and isinstance(fact.value, Text)
    ]
    facts = [entity.kind.iri, entity.title(), entity.home.plan, *counts]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def key_of(checksum: str, vocabulary: str) -> str:
    """Return the key of the card for a content, by its checksum and that of the vocabulary."""
    return hashlib.sha256(f"{__version__}\0{vocabulary}\0{checksum}".encode()).hexdigest()


def things_of(file: PlanFile) -> Things:
    """Return what others may ask of a file."""
    return {
        iri: (entity.kind.iri, entity.line, entity.title(), entity.parent is None)
        for iri, entity in file.entities.items()
    }


def stubs(things: Things, path: str, vocabulary: Vocabulary) -> dict[str, Entity]:
    """Return things of another plan so far as a reference to them needs: kind, title, place."""
    file = PlanFile(Path(path), "", plan=True)
    plan = vocabulary.kind("Plan")
    whole = Entity("", plan, "", 0, file)
    found = {}
    for iri, (kind, line, title, top) in things.items():
        name = Fact(plan.words["title"], Text(title, f"{XSD}string"), line, Evidence())
        found[iri] = Entity(iri, vocabulary.kinds[kind], "", line, file, None if top else whole, facts=[name])
    return found


class Worker:
    """The reading of plan files against one vocabulary and one set of shared things."""

    def __init__(self, shared: Reading) -> None:
        self.vocabulary = shared.vocabulary
        self.shared = shared.entities()

    def read(self, path: str, foreign: list[tuple[str, Things]]) -> tuple[dict[str, Any], bytes]:
        """Return what came of a plan file, and its N-Quads; only that it is reference data, where it is.

        `foreign` holds, by file, the things of other plans that it speaks of.
        """
        said: dict[str, Any] = {"path": path}
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            problem = Problem(path, 0, f"the file cannot be read: {error.strerror}", "", "read")
            return {**said, "problems": [astuple(problem)]}, b""
        file, problems = read_file(Path(path), content, self.vocabulary)
        if file is None:
            return {**said, "problems": [astuple(problem) for problem in problems]}, b""
        if not file.plan:
            return {**said, "reference": True}, b""
        others: dict[str, Entity] = {}
        for other, things in foreign:
            others |= stubs(things, other, self.vocabulary)
        known = Known(file, {**self.shared, **others})
        problems += look_up(file, known, self.vocabulary)
        asked = {iri: told(known.others.get(iri)) for iri in sorted(known.asked)}
        said |= {
            "problems": [astuple(problem) for problem in problems],
            "key": key_of(hashlib.sha256(content).hexdigest(), self.vocabulary.digest),
            "plan": file.graph,
            "things": things_of(file),
            "wanted": [iri for iri, found in asked.items() if not found and home(iri) != SHARED],
            "asked": asked,
        }
        if problems:
            return said, b""  # of no use: nothing is published while anything is wrong
        graph = Graph.sealed(f"{GRAPH}{file.graph}", list(file_quads(file, self.vocabulary)), self.vocabulary.digest)
        return {**said, "digest": graph.digest, "quads": graph.quads}, graph.content


def main() -> None:
    """Read what standard input names until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told too, and ends this one
    begin = sys.stdin.buffer.readline()
    if not begin.endswith(b"\n"):  # the parent was ended in the middle of it
        return
    paths = {name: tuple(map(Path, names)) for name, names in json.loads(begin).items()}
    worker = Worker(read_files(Library(paths["base"], paths["own"], paths["ontology"], (), frozenset())))
    for line in sys.stdin.buffer:
        if not line.endswith(b"\n"):
            return
        said, content = worker.read(*json.loads(line))
        header = json.dumps({**said, "size": len(content)}).encode()
        try:
            sys.stdout.buffer.write(header + b"\n" + content)
            sys.stdout.buffer.flush()
        except OSError:  # the parent is no more, and nobody is there to be told
            os._exit(0)
