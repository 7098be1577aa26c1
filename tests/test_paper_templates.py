"""A council's own template for Word: what it gives, what it lacks, and what cannot serve."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.papers import lay_out
from tests.paper_readers import from_word
from tests.test_papers import of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran


def council(folder: Path, *, without: tuple[str, ...] = (), name: str = "council.docx") -> Path:
    """Write a template: red headings, a header, words that are to go, and some styles taken out."""
    import docx
    from docx.shared import RGBColor

    document = docx.Document()
    styles: Any = document.styles
    styles["Heading 1"].font.color.rgb = RGBColor(0xC0, 0, 0)
    document.add_paragraph("Words of the template")
    document.sections[0].header.paragraphs[0].text = "Riverside Council"
    for style in without:
        styles[style].delete()
    path = folder / name
    document.save(str(path))
    return path


def altered(path: Path, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> Path:
    """Write a zip again with its parts changed, and more of them."""
    with zipfile.ZipFile(path) as given:
        parts = {name: change(name, given.read(name)) for name in given.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as taken:
        for name, part in {**parts, **(more or {})}.items():
            taken.writestr(name, part)
    return path


def test_a_template_gives_its_styles_and_keeps_its_header(
    bundled: KnowledgeGraph, tmp_path: Path, cli: Callable[..., Ran]
) -> None:
    import docx

    template, target = council(tmp_path), tmp_path / "paper.docx"
    ran = cli("report", "--to", target, "--plan", "havering-2017", "--template", template)
    assert ran.code == 0
    assert "has no style called toc 1, toc 2" in ran.out, "python-docx's own template has none"
    document: Any = docx.Document(str(target))
    assert str(document.styles["Heading 1"].font.color.rgb) == "C00000"
    assert "Words of the template" not in "".join(one.text for one in document.paragraphs)
    assert document.sections[0].header.paragraphs[0].text == "Riverside Council"
    plain = lay_out(of(bundled, "havering-2017"), ".docx")[0]
    (tmp_path / "plain.docx").write_bytes(plain)
    assert from_word(target).tables == from_word(tmp_path / "plain.docx").tables


def test_styles_that_a_template_lacks_are_ours_and_are_named(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    import docx

    lacking = ("Caption", "List Bullet", "Heading 3", "Table Grid", "Title")
    template = council(tmp_path, without=lacking)
    altered(template, lambda _, part: re.sub(rb"<Relationship [^>]*numbering.xml[^>]*>", b"", part))
    content, (said,) = lay_out(of(bundled, "havering-2017"), ".docx", template)
    assert [name for name in lacking if name not in said] == []
    assert "Heading 1" not in said
    document: Any = docx.Document(io.BytesIO(content))
    assert [name for name in lacking if name not in document.styles] == []
    levels = document.styles["Heading 3"].element.xpath("./w:pPr/w:outlineLvl/@w:val")
    assert levels == ["2"]
    number = document.styles["List Bullet"].element.xpath("string(./w:pPr/w:numPr/w:numId/@w:val)")
    assert document.part.numbering_part.element.xpath(f"./w:num[@w:numId='{number}']")


def test_headings_that_number_themselves_get_no_second_number(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    import docx

    def number(name: str, part: bytes) -> bytes:
        mark = b'<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
        return re.sub(rb'(w:styleId="Heading1">.*?)<w:pPr>', rb"\1" + mark, part, count=1, flags=re.DOTALL) if name == "word/styles.xml" else part  # fmt: skip

    template = altered(council(tmp_path), number)
    document = docx.Document(io.BytesIO(lay_out(of(bundled, "havering-2017"), ".docx", template)[0]))
    texts = [one.text for one in document.paragraphs if one.style and one.style.name == "Heading 1"]
    assert texts[:2] == ["In short", "Findings in order of weight"]


def test_a_dotx_serves_and_forgets_where_it_came_from(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    import docx

    relation = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        b'Target="file:///x.dotx" TargetMode="External"/></Relationships>'
    )

    def change(name: str, part: bytes) -> bytes:
        if name == "[Content_Types].xml":
            return part.replace(b"document.main+xml", b"template.main+xml")
        attached = b'<w:attachedTemplate xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1"/>'
        return part.replace(b"<w:zoom ", attached + b"<w:zoom ") if name == "word/settings.xml" else part

    template = altered(council(tmp_path, name="council.dotx"), change, {"word/_rels/settings.xml.rels": relation})
    assert b"attachedTemplate" in zipfile.ZipFile(template).read("word/settings.xml")
    content = lay_out(of(bundled, "havering-2017"), ".docx", template)[0]
    assert docx.Document(io.BytesIO(content)).tables
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert b"attachedTemplate" not in b"".join(map(packed.read, packed.namelist()))


def picture_from_elsewhere(name: str, part: bytes) -> bytes:
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
    more = b'<Relationship Id="rId99" Type="' + kind + b'" Target="http://example.org/x.png" TargetMode="External"/>'
    return part.replace(b"</Relationships>", more + b"</Relationships>") if name.endswith("document.xml.rels") else part


def entities(name: str, part: bytes) -> bytes:
    if name != "word/styles.xml":
        return part
    return part.replace(b"<w:styles", b'<!DOCTYPE w [<!ENTITY a "a">]><w:styles', 1)


def workbook_at(path: Path) -> None:
    from openpyxl import Workbook

    Workbook().save(path)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:9000]), "no Word file, or is cut off"),
    "bytes changed": (lambda path: path.write_bytes(path.read_bytes().replace(b"PK\x03\x04", b"PK\x03\x05", 3)), "cut off"),
    "text": (lambda path: path.write_text("words"), "no Word file, or is cut off"),
    "empty": (lambda path: path.write_bytes(b""), "no Word file, or is cut off"),
    "not there": (lambda path: path.unlink(), "cannot be read: No such file"),
    "a workbook": (workbook_at, "is no Word file"),
    "macros": (lambda path: altered(path, lambda _, part: part, {"word/vbaProject.bin": b"x"}), "holds macros"),
    "bomb": (lambda path: altered(path, lambda _, part: part, {"word/media/x.bin": bytes(40_000_000)}), "unpacks to 40,"),
    "many": (lambda path: altered(path, lambda _, part: part, {f"x/{n}": b"" for n in range(3100)}), "files, more than 3,000"),
    "broken XML": (lambda path: altered(path, lambda name, part: part[:-9] if name == "word/styles.xml" else part), "word/styles.xml of the template is broken"),
    "entities": (lambda path: altered(path, entities), "word/styles.xml of the template is broken"),
    "a picture from elsewhere": (lambda path: altered(path, picture_from_elsewhere), "fetches something from elsewhere"),
    "no document": (lambda path: altered(path, lambda name, part: part.replace(b"officeDocument/2006/relationships/officeDocument", b"x") if name == "_rels/.rels" else part), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_template_that_cannot_serve_is_a_sentence(what: str, tmp_path: Path, cli: Callable[..., Ran]) -> None:
    spoil, words = BAD[what]
    template, target = council(tmp_path), tmp_path / "paper.docx"
    target.write_bytes(b"before")
    spoil(template)
    ran = cli("report", "--to", target, "--plan", "hackney-labour-manifesto", "--template", template, "--quiet")
    assert ran.code == 2
    assert "council.docx: the template" in ran.err or "council.docx: the part" in ran.err
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir() if path != template) == ["paper.docx"]
