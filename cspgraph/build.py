"""From files to an engine: load what has changed, and start warm when nothing has.

A warm start reads no YAML: when path, size and modification time of every file are as
they were, and none is younger than the store, the store of last time is opened. When
one differs the files are read, and what they hold decides which graphs are replaced.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph import __version__
from cspgraph.engines.folder import StoreFolder
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.engines.part import Graph
from cspgraph.errors import CspgraphError, EngineError
from cspgraph.files import readable
from cspgraph.resources import Library, cache_folder, cores, digest, library, no_collection, ontology_folder
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cspgraph.check import Reading
    from cspgraph.engines import Engine
    from cspgraph.engines.part import Part
    from cspgraph.engines.remote import RemoteEngine


@dataclass(frozen=True)
class Built:
    """What a build did: the short names of the graphs replaced, left alone and dropped, and the quads in all of them.

    Of dumps these are the quads read, the vocabulary and the hashes: at most so many are held.
    """

    loaded: tuple[str, ...]
    unchanged: tuple[str, ...]
    dropped: tuple[str, ...]
    quads: int


def open_engine(data: Sequence[Path] = (), address: str = "") -> Engine:
    """Return an engine on the data named, or the bundled plans.

    `address` is `memory:`, `rdflib:`, or `oxigraph:DIR` or an endpoint `https://…` for a store built before, which is
    then taken as it is. Without one, a cached store is used and kept up to date; where no
    cache can be written the data are read into memory.

    Raises InputError when a file is wrong, EngineError when a store cannot be used.
    """
    kind, _, place = address.partition(":")
    if address and kind not in ("memory", "rdflib", "oxigraph", "http", "https"):
        hint = "known are memory:, rdflib:, oxigraph:DIR, https://..., and for some commands spark://HOST:PORT"
        raise EngineError(f"'{address}' is not the address of an engine", hint)
    if kind in ("http", "https", "oxigraph"):
        if data:  # vocabulary and questions of one's own: a path that is not there is told before
            library(data)
        return _named(store_folder(place)) if kind == "oxigraph" else _remote(address)
    files = library(data)
    if kind == "memory":
        return OxigraphEngine.in_memory(_all_quads(_read(files)))
    if kind == "rdflib":
        from cspgraph.engines.oracle import RdflibEngine

        return RdflibEngine(_all_quads(_read(files)))
    return _cached(data, files)


def _named(folder: StoreFolder) -> Engine:
    made_with = folder.pointer().get("vocabulary")
    if made_with and made_with != builtin_digest():
        hint = f"make it anew: cspgraph build --to oxigraph:{folder.path}"
        raise EngineError(f"the store in {folder.path} was made with another version of the vocabulary", hint)
    return folder.open()


def _remote(address: str) -> RemoteEngine:
    from cspgraph.engines.remote import RemoteEngine

    engine = RemoteEngine(address)
    if not engine.graphs():
        raise EngineError(f"there are no plans at {address}", f"load them with `cspgraph build --to {address}`")
    return engine


def store_folder(place: str) -> StoreFolder:
    """Return the store folder of the address `oxigraph:PLACE`. Raises EngineError without a place."""
    if not place:
        raise EngineError("the address oxigraph: names no folder", "write oxigraph:DIR")
    return StoreFolder(Path(place))


def build(data: Sequence[Path], folder: StoreFolder, tell: Callable[[int, int], None] | None = None) -> Built:
    """Load the data into a store folder, replacing only the graphs that have changed.

    Large data are read by several processes; `tell` is then given the bytes that are done, and all. A build of these
    that was killed is taken up where it was.
    Raises InputError when a file is wrong, and leaves the store as it was.
    """
    files = library(data)
    facts = _facts(files, folder.made())
    if _large(files, facts):
        return _publish_large(files, folder, facts, tell)
    return _publish(_read(files), folder, facts)


def build_from_rdf(
    paths: Sequence[Path], data: Sequence[Path], folder: StoreFolder, tell: Callable[[int, int], None]
) -> Built:
    """Load dumps into a store folder, in the place of all that is there; the ontology is the built-in one.

    `data` may name further vocabularies. `tell` is given the bytes read, and how many there are.
    Raises InputError when a dump is wrong, CspgraphError when its name or `data` are, and leaves the store as it was.
    """
    from cspgraph.check import Reading
    from cspgraph.dumps import form_of, pour
    from cspgraph.ontology import read_vocabulary

    files = library(data)
    if data and (files.own or set(files.questions) - files.trusted):
        raise CspgraphError("beside a dump, --data names vocabularies (.ttl) only", "the plans are in the dump")
    for path in paths:
        form_of(path)
    reading = Reading(read_vocabulary(files.ontology))
    (vocabulary,) = _graphs(reading)
    total = _sizes(paths)

    def load(part: Part) -> dict[str, tuple[str, int]]:
        salt = f"{__version__}\0{reading.vocabulary.digest}\0rdf\0"
        return pour(paths, part, vocabulary, salt, lambda done: tell(done, total))

    change = folder.fill(load, _facts(replace(files, own=(), base=()), {}))
    return Built(_short(change.loaded), (), _short(change.dropped), change.quads)


def _sizes(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        with readable(path):
            total += path.stat().st_size
    return total


def build_remote(data: Sequence[Path], engine: Engine) -> Built:
    """Load the data into an engine of somebody else's, graph by graph, replacing only those that have changed.

    Each graph is replaced in one step, the ontology last, so that a load that was killed is seen and done again. What
    else is there stays: others may have loaded it.
    Raises InputError when a file is wrong, before anything is written, and EngineError where the engine will not.
    """
    before, quads = engine.graphs(), 0
    loaded: list[str] = []
    unchanged: list[str] = []
    graphs = _graphs(_read(library(data)))
    vocabulary = next(graphs)
    for graph in chain(graphs, [vocabulary]):
        quads += graph.quads
        same = before.get(graph.name) == graph.digest
        (unchanged if same else loaded).append(graph.name)
        if not same:
            engine.load(graph.name, ox.parse(graph.content, format=ox.RdfFormat.N_QUADS))
    return Built(_short(loaded), _short(unchanged), (), quads)


def _short(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name.removeprefix(GRAPH) for name in names))


# -------------------------------------------------------------------- reading


def _read(files: Library) -> Reading:
    from cspgraph.check import read_library

    return read_library(files).or_raise()


def _graphs(reading: Reading) -> Iterator[Graph]:
    """Yield each graph of a reading, the ontology first."""
    for name, quads in chain([(ONTOLOGY_GRAPH, list(reading.vocabulary.quads))], reading.graphs()):
        yield Graph.sealed(name, quads, reading.vocabulary.digest)


def _all_quads(reading: Reading) -> Iterator[ox.Quad]:
    return (quad for graph in _graphs(reading) for quad in ox.parse(graph.content, format=ox.RdfFormat.N_QUADS))


# -------------------------------------------------------------------- publishing


def _publish(reading: Reading, folder: StoreFolder, facts: dict[str, Any]) -> Built:
    change = folder.publish(lambda _: _graphs(reading), facts)
    return Built(_short(change.loaded), _short(change.unchanged), _short(change.dropped), change.quads)


# A megabyte is about a second of reading, and starting processes costs half of one.
_LARGE = 4_000_000
# Bytes of N-Quads in one load: some hundred plans. Fewer make files that have to be joined, more are lost to a kill.
_BATCH = 64_000_000


def _large(files: Library, facts: dict[str, Any]) -> bool:
    return bool(sum(facts["files"][str(path)][0] for path in files.own) >= _LARGE)


def _publish_large(
    files: Library, folder: StoreFolder, facts: dict[str, Any], tell: Callable[[int, int], None] | None
) -> Built:
    from cspgraph.streaming import MixedUp, Stream
    from cspgraph.streaming.cards import Cards

    checksums = {path: stamp[2] for path, stamp in facts["files"].items()}

    def graphs(held: dict[str, str]) -> Iterator[Graph]:
        cards = Cards(folder.path / "cards.sqlite")
        try:
            yield from Stream(files, cards, checksums, cores(), tell).graphs(held)
        finally:
            cards.close()

    try:
        change = folder.publish(graphs, facts, batch=_BATCH)
    except MixedUp:
        return _publish(_read(files), folder, facts)
    return Built(_short(change.loaded), _short(change.unchanged), _short(change.dropped), change.quads)


def _facts(files: Library, before: dict[str, Any]) -> dict[str, Any]:
    """Return what must be kept with a store to tell whether it still holds for these files."""
    return {
        "version": __version__,
        "vocabulary": builtin_digest(),
        "built": time.time_ns(),
        "files": _stamps(files, before),
    }


def builtin_digest() -> str:
    """Return the checksum of the built-in ontology, by which a store of another version is told."""
    return digest(ontology_folder().glob("*.ttl"))


# -------------------------------------------------------------------- warm


def _cached(data: Sequence[Path], files: Library) -> Engine:
    folder = StoreFolder(cache_folder() / _key(data))
    if folder.pointer().get("version") == __version__ and _as_before(files, folder.made()):
        try:
            return folder.open()
        except EngineError:
            pass  # a damaged cache is made again below
    facts = _facts(files, folder.made())
    if _large(files, facts):
        with suppress(EngineError):
            _publish_large(files, folder, facts, None)
            return folder.open()
    with no_collection():
        reading = _read(files)
        try:
            _publish(reading, folder, facts)
            return folder.open()
        except EngineError:
            return OxigraphEngine.in_memory(_all_quads(reading))


def _key(data: Sequence[Path]) -> str:
    """Return the name of the cache of these data: by where they, and the built-in files, lie."""
    roots = [str(ontology_folder()), *sorted(str(path.resolve()) for path in data)]
    return hashlib.sha256("\0".join(roots).encode()).hexdigest()[:16]


def _stamps(files: Library, before: dict[str, Any]) -> dict[str, list[Any]]:
    """Return, for each file, size, time of modification, checksum and time of change. Raises InputError when one is gone.

    Where the others are as they were `before`, and prove something, so is the checksum.
    """
    stamps = {}
    for path in files.files:
        old = before.get("files", {}).get(str(path))
        with readable(path):
            stamp = _stamp(path)
            if old and _proves(old, stamp, before):
                stamp[2] = old[2]
            else:
                stamp[2] = hashlib.sha256(path.read_bytes()).hexdigest()
        stamps[str(path)] = stamp
    return stamps


def _stamp(path: Path) -> list[Any]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, "", stat.st_ctime_ns]


_TICK = 2_000_000_000  # ns: a file system that counts in seconds cannot tell two writes of one tick apart


def _proves(old: list[Any], new: list[Any], made: dict[str, Any]) -> bool:
    """Return whether a file with these stamps has the content it had, without a look at it.

    The time of change is the system's own and cannot be set back with that of modification. A file younger than the
    store proves nothing: it may have been written twice in a tick, or by a clock that was wrong.
    """
    young = max(new[1], new[3]) >= made.get("built", 0) - _TICK
    return not young and (old[0], old[1], old[3]) == (new[0], new[1], new[3])


def _as_before(files: Library, made: dict[str, Any]) -> bool:
    """Return whether every file is the one that was loaded; where stamps differ, or prove nothing, checksums decide."""
    stamps = made.get("files", {})
    if set(stamps) != set(map(str, files.files)):
        return False
    for path in files.files:
        old = stamps[str(path)]
        if not _proves(old, _stamp(path), made) and hashlib.sha256(path.read_bytes()).hexdigest() != old[2]:
            return False
    return True
