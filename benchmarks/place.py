"""The folder of one size, and what is read from it by every competitor."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.graph import KnowledgeGraph


@dataclass(frozen=True)
class Place:
    """The folder of one size: `plans.nq`, `store`, for smaller sizes `plans`, and `facts.json` on what is in it."""

    folder: Path

    @property
    def facts(self) -> dict[str, Any]:
        """Return how many triples there are, and which things are asked about."""
        found = json.loads((self.folder / "facts.json").read_text(encoding="utf-8"))
        assert isinstance(found, dict)
        return found

    def store(self) -> Path:
        """Return the folder that pyoxigraph opens: the same for us and for it alone."""
        folder = self.folder / "store"
        return folder / str(json.loads((folder / "pointer.json").read_text(encoding="utf-8"))["store"])

    def forget_derived(self, names: str) -> None:
        """Remove what was kept beside the store and is named so: neither the store nor what it was made from."""
        folder = self.folder / "store"
        pointer = json.loads((folder / "pointer.json").read_text(encoding="utf-8"))
        needed = {"pointer.json", "lock", pointer["store"], pointer["made"]}
        for path in folder.iterdir():
            if fnmatch(path.name, names) and path.name not in needed:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def graph(self) -> KnowledgeGraph:
        """Return our graph on the store."""
        import cspgraph.graph

        return cspgraph.graph.load(engine=f"oxigraph:{self.folder / 'store'}")

    def ready(self) -> KnowledgeGraph:
        """Return our graph on the store, with the questions read and what they need imported."""
        import cspgraph.answers
        import cspgraph.coverage.frameworks
        import cspgraph.findings
        import cspgraph.tracing.horizon
        import cspgraph.tracing.load
        import cspgraph.tracing.loss
        import cspgraph.tracing.paths  # noqa: F401

        graph = self.graph()
        assert graph.questions
        return graph


def fresh() -> Path:
    """Return a folder for what is written, beside nothing else; the process that started us clears it."""
    return Path(tempfile.mkdtemp(prefix="written-"))


def read_only(place: Place) -> Any:
    """Return the store as pyoxigraph opens it by itself."""
    import pyoxigraph as ox

    return ox.Store.read_only(str(place.store()))


def dataset(place: Place) -> Any:
    """Return the graph as rdflib loads it."""
    from rdflib import Dataset

    found = Dataset(default_union=True)
    found.parse(place.folder / "plans.nq", format="nquads")
    return found


def rows(place: Place, query: str) -> Iterator[object]:
    """Yield the rows of a query in pyoxigraph by itself, opening included."""
    yield from read_only(place).query(query, use_default_graph_as_union=True)


def triples(place: Place) -> Path:
    """Write the graph without names of graphs, for those that know none."""
    import pyoxigraph as ox

    path = fresh() / "plans.nt"
    quads = ox.parse(path=str(place.folder / "plans.nq"), format=ox.RdfFormat.N_QUADS)
    triples = (ox.Triple(quad.subject, quad.predicate, quad.object) for quad in quads)
    ox.serialize(triples, str(path), format=ox.RdfFormat.N_TRIPLES)
    return path
