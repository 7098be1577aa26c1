"""The parts of a Word file that python-docx has no words for: fields, tables at speed, a table of contents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from cspgraph.papers.model import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cspgraph.papers.model import Column, Table

_TOGETHER = 8  # rows of a table that stays on one page
_MARGINS = 220  # at the sides of a cell, in twentieths of a point
_MOST = 12  # letters of a word that is kept whole
_SHADE, _BAND = "E4E8EC", "F3F5F7"


def made(tag: str, *parts: Any, **attributes: object) -> Any:
    """Return an element of WordprocessingML, its attributes and what is in it."""
    element: Any = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    element.extend([part for part in parts if part is not None])
    return element


def run(text: str, style: str = "", *, bold: bool = False) -> Any:
    """Return a run of text; a text is never more than that."""
    written = made("t")
    written.text = text
    written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    looks = [made("rStyle", val=style)] if style else []
    looks += [made("b")] if bold else []
    return made("r", made("rPr", *looks) if looks else None, written)


def field(code: str, result: str) -> list[Any]:
    """Return the runs of a field with the result that stands there until it is updated."""
    instruction = made("instrText")
    instruction.text = f" {code} "
    instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    marks = [made("r", made("fldChar", fldCharType=kind)) for kind in ("begin", "separate", "end")]
    return [marks[0], made("r", instruction), marks[1], run(result), marks[2]]


def paragraph(style: str, *runs: Any, right: bool = False, keep: bool = False) -> Any:
    """Return a paragraph in a style, named by its id; with `keep` on the page of what follows."""
    looks = [made("pStyle", val=style), made("keepNext") if keep else None, made("jc", val="right") if right else None]
    return made("p", made("pPr", *looks), *(one for one in runs if one is not None))


def bookmark(element: Any, number: int, name: str) -> None:
    """Put a bookmark around the runs of a paragraph."""
    start, end = made("bookmarkStart", id=number, name=name), made("bookmarkEnd", id=number)
    runs = [child for child in element if child.tag == qn("w:r")]
    runs[0].addprevious(start)
    runs[-1].addnext(end)


def contents(entries: Sequence[tuple[int, str, str]], styles: Sequence[str], heading: Any) -> Any:
    """Return a table of contents that is filled in: entries are level, words, and the bookmark they lead to."""
    code = 'TOC \\o "1-2" \\h \\z \\u'
    begin, instruction, separate, _, end = field(code, "")
    lines = []
    for at, (level, words, mark) in enumerate(entries):
        link = made("hyperlink", run(words), anchor=mark, history=1)
        lines.append(paragraph(styles[level - 1], *([begin, instruction, separate] if at == 0 else []), link))
    lines[-1].append(end)
    gallery = made("docPartObj", made("docPartGallery", val="Table of Contents"), made("docPartUnique"))
    return made("sdt", made("sdtPr", gallery), made("sdtContent", heading, *lines))


def table(given: Table, width: int, styles: dict[str, str]) -> Any:
    """Return a table as wide as the page, in twentieths of a point: its head repeats, its rows do not split."""
    columns = [column for _, column in given.printed]
    widths = _widths(given, width)
    text, head = (
        (styles["Table Small"], styles["Table Small Head"])
        if given.small
        else (styles["Table Text"], styles["Table Head"])
    )
    properties = made(
        "tblPr",
        made("tblStyle", val=styles["Table Grid"]),
        made("tblW", w=sum(widths), type="dxa"),
        made("tblLayout", type="fixed"),
        made("tblLook", val="0020", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1),
        made("tblCaption", val=f"Table {given.number}: {given.caption}"),
        made("tblDescription", val=given.summary),
    )
    grid = made("tblGrid", *(made("gridCol", w=one) for one in widths))
    cells = [
        _cell(column.head, head, size, _SHADE, right=_right(column), keep=True)
        for column, size in zip(columns, widths, strict=True)
    ]
    rows = [made("tr", made("trPr", made("cantSplit"), made("tblHeader")), *cells)]
    return made("tbl", properties, grid, *rows, *_rows(given, widths, text, head))


def _widths(given: Table, width: int) -> list[int]:
    """Share out the width; no column is so narrow that a word of its head, or of its cells, breaks in two.

    A letter takes two thirds of its height in the widest of the usual types. What a narrow column needs more is
    taken from those that have most to spare; where there is not enough, the shares stand.
    """
    shares = [int(width * column.width / given.width) for _, column in given.printed]
    letter = (7.5 if given.small else 9) * 20 * 2 / 3
    needed = [
        int(letter * min(_longest([column.head, *(shown(row[at], column.kind) for row in given.rows)]), _MOST))
        + _MARGINS
        for at, column in given.printed
    ]
    lacking = sum(max(need - share, 0) for need, share in zip(needed, shares, strict=True))
    spare = sum(max(share - need, 0) for need, share in zip(needed, shares, strict=True))
    if lacking > spare:
        return shares
    return [
        need if need >= share else share - (share - need) * lacking // spare
        for need, share in zip(needed, shares, strict=True)
    ]


def _longest(texts: Iterable[str]) -> int:
    return max((len(word) for text in texts for word in text.replace("-", "- ").split()), default=0)


def _rows(given: Table, widths: list[int], text: str, head: str) -> Iterable[Any]:
    before = ""
    for at_row, row in enumerate(given.rows, 1):
        keep = len(given.rows) <= _TOGETHER and at_row < len(given.rows)
        heading = given.heading(row)
        if heading != before:
            over = _cell(heading, head, sum(widths), _BAND, span=len(widths), keep=True)
            yield made("tr", made("trPr", made("cantSplit")), over)
            before = heading
        cells = [
            _cell(shown(row[at], column.kind), text, size, right=_right(column), keep=keep)
            for (at, column), size in zip(given.printed, widths, strict=True)
        ]
        yield made("tr", made("trPr", made("cantSplit")), *cells)


def _cell(
    text: str, style: str, width: int, shade: str = "", span: int = 0, *, right: bool = False, keep: bool = False
) -> Any:
    properties = made(
        "tcPr",
        made("tcW", w=width, type="dxa"),
        made("gridSpan", val=span) if span else None,
        made("shd", val="clear", color="auto", fill=shade) if shade else None,
    )
    return made("tc", properties, paragraph(style, *([run(text)] if text else []), right=right, keep=keep))


def _right(column: Column) -> bool:
    return column.kind in ("number", "share")
