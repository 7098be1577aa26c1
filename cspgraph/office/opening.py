"""A workbook of anybody's opened with care: small enough, without entities, never a traceback.

A workbook is a zip of XML. Before openpyxl sees it the zip is measured, its cells are counted,
and any part that declares a document type is refused: so no entity can grow or fetch anything,
whichever XML parser openpyxl finds. Macros, links to other workbooks and pictures are not read.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

from cspgraph.errors import InputError
from cspgraph.files import readable
from cspgraph.office import need_office
from cspgraph.zips import Limits, Unfit, unzipped

if TYPE_CHECKING:
    from pathlib import Path

# Twenty times Tower Hamlets, the largest plan here, is more than 400,000 cells. What these let through takes about
# 600 MB and a minute of one core.
MOST_BYTES = 20_000_000
LIMITS = Limits(files=3_000, unpacked=60_000_000, times=300)
MOST_CELLS = 500_000
MOST_OTHERS = 100_000  # rows with a height, comments, formats, drop-downs ...
_EMPTY = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]{1,6}")?/>')
_IN_CELLS = frozenset(("is", "t", "v", "f", "r"))
BOMS = (b"\xff\xfe", b"\xfe\xff")


def open_workbook(path: Path) -> Any:
    """Return the openpyxl workbook of a file.

    Raises InputError, with what to do, for a file that is not there, is no workbook, is cut off, locked, or larger
    than a plan can be; CspgraphError when openpyxl is not installed.
    """
    need_office()
    with readable(path):
        content = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    if content is None:
        raise InputError.at(path, 0, f"the workbook is larger than {MOST_BYTES // 1_000_000} MB")
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError.at(path, 0, "the workbook is locked with a password, or an old .xls", "save it as .xlsx, open")
    content = _looked_at(path, content)
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl leaves out, none of which is read here
            return load_workbook(io.BytesIO(content), keep_links=False)
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever its parsers do
        hint = "open it in Excel or LibreOffice and save it again as .xlsx"
        raise InputError.at(path, 0, f"the workbook cannot be read ({type(error).__name__})", hint) from None


def _looked_at(path: Path, content: bytes) -> bytes:
    """Return the zip without the cells that are empty, of which LibreOffice writes half a million into any workbook.

    Raises InputError for a zip that is no workbook, or holds more than a plan can need.
    """
    whole, count, made = False, _Count(path), io.BytesIO()
    try:
        with zipfile.ZipFile(made, "w") as taken:
            for name, part in unzipped(content, LIMITS):
                whole |= name == "xl/workbook.xml"
                kept = _EMPTY.sub(b"", part) if name.endswith(".xml") else part
                if name.endswith((".xml", ".rels", ".vml")) or (part[:1] == b"<" and not name.startswith("xl/media/")):
                    count.part(name, kept)
                taken.writestr(name, kept)
    except Unfit as unfit:
        if str(unfit):
            raise InputError.at(path, 0, f"the workbook {unfit}") from None
    if not whole:
        hint = "open it in Excel or LibreOffice and save it again as .xlsx; was it cut off?"
        raise InputError.at(path, 0, "this is not a whole workbook", hint)
    return made.getvalue()


class _Count:
    """What the parts of a workbook hold, counted before openpyxl makes an object of each."""

    def __init__(self, path: Path) -> None:
        self.path, self.name, self.cells, self.others = path, "", 0, 0

    def part(self, name: str, data: bytes) -> None:
        """Count a part. Raises InputError for one that declares a document type, and for more than a plan can need."""
        from xml.parsers import expat

        self.name = name
        if data.startswith(BOMS):
            self._declared()
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.StartDoctypeDeclHandler = self._element, self._declared
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, LookupError, ValueError):
            hint = "open it in Excel or LibreOffice and save it again as .xlsx"
            raise InputError.at(self.path, 0, f"the workbook cannot be read: {name} in it is broken", hint) from None

    def _declared(self, *_: object) -> None:
        raise InputError.at(
            self.path, 0, f"{self.name} in the workbook declares a document type or is not UTF-8"
        ) from None

    def _element(self, tag: str, attributes: dict[str, str]) -> None:
        own = tag.rpartition(":")[2]
        if own == "c":
            self.cells += 1
        elif own == "mergeCell":  # openpyxl makes a cell of each place in it
            self.cells += _area(attributes.get("ref", ""))
        elif own not in _IN_CELLS:
            self.others += 1
        if self.cells > MOST_CELLS or self.others > MOST_OTHERS:
            hint = "is it one plan? Delete what stands far outside the columns and rows of the plan"
            raise InputError.at(self.path, 0, "the workbook holds more cells than a plan can have", hint)


def _area(place: str) -> int:
    """Return how many cells a range such as `A2:B4` has; none for what is no range."""
    from openpyxl.utils import range_boundaries

    try:
        left, top, right, bottom = range_boundaries(place)
    except (ValueError, TypeError):
        return 0
    return ((right or 0) - (left or 0) + 1) * ((bottom or 0) - (top or 0) + 1)
