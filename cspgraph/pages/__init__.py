"""Pages that are no network: the matrix of coverage, the time line, the money, and a web site of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.pages import matrix, money, timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.engines import Engine
    from cspgraph.names import Thing

# What `cspgraph view NAME` writes besides the networks; each is given the things to focus on, perhaps none.
PAGES: dict[str, Callable[[Engine, list[Thing]], str]] = {
    "coverage": matrix.page,
    "horizon": timeline.page,
    "money": money.page,
}
