"""The command line: every command in every format, the contract of JSON, exit codes, never a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph import __version__
from cspgraph.cli import COMMANDS
from tests.conftest import ROOT, Ran

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = """\
plan: p
source: doc
title: '=cmd|x'
lines: 1
boards:
  b: {title: '| a `b` <i>c</i> *d*', lines: 2}
  c: {title: '=1+1', lines: 3, accountableTo: b, ledBy: b}
actions:
  A: {title: '[bold]not markup[/bold]', lines: 4, overseenBy: b}
"""


def process(*arguments: object, **options: Any) -> Ran:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cspgraph", *map(str, arguments)],
        capture_output=True,
        check=False,
        timeout=60,
        **options,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


ASKING = [
    ("list",),
    ("list", "actions"),
    ("show", "havering-2017/A4"),
    ("ask",),
    ("ask", "money-by-fund"),
    ("depends", "London Crime Prevention Fund"),
    ("depends", "havering-2017/A1", "--on"),
    ("gaps",),
    ("gaps", "--rules"),
    ("gaps", "--count"),
    ("coverage",),
    ("coverage", "ref/pcp-2017"),
    ("compare", "havering-2017", "tower-hamlets-2017"),
    ("evidence", "havering-2017/A4"),
    ("query", "SELECT ?s WHERE { ?s a <https://w3id.org/cspgraph/ns#Action> } LIMIT 3"),
]


@pytest.mark.parametrize("arguments", ASKING, ids=" ".join)
def test_every_answer_comes_in_every_format(arguments: tuple[str, ...], cli: Callable[..., Ran]) -> None:
    for form in ("table", "json", "csv", "md"):
        ran = cli(*arguments, "--format", form)
        assert ran.code == 0, ran.err
        assert ran.out.strip()
        if form == "json":
            json.loads(ran.out)
        if form == "csv":
            rows = list(csv.reader(io.StringIO(ran.out.removeprefix("\ufeff"))))
            assert len(rows) > 1
            assert {len(row) for row in rows} == {len(rows[0])}
        if form == "md":
            assert ran.out.startswith("| ")
        quiet = cli(*arguments, "--format", form, "--quiet")
        assert (quiet.code, quiet.err) == (0, "")


# -------------------------------------------------------------------- the contract of JSON


def keys_in_readme() -> dict[str, set[str]]:
    """Return the keys that the README promises, by command."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| command | keys of each object |") :].split("\n\n")[0]
    found = {}
    for line in table.split("\n")[2:]:
        command, keys = line.strip("| ").split(" | ")
        found[command.strip("` ")] = set(re.findall(r"`(\w+)`", keys.split(";")[0]))
    return found


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("list", ("list",)),
        ("list KIND", ("list", "actions")),
        ("show", ("show", "havering-2017/A4")),
        ("ask", ("ask",)),
        ("ask", ("ask", "money", "fund")),
        ("depends", ("depends", "London Crime Prevention Fund")),
        ("gaps", ("gaps",)),
        ("gaps --count", ("gaps", "--count")),
        ("gaps --rules", ("gaps", "--rules")),
        ("coverage", ("coverage",)),
        ("coverage FRAMEWORK", ("coverage", "ref/pcp-2017")),
        ("compare", ("compare", "havering-2017", "tower-hamlets-2017")),
        ("evidence NAME", ("evidence", "havering-2017/A4")),
    ],
)
def test_json_has_the_keys_that_the_readme_names(
    command: str, arguments: tuple[str, ...], cli: Callable[..., Ran]
) -> None:
    found = json.loads(cli(*arguments, "--format", "json").out)
    assert isinstance(found, list)
    assert found
    for record in found:
        assert set(record) == keys_in_readme()[command]


def test_an_entity_in_a_cell_is_id_label_and_kind(cli: Callable[..., Ran]) -> None:
    rows = json.loads(cli("ask", "money-by-fund", "--format", "json").out)
    assert rows[0]["fund"] == {"id": "ref/lcpf", "label": "London Crime Prevention Fund", "kind": "Fund"}
    hop = json.loads(cli("depends", "ref/lcpf", "--format", "json").out)[0]["path"][0]
    assert set(hop) == {"from", "relation", "label", "to", "evidence"}
    assert set(hop["evidence"]) >= {"source", "lines", "status"}


