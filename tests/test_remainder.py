"""The lines of a document that nothing cites, and the figures that no value carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.names import text
from cspgraph.passages import source_files
from cspgraph.remainder import figures, remainders
from cspgraph.sources import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph

DOCUMENT = (
    "A heading\n\nThe Panel meets 12 times\nMend 30 lamps by 2019, says the\nLamp  Guild, by 1,500 pounds\nlost\n"
    + "prose\n" * 20
)
PLAN = """\
plan: p
source: doc
title: P
lines: 1
boards:
  panel: {title: The Panel, lines: 3}
  wide: {title: Prose, lines: 7-26, why: it is everywhere}
actions:
  A1: {title: Mend 30 lamps, lines: '4-5', fundedBy: {fund: {lines: 5, amount: '£1,500'}}}
funds:
  fund: {title: The fund, lines: 5}
organisations:
  guild: {title: Lamp Guild, lines: 3}
  lamps: {title: The Lamp Guild Charter, lines: 3}
"""


def test_what_is_left_is_what_no_narrow_range_cites(graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path) -> None:
    path = tmp_path / "doc.txt"
    path.write_text(DOCUMENT, encoding="utf-8")
    (found,) = remainders(graph_of(PLAN).engine, {"doc": Text(path)})
    assert found.source == "doc"
    assert found.lines == 25, "a blank line has nothing to cite"
    assert [number for number, _ in found.left] == [6, *range(7, 27)]
    assert found.cited == 4
    assert found.share == pytest.approx(4 / 25)
    assert found.figures == [(4, "2019")], "12 stands in a line that only a board cites; 30 and 1,500 are carried"
    assert found.names == [(5, "lamp guild")], "the panel stands where it is cited; the guild is cited elsewhere only"


def test_the_number_of_a_paragraph_is_no_figure_of_its_text(
    graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    path = tmp_path / "doc.txt"
    path.write_text("- 3.14 Mend lamps\n(2) Mend 7 lamps\n2.5 million lamps", encoding="utf-8")
    plan = "plan: p\nsource: doc\ntitle: P\nlines: 1\nactions:\n  A: {title: Mend lamps, lines: 1-3}\n"
    (found,) = remainders(graph_of(plan).engine, {"doc": Text(path)})
    assert found.figures == [(2, "7")], "but 2.5 at the start of a line cannot be told from a number of one"


def test_figures_lose_commas_and_leading_zeros() -> None:
    assert figures("1,200 of 03/2017, 4.5%, £30k") == {"1200", "3", "2017", "4.5", "30"}


def test_every_line_of_the_documents_is_counted(bundled: KnowledgeGraph, sources: Path) -> None:
    counts = {text(source).rpartition("/")[2]: text(lines) for source, lines in bundled.engine.select(_COUNTS).rows}
    files = [(name, file) for name, file, _ in source_files(bundled.engine) if (sources / file).exists()]
    assert files
    for name, file in files:
        assert int(counts[name]) == len(Text(sources / file).lines), "also the last one, which may lack its newline"


_COUNTS = "SELECT ?source ?lines WHERE { ?source <https://w3id.org/cspgraph/ns#lineCount> ?lines }"


def test_the_bundled_plans_leave_headings_and_prose(bundled: KnowledgeGraph, sources: Path) -> None:
    texts = {
        name: Text(sources / file, sha256)
        for name, file, sha256 in source_files(bundled.engine)
        if (sources / file).exists()
    }
    for found in remainders(bundled.engine, texts):
        assert found.share > 0.75, found.source
        assert len(found.figures) < 10, found.figures
