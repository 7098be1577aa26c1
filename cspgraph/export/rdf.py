"""The quads as RDF files: Turtle and N-Triples and RDF/XML (one graph), TriG and N-Quads (named graphs)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.dumps import FORMATS
from cspgraph.terms import CSP, ONTOLOGY_GRAPH, PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.engines import Engine
    from cspgraph.export import Request

_FORMATS = {**FORMATS, "rdf": ox.RdfFormat.RDF_XML}
_NAMED, _PREFIXED = ("trig", "nq"), ("ttl", "trig", "rdf")
# What XML 1.0 has no way to write (section 2.2 of the recommendation).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def quads(engine: Engine) -> Iterator[ox.Quad]:
    """Yield all quads but the ontology's in the one order in which they are written, one graph in memory at a time."""
    for graph in sorted(map(ox.NamedNode, engine.graphs().keys() - {ONTOLOGY_GRAPH}), key=str):
        triples = engine.construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}")
        own = [t for t in triples if t.predicate.value != f"{CSP}contentHash"]
        for triple in sorted(own, key=lambda t: (str(t.subject), str(t.predicate), str(t.object))):
            yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def rdf(engine: Engine, kind: str) -> bytes:
    """Return the graph as `ttl`, `nt`, `rdf` (without names of graphs), `trig` or `nq` (with them).

    A character that XML cannot hold becomes U+FFFD in `rdf`; every other format keeps it.
    """
    prefixes = PREFIXES if kind in _PREFIXED else None
    if kind in _NAMED:
        return ox.serialize(quads(engine), format=_FORMATS[kind], prefixes=prefixes) or b""
    triples = sorted({ox.Triple(q.subject, q.predicate, q.object) for q in quads(engine)}, key=str)
    if kind == "rdf":
        triples = [_in_xml(triple) for triple in triples]
    return ox.serialize(triples, format=_FORMATS[kind], prefixes=prefixes) or b""


def _in_xml(triple: ox.Triple) -> ox.Triple:
    value = triple.object
    if isinstance(value, ox.Literal) and _NOT_XML.search(value.value):
        plain = ox.Literal(_NOT_XML.sub("\ufffd", value.value), datatype=value.datatype)
        return ox.Triple(triple.subject, triple.predicate, plain)
    return triple


def turtle(request: Request) -> bytes:
    """Return the graph as Turtle."""
    return rdf(request.engine, "ttl")


def n_triples(request: Request) -> bytes:
    """Return the graph as N-Triples."""
    return rdf(request.engine, "nt")


def rdf_xml(request: Request) -> bytes:
    """Return the graph as RDF/XML."""
    return rdf(request.engine, "rdf")


def trig(request: Request) -> bytes:
    """Return the named graphs as TriG."""
    return rdf(request.engine, "trig")


def n_quads(request: Request) -> bytes:
    """Return the named graphs as N-Quads."""
    return rdf(request.engine, "nq")
