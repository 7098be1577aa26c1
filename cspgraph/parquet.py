"""The quads as columns: a folder of Parquet files, for Spark and for whatever else reads Parquet.

    DIR.parquet/_cspgraph.json        what wrote it, with which vocabulary, how many quads
    DIR.parquet/shared.parquet        what plans share, and the vocabulary
    DIR.parquet/plans-00000.parquet   whole plans, some hundred thousand quads to a file

Columns: `plan`, the graph by its short name (`ref` and `ontology` are graphs too); `subject`; `predicate`; `object`;
and `kind`, what the object is: `iri`, `blank`, the address of a datatype, or `@` and a language. A blank node is
written `_:name`. Nothing is lost. Rows are sorted, and no plan is divided between files, so that who reads a file by
itself reads whole plans; a file for each of some ten thousand plans would be slower to list than to read.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

import pyoxigraph as ox

from cspgraph import __version__
from cspgraph.build import builtin_digest
from cspgraph.errors import CspgraphError, EngineError, InputError
from cspgraph.files import whole_folder
from cspgraph.terms import CSP, GRAPH, ONTOLOGY_GRAPH, SHARED, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from cspgraph.engines import Engine, Term

FORMAT = 1
COLUMNS = ("plan", "subject", "predicate", "object", "kind")
SHARED_PLANS = (SHARED, ONTOLOGY_GRAPH.removeprefix(GRAPH))
MARK = "_cspgraph.json"  # readers of Parquet pass over what begins with _
_ROWS_OF_A_GROUP = 65_536
_ROWS_OF_A_FILE = 262_144
_STRING = f"{XSD}string"

Row = tuple[str, str, str, str, str]


def need_pyarrow() -> None:
    """Raise CspgraphError, with what to install, when pyarrow is not there."""
    from importlib.util import find_spec

    if not find_spec("pyarrow"):
        raise CspgraphError("Parquet needs a package that is not installed", 'pip install "cspgraph[spark]"')


# -------------------------------------------------------------------- terms and rows


def _row(plan: str, subject: Term, predicate: ox.NamedNode, value: Term) -> Row:
    start = f"_:{subject.value}" if isinstance(subject, ox.BlankNode) else subject.value
    if isinstance(value, ox.NamedNode):
        return plan, start, predicate.value, value.value, "iri"
    if isinstance(value, ox.BlankNode):
        return plan, start, predicate.value, f"_:{value.value}", "blank"
    return plan, start, predicate.value, value.value, f"@{value.language}" if value.language else value.datatype.value


@lru_cache(maxsize=200_000)
def _node(value: str) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(value[2:]) if value.startswith("_:") else ox.NamedNode(value)


def _term(value: str, kind: str) -> Term:
    if kind in ("iri", "blank"):
        return _node(value)
    if kind == _STRING:
        return ox.Literal(value)
    return ox.Literal(value, language=kind[1:]) if kind[0] == "@" else ox.Literal(value, datatype=_node(kind))  # type: ignore[arg-type]


def graph_name(plan: str) -> str:
    """Return the name of the graph that a value of the column `plan` stands for."""
    return plan if "://" in plan else f"{GRAPH}{plan}"


def quads_of(rows: Iterable[Row]) -> Iterator[ox.Quad]:
    """Yield the quads that rows stand for."""
    for plan, subject, predicate, value, kind in rows:
        yield ox.Quad(_node(subject), _node(predicate), _term(value, kind), _node(graph_name(plan)))  # type: ignore[arg-type]


def rows_of(batch: pa.RecordBatch | pa.Table) -> Iterator[Row]:
    """Yield the rows of a table, or of a piece of one."""
    return zip(*(batch.column(name).to_pylist() for name in COLUMNS), strict=True)


# -------------------------------------------------------------------- writing


def write_parquet(engine: Engine, target: Path) -> tuple[int, int]:
    """Write all quads of an engine into a folder, one graph in memory at a time; return how many quads and files.

    The folder is there whole or not at all, and the same quads give the same bytes. Hashes of content are left out.
    Raises InputError for a folder that holds anything else, and where the disk will not take it; CspgraphError
    without pyarrow.
    """
    need_pyarrow()
    _refuse_others(target)
    with whole_folder(target, "folder") as fresh:
        return _write(engine, fresh), sum(path.suffix == ".parquet" for path in fresh.iterdir())


def _refuse_others(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise InputError.at(target, 0, "this is not a folder", "Parquet is a folder of files: name another")
    if target.is_dir():
        other = next((p.name for p in sorted(target.iterdir()) if p.name != MARK and p.suffix != ".parquet"), "")
        if other or (any(target.iterdir()) and not (target / MARK).is_file()):
            said = f"the folder holds something else, which would be lost{f': {other}' if other else ''}"
            raise InputError.at(target, 0, said, "name a folder that is new or empty")


def _write(engine: Engine, folder: Path) -> int:
    shared = [graph_name(plan) for plan in SHARED_PLANS]
    loaded = engine.graphs().keys()
    quads = 0
    with _Files(folder) as files:
        files.begin("shared")
        for graph in (name for name in shared if name in loaded):
            quads += files.add(_sorted(engine, graph))
        for graph in sorted(loaded - set(shared)):
            quads += files.add(_sorted(engine, graph), "plans")
    said = {"format": FORMAT, "version": __version__, "vocabulary": builtin_digest(), "quads": quads}
    (folder / MARK).write_text(json.dumps(said, sort_keys=True) + "\n", encoding="utf-8")
    return quads


def _sorted(engine: Engine, graph: str) -> list[Row]:
    """Return the rows of one graph, in order; blank nodes get the names that RDF's canonical form gives them."""
    triples = engine.construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
    own = [t for t in triples if t.predicate.value != f"{CSP}contentHash"]
    if any(isinstance(term, ox.BlankNode) for t in own for term in (t.subject, t.object)):
        dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in own)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        own = [ox.Triple(quad.subject, quad.predicate, quad.object) for quad in dataset]
    plan = graph.removeprefix(GRAPH)
    return sorted(_row(plan, t.subject, t.predicate, t.object) for t in own)  # type: ignore[arg-type]


