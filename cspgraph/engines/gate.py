"""The gate before every foreign query: what is not plain reading of loaded graphs is refused.

Why a lexer of its own, and not a search for words: Oxigraph takes a keyword glued to
the next token (`SERVICEp:x{}`, `trueSERVICE<z>`), rdflib decodes `\\u0053ERVICE` before
it parses, and neither has a switch that turns remote access off. So the whole text must
split into tokens of SPARQL 1.1; what carries content (strings, addresses, variables,
comments, the local part of a name) is set aside, and in what is left, which an engine
could read as a keyword, the forbidden ones may not even be a part of a word.

Where the two readings of `<` differ (less-than, or the start of an address) the text is
judged by the reading that hides less.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from cspgraph.errors import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Collection

LONGEST = 100_000
DEEPEST = 200

_BASE = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd"
_NAME = rf"[{_BASE}0-9_]"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:{_NAME}|:|{_PLX})(?:(?:{_NAME}|[:\-]|{_PLX})|\.+(?={_NAME}|[:\-]|%|\\))*"
_TOKEN = rf"""
      (?P<space>\s+)
    | (?P<comment>\#[^\n\r]*)
    | (?P<string>\"\"\"(?:(?:\"|\"\")?(?:[^\"\\]|\\[tbnrf\\\"']))*\"\"\" | '''(?:(?:'|'')?(?:[^'\\]|\\[tbnrf\\\"']))*'''
               | \"(?:[^\"\\\n\r]|\\[tbnrf\\\"'])*\" | '(?:[^'\\\n\r]|\\[tbnrf\\\"'])*')
    | (?P<iri><(?:[A-Za-z][A-Za-z0-9+.\-]*:|[A-Za-z0-9_/.\#\-]|(?=>))[^<>\"{{}}|^`\\()\s]*>)
    | (?P<variable>[?$]{_NAME}+)
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>(?P<prefix>(?:[{_BASE}_](?:{_NAME}|[.\-])*)?):(?:{_LOCAL})?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>[{{}}()\[\];,.*/|^+\-=!<>&?]|\^\^|&&|\|\|)
    """
_FORMS = ("select", "ask", "construct", "describe")
_FORBIDDEN = ("service", "load", "from", "insert", "delete", "clear", "drop", "create")


def admit(query: str, graphs: Collection[str]) -> bool:
    """Let a query pass that only reads the named graphs, and return whether it says FROM which.

    Raises QueryRefused, with the reason, for any other.
    """
    if len(query) > LONGEST:
        raise QueryRefused(f"the query is longer than {LONGEST:,} characters")
    if "\\u" in query or "\\U" in query:
        raise QueryRefused("the query holds a \\u escape", "write the character itself")
    tokens = _tokens(query)
    _check_form(tokens)
    for position, (kind, text) in enumerate(tokens):
        if kind in ("word", "prefix"):
            _check_word(kind, text, tokens[position + 1 : position + 3], graphs)
    return any(kind == "word" and text.lower() == "from" for kind, text in tokens)


@cache
def _token() -> re.Pattern[str]:
    """Return the pattern of one token; compiled when a foreign query comes, since that takes longer than most answers."""
    return re.compile(_TOKEN, re.VERBOSE)


def _tokens(query: str) -> list[tuple[str, str]]:
    """Return what an engine could read as more than content, in order; addresses are kept for FROM."""
    tokens: list[tuple[str, str]] = []
    place = depth = 0
    while place < len(query):
        match = _token().match(query, place)
        if not match:
            line = query.count("\n", 0, place) + 1
            raise QueryRefused(f"line {line} of the query cannot be read at {query[place : place + 20]!r}")
        place = match.end()
        kind = match.lastgroup or ""
        kind = "name" if match["name"] is not None else kind
        if kind == "name":
            tokens.append(("prefix", match["prefix"] or ""))
        elif kind in ("word", "iri", "sign"):
            tokens.append((kind, match.group()))
            depth += (match.group() in "{([") - (match.group() in "})]") if kind == "sign" else 0
            if depth > DEEPEST:
                raise QueryRefused(f"the query nests more than {DEEPEST} brackets")
    return tokens


def _check_form(tokens: list[tuple[str, str]]) -> None:
    words = [text.lower() for kind, text in tokens if kind in ("word", "prefix")]
    skipped = 0
    while words[skipped : skipped + 1] and words[skipped] in ("prefix", "base"):
        skipped += 2 if words[skipped] == "prefix" else 1
    form = words[skipped] if len(words) > skipped else ""
    if form not in _FORMS:
        raise QueryRefused(
            "only SELECT, ASK, CONSTRUCT and DESCRIBE queries run here", "the graph is changed by its plan files"
        )


def _check_word(kind: str, text: str, following: list[tuple[str, str]], graphs: Collection[str]) -> None:
    lowered = text.lower()
    if kind == "word" and lowered == "from":
        if following and following[0][0] == "word" and following[0][1].lower() == "named":
            following = following[1:]
        target = following[0] if following else ("", "")
        if target[0] != "iri" or target[1][1:-1] not in graphs:
            raise QueryRefused("FROM may name loaded graphs only", "they are named in `cspgraph list graph`")
        return
    found = next((word for word in _FORBIDDEN if word in lowered), None)
    if found:
        what = "prefix" if kind == "prefix" else "word"
        raise QueryRefused(f"the {what} '{text}' is refused: a query may not reach for other data ({found.upper()})")
