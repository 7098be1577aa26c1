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
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cspgraph.resources import template_folder
from cspgraph.text import clean, shortened

if TYPE_CHECKING:
    import networkx as nx

    from cspgraph.ontology import Vocabulary

_VIS = "pyvis/templates/lib/vis-9.1.2/vis-network.min.js"
_COLUMN, _ROW, _GAP, _BOX = 350, 50, 20, 250  # a box is 250 wide in a place of 350 by 50; groups stand 20 apart
_SHAPE = 1.45  # of the space for the picture: width to height
_LABEL = 48  # two lines of a box
# Kinds are told apart by a sign as well as by colour.
_SIGNS = {"dot": "●", "square": "■", "diamond": "◆", "triangle": "▲", "triangleDown": "▼", "hexagon": "⬢", "star": "★"}
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
        data=_script_json({"things": _things(graph, kinds, names), "relations": _relations(graph, names), **drawing}),
        legend=sorted(kinds.values(), key=lambda kind: (kind["order"], kind["name"])),
        nodes=len(graph),
        edges=graph.number_of_edges(),
        inferred=any(data["status"] != "stated" for data in graph.edges.values()),
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
            "sign": _SIGNS.get(kind.mark, _SIGNS["dot"]),
            "order": kind.order,
            "count": count,
        }
    return found


# -------------------------------------------------------------------- positions


def _positions(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Return a place for each node: in columns without a line inside one, ordered to cross few lines."""
    columns = _columns(graph, kinds)
    groups = [group for column in columns for group in column]
    rank = {
        node: place - sum(map(len, column)) / 2
        for column in columns
        for place, node in enumerate(node for group in column for node in group)
    }
    for sweep in range(8):
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
    """Return columns of groups of nodes, so that the whole has the shape of the page.

    A group is of one kind and one level in it (a theme, the focus areas under it); groups
    stand in one column only where no relation runs between them.
    """
    count = max(1.0, (_SHAPE * _ROW / _COLUMN * len(graph)) ** 0.5)
    tallest = max(8, round(1.3 * len(graph) / count))  # few columns come out full
    columns: list[list[list[str]]] = []
    for group in _groups(graph, kinds):
        for start in range(0, len(group), tallest):
            piece = group[start : start + tallest]
            home = next((column for column in columns[-2:] if _fits(graph, column, piece, tallest)), None)
            if home is None:
                columns.append([piece])
            else:
                home.append(piece)
    return columns


def _groups(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]]) -> list[list[str]]:
    """Return the nodes by kind, and in each kind by how many relations of that kind lie above them."""
    groups = []
    for name in sorted(kinds, key=lambda name: (kinds[name]["order"], name)):
        left = {node for node, data in graph.nodes(data=True) if data["kind"] == name}
        while left:
            top = sorted(node for node in left if not any(other in left for other in graph.successors(node)))
            groups.append(top or sorted(left))  # a circle has no top: it stays together
            left -= set(groups[-1])
    return groups


def _fits(graph: nx.MultiDiGraph[str], column: list[list[str]], piece: list[str], tallest: int) -> bool:
    there = {node for group in column for node in group}
    related = any(other in there for node in piece for other in (*graph.successors(node), *graph.predecessors(node)))
    return not related and len(there) + len(piece) <= tallest


def _centre(graph: nx.MultiDiGraph[str], node: str, rank: dict[str, float]) -> float:
    """Return the mean place of a node's neighbours; a node without any stays where it is."""
    neighbours = [rank[other] for other in {*graph.predecessors(node), *graph.successors(node)} if other != node]
    return fsum(neighbours) / len(neighbours) if neighbours else rank[node]  # fsum: the same in any order


# -------------------------------------------------------------------- content


def _drawing(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    """Return nodes, edges and options as pyvis makes them."""
    from pyvis.network import Network

    drawing = Network(directed=True, cdn_resources="local")
    spots = _positions(graph, kinds)
    for node, data in graph.nodes(data=True):
        kind, (x, y) = kinds[data["kind"]], spots[node]
        label = f"{kind['sign']} {shortened(clean(data['label']), _LABEL)}"
        color = {
            "border": kind["colour"],
            "background": "#ffffff",
            "highlight": {"border": kind["colour"], "background": "#fff3c4"},
        }
        drawing.add_node(names[node], label=label, shape="box", color=color, x=x, y=y, physics=False)
    for source, target, data in graph.edges(data=True):
        drawing.add_edge(names[source], names[target], dashes=data["status"] != "stated", physics=False)
    options = {
        "physics": {"enabled": False},
        "interaction": {"hover": False, "keyboard": {"enabled": True, "bindToWindow": False}, "dragNodes": True},
        "edges": {
            "smooth": {"enabled": True, "type": "cubicBezier", "forceDirection": "horizontal", "roundness": 0.5},
            "arrows": {"to": {"enabled": True, "scaleFactor": 0.5}},
            "color": {"color": "#9a9a9a", "highlight": "#0072B2", "inherit": False},
            "selectionWidth": 2,
        },
        "nodes": {
            "font": {"size": 15, "face": "sans-serif", "align": "left"},
            "margin": 4,
            "borderWidth": 2,
            "widthConstraint": {"minimum": _BOX, "maximum": _BOX},
            "scaling": {"label": {"drawThreshold": 5}},
        },
    }
    return {"nodes": drawing.nodes, "edges": drawing.edges, "options": options}


def _things(
    graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]], names: dict[str, str]
) -> dict[str, dict[str, str]]:
    return {
        names[node]: {
            "id": node,
            **{key: clean(data[key]) for key in ("label", "plan", "source", "lines", "status")},
            "kind": kinds[data["kind"]]["label"],
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
