"""The paper that a board gets: three layouts that say the same, read back by readers that are not ours."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.papers import FORMATS, lay_out
from cspgraph.papers.content import Asked, paper
from cspgraph.papers.model import Items, Paper, Words
from tests import paper_readers
from tests.conftest import ROOT
from tests.paper_readers import from_page, from_word, from_workbook
from tests.test_pages import browser, faults, hostile_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran
    from tests.paper_readers import Grid, Read

__all__ = ["browser"]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def of(graph: KnowledgeGraph, *plans: str, **asked: Any) -> Paper:
    graph = graph.restricted(plans) if plans else graph
    return paper(graph.engine, graph.questions, Asked(plans, **asked))


def written(made: Paper, folder: Path) -> dict[str, Path]:
    paths = {}
    for ending in FORMATS:
        paths[ending] = folder / f"paper{ending}"
        paths[ending].write_bytes(lay_out(made, ending)[0])
    return paths


@pytest.fixture(scope="module", params=["havering-2017", ""], ids=["one plan", "all plans"])
def case(
    request: pytest.FixtureRequest, bundled: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[str, ...], Paper, dict[str, Path]]:
    plans = (request.param,) if request.param else ()
    made = of(bundled, *plans)
    return plans, made, written(made, tmp_path_factory.mktemp("papers"))


# -------------------------------------------------------------------- the three say the same


def test_word_page_and_workbook_say_the_same(case: tuple[Any, Paper, dict[str, Path]]) -> None:
    _, made, paths = case
    word, page, book = from_word(paths[".docx"]), from_page(paths[".html"]), from_workbook(paths[".xlsx"])
    assert len(word.words) > 100
    assert word.words == page.words
    assert word.words == book.words
    assert list(word.tables) == list(page.tables) == [table.number for table in made.tables]
    assert word.tables == page.tables
    same_rows(word, book, made)


def same_rows(word: Read, book: Read, made: Paper) -> None:
    """Hold every cell of every table in Word to the workbook's, what stands above the rows included."""
    sheets: dict[str, list[int]] = {}
    for table in made.tables:
        sheets.setdefault(table.sheet, []).append(table.number)
    for numbers in sheets.values():
        head, *rows = book.tables[numbers[0]]
        printed = word.tables[numbers[0]][0]
        places = [head.index(name) for name in printed]
        found: Grid = []
        for number in numbers:
            above = ""
            for row in word.tables[number][1:]:
                if len(row) == 1 < len(printed):
                    above = row[0]
                else:
                    heads = head[: places[0]] if above else []
                    found.append([above, *row] if heads else row)
            leading = list(range(places[0])) if above else []
        told = [
            [*([" · ".join(row[at] for at in leading)] if leading else []), *(row[at] for at in places)] for row in rows
        ]
        assert found == told, made.title


def test_every_finding_is_in_all_three(
    case: tuple[tuple[str, ...], Paper, dict[str, Path]], bundled: KnowledgeGraph
) -> None:
    plans, made, paths = case
    graph = bundled.restricted(plans) if plans else bundled
    found = [one for one in graph.gaps() if not plans or one.plan in plans]
    assert len(found) > 300
    wanted = Counter(one.sentence for one in found)
    last = [table.number for table in made.tables if table.sheet == "All findings"]
    for read in (from_word(paths[".docx"]), from_page(paths[".html"])):
        rows = [
            row for number in last for row in read.tables[number] if len(row) > 1 and row[0].replace(",", "").isdigit()
        ]
        assert Counter(row[1] for row in rows) == wanted
        assert [int(row[0].replace(",", "")) for row in rows] == list(range(1, len(found) + 1))
    head, *rows = from_workbook(paths[".xlsx"]).tables[last[0]]
    keys = [head.index(name) for name in ("Name of the rule", "Plan", "Finding")]
    assert Counter(tuple(row[at] for at in keys) for row in rows) == Counter(
        (one.rule, one.plan, one.sentence) for one in found
    )


