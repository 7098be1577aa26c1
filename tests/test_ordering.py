"""Rows are put in the order that a query asks for as the engine itself would put them."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cspgraph.build import open_engine
from cspgraph.engines.ordering import ordered, parted
from cspgraph.engines.oxigraph import OxigraphEngine
from cspgraph.questions import Question, read_catalogue
from cspgraph.resources import library
from cspgraph.terms import XSD

SHIPPED = sorted(read_catalogue(library()).questions.values(), key=lambda question: question.name)


def typed(values: st.SearchStrategy[str], datatype: str) -> st.SearchStrategy[str]:
    return values.map(lambda value: str(ox.Literal(value, datatype=ox.NamedNode(f"{XSD}{datatype}"))))


IRIS = st.text("ab/é\U0001f600-", min_size=1, max_size=4).map(lambda name: f"<https://example.org/{name}>")
TEXTS = st.text("abÅ \U0001f600\ufffd1", max_size=3).map(lambda value: str(ox.Literal(value)))
NUMBERS = st.one_of(
    typed(st.integers(-120, 120).map(str), "integer"),
    typed(st.decimals(-9, 9, places=2).map(lambda value: f"{value:f}"), "decimal"),
)
DAYS = typed(st.dates().map(str), "date")
TRUTHS = typed(st.sampled_from(["true", "false"]), "boolean")
MONTHS = typed(st.sampled_from(["2019-03", "2019-11", "2021-01"]), "gYearMonth")
WORDS = st.sampled_from(["a", "B"]).map(lambda value: str(ox.Literal(value, language="en")))
# A column holds terms that compare, or some of anything.
COLUMN = st.sampled_from(
    [
        IRIS,
        TEXTS,
        NUMBERS,
        DAYS,
        TRUTHS,
        st.one_of(IRIS, TEXTS),
        st.one_of(IRIS, NUMBERS),
        MONTHS,
        st.one_of(TEXTS, WORDS, NUMBERS, DAYS),
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str]:
    """Return rows of two columns, and a number of its own for each, as SPARQL, with what they are ordered by."""
    one, other = (st.one_of(st.just("UNDEF"), draw(COLUMN)) for _ in range(2))
    pairs = draw(st.lists(st.tuples(one, other), max_size=12))
    numbers = draw(st.permutations(range(len(pairs))))
    rows = " ".join(f"({a} {b} {number})" for (a, b), number in zip(pairs, numbers, strict=True))
    first, second = (
        draw(st.sampled_from(["?{}", "DESC(?{})", "asc( ?{} )", "desc(?{})", "Desc ( ?{} )"])).format(name)
        for name in "ab"
    )
    return rows, f"{first} {second} ?n"


@settings(max_examples=400, deadline=None)
@given(tables(), st.sampled_from(["?a ?b ?n", "?n", "?b"]))
def test_rows_come_in_the_order_of_the_engine(table: tuple[str, str], told: str) -> None:
    rows, by = table
    query = f"SELECT {told} WHERE {{ VALUES (?a ?b ?n) {{ {rows} }} }}\norder by {by}\n"
    engine = OxigraphEngine(ox.Store())
    assert engine.select(query) == engine._rows(query)


@pytest.mark.parametrize("terms", ["1 1.5 -2", '"b" "a" <https://example.org/b>', '"2019-03-31"^^xsd:date UNDEF'])
def test_what_compares_is_ordered_here(terms: str) -> None:
    values = f"PREFIX xsd: <{XSD}>\nSELECT ?a WHERE {{ VALUES ?a {{ {terms} }} }}"
    plain = parted(f"{values} ORDER BY DESC(?a)")
    assert plain.query.strip() == values
    assert plain.keys == [("a", True)]
    engine = OxigraphEngine(ox.Store())
    found = ordered(engine._rows(plain.query), plain.keys, plain.more)
    assert found
    assert found == engine._rows(f"{values} ORDER BY DESC(?a)")


@pytest.mark.parametrize(
    "terms", ['1 "1"', '"a" "a"@en', '"2019-03-31"^^xsd:date "2019-03"^^xsd:gYearMonth', '"1E0"^^xsd:double']
)
def test_what_only_the_engine_can_compare_is_left_to_it(terms: str) -> None:
    table = OxigraphEngine(ox.Store())._rows(f"PREFIX xsd: <{XSD}> SELECT ?a WHERE {{ VALUES ?a {{ {terms} }} }}")
    assert ordered(table, [("a", False)]) is None


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?a WHERE { ?a ?b ?c }",
        "SELECT ?a WHERE { ?a ?b ?c } ORDER BY ?a LIMIT 5",
        "SELECT ?a WHERE { ?a ?b ?c } ORDER BY STR(?a)",
        "SELECT ?a WHERE { ?a ?b ?c } ORDER BY ?a STRLEN(?c)",
        "SELECT ?a WHERE { { SELECT ?a WHERE { ?a ?b ?c } ORDER BY ?a } }",
        "SELECT ?a WHERE { ?a ?b ?c } ORDER BY ?a # and not ORDER BY ?b",
        "SELECT ?a WHERE { ?a ?b ?c } ORDER BY ?b LIMIT 2 # was: ORDER BY ?a",
    ],
)
def test_another_end_of_a_query_is_left_to_the_engine(query: str) -> None:
    assert parted(query) == (query, [], 0)


def test_what_is_ordered_by_and_not_told_is_left_out_again() -> None:
    rows = '("x" 3) ("y" 1) ("z" 2)'
    query = f"SELECT ?a WHERE {{ VALUES (?a ?n) {{ {rows} }} }} ORDER BY DESC(?n)"
    assert parted(query).more == 1
    table = OxigraphEngine(ox.Store()).select(query)
    assert table.columns == ["a"]
    assert [row[0] and row[0].value for row in table.rows] == ["x", "z", "y"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?a (COUNT(?b) AS ?n) WHERE {{ {{\nSELECT ?a ?b WHERE {{ {rows} }}\n}} }} GROUP BY ?a ORDER BY ?n ?a",
        "SELECT DISTINCT ?a ?b WHERE {{ {{\nSELECT ?a WHERE {{ {rows} }}\n}} {rows} }} ORDER BY ?a ?b",
        "SELECT ?a WHERE {{ {rows} }} ORDER BY ?b DESC(?b) ?a",
        "SELECT ?a WHERE {{ {rows} }} GROUP BY ?a ORDER BY MAX(?b)",
        "SELECT DISTINCT ?a WHERE {{ {rows} }} ORDER BY ?a",
        "SELECT ?a WHERE {{ {rows} }} ORDER BY ?never ?b",
    ],
)
def test_queries_of_odd_shapes_are_answered_as_the_engine_would(query: str) -> None:
    engine = OxigraphEngine(ox.Store())
    asked = query.format(rows='VALUES (?a ?b) { ("x" 3) ("y" 1) ("x" 2) ("z" 2) }')
    assert engine.select(asked) == engine._rows(asked)


@pytest.fixture(scope="module")
def bundled() -> OxigraphEngine:
    engine = open_engine([], "memory:")
    assert isinstance(engine, OxigraphEngine)
    return engine


@pytest.mark.parametrize("question", SHIPPED, ids=lambda question: question.name)
def test_every_question_is_ordered_here_and_as_the_engine_would(question: Question, bundled: OxigraphEngine) -> None:
    plain = parted(question.text)
    assert ordered(bundled._rows(plain.query), plain.keys, plain.more) == bundled._rows(question.text)
