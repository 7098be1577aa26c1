"""What hangs on one node alone: the pieces into which a graph, read without direction, falls when the node goes.

Articulation points by one walk in depth (Hopcroft and Tarjan 1973), with the pieces: linear in the graph and in
what comes out.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


def cut_off(pairs: Iterable[tuple[str, str]], points: Collection[str]) -> dict[str, set[str]]:
    """Return, for those of some points without which a graph falls apart, all that is cut off from its largest piece.

    Of pieces that are equally large, the one with the least name stays.
    """
    near: dict[str, set[str]] = defaultdict(set)
    for a, b in pairs:
        if a != b:
            near[a].add(b)
            near[b].add(a)
    found: dict[str, set[str]] = {}
    seen: set[str] = set()
    for start in sorted(near):
        if start not in seen:
            order, parts = _walk(near, start)
            seen.update(order)
            found |= {point: _smaller(order, point, parts[point]) for point in parts if point in points}
    return found


def _walk(near: dict[str, set[str]], start: str) -> tuple[list[str], dict[str, list[tuple[int, int]]]]:
    """Return what hangs together with a node in the order of a walk in depth, and what each point cuts off.

    A piece that is cut off is a stretch of that order.
    """
    order, at, low = [start], {start: 0}, {start: 0}
    parts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    waiting: list[tuple[str, Iterator[str]]] = [(start, iter(sorted(near[start])))]
    while waiting:
        here, further = waiting[-1]
        there = next(further, None)
        if there is None:
            waiting.pop()
            if waiting:
                above = waiting[-1][0]
                low[above] = min(low[above], low[here])
                if low[here] >= at[above]:
                    parts[above].append((at[here], len(order)))
        elif there in at:
            low[here] = min(low[here], at[there])
        else:
            at[there] = low[there] = len(order)
            order.append(there)
            waiting.append((there, iter(sorted(near[there]))))
    if len(parts[start]) < 2:  # the first node has nothing on its other side
        del parts[start]
    return order, parts


def _smaller(order: list[str], point: str, parts: list[tuple[int, int]]) -> set[str]:
    """Return all pieces but the largest; what no stretch holds is a piece too."""
    rest = len(order) - 1 - sum(end - begin for begin, end in parts)
    if rest > max(end - begin for begin, end in parts):
        return {node for begin, end in parts for node in order[begin:end]}
    pieces = [set(order[begin:end]) for begin, end in parts]
    if rest:
        pieces.append(set(order).difference({point}, *pieces))
    pieces.sort(key=lambda piece: (-len(piece), min(piece)))
    return set().union(*pieces[1:])
