"""One plan file: its head, its sections, and the things in them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from cspgraph.plans.context import EVIDENCE, Context
from cspgraph.plans.markup import Malformed, Mapping, Node, Scalar, compose
from cspgraph.plans.model import PlanFile
from cspgraph.plans.things import read_thing
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.errors import Problem
    from cspgraph.ontology import Kind, Vocabulary


def read_file(path: Path, content: bytes, vocabulary: Vocabulary) -> tuple[PlanFile | None, list[Problem]]:
    """Return what a file says and all that is wrong with it; nothing of it when it cannot be read at all."""
    try:
        root = compose(str(path), content)
    except Malformed as error:
        return None, [error.problem]
    return read_tree(path, root, vocabulary)


def read_tree(path: Path, root: Mapping, vocabulary: Vocabulary) -> tuple[PlanFile | None, list[Problem]]:
    """Return what a tree says and all that is wrong with it; the tree of a file, or one that was made of something else."""
    context = Context(path, vocabulary)
    return (context.file if _read(context, root) else None), context.problems


def _read(context: Context, root: Mapping) -> bool:
    heads = [
        (key.text, value)
        for key, value in root.items
        if key.text in ("plan", "reference") and isinstance(value, Scalar)
    ]
    if len(heads) != 1:
        context.problem(1, "the file does not say what it is", "begin with `plan: ID` or `reference: NAME`", "head")
        return False
    head, name = heads[0]
    file = context.file = PlanFile(context.path, name.text, plan=head == "plan")
    context.check_ref(name.text, name.line)
    taken = {SHARED: "what plans share", ONTOLOGY_GRAPH.removeprefix(GRAPH): "the vocabulary"}
    if file.plan and name.text in taken:
        said = f"a plan cannot be called '{name.text}'"
        context.problem(name.line, said, f"that is the name of {taken[name.text]}", "head")
    sources = [value.text for key, value in root.items if key.text == "source" and isinstance(value, Scalar)]
    file.source = sources[0] if sources else ""
    sections = context.vocabulary.sections
    own = [(key, value) for key, value in root.items if key.text not in sections and key.text != head]
    if file.plan:
        plan = context.vocabulary.kind("Plan")
        read_thing(context, plan, file.base, name.text, Mapping(root.line, root.span, own))
    else:
        for key, _ in own:
            if key.text != "source":
                context.unknown(key, sections, "the head of reference data")
    _sections(context, root)
    return True


def _sections(context: Context, root: Mapping) -> None:
    seen: dict[str, int] = {}
    for key, value in root.items:
        kind = context.vocabulary.sections.get(key.text)
        if not kind:
            continue
        if key.text in seen:
            context.problem(
                key.line, f"'{key.text}' stands twice", f"the first is on line {seen[key.text]}: join them", "twice"
            )
        seen.setdefault(key.text, key.line)
        if not isinstance(value, Mapping):
            context.problem(
                value.line, f"'{key.text}' must hold things, each under a short name of its own", "", "shape"
            )
            continue
        for ref, body in value.items:
            context.check_ref(ref.text, ref.line)
            iri = f"{context.file.base}/{quote(ref.text)}"
            read_thing(context, kind, iri, ref.text, _body(context, kind, ref, body), ref.line)


def _body(context: Context, kind: Kind, ref: Scalar, body: Node) -> Mapping:
    """Return the mapping of a thing; a bare value is its title, with its lines behind an @."""
    if isinstance(body, Mapping):
        return body
    if isinstance(body, Scalar) and body.text and not kind.head:
        match = EVIDENCE.fullmatch(body.text) if body.plain else None
        value, lines = (match["value"], match["at"]) if match else (body.text, "")
        title = (Scalar(body.line, body.span, "title"), Scalar(body.line, body.span, value, plain=False))
        place = (Scalar(body.line, body.span, "lines"), Scalar(body.line, body.span, lines or ""))
        return Mapping(ref.line, ref.span, [title, place] if lines else [title])
    context.problem(ref.line, f"'{ref.text}' says nothing", "give it a title and the lines where it was read", "shape")
    return Mapping(ref.line, ref.span, [])
