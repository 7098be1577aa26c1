"""The canonical form: one way to write a file, and nothing lost on the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.check import Reading, read_library
from cspgraph.errors import InputError
from cspgraph.ontology import Vocabulary, read_vocabulary
from cspgraph.plans.canonical import canonical_form
from cspgraph.plans.reader import read_file
from cspgraph.resources import data_folder, library
from cspgraph.sources import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNTIDY = """\
# what this is

title:   "A plan"
plan: p
source: doc   # the document
lines: 1
boards:
    b: {lines: 3, title: "B, the board"}
actions:
  # the first
  A1: {lines: 2,   title: 'Do: it', ledBy:  b @4,  alias: [x,"none"]}   # after
  A2:
    lines: 12
    title: "@7 is not a place"
    ledBy:
        - b @5,7 inferred "it says so"
    description: A long description that will not fit on one line together with everything else that stands in this thing
# the end
"""
TIDY = """\
# what this is
plan: p
source: doc  # the document
title: A plan
lines: 1

actions:
  # the first
  A1: {title: 'Do: it', alias: [x, 'none'], lines: 2, ledBy: b @4}  # after

  A2:
    title: '@7 is not a place'
    description: A long description that will not fit on one line together with everything else that stands in this thing
    lines: 12
    ledBy:
      - b @5,7 inferred "it says so"

boards:
  b: {title: 'B, the board', lines: 3}

# the end
"""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The built-in vocabulary."""
    return read_vocabulary(library().ontology)


def test_an_untidy_file_becomes_tidy_and_stays_so(vocabulary: Vocabulary, tmp_path: Path) -> None:
    once = canonical_form(tmp_path, UNTIDY.encode(), vocabulary)
    assert once == TIDY
    assert canonical_form(tmp_path, once.encode(), vocabulary) == once


def test_the_form_says_what_the_file_said(vocabulary: Vocabulary, write: Callable[..., Path]) -> None:
    before = read_library(library([write("plan.yaml", UNTIDY)])).quads()
    after = read_library(library([write("plan.yaml", TIDY)])).quads()
    assert set(before) == set(after)


def test_the_bundled_plans_are_in_it(vocabulary: Vocabulary) -> None:
    paths = sorted(data_folder().rglob("*.yaml"))
    assert len(paths) >= 7
    for path in paths:
        content = path.read_bytes()
        assert canonical_form(path, content, vocabulary) == content.decode(), path.name


def test_words_become_characters(vocabulary: Vocabulary, tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_text("one\nled by the VAWG officer, and the VAWG lead\n", encoding="utf-8")
    text = Text(tmp_path / "doc.txt")
    draft = 'plan: p\nsource: doc\nactions:\n  A1:\n    title: x\n    lines: 2~"led by"\n    ledBy: v @2~"VAWG officer" inferred "so"\n'
    done = canonical_form(tmp_path, draft.encode(), vocabulary, lambda name: text if name == "doc" else None)
    assert "lines: 2:0-6" in done
    assert 'ledBy: v @2:11-23 inferred "so"' in done


@pytest.mark.parametrize(
    ("words", "message"),
    [("VAWG", "more than once"), ("nothing", "does not hold"), ("x", "is not at hand")],
)
def test_words_that_cannot_be_found_are_said(words: str, message: str, vocabulary: Vocabulary, tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_text("VAWG and VAWG\n", encoding="utf-8")
    text = Text(tmp_path / "doc.txt")
    draft = f'plan: p\nsource: doc\nactions:\n  A1: {{title: x}}\n  A2:\n    ledBy: v @1~"{words}"\n'
    texts = (lambda _: None) if words == "x" else (lambda _: text)
    with pytest.raises(InputError, match=message) as caught:
        canonical_form(tmp_path, draft.encode(), vocabulary, texts)
    assert caught.value.problems[0].line == 6


def test_what_is_not_yaml_is_left_alone(vocabulary: Vocabulary, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ends inside quotes"):
        canonical_form(tmp_path, b"title: 'x", vocabulary)


def test_every_short_title_of_ours_has_at_most_twelve_words(bundled_reading: Reading) -> None:
    """Official names stay exact; what we named ourselves stays short."""
    ours = {"Defect", "Step", "Reason", "Outcome", "Action", "Statistic"}
    found = {
        entity.iri: fact.value.lexical  # type: ignore[union-attr]
        for entity in bundled_reading.entities().values()
        if entity.kind.name in ours
        for fact in entity.facts
        if fact.relation.word == "title"
    }
    assert len(found) > 150
    assert {iri: title for iri, title in found.items() if len(title.split()) > 12} == {}


def test_reading_is_the_same_in_any_order_of_sections(vocabulary: Vocabulary, tmp_path: Path) -> None:
    first, problems = read_file(tmp_path / "p.yaml", TIDY.encode(), vocabulary)
    assert problems == []
    assert first is not None
    assert set(first.entities) == {f"https://w3id.org/cspgraph/id/{ref}" for ref in ("p", "p/A1", "p/A2", "p/b")}
