"""The paper that a board gets: what it says is computed once, then laid out for Word, a browser or a workbook."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cspgraph.errors import CspgraphError

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.papers.model import Paper

FORMATS = (".docx", ".html", ".xlsx")
_NEEDS = {".docx": "docx", ".xlsx": "openpyxl"}


def refuse_early(target: Path, template: Path | None) -> str:
    """Return the ending of the file to write, before anything is computed for it.

    Raises CspgraphError for an ending that is none of FORMATS, a template where none is of use, and a missing library.
    """
    ending = target.suffix.lower()
    if ending not in FORMATS:
        raise CspgraphError(f"'{target.name}' does not say a format", f"end the name in one of: {', '.join(FORMATS)}")
    if template is not None and ending != ".docx":
        raise CspgraphError("a template serves a .docx only", "leave --template out, or end the name in .docx")
    if ending in _NEEDS:
        try:
            import_module(_NEEDS[ending])
        except ImportError:
            raise CspgraphError(
                f"a {ending} needs a library that is not installed", 'pip install "cspgraph[office]"'
            ) from None
    return ending


def lay_out(paper: Paper, ending: str, template: Path | None = None) -> tuple[bytes, list[str]]:
    """Return the file of a paper, the same bytes for the same paper, and what is to be said of it.

    Raises InputError for a template that cannot be used.
    """
    if ending == ".docx":
        from cspgraph.papers.word import word

        return word(paper, template)
    if ending == ".xlsx":
        from cspgraph.papers.sheets import workbook

        return workbook(paper), []
    from cspgraph.papers.web import web

    return web(paper).encode(), []
