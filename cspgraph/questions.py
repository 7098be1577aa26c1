"""Questions: `.rq` files whose comment header says what they ask, run with typed parameters.

    #+ title: Money by fund
    #+ kind: ask
    #+ topic: money
    #+ param fund: a Fund; only what this fund pays
    SELECT ... WHERE { VALUES ?fund { UNDEF } ... } ORDER BY ...

The header is comments, so that a file runs unchanged in any SPARQL 1.1 endpoint. A
parameter is a line `VALUES ?name { ... }` of its own with a default that runs; a value
given takes the place of that line as terms, never as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph.engines import Table
from cspgraph.errors import InputError, Problem, QueryError, UnknownName
from cspgraph.names import Names
from cspgraph.terms import XSD
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cspgraph.engines import Engine
    from cspgraph.engines.confined import Limits
    from cspgraph.resources import Library

KINDS = ("gap", "ask", "view")
SEVERITIES = ("high", "medium", "low")
_KEYS = {
    "title",
    "kind",
    "topic",
    "severity",
    "why",
    "fix",
    "basis",
    "sentence",
    "together",
    "missing",
    "replaces",
    "example",
    "layout",
    "backward",
    "marks",
    "hint",
    "focused",
    "across",
}
_NEEDED = {"gap": {"title", "severity", "why", "fix", "sentence"}, "ask": {"title", "topic"}, "view": {"title"}}
_HEADER = re.compile(r"#\+\s*(?P<key>[a-z]+)(?:\s+(?P<name>[A-Za-z]\w*))?:\s*(?P<value>.*)")
_COUNTED = re.compile(r"\((?:[^()]|\([^()]*\))*\bAS\s+\?(\w+)\s*\)", re.IGNORECASE)
_PARAM = re.compile(r"an? (?P<type>first day|last day|text|number|[A-Z]\w*); (?P<about>.+)")


@dataclass(frozen=True)
class Parameter:
    """A place for a value: `type` is a kind of thing, `first day`, `last day`, `text` or `number`."""

    name: str
    type: str
    about: str
    default: str


@dataclass(frozen=True)
class Question:
    """One `.rq` file. `trusted` is whether it came with cspgraph, and so may run in this process."""

    name: str
    path: Path
    text: str
    header: dict[str, str]
    parameters: dict[str, Parameter]
    trusted: bool

    @property
    def kind(self) -> str:
        """`gap`, `ask` or `view`."""
        return self.header["kind"]

    @property
    def title(self) -> str:
        """What it asks, in a few words."""
        return self.header["title"]

    @property
    def topic(self) -> str:
        """Under which heading it is listed."""
        return self.header.get("topic", "")

    @property
    def across(self) -> bool:
        """Whether it must see several plans at once; what any other finds is decided by one plan and what plans share."""
        return "across" in self.header

    @cached_property
    def columns(self) -> list[str]:
        """The names of the columns of its answer."""
        body = "\n".join(line for line in self.text.split("\n") if not line.startswith("#"))
        select = re.search(r"\bSELECT\s+(?:DISTINCT\s+)?(.*?)\s*(?:WHERE\b|\{)", body, re.DOTALL | re.IGNORECASE)
        return re.findall(r"\?(\w+)", _COUNTED.sub(r"?\1", select[1])) if select else []

    @property
    def words(self) -> list[str]:
        """The words of its name, title, topic and columns, as names are compared."""
        columns = (re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column) for column in self.columns)
        return normal(" ".join((self.name, self.title, self.topic, *columns))).split()

    def query(self, values: Mapping[str, Iterable[ox.NamedNode | ox.Literal]]) -> str:
        """Return the SPARQL with values in the place of defaults."""
        text = self.text
        for name, terms in values.items():
            line = f"VALUES ?{name} {{ {' '.join(str(term) for term in terms)} }}"
            text = _values_line(name).sub(lambda _, line=line: line, text)  # type: ignore[misc]
        return text


@dataclass
class Catalogue:
    """The questions of a library, by name."""

    questions: dict[str, Question] = field(default_factory=dict)

    def of(self, kind: str) -> list[Question]:
        """Return the questions of one kind, by topic and name."""
        return sorted((q for q in self.questions.values() if q.kind == kind), key=lambda q: (q.topic, q.name))

    def get(self, name: str, kind: str, beside: Iterable[str] = ()) -> Question:
        """Return a question by name. Raises UnknownName with the nearest, those `beside` them that may be named too."""
        found = self.questions.get(name)
        if found and found.kind == kind:
            return found
        names = [*(question.name for question in self.of(kind)), *beside]
        import difflib

        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
        raise UnknownName(
            "the rule" if kind == "gap" else "the question" if kind == "ask" else "the view",
            name,
            near,
            f"known are: {', '.join(names)}" if kind == "view" or not near else "",  # of views there are few
        )

    def holding(self, words: Iterable[str], kind: str) -> list[Question]:
        """Return the questions in whose name, title, topic or columns each of the words, or a longer one, stands.

        Raises UnknownName with the nearest where there is none.
        """
        said = " ".join(words)
        found = self._with(normal(said).split(), kind)
        if found:
            return found
        import difflib

        known = sorted({word for question in self.of(kind) for word in question.words})
        meant = [next(iter(difflib.get_close_matches(word, known, 1, 0.7)), word) for word in normal(said).split()]
        names = [question.name for question in self.of(kind)]
        near = difflib.get_close_matches(said, names, n=3, cutoff=0.6) + [q.name for q in self._with(meant, kind)]
        raise UnknownName(
            "the question", said, list(dict.fromkeys(near))[:3], "" if near else "`cspgraph ask` lists all of them"
        )

    def _with(self, words: list[str], kind: str) -> list[Question]:
        return [q for q in self.of(kind) if all(any(own.startswith(word) for own in q.words) for word in words)]


def read_catalogue(files: Library) -> Catalogue:
    """Return all questions of a library. Raises InputError with every fault of every file."""
    catalogue, problems = Catalogue(), []
    for path in sorted(files.questions, key=lambda path: (path not in files.trusted, path)):
        question, faults = read_question(path, trusted=path in files.trusted)
        problems += faults
        if question:
            problems += _add(catalogue, question)
    if problems:
        raise InputError(problems)
    return catalogue


def _add(catalogue: Catalogue, question: Question) -> list[Problem]:
    twin = catalogue.questions.get(question.name)
    if twin and question.header.get("replaces") != twin.name:
        hint = f"rename it, or write `#+ replaces: {twin.name}` in its header"
        return [
            Problem(str(question.path), 1, f"there is a question '{twin.name}' already, in {twin.path}", hint, "twice")
        ]
    catalogue.questions[question.name] = question
    return []


# -------------------------------------------------------------------- reading


def read_question(path: Path, *, trusted: bool) -> tuple[Question | None, list[Problem]]:
    """Return the question in a file and what is wrong with its header."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(str(path), 0, f"the file cannot be read: {error}", "", "read")]
    header: dict[str, str] = {}
    about: dict[str, tuple[int, str]] = {}
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.startswith("#+"):
            continue
        match = _HEADER.fullmatch(line.rstrip())
        if match and match["key"] == "param" and match["name"]:
            about[match["name"]] = (number, match["value"])
        elif match and match["key"] in _KEYS and not match["name"]:
            header[match["key"]] = f"{header.get(match['key'], '')} {match['value']}".strip()
        else:
            problems.append(_header_problem(path, number, match["key"] if match else line[2:].strip()))
    problems += _missing(path, header)
    parameters, faults = _parameters(path, text, about)
    problems += faults
    if not problems and not re.search(r"\bORDER\s+BY\b", text, re.IGNORECASE):
        problems.append(Problem(str(path), 1, "the query has no ORDER BY", "answers must come in one order", "order"))
    question = Question(path.stem, path, text, header, parameters, trusted)
    return (None if problems else question), problems


