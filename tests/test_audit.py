"""Does each cited passage hold what it is cited for: in the bundled plans, and in plans made to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.audit import audit, identified
from cspgraph.errors import InputError
from cspgraph.passages import source_files
from cspgraph.sources import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

DOCUMENT = "\n".join(
    [*(f"line {n}" for n in range(1, 10)), "The Panel is led by the Inspector, £1,500", "nothing here"]
)


def test_the_bundled_plans_hold(bundled: KnowledgeGraph, sources: Path) -> None:
    texts = {
        name: Text(sources / file, sha256)
        for name, file, sha256 in source_files(bundled.engine)
        if (sources / file).exists()
    }
    assert "havering-csp-plan-2017-20" in texts
    found = audit(bundled.engine, texts)
    assert len(found.checks) > 1900
    assert found.share > 0.99
    for check in found.exceptions:
        assert check.cited.status in ("inferred", "uncertain"), check
        assert check.cited.why, check
    assert found.whole_long_lines == []
    middle, largest = found.widths()
    assert middle == 1
    for check in found.checks:
        assert check.width <= 15 or check.cited.why, check
    assert largest < 30
    by_name = sum(check.found in ("name", "figure") for check in found.checks)
    assert by_name / len(found.checks) > 0.75


@pytest.mark.parametrize(
    ("passage", "names", "by"),
    [
        ("led by the Inspector", ["inspector"], "name"),
        ("led by the In spector", ["Inspector"], "name"),
        ("<p>Police &amp; Crime</p>", ["Police and Crime"], "name"),
        ("a sum of 1,500 pounds", ["£1,500 a year"], "figure"),
        ("reducing reoffending", ["Fewer reoffend"], "word"),
        ("about the people", ["All people about"], ""),
        ("nothing of the kind", ["Inspector"], ""),
        ("", ["Inspector"], ""),
    ],
)
def test_by_what_a_passage_identifies(passage: str, names: list[str], by: str) -> None:
    assert identified(passage, names) == by


def test_a_wrong_line_is_found(
    write: Callable[..., Path], graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    (tmp_path / "doc.txt").write_text(DOCUMENT, encoding="utf-8")
    text = Text(tmp_path / "doc.txt")
    plan = (
        "plan: p\nsource: doc\ntitle: Line\nlines: 1\n"
        "boards:\n  panel: {title: Panel, lines: 10, chairedBy: inspector @11}\n"
        "posts:\n  inspector: {title: Inspector, lines: 10}\n"
    )
    found = audit(graph_of(plan).engine, {"doc": text})
    assert [(c.cited.relation.rsplit("#", 1)[-1], c.place) for c in found.exceptions] == [("chairedBy", "11")]
    assert found.share < 1
    right = audit(graph_of(plan.replace("@11", "@10")).engine, {"doc": text})
    assert right.exceptions == []


def test_a_whole_long_line_is_found(graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_text("Panel Inspector " + "x" * 400 + "\n", encoding="utf-8")
    plan = (
        "plan: p\nsource: doc\ntitle: Panel\nlines: 1\n"
        "boards:\n  panel: {title: Panel, lines: 1, chairedBy: inspector}\nposts:\n  inspector: {title: Inspector, lines: 1}\n"
    )
    found = audit(graph_of(plan).engine, {"doc": Text(tmp_path / "doc.txt")})
    assert [c.cited.relation.rsplit("#", 1)[-1] for c in found.whole_long_lines] == ["chairedBy"]
    narrow = audit(
        graph_of(plan.replace("inspector}", "inspector @1:6-15}")).engine, {"doc": Text(tmp_path / "doc.txt")}
    )
    assert narrow.whole_long_lines == []


def test_a_name_narrows_the_audit_to_it_and_its_parts(
    cli: Callable[..., Ran], write: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "doc.txt").write_text("The Panel\nThe first step\nSomething else\n", encoding="utf-8")
    folder = write("plan.yaml", (
        "plan: p\nsource: doc\ntitle: Panel\nlines: 1\nactions:\n"
        "  A1:\n    title: Panel\n    lines: 1\n    step:\n      1: The first step @2\n"
        "  A10: {title: Lost, lines: 3}\n"
    ))  # fmt: skip
    audit = ("evidence", "--audit", "--data", folder, "--sources", tmp_path)
    looked = {name: cli(*audit, *([name] if name else [])).out for name in ("", "p", "p/A1", "p/A10")}
    numbers = {name: said.split(" passages")[0].split()[-1] for name, said in looked.items()}
    assert numbers == {"": "5", "p": "5", "p/A1": "3", "p/A10": "1"}
    assert {name: "p/A10" in said for name, said in looked.items()} == {
        "": True,
        "p": True,
        "p/A1": False,
        "p/A10": True,
    }
    wrong = cli(*audit, "p/A11")
    assert (wrong.code, "the name 'p/A11' is not known" in wrong.err) == (2, True)


def test_a_copy_that_is_another_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_text("other", encoding="utf-8")
    with pytest.raises(InputError, match="its sha256 differs"):
        Text(tmp_path / "doc.txt", "0" * 64)
