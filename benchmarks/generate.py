"""Plausible community safety plans, as many as are wanted, the same for the same seed.

    python -m benchmarks.generate --triples 1m --plans plans/          plan files and reference files, for the loader
    python -m benchmarks.generate --triples 47m --nquads plans.nq      what the loader would make of them, in minutes
    python -m benchmarks.generate --triples 10m --store stores/10m     a store as `cspgraph build --to oxigraph:` makes it

Shapes and proportions are those of the bundled plans, read at run time (see shapes.py). A partnership has a plan a
year, each in the place of the one before; five partnerships of one police area, each after another bundled plan, make a
block, in which plans speak of one another as the bundled ones do. `--places` names the partnerships after the table of
districts, community safety partnerships and police force areas of the Office for National Statistics
(or CSPGRAPH_PLACES does); without it they are "Partnership 17" in "Area 4".
"""

from __future__ import annotations

import argparse
import csv
import itertools
import os
import re
import tempfile
import time
import unicodedata
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.shapes import Moulds
from benchmarks.templates import Names, Template
from cspgraph import __version__
from cspgraph.build import builtin_digest
from cspgraph.check import read_library
from cspgraph.engines.folder import StoreFolder
from cspgraph.engines.part import Graph
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.context import slug
from cspgraph.plans.quads import file_quads
from cspgraph.resources import Library, library
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyoxigraph as ox

    from cspgraph.check import Reading

PARTNERSHIPS = 300  # in England and Wales, in round figures
MOULDS = 24  # different blocks at most; beyond, they return under other names


@dataclass(frozen=True)
class Place:
    """A partnership and the police area in which it lies."""

    name: str
    area: str


@dataclass(frozen=True)
class Block:
    """The plans of a few partnerships in one year."""

    places: tuple[Place, ...]
    year: int
    mould: int


