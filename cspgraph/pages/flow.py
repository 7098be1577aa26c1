"""A picture of how sums run, step by step: boxes in columns, ribbons as thick as the sums between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.text import clean, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from cspgraph.names import Thing

_WIDTH, _BOX, _BAR = 1180, 205, 9  # of the picture, of a label, of the bar of a box
_SLOT, _GAP, _TALL = 50, 6, 420  # the least height of a box, between boxes, of the sums of a column at most
_LINE = 25  # letters in a line of a label


@dataclass(frozen=True)
class Box:
    """A box: where it stands, its two lines of text, the whole of them, and the sum that runs through it."""

    x: float
    y: float
    height: float
    bar: float
    lines: tuple[str, ...]
    whole: str
    amount: str
    thing: Thing | None
    column: int


@dataclass(frozen=True)
class Flow:
    """A picture: its title, size, boxes, and ribbons as the paths that draw them, each with what it stands for."""

    title: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    ribbons: tuple[tuple[str, float, str], ...]


Step = tuple[str, "Thing | None"]


def draw(title: str, sums: Sequence[tuple[Sequence[Step], Decimal, str]]) -> Flow:
    """Return the picture of sums, each given by its steps from left to right, its amount and that in words."""
    total = float(sum(amount for _, amount, _ in sums))
    scale = _TALL / total
    columns = len(sums[0][0])
    spread = (_WIDTH - _BOX) / (columns - 1)
    ordered = sorted(
        sums, key=lambda one: ([label for label, _ in one[0][:2]], -one[1], [label for label, _ in one[0]])
    )
    spots: list[dict[Step, tuple[float, float, float]]] = []
    boxes: list[Box] = []
    bottom = 0.0
    for column in range(columns):
        carried: dict[Step, Decimal] = {}
        for steps, amount, _ in ordered:
            carried[steps[column]] = carried.get(steps[column], amount * 0) + amount
        y, places = 0.0, {}
        for step, amount in carried.items():
            bar = float(amount) * scale
            height = max(bar, _SLOT)
            places[step] = (y, height, bar)
            boxes.append(_box(column * spread, y, height, bar, step, f"{float(amount):,.0f}", column))
            y += height + _GAP
        spots.append(places)
        bottom = max(bottom, y - _GAP)
    return Flow(title, _WIDTH, round(bottom) + 4, tuple(boxes), tuple(_ribbons(ordered, spots, spread, scale)))


def _box(x: float, y: float, height: float, bar: float, step: Step, amount: str, column: int) -> Box:
    label = clean(step[0])
    return Box(round(x, 1), round(y, 1), round(height, 1), round(bar, 1), _lines(label), label, amount, step[1], column)


def _lines(label: str) -> tuple[str, ...]:
    """Return a label in at most two lines, cut at a word."""
    if len(label) <= _LINE:
        return (label,)
    cut = label.rfind(" ", 0, _LINE + 1)
    cut = cut if cut > _LINE // 2 else _LINE
    return label[:cut].rstrip(), shortened(label[cut:].strip(), _LINE)


def _ribbons(
    sums: Sequence[tuple[Sequence[Step], Decimal, str]],
    spots: list[dict[Step, tuple[float, float, float]]],
    spread: float,
    scale: float,
) -> list[tuple[str, float, str]]:
    """Return the paths between neighbouring columns, those with the same ends as one."""
    made = []
    for column in range(len(spots) - 1):
        joined: dict[tuple[Step, Step], float] = {}
        for steps, amount, _ in sums:
            key = (steps[column], steps[column + 1])
            joined[key] = joined.get(key, 0.0) + float(amount)
        left, right = dict.fromkeys(spots[column], 0.0), dict.fromkeys(spots[column + 1], 0.0)
        for (here, there), joint in joined.items():
            thick = joint * scale
            start = _middle(spots[column][here]) + left[here] + thick / 2
            end = _middle(spots[column + 1][there]) + right[there] + thick / 2
            left[here] += thick
            right[there] += thick
            x1, x2 = column * spread + _BOX, (column + 1) * spread
            bend = (x1 + x2) / 2
            path = f"M{x1:.1f} {start:.1f}C{bend:.1f} {start:.1f} {bend:.1f} {end:.1f} {x2:.1f} {end:.1f}"
            made.append((path, round(max(thick, 1.0), 1), f"{joint:,.0f}: {clean(here[0])} → {clean(there[0])}"))
    return made


def _middle(spot: tuple[float, float, float]) -> float:
    """Return where the ribbons of a box begin: they stand in its middle."""
    y, height, bar = spot
    return y + (height - bar) / 2
