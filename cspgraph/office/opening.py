"""A workbook of anybody's opened with care: small enough, without entities, never a traceback.

A workbook is a zip of XML. Before openpyxl sees it the zip is counted and measured, and any
part that declares a document type is refused: so no entity can grow or fetch anything,
whichever XML parser openpyxl finds. Macros, links to other workbooks and pictures are not read.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

from cspgraph.errors import InputError
from cspgraph.office import need_office

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 50_000_000
MOST_UNPACKED = 500_000_000
MOST_ENTRIES = 3_000
MOST_RATIO = 300
BOMS = (b"\xff\xfe", b"\xfe\xff")


def open_workbook(path: Path) -> Any:
    """Return the openpyxl workbook of a file.

    Raises InputError, with what to do, for a file that is not there, is no workbook, is cut off, locked, or larger
    than a plan can be; CspgraphError when openpyxl is not installed.
    """
    need_office()
    try:
        content = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError as error:
        raise InputError.at(path, 0, f"the file cannot be read: {error.strerror}") from None
    if content is None:
        raise InputError.at(path, 0, f"the workbook is larger than {MOST_BYTES // 1_000_000} MB")
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError.at(path, 0, "the workbook is locked with a password, or an old .xls", "save it as .xlsx, open")
    _measure(path, content)
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl leaves out, none of which is read here
            return load_workbook(io.BytesIO(content), keep_links=False)
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever its parsers do
        hint = "open it in Excel or LibreOffice and save it again as .xlsx"
        raise InputError.at(path, 0, f"the workbook cannot be read ({type(error).__name__})", hint) from None


def _measure(path: Path, content: bytes) -> None:
    hint = "open it in Excel or LibreOffice and save it again as .xlsx; was it cut off?"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _limits(path, archive.infolist(), len(content))
            for entry in archive.infolist():
                if entry.filename.endswith((".xml", ".rels", ".vml")):
                    _plain_xml(path, entry.filename, archive.read(entry))
            archive.getinfo("xl/workbook.xml")
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise InputError.at(path, 0, "this is not a whole workbook", hint) from None
    except Exception as error:
        if isinstance(error, InputError) or type(error).__module__ != "zlib":
            raise
        raise InputError.at(path, 0, "this is not a whole workbook", hint) from None


def _limits(path: Path, entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES:
        raise InputError.at(path, 0, f"the workbook holds {len(entries):,} files, more than {MOST_ENTRIES:,}")
    if unpacked > MOST_UNPACKED or unpacked > max(size * MOST_RATIO, 10_000_000):
        raise InputError.at(path, 0, f"the workbook unpacks to {unpacked:,} bytes, more than a plan can be")


def _plain_xml(path: Path, name: str, data: bytes) -> None:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or data.startswith(BOMS):
        raise InputError.at(path, 0, f"{name} in the workbook declares a document type or is not UTF-8")
