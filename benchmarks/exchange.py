"""What every format of `export`, the papers of `report` and the two formats of `import` cost, in time and memory.

Each runs twice, as a command of its own: on the bundled plans, and on twenty copies of them (COPIES) beside one copy of
what plans share, about two million triples. What holds one plan (a workbook, StratML, Mermaid) is made of Tower Hamlets,
and of a plan that says everything twenty times. The time is the processor's, the memory the most that the process held;
a command is stopped after SECONDS (900) of the processor. FOLDER keeps what was made; words choose rows:
`benchmarks/exchange.py docx graphml`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.rules import fill
from cspgraph.changes.rebuild import rebuild
from cspgraph.changes.records import Record, Records, Value, flatten
from cspgraph.check import read_library
from cspgraph.engines.folder import FORMAT
from cspgraph.export import FORMATS
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.canonical import printed
from cspgraph.plans.markup import compose
from cspgraph.resources import data_folder, library
from cspgraph.terms import SHARED, short

if TYPE_CHECKING:
    from collections.abc import Collection

COPIES = int(os.environ.get("COPIES", "20"))
SECONDS = int(os.environ.get("SECONDS", "900"))
PLAN = "tower-hamlets-2017"
OF_ONE_PLAN = ("mmd", "stratml", "xml")
PAPERS = ("html", "docx", "xlsx")


def grown(records: Records, times: int, shared: Collection[str] = ()) -> Records:
    """Return the records of a plan with each thing so many times, each time under references of its own.

    Names that plans share, or that the vocabulary has, keep to what they mean.
    """
    own = {path[0][1] for path in records if path}.difference(shared)
    found: Records = {(): records[()]} if () in records else {}
    for copy in range(times):
        names = {name: f"{name}-{copy}" if copy else name for name in own}
        for path, record in records.items():
            if not path:
                continue
            again = tuple((word, names.get(key, key), number) for word, key, number in path)
            values = {
                word: [
                    Value(
                        one.text if one.text in shared else names.get(one.text, one.text),
                        one.lines,
                        one.status,
                        one.why,
                        one.literal,
                    )
                    for one in said
                ]
                for word, said in record.values.items()
            }
            found[again] = Record(again, record.kind, dict(record.own), values, record.short)
    return found


def plan_folder(folder: Path, times: int) -> Path:
    """Return a folder with the bundled data, in which one plan says everything so many times."""
    target = folder / f"one-plan-{times}"
    if not target.exists():
        shutil.copytree(data_folder(), target)
        path = target / "plans" / f"{PLAN}.yaml"
        vocabulary = read_vocabulary(library().ontology)
        records = flatten(compose(str(path), path.read_bytes()), vocabulary)
        shared = {short(iri).removeprefix(f"{SHARED}/") for iri in read_library(library()).entities()}
        shared.update(word for scheme in vocabulary.concepts.values() for word in scheme)
        built = rebuild(grown(records, times, shared), {}, vocabulary)
        path.write_text(printed(built.root, vocabulary, b""), encoding="utf-8")
    return target


def spent(*words: str) -> tuple[str, str]:
    """Return the processor's seconds and the megabytes of a command; a word in place of the first where it failed."""
    done = subprocess.Popen(
        [sys.executable, "-m", "cspgraph", *words, "--quiet"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)),  # noqa: PLW1509 - one thread
    )  # fmt: skip
    assert done.stderr is not None
    said = done.stderr.read()
    _, status, used = os.wait4(done.pid, 0)
    done.returncode = os.waitstatus_to_exitcode(status)
    took = f"{used.ru_utime + used.ru_stime:.1f}"
    if done.returncode:
        print(" ".join(words), said[-300:], file=sys.stderr)
        took = "stopped" if done.returncode < 0 else f"failed ({done.returncode})"
    return took, f"{used.ru_maxrss / 1024:.0f}"


def commands(folder: Path, copies: int) -> dict[str, tuple[str, Path]]:
    """Return the commands by their names, each with the file that it writes."""
    store, data, out = folder / f"copies-{copies}", plan_folder(folder, copies), folder / f"out-{copies}"
    if not store.exists():
        store.mkdir(parents=True)
        print(f"{fill(store / 'store-copies', copies):,} triples", flush=True)
        (store / "pointer.json").write_text(json.dumps({"format": FORMAT, "store": "store-copies"}), encoding="utf-8")
    out.mkdir(exist_ok=True)
    one = f"--data {data} --plan {PLAN}"
    found = {}
    for known in FORMATS:
        ending = known.ending
        of = one if ending in OF_ONE_PLAN else f"--engine oxigraph:{store}"
        found[f"export .{ending}"] = f"export {of} --to {out / f'plans.{ending}'}", out / f"plans.{ending}"
    found["export .xlsx"] = f"export {one} --to {out / 'plan.xlsx'}", out / "plan.xlsx"
    for ending in PAPERS:
        paper = out / f"paper.{ending}"
        found[f"report .{ending}"] = f"report --engine oxigraph:{store} --to {paper}", paper
    for name in ("plan.xlsx", "plans.stratml"):
        taken = out / f"taken-{name}"
        to = f"{taken} --data {data}" if name.endswith("xlsx") else str(taken)
        found[f"import .{name.split('.')[1]}"] = f"import {out / name} --yes --to {to}", taken
    return found


def size_of(path: Path) -> str:
    """Return the megabytes that a file, or all files of a folder, take."""
    files = [path] if path.is_file() else list(path.glob("*")) if path.is_dir() else []
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f}"


def main() -> None:
    """Make both sizes, run every command on each, print a table as Markdown."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(os.environ.get("FOLDER", scratch))
        os.environ.setdefault("CSPGRAPH_CACHE", str(folder / "cache"))
        both = [commands(folder, copies) for copies in (1, COPIES)]
        print(f"| | s | MB held | MB file | {COPIES} times: s | MB held | MB file |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for name in both[0]:
            if sys.argv[1:] and not any(name.endswith(f".{word}") or name.startswith(word) for word in sys.argv[1:]):
                continue
            cells = []
            for words, target in (one[name] for one in both):
                shutil.rmtree(target, ignore_errors=True)
                if "--plan" in words:
                    spent("list", *words.split()[1:3])  # so that the cache is warm
                cells += [*spent(*words.split()), size_of(target)]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
