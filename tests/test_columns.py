"""The snapshot of a large store says what SPARQL says, and is made anew where it cannot be trusted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.generate import Generator
from cspgraph import columns, names
from cspgraph.answers import answer
from cspgraph.build import build, open_engine, store_folder
from cspgraph.columns import making, parts
from cspgraph.columns.arrays import FORMAT, read_arrays, write_arrays
from cspgraph.columns.making import make
from cspgraph.describe import describe_all
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.evidence import statement_places
from cspgraph.graph import KnowledgeGraph
from cspgraph.papers import lay_out
from cspgraph.papers.content import Asked, paper
from cspgraph.questions import run
from cspgraph.terms import GRAPH
from cspgraph.tracing import dependence
from cspgraph.tracing.dependence import edges
from tests.conftest import LITTLE_REFERENCE, rows
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pyoxigraph as ox

    from tests.conftest import Ran

NAMES = (
    "London Crime Prevention Fund",
    "Metropolitan Police Service",
    "ref/violence-strategy-2010",
    "havering-2017/A4",
    "tower-hamlets-2017/A1",
    "Gangs Action Plan",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the bundled plans."""
    folder = tmp_path_factory.mktemp("columns") / "store"
    build([], store_folder(str(folder)))
    return folder


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of five plans that the benchmark makes of the bundled ones."""
    folder = tmp_path_factory.mktemp("generated") / "store"
    store_folder(str(folder)).publish(lambda _: Generator(100_000).graphs(), {})
    return folder


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a store of any size have a snapshot."""
    monkeypatch.setattr(columns, "MANY", 0)


def opened(place: Path) -> KnowledgeGraph:
    return KnowledgeGraph(open_engine([], f"oxigraph:{place}"))


@pytest.fixture
def both(place: Path, forced: None) -> tuple[KnowledgeGraph, KnowledgeGraph]:
    """The bundled plans as SPARQL answers them, and from a snapshot."""
    return two_of(place)


def two_of(place: Path) -> tuple[KnowledgeGraph, KnowledgeGraph]:
    plain, fast = opened(place), opened(place)
    columns._OPEN[plain.engine] = None  # type: ignore[index]
    assert columns.columns_of(fast.engine) is not None
    assert columns.columns_of(plain.engine) is None
    return plain, fast


def file_of(place: Path) -> Path:
    (found,) = place.glob(f"store-*.columns/snapshot-{FORMAT}")
    return found


@pytest.mark.parametrize("on", [False, True])
def test_dependents_are_the_same(both: tuple[KnowledgeGraph, KnowledgeGraph], on: bool) -> None:
    plain, fast = both
    known = sorted({end for edge in edges(plain.engine) for end in (edge.source, edge.target)})
    for iri in [*known[::25], *(thing.iri for name in NAMES[:2] for thing in plain.find(name))]:
        expected = rows(plain.depends(iri, on=on))
        assert rows(fast.depends(iri, on=on)) == expected
    assert len(rows(fast.depends(NAMES[1]))) > 20


@pytest.mark.parametrize("name", NAMES[:2] + NAMES[3:])
def test_losses_are_the_same(both: tuple[KnowledgeGraph, KnowledgeGraph], name: str) -> None:
    expected, found = (graph.what_if(name) for graph in both)
    assert (found.gone, rows(found.effects)) == (expected.gone, rows(expected.effects))


@pytest.mark.parametrize("on", [False, True])
def test_what_is_asked_as_it_is_met_is_the_same(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on: bool
) -> None:
    """Of a large store without columns; none are made for it."""
    shutil.copytree(place, tmp_path / "store", ignore=shutil.ignore_patterns("*.columns"))
    plain, met = opened(tmp_path / "store"), opened(tmp_path / "store")
    known = sorted({end for edge in edges(plain.engine) for end in (edge.source, edge.target)})
    some = [*known[::25], *(thing.iri for name in NAMES[:2] for thing in plain.find(name))]

    def asked() -> list[object]:
        return [rows(met.depends(iri, on=on)) + rows(met.what_if(iri).effects) for iri in some]

    whole = asked()
    monkeypatch.setattr(columns, "MANY", 0)
    monkeypatch.setattr(dependence, "edges", lambda engine: pytest.fail("all dependences are read"))
    assert asked() == whole
    assert not list(tmp_path.glob("store/*.columns"))
    assert met.what_if(at="2019-04").gone, "what is over anywhere is looked up in columns"
    assert file_of(tmp_path / "store")


