"""Pages that are no network: the matrix of coverage, the time line, the money, and a web site of all."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.engines import Engine
    from cspgraph.names import Thing

# What `cspgraph view NAME` writes besides the networks, and the module that makes it.
PAGES = {"coverage": "matrix", "horizon": "timeline", "money": "money"}


def page(name: str, engine: Engine, focus: list[Thing]) -> str:
    """Return the HTML of one of PAGES; `focus` is what it is about, perhaps nothing."""
    made: Callable[[Engine, list[Thing]], str] = import_module(f"cspgraph.pages.{PAGES[name]}").page
    return made(engine, focus)