def test_query_gives_the_results_json_of_the_w3c(cli: Callable[..., Ran]) -> None:
    query = 'SELECT ?a ?b ?c ?d WHERE { VALUES (?a ?b ?c) { (<u:x> "t" 1) } OPTIONAL { <u:none> ?p ?d } }'
    found = json.loads(cli("query", query, "--format", "json").out)
    assert found["head"] == {"vars": ["a", "b", "c", "d"]}
    assert found["results"]["bindings"] == [
        {
            "a": {"type": "uri", "value": "u:x"},
            "b": {"type": "literal", "value": "t"},
            "c": {"type": "literal", "value": "1", "datatype": "http://www.w3.org/2001/XMLSchema#integer"},
        }
    ]
    assert json.loads(cli("query", "ASK { ?s ?p ?o }", "--format", "json").out) == {"head": {}, "boolean": True}


def test_a_query_comes_from_a_file_from_standard_input_or_as_text(tmp_path: Path) -> None:
    path = tmp_path / "q.rq"
    path.write_text("ASK { ?s ?p ?o }", encoding="utf-8")
    assert process("query", path).out == "yes\n"
    assert process("query", "-", input=b"ASK { <u:no> ?p ?o }").out == "no\n"
    built = process(
        "query",
        "CONSTRUCT { ?s a <u:x> } WHERE { ?s a <https://w3id.org/cspgraph/ns#Place> ; <http://www.w3.org/2004/02/skos/core#prefLabel> 'Havering' }",
    )
    place = "<https://w3id.org/cspgraph/id/ref/havering>"
    assert built.out == f"{place} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <u:x> .\n"


# -------------------------------------------------------------------- exit codes


def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text("plan: p\ntitel: x\n", encoding="utf-8")
    return path


