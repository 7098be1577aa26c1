"""Quads in pyoxigraph: in memory, or in a folder on disk."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.engines import Table
from cspgraph.engines.ordering import ordered, parted
from cspgraph.errors import EngineError, QueryError
from cspgraph.files import kept, read_kept, write_kept
from cspgraph.resources import cache_folder
from cspgraph.terms import CSP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


class OxigraphEngine:
    """A pyoxigraph store as an Engine. `folder` is where it lies, None in memory."""

    note = ""

    def __init__(self, store: ox.Store, folder: Path | None = None, only: frozenset[str] | None = None) -> None:
        self.store = store
        self.folder = folder
        self.only = only
        self.address = f"oxigraph:{folder}" if folder else "memory:"

    @classmethod
    def in_memory(cls, quads: Iterable[ox.Quad] = ()) -> OxigraphEngine:
        """Return an engine that holds quads in memory."""
        engine = cls(ox.Store())
        engine.store.bulk_extend(quads)
        return engine

    @classmethod
    def read_only(cls, folder: Path) -> OxigraphEngine:
        """Return an engine on a store that nobody writes to. Raises EngineError when there is none."""
        with reading(folder):
            return cls(ox.Store.read_only(str(folder)), folder)

    def select(self, query: str) -> Table:
        """Return the rows of a trusted SELECT."""
        return _in_order(query, self._rows)

    def recall(self, query: str) -> Table:
        """Return the rows of a trusted SELECT, kept beside a store that is only read: it never changes."""
        return _in_order(query, self._kept)

    @cached_property
    def shelf(self) -> Path:
        """The folder for what is made of a store on disk: that it lies in, or one in the user's cache where that is not theirs to write."""
        assert self.folder is not None
        home = self.folder.parent
        return home if os.access(home, os.W_OK) else _shelf_elsewhere(home)

    def keeping(self, kind: str, name: str) -> Path:
        """Return the file for what is made of this store on disk, and of no later one: that of others where they made it."""
        assert self.folder is not None
        path = f"{self.folder.name}.{kind}/{name}"
        return self.made_by_others(path) or self.shelf / path

    def made_by_others(self, path: str) -> Path | None:
        """Return the file beside a store in a folder that is not ours to write, where there is one and none on our shelf."""
        assert self.folder is not None
        theirs = self.folder.parent / path
        return theirs if theirs.exists() and not (self.shelf / path).exists() else None

    def beside(self, said: str) -> Path | None:
        """Return the file in which what was asked in these words is kept; None in memory, and of a part of a store."""
        if self.folder is None or self.only is not None:
            return None
        return self.keeping("answers", f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.json")

    def _rows(self, query: str) -> Table:
        solutions = self._solutions(query)
        columns = [variable.value for variable in solutions.variables]
        with reading(self.address):
            return Table(columns, [tuple(solution) for solution in solutions])

    def _kept(self, query: str) -> Table:
        path = self.beside(query)
        if path is None:
            return self._rows(query)

        def ask() -> bytes:
            solutions = self._solutions(query)
            with reading(self.address):
                return solutions.serialize(format=ox.QueryResultsFormat.JSON) or b""

        content = kept(path, read_kept, ask, write_kept)
        solutions = ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)
        assert isinstance(solutions, ox.QuerySolutions)  # a checksum says that it is what was written
        return Table([variable.value for variable in solutions.variables], [tuple(solution) for solution in solutions])

    def _solutions(self, query: str) -> ox.QuerySolutions:
        solutions = self._query(query)
        if not isinstance(solutions, ox.QuerySolutions):
            raise QueryError("this is not a SELECT query")
        return solutions

    def construct(self, query: str) -> list[ox.Triple]:
        """Return the triples of a trusted CONSTRUCT."""
        triples = self._query(query)
        if not isinstance(triples, ox.QueryTriples):
            raise QueryError("this is not a CONSTRUCT query")
        with reading(self.address):
            return list(triples)

    def _query(self, query: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        try:
            with reading(self.address):
                if self.only is None:
                    return self.store.query(query, use_default_graph_as_union=True)
                named: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(name) for name in sorted(self.only)]
                return self.store.query(query, default_graph=[*named], named_graphs=named)
        except SyntaxError as error:
            raise QueryError.of_engine(str(error.msg)) from None

    def graphs(self) -> dict[str, str]:
        """Return the loaded graphs with their content hashes."""
        predicate = ox.NamedNode(f"{CSP}contentHash")
        with reading(self.address):
            named = {str(name.value): "" for name in self.store.named_graphs() if isinstance(name, ox.NamedNode)}
            hashes = {
                quad.subject.value: quad.object.value
                for quad in self.store.quads_for_pattern(None, predicate, None)
                if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal)
            }
        return {name: hashes.get(name, "") for name in sorted(named) if self.only is None or name in self.only}

    def restricted(self, graphs: Iterable[str]) -> OxigraphEngine:
        """Return an engine on the same store that sees only some of its graphs."""
        engine = OxigraphEngine(self.store, self.folder, frozenset(graphs))
        engine.address = self.address
        return engine

    def load(self, graph: str, quads: Iterable[ox.Quad]) -> None:
        """Replace one named graph in one transaction."""
        triples = (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
        data = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
        name = ox.NamedNode(graph)
        self._update(f"DROP SILENT GRAPH {name} ; INSERT DATA {{ GRAPH {name} {{ {data.decode()} }} }}")

    def drop(self, graph: str) -> None:
        """Remove one named graph."""
        self._update(f"DROP SILENT GRAPH {ox.NamedNode(graph)}")

    def _update(self, update: str) -> None:
        try:
            self.store.update(update)
        except OSError as error:
            raise EngineError(f"the store {self.address} cannot be written: {_one_line(error)}") from None

    def confinement(self) -> Path | bytes:
        """Return the folder of the store, or all quads of a store in memory."""
        return self.folder or self.store.dump(format=ox.RdfFormat.N_QUADS) or b""


def _shelf_elsewhere(home: Path) -> Path:
    """Return a folder in the user's cache for the stores in a folder that is not theirs to write; what is of stores that are gone is removed."""
    import shutil

    try:
        shelf = cache_folder() / "stores" / hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    except RuntimeError:  # the user has no home: nothing is kept
        return home
    with suppress(OSError):
        shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kept_of in shelf.glob("store-*.*"):
            if not (home / kept_of.stem).exists():
                shutil.rmtree(kept_of)
    return shelf


def _in_order(query: str, ask: Callable[[str], Table]) -> Table:
    """Return the rows of a query in the order that it asks for."""
    plain, found = parted(query), None
    with suppress(QueryError):  # what it orders by cannot always be told
        found = ordered(ask(plain.query), plain.keys, plain.more) if plain.keys else None
    return ask(query) if found is None else found


@contextmanager
def reading(address: Path | str) -> Iterator[None]:
    """Tell as an EngineError what a store says that is damaged, or out of reach: RocksDB's words are a RuntimeError."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        hint = "remove that folder, and make it anew with `cspgraph build`"
        raise EngineError(f"the store {address} cannot be read: {_one_line(error)}", hint) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