@pytest.mark.parametrize("day", ["2017-06", "2019-04"])
def test_what_is_over_is_the_same(both: tuple[KnowledgeGraph, KnowledgeGraph], day: str) -> None:
    expected, found = (graph.what_if(at=day) for graph in both)
    assert (found.gone, rows(found.effects)) == (expected.gone, rows(expected.effects))
    assert found.gone


def test_dates_loads_and_coverage_are_the_same(both: tuple[KnowledgeGraph, KnowledgeGraph]) -> None:
    plain, fast = both
    assert rows(fast.horizon()) == rows(plain.horizon())
    assert rows(fast.load()) == rows(plain.load())
    assert rows(fast.load()) == rows(plain.load()), "and again, from what was kept"
    assert rows(fast.coverage()) == rows(plain.coverage())


def test_of_generated_plans_all_is_the_same(generated: Path, forced: None) -> None:
    plain, fast = two_of(generated)
    assert len(rows(plain.horizon())) > 100
    assert rows(fast.horizon()) == rows(plain.horizon())
    assert rows(fast.load()) == rows(plain.load()) != []
    assert rows(fast.coverage()) == rows(plain.coverage()) != []
    expected, found = (graph.what_if(at="2018-04") for graph in (plain, fast))
    assert (found.gone, rows(found.effects)) == (expected.gone, rows(expected.effects))
    assert found.gone
    assert rows(fast.gaps()) == rows(plain.gaps()) != []
    query = "PREFIX csp: <https://w3id.org/cspgraph/ns#> SELECT DISTINCT ?thing { ?thing csp:kind ?kind }"
    iris = sorted(names.text(row[0]) for row in plain.engine.select(query).rows)
    assert len(iris) > 3000
    for iri in iris[::60]:
        assert rows(fast.depends(iri)) == rows(plain.depends(iri)), iri


def test_findings_and_their_number_are_the_same(both: tuple[KnowledgeGraph, KnowledgeGraph]) -> None:
    plain, fast = both
    assert columns.columns_of(fast.engine) is not None
    assert rows(fast.gaps()) == rows(plain.gaps())
    counted = fast.count_gaps()
    assert counted == plain.count_gaps()
    across = [one for one in counted if one.rule.across]  # what other rules found in each plan is kept for both
    assert any(tally.rows for one in across for tally in one.found.values())


def test_the_paper_and_what_is_known_of_each_thing_are_the_same(both: tuple[KnowledgeGraph, KnowledgeGraph]) -> None:
    written = [lay_out(paper(graph.engine, graph.questions, Asked()), ".html", None) for graph in both]
    assert written[0] == written[1]
    query = "PREFIX csp: <https://w3id.org/cspgraph/ns#> SELECT DISTINCT ?thing { ?thing csp:kind ?kind }"
    iris = sorted(names.text(row[0]) for row in both[0].engine.select(query).rows)[::5]
    known = [describe_all(graph.engine, sorted(names.things(graph.engine, iris).values())) for graph in both]
    assert len(known[0]) > 500
    assert rows(known[1]) == rows(known[0])


def test_every_statement_has_the_place_that_sparql_finds(both: tuple[KnowledgeGraph, KnowledgeGraph]) -> None:
    plain, fast = both
    query = "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> SELECT ?s ?p ?o { ?x rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o }"
    statements = [(s, p, o) for s, p, o in plain.engine.select(query).rows if s and p and o][::3]
    assert len(statements) > 1000
    assert statement_places(fast.engine, statements) == statement_places(plain.engine, statements)


def test_every_question_is_told_as_sparql_tells_it(both: tuple[KnowledgeGraph, KnowledgeGraph]) -> None:
    """Names, kinds and the status of each row, of things, of what is said of them, and of what has no kind."""
    plain, fast = both
    statuses = set()
    for question in plain.questions.of("ask"):
        expected, found = (answer(graph.engine, run(question, graph.engine)) for graph in (plain, fast))
        assert found == expected, question.name
        statuses |= set(expected.statuses)
    assert statuses == {"stated", "inferred", "uncertain"}


