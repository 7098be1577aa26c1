"""A new plan from the empty workbook without a line of YAML: its source is typed in, and becomes a reference file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from cspgraph.check import read_library
from cspgraph.office.exporting import template_workbook
from cspgraph.office.layout import STAR
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.canonical import canonical_form
from cspgraph.resources import library
from cspgraph.terms import CSP
from tests.desk import short_lists

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from cspgraph.check import Reading
    from cspgraph.plans.model import Entity
    from tests.conftest import Ran

TEXT = "".join(f"line {number}\n" for number in range(1, 15))


class Officer:
    """Somebody who fills in the empty workbook, head by head."""

    def __init__(self, path: Path, made: bytes) -> None:
        self.path = path
        path.write_bytes(made)
        self.book = load_workbook(path)

    def fill(self) -> Path:
        """Type a plan and its source, right in all."""
        self.plan("plan", "riverside-2026")
        self.plan("title", "Riverside Plan 2026-2029")
        self.plan("lines", "2")
        self.plan("kind of document", "partnership-plan")
        self.plan("owned by", "Riverside Partnership")
        self.put("Sources", 2, title="Riverside Plan 2026-2029", publisher="Riverside", file="riverside.txt",
                 line_count=14, extent_read="whole")  # fmt: skip
        self.put("Partnerships", 2, title="Riverside Partnership", lines="1")
        self.put("Priorities", 2, title="Burglary", lines="5")
        self.put("Posts", 2, title="Neighbourhood Inspector", lines="9")
        self.put("Posts", 3, title="Housing Manager", lines="10")
        self.put("Actions", 2, title="Mark bicycles", lines="9", contributes_to="Burglary",
                 led_by="Neighbourhood Inspector")  # fmt: skip
        self.put("Actions", 3, title="Fix locks", lines="10", contributes_to="Burglary", led_by="Housing Manager")
        return self.save()

    def sheet(self, name: str) -> Worksheet:
        return self.book[name]

    def plan(self, says: str, value: str | None) -> None:
        page = self.sheet("Plan")
        row = next(row for row in range(2, page.max_row + 1) if _bare(page.cell(row, 1).value) == says)
        page.cell(row, 2).value = value

    def put(self, name: str, row: int, **said: object) -> None:
        heads = [_bare(cell.value) for cell in self.sheet(name)[1]]
        for head, value in said.items():
            self.sheet(name).cell(row, heads.index(head.replace("_", " ")) + 1).value = value  # type: ignore[assignment]

    def save(self) -> Path:
        self.book.save(self.path)
        return self.path


def _source(plans: Path) -> Entity:
    """Return the source that the reference file of the plan lists."""
    reading = read_library(library([plans])).or_raise()
    (file,) = [file for file in reading.files if file.name == "riverside-2026-source"]
    (source,) = [entity for entity in file.entities.values() if entity.parent is None]
    return source


def _bare(head: object) -> str:
    return str(head).removesuffix(STAR)


@pytest.fixture(scope="module")
def filled(bundled_reading: Reading, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The empty workbook with a plan in it that is right."""
    with short_lists():
        made = template_workbook(bundled_reading)
    return Officer(tmp_path_factory.mktemp("officer") / "filled.xlsx", made).fill().read_bytes()


@pytest.fixture
def officer(tmp_path: Path, filled: bytes) -> Officer:
    return Officer(tmp_path / "new.xlsx", filled)


def test_a_plan_comes_of_the_empty_workbook_alone(officer: Officer, cli: Callable[..., Ran], tmp_path: Path) -> None:
    assert cli("check", officer.path).code == 0
    plans = tmp_path / "plans"
    done = cli("import", officer.path, "--to", plans)
    assert (done.code, sorted(path.name for path in plans.iterdir())) == (
        0,
        ["riverside-2026-source.yaml", "riverside-2026.yaml"],
    )
    vocabulary = read_vocabulary(library().ontology)
    for path in plans.iterdir():
        assert canonical_form(path, path.read_bytes(), vocabulary).encode() == path.read_bytes(), "canonical form"
    assert cli("check", plans).code == 0
    assert _source(plans).title() == "Riverside Plan 2026-2029"
    gaps = cli("gaps", "--data", plans)
    assert (gaps.code, "names no member of Riverside Partnership" in gaps.out) == (0, True)
    again = cli("import", officer.path, "--to", plans)
    assert (again.code, (again.out + again.err).count(": unchanged")) == (0, 2)


