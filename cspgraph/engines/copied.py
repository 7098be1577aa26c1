"""A copy, kept in the cache, of graphs at an endpoint that does not answer as SPARQL says.

Only what has changed is fetched: a graph by the hash that lies in it. So the second command reads the copy at once.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.engines.folder import StoreFolder
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.engines.part import Graph
from cspgraph.resources import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping


def copied(
    address: str, every: Mapping[str, str], wanted: Collection[str], fetch: Callable[[str], bytes]
) -> OxigraphEngine:
    """Return an engine on a copy of the graphs wanted, of those that an endpoint has now, each with its hash.

    `fetch` gives the N-Quads of a graph. Raises what it raises, and EngineError where the disk will not take the copy;
    where there is no cache to write to, the copy is made in memory.
    """
    folder = StoreFolder(cache_folder() / f"copy-{hashlib.sha256(address.encode()).hexdigest()[:16]}")
    if not _writable(folder):
        quads = (quad for name in sorted(wanted) for quad in ox.parse(fetch(name), format=ox.RdfFormat.N_QUADS))
        return OxigraphEngine.in_memory(quads)

    def graphs(kept: Mapping[str, str]) -> Iterator[Graph]:
        counts = folder.made().get("graphs", {})
        for name, digest in sorted(every.items()):
            if kept.get(name) == digest:
                yield Graph(name, digest, b"", counts[name][1])
            elif name in wanted:
                content = fetch(name)
                yield Graph(name, digest, content, content.count(b"\n"))

    held = folder.graphs()
    if any(held.get(name) != every[name] for name in wanted):
        folder.publish(graphs, {"address": address})
        held = folder.graphs()
    engine = folder.open()
    return engine if set(held) == set(wanted) else engine.restricted(wanted)


def _writable(folder: StoreFolder) -> bool:
    try:
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # what a password guards is not for every user here
    except OSError:
        return False
    return os.access(folder.path, os.W_OK)