class _Files:
    """Writers of Parquet, one after the other: a file is closed behind the plan with which it is long enough."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer: Any = None
        self.waiting: list[Row] = []
        self.rows = self.number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, name: str) -> None:
        """Close the file that is open and begin one called `name`."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.close()
        schema = pa.schema([pa.field(column, pa.string(), nullable=False) for column in COLUMNS])
        self.writer = pq.ParquetWriter(self.folder / f"{name}.parquet", schema, compression="zstd")
        self.rows = 0

    def add(self, rows: list[Row], series: str = "") -> int:
        """Write the rows of one graph behind the others, in the next file of a series where this one is long enough."""
        if series and (self.number == 0 or self.rows >= _ROWS_OF_A_FILE):
            self.begin(f"{series}-{self.number:05}")
            self.number += 1
        self.waiting += rows
        self.rows += len(rows)
        if len(self.waiting) >= _ROWS_OF_A_GROUP:
            self._flush()
        return len(rows)

    def _flush(self) -> None:
        import pyarrow as pa

        if self.waiting:
            columns = [pa.array(column, pa.string()) for column in zip(*self.waiting, strict=True)]
            self.writer.write_table(pa.Table.from_arrays(columns, schema=self.writer.schema))
            self.waiting = []

    def close(self) -> None:
        """End the file that is open."""
        if self.writer is not None:
            self._flush()
            self.writer.close()
            self.writer = None


# -------------------------------------------------------------------- reading


def check_parquet(folder: Path) -> None:
    """Raise InputError for a folder that was not written here, EngineError for one of another version."""
    try:
        said = json.loads((folder / MARK).read_text(encoding="utf-8"))
        known = isinstance(said, dict) and said.get("format") == FORMAT
    except (OSError, ValueError):
        hint = "write one with: cspgraph export --to plans.parquet"
        raise InputError.at(folder, 0, "this is no folder of Parquet files of cspgraph", hint) from None
    if not known or said.get("vocabulary") != builtin_digest():
        hint = f"write it anew: cspgraph export --to {folder}"
        raise EngineError(f"the files in {folder} were made with another version of the vocabulary", hint)


def read_shared(folder: Path) -> list[ox.Quad]:
    """Return the quads of what plans share and of the vocabulary. Raises InputError where they cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "shared.parquet"
    try:
        return list(quads_of(rows_of(pq.read_table(path))))
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise InputError.at(path, 0, f"the file cannot be read: {' '.join(str(error).split())[:120]}") from None
