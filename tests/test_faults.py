"""Faults: writers killed at a hundred moments, full disks, writers and readers side by side, other versions, clocks that jump.

`make test-faults` runs all of it; CSPGRAPH_KILLS says how many writers of each sort are killed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from cspgraph import build as building
from cspgraph.build import build, open_engine, store_folder
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.terms import GRAPH, ID, LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KILLS = int(os.environ.get("CSPGRAPH_KILLS", "34"))
PLANS = 4
PLAN = "plan: {name}\nsource: doc\ntitle: Plan {name}\nlines: 1\nboards:\n  b: {{title: Board {board}, lines: 2}}\n"
BOARDS = f'SELECT ?label {{ ?s <{LABEL}> ?label FILTER(STRSTARTS(?label, "Board ")) }} ORDER BY ?s'

# A writer as the command is, but that small data pass for large where it is told so.
WRITER = """
import sys
from cspgraph import build, cli, streaming
if sys.argv[1] == "streamed":
    build._LARGE, build._BATCH, build.cores, streaming._FEW = 0, 2000, lambda: 2, 0
sys.argv[:2] = ["cspgraph"]
print("ready", flush=True)
code = cli._run()
print("done", code, flush=True)
sys.exit(code)
"""


def write_plans(folder: Path, board: str) -> Path:
    """Write plans that all name their board alike, so that a store that is half old and half new is seen."""
    for number in range(PLANS):
        (folder / f"p{number}.yaml").write_text(PLAN.format(name=f"p{number}", board=board), encoding="utf-8")
    return folder


def write_dump(folder: Path, board: str) -> Path:
    dump = folder.parent / "plans.nq"
    with dump.open("w", encoding="utf-8") as file:
        for number in range(PLANS):
            for thing in range(2000):
                file.write(f'<{ID}p{number}/n{thing}> <https://example.org/p> "{thing}" <{GRAPH}p{number}> .\n')
            file.write(f'<{ID}p{number}/b> <{LABEL}> "Board {board}" <{GRAPH}p{number}> .\n')
    return dump


def words_of(sort: str, folder: Path, board: str) -> list[str]:
    """Write what a writer of some sort reads, and return the words of its command."""
    if sort == "dump":
        return ["--from-rdf", str(write_dump(folder, board))]
    return ["--data", str(write_plans(folder, board))]


def start(sort: str, words: list[str], store: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, sort, "build", "--quiet", *words, "--to", f"oxigraph:{store}"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def boards(store: Path) -> list[str]:
    engine = open_engine([], f"oxigraph:{store}")
    assert isinstance(engine, OxigraphEngine)
    return [row[0].value.removeprefix("Board ") for row in engine.select(BOARDS).rows if row[0] is not None]


@pytest.fixture
def data(write: Callable[..., Path]) -> Path:
    """A folder with what the plans share."""
    return write("other.yaml", "reference: other\n")


# -------------------------------------------------------------------- killed


@pytest.mark.parametrize("kills", [2, pytest.param(KILLS, marks=pytest.mark.slow)])
@pytest.mark.parametrize("sort", ["plain", "streamed", "dump"])
def test_a_killed_writer_leaves_all_of_the_old_or_all_of_the_new(
    sort: str, kills: int, data: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    first = start(sort, words_of(sort, data, "first"), store)
    assert "done 0" in first.communicate()[0]
    begun = time.monotonic()
    process = start(sort, words_of(sort, data, "timed"), store)
    ready = time.monotonic()
    assert "done 0" in process.communicate()[0]
    took, before, at_work = time.monotonic() - ready, "timed", 0
    for number in range(kills):
        process = start(sort, words_of(sort, data, str(number)), store)
        time.sleep(took * (number + 0.5) / kills)
        process.send_signal(signal.SIGKILL)
        at_work += "done" not in process.communicate()[0]
        found = boards(store)
        assert found in ([before] * PLANS, [str(number)] * PLANS)
        before = found[0]
        assert_alone(process.pid)
    assert at_work >= kills // 3, f"most must be killed at work, or this proves nothing: {begun}"
    assert "done 0" in start(sort, words_of(sort, data, "last"), store).communicate()[0]
    assert boards(store) == ["last"] * PLANS
    assert not (store / "part").exists()


def assert_alone(group: int) -> None:
    """Fail when a process that a killed writer had started lives on."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("a process that read plans outlived its parent")


