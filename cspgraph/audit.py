"""Does each cited passage hold a word that identifies what is cited for it?

Every thing, every part of one, and every relation between two is looked up in the
user's own copy of the source. A passage identifies a thing by its reference, by its name,
an alias or a wording of the document, by a figure, or, where the title is in our own
words, by at least one word of weight that both share.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from cspgraph.names import text
from cspgraph.sources import Range, parse_ranges
from cspgraph.terms import CSP, ID, RDF, SKOS, local, short
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cspgraph.engines import Engine
    from cspgraph.sources import Text

LONG_LINE = 300

_PLACES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?place ?source ?range WHERE { ?place csp:inSource ?source ; csp:range ?range } ORDER BY ?place
"""
_SUBJECTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?thing ?kind ?place ?status ?why WHERE {
  ?thing csp:kind ?kind ; csp:locator ?place . OPTIONAL { ?thing csp:status ?status } OPTIONAL { ?thing csp:why ?why }
} ORDER BY ?thing
"""
_STATEMENTS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
SELECT ?s ?p ?o ?place ?status ?why WHERE {
  ?statement rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; csp:locator ?place ; csp:status ?status .
  OPTIONAL { ?statement csp:why ?why }
} ORDER BY ?s ?p ?o
"""
_FACTS = "SELECT ?s ?p ?o WHERE { ?s ?p ?o }"  # put in order here: an engine takes ten times as long for it
_SILENT = {
    f"{CSP}{name}"
    for name in (
        "kind",
        "inPlan",
        "status",
        "why",
        "locator",
        "dependsOn",
        "contentHash",
        "nameKey",
        "position",
        "lines",
        "source",
    )
}
_NAMING = {f"{SKOS}prefLabel", f"{SKOS}altLabel", f"{CSP}asPrinted"}
# How documents write that something is absent.
_ABSENT = {
    "absenceKind-none": ("none", "no", "not", "nil"),
    "absenceKind-tbc": ("tbc", "to be confirmed", "to be developed", "to be agreed", "to follow", "insert"),
    "absenceKind-na": ("n/a", "na", "not applicable"),
}
# Words that two sentences share by chance.
_WEIGHTLESS = frozenset(
    """about after against also and area areas around because been before being both each from have high into less
    made make more most must need note only other over part parts people plan plans same some such than that their
    them then there these they this those through under until what when where which while will with without work
    year years your""".split()  # noqa: SIM905 - a list of quoted words is harder to read
)


class Citation(NamedTuple):
    """One passage cited for something: for a thing (no relation), or for a relation of it to a value.

    All but the last two are IRIs or texts; `value` is an IRI, or the text of a literal.
    """

    subject: str
    relation: str
    value: str
    place: str
    status: str
    why: str


@dataclass(frozen=True)
class Check:
    """A citation looked up. `found` says by what it identifies: name, figure, word, or nothing.

    `width` is the number of lines of its widest range; `long_line` is whether it takes a
    line of more than 300 characters whole.
    """

    cited: Citation
    place: str
    found: str
    width: int
    long_line: bool


@dataclass(frozen=True)
class Audit:
    """All citations of a graph, looked up in its sources."""

    checks: list[Check]

    @property
    def share(self) -> float:
        """The share of passages that identify what is cited for them, 1 when there are none."""
        return sum(bool(check.found) for check in self.checks) / len(self.checks) if self.checks else 1.0

    @property
    def exceptions(self) -> list[Check]:
        """The passages that identify nothing."""
        return [check for check in self.checks if not check.found]

    @property
    def whole_long_lines(self) -> list[Check]:
        """The relations that cite a whole line of more than 300 characters."""
        return [check for check in self.checks if check.cited.relation and check.long_line]

    def widths(self) -> tuple[float, int]:
        """Return the median and the largest number of lines in a range."""
        found = [check.width for check in self.checks]
        return (median(found), max(found)) if found else (0.0, 0)


def audit(engine: Engine, texts: Mapping[str, Text], only: Iterable[str] = ()) -> Audit:
    """Look up every citation of one of the texts, given by the ids of their sources.

    `only` are IRIs of things, where the rest is not asked for: each with its parts, a plan with its things.
    """
    graph = _Graph(engine)
    wanted = tuple(f"{iri}/" for iri in only)
    checks = []
    for cited in graph.citations():
        source, ranges = graph.places.get(cited.place, ("", ()))
        if source in texts and (not wanted or f"{cited.subject}/".startswith(wanted)):
            checks.append(_check(graph, cited, texts[source], ranges))
    return Audit(checks)


def _check(graph: _Graph, cited: Citation, document: Text, ranges: tuple[Range, ...]) -> Check:
    passage = " ".join(document.passage(piece) for piece in ranges)
    whole = [piece for piece in ranges if piece.start is None]
    lengths = [len(document.line(number)) for piece in whole for number in range(piece.first, piece.last + 1)]
    return Check(
        cited,
        place=",".join(map(str, ranges)),
        found=identified(passage, graph.names_for(cited)),
        width=max((piece.last - piece.first + 1 for piece in ranges), default=0),
        long_line=any(length > LONG_LINE for length in lengths),
    )


