"""The store that a writer makes beside the current one, and takes up again where it was killed.

    DIR/part/store/     the store in the making
    DIR/part/journal    what it was begun from, and then a line for what is being loaded and for what has been

The journal is written for builds that load in large batches. A line is on the disk before the work that it
announces begins, so that a graph of which half may be there is known and loaded again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from cspgraph import __version__
from cspgraph.terms import CSP, ONTOLOGY_GRAPH

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from cspgraph.engines.oxigraph import OxigraphEngine

# From so many loads on, look-ups pass through more files than it costs to join them once.
_LOADS = 24


class Graph(NamedTuple):
    """A named graph to be published: the hash by which a later one is told from it, its N-Quads, and how many they are.

    The content may be left out where the hash is that of the graph already held.
    """

    name: str
    digest: str
    content: bytes
    quads: int

    @classmethod
    def sealed(cls, name: str, quads: list[ox.Quad], vocabulary: str) -> Graph:
        """Return a graph of these quads, with a hash of all it is made from (they, the ontology, this version) in it."""
        content = _n_quads(quads)
        total = hashlib.sha256(f"{__version__}\0{vocabulary}\0".encode())
        if name != ONTOLOGY_GRAPH:
            total.update(content)
        node, digest = ox.NamedNode(name), total.hexdigest()
        content += _n_quads([ox.Quad(node, ox.NamedNode(f"{CSP}contentHash"), ox.Literal(digest), node)])
        return cls(name, digest, content, content.count(b"\n"))


def _n_quads(quads: list[ox.Quad]) -> bytes:
    return ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


def _parsed(lines: set[bytes], behind: bytes) -> list[ox.Quad]:
    return list(ox.parse(b"".join(line + behind + b"\n" for line in lines), format=ox.RdfFormat.N_QUADS))


class Part:
    """A store in the making: begun with the first graph that differs, from a backup of the current one, if any does.

    `held` maps the graphs that are in it to their hashes; an empty hash says that half of it may be there. `batch` is
    the least number of bytes in one load; 0 loads each graph as it comes, two at a time, and keeps no journal. The
    store parses, sorts and writes without Python: the next graph is made meanwhile.
    """

    def __init__(self, folder: Path, current: OxigraphEngine | None, held: dict[str, str], batch: int) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.folder = folder / "part"
        self.current = current
        self.held = dict(held)
        self.base = current.folder.name if current and current.folder else ""
        self.batch = batch
        self.pool = ThreadPoolExecutor(2 if batch == 0 else 1)
        self.count = 0
        self._store: ox.Store | None = None
        self._loads: list[Future[None]] = []
        self._waiting: list[Graph] = []
        self._bytes = 0  # of what waits
        self._dirty = current is not None
        if batch and self._journal():
            self._dirty = True
            self._store = ox.Store(str(self.folder / "store"))
        else:
            self.discard()

    # ------------------------------------------------------------ the journal

    def _journal(self) -> bool:
        """Take over what a killed writer had done, and return whether there is any such thing."""
        try:
            lines = (self.folder / "journal").read_text(encoding="utf-8").splitlines()
            if json.loads(lines[0]) != self.base or not (self.folder / "store").is_dir():
                return False
            with suppress(ValueError):  # the last line may be torn
                for line in lines[1:]:
                    self.held.update(json.loads(line))
        except (OSError, ValueError, IndexError):
            return False
        return True

    def _note(self, line: object) -> None:
        if self.batch:
            with (self.folder / "journal").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())

    # ------------------------------------------------------------ filling

    @property
    def store(self) -> ox.Store:
        """The store itself, made when it is first wanted. Raises OSError."""
        if self._store is None:
            self.folder.mkdir()
            path = str(self.folder / "store")
            if self.current:
                self.current.store.backup(path)
            self._store = ox.Store(path)
            self._note(self.base)
        return self._store

    @property
    def begun(self) -> bool:
        """Whether anything differs, or differed when a killed writer began."""
        return self._store is not None

    def replace(self, graph: Graph) -> None:
        """Load a graph in the place of the one that had its name, soon; without content that one only goes."""
        _ = self.store
        self._waiting.append(graph)
        self._bytes += len(graph.content)
        if self._bytes >= self.batch:
            self._load()

    def _load(self) -> None:
        graphs, self._waiting, self._bytes = self._waiting, [], 0
        while len(self._loads) > (1 if self.batch == 0 else 0):
            self._loads.pop(0).result()
        self._note({graph.name: "" for graph in graphs})
        rest = [graph for graph in graphs if not (self.held.get(graph.name) and self._patch(graph))]
        for graph in rest:
            if self._dirty:
                self.store.remove_graph(ox.NamedNode(graph.name))
        self.work(self._take, graphs, b"".join(graph.content for graph in rest))

    def work(self, task: Callable[..., None], *given: object) -> Future[None]:
        """Do a piece of the loading beside what goes on here; what is not waited for before is at the end."""
        self._loads.append(self.pool.submit(task, *given))
        return self._loads[-1]

    def _patch(self, graph: Graph) -> bool:
        """Change only what differs, and return whether that was little: a plan that was edited is mostly as it was."""
        node = ox.NamedNode(graph.name)
        behind = f" {node} .".encode()
        new = {line.removesuffix(behind) for line in graph.content.splitlines()}
        triples = self.store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=node) or b""
        old = {line.removesuffix(b" .") for line in triples.splitlines()}
        if len(old ^ new) > len(old) // 4:
            return False
        for quad in _parsed(old - new, behind):
            self.store.remove(quad)
        self.store.extend(_parsed(new - old, behind))
        return True

    def _take(self, graphs: list[Graph], content: bytes) -> None:
        if content:
            self.count += 1
            self.store.bulk_load(content, ox.RdfFormat.N_QUADS)
        self._note({graph.name: graph.digest for graph in graphs})

    def finish(self, path: Path, before: int) -> int:
        """Load what is left, close the store and put it at its place; return the loads since its files were last joined.

        `before` is that number when this one was begun. Raises OSError.
        """
        if self._waiting:
            self._load()
        for load in self._loads:
            load.result()
        self._loads.clear()
        loads = before + self.count
        if loads > _LOADS:
            self.work(self.store.optimize).result()
            loads = 0
        self.store.flush()
        self._store = None
        (self.folder / "store").rename(path)
        self.discard()
        return loads

    def close(self) -> None:
        """Wait for what is being loaded, whatever comes of it, and let the store go."""
        self.pool.shutdown(wait=True, cancel_futures=True)
        self._loads.clear()
        self._store = None

    def abandon(self) -> None:
        """Remove what is there while it is being loaded, and wait: a store ends at the next file that it cannot make."""
        from concurrent.futures import wait

        while True:
            with suppress(KeyboardInterrupt):  # it is ending already
                self.discard()
                if not wait(self._loads, 0.2).not_done:
                    break
        self.close()
        self.discard()

    def discard(self) -> None:
        """Remove what is there. What cannot be removed is told by whoever writes next."""
        self._store = None
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # what is no folder
            self.folder.unlink()
