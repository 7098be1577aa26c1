"""The generator of plans: the same every time, what the loader would make, and of the shape of the bundled plans."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from benchmarks.generate import Generator
from benchmarks.shapes import _moved
from cspgraph.build import build, store_folder
from cspgraph.check import read_library
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from cspgraph.terms import CSP, GRAPH, ONTOLOGY_GRAPH, RDF, SHARED
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cspgraph.engines.part import Graph
    from cspgraph.graph import KnowledgeGraph

TABLE = """\
ltla24_code,ltla24_name,csp24_code,csp24_name,pfa24_code,pfa24_name
1,A,1,"Kingston upon Hull, City of",1,Humberside
2,B,2,King's Lynn & West Norfolk,2,Norfolk
3,C,3,Barrow-in-Furness,3,"London, City of"
4,D,4,"Bournemouth, Christchurch and Poole",4,Dorset
5,E,5,Ynys Môn,5,Gwynedd
"""


@pytest.fixture(scope="module")
def block(tmp_path_factory: pytest.TempPathFactory) -> tuple[Generator, Path]:
    """A block of five plans with names that are hard to write, as a generator and as plan files."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    generator = Generator(100_000, places=folder / "table.csv")
    assert generator.write_plans(folder / "data") == 5
    return generator, folder / "data"


@pytest.fixture(scope="module")
def graphs(block: tuple[Generator, Path]) -> dict[str, Graph]:
    return {graph.name: graph for graph in block[0].graphs()}


def test_what_is_written_straight_is_what_the_loader_makes_of_the_plan_files(
    block: tuple[Generator, Path], graphs: dict[str, Graph], tmp_path: Path
) -> None:
    """Byte for byte, by the hash that a build writes: names, statements, what follows from the ontology."""
    reading = read_library(library([block[1]]))
    assert reading.problems == []
    folder = store_folder(str(tmp_path / "store"))
    built = build([block[1]], folder)
    assert len(built.loaded) == 7
    assert folder.graphs() == {name: graph.digest for name, graph in graphs.items()}
    assert {name.removeprefix(GRAPH) for name in graphs} >= {"ynys-mon-2018", "city-of-kingston-upon-hull-2013", "ref"}
    again = folder.publish(lambda _: graphs.values(), {})
    assert (again.loaded, again.quads) == (set(), built.quads)


def test_hashes_are_of_what_they_say(graphs: dict[str, Graph]) -> None:
    from cspgraph import __version__

    vocabulary = read_library(library()).vocabulary.digest
    for name, graph in graphs.items():
        *body, last = graph.content.splitlines(keepends=True)
        hashed = b"" if name == ONTOLOGY_GRAPH else b"".join(body)
        assert graph.digest == hashlib.sha256(f"{__version__}\0{vocabulary}\0".encode() + hashed).hexdigest()
        assert graph.digest.encode() in last


def test_proportions_are_those_of_the_bundled_plans(graphs: dict[str, Graph]) -> None:
    """Kinds, relations and statements of their own: each as often as read, give or take what chance moved."""
    real = _counted(quads for name, quads in read_library(library()).graphs() if name != f"{GRAPH}{SHARED}")
    made = _counted(
        list(ox.parse(graph.content, format=ox.RdfFormat.N_QUADS))
        for name, graph in graphs.items()
        if name not in (ONTOLOGY_GRAPH, f"{GRAPH}{SHARED}")
    )
    often = {what: count for what, count in real.items() if count >= 150}
    assert len(often) > 60
    assert {what: (count, made[what]) for what, count in often.items() if not 0.85 < made[what] / count < 1.15} == {}
    assert made != real


def _counted(graphs: Iterable[list[ox.Quad]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for quads in graphs:
        for quad in quads:
            found[quad.predicate.value] += 1
            if quad.predicate.value in (f"{CSP}kind", f"{RDF}type"):
                found[str(quad.object)] += 1
    return found


def test_the_same_bytes_for_every_hash_seed(tmp_path: Path) -> None:
    texts = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.nq"
        command = [sys.executable, "-m", "benchmarks.generate", "--triples", "50k", "--nquads", str(out)]
        command += ["--plans", str(tmp_path / seed)]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        files = sorted((tmp_path / seed).rglob("*.yaml"))
        texts.append([out.read_bytes(), *(path.read_bytes() for path in files)])
    assert texts[0] == texts[1]
    assert len(texts[0]) > 4
    plans = [text.decode() for text in texts[0][1:] if text.startswith(b"plan: ")]
    assert [("replaces" in text) for text in sorted(plans)] == [False, True]
    assert plans[0] != plans[1]


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("March 2017", "March 2019"),
        ("2017/18 to 2019/20", "2019/20 to 2021/22"),
        ("2013 - 2017", "2015 - 2019"),
        ("2017-21", "2019-23"),
        ("1999/00", "2001/02"),
        ("2017-07-18", "2019-07-18"),
        ("pcp-2017 and £2017 and 2,017", "pcp-2017 and £2017 and 2,017"),
        ("2", "2"),
    ],
)
def test_years_move(text: str, later: str) -> None:
    assert _moved(text, 2) == later


@pytest.mark.slow
def test_a_million_triples_give_every_rule_something_to_find(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    from cspgraph.graph import load

    folder = store_folder(str(tmp_path / "store"))
    change = folder.publish(lambda _: Generator(1_000_000).graphs(), {})
    assert 900_000 < change.quads < 1_100_000
    graph = load(engine=f"oxigraph:{tmp_path / 'store'}")
    wanted = {finding.rule for finding in bundled.gaps()}
    assert len(wanted) > 60
    assert {rule for rule in wanted if not graph.gaps(rule)} == set()


def _published(path: Path, triples: int) -> ox.Store:
    folder = store_folder(str(path))
    folder.publish(lambda _: Generator(triples).graphs(), {})
    return folder.open().store


@pytest.mark.slow
def test_no_question_asked_whole_grows_much_faster_than_the_data(tmp_path: Path) -> None:
    """On a store of ours rules are asked plan by plan; an endpoint is asked by the text as it stands."""
    took: dict[str, list[float]] = {}
    found: Counter[str] = Counter()
    for triples in (100_000, 1_000_000):
        store = _published(tmp_path / str(triples), triples)
        for question in read_catalogue(library()).of("gap"):
            text, start = question.path.read_text(encoding="utf-8"), time.perf_counter()
            rows = store.query(text, use_default_graph_as_union=True)
            assert isinstance(rows, ox.QuerySolutions)
            found[question.name] += len(list(rows))
            took.setdefault(question.name, []).append(time.perf_counter() - start)
    grown = {name: (few, many) for name, (few, many) in took.items() if many > 25 * few + 1}
    assert grown == {}, "seconds for a hundred thousand triples and for a million"
    assert sum(rows > 0 for rows in found.values()) > 60
