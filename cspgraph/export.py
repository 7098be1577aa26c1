"""The graph in the formats that other tools read, the same bytes every time.

`ttl nt` (one graph), `trig nq jsonld` (named graphs), `graphml`, `json`, and `csv`: a zip
of things.csv and relations.csv. The ontology stays out; its files are the ontology.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph.terms import CSP, ONTOLOGY_GRAPH, PREFIXES, XSD, local
from cspgraph.text import cell, clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx as nx

    from cspgraph.engines import Engine
    from cspgraph.ontology import Vocabulary
    from cspgraph.tracing.horizon import Event

FORMATS = ("ttl", "trig", "nt", "nq", "jsonld", "graphml", "json", "csv")
_TRIPLES = {"ttl": ox.RdfFormat.TURTLE, "nt": ox.RdfFormat.N_TRIPLES}
_QUADS = {"trig": ox.RdfFormat.TRIG, "nq": ox.RdfFormat.N_QUADS}


def quads(engine: Engine) -> list[ox.Quad]:
    """Return all quads but the ontology's, in the one order in which they are written."""
    found = []
    for name in engine.graphs():
        if name == ONTOLOGY_GRAPH:
            continue
        graph = ox.NamedNode(name)
        triples = engine.construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}")
        found += [
            ox.Quad(t.subject, t.predicate, t.object, graph)
            for t in triples
            if t.predicate.value != f"{CSP}contentHash"
        ]
    return sorted(
        found, key=lambda quad: (str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object))
    )


def rdf(engine: Engine, kind: str) -> bytes:
    """Return the graph as `ttl`, `nt`, `trig` or `nq`."""
    if kind in _QUADS:
        return ox.serialize(quads(engine), format=_QUADS[kind], prefixes=PREFIXES if kind == "trig" else None) or b""
    triples = sorted({ox.Triple(q.subject, q.predicate, q.object) for q in quads(engine)}, key=str)
    return ox.serialize(triples, format=_TRIPLES[kind], prefixes=PREFIXES if kind == "ttl" else None) or b""


# -------------------------------------------------------------------- JSON-LD


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


# -------------------------------------------------------------------- networks and tables


def graphml(graph: nx.MultiDiGraph[str]) -> bytes:
    """Return a network as GraphML, with labels, kinds and evidence as attributes."""
    import networkx as nx

    tidy: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    tidy.add_nodes_from(
        (node, {key: clean(str(value)) for key, value in data.items()})
        for node, data in sorted(graph.nodes.items(), key=itemgetter(0))
    )
    for (source, target, key), data in sorted(graph.edges.items(), key=itemgetter(0)):
        tidy.add_edge(
            source, target, key=key, relation=key, **{name: clean(str(value)) for name, value in data.items()}
        )
    out = io.BytesIO()
    nx.write_graphml(tidy, out, encoding="utf-8", prettyprint=True)
    return out.getvalue()


def tables(graph: nx.MultiDiGraph[str]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the things and the relations of a network as rows, in order."""
    things = [{"id": node, **data} for node, data in sorted(graph.nodes.items(), key=itemgetter(0))]
    edges = sorted(graph.edges.items(), key=itemgetter(0))
    return things, [{"from": source, "relation": key, "to": target, **data} for (source, target, key), data in edges]


def plain_json(graph: nx.MultiDiGraph[str]) -> bytes:
    """Return a network as `{"things": [...], "relations": [...]}`."""
    things, relations = tables(graph)
    return (json.dumps({"things": things, "relations": relations}, ensure_ascii=False, indent=1) + "\n").encode()


def csv_zip(graph: nx.MultiDiGraph[str]) -> bytes:
    """Return a zip of things.csv and relations.csv; each opens in a spreadsheet without running anything."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in zip(("things.csv", "relations.csv"), tables(graph), strict=True):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, csv_text(rows).encode("utf-8-sig"))
    return out.getvalue()


def csv_text(rows: Iterable[dict[str, str]]) -> str:
    """Return rows as CSV with a head; text that a spreadsheet would run gets an apostrophe before it."""
    rows = list(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if rows:
        writer.writerow(rows[0])
        writer.writerows([cell(str(value)) for value in row.values()] for row in rows)
    return out.getvalue()


def calendar(events: Iterable[Event]) -> bytes:
    """Return dates as an iCalendar file: each lasts from the first to the last day that the printed date can mean.

    What was printed, and how precise it is, stands in the description. The stamp that RFC 5545 asks of every
    event is its own first day, so that the same plans give the same bytes.
    """
    from datetime import UTC, date, datetime, time, timedelta

    from icalendar import Calendar
    from icalendar import Event as Entry

    found = Calendar()
    found.add("prodid", "-//cspgraph//horizon//EN")
    found.add("version", "2.0")
    for event in events:
        first, last = date.fromisoformat(event.earliest), date.fromisoformat(event.latest)
        entry = Entry()
        entry.add("uid", f"{event.thing.id}/{event.what}/{event.earliest}@cspgraph")
        entry.add("dtstamp", datetime.combine(first, time(), UTC))
        entry.add("dtstart", first)
        entry.add("dtend", last + timedelta(days=1))
        entry.add("summary", clean(f"{event.what}: {event.thing.label}"))
        carried = f"Carries {len(event.carries)}, {len(event.sole)} of them on nothing else." if event.carries else ""
        said = f"Printed: {event.when} ({event.precision}). {event.place}, {event.place.status}. {carried}"
        entry.add("description", clean(said.strip()))
        entry.add("transp", "TRANSPARENT")
        found.add_component(entry)
    return bytes(found.to_ical())
