"""Write docs/questions.md: every ready-made question, with its example and what that prints first.

`make questions` runs it. A test holds the page to what the bundled plans answer today.
"""

from __future__ import annotations

import shlex
import sys
from itertools import groupby
from typing import TYPE_CHECKING

from cspgraph import load
from cspgraph.cli.output import markdown, plain, tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.graph import KnowledgeGraph
    from cspgraph.questions import Question

_HEAD = """\
# Ready-made questions

`cspgraph ask` lists them, `cspgraph ask money fund` finds those that hold both words, `--plan ID` asks one plan alone.
A parameter is left out or given: `--param NAME=VALUE`. Below each question stands an example with the first rows that it prints;
longer cells are cut here, not there. This page is computed: `make questions`.
"""
_ROWS, _WIDTH = 3, 60


def page(graph: KnowledgeGraph) -> str:
    """Return the page for what is loaded."""
    asks = graph.questions.of("ask")
    topics = [(topic, list(under)) for topic, under in groupby(asks, key=lambda question: question.topic)]
    listed = "\n".join(f"* {topic}: {', '.join(f'[{q.name}](#{q.name})' for q in under)}" for topic, under in topics)
    parts = [_HEAD, f"{len(asks)} questions, by topic:\n\n{listed}\n"]
    for topic, under in topics:
        parts += [f"## {topic.capitalize()}\n", *("\n".join(_section(graph, question)) for question in under)]
    return "\n".join(parts)


def answered(graph: KnowledgeGraph, question: Question) -> tuple[list[str], list[list[str]], str]:
    """Return the columns and rows that the example of a question prints, and the line below them."""
    plans, params = [], {}
    words = iter(shlex.split(question.header["example"]))
    for option, value in zip(words, words, strict=True):
        if option == "--plan":
            plans.append(value)
        else:
            name, _, params[name] = value.partition("=")
    answer = (graph.restricted(plans) if plans else graph).ask(question.name, **params)
    return (
        answer.columns,
        [[plain(row[column]) for column in answer.columns] for row in answer],
        tally(answer.statuses),
    )


def _section(graph: KnowledgeGraph, question: Question) -> Iterator[str]:
    columns, rows, doubt = answered(graph, question)
    yield f"### {question.name}\n\n{question.title}.\n"
    for parameter in question.parameters.values():
        yield f"* `{parameter.name}`: {markdown(parameter.type)}; {markdown(parameter.about)}"
    yield f"\n```sh\ncspgraph ask {question.name} {question.header['example']}\n```\n"
    yield f"| {' | '.join(map(markdown, columns))} |\n|{'---|' * len(columns)}"
    for row in rows[:_ROWS]:
        yield f"| {' | '.join(markdown(_cut(cell)) for cell in row)} |"
    yield f"\n{len(rows):,} row{'' if len(rows) == 1 else 's'}; {doubt}.\n"


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDTH else f"{cell[: _WIDTH - 1].rstrip()}…"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    # In memory nothing is kept: an answer of yesterday is not told for one of the code of today.
    sys.stdout.write(page(load(engine="memory:")))
