"""Each question has a tiny plan in which it finds something and one in which it is silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cspgraph.check import read_library
from cspgraph.errors import InputError, QueryError, UnknownName
from cspgraph.names import text
from cspgraph.questions import read_catalogue, read_question, run
from cspgraph.resources import library
from tests.conftest import LITTLE_REFERENCE, ROOT, engine_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.engines.oxigraph import OxigraphEngine
    from cspgraph.graph import KnowledgeGraph
    from cspgraph.questions import Question

HERE = Path(__file__).with_name("questions")
QUESTIONS = sorted(read_catalogue(library()).questions.values(), key=lambda question: question.name)


def little_engine(plan: Path, folder: Path) -> OxigraphEngine:
    """Return an engine with one tiny plan, and what stands beside it as `with-*.yaml`, and nothing of the bundled data."""
    for path in (plan, *plan.parent.glob("with-*.yaml")):
        name = "plan.yaml" if path == plan else path.name
        (folder / name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    own = plan.with_name("reference.yaml")  # a rule about sources brings its own
    reference = own.read_text(encoding="utf-8") if own.exists() else LITTLE_REFERENCE
    (folder / "reference.yaml").write_text(reference, encoding="utf-8")
    return engine_of(read_library(replace(library([folder]), base=())).or_raise())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_it_finds_and_it_is_silent(question: Question, tmp_path: Path) -> None:
    finds = little_engine(HERE / question.name / "finds.yaml", tmp_path)
    assert run(question, finds).rows, "there is something to find"
    silent = little_engine(HERE / question.name / "silent.yaml", tmp_path)
    assert not run(question, silent).rows, "there is nothing to find"


def test_every_kind_of_question_is_there_and_none_too_many() -> None:
    kinds = [question.kind for question in QUESTIONS]
    assert kinds.count("gap") >= 45
    assert kinds.count("ask") >= 52
    assert kinds.count("view") >= 3
    assert {question.name for question in QUESTIONS} == {folder.name for folder in HERE.iterdir()}


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.kind == "gap"], ids=lambda question: question.name)
def test_a_sentence_asks_for_nothing_that_the_query_does_not_give(question: Question, bundled: KnowledgeGraph) -> None:
    import re

    table = run(question, bundled.engine)
    assert table.columns[:2] == ["focus", "label"]
    wanted = set(re.findall(r"\{(\w+)\}", question.header["sentence"]))
    assert wanted <= set(table.columns) - {"group"}, "a sentence is about one thing"
    assert ("together" in question.header) == ("group" in table.columns)
    if "together" not in question.header:
        return
    wanted = set(re.findall(r"\{(\w+)\}", question.header["together"]))
    assert {"count", "label"} <= wanted <= {"count", *table.columns}
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    foci = [text(row["focus"]) for row in rows]
    assert foci == sorted(foci)
    said: dict[object, set[object]] = {}
    for row in rows:
        if row["group"] is not None:
            values = tuple(row[column] for column in sorted(wanted - {"count", "group", "label"}))
            said.setdefault((row["group"], row.get("plan")), set()).add(values)
    assert all(len(values) == 1 for values in said.values()), "what is told together is true of each"


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.kind == "ask"], ids=lambda question: question.name)
def test_every_column_of_an_answer_says_something(question: Question, bundled: KnowledgeGraph) -> None:
    table = run(question, bundled.engine)
    empty = {column for position, column in enumerate(table.columns) if not any(row[position] for row in table.rows)}
    waiting = {"indicators": {"value", "unit"}}  # the one plan that is here prints no figure
    assert empty <= waiting.get(question.name, set())


def test_the_page_of_questions_says_what_they_answer_today(bundled: KnowledgeGraph) -> None:
    from tests.questions_page import answered, page

    asks = bundled.questions.of("ask")
    assert len(asks) >= 52
    for question in asks:
        assert question.header.get("example"), question.name
        assert answered(bundled, question)[1], f"the example of {question.name} finds nothing"
    written = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
    assert page(bundled) == written, "run `make questions`"


def test_questions_are_found_by_words(bundled: KnowledgeGraph) -> None:
    def names(*words: str) -> set[str]:
        return {question.name for question in bundled.questions.holding(words, "ask")}

    assert {"money-by-fund", "money-totals"} <= names("money", "fund") < names("money")
    assert names("MONEY fund") == names("fund", "money")
    assert names("accountable") == {"boards", "boards-by-priority"}, "a word of a column in two words"
    assert {question.topic for question in bundled.questions.holding(["governance"], "ask")} == {"governance"}
    for words, nearest in ((["mony", "fund"], "money-by-fund"), (["sums-stted"], "sums-stated")):
        with pytest.raises(UnknownName, match="is not known") as caught:
            names(*words)
        assert nearest in caught.value.nearest
    with pytest.raises(UnknownName, match="lists all of them"):
        names("qqqqqq")


def test_a_view_that_is_not_there_is_told_all_there_are(bundled: KnowledgeGraph) -> None:
    views = {question.name for question in bundled.questions.of("view")}
    with pytest.raises(UnknownName, match="known are: ") as caught:
        bundled.questions.get("mony", "view", ["horizon"])
    assert {*views, "horizon"} == set(str(caught.value).rpartition("known are: ")[2].split(", "))


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.kind == "view"], ids=lambda question: question.name)
def test_a_view_gives_source_relation_and_target(question: Question, bundled: KnowledgeGraph) -> None:
    assert run(question, bundled.engine).columns == ["source", "relation", "target"]


# -------------------------------------------------------------------- parameters


def test_sums_of_two_plans_are_not_added(bundled: KnowledgeGraph) -> None:
    totals = [
        (getattr(row["plan"], "id", ""), row["per"], row["total"])
        for row in bundled.ask("money-totals", fund="ref/lcpf")
    ]
    assert totals == [
        ("havering-2017", "year", 303_502),
        ("tower-hamlets-2017", "two years", 1_610_109),
        ("tower-hamlets-2017", "year", 662_986),
    ]


def test_a_value_takes_the_place_of_the_default(bundled: KnowledgeGraph) -> None:
    whole = bundled.ask("boards-by-priority")
    part = bundled.ask("boards-by-priority", priority="T4")
    assert 0 < len(part) < len(whole)
    assert {getattr(row["priority"], "id", "") for row in part} == {"havering-2017/T4"}


def test_a_name_may_stand_for_several_things(bundled: KnowledgeGraph) -> None:
    found = bundled.ask("names-of", thing="Serious Group Violence Strategy")
    assert len({getattr(row["thing"], "id", "") for row in found}) == 2


def test_a_date_gives_its_first_or_its_last_day(bundled: KnowledgeGraph) -> None:
    found = bundled.restricted(["havering-2017"]).ask("reviewed-or-ending", **{"from": "2019-03", "to": "March 2019"})
    assert {row["when"] for row in found} == {"March 2019", "2019"}


def test_a_date_has_the_place_and_the_status_of_its_own(bundled: KnowledgeGraph) -> None:
    """That the first twelve months are 2017/18 is inferred, of an action that is stated."""
    found = bundled.restricted(["tower-hamlets-2017"]).ask("reviewed-or-ending", **{"from": "2018-03", "to": "2018-03"})
    (row,) = [row for row in found if getattr(row["thing"], "id", "") == "tower-hamlets-2017/D13"]
    assert (row["lines"], row["status"]) == ("345:80-94,625", "inferred")
    assert all(row["lines"] for row in found)


def test_a_value_is_never_pasted_as_text(bundled: KnowledgeGraph) -> None:
    for value in ('" } SERVICE <http://x/> { ?s ?p ?o', "} DROP ALL", "\\", "\n", "?scope"):
        assert len(bundled.ask("indicators", scope=value)) == 0


@pytest.mark.parametrize(
    ("question", "params", "error", "message"),
    [
        ("money-by-find", {}, UnknownName, "money-by-fund"),
        ("money-by-fund", {"fnud": "x"}, UnknownName, "it takes: fund"),
        ("money-by-fund", {"fund": "Burglary"}, UnknownName, "is not known"),
        ("contradictions", {"x": "y"}, UnknownName, "it takes none"),
        ("reviewed-or-ending", {"from": "soon"}, QueryError, "'soon' is not a date"),
    ],
)
def test_a_wrong_name_or_value_is_said(
    question: str, params: dict[str, str], error: type[Exception], message: str, bundled: KnowledgeGraph
) -> None:
    with pytest.raises(error, match=r"known|date") as caught:
        bundled.ask(question, **params)
    assert message in str(caught.value)


# -------------------------------------------------------------------- files of a user

MINE = """\
#+ kind: gap
#+ title: Long name
#+ severity: low
#+ why: Nobody reads it.
#+ fix: Shorten it.
#+ sentence: The name "{label}" is long.
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?focus ?label WHERE { ?focus csp:kind csp:Board ; skos:prefLabel ?label } ORDER BY ?focus
"""


def test_a_question_in_a_users_folder_is_found_listed_and_confined(write: Callable[..., Path]) -> None:
    from cspgraph.build import open_engine
    from cspgraph.graph import KnowledgeGraph

    write("plan.yaml", "plan: p\nsource: doc\ntitle: P\nlines: 1\nboards:\n  b: {title: A board, lines: 2}\n")
    folder = write("mine/long-name.rq", MINE)
    graph = KnowledgeGraph(open_engine([folder], "memory:"), [folder])
    assert not graph.questions.get("long-name", "gap").trusted
    assert 'The name "A board" is long.' in [finding.sentence for finding in graph.gaps("long-name")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("#+ kind: gap", "#+ kind: gaap"), "does not say what kind"),
        (("#+ severity: low", "#+ severity: grave"), "'grave' is not a severity"),
        (("#+ why: Nobody reads it.\n", ""), "needs 'why'"),
        (("#+ title", "#+ titel"), "'titel' is not a word"),
        ((" ORDER BY ?focus", ""), "has no ORDER BY"),
        (("SELECT ?focus", "#+ param x: a Board; y\nSELECT ?focus"), "has no line `VALUES ?x"),
        (("SELECT ?focus", "#+ param x: anything\nSELECT ?focus"), "does not say what it takes"),
    ],
)
def test_a_wrong_header_is_said(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.rq"
    path.write_text(MINE.replace(*change), encoding="utf-8")
    question, problems = read_question(path, trusted=False)
    assert question is None
    assert any(message in problem.message for problem in problems)


def test_a_name_used_twice_is_an_error_unless_it_replaces(write: Callable[..., Path]) -> None:
    folder = write("mine/text-broken.rq", MINE)
    with pytest.raises(InputError, match="there is a question 'text-broken' already"):
        read_catalogue(library([folder]))
    write("mine/text-broken.rq", MINE.replace("#+ kind", "#+ replaces: text-broken\n#+ kind"))
    assert read_catalogue(library([folder])).get("text-broken", "gap").title == "Long name"


def test_a_question_that_reaches_out_is_refused(write: Callable[..., Path]) -> None:
    from cspgraph.build import open_engine
    from cspgraph.errors import QueryRefused
    from cspgraph.graph import KnowledgeGraph

    write("plan.yaml", "plan: p\nsource: doc\ntitle: P\nlines: 1\n")
    folder = write(
        "mine/out.rq", MINE.replace("{ ?focus csp:kind", "{ SERVICE <http://127.0.0.1:1/> {} ?focus csp:kind")
    )
    graph = KnowledgeGraph(open_engine([folder], "memory:"), [folder])
    with pytest.raises(QueryRefused):
        graph.gaps("out")


def test_a_users_question_on_a_store_on_disk_is_confined_and_its_answer_is_not_kept(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    from cspgraph.build import build, open_engine, store_folder
    from cspgraph.errors import QueryRefused
    from cspgraph.graph import KnowledgeGraph

    write("plan.yaml", "plan: p\nsource: doc\ntitle: P\nlines: 1\n")
    ask = "#+ kind: ask\n#+ title: Plans\n#+ topic: mine\nSELECT ?plan { %s ?plan a ?kind } ORDER BY ?plan LIMIT 3\n"
    write("mine/in.rq", ask % "")
    folder = write("mine/out.rq", ask % "SERVICE <http://127.0.0.1:1/> {}")
    place = tmp_path / "store"
    build([folder], store_folder(str(place)))
    graph = KnowledgeGraph(open_engine([], f"oxigraph:{place}"), [folder])
    with pytest.raises(QueryRefused):
        graph.ask("out")
    assert len(graph.ask("in")) == 3
    assert len(list(place.glob("*.answers/*"))) <= 1, "no more than what disagreements there are"
    before = len(list(place.glob("*.answers/*")))
    assert len(graph.ask("documents")) >= 1
    assert len(list(place.glob("*.answers/*"))) == before + 1
