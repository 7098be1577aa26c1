"""What was measured, as a page for people: tables, how cost grows with size, a plot.

python -m benchmarks.report results.json        writes docs/benchmarks.md and its picture anew
"""

from __future__ import annotations

import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = _ROOT / "docs/benchmarks.md", _ROOT / "docs/pictures/benchmarks.svg"
_BEGIN, _END = "<!-- results: make bench writes what follows -->\n", "<!-- end of results -->"
# Lines of the plot: Okabe-Ito colours that pass 3:1 on white, each with a mark of its own.
_LINES = {
    "load from RDF": ("#0072B2", "circle"),
    "open, all of one thing": ("#009E73", "square"),
    "all rules": ("#D55E00", "diamond"),
    "depends": ("#CC79A7", "triangle"),
    "load of bodies": ("#000000", "cross"),
}


class Cell(NamedTuple):
    """One competitor in one measure at one size: all rounds, and what is known of the process."""

    seconds: list[float]
    memory: int
    first: float
    said: str

    def best(self) -> float:
        """Return the quickest round."""
        return min(self.seconds)

    def told(self) -> str:
        """Return the time, or why there is none."""
        return duration(self.best()) if self.seconds else self.said


Cells = dict[str, dict[int, dict[str, Cell]]]  # by measure, size and competitor


def cells(results: dict[str, Any], state: str = "warm") -> Cells:
    """Return what was measured by measure, size and competitor."""
    found: Cells = {}
    for record in results["records"]:
        if record["state"] == state:
            cell = Cell(
                record.get("seconds", []), record.get("memory", 0), record.get("first", 0.0), record.get("said", "")
            )
            found.setdefault(record["measure"], {}).setdefault(record["triples"], {})[record["who"]] = cell
    return found


def ratio(ours: Cell, peer: Cell) -> str:
    """Return our quickest round over the peer's, with the least and the greatest ratio of rounds beside one another."""
    if not ours.seconds or not peer.seconds:
        return ""
    each = [a / b for a, b in zip(ours.seconds, peer.seconds, strict=False)]
    spread = f" ({min(each):.2g} to {max(each):.2g})" if len(each) > 1 else ""
    return f"{ours.best() / peer.best():.2g}{spread}"


def exponent(points: dict[int, float]) -> float | None:
    """Return k of the power law seconds = c * triples^k that fits best, by least squares on logarithms; None for one size."""
    if len(points) < 2:
        return None
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points.items()]
    return statistics.linear_regression([x for x, _ in logs], [y for _, y in logs]).slope


def duration(seconds: float) -> str:
    """Return seconds as people read them: three figures at most."""
    if seconds < 1:
        return f"{seconds * 1000:.{1 if seconds < 0.01 else 0}f} ms"
    return f"{seconds:.{2 if seconds < 10 else 0}f} s"


# -------------------------------------------------------------------- tables


def table(results: dict[str, Any]) -> str:
    """Return all that was measured, as Markdown."""
    warm, first, cold = (cells(results, state) for state in ("warm", "first", "cold"))
    parts = [_data(results), "### Beside the peers", _peers(warm, first), "### Questions", _asks(warm, first)]
    parts += [
        "Each of them, asked for the first time, asked again, and its query in pyoxigraph:",
        _each(warm, first),
        "### Cold",
        _cold(cold, warm),
        "### Commands",
        _commands(warm),
        "### How cost grows",
        _growth(warm, first),
    ]
    return "\n\n".join(parts)


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def _data(results: dict[str, Any]) -> str:
    rows = []
    for size in results["sizes"]:
        forms = ", ".join(f"{form} {count / 1e6:,.1f} MB" for form, count in sorted(size["bytes"].items()))
        rows.append([f"{size['triples']:,}", f"{size['plans']:,}", duration(size["generated"]), forms])
    return _markdown(["triples", "plans", "generated in", "size on disk"], rows)


