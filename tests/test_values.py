"""Numbers, money and percentages as documents print them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cspgraph.plans.values import parse_value
from cspgraph.terms import XSD


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("£60,000", "60000", "GBP"),
        ("£30k", "30000", "GBP"),
        ("£2.458 million", "2458000", "GBP"),
        ("£1m", "1000000", "GBP"),
        ("-44%", "-44", "%"),
        ("–11%", "-11", "%"),
        ("+73%*", "73", "%"),
        ("0.30%", "0.3", "%"),
        ("1,476", "1476", ""),
        ("69.9", "69.9", ""),
        ("80", "80", ""),
    ],
)
def test_a_printed_number_keeps_its_text_and_gives_its_unit(text: str, number: str, unit: str) -> None:
    value = parse_value(text, f"{XSD}decimal")
    assert (value.lexical, value.unit) == (number, unit)
    assert value.printed == ("" if text == number else text)


@pytest.mark.parametrize("text", ["x", "", "1,47", "12 3", "£", "1.2.3", "ten"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        parse_value(text, f"{XSD}decimal")


def test_other_types_are_held_to_their_form() -> None:
    assert parse_value("yes", f"{XSD}boolean").lexical == "true"
    assert parse_value("1,389", f"{XSD}integer").lexical == "1389"
    assert parse_value("2017-07-18", f"{XSD}date").lexical == "2017-07-18"
    for text, kind in (("maybe", "boolean"), ("1.5", "integer"), ("18 July", "date"), ("no address", "anyURI")):
        with pytest.raises(ValueError, match=r"is not|neither"):
            parse_value(text, f"{XSD}{kind}")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_every_decimal_is_read_back(number: Decimal) -> None:
    assert Decimal(parse_value(f"{number:f}", f"{XSD}decimal").lexical) == number