def test_the_commands_beside_the_numbers_give_them(
    case: tuple[tuple[str, ...], Paper, Any], cli: Callable[..., Ran]
) -> None:
    _, made, _ = case
    table = next(table for table in made.tables if table.sheet == "Numbers")
    assert len(table.rows) >= 10
    for said, number, whole, command in table.rows:
        words = shlex.split(str(command))
        assert words[0] == "cspgraph"
        ran = cli(*words[1:], "--format", "json")
        assert ran.code == 0, command
        told, of_all = counted(str(said), json.loads(ran.out))
        assert told == number, said
        assert of_all in (None, whole), said


def test_the_table_of_wider_plans_is_that_of_the_command(
    case: tuple[tuple[str, ...], Paper, Any], cli: Callable[..., Ran]
) -> None:
    plans, made, _ = case
    table = next(table for table in made.tables if table.sheet == "Wider plans")
    rows = json.loads(cli("coverage", *(f"--plan={plan}" for plan in plans), "--format", "json").out)
    assert [row[:1] + row[3:7] for row in table.rows] == [
        (one["framework"]["label"], one["served"], one["priorities"], len(one["plans"]), len(one["cited"]))
        for one in rows
    ]
    unserved = [one["framework"]["label"] for one in rows if not one["served"]]
    section = next(section for section in made.sections if section.title == "Wider plans")
    said = " ".join(block.text for block in section.blocks if isinstance(block, Words))
    assert len(unserved) >= 4
    assert [label for label in unserved if f"{label} (" not in said] == []


def test_a_paper_of_some_plans_says_that_what_is_seen_beside_others_is_not_in_it(bundled: KnowledgeGraph) -> None:
    plan, rule = "hackney-2015", "perhaps-the-same"
    every = {one.key for one in bundled.gaps() if one.plan == plan}
    beside = every - {one.key for one in bundled.restricted([plan]).gaps()}
    assert {key[0] for key in beside} == {rule}
    for made, said in ((of(bundled, plan), True), (of(bundled), False)):
        rows = [row for table in made.tables if table.sheet == "All findings" for row in table.rows]
        assert len(rows) == (len(every - beside) if said else len(bundled.gaps()))
        method = next(section for section in made.sections if section.title == "Method and limits")
        words = [text for block in method.blocks if isinstance(block, Items) for text, _ in block.items]
        assert any("beside another plan" in text for text in words) == said


def counted(said: str, rows: list[dict[str, Any]]) -> tuple[int, int | None]:
    """Return what the rows of a command say of one headline number, and of how many it is a part."""
    if said.startswith("Findings of "):
        return sum(row["findings"] for row in rows if row["severity"] in said), sum(row["findings"] for row in rows)
    if said.startswith("Findings that rest"):
        return sum(row["status"] != "stated" for row in rows), len(rows)
    if said.startswith("of these"):
        return sum(bool(row["sole"]) for row in rows), len(rows)
    if said.startswith("Bodies"):
        return sum(bool(row["alone"]) for row in rows if row["plan"]), None
    if said.startswith("Priorities of the wider"):
        return sum(row["served"] for row in rows), sum(row["priorities"] for row in rows)
    return len(rows), None


def test_each_of_so_many_is_what_the_list_says(
    case: tuple[tuple[str, ...], Paper, Any], bundled: KnowledgeGraph
) -> None:
    from cspgraph.inventory import things_of

    plans, made, _ = case
    graph = bundled.restricted(plans) if plans else bundled
    table = next(table for table in made.tables if table.sheet == "Numbers")
    looked = 0
    for said, _, whole, _ in table.rows:
        for words, kind in (("Actions ", "Action"), ("Indicators ", "Indicator"), ("Priorities without", "Priority")):
            if str(said).startswith(words):
                assert whole == sum(bool(item.thing.plan) for item in things_of(graph.engine, {kind})), said
                looked += 1
    assert looked >= 2


# -------------------------------------------------------------------- Word


