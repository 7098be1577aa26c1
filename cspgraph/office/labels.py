"""The labels by which a workbook names things, each of them one thing only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.office.cells import shown, tidy
from cspgraph.plans.context import nearest
from cspgraph.terms import ID, SHARED, short
from cspgraph.text import shortened

if TYPE_CHECKING:
    from cspgraph.changes.records import Path, Records
    from cspgraph.check import Reading
    from cspgraph.ontology import Relation, Vocabulary
    from cspgraph.plans.model import PlanFile

LONGEST = 200


class Labels:
    """Ids, as a plan file writes them, and their labels; two things with the same title get their ids behind it."""

    def __init__(self, titles: dict[str, str]) -> None:
        self.of: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.titled: dict[str, list[str]] = {}
        plain = {name: self.keep_title(name, title) for name, title in titles.items()}
        for name, label in plain.items():
            self.add(name, f"{label} [{name}]" if len(self.titled[label.casefold()]) > 1 else label)

    def keep_title(self, name: str, title: str) -> str:
        """Note the title of a thing, which others may have too, and return it as a cell shows it."""
        plain = shortened(tidy(shown(title)), LONGEST) or name
        self.titled.setdefault(plain.casefold(), []).append(name)
        return plain

    def add(self, name: str, label: str) -> None:
        """Give a thing its label."""
        self.of[name] = label
        self.ids.setdefault(label.casefold(), name)

    def label(self, name: str) -> str:
        """Return the label of an id; the id itself where nothing is known by it."""
        return self.of.get(name, shown(name))

    def near(self, text: str) -> list[str]:
        """Return up to three labels like the text."""
        return [shortened(self.of[self.ids[label]], 80) for label in nearest(text, self.ids)]


def written_id(iri: str, file: PlanFile) -> str:
    """Return how a plan file writes the id of a thing: its own and shared things by their references alone."""
    if iri == file.base:
        return file.name
    for base in (file.base, f"{ID}{SHARED}"):
        if iri.startswith(f"{base}/"):
            return iri.removeprefix(f"{base}/")
    return short(iri)


def known_titles(reading: Reading, file: PlanFile, records: Records) -> dict[str, str]:
    """Return titles by the ids that a plan file writes: of its own things, shared ones, and others that it names."""
    said = {value.text for record in records.values() for values in record.values.values() for value in values}
    said |= {path[-1][1] for path in records if path}
    found: dict[str, str] = {}
    for mine in (True, False):
        for iri, entity in reading.entities().items():
            if entity.parent is not None or (entity.home is file) is not mine:
                continue
            name = written_id(iri, file)
            if name in found:
                name = short(iri)  # a shared thing behind one of the plan's own
            for written in sorted({name, short(iri)} & said | ({name} if mine or not entity.home.plan else set())):
                found[written] = entity.title()
    return found


def choices(reading: Reading, file: PlanFile, relation: Relation, labels: Labels) -> list[str]:
    """Return the labels of what a relation may point at: things of the plan, and shared ones."""
    found = [
        labels.label(written_id(iri, file))
        for iri, entity in reading.entities().items()
        if entity.parent is None
        and (entity.home is file or not entity.home.plan)
        and (not relation.classes or reading.vocabulary.is_a(entity.kind.iri, relation.classes))
    ]
    return sorted(dict.fromkeys(found), key=str.casefold)


def concepts(vocabulary: Vocabulary, relation: Relation) -> list[str]:
    """Return the controlled words that a relation may take, in the order of the ontology."""
    return [word for name in relation.classes for word in vocabulary.concepts.get(name, {})]


def owner_label(path: Path, records: Records, labels: Labels, plan: str) -> str:
    """Return the label of a record: that of the thing, then how one comes from there to the part."""
    if not path:
        return labels.label(plan)
    record = records[path]
    if record.thing:
        return labels.label(path[0][1])
    return f"{owner_label(path[:-1], records, labels, plan)} › {part_label(path, records, labels)}"


def part_label(path: Path, records: Records, labels: Labels) -> str:
    """Return how a part is called in what it stands in: `state in 2015/16`."""
    word, key, number = path[-1]
    relation = records[path[:-1]].kind.words[word]
    return f"{relation.label} {labels.label(key)} {number or ''}".strip()
