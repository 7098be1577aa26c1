"""The same answers from Parquet files on a real cluster, also when a machine of it is switched off."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest

from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import InputError
from cspgraph.graph import KnowledgeGraph
from cspgraph.parquet import COLUMNS, quads_of, rows_of, write_parquet
from cspgraph.terms import CSP, GRAPH, ID, ONTOLOGY_GRAPH, SHARED
from tests.conftest import ROOT
from tests.spark_cluster import Cluster, busy, cluster, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cspgraph.spark.graph import SparkGraph

pytestmark = pytest.mark.spark
COPIES = 4


def copied(number: int) -> OxigraphEngine:
    """Return the bundled plans so many times, each copy under names of its own, beside one copy of what plans share."""
    from cspgraph.build import open_engine

    content = open_engine([], "memory:").confinement()
    assert isinstance(content, bytes)
    shared = (ONTOLOGY_GRAPH, f"{GRAPH}{SHARED}")
    quads = list(ox.parse(content, format=ox.RdfFormat.N_QUADS))
    engine = OxigraphEngine.in_memory(quad for quad in quads if quad.graph_name.value in shared)
    own = [quad for quad in quads if quad.graph_name.value not in shared]
    text = (ox.serialize(own, format=ox.RdfFormat.N_QUADS) or b"").decode()
    for copy in range(number):
        renamed = text
        for plan in {quad.graph_name.value.removeprefix(GRAPH) for quad in own}:
            for base in (ID, GRAPH):
                for end in ("/", ">"):
                    renamed = renamed.replace(f"<{base}{plan}{end}", f"<{base}{plan}-{copy}{end}")
        engine.store.bulk_load(renamed.encode(), ox.RdfFormat.N_QUADS)
    return engine


@pytest.fixture(scope="module")
def five(bundled: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled plans as Parquet."""
    folder = tmp_path_factory.mktemp("five") / "plans.parquet"
    write_parquet(bundled.engine, folder)
    return folder


@pytest.fixture(scope="module")
def many() -> KnowledgeGraph:
    """The bundled plans four times, in memory."""
    return KnowledgeGraph(copied(COPIES))


