"""A store on disk that readers never meet half written.

    DIR/pointer.json      which store is the current one, and what it was made from
    DIR/store-XXXXXXXX/   a store of pyoxigraph, written once, then only read

A writer makes a new store beside the current one (hard links, where graphs stay the
same), closes it, and turns the pointer by a rename. Killed at any moment it leaves the
pointer, and so every reader, where it was; what it left behind is cleared by the next.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

FORMAT = 1
_KEEP_SECONDS = 600


class Graph(NamedTuple):
    """A named graph to be published: its quads as N-Quads, and a hash by which a later one is told from it."""

    name: str
    digest: str
    content: bytes


class Change(NamedTuple):
    """What a publication did, as names of graphs, and the number of quads in all of them."""

    loaded: set[str]
    unchanged: set[str]
    dropped: set[str]
    quads: int


class StoreFolder:
    """A folder with a pointer and the stores it has pointed at."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pointer(self) -> dict[str, Any]:
        """Return what the pointer says; nothing where there is none that can be read."""
        try:
            found = json.loads((self.path / "pointer.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and found.get("format") == FORMAT else {}

    def open(self) -> OxigraphEngine:
        """Return the current store, read-only. Raises EngineError when there is none."""
        pointer = self.pointer()
        if not pointer:
            raise EngineError(
                f"there is no store of this version in {self.path}", "make one with `cspgraph build --to oxigraph:DIR`"
            )
        engine = OxigraphEngine.read_only(self.path / str(pointer["store"]))
        engine.address = f"oxigraph:{self.path}"
        return engine

    def publish(self, graphs: Iterable[Graph], facts: dict[str, Any]) -> Change:
        """Make a store of the graphs, taking over those whose hash is as before, and turn the pointer to it.

        `facts` is kept with the pointer. Raises EngineError when the disk will not take it.
        """
        try:
            with self._lock():
                pointer = self.pointer()
                before: dict[str, str] = pointer.get("graphs", {})
                self._clear()
                fresh = _Fresh(self, after=bool(before))
                hashes, quads = {}, 0
                with fresh.pool:
                    for graph in graphs:
                        hashes[graph.name] = graph.digest
                        quads += graph.content.count(b"\n")
                        if before.get(graph.name) != graph.digest:
                            fresh.replace(graph.name, graph.content)
                    for name in set(before) - set(hashes):
                        fresh.replace(name)
                unchanged = {name for name, digest in hashes.items() if before.get(name) == digest}
                store = fresh.finish() or pointer.get("store", "")
                self._turn({**facts, "graphs": hashes, "format": FORMAT, "store": store})
        except OSError as error:
            raise EngineError(f"the store in {self.path} cannot be written: {' '.join(str(error).split())}") from None
        return Change(set(hashes) - unchanged, unchanged, set(before) - set(hashes), quads)

    def _turn(self, pointer: dict[str, Any]) -> None:
        fresh = self.path / f"pointer-{os.getpid()}.json"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(pointer, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / "pointer.json")

    def _clear(self) -> None:
        """Remove what killed writers left, and old stores that no reader can still be opening."""
        import shutil

        current = self.pointer().get("store")
        for folder in self.path.glob("store-*"):
            with suppress(OSError):
                old = time.time() - folder.stat().st_mtime > _KEEP_SECONDS
                if folder.stem != current and old:  # with what is kept beside it
                    shutil.rmtree(folder)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one writer at a time in; the system takes the lock off a writer that dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+b") as file:
            _lock_file(file.fileno())
            yield


class _Fresh:
    """The store that a writer makes beside the current one: begun with the first graph that differs, if any does.

    The store parses, sorts and writes without Python: the next graph is made meanwhile.
    """

    def __init__(self, folder: StoreFolder, *, after: bool) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.folder = folder
        self.after = after
        self.store: ox.Store | None = None
        self.path = folder.path / f"store-{os.urandom(4).hex()}"
        self.pool = ThreadPoolExecutor(2)
        self.loads: list[Future[None]] = []

    def replace(self, graph: str, content: bytes = b"") -> None:
        """Begin to load a graph in the place of the one that had its name; without content that one only goes."""
        if self.store is None:
            if self.after:
                self.folder.open().store.backup(str(self.path))
            self.store = ox.Store(str(self.path))
        if self.after:
            self.store.remove_graph(ox.NamedNode(graph))
        if content:
            self.loads.append(self.pool.submit(self.store.bulk_load, content, ox.RdfFormat.N_QUADS))

    def finish(self) -> str:
        """Return the name of the store, whole and closed; none where nothing differed. Raises OSError."""
        for load in self.loads:
            load.result()
        if self.store is None:
            return ""
        self.store.flush()
        self.loads.clear()
        self.store = None
        return self.path.name


def _lock_file(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt  # Windows

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
