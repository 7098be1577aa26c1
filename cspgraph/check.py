"""Are these files well formed: every mistake of every file, at file:line, in one go.

The checks are compiled from the shapes of the ontology. pySHACL is the oracle: run on
the same quads it finds the same things (`shacl_problems`), only slower, and says them
in its own words, which are turned into ours here.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cspgraph.errors import InputError, Problem
from cspgraph.ontology import Kind, Relation, Vocabulary, read_vocabulary
from cspgraph.plans.context import nearest
from cspgraph.plans.model import Entity, Fact, PlanFile, Reference
from cspgraph.plans.quads import file_quads
from cspgraph.plans.reader import read_file, read_tree
from cspgraph.terms import CSP, GRAPH, ID, LABEL, SHARED, local, short
from cspgraph.text import with_article

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Mapping as Everything
    from pathlib import Path

    import pyoxigraph as ox

    from cspgraph.plans.markup import Mapping
    from cspgraph.plans.quads import Triple
    from cspgraph.resources import Library


@dataclass
class Reading:
    """What a library of files says: the vocabulary, the files that could be read, and all problems."""

    vocabulary: Vocabulary
    files: list[PlanFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def graphs(self) -> Iterator[tuple[str, list[ox.Quad]]]:
        """Yield the name and the quads of each graph, each quad once: several files share the reference graph.

        The largest come first, so that whoever stores them has the least left to do after the last.
        """
        together: dict[str, list[PlanFile]] = {}
        for file in self.files:
            together.setdefault(file.graph, []).append(file)
        for name, files in sorted(together.items(), key=lambda item: -sum(len(file.entities) for file in item[1])):
            seen: set[Triple] = set()
            yield f"{GRAPH}{name}", [quad for file in files for quad in file_quads(file, self.vocabulary, seen)]

    def quads(self) -> list[ox.Quad]:
        """Return the quads of all files, graph by graph."""
        return [quad for _, quads in self.graphs() for quad in quads]

    def entities(self) -> dict[str, Entity]:
        """Return every entity by its IRI."""
        return {iri: entity for file in self.files for iri, entity in file.entities.items()}

    def source_files(self) -> list[tuple[str, str, str]]:
        """Return the id, file name and checksum of every source that is a text file."""
        found = []
        for iri, entity in self.entities().items():
            if entity.kind.name == "Source":
                facts = {fact.relation.word: getattr(fact.value, "lexical", "") for fact in entity.facts}
                if facts.get("file"):
                    found.append((short(iri).removeprefix(f"{SHARED}/"), facts["file"], facts.get("sha256", "")))
        return sorted(found)

    def or_raise(self) -> Reading:
        """Return the reading itself; raises InputError when there is a problem."""
        if self.problems:
            raise InputError(self.problems)
        return self


def read_library(files: Library, trees: Iterable[tuple[Path, Mapping]] = ()) -> Reading:
    """Read every file of a library and look everything up; `trees` stand for files that are not YAML, beside the rest.

    The reading is complete whatever is wrong: problems are in it, not raised. A
    vocabulary that cannot be read is raised as InputError.
    """
    reading = read_files(files, trees)
    known = reading.entities()
    for file in reading.files:
        reading.problems += look_up(file, ChainMap(file.entities, known), reading.vocabulary)
    return reading


def read_files(files: Library, trees: Iterable[tuple[Path, Mapping]] = ()) -> Reading:
    """Read every file by itself, as `read_library` does, and look nothing up yet."""
    reading = Reading(read_vocabulary(files.ontology))
    own = [_read(reading, path) for path in files.own]
    for path, root in trees:
        own.append(_keep(reading, read_tree(path, root, reading.vocabulary)))
    mine = {iri for file in own if file and not file.plan for iri in file.entities}
    for path in files.base:
        base = _read(reading, path)
        if base:
            base.entities = {iri: entity for iri, entity in base.entities.items() if _outermost(entity).iri not in mine}
    _check_names(reading)
    return reading


def _outermost(entity: Entity) -> Entity:
    while entity.parent is not None:
        entity = entity.parent
    return entity


def _read(reading: Reading, path: Path) -> PlanFile | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        reading.problems.append(Problem(str(path), 0, f"the file cannot be read: {error.strerror}", "", "read"))
        return None
    return _keep(reading, read_file(path, content, reading.vocabulary))


def _keep(reading: Reading, read: tuple[PlanFile | None, list[Problem]]) -> PlanFile | None:
    file, problems = read
    reading.problems += problems
    if file:
        reading.files.append(file)
    return file


def _check_names(reading: Reading) -> None:
    """Report a plan, or a shared thing, that two files define."""
    first: dict[str, Entity] = {}
    for file in reading.files:
        for iri, entity in file.entities.items():
            twin = first.setdefault(iri, entity)
            if twin is not entity and entity.parent is None:
                where = f"{twin.home.path}:{twin.line}"
                reading.problems.append(twice(iri, (str(file.path), entity.line), where))


def twice(iri: str, place: tuple[str, int], other: str) -> Problem:
    """Return the problem of a thing that two files define."""
    message = f"'{short(iri).removeprefix(f'{SHARED}/')}' is defined in two files"
    return Problem(*place, message, f"the other is {other}: keep one", "twice")


# -------------------------------------------------------------------- references


def look_up(file: PlanFile, known: Everything[str, Entity], vocabulary: Vocabulary) -> list[Problem]:
    """Complete what a file refers to by all that is `known`, and return what is wrong with it."""
    problems: list[Problem] = []
    hints: dict[str, str] = {}  # by what nothing is called: looking for the nearest takes long
    unlisted: dict[str, list[int]] = {}  # the lines that name a source which is none
    for entity in file.entities.values():
        _inherit_source(entity)
        problems += _check_source(entity, file, known, unlisted)
        for fact in entity.facts:
            if isinstance(fact.value, Reference):
                problems += _look_up(fact, fact.value, file, known, vocabulary, hints)
                _name_by(entity, fact.value, known)
    for entity in file.entities.values():
        problems += _counts(entity, vocabulary)
    return problems + [_no_source(file, source, lines) for source, lines in unlisted.items()]


def _name_by(entity: Entity, value: Reference, known: Everything[str, Entity]) -> None:
    """Name a part that has nothing of its own to be named by after the thing that its key stands for."""
    if entity.parent is not None and not entity.head and value.text == entity.key and value.iri in known:
        entity.head = known[value.iri].title()


def _inherit_source(entity: Entity) -> None:
    """Complete the places that name no source of their own: they lie in that of the thing they stand in, or of the file."""
    above: Entity | None = entity
    while above and not (above.evidence.at and above.evidence.at.source):
        above = above.parent
    source = above.evidence.at.source if above and above.evidence.at else entity.home.source
    for evidence in (entity.evidence, *(fact.evidence for fact in entity.facts)):
        if evidence.at and not evidence.at.source and source:
            evidence.at = replace(evidence.at, source=source)


def _look_up(
    fact: Fact,
    value: Reference,
    file: PlanFile,
    known: Everything[str, Entity],
    vocabulary: Vocabulary,
    hints: dict[str, str],
) -> Iterable[Problem]:
    candidates = (f"{file.base}/{value.text}", f"{ID}{SHARED}/{value.text}", f"{ID}{value.text}")
    found = next((known[iri] for iri in candidates if iri in known), None)
    path = str(file.path)
    if not found:
        if value.text not in hints:
            hints[value.text] = _near(value.text, file, known) if len(hints) < _MOST_HINTS else _DEFINE
        message = f"{fact.relation.word}: nothing is called '{value.text}'"
        yield Problem(path, fact.line, message, hints[value.text], "reference")
        return
    value.iri = found.iri
    wanted = [vocabulary.kinds[name].label for name in fact.relation.classes if name in vocabulary.kinds]
    if fact.relation.classes and not vocabulary.is_a(found.kind.iri, fact.relation.classes):
        kinds = " or ".join(map(with_article, wanted))
        message = f"{fact.relation.word}: '{value.text}' is {with_article(found.kind.label)}, not {kinds}"
        yield Problem(path, fact.line, message, f"it is defined in {found.home.path.name}:{found.line}", "class")
    foreign = found.home.plan and found.home is not file
    if foreign and (fact.relation.path in vocabulary.depends or fact.relation.path in vocabulary.depends_inverse):
        hint = "define what several plans rest on in the reference data"
        yield Problem(path, fact.line, f"{fact.relation.word}: '{value.text}' belongs to another plan", hint, "foreign")


_DEFINE = "define it in a section of this file, or in the reference data"
_MOST_HINTS = 100  # for so many different names in a file the nearest is looked for


def _near(text: str, file: PlanFile, known: Everything[str, Entity]) -> str:
    """Return the next step after a reference to nothing."""
    if " " in text:
        return 'a reference is one word; a place is written @12, a doubt as inferred "why"'
    near = nearest(text, _names(file, text, known))
    return f"the nearest: {', '.join(near)}" if near else _DEFINE


def _names(file: PlanFile, text: str, known: Everything[str, Entity]) -> set[str]:
    """Return all that a reference may mean: things of the file, shared ones, plans, and things of the plan that it names."""
    plan = f"{ID}{text.partition('/')[0]}/"
    return {
        short(iri).removeprefix(f"{file.name}/").removeprefix(f"{SHARED}/")
        for iri, entity in known.items()
        if not entity.parent
        and (entity.home is file or not entity.home.plan or entity.kind.name == "Plan" or iri.startswith(plan))
    }


def _check_source(
    entity: Entity, file: PlanFile, known: Everything[str, Entity], unlisted: dict[str, list[int]]
) -> Iterable[Problem]:
    places = [(entity.evidence.at, entity.line), *((fact.evidence.at, fact.line) for fact in entity.facts)]
    for at, line in places:
        if not at:
            continue
        source = known.get(f"{ID}{SHARED}/{at.source}")
        if not source or source.kind.name != "Source":
            unlisted.setdefault(at.source, []).append(line)
            continue
        count = next((fact.value.lexical for fact in source.facts if fact.relation.word == "lineCount"), "")  # type: ignore[union-attr]
        if count.isdigit() and at.ranges and max(piece.last for piece in at.ranges) > int(count):
            message = f"the place {at.text} lies outside {at.source}, which has {count} lines"
            yield Problem(str(file.path), line, message, "", "locator")


def _no_source(file: PlanFile, source: str, lines: list[int]) -> Problem:
    """Return what is wrong with a source that is not listed: once, at the first place in it, with their number."""
    said = f"'{source}' is not a source" if source else "no source is named for this place"
    more = ""
    if len(lines) > 1:
        more = f"; {len(lines):,} places are in it" if source else f", and for {len(lines) - 1:,} more"
    hint = "list it under `sources:` in sources.yaml, or name another after `source:`"
    return Problem(str(file.path), min(lines), said + more, hint, "source")


# -------------------------------------------------------------------- cardinality


def _counts(entity: Entity, vocabulary: Vocabulary) -> Iterable[Problem]:
    found = Counter({path: len(values) for path, values in _values(entity).items()})
    at = entity.place()
    found[f"{CSP}locator"] += bool(at and at.source)
    found[LABEL] += entity.parent is not None and not found[LABEL]
    for path, (least, most) in sorted(entity.kind.counts.items()):
        relation = vocabulary.relations.get(path)
        word = relation.word if relation else local(path)
        name = short(entity.iri)
        if found[path] < least:
            hint = (
                f"every {entity.kind.label} needs one: {relation.definition[0].lower()}{relation.definition[1:]}"
                if relation
                else ""
            )
            yield Problem(str(entity.home.path), entity.line, f"{name} has no '{word}'", hint, "min-count")
        if most is not None and found[path] > most:
            message = f"{name} has {found[path]} values for '{word}'; at most {most} can stand"
            yield Problem(str(entity.home.path), entity.line, message, "", "max-count")


def _values(entity: Entity) -> dict[str, set[str]]:
    values: dict[str, set[str]] = {}
    for fact in entity.facts:
        value = fact.value
        text = (
            value.iri or value.text
            if isinstance(value, Reference)
            else getattr(value, "iri", "") or getattr(value, "lexical", "")
        )
        values.setdefault(fact.relation.path, set()).add(text)
    return values


# -------------------------------------------------------------------- the oracle


def shacl_problems(reading: Reading) -> list[Problem]:
    """Return what pySHACL finds in the quads of a reading, at file:line, in plain sentences.

    Slow (seconds): the oracle of the checks above, behind `check --shacl` and in tests.
    """
    from pyshacl import validate
    from rdflib import Graph
    from rdflib.namespace import RDF, SH

    shapes = _rdflib_graph(reading.vocabulary.quads)
    data = _rdflib_graph([*reading.quads(), *reading.vocabulary.quads])
    _, report, _ = validate(
        data, shacl_graph=shapes, ont_graph=shapes, inference="none", advanced=False, meta_shacl=False
    )
    assert isinstance(report, Graph)
    entities = reading.entities()
    found = set()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus, path = str(report.value(result, SH.focusNode)), str(report.value(result, SH.resultPath))
        component = local(str(report.value(result, SH.sourceConstraintComponent)))
        found.add(_say(entities.get(focus), focus, path, component, report.value(result, SH.value), reading.vocabulary))
    return sorted(found)


def _rdflib_graph(quads: Iterable[ox.Quad]) -> Any:
    import pyoxigraph as ox
    from rdflib import Graph

    triples = (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
    data = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    return Graph().parse(data=data, format="nt")


_COMPONENTS = {
    "MinCountConstraintComponent": ("min-count", "has no '{word}'"),
    "MaxCountConstraintComponent": ("max-count", "has too many values for '{word}'"),
    "ClassConstraintComponent": ("class", "'{word}' points at {value}, which is of the wrong kind"),
    "OrConstraintComponent": ("class", "'{word}' points at {value}, which is of the wrong kind"),
    "DatatypeConstraintComponent": ("datatype", "'{word}' is {value}, which is of the wrong type"),
    "MinInclusiveConstraintComponent": ("least", "'{word}' is {value}, which is less than can be"),
    "PatternConstraintComponent": ("pattern", "'{word}' is {value}, which does not have the form wanted"),
}


def _say(
    entity: Entity | None, focus: str, path: str, component: str, value: object, vocabulary: Vocabulary
) -> Problem:
    relation: Relation | None = vocabulary.relations.get(path)
    rule, sentence = _COMPONENTS.get(component, (component, f"breaks {component} of '{{word}}'"))
    word = relation.word if relation else local(path)
    message = f"{short(focus)}: {sentence.format(word=word, value=short(str(value)))}"
    if entity is None:
        return Problem("", 0, message, "", rule)
    line = next(
        (fact.line for fact in entity.facts if fact.relation.path == path and _is(fact, str(value))), entity.line
    )
    return Problem(str(entity.home.path), line, message, "", rule)


def _is(fact: Fact, value: str) -> bool:
    return value in (getattr(fact.value, "iri", None), getattr(fact.value, "lexical", None))


def kinds_in_order(vocabulary: Vocabulary) -> list[Kind]:
    """Return the kinds that plan files hold, in the order in which lists name them."""
    return sorted(
        (kind for kind in vocabulary.kinds.values() if kind.section or kind.name == "Plan"),
        key=lambda kind: (kind.order, kind.name),
    )
