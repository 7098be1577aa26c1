"""Plan files read by several processes: the same graphs and the same problems as one after the other, and none read twice."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph import build as building
from cspgraph import streaming
from cspgraph.build import Built, build, open_engine, store_folder
from cspgraph.check import read_library
from cspgraph.errors import EngineError, InputError
from cspgraph.resources import data_folder, library
from cspgraph.streaming import worker as reading
from cspgraph.streaming.cards import Cards

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cspgraph.engines.part import Graph

PLAN = """\
plan: {name}
source: doc
title: Plan {name}
lines: 1
boards:
  b: {{title: Board of {name}, lines: 2}}
actions:
  A1: {{title: Do {number}, lines: 3, overseenBy: b, involves: shared-body}}
"""
SHARED = """\
reference: more
source: doc
organisations:
  shared-body: {title: The shared body, authorityClass: council}
"""


@pytest.fixture
def many(write: Callable[..., Path]) -> Path:
    """A folder of six plans that rest on one shared body; the last speaks of a thing of the first."""
    write("more.yaml", SHARED)
    for number in range(5):
        write(f"p{number}.yaml", PLAN.format(name=f"p{number}", number=number))
    return write(
        "p5.yaml", PLAN.format(name="p5", number=5) + "  A2: {title: As p0 does, lines: 4, closeMatch: p0/A1}\n"
    )


def streamed(data: Sequence[Path], cards: Path, jobs: int, held: dict[str, str] | None = None) -> list[Graph]:
    """Return the graphs of a stream. Raises InputError."""
    files = library(data)
    checksums = {path: stamp[2] for path, stamp in building._stamps(files, {}).items()}
    kept = Cards(cards)
    try:
        return sorted(map(nameless, streaming.Stream(files, kept, checksums, jobs, None).graphs(held or {})))
    finally:
        kept.close()


def plainly(data: Sequence[Path]) -> list[Graph]:
    return sorted(map(nameless, building._graphs(read_library(library(data)).or_raise())))


def nameless(graph: Graph) -> Graph:
    """Return a graph without the names of blank nodes, which are new each time; only the ontology has any."""
    return graph._replace(content=re.sub(rb"_:\w+", b"_:x", graph.content))


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take small data for large: processes read them, and stores are built in batches."""
    monkeypatch.setattr(streaming, "_FEW", 0)
    monkeypatch.setattr(building, "_LARGE", 0)
    monkeypatch.setattr(building, "cores", lambda: 2)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, in this process."""
    monkeypatch.setattr(building, "_LARGE", 0)
    names: list[str] = []
    real = reading.Worker.read

    def count(self: reading.Worker, path: str, foreign: list[Any]) -> Any:
        names.append(path.rpartition("/")[2])
        return real(self, path, foreign)

    monkeypatch.setattr(reading.Worker, "read", count)
    return names


# -------------------------------------------------------------------- the same


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_bundled_plans_give_the_same_bytes(jobs: int, several: None, tmp_path: Path) -> None:
    plain = plainly([])
    assert len(plain) == 7
    assert streamed([], tmp_path / "cards", jobs) == plain
    again = streamed([], tmp_path / "cards", jobs, {graph.name: graph.digest for graph in plain})
    assert [graph[:2] for graph in again] == [graph[:2] for graph in plain]
    assert [graph.quads for graph in again] == [graph.quads for graph in plain]
    assert sum(bool(graph.content) for graph in again) == 2, "only the ontology and what plans share are made again"


def spoil(folder: Path) -> None:
    """Make every kind of mistake that needs more than one file to be seen, and some that do not."""

    def change(name: str, *pairs: tuple[str, str]) -> None:
        path = folder / "plans" / name
        text = path.read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")

    change(
        "hackney-2015.yaml",
        ("havering-2017/super-cocooning", "havering-2017/super-cocoonig"),  # no such thing of that plan
        ("havering-2017/neighbourhood-watch", "havering-2071/neighbourhood-watch"),  # no such plan
        ("ledBy: ", "ledBy: havering-2017/csp "),
    )
    change("tower-hamlets-2017.yaml", ("haringey-2013/iris", "haringey-2013/O1"), ("ledBy: ", "ledBy: xyz"))
    change("haringey-2013.yaml", ("title: ", "titel: "))
    plans = folder / "plans"
    shutil.copy(plans / "havering-2017.yaml", plans / "twin.yaml")
    (plans / "cut.yaml").write_text("plan: cut\nactions:\n  A1: [\n", encoding="utf-8")
    (plans / "headless.yaml").write_text("title: nothing\n", encoding="utf-8")
    (plans / "notes.yaml").write_text(
        "reference: notes\ndisagreements:\n"
        "  d: {title: x, about: hackney-2015/9.9, by: x, when: May 2026, because: y}\n"
        "  e: {title: x, about: hackney-2015/1.2, by: x, when: May 2026, because: y}\n",
        encoding="utf-8",
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_wrong_plans_are_told_in_the_same_words_and_order(jobs: int, several: None, tmp_path: Path) -> None:
    shutil.copytree(data_folder(), tmp_path / "data")
    spoil(tmp_path / "data")
    with pytest.raises(InputError) as plain:
        plainly([tmp_path / "data"])
    said = str(plain.value)
    for words in (
        "super-cocooning",
        "havering-2071",
        "is defined in two files",
        "titel",
        "hackney-2015/9.9",
        "cut.yaml",
    ):
        assert words in said, words
    for _ in range(2):  # without cards, and with those of the files that are right
        with pytest.raises(InputError) as caught:
            streamed([tmp_path / "data"], tmp_path / "cards", jobs)
        assert caught.value.problems == plain.value.problems


def test_a_store_of_one_path_is_a_store_of_the_other(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store_folder(str(tmp_path / "store"))
    build([many], folder)
    monkeypatch.setattr(building, "_LARGE", 0)
    assert build([many], folder).loaded == ()
    monkeypatch.setattr(building, "_LARGE", 1 << 40)
    assert build([many], folder).loaded == ()


def test_what_only_looks_like_a_plan_is_read_all_the_same(
    write: Callable[..., Path], several: None, tmp_path: Path
) -> None:
    write("p.yaml", PLAN.format(name="p", number=1).replace("involves: shared-body", "involves: q"))
    data = write("r.yaml", '"reference": r\nsource: doc\norganisations:\n  q: {title: "X", authorityClass: council}\n')
    folder = store_folder(str(tmp_path / "store"))
    assert set(build([data], folder).loaded) == {"p", "ref", "ontology"}
    assert folder.open().graphs() == {graph.name: graph.digest for graph in plainly([data])}


# -------------------------------------------------------------------- none read twice


def rebuilt(data: Path, tmp_path: Path, names: list[str]) -> tuple[Built, list[str]]:
    names.clear()
    done = build([data], store_folder(str(tmp_path / "store")))
    assert store_folder(str(tmp_path / "store")).open().graphs() == {g.name: g.digest for g in plainly([data])}
    return done, sorted(names)


def test_a_plan_is_read_when_it_or_what_it_asked_has_changed(many: Path, tmp_path: Path, read: list[str]) -> None:
    everything = [f"p{number}.yaml" for number in range(6)]
    assert sorted(set(rebuilt(many, tmp_path, read)[1])) == everything
    assert rebuilt(many, tmp_path, read) == (
        Built((), ("ontology", *(f"p{n}" for n in range(6)), "ref"), (), read_quads(many)),
        [],
    )
    # The plan itself.
    (many / "p1.yaml").write_text(PLAN.format(name="p1", number=100), encoding="utf-8")
    done, names = rebuilt(many, tmp_path, read)
    assert (done.loaded, names) == (("p1",), ["p1.yaml"])
    # Something shared that it did not ask for, and then something that it did.
    (many / "more.yaml").write_text(
        SHARED + "  other-body: {title: Another, authorityClass: police}\n", encoding="utf-8"
    )
    done, names = rebuilt(many, tmp_path, read)
    assert (done.loaded, names) == (("ref",), [])
    (many / "more.yaml").write_text(SHARED.replace("The shared", "That shared"), encoding="utf-8")
    assert rebuilt(many, tmp_path, read)[1] == everything
    # A thing of another plan: only who spoke of it reads it again.
    (many / "p0.yaml").write_text(PLAN.format(name="p0", number=200), encoding="utf-8")
    assert rebuilt(many, tmp_path, read)[1] == ["p0.yaml", "p5.yaml"]
    # A plan that goes.
    (many / "p2.yaml").unlink()
    done, names = rebuilt(many, tmp_path, read)
    assert (done.dropped, names) == (("p2",), [])


def read_quads(data: Path) -> int:
    return sum(graph.quads for graph in plainly([data]))


def test_what_is_gone_is_missed_though_nobody_changed(many: Path, tmp_path: Path, read: list[str]) -> None:
    build([many], store_folder(str(tmp_path / "store")))
    (many / "p0.yaml").write_text(PLAN.format(name="p0", number=0).replace("A1:", "A2:"), encoding="utf-8")
    with pytest.raises(InputError, match=r"p5.yaml:9: closeMatch: nothing is called 'p0/A1'"):
        build([many], store_folder(str(tmp_path / "store")))


def test_damaged_cards_are_told_and_then_made_again(many: Path, tmp_path: Path, read: list[str]) -> None:
    folder = store_folder(str(tmp_path / "store"))
    build([many], folder)
    (tmp_path / "store" / "cards.sqlite").write_bytes(b"no sqlite file " * 1000)
    with pytest.raises(EngineError, match="was damaged and has been removed"):
        build([many], folder)
    assert build([many], folder).loaded == ()


# -------------------------------------------------------------------- killed


def test_a_process_that_dies_is_said_and_changes_nothing(
    many: Path, tmp_path: Path, several: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cspgraph.streaming import pool

    folder = store_folder(str(tmp_path / "store"))
    build([many], folder)
    before = folder.pointer()
    for path in many.glob("p*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").replace("Do ", "Undo "), encoding="utf-8")
    monkeypatch.setattr(pool, "_START", "import sys; sys.stdin.readline()")
    with pytest.raises(EngineError, match="a process that read plan files has died"):
        build([many], folder)
    assert folder.pointer() == before


def test_a_process_whose_parent_is_gone_says_nothing() -> None:
    from cspgraph.streaming import pool

    command = [sys.executable, "-c", pool._START, json.dumps(sys.path)]
    begin = json.dumps({"base": [], "own": [], "ontology": []}).encode() + b"\n"
    for said_last in (begin + b'["nowhere.yaml", []]\n', begin + b'["nowh', begin[:9], b""):
        with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
            assert process.stdout
            process.stdout.close()
            _, said = process.communicate(said_last)
        assert (process.returncode, said) == (0, b"")


SLOWLY = """
import pathlib, sys
from cspgraph import build, streaming
build._LARGE, build._BATCH, build.cores = 0, 1, lambda: 1
real = streaming.Worker.read
def read(self, path, foreign):
    print(path, flush=True)
    return real(self, path, foreign)