def test_a_long_answer_opens_the_snapshot_that_is_there_and_makes_none(
    both: object, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MANY_NAMES", 100)
    shutil.copytree(place, tmp_path / "quick", ignore=shutil.ignore_patterns("*.answers"))
    graph = opened(tmp_path / "quick")
    assert len(graph.ask("approvals")) < 100
    assert columns.opened(graph.engine) is None
    expected = graph.ask("actions-by-lead")
    assert columns.opened(graph.engine) is not None
    shutil.copytree(place, tmp_path / "store", ignore=shutil.ignore_patterns("*.answers", "*.columns"))
    bare = opened(tmp_path / "store")
    assert bare.ask("actions-by-lead") == expected
    assert columns.opened(bare.engine) is None
    assert not list((tmp_path / "store").glob("*.columns"))


def test_the_snapshot_lies_beside_the_store_and_is_read_again(both: object, place: Path) -> None:
    file = file_of(place)
    before = file.stat().st_mtime_ns
    graph = opened(place)
    assert columns.columns_of(graph.engine) is not None
    assert file.stat().st_mtime_ns == before
    assert not list(file.parent.glob("*.????????")), "nothing half written is left"


def test_what_is_made_of_a_store_that_others_write_is_kept_in_the_cache(
    place: Path, forced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, cache = tmp_path / "theirs", tmp_path / "cache"
    shutil.copytree(place, theirs, ignore=shutil.ignore_patterns("store-*.*", "columns-*", "answers-*"))
    listed = sorted(theirs.rglob("*"))
    monkeypatch.setenv("CSPGRAPH_CACHE", str(cache))
    monkeypatch.setattr(os, "access", lambda path, mode: path != theirs)
    graph = opened(theirs)
    carried, found = graph.load(), rows(graph.gaps())
    assert sorted(theirs.rglob("*")) == listed
    (shelf,) = (cache / "stores").iterdir()
    (store,) = theirs.glob("store-*")
    kept = {"answers-3.sqlite", "columns-1", f"{store.name}.answers", f"{store.name}.columns"}
    assert {path.name for path in shelf.iterdir()} == kept
    with monkeypatch.context() as nothing_is_made:
        nothing_is_made.setattr("cspgraph.columns.making.make", lambda _: pytest.fail("it was made again"))
        again = opened(theirs)
        assert (again.load(), rows(again.gaps())) == (carried, found)
    gone = shelf / "store-00000000.columns"
    gone.mkdir()
    opened(theirs).load()
    assert {path.name for path in shelf.iterdir()} == kept
    assert shelf.stat().st_mode & 0o077 == 0


def test_what_others_made_of_their_store_is_read_where_it_lies(
    place: Path, forced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, blocked = tmp_path / "theirs", tmp_path / "file"
    shutil.copytree(place, theirs)
    made = opened(theirs)
    carried, found, answered = made.load(), rows(made.gaps()), made.ask("actions-by-lead")
    listed = sorted(theirs.rglob("*"))
    blocked.write_text("no cache can be here", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda path, mode: path != theirs)
    monkeypatch.setattr("cspgraph.columns.making.make", lambda _: pytest.fail("columns were made again"))
    monkeypatch.setattr("cspgraph.answers.answer", lambda *_: pytest.fail("it was asked again"))
    monkeypatch.setattr("cspgraph.partitions.ask", lambda *_: pytest.fail("rules were asked again"))
    for cache in (blocked, tmp_path / "cache"):
        monkeypatch.setenv("CSPGRAPH_CACHE", str(cache))
        again = opened(theirs)
        assert (again.load(), again.ask("actions-by-lead")) == (carried, answered)
        assert rows(again.gaps()) == found
    assert sorted(theirs.rglob("*")) == listed


@pytest.mark.parametrize("damage", ["cut", "head", "body", "empty", "format"])
def test_a_snapshot_that_cannot_be_trusted_is_made_anew(both: object, place: Path, damage: str) -> None:
    file = file_of(place)
    whole = file.read_bytes()
    changed = {
        "cut": whole[:-1000],
        "head": whole[:40] + b"9" + whole[41:],
        "body": whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :],
        "empty": b"",
        "format": b"00000000 {}\n",
    }[damage]
    file.write_bytes(changed)
    graph = opened(place)
    assert rows(graph.load())
    assert file.read_bytes() == whole, "the same store gives the same bytes"


def test_where_nothing_can_be_written_it_is_kept_in_memory(forced: None, tmp_path: Path, place: Path) -> None:
    shutil.copytree(place, tmp_path / "store", ignore=shutil.ignore_patterns("*.answers", "*.columns"))
    (store,) = (folder for folder in (tmp_path / "store").glob("store-*") if not folder.suffix)
    store.with_suffix(".columns").write_text("in the way")
    graph = opened(tmp_path / "store")
    assert rows(graph.depends(NAMES[0])) == rows(opened(place).depends(NAMES[0]))
    assert rows(graph.load())


def test_graphs_that_stay_as_they_are_are_read_once(
    forced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one plan has changed only that plan is read; the snapshot is the one that is made of nothing."""
    read: list[str] = []

    def reading(store: ox.Store, graph: ox.NamedNode, wanted: Iterable[ox.NamedNode]) -> parts.Part:
        read.append(graph.value)
        return parts.read_part(store, graph, wanted)

    monkeypatch.setattr(making, "read_part", reading)
    data, place = tmp_path / "data", tmp_path / "store"
    data.mkdir()
    (data / "reference.yaml").write_text(LITTLE_REFERENCE, encoding="utf-8")
    plan = data / "two.yaml"
    for name in ("one", "two"):
        (data / f"{name}.yaml").write_text(LITTLE.replace("little-2026", f"{name}-2026"), encoding="utf-8")

    def made() -> bytes:
        build([data], store_folder(str(place)))
        engine = opened(place).engine
        assert isinstance(engine, OxigraphEngine)
        assert columns.columns_of(engine) is not None
        return b"".join(array.tobytes() for array in make(engine).values())

    first = made()
    assert len(read) == 4, "two plans, what they share, the vocabulary"
    read.clear()
    plan.write_text(plan.read_text(encoding="utf-8").replace("A little plan", "Another plan"), encoding="utf-8")
    second = made()
    assert read == [f"{GRAPH}two-2026"]
    assert second != first
    kept = sorted(path for path in (place / "columns-1").iterdir())
    assert len(kept) == 4, "what was kept of the plan as it was is gone"
    read.clear()
    kept[0].write_bytes(kept[0].read_bytes()[:-20])
    kept[1].write_bytes(zlib.compress(b"[[],[],[],[0,0,0]]\n    "))
    kept[2].write_bytes(b"")
    assert made() == second
    assert len(read) == 3, "what is damaged is read again"
    read.clear()
    assert made() == second
    assert read == []


def test_a_build_that_changes_nothing_leaves_the_snapshot(both: object, place: Path) -> None:
    import os

    file = file_of(place)
    os.utime(file.parent, (0, 0))
    build([], store_folder(str(place)))
    assert file.exists()


def test_few_graphs_and_some_plans_of_many_are_asked_in_sparql(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert columns.columns_of(opened(place).engine) is None
    monkeypatch.setattr(columns, "MANY", 0)
    assert columns.columns_of(opened(place).restricted(["havering-2017"]).engine) is None


def test_a_look_up_makes_no_snapshot_and_needs_no_numpy(cli: Callable[..., Ran], forced: None, place: Path) -> None:
    code = (
        "import sys; from cspgraph import columns; columns.MANY = 0; from cspgraph.cli import main; sys.argv[1:] = "
        f"['show', 'havering-2017/A4', '--engine', 'oxigraph:{place}', '--quiet']\n"
        "try: main()\nexcept SystemExit: pass\nprint('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_arrays_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    class Full(np.ndarray[tuple[int], np.dtype[np.int32]]):
        def tofile(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    file = tmp_path / "snapshot"
    write_arrays(file, {"one": np.arange(5, dtype=np.int32)})
    before = file.read_bytes()
    with pytest.raises(OSError, match="No space"):
        write_arrays(file, {"one": np.arange(9, dtype=np.int32), "two": np.arange(9, dtype=np.int32).view(Full)})
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
    assert read_arrays(file)["one"].tolist() == [0, 1, 2, 3, 4]


def test_arrays_that_are_not_whole_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        read_arrays(tmp_path / "none")
    (tmp_path / "text").write_text("no arrays")
    with pytest.raises(ValueError, match="damaged"):
        read_arrays(tmp_path / "text")
