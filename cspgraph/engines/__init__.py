"""Engines: where quads live and queries run.

One narrow protocol, met by `memory:` and `oxigraph:DIR` (pyoxigraph) and by `rdflib:`,
the oracle of the tests, which runs shipped questions only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import pyoxigraph as ox

from cspgraph.tables import frame, html
from cspgraph.terms import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pandas as pd

    from cspgraph.tables import Record

Term = ox.NamedNode | ox.BlankNode | ox.Literal


class Table(NamedTuple):
    """The rows of a SELECT: one name a column, one term or None a cell."""

    columns: list[str]
    rows: list[tuple[Term | None, ...]]

    def records(self) -> list[Record]:
        """Return the rows as objects: an address or a text as a text, a number or a truth as one."""
        return [
            {name: None if term is None else number(term) for name, term in zip(self.columns, row, strict=True)}
            for row in self.rows
        ]

    def frame(self) -> pd.DataFrame:
        """Return all rows as a pandas DataFrame. Raises CspgraphError where pandas is not installed."""
        return frame(self.records(), self.columns)

    def _repr_html_(self) -> str:
        return html(self.records(), columns=self.columns)


class Engine(Protocol):
    """What every engine can do. The default graph of a query is the union of all loaded graphs."""

    address: str

    @property
    def note(self) -> str:
        """What a user should know of how this engine answers, as a sentence; empty for most."""

    def select(self, query: str) -> Table:
        """Return the rows of a trusted SELECT. Raises QueryError when it is not SPARQL."""

    def recall(self, query: str) -> Table:
        """As select, for a query that is asked again and again: an engine may keep the answer while its data last."""

    def construct(self, query: str) -> list[ox.Triple]:
        """Return the triples of a trusted CONSTRUCT. Raises QueryError when it is not SPARQL."""

    def graphs(self) -> dict[str, str]:
        """Return the IRI of every loaded graph with the hash of what it was loaded from."""

    def restricted(self, graphs: Iterable[str]) -> Engine:
        """Return an engine on the same data that sees only the graphs named."""

    def load(self, graph: str, quads: Iterable[ox.Quad]) -> None:
        """Replace one named graph by the quads, all of which must lie in it, in one step."""

    def drop(self, graph: str) -> None:
        """Remove one named graph."""

    def confinement(self) -> Path | bytes | Callable[..., Table | list[ox.Triple] | bool] | None:
        """Return what a process of its own needs to read the same data: a store folder, or N-Quads.

        A function where the engine runs foreign queries elsewhere, within limits: of the query, the limits, and whether
        the query names its graphs. None where foreign queries cannot be run at all.
        """