class Generator:
    """All that is generated for one size: `blocks` in order, as plan files or as N-Quads."""

    def __init__(self, triples: int, *, seed: int = 1, places: Path | None = None) -> None:
        self.files = library()
        self.vocabulary = read_vocabulary(self.files.ontology)
        self.moulds = Moulds(self.files, self.vocabulary)
        self.seed = seed
        self.made: dict[tuple[int, int], tuple[list[str], list[Template]]] = {}
        self.chosen = list(range(len(self.moulds.originals)))
        sizes = [template.triples for template in self._mould(0, 0)[1]]
        if triples < sum(sizes) / 2:  # less than all of them: the one that is nearest
            self.chosen = [min(self.chosen, key=lambda number: abs(sizes[number] - triples))]
            self.made.clear()
        number = max(1, round(triples / sum(sizes[number] for number in self.chosen)))
        self.blocks = self._blocks(number, _places(places))

    def _blocks(self, number: int, places: list[Place]) -> list[Block]:
        size = len(self.chosen)
        most = min(len(places), PARTNERSHIPS)
        groups = [tuple(places[first : first + size]) for first in range(0, most - size + 1, size)]
        years = max(-(-number // len(groups)), min(number, 3))
        groups = groups[: -(-number // years)]
        moulds = max(1, MOULDS // years)
        return [Block(group, year, at % moulds) for year in range(years) for at, group in enumerate(groups)][:number]

    # ---------------------------------------------------------------- what is made once

    def _mould(self, year: int, mould: int) -> tuple[list[str], list[Template]]:
        """Return the plans of a block under stand-in names, as texts and as the loader's N-Quads."""
        if (year, mould) not in self.made:
            among = set(self.chosen)
            texts = [self.moulds.plan(number, year, f"{self.seed} {mould}", among) for number in self.chosen]
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch)
                for number, text in zip(self.chosen, texts, strict=True):
                    (folder / f"plan-{number}.yaml").write_text(text, encoding="utf-8")
                    before = f"plan: zzprev{number}\nsource: zzplan{number}-text\ntitle: The one before\nlines: 1\n"
                    (folder / f"before-{number}.yaml").write_text(before, encoding="utf-8")
                    home = self.moulds.home(number, [(f"zzplan{number}", year)])
                    (folder / f"home-{number}.yaml").write_text(home, encoding="utf-8")
                (folder / "area.yaml").write_text(self.moulds.area(), encoding="utf-8")
                reading = self._read(folder)
            files = {file.name: file for file in reading.files}
            templates = [
                self._template(f"zzplan{number}", file_quads(files[f"zzplan{number}"], self.vocabulary)) for number in self.chosen
            ]  # fmt: skip
            self.made[year, mould] = texts, templates
        return self.made[year, mould]

    def _read(self, folder: Path) -> Reading:
        files = self.files
        base = tuple(path for path in files.own if path.parent.name != "plans")
        own = tuple(sorted(folder.rglob("*.yaml")))
        return read_library(Library(base, own, files.ontology, files.questions, files.trusted)).or_raise()

    def _template(self, graph: str, quads: Iterable[ox.Quad]) -> Template:
        return Template(f"{GRAPH}{graph}", quads, self.vocabulary.digest)

    def names(self, block: Block) -> Names:
        """Return how the plans and places of a block are called."""
        plans, places = {}, {"zzarea": block.places[0].area}
        for number, place in zip(self.chosen, block.places, strict=True):
            year = self.moulds.originals[number].year + block.year
            plans[f"zzplan{number}"] = f"{slug(place.name)}-{year}"
            plans[f"zzprev{number}"] = f"{slug(place.name)}-{year - 1}"
            places[f"zzhome{number}"] = place.name
        return Names(plans, places)

    # ---------------------------------------------------------------- what is written

    def write_reference(self, folder: Path) -> None:
        """Write what plans share beyond the bundled reference data: a file an area, a file a partnership."""
        folder.mkdir(parents=True, exist_ok=True)
        area = self.moulds.area()
        years: dict[tuple[Place, ...], list[Block]] = {}
        for block in self.blocks:
            years.setdefault(block.places, []).append(block)
        for places, blocks in years.items():
            names = self.names(blocks[0])
            (folder / f"area-{slug(places[0].area)}.yaml").write_text(names.fill(area), encoding="utf-8")
            for number, place in zip(self.chosen, places, strict=True):
                plans = [(self.names(block).forms[f"zzplan{number}"], block.year) for block in blocks]
                text = names.fill(self.moulds.home(number, plans))
                (folder / f"home-{slug(place.name)}.yaml").write_text(text, encoding="utf-8")

    def write_plans(self, folder: Path) -> int:
        """Write all as plan files and reference files for the loader; return the number of plans."""
        self.write_reference(folder / "reference")
        (folder / "plans").mkdir(parents=True, exist_ok=True)
        written = 0
        for block in self.blocks:
            names = self.names(block)
            texts, _ = self._mould(block.year, block.mould)
            for number, text in zip(self.chosen, texts, strict=True):
                path = folder / "plans" / f"{names.forms[f'zzplan{number}']}.yaml"
                path.write_text(names.fill(text), encoding="utf-8")
                written += 1
        return written

    def graphs(self) -> Iterator[Graph]:
        """Yield what a build of the same plan files would load, graph by graph: ontology, what is shared, the plans."""
        nobody = Names({}, {})
        with tempfile.TemporaryDirectory() as scratch:
            self.write_reference(Path(scratch))
            shared = dict(self._read(Path(scratch)).graphs())
        quads = [quad for name, quad in shared.items() if name == f"{GRAPH}{SHARED}"]
        ontology = Template(ONTOLOGY_GRAPH, self.vocabulary.quads, self.vocabulary.digest)
        yield _graph(ontology, nobody, hashed=False)
        yield _graph(self._template(SHARED, quads[0]), nobody)
        for block in self.blocks:
            names = self.names(block)
            for template in self._mould(block.year, block.mould)[1]:
                yield _graph(template, names)


def _graph(template: Template, names: Names, *, hashed: bool = True) -> Graph:
    content, digest = template.fill(names, hashed=hashed)
    return Graph(names.fill(template.graph), digest, content, content.count(b"\n"))


def _places(path: Path | None) -> list[Place]:
    """Return the partnerships, those of one police area beside one another as far as they fill blocks."""
    if path is None:
        return [Place(f"Partnership {number + 1}", f"Area {number // 10 + 1}") for number in range(PARTNERSHIPS)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {(row["pfa24_name"], row["csp24_name"]) for row in csv.DictReader(file) if row["csp24_name"].strip()}
    found = [Place(_plain(name), _plain(area)) for area, name in sorted(rows)]
    whole, rest = [], []
    for _, group in itertools.groupby(found, key=lambda place: place.area):
        members = list(group)
        fits = len(members) // 5 * 5
        whole += members[:fits]
        rest += members[fits:]
    return whole + rest


def _plain(name: str) -> str:
    """Return a name of letters, spaces, hyphens and apostrophes, which stands in YAML and in addresses as it is."""
    first, _, last = name.partition(", ")
    name = f"{last} {first}" if last.endswith(" of") else name
    ascii_only = unicodedata.normalize("NFKD", name.replace("&", "and")).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^A-Za-z' -]", " ", ascii_only).split())


def main() -> None:
    """Write what the command line asks for, and say how much and how fast."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--triples", default="1m", help="how many, such as 20k, 1m or 47m")
    parser.add_argument("--plans", type=Path, help="folder for plan files")
    parser.add_argument("--nquads", type=Path, help="file for N-Quads")
    parser.add_argument("--store", type=Path, help="folder for a store")
    parser.add_argument("--seed", type=int, default=1, help="another number gives other plans")
    named = os.environ.get("CSPGRAPH_PLACES")
    parser.add_argument("--places", type=Path, default=Path(named) if named else None, help="table of partnerships")
    given = parser.parse_args()
    triples = int(given.triples.replace(",", "").replace("k", "000").replace("m", "000000"))
    start = time.perf_counter()
    generator = Generator(triples, seed=given.seed, places=given.places)
    if given.plans:
        print(f"{generator.write_plans(given.plans):,} plan files in {time.perf_counter() - start:.0f} s")
    if given.nquads or given.store:
        written = write(generator, given.nquads, given.store)
        print(f"{written:,} triples in {time.perf_counter() - start:.0f} s")


def write(generator: Generator, nquads: Path | None, store: Path | None) -> int:
    """Write N-Quads, or a store, or both in one go; return the number of triples."""
    written = 0
    with nquads.open("wb") if nquads else nullcontext() as file:

        def passing() -> Iterator[Graph]:
            nonlocal written
            for graph in generator.graphs():
                written += graph.content.count(b"\n")
                if file:
                    file.write(graph.content)
                yield graph

        if store:
            facts = {"version": __version__, "vocabulary": builtin_digest(), "built": time.time_ns(), "files": {}}
            StoreFolder(store).publish(lambda _: passing(), facts)
        else:
            for _ in passing():
                pass
    return written


if __name__ == "__main__":
    main()
