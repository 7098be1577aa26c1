"""The harness of the benchmarks: it measures, stops what takes too long, names who is absent, and sees a regression."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from benchmarks import asking, measures, process, report, run
from benchmarks.place import Place
from cspgraph.build import build, store_folder
from cspgraph.engines.folder import StoreFolder
from cspgraph.resources import data_folder
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A size like those that are generated, of the bundled plans."""
    folder = tmp_path_factory.mktemp("sizes") / "20k"
    built = build([], store_folder(str(folder / "store")))
    found = Place(folder)
    with (folder / "plans.nq").open("wb") as file:
        ox.Store.read_only(str(found.store())).dump(file, ox.RdfFormat.N_QUADS)
    (folder / "plans").symlink_to(data_folder())
    facts = {
        "triples": built.quads, "plans": 5, "generated": 1.0, "graph": "https://w3id.org/cspgraph/graph/havering-2017",
        "plan": "havering-2017", "other": "hackney-2015", "thing": "havering-2017/A4", "focus": "ref/lcpf",
    }  # fmt: skip
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    return found


def test_competitors_find_the_same(place: Place) -> None:
    """Times say something only where the answers are the same."""
    found = {(record["measure"], record["who"]): record for record in run.measured(place, run.named("depends"), 1)}
    rows = {who: record["rows"] for (name, who), record in found.items() if name == "depends" and "rows" in record}
    assert rows["cspgraph"] > 20
    assert {rows[who] for who in ("cspgraph", "networkx", "networkx, graph built", "pyoxigraph")} == {rows["cspgraph"]}
    command = found["command depends", "cspgraph"]
    assert command["rows"] > 20
    assert command["first"] <= min(command["seconds"]) < 60
    assert all(record["memory"] > 5_000_000 for record in found.values() if "seconds" in record)


def test_commands_that_write_a_file_are_measured_too_and_leave_none(place: Place) -> None:
    before = sorted(path.name for path in place.folder.iterdir())
    names = run.named("command compare", "command evidence", "command view", "command report", "command export")
    records = [one for one in run.measured(place, names, 1) if one["who"] == "cspgraph"]
    assert [one["measure"] for one in records if "said" in one] == []
    assert {one["measure"] for one in records if one["rows"]} == {"command compare", "command evidence"}
    assert len(records) == len(names) == 6
    assert sorted(path.name for path in place.folder.iterdir()) == before


def test_a_measure_is_taken_warm_and_cold_by_turns(place: Place) -> None:
    records = list(run.measured(place, run.named("open, all"), 2))
    assert [(record["who"], record["state"]) for record in records if record["who"] == "cspgraph"] == [
        ("cspgraph", "warm"),
        ("cspgraph", "cold"),
    ]
    ours, peer = (next(record for record in records if record["who"] == who) for who in ("cspgraph", "pyoxigraph"))
    assert ours["rows"] == peer["rows"] > 10
    assert len(ours["seconds"]) == len(peer["seconds"]) == 2


def test_nobody_is_asked_beyond_the_size_that_is_meant_for_them(place: Place) -> None:
    held = place.facts["triples"]
    name = next(name for name, ways in measures.measures().items() if "rdflib" in ways and ways["rdflib"].most < held)
    records = list(run.measured(place, {name}, 1))
    assert {record["who"] for record in records} == {"cspgraph", "pyoxigraph"}
    assert not [record for record in records if record["who"] == "rdflib"], "it holds more than rdflib is asked to load"


def test_files_are_held_in_memory_as_long_as_they_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "some").write_bytes(b"x" * 100_000)
    command = [sys.executable, "-m", "benchmarks.hold", str(tmp_path)]
    holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "100000\n"
    status = Path(f"/proc/{holder.pid}/status")
    if status.exists():
        (locked,) = re.findall(r"VmLck:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        assert int(locked) >= 97
    holder.communicate("")
    assert holder.returncode == 0


def test_one_graph_replaced_leaves_the_rest(place: Place) -> None:
    (place.folder / "store/kept-1").write_bytes(b"")
    place.forget_derived("*")  # all but the store, and what it was made from: without that, one graph is all there is
    assert not (place.folder / "store/kept-1").exists()
    assert StoreFolder(place.folder / "store").graphs()
    before = sorted(path.name for path in (place.folder / "store").iterdir())
    records = {record["who"]: record for record in run.measured(place, run.named("replace one"), 1)}
    assert all(record["seconds"] for record in records.values())
    assert sorted(path.name for path in (place.folder / "store").iterdir()) == before


def test_what_takes_too_long_is_stopped_and_what_is_not_there_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "longest", lambda place: 0.0001)
    (ours, *_) = run.measured(place, run.named("all rules"), 2)
    assert ours["said"] == "over 0.0001 s"
    assert "seconds" not in ours
    ways = {"nobody": measures.Way(asking.rules, needs="no_such_module")}
    (nobody,) = run._compared(place, "all rules", ways, 1)
    assert nobody["said"] == "not installed"
    (failed,) = run._compared(place, "no such measure", {"us": measures.Way(asking.rules)}, 2)
    assert failed["said"].startswith("failed: KeyError")


def test_who_was_stopped_is_not_asked_again_in_another_state(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def stopping(command: list[str], **_: object) -> process.Took:
        asked.append(command)
        return process.Took(5, said="over 5 s")

    monkeypatch.setattr(run, "run", stopping)
    found = list(run._compared(place, "all rules", {"cspgraph": measures.Way(asking.rules, keeps="none-*")}, 3))
    assert [(one["state"], one["said"]) for one in found] == [("first", "over 5 s"), ("warm", "over 5 s")]
    assert len(asked) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process has of its own")
def test_what_wants_too_much_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GIGABYTES", 0.5)
    assert process.run([sys.executable, "-c", "print(len(bytearray(10_000_000)))"]).said == ""
    assert process.run([sys.executable, "-c", "print(len(bytearray(1_000_000_000)))"]).said == "over 0.5 GB"


@pytest.mark.parametrize(
    ("kept", "code", "said"),
    [
        (0.0001, 1, r"worse by more than a fifth: open, all of one thing @ 20k, warm: [\d.]+ times the quickest peer, was 0.0001\n"),
        (9_999, 0, r"1 ratio compared, none worse by more than a fifth\n"),
        (None, 2, r""),
    ],
)  # fmt: skip
def test_the_gate_bites(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    kept: float | None, code: int, said: str,
) -> None:  # fmt: skip
    ratios = {} if kept is None else {"open, all of one thing @ 20k, warm": kept}
    (tmp_path / "baseline.json").write_text(json.dumps({"ratios": ratios}), encoding="utf-8")
    monkeypatch.setattr(run, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(run, "SHORTEST", 0)
    assert run.check(place.folder.parent, ["20k"], (), 1) == code
    assert re.fullmatch(said, capsys.readouterr().out)


def test_a_peer_that_was_stopped_is_not_asked_for_more(place: Place) -> None:
    said = {"a": "over 120 s", "b": "not installed", "c": "", "cspgraph": "over 120 s"}
    records = [{"measure": "all rules", "who": who, "said": reason} for who, reason in said.items()]
    assert run.stopped([*records, {"measure": "load", "who": "a"}]) == {("all rules", "a")}
    without = [("replace one graph", "pyoxigraph")]
    found = {record["who"]: record.get("said", "") for record in run.measured(place, {"replace one graph"}, 1, without)}
    assert found == {"cspgraph": "", "pyoxigraph": "stopped at less"}


def test_a_run_that_was_cut_is_gone_on_with_by_the_same_code_only(tmp_path: Path) -> None:
    fresh = run.begun(["depends"], tmp_path / "none.json")
    assert (fresh["sizes"], fresh["records"]) == ([], [])
    (tmp_path / "cut.json").write_text(json.dumps(fresh | {"records": [1]}), encoding="utf-8")
    assert run.begun(["depends"], tmp_path / "cut.json")["records"] == [1]
    others: list[dict[str, Any]] = [fresh | {"code": "another"}, {"records": []}]
    for other in others:
        (tmp_path / "cut.json").write_text(json.dumps(other), encoding="utf-8")
        with pytest.raises(SystemExit, match="begun with other code"):
            run.begun(["depends"], tmp_path / "cut.json")
    with pytest.raises(SystemExit, match="other measures"):
        run.begun([], tmp_path / "cut.json")


def test_every_measure_that_was_done_is_kept_when_a_run_is_cut(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "cut.json"
    given = argparse.Namespace(only=["depends", "horizon"], to=results, resume=True, rounds=2)
    asked: list[str] = []

    def measured(_: Place, names: set[str], *rest: object) -> list[dict[str, Any]]:
        asked.extend(names)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return [{"measure": name, "size": "20k", "who": "cspgraph"} for name in names]

    monkeypatch.setattr(run, "measured", measured)
    with pytest.raises(KeyboardInterrupt):
        run.compare(place.folder.parent, ["20k"], given)
    assert [one["measure"] for one in json.loads(results.read_bytes())["records"]] == asked[:2]
    found = run.compare(place.folder.parent, ["20k"], given)
    assert [one["measure"] for one in found["records"]] == ["depends", "horizon", "command depends", "command horizon"]
    assert asked == ["depends", "horizon", "command depends", "command depends", "command horizon"]
    assert [size["size"] for size in found["sizes"]] == ["20k"]


def test_only_what_is_a_fifth_worse_is_worse() -> None:
    before = {"a @ 1": 1.0, "b @ 1": 1.0, "gone @ 1": 1.0}
    assert run.worse({"a @ 1": 1.19, "b @ 1": 1.21, "new @ 1": 9.0}, before) == {"b @ 1": (1.0, 1.21)}


def test_what_is_shorter_than_a_clock_tells_is_no_regression_and_what_becomes_long_is() -> None:
    def taken(ours: float, peer: float) -> dict[str, float]:
        base = {"measure": "a", "size": "1m", "state": "warm"}
        return run.ratios([{**base, "who": "cspgraph", "seconds": [ours]}, {**base, "who": "peer", "seconds": [peer]}])

    before = taken(0.002, 0.08)
    assert run.worse(taken(0.004, 0.08), before) == {}
    assert list(run.worse(taken(0.06, 0.08), before)) == ["a @ 1m, warm"]
    assert taken(0.002, 0.01) == {}, "both are too short"


def test_the_baseline_is_of_measures_that_there_are() -> None:
    kept = json.loads(run.BASELINE.read_text(encoding="utf-8"))["ratios"]
    known = set(measures.measures()) | {f"command {name}" for name in run.COMMANDS}
    assert len(kept) > 40
    assert {key.partition(" @ ")[0] for key in kept} <= known


# -------------------------------------------------------------------- the report


def _results(power: float) -> dict[str, Any]:
    records = [
        {"measure": measure, "who": who, "state": state, "triples": size, "seconds": [factor * size**power, 2 * factor * size**power],
         "first": 0.1, "memory": 50_000_000, "processor": 1.0, "rows": 3}
        for size in (1_000, 1_000_000)
        for measure, who, state, factor in (
            ("depends", "cspgraph", "first", 4e-6), ("depends", "cspgraph", "warm", 1e-6), ("depends", "networkx", "warm", 2e-6),
            ("ask in-force", "cspgraph", "first", 3e-6), ("ask in-force", "cspgraph", "warm", 1e-6), ("ask in-force", "pyoxigraph", "warm", 1e-6),
            ("ask in-force", "cspgraph", "cold", 3e-6),
            ("command list", "cspgraph", "warm", 1e-6), ("command list", "import typer", "warm", 1e-6),
        )
    ]  # fmt: skip
    records.append({"measure": "depends", "who": "kglab", "state": "warm", "triples": 1_000, "said": "not installed"})
    sizes = [
        {"triples": size, "plans": 1, "generated": 2.5, "bytes": {"store": 5_000_000}} for size in (1_000, 1_000_000)
    ]
    return {"version": "1", "python": "3", "cores": 2, "sizes": sizes, "records": records}


def test_the_report_says_ratios_growth_and_who_was_absent() -> None:
    text = report.table(_results(1.5))
    assert "| depends | 1,000 | 126 ms | 32 ms | networkx | 63 ms | 2 (2 to 2) | 0.5 (0.5 to 0.5) | 50 / 50 |" in text
    assert "| depends | 1,000 | 126 ms | 32 ms | kglab | not installed |  |  |  |" in text
    assert "| depends | cspgraph, first | 1.50 | 126 ms, 4000 s |" in text
    assert "| depends | cspgraph | 1.50 | 32 ms, 1000 s |" in text
    assert "| in-force | 95 ms, 32 ms, 32 ms | 3000 s, 1000 s, 1000 s |" in text
    assert "| 1,000 | 1 | 95 ms | 32 ms | in-force 95 ms | 3 |  |" in text


def test_the_picture_is_drawn_and_the_page_filled() -> None:
    root = ET.fromstring(report.plot(_results(1.0)))
    assert len(root.findall("{http://www.w3.org/2000/svg}polyline")) == 2
    page = f"# Head\n\n{report._BEGIN}what stood there\n{report._END}\ntail\n"
    once = report.written(page, _results(1.0))
    assert "what stood there" not in once
    assert once.endswith("tail\n")
    assert report.written(once, _results(1.0)) == once
    with pytest.raises(ValueError, match="no place"):
        report.written("# Head\n", _results(1.0))


def test_the_page_of_results_has_every_measure() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    names = [name for name in measures.measures() if not name.startswith("ask ")]
    assert [name for name in names if f"| {name} |" not in page] == []
    assert [name for name in run.COMMANDS if f"| `{name}` |" not in page] == []
    assert report.PICTURE.stat().st_size < 20_000
    assert (ROOT / "docs/pictures/benchmarks.svg") == report.PICTURE
    assert f"]({report.PICTURE.relative_to(report.PAGE.parent)})" in page
    assert report.written(page, _results(1.0)) != page, "there is a place for the results"