def test_word_has_what_a_reader_and_a_screen_reader_need(case: tuple[Any, Paper, dict[str, Path]]) -> None:
    import docx

    _, made, paths = case
    document = docx.Document(str(paths[".docx"]))
    names = [(one.style.name or "", one.text) for one in document.paragraphs if one.style]
    headings = [(int(name[-1]), text) for name, text in names if re.fullmatch(r"Heading [123]", name)]
    assert headings == [(section.level, section.heading) for section in made.sections]
    assert all(after <= before + 1 for (before, _), (after, _) in pairwise(headings))
    assert names[0] == ("Title", made.title)
    assert sum(name == "List Bullet" for name, _ in names) > 20
    captions = [text for name, text in names if name == "Caption"]
    assert captions == [f"Table {table.number}: {table.caption}" for table in made.tables]
    assert len(document.tables) == len(captions) > 10
    for table, given in zip(document.tables, made.tables, strict=True):
        rows = table._tbl.tr_lst
        assert rows[0].find(f"{W}trPr/{W}tblHeader") is not None
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
        assert [row for row in rows[1:] if row.find(f"{W}trPr/{W}tblHeader") is not None] == []
        words = table._tbl.tblPr.find(f"{W}tblDescription")
        assert words is not None
        assert words.get(f"{W}val") == given.summary != ""
    about = document.core_properties
    assert (about.title, about.author, about.language) == (made.title, "cspgraph", "en-GB")
    assert document.styles.element.xpath("string(.//w:rPrDefault//w:lang/@w:val)") == "en-GB"
    sides = [(section.page_width or 0) > (section.page_height or 0) for section in document.sections]
    assert sides == [False, True, False]


def test_fields_are_ours_and_the_contents_are_filled_in(case: tuple[Any, Paper, dict[str, Path]]) -> None:
    import docx

    _, made, paths = case
    document = docx.Document(str(paths[".docx"]))
    body = document.element.body
    codes = Counter((node.text or "").split()[0] for node in body.iter(f"{W}instrText"))
    assert codes == {"TOC": 1, "SEQ": len(list(made.tables))}
    footer = document.sections[0].footer._element
    assert [(node.text or "").strip() for node in footer.iter(f"{W}instrText")] == ["PAGE", "NUMPAGES"]
    kinds = Counter(node.get(f"{W}fldCharType") for node in body.iter(f"{W}fldChar"))
    assert kinds["begin"] == kinds["separate"] == kinds["end"]
    links = [
        (link.get(f"{W}anchor"), "".join(node.text or "" for node in link.iter(f"{W}t")))
        for link in body.iter(f"{W}hyperlink")
    ]
    assert [text for _, text in links] == [section.heading for section in made.sections if section.level <= 2]
    marks = {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    assert {anchor for anchor, _ in links} <= marks


def test_the_same_paper_is_the_same_file(tmp_path: Path) -> None:
    found: dict[str, set[bytes]] = {}
    code = (
        "import sys, pathlib, cspgraph; from cspgraph.papers import lay_out; from cspgraph.papers.content import *\n"
        "graph = cspgraph.load().restricted(['havering-2017'])\n"
        "made = paper(graph.engine, graph.questions, Asked(('havering-2017',)))\n"
        "[pathlib.Path(sys.argv[1] + e).write_bytes(lay_out(made, e)[0]) for e in ('.docx', '.html', '.xlsx')]"
    )
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo" if seed == "1" else "UTC"}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], cwd=ROOT, env=environment, check=True)
        for ending in FORMATS:
            found.setdefault(ending, set()).add((tmp_path / f"{seed}{ending}").read_bytes())
    assert {ending: len(some) for ending, some in found.items()} == dict.fromkeys(FORMATS, 1)
    for ending in (".docx", ".xlsx"):
        with zipfile.ZipFile(tmp_path / f"0{ending}") as packed:
            assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"dcterms:modified" not in packed.read("docProps/core.xml")


def test_a_dated_paper_is_a_file_that_others_read(graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path) -> None:
    from datetime import datetime

    import docx
    import openpyxl
    from defusedxml.ElementTree import fromstring

    plan = graph_of("plan: p\nsource: doc\ntitle: The plan\nlines: 1\n")
    paths = written(of(plan, dated="2026-11-30"), tmp_path)
    for ending in (".docx", ".xlsx"):
        with zipfile.ZipFile(paths[ending]) as packed:
            parts = [name for name in packed.namelist() if name.endswith((".xml", ".rels"))]
            assert len([fromstring(packed.read(name)) for name in parts]) > 8
    about = openpyxl.load_workbook(paths[".xlsx"]).properties, docx.Document(str(paths[".docx"])).core_properties
    assert {one.created and one.created.replace(tzinfo=None) for one in about} == {datetime(2026, 11, 30)}  # noqa: DTZ001


# -------------------------------------------------------------------- the page


@pytest.mark.browser
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["thinned", "whole"])
def test_the_page_is_accessible_and_asks_for_nothing(
    browser: Browser,
    case: tuple[Any, Paper, dict[str, Path]],
    graph_of: Callable[[str], KnowledgeGraph],
    tmp_path: Path,
    *,
    whole: bool,
) -> None:
    assert faults(browser, case[2][".html"], "dark", 820, whole=whole) == []
    evil = written(of(graph_of(hostile_plan())), tmp_path)[".html"]
    assert faults(browser, evil, "light", 1366, whole=whole) == []


