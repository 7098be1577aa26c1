"""The named graphs as JSON-LD, with a context computed from the ontology."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph.export.rdf import quads
from cspgraph.terms import CSP, PREFIXES, XSD, local

if TYPE_CHECKING:
    from cspgraph.engines import Engine
    from cspgraph.export import Request
    from cspgraph.ontology import Vocabulary


def json_ld(request: Request) -> bytes:
    """Return the named graphs as JSON-LD."""
    return jsonld(request.engine, request.vocabulary)


def jsonld(engine: Engine, vocabulary: Vocabulary) -> bytes:
    """Return the named graphs as JSON-LD with a context computed from the ontology, in the file itself."""
    context, names = _context(vocabulary)
    graphs: dict[str, dict[str, dict[str, Any]]] = {}
    for quad in quads(engine):
        node = graphs.setdefault(str(getattr(quad.graph_name, "value", "")), {}).setdefault(
            _id(quad.subject), {"@id": _id(quad.subject)}
        )
        key, value = _member(quad, names)
        before = node.get(key)
        node[key] = value if before is None else [*before, value] if isinstance(before, list) else [before, value]
    body = [{"@id": name, "@graph": list(nodes.values())} for name, nodes in graphs.items()]
    return (json.dumps({"@context": context, "@graph": body}, ensure_ascii=False, indent=1) + "\n").encode()


def _context(vocabulary: Vocabulary) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    """Return the context, and for each property its name there and the type that its values have by default."""
    context: dict[str, Any] = dict(PREFIXES)
    names: dict[str, tuple[str, str]] = {}
    for path, relation in sorted(vocabulary.relations.items()):
        name = local(path) if path.startswith(CSP) else relation.word
        if name in context:
            continue
        kind = relation.datatype if relation.literal else "@id"
        context[name] = {"@id": path} if kind == f"{XSD}string" else {"@id": path, "@type": kind}
        names[path] = (name, kind)
    return context, names


def _member(quad: ox.Quad, names: dict[str, tuple[str, str]]) -> tuple[str, Any]:
    path, value = quad.predicate.value, quad.object
    if path == "http://www.w3.org/1999/02/22-rdf-syntax-ns#type":
        return "@type", _id(value)
    name, kind = names.get(path, (path, ""))
    if isinstance(value, ox.Literal):
        datatype = value.datatype.value
        plain = datatype == kind or (datatype == f"{XSD}string" and kind in ("", f"{XSD}string"))
        return name, value.value if plain else {"@value": value.value, "@type": datatype}
    return name, _id(value) if kind == "@id" else {"@id": _id(value)}


def _id(term: object) -> str:
    return str(getattr(term, "value", term))
