"""The quads on a cluster: what is gathered by joins, step by step, and brought here to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import EngineError, LimitReached
from cspgraph.parquet import COLUMNS, SHARED_PLANS, check_parquet, quads_of, read_shared, rows_of
from cspgraph.spark.session import one_sentence, start
from cspgraph.terms import ID, RDF, SHARED, home
from cspgraph.tracing.dependence import stated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    import pyoxigraph as ox
    from pyspark.sql import DataFrame, SparkSession

    from cspgraph.parquet import Row

_Some = TypeVar("_Some", bound="Collection[object]")
MOST = 3_000_000  # things, or quads, that are brought to this process
_FEW = 500  # values that are written into a filter, by which Spark passes over what cannot hold them


@dataclass
class Columns:
    """A folder of Parquet files as a table of a Spark session; with `plans`, only these and what plans share."""

    session: SparkSession
    master: str
    folder: Path
    plans: tuple[str, ...] = ()

    @classmethod
    def open(cls, master: str, folder: Path) -> Columns:
        """Return the files of a folder on a master. Raises what `check_parquet` and `start` raise."""
        check_parquet(folder)
        return cls(start(master), master, folder.resolve())

    def restricted(self, plans: Iterable[str]) -> Columns:
        """Return the same with some plans only."""
        return Columns(self.session, self.master, self.folder, tuple(plans))

    @cached_property
    def shared(self) -> list[ox.Quad]:
        """What plans share, and the vocabulary: read here, and held against every plan."""
        return read_shared(self.folder)

    @cached_property
    def base(self) -> OxigraphEngine:
        """An engine on what plans share."""
        return OxigraphEngine.in_memory(self.shared)

    @cached_property
    def of_plans(self) -> DataFrame:
        """The quads of the plans."""
        schema = ", ".join(f"{column} string" for column in COLUMNS)
        with one_sentence(self.master):
            read = self.session.read.schema(schema).parquet(f"{self.folder.as_uri()}/plans-*.parquet")
            return read.where(read.plan.isin(list(self.plans))) if self.plans else read

    @cached_property
    def quads(self) -> DataFrame:
        """All quads but the vocabulary's."""
        schema = ", ".join(f"{column} string" for column in COLUMNS)
        shared = self.session.read.schema(schema).parquet(f"{self.folder.as_uri()}/shared.parquet")
        return self.of_plans.unionByName(shared.where(shared.plan == SHARED))

    @cached_property
    def edges(self) -> DataFrame:
        """Every dependence as `source` and `target`, whichever way round it was stated, beside the quad; kept on the workers."""
        from pyspark.sql import functions as sql

        forth, back = map(sorted, stated(self.base))
        quads = self.quads
        one = quads.where(quads.predicate.isin(forth)).select("*", sql.col("subject").alias("source"), sql.col("object").alias("target"))  # fmt: skip
        other = quads.where(quads.predicate.isin(back)).select("*", sql.col("object").alias("source"), sql.col("subject").alias("target"))  # fmt: skip
        return one.unionByName(other).persist()

    # ---------------------------------------------------------------- steps

    def where(self, table: DataFrame, column: str, values: Collection[str]) -> DataFrame:
        """Return the rows of a table in which a column has one of some values."""
        if len(values) <= _FEW:
            return table.where(table[column].isin(sorted(values)))
        import pyarrow as pa
        from pyspark.sql import functions as sql

        names = self.session.createDataFrame(pa.table({column: sorted(values)}))
        return table.join(sql.broadcast(names), column, "left_semi")

    def taken(self, table: DataFrame, column: str) -> set[str]:
        """Return the values of one column. Raises LimitReached for more than can be brought here."""
        with one_sentence(self.master):
            found = table.select(column).distinct().limit(MOST + 1).toArrow().column(0).to_pylist()
        return set(_within(found))

    def rows(self, table: DataFrame) -> list[Row]:
        """Return the rows of a table of quads. Raises LimitReached for more than can be brought here."""
        with one_sentence(self.master):
            return _within(list(rows_of(table.select(*COLUMNS).limit(MOST + 1).toArrow())))

    def subjects(self, relations: Collection[str], objects: Collection[str]) -> set[str]:
        """Return what points to any of some things by any of some relations; without relations, by any."""
        quads = self.quads if not relations else self.where(self.quads, "predicate", relations)
        return self.taken(self.where(quads, "object", objects), "subject") if objects else set()

    def reach(self, starts: Collection[str], *, on: bool = False) -> set[str]:
        """Return what depends on some things, near and far, themselves included; with `on`, what they depend on."""
        here, there = ("source", "target") if on else ("target", "source")
        return self._steps(self.edges, here, there, starts)

    def below(self, starts: Collection[str], relation: str) -> set[str]:
        """Return what reaches some things by any number of statements of one relation, themselves included."""
        quads = self.quads
        return self._steps(quads.where(quads.predicate == relation), "object", "subject", starts)

    def _steps(self, table: DataFrame, here: str, there: str, starts: Collection[str]) -> set[str]:
        found, frontier = set(starts), set(starts)
        while frontier:
            frontier = self.taken(self.where(table, here, frontier), there) - found
            found |= frontier
            _within(found)
        return found

    # ---------------------------------------------------------------- what is brought here

    def around(self, things: Collection[str], deep: int = 2) -> list[Row]:
        """Return all that is said of some things, of the statements about them, and of the nodes nested in these.

        `deep` is how far down: a date lies two below an action, its place one below that.
        """
        wave = {iri for iri in things if _in_a_plan(iri)}
        about = self.where(self._of_plans_of(wave), "object", wave)
        statements = self.taken(about.where(about.predicate == f"{RDF}subject"), "subject") if wave else set()
        seen = wave | statements
        found = fresh = self.said_of(seen)
        for _ in range(deep):
            wave = {row[3] for row in fresh if row[4] == "iri" and _nested(row[3], row[1])} - seen
            fresh = self.said_of(wave)
            found = found + fresh
            seen |= wave
        _within(found)
        return found

    def said_of(self, things: Collection[str]) -> list[Row]:
        """Return all that is said of some things of plans, and nothing of what is nested in them."""
        return self.rows(self.where(self._of_plans_of(things), "subject", things)) if things else []

    def _of_plans_of(self, things: Iterable[str]) -> DataFrame:
        """Return the quads of the plans to which things belong, by their names: files are sorted by plan."""
        plans = {home(iri) for iri in things}
        return self.of_plans if len(plans) > _FEW else self.where(self.of_plans, "plan", plans)

    def engine(self, *rows: Iterable[Row]) -> OxigraphEngine:
        """Return an engine in memory on some rows, beside what plans share."""
        gathered = {row for some in rows for row in some if row[0] not in SHARED_PLANS}
        try:
            return OxigraphEngine.in_memory([*self.shared, *quads_of(sorted(gathered))])
        except ValueError as error:
            raise EngineError(f"the files in {self.folder} hold what is no RDF: {error}") from None


def _in_a_plan(iri: str) -> bool:
    return iri.startswith(ID) and not iri.startswith(f"{ID}{SHARED}/")


def _nested(iri: str, parent: str) -> bool:
    """Return whether a node is told with its parent, or is a place in a document."""
    return iri.startswith(f"{parent}/") or (_in_a_plan(iri) and "/at/" in iri)


def _within(found: _Some) -> _Some:
    if len(found) > MOST:
        said = (
            f"the answer rests on more than {MOST:,} things or statements, which is more than is brought to one machine"
        )
        raise LimitReached(said, "narrow it with --plan ID, with a name, or with dates")
    return found