def _header_problem(path: Path, number: int, key: str) -> Problem:
    import difflib

    near = difflib.get_close_matches(key, [*_KEYS, "param"], n=1)
    hint = f"the nearest: {near[0]}" if near else f"known are: {', '.join(sorted(_KEYS))}, param NAME"
    return Problem(str(path), number, f"'{key}' is not a word of a question's header", hint, "header")


def _missing(path: Path, header: dict[str, str]) -> list[Problem]:
    kind = header.get("kind", "")
    if kind not in KINDS:
        return [
            Problem(
                str(path),
                1,
                "the header does not say what kind of question this is",
                "write `#+ kind: gap`, ask or view",
                "header",
            )
        ]
    problems = [
        Problem(str(path), 1, f"a {kind} needs '{key}' in its header", f"write `#+ {key}: ...`", "header")
        for key in sorted(_NEEDED[kind] - set(header))
    ]
    if kind == "gap" and header.get("severity", "high") not in SEVERITIES:
        problems.append(
            Problem(
                str(path),
                1,
                f"'{header['severity']}' is not a severity",
                f"known are: {', '.join(SEVERITIES)}",
                "header",
            )
        )
    return problems


def _values_line(name: str) -> re.Pattern[str]:
    return re.compile(rf"VALUES\s+\?{name}\s*\{{(?P<default>[^{{}}]*)\}}")