def _peers(warm: Cells, first: Cells) -> str:
    rows = []
    for measure, sizes in warm.items():
        if measure.startswith(("ask ", "command ")):
            continue
        for size, who in sizes.items():
            ours = who["cspgraph"]
            before = first.get(measure, {}).get(size, {}).get("cspgraph")
            for name, cell in who.items():
                if name != "cspgraph":
                    both = cell.seconds and ours.seconds
                    memory = f"{ours.memory / 1e6:,.0f} / {cell.memory / 1e6:,.0f}" if both else ""
                    once = [before.told(), ratio(before, cell)] if before else ["", ""]
                    rows.append([measure, f"{size:,}", once[0], ours.told(), name, cell.told(), once[1], ratio(ours, cell), memory])  # fmt: skip
    heads = [
        "measure",
        "triples",
        "first",
        "cspgraph",
        "peer",
        "",
        "ratio, first",
        "ratio (of single rounds)",
        "memory, MB",
    ]
    return _markdown(heads, rows)


def _asks(warm: Cells, first: Cells) -> str:
    sizes: dict[int, list[str]] = {}
    for measure, found in first.items():
        if measure.startswith("ask "):
            for size in found:
                sizes.setdefault(size, []).append(measure)
    rows = []
    for size, asks in sizes.items():
        times = {name: first[name][size]["cspgraph"].best() for name in asks if first[name][size]["cspgraph"].seconds}
        again = [cell.best() for cell in (warm[name][size]["cspgraph"] for name in times) if cell.seconds]
        slowest = sorted(times, key=lambda name: -times[name])[:3]
        beside = {
            peer: [times[name] / cell.best() for name in times if (cell := warm[name][size].get(peer)) and cell.seconds]
            for peer in ("pyoxigraph", "rdflib")
        }
        stopped = f", {len(asks) - len(times)} stopped" if len(asks) > len(times) else ""
        rows.append([
            f"{size:,}", f"{len(times)}{stopped}", duration(statistics.median(times.values())), duration(statistics.median(again)),
            ", ".join(f"{name.removeprefix('ask ')} {duration(times[name])}" for name in slowest),
            *(f"{statistics.median(found):.2g}" if found else "" for found in beside.values()),
        ])  # fmt: skip
    heads = ["triples", "questions", "median, first", "again", "the slowest, first", "x pyoxigraph", "x rdflib"]
    return _markdown(heads, rows)


def _each(warm: Cells, first: Cells) -> str:
    """Return a row for each question, with our two times and the peer's at each size."""
    asks = [measure for measure in warm if measure.startswith("ask ")]
    sizes = sorted({size for measure in asks for size in warm[measure]})
    rows = []
    for measure in asks:
        told = []
        for size in sizes:
            again = warm[measure].get(size, {})
            once = first.get(measure, {}).get(size, {}).get("cspgraph")
            three = (once, again.get("cspgraph"), again.get("pyoxigraph"))
            told.append(", ".join(duration(one.best()) if one and one.seconds else "–" for one in three))
        rows.append([measure.removeprefix("ask "), *told])
    return _markdown(["question", *(f"{size:,}" for size in sizes)], rows)


def _cold(cold: Cells, warm: Cells) -> str:
    rows = []
    for measure, sizes in cold.items():
        for size, who in sizes.items():
            other = who.get("pyoxigraph", Cell([], 0, 0, ""))
            rows.append(
                [measure, f"{size:,}", warm[measure][size]["cspgraph"].told(), who["cspgraph"].told(), other.told()]
            )
    return _markdown(["measure", "triples", "warm", "cold", "pyoxigraph, cold"], rows)


def _commands(warm: Cells) -> str:
    rows = []
    for measure, sizes in warm.items():
        if measure.startswith("command "):
            for size, who in sizes.items():
                ours, start = who["cspgraph"], who["import typer"]
                first = duration(ours.first) if ours.first else ""
                times = f"{ours.best() / start.best():.2g}" if ours.seconds and start.seconds else ""
                memory = f"{ours.memory / 1e6:,.0f}" if ours.seconds else ""
                rows.append([f"`{measure.removeprefix('command ')}`", f"{size:,}", first, ours.told(), times, memory])
    return _markdown(["command", "triples", "first row", "last row", "x `import typer`", "memory, MB"], rows)