def identified(passage: str, names: Iterable[str]) -> str:
    """Return by what a passage identifies one of the names: `name`, `figure`, `word`, or nothing."""
    plain = normal(re.sub(r"<[^>]+>", " ", html.unescape(passage)))
    whole = re.sub(r"\s+", "", plain)
    names = [name for name in names if name]
    if any(re.sub(r"\s+", "", normal(name)) in whole for name in names):
        return "name"
    figures = set(re.findall(r"\d+(?:[.,]\d+)*", plain))
    if any(figure in figures for name in names for figure in re.findall(r"\d+(?:[.,]\d+)*", name)):
        return "figure"
    words = {_stem(word) for word in re.findall(r"[a-z]+", plain)}
    return "word" if any(_stem(word) in words for name in names for word in _weighty(name)) else ""


def _weighty(name: str) -> list[str]:
    return [word for word in re.findall(r"[a-z]+", normal(name)) if len(word) >= 3 and word not in _WEIGHTLESS]


def _stem(word: str) -> str:
    """Return a word without its commonest endings, so that `offending` and `offenders` meet."""
    return re.sub(r"(?:ations?|ings?|ers?|ed|es|s|ly|ment|ion)$", "", word)[:7] if len(word) > 4 else word


class _Graph:
    """What the audit needs of a graph, read once."""

    def __init__(self, engine: Engine) -> None:
        self.places = {
            text(place): (short(text(source)).removeprefix("ref/"), parse_ranges(text(ranges)))
            for place, source, ranges in engine.select(_PLACES).rows
        }
        self.subjects = engine.select(_SUBJECTS).rows
        self.statements = engine.select(_STATEMENTS).rows
        self.facts: dict[str, list[tuple[str, object]]] = {}
        for s, p, o in engine.select(_FACTS).rows:
            self.facts.setdefault(text(s), []).append((text(p), o))
        self.wordings: dict[str, set[str]] = {}
        self.prints: dict[tuple[str, str], set[str]] = {}
        for facts in self.facts.values():
            facts.sort(key=lambda fact: (fact[0], text(fact[1]), str(fact[1])))
            self._collect({p: text(o) for p, o in facts})

    def _collect(self, facts: dict[str, str]) -> None:
        """Keep the wording of a mention for what it speaks of, and the printed form of a literal for its node."""
        if f"{CSP}of" in facts and f"{CSP}wording" in facts:
            self.wordings.setdefault(facts[f"{CSP}of"], set()).add(facts[f"{CSP}wording"])
        if f"{CSP}asPrinted" in facts and f"{RDF}subject" in facts:
            key = facts[f"{RDF}subject"], facts[f"{RDF}predicate"]
            self.prints.setdefault(key, set()).add(facts[f"{CSP}asPrinted"])

    def citations(self) -> Iterable[Citation]:
        """Yield everything that cites a place: things, and relations with their own place or their subject's."""
        own = set()
        for s, p, o, *rest in self.statements:
            own.add((text(s), text(p), text(o)))
            yield _citation(text(s), text(p), text(o), *rest)
        for thing, kind, *rest in self.subjects:
            if local(text(kind)) in ("Absence", "Period"):
                continue
            yield _citation(text(thing), "", "", *rest)
            for path, value in self.facts[text(thing)]:
                named = path.startswith((CSP, SKOS)) and path not in _SILENT and _is_thing(value)
                if named and (text(thing), path, text(value)) not in own:
                    yield _citation(text(thing), path, text(value), *rest)

    def names_for(self, cited: Citation) -> set[str]:
        """Return all by which a passage may identify what is cited."""
        if not cited.relation:
            return self._names(cited.subject)
        if cited.value.startswith("http"):
            return self._names(cited.value)
        return {cited.value, *self.prints.get((cited.subject, cited.relation), ())}

    def _names(self, node: str) -> set[str]:
        """Return names, wordings and printed values of a node, and for a part those of what it is about."""
        facts = [(p, o) for p, o in self.facts.get(node, []) if p not in _SILENT]
        names = self.wordings.get(node, set()) | {
            o.value for p, o in facts if isinstance(o, ox.Literal) and p != f"{SKOS}notation"
        }
        names |= {printed for (subject, _), prints in self.prints.items() if subject == node for printed in prints}
        names |= {word for p, o in facts if p == f"{CSP}absenceKind" for word in _ABSENT[local(text(o))]}
        if not any(p == f"{SKOS}notation" for p, _ in facts):
            about = [self.facts.get(text(o), []) for _, o in facts if _is_thing(o)]
            names |= {text(value) for other in about for p, value in other if p in _NAMING}
        return names


def _citation(subject: str, relation: str, value: str, place: object, status: object, why: object) -> Citation:
    return Citation(subject, relation, value, text(place), local(text(status)).removeprefix("status-"), text(why))


def _is_thing(term: object) -> bool:
    return isinstance(term, ox.NamedNode) and term.value.startswith(ID) and "/at/" not in term.value
