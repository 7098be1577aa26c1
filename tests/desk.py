"""A little plan and its workbook, edited as an officer would edit it."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from cspgraph.changes.difference import differences, titles
from cspgraph.changes.records import flatten
from cspgraph.check import Reading, read_library
from cspgraph.office import dropdowns
from cspgraph.office.exporting import plan_files, plan_workbook
from cspgraph.office.importing import Taken, library_beside, take
from cspgraph.office.layout import STAR
from cspgraph.plans.markup import compose
from cspgraph.resources import library
from tests.conftest import LITTLE_REFERENCE
from tests.test_changes import LITTLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet


MADE: dict[tuple[str, bool], tuple[Reading, bytes]] = {}


@contextmanager
def short_lists() -> Iterator[None]:
    """Write workbooks with little room for what is typed: most of their cells are its formulas, which nothing reads back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dropdowns, "MOST_TYPED", 5)
        patch.setattr(dropdowns, "SPARE", 20)
        yield


def made(text: str, folder: Path, *, whole: bool = False) -> tuple[Reading, bytes]:
    """Return the reading and the workbook of a little plan, made once; its lists as short as may be, or `whole`."""
    if (text, whole) not in MADE:
        reading = read_library(library([folder])).or_raise()
        with nullcontext() if whole else short_lists():
            MADE[text, whole] = reading, plan_workbook(plan_files(reading, [])[0], reading, [])
    return MADE[text, whole]


class Desk:
    """A folder with the little plan and its workbook, which is edited as an officer would, then taken back."""

    def __init__(self, folder: Path, text: str = LITTLE, *, whole: bool = False) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "reference.yaml").write_text(LITTLE_REFERENCE, encoding="utf-8")
        (folder / "little.yaml").write_text(text, encoding="utf-8")
        self.text = text
        self.path = folder / "little.xlsx"
        self.reading, content = made(text, folder, whole=whole)
        self.path.write_bytes(content)
        self.book: Workbook = load_workbook(self.path)

    def sheet(self, name: str) -> Worksheet:
        return self.book[name]

    def column(self, name: str, head: str) -> int:
        return next(
            at for at, cell in enumerate(self.book[name][1], start=1) if str(cell.value).removesuffix(STAR) == head
        )

    def cell(self, name: str, row: int, head: str) -> Any:
        return self.book[name].cell(row, self.column(name, head))

    def row(self, name: str, **said: str) -> int:
        """Return the first row in which a column, spaces of its head as underscores, shows a text."""
        ((head, text),) = said.items()
        at = self.column(name, head.replace("_", " "))
        page = self.book[name]
        return next(
            row for row in range(2, page.max_row + 1) if str(page.cell(row, at).value).removesuffix(STAR) == text
        )

    def put(self, name: str, row: int, **said: object) -> None:
        for head, value in said.items():
            self.cell(name, row, head.replace("__", ": ").replace("_", " ")).value = value

    def take(self, *, text: bool = True) -> Taken:
        self.book.save(self.path)
        return take(self.path, library_beside([self.folder], []))

    def changes(self) -> list[str]:
        """Return in words what taking the workbook would change; fails when there is a problem."""
        taken = self.take()
        assert [str(problem) for problem in taken.problems] == []
        old, new = (
            flatten(compose("", content), self.reading.vocabulary) for content in (self.text.encode(), taken.content)
        )
        return [change.sentence for change in differences(old, new, "little-2026", titles(old) | titles(new))]

    def problems(self) -> list[str]:
        """Return all problems, without the path of the workbook."""
        return [str(problem).removeprefix(f"{self.path}: ") for problem in self.take().problems]