# -------------------------------------------------------------------- the command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "paper.pdf"), "end the name in one of: .docx, .html, .xlsx"),
        (("--to", "paper"), "does not say a format"),
        (("--to", "paper.html", "--template", "x.docx"), "a template serves a .docx only"),
        (("--to", "paper.html", "--date", "soon"), "soon"),
        (("--to", "paper.html", "--from", "12.5"), "12.5"),
        (("--to", "paper.html", "--plan", "nowhere"), "the plan 'nowhere' is not known"),
        (("--to", "no/such/folder/paper.html", "--plan", "hackney-labour-manifesto"), "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    words: tuple[str, ...], said: str, cli: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("report", *words)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("ending", "library"), [(".docx", "docx"), (".xlsx", "openpyxl")])
def test_without_the_extra_the_command_names_it_and_html_needs_none(
    ending: str, library: str, cli: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("docx", "openpyxl", "defusedxml"):
        monkeypatch.setitem(sys.modules, name, None)
    ran = cli("report", "--to", tmp_path / f"paper{ending}")
    assert ran.code == 2
    assert 'pip install "cspgraph[office]"' in ran.err
    assert list(tmp_path.iterdir()) == []
    assert cli("report", "--to", tmp_path / "paper.html", "--plan", "hackney-labour-manifesto").code == 0


def test_no_word_of_a_head_breaks_in_two(case: tuple[Any, Paper, dict[str, Path]]) -> None:
    """The widest of the usual types, DejaVu Sans bold, takes about 0.69 of its height for a letter; Calibri 0.52."""
    import docx
    from docx.oxml.ns import qn

    for table in docx.Document(str(case[2][".docx"])).tables:
        head = table.rows[0].cells
        points = 7.5 if "Small" in str(head[0].paragraphs[0].style.name) else 9
        for cell, column in zip(head, table._tbl.tblGrid.iterchildren(qn("w:gridCol")), strict=True):
            word = max(cell.text.split(), key=len, default="")
            room = (int(column.get(qn("w:w"))) - 216) / 20
            assert len(word) * points * 0.6 <= room, f"'{word}' in {room} points"


# -------------------------------------------------------------------- LibreOffice


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".docx", ".xlsx"])
def test_libreoffice_opens_it_without_a_word(
    ending: str, case: tuple[Any, Paper, dict[str, Path]], tmp_path: Path
) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no LibreOffice on this machine")
    command = [office, f"-env:UserInstallation={(tmp_path / 'own').as_uri()}", "--headless", "--convert-to", "pdf"]
    done = subprocess.run(
        [*command, "--outdir", str(tmp_path), str(case[2][ending])],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0
    said = [line for line in done.stderr.splitlines() if line.strip() and "javaldx" not in line]
    assert said == []
    made = (tmp_path / "paper.pdf").read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", made))
    assert pages > 10
    if ending == ".docx" and len(case[1].sections) > 30:
        assert pages <= 90, "a paper of two hundred pages serves nobody"


def test_the_readers_see_a_difference(case: tuple[Any, Paper, dict[str, Path]], tmp_path: Path) -> None:
    """The gate above bites: one number changed on the page alone is found."""
    changed = tmp_path / "paper.html"
    text = case[2][".html"].read_text(encoding="utf-8")
    changed.write_text(re.sub(r'(<td class="number">)(\d+)<', r"\g<1>9\2<", text, count=1), encoding="utf-8")
    assert paper_readers.from_page(changed).tables != from_word(case[2][".docx"]).tables
