"""`build --from-rdf`: what `export` wrote comes back the same; what is cut off, broken or foreign changes nothing."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cspgraph import dumps as dumps_module
from cspgraph.build import build, open_engine, store_folder
from cspgraph.cli import _run
from cspgraph.engines.part import Part
from cspgraph.errors import INTERRUPTED, EngineError
from cspgraph.export.rdf import quads
from cspgraph.terms import GRAPH, ID, ONTOLOGY_GRAPH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

FORMATS = ("nq", "trig", "nt", "ttl")
SOME = ("--plan", "hackney-2015", "--plan", "havering-2017")
LINE = f"<{ID}p> <https://w3id.org/cspgraph/ns#kind> <https://w3id.org/cspgraph/ns#Plan> <{GRAPH}p> .\n"


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `plans.nq` and the rest: some of the bundled plans as `export` writes them."""
    return exported(tmp_path_factory.mktemp("dumps"), *SOME)


@pytest.fixture(scope="module")
def all_dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of all of them."""
    return exported(tmp_path_factory.mktemp("all"))


def exported(folder: Path, *plans: str) -> Path:
    for form in FORMATS:
        run("export", "--quiet", *plans, "--to", str(folder / f"plans.{form}"))
    return folder


def run(*words: str, expect: int = 0) -> str:
    """Run a command in this process and return all it said."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr(sys, "argv", ["cspgraph", *words])
        code = _run()
    assert code == expect, said.getvalue()
    return said.getvalue()


def load(dump: Path, store: Path, *, expect: int = 0) -> str:
    return run("build", "--from-rdf", str(dump), "--to", f"oxigraph:{store}", expect=expect)


def graph_of(store: Path) -> list[ox.Quad]:
    return list(quads(open_engine([], f"oxigraph:{store}")))


# -------------------------------------------------------------------- what comes back


@pytest.mark.parametrize("form", FORMATS)
def test_a_dump_comes_back_as_it_went(form: str, dumps: Path, tmp_path: Path) -> None:
    come_back(form, dumps, tmp_path, graphs=4)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_a_dump_of_all_plans_comes_back_as_it_went(form: str, all_dumps: Path, tmp_path: Path) -> None:
    come_back(form, all_dumps, tmp_path, graphs=7)


def come_back(form: str, dumps: Path, tmp_path: Path, graphs: int) -> None:
    """Hold what a dump brought back, and what is said of it, to what went into it; among the graphs is the ontology's."""
    said = load(dumps / f"plans.{form}", tmp_path / "store")
    run("export", "--quiet", "--engine", f"oxigraph:{tmp_path / 'store'}", "--to", str(tmp_path / "back.nq"))
    assert (tmp_path / "back.nq").read_bytes() == (dumps / "plans.nq").read_bytes()
    # What is said to be there is: the quads of the dump, a hash to each graph but the ontology's, and the ontology.
    held = len(open_engine([], f"oxigraph:{tmp_path / 'store'}").store)  # type: ignore[attr-defined]
    assert f"{held:,} quads read in {graphs} graphs" in said


def test_no_more_quads_are_held_than_are_told(dumps: Path, tmp_path: Path) -> None:
    """What a dump says twice is held once; a graph whose name is escaped counts too."""
    text = (dumps / "plans.nq").read_text(encoding="utf-8")
    for name, content in (("twice", text * 2), ("escaped", text.replace("havering-2017", "havering-\\u00e92017"))):
        (tmp_path / f"{name}.nq").write_text(content, encoding="utf-8")
        said = re.search(r"([\d,]+) quads read in 4 graphs", load(tmp_path / f"{name}.nq", tmp_path / name))
        held = len(store_folder(str(tmp_path / name)).open().store)
        assert said
        told = int(said[1].replace(",", ""))
        assert told > held if name == "twice" else told == held


def test_the_commands_answer_from_a_dump_as_from_the_plans(dumps: Path, tmp_path: Path) -> None:
    load(dumps / "plans.nq", tmp_path / "store")
    for words in (
        ["gaps", "--format", "json"],
        ["list", "--format", "json"],
        ["depends", "ref/lcpf", "--format", "json"],
    ):
        assert run(*words, "--quiet", "--engine", f"oxigraph:{tmp_path / 'store'}") == run(*words, "--quiet", *SOME)


