"""What the tests of pictures share: how one is drawn, and a plan that means harm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cspgraph.draw import view_page

if TYPE_CHECKING:
    from cspgraph.graph import KnowledgeGraph
    from cspgraph.ontology import Vocabulary

PAYLOADS = [
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<a href=javascript:window.hit=1>href</a>",
    "\"'`${window.hit=1}{{7*7}}",
    "\u202ereversed\u2028\x1b[31m",
    "https://example.org/track.png",
    "=HYPERLINK(1)",
    "' onmouseover='window.hit=1",
    "\U0001f46e\U0001f3ff" * 20,
    "x" * 10_000,
]
# Of each long list and table the first rows: for what looks at every element of a page, and takes minutes over thousands
# of rows that one template made. Whole pages are looked at by `make test-slow`.
THINNED = """for (const list of document.querySelectorAll('ul, ol, dl, tbody, .lists'))
    for (const one of [...list.children].slice(24)) one.remove()"""
# In which colours pages are looked at, and whether whole.
LOOKS = [
    pytest.param("dark", False, id="dark"),
    *(pytest.param(scheme, True, id=f"{scheme}-whole", marks=pytest.mark.slow) for scheme in ("light", "dark")),
]
VIEWS = ("overview", "partners", "governance", "gaps", "money-network", "frameworks", "dependencies")


def drawn(graph: KnowledgeGraph, view: str, vocabulary: Vocabulary, focus: str = "") -> str:
    things = graph.find(focus) if focus else None
    return view_page(graph.engine, graph.questions, vocabulary, view, things).html


def hostile_plan() -> str:
    """Return a plan with a payload in every field of its boards and actions that takes a text."""

    def quoted(text: str) -> str:
        return '"' + "".join(s if s.isascii() and s not in '"\\' else f"\\U{ord(s):08x}" for s in text) + '"'

    boards, actions = "", ""
    for number, payload in enumerate(PAYLOADS):
        text = quoted(re.sub("[\u2028\x1b]", "", payload))  # no plan file can hold these
        boards += f"  b{number}:\n    title: {text}\n    alias: [{text}]\n    description: {text}\n    note: {text}\n"
        boards += f"    identifier: {text}\n    lines: {number + 2}\n    accountableTo: b0\n"
        actions += f"  A{number}:\n    title: {text}\n    description: {text}\n    lines: {number + 2}\n"
        actions += f"    status: uncertain\n    why: {text}\n    overseenBy: b{number}\n    ledBy: b0\n    targetsGroup: {text}\n"
    return f"plan: p\nsource: doc\ntitle: '</title><script>window.hit=1</script>'\nlines: 1\nboards:\n{boards}actions:\n{actions}"
