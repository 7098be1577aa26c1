"""A store is published whole: killed writers, readers beside writers, warm starts, caches that cannot be written."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph import build as building
from cspgraph.build import build, open_engine, store_folder
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.errors import EngineError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAN = "plan: {name}\nsource: doc\ntitle: Plan {name}\nlines: 1\nboards:\n  b: {{title: Board {board}, lines: 2}}\n"
LABELS = 'SELECT ?label { ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?label FILTER(STRSTARTS(?label, "Board ")) } ORDER BY ?label'


def boards(engine: object) -> list[str]:
    assert isinstance(engine, OxigraphEngine)
    return [row[0].value for row in engine.select(LABELS).rows if row[0] is not None]


@pytest.fixture
def two_plans(write: Callable[..., Path]) -> Path:
    """A folder with the plans p and q, each with a board."""
    write("p.yaml", PLAN.format(name="p", board="one"))
    return write("q.yaml", PLAN.format(name="q", board="two"))


# -------------------------------------------------------------------- what is replaced


def test_only_what_has_changed_is_loaded_again(two_plans: Path, tmp_path: Path) -> None:
    folder = store_folder(str(tmp_path / "store"))
    first = build([two_plans], folder)
    assert set(first.loaded) == {"p", "q", "ref", "ontology"}
    again = build([two_plans], folder)
    assert (again.loaded, again.dropped) == ((), ())
    assert set(again.unchanged) == {"p", "q", "ref", "ontology"}
    (two_plans / "p.yaml").write_text(PLAN.format(name="p", board="three"), encoding="utf-8")
    change = build([two_plans], folder)
    assert change.loaded == ("p",)
    assert boards(folder.open()) == ["Board three", "Board two"]
    (two_plans / "q.yaml").unlink()
    assert build([two_plans], folder).dropped == ("q",)
    assert boards(folder.open()) == ["Board three"]


def test_a_wrong_file_leaves_the_store_as_it_was(two_plans: Path, tmp_path: Path) -> None:
    folder = store_folder(str(tmp_path / "store"))
    build([two_plans], folder)
    before = (tmp_path / "store" / "pointer.json").read_bytes()
    (two_plans / "p.yaml").write_text("plan: p\ntitel: x\n", encoding="utf-8")
    with pytest.raises(InputError):
        build([two_plans], folder)
    assert (tmp_path / "store" / "pointer.json").read_bytes() == before
    assert boards(folder.open()) == ["Board one", "Board two"]


def test_a_reader_keeps_what_it_opened(two_plans: Path, tmp_path: Path) -> None:
    folder = store_folder(str(tmp_path / "store"))
    build([two_plans], folder)
    reader = folder.open()
    for number in range(3):
        (two_plans / "p.yaml").write_text(PLAN.format(name="p", board=f"new {number}"), encoding="utf-8")
        build([two_plans], folder)
        assert boards(reader) == ["Board one", "Board two"]
    assert boards(folder.open()) == ["Board new 2", "Board two"]


def test_stores_nobody_points_at_are_cleared_in_time(two_plans: Path, tmp_path: Path) -> None:
    place = tmp_path / "store"
    folder = store_folder(str(place))
    build([two_plans], folder)
    left = place / "store-killed00"
    left.mkdir()
    (left / "half.sst").write_bytes(b"x")
    os.utime(left, (0, 0))
    (two_plans / "p.yaml").write_text(PLAN.format(name="p", board="three"), encoding="utf-8")
    build([two_plans], folder)
    assert not left.exists()
    assert len(list(place.glob("store-*"))) == 2, "the last one may still be read"


@pytest.mark.parametrize("link", [False, True])
def test_what_is_no_folder_does_not_stand_in_the_way_of_a_new_store(
    link: bool, two_plans: Path, tmp_path: Path
) -> None:
    part = tmp_path / "store" / "part"
    part.parent.mkdir()
    if link:
        part.symlink_to(two_plans)
    else:
        part.write_text("x", encoding="utf-8")
    build([two_plans], store_folder(str(part.parent)))
    assert not part.exists()
    assert (two_plans / "p.yaml").exists(), "a link goes, and not what it points at"


# -------------------------------------------------------------------- killed, and side by side

WRITER = """
import sys, pathlib
from cspgraph.build import build, store_folder
print("ready", flush=True)
build([pathlib.Path(sys.argv[1])], store_folder(sys.argv[2]))
print("done", flush=True)
"""


def writer(plans: Path, store: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(plans), str(store)],
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str]) -> int:
    process.communicate()
    return process.returncode


def kill_at(delay: float, plans: Path, store: Path) -> bool:
    """Start a writer, kill it after some seconds, and return whether it was still at work."""
    process = writer(plans, store)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    return "done" not in out


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_a_killed_writer_leaves_the_old_store_or_the_new_one(kills: int, two_plans: Path, tmp_path: Path) -> None:
    place = tmp_path / "store"
    folder = store_folder(str(place))
    build([two_plans], folder)
    begun = time.monotonic()
    (two_plans / "p.yaml").write_text(PLAN.format(name="p", board="timed"), encoding="utf-8")
    assert finish(writer(two_plans, place)) == 0
    took = time.monotonic() - begun
    killed, before = 0, "timed"
    for number in range(kills):
        (two_plans / "p.yaml").write_text(PLAN.format(name="p", board=f"{number:03}"), encoding="utf-8")
        killed += kill_at(took * (number + 0.5) / kills, two_plans, place)
        found = boards(folder.open())
        assert found in ([f"Board {before}", "Board two"], [f"Board {number:03}", "Board two"])
        before = found[0].removeprefix("Board ")
    assert killed >= kills // 3, "most writers must be killed at work, or this proves nothing"
    build([two_plans], folder)
    assert boards(folder.open()) == [f"Board {kills - 1:03}", "Board two"]


def test_two_writers_at_once_end_with_a_store_of_one_of_them(write: Callable[..., Path], tmp_path: Path) -> None:
    place = tmp_path / "store"
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, board in ((one, "one"), (two, "two")):
        shutil.copytree(write("p.yaml", PLAN.format(name="p", board=board)), folder)
    writers = [writer(folder, place) for folder in (one, two, one, two)]
    assert [finish(process) for process in writers] == [0, 0, 0, 0]
    assert boards(store_folder(str(place)).open()) in (["Board one"], ["Board two"])


# -------------------------------------------------------------------- warm


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("CSPGRAPH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often YAML is read."""
    counted: list[int] = []
    real = building._read

    def count(files: Any) -> Any:
        counted.append(1)
        return real(files)

    monkeypatch.setattr(building, "_read", count)
    return counted


