"""Networks that are more than the rows of a view: what rests on a thing, and who works with whom on what."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

import networkx as nx

from cspgraph.evidence import worst
from cspgraph.network import add_things, around, attributes, network
from cspgraph.text import counted, natural
from cspgraph.tracing.load import load
from cspgraph.tracing.paths import depends

if TYPE_CHECKING:
    from cspgraph.engines import Engine
    from cspgraph.names import Thing
    from cspgraph.questions import Question


def dependence(engine: Engine, starts: list[Thing], depth: int | None = None) -> nx.MultiDiGraph[str]:
    """Return exactly what `depends` says of these things: every hop of every path, and each thing's distance.

    An edge runs from what depends to what it depends on. `depth` leaves out what lies further away.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    found = [one for start in starts for one in depends(engine, start)]
    found = [one for one in found if depth is None or len(one.path) <= depth]
    distance = {start.id: 0 for start in starts}
    for one in found:
        distance[one.thing.id] = min(len(one.path), distance.get(one.thing.id, len(one.path)))
    hops = {hop for one in found for path in one.paths if depth is None or len(path) <= depth for hop in path}
    add_things(engine, graph, {*starts, *(end for hop in hops for end in (hop.source, hop.target))})
    nx.set_node_attributes(graph, {name: distance.get(name, 0) for name in graph}, "layer")
    for hop in sorted(hops, key=lambda hop: (hop.source.id, hop.target.id, hop.relation)):
        graph.add_edge(hop.source.id, hop.target.id, key=hop.relation, label=hop.label, **attributes(hop.place))
    return graph


def joined(engine: Engine, view: Question, focus: list[Thing] | None = None, depth: int = 2) -> nx.MultiDiGraph[str]:
    """Return the targets of a view's rows, two of them joined where they share a source; each edge says which.

    An edge has `shared`, the things shared as pairs of id and label, and the place of the first. Bodies say what
    they carry, as `load` counts it.
    """
    rows = network(engine, view, focus, 2 * depth + 1)  # from body to body are two steps, and theirs must be whole
    shares: dict[tuple[str, str], list[str]] = defaultdict(list)
    for work in sorted({source for source, _ in rows.edges()}, key=natural):
        for pair in combinations(sorted(set(rows.successors(work)) - {work}), 2):
            shares[pair].append(work)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    carried = _carried(engine)
    for body in sorted({target for _, target in rows.edges()}):
        graph.add_node(body, **rows.nodes[body], **carried.get(body, {}))
    for (one, other), works in sorted(shares.items()):
        data = [edge for work in works for end in (one, other) for edge in rows[work][end].values()]
        label = f"works on {counted(len(works), 'thing')} with"
        shared = [(work, rows.nodes[work]["label"]) for work in works]
        first = {key: data[0][key] for key in ("source", "lines", "why", "disputed")}
        status = worst(*(edge["status"] for edge in data))
        graph.add_edge(one, other, key="shares", label=label, shared=shared, status=status, **first)
    return around(graph, focus, depth) if focus else graph


def _carried(engine: Engine) -> dict[str, dict[str, int]]:
    """Return for each body what it leads (itself, or through its posts and units), supports and oversees, in all plans."""
    found: dict[str, dict[str, int]] = {}
    for one in load(engine):
        if one.plan and one.body.id in found:
            continue  # the entry for all plans together comes first
        found[one.body.id] = {"leads": one.leads + one.through, "supports": one.supports, "oversees": one.oversees}
    return found
