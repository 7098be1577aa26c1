"""A networkx graph to one HTML page that opens offline.

pyvis makes the nodes, edges and options; the page around them is ours. Scripts are
inlined, the page's policy names each by its hash and allows no request, labels are only
ever set as text, and the same content stands in a table for those who do not see the
picture. Positions are computed here, so that the picture is the same every time.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cspgraph.resources import template_folder
from cspgraph.text import clean, shortened

if TYPE_CHECKING:
    import networkx as nx

    from cspgraph.ontology import Vocabulary

_VIS = "pyvis/templates/lib/vis-9.1.2/vis-network.min.js"
_COLUMN, _ROW, _GAP = 290, 40, 24  # one thing takes 290 by 40; kinds in one column stand 24 apart
_SHAPE = 1.45  # of the space for the picture: width to height
_LABEL = 40
MOST_NODES = 1500


def page(graph: nx.MultiDiGraph[str], vocabulary: Vocabulary, title: str, subtitle: str = "") -> str:
    """Return the HTML of a picture: what vis-network draws, a panel, a search, a legend and a table."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    kinds = _kinds(graph, vocabulary)
    names = {node: f"n{number}" for number, node in enumerate(graph)}
    drawing = _drawing(graph, kinds, names)
    scripts = [_vis_script(), (template_folder() / "page.js").read_text(encoding="utf-8")]
    environment = Environment(loader=FileSystemLoader(template_folder()), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.html.j2").render(
        title=clean(title),
        subtitle=clean(subtitle),
        scripts=scripts,
        policy=_policy(scripts),
        data=_script_json({"things": _things(graph, names), "relations": _relations(graph, names), **drawing}),
        legend=sorted(kinds.values(), key=lambda kind: kind["order"]),
        nodes=len(graph),
        edges=graph.number_of_edges(),
        inferred=any(status != "stated" for *_, status in graph.edges(data="status")),
    )


def _kinds(graph: nx.MultiDiGraph[str], vocabulary: Vocabulary) -> dict[str, dict[str, Any]]:
    by_name = {kind.name: kind for kind in vocabulary.kinds.values()}
    found = {}
    for name in {data["kind"] for _, data in graph.nodes(data=True)}:
        kind = by_name[name]
        count = sum(data["kind"] == name for _, data in graph.nodes(data=True))
        found[name] = {
            "name": name,
            "label": kind.label,
            "colour": kind.colour,
            "mark": kind.mark,
            "order": kind.order,
            "count": count,
        }
    return found


# -------------------------------------------------------------------- positions


def _positions(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Return a place for each node: kinds side by side or stacked, in each the order that crosses fewest lines."""
    columns = _columns(graph, kinds)
    groups = [group for column in columns for group in column]
    rank = {
        node: float(place)
        for column in columns
        for place, node in enumerate(node for group in column for node in group)
    }
    for sweep in range(6):
        for group in groups if sweep % 2 == 0 else reversed(groups):
            first = min(rank[node] for node in group)
            group.sort(key=lambda node: (_centre(graph, node, rank), node))
            rank.update({node: first + place for place, node in enumerate(group)})
    spots = {}
    for number, column in enumerate(columns):
        height = sum(map(len, column)) * _ROW + (len(column) - 1) * _GAP
        y = -height / 2
        for group in column:
            for node in group:
                spots[node] = (number * _COLUMN, round(y))
                y += _ROW
            y += _GAP
    return spots


def _columns(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]]) -> list[list[list[str]]]:
    """Return columns of groups of nodes, one kind to a group, so that the whole has the shape of the page."""
    count = max(1, round((_SHAPE * _ROW / _COLUMN * len(graph)) ** 0.5))
    tallest = max(6, -(-len(graph) // count))
    columns: list[list[list[str]]] = [[]]
    for name in sorted(kinds, key=lambda name: (kinds[name]["order"], name)):
        nodes = [node for node, data in sorted(graph.nodes(data=True)) if data["kind"] == name]
        while nodes:
            room = tallest - sum(map(len, columns[-1]))
            if room < min(len(nodes), 3):
                columns.append([])
                room = tallest
            columns[-1].append(nodes[:room])
            nodes = nodes[room:]
    return columns


def _centre(graph: nx.MultiDiGraph[str], node: str, rank: dict[str, float]) -> float:
    """Return the mean place of a node's neighbours; a node without any stays where it is."""
    neighbours = [rank[other] for other in {*graph.predecessors(node), *graph.successors(node)} if other != node]
    return sum(neighbours) / len(neighbours) if neighbours else rank[node]


# -------------------------------------------------------------------- content


def _drawing(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    """Return nodes, edges and options as pyvis makes them."""
    from pyvis.network import Network

    drawing = Network(directed=True, cdn_resources="local")
    spots = _positions(graph, kinds)
    for node, data in graph.nodes(data=True):
        kind, (x, y) = kinds[data["kind"]], spots[node]
        label = shortened(clean(data["label"]), _LABEL)
        drawing.add_node(
            names[node], label=label, shape=kind["mark"], color=kind["colour"], x=x, y=y, size=9, physics=False
        )
    for source, target, data in graph.edges(data=True):
        drawing.add_edge(
            names[source], names[target], dashes=data["status"] != "stated", color="#a8a8a8", physics=False
        )
    options = {
        "physics": {"enabled": False},
        "interaction": {"hover": False, "keyboard": {"enabled": True, "bindToWindow": False}, "dragNodes": True},
        "edges": {"smooth": False, "arrows": {"to": {"enabled": True, "scaleFactor": 0.5}}, "selectionWidth": 2},
        "nodes": {
            "font": {"size": 15, "face": "sans-serif", "vadjust": -4},
            "borderWidth": 1,
            "scaling": {"label": {"drawThreshold": 6}},
        },
    }
    return {"nodes": drawing.nodes, "edges": drawing.edges, "options": options}


def _things(graph: nx.MultiDiGraph[str], names: dict[str, str]) -> dict[str, dict[str, str]]:
    return {
        names[node]: {
            "id": node,
            **{key: clean(data[key]) for key in ("label", "kind", "plan", "source", "lines", "status")},
        }
        for node, data in graph.nodes(data=True)
    }


def _relations(graph: nx.MultiDiGraph[str], names: dict[str, str]) -> list[dict[str, str]]:
    return [
        {
            "from": names[source],
            "to": names[target],
            **{key: clean(data[key]) for key in ("label", "source", "lines", "status", "why")},
        }
        for source, target, data in graph.edges(data=True)
    ]


# -------------------------------------------------------------------- safety


def _vis_script() -> str:
    """Return the script of vis-network from inside the installed pyvis."""
    found = next((file for file in distribution("pyvis").files or [] if str(file) == _VIS), None)
    if found is None:
        raise FileNotFoundError(_VIS)
    return Path(str(found.locate())).read_text(encoding="utf-8").replace("</script", "<\\/script")


def _policy(scripts: list[str]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"


def _script_json(data: object) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
