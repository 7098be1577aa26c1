"""Plan files as records: taken apart and put together again, and what differs between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cspgraph.changes.difference import differences, titles
from cspgraph.changes.rebuild import merged, rebuild
from cspgraph.changes.records import Value, as_scalar, flatten, read_value
from cspgraph.check import Reading, read_library
from cspgraph.ontology import read_vocabulary
from cspgraph.plans.canonical import printed
from cspgraph.plans.markup import Scalar, compose
from cspgraph.resources import data_folder, library

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.changes.records import Records
    from cspgraph.ontology import Vocabulary

PLANS = sorted((data_folder() / "plans").glob("*.yaml"))

LITTLE = """\
plan: little-2026
source: doc
title: A little plan
lines: 1
kind: partnership-plan

priorities:
  P1: {title: Burglary, lines: 3}

actions:
  A1:
    title: Mark bicycles
    lines: 4
    contributesTo: P1 @5
    ledBy: [team, post @6 inferred "the row is about the post"]
    timescale: {kind: due, when: March 2027, lines: 7}
    step:
      1: Buy a pen @8
      2: Write on bicycles
    fundedBy:
      lcpf: {lines: 9, amount: £30k}
  # what nobody should lose
  A2: {title: Light the path, lines: 10, timescale: {kind: ongoing, lines: 11}}

indicators:
  I1:
    title: Thefts
    lines: 12
    target: {2026/27: -5% @13, 2027/28: -10% @13}

teams:
  team: {title: Bicycle Team, lines: 14}

posts:
  post: {title: Path Officer, lines: 15}
"""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_vocabulary(library().ontology)


def records(text: str, vocabulary: Vocabulary) -> Records:
    return flatten(compose("little.yaml", text.encode()), vocabulary)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_what_nobody_touched_is_put_together_again_byte_for_byte(path: Path, vocabulary: Vocabulary) -> None:
    content = path.read_bytes()
    found = flatten(compose(str(path), content), vocabulary)
    built = rebuild(found, found, vocabulary)
    assert printed(built.root, vocabulary, content).encode() == content
    assert built.faults == []


def test_records_alone_hold_all_that_the_plans_say(
    vocabulary: Vocabulary, bundled_reading: Reading, tmp_path: Path
) -> None:
    for path in PLANS:
        found = flatten(compose(str(path), path.read_bytes()), vocabulary)
        (tmp_path / path.name).write_text(printed(rebuild(found, {}, vocabulary).root, vocabulary), encoding="utf-8")
    again = read_library(library([tmp_path])).or_raise()
    said = {str(quad) for quad in bundled_reading.quads()}
    assert {str(quad) for quad in again.quads()} ^ said == set()
    assert len(said) > 100_000


def test_new_records_stand_behind_what_they_stood_behind_and_sorting_changes_nothing() -> None:
    assert merged("abcd", list("dcba")) == list("abcd")
    assert merged("abcd", list("axbcyzd")) == list("axbcyzd")
    assert merged("abcd", list("dxa")) == list("adx")
    assert merged("abcd", list("xyd")) == list("xyd")
    assert merged("", list("ba")) == list("ba")


@pytest.mark.parametrize(
    ("value", "text", "plain"),
    [
        (Value("igu", "36-37", "inferred", "beside"), 'igu @36-37 inferred "beside"', True),
        (Value("tbc"), "tbc", True),
        (Value("tbc", literal=True), "tbc", False),
        (Value("written @12"), "written @12", False),
    ],
)
def test_a_value_goes_into_a_scalar_and_comes_out_of_it(value: Value, text: str, plain: bool) -> None:
    scalar = as_scalar(value)
    assert (scalar.text, scalar.plain) == (text, plain)
    back = read_value(Scalar(0, text=text, plain=plain))
    assert (back.text, back.lines, back.status, back.why, back.absent) == (
        value.text, value.lines, value.status, value.why, value.absent,
    )  # fmt: skip


@pytest.mark.parametrize(
    "value", [Value("x", why='he said "no"'), Value("Violence: a plan", "12"), Value("% of all", "12")]
)
def test_what_no_plan_file_can_say_is_refused(value: Value) -> None:
    with pytest.raises(ValueError, match="cannot"):
        as_scalar(value)


# -------------------------------------------------------------------- differences

EDITS: list[tuple[str, str, str | None]] = [
    ("[team, post @6", "[team, lcpf, post @6", "A1: led by added: London Crime Prevention Fund"),
    ("ledBy: [team, post", "ledBy: [post", "A1: led by dropped: Bicycle Team"),
    ("contributesTo: P1 @5", "contributesTo: P2 @5", "A1: contributes to changed from Burglary to P2"),
    ("March 2027", "March 2028", "A1: timescale moved from March 2027 to March 2028"),
    ("2026/27: -5% @13, ", "", "I1: targets dropped: 2026/27: -5%"),
    ("P1 @5", "P1 @6", "A1: contributes to Burglary: lines changed from 5 to 6"),
    ("P1 @5", 'P1 @5 uncertain "torn"', None),
    ("kind: ongoing", "kind: review", "A2: timescale: kind of timescale changed from ongoing to review"),
    ("lcpf: {lines: 9, amount: £30k}", "lcpf: {lines: 9, amount: £40k}",
     "A1: funded by London Crime Prevention Fund: amount changed from £30k to £40k"),
    ("    step:\n      1: Buy a pen @8\n", "    step:\n", "A1: steps dropped: 1: Buy a pen"),
    ("Thefts", "Thefts of bicycles", "I1: title changed from Thefts to Thefts of bicycles"),
    ("title: A little plan", "title: A small plan", "little-2026: title changed from A little plan to A small plan"),
    ("    lines: 12\n", "    lines: 16\n", "I1: lines changed from 12 to 16"),
    ("  P1: {title: Burglary, lines: 3}", "  P1: {title: Burglary, lines: 3}\n  P2: {title: Fire, lines: 3}",
     "P2: priority added: Fire"),
    ("posts:\n  post: {title: Path Officer, lines: 15}\n", "", "post: post dropped: Path Officer"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), EDITS, ids=[str(edit[2]) for edit in EDITS])
def test_an_edit_is_told_in_the_language_of_a_plan(
    old: str, new: str, sentence: str | None, vocabulary: Vocabulary
) -> None:
    assert LITTLE.count(old) == 1
    before, after = records(LITTLE, vocabulary), records(LITTLE.replace(old, new), vocabulary)
    names = {"lcpf": "London Crime Prevention Fund"} | titles(before)
    found = [change.sentence for change in differences(before, after, "little-2026", names)]
    if sentence is None:  # a doubt has a word and a reason
        assert found == [
            "A1: contributes to Burglary: status added: uncertain",
            "A1: contributes to Burglary: reason added: torn",
        ]
    else:
        assert found == [sentence]
    back = differences(after, before, "little-2026", names)
    assert len(back) == len(found), "what comes one way goes the other"


def test_order_comments_and_manner_make_no_difference(vocabulary: Vocabulary) -> None:
    other = LITTLE.replace("  # what nobody should lose\n", "").replace(
        "  A2: {title: Light the path, lines: 10, timescale: {kind: ongoing, lines: 11}}",
        "  A2:\n    timescale:\n      lines: 11\n      kind: ongoing\n    lines: 10\n    title: 'Light the path'",
    )
    assert other != LITTLE
    assert differences(records(LITTLE, vocabulary), records(other, vocabulary), "little-2026", {}) == []
