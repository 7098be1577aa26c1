"""The styles of the paper in Word: a template's own where it has them, else ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.document import Document

_FONT = "Arial"
_INK, _QUIET, _LINE = "1A1A1A", "4A4A4A", "B4BAC0"
_BULLET = """<w:abstractNum xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" w:abstractNumId="{id}">
<w:multiLevelType w:val="hybridMultilevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/>
<w:lvlText w:val="\u2022"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="357" w:hanging="357"/></w:pPr></w:lvl></w:abstractNum>"""
_NUMBERING = b'<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'


@dataclass(frozen=True)
class _Look:
    """How a style looks where the template has none: points, and a level in the outline for a heading."""

    size: float
    bold: bool = False
    before: float = 0
    after: float = 0
    colour: str = _INK
    next: bool = False
    outline: int | None = None
    left: float = 0
    line: float = 0


# By the names that Word gives them; the last four are ours.
_PARAGRAPHS = {
    "Title": _Look(24, bold=True, after=4),
    "Subtitle": _Look(14, after=10, colour=_QUIET),
    "Heading 1": _Look(16, bold=True, before=20, after=6, next=True, outline=0),
    "Heading 2": _Look(13, bold=True, before=14, after=4, next=True, outline=1),
    "Heading 3": _Look(11, bold=True, before=10, after=2, next=True, outline=2),
    "List Bullet": _Look(10.5, after=3, line=1.1),
    "Caption": _Look(9.5, bold=True, before=8, after=3, next=True),
    "TOC Heading": _Look(13, bold=True, before=14, after=4),
    "toc 1": _Look(10.5, bold=True, before=4, after=1),
    "toc 2": _Look(10, after=1, left=12),
    "Table Text": _Look(9, before=1, after=1),
    "Table Head": _Look(9, bold=True, before=1, after=1),
    "Table Small": _Look(7.5, before=0.5, after=0.5),
    "Table Small Head": _Look(7.5, bold=True, before=0.5, after=0.5, next=True),
}
QUIET = "Quiet"
GRID = "Table Grid"


def settle(document: Document, *, own: bool) -> list[str]:
    """Give a document all styles that the paper needs; return the usual ones that a template lacked.

    With `own` there is no template: then every style gets our look.
    """
    from docx.enum.style import WD_STYLE_TYPE

    known = {style.name: style for style in document.styles if style.name}
    lacking = []
    for name, look in _PARAGRAPHS.items():
        style: Any = known.get(name)
        found = style is not None and style.type == WD_STYLE_TYPE.PARAGRAPH
        if not found:
            if style is not None:
                style.delete()
            style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=not _ours(name))
            style.base_style = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
            style.hidden, style.quick_style = False, True
            lacking += [] if _ours(name) else [name]
        if own or not found:
            _give(style, look, own=own)
            if name == "List Bullet":
                _number(style, _bullets(document))
    if QUIET not in known:
        quiet: Any = document.styles.add_style(QUIET, WD_STYLE_TYPE.CHARACTER)
        _colour(quiet, _QUIET)
        quiet.font.size = _points(8.5)
    lacking += _grid(document, own=own, known=GRID in known)
    if own:
        _normal(document)
    return [] if own else lacking


def numbers_itself(document: Document) -> bool:
    """Return whether the headings of a template bring numbers of their own."""
    style: Any = document.styles["Heading 1"]
    while style is not None:
        if style.element.xpath("./w:pPr/w:numPr"):
            return True
        style = style.base_style
    return False


def _ours(name: str) -> bool:
    return name.startswith("Table ")


def _points(size: float) -> Any:
    from docx.shared import Pt

    return Pt(size)


def _colour(style: Any, colour: str) -> None:
    from docx.shared import RGBColor

    style.font.color.rgb = RGBColor.from_string(colour)


def _font(style: Any) -> None:
    from docx.oxml.ns import qn

    style.font.name = _FONT
    fonts = style.element.rPr.rFonts
    for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(key), None)
    fonts.set(qn("w:cs"), _FONT)


def _give(style: Any, look: _Look, *, own: bool) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    spaced = style.paragraph_format
    if own:
        _font(style)
        style.font.italic = False
        for border in style.element.xpath("./w:pPr/w:pBdr"):
            border.getparent().remove(border)
        for rest in style.element.xpath("./w:rPr/w:spacing | ./w:rPr/w:kern"):
            rest.getparent().remove(rest)
        spaced.line_spacing = look.line or 1.0
    style.font.size, style.font.bold = _points(look.size), look.bold
    _colour(style, look.colour)
    spaced.space_before, spaced.space_after = _points(look.before), _points(look.after)
    spaced.keep_with_next, spaced.left_indent = look.next, _points(look.left) if look.left else None
    for old in style.element.xpath("./w:pPr/w:contextualSpacing"):
        old.getparent().remove(old)
    if look.outline is not None:
        for old in style.element.xpath("./w:pPr/w:outlineLvl"):
            old.getparent().remove(old)
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), str(look.outline))
        style.element.get_or_add_pPr().append(level)


def _normal(document: Document) -> None:
    normal: Any = document.styles["Normal"]
    _font(normal)
    normal.font.size = _points(10.5)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = _points(6), 1.15


def _grid(document: Document, *, own: bool, known: bool) -> list[str]:
    """Give the tables thin grey lines, or see that there is a style for them; return its name if it was lacking."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml import OxmlElement, parse_xml
    from docx.oxml.ns import nsdecls

    if known and not own:
        return []
    style: Any = document.styles[GRID] if known else document.styles.add_style(GRID, WD_STYLE_TYPE.TABLE, builtin=True)
    for old in style.element.xpath("./w:tblPr"):
        style.element.remove(old)
    line = f'w:val="single" w:sz="4" w:space="0" w:color="{_LINE}"'
    sides = "".join(f"<w:{side} {line}/>" for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    space = "".join(f'<w:{side} w:w="60" w:type="dxa"/>' for side in ("left", "right"))
    properties = OxmlElement("w:tblPr")
    for part in (f"<w:tblBorders {{}}>{sides}</w:tblBorders>", f"<w:tblCellMar {{}}>{space}</w:tblCellMar>"):
        properties.append(parse_xml(part.replace("{}", nsdecls("w"), 1)))
    style.element.append(properties)
    return [] if known else [GRID]


def _number(style: Any, number: int) -> None:
    from docx.oxml.ns import qn

    numbered = style.element.get_or_add_pPr().get_or_add_numPr()
    numbered.get_or_add_numId().set(qn("w:val"), str(number))
    for level in numbered.xpath("./w:ilvl"):
        numbered.remove(level)
    for indent in style.element.xpath("./w:pPr/w:ind | ./w:pPr/w:tabs"):
        indent.getparent().remove(indent)


def _bullets(document: Document) -> int:
    """Return the number of a list with bullets, written into the document."""
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.oxml import OxmlElement, parse_xml
    from docx.oxml.ns import qn
    from docx.parts.numbering import NumberingPart

    try:
        part: Any = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
    except KeyError:
        uri, kind = PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING
        part = NumberingPart.load(uri, kind, _NUMBERING, document.part.package)
        document.part.relate_to(part, RELATIONSHIP_TYPE.NUMBERING)
    root = part.element
    kinds, numbers = root.xpath("./w:abstractNum/@w:abstractNumId"), root.xpath("./w:num/@w:numId")
    kind = str(max(map(int, kinds), default=-1) + 1)
    number = max(map(int, numbers), default=0) + 1
    first = next(iter(root.xpath("./w:num")), None)
    made = parse_xml(_BULLET.format(id=kind))
    if first is None:
        root.append(made)
    else:
        first.addprevious(made)
    num, of = OxmlElement("w:num"), OxmlElement("w:abstractNumId")
    num.set(qn("w:numId"), str(number))
    of.set(qn("w:val"), kind)
    num.append(of)
    last = next(iter(reversed(root.xpath("./w:num"))), made)
    last.addnext(num)
    return number
