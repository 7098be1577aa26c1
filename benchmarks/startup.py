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

from cspgraph.resources import data_folder

ROUNDS = int(os.environ.get("ROUNDS", "15"))
# Times the baseline. The cold budget of 1.5 s stands beside a baseline of 50 ms, so it is thirty of those: a ratio
# holds on a machine that is slower today than the one on which the budget was set.
WARM, COLD = 3.0, 30.0
BASELINE = [sys.executable, "-c", "import typer"]
# Installing compiles modules to bytecode, so both sides are measured with theirs written; with
# this variable set, a checkout compiles sixty modules at each start and the baseline none.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
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
        command, env=ENVIRONMENT | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
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
            env=ENVIRONMENT | {"CSPGRAPH_CACHE": cache}, capture_output=True, text=True, check=True,
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
            met &= _told(label, pairs, WARM)

        colds = [
            (seconds(BASELINE), seconds(warm(["list"], 0), CSPGRAPH_CACHE=f"{cache}-{number}"))
            for number in range(ROUNDS)
        ]
        met &= _told("list, cold, from the YAML", colds, COLD)

        plan = data / "plans" / "havering-2017.yaml"
        edited, after = [], []
        for number in range(ROUNDS):
            with plan.open("a", encoding="utf-8") as file:
                file.write(f"# edit {number}\n")
            edited.append((seconds(BASELINE), seconds(warm(["gaps"], number), CSPGRAPH_CACHE=cache)))
            after.append((seconds(BASELINE), seconds(warm(["gaps"], number), CSPGRAPH_CACHE=cache)))
        met &= _told("gaps, one plan just edited", edited, COLD)
        met &= _told("gaps, again after that", after, WARM)
    print("every budget is met" if met else "a budget is NOT met")
    return 0 if met else 1


def _told(label: str, pairs: list[tuple[float, float]], budget: float) -> bool:
    """Print the median time and ratio of pairs of seconds, baseline and command; return whether the budget is met."""
    took = statistics.median(took for _, took in pairs) * 1000
    ratio = statistics.median(took / base for base, took in pairs)
    print(f"{label:32} {took:6.0f} ms  {ratio:5.2f} x  import typer, at most {budget:g} x")
    return ratio <= budget


if __name__ == "__main__":
    sys.exit(main())
