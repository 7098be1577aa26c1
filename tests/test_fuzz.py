"""Mutated plan files and queries: no traceback, no hang, documented exit codes only.

`make fuzz` runs ten thousand of each; `make test` a hundred or so. At least half must still
be YAML or SPARQL, or the mutations would only test the parsers.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections import Counter
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cspgraph.cli import _run
from cspgraph.engines.gate import admit
from cspgraph.errors import QueryRefused
from cspgraph.ontology import read_vocabulary
from cspgraph.resources import data_folder, library
from tests.conftest import LITTLE_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = int(os.environ.get("CSPGRAPH_FUZZ", "120"))
DOCUMENTED = {0, 1, 2, 3, 4}
MANY = settings(
    max_examples=COUNT,
    deadline=timedelta(seconds=20),
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)

PLAN = (data_folder() / "plans" / "havering-2017.yaml").read_text(encoding="utf-8")
WORDS = sorted(read_vocabulary(library().ontology).words())
NASTY = [
    "", "none", "tbc", "n/a", "null", "~", "true", "1.10", "£", "£-1k", "1e999", "2016/07", "31 February 2017", "Quarter 9 2017",
    "@", "@1", "@0", "@9999999999999999999", "@5-2", "@1:5-2", '@1~"x"', 'x @1 inferred ""', 'x uncertain "y" z', "[]", "{}", "[[]]",
    "{a: b}", "[a, {b: c}]", "!!python/object:x y", "&a x", "*a", "<<: x", "|", ">", "'", '"', "\\", "%", "`", "---", "...",
    "x" * 3000, "é\u0301", "\U0001f600", "a/b", "../../etc/passwd", "https://x/<>", "havering-2017", "ref", "A1", "p/A1",
]  # fmt: skip
SIGNS = "\t\n :-,[]{}#&*!|>'\"%@`\\?0é\u2028\x00\x85\ufeff"
tally: Counter[str] = Counter()


def things() -> dict[str, list[str]]:
    """Return the things of the plan as text, by section."""
    found: dict[str, list[str]] = {}
    for section, body in re.findall(r"^(\w+):\n((?:(?:  .*)?\n)+)", PLAN, re.MULTILINE):
        if section in WORDS:
            found[section] = re.findall(r"^  \S.*\n(?:(?:   .*)?\n)*", body, re.MULTILINE)
    return found


THINGS = things()


# A plan that is right, with everything that the syntax has.
SMALL = """\
plan: p
source: doc
title: A plan
lines: 1
period: 2017/18 to 2019/20 @5
frequency: every year @6
actions:
  A1:
    title: Do it
    lines: 10,12-13
    contributesTo: [P1 @11, P2]
    ledBy:
      - post @11:3-9
      - post2 @12,14 inferred "named in the next cell"
    overseenBy: board
    fundedBy: {fund: £30k @13}
    step:
      1: First @14
      2: Second @15
    timescale: {kind: review, when: March 2019, lines: 16}
    stateIn: {2017/18: ongoing @17, 2018/19: tbc}
    takesPlaceIn: none @19
    description: 'A text, with @12 in quotes'
  A2: {title: Another, lines: 20, implements: new, seeAlso: A1}
priorities:
  P1: {title: Burglary, lines: 30, tier: theme}
  P2: {title: Knives, lines: 31, tier: focus-area, partOf: P1}
posts:
  post: {title: Inspector, lines: 40}
  post2: {title: Analyst, lines: 41, alias: [The analyst, an analyst]}
boards:
  board: {title: The board, lines: 42, serves: P1, status: uncertain, why: the line breaks off}
documents:
  new: {title: New strategy, lines: 50, kind: strategy, level: local, period: until March 2019, state: draft}
funds:
  fund: {title: The fund, lines: 60}
indicators:
  I1: {title: Fewer burglaries, lines: 70, direction: reduce, target: {2018/19: 1200 @71}}
