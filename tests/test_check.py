"""The compiled checks find what pySHACL finds, at the same line, under the same name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cspgraph.check import Reading, read_library, shacl_problems
from cspgraph.resources import library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "plan: p\nsource: doc\ntitle: A plan\nlines: 1\n"
SHARED = {"min-count", "max-count", "class", "datatype", "pattern", "least"}

# Files that are malformed in ways that a shape can see, each with what both must find: (line, rule).
MALFORMED = {
    "nothing": (
        HEAD + "boards:\n  B: {title: b, lines: 2}\nactions:\n  A: {title: x, lines: 2, overseenBy: B}\n",
        set(),
    ),
    "no title": (HEAD + "actions:\n  A: {lines: 2}\n", {(6, "min-count")}),
    "no place": (HEAD + "actions:\n  A: {title: x}\n", {(6, "min-count")}),
    "neither": (HEAD + "actions:\n  A: {}\n", {(6, "min-count")}),
    "a fund leads": (
        HEAD + "actions:\n  A: {title: x, lines: 2, ledBy: F}\nfunds:\n  F: {title: f, lines: 3}\n",
        {(6, "class")},
    ),
    "one of several kinds": (
        HEAD + "reasons:\n  R: {title: x, lines: 2, drawnFrom: F}\nfunds:\n  F: {title: f, lines: 3}\n",
        {(6, "class")},
    ),
    "two tiers": (
        HEAD + "priorities:\n  P:\n    title: x\n    lines: 2\n    tier: [theme, strand]\n",
        {(6, "max-count")},
    ),
    "two kinds of one timescale": (
        HEAD + "actions:\n  A:\n    title: x\n    lines: 2\n    timescale:\n      kind: [review, end]\n",
        {(9, "max-count")},
    ),
    "a sum that is none": (HEAD + "indicators:\n  I: {title: x, lines: 2, target: {value: lots}}\n", {(6, "datatype")}),
    "money that is less than none": (
        HEAD + "funds:\n  F: {title: x, lines: 2, amount: -£5}\n  G: {title: y, lines: 3, amount: £0}\n",
        {(6, "least")},
    ),
    "a fall is a value": (HEAD + "indicators:\n  I: {title: x, lines: 2, target: {value: -5%}}\n", set()),
    "a truth that is none": (HEAD + "priorities:\n  P: {title: x, lines: 2, crossCutting: maybe}\n", {(6, "datatype")}),
    "several at once": (
        HEAD + "actions:\n  A: {lines: 2, ledBy: F}\n  B: {title: y}\nfunds:\n  F: {title: f, lines: 3}\n",
        {(6, "min-count"), (6, "class"), (7, "min-count")},
    ),
}


def little(folder: Path) -> Reading:
    return read_library(replace(library([folder]), base=()))


@pytest.mark.parametrize("name", MALFORMED)
def test_ours_and_pyshacl_agree(name: str, write: Callable[..., Path]) -> None:
    text, expected = MALFORMED[name]
    reading = little(write("plan.yaml", text))
    ours = {(p.line, p.rule) for p in reading.problems if p.rule in SHARED}
    theirs = {(p.line, p.rule) for p in shacl_problems(reading)}
    assert ours == theirs == expected


def test_pyshacl_finds_nothing_in_the_bundled_plans(bundled_reading: Reading) -> None:
    assert len(bundled_reading.entities()) > 800
    assert shacl_problems(bundled_reading) == []


def test_a_shape_of_a_user_that_the_compiled_checks_do_not_know_runs_in_pyshacl(write: Callable[..., Path]) -> None:
    write(
        "mine.ttl",
        "@prefix csp: <https://w3id.org/cspgraph/ns#> . @prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "csp:Board sh:property csp:short-note .\n"
        "csp:short-note a sh:PropertyShape ; sh:path skos:editorialNote ; sh:maxLength 3 .\n",
    )
    folder = write("plan.yaml", HEAD + "boards:\n  B: {title: b, lines: 2, note: too long}\n")
    reading = little(folder)
    assert reading.problems == []
    assert [shape for shape, _ in reading.vocabulary.unsupported] == ["https://w3id.org/cspgraph/ns#short-note"]
    found = shacl_problems(reading)
    assert [(p.line, p.rule) for p in found] == [(6, "MaxLengthConstraintComponent")]


def test_a_place_in_a_part_or_a_whole_source_is_checked(write: Callable[..., Path]) -> None:
    reading = little(
        write(
            "plan.yaml",
            HEAD + "actions:\n  A: {title: x, lines: 100, ledBy: B @101}\nboards:\n  B: {title: b, lines: 99}\n",
        )
    )
    assert [(p.line, p.rule) for p in reading.problems] == [(6, "locator")]
    assert "101" in reading.problems[0].message
