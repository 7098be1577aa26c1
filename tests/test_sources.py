"""Locators, and the passages they point at."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspgraph.errors import InputError
from cspgraph.sources import Locator, Range, Text, parse_ranges

if TYPE_CHECKING:
    from pathlib import Path


def test_a_locator_holds_several_ranges_of_lines_and_characters() -> None:
    ranges = parse_ranges("12-15,18,20:3-40")
    assert ranges == (Range(12, 15), Range(18, 18), Range(20, 20, 3, 40))
    locator = Locator("doc", ranges)
    assert (locator.text, locator.first, locator.last, locator.width) == ("12-15,18,20:3-40", 12, 20, 4)


@pytest.mark.parametrize("text", ["", "a", "0", "5-3", "4:9-9", "4:9", "4-5:1-2", "1,,2", "-3"])
def test_a_locator_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_ranges(text)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(1, 999), st.integers(0, 20)).map(lambda p: Range(p[0], p[0] + p[1])),
            st.tuples(st.integers(1, 999), st.integers(0, 500), st.integers(1, 90)).map(
                lambda p: Range(p[0], p[0], p[1], p[1] + p[2])
            ),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_ranges_are_read_back_as_written(ranges: list[Range]) -> None:
    assert parse_ranges(Locator("doc", tuple(ranges)).text) == tuple(ranges)


def test_passages_count_lines_by_newlines_and_characters_by_code_points(tmp_path: Path) -> None:
    path = tmp_path / "doc.txt"
    path.write_text("one\u2028still one\ntwo £3 – 𝔘 end\r\nthree\n", encoding="utf-8", newline="")
    text = Text(path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert text.line(1) == "one\u2028still one"
    assert text.passage(Range(2, 2, 4, 10)) == "£3 – 𝔘"
    assert text.passage(Range(2, 3)) == "two £3 – 𝔘 end\r\nthree"
    assert text.passage(Range(9, 9)) == ""
    assert text.find(Range(2, 2, quote="£3 –")) == Range(2, 2, 4, 8)
    for quote in ("four", "e"):
        with pytest.raises(ValueError, match=r"does not hold|more than once"):
            text.find(Range(2, 2, quote=quote) if quote == "four" else Range(3, 3, quote=quote))


def test_a_copy_with_another_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "doc.txt"
    path.write_text("one", encoding="utf-8")
    with pytest.raises(InputError, match="sha256 differs"):
        Text(path, "0" * 64)
    with pytest.raises(InputError, match="not there"):
        Text(tmp_path / "none.txt")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        Text(path)
