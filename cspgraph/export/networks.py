"""GraphML and GEXF: networks whose attributes have types, for Gephi, yEd, Cytoscape, networkx.

GraphML 1.0 (graphml.graphdrawing.org) and GEXF 1.2draft (gexf.net), the version that both Gephi and networkx read.
Neither has a type for dates that both read; they are ISO dates as text, which sort as dates do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph import xml
from cspgraph.export.properties import plain
from cspgraph.terms import CSP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.export import Request
    from cspgraph.export.properties import Row
    from cspgraph.ontology import Vocabulary

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_GRAPHML = {"boolean": "boolean", "integer": "long", "number": "double"}
_GEXF = {"boolean": "boolean", "integer": "long", "number": "double"}
_NOT_NODE, _NOT_EDGE = ("id",), ("from", "to")


def graphml(request: Request) -> bytes:
    """Return the things and relations as GraphML; ids are short names, every attribute has its type."""
    graph = request.rows
    things, relations = graph.columns()
    lines = [_HEAD, xml.tag("graphml", {"xmlns": "http://graphml.graphdrawing.org/xmlns"})]
    keys: dict[str, dict[str, str]] = {"node": {}, "edge": {}}
    for sort, columns, left_out in (("node", things, _NOT_NODE), ("edge", relations, _NOT_EDGE)):
        for name, kind in columns.items():
            if name not in left_out:
                key = keys[sort][name] = f"{sort[0]}{len(keys[sort])}"
                said = {"id": key, "for": sort, "attr.name": name, "attr.type": _GRAPHML.get(kind, "string")}
                lines.append(xml.tag("key", said, close=True))
    lines.append(xml.tag("graph", {"id": "plans", "edgedefault": "directed"}))
    for row in graph.things:
        lines += _graphml_item("node", {"id": plain(row["id"])}, keys["node"], row)
    for position, row in enumerate(graph.relations):
        ends = {"id": f"e{position}", "source": plain(row["from"]), "target": plain(row["to"])}
        lines += _graphml_item("edge", ends, keys["edge"], row)
    return "\n".join([*lines, "</graph>", "</graphml>", ""]).encode()


def _graphml_item(name: str, attributes: dict[str, str], keys: dict[str, str], row: Row) -> Iterator[str]:
    yield xml.tag(name, attributes)
    for key, value in row.items():
        if key in keys and value != "":
            yield f"{xml.tag('data', {'key': keys[key]})}{xml.text(plain(value))}</data>"
    yield f"</{name}>"


def gexf(request: Request) -> bytes:
    """Return the things and relations as GEXF; things are coloured by their kind, as the pages colour them."""
    graph = request.rows
    things, relations = graph.columns()
    spaces = {"xmlns": "http://www.gexf.net/1.2draft", "xmlns:viz": "http://www.gexf.net/1.2draft/viz"}
    lines = [_HEAD, xml.tag("gexf", {**spaces, "version": "1.2"})]
    lines.append(xml.tag("graph", {"defaultedgetype": "directed", "mode": "static"}))
    ids: dict[str, dict[str, str]] = {}
    for sort, columns, left_out in (("node", things, ("id", "label")), ("edge", relations, ("from", "to", "label"))):
        named = {name: kind for name, kind in columns.items() if name not in left_out}
        ids[sort] = {name: f"{sort[0]}{position}" for position, name in enumerate(named)}
        lines.append(xml.tag("attributes", {"class": sort, "mode": "static"}))
        for name, kind in named.items():
            said = {"id": ids[sort][name], "title": name, "type": _GEXF.get(kind, "string")}
            lines.append(xml.tag("attribute", said, close=True))
        lines.append("</attributes>")
    lines.append("<nodes>")
    for row in graph.things:
        said = {"id": plain(row["id"]), "label": plain(row["label"])}
        lines += _gexf_item("node", said, ids["node"], row, _colour(request.vocabulary, plain(row["kind"])))
    lines += ["</nodes>", "<edges>"]
    for position, row in enumerate(graph.relations):
        # `kind` keeps Gephi from taking two relations between the same things for one.
        ends = {"id": str(position), "source": plain(row["from"]), "target": plain(row["to"])}
        said = {**ends, "label": plain(row["label"]), "kind": plain(row["relation"])}
        lines += _gexf_item("edge", said, ids["edge"], row)
    return "\n".join([*lines, "</edges>", "</graph>", "</gexf>", ""]).encode()


def _gexf_item(
    name: str, attributes: dict[str, str], ids: dict[str, str], row: Row, more: Iterable[str] = ()
) -> Iterator[str]:
    yield xml.tag(name, attributes)
    yield "<attvalues>"
    for key, value in row.items():
        if key in ids and value != "":
            yield xml.tag("attvalue", {"for": ids[key], "value": plain(value)}, close=True)
    yield "</attvalues>"
    yield from more
    yield f"</{name}>"


def _colour(vocabulary: Vocabulary, kind: str) -> Iterator[str]:
    known = vocabulary.kinds.get(f"{CSP}{kind}")
    if known:
        parts = [str(int(known.colour[start : start + 2], 16)) for start in (1, 3, 5)]
        yield xml.tag("viz:color", dict(zip("rgb", parts, strict=True)), close=True)
