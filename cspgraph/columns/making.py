"""A snapshot made of a store: the graphs are read apart, several at once, and put together.

What was read of a graph is kept beside the store (see `parts`), so that after one plan has changed the others are
taken up. The memory that is needed grows with the names of things, and with the texts that are told of them.
"""

from __future__ import annotations

import hashlib
from array import array
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from zlib import crc32

import pyoxigraph as ox

from cspgraph.columns.parts import NONE, QUERIES, WIDTHS, Part, read_packed, read_part, write_packed
from cspgraph.engines.oxigraph import reading
from cspgraph.files import kept
from cspgraph.resources import cores
from cspgraph.terms import CSP, DEPENDS_ON, ONTOLOGY_GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from cspgraph.columns.arrays import Arrays
    from cspgraph.engines.oxigraph import OxigraphEngine

_RELATIONS = f"""
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT DISTINCT ?relation WHERE {{ GRAPH <{ONTOLOGY_GRAPH}> {{
  {{ ?relation a owl:ObjectProperty }} UNION {{ ?shape sh:path ?relation ; sh:class ?kind }}
}} }} ORDER BY ?relation
"""
# What the other queries tell, and what follows from the rest.
_TOLD = {DEPENDS_ON, *(f"{CSP}{word}" for word in ("kind", "inPlan", "locator", "inSource", "status", "precision"))}
_PARTS = "columns-1"  # a folder beside the stores; another number when a part changes its form, and no query does
_AHEAD = 4  # graphs, for each processor, that may have been read and not yet be taken


def make(engine: OxigraphEngine) -> Arrays:
    """Return the columns of a store: see Snapshot for what each holds."""
    whole = _Whole()
    for part in _parts(engine):
        whole.add(part)
    return whole.finish()


def _parts(engine: OxigraphEngine) -> Iterator[Part]:
    """Yield what each graph holds, in the order of their names; what is kept of graphs that are gone is removed."""
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    loaded = engine.graphs()
    relations = [row[0] for row in engine.select(_RELATIONS).rows]
    wanted = [one for one in relations if isinstance(one, ox.NamedNode) and one.value not in _TOLD]
    folder = engine.shelf / _PARTS if engine.folder else None
    asked = "\0".join([*QUERIES, *(one.value for one in wanted)])
    files = {
        graph: folder / hashlib.sha256(f"{graph}\0{digest}\0{asked}".encode()).hexdigest()[:32]
        for graph, digest in loaded.items()
        if folder and digest
    }

    def read(graph: str) -> Part:
        make = partial(read_part, engine.store, ox.NamedNode(graph), wanted)
        with reading(engine.address):
            return kept(files.get(graph), read_packed, make, write_packed)

    workers = cores()
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Part]] = deque()
        for graph in loaded:
            ahead.append(pool.submit(read, graph))
            if len(ahead) > _AHEAD * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    known = set(files.values())
    with suppress(OSError):
        for path in folder.iterdir() if folder else ():
            if path not in known:
                path.unlink()


