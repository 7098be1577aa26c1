"""The generated data of one size: made where they are not there, forgotten and held in memory.

python -m benchmarks.sizes FOLDER TRIPLES        generates one
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.hold import files
from benchmarks.measures import SMALL
from benchmarks.place import Place
from cspgraph.terms import GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterator


def prepared(folder: Path, triples: int) -> Place:
    """Return the place where the generated data of a size lie, made if they are not there.

    In a process of its own: the memory of this one counts in that of each that it starts.
    """
    if not (folder / "facts.json").exists():
        print(f"generating {triples:,} triples", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks.sizes", str(folder), str(triples)], check=True)
    return Place(folder)


def prepare(folder: Path, triples: int) -> None:
    """Generate a size, with the facts that measures ask for."""
    from benchmarks.generate import Generator, write

    folder.mkdir(parents=True, exist_ok=True)
    named = os.environ.get("CSPGRAPH_PLACES")
    generator = Generator(triples, places=Path(named) if named else None)
    start = time.perf_counter()
    written = write(generator, folder / "plans.nq", folder / "store")
    seconds = time.perf_counter() - start
    if triples <= 20 * SMALL:
        generator.write_plans(folder / "plans")
    names = generator.names(generator.blocks[0])
    number = generator.chosen[0]
    things = generator.moulds.things(generator.moulds.originals[number].root)
    action = next(ref for section, ref, _ in things if section == "actions")
    plan = names.forms[f"zzplan{number}"]
    facts = {
        "triples": written,
        "plans": len(generator.blocks) * len(generator.chosen),
        "generated": round(seconds, 1),
        "graph": f"{GRAPH}{plan}",
        "plan": plan,
        "other": names.forms[f"zzplan{generator.chosen[-1]}"],
        "thing": f"{plan}/{action}",
        "focus": f"ref/metropolitan-police-{names.forms['zzarea']}",
    }
    # Written last: it says that all the rest is there.
    (folder / "facts.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")


def sizes_on_disk(place: Place) -> dict[str, int]:
    """Return the bytes of each form in which the data lie there."""
    forms = {"N-Quads": place.folder / "plans.nq", "store": place.store(), "plan files": place.folder / "plans"}
    return {name: sum(file.stat().st_size for file in files(path)) for name, path in forms.items() if path.exists()}


def forget(folder: Path) -> None:
    """Have the system forget what it read of the files in a folder, where it can."""
    for path in files(folder):
        with suppress(OSError, AttributeError), path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep files in memory as long as this lasts; where the system does not allow it, have it read them once.

    In a process of its own: the memory of this one counts in that of each that it starts.
    """
    holder = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.hold", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout
    holder.stdout.readline()
    try:
        yield
    finally:
        holder.communicate()


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(sys.argv[2]))