def test_a_warm_start_reads_no_yaml(two_plans: Path, cache: Path, readings: list[int]) -> None:
    assert boards(open_engine([two_plans])) == ["Board one", "Board two"]
    assert len(readings) == 1
    for _ in range(3):
        assert boards(open_engine([two_plans])) == ["Board one", "Board two"]
    assert len(readings) == 1


def test_an_edit_is_seen_whatever_its_stamps(two_plans: Path, cache: Path, readings: list[int]) -> None:
    path = two_plans / "p.yaml"
    open_engine([two_plans])
    stat = path.stat()
    path.write_text(PLAN.format(name="p", board="six"), encoding="utf-8")  # as long as "one"
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert boards(open_engine([two_plans])) == ["Board six", "Board two"]
    path.write_text(PLAN.format(name="p", board="longer"), encoding="utf-8")
    assert boards(open_engine([two_plans])) == ["Board longer", "Board two"]
    assert len(readings) == 3


def test_a_touched_file_is_not_read_again_and_a_new_or_lost_one_is(
    two_plans: Path, cache: Path, readings: list[int]
) -> None:
    open_engine([two_plans])
    os.utime(two_plans / "p.yaml", (1, 1))
    open_engine([two_plans])
    assert len(readings) == 1
    (two_plans / "r.yaml").write_text(PLAN.format(name="r", board="r"), encoding="utf-8")
    assert len(boards(open_engine([two_plans]))) == 3
    (two_plans / "q.yaml").unlink()
    assert len(boards(open_engine([two_plans]))) == 2
    assert len(readings) == 3


