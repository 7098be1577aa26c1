"""Questions that a strategist or an analyst asks of the five documents, with the answers that a reader found there.

Each file of this folder holds the questions about one document. An entry is a question, the
command that answers it, and the answer:

    question: Who leads the commissioning of support for victims?
    show: havering-2017/A2          # or ask, gaps, depends, query
    says: led by                    # the relation whose values are the answer, in the words of `show`
    read: 363                       # where the reader found it
    answer: [VAWG officer, Havering Women's Aid]

`ask` and `query` name a `column`, `ask` may have `with:` parameters and `where:` conditions on other columns, `depends`
may have `rests: true` (what NAME itself rests on) and `kind:`; `plan:` asks one plan alone, as `--plan` does. A thing is expected by its label or its id. `answer` is all there is, in any order;
`among` is a part of it; `count` the number of rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cspgraph.engines import Table
from cspgraph.names import Thing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.describe import Statement
    from cspgraph.graph import KnowledgeGraph

FORMS = ("show", "ask", "gaps", "depends", "query")
PREFIXES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX id: <https://w3id.org/cspgraph/id/>
PREFIX ref: <https://w3id.org/cspgraph/id/ref/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX org: <http://www.w3.org/ns/org#>
"""


def entries() -> list[Any]:
    found = []
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        for number, entry in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")), 1):
            found.append(pytest.param(entry, id=f"{path.stem}-{number}"))
    return found


def values(graph: KnowledgeGraph, entry: dict[str, Any]) -> list[object]:
    """Return what the graph answers: things, texts and numbers."""
    if "plan" in entry:
        graph = graph.restricted([entry["plan"]])
    if "show" in entry:
        (described,) = graph.show(entry["show"])
        wanted = entry["says"]
        parts = wanted.split(" / ")
        return list(_under([*described.says, *described.said], parts))
    if "ask" in entry:
        rows = list(graph.ask(entry["ask"], **entry.get("with", {})))
        conditions = entry.get("where", {})
        kept = [row for row in rows if all(str(v) in _forms(row[c]) for c, v in conditions.items())]
        return [row[entry["column"]] for row in kept]
    if "gaps" in entry:
        return [finding.focus for finding in graph.gaps(entry["gaps"])]
    if "depends" in entry:
        found = graph.depends(entry["depends"], on=entry.get("rests", False), kind=entry.get("kind", ""))
        return [dependent.thing for dependent in found]
    table = graph.query(PREFIXES + entry["query"])
    assert isinstance(table, Table)
    return [_value(row[table.columns.index(entry["column"])]) for row in table.rows]


def _under(statements: Iterable[Statement], path: list[str]) -> Iterable[object]:
    for statement in statements:
        if statement.label == path[0]:
            if len(path) == 1:
                yield statement.value
            else:
                yield from _under(statement.parts, path[1:])


def _value(term: object) -> object:
    text = getattr(term, "value", None)
    return str(text).removeprefix("https://w3id.org/cspgraph/id/") if text is not None else ""


def _forms(value: object) -> set[str]:
    return {value.label, value.id} if isinstance(value, Thing) else {str(value)}


def test_there_are_questions_about_every_document() -> None:
    files = {path.stem for path in Path(__file__).parent.glob("*.yaml")}
    assert "havering-2017" in files
    for entry in entries():
        (question,) = entry.values
        assert sum(form in question for form in FORMS) == 1, question
        assert question["question"].endswith("?"), question
        assert "read" in question, question
        assert sum(key in question for key in ("answer", "among", "count")) == 1, question


@pytest.mark.parametrize("entry", entries())
def test_the_graph_answers(entry: dict[str, Any], bundled: KnowledgeGraph) -> None:
    found = [_forms(value) for value in values(bundled, entry)]
    if "count" in entry:
        assert len(found) == entry["count"], found
        return
    wanted = [str(answer) for answer in entry.get("answer", entry.get("among", []))]
    missing = [answer for answer in wanted if not any(answer in forms for forms in found)]
    assert not missing, f"not found: {missing}, but {found}"
    if "answer" in entry:
        extra = [forms for forms in found if not forms & set(wanted)]
        assert not extra, f"not expected: {extra}"
