"""The triples of the ontology, looked up by subject and predicate, with the file each came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.errors import InputError
from cspgraph.terms import LABEL, NUMBERS, RDF, SH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


# What the compiled checks understand; anything else in a shape runs under `check --shacl` only.
CONSTRAINTS = {
    f"{SH}{name}"
    for name in ("path", "class", "or", "datatype", "pattern", "minInclusive", "minCount", "maxCount", "order")
}


class Turtle:
    """The triples of the ontology, by subject and predicate, with the file each subject came from."""

    def __init__(self, graph: str) -> None:
        self.graph = ox.NamedNode(graph)
        self.quads: list[ox.Quad] = []
        self.facts: dict[str, dict[str, list[str]]] = {}
        self.origin: dict[str, Path] = {}

    def add(self, path: Path) -> None:
        """Add the triples of a file. Raises InputError, with the line, when it is not Turtle."""
        try:
            for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
                self.quads.append(ox.Quad(quad.subject, quad.predicate, quad.object, self.graph))
                subject = _text(quad.subject)
                self.facts.setdefault(subject, {}).setdefault(quad.predicate.value, []).append(_text(quad.object))
                self.origin.setdefault(subject, path)
        except SyntaxError as error:
            line = error.lineno or 0
            raise InputError.at(path, line, f"this is not Turtle: {_reason(error)}") from None
        except (OSError, ValueError) as error:
            raise InputError.at(path, 0, f"the file cannot be read: {error}") from None

    def all(self, subject: str, predicate: str) -> list[str]:
        """Return all values of a predicate, as text."""
        return self.facts.get(subject, {}).get(predicate, [])

    def one(self, subject: str, predicate: str, default: str = "") -> str:
        """Return one value of a predicate, or the default."""
        return next(iter(self.all(subject, predicate)), default)

    def instances(self, wanted: str) -> list[str]:
        """Return the subjects of a type."""
        return [subject for subject in self.facts if wanted in self.all(subject, f"{RDF}type")]

    def shapes_with_label(self) -> list[str]:
        """Return the property shapes that are words: those with a label. The others only count."""
        return [shape for shape in self.instances(f"{SH}PropertyShape") if self.one(shape, LABEL)]

    def ancestors(self, subject: str, predicate: str) -> list[str]:
        """Return a term and all above it, nearest first, each once."""
        found, waiting = [subject], [subject]
        while waiting:
            above = sorted(parent for term in waiting for parent in self.all(term, predicate) if parent not in found)
            waiting = list(dict.fromkeys(above))
            found += waiting
        return found

    def members(self, node: str) -> list[str]:
        """Return the members of an RDF list."""
        found = []
        while node and node != f"{RDF}nil":
            found.append(self.one(node, f"{RDF}first"))
            node = self.one(node, f"{RDF}rest")
        return found

    def unsupported(self) -> Iterable[tuple[str, str]]:
        """Yield each shape with a constraint that runs under `check --shacl` only."""
        for shape in self.instances(f"{SH}PropertyShape") + self.instances(f"{SH}NodeShape"):
            known = CONSTRAINTS | {f"{SH}property"}
            if self.one(shape, f"{SH}datatype") not in NUMBERS:
                known -= {f"{SH}minInclusive"}
            for predicate in self.facts[shape]:
                if predicate.startswith(SH) and predicate not in known:
                    yield shape, predicate


def _text(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    return str(term) if isinstance(term, ox.BlankNode | ox.Triple) else term.value


def _reason(error: SyntaxError) -> str:
    return str(error.msg).split(" at line", 1)[0].strip().rstrip(".")
