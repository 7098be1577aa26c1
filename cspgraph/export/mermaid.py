"""A picture as Mermaid text, for a README: of one plan, or of what lies around a thing, small enough to be read.

The syntax: mermaid.js.org, "Flowcharts". Labels stand in quotes, and every character but letters, figures and a few
signs as its entity code, so that no label is markup, Markdown, a link, a comment or the end of the block around it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cspgraph.terms import CSP
from cspgraph.text import clean, natural, shortened

if TYPE_CHECKING:
    import networkx as nx

    from cspgraph.export import Request

MOST = 20
_LONGEST = 60
_PLAIN = re.compile(r"[^\w ,:'()/–—?!.-]|_")
_LEADING = re.compile(r"^(\d+)\.|^-")  # Markdown would read a list
_SHAPES = {
    "square": ('["', '"]'),
    "diamond": ('{"', '"}'),
    "hexagon": ('{{"', '"}}'),
    "dot": ('(["', '"])'),
    "star": ('[["', '"]]'),
    "triangle": ('[/"', '"\\]'),
    "triangleDown": ('[\\"', '"/]'),
}


def mermaid(request: Request) -> bytes:
    """Return a flowchart of at most MOST things, those with most relations, or those nearest to the focus.

    It says how many it leaves out, and the command that shows them. Raises CspgraphError when neither a focus nor a
    plan is named and several are loaded.
    """
    from cspgraph.network import network

    if request.focus:
        view, named = "everything", f"--focus {request.focus[0].id}"
        title = f"What lies around {request.focus[0].label}"
        graph = network(request.engine, request.questions.get(view, "view"), request.focus, request.depth)
    else:
        plan = request.one_plan("a picture for a README")
        view, named = "overview", f"--plan {plan}"
        title = f"The plan {plan}"
        graph = network(request.engine, request.questions.get(view, "view"))
    shown = _chosen(graph, [thing.id for thing in request.focus])
    return "\n".join(_lines(request, graph, shown, title, f"cspgraph view {view} {named}")).encode()


def _chosen(graph: nx.MultiDiGraph[str], focus: list[str]) -> list[str]:
    """Return what is drawn, in order of id: the nearest first, then what has most relations."""
    import networkx as nx

    plain = graph.to_undirected(as_view=True)
    away = dict(nx.multi_source_dijkstra_path_length(plain, set(focus) & set(graph), weight=None)) if focus else {}
    ranked = sorted(graph, key=lambda name: (away.get(name, 0), -graph.degree(name), natural(name)))
    kept = graph.subgraph(ranked[:MOST])
    return sorted((name for name in kept if kept.degree(name) or name in focus), key=natural)


def _lines(request: Request, graph: nx.MultiDiGraph[str], shown: list[str], title: str, command: str) -> list[str]:
    ids = {name: f"n{position}" for position, name in enumerate(shown, start=1)}
    left = len(graph) - len(shown)
    lines = ["flowchart LR", f"  accTitle: {escaped(title)}"]
    lines.append(f"  accDescr: {len(shown)} of {len(graph)} things and the relations between them")
    for name, own in ids.items():
        data = graph.nodes[name]
        known = request.vocabulary.kinds.get(f"{CSP}{data['kind']}")
        begin, end = _SHAPES.get(known.mark if known else "", _SHAPES["square"])
        lines.append(f"  {own}{begin}{escaped(data['label'])}{end}:::k{_word(data['kind'])}")
    lines += _arrows(graph, ids)
    if left:
        lines.append(f'  more["… and {left:,} more: {escaped(command)}"]:::more')
        lines.append("  classDef more stroke-dasharray: 4 4")
    for kind in sorted({graph.nodes[name]["kind"] for name in shown}):
        known = request.vocabulary.kinds.get(f"{CSP}{kind}")
        lines.append(f"  classDef k{_word(kind)} stroke:{known.colour if known else '#000000'},stroke-width:2px")
    return [*lines, ""]


def _arrows(graph: nx.MultiDiGraph[str], ids: dict[str, str]) -> list[str]:
    """Return one arrow for each pair, with all its relations; dotted where none of them is stated."""
    pairs: dict[tuple[str, str], list[dict[str, str]]] = {}
    for source, target, data in graph.subgraph(ids).edges(data=True):
        pairs.setdefault((source, target), []).append(data)
    arrows = []
    for (source, target), said in sorted(pairs.items(), key=lambda pair: tuple(map(natural, pair[0]))):
        labels = ", ".join(sorted({data["label"] for data in said}))
        arrow = "-->" if any(data["status"] == "stated" for data in said) else "-.->"
        arrows.append(f'  {ids[source]} {arrow}|"{escaped(labels)}"| {ids[target]}')
    return arrows


def escaped(text: str) -> str:
    """Return a text as it may stand in quotes in Mermaid: short, on one line, nothing in it with a meaning."""
    plain = shortened(" ".join(clean(text).split()), _LONGEST)
    coded = _PLAIN.sub(lambda match: f"#{ord(match.group())};", plain)
    return _LEADING.sub(lambda match: f"{match[1]}#46;" if match[1] else "#45;", coded)


def _word(kind: str) -> str:
    return re.sub(r"\W", "", kind, flags=re.ASCII)
