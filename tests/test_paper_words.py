"""What a paper says: judgements, absences, dates, a plan with next to nothing in it, and hostile words that do nothing."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

from cspgraph.papers.model import Items, Words, shown
from tests.paper_readers import from_page, from_word, from_workbook
from tests.test_judgements import OF_FINDINGS
from tests.test_pages import elements, hostile_plan
from tests.test_papers import of, same_rows, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

# -------------------------------------------------------------------- what is said


NOTES = f"reference: notes\ndisagreements:\n{OF_FINDINGS}"
PLAN = """\
plan: p
source: doc
title: The plan
lines: 1
actions:
  A1: {title: Act, lines: 4, ledBy: tbc @5}
  A2: {title: Wait, lines: 6}
  A3: {title: See, lines: 7}
"""


def judged(write: Callable[..., Path]) -> KnowledgeGraph:
    from cspgraph.graph import load

    write("plan.yaml", PLAN)
    return load(write("notes.yaml", NOTES), engine="memory:")


def test_what_is_accepted_and_disputed_is_said_and_counted_apart(write: Callable[..., Path]) -> None:
    graph = judged(write)
    every = graph.gaps()
    for dated, standing in (("", "accepted"), ("2026-06-15", "accepted"), ("2026-07-01", "no longer accepted")):
        made = of(graph, dated=dated)
        table = next(table for table in made.tables if table.sheet == "Judged")
        assert {(row[2], str(row[3]).split(",")[0]) for row in table.rows} == {
            (standing, "The board"),
            ("disputed", "An analyst"),
        }
        numbers = next(table for table in made.tables if table.sheet == "Numbers")
        counts = {str(row[0]): row[1:3] for row in numbers.rows}
        left_out = sum("left out" in said for said in counts)
        assert left_out == (standing == "accepted")
        assert counts["Findings of high weight"][1] == len(every) - left_out
        rows = [row for table in made.tables if table.sheet == "All findings" for row in table.rows]
        assert len(rows) == len(every)
        assert made.dated == dated
        told = str(made.facts)
        assert ("none given" in told) == (not dated)
        assert ("June 2026" in told or "July 2026" in told) == bool(dated)


def test_the_three_absences_are_kept_apart(bundled: KnowledgeGraph) -> None:
    made = of(bundled)
    table = next(table for table in made.tables if table.sheet == "Absences")
    counts = Counter(one.absence for one in bundled.gaps())
    assert [row[1] for row in table.rows] == [counts[kind] for kind in ("none", "tbc", "n/a", "not-stated", "not-found", "") if counts[kind]]  # fmt: skip
    rows = [row for table in made.tables if table.sheet == "All findings" for row in table.rows]
    notes = Counter(str(row[6]).split(";")[0] for row in rows)
    assert notes["not stated"] == counts["not-stated"]
    assert notes["not found"] == counts["not-found"]


def test_grave_findings_come_first_with_document_and_lines(bundled: KnowledgeGraph) -> None:
    made = of(bundled, "havering-2017")
    titles = [section.title for section in made.sections]
    grave = next(at for at, title in enumerate(titles) if title == "Findings of high weight")
    other = next(at for at, title in enumerate(titles) if title == "Findings of medium and low weight")
    rules = made.sections[grave + 1 : other]
    found = Counter(one.title for one in bundled.restricted(["havering-2017"]).gaps() if one.severity == "high")
    assert {
        section.title.rpartition(" (")[0]: int(section.title.rpartition(" (")[2][:-1]) for section in rules
    } == found
    sizes = [int(section.title.rpartition(" (")[2][:-1]) for section in rules]
    assert sizes == sorted(sizes, reverse=True)
    items = [item for section in rules for block in section.blocks if isinstance(block, Items) for item in block.items]
    assert len(items) > 15
    assert [said for said, where in items if not re.search(r"^havering-csp-plan-2017-20[,;] .*\d", where)] == []


def test_only_the_dates_that_are_asked_for_are_told(
    bundled: KnowledgeGraph, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    target = tmp_path / "paper.html"
    ran = cli("report", "--to", target, "--plan", "havering-2017", "--from", "2017-10", "--until", "2018-03")
    assert ran.code == 0
    wanted = [
        e for e in bundled.restricted(["havering-2017"]).horizon("2017-10", "2018-03") if e.thing.plan or e.carries
    ]
    read = from_page(target)
    numbers = next(rows for rows in read.tables.values() if rows[0][-1] == "Command")
    (row,) = [row for row in numbers if row[0].startswith("Dates on which")]
    assert row[1] == str(len(wanted))
    assert row[3] == "cspgraph horizon --from 2017-10 --to 2018-03 --plan havering-2017"
    dates = next(rows for rows in read.tables.values() if rows[0][0] == "When")
    assert sum(int(row[3]) for row in dates[1:]) == len(wanted)


def test_a_plan_with_next_to_nothing_in_it_makes_a_paper(
    graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    made = of(
        graph_of("plan: p\nsource: doc\ntitle: The plan\nlines: 1\n"),
        "p",
        span=("2300", ""),
        between=("2300-01-01", ""),
    )
    paths = written(made, tmp_path)
    assert from_word(paths[".docx"]).words == from_page(paths[".html"]).words == from_workbook(paths[".xlsx"]).words
    words = [block.text for section in made.sections for block in section.blocks if isinstance(block, Words)]
    assert "No plan gives a body anything to do." in words
    assert "No date is stated from 2300." in words


def test_a_cell_is_shown_as_it_is_read() -> None:
    from datetime import date

    assert [shown(1234, "number"), shown(0.256, "share"), shown(None), shown(date(2017, 3, 1), "date"), shown("1234")] == [
        "1,234", "26%", "", "1 March 2017", "1234",
    ]  # fmt: skip


# -------------------------------------------------------------------- hostile words


EVIL = [
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    "\ttab",
    "\rreturn",
    '{ INCLUDETEXT "http://example.org/x" }',
    "]]><w:t>x</w:t>",
    "\x01\x08\x1f bell",
    "\u202eturned\u2066",
    "A\u0300" * 5000,
]


def test_hostile_words_do_nothing_in_any_of_the_three(
    graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    text = re.sub("^title: .*$", f"title: {json.dumps(EVIL[0])}", hostile_plan(), count=1, flags=re.MULTILINE)
    for number, words in enumerate(EVIL):
        text = text.replace("actions:\n", f"actions:\n  E{number}:\n    title: {json.dumps(words)}\n    lines: 9\n", 1)
    made = of(graph_of(text))
    paths = written(made, tmp_path)
    word = from_word(paths[".docx"])
    assert word.words == from_page(paths[".html"]).words == from_workbook(paths[".xlsx"]).words
    same_rows(word, from_workbook(paths[".xlsx"]), made)
    said = " ".join([*word.words, *(cell for rows in word.tables.values() for row in rows for cell in row)])
    assert "INCLUDETEXT" in said
    assert "window.hit" in said
    assert max(map(len, word.words)) <= 1300
    assert re.findall("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", said) == []
    assert elements(paths[".html"].read_text(encoding="utf-8")) == []
    cells = [cell for sheet in load_workbook(paths[".xlsx"]) for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert sum(cell.value == EVIL[0] and cell.quotePrefix for cell in cells) >= 3, "it is there, as text"
    with zipfile.ZipFile(paths[".docx"]) as packed:
        codes = re.findall(rb"<w:instrText[^>]*>([^<]*)<", b"".join(map(packed.read, packed.namelist())))
        assert {code.split()[0] for code in codes} == {b"TOC", b"SEQ", b"PAGE", b"NUMPAGES"}
        assert b"External" not in b"".join(packed.read(name) for name in packed.namelist() if name.endswith(".rels"))
