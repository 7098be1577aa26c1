"""How long commands take from the shell, against `python -c "import typer"` in the same run.

Every command takes turns with the baseline, so that a busy machine slows both; the median of
the ratios of neighbours is what counts. A budget that is not met ends the run with code 1.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cspgraph.resources import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

ROUNDS = int(os.environ.get("ROUNDS", "15"))
WARM, COLD = 3.0, 1.5  # times the baseline; seconds
BASELINE = [sys.executable, "-c", "import typer"]
# Each round asks with a value that no round asked with before.
WARM_COMMANDS = {
    "list": ["list"],
    "list, of a kind": ["list", "actions"],
    "ask, a new parameter": ["ask", "reviewed-or-ending", "--param", "from=2019-03-01", "--param", "to=20{round:02}-03-31"],
    "ask money-by-fund": ["ask", "money-by-fund"],
    "gaps": ["gaps"],
    "gaps, counted": ["gaps", "--count"],
    "coverage": ["coverage", "ref/pcp-2017"],
    "compare": ["compare", "havering-2017", "tower-hamlets-2017"],
    "depends, a new name": ["depends", "{name}"],
    "depends, by title": ["depends", "Violence Against Women and Girls Strategy"],
}  # fmt: skip


def seconds(command: list[str], **environment: str) -> float:
    """Run a command and return its wall time in seconds; raise if it fails."""
    start = time.perf_counter()
    done = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    took = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)}: ended with {done.returncode}: {done.stderr.decode()}")
    return took


def main() -> int:
    """Measure, print a table, and return 1 where a budget is not met."""
    met = True
    with tempfile.TemporaryDirectory() as folder:
        cache = str(Path(folder) / "cache")
        data = Path(folder) / "data"
        shutil.copytree(data_folder(), data)
        asked = [sys.executable, "-m", "cspgraph"]
        listed = subprocess.run(
            [*asked, "list", "actions", "--format", "json"],
            env=os.environ | {"CSPGRAPH_CACHE": cache}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        names = itertools.cycle(thing["id"] for thing in json.loads(listed.stdout))

        def warm(words: list[str], number: int) -> list[str]:
            return [*asked, *(word.format(round=number + 19, name=next(names)) for word in words), "--data", str(data)]

        print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores, {ROUNDS} rounds, medians")
        seconds(warm(["list"], 0), CSPGRAPH_CACHE=cache)
        for label, words in WARM_COMMANDS.items():
            pairs = [
                (seconds(BASELINE), seconds(warm(words, number), CSPGRAPH_CACHE=cache)) for number in range(ROUNDS)
            ]
            ratio = statistics.median(took / base for base, took in pairs)
            met &= ratio <= WARM
            print(f"{label:32} {_ms(took for _, took in pairs)} ms  {ratio:4.2f} x  import typer, at most {WARM:g} x")

        colds = [seconds(warm(["list"], 0), CSPGRAPH_CACHE=f"{cache}-{number}") for number in range(ROUNDS)]
        met &= statistics.median(colds) <= COLD
        print(f"{'list, cold, from the YAML':32} {_ms(colds)} ms           at most {COLD * 1000:g} ms")

        plan = data / "plans" / "havering-2017.yaml"
        edited, after = [], []
        for number in range(ROUNDS):
            with plan.open("a", encoding="utf-8") as file:
                file.write(f"# edit {number}\n")
            edited.append(seconds(warm(["gaps"], number), CSPGRAPH_CACHE=cache))
            after.append(seconds(warm(["gaps"], number), CSPGRAPH_CACHE=cache) / seconds(BASELINE))
        met &= statistics.median(edited) <= COLD and statistics.median(after) <= WARM
        print(f"{'gaps, one plan just edited':32} {_ms(edited)} ms           at most {COLD * 1000:g} ms")
        print(
            f"{'gaps, again after that':32}             {statistics.median(after):4.2f} x  import typer, at most {WARM:g} x"
        )
    print("every budget is met" if met else "a budget is NOT met")
    return 0 if met else 1


def _ms(took: Iterable[float]) -> str:
    return f"{statistics.median(took) * 1000:6.0f}"


if __name__ == "__main__":
    sys.exit(main())