def test_packed_dumps_and_several(dumps: Path, tmp_path: Path) -> None:
    lines = (dumps / "plans.nq").read_bytes().splitlines(keepends=True)
    half = len(lines) // 2
    one, two = tmp_path / "one.nq.gz", tmp_path / "two.nq"
    # Two gz members, one behind the other, are one file: so `cat` joins them.
    one.write_bytes(gzip.compress(b"".join(lines[:100])) + gzip.compress(b"".join(lines[100:half])))
    two.write_bytes(b"".join(lines[half:]))
    store = f"oxigraph:{tmp_path / 'store'}"
    run("build", "--from-rdf", str(one), "--from-rdf", str(two), "--to", store)
    load(dumps / "plans.nq", tmp_path / "whole")
    assert open_engine([], store).graphs() == open_engine([], f"oxigraph:{tmp_path / 'whole'}").graphs()
    assert graph_of(tmp_path / "store") == graph_of(tmp_path / "whole")


def test_a_pipe_is_read_as_a_file_is(dumps: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.nq")
    with subprocess.Popen(["cp", dumps / "plans.nq", tmp_path / "pipe.nq"]):
        load(tmp_path / "pipe.nq", tmp_path / "store")
    load(dumps / "plans.nq", tmp_path / "whole")
    assert graph_of(tmp_path / "store") == graph_of(tmp_path / "whole")


SPELT: dict[str, Callable[[bytes], bytes]] = {
    "ends of lines": lambda line: line + b"\r",
    "leading blanks": lambda line: b" \t" + line,
    "tabs": lambda line: line.replace(b" ", b"\t", 2),
    "no blanks": lambda line: line.replace(b"> <", b"><"),
    "a comment behind": lambda line: line + b" # as it was <u:s> <u:p> <u:o> .",
    "a comment before": lambda line: b"# <u:s>\n\n" + line,
    "escapes": lambda line: line.replace(b"<https", b"<\\u0068ttps", 1),
}


@pytest.mark.parametrize("odd", SPELT)
def test_n_triples_may_be_spelt_in_other_ways(odd: str, dumps: Path, tmp_path: Path) -> None:
    lines = (dumps / "plans.nt").read_bytes().splitlines()
    some = [SPELT[odd](line) if number % 3 else line for number, line in enumerate(lines)]
    (tmp_path / "plans.nt").write_bytes(b"\n".join(some))
    load(tmp_path / "plans.nt", tmp_path / "store")
    load(dumps / "plans.nq", tmp_path / "whole")
    assert graph_of(tmp_path / "store") == graph_of(tmp_path / "whole")


def test_zst(dumps: Path, tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.compress((dumps / "plans.nq").read_bytes())
    more = zstandard.compress((LINE * 3).encode())
    (tmp_path / "plans.nq.zst").write_bytes(packed + more)  # two frames, one behind the other, are one file
    load(tmp_path / "plans.nq.zst", tmp_path / "store")
    (tmp_path / "plans.nq").write_bytes((dumps / "plans.nq").read_bytes() + LINE.encode())
    load(tmp_path / "plans.nq", tmp_path / "whole")
    assert graph_of(tmp_path / "store") == graph_of(tmp_path / "whole")


def _zeros(packed: bytes, end: int) -> bytes:
    return packed[: -end - 50] + bytes(50) + packed[-end:]


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda packed: packed[:-100],
    "no such file": lambda _: LINE.encode(),
    "near the start": lambda packed: packed[:40] + bytes(50) + packed[90:],
    "near the end": lambda packed: _zeros(packed, 20_000),
    "in the second part": lambda packed: packed + _zeros(packed, 20_000),
    "garbage behind": lambda packed: packed + b"garbage",
    "one byte behind": lambda packed: packed + b"x",
}


@pytest.mark.parametrize("case", DAMAGED)
@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_damaged_file_is_told_and_never_published(packing: str, case: str, dumps: Path, tmp_path: Path) -> None:
    whole = (dumps / "plans.nq").read_bytes()
    if packing == "gz":
        packed = gzip.compress(whole)
    else:
        packed = pytest.importorskip("zstandard").ZstdCompressor(level=-7, write_checksum=True).compress(whole)
    load(dumps / "plans.nq", tmp_path / "store")
    before = sorted(path.name for path in (tmp_path / "store").iterdir())
    dump = tmp_path / f"damaged.nq.{packing}"
    dump.write_bytes(DAMAGED[case](packed))
    assert f"{dump}: the file is cut off or damaged" in load(dump, tmp_path / "store", expect=2)
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == before


def test_a_fault_in_reading_is_never_published(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(dumps / "plans.nq", tmp_path / "store")
    before = sorted(path.name for path in (tmp_path / "store").iterdir())

    def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
        yield from (LINE.encode() for _ in pieces)
        raise RuntimeError("unheard of")

    monkeypatch.setattr(dumps_module, "_whole_lines", whole_lines)
    assert "RuntimeError: unheard of" in load(dumps / "plans.nq", tmp_path / "store", expect=70)
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == before


def test_zst_without_its_package_names_it(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "plans.nq.zst").write_bytes(b"x")
    assert 'pip install "cspgraph[zstd]"' in load(tmp_path / "plans.nq.zst", tmp_path / "store", expect=2)


def test_a_graph_has_its_hash_from_its_own_lines(dumps: Path, tmp_path: Path) -> None:
    """So what is kept by the hash of a graph holds for every plan that a new dump did not change."""
    text = (dumps / "plans.nq").read_text(encoding="utf-8")
    (tmp_path / "next.nq").write_text(text.replace('"Hackney', '"New Hackney'), encoding="utf-8")
    load(dumps / "plans.nq", tmp_path / "one")
    load(tmp_path / "next.nq", tmp_path / "two")
    one, two = (open_engine([], f"oxigraph:{tmp_path / name}").graphs() for name in ("one", "two"))
    assert all(one.values())
    changed = {name for name in one if one[name] != two[name]}
    assert f"{GRAPH}hackney-2015" in changed
    assert f"{GRAPH}havering-2017" not in changed
    # Without a line to each quad nobody can tell the graphs apart on the way: then all have changed.
    (tmp_path / "odd.nq").write_text(f"# a comment\n{text}", encoding="utf-8")
    load(tmp_path / "odd.nq", tmp_path / "three")
    three = open_engine([], f"oxigraph:{tmp_path / 'three'}").graphs()
    assert {name for name in one if one[name] == three[name]} == {ONTOLOGY_GRAPH}


LINES = st.sampled_from(
    [f'<u:s> <u:p> "{value} <{GRAPH}a> ." <{GRAPH}{name}> .\n' for value in "xy" for name in ("a", "b", "ab")]
)
ODD = st.sampled_from(["# a comment\n", "\n", f"<u:s> <u:p> <u:o> <{GRAPH}a>.\n", "\r\n"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(LINES, min_size=1)), st.lists(ODD, max_size=1), st.integers(1, 400))
def test_hashes_are_of_the_lines_of_a_graph_wherever_blocks_end(
    runs: list[list[str]], odd: list[str], most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dumps_module, "_AHEAD", most)  # bytes in which the end of a graph is looked for
        taken = dumps_module._Lines("salt")
        for block in runs:
            taken.take("".join(block).encode(), lines=True)
        assert taken.plain
        lines = [line for block in runs for line in block]
        for name in ("a", "b", "ab"):
            own = "".join(line for line in lines if line.endswith(f"<{GRAPH}{name}> .\n"))
            assert taken.counts.get(f"{GRAPH}{name}".encode(), 0) == own.count("\n")
            if own:
                assert taken.graph(f"{GRAPH}{name}") == hashlib.sha256(f"salt{own}".encode()).hexdigest()
        before = taken.graph("escaped")
        taken.take("".join(odd).encode(), lines=True)
        assert taken.plain == (not odd)
        assert (taken.graph("escaped") == before) == (not odd), "a name that no line spells stands for all of the dump"


def test_a_graph_whose_name_is_escaped_is_told_from_what_it_was(dumps: Path, tmp_path: Path) -> None:
    text = (dumps / "plans.nq").read_text(encoding="utf-8").replace("havering-2017", "havering-\\u00e92017")
    found = []
    for label in ("Burglary", "Bicycles"):
        (tmp_path / "plans.nq").write_text(text.replace("Burglary", label), encoding="utf-8")
        load(tmp_path / "plans.nq", tmp_path / "store")
        found.append(open_engine([], f"oxigraph:{tmp_path / 'store'}").graphs())
    assert f"{GRAPH}havering-é2017" in found[0]
    assert found[0][f"{GRAPH}havering-é2017"] != found[1][f"{GRAPH}havering-é2017"]


def test_the_hashes_that_a_dump_brings_are_believed_by_nobody(tmp_path: Path, write: Callable[..., Path]) -> None:
    """A dump of a store itself brings them, and may have been edited since."""
    plans = write("p.yaml", "plan: p\nsource: doc\ntitle: Plan p\nlines: 1\n")
    first, second = (store_folder(str(tmp_path / name)) for name in ("first", "second"))
    build([plans], first)
    first.open().store.dump(str(tmp_path / "all.nq"), ox.RdfFormat.N_QUADS)
    lines = (tmp_path / "all.nq").read_bytes().splitlines(keepends=True)
    (tmp_path / "all.nq").write_bytes(
        b"".join(line for line in lines if b'"Plan p"' not in line and b"#Board>" not in line)
    )
    load(tmp_path / "all.nq", tmp_path / "second")
    assert f"{len(second.open().store):,} quads" in load(tmp_path / "all.nq", tmp_path / "second")
    held = second.open().graphs()
    assert not {held[f"{GRAPH}{name}"] for name in ("p", "ref")} & set(first.open().graphs().values())
    assert second.graphs() == held
    load(tmp_path / "all.nq", tmp_path / "second")
    assert second.open().graphs() == held, "the same dump is known again"
    built = build([plans], second)
    assert set(built.loaded) == {"p", "ref"}
    assert graph_of(tmp_path / "second") == graph_of(tmp_path / "first")
    assert len(second.open().store) == built.quads, "the vocabulary is the built-in one, whatever the dump holds of it"


def test_a_dump_takes_the_place_of_all_that_was_there(dumps: Path, tmp_path: Path, write: Callable[..., Path]) -> None:
    plans = write("p.yaml", "plan: p\nsource: doc\ntitle: Plan p\nlines: 1\n")
    build([plans], store_folder(str(tmp_path / "store")))
    assert "dropped: p" in load(dumps / "plans.nq", tmp_path / "store")


def test_a_vocabulary_may_stand_beside_a_dump_and_a_plan_may_not(
    dumps: Path, tmp_path: Path, write: Callable[..., Path]
) -> None:
    plans = write("p.yaml", "plan: p\nsource: doc\ntitle: Plan p\nlines: 1\n")
    words = ["build", "--from-rdf", str(dumps / "plans.nq"), "--to", f"oxigraph:{tmp_path / 'store'}", "--data"]
    assert "vocabularies (.ttl) only" in run(*words, str(plans), expect=2)
    more = tmp_path / "more.ttl"
    more.write_text("<https://example.org/a> <https://example.org/b> <https://example.org/c> .\n", encoding="utf-8")
    run(*words, str(more))
    query = f"SELECT ?o WHERE {{ GRAPH <{ONTOLOGY_GRAPH}> {{ <https://example.org/a> ?p ?o }} }}"
    assert len(open_engine([], f"oxigraph:{tmp_path / 'store'}").select(query).rows) == 1


# -------------------------------------------------------------------- what is wrong

TRIPLE = LINE.replace(f" <{GRAPH}p>", "")
WRONG: dict[str, tuple[str, str | bytes, str]] = {
    "broken line": ("x.nq", LINE * 5 + "<https://example.org/a> nothing .\n" + LINE, "x.nq:6: the dump cannot be read"),
    "broken triple": ("x.nt", "<a b> <c> <d> .\n", "x.nt:1: the dump cannot be read"),
    "broken triple after a comment": (
        "x.nt",
        f"# a\n\n{TRIPLE[:-1]}\r\n{TRIPLE[:-1]} # b\n<a b> <c> <d> .\n",
        "x.nt:5: the dump",
    ),
    "broken triple far below a comment": (
        "x.nt",
        "# a\n" * 3 + TRIPLE * 40_000 + "<a b> <c> <d> .\n",
        "x.nt:40004: the dump",
    ),
    "broken Turtle": ("x.ttl", f"\n\n<{ID}p> a [ .\n", "x.ttl:3: the dump cannot be read"),
    "cut in a line": ("x.nq", (LINE * 5)[:-20], "the dump cannot be read"),
    "cut gz": ("x.nq.gz", gzip.compress((LINE * 5000).encode())[:-30], "the file is cut off or damaged"),
    "no gz": ("x.nq.gz", LINE, "the file is cut off or damaged"),
    "wrong ending": ("x.csv", LINE, "'x.csv' does not end like a dump"),
    "foreign graph": ("x.nq", LINE.replace(GRAPH, "https://example.org/"), "<https://example.org/p> is not the graph"),
    "no graph": ("x.nt", "<https://example.org/a> <https://example.org/b> <https://example.org/c> .\n", "in no graph"),
    "nothing": ("x.nq", "", "it holds nothing"),
    "another ontology": (
        "x.nq",
        LINE + f'<{ONTOLOGY_GRAPH}> <https://w3id.org/cspgraph/ns#contentHash> "0" <{ONTOLOGY_GRAPH}> .\n',
        "another version of the vocabulary",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_dump_is_said_in_a_sentence_and_changes_nothing(
    case: str, tmp_path: Path, write: Callable[..., Path]
) -> None:
    name, content, said = WRONG[case]
    plans = write("p.yaml", "plan: p\nsource: doc\ntitle: Plan p\nlines: 1\n")
    store = tmp_path / "store"
    build([plans], store_folder(str(store)))
    before = sorted(path.name for path in store.iterdir())
    dump = tmp_path / name
    dump.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert said in load(dump, store, expect=2)
    assert sorted(path.name for path in store.iterdir()) == before
    assert len(graph_of(store)) > 5


def test_a_dump_that_is_not_there_and_an_endpoint(tmp_path: Path, dumps: Path) -> None:
    assert "cannot be read: No such file" in load(tmp_path / "no.nq", tmp_path / "store", expect=2)
    words = ["build", "--from-rdf", str(dumps / "plans.nq"), "--to", "http://127.0.0.1:9/query"]
    assert "a dump is loaded into a folder" in run(*words, expect=3)


_SMALL_DISK = """
import resource, signal, sys
from cspgraph.cli import _run
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
sys.argv[0] = "cspgraph"
sys.exit(_run())
"""


def test_a_full_disk_is_said_and_leaves_the_old_store(dumps: Path, tmp_path: Path, write: Callable[..., Path]) -> None:
    plans = write("p.yaml", "plan: p\nsource: doc\ntitle: Plan p\nlines: 1\n")
    store = tmp_path / "store"
    build([plans], store_folder(str(store)))
    before = graph_of(store)
    words = ["build", "--from-rdf", str(dumps / "plans.nq"), "--to", f"oxigraph:{store}"]
    command = [sys.executable, "-c", _SMALL_DISK, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == EngineError.exit_code, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert graph_of(store) == before
    assert not (store / "part").exists(), "what fills a disk must not stay on it"


def test_memory_stays_bounded(dumps: Path, tmp_path: Path) -> None:
    """Nothing is kept of the lines that have passed."""
    from cspgraph.dumps import _Lines

    lines = _Lines("x")
    for number in range(200):
        lines.take(LINE.encode() * 5000, lines=True)
        assert lines.counts == {f"{GRAPH}p".encode(): 5000 * (number + 1)}
    kept: list[Any] = [*lines.graphs, *lines.counts]
    assert len(kept) == 2


# -------------------------------------------------------------------- interrupted


def test_an_interrupted_load_ends_at_once_and_leaves_the_old_store(dumps: Path, tmp_path: Path) -> None:
    """A pipe that nobody closes: but for the signal the load would wait for ever."""
    load(dumps / "plans.nq", tmp_path / "store")
    before = sorted(path.name for path in (tmp_path / "store").iterdir())
    os.mkfifo(tmp_path / "pipe.nq")
    words = ["build", "--quiet", "--from-rdf", str(tmp_path / "pipe.nq"), "--to", f"oxigraph:{tmp_path / 'store'}"]
    command = [sys.executable, "-m", "cspgraph", *words]

    def heed() -> None:  # a shell that runs the tests in the background has its children ignore interruptions
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with (
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed) as process,  # noqa: PLW1509 - no threads here
        (tmp_path / "pipe.nq").open("wb", buffering=0) as pipe,
    ):
        pipe.write(LINE.encode() * 20_000)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1].strip() == "interrupted"
    assert process.returncode == INTERRUPTED
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == before


def test_what_is_being_loaded_ends_when_it_is_abandoned(tmp_path: Path) -> None:
    """All was read, and sorting it takes seconds more in which the store listens to nobody."""
    part = Part(tmp_path, None, {}, 0)
    many = b"".join(LINE.replace("/p>", f"/p{number}>", 1).encode() for number in range(200_000))
    work = part.work(part.store.bulk_load, many, ox.RdfFormat.N_QUADS)
    part.abandon()
    assert isinstance(work.exception(), OSError)
    assert not part.folder.exists()