def _parameters(path: Path, text: str, about: dict[str, tuple[int, str]]) -> tuple[dict[str, Parameter], list[Problem]]:
    parameters, problems = {}, []
    for name, (number, value) in about.items():
        match, line = _PARAM.fullmatch(value), _values_line(name).search(text)
        if not match:
            hint = "write: a KIND; what it is for - or: a first day; a last day; a text; a number"
            problems.append(
                Problem(str(path), number, f"the parameter '{name}' does not say what it takes", hint, "param")
            )
        elif not line:
            problems.append(
                Problem(
                    str(path),
                    number,
                    f"the query has no line `VALUES ?{name} {{ ... }}`",
                    "give it a default that runs",
                    "param",
                )
            )
        else:
            parameters[name] = Parameter(name, match["type"], match["about"], line["default"].strip())
    return parameters, problems


# -------------------------------------------------------------------- running


def run(
    question: Question,
    engine: Engine,
    values: Mapping[str, str] | None = None,
    names: Names | None = None,
    limits: Limits | None = None,
) -> Table:
    """Return the rows of a question with parameter values given as a user types them.

    A foreign question runs in a process of its own, within limits. Raises UnknownName for a
    parameter or a name that is not there, QueryError for a value of the wrong type.
    """
    given = {name: terms(question, name, text, names or Names(engine)) for name, text in (values or {}).items()}
    query = question.query(given)
    if question.trusted:
        return engine.select(query) if values else engine.recall(query)
    from cspgraph.engines.confined import run_foreign

    result = run_foreign(engine, query, limits)
    if not isinstance(result, Table):
        raise QueryError(f"the question '{question.name}' is not a SELECT query")
    return result


def terms(question: Question, name: str, text: str, names: Names) -> list[ox.NamedNode | ox.Literal]:
    """Return what a parameter value stands for; a name may stand for several things.

    Raises UnknownName for a parameter or a name that is not there, QueryError for a value of the wrong type.
    """
    parameter = question.parameters.get(name)
    if parameter is None:
        known = sorted(question.parameters)
        hint = f"it takes: {', '.join(known)}" if known else "it takes none"
        raise UnknownName(f"for '{question.name}' the parameter", name, hint=hint)
    if parameter.type in ("first day", "last day"):
        return [_day(parameter, text)]
    if parameter.type == "number":
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise QueryError(f"'{text}' is not a number", f"{name}: {parameter.about}")
        return [ox.Literal(text, datatype=ox.NamedNode(f"{XSD}decimal"))]
    if parameter.type == "text":
        return [ox.Literal(text)]
    return [ox.NamedNode(thing.iri) for thing in names.find(text, names.under(parameter.type))]


def _day(parameter: Parameter, text: str) -> ox.Literal:
    found = day(text, last=parameter.type == "last day", hint=f"{parameter.name}: {parameter.about}")
    return ox.Literal(found, datatype=ox.NamedNode(f"{XSD}date"))


def day(text: str, *, last: bool = False, hint: str = "") -> str:
    """Return the first, or the last, day of a date as users type it (2019-03, March 2019, 2017/18), in ISO form.

    Raises QueryError for what is no date.
    """
    from cspgraph.plans.dates import parse_date

    try:
        date = parse_date(text)
    except ValueError as error:
        raise QueryError(str(error), hint) from None
    return (date.latest if last else date.earliest).isoformat()


def between(first: str, last: str) -> tuple[str, str]:
    """Return the first day of one date and the last of another, both as users type them; nothing for one not given.

    Raises QueryError for what is no date, and when the second is over before the first begins: nothing lies between.
    """
    span = day(first) if first else "", day(last, last=True) if last else ""
    if all(span) and span[1] < span[0]:
        raise QueryError(f"nothing lies between {first} and {last}: the second is the earlier", "turn the two round")
    return span
