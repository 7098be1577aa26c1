"""Where each thing stands: computed here and stored, so that a picture stands at once and is always the same.

`columns`: by kind and level, no line inside a column. `layers`: what rests on a thing stands to the right of it.
`communities`: those that work together stand together.
"""

from __future__ import annotations

from math import ceil, fsum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    import networkx as nx

COLUMN, ROW, BOX = 330, 58, 250  # a box is 250 wide in a place of 330 by 58
_TALL = 76  # a place for a box of three lines: a name of two, and what the body carries
_GAP = 20  # between groups
_SHAPE = 1.45  # of the space for the picture: width to height
_SEED = 20171001


def columns(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Return a place for each node: in columns without a line inside one, ordered to cross few lines."""
    return _placed(graph, _columns(graph, kinds))


def _placed(graph: nx.MultiDiGraph[str], columns: list[list[list[str]]]) -> dict[str, tuple[int, int]]:
    """Order the groups of each column so that few lines cross, and give every node its place."""
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
        height = sum(map(len, column)) * ROW + (len(column) - 1) * _GAP
        y = -height / 2
        for group in column:
            for node in group:
                spots[node] = (number * COLUMN, round(y))
                y += ROW
            y += _GAP
    return spots


def _columns(graph: nx.MultiDiGraph[str], kinds: dict[str, dict[str, Any]]) -> list[list[list[str]]]:
    """Return columns of groups of nodes, so that the whole has the shape of the page.

    A group is of one kind and one level in it (a theme, the focus areas under it); groups
    stand in one column only where no relation runs between them.
    """
    count = max(1.0, (_SHAPE * ROW / COLUMN * len(graph)) ** 0.5)
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


# -------------------------------------------------------------------- layers


def layers(graph: nx.MultiDiGraph[str], backward: Collection[str] = ()) -> dict[str, tuple[int, int]]:
    """Return a place for each node: what an edge points to stands to the left; relations in `backward` the other way.

    Where the nodes say their `layer`, that comes first, and within it what rests on another of the same layer.
    """
    import networkx as nx

    plain: nx.DiGraph[str] = nx.DiGraph()
    order = sorted((data["plan"], data["kind"], node) for node, data in graph.nodes(data=True))
    plain.add_nodes_from(node for _, _, node in order)
    for source, target, key in graph.edges(keys=True):
        ends = (source, target) if key in backward else (target, source)
        if source != target and graph.nodes[source].get("layer") == graph.nodes[target].get("layer"):
            plain.add_edge(*ends)
    level: dict[str, int] = {}
    whole = nx.condensation(plain)  # a circle stays together
    for part in nx.lexicographical_topological_sort(whole):
        deep = max(
            (level[node] + 1 for above in whole.predecessors(part) for node in whole.nodes[above]["members"]), default=0
        )
        level.update(dict.fromkeys(whole.nodes[part]["members"], deep))
    columns: dict[tuple[int, int], list[str]] = {}
    for node in plain:
        columns.setdefault((graph.nodes[node].get("layer", 0), level[node]), []).append(node)
    tallest = max(14, round((_SHAPE * len(graph) * 3) ** 0.5))
    pieces = [
        [members[start : start + tallest]]
        for _, members in sorted(columns.items())
        for start in range(0, len(members), tallest)
    ]
    return _placed(graph, pieces)


# -------------------------------------------------------------------- communities


def communities(graph: nx.MultiDiGraph[str]) -> dict[str, tuple[int, int]]:
    """Return a place for each node: communities as blocks, in each the one with most ties in the middle column."""
    blocks = [_block(graph, members) for members in _communities(graph)]
    width = max((ceil((_SHAPE * sum(w * h for w, h, _ in blocks)) ** 0.5)), max((w for w, _, _ in blocks), default=0))
    spots: dict[str, tuple[int, int]] = {}
    left = top = tall = 0
    for wide, high, places in blocks:
        if left and left + wide > width:
            left, top, tall = 0, top + tall + 2 * ROW, 0
        spots.update({node: (left + x, top + y) for node, (x, y) in places.items()})
        left, tall = left + wide + 2 * ROW, max(tall, high)
    return spots


def groups(graph: nx.MultiDiGraph[str]) -> dict[str, int]:
    """Return the number of the community of each node."""
    return {node: number for number, members in enumerate(_communities(graph)) for node in members}


def _communities(graph: nx.MultiDiGraph[str]) -> list[list[str]]:
    import networkx as nx

    names = sorted(graph)  # numbers in place of names: sets of them are always walked in the same order
    plain: nx.Graph[int] = nx.Graph()
    plain.add_nodes_from(range(len(names)))
    number = {name: place for place, name in enumerate(names)}
    for source, target, data in graph.edges(data=True):
        plain.add_edge(number[source], number[target], weight=len(data.get("shared", [1])))
    found = nx.community.louvain_communities(plain, seed=_SEED)
    alone = sorted(names[node] for part in found if len(part) == 1 for node in part)
    groups = [sorted(names[node] for node in part) for part in found if len(part) > 1]
    return sorted(groups, key=lambda part: (-len(part), part)) + ([alone] if alone else [])


def _block(graph: nx.MultiDiGraph[str], members: list[str]) -> tuple[int, int, dict[str, tuple[int, int]]]:
    """Return the width and height of a community, and places in it: a ring around the one with most ties.

    The lines run inside the ring, so that none of them passes behind a box.
    """
    inside = set(members)
    near = {node: inside & {*graph.successors(node), *graph.predecessors(node)} for node in members}
    order = sorted(members, key=lambda node: (-len(near[node]), node))
    if len(members) < 5 or not near[order[0]]:
        wide = min(len(members), 2 if len(members) < 5 else 5)
        places = {node: (place % wide * COLUMN, place // wide * _TALL) for place, node in enumerate(order)}
        return (wide - 1) * COLUMN + BOX, ceil(len(members) / wide) * _TALL, places
    ring = _round(order[1:], near)
    sides = ring[: ceil(len(ring) / 2)], ring[ceil(len(ring) / 2) :][::-1]  # round: down one side, up the other
    step, most = _TALL, len(sides[0])
    high, reach = step * (most - 1), max(1.15 * BOX, 0.62 * step * most)
    middle = round(reach + BOX / 2)
    places = {order[0]: (middle, round(high / 2))}
    for sign, side in zip((1, -1), sides, strict=True):
        for place, node in enumerate(side):
            y = (place + (most - len(side)) / 2) * step
            bow = (1 - ((y - high / 2) / (high / 2 + step)) ** 2) ** 0.5
            places[node] = (round(middle + sign * max(reach * bow, 1.15 * BOX)), round(y))
    return 2 * middle + BOX // 2, round(high + _TALL), places


def _round(members: list[str], near: dict[str, set[str]]) -> list[str]:
    """Return members so that those who work together follow each other."""
    left, found = list(members), list[str]()
    while left:
        last = near[found[-1]] if found else set[str]()
        found.append(next((node for node in left if node in last), left[0]))
        left.remove(found[-1])
    return found