class _Whole:
    """The graphs that were met so far: numbers of one graph are turned into those of all."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.relations: dict[str, int] = {}
        self.texts = bytearray()
        self.ends = array("q", [0, 0])  # the first text is empty
        self.tables: list[list[list[np.ndarray]]] = [[[] for _ in range(width)] for width in WIDTHS]

    def add(self, part: Part) -> None:
        """Take what one graph holds."""
        import numpy as np

        names = _renumbered(part.names, self.names)
        relations = _renumbered(part.relations, self.relations)
        before = len(self.ends) - 2
        texts = np.arange(before, before + len(part.texts) + 1, dtype=np.int32)
        texts[0], texts[-1] = 0, NONE
        for text in part.texts[1:]:
            self.texts += text.encode("utf-8")
            self.ends.append(len(self.texts))
        meant = (
            (names, texts, texts, names, *[texts] * 4),
            (names, relations, names),
            (names, relations, names, *[texts] * 5),
            (names, texts, texts),
        )
        for table, columns, numbers in zip(self.tables, part.tables, meant, strict=True):
            for pieces, column, of in zip(table, columns, numbers, strict=True):
                pieces.append(of[np.frombuffer(column, np.int32)] if column else np.empty(0, np.int32))

    def finish(self) -> Arrays:
        """Return all as arrays, things numbered in the order of their names, what leads to no thing left out."""
        import numpy as np

        things, links, said, doubts = (
            [np.concatenate([*pieces, np.empty(0, np.int32)]) for pieces in table] for table in self.tables
        )
        names = sorted(self.names)
        order = np.fromiter((self.names[name] for name in names), np.int64, len(names))
        is_thing = np.zeros(len(names) + 1, bool)  # the last stands for none
        is_thing[things[0]] = True
        rank = np.full(len(names) + 1, NONE, np.int32)
        rank[order[is_thing[order]]] = np.arange(is_thing.sum(), dtype=np.int32)
        kept = [name.encode("utf-8") for name, one in zip(names, is_thing[order], strict=True) if one]
        found = {
            "names": np.frombuffer(b"".join(kept), np.uint8),
            "names.at": _starts(np.fromiter(map(len, kept), np.int64, len(kept))),
            "texts": np.frombuffer(bytes(self.texts), np.uint8),
            "texts.at": np.frombuffer(self.ends, np.int64),
        }
        relations = sorted(self.relations)
        found["relations"] = np.frombuffer("\n".join(relations).encode(), np.uint8)
        place = np.zeros(len(relations), np.int32)
        place[[self.relations[name] for name in relations]] = np.arange(len(relations))
        things[0], things[3] = rank[things[0]], rank[things[3]]
        by = np.argsort(things[0])
        for name, column in zip(("kind", "label", "plan", "source", "range", "status", "why"), things[1:], strict=True):
            found[f"thing.{name}"] = column[by]
        for table in (links, said):
            table[0], table[1], table[2] = rank[table[0]], place[table[1]] if len(place) else table[1], rank[table[2]]
        doubts[0] = rank[doubts[0]]
        return found | _keys(kept) | _links(links, len(kept)) | _said(said, len(kept)) | _doubts(doubts, len(kept))


def _renumbered(words: list[str], known: dict[str, int]) -> np.ndarray:
    """Return for each of some words its number among all that are known, which takes in new ones; -1 behind the last."""
    import numpy as np

    numbers = [known.setdefault(word, len(known)) for word in words]
    return np.array([*numbers, NONE], np.int32)


def _starts(lengths: np.ndarray) -> np.ndarray:
    """Return where each of some runs begins, and at last where the last ends."""
    import numpy as np

    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def _keys(names: list[bytes]) -> Arrays:
    """Return a number made of each name, in rising order, and whose it is: where a thing is looked up by its name."""
    import numpy as np

    made = np.fromiter(map(crc32, names), np.uint32, len(names))
    by = np.argsort(made, kind="stable")
    return {"key": made[by], "key.thing": by.astype(np.int32)}


def _links(links: list[np.ndarray], things: int) -> Arrays:
    """Return the relations between things, each once, by subject and by object, as compressed rows."""
    import numpy as np

    whole = np.flatnonzero((links[0] >= 0) & (links[2] >= 0))
    s, p, o = (column[whole] for column in links)
    by = np.lexsort((o, p, s))
    s, p, o = s[by], p[by], o[by]
    fresh = np.ones(len(s), bool)
    fresh[1:] = (s[1:] != s[:-1]) | (p[1:] != p[:-1]) | (o[1:] != o[:-1])
    s, p, o = s[fresh], p[fresh], o[fresh]
    by = np.lexsort((p, s, o))
    return {
        "out.at": _starts(np.bincount(s, minlength=things)),
        "out.relation": p.astype(np.int16),
        "out.thing": o,
        "in.at": _starts(np.bincount(o, minlength=things)),
        "in.relation": p[by].astype(np.int16),
        "in.thing": s[by],
    }


def _said(said: list[np.ndarray], things: int) -> Arrays:
    """Return where each statement about two things was read, by subject."""
    import numpy as np

    whole = np.flatnonzero((said[0] >= 0) & (said[2] >= 0))
    rows = whole[np.lexsort((said[2][whole], said[1][whole], said[0][whole]))]
    names = ("relation", "thing", "source", "range", "status", "why", "printed")
    found = {f"said.{name}": column[rows] for name, column in zip(names, said[1:], strict=True)}
    return found | {"said.at": _starts(np.bincount(said[0][rows], minlength=things))}


def _doubts(doubts: list[np.ndarray], things: int) -> Arrays:
    """Return what is doubtful of each thing, by subject."""
    import numpy as np

    whole = np.flatnonzero(doubts[0] >= 0)
    rows = whole[np.argsort(doubts[0][whole], kind="stable")]
    return {
        "doubt.at": _starts(np.bincount(doubts[0][rows], minlength=things)),
        "doubt.object": doubts[1][rows],
        "doubt.status": doubts[2][rows],
    }
