"""Reference pages, computed at build time from the one place where each thing is said.

A page of docs/reference/ holds a line `<!-- computed: NAME -->`; in its stead comes what the function of that
name makes: from the ontology, from the headers of the `.rq` files, from click. Nothing of it stands in git.
"""

from __future__ import annotations

import re
from inspect import cleandoc
from itertools import groupby
from typing import TYPE_CHECKING

import click

from cspgraph.cli import COMMANDS, cli
from cspgraph.cli.output import markdown
from cspgraph.ontology import read_vocabulary
from cspgraph.questions import read_catalogue
from cspgraph.resources import library
from cspgraph.terms import CSP, LABEL, PREFIXES, RDFS, SKOS, local
from cspgraph.turtle import Turtle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sphinx.application import Sphinx

    from cspgraph.ontology import Kind, Relation, Vocabulary
    from cspgraph.questions import Question

_FALLS = {"any": " **Falls** when one goes.", "all": " **Falls** when the last goes."}
_MARK = re.compile(r"^<!-- computed: (\w+) -->$", re.MULTILINE)


def setup(app: Sphinx) -> dict[str, object]:
    """Tell Sphinx to fill the pages as it reads them."""
    app.connect("source-read", _fill)
    # Pages change when the ontology does, which Sphinx cannot know: each build reads them anew.
    app.connect(
        "env-get-outdated", lambda app, env, *_: [name for name in env.all_docs if name.startswith("reference/")]
    )
    return {"parallel_read_safe": True}


def _prose(text: str) -> str:
    """Return a text in which only its own `code` is Markdown."""
    parts = text.split("`")
    return "`".join(part if place % 2 else markdown(part) for place, part in enumerate(parts))


def _fill(app: Sphinx, name: str, content: list[str]) -> None:
    content[0] = _MARK.sub(lambda mark: "\n".join(PAGES[mark[1]]()), content[0])


# -------------------------------------------------------------------- the vocabulary


def kinds() -> Iterator[str]:
    """Yield a section for each kind: what it is, its words, what each takes, how many."""
    vocabulary = read_vocabulary(library().ontology)
    common = vocabulary.kind("Thing").words
    yield "## What every thing may say\n"
    yield from _words(vocabulary, vocabulary.kind("Thing"), common.values())
    for kind in sorted(vocabulary.kinds.values(), key=lambda kind: (kind.order, kind.name)):
        if kind.iri == f"{CSP}Thing":
            continue
        yield f"\n(kind-{kind.name})=\n## {kind.label}\n\n{_prose(kind.definition)}\n"
        above = ", ".join(
            f"`{_short(iri)}`" for iri in kind.ancestors[1:] if _short(iri) not in ("csp:Thing", "owl:Thing")
        )
        section = (
            f"Section `{kind.section}` of a plan file; " if kind.section else "Written inside the thing it belongs to; "
        )
        yield f"{section}`csp:{kind.name}`{f', below {above}' if above else ''}.\n"
        yield from _words(vocabulary, kind, [one for word, one in kind.words.items() if common.get(word) is not one])


def _words(vocabulary: Vocabulary, kind: Kind, relations: Iterable[Relation]) -> Iterator[str]:
    yield "| word | takes | how many | says |\n|---|---|---|---|"
    for relation in relations:
        least, most = kind.counts.get(relation.path, (0, None))
        many = f"{least} to {most if most is not None else 'any number'}" if least != most else str(least)
        yield f"| `{relation.word}` | {_takes(vocabulary, relation)} | {many} | {_prose(relation.definition)} |"


def _takes(vocabulary: Vocabulary, relation: Relation) -> str:
    if relation.datatype:
        return f"`{_short(relation.datatype)}`"
    known = [vocabulary.kinds[iri] for iri in relation.classes if iri in vocabulary.kinds]
    concepts = [iri for iri in relation.classes if iri in vocabulary.concepts]
    found = [f"[{kind.label}](#kind-{kind.name})" for kind in known if kind.name != "Thing"]
    found += ["anything"] if any(kind.name == "Thing" for kind in known) else []
    found += [f"[{_prose(_short(iri))}](#words-{local(iri)})" for iri in concepts if iri not in vocabulary.kinds]
    return " or ".join(found) or ", ".join(f"`{_short(iri)}`" for iri in relation.classes) or "a thing"


def relations() -> Iterator[str]:
    """Yield every relation: its term, how it reads both ways, what it specialises, whether one falls with the other."""
    files = library().ontology
    vocabulary, graph = read_vocabulary(files), _turtle()
    yield "| term | reads | says |\n|---|---|---|"
    for path, relation in sorted(vocabulary.relations.items(), key=lambda pair: _short(pair[0])):
        above = ", ".join(f"`{_short(iri)}`" for iri in graph.all(path, f"{RDFS}subPropertyOf"))
        falls = _FALLS.get(vocabulary.depends.get(path, ""), "")
        term = f"`{_short(path)}`{f' below {above}' if above else ''}"
        reads = f"{relation.label}{f'; backwards: {relation.inverse_label}' if relation.inverse_label else ''}"
        yield f"| {term} | {_prose(reads)} | {_prose(relation.definition)}{falls} |"


