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
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
_KEEP_SECONDS = 600


class Change(NamedTuple):
    """What a publication did, as names of graphs."""

    loaded: set[str]
    unchanged: set[str]
    dropped: set[str]


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

    def publish(self, graphs: dict[str, list[ox.Quad]], hashes: dict[str, str], facts: dict[str, Any]) -> Change:
        """Make a store of the graphs, taking over those whose hash is as before, and turn the pointer to it.

        `facts` is kept with the pointer. Raises EngineError when the disk will not take it.
        """
        try:
            with self._lock():
                pointer = self.pointer()
                before: dict[str, str] = pointer.get("graphs", {})
                unchanged = {name for name, digest in hashes.items() if before.get(name) == digest}
                change = Change(set(graphs) - unchanged, unchanged, set(before) - set(graphs))
                pointer = {**facts, "graphs": hashes, "format": FORMAT, "store": pointer.get("store", "")}
                if change.loaded or change.dropped:
                    self._clear()
                    pointer["store"] = f"store-{os.urandom(4).hex()}"
                    self._write(
                        self.path / pointer["store"], {name: graphs[name] for name in sorted(change.loaded)}, unchanged
                    )
                self._turn(pointer)
        except OSError as error:
            raise EngineError(f"the store in {self.path} cannot be written: {' '.join(str(error).split())}") from None
        return change

    def _write(self, target: Path, graphs: dict[str, list[ox.Quad]], unchanged: set[str]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        if unchanged:
            self.open().store.backup(str(target))
        store = ox.Store(str(target))
        for name in store.named_graphs():
            if isinstance(name, ox.NamedNode) and name.value not in unchanged:
                store.remove_graph(name)
        quads = [quad for found in graphs.values() for quad in found]
        half = len(quads) // 2 + 1
        with ThreadPoolExecutor(
            2
        ) as pool:  # the store sorts and writes without Python: two at a time are a third faster
            list(pool.map(store.bulk_extend, (quads[:half], quads[half:])))
        store.flush()
        del store

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
                if folder.name != current and old:
                    shutil.rmtree(folder)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one writer at a time in; the system takes the lock off a writer that dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+b") as file:
            _lock_file(file.fileno())
            yield


def _lock_file(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt  # Windows

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