WRONG = {
    "no command": (("lst",), "There is no command 'lst'. Did you mean 'list'?"),
    "no option": (("list", "--nothing"), "No such option"),
    "no kind": (("list", "acton"), "the kind 'acton' is not known"),
    "no thing": (("show", "Serious Group Violense Panel"), "the nearest: Serious Group Violence Panel"),
    "an empty name": (("depends", " "), "a name is wanted: `cspgraph list`"),
    "several things": (("show", "Serious Group Violence Strategy"), "name one by its id"),
    "no question": (("ask", "money-by-find"), "money-by-fund"),
    "no parameter": (
        ("ask", "money-by-fund", "--param", "fnud=x"),
        "'money-by-fund' the parameter 'fnud' is not known it takes: fund",
    ),
    "a parameter without a value": (("ask", "money-by-fund", "--param", "fund"), "'fund' is not NAME=VALUE"),
    "no rule": (("gaps", "--rule", "action-without-led"), "action-without-lead"),
    "no plan": (("list", "--plan", "havering"), "havering-2017"),
    "no framework": (("coverage", "A Safer Citty for All Londoners"), "the nearest: A Safer City for All Londoners"),
    "no priorities": (("coverage", "ref/lcpf"), "'London Crime Prevention Fund' is no document with priorities"),
    "no plan to compare": (("compare", "hackney", "havering-2017"), "'hackney' is no plan; its kind is Place"),
    "one plan twice": (("compare", "havering-2017", "havering-2017"), "are one plan"),
    "no view": (("view", "overvew", "--to", "x.html"), "overview"),
    "no view that is near": (("view", "xyz", "--to", "x.html"), "partners, coverage, horizon, money"),
    "a page for a view": (("view", "horizn", "--to", "x.html"), "the nearest: horizon"),
    "no format": (("export", "--to", "plans.doc"), "does not say a format"),
    "no folder": (("export", "--to", "nowhere/plans.ttl"), "cannot be written"),
    "no data": (("list", "--data", "nowhere"), "no such file or folder"),
    "no file of a query": (("query", "nowhere.rq"), "nowhere.rq: the file cannot be read: No such file or directory"),
    "no number of seconds": (("query", "ASK { }", "--timeout", "nan"), "nan is no number of seconds"),
    "too many seconds": (("query", "ASK { }", "--timeout", "inf"), "is not in the range"),
    "not SPARQL": (("query", "SELECT"), "the query is not SPARQL"),
    "reaching out": (("query", "SELECT * { SERVICE <http://127.0.0.1:9/> {} }"), "SERVICE"),
    "a foreign query for rdflib": (("query", "ASK { }", "--engine", "rdflib:"), "shipped questions only"),
    "no documents": (("evidence", "--audit", "--sources", "nowhere"), "no such folder"),
    "nothing named": (("evidence",), "Name a thing"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_in_a_sentence_with_code_2(
    name: str, cli: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, message = WRONG[name]
    ran = cli(*arguments)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_found_is_1_and_nothing_found_is_0(cli: Callable[..., Ran], tmp_path: Path) -> None:
    assert cli("check", ROOT / "data").code == 0
    ran = cli("check", broken(tmp_path))
    assert ran.code == 1
    assert "broken.yaml:2: 'titel' is not a word" in ran.out
    assert cli("list", "--data", broken(tmp_path)).code == 2
    assert cli("gaps", "--fail-on", "high").code == 1
    assert cli("gaps", "--rule", "action-without-lead", "--plan", "havering-2017", "--fail-on", "low").code == 0
    assert cli("gaps", "--rule", "text-broken", "--fail-on", "medium").code == 0
    assert cli("gaps", "--rule", "text-broken", "--fail-on", "low").code == 1


def test_an_engine_that_fails_is_3(cli: Callable[..., Ran], tmp_path: Path) -> None:
    for address in ("postgres:x", f"oxigraph:{tmp_path}", "oxigraph:"):
        ran = cli("list", "--engine", address)
        assert ran.code == 3
        assert ran.err.count("\n") == 2, "a sentence and the next step"
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert cli("build", "--to", f"oxigraph:{tmp_path / 'file'}").code == 3
    assert cli("build", "--to", "memory:").code == 3


def test_a_limit_reached_is_4(cli: Callable[..., Ran]) -> None:
    ran = cli("query", "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "--timeout", "0.4")
    assert ran.code == 4
    assert "took longer than 0.4 s" in ran.err


def test_a_fault_of_ours_is_70_and_one_sentence(cli: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    from cspgraph import inventory

    def fail(*_: object) -> None:
        raise RuntimeError("a fault\x1b[31m")

    monkeypatch.setattr(inventory, "counts", fail)
    ran = cli("list")
    assert ran.code == 70
    assert "RuntimeError: a fault" in ran.err
    assert "\x1b" not in ran.err
    monkeypatch.setenv("CSPGRAPH_DEBUG", "1")
    with pytest.raises(RuntimeError):
        cli("list")


# -------------------------------------------------------------------- help, versions, colours


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_teaches_by_example(command: str, cli: Callable[..., Ran]) -> None:
    ran = cli(*filter(None, [command]), "--help")
    assert ran.code == 0
    assert f"cspgraph {command}".strip() in ran.out
    for name in COMMANDS if not command else ():
        assert name in ran.out


def test_the_version_and_the_module(cli: Callable[..., Ran]) -> None:
    assert cli("--version").out.strip() == f"cspgraph {__version__}"
    assert process("--version").out.strip() == f"cspgraph {__version__}"


def test_colours_stand_on_a_terminal_only(cli: Callable[..., Ran]) -> None:
    for arguments in ASKING:
        ran = cli(*arguments)
        assert "\x1b" not in ran.out + ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_questions(shell: str) -> None:
    source = process(env={**os.environ, "_CSPGRAPH_COMPLETE": f"{shell}_source"})
    assert "_CSPGRAPH_COMPLETE" in source.out
    if shell == "bash":
        words = {"COMP_WORDS": "cspgraph ask mon", "COMP_CWORD": "2", "_CSPGRAPH_COMPLETE": "bash_complete"}
        assert "money-by-fund" in process(env={**os.environ, **words}).out
        words = {"COMP_WORDS": "cspgraph ev", "COMP_CWORD": "1", "_CSPGRAPH_COMPLETE": "bash_complete"}
        assert "evidence" in process(env={**os.environ, **words}).out


# -------------------------------------------------------------------- hostile labels


def test_labels_run_nowhere(cli: Callable[..., Ran], write: Callable[..., Path]) -> None:
    folder = write(
        "plan.yaml",
        HOSTILE.replace(
            "  c: {title: '=1+1', lines: 3, accountableTo: b, ledBy: b}\n",
            "  c: {title: '=1+1', lines: 3, accountableTo: b}\n",
        ),
    )
    markdown = cli("list", "boards", "--data", folder, "--format", "md").out
    assert "\\| a \\`b\\` &lt;i&gt;c&lt;/i&gt; \\*d\\*" in markdown
    table = cli("list", "actions", "--data", folder).out
    assert "[bold]not markup[/bold]" in table
    rows = list(csv.reader(io.StringIO(cli("list", "boards", "--data", folder, "--format", "csv").out)))
    assert "'=1+1" in {cell for row in rows for cell in row}


def test_controls_reach_no_terminal(cli: Callable[..., Ran], write: Callable[..., Path]) -> None:
    plan = 'plan: p\nsource: doc\ntitle: P\nlines: 1\nboards:\n  b: {title: "a\\e[2Jb\\u202ec", lines: 2}\n'
    folder = write("plan.yaml", plan)
    for arguments in (("list", "boards"), ("show", "p/b"), ("gaps",), ("depends", "p/b")):
        ran = cli(*arguments, "--data", folder)
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
    assert "\x1b" not in cli("show", "a\x1b[2Jb").err


# -------------------------------------------------------------------- files


def test_build_list_and_query_a_store(cli: Callable[..., Ran], tmp_path: Path) -> None:
    store = f"oxigraph:{tmp_path / 'store'}"
    ran = cli("build", "--to", store)
    assert "havering-2017, " in ran.out
    assert "ontology, ref" in ran.out
    again = cli("build", "--to", store).out
    assert "unchanged: " in again
    assert "loaded: " not in again
    assert cli("list", "--engine", store).out == cli("list").out
    assert cli("gaps", "--engine", store, "--format", "json").out == cli("gaps", "--format", "json").out
    assert cli("query", "ASK { ?s ?p ?o }", "--engine", store).out == "yes\n"


def test_fmt_writes_what_check_asks_for(cli: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("title:   'X'\nplan: p\nsource: s\n", encoding="utf-8")
    ran = cli("fmt", "--check", path)
    assert ran.code == 1
    assert "is not in canonical form" in ran.out
    assert cli("fmt", path).code == 0
    assert path.read_text(encoding="utf-8") == "plan: p\nsource: s\ntitle: X\n"
    assert cli("fmt", "--check", path).code == 0
    assert cli("fmt", broken(tmp_path)).code == 0
    path.write_text("title: 'X", encoding="utf-8")
    assert cli("fmt", path).code == 2
    assert path.read_text(encoding="utf-8") == "title: 'X"


def test_evidence_shows_the_passage_of_the_users_own_copy(cli: Callable[..., Ran], sources: Path) -> None:
    ran = cli("evidence", "havering-2017/A4", "--sources", sources)
    assert "Serious Group Violence Panel" in ran.out
    assert "    | " in ran.out


def test_another_copy_of_a_document_is_refused(cli: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "havering-csp-plan-2017-20.txt").write_text("another text\n", encoding="utf-8")
    ran = cli("evidence", "havering-2017/A4", "--sources", tmp_path)
    assert ran.code == 2
    assert "its sha256 differs" in ran.err


REFUSED = {
    "dates the wrong way round": (
        ("report", "--from", "2019", "--until", "2017", "--to", "x.html"),
        "nothing lies between 2019 and 2017",
    ),
    "the same of a time line": (("horizon", "--from", "2019", "--to", "March 2017"), "2019 and March 2017"),
    "depth of a page": (("view", "coverage", "--depth", "2", "--to", "x.html"), "'coverage' is no network"),
    "depth of a page about something": (
        ("view", "money", "--focus", "London Crime Prevention Fund", "--depth", "2", "--to", "x.html"),
        "'money' is no network",
    ),
    "depth around nothing": (("view", "--depth", "2", "--to", "x.html"), "name a thing with --focus"),
    "a page that is called a text": (("view", "--to", "x.txt"), "'x.txt' does not end like one"),
    "depth in another format": (("export", "--depth", "2", "--to", "x.ttl"), "name the thing with --focus"),
    "a part of StratML in another format": (("export", "--part", "2", "--to", "x.ttl"), "--part is not for .ttl"),
    "a workbook of a plan that is not there": (
        ("export", "--plan", "havering-2017", "--plan", "havering-2018", "--to", "x.xlsx"),
        "the plan 'havering-2018' is not known\n    loaded are: hackney-2015, ",
    ),
    "a report of the rules": (
        ("gaps", "--rules", "--to", "b.sarif", "--first", "3"),
        "leave out --rules, or --first, --to",
    ),
    "who accepts, and nothing accepted": (("gaps", "--by", "The board"), "name a file with --accept"),
    "an empty workbook of a plan": (
        ("export", "--template", "--plan", "havering-2017", "--to", "x.xlsx"),
        "an empty workbook is of no plan",
    ),
    "a thing for what is of documents": (("evidence", "havering-2017/A4", "--rest"), "--rest is of whole documents"),
    "a text for plans": (("list", "--data", "notes.txt"), "notes.txt: a file that ends in '.txt' is not read"),
    "a workbook for plans": (("list", "--data", "notes.xlsx"), "`cspgraph import` makes a plan file of this one"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_words_that_would_be_passed_over_are_refused_and_nothing_is_written(
    cli: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for notes in ("notes.txt", "notes.xlsx"):
        (tmp_path / notes).write_text("nothing\n", encoding="utf-8")
    arguments, message = REFUSED[name]
    ran = cli(*arguments)
    assert ran.code == 2
    assert message in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "notes.xlsx"]


def test_progress_is_shown_after_two_seconds_and_not_before(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cspgraph.cli import progress as module

    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    with module.progress("counting"):
        time.sleep(0.2)
    assert "counting ..." in capfd.readouterr().err
    with module.progress("counting", quiet=True):
        time.sleep(0.2)
    with module.progress("counting"):
        pass
    assert capfd.readouterr().err == ""