def words() -> Iterator[str]:
    """Yield the controlled words, list by list."""
    vocabulary, graph = read_vocabulary(library().ontology), _turtle()
    for scheme, concepts in sorted(vocabulary.concepts.items(), key=lambda pair: local(pair[0])):
        said = _prose(graph.one(scheme, f"{SKOS}definition"))
        yield f"\n(words-{local(scheme)})=\n## {graph.one(scheme, LABEL) or local(scheme)}\n\n`{_short(scheme)}`. {said}\n"
        yield "| word | means |\n|---|---|"
        for word, iri in concepts.items():
            label, definition = graph.one(iri, LABEL), graph.one(iri, f"{SKOS}definition")
            yield f"| `{word}` | {_prose(definition or label)} |"


def _turtle() -> Turtle:
    graph = Turtle("urn:docs")
    for path in library().ontology:
        graph.add(path)
    return graph


def _short(iri: str) -> str:
    return next(
        (f"{prefix}:{iri.removeprefix(base)}" for prefix, base in PREFIXES.items() if iri.startswith(base)), iri
    )


# -------------------------------------------------------------------- questions, rules, views


def rules() -> Iterator[str]:
    """Yield every rule, by topic: what it finds, why that matters, what mends it, and its query."""
    yield from _questions("gap", _rule)


def questions() -> Iterator[str]:
    """Yield every ready-made question, by topic: its parameters, its columns and its query."""
    yield from _questions("ask", _question)


def views() -> Iterator[str]:
    """Yield every view: its layout, what it tells the reader, and its query."""
    yield from _questions("view", _view)


def _questions(kind: str, tell: Callable[[Question], Iterator[str]]) -> Iterator[str]:
    found = read_catalogue(library()).of(kind)
    for topic, under in groupby(found, key=lambda question: question.topic):
        if topic:
            yield f"\n## {topic.capitalize()}\n"
        for question in under:
            yield f"\n({kind}-{question.name})=\n##{'#' if topic else ''} {question.name}\n\n{_prose(question.title)}.\n"
            yield from tell(question)
            yield f"\n<details><summary>The query</summary>\n\n```{{code-block}} sparql\n:force:\n\n{question.text.rstrip()}\n```\n\n</details>\n"


def _rule(rule: Question) -> Iterator[str]:
    said = {key: _prose(value) for key, value in rule.header.items()}
    yield f"* Severity: {said['severity']}\n* It says: {said['sentence']}\n* Why it matters: {said['why']}\n* What mends it: {said['fix']}"
    if "basis" in said:
        yield f"* Basis: {said['basis']}"
    if "missing" in said:
        yield f"* Looks for: `{rule.header['missing']}`, and tells what is stated to be absent from what is not stated"


def _question(question: Question) -> Iterator[str]:
    for parameter in question.parameters.values():
        yield f"* `--param {parameter.name}=…`: {_prose(parameter.type)}; {_prose(parameter.about)}"
    yield f"* Columns: {', '.join(f'`{column}`' for column in question.columns)}"


def _view(view: Question) -> Iterator[str]:
    yield f"* Layout: {view.header.get('layout', 'columns')}"
    if "hint" in view.header:
        yield f"* Tells the reader: {_prose(view.header['hint'])}"


# -------------------------------------------------------------------- commands


def commands() -> Iterator[str]:
    """Yield a section for each command, as click knows it."""
    context = click.Context(cli, info_name="cspgraph")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context)
        yield f"\n(command-{name})=\n## cspgraph {name}\n\n```text\n{' '.join(command.get_usage(own).removeprefix('Usage: ').split())}\n```\n"
        for paragraph in map(str.strip, cleandoc(command.help or "").split("\n\n")):
            if paragraph.startswith("\b"):
                yield f"\n```sh\n{paragraph.removeprefix(chr(8)).strip()}\n```\n"
            else:
                yield f"\n{_prose(' '.join(paragraph.split()))}\n"
        yield "| option | says |\n|---|---|"
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield _option(parameter, own)


def _option(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag else f" `{option.make_metavar(context)}`".replace("|", "\\|")
    more = "; may be repeated" if option.multiple and "repeat" not in (option.help or "") else ""
    return f"| {names}{takes} | {_prose((option.help or '').rstrip('.'))}{more} |"


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    page.__name__: page for page in (kinds, relations, words, rules, questions, views, commands)
}
