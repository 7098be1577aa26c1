"""Text of a plan file to typed values: numbers, money, percentages, yes and no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from cspgraph.terms import XSD
from cspgraph.text import shortened

_NUMBER = re.compile(
    r"(?P<currency>[£$€])?\s*(?P<sign>[+\-−–])?\s*(?P<pound>[£$€])?(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<point>\.\d+)?"
    r"\s*(?P<scale>k|m|bn|thousand|million|billion)?\s*(?P<unit>%|per cent)?\*?",
    re.IGNORECASE,
)
_SCALES = {"k": 3, "thousand": 3, "m": 6, "million": 6, "bn": 9, "billion": 9}
_CURRENCIES = {"£": "GBP", "$": "USD", "€": "EUR"}
_WORDS = {"yes": "true", "true": "true", "no": "false", "false": "false"}


@dataclass(frozen=True)
class Value:
    """A literal: its lexical form, its datatype, the unit printed beside it, and the text where that differs."""

    lexical: str
    datatype: str
    unit: str = ""
    printed: str = ""


def parse_value(text: str, datatype: str) -> Value:
    """Return the literal that a text means under a datatype.

    `£30k` under xsd:decimal is 30000 with the unit GBP, `-44%` is -44 with the unit %.
    Raises ValueError with a sentence that says what would fit.
    """
    name = datatype.removeprefix(XSD)
    if name == "decimal":
        return _decimal(text, datatype)
    if name == "integer":
        return _integer(text, datatype)
    if name == "boolean":
        if text.lower() not in _WORDS:
            raise ValueError(f"'{text}' is neither yes nor no")
        return Value(_WORDS[text.lower()], datatype)
    if name == "date":
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError(f"'{text}' is not a day: write it as 2017-07-18")
        return Value(text, datatype)
    if name == "anyURI" and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", text):
        raise ValueError(f"'{text}' is not an address: it should begin like https://")
    return Value(text, datatype)


def _decimal(text: str, datatype: str) -> Value:
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise ValueError(f"'{text}' is not a number: write it as 1200, 1,200, 4.5, -11%, £30k or £2.458 million")
    number = Decimal(match["digits"].replace(",", "") + (match["point"] or ""))
    number = number.scaleb(_SCALES.get((match["scale"] or "").lower(), 0))
    if match["sign"] and match["sign"] != "+":
        number = -number
    lexical = _plain(number)
    unit = _CURRENCIES.get(match["currency"] or match["pound"] or "", "%" if match["unit"] else "")
    return Value(lexical, datatype, unit, "" if text == lexical else text)


def _plain(number: Decimal) -> str:
    """Return a decimal in the canonical form of XML Schema without an exponent: 1.10 is 1.1, 5 is 5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _integer(text: str, datatype: str) -> Value:
    digits = text.replace(",", "")
    if not re.fullmatch(r"[+-]?\d{1,18}", digits):
        raise ValueError(f"'{shortened(text, 40)}' is not a whole number")
    lexical = str(int(digits))
    return Value(lexical, datatype, "", "" if text == lexical else text)