@pytest.fixture(scope="module")
def many_files(many: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as Parquet."""
    folder = tmp_path_factory.mktemp("many") / "plans.parquet"
    write_parquet(many.engine, folder)
    return folder


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master and two workers."""
    yield from cluster(tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="module")
def on_spark(running: Cluster) -> Iterator[Callable[[Path], SparkGraph]]:
    """Open a folder on the cluster, in one session for all tests of this process."""
    from cspgraph.spark.graph import open_graph

    patch = pytest.MonkeyPatch()
    for name in ("SPARK_HOME", "SPARK_CONF_DIR", "SPARK_LOCAL_IP", "PYSPARK_PYTHON"):
        patch.setenv(name, running.environment[name])
    opened: list[SparkGraph] = []

    def _open(folder: Path) -> SparkGraph:
        opened.append(open_graph(running.address, [folder]))
        return opened[-1]

    yield _open
    for graph in opened:
        graph.columns.session.stop()
    patch.undo()


@pytest.fixture
def free(running: Cluster) -> Cluster:
    """The cluster with all its cores free: a session of this process would keep them."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    return running


def rows(found: Any) -> list[str]:
    return [json.dumps(one.as_json()) for one in found]


def run(running: Cluster, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cspgraph", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=running.environment, capture_output=True, text=True, check=False)


# -------------------------------------------------------------------- files


def canonical(quads: Any) -> set[str]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def held(folder: Path) -> list[ox.Quad]:
    import pyarrow.dataset as ds

    return list(quads_of(rows_of(ds.dataset(folder).to_table())))


def test_the_files_hold_every_quad_and_no_other(bundled: KnowledgeGraph, five: Path) -> None:
    content = OxigraphEngine.in_memory()
    for graph in bundled.engine.graphs():
        triples = bundled.engine.construct(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
        content.load(graph, (ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(graph)) for t in triples))
    whole = [quad for quad in content.store if quad.predicate.value != f"{CSP}contentHash"]
    assert len(whole) > 100_000
    assert canonical(held(five)) == canonical(whole)


def test_what_is_hard_to_write_comes_back(tmp_path: Path) -> None:
    node, graph = ox.NamedNode(f"{ID}p/a"), ox.NamedNode(f"{GRAPH}p")
    words = ["<script>", "=1+1", "@x", "a\tb\r\n", "\u202e\x01\U0001f600", "x" * 10_000, "", '"\\', "_:x", "iri"]
    values: list[ox.NamedNode | ox.Literal] = [ox.Literal(word) for word in words]
    values += [ox.Literal("chat", language="fr-be"), ox.Literal("1.50", datatype=ox.NamedNode("urn:money"))]
    values += [ox.Literal("2019-03-31", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#date"))]
    values += [node, ox.NamedNode("urn:x")]
    quads = [ox.Quad(node, ox.NamedNode("urn:says"), value, graph) for value in values]
    elsewhere = ox.Quad(node, ox.NamedNode("urn:says"), node, ox.NamedNode("http://example.org/other/graph"))
    engine = OxigraphEngine.in_memory([*quads, elsewhere])
    assert write_parquet(engine, tmp_path / "x.parquet") == (16, 2)
    assert {str(quad) for quad in held(tmp_path / "x.parquet")} == {str(quad) for quad in [*quads, elsewhere]}


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path, five: Path) -> None:
    command = [sys.executable, "-m", "cspgraph", "export", "--engine", "memory:", "--to", str(tmp_path / "x.parquet")]
    import os

    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "x.parquet").iterdir()}
    assert made == {path.name: path.read_bytes() for path in five.iterdir()}


def test_no_plan_is_divided_and_files_are_few(many: KnowledgeGraph, many_files: Path) -> None:
    import pyarrow.parquet as pq

    files = sorted(many_files.glob("plans-*.parquet"))
    assert 1 < len(files) < COPIES
    plans = [plan for path in files for plan in dict.fromkeys(pq.read_table(path)["plan"].to_pylist())]
    assert Counter(plans) == Counter(dict.fromkeys(plans, 1))
    assert len(plans) == 5 * COPIES


def test_a_folder_is_written_whole_or_not_at_all(
    bundled: KnowledgeGraph, five: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = OxigraphEngine.in_memory(quads for quads in copied(0).store)
    target = tmp_path / "x.parquet"
    write_parquet(engine, target)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    writes = OxigraphEngine.construct

    def broken(self: OxigraphEngine, query: str) -> list[ox.Triple]:
        if "ontology" in query:
            raise OSError(28, "No space left on device")
        return writes(self, query)

    monkeypatch.setattr(OxigraphEngine, "construct", broken)
    with pytest.raises(InputError, match="No space left"):
        write_parquet(bundled.engine, target)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]
    other = tmp_path / "mine.parquet"
    other.mkdir()
    (other / "letter.txt").write_text("dear board", encoding="utf-8")
    with pytest.raises(InputError, match=r"would be lost: letter\.txt"):
        write_parquet(engine, other)


# -------------------------------------------------------------------- the same answers

QUESTIONS: dict[str, Callable[[KnowledgeGraph], Any]] = {
    "gaps": lambda graph: graph.gaps(today="2026-11-21"),
    "gaps off": lambda graph: graph.gaps(severities={"action-without-money": "off", "part-missing": "low"}),
    "a rule": lambda graph: graph.gaps("rests-on-ending-document"),
    "across": lambda graph: graph.gaps("perhaps-the-same", "replacement-not-ready"),
    "load": lambda graph: graph.load(),
    "depends": lambda graph: graph.depends("London Crime Prevention Fund"),
    "depends on": lambda graph: graph.depends("havering-2017/A4", on=True),
    "depends kind": lambda graph: graph.depends("Metropolitan Police Service", kind="actions"),
    "horizon": lambda graph: graph.horizon("2017-10", "2019-03"),
    "horizon open": lambda graph: graph.horizon(),
    "coverage": lambda graph: graph.coverage(),
    "coverage of one": lambda graph: graph.coverage("Police and Crime Plan 2017"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_bundled_plans_give_the_same_rows(
    question: str, bundled: KnowledgeGraph, five: Path, on_spark: Callable[[Path], SparkGraph]
) -> None:
    expected = rows(QUESTIONS[question](bundled))
    assert expected
    assert rows(QUESTIONS[question](on_spark(five))) == expected


@pytest.mark.parametrize("question", ["gaps", "load", "horizon", "coverage of one"])
def test_one_plan_gives_the_same_rows(
    question: str, bundled: KnowledgeGraph, five: Path, on_spark: Callable[[Path], SparkGraph]
) -> None:
    expected = rows(QUESTIONS[question](bundled.restricted(["havering-2017"])))
    assert expected
    assert rows(QUESTIONS[question](on_spark(five).restricted(["havering-2017"]))) == expected


@pytest.mark.parametrize("question", ["across", "load", "depends", "horizon", "coverage of one"])
def test_many_plans_give_the_same_rows(
    question: str, many: KnowledgeGraph, many_files: Path, on_spark: Callable[[Path], SparkGraph]
) -> None:
    expected = rows(QUESTIONS[question](many))
    assert len(expected) > 0
    assert rows(QUESTIONS[question](on_spark(many_files))) == expected


# -------------------------------------------------------------------- commands, and what goes wrong


def test_the_command_prints_what_it_prints_elsewhere(free: Cluster, five: Path) -> None:
    for words in (("gaps", "--format", "csv"), ("depends", "ref/lcpf", "--kind", "action")):
        here, there = run(free, *words), run(free, *words, "--engine", free.address, "--data", five)
        assert (there.returncode, there.stdout) == (here.returncode, here.stdout)
        progress = re.compile(r"^[a-z ]+ \.\.\.( \d+ s)?\n", re.MULTILINE)
        assert progress.sub("", there.stderr) == progress.sub("", here.stderr)


def test_a_worker_killed_half_way_changes_nothing(free: Cluster, many: KnowledgeGraph, many_files: Path) -> None:
    expected = [one.as_json() for one in many.gaps()]
    command = [sys.executable, "-m", "cspgraph", "gaps", "--accepted", "--format", "json", "--quiet"]
    command += ["--engine", free.address, "--data", str(many_files)]
    job = subprocess.Popen(command, cwd=ROOT, env=free.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    victim = free.workers[-1]
    assert until(lambda: busy(victim)), "it computes"
    assert job.poll() is None
    free.kill(victim)
    out, err = job.communicate(timeout=1200)
    free.workers.remove(victim)
    free.add_worker(3)
    assert (job.returncode, err) == (0, b"")
    assert json.loads(out) == expected


def test_a_cluster_without_workers_is_one_sentence(free: Cluster, many_files: Path) -> None:
    command = [sys.executable, "-m", "cspgraph", "load", "--quiet", "--engine", free.address]
    command += ["--data", str(many_files)]
    job = subprocess.Popen(command, cwd=ROOT, env=free.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert until(lambda: any(map(busy, free.workers))), "it computes"
    while free.workers:
        free.kill(free.workers.pop())
    out, err = job.communicate(timeout=1200)
    for number in (4, 5):
        free.add_worker(number)
    assert (job.returncode, out) == (3, b"")
    first, hint, rest = err.decode().split("\n", 2)
    said = "the master ended the job, or all its workers were lost"
    assert (first, hint.strip(), rest) == (
        f"Spark failed at {free.address}: {said}",
        "CSPGRAPH_DEBUG=1 shows its log",
        "",
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "ref/lcpf"), 3, "Spark answers gaps, load, coverage, horizon and depends, and nothing else"),
        (("depends", "nothing of the sort"), 2, "the name 'nothing of the sort' is not known"),
        (("gaps", "--plan", "nowhere"), 2, "the plan 'nowhere' is not known"),
    ],
)
def test_what_cannot_be_asked_is_said(words: tuple[str, ...], code: int, said: str, free: Cluster, five: Path) -> None:
    done = run(free, *words, "--quiet", "--engine", free.address, "--data", five)
    assert (done.returncode, done.stdout, done.stderr.split("\n")[0]) == (code, "", said)


def test_a_damaged_file_is_one_sentence(free: Cluster, five: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(five, tmp_path / "x.parquet")
    (tmp_path / "x.parquet" / "plans-00000.parquet").write_bytes(b"PAR1 this is none PAR1")
    done = run(free, "load", "--quiet", "--engine", free.address, "--data", tmp_path / "x.parquet")
    assert (done.returncode, done.stdout) == (3, "")
    first, hint, rest = done.stderr.split("\n", 2)
    assert first.startswith(f"Spark failed at {free.address}: ")
    assert "plans-00000.parquet" in first
    assert "\tat " not in done.stderr
    assert (hint.strip(), rest) == ("CSPGRAPH_DEBUG=1 shows its log", "")


def test_a_plan_in_two_pieces_is_refused(five: Path, tmp_path: Path, on_spark: Callable[[Path], SparkGraph]) -> None:
    import shutil

    import pyarrow.parquet as pq

    from cspgraph.errors import EngineError

    shutil.copytree(five, tmp_path / "x.parquet")
    table = pq.read_table(five / "plans-00000.parquet", columns=list(COLUMNS))
    pq.write_table(table.slice(0, 100), tmp_path / "x.parquet" / "plans-00001.parquet")
    with pytest.raises(EngineError, match="does not stand in one piece"):
        on_spark(tmp_path / "x.parquet").gaps("action-without-lead")
