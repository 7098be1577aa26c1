"""A store on disk that readers never meet half written.

    DIR/pointer.json        which store is the current one, and what it was made with
    DIR/store-XXXXXXXX/     a store of pyoxigraph, written once, then only read
    DIR/made-XXXXXXXX.json  what it was made from: its graphs by hash, and the files
    DIR/part/               a store in the making

A writer makes a new store beside the current one (hard links, where graphs stay the
same), closes it, and turns the pointer by a rename. Killed at any moment it leaves the
pointer, and so every reader, where it was; what it left behind is taken up or cleared by the next.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.engines.part import Graph, Part
from cspgraph.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

FORMAT = 2
_KEEP_SECONDS = 600
_FILE = 1_000_000  # quads: so many the loader of pyoxigraph puts into one file, and what is whole need not be joined


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
        """Return what the pointer says; nothing where there is none of this format that can be read."""
        found = self._json("pointer.json")
        whole = found.get("format") == FORMAT and all(isinstance(found.get(key), str) for key in ("store", "made"))
        return found if whole else {}

    def made(self) -> dict[str, Any]:
        """Return what the current store was made from: `graphs` with hash and number of quads, and what was given with it."""
        found = self._json(self.pointer().get("made", ""))
        whole = (
            _listed(found.get("graphs"), 2)
            and _listed(found.get("files", {}), 4)
            and isinstance(found.get("built", 0), int)
        )
        return found if whole else {}

    def graphs(self) -> dict[str, str]:
        """Return the graphs of the current store with their hashes."""
        return {name: digest for name, (digest, _) in self.made().get("graphs", {}).items()}

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.path / name).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def open(self) -> OxigraphEngine:
        """Return the current store, read-only. Raises EngineError when there is none, or one of another format."""
        pointer = self.pointer()
        if not pointer:
            other = self._json("pointer.json").get("format")
            if isinstance(other, int):
                whose = "a newer" if other > FORMAT else "an older"
                hint = f"make it anew: cspgraph build --to oxigraph:{self.path}"
                raise EngineError(f"the store in {self.path} was made by {whose} version of cspgraph", hint)
            raise EngineError(f"there is no store in {self.path}", "make one with `cspgraph build --to oxigraph:DIR`")
        engine = OxigraphEngine.read_only(self.path / str(pointer["store"]))
        engine.address = f"oxigraph:{self.path}"
        return engine

    def publish(
        self,
        source: Callable[[dict[str, str]], Iterable[Graph]],
        facts: dict[str, Any],
        *,
        batch: int = 0,
    ) -> Change:
        """Make a store of graphs, taking over those whose hash is as before, and turn the pointer to it.

        `source` is told the graphs that are held, with their hashes, and gives all that there shall be. `facts` is kept
        with what the store was made from; `batch` is that of Part.
        Raises EngineError when the disk will not take it, and whatever `source` raises.
        """
        with self._writing():
            before: dict[str, list[Any]] = self.made().get("graphs", {})
            current = self._current() if before else None
            before = before if current else {}
            held = {name: digest for name, (digest, _) in before.items()}
            with self._part(Part(self.path, current, held, batch)) as part:
                graphs: dict[str, tuple[str, int]] = {}
                for graph in source(part.held):
                    graphs[graph.name] = (graph.digest, graph.quads)
                    if part.held.get(graph.name) != graph.digest:
                        part.replace(graph)
                for name in sorted(set(part.held) - set(graphs)):
                    part.replace(Graph(name, "", b"", 0))
                self._finish(part, graphs, facts)
        unchanged = {name for name, (digest, _) in graphs.items() if held.get(name) == digest}
        quads = sum(quads for _, quads in graphs.values())
        return Change(set(graphs) - unchanged, unchanged, set(before) - set(graphs), quads)

    def fill(self, load: Callable[[Part], dict[str, tuple[str, int]]], facts: dict[str, Any]) -> Change:
        """Make a store of what `load` puts into an empty one, and turn the pointer to it.

        `load` returns the graphs with hash and number of quads. Raises as `publish` does.
        """
        with self._writing():
            before = self.made().get("graphs", {})
            with self._part(Part(self.path, None, {}, 0)) as part:
                try:
                    graphs = load(part)
                    quads = sum(quads for _, quads in graphs.values())
                    part.count = len(graphs) if quads > _FILE else 1
                    self._finish(part, graphs, facts)
                except BaseException:
                    part.abandon()
                    raise
        return Change(set(graphs), set(), set(before) - set(graphs), quads)

    # ------------------------------------------------------------ writing

    def _current(self) -> OxigraphEngine | None:
        try:
            return OxigraphEngine.read_only(self.path / str(self.pointer().get("store", "")))
        except EngineError:  # one that somebody took away, or that is damaged, is made anew
            return None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._lock():
                self._clear()
                yield
        except OSError as error:
            raise EngineError(f"the store in {self.path} cannot be written: {' '.join(str(error).split())}") from None

    @contextmanager
    def _part(self, part: Part) -> Iterator[Part]:
        """Let go of a part at the end; what a full disk leaves of it is of use to nobody."""
        try:
            yield part
        except OSError:
            part.close()
            part.discard()
            raise
        finally:
            part.close()

    def _finish(self, part: Part, graphs: dict[str, tuple[str, int]], facts: dict[str, Any]) -> None:
        pointer = self.pointer()
        store, loads = pointer.get("store", ""), pointer.get("loads", 0)
        if part.begun:
            store = f"store-{os.urandom(4).hex()}"
            loads = part.finish(self.path / store, loads if part.current else 0)
        made = f"made-{os.urandom(4).hex()}.json"
        self._write(made, {"graphs": graphs, **facts})
        small: dict[str, Any] = {name: facts[name] for name in ("version", "vocabulary") if name in facts}
        self._write("pointer.json", {**small, "format": FORMAT, "store": store, "made": made, "loads": loads})

    def _write(self, name: str, content: dict[str, Any]) -> None:
        fresh = self.path / f"fresh-{os.getpid()}.json"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps(content, sort_keys=True))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / name)

    def _clear(self) -> None:
        """Remove old stores, with what lies beside them, that no reader can still be opening."""
        import shutil

        pointer = self.pointer()
        current = (pointer.get("store"), str(pointer.get("made", "")).removesuffix(".json"))
        for path in [*self.path.glob("store-*"), *self.path.glob("made-*"), *self.path.glob("fresh-*")]:
            with suppress(OSError):
                old = time.time() - path.stat().st_mtime > _KEEP_SECONDS
                if path.name.partition(".")[0] not in current and old:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one writer at a time in; the system takes the lock off a writer that dies."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+b") as file:
            _lock_file(file.fileno())
            yield


def _listed(found: object, width: int) -> bool:
    """Return whether this is a list so wide for each name, as it was written."""
    return isinstance(found, dict) and all(isinstance(one, list) and len(one) == width for one in found.values())


def _lock_file(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt  # Windows

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
