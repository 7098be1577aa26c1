"""The paper for Word: real styles, captions that count, a table of contents, heads that repeat, words for every table."""

from __future__ import annotations

import io
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from cspgraph.papers.model import Items, Table, Words, shown
from cspgraph.papers.steady import steady

if TYPE_CHECKING:
    from pathlib import Path

    from docx.document import Document

    from cspgraph.papers.model import Paper, Section

_A4 = (11906, 16838)  # in twentieths of a point
_MARGIN = 1020
_LANGUAGE = "en-GB"


def word(paper: Paper, template: Path | None = None) -> tuple[bytes, list[str]]:
    """Return the paper as a .docx, and what is to be said of the template.

    Raises InputError for a template that cannot be used.
    """
    import docx

    from cspgraph.papers.styles import numbers_itself, settle
    from cspgraph.papers.template import open_template

    if template is None:
        document = docx.Document()
        _page(document)
    else:
        document = open_template(template)
    lacking = settle(document, own=template is None)
    _about(document, paper)
    _Layout(document, numbers=not numbers_itself(document)).write(paper)
    _page_numbers(document, paper)
    made = io.BytesIO()
    document.save(made)
    said = f"the template has no style called {', '.join(lacking)}: there cspgraph's own is used" if lacking else ""
    return steady(made.getvalue(), paper.dated), [said] if said else []


class _Layout:
    """Puts a paper into a document, section by section."""

    def __init__(self, document: Document, *, numbers: bool) -> None:
        self.document, self.numbers = document, numbers
        self.ids = {style.name: style.style_id for style in document.styles if style.name}
        self.wide = False

    def write(self, paper: Paper) -> None:
        self._front(paper)
        for at, section in enumerate(paper.sections):
            if section.wide != self.wide:
                self._turn()
            self._section(section, at)

    def _front(self, paper: Paper) -> None:
        from cspgraph.papers.oxml import contents, paragraph, run

        self._add("Title", run(paper.title))
        self._add("Subtitle", run(paper.subtitle))
        for name, said in paper.facts:
            self._add("Normal", run(f"{name}: ", bold=True), run(said))
        entries = [
            (section.level, self._words(section), _mark(at))
            for at, section in enumerate(paper.sections)
            if section.level <= 2
        ]
        heading = paragraph(self.ids["TOC Heading"], run("Contents"))
        self._put(contents(entries, [self.ids["toc 1"], self.ids["toc 2"]], heading))

    def _section(self, section: Section, at: int) -> None:
        from cspgraph.papers.oxml import bookmark, made, run

        heading = self._add(f"Heading {section.level}", run(self._words(section)))
        if at == 0 or section.title.startswith("Appendix"):
            heading.pPr.append(made("pageBreakBefore"))
        bookmark(heading, at + 1, _mark(at))
        for block, after in zip_longest(section.blocks, section.blocks[1:]):
            if isinstance(block, Words):
                style = self.ids["Quiet"] if block.quiet else ""
                self._add("Normal", run(block.text, style), keep=isinstance(after, Items | Table))
            elif isinstance(block, Items):
                self._items(block, keep=isinstance(after, Words))
            elif block is not None:
                self._table(block)

    def _items(self, given: Items, *, keep: bool) -> None:
        from cspgraph.papers.oxml import run

        for at, (said, where) in enumerate(given.items, 1):
            place = run(f" [{where}]", self.ids["Quiet"]) if where else None
            self._add("List Bullet", run(said), place, keep=keep and at == len(given.items))

    def _table(self, given: Table) -> None:
        from cspgraph.papers.oxml import field, run, table

        self._add(
            "Caption", run("Table "), *field("SEQ Table \\* ARABIC", str(given.number)), run(f": {given.caption}")
        )
        self._put(table(given, self._width(), self.ids))
        self._add("Normal").pPr.append(_nothing())

    def _words(self, section: Section) -> str:
        return section.heading if self.numbers else section.title

    def _add(self, style: str, *runs: Any, keep: bool = False) -> Any:
        from cspgraph.papers.oxml import paragraph

        return self._put(paragraph(self.ids[style], *runs, keep=keep))

    def _put(self, element: Any) -> Any:
        self.document.element.body.insert_element_before(element, "w:sectPr")
        return element

    def _width(self) -> int:
        section = self.document.sections[-1]
        wide = section.page_width or 0
        return int((wide - (section.left_margin or 0) - (section.right_margin or 0)) / 635) or _A4[0] - 2 * _MARGIN

    def _turn(self) -> None:
        """Begin a new page, turned on its side, or back."""
        from docx.enum.section import WD_ORIENT, WD_SECTION

        self.wide = not self.wide
        old = self.document.sections[-1]
        sizes = old.page_width, old.page_height
        new = self.document.add_section(WD_SECTION.NEW_PAGE)
        new.different_first_page_header_footer = False
        new.orientation = WD_ORIENT.LANDSCAPE if self.wide else WD_ORIENT.PORTRAIT
        new.page_width, new.page_height = sizes[1], sizes[0]
        before = self.document.paragraphs[-1]._p  # noqa: SLF001 - the break stands in a paragraph of its own
        before.get_or_add_pPr().insert(0, _nothing())


def _mark(at: int) -> str:
    return f"_Toc{at + 1:08d}"


def _nothing() -> Any:
    """Return the space of a paragraph that only parts what would else run together."""
    from cspgraph.papers.oxml import made

    return made("spacing", before=0, after=0, line=120, lineRule="exact")


def _page(document: Document) -> None:
    from docx.shared import Twips

    section = document.sections[0]
    section.page_width, section.page_height = (Twips(side) for side in _A4)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Twips(_MARGIN))


def _about(document: Document, paper: Paper) -> None:
    """Fill in the properties of the document, its language, and that it is of this age of Word."""
    from cspgraph.papers.oxml import made

    about = document.core_properties
    about.title, about.subject, about.author, about.language = paper.title, paper.subtitle, "cspgraph", _LANGUAGE
    about.last_modified_by, about.comments, about.keywords, about.revision = "cspgraph", "", "community safety", 1
    defaults = document.styles.element.xpath("./w:docDefaults/w:rPrDefault/w:rPr")
    for properties in defaults:
        for old in properties.xpath("./w:lang"):
            properties.remove(old)
        properties.append(made("lang", val=_LANGUAGE))
    settings = document.settings.element
    if not settings.xpath("./w:compat/w:compatSetting"):
        for compat in settings.xpath("./w:compat"):
            uri = "http://schemas.microsoft.com/office/word"
            compat.append(made("compatSetting", name="compatibilityMode", uri=uri, val=15))


def _page_numbers(document: Document, paper: Paper) -> None:
    """Put the number of the page below every page, unless a template does so already."""
    from docx.oxml.ns import qn

    from cspgraph.papers.oxml import field, paragraph, run

    section = document.sections[0]
    places = [section.header, section.footer]
    if any("PAGE" in (code.text or "") for place in places for code in place._element.iter(qn("w:instrText"))):  # noqa: SLF001
        return
    words = [run(f"{shown(paper.title)}   Page "), *field("PAGE", "1"), run(" of "), *field("NUMPAGES", "1")]
    footer = section.footer._element  # noqa: SLF001
    ids = {style.name: style.style_id for style in document.styles}
    line = paragraph(ids.get("Footer") or ids["Normal"], *words, right=True)
    empty = [one for one in section.footer.paragraphs if not one.text.strip()]
    if empty:
        empty[-1]._p.addprevious(line)  # noqa: SLF001
        footer.remove(empty[-1]._p)  # noqa: SLF001
    else:
        footer.append(line)