def test_a_text_beside_the_workbook_is_counted(officer: Officer, cli: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "riverside.txt").write_text(TEXT, encoding="utf-8")
    officer.put("Sources", 2, line_count=None)
    assert cli("import", officer.save(), "--to", tmp_path / "plans").code == 0
    listed = (tmp_path / "plans/riverside-2026-source.yaml").read_text(encoding="utf-8")
    assert "lineCount: 14\n" in listed
    assert f"sha256: {hashlib.sha256(TEXT.encode()).hexdigest()}\n" in listed
    assert cli("evidence", "--audit", "--data", tmp_path / "plans", "--sources", tmp_path).code == 0


def _without_source(officer: Officer) -> None:
    officer.sheet("Sources").delete_rows(2)


def _two_sources(officer: Officer) -> None:
    officer.put("Sources", 3, title="The appendix", extent_read="part")


def _no_name(officer: Officer) -> None:
    officer.plan("plan", None)


MISTAKES: dict[str, tuple[Callable[[Officer], object], str]] = {
    "no source": (_without_source, "Sources: the plan does not say from which text it was read"),
    "two sources, none named": (_two_sources, "Plan: the plan does not say from which text it was read"),
    "another source named": (lambda one: one.plan("source", "Xyz"), "Plan!B3: value: nothing is called 'Xyz'"),
    "no short name": (_no_name, "Plan!A2: the plan has no short name"),
    "a name of two words": (lambda one: one.plan("plan", "River side"), "Plan!B2: 'River side' cannot be the name"),
    "no lines": (lambda one: one.put("Actions", 3, lines=None), "Actions!A3: riverside-2026/fix-locks has no 'lines'"),
    "no extent": (lambda one: one.put("Sources", 2, extent_read=None), "Sources!A2: ref/riverside-plan-2026-2029 has"),
    "too few lines": (lambda one: one.put("Sources", 2, line_count=9), "Actions!A3: the place 10 lies outside"),
    "not the file's lines": (lambda one: one.put("Sources", 2, file="three.txt"), "Sources!AH2: 'three.txt' has 3 lines"),
    "no text": (lambda one: one.put("Sources", 2, file="plan.pdf"), "Sources!Z2: 'plan.pdf' is not a plain text"),
    "a path": (lambda one: one.put("Sources", 2, file="C:\\plan.txt"), "Sources!Z2: file: 'C:\\plan.txt' does not have"),
    "a source that is there": (lambda one: one.put("Sources", 2, ref="havering-csp-plan-2017-20"), "Sources!A2: 'haver"),
    "a lead misspelt": (lambda one: one.put("Actions", 2, led_by="Neighborhood Inspector"), "Actions!AC2: led by: noth"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_what_an_officer_forgets_is_told_at_its_sheet_and_nothing_else(
    what: str, officer: Officer, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "three.txt").write_text("1\n2\n3\n", encoding="utf-8")
    (tmp_path / "plan.pdf").write_bytes(b"%PDF-1.4\xff\xfe")
    spoil, told = MISTAKES[what]
    spoil(officer)
    ran = cli("check", officer.save(), "--quiet")
    lines = [line for line in (ran.out + ran.err).splitlines() if line and not line.startswith(" ")]
    many = 2 if what == "too few lines" else 1  # a post stands on line 10, too
    assert (ran.code, len(lines)) == (1, many), lines
    assert lines[0].removeprefix(f"{officer.path}: ").startswith(told), lines
    assert "sources:" not in ran.out + ran.err, "no word of YAML"


def test_nothing_is_written_while_the_source_is_missing(
    officer: Officer, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    _without_source(officer)
    assert cli("import", officer.save(), "--to", tmp_path / "plans").code == 2
    assert not (tmp_path / "plans").exists()


def test_a_file_with_something_else_in_it_is_left_alone(
    officer: Officer, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    other = tmp_path / "plans/riverside-2026-source.yaml"
    other.parent.mkdir()
    other.write_text("reference: other-things\n", encoding="utf-8")
    ran = cli("import", officer.path, "--to", other.parent, "--yes")
    assert (ran.code, "the file is there already, with something else in it" in ran.err) == (2, True)
    assert [path.name for path in other.parent.iterdir()] == [other.name]
    assert other.read_text(encoding="utf-8") == "reference: other-things\n"


def test_a_source_that_is_corrected_is_told_and_asked_for(
    officer: Officer, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    plans = tmp_path / "plans"
    assert cli("import", officer.path, "--to", plans).code == 0
    officer.put("Sources", 2, line_count=20)
    refused = cli("import", officer.save(), "--to", plans)
    assert refused.code == 1
    assert "line count changed from 14 to 20" in refused.out
    assert "lineCount: 14" in (plans / "riverside-2026-source.yaml").read_text(encoding="utf-8")
    assert cli("import", officer.path, "--to", plans, "--yes").code == 0
    assert "lineCount: 20" in (plans / "riverside-2026-source.yaml").read_text(encoding="utf-8")


def test_a_source_added_in_the_workbook_of_the_plan_stands_beside_the_first(
    officer: Officer, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    plans, path = tmp_path / "plans", tmp_path / "riverside.xlsx"
    assert cli("import", officer.path, "--to", plans).code == 0
    before = {file.name: file.read_bytes() for file in plans.iterdir()}
    assert cli("export", "--data", plans, "--to", path).code == 0
    assert cli("import", path, "--to", plans).code == 0
    assert {file.name: file.read_bytes() for file in plans.iterdir()} == before
    officer.book, officer.path = load_workbook(path), path
    officer.put("Sources", 2, title="The appendix", extent_read="part")
    assert cli("import", officer.save(), "--to", plans, "--yes").code == 0
    listed = (plans / "riverside-2026-source.yaml").read_bytes()
    assert listed.startswith(before["riverside-2026-source.yaml"])
    assert b"the-appendix" in listed
    assert (plans / "riverside-2026.yaml").read_bytes() == before["riverside-2026.yaml"]
    assert cli("check", plans).code == 0


def test_the_workbook_of_a_plan_of_ones_own_is_checked_beside_its_files(
    officer: Officer, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    plans, path = tmp_path / "plans", tmp_path / "riverside.xlsx"
    assert cli("import", officer.path, "--to", plans).code == 0
    assert cli("export", "--data", plans, "--to", path).code == 0
    alone = cli("check", path)
    assert alone.code == 1
    assert "'riverside-plan-2026-2029' is not a source" in alone.out
    assert "cspgraph check riverside.xlsx FOLDER" in alone.out
    assert "describe it" not in alone.out
    assert cli("check", path, plans).code == 0


def test_hostile_words_of_a_source_are_words(officer: Officer, cli: Callable[..., Ran], tmp_path: Path) -> None:
    officer.put("Sources", 2, publisher="@SUM(1) <script>alert(1)</script>", missing="- #x: {y} " + "z" * 9000)
    assert cli("import", officer.save(), "--to", tmp_path / "plans").code == 0
    said = {fact.relation.word: getattr(fact.value, "lexical", "") for fact in _source(tmp_path / "plans").facts}
    assert said["publisher"] == "@SUM(1) <script>alert(1)</script>"
    assert said["missing"].endswith("z" * 9000)


def test_the_empty_workbook_marks_what_is_needed_and_offers_what_is_typed(officer: Officer) -> None:
    visible = [page.title for page in officer.book.worksheets if page.sheet_state == "visible"]
    assert visible[:4] == ["About this workbook", "Plan", "Sources", "Priorities"]
    vocabulary = read_vocabulary(library().ontology)
    for section, sheet in (("sources", "Sources"), ("actions", "Actions"), ("posts", "Posts")):
        kind = vocabulary.sections[section]
        needed = {"lines"} if kind.counts.get(f"{CSP}locator", (0, None))[0] else set()
        needed |= {one.label for one in kind.words.values() if kind.counts.get(one.path, (0, None))[0]}
        starred = {_bare(cell.value) for cell in officer.sheet(sheet)[1] if str(cell.value).endswith(STAR)}
        assert starred == needed, sheet
        assert starred, sheet
    offered = {
        (page.title, str(where)): rule.formula1
        for page in officer.book.worksheets
        for rule in page.data_validations.dataValidation
        for where in str(rule.sqref).split()
    }
    assert "'Typed'!" in offered["Plan", "B3"], "what is typed on the sheet of sources is offered after what is known"
    (owners,) = [formula for (sheet, where), formula in offered.items() if sheet == "Steps" and where.startswith("A2:")]
    assert "'Typed'!" in owners
    row = next(row for row in range(2, 20) if officer.sheet("Plan").cell(row, 1).value == "kind of document")
    start = offered["Plan", f"B{row}"].split("!")[1].split(":")[0].replace("$", "")
    assert officer.sheet("Lists")[start].value in vocabulary.concepts[f"{CSP}DocumentKind"]
