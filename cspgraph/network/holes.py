"""On which things of a picture a finding is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from cspgraph.names import text
from cspgraph.network import add_things
from cspgraph.terms import ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine
    from cspgraph.findings import Finding

_ABOUT = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?defect ?thing WHERE { ?defect csp:about ?thing } ORDER BY ?defect ?thing
"""


def shown_on(engine: Engine, graph: nx.MultiDiGraph[str], findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return for what each finding is about the things of the picture that carry its sign.

    That is the thing itself; or the thing of which it is a part; or, for a defect of the text, what the text is about.
    """
    about: dict[str, list[str]] = {}
    for defect, thing in engine.recall(_ABOUT).rows:
        about.setdefault(text(defect).removeprefix(ID), []).append(text(thing).removeprefix(ID))
    return {name: _carriers(name, graph, about) for name in sorted({one.focus.id for one in findings})}


def _carriers(name: str, graph: nx.MultiDiGraph[str], about: dict[str, list[str]]) -> list[str]:
    if name in graph:
        return [name]
    pieces = name.split("/")
    wholes = ["/".join(pieces[:end]) for end in range(len(pieces) - 1, 1, -1)]
    parent = next((whole for whole in wholes if whole in graph), None)
    return [parent] if parent else [thing for thing in about.get(name, []) if thing in graph]


def with_holes(engine: Engine, graph: nx.MultiDiGraph[str], findings: Iterable[Finding]) -> nx.MultiDiGraph[str]:
    """Return the picture with the things added on which findings could not be shown otherwise."""
    shown = shown_on(engine, graph, findings)
    missing = {one.focus for one in findings if not shown[one.focus.id]}
    whole: nx.MultiDiGraph[str] = nx.MultiDiGraph(graph)
    add_things(engine, whole, missing)
    return whole
