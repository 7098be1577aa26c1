"""No command imports what it does not use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cspgraph.cli import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    "icalendar",
    "rdflib",
    "networkx",
    "pyshacl",
    "pyvis",
    "jinja2",
    "yaml",
    "rich",
    "numpy",
    "html5lib",
    "docx",
    "openpyxl",
    "pandas",
    "typer",
    "pydantic",
}
# What each command needs of these, warm, and nothing more.
NEEDS: dict[tuple[str, ...], set[str]] = {
    ("--help",): set(),
    ("--version",): set(),
    ("list",): set(),
    ("list", "--format", "json"): set(),
    ("show", "havering-2017/A4"): set(),
    ("ask",): set(),
    ("ask", "money-by-fund"): set(),
    ("ask", "money-by-fund", "--param", "fund=LCPF", "--format", "csv"): set(),
    ("query", "ASK { ?s ?p ?o }"): set(),
    ("depends", "ref/lcpf"): set(),
    ("gaps",): set(),
    ("gaps", "--count", "--format", "md"): set(),
    ("coverage",): set(),
    ("coverage", "ref/pcp-2017", "--format", "csv"): set(),
    ("compare", "havering-2017", "hackney-2015"): set(),
    ("whatif", "--without", "ref/lcpf"): set(),
    ("horizon",): set(),
    ("horizon", "--ics", "{out}/x.ics"): {"icalendar"},
    ("load",): set(),
    ("chain", "havering-2017/A4"): set(),
    ("evidence", "havering-2017/A4"): set(),
    ("check", "{data}"): {"yaml"},
    ("fmt", "--check", "{data}"): {"yaml"},
    ("build", "--to", "oxigraph:{out}/store"): {"yaml"},
    ("build", "--from-rdf", "{out}/little.nt", "--to", "oxigraph:{out}/store"): {"yaml"},
    ("view", "--to", "{out}/x.html"): {"networkx", "pyvis", "jinja2"},
    ("site", "--plan", "hackney-labour-manifesto", "--to", "{out}/site"): {"networkx", "pyvis", "jinja2"},
    ("report", "--to", "{out}/x.html"): {"jinja2"},
    ("report", "--to", "{out}/x.docx"): {"docx"},
    ("report", "--to", "{out}/x.xlsx"): {"openpyxl"},
    ("check", "{book}"): {"yaml", "openpyxl"},
    ("import", "{book}", "--to", "{out}/plans"): {"yaml", "openpyxl"},
    ("diff", "{data}/plans/havering-2017.yaml", "{data}/plans/havering-2017.yaml"): {"yaml"},
    ("export", "--plan", "havering-2017", "--to", "{out}/x.xlsx"): {"yaml", "openpyxl"},
    ("export", "--to", "{out}/x.ttl"): set(),
    ("export", "--to", "{out}/x.jsonld"): set(),
    ("export", "--to", "{out}/x.graphml"): set(),
    ("export", "--to", "{out}/x.neo4j.zip"): set(),
    ("export", "--to", "{out}/x.sssom.tsv"): set(),
    ("export", "--plan", "havering-2017", "--to", "{out}/x.stratml"): set(),
    ("import", "{out}/little.stratml", "--to", "{out}/plans"): {"yaml"},
    ("export", "--to", "{out}/x.mmd", "--focus", "ref/lcpf"): {"networkx"},
}
LITTLE = """<StrategicPlan xmlns="http://www.stratml.net"><Name>Little</Name><StrategicPlanCore><Goal><Name>Safer</Name>
<Description/></Goal></StrategicPlanCore></StrategicPlan>"""
TRIPLE = (
    "<https://w3id.org/cspgraph/id/little> <https://w3id.org/cspgraph/ns#kind> <https://w3id.org/cspgraph/ns#Plan> .\n"
)
# pyvis and networkx bring these in themselves.
BROUGHT = {
    "pyvis": {"rdflib", "numpy", "pandas", "networkx", "jinja2", "yaml"},
    "networkx": {"yaml", "numpy"},
    "openpyxl": {"numpy"},
}


def workbook(path: Path) -> None:
    from cspgraph.check import read_library
    from cspgraph.office.exporting import plan_files, plan_workbook
    from cspgraph.resources import library

    reading = read_library(library())
    path.write_bytes(plan_workbook(plan_files(reading, ["hackney-labour-manifesto"])[0], reading, []))


def imported(arguments: tuple[str, ...], folder: Path) -> set[str]:
    """Return the top-level modules that a command imports."""
    from cspgraph.resources import data_folder

    (folder / "little.stratml").write_text(LITTLE, encoding="utf-8")
    (folder / "little.nt").write_text(TRIPLE, encoding="utf-8")
    places = {"{data}": str(data_folder()), "{out}": str(folder), "{book}": str(folder / "book.xlsx")}
    if "{book}" in arguments:
        workbook(folder / "book.xlsx")
    words = [re.sub(r"\{\w+\}", lambda match: places[match[0]], word) for word in arguments]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cspgraph", *words],
        capture_output=True, text=True, check=False, env=dict(os.environ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines[1:]}


@pytest.mark.parametrize("arguments", NEEDS, ids=" ".join)
def test_a_command_imports_only_what_it_needs(arguments: tuple[str, ...], tmp_path: Path, bundled: object) -> None:
    found = imported(arguments, tmp_path)
    allowed = NEEDS[arguments] | {name for need in NEEDS[arguments] for name in BROUGHT.get(need, ())}
    assert found & HEAVY <= allowed
    assert NEEDS[arguments] <= found, "what is listed as needed is needed"


def test_every_command_is_looked_at() -> None:
    assert {arguments[0] for arguments in NEEDS} >= set(COMMANDS)


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import cspgraph; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = {name.strip("' ") for name in done.stdout.strip("[]\n").split(",")}
    assert "cspgraph" in names
    assert {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) == {"cspgraph"}
    assert not [name for name in names if name.startswith("cspgraph.")]
