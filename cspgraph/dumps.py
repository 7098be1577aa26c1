"""Dumps of RDF, as `export` writes them, poured into a store as fast as the store takes them.

N-Quads and TriG bring their named graphs. N-Triples and Turtle do not, but the names of things say to whose graph a
statement belongs: that of its subject, except that what a plan says on a shared thing depending on a thing of the plan
is the plan's own (docs/decisions/0007-written-at-load.md).

A file is read, unpacked and put into N-Quads here, and goes through a pipe to the store, which parses it in a thread
without Python. So whatever goes wrong here ends the load. On the way each graph gets a hash over its lines.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph.errors import CspgraphError, InputError
from cspgraph.terms import CSP, DEPENDS_ON, GRAPH, ID, SHARED, short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from cspgraph.engines.part import Graph, Part

FORMATS = {
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "nt": ox.RdfFormat.N_TRIPLES,
    "ttl": ox.RdfFormat.TURTLE,
}
PACKED = ("gz", "zst")
_AHEAD = 1 << 18  # bytes in which the last line of a graph is looked for
_BLOCK = 1 << 20
_TRIPLES = 20_000

_HASH = ox.NamedNode(f"{CSP}contentHash")
_OURS, _SHARED = re.escape(ID).encode(), SHARED.encode()
_OBJECT = rb'(?:<[^>]*>|"[^"\\]*+(?:\\.[^"\\]*+)*+"(?:@[\w-]+|\^\^<[^>]*>)?|_:[^ \n]*[^ \n.])'
# A line as stores write it. A statement of dependence on a shared subject belongs to the plan of its object; any other
# to that of its subject.
_BARE = re.compile(
    rb"^(?:(<%b%b/[^>]*> <%b> <%b(?!%b[/>])([^/>]+)[^>]*>)|(<%b([^/>]+)[^>]*> <[^>]*> %b)) ?\.$"
    % (_OURS, _SHARED, re.escape(DEPENDS_ON).encode(), _OURS, _SHARED, _OURS, _OBJECT),
    re.MULTILINE,
)
_PLACED = rb"\1\3 <%b\2\4> ." % GRAPH.encode()


def form_of(path: Path) -> tuple[str, str]:
    """Return the format and the packing (`gz`, `zst` or nothing) that the name of a dump says. Raises CspgraphError."""
    endings = [ending.lstrip(".").lower() for ending in path.suffixes[-2:]]
    packing = endings.pop() if endings and endings[-1] in PACKED else ""
    if not endings or endings[-1] not in FORMATS:
        known = ", ".join(FORMATS)
        raise CspgraphError(
            f"'{path.name}' does not end like a dump", f"known are: {known}; each also with .gz or .zst behind it"
        )
    return endings[-1], packing


def pour(
    paths: Iterable[Path], part: Part, vocabulary: Graph, salt: str, tell: Callable[[int], None] = lambda _: None
) -> dict[str, tuple[str, int]]:
    """Load dumps, and the vocabulary, into an empty store and return its graphs, each with hash and number of quads.

    That number is of those read: what a dump says twice is held once, and counting what is held would read all of it.

    `salt` goes into each hash: what else decides what a graph means. `tell` is given the bytes read so far.
    Raises InputError, with file and line, for a file that is cut off or broken or is no graph of plans, and OSError
    when the disk is full.
    """
    lines, done = _Lines(salt), 0
    for path in paths:
        _Stream(path, lines, tell, done).into(part)
        done += path.stat().st_size
    _check(part.store, vocabulary)
    part.store.remove_graph(ox.NamedNode(vocabulary.name))
    graphs = _hashed(part.store, lines)
    part.store.bulk_load(vocabulary.content, ox.RdfFormat.N_QUADS)
    return {**graphs, vocabulary.name: (vocabulary.digest, vocabulary.quads)}


def _check(store: ox.Store, vocabulary: Graph) -> None:
    """Raise InputError where there is anything that is no graph of plans: answers would leave it out, or count it."""
    stray = next(store.quads_for_pattern(None, None, None, ox.DefaultGraph()), None)
    if stray:
        hint = "a dump with graphs (.nq, .trig), or names of things under " + ID
        raise InputError.at("the dump", 0, f"{short(str(stray.subject))} is in no graph", hint)
    names = [str(graph.value) for graph in store.named_graphs()]
    foreign = sorted(name for name in names if not re.fullmatch(re.escape(GRAPH) + "[^/]+", name))
    if foreign:
        raise InputError.at("the dump", 0, f"<{foreign[0]}> is not the graph of a plan", f"such are named {GRAPH}ID")
    if not set(names) - {vocabulary.name}:
        raise InputError.at("the dump", 0, "it holds nothing")
    node = ox.NamedNode(vocabulary.name)
    if node.value in names and ox.Quad(node, _HASH, ox.Literal(vocabulary.digest), node) not in store:
        hint = "`cspgraph export` writes dumps without it"
        raise InputError.at("the dump", 0, "it brings another version of the vocabulary", hint)


def _hashed(store: ox.Store, lines: _Lines) -> dict[str, tuple[str, int]]:
    """Return the graphs with a hash of what the dump holds, and write it down in the place of any that the dump brought.

    One that it brought may be of other content, which a build from plan files would then take for theirs.
    """
    names = sorted(str(node.value) for node in store.named_graphs())
    brought = Counter(str(quad.graph_name.value) for quad in store.quads_for_pattern(None, _HASH, None))  # type: ignore[union-attr]
    # Which graph holds how many only lines tell cheaply; else the number of all stands with the first.
    spelt = lines.plain and all(name.encode() in lines.counts for name in names)
    quads = lines.counts if spelt else {names[0].encode(): len(store)}
    store.update(f"DELETE WHERE {{ GRAPH ?graph {{ ?node {_HASH} ?hash }} }}")
    found = {name: lines.graph(name) for name in names}
    nodes = {name: ox.NamedNode(name) for name in names}
    store.extend(ox.Quad(nodes[name], _HASH, ox.Literal(digest), nodes[name]) for name, digest in found.items())
    return {name: (digest, quads.get(name.encode(), 0) - brought[name] + 1) for name, digest in found.items()}


class _Lines:
    """Hash and number of the lines of each graph, taken block by block as they pass."""

    def __init__(self, salt: str) -> None:
        self.salt = salt.encode()
        self.graphs: dict[bytes, hashlib._Hash] = {}
        self.counts: dict[bytes, int] = {}
        self.whole: hashlib._Hash | None = None  # from there on where a dump is not a line to each quad

    @property
    def plain(self) -> bool:
        """Whether every quad had a line of its own until now."""
        return self.whole is None

    def take(self, block: bytes, *, lines: bool) -> None:
        """Take a piece of a dump, in whole lines of N-Quads or not."""
        if self.whole is None and not (lines and self._by_graph(block)):
            self.whole = self._together()
        if self.whole is not None:
            self.whole.update(block)

    def _together(self) -> hashlib._Hash:
        """Return a hash of all that was taken."""
        found = hashlib.sha256(self.salt)
        for name in sorted(self.graphs):
            found.update(name + self.graphs[name].digest())
        return found

    def _by_graph(self, block: bytes) -> bool:
        """Take lines for the graphs at their ends; return whether all lines end with one."""
        if b"\r" in block:  # ends a line as well
            return False
        start = 0
        while start < len(block):
            stop = block.find(b"\n", start) + 1 or len(block)
            end = block[block.rfind(b" ", start, stop - 3) : stop]
            last = block.rfind(end, start, max(stop, start + _AHEAD)) + len(end)
            # A graph stands together, as a rule: then all from here to its last line is its own.
            number = block.count(end, start, last)
            if number != block.count(b"\n", start, last):
                return self._line_by_line(block[start:])
            if not self._add(end, block[start:last], number):
                return False
            start = last
        return True

    def _line_by_line(self, block: bytes) -> bool:
        for end, run in groupby(block.splitlines(keepends=True), key=lambda line: line[line.rfind(b" ", 0, -3) :]):
            own = list(run)
            if not self._add(end, b"".join(own), len(own)):
                return False
        return True

    def _add(self, end: bytes, lines: bytes, number: int) -> bool:
        """Take lines that end alike; return whether it is with a graph, as our writers do, and with no comment or space too many."""
        if not (end.startswith(b" <") and end.endswith(b"> .\n")):
            return False
        name = end[2:-4]
        if name not in self.graphs:
            self.graphs[name] = hashlib.sha256(self.salt)
        self.graphs[name].update(lines)
        self.counts[name] = self.counts.get(name, 0) + number
        return True

    def graph(self, name: str) -> str:
        """Return the hash of a graph: of its lines, or of the whole dump.

        That is where the dump is not a line to each quad, or spells the name in another way (with escapes).
        """
        if self.whole is None and name.encode() in self.graphs:
            return self.graphs[name.encode()].hexdigest()
        own = self.whole.copy() if self.whole else self._together()
        own.update(name.encode())
        return own.hexdigest()


class _Stream:
    """One dump on its way: read here, loaded by a thread, with a pipe between them."""

    def __init__(self, path: Path, lines: _Lines, tell: Callable[[int], None], before: int) -> None:
        self.path = path
        self.form, self.packing = form_of(path)
        self.lines = lines
        self.tell = lambda read: tell(before + read)

    def into(self, part: Part) -> None:
        """Load the dump. Raises InputError, and OSError when the disk is full; what was read is then being loaded yet."""
        reading, writing = os.pipe()
        try:
            with os.fdopen(writing, "wb", buffering=0) as pipe:
                load = part.work(self._load, part.store, reading)
                self._write(pipe)
            load.result()
        except SyntaxError as error:
            raise self._problem(error) from None

    def _load(self, store: ox.Store, reading: int) -> None:
        target = FORMATS["trig" if self.form == "trig" else "nq"]
        try:
            if Path(f"/dev/fd/{reading}").exists():
                store.bulk_load(path=f"/dev/fd/{reading}", format=target)
            else:  # Windows
                with os.fdopen(os.dup(reading), "rb") as pipe:
                    store.bulk_load(pipe, target)
        finally:
            os.close(reading)

    def _problem(self, error: SyntaxError) -> InputError:
        words = re.sub(
            r"^Parser error at line \d+ (between columns? \d+ and( column)? \d+|column \d+): ", "", error.msg
        )
        return InputError.at(self.path, error.lineno or 0, f"the dump cannot be read: {' '.join(words.split())[:150]}")

    def _write(self, pipe: IO[bytes]) -> None:
        try:
            for block in self._blocks():
                self.lines.take(block, lines=self.form != "trig")
                view = memoryview(block)
                while view:
                    view = view[pipe.write(view) :]
        except BrokenPipeError:
            pass  # the store has stopped reading, and says why
        except EOFError as error:
            raise InputError.at(self.path, 0, "the file is cut off or damaged", str(error).lower()) from None
        except OSError as error:
            raise InputError.at(self.path, 0, f"the file cannot be read: {error.strerror or error}") from None

    def _blocks(self) -> Iterator[bytes]:
        """Yield the dump as whole lines of N-Quads, or as TriG."""
        with self.path.open("rb", buffering=0) as file:  # a buffer would wait on a pipe without hearing an interrupt
            pieces = _unpacked(file, self.packing, self.tell)
            if self.form == "trig":
                yield from pieces
            elif self.form == "nq":
                yield from _whole_lines(pieces)
            elif self.form == "nt":
                yield from map(_in_graphs, _whole_lines(pieces))
            else:
                yield from _placed(pieces)


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        head, end, tail = piece.rpartition(b"\n")
        if not end:
            rest += piece
            continue
        yield rest + head + end
        rest = tail
    if rest:
        yield rest


def _in_graphs(block: bytes) -> bytes:
    """Return lines of N-Triples as N-Quads; those that are wrong stay, for the store to tell their number."""
    found, placed = _BARE.subn(_PLACED, block)
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    if placed == lines:
        return found
    try:  # other blanks, other ends of lines, comments: slower
        plain = ox.serialize(ox.parse(block, format=ox.RdfFormat.N_TRIPLES), format=ox.RdfFormat.N_TRIPLES) or b""
    except SyntaxError:
        return found
    return _BARE.sub(_PLACED, plain) + b"\n" * (lines - plain.count(b"\n"))


def _placed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield Turtle as lines of N-Quads."""
    triples = []
    for quad in ox.parse(_Readable(iter(pieces)), format=ox.RdfFormat.TURTLE):  # type: ignore[arg-type]
        triples.append(ox.Triple(quad.subject, quad.predicate, quad.object))
        if len(triples) == _TRIPLES:
            yield _BARE.sub(_PLACED, ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
            triples.clear()
    yield _BARE.sub(_PLACED, ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")


class _Readable:
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces
        self.rest = b""

    def read(self, size: int) -> bytes:
        """Return at most so many bytes, none at the end."""
        while not self.rest:
            piece = next(self.pieces, None)
            if piece is None:
                return b""
            self.rest = piece
        found, self.rest = self.rest[:size], self.rest[size:]
        return found


def _unpacked(file: IO[bytes], packing: str, tell: Callable[[int], None]) -> Iterator[bytes]:
    """Yield a file in pieces, unpacked. Raises EOFError where it is cut off or damaged."""
    unpack, damage = _unpacker(packing) if packing else (None, EOFError)
    current, read = None, 0
    while piece := file.read(_BLOCK):
        read += len(piece)
        tell(read)
        if unpack is None:
            yield piece
            continue
        while piece:
            current = current or unpack()
            try:
                found = current.decompress(piece)
            except damage as error:
                raise EOFError(str(error)) from None
            yield found
            piece = current.unused_data if current.eof else b""
            current = None if current.eof else current
    if current is not None:
        raise EOFError("it ends in the middle")


def _unpacker(packing: str) -> tuple[Callable[[], Any], type[Exception]]:
    """Return what makes an unpacker, and what such a one raises. Raises CspgraphError where its package is missing."""
    if packing == "gz":
        return lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), zlib.error
    try:
        import zstandard
    except ImportError:
        hint = 'install it: pip install "cspgraph[zstd]"; or unpack the file first: zstd -d'
        raise CspgraphError("a .zst file needs the package zstandard", hint) from None
    return zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError
