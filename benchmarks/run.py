"""Measure cspgraph and its peers on generated plans, in the same run; compare with the figures kept.

    python -m benchmarks.run --sizes 20k,1m --to results.json      what `make bench` does
    python -m benchmarks.run --check                               what `make bench-check` does

Every measurement is a process of its own. Competitors take turns, round after round, so that a busy machine slows all
of them; the ratio of two is that of the quickest rounds, and its spread is that of the ratios of single rounds. The
first time means that nothing of what cspgraph keeps beside a store (answers, columns) is there yet, for a question that
no answer is; warm, that all of it is; cold, that it is not and the system was told to forget the files of the store
(posix_fadvise); else they are locked in memory, if the system allows it (mlock). Memory is the largest resident size
that the system saw of the process. A process that takes longer than SECONDS (120; for 47 million five times that) is
stopped, and one that wants more memory than GIGABYTES (a quarter of the machine's; Linux only). Generated data lie in
FOLDER (a temporary one), and are made where they are not there yet. Results are kept after every measure.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measures import MIDDLE, Way, absent, measures
from benchmarks.process import SECONDS, Took, run
from benchmarks.report import table
from benchmarks.sizes import forget, held, prepared, sizes_on_disk
from cspgraph import __version__
from cspgraph.files import write_whole
from cspgraph.resources import digest
from cspgraph.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from benchmarks.place import Place

_ROOT = Path(__file__).resolve().parent.parent
BASELINE = Path(__file__).with_name("baseline.json")
# First: asked for the first time, with nothing kept beside the store. Warm: asked before. Cold: first, and nothing read yet.
STATES = ("first", "warm", "cold")
# Above two million triples the first time is measured of these, and of questions: what they need the others need too.
FIRST = ("all rules", "depends", "what-if", "columns")
WORSE = 1.2  # a ratio may be so many times that of the baseline
SHORTEST = 0.02  # seconds below which a ratio says more of the clock than of the program
# What is asked of the command line; the words in braces come from facts.json, FOLDER is one for what is written.
COMMANDS = {
    "list": ["list"],
    "list actions": ["list", "actions"],
    "show": ["show", "{thing}"],
    "ask": ["ask", "money-by-fund"],
    "gaps --count": ["gaps", "--count"],
    "gaps": ["gaps", "--format", "csv"],
    "gaps --first 1000": ["gaps", "--first", "1000", "--format", "csv"],
    "depends": ["depends", "{focus}"],
    "whatif": ["whatif", "--without", "{focus}"],
    "horizon": ["horizon", "--from", "2016-01", "--to", "2016-12"],
    "load": ["load"],
    "chain": ["chain", "{thing}"],
    "coverage": ["coverage"],
    "compare": ["compare", "{plan}", "{other}"],
    "evidence": ["evidence", "{thing}"],
    "view": ["view", "dependencies", "--focus", "{thing}", "--to", "FOLDER/page.html"],
    "view of a plan": ["view", "overview", "--plan", "{plan}", "--to", "FOLDER/page.html"],
    "report on a plan": ["report", "--plan", "{plan}", "--to", "FOLDER/paper.docx"],
    "export of a plan": ["export", "--plan", "{plan}", "--to", "FOLDER/plan.ttl"],
    "query": ["query", "SELECT ?s ?p ?o WHERE {{ ?s ?p ?o }} LIMIT 1000"],
}


# -------------------------------------------------------------------- one run


def named(*wanted: str) -> set[str]:
    """Return the measures whose name holds one of these, those of commands included; all without any."""
    every = {*measures(), *(f"command {name}" for name in COMMANDS)}
    return {name for name in every if any(one in name for one in wanted)} if wanted else every


def longest(place: Place) -> float:
    """Return after how many seconds a process is stopped: above ten million triples more, as there are more."""
    return SECONDS * max(1, round(int(place.facts["triples"]) / 10_000_000))


def stopped(records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return which peers were stopped, and at what: they are not asked to do the same with more."""
    return {
        (one["measure"], one["who"])
        for one in records
        if one["who"] != "cspgraph" and one.get("said", "").startswith("over ")
    }


def measured(
    place: Place, names: set[str], rounds: int, without: Collection[tuple[str, str]] = ()
) -> Iterator[dict[str, Any]]:
    """Yield a record for each of these measures, for each who took part and each state it was in."""
    triples = int(place.facts["triples"])
    for name, ways in measures().items():
        if name in names:
            apt = {who: way for who, way in ways.items() if triples <= way.most}
            yield from _compared(place, name, {who: apt[who] for who in apt if (name, who) not in without}, rounds)
            for who in apt:
                if (name, who) in without:
                    yield _record(place, name, who, [Took(0.0, said="stopped at less")], "warm")
    for name, words in COMMANDS.items():
        if f"command {name}" in names and not ("{other}" in words and place.facts["plans"] == 1):
            yield from _timed(place, f"command {name}", words, rounds)