def test_a_cache_that_cannot_be_written_falls_back_to_memory(
    two_plans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be", encoding="utf-8")
    monkeypatch.setenv("CSPGRAPH_CACHE", str(blocked))
    engine = open_engine([two_plans])
    assert boards(engine) == ["Board one", "Board two"]
    assert engine.address == "memory:"


def test_a_damaged_cache_is_made_again(two_plans: Path, cache: Path) -> None:
    open_engine([two_plans])
    pointer = next(cache.rglob("pointer.json"))
    store = pointer.parent / json.loads(pointer.read_text(encoding="utf-8"))["store"]
    shutil.rmtree(store)
    assert boards(open_engine([two_plans])) == ["Board one", "Board two"]
    pointer.write_text("{", encoding="utf-8")
    assert boards(open_engine([two_plans])) == ["Board one", "Board two"]


def _largest(store: Path, pattern: str) -> Path:
    return max(store.glob(pattern), key=lambda path: path.stat().st_size)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a file is gone": lambda place: _largest(place, "store-*/*.sst").unlink(),
    "a file is empty": lambda place: _largest(place, "store-*/*.sst").write_bytes(b""),
    "the list of files is gone": lambda place: _largest(place, "store-*/MANIFEST*").unlink(),
    "what is current is empty": lambda place: _largest(place, "store-*/CURRENT").write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_store_is_said_and_build_makes_it_anew(damage: str, two_plans: Path, tmp_path: Path) -> None:
    place = tmp_path / "store"
    build([two_plans], store_folder(str(place)))
    DAMAGE[damage](place)
    with pytest.raises(EngineError, match="cannot be read") as caught:
        open_engine([], f"oxigraph:{place}")
    assert "cspgraph build" in caught.value.hint
    assert set(build([two_plans], store_folder(str(place))).loaded) == {"p", "q", "ref", "ontology"}
    assert boards(open_engine([], f"oxigraph:{place}")) == ["Board one", "Board two"]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_store_in_the_cache_is_made_again(damage: str, two_plans: Path, cache: Path) -> None:
    open_engine([two_plans])
    DAMAGE[damage](next(cache.rglob("pointer.json")).parent)
    assert boards(open_engine([two_plans])) == ["Board one", "Board two"]
    again = open_engine([two_plans])
    assert isinstance(again, OxigraphEngine) and again.folder is not None  # and not from memory


@pytest.mark.parametrize("made", ['{"graphs": 3}', '{"graphs": {"a": 3}, "files": [1]}', "[" * 100_000, "{}"])
@pytest.mark.parametrize("name", ["made-*.json", "pointer.json"])
def test_damaged_notes_of_a_store_are_written_anew(made: str, name: str, two_plans: Path, tmp_path: Path) -> None:
    place = tmp_path / "store"
    build([two_plans], store_folder(str(place)))
    next(place.glob(name)).write_text(made, encoding="utf-8")
    assert set(build([two_plans], store_folder(str(place))).loaded) == {"p", "q", "ref", "ontology"}
    assert boards(open_engine([], f"oxigraph:{place}")) == ["Board one", "Board two"]


def test_a_named_store_of_another_vocabulary_is_refused(two_plans: Path, tmp_path: Path) -> None:
    place = tmp_path / "store"
    build([two_plans], store_folder(str(place)))
    pointer = json.loads((place / "pointer.json").read_text(encoding="utf-8"))
    (place / "pointer.json").write_text(json.dumps({**pointer, "vocabulary": "another"}), encoding="utf-8")
    with pytest.raises(EngineError, match="another version of the vocabulary") as caught:
        open_engine([], f"oxigraph:{place}")
    assert "cspgraph build" in caught.value.hint


def test_a_store_that_cannot_be_written_is_said(two_plans: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(EngineError, match="cannot be written"):
        build([two_plans], store_folder(str(tmp_path / "file")))


def test_a_kept_answer_is_the_answer_and_a_damaged_one_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from cspgraph.graph import load

    monkeypatch.setenv("CSPGRAPH_CACHE", str(tmp_path / "cache"))
    first = [finding.as_json() for finding in load().gaps()]
    kept = sorted((tmp_path / "cache").rglob("*.answers/*.json"))
    assert len(kept) > 10
    assert [finding.as_json() for finding in load().gaps()] == first
    for number, path in enumerate(kept):
        content = path.read_bytes()
        path.write_bytes((b"", b"{", content[:-1], content[:9] + content[9:].replace(b" ", b"_"))[number % 4])
    assert [finding.as_json() for finding in load().gaps()] == first
    alone = load().restricted(["havering-2017"]).gaps()
    assert {finding.plan for finding in alone} == {"havering-2017"}, "what one plan says alone is never a kept answer"


def test_an_answer_is_kept_whole_and_a_damaged_one_is_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from cspgraph.engines.oxigraph import OxigraphEngine
    from cspgraph.graph import load

    monkeypatch.setenv("CSPGRAPH_CACHE", str(tmp_path / "cache"))
    first = load()
    names = [question.name for question in first.questions.of("ask")]
    made = {name: first.ask(name) for name in names}
    with monkeypatch.context() as patch:
        patch.setattr(OxigraphEngine, "select", None)
        patch.setattr(OxigraphEngine, "recall", None)
        again = load()
        for name in names:
            kept = again.ask(name)
            assert kept == made[name], name
            assert [list(map(type, row)) for row in kept.rows] == [list(map(type, row)) for row in made[name].rows], (
                name
            )
    files = sorted((tmp_path / "cache").rglob("*.answers/*.json"))
    assert len(files) > len(names), "and what disagreements there are"
    for path in files:
        content = path.read_bytes()
        path.write_bytes(content[:9] + content[9:].replace(b" ", b"_"))  # still JSON, with other words
    again = load()
    assert {name: again.ask(name) for name in names} == made
    alone = load().restricted(["havering-2017"]).ask("actions-by-lead")
    assert 0 < len(alone) < len(made["actions-by-lead"]), "what one plan says alone is never a kept answer"