# -------------------------------------------------------------------- a full disk


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of some megabytes, where the system lets us have one."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", place], capture_output=True, check=False
    )  # fmt: skip
    if done.returncode:
        pytest.skip("no disk can be made here: that needs to be root")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(disk: Path, left: int = 8192) -> Path:
    """Fill a disk but for some bytes."""
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free
    filler.write_bytes(b"x" * (free - left))
    return filler


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cspgraph", *words],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


COMMANDS = {
    "build": ("build", "--to", "oxigraph:{small}/store"),
    "dump": ("build", "--from-rdf", "{dump}", "--to", "oxigraph:{small}/store"),
    "export": ("export", "--to", "{small}/plans.ttl"),
    "workbook": ("export", "--plan", "havering-2017", "--to", "{small}/plan.xlsx"),
    "import": ("import", "{stratml}", "--to", "{small}/plans"),
    "report": ("report", "--to", "{small}/paper.html"),
    "paper": ("report", "--to", "{small}/paper.docx"),
    "site": ("site", "--plan", "havering-2017", "--to", "{small}/site"),
    "view": ("view", "--to", "{small}/view.html"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_said_in_a_sentence_and_nothing_half_is_left(
    name: str, small: Path, data: Path, tmp_path: Path
) -> None:
    stratml = tmp_path / "havering.stratml"
    if name == "import":
        command("export", "--plan", "havering-2017", "--to", str(stratml))
    fill(small)  # there is room for a little of it
    places = {"small": str(small), "dump": str(write_dump(data, "x")), "stratml": str(stratml)}
    done = command(*(word.format(**places) for word in COMMANDS[name]))
    assert done.returncode in (2, 3), done.stderr
    assert "cannot be" in done.stderr
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if not line.endswith(" ...")]  # and not what goes on
    assert len(said) <= 2, done.stderr
    left = [path for path in small.rglob("*") if path.is_file() and path.stat().st_size > 0 and path.name != "filler"]
    assert left == [], "what is half written is of no use, and fills the disk"


@pytest.mark.parametrize("words", [["gaps"], ["ask", "actions-by-lead"]])
@pytest.mark.parametrize("built", [False, True])
def test_a_cache_on_a_full_disk_costs_time_and_no_answer(small: Path, words: list[str], built: bool) -> None:
    """Neither where no store can be made, nor where one is there and what it answers cannot be kept beside it."""
    if built:
        subprocess.run(["mount", "-o", "remount,size=200m", small], check=True)
        assert command("list", CSPGRAPH_CACHE=str(small / "cache")).returncode == 0
    before = set(small.rglob("*.answers/*"))
    fill(small)
    full = command(*words, "--format", "json", CSPGRAPH_CACHE=str(small / "cache"))
    assert full.returncode == 0, full.stderr
    assert full.stdout == command(*words, "--format", "json").stdout
    assert len(full.stdout) > 10_000
    assert bool(list(small.rglob("pointer.json"))) == built
    fresh = set(small.rglob("*.answers/*")) - before
    assert sum(path.stat().st_size for path in fresh) <= 8192, "nothing more than there was room for"


def test_a_disk_that_fills_while_plans_are_replaced_leaves_the_old_ones(small: Path, data: Path) -> None:
    store = small / "store"
    build([write_plans(data, "old")], store_folder(str(store)))
    filler = fill(small, 0)
    done = command("build", "--data", str(write_plans(data, "new")), "--to", f"oxigraph:{store}")
    assert done.returncode == 3, done.stderr
    assert boards(store) == ["old"] * PLANS
    filler.unlink()
    assert command("build", "--data", str(data), "--to", f"oxigraph:{store}").returncode == 0
    assert boards(store) == ["new"] * PLANS


# -------------------------------------------------------------------- side by side


def test_writers_of_all_sorts_at_once_end_with_what_one_of_them_wrote(tmp_path: Path, data: Path) -> None:
    store, writers = tmp_path / "store", []
    for sort in ("plain", "streamed", "dump"):
        folder = tmp_path / sort / "data"
        shutil.copytree(data, folder)
        writers += [start(sort, words_of(sort, folder, sort), store) for _ in range(2)]
    assert ["done 0" in writer.communicate()[0] for writer in writers] == [True] * 6
    assert boards(store) in ([sort] * PLANS for sort in ("plain", "streamed", "dump"))


@pytest.mark.parametrize("large", [False, True])
def test_a_reader_beside_a_writer_always_finds_a_whole_store(
    large: bool, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr(building, "_LARGE", 0)
        monkeypatch.setattr(building, "_BATCH", 2000)
    store = tmp_path / "store"
    build([write_plans(data, "0")], store_folder(str(store)))
    finished, seen, wrong = Event(), set(), []

    def look() -> None:
        while not finished.is_set():
            found = boards(store)
            if len(found) != PLANS or len(set(found)) != 1:
                wrong.append(found)
            seen.update(found)

    reader = Thread(target=look)
    reader.start()
    try:
        for number in range(1, 21):
            build([write_plans(data, str(number))], store_folder(str(store)))
    finally:
        finished.set()
        reader.join()
    assert wrong == []
    assert len(seen) > 5, "a reader must have looked between publications"


# -------------------------------------------------------------------- other versions


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 99}, "was made by a newer version of cspgraph"),
        ({"format": 1}, "was made by an older version of cspgraph"),
        ({"vocabulary": "another"}, "was made with another version of the vocabulary"),
        ({"store": "store-gone"}, "cannot be read"),
    ],
)
def test_a_store_of_another_version_is_told_and_made_anew(
    change: dict[str, object], said: str, data: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    build([write_plans(data, "one")], store_folder(str(store)))
    pointer = json.loads((store / "pointer.json").read_text(encoding="utf-8"))
    (store / "pointer.json").write_text(json.dumps({**pointer, **change}), encoding="utf-8")
    done = command("list", "--engine", f"oxigraph:{store}")
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert "cspgraph build" in done.stderr
    assert command("build", "--data", str(data), "--to", f"oxigraph:{store}").returncode == 0
    assert boards(store) == ["one"] * PLANS


def test_what_a_store_was_made_from_may_be_lost(data: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    build([write_plans(data, "one")], store_folder(str(store)))
    for path in store.glob("made-*.json"):
        path.write_text("{", encoding="utf-8")
    assert boards(store) == ["one"] * PLANS
    assert len(build([data], store_folder(str(store))).loaded) == PLANS + 2
    assert boards(store) == ["one"] * PLANS


# -------------------------------------------------------------------- clocks that jump

DAY = 86_400_000_000_000


@pytest.mark.parametrize("built", [-400 * DAY, 0, 400 * DAY], ids=["slow", "right", "fast"])
@pytest.mark.parametrize("stamp", [-500 * DAY, -DAY, 0, DAY, 500 * DAY])
def test_a_warm_start_is_never_stale_whatever_the_clocks_say(
    built: int, stamp: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the machine was wrong when the cache was made, and that of whoever wrote the file too."""
    monkeypatch.setenv("CSPGRAPH_CACHE", str(tmp_path / "cache"))
    clock, now = time.time_ns, time.time_ns()
    monkeypatch.setattr(building.time, "time_ns", lambda: clock() + built)  # type: ignore[attr-defined]
    write_plans(data, "0")
    for number in count(1):
        for path in data.glob("p*.yaml"):
            os.utime(path, ns=(now + stamp, now + stamp))
        engine = open_engine([data])
        assert isinstance(engine, OxigraphEngine)
        labels = [row[0].value for row in engine.select(BOARDS).rows if row[0]]
        assert labels == [f"Board {number - 1}"] * PLANS
        if number == 3:
            break
        write_plans(data, str(number))  # as long as before, and then with the same time


def test_a_graph_is_in_the_store_once(data: Path, tmp_path: Path) -> None:
    """What the tests above compare would not see a graph that is there twice."""
    build([write_plans(data, "one")], store_folder(str(tmp_path / "store")))
    store = store_folder(str(tmp_path / "store")).open().store
    assert sorted(str(graph.value) for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)) == sorted(
        f"{GRAPH}{name}" for name in ("ontology", "ref", *(f"p{number}" for number in range(PLANS)))
    )
