"""Readers of papers that are not ours: python-docx, an HTML parser, openpyxl, each to the same plain form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Grid = list[list[str]]


@dataclass
class Read:
    """What a reader finds: the words in order (captions with them), and the tables by their number, heads first."""

    words: list[str] = field(default_factory=list)
    tables: dict[int, Grid] = field(default_factory=dict)


def number_of(caption: str) -> int:
    found = re.match(r"Table (\d+): ", caption)
    assert found, caption
    return int(found[1])


def from_word(path: Path) -> Read:
    import docx
    from docx.oxml.ns import qn

    read, caption = Read(), ""
    document = docx.Document(str(path))
    for block in document.element.body.iterchildren():
        if block.tag == qn("w:p"):
            text = "".join(node.text or "" for node in block.iter(qn("w:t")))
            style = block.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
            caption = text if style is not None and style.get(qn("w:val")) == "Caption" else caption
            read.words += [text] if text else []
        elif block.tag == qn("w:tbl"):
            rows = [
                ["".join(node.text or "" for node in cell.iter(qn("w:t"))) for cell in row.iter(qn("w:tc"))]
                for row in block.iter(qn("w:tr"))
            ]
            read.tables[number_of(caption)] = rows
    return read


class _Page(HTMLParser):
    """Collects headings, paragraphs, items, captions and cells."""

    def __init__(self) -> None:
        super().__init__()
        self.read = Read()
        self.text: list[str] | None = None
        self.unseen = 0
        self.row: list[str] = []
        self.number, self.term = 0, ""
        self.links = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "nav":
            self.links = True
        if tag == "span" and given.get("class") == "unseen":
            self.unseen = 1
        if tag == "tr":
            self.row = []
        if tag in ("h1", "h2", "h3", "h4", "p", "li", "caption", "th", "td", "dt", "dd"):
            self.text = []

    def handle_data(self, data: str) -> None:
        if self.text is not None and not self.unseen:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self.links = False
        if tag == "span":
            self.unseen = 0
        if tag == "tr":
            self.read.tables.setdefault(self.number, []).append(self.row)
        if self.text is None or tag not in ("h1", "h2", "h3", "h4", "p", "li", "caption", "th", "td", "dt", "dd"):
            return
        said, self.text = "".join(self.text).strip(), None
        if tag in ("th", "td"):
            self.row.append(said)
            return
        if tag == "caption":
            self.number = number_of(said)
        if tag == "dt":
            self.term = said
        elif not self.links and said:
            self.read.words.append(f"{self.term}: {said}" if tag == "dd" else said)


def from_page(path: Path) -> Read:
    page = _Page()
    page.feed(re.sub(r"<(script|style).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
    return page.read


def shown(cell: Any) -> str:
    """Return a cell as Excel shows it, by its own type and number format."""
    if cell.value is None:
        return ""
    if isinstance(cell.value, datetime):
        return f"{cell.value.day} {cell.value:%B %Y}"
    if cell.number_format == "0%":
        return f"{cell.value:.0%}"
    return f"{cell.value:,}" if cell.number_format == "#,##0" else str(cell.value)


def from_workbook(path: Path) -> Read:
    """Return the words of the first sheet, and the tables by number; several tables may share a sheet."""
    from openpyxl import load_workbook

    book = load_workbook(path)
    read = Read()
    counts: dict[str, list[int]] = {}
    for said, beside in book["Paper"].iter_rows(max_col=2):
        text = str(said.value or "")
        link = beside.hyperlink.location or beside.hyperlink.target if beside.hyperlink else ""
        if link:
            name = str(link).lstrip("#").split("!")[0].strip("'")
            counts.setdefault(name, []).append(number_of(text))
        elif beside.value:
            text += f" [{beside.value}]"
        read.words += [text.removeprefix("\u2022 ")] if text else []
    for name, numbers in counts.items():
        rows = [[shown(cell) for cell in row] for row in book[name].iter_rows()]
        for number in numbers:
            read.tables[number] = rows
    return read
