"""What the data set holds, for a catalogue: VoID (W3C Interest Group Note, 3 March 2011), without blank nodes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.export.rdf import quads
from cspgraph.names import text
from cspgraph.terms import CSP, GRAPH, ID, LABEL, PREFIXES, RDF, SKOS, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.export import Request

_Value = ox.NamedNode | ox.Literal | ox.BlankNode | ox.Triple
VOID = "http://rdfs.org/ns/void#"
_DCTERMS = PREFIXES["dcterms"]
BASE = f"{GRAPH}void#"


def void(request: Request) -> bytes:
    """Return a description of the graph: how many triples, things, kinds and relations, in all and plan by plan."""
    found = list(quads(request.engine))
    whole = f"{BASE}plans"
    says: list[tuple[str, _Value]] = [
        (f"{_DCTERMS}title", ox.Literal("Community safety plans as a graph")),
        (f"{_DCTERMS}license", ox.NamedNode("https://creativecommons.org/licenses/by/4.0/")),
        (f"{VOID}uriSpace", ox.Literal(ID)),
        (f"{VOID}feature", ox.NamedNode("http://www.w3.org/ns/formats/Turtle")),
        *_counts(found),
    ]
    used = {text(quad.predicate) for quad in found}
    says += [
        (f"{VOID}vocabulary", ox.NamedNode(iri)) for iri in PREFIXES.values() if any(p.startswith(iri) for p in used)
    ]
    triples = _dataset(whole, says)
    triples += _partitions(whole, found)
    titles = {text(q.subject): text(q.object) for q in found if text(q.predicate) == LABEL}
    parts: dict[str, list[ox.Quad]] = {}
    for quad in found:
        parts.setdefault(text(quad.graph_name), []).append(quad)
    for graph, part in sorted(parts.items()):
        name = graph.removeprefix(GRAPH)
        title = titles.get(f"{ID}{name}", "What plans share: bodies, documents, laws, places, sources")
        own: list[tuple[str, _Value]] = [(f"{_DCTERMS}title", ox.Literal(title)), *_counts(part)]
        own += [(f"{_DCTERMS}source", q.object) for q in part if text(q.predicate) == f"{CSP}source"]
        triples += [_triple(whole, f"{VOID}subset", ox.NamedNode(f"{BASE}graph-{name}"))]
        triples += _dataset(f"{BASE}graph-{name}", own)
    prefixes = {**PREFIXES, "void": VOID}
    return ox.serialize(sorted(set(triples), key=str), format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""


def _triple(subject: str, predicate: str, value: _Value) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), value)


def _dataset(name: str, says: Iterable[tuple[str, _Value]]) -> list[ox.Triple]:
    typed = _triple(name, f"{RDF}type", ox.NamedNode(f"{VOID}Dataset"))
    return [typed, *(_triple(name, predicate, value) for predicate, value in says)]


def _number(count: int) -> ox.Literal:
    return ox.Literal(str(count), datatype=ox.NamedNode(f"{XSD}integer"))


def _counts(found: list[ox.Quad]) -> list[tuple[str, _Value]]:
    classes = {quad.object for quad in found if text(quad.predicate) == f"{RDF}type"}
    counted = {
        "triples": len({(q.subject, q.predicate, q.object) for q in found}),
        "entities": len({q.subject for q in found if text(q.predicate) == f"{SKOS}notation"}),
        "distinctSubjects": len({q.subject for q in found}),
        "distinctObjects": len({q.object for q in found}),
        "classes": len(classes),
        "properties": len({q.predicate for q in found}),
    }
    return [(f"{VOID}{name}", _number(count)) for name, count in counted.items()]


def _partitions(whole: str, found: list[ox.Quad]) -> list[ox.Triple]:
    """Return how many things of each class and how many triples of each property there are."""
    once = {(q.subject, q.predicate, q.object) for q in found}
    typed = Counter(text(value) for _, predicate, value in once if text(predicate) == f"{RDF}type")
    said = Counter(text(predicate) for _, predicate, _ in once)
    triples = []
    for counter, part, term, count in (
        (typed, "classPartition", "class", "entities"),
        (said, "propertyPartition", "property", "triples"),
    ):
        for iri, many in sorted(counter.items()):
            node = f"{BASE}{term}-{_short(iri)}"
            triples.append(_triple(whole, f"{VOID}{part}", ox.NamedNode(node)))
            triples += _dataset(node, [(f"{VOID}{term}", ox.NamedNode(iri)), (f"{VOID}{count}", _number(many))])
    return triples


def _short(iri: str) -> str:
    """Return an IRI as a word: its prefix and its name."""
    prefix = next((name for name, space in PREFIXES.items() if iri.startswith(space)), "")
    return (
        f"{prefix}-{iri.removeprefix(PREFIXES[prefix])}"
        if prefix
        else iri.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1]
    )