def _compared(place: Place, name: str, ways: dict[str, Way], rounds: int) -> Iterator[dict[str, Any]]:
    """Yield what each took: warm; where it reads the store, the first time and cold."""
    taking = {who: way for who, way in ways.items() if not absent(way)}
    first = int(place.facts["triples"]) <= MIDDLE or name in FIRST or name.startswith("ask ")
    states = {
        who: [state for state, takes in zip(STATES, (bool(way.keeps) and first, True, way.cold), strict=True) if takes]
        for who, way in taking.items()
    }
    took: dict[tuple[str, str], list[Took]] = {(who, state): [] for who in states for state in states[who]}
    warm, cold = ([key for key in took if (key[1] == "cold") == is_cold] for is_cold in (False, True))
    for _ in range(rounds):
        with held(place.folder / ("plans.nq" if name == "load from RDF" else "store")):
            for who, state in warm:
                if state == "warm" and not took[who, state] and ways[who].keeps and "first" not in states[who]:
                    run(_command_of(place, name, who), limit=longest(place))  # what it keeps is there from then on
                _once(place, name, who, state, ways[who], took)
        for who, state in cold:
            forget(place.folder / "store")
            _once(place, name, who, state, ways[who], took)
    for who in ways:
        for state in states.get(who, ["warm"]):
            yield _record(place, name, who, took.get((who, state), []), state)


def _once(place: Place, name: str, who: str, state: str, way: Way, took: dict[tuple[str, str], list[Took]]) -> None:
    """Measure once more what one takes, unless it was stopped before: it is stopped once, not in every round and state."""
    given_up = [times[-1] for (other, _), times in took.items() if other == who and times and times[-1].said]
    if given_up:
        took[who, state] = took[who, state] or given_up[:1]
        return
    if state != "warm":
        place.forget_derived(way.keeps)
    took[who, state].append(run(_command_of(place, name, who), timed=True, limit=longest(place)))


