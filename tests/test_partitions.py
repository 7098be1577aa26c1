"""Rules asked plan by plan find what they find in the whole."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.generate import Generator
from cspgraph import partitions
from cspgraph.build import open_engine
from cspgraph.engines.folder import StoreFolder
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.engines.part import Graph
from cspgraph.findings import count, counted_of, find
from cspgraph.partitions import Answers, plan_of
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from cspgraph.terms import CSP, GRAPH, ID, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.conftest import Ran

CATALOGUE = read_catalogue(library())
RULES = CATALOGUE.of("gap")
COMMON = (ONTOLOGY_GRAPH, f"{GRAPH}{SHARED}")


@pytest.fixture(scope="module")
def bundled_graphs() -> dict[str, bytes]:
    """The bundled plans, what they share and the vocabulary, as N-Quads by the name of the graph."""
    store = open_engine([], "memory:").store  # type: ignore[attr-defined]
    names = sorted(name.value for name in store.named_graphs())
    return {name: b"".join(_quads(store, name)) for name in names}


def _quads(store: ox.Store, graph: str) -> list[bytes]:
    quads = store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
    return sorted(f"{quad} .\n".encode() for quad in quads if quad.predicate.value != f"{CSP}contentHash")


def _publish(folder: Path, graphs: Mapping[str, bytes]) -> StoreFolder:
    found = []
    for name, content in graphs.items():
        digest = hashlib.sha256(content).hexdigest()
        own = f'<{name}> <{CSP}contentHash> "{digest}" <{name}> .\n'.encode()
        found.append(Graph(name, digest, content + own, content.count(b"\n") + 1))
    target = StoreFolder(folder)
    target.publish(lambda _: found, {})
    return target


def _found(answers: Answers) -> dict[str, list[tuple[str, ...]]]:
    rows: dict[str, list[tuple[str, ...]]] = {}
    for rule, row in answers.rows():
        rows.setdefault(rule.name, []).append((plan_of(row), *(f"{name}={term}" for name, term in row.items())))
    return {name: sorted(found) for name, found in rows.items()}


def _same(folder: StoreFolder) -> Answers:
    """Ask a store plan by plan and as a whole, and hold the one to the other."""
    store = folder.open().store
    whole = Answers(OxigraphEngine(store), RULES)  # without a folder of its own it is asked as a whole
    parted = Answers(folder.open(), RULES)
    assert _found(parted) == _found(whole)
    assert parted.tallies() == whole.tallies()
    return parted


def test_every_rule_finds_the_same_in_the_bundled_plans(bundled_graphs: dict[str, bytes], tmp_path: Path) -> None:
    answers = _same(_publish(tmp_path, bundled_graphs))
    assert {name for name, _ in answers.counts} == {rule.name for rule in RULES if _finds(rule.name, answers)}
    assert sum(answers.counts.values()) > 1000


def _finds(name: str, answers: Answers) -> bool:
    return any(rows for (rule, _), rows in answers.counts.items() if rule == name)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_every_rule_finds_the_same_in_generated_plans(seed: int, tmp_path: Path) -> None:
    """Five of the plans that the benchmark makes, which cite one another and share what an area shares."""
    print(f"seed {seed}")
    folder = StoreFolder(tmp_path / str(seed))
    folder.publish(lambda _: Generator(100_000, seed=seed).graphs(), {})
    answers = _same(folder)
    assert len({name for name, _ in answers.counts}) > len(RULES) // 2
    assert len({plan for _, plan in answers.counts}) >= 5


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_every_rule_finds_the_same_in_plans_with_holes_that_point_to_one_another(
    seed: int, bundled_graphs: dict[str, bytes], tmp_path: Path
) -> None:
    _same_with_holes(seed, bundled_graphs, tmp_path)


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_every_rule_finds_the_same_in_many_plans_with_holes(
    seed: int, bundled_graphs: dict[str, bytes], tmp_path: Path
) -> None:
    _same_with_holes(seed, bundled_graphs, tmp_path)


def _same_with_holes(seed: int, bundled_graphs: dict[str, bytes], tmp_path: Path) -> None:
    """Hold the rules to one another in plans with holes that a seed makes; a failure shows it."""
    print(f"seed {seed}")
    folder = tmp_path / str(seed)
    _same(_publish(folder, _holes(bundled_graphs, random.Random(seed))))
    shutil.rmtree(folder)


def _holes(graphs: Mapping[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """Return each plan twice, with lines left out, and with each mention of another plan sent to either of its two."""
    plans = [name.removeprefix(GRAPH) for name in graphs if name not in COMMON]
    made = {name: graphs[name] for name in COMMON}
    for copy in "ab":
        for plan in plans:
            keep = chance.choice([0.5, 0.8, 0.95, 1])
            lines = [
                line for line in graphs[f"{GRAPH}{plan}"].decode().splitlines(keepends=True) if chance.random() < keep
            ]
            text = "".join(lines)
            for other in plans:
                to = copy if other == plan else chance.choice("ab")
                text = re.sub(f"<({ID}|{GRAPH}){other}(?=[/>])", rf"<\g<1>{other}-{to}", text)
            made[f"{GRAPH}{plan}-{copy}"] = text.encode()
    for name in COMMON:
        text = made[name].decode()
        for plan in plans:
            text = re.sub(f"<{ID}{plan}(?=[/>])", f"<{ID}{plan}-a", text)
        made[name] = text.encode()
    return made


def test_a_rule_that_looks_at_several_plans_must_say_so(
    bundled_graphs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds the rules to it bites: without its word, such a rule is found out."""
    folder = _publish(tmp_path, bundled_graphs)
    rule = CATALOGUE.get("perhaps-the-same", "gap")
    monkeypatch.delitem(rule.header, "across")
    with pytest.raises(AssertionError):
        _same(folder)


