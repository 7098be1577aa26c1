"""A council's own Word template: opened with care, its text left out, its styles, headers and footers kept."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from cspgraph.errors import InputError
from cspgraph.zips import Limits, Unfit, unzipped, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from docx.document import Document

_FILE = 30_000_000
_LIMITS = Limits(files=3_000, unpacked=120_000_000, times=200)
_MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml."
_HARMLESS = "/hyperlink"
_ATTACHED = "/attachedTemplate"


def open_template(path: Path) -> Document:
    """Return a document with the template's styles, headers, footers and page, and nothing in its body.

    Raises InputError for what is no Word file, is cut off, holds macros, is larger than any template, or fetches
    something from elsewhere.
    """
    import docx

    content = _checked(path)
    try:
        document = docx.Document(io.BytesIO(content))
        body, pages = document.element.body, len(document.sections)
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise InputError.at(path, 0, f"the template cannot be read: {error}", "save it again with Word") from None
    if not pages:
        raise InputError.at(path, 0, "the template has no page set up", "save it again with Word")
    for element in list(body):
        if not element.tag.endswith("}sectPr"):
            body.remove(element)
    _forget_attached(document)
    return document


def _checked(path: Path) -> bytes:
    """Return the bytes of the template as a document, all of its parts looked at."""
    try:
        if path.stat().st_size > _FILE:
            raise InputError.at(
                path, 0, f"the template is larger than {_FILE // 1_000_000} MB", "take its pictures out"
            )
        parts = dict(unzipped(path.read_bytes(), _LIMITS))
    except OSError as error:
        raise InputError.at(path, 0, f"the template cannot be read: {error.strerror or error}") from None
    except Unfit as unfit:
        if str(unfit):
            raise InputError.at(path, 0, f"the template {unfit}", "save it again with Word") from None
        hint = "name a .docx or .dotx, and see that it was copied whole"
        raise InputError.at(path, 0, "the template is no Word file, or is cut off", hint) from None
    types = parts.get("[Content_Types].xml", b"")
    if b"macroEnabled" in types or any(name.endswith("vbaProject.bin") for name in parts):
        raise InputError.at(path, 0, "the template holds macros", "save it as .docx or .dotx")
    if _MAIN not in types:
        raise InputError.at(path, 0, "the template is no Word file", "name a .docx or .dotx")
    parts["[Content_Types].xml"] = types.replace(_MAIN + b"template.main+xml", _MAIN + b"document.main+xml")
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")):
            _look_at(path, name, part)
    return zipped(parts)


def _look_at(path: Path, name: str, part: bytes) -> None:
    """Raise InputError for XML that is broken or has entities, and for a relation that would fetch something."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(part, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise InputError.at(path, 0, f"the part {name} of the template is broken", "save it again with Word") from None
    for relation in root if name.endswith(".rels") else ():
        if relation.get("TargetMode") == "External" and not relation.get("Type", "").endswith((_HARMLESS, _ATTACHED)):
            raise InputError.at(
                path, 0, f"the template fetches something from elsewhere ({name})", "put the picture or object into it"
            )


def _forget_attached(document: Document) -> None:
    """Take out where the template itself was made from: Word would look for that whenever the paper is opened."""
    document.settings.odd_and_even_pages_header_footer  # noqa: B018 - makes the part where a template has none
    from docx.opc.constants import RELATIONSHIP_TYPE

    settings: Any = document.part.part_related_by(RELATIONSHIP_TYPE.SETTINGS)
    for key, relation in list(settings.rels.items()):
        if relation.reltype.endswith(_ATTACHED):
            del settings.rels[key]
    for element in list(settings.element):
        if element.tag.endswith("}attachedTemplate"):
            settings.element.remove(element)