streaming.Worker.read = read
print("begun", flush=True)
print(build.build([pathlib.Path(sys.argv[1])], build.store_folder(sys.argv[2])).quads, flush=True)
"""


def test_a_killed_build_is_taken_up_where_it_was(many: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    command = [sys.executable, "-c", SLOWLY, str(many), str(store)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    seen: list[str] = []
    while len(seen) < 5:  # when the fifth is being read, the third has been loaded
        seen.append(process.stdout.readline().strip())
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (store / "pointer.json").exists()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    again = done.stdout.split()
    assert {seen[1], seen[2]}.isdisjoint(again), "what was loaded is not read again"
    assert again[-1] == str(read_quads(many))
    assert open_engine([], f"oxigraph:{store}").graphs() == {g.name: g.digest for g in plainly([many])}
    assert not (store / "part").exists()


def test_a_plan_that_went_while_nobody_looked_is_not_in_the_store(many: Path, tmp_path: Path) -> None:
    """Also where a killed build had loaded it."""
    store = tmp_path / "store"
    command = [sys.executable, "-c", SLOWLY, str(many), str(store)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    while not process.stdout.readline().endswith("p4.yaml\n"):
        time.sleep(0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (many / "p1.yaml").unlink()
    subprocess.run(command, capture_output=True, check=True)
    assert open_engine([], f"oxigraph:{store}").graphs() == {g.name: g.digest for g in plainly([many])}