@pytest.fixture
def folder(bundled_graphs: dict[str, bytes], tmp_path: Path) -> StoreFolder:
    return _publish(tmp_path / "store", bundled_graphs)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many rules were asked of how many plans, each time that any were."""
    times: list[tuple[int, int]] = []
    plain = partitions.ask

    def ask(store: ox.Store, rules: list[object], plans: list[str]) -> object:
        rules = list(rules)
        times.append((len(rules), len(plans)))
        return plain(store, rules, plans)  # type: ignore[arg-type]

    monkeypatch.setattr(partitions, "ask", ask)
    return times


def test_only_what_changed_is_asked_again(
    folder: StoreFolder, bundled_graphs: dict[str, bytes], asked: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Answers(folder.open(), RULES)
    parted = sum("across" not in rule.header for rule in RULES)
    assert sum(plans for _, plans in asked) == len(bundled_graphs) - len(COMMON)
    asked.clear()
    Answers(folder.open(), RULES)
    assert asked == []

    havering = f"{GRAPH}havering-2017"
    lines = bundled_graphs[havering].splitlines(keepends=True)
    without = b"".join(line for line in lines if f"<{CSP}ledBy>".encode() not in line)
    changed = _publish(folder.path, {**bundled_graphs, havering: without})
    answers = _same(changed)
    assert asked == [(parted, 1)]
    before = first.counts.get(("action-without-lead", "havering-2017"), 0)
    assert answers.counts["action-without-lead", "havering-2017"] > before
    asked.clear()

    rule = CATALOGUE.get("action-without-lead", "gap")
    monkeypatch.setitem(rule.__dict__, "text", rule.text + "\n# rewritten")
    Answers(changed.open(), RULES)
    assert [rules for rules, _ in asked] == [1, 1]
    assert sum(plans for _, plans in asked) == 5


def test_a_damaged_file_is_made_again(folder: StoreFolder) -> None:
    want = _found(Answers(folder.open(), RULES))
    (file,) = folder.path.glob("answers-*.sqlite")
    content = file.read_bytes()
    for damaged in (
        b"",
        b"no database at all " * 500,
        content[: len(content) // 2],
        content[:4096] + b"\xff" * (len(content) - 4096),
    ):
        file.write_bytes(damaged)
        assert _found(Answers(folder.open(), RULES)) == want


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE answer SET rows = rows + 1 WHERE plan || rule = (SELECT min(plan || rule) FROM answer)",
        "UPDATE answer SET uncertain = 1 WHERE plan || rule = (SELECT min(plan || rule) FROM answer)",
        "UPDATE answer SET plan = x'00' WHERE rows > 0 AND plan = (SELECT min(plan) FROM answer)",
        "UPDATE answer SET content = x'' WHERE rows = 1",
        "UPDATE answer SET content = 'text' WHERE rows = 1",
        "UPDATE answer SET content = (SELECT content FROM answer WHERE rows = 2) WHERE rows = 1",
        "UPDATE answer SET content = (SELECT max(content) FROM answer WHERE rows = 1) WHERE rows = 1",
    ],
)
def test_what_was_changed_beside_a_store_is_asked_again(folder: StoreFolder, damage: str) -> None:
    want = _found(Answers(folder.open(), RULES))
    tallies = Answers(folder.open(), RULES).tallies()
    (file,) = folder.path.glob("answers-*.sqlite")
    for _ in range(2):
        with sqlite3.connect(file) as database:
            assert database.execute(damage).rowcount > 0
        database.close()
        answers = Answers(folder.open(), RULES)
        assert _found(answers) == want
        assert answers.tallies() == tallies


def test_a_file_whose_schema_is_damaged_is_made_again(folder: StoreFolder) -> None:
    """SQLite quotes what it cannot read, in words that are no UTF-8."""
    want = _found(Answers(folder.open(), RULES))
    (file,) = folder.path.glob("answers-*.sqlite")
    whole = file.read_bytes()
    at = whole.index(b"CREATE TABLE")
    for place, value in ((at, b"\xff"), (at + 9, b"\xfe"), (19, b"\x09"), (47, b"\x09"), (100, b"\x00")):
        file.write_bytes(whole[:place] + value + whole[place + 1 :])
        assert _found(Answers(folder.open(), RULES)) == want
        with sqlite3.connect(file) as database:
            assert database.execute("SELECT count(*) FROM answer WHERE rows > 0").fetchone()[0] > 0, "it is kept again"
        database.close()


def _marked(file: Path) -> bool:
    """Return whether it is the file that was marked, and no other in its place."""
    with closing(sqlite3.connect(file)) as database:
        return bool(database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'mark'").fetchone()[0])


def test_a_file_that_is_locked_is_left_alone(folder: StoreFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    want = _found(Answers(folder.open(), RULES))
    (file,) = folder.path.glob("answers-*.sqlite")
    monkeypatch.setattr(partitions, "_PATIENCE", 0.1)
    opened = Answers(folder.open(), RULES)
    opened.tallies()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE mark (x)")
        other.execute("BEGIN EXCLUSIVE")
        assert _found(opened) == want
        assert _found(Answers(folder.open(), RULES)) == want
        other.execute("ROLLBACK")
    assert _marked(file)


def test_what_another_process_took_out_is_asked_again_and_the_rest_left(folder: StoreFolder) -> None:
    want = _found(Answers(folder.open(), RULES))
    (file,) = folder.path.glob("answers-*.sqlite")
    opened = Answers(folder.open(), RULES)
    opened.tallies()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE mark (x)")
        database.execute("DELETE FROM answer WHERE plan = (SELECT min(plan) FROM answer WHERE rows > 0)")
    assert _found(opened) == want
    assert _marked(file)


def test_what_cannot_be_kept_is_found_all_the_same(folder: StoreFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    want = _found(Answers(folder.open(), RULES))
    (file,) = folder.path.glob("answers-*.sqlite")
    file.unlink()
    file.mkdir()  # nothing can be written here, not even by root
    assert _found(Answers(folder.open(), RULES)) == want
    file.rmdir()
    with sqlite3.connect(file) as other:  # another process is writing, and does not end
        other.executescript("PRAGMA journal_mode = DELETE; CREATE TABLE busy (x); BEGIN EXCLUSIVE;")
        monkeypatch.setattr(partitions, "_PATIENCE", 0.05)
        assert _found(Answers(folder.open(), RULES)) == want
        other.rollback()
    other.close()


def test_plans_that_are_gone_are_forgotten(folder: StoreFolder, bundled_graphs: dict[str, bytes]) -> None:
    Answers(folder.open(), RULES)
    (file,) = folder.path.glob("answers-*.sqlite")

    def kept() -> int:
        with sqlite3.connect(file) as connection:
            return int(connection.execute("SELECT count(DISTINCT plan) FROM answer").fetchone()[0])

    before = kept()
    fewer = {name: content for name, content in bundled_graphs.items() if not name.endswith("haringey-2013")}
    fewer[f"{GRAPH}havering-2017"] += f'<{ID}havering-2017> <{CSP}motto> "Safer" <{GRAPH}havering-2017> .\n'.encode()
    assert _same(_publish(folder.path, fewer)).counts
    assert kept() == before - 1


def test_counting_and_the_gravest_agree_with_telling_all(folder: StoreFolder) -> None:
    engine = folder.open()
    every = find(CATALOGUE, engine)
    counted = count(CATALOGUE, engine)
    by_rule = {one.rule.name: sum(tally.rows for tally in one.found.values()) for one in counted}
    assert by_rule == {rule.name: sum(finding.rule == rule.name for finding in every) for rule in RULES}
    for status, at in (("inferred", 1), ("uncertain", 2)):
        assert sum(tally[at] for one in counted for tally in one.found.values()) == sum(
            finding.place.status == status for finding in every
        )
    told = {one.rule.name: one for one in counted_of(CATALOGUE, every)}
    assert told == {one.rule.name: one for one in counted if one.rule.name in told}
    for first in (1, 17, 300, len(every) + 1):
        assert find(CATALOGUE, engine, first=first) == every[:first]


def test_accepted_findings_are_counted_apart(cli: Callable[..., Ran], tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.yaml"
    cli(
        "gaps",
        "--rule",
        "text-left-open",
        "--accept",
        str(accepted),
        "--by",
        "CSP board",
        "--because",
        "known",
        "--until",
        "2099-01",
    )
    told = cli("gaps", "--baseline", str(accepted), "--format", "json")
    counted = cli("gaps", "--baseline", str(accepted), "--count")
    rows = [line.split() for line in counted.out.splitlines()]
    by_rule = {
        row[2]: int(row[1]) for row in rows if len(row) > 3 and row[0] in ("high", "medium", "low") and row[1].isdigit()
    }
    found = [one["rule"] for one in json.loads(told.out)]
    assert by_rule == {rule: found.count(rule) for rule in set(found)}
    assert "text-left-open" not in found
    everything = json.loads(cli("gaps", "--baseline", str(accepted), "--accepted", "--format", "json").out)
    assert f"{len(everything) - len(found)} accepted and left out" in counted.out
