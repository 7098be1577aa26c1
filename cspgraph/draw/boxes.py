"""Boxes and lines as pyvis makes them, each box in its place, with a name that fits."""

from __future__ import annotations

import unicodedata
from math import log2
from typing import TYPE_CHECKING, Any

from cspgraph.draw.layout import BOX, columns, communities, layers
from cspgraph.text import clean

if TYPE_CHECKING:
    import networkx as nx

_LINE = 25  # middling letters in a line of a box, which has two lines for its name


def drawing(
    graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]], layout: str, backward: frozenset[str]
) -> dict[str, Any]:
    """Return nodes, edges and options as pyvis makes them, each node in its place."""
    from pyvis.edge import Edge
    from pyvis.network import Network
    from pyvis.node import Node

    drawn = Network(directed=True, cdn_resources="local")
    spots = positions(graph, kinds, layout, backward)
    number = {node: place for place, node in enumerate(graph)}
    for node, data in graph.nodes(data=True):
        label = f"{kinds[data['kind']]['sign']} {clean(data['label'])}"
        load = f"leads {data['leads']} · supports {data['supports']}" if "leads" in data else ""
        lines = [*wrapped(label, 2), *([load] if load else [])]
        x, y = spots[node]
        # Network.add_node looks through all nodes for each: the lists are filled as it would fill them.
        drawn.nodes.append(Node(number[node], "box", "\n".join(lines), x=x, y=y).options)
    for source, target, data in graph.edges(data=True):
        weight = {"width": round(1 + log2(len(data["shared"])), 1)} if "shared" in data else {}
        drawn.edges.append(Edge(number[source], number[target], **weight).options)
    return {"nodes": drawn.nodes, "edges": drawn.edges, "options": _options(graph, layout)}


def positions(
    graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]], layout: str, backward: frozenset[str]
) -> dict[str, tuple[int, int]]:
    """Return the place of each node."""
    if layout == "communities":
        return communities(graph)
    if layout in ("layers", "dependence"):
        return layers(graph, backward)
    return columns(graph, kinds)


def _options(graph: nx.MultiDiGraph[str], layout: str) -> dict[str, Any]:
    across = {"enabled": True, "type": "cubicBezier", "forceDirection": "horizontal", "roundness": 0.5}
    apart = {"enabled": True, "type": "continuous", "roundness": 0.2}
    many = graph.number_of_edges() > 4000
    return {
        "physics": {"enabled": False, "solver": "barnesHut", "barnesHut": {"springLength": 260, "avoidOverlap": 0.6}},
        "layout": {"improvedLayout": False},
        "interaction": {"hover": True, "keyboard": False, "dragNodes": True, "hideEdgesOnZoom": len(graph) > 600, "hideEdgesOnDrag": many, "tooltipDelay": 100000},
        "edges": {
            "smooth": False if many else apart if layout == "communities" else across,
            "arrows": {"to": {"enabled": layout != "communities", "scaleFactor": 0.5}},
            "selectionWidth": 1.5,
        },
        "nodes": {
            "font": {"size": 15, "face": "sans-serif", "align": "left"},
            "margin": 4,
            "borderWidth": 2,
            "borderWidthSelected": 3,
            "widthConstraint": {"minimum": BOX},
            "scaling": {"label": {"drawThreshold": 6}},
        },
    }  # fmt: skip


def wrapped(text: str, most: int) -> list[str]:
    """Return at most so many lines of a box; what does not fit ends in an ellipsis. A long word is cut."""
    lines = [""]
    words = [piece for word in text[: _LINE * most * 3].split() for piece in _pieces(word)]
    left = len(text) > _LINE * most * 3
    for number, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if _wide(longer) <= _LINE:
            lines[-1] = longer
        elif len(lines) < most:
            lines.append(word)
        else:
            left = number < len(words)
            break
    if left:
        while lines[-1] and _wide(lines[-1]) > _LINE - 1:
            lines[-1] = lines[-1][:-1]
        lines[-1] = lines[-1].rstrip(" ,;:-(") + "…"
    return lines


def _pieces(word: str) -> list[str]:
    """Return a word, or where it is wider than a line pieces of it."""
    return [word] if _wide(word) <= _LINE else [word[start : start + 10] for start in range(0, len(word), 10)]


def _wide(text: str) -> float:
    """Return about how wide a text is, in middling letters."""
    return sum(
        1.9 if unicodedata.east_asian_width(sign) in "WF" else 1.45 if sign in "MW@mw%—…●■◆▲▼⬢★" else 0.55 if sign in "iljtfI.,;:'|()[]- " else 1.18 if sign.isupper() else 1
        for sign in text
    )  # fmt: skip
