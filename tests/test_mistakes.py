"""Every mistake of a plan file is a sentence at file:line with the next step, and all come at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cspgraph.check import read_library
from cspgraph.errors import InputError
from cspgraph.resources import library

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = "plan: p\nsource: doc\ntitle: A plan\nlines: 1\n"

# what is wrong: (text, line, part of the message, part of the next step)
MISTAKES = {
    "unknown word": (HEAD + "actions:\n  A1:\n    titel: x\n    lines: 2\n", 7, "'titel' is not a word", "title"),
    "word of another kind": (
        HEAD + "funds:\n  F:\n    title: x\n    lines: 2\n    ledBy: x\n",
        9,
        "'ledBy' is not a word for a fund",
        "it is a word for: action",
    ),
    "unknown section": (HEAD + "acions:\n  A1: {title: x, lines: 2}\n", 5, "'acions' is not a word", "nearest"),
    "wrong type": (
        HEAD + "funds:\n  F: {title: x, lines: 2, amount: plenty}\n",
        6,
        "'plenty' is not a number",
        "",
    ),
    "not a controlled word": (
        HEAD + "priorities:\n  P: {title: x, lines: 2, tier: theem}\n",
        6,
        "'theem' is not a tier",
        "theme",
    ),
    "not a controlled word that begins with a vowel": (
        "reference: r\nsources:\n  s: {title: x, file: x.txt, lineCount: 1, sha256: " + "0" * 64 + ", extent: wohle}\n",
        3,
        "'wohle' is not an extent",
        "whole",
    ),
    "a place with more figures than a line can have": (
        HEAD + "funds:\n  F: {title: x, lines: " + "9" * 5_000 + "}\n",
        6,
        "9…' is not a place in a source: no text has so many lines",
        "",
    ),
    "a whole number that no machine holds": (
        "reference: r\nsources:\n  s: {title: x, file: x.txt, lineCount: " + "9" * 5_000 + ", extent: whole}\n",
        3,
        "9…' is not a whole number",
        "",
    ),
    "impossible date": (
        HEAD + "documents:\n  D: {title: x, lines: 2, issued: 31 February 2017}\n",
        6,
        "there is no such day as 31 February 2017",
        "",
    ),
    "impossible financial year": (
        HEAD + "documents:\n  D: {title: x, lines: 2, period: 2016/07}\n",
        6,
        "'2016/07' is not a financial year",
        "",
    ),
    "reference to nothing": (
        HEAD
        + "actions:\n  A1:\n    title: x\n    lines: 2\n    ledBy: boardd\nboards:\n  board: {title: b, lines: 3}\n",
        9,
        "nothing is called 'boardd'",
        "board",
    ),
    "same id twice": (
        HEAD + "actions:\n  A1: {title: x, lines: 2}\n  A1: {title: y, lines: 3}\n",
        7,
        "'A1' is the name of two things",
        "line 6",
    ),
    "same id in two sections": (
        HEAD + "actions:\n  A1: {title: x, lines: 2}\nboards:\n  A1: {title: y, lines: 3}\n",
        8,
        "'A1' is the name of two things",
        "line 6",
    ),
    "same word twice": (
        HEAD + "actions:\n  A1:\n    title: x\n    lines: 2\n    title: y\n",
        9,
        "'title' stands twice",
        "line 7",
    ),
    "relation to the wrong kind": (
        HEAD + "actions:\n  A1: {title: x, lines: 2, ledBy: F}\nfunds:\n  F: {title: f, lines: 3}\n",
        6,
        "'F' is a fund, not a body",
        "plan.yaml:8",
    ),
    "locator outside the source": (
        HEAD + "actions:\n  A1: {title: x, lines: 101}\n",
        6,
        "lies outside doc, which has 100 lines",
        "",
    ),
    "locator that is none": (HEAD + "actions:\n  A1: {title: x, lines: 5-3}\n", 6, "ends before it begins", ""),
    "wide range without a reason": (
        HEAD + "actions:\n  A1: {title: x, lines: 1-20}\n",
        6,
        "cites 20 lines at once",
        "why",
    ),
    "title missing": (HEAD + "actions:\n  A1: {lines: 2}\n", 6, "p/A1 has no 'title'", "every action needs one"),
    "place missing": (HEAD + "actions:\n  A1: {title: x}\n", 6, "p/A1 has no 'lines'", "every action needs one"),
    "two values where one may stand": (
        HEAD + "actions:\n  A1: {title: x, lines: 2, timescale: {kind: [review, end]}}\n",
        6,
        "has 2 values for 'kind'",
        "",
    ),
    "doubt without a reason": (
        HEAD + "actions:\n  A1: {title: x, lines: 2, status: uncertain}\n",
        6,
        "is uncertain and does not say why",
        "add `why:`",
    ),
    "doubt on a relation without a reason": (
        HEAD
        + "actions:\n  A1:\n    title: x\n    lines: 2\n    ledBy: b inferred\nboards:\n  b: {title: b, lines: 3}\n",
        9,
        "nothing is called 'b inferred'",
        'inferred "why"',
    ),
    "source that is not listed": (
        "plan: p\nsource: other\ntitle: A plan\nlines: 1\n",
        1,
        "'other' is not a source",
        "sources.yaml",
    ),
    "empty value": (HEAD + "actions:\n  A1:\n    title:\n    lines: 2\n", 7, "'title' has no value", "none, tbc"),
    "section without things": (HEAD + "actions: nothing\n", 5, "'actions' must hold things", ""),
    "thing that says nothing": (HEAD + "actions:\n  A1: {}\n", 6, "has no 'title'", "every action"),
    "name that cannot be one": (HEAD + "actions:\n  a b: {title: x, lines: 2}\n", 6, "'a b' cannot be the name", "use"),
    "part written where a name belongs": (
        HEAD + "actions:\n  A1: {title: x, lines: 2, ledBy: {title: y}}\n",
        6,
        "'ledBy' takes the name of a thing",
        "section",
    ),
    "no head": ("title: x\n", 1, "does not say what it is", "plan: ID"),
    "reserved name": ("plan: ref\nsource: doc\ntitle: x\nlines: 1\n", 1, "a plan cannot be called 'ref'", ""),
    "quoted place": (
        HEAD + 'actions:\n  A1:\n    title: x\n    lines: 2~"words"\n',
        8,
        "still quotes the words",
        "cspgraph fmt",
    ),
    # what is not YAML as plan files write it
    "empty file": ("", 0, "the file is empty", "plan: ID"),
    "only a comment": ("# nothing\n", 0, "the file is empty", "plan: ID"),
    "a list": ("- a\n- b\n", 1, "the file must be a mapping", "plan: ID"),
    "tab": (HEAD + "actions:\n\tA1: {title: x}\n", 6, "tab", "spaces"),
    "colon in a value": (HEAD + "actions:\n  A1:\n    title: a: b\n", 7, "a colon followed by a space", "quotes"),
    "cut in a group": (HEAD + "actions:\n  A1: {title: x,", 6, "group in braces|a value is missing", "cut off"),
    "cut in quotes": (HEAD + "actions:\n  A1:\n    title: 'abc", 7, "ends inside quotes", "cut off"),
    "cut in a list": (HEAD + "actions:\n  A1:\n    alias: [a, b", 7, "not closed|a value is missing", "cut off"),
    "alias": (HEAD + "actions: &a\n  A1: {title: x, lines: 2}\nboards: *a\n", 5, "no anchors and aliases", "write"),
    "tag": (HEAD + "note: !!python/object:os.system x\n", 5, "no tags", "leave it out"),
    "second document": (HEAD + "---\na: b\n", 5, "second document", "one to a file"),
    "key that is a list": (HEAD + "? [a, b]\n: c\n", 5, "a key must be a word", ""),
    "deep nesting": (HEAD + "note: " + "[" * 5000, 5, "levels are nested", ""),
    "comma in a place": (HEAD + "partners: [x, y @12,15]\n", 5, "the comma cuts 'y @12,15' in two", "quotes"),
    "comma in a figure": (HEAD + "target: {2018/19: 1,200 @71}\n", 5, "the comma cuts '1,200 @71' in two", "quotes"),
    "indentation": (HEAD + "actions:\n  A1:\n    title: x\n   lines: 2\n", 8, "indentation|YAML", ""),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_a_sentence_at_its_line(name: str, write: Callable[..., Path]) -> None:
    text, line, message, hint = MISTAKES[name]
    folder = write("plan.yaml", text)
    problems = read_library(library([folder])).problems
    here = [
        p for p in problems if p.path.endswith("plan.yaml") and any(part in p.message for part in message.split("|"))
    ]
    assert here, problems
    assert here[0].line == line
    assert hint in here[0].hint
    assert "\n" not in here[0].message


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"plan: p\ntitle: caf\xe9\n", 2, "not UTF-8"),
        ("plan: p\n".encode("utf-16"), 1, "not UTF-8"),
        (b"plan: p\ntitle: a\x07b\n", 2, "control character U+0007"),
        ("plan: p\ntitle: a\u2028b\n".encode(), 2, "U+2028"),
        (b"\x00\x00\x00", 1, "control character U+0000"),
    ],
)
def test_a_bad_encoding_is_a_sentence_at_its_line(
    content: bytes, line: int, message: str, write: Callable[..., Path]
) -> None:
    folder = write("plan.yaml", "")
    (folder / "plan.yaml").write_bytes(content)
    found = [p for p in read_library(library([folder])).problems if p.path.endswith("plan.yaml")]
    assert [(p.line, message in p.message) for p in found] == [(line, True)]


def test_one_mistake_is_told_once(write: Callable[..., Path]) -> None:
    actions = "actions:\n  A1: {title: x, lines: 5}\n  A2: {title: y, lines: '6,3-2'}\n"
    folder = write("plan.yaml", "plan: p\nsource: other\ntitle: A plan\nlines: 1\n" + actions)
    told = read_library(library([folder])).problems
    unlisted = [problem.message for problem in told if problem.rule == "source"]
    assert unlisted == ["'other' is not a source; 3 places are in it"]
    (wrong,) = [problem for problem in told if problem.line == 7]
    assert wrong.message == "the range 3-2 ends before it begins", "and no line is said to be missing"


def test_all_mistakes_of_all_files_come_at_once(write: Callable[..., Path]) -> None:
    write("one.yaml", HEAD + "actions:\n  A1: {titel: x, lines: 2, ledBy: nobody}\n  A2: {title: y, lines: 400}\n")
    folder = write("two.yaml", "plan: q\nsource: doc\ntitle: Q\nlines: 1\nperiod: 2016/07\n")
    with pytest.raises(InputError) as caught:
        read_library(library([folder])).or_raise()
    found = {(p.path.rsplit("/", 1)[-1], p.line, p.rule) for p in caught.value.problems}
    assert found == {
        ("one.yaml", 6, "unknown-word"),
        ("one.yaml", 6, "reference"),
        ("one.yaml", 6, "min-count"),
        ("one.yaml", 7, "locator"),
        ("two.yaml", 5, "date"),
    }
    assert str(caught.value).count("\n    ") == 3, "a next step stands on a line of its own, where there is one"


def test_a_folder_or_a_path_with_nothing_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no plan file"):
        library([tmp_path / "empty"])
    with pytest.raises(InputError, match="no such file or folder"):
        library([tmp_path / "none"])
    with pytest.raises(InputError, match="/dev/null: this is no file and no folder"):
        library([Path("/dev/null")])


def test_two_files_may_not_define_one_thing(write: Callable[..., Path]) -> None:
    write("one.yaml", HEAD)
    folder = write("two.yaml", HEAD)
    problems = read_library(library([folder])).problems
    assert [p.message for p in problems] == ["'p' is defined in two files"]
    assert "one.yaml:1" in problems[0].hint


def test_a_plan_may_not_rest_on_a_thing_of_another_plan(write: Callable[..., Path]) -> None:
    write("one.yaml", HEAD + "boards:\n  b: {title: b, lines: 2}\n")
    folder = write(
        "two.yaml", "plan: q\nsource: doc\ntitle: Q\nlines: 1\nactions:\n  A1: {title: x, lines: 2, overseenBy: p/b}\n"
    )
    problems = read_library(library([folder])).problems
    assert [(p.line, p.rule) for p in problems] == [(6, "foreign")]
    assert "reference data" in problems[0].hint


def test_the_users_definition_of_a_shared_thing_stands(write: Callable[..., Path]) -> None:
    folder = write("mine.yaml", "reference: mine\nsource: doc\norganisations:\n  mopac: {title: My MOPAC}\n")
    reading = read_library(library([folder]))
    assert not reading.problems
    titles = [entity.title() for entity in reading.entities().values() if entity.iri.endswith("/ref/mopac")]
    assert titles == ["My MOPAC"]