"""


# Hypothesis draws a seed, and the seed the rest: its own draws favour the ends of every range,
# so that most texts would be cut to nothing.


def plan_of(rng: Random) -> str:
    """Return a small plan that is right, or a few things of a real one, changed in a few places."""
    if rng.random() < 0.5:
        text = SMALL
        for _ in range(rng.randint(1, 2)):
            text = rng.choice([word, value, value, lines, place, place, sign])(rng, text)
        return text
    text = "plan: p\nsource: doc\ntitle: A plan\nlines: 1\n"
    for section in rng.sample(sorted(THINGS), rng.randint(1, 4)):
        chosen = rng.sample(THINGS[section], min(len(THINGS[section]), rng.randint(1, 3)))
        text += f"{section}:\n{''.join(chosen)}"
    for _ in range(rng.randint(1, 4)):
        text = rng.choice([word, word, value, value, value, lines, lines, place, sign, cut])(rng, text)
    return text


def word(rng: Random, text: str) -> str:
    """Put another word of the vocabulary in the place of one."""
    spots = list(re.finditer(r"^\s*([A-Za-z]+):", text, re.MULTILINE))
    if not spots:
        return text
    spot = rng.choice(spots)
    return text[: spot.start(1)] + rng.choice(WORDS) + text[spot.end(1) :]


def value(rng: Random, text: str) -> str:
    """Put something odd, or another value, in the place of a value."""
    spots = list(re.finditer(r": (\S[^\n,\]}]*)", text))
    if not spots:
        return text
    spot = rng.choice(spots)
    odd = rng.choice([*NASTY, chr(rng.randrange(0xD800)), "".join(rng.choices(SIGNS, k=4))])
    new = odd if rng.random() < 0.6 else rng.choice(spots)[1]
    return text[: spot.start(1)] + new + text[spot.end(1) :]


def lines(rng: Random, text: str) -> str:
    """Drop, double or swap lines."""
    all_lines = text.split("\n")
    at = rng.randint(0, len(all_lines) - 1)
    other = rng.randint(0, len(all_lines) - 1)
    how = rng.choice(["drop", "double", "swap"])
    if how == "drop":
        del all_lines[at]
    elif how == "double":
        all_lines.insert(at, all_lines[at])
    else:
        all_lines[at], all_lines[other] = all_lines[other], all_lines[at]
    return "\n".join(all_lines)


def place(rng: Random, text: str) -> str:
    """Change a figure."""
    spots = list(re.finditer(r"\d+", text))
    if not spots:
        return text
    spot = rng.choice(spots)
    new = rng.randint(1, 99) if rng.random() < 0.7 else rng.randint(-3, 10**20)
    return text[: spot.start()] + str(new) + text[spot.end() :]


def sign(rng: Random, text: str) -> str:
    """Put a sign in that YAML or SPARQL may stumble over."""
    at = rng.randint(0, len(text))
    return text[:at] + rng.choice(SIGNS) + text[at:]


def cut(rng: Random, text: str) -> str:
    """Cut the text off."""
    return text[: rng.randint(0, len(text))]


def is_yaml(text: str) -> bool:
    try:
        list(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return False
    return True


def run(*arguments: object) -> tuple[int, str]:
    """Run a command and return its exit code and everything it said."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace")
    before = sys.argv
    sys.argv = ["cspgraph", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = _run()
    finally:
        sys.argv = before
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return code, out.buffer.getvalue().decode("utf-8", errors="replace")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with little reference data, for one plan after another."""
    found = tmp_path_factory.mktemp("fuzz")
    (found / "reference.yaml").write_text(
        LITTLE_REFERENCE.replace("lineCount: 100", "lineCount: 500"), encoding="utf-8"
    )
    return found


@MANY
@given(seed=st.integers(0, 2**64))
def test_mutated_plan_files_are_read_or_refused(seed: int, folder: Path) -> None:
    plan = plan_of(Random(seed))
    path = folder / "plan.yaml"
    path.write_bytes(plan.encode("utf-8", errors="surrogatepass"))
    tally["plans"] += 1
    tally["yaml"] += is_yaml(plan)
    code, said = run("check", "--quiet", folder)
    assert code in DOCUMENTED, said
    assert "Traceback" not in said
    if code == 0:
        tally["right"] += 1
        code, said = run("gaps", "--data", folder, "--engine", "memory:", "--format", "json", "--quiet")
        assert code == 0, said
    code, said = run("fmt", "--quiet", path)
    assert code in DOCUMENTED, said


# -------------------------------------------------------------------- queries

QUERIES = sorted({path.read_text(encoding="utf-8") for path in library().questions})
TOKENS = [
    "SELECT", "ASK", "CONSTRUCT", "WHERE", "OPTIONAL", "UNION", "MINUS", "FILTER", "BIND", "VALUES", "GRAPH ?g", "GROUP BY ?focus",
    "ORDER BY ?x", "LIMIT 3", "OFFSET 1", "DISTINCT", "NOT EXISTS", "COUNT(*)", "SERVICE", "LOAD", "FROM <u:x>", "INSERT", "*", "?x",
    "csp:kind", "csp:dependsOn+", "<u:x>", "{", "}", "(", ")", ".", ";", ",", "/", "|", "^", "+", "1", "-1e9", '"x"', "'''x'''", "#",
    "a", "true", "UNDEF", "_:b", "[]", "IF(?x, 1, 2)", "REGEX(?x, '(a+)+$')", "REPLACE('a', 'a', 'b')", "NOW()", "UUID()",
]  # fmt: skip


def query_of(rng: Random) -> str:
    """Return a shipped question, changed in a few places."""
    text = rng.choice(QUERIES)
    text = "\n".join(line for line in text.split("\n") if not line.startswith("#+"))
    for _ in range(rng.randint(1, 3)):
        text = rng.choice([rename, rename, clause, clause, place])(rng, text)
    return rng.choice([token, lines, sign, cut])(rng, text) if rng.random() < 0.3 else text


def rename(rng: Random, text: str) -> str:
    """Put one variable or name of the query in the place of another of its sort."""
    spots = list(re.finditer(r"\?\w+|\b(?:csp|skos|rdf):\w+", text))
    if not spots:
        return text
    spot = rng.choice(spots)
    alike = sorted({other[0] for other in spots if (other[0][0] == "?") == (spot[0][0] == "?")})
    return text[: spot.start()] + rng.choice(alike) + text[spot.end() :]


CLAUSES = [
    "OPTIONAL { ?x csp:kind ?y }", "FILTER NOT EXISTS { ?x csp:dependsOn+ ?x }", "MINUS { ?x csp:kind csp:Board }", "{} UNION {}",
    "FILTER(STRLEN(STR(?x)) > 3)", "?x csp:kind ?y .", "BIND(1/0 AS ?n)", "VALUES ?v { UNDEF 1 'a' }", "GRAPH ?g { ?x ?y ?z }",
    "{ SELECT ?x (COUNT(*) AS ?k) WHERE { ?x ?y ?z } GROUP BY ?x }", "FILTER(REGEX('aaaaaaaaaaaaaaaaaaaaaaaa!', '^(a+)+$'))",
]  # fmt: skip


def clause(rng: Random, text: str) -> str:
    """Put a clause in front of a line of the pattern."""
    spots = [match.start() for match in re.finditer(r"^  (?=\?|OPTIONAL|FILTER|VALUES)", text, re.MULTILINE)]
    if not spots:
        return text
    at = rng.choice(spots)
    return f"{text[:at]}  {rng.choice(CLAUSES)}\n{text[at:]}"


def token(rng: Random, text: str) -> str:
    """Put a token in, or in the place of another."""
    spots = list(re.finditer(r"\S+", text))
    if not spots:
        return text
    spot = rng.choice(spots)
    end = spot.end() if rng.random() < 0.5 else spot.start()
    return f"{text[: spot.start()]}{rng.choice(TOKENS)} {text[end:]}"


def is_sparql(text: str) -> bool:
    try:
        admit(text, [])
        ox.Store().query(text)
    except (QueryRefused, SyntaxError, ValueError):
        return False
    except OSError:
        return True
    return True


@MANY
@given(seed=st.integers(0, 2**64))
def test_mutated_queries_are_answered_or_refused(seed: int, folder: Path) -> None:
    query = query_of(Random(seed))
    (folder / "plan.yaml").write_text("plan: p\nsource: doc\ntitle: P\nlines: 1\n", encoding="utf-8")
    tally["queries"] += 1
    tally["sparql"] += is_sparql(query)
    code, said = run("query", query, "--data", folder, "--quiet", "--format", "json", "--timeout", "5")
    assert code in DOCUMENTED, said
    assert "Traceback" not in said


def test_at_least_half_were_still_yaml_or_sparql() -> None:
    if not tally["plans"] or not tally["queries"]:
        pytest.fail("run the whole file: this counts what the others drew")
    assert tally["plans"] >= COUNT
    assert tally["queries"] >= COUNT
    assert tally["yaml"] / tally["plans"] >= 0.5, tally
    assert tally["sparql"] / tally["queries"] >= 0.5, tally
    assert tally["right"] / tally["plans"] > 0.02, (
        "some files are still right, so that what comes after reading is tried too"
    )


def test_the_mutations_reach_the_reader(graph_of: Callable[..., object]) -> None:
    assert sum(map(len, THINGS.values())) > 200
    assert len(QUERIES) >= 44
