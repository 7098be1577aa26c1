"""A view as one still picture, for a notebook: SVG without a script, boxes in the places that the page gives them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from cspgraph.draw import network_of
from cspgraph.draw.boxes import positions, wrapped
from cspgraph.draw.content import kinds_of
from cspgraph.draw.layout import BOX
from cspgraph.errors import CspgraphError
from cspgraph.text import clean, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx

    from cspgraph.engines import Engine
    from cspgraph.names import Thing
    from cspgraph.ontology import Vocabulary
    from cspgraph.questions import Question

MOST_BOXES = 400  # more of them nobody reads on one sheet; the page has them all
_HIGH, _EDGE, _LEGEND = 48, 24, 26
_DASHES = {"inferred": "6 4", "uncertain": "2 4"}
_INK, _LINE = "#1a1a1a", "#767676"


@dataclass(frozen=True)
class Picture:
    """A drawn view: the SVG, and the network behind it for whoever wants to count or redraw it."""

    title: str
    svg: str
    network: nx.MultiDiGraph[str]

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture {self.title}: {len(self.network)} things, {self.network.number_of_edges()} relations>"


def picture(
    engine: Engine, view: Question, vocabulary: Vocabulary, focus: list[Thing], depth: int | None = None
) -> Picture:
    """Return a view as a picture, around some things where any are given.

    Raises CspgraphError where the view needs a thing, where there is nothing to draw, or too much for one picture.
    """
    graph = network_of(engine, view, focus or None, depth)
    if not graph:
        raise CspgraphError("there is nothing to draw", "name another thing, or another view")
    if len(graph) > MOST_BOXES:
        hint = "name a thing to look at and a small depth, or write a page with `cspgraph view`"
        raise CspgraphError(f"the view has {len(graph):,} things; a picture holds {MOST_BOXES}", hint)
    around = f": {focus[0].label}" if focus else ""
    title = clean(f"{view.title}{around}")
    backward = frozenset(word.removeprefix("csp:") for word in view.header.get("backward", "").split())
    drawing = _Drawing(graph, vocabulary, view.header.get("layout", "columns"), backward)
    return Picture(title, drawing.svg(title), graph)


class _Drawing:
    """Boxes, lines and a key, as elements of SVG."""

    def __init__(
        self, graph: nx.MultiDiGraph[str], vocabulary: Vocabulary, layout: str, backward: frozenset[str]
    ) -> None:
        self.graph, self.layout = graph, layout
        self.kinds = kinds_of(graph, vocabulary)
        spots = positions(graph, self.kinds, layout, backward)
        left, top = min(x for x, _ in spots.values()), min(y for _, y in spots.values())
        self.spots = {
            node: (x - left + _EDGE + BOX // 2, y - top + 2 * _EDGE + _HIGH // 2) for node, (x, y) in spots.items()
        }
        self.width = max(x for x, _ in self.spots.values()) + BOX // 2 + _EDGE
        self.below = max(y for _, y in self.spots.values()) + _HIGH // 2 + _EDGE

    def svg(self, title: str) -> str:
        """Return the whole."""
        key = list(self._key())
        height = self.below + len(key) * _LEGEND + _EDGE // 2
        size = f'width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}"'
        head = f'<text x="{_EDGE}" y="{_EDGE}" font-size="17" font-weight="bold">{escape(shortened(title, self.width // 9))}</text>'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}" font-family="sans-serif" fill="{_INK}">',
                f'<rect width="{self.width}" height="{height}" fill="#ffffff"/>{head}',
                *(self._line(*edge) for edge in self.graph.edges(data=True)),
                *(self._box(node, data) for node, data in self.graph.nodes(data=True)),
                *key,
                "</svg>",
            ]
        )

    def _box(self, node: str, data: dict[str, Any]) -> str:
        kind, (x, y) = self.kinds[data["kind"]], self.spots[node]
        lines = wrapped(f"{kind['sign']} {clean(data['label'])}", 2)
        words = "".join(
            f'<tspan x="{x - BOX // 2 + 9}" y="{y + 5 + 18 * place - 9 * (len(lines) - 1)}">{escape(line)}</tspan>'
            for place, line in enumerate(lines)
        )
        size, stroke = (
            f'width="{BOX}" height="{_HIGH}" rx="5"',
            f'fill="#ffffff" stroke="{kind["colour"]}" stroke-width="2"',
        )
        shape = f'<rect x="{x - BOX // 2}" y="{y - _HIGH // 2}" {size} {stroke}/>'
        told = _told(f"{data['label']} ({node}), {kind['label']}", data)
        return f'<g>{told}{shape}<text font-size="14">{words}</text></g>'

    def _line(self, source: str, target: str, data: dict[str, Any]) -> str:
        (x, y), (to_x, to_y) = self.spots[source], self.spots[target]
        side = 1 if to_x >= x else -1
        back = -side if to_x != x else side  # in one column the line leaves and comes back on the same side
        start, end = x + BOX // 2 * side, to_x + BOX // 2 * back
        bend = max(40, abs(end - start) // 2) if to_x != x else _EDGE
        path = f"M{start} {y}C{start + bend * side} {y} {end + bend * back} {to_y} {end} {to_y}"
        dash = f' stroke-dasharray="{_DASHES[data["status"]]}"' if data["status"] in _DASHES else ""
        wide = min(6, 1 + len(data.get("shared", ())) / 4) if "shared" in data else 1.3
        dot = "" if self.layout == "communities" else f'<circle cx="{end}" cy="{to_y}" r="4" fill="{_LINE}"/>'
        named = f"{self.graph.nodes[source]['label']} — {data['label']} → {self.graph.nodes[target]['label']}"
        return f'<g>{_told(named, data)}<path d="{path}" fill="none" stroke="{_LINE}" stroke-width="{wide:g}"{dash}/>{dot}</g>'

    def _key(self) -> Iterator[str]:
        """Yield the lines of the key: what a sign and a colour mean, and what a broken line does."""
        y = self.below
        said = [f"{kind['sign']} {kind['label']} ({kind['count']})" for kind in self.kinds.values()]
        lines, row = list[list[tuple[str, str]]](), list[tuple[str, str]]()
        for words, kind in zip(said, self.kinds.values(), strict=True):
            if row and sum(len(other) + 3 for other, _ in row) + len(words) > self.width // 8:
                lines.append(row)
                row = []
            row.append((words, kind["colour"]))
        for number, some in enumerate([*lines, row]):
            spans = "".join(f'<tspan fill="{ink}">{escape(words)}</tspan><tspan>   </tspan>' for words, ink in some)
            yield f'<text x="{_EDGE}" y="{y + number * _LEGEND}" font-size="13" xml:space="preserve">{spans}</text>'
        dot = "" if self.layout == "communities" else "a dot marks what a relation points to; "
        broken = "broken lines are inferred, dotted ones uncertain"
        yield f'<text x="{_EDGE}" y="{y + (len(lines) + 1) * _LEGEND}" font-size="13">{escape(f"{dot}{broken}")}</text>'


def _told(name: str, data: dict[str, Any]) -> str:
    """Return what a browser tells of a box or a line when the mouse rests on it."""
    place = ":".join(part for part in (data["source"], data["lines"]) if part)
    return f"<title>{escape(shortened(clean(f'{name} [{place}]'), 400))}</title>"
