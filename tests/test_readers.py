"""Every format that `export` writes is read by a reader that is not ours; none is without one.

What each format holds in detail is in test_export.py, test_stratml.py, test_workbook.py, test_reports.py, test_papers.py and test_paper_words.py.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import networkx as nx
import pyoxigraph as ox
import pytest
import rdflib
import yaml

from cspgraph.export import FORMATS, Request, format_of, made
from cspgraph.export.rdf import quads
from cspgraph.office.exporting import plan_files, plan_workbook
from cspgraph.reports import fingerprint
from cspgraph.resources import data_folder, library
from cspgraph.terms import CSP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.check import Reading
    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

PLANS = sorted(path.stem for path in (data_folder() / "plans").glob("*.yaml"))
SOME = ["hackney-2015", "haringey-2013"]


@pytest.fixture(scope="module")
def whole(bundled: KnowledgeGraph) -> Request:
    return Request(bundled.engine, bundled.questions, library().ontology)


def of_plans(graph: KnowledgeGraph, *plans: str) -> Request:
    some = graph.restricted(plans)
    return Request(some.engine, some.questions, library().ontology, plans)


def written(ending: str, request: Request) -> bytes:
    return made(format_of(f"x.{ending}"), request)


def labels(graph: KnowledgeGraph, kind: str, plan: str = "") -> list[str]:
    """Return the labels of the things of a kind, by a query of our own."""
    rows = graph.engine.select(
        f"SELECT ?s ?l WHERE {{ ?s <{CSP}kind> <{CSP}{kind}> ; <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }} ORDER BY ?s"
    ).rows
    return [row[1].value for row in rows if f"/id/{plan}" in str(row[0])]  # type: ignore[union-attr]


# -------------------------------------------------------------------- RDF

RDF = {
    "ttl": (ox.RdfFormat.TURTLE, "turtle"),
    "nt": (ox.RdfFormat.N_TRIPLES, "nt"),
    "rdf": (ox.RdfFormat.RDF_XML, "xml"),
    "trig": (ox.RdfFormat.TRIG, "trig"),
    "nq": (ox.RdfFormat.N_QUADS, "nquads"),
    "jsonld": (ox.RdfFormat.JSON_LD, "json-ld"),
    "void.ttl": (ox.RdfFormat.TURTLE, "turtle"),
}
NAMED = ("trig", "nq", "jsonld")


@pytest.mark.parametrize("plans", [SOME, pytest.param(PLANS, marks=pytest.mark.slow)], ids=["some plans", "all plans"])
def test_pyoxigraph_reads_every_rdf_format(bundled: KnowledgeGraph, plans: list[str]) -> None:
    some = of_plans(bundled, *plans)
    wanted = set(quads(some.engine))
    assert len(wanted) > (100_000 if plans == PLANS else 20_000)
    assert len({quad.graph_name for quad in wanted}) == len(plans) + 1, "and what they share"
    flat = {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in wanted}
    for ending, (form, _) in RDF.items():
        found = set(ox.parse(written(ending, some), format=form))
        if ending in NAMED:
            assert found == wanted, ending
        elif ending != "void.ttl":
            assert {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in found} == flat, ending
        else:
            assert len(found) > 100


@pytest.mark.slow
@pytest.mark.parametrize("ending", RDF)
def test_rdflib_reads_every_rdf_format(whole: Request, ending: str) -> None:
    found = rdflib.Dataset()
    found.parse(data=written(ending, whole), format=RDF[ending][1])
    said = {tuple(map(str, quad[:3])) for quad in found.quads()}
    if ending == "void.ttl":
        assert len(said) > 100
        return
    wanted = {
        tuple(getattr(term, "value", "") for term in (quad.subject, quad.predicate, quad.object))
        for quad in quads(whole.engine)
    }
    assert len(said) == len(wanted)
    assert {triple[:2] for triple in said} == {triple[:2] for triple in wanted}
    graphs = {str(quad[3]) for quad in found.quads()}
    assert (len(graphs) == len(PLANS) + 1) is (ending in NAMED), "a graph for each plan, and one for what they share"


# -------------------------------------------------------------------- networks and tables


def table(content: bytes, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))


def test_networks_and_tables_hold_the_same_things_and_relations(whole: Request) -> None:
    graphml = nx.parse_graphml(written("graphml", whole).decode(), force_multigraph=True)
    gexf = nx.read_gexf(io.BytesIO(written("gexf", whole)))
    plain, neo4j = written("csv.zip", whole), written("neo4j.zip", whole)
    scripts = json.loads(written("json", whole))
    things = {row["id"] for row in table(plain, "things.csv")}
    assert len(things) > 3_000
    assert things == set(graphml) == set(gexf) == {row["id"] for row in scripts["things"]}
    assert things == {row["id:ID"] for row in table(neo4j, "nodes.csv")}
    relations = sorted((row["from"], row["to"]) for row in table(plain, "relations.csv"))
    assert len(relations) > 5_000
    assert relations == sorted(graphml.edges()) == sorted(gexf.edges())
    assert relations == sorted((row[":START_ID"], row[":END_ID"]) for row in table(neo4j, "relationships.csv"))
    assert relations == sorted((row["from"], row["to"]) for row in scripts["relations"])


def test_sssom_is_yaml_and_tab_separated_rows(whole: Request) -> None:
    lines = written("sssom.tsv", whole).decode().splitlines()
    head = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith("#")))
    rows = list(csv.DictReader([line for line in lines if not line.startswith("#")], delimiter="\t"))
    assert head["mapping_set_id"]
    assert {row["subject_id"].split(":")[0] for row in rows} <= set(head["curie_map"])
    assert len(rows) > 50
    assert not [row for row in rows if None in row or None in row.values()], "as many cells in each row as heads"


def test_a_calendar_is_read_by_icalendar(whole: Request) -> None:
    from icalendar import Calendar

    entries = Calendar.from_ical(written("ics", whole)).walk("VEVENT")
    assert len(entries) > 100
    assert all(entry.decoded("dtstart") < entry.decoded("dtend") and str(entry["summary"]) for entry in entries)
    assert len({str(entry["uid"]) for entry in entries}) == len(entries)


# -------------------------------------------------------------------- a plan each


@pytest.mark.parametrize("plan", PLANS)
def test_stratml_names_every_action_in_both_parts(bundled: KnowledgeGraph, plan: str) -> None:
    from defusedxml.ElementTree import fromstring

    one = of_plans(bundled, plan)
    wanted = {
        " ".join(label.split()) for kind in ("Action", "Commitment") for label in labels(bundled, kind, f"{plan}/")
    }
    assert len(wanted) > 5
    for part in (1, 2):
        root = fromstring(written("stratml", Request(one.engine, one.questions, one.ontology, (plan,), part=part)))
        names = {" ".join((node.text or "").split()) for node in root.iter() if node.tag.endswith("}Name")}
        assert wanted <= names
    assert written("xml", one) == written("stratml", one)


@pytest.mark.parametrize("plan", PLANS)
def test_mermaid_has_a_box_for_each_end_of_an_arrow(bundled: KnowledgeGraph, plan: str) -> None:
    lines = written("mmd", of_plans(bundled, plan)).decode().splitlines()
    assert lines[0] == "flowchart LR"
    boxes = {found[1] for line in lines if (found := re.match(r"  (n\d+)[\[({].*:::k", line))}
    ends = {end for line in lines if "-->" in line or "-.->" in line for end in re.findall(r"\bn\d+\b", line)}
    assert ends
    assert ends <= boxes


@pytest.mark.parametrize("plan", PLANS)
def test_openpyxl_finds_every_action_in_the_workbook(
    bundled: KnowledgeGraph, bundled_reading: Reading, plan: str
) -> None:
    from openpyxl import load_workbook

    (file,) = plan_files(bundled_reading, [plan])
    book = load_workbook(io.BytesIO(plan_workbook(file, bundled_reading, [])), read_only=True)
    kinds = ("Action", "Commitment")
    wanted = {label for kind in kinds for label in labels(bundled, kind, f"{plan}/")}
    shown = {
        value
        for name in ("Actions", "Undertakings", "Commitments")
        for row in book[name].iter_rows(min_row=2, max_col=2, values_only=True)
        for value in row
    }
    assert len(wanted) > 5
    assert wanted <= shown


# -------------------------------------------------------------------- findings


def test_sarif_is_read_by_sarif_tools(bundled: KnowledgeGraph, cli: Callable[..., Ran], tmp_path: Path) -> None:
    loader = pytest.importorskip("sarif.loader")
    target = tmp_path / "gaps.sarif"
    assert cli("gaps", "--to", target).code == 0
    log = loader.load_sarif_file(str(target))
    log.init_default_line_number_1()
    found = bundled.gaps()
    assert (log.get_distinct_tool_names(), log.get_result_count()) == (["cspgraph"], len(found))
    assert not log.any_none(), "each has a severity"
    records = log.get_records()
    levels = {"high": "error", "medium": "warning", "low": "note"}
    assert sorted((row["Code"], row["Severity"]) for row in records) == sorted(
        (one.rule, levels[one.severity]) for one in found
    )
    assert {row["Location"].rsplit("/", 1)[-1] for row in records} <= {
        path.name for path in data_folder().rglob("*.yaml")
    }
    assert all(int(row["Line"]) > 1 for row in records), "a thing stands below the head of its file"
    assert all(log.get_rules_by_id(one.rule) for one in found)
    prints = {result["partialFingerprints"]["cspgraph/v1"] for result in log.get_results()}
    assert prints == {fingerprint(one) for one in found}


# -------------------------------------------------------------------- none is without one


def test_every_format_has_a_reader_here(request: pytest.FixtureRequest) -> None:
    text = request.path.read_text(encoding="utf-8")
    named = {*RDF, *re.findall(r'written\("([a-z0-9.]+)"', text)}
    assert named == {known.ending for known in FORMATS}


# -------------------------------------------------------------------- LibreOffice


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """Return a function that has LibreOffice open a file and write it in another format; it may say nothing of it."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        pytest.skip("LibreOffice is not installed")
    profile = tmp_path_factory.mktemp("office")

    def convert(path: Path, to: str) -> Path:
        out = path.parent / "opened"
        # Commas, double quotes, UTF-8: on a screen LibreOffice asks, with these as what it found.
        read = ["--infilter=CSV:44,34,76,1"] if path.suffix == ".csv" else []
        done = subprocess.run(
            [found, f"-env:UserInstallation={profile.as_uri()}", "--headless", *read, "--convert-to", to, "--outdir", str(out), str(path)],
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0
        said = [line for line in done.stderr.splitlines() if line.strip() and "javaldx" not in line]
        assert said == []
        return out / f"{path.stem}.{to.split(':', maxsplit=1)[0]}"

    return convert


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
def test_libreoffice_opens_the_workbook_of_each_plan(
    office: Callable[[Path, str], Path], bundled: KnowledgeGraph, bundled_reading: Reading, tmp_path: Path, plan: str
) -> None:
    (file,) = plan_files(bundled_reading, [plan])
    path = tmp_path / f"{plan}.xlsx"
    path.write_bytes(plan_workbook(file, bundled_reading, bundled.gaps()))
    assert len(re.findall(rb"/Type\s*/Page\b", office(path, "pdf").read_bytes())) > 5


@pytest.mark.slow
def test_libreoffice_opens_the_tables_row_by_row(
    office: Callable[[Path, str], Path], whole: Request, tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    with zipfile.ZipFile(io.BytesIO(written("csv.zip", whole))) as archive:
        archive.extractall(tmp_path)
    for name in ("things", "relations"):
        with (tmp_path / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            wanted = list(csv.reader(file))
        book = load_workbook(office(tmp_path / f"{name}.csv", "xlsx:Calc MS Excel 2007 XML"), read_only=True)
        rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if any(cell is not None for cell in row)]
        assert len(rows) == len(wanted)
        assert list(rows[0])[: len(wanted[0])] == wanted[0]
        errors = {"#NAME?", "#REF!", "#VALUE!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!"}
        assert not {cell for row in rows for cell in row if isinstance(cell, str)} & errors