def _growth(warm: Cells, first: Cells) -> str:
    rows = []
    for measure, sizes in warm.items():
        if measure.startswith(("ask ", "command ")):
            continue
        for state, found in ((", first", first.get(measure, {})), ("", sizes)):
            for name in dict.fromkeys(name for who in found.values() for name in who):
                named = {size: who[name] for size, who in found.items() if name in who}
                points = {size: cell.best() for size, cell in named.items() if cell.seconds}
                power = exponent(points)
                if power is not None:
                    told = ", ".join(duration(seconds) for seconds in points.values())
                    rows.append([measure, f"{name}{state}", f"{power:.2f}", told])
    return _markdown(["measure", "by", "exponent", "at each size"], rows)


# -------------------------------------------------------------------- the picture


def plot(results: dict[str, Any]) -> str:
    """Return an SVG: seconds against triples, both in powers of ten; ours drawn through, the peer next to us dashed.

    Ours is the first time where that was measured at every size.
    """
    warm, first = cells(results), cells(results, "first")
    sizes = sorted(size["triples"] for size in results["sizes"])
    low, high = math.floor(math.log10(sizes[0])), math.ceil(math.log10(sizes[-1]))

    def across(triples: float) -> float:
        return 70 + 480 * (math.log10(triples) - low) / (high - low)

    def down(seconds: float) -> float:
        return 350 - 46 * (math.log10(seconds) + 3)

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 400" font-family="sans-serif" font-size="12" role="img">',
        "<title>Seconds against triples</title>",
        '<rect width="800" height="400" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        x = across(10**power)
        parts.append(f'<path d="M{x:.0f} 26V350" stroke="#ddd"/><text x="{x:.0f}" y="368" text-anchor="middle">{10**power:,}</text>')  # fmt: skip
    for power in range(-3, 5):
        y = down(10.0**power)
        parts.append(f'<path d="M70 {y:.0f}H550" stroke="#ddd"/><text x="64" y="{y + 4:.0f}" text-anchor="end">{10.0**power:g} s</text>')  # fmt: skip
    parts.append('<text x="310" y="388" text-anchor="middle">triples</text>')
    for number, (measure, (colour, mark)) in enumerate(_LINES.items()):
        found, once = warm.get(measure, {}), first.get(measure, {})
        if found.keys() == once.keys():  # a line is of one state
            found = {size: who | once[size] for size, who in found.items()}
        for who, dash in (("cspgraph", ""), (_beside(found), ' stroke-dasharray="4 4"')):
            points = [(across(size), down(found[size][who].best())) for size in sizes if size in found and who in found[size] and found[size][who].seconds]  # fmt: skip
            if points:
                line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
                parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
                parts += [_mark(mark, x, y, colour) for x, y in points]
        y = 60 + 44 * number
        parts.append(f'{_mark(mark, 574, y - 4, colour)}<text x="588" y="{y}">{measure}</text>')
        parts.append(f'<text x="588" y="{y + 16}" fill="#555">dashed: {_beside(found) or "no peer"}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _beside(found: dict[int, dict[str, Cell]]) -> str:
    """Return the peer that was measured at the most sizes, the first of them."""
    counts: dict[str, int] = {}
    for who in found.values():
        for name, cell in who.items():
            if name != "cspgraph" and cell.seconds:
                counts[name] = counts.get(name, 0) + 1
    return max(counts, key=lambda name: counts[name]) if counts else ""


def _mark(mark: str, x: float, y: float, colour: str) -> str:
    shapes = {
        "circle": f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>',
        "square": f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>',
        "diamond": f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" fill="{colour}"/>',
        "triangle": f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z" fill="{colour}"/>',
        "cross": f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m-8 0l8 -8" stroke="{colour}" stroke-width="2"/>',
    }
    return shapes[mark]


def written(page: str, results: dict[str, Any]) -> str:
    """Return a page with the results in their place. Raises ValueError where it has none."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError("the page has no place for results")
    machine = f"Python {results['python']}, {results['cores']} cores, cspgraph {results['version']}."
    return f"{before}{begin}\n{machine}\n\n{table(results)}\n\n{end}{after}"


def main() -> None:
    """Write the page and its picture from the results of a run."""
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    PICTURE.write_text(plot(results), encoding="utf-8")


if __name__ == "__main__":
    main()
