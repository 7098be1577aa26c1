"""A plan as a workbook and back: what nobody touched comes back byte for byte; what it looks like; the commands."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from cspgraph.check import Reading, read_library
from cspgraph.office.dropdowns import LISTS, TYPED
from cspgraph.office.exporting import plan_files, plan_workbook
from cspgraph.office.importing import library_beside, take
from cspgraph.office.writing import COPY, GAPS
from cspgraph.resources import data_folder, library
from tests.desk import Desk, made
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

PLANS = sorted((data_folder() / "plans").glob("*.yaml"))


@pytest.fixture(scope="module")
def havering(bundled_reading: Reading, bundled: KnowledgeGraph) -> bytes:
    (file,) = plan_files(bundled_reading, ["havering-2017"])
    return plan_workbook(file, bundled_reading, bundled.gaps())


# -------------------------------------------------------------------- unchanged


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_an_unchanged_workbook_gives_the_same_bytes(path: Path, bundled_reading: Reading, tmp_path: Path) -> None:
    (file,) = plan_files(bundled_reading, [path.stem])
    workbook = tmp_path / "plan.xlsx"
    workbook.write_bytes(plan_workbook(file, bundled_reading, []))
    taken = take(workbook, library_beside([], []))
    assert [str(problem) for problem in taken.problems] == []
    assert taken.content == path.read_bytes()


def test_the_cells_alone_hold_all_that_the_plan_says(havering: bytes, bundled_reading: Reading, tmp_path: Path) -> None:
    """Without the copy of the plan file that goes along unseen: only its comments and its manner are lost."""
    book = load_workbook(io.BytesIO(havering))
    del book[COPY]
    book.save(tmp_path / "plan.xlsx")
    taken = take(tmp_path / "plan.xlsx", library_beside([], []))
    assert [str(problem) for problem in taken.problems] == []
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans/havering.yaml").write_bytes(taken.content)
    said = {name: {str(quad) for quad in quads} for name, quads in bundled_reading.graphs()}
    again = {
        name: {str(quad) for quad in quads} for name, quads in read_library(library([tmp_path / "plans"])).graphs()
    }
    (graph,) = (name for name in said if name.endswith("/havering-2017"))
    assert len(said[graph]) > 10_000
    assert again[graph] == said[graph]
    patched = take(tmp_path / "plan.xlsx", library_beside([], []), data_folder() / "plans")
    assert patched.content == (data_folder() / "plans/havering-2017.yaml").read_bytes(), (
        "the file that is there is patched"
    )


def test_the_same_plan_gives_the_same_workbook(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", whole=True)
    again = read_library(library([desk.folder]))
    assert plan_workbook(plan_files(again, [])[0], again, []) == desk.path.read_bytes()


# -------------------------------------------------------------------- what it looks like


def test_every_cell_is_text_and_names_are_labels_with_a_hidden_id(havering: bytes) -> None:
    book = load_workbook(io.BytesIO(havering))
    assert [name for name in book.sheetnames if name.endswith("bin")] == []
    for page in book.worksheets:
        for row in page.iter_rows():
            for cell in row:
                if page.title in (LISTS, TYPED) and cell.data_type == "f":
                    continue  # what the drop-downs offer: tests/test_dropdowns.py
                assert cell.data_type in ("s", "n"), "no formula, no error, no date that Excel made"
                assert cell.data_type == "n" or cell.number_format == "@" or cell.value is None
    actions = book["Actions"]
    heads = {cell.value: get_column_letter(cell.column or 0) for cell in next(actions.iter_rows(max_row=1))}
    assert (
        actions[f"{heads['led by']}2"].value == "Council's Community Safety Partnership"
        or actions[f"{heads['led by']}2"].value
    )
    assert actions.column_dimensions[heads["id of led by"]].hidden
    assert actions.freeze_panes == "C2"
    assert actions.auto_filter.ref.startswith("A1:")
    assert actions[f"{heads['led by']}1"].comment.text == "Who is named as lead."
    assert {"led by: lines", "led by: status", "led by: why"} <= set(heads)
    assert book[LISTS].sheet_state == "hidden"
    assert book[COPY].sheet_state == "veryHidden"
    assert book[GAPS].protection.sheet
    assert book[GAPS].max_row > 20


def test_drop_downs_offer_what_is_controlled_and_what_may_be_named(havering: bytes) -> None:
    book = load_workbook(io.BytesIO(havering))
    page = book["Actions"]
    heads = {cell.value: get_column_letter(cell.column or 0) for cell in next(page.iter_rows(max_row=1))}

    def offered(head: str) -> tuple[list[str], str]:
        rule = next(rule for rule in page.data_validations.dataValidation if f"{heads[head]}2" in rule.sqref)
        column = re.search(rf"'{LISTS}'!\$([A-Z]+)\$2", rule.formula1)
        assert column, rule.formula1
        return [str(cell.value) for cell in book[LISTS][column[1]][1:]], rule.errorStyle or "stop"

    kinds, strict = offered("timescale")
    assert {"due", "review", "ongoing", "tbc"} <= set(kinds)
    assert strict == "stop"
    bodies, strict = offered("led by")
    assert {"Metropolitan Police Service", "Serious Group Violence Panel"} <= set(bodies)
    assert "London Crime Prevention Fund" not in bodies
    assert strict == "warning", "a body that this workbook adds is in no list yet"


def test_the_zip_holds_no_macro_and_no_link_to_elsewhere(havering: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(havering)) as archive:
        names = archive.namelist()
        assert not [name for name in names if "vba" in name.lower() or "externalLink" in name or "connections" in name]
        for name in names:
            assert b'TargetMode="External"' not in archive.read(name)


# -------------------------------------------------------------------- LibreOffice


@pytest.mark.slow
def test_what_libreoffice_saves_again_gives_the_same_plan(havering: bytes, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "plan.xlsx").write_bytes(havering)
    done = subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
         "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "saved"), str(tmp_path / "plan.xlsx")],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (tmp_path / "saved/plan.xlsx").is_file(), done.stderr
    taken = take(tmp_path / "saved/plan.xlsx", library_beside([], []))
    assert [str(problem) for problem in taken.problems] == []
    assert taken.content == (data_folder() / "plans/havering-2017.yaml").read_bytes()
    book = load_workbook(tmp_path / "saved/plan.xlsx")
    assert not [
        cell
        for page in book.worksheets
        if page.title not in ("Lists", "Typed")  # hidden; they put what is typed into the drop-downs
        for row in page.iter_rows(max_row=50)
        for cell in row
        if cell.data_type == "f"
    ]


# -------------------------------------------------------------------- the commands


def test_import_says_what_changes_and_takes_it_only_when_agreed(desk: Desk, cli: Callable[..., Ran]) -> None:
    plan = desk.folder / "little.yaml"
    desk.put("Actions", desk.row("Actions", ref="A2"), lines="11")
    desk.book.save(desk.path)
    told = cli("diff", desk.path)
    assert (told.code, told.out.splitlines()[0]) == (1, "A2: lines changed from 10 to 11")
    refused = cli("import", desk.path, "--to", desk.folder)
    assert refused.code == 1
    assert "A2: lines changed from 10 to 11" in refused.out
    assert plan.read_text(encoding="utf-8") == LITTLE
    assert cli("import", desk.path, "--to", desk.folder, "--yes").code == 0
    assert "lines: 11, timescale" in plan.read_text(encoding="utf-8")
    assert cli("diff", plan, desk.path).code == 0
    plan.write_text(LITTLE.replace("Burglary", "Thefts"), encoding="utf-8")
    conflict = cli("import", desk.path, "--to", desk.folder, "--yes")
    assert conflict.code == 2
    assert "has changed since the workbook was written" in conflict.err
    assert "Thefts" in plan.read_text(encoding="utf-8"), "nobody's work is overwritten"


def test_check_and_diff_speak_json_and_name_the_cell(desk: Desk, cli: Callable[..., Ran]) -> None:
    desk.put("Actions", 2, timescale="Ongoin")
    desk.book.save(desk.path)
    checked = cli("check", desk.path, desk.folder / "reference.yaml", "--format", "json")
    assert checked.code == 1
    problem = next(one for one in json.loads(checked.out) if "Ongoin" in one["message"])
    assert set(problem) == {"path", "line", "cell", "message", "hint", "rule"}
    assert (problem["cell"], problem["line"]) == (f"Actions!{desk.cell('Actions', 2, 'timescale').coordinate}", 2)
    refused = cli("import", desk.path, "--to", desk.folder / "new")
    assert refused.code == 2
    assert not (desk.folder / "new").exists(), "nothing is written while there is a mistake"
    other = desk.folder / "other.yaml"
    other.write_text(LITTLE.replace("March 2027", "March 2028"), encoding="utf-8")
    told = cli("diff", desk.folder / "little.yaml", other, "--format", "json")
    assert told.code == 1
    (change,) = json.loads(told.out)
    assert set(change) == {"plan", "thing", "what", "relation", "part", "before", "after", "sentence"}
    assert (change["what"], change["part"], change["after"]) == ("moved", "timescale", "March 2028")
    assert cli("diff", desk.folder / "no-such.yaml", other).code == 2


def test_a_folder_that_holds_a_plan_twice_is_refused_with_both_files(desk: Desk, cli: Callable[..., Ran]) -> None:
    plan, copy = desk.folder / "little.yaml", desk.folder / "little copy.yaml"
    desk.path.unlink()
    copy.write_text(LITTLE.replace("March 2027", "March 2028"), encoding="utf-8")
    for sides in ((plan, desk.folder), (desk.folder, plan)):
        told = cli("diff", *sides)
        assert told.code == 2
        assert f"{copy}: the plan 'little-2026' is in this file and in {plan}" in told.err
    desk.path.write_bytes(made(LITTLE, desk.folder)[1])
    told = cli("import", desk.path, "--to", desk.folder, "--yes")
    assert (told.code, "is in this file and in" in told.err) == (2, True), "which of them would it patch?"
    copy.unlink()
    told = cli("diff", desk.folder, plan)
    assert f"{plan}: the plan 'little-2026' is in this file and in {desk.path}" in told.err


def test_export_writes_a_workbook_for_each_plan_and_an_empty_one(
    desk: Desk, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    (desk.folder / "second.yaml").write_text(LITTLE.replace("little-2026", "other-2027"), encoding="utf-8")
    assert cli("export", "--data", desk.folder, "--to", tmp_path / "p.xlsx", "-q").code == 0
    assert sorted(path.name for path in tmp_path.glob("*.xlsx")) == ["p-little-2026.xlsx", "p-other-2027.xlsx"]
    assert load_workbook(tmp_path / "p-other-2027.xlsx")[GAPS].max_row > 2
    assert cli("export", "--template", "--to", tmp_path / "new.xlsx").code == 0
    shown = [page.title for page in load_workbook(tmp_path / "new.xlsx").worksheets if page.sheet_state == "visible"]
    assert shown[:4] == ["About this workbook", "Plan", "Sources", "Priorities"]
    assert "Steps" in shown
    assert cli("export", "--template", "--to", tmp_path / "new.ods").code == 2
    assert cli("export", "--to", tmp_path / "x.xlsx", "--engine", "memory:").code == 2


def test_without_the_packages_the_command_says_what_to_install(
    desk: Desk, cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    ran = cli("check", desk.path)
    assert ran.code == 2
    assert 'pip install "cspgraph[office]"' in ran.err


@pytest.mark.parametrize(
    ("number", "written"), [(0.123456789, "12.3456789%"), (12345.6789, "1234567.89%"), (1e-7, "0.00001%"), (0.5, "50%")]
)
def test_a_percentage_keeps_its_digits(number: float, written: str) -> None:
    from types import SimpleNamespace

    from cspgraph.office.cells import _number
    from cspgraph.terms import XSD

    relation = SimpleNamespace(datatype=f"{XSD}decimal")
    assert _number(number, "0%", relation) == written  # type: ignore[arg-type]


def test_an_empty_file_and_a_folder_that_cannot_be_made_are_sentences(cli: Callable[..., Ran], tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_bytes(b"")
    assert "the file is empty" in cli("diff", empty, empty).err
    stratml = tmp_path / "little.stratml"
    stratml.write_text(
        '<StrategicPlan xmlns="http://www.stratml.net"><Name>Little</Name><StrategicPlanCore><Goal><Name>Safer</Name>'
        "<Description/></Goal></StrategicPlanCore></StrategicPlan>",
        encoding="utf-8",
    )
    done = cli("import", stratml, "--to", empty / "below")
    assert (done.code, "cannot be made" in done.err) == (2, True)
