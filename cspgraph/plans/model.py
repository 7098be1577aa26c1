"""What a plan file says, before it becomes quads: entities and their facts.

An Entity is a node of the graph with its place in the file and in the source; a Fact is
one thing said of it. References stay text until every file has been read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from cspgraph.terms import ID, SHARED

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.ontology import Kind, Relation
    from cspgraph.sources import Locator


@dataclass(slots=True)
class Evidence:
    """Where something was read and how sure it is; None where the entity's own holds."""

    at: Locator | None = None
    status: str = ""
    why: str = ""

    def __bool__(self) -> bool:
        return bool(self.at or self.status or self.why)


@dataclass(slots=True)
class Reference:
    """A thing named in a plan file, to be looked up when all files are read."""

    text: str
    iri: str = ""


@dataclass(slots=True)
class Resource:
    """An IRI that needs no looking up: a part, or a controlled word."""

    iri: str


@dataclass(slots=True)
class Text:
    """A literal. `printed` is the text of the file where the lexical form is another."""

    lexical: str
    datatype: str
    printed: str = ""


@dataclass(slots=True)
class Fact:
    """One value of one relation of an entity."""

    relation: Relation
    value: Reference | Resource | Text
    line: int
    evidence: Evidence


@dataclass(slots=True)
class Entity:
    """A node: a thing, or a part of one. `parent` is the IRI of the thing a part stands in."""

    iri: str
    kind: Kind
    key: str
    line: int
    home: PlanFile
    parent: Entity | None = None
    evidence: Evidence = field(default_factory=Evidence)
    facts: list[Fact] = field(default_factory=list)
    position: int = 0
    head: str = ""

    def place(self) -> Locator | None:
        """Return where it was read: its own place, or that of the thing it stands in."""
        if self.evidence.at or self.parent is None:
            return self.evidence.at
        return self.parent.place()

    def title(self) -> str:
        """Return its own title; for a part without one, one made of value, kind and the thing it stands in."""
        if self._own_title() or self.parent is None:
            return self._own_title()
        what = ", ".join(filter(None, (self.head, self.key if self.kind.key == "period" else ""))) or self.key
        if self.head not in ("", self.key) and self._names_itself():
            what = f"{self.key}: {self.head}"
        whose = f"{self.kind.label} of {self.parent.whole()}"
        return f"{what} ({whose})" if what else whose

    def whole(self) -> str:
        """Return what people call it in the titles of its parts: never a reference, so long as anything has a title."""
        if self._own_title() or self.parent is None:
            return self._own_title() or self.key
        which = f" {self.key}" if self._names_itself() else ""
        return f"{self.kind.label}{which} of {self.parent.whole()}"

    def _names_itself(self) -> bool:
        """Whether its key is words of the plan, and no reference."""
        return any(isinstance(fact.value, Text) and fact.value.lexical == self.key for fact in self.facts)

    def _own_title(self) -> str:
        facts = (fact.value for fact in self.facts if fact.relation.word == "title")
        return next((value.lexical for value in facts if isinstance(value, Text)), "")


@dataclass(slots=True)
class PlanFile:
    """One YAML file: a plan with its own graph, or a piece of the shared reference data."""

    path: Path
    name: str
    plan: bool
    source: str = ""
    entities: dict[str, Entity] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The IRI under which the things of this file are named."""
        return f"{ID}{quote(self.name)}" if self.plan else f"{ID}{SHARED}"

    @property
    def graph(self) -> str:
        """The short name of the graph into which the file goes."""
        return quote(self.name) if self.plan else SHARED
