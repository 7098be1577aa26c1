"""The vocabulary: from the Turtle files of the ontology to words, shapes and labels.

Each thing is said once, in the Turtle: a class is its own shape, a property its own
property shape, cardinality stands on shapes of the class. What a plan file may say,
how its values are typed and checked, and how things are labelled and drawn all comes
from the Vocabulary read here; a `.ttl` that a user adds changes all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from cspgraph.errors import InputError
from cspgraph.files import readable
from cspgraph.resources import digest
from cspgraph.terms import CSP, DEPENDS_ON, LABEL, NUMBERS, ONTOLOGY_GRAPH, OWL, RDF, RDFS, SH, SKOS, local
from cspgraph.turtle import Turtle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyoxigraph as ox


@dataclass(frozen=True, eq=False)
class Relation:
    """A property of the vocabulary: its IRI is the `path` that its triples carry."""

    path: str
    word: str
    label: str
    inverse_label: str
    definition: str
    datatype: str
    classes: tuple[str, ...]
    pattern: str
    least: str
    part: bool
    unit_in: str
    order: float

    @property
    def literal(self) -> bool:
        """Whether its values are text, numbers and the like."""
        return bool(self.datatype)


@dataclass(frozen=True, eq=False)
class Kind:
    """A class of the vocabulary, with what a thing of it may and must say.

    `words` maps each word of a plan file to its relation, `counts` each path to the
    least and most values it may have (None: no limit).
    """

    iri: str
    name: str
    label: str
    definition: str
    section: str
    ancestors: tuple[str, ...]
    words: dict[str, Relation]
    counts: dict[str, tuple[int, int | None]]
    key: str
    head: str
    colour: str
    mark: str
    order: float

    def single(self, relation: Relation) -> bool:
        """Return whether a thing of this kind has at most one value for the relation."""
        return self.counts.get(relation.path, (0, None))[1] == 1


@dataclass(frozen=True)
class Vocabulary:
    """All kinds, relations and controlled words; `digest` changes whenever any of them does."""

    kinds: dict[str, Kind]
    sections: dict[str, Kind]
    relations: dict[str, Relation]
    concepts: dict[str, dict[str, str]]
    depends: dict[str, str]
    depends_inverse: dict[str, str]
    quads: list[ox.Quad] = field(repr=False)
    digest: str = ""
    unsupported: tuple[tuple[str, str], ...] = ()

    def kind(self, name: str) -> Kind:
        """Return the kind with this local name, such as `Action`."""
        return self.kinds[f"{CSP}{name}"]

    def is_a(self, kind: str, wanted: Iterable[str]) -> bool:
        """Return whether a class is one of those wanted, or a subclass of one."""
        known = self.kinds.get(kind)
        return any(name in known.ancestors for name in wanted) if known else False

    def words(self) -> set[str]:
        """Return every word that may stand in a plan file, sections included."""
        return {word for kind in self.kinds.values() for word in kind.words} | set(self.sections)


def read_vocabulary(files: Iterable[Path]) -> Vocabulary:
    """Read Turtle files into a Vocabulary; files that did not change are read once in a process.

    Raises InputError, with file and line, for a file that is not Turtle, and for two
    relations of one kind that claim the same word.
    """
    paths = tuple(sorted(files))
    with readable():
        checksum = digest(paths)
    return _read(paths, checksum)


@lru_cache(maxsize=2)  # an import of a workbook asks for the same one three times
def _read(files: tuple[Path, ...], checksum: str) -> Vocabulary:
    """Read the files that have a checksum."""
    graph = Turtle(ONTOLOGY_GRAPH)
    for path in files:
        graph.add(path)
    relations = {shape: _relation(graph, shape) for shape in graph.shapes_with_label()}
    kinds = {iri: _kind(graph, iri, relations) for iri in sorted(graph.instances(f"{SH}NodeShape"))}
    return Vocabulary(
        kinds=kinds,
        sections={kind.section: kind for kind in sorted(kinds.values(), key=lambda kind: kind.order) if kind.section},
        relations={relation.path: relation for relation in relations.values()},
        concepts=_concepts(graph),
        depends=_falling(graph),
        depends_inverse=_inverse_dependencies(graph),
        quads=graph.quads,
        digest=checksum,
        unsupported=tuple(graph.unsupported()),
    )


def _relation(graph: Turtle, shape: str) -> Relation:
    path = graph.one(shape, f"{SH}path")
    choices = [graph.one(node, f"{SH}class") for node in graph.members(graph.one(shape, f"{SH}or"))]
    datatype = graph.one(shape, f"{SH}datatype")
    return Relation(
        path=path,
        word=graph.one(shape, f"{CSP}word") or local(shape),
        label=graph.one(shape, LABEL),
        inverse_label=graph.one(shape, f"{CSP}inverseLabel"),
        definition=graph.one(shape, f"{SKOS}definition"),
        datatype=datatype,
        classes=tuple(graph.all(shape, f"{SH}class") or choices),
        pattern=graph.one(shape, f"{SH}pattern"),
        least=graph.one(shape, f"{SH}minInclusive") if datatype in NUMBERS else "",
        part=graph.one(shape, f"{CSP}part") == "true",
        unit_in=graph.one(shape, f"{CSP}unitIn"),
        order=float(graph.one(shape, f"{SH}order", "50")),
    )


def _kind(graph: Turtle, iri: str, relations: dict[str, Relation]) -> Kind:
    ancestors = graph.ancestors(iri, f"{RDFS}subClassOf")
    shapes = [shape for parent in ancestors for shape in graph.all(parent, f"{SH}property")]

    def inherited(predicate: str) -> str:
        return next((value for parent in ancestors for value in graph.all(parent, predicate)), "")

    def word_of(predicate: str) -> str:
        shape = inherited(predicate)
        return relations[shape].word if shape in relations else ""

    return Kind(
        iri=iri,
        name=local(iri),
        label=graph.one(iri, LABEL) or local(iri),
        definition=graph.one(iri, f"{SKOS}definition"),
        section=graph.one(iri, f"{CSP}section"),
        ancestors=tuple(ancestors),
        words=_words(graph, iri, [relations[shape] for shape in dict.fromkeys(shapes) if shape in relations]),
        counts=_counts(graph, shapes),
        key=word_of(f"{CSP}key"),
        head=word_of(f"{CSP}head"),
        colour=inherited(f"{CSP}colour") or "#000000",
        mark=inherited(f"{CSP}mark") or "dot",
        order=float(graph.one(iri, f"{SH}order", "50")),
    )


def _words(graph: Turtle, iri: str, relations: list[Relation]) -> dict[str, Relation]:
    words: dict[str, Relation] = {}
    for relation in sorted(relations, key=lambda relation: (relation.order, relation.word)):
        twin = words.setdefault(relation.word, relation)
        if twin is not relation and twin.path != relation.path:
            message = f"'{relation.word}' would mean both {twin.path} and {relation.path} in a {local(iri)}"
            raise InputError.at(graph.origin[iri], 0, message, "give one of them another csp:word")
    return words


def _counts(graph: Turtle, shapes: list[str]) -> dict[str, tuple[int, int | None]]:
    counts: dict[str, tuple[int, int | None]] = {}
    for shape in shapes:
        path = graph.one(shape, f"{SH}path")
        least, most = counts.get(path, (0, None))
        least = max(least, int(graph.one(shape, f"{SH}minCount", "0")))
        limit = graph.one(shape, f"{SH}maxCount")
        most = min(int(limit), most) if limit and most is not None else int(limit) if limit else most
        counts[path] = (least, most)
    return counts


def _concepts(graph: Turtle) -> dict[str, dict[str, str]]:
    concepts: dict[str, dict[str, str]] = {}
    for concept, facts in graph.facts.items():
        if facts.get(f"{SKOS}inScheme"):
            for scheme in facts.get(f"{RDF}type", []):
                word = graph.one(concept, f"{SKOS}notation") or local(concept)
                concepts.setdefault(scheme, {})[word] = concept
    return concepts


def _falling(graph: Turtle) -> dict[str, str]:
    """Return each relation that implies dependence, with `any` or `all` of its objects."""
    found = {}
    for term in graph.facts:
        if term != DEPENDS_ON and DEPENDS_ON in graph.ancestors(term, f"{RDFS}subPropertyOf"):
            found[term] = local(graph.one(term, f"{CSP}fallsWith", f"{CSP}any"))
    return found


def _inverse_dependencies(graph: Turtle) -> dict[str, str]:
    """Return each relation whose inverse implies dependence, with that inverse."""
    falling = _falling(graph)
    pairs = {(term, other) for term in graph.facts for other in graph.all(term, f"{OWL}inverseOf")}
    both = pairs | {(other, term) for term, other in pairs}
    return {term: other for term, other in sorted(both) if other in falling and term not in falling}