def _command_of(place: Place, name: str, who: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.measures", name, who, str(place.folder)]


def _timed(place: Place, name: str, words: list[str], rounds: int) -> Iterator[dict[str, Any]]:
    """Measure a command of ours as the shell runs it, beside the start of Python with one library."""
    facts = {key: str(value) for key, value in place.facts.items()}
    took: dict[str, list[Took]] = {"cspgraph": [], "import typer": []}
    with tempfile.TemporaryDirectory() as folder, held(place.folder / "store"):
        filled = (word.format(**facts).replace("FOLDER", folder) for word in words)
        command = [sys.executable, "-m", "cspgraph", *filled]
        command += ["--engine", f"oxigraph:{place.folder / 'store'}", "--quiet"]
        for _ in range(max(rounds, 2)):  # the first makes what is kept beside the store
            if not took["cspgraph"] or not took["cspgraph"][-1].said:
                took["cspgraph"].append(run(command, limit=longest(place)))
                took["import typer"].append(run([sys.executable, "-c", "import typer; print()"]))
    for who, times in took.items():
        yield _record(place, name, who, times, "warm")


def _record(place: Place, name: str, who: str, took: list[Took], state: str) -> dict[str, Any]:
    said = took[-1].said if took else "not installed"
    good = [each for each in took if not each.said]
    record: dict[str, Any] = {"measure": name, "who": who, "state": state, "triples": place.facts["triples"]}
    record["size"] = place.folder.name  # what was wanted: it stays when the plans, and with them the triples, change
    if good:
        record |= {
            "seconds": [round(each.seconds, 5) for each in good],
            "first": round(min(each.first for each in good), 5),
            "memory": max(each.memory for each in good),
            "processor": round(min(each.processor for each in good), 5),
            "rows": good[0].rows,
        }
    if said:
        record["said"] = said
    times = f"{min(record['seconds']):10.3f} s" if good else f"{said:>12}"
    print(f"{place.facts['triples']:>11,} {state} {name[:44]:44} {who[:24]:24} {times}", file=sys.stderr, flush=True)
    return record


# -------------------------------------------------------------------- the gate


def ratios(records: list[dict[str, Any]]) -> dict[str, float]:
    """Return, for each measure at each size that can be compared, our quickest round over the peer's."""
    ours: dict[tuple[str, str, str], float] = {}
    peers: dict[tuple[str, str], float] = {}
    for record in records:
        measure, size, best = record["measure"], record["size"], min(record.get("seconds", [math.inf]))
        if record["who"] == "cspgraph" and record["state"] != "cold":
            ours[measure, size, record["state"]] = best
        elif record["state"] == "warm":
            peers[measure, size] = min(best, peers.get((measure, size), math.inf))
    found = {}
    for (measure, size, state), seconds in ours.items():
        peer = peers.get((measure, size), math.inf)
        if math.isfinite(seconds) and math.isfinite(peer) and max(seconds, peer) >= SHORTEST:
            # What is shorter counts as that long: two milliseconds that become three are no regression, sixty are.
            found[f"{measure} @ {size}, {state}"] = round(max(seconds, SHORTEST) / max(peer, SHORTEST), 3)
    return found


def worse(now: dict[str, float], before: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Return the measures whose ratio is more than a fifth worse than it was, with both ratios."""
    return {key: (before[key], now[key]) for key in sorted(before) if key in now and now[key] > before[key] * WORSE}


def check(folder: Path, sizes: list[str], wanted: Collection[str], rounds: int) -> int:
    """Measure again what the baseline holds; print a sentence for the worst regression; return 1 where there is one.

    What looks worse is measured once more, with twice the rounds: a busy minute is no regression.
    """
    before = json.loads(BASELINE.read_text(encoding="utf-8"))["ratios"]
    found: dict[str, tuple[float, float]] = {}
    compared = 0
    for size in sizes:
        place = prepared(folder / size, number(size))
        kept = {key.partition(" @ ")[0] for key in before if f" @ {size}, " in key}
        now = ratios(list(measured(place, kept & named(*wanted), rounds)))
        suspects = worse(now, before)
        again = {key.partition(" @ ")[0] for key in suspects}
        found |= worse(ratios(list(measured(place, again, 2 * rounds))), before)
        compared += len(now)
    if not compared:
        print("nothing was compared: the baseline holds none of these measures at these sizes", file=sys.stderr)
        return 2
    if found:
        key, (was, now_is) = max(found.items(), key=lambda item: item[1][1] / item[1][0])
        others = f"; {counted(len(found) - 1, 'other measure')} also" if len(found) > 1 else ""
        print(f"worse by more than a fifth: {key}: {now_is:g} times the quickest peer, was {was:g}{others}")
        return 1
    print(f"{counted(compared, 'ratio')} compared, none worse by more than a fifth")
    return 0


def begun(only: Collection[str], path: Path | None) -> dict[str, Any]:
    """Return results without records, or those in a file of a run that was cut. Raises SystemExit for one of another code."""
    code = digest(sorted((_ROOT / "cspgraph").rglob("*.py")) + sorted((_ROOT / "benchmarks").glob("*.py")))
    head = {
        "version": __version__,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "code": code,
        "only": [*only],
    }
    if path is None or not path.exists():
        return {**head, "sizes": [], "records": []}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if {key: found.get(key) for key in head} != head:
        raise SystemExit(f"{path} was begun with other code, or with other measures: it cannot be gone on with")
    return found


def number(size: str) -> int:
    """Return how many triples a size such as `20k` or `47m` means."""
    return int(size.replace("k", "000").replace("m", "000000"))


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="20k,1m", help="which sizes, such as 20k,1m,10m,47m")
    parser.add_argument("--only", default=(), nargs="+", help="only measures whose name holds one of these")
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of each measure; above two million triples there is one"
    )
    parser.add_argument("--to", type=Path, help="file for the results, as JSON")
    parser.add_argument(
        "--resume", action="store_true", help="go on with a run that was cut: leave out what --to holds already"
    )
    parser.add_argument("--check", action="store_true", help="compare with the baseline instead")
    parser.add_argument("--keep", action="store_true", help="make these results the baseline")
    given = parser.parse_args()
    if given.resume and not given.to:
        parser.error("--resume goes on with the file that --to names")
    return given


def compare(folder: Path, sizes: list[str], given: argparse.Namespace) -> dict[str, Any]:
    """Return what was measured at these sizes, kept in a file after each measure: all of the largest takes an hour."""
    results = begun(given.only, given.to if given.resume else None)
    records = results["records"]
    if records:
        print(f"{given.to} holds {counted(len(records), 'record')}; remove it to measure anew", file=sys.stderr)
    order = [name for name in (*measures(), *(f"command {name}" for name in COMMANDS)) if name in named(*given.only)]
    for size in sizes:
        rounds = given.rounds if number(size) <= MIDDLE else 1  # above, one takes an hour
        done = {record["measure"] for record in records if record["size"] == size}
        for name in (name for name in order if name not in done):
            place = prepared(folder / size, number(size))
            if size not in [known["size"] for known in results["sizes"]]:
                results["sizes"].append({"size": size, **place.facts, "bytes": sizes_on_disk(place)})
            records += measured(place, {name}, rounds, stopped(records))
            if given.to:
                write_whole(given.to, json.dumps(results, indent=1, sort_keys=True).encode())
    return results


def main() -> int:
    """Do what the command line asks."""
    given = arguments()
    sizes = given.sizes.split(",")
    kept = os.environ.get("FOLDER")
    folder = Path(kept or tempfile.mkdtemp(prefix="bench-"))
    try:
        if given.check:
            return check(folder, sizes, given.only, given.rounds)
        results = compare(folder, sizes, given)
        if given.keep:
            kept_ratios = {"ratios": ratios(results["records"])}
            BASELINE.write_text(json.dumps(kept_ratios, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(table(results))
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
