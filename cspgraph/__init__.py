"""A knowledge graph of community safety plans.

import cspgraph
kg = cspgraph.load()
kg.gaps(); kg.depends("Reducing Reoffending Strategy"); kg.ask("money-by-fund")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cspgraph.errors import CspgraphError
    from cspgraph.graph import KnowledgeGraph, load

__version__ = "0.1.0"
__all__ = ["CspgraphError", "KnowledgeGraph", "__version__", "load"]

_HOMES = {"CspgraphError": "cspgraph.errors", "KnowledgeGraph": "cspgraph.graph", "load": "cspgraph.graph"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that a command pays for nothing else."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cspgraph' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
