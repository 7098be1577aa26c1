"""Exports, each read back by a reader that is not ours, with nothing lost; the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import networkx as nx
import pyoxigraph as ox
import pytest
import rdflib
import yaml
from rdflib.compare import isomorphic

from cspgraph.errors import CspgraphError
from cspgraph.export import FORMATS, Request, format_of, made
from cspgraph.export.mermaid import MOST, escaped
from cspgraph.export.properties import plain
from cspgraph.export.rdf import quads, rdf
from cspgraph.resources import library
from cspgraph.terms import CSP, GRAPH
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

HOSTILE = """\
plan: p
source: doc
title: '=HYPERLINK("x")'
lines: 1
boards:
  b: {title: '</script><script>alert(1)</script> & ]]> `` ``` %%{init}%% "]; end', lines: 2}
  c: {title: "-2+3|cmd' /C calc'!A0", lines: 3, accountableTo: b}
  d: {title: "1. [x](javascript:alert(1)) \\e[31m\\u202e", lines: 4, accountableTo: b, reportsTo: c}
"""


def request(graph: KnowledgeGraph, **more: Any) -> Request:
    return Request(graph.engine, graph.questions, library().ontology, **more)


def export(graph: KnowledgeGraph, ending: str, **more: Any) -> bytes:
    return made(format_of(f"x.{ending}"), request(graph, **more))


@pytest.fixture(scope="module")
def whole(bundled: KnowledgeGraph) -> Request:
    """One request for everything, so that the rows are made once."""
    return request(bundled)


def of(whole: Request, ending: str) -> bytes:
    return made(format_of(f"x.{ending}"), whole)


def rows_of(content: bytes, name: str, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode(encoding), newline="")))


# -------------------------------------------------------------------- the table of formats


def test_the_readme_lists_every_format_as_the_table_has_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for known in FORMATS:
        assert f"| `.{known.ending}` | {known.name} | {known.readers} |" in readme, known.ending


def test_the_longest_ending_chooses_and_another_is_told_which_there_are() -> None:
    assert format_of("a.void.TTL").ending == "void.ttl"
    assert format_of("a.b.ttl").ending == "ttl"
    with pytest.raises(CspgraphError, match=r"'plans.csv' does not say a format") as told:
        format_of("plans.csv")
    assert "csv.zip" in told.value.hint


# -------------------------------------------------------------------- RDF


def test_quads_come_back_from_every_rdf_format(bundled: KnowledgeGraph) -> None:
    some = bundled.restricted(["havering-2017", "hackney-labour-manifesto"])
    wanted = set(quads(some.engine))
    assert len(wanted) > 15_000
    for kind, form in (("nq", ox.RdfFormat.N_QUADS), ("trig", ox.RdfFormat.TRIG)):
        assert set(ox.parse(export(some, kind), format=form)) == wanted
    triples = {ox.Triple(q.subject, q.predicate, q.object) for q in wanted}
    for kind, form in (("nt", ox.RdfFormat.N_TRIPLES), ("ttl", ox.RdfFormat.TURTLE), ("rdf", ox.RdfFormat.RDF_XML)):
        found = ox.parse(export(some, kind), format=form)
        assert {ox.Triple(q.subject, q.predicate, q.object) for q in found} == triples


def test_rdflib_reads_turtle_json_ld_and_rdf_xml_as_the_same_graph(bundled: KnowledgeGraph) -> None:
    plan = bundled.restricted(["hackney-labour-manifesto"])
    turtle = rdflib.Graph().parse(data=export(plan, "ttl"), format="turtle")
    assert len(turtle) > 3_000
    assert isomorphic(rdflib.Graph().parse(data=export(plan, "rdf"), format="xml"), turtle)
    dataset = rdflib.Dataset()
    dataset.parse(data=export(plan, "jsonld"), format="json-ld")
    merged = rdflib.Graph()
    for triple in ((s, p, o) for s, p, o, _ in dataset.quads()):
        merged.add(triple)
    assert {tuple(map(str, triple)) for triple in merged} == {tuple(map(str, triple)) for triple in turtle}


def test_pyoxigraph_reads_the_json_ld_without_fetching_a_context(bundled: KnowledgeGraph) -> None:
    some = bundled.restricted(["havering-2017", "hackney-labour-manifesto"])
    content = export(some, "jsonld")
    assert isinstance(json.loads(content)["@context"], dict)
    assert set(ox.parse(content, format=ox.RdfFormat.JSON_LD)) == set(quads(some.engine))


def test_what_xml_cannot_hold_does_not_break_the_rdf_xml(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    graph = graph_of(HOSTILE)
    kept = rdflib.Graph().parse(data=export(graph, "ttl"), format="turtle")
    assert any("\x1b[31m" in str(value) for value in kept.objects())
    shown = rdflib.Graph().parse(data=export(graph, "rdf"), format="xml")
    assert any("\ufffd[31m" in str(value) for value in shown.objects())
    assert len(shown) == len(kept)


def test_void_counts_what_is_there(bundled: KnowledgeGraph) -> None:
    some = bundled.restricted(["havering-2017", "hackney-labour-manifesto"])
    void = rdflib.Namespace("http://rdfs.org/ns/void#")
    found = rdflib.Graph().parse(data=export(some, "void.ttl"), format="turtle")
    whole = rdflib.URIRef(f"{GRAPH}void#plans")
    everything = rdflib.Graph().parse(data=rdf(some.engine, "ttl"), format="turtle")
    assert found.value(whole, void.triples) == rdflib.Literal(len(everything))
    assert found.value(whole, void.distinctSubjects) == rdflib.Literal(len(set(everything.subjects())))
    subsets = set(found.objects(whole, void.subset))
    assert len(subsets) == len(some.engine.graphs()) - 1
    assert all(found.value(subset, void.triples) is not None for subset in subsets)
    for partition in found.objects(whole, void.classPartition):
        kind = found.value(partition, void["class"])
        assert found.value(partition, void.entities) == rdflib.Literal(
            len(set(everything.subjects(rdflib.RDF.type, kind)))
        )
    assert not [node for node in found.all_nodes() if isinstance(node, rdflib.BNode)]


# -------------------------------------------------------------------- networks


def test_every_relation_of_the_graph_is_in_the_rows(bundled: KnowledgeGraph, whole: Request) -> None:
    graph = whole.rows
    things = {str(row["id"]) for row in graph.things}
    network = bundled.to_networkx()
    assert set(network) <= things
    told = {(row["from"], row["relation"], row["to"]) for row in graph.relations}
    assert {(one, key, other) for one, other, key in network.edges(keys=True)} <= told
    # and every literal that a thing or a part says stands in its row, or in that of what a date belongs to
    said = {plain(value) for row in graph.things for value in row.values()}
    for row in bundled.engine.select(f"SELECT ?v WHERE {{ ?s <{CSP}amount>|<{CSP}wording>|<{CSP}earliest> ?v }}").rows:
        value = getattr(row[0], "value", "")
        assert value in said or any(value in text for text in said), value


@pytest.mark.parametrize("ending", ["graphml", "gexf"])
def test_networkx_reads_labels_kinds_dates_numbers_and_evidence(
    bundled: KnowledgeGraph, whole: Request, ending: str
) -> None:
    graph = whole.rows
    content = of(whole, ending)
    back = (
        nx.parse_graphml(content.decode(), force_multigraph=True)
        if ending == "graphml"
        else nx.read_gexf(io.BytesIO(content))
    )
    assert set(back) == {row["id"] for row in graph.things}
    assert back.number_of_edges() == len(graph.relations)
    for row in graph.things:
        assert back.nodes[row["id"]]["label"] == row["label"]
        assert back.nodes[row["id"]]["kind"] == row["kind"]
        assert back.nodes[row["id"]]["part"] is row["part"]
    amounts = [row for row in graph.things if "amount" in row]
    assert len(amounts) > 20
    assert all(back.nodes[row["id"]]["amount"] == float(row["amount"]) for row in amounts)  # type: ignore[arg-type]
    assert {type(back.nodes[row["id"]]["amount"]) for row in amounts} == {float}
    plan = back.nodes["havering-2017"]
    assert (plan["period"], plan["period_begins_earliest"]) == ("2017/18 to 2019/20", "2017-04-01")
    assert (plan["period_ends_latest"], plan["period_ends_precision"]) == ("2020-03-31", "month")
    edges = back.get_edge_data("havering-2017/A4", "havering-2017/sgv-panel")
    edge = next(data for data in edges.values() if data["relation"] == "coordinates")
    assert (edge["label"], edge["lines"], edge["status"]) == ("co-ordinates", "370:102-158", "stated")
    keys = ("relation", "label", "source", "lines", "status", "why", "disputed")
    told = sorted(tuple(data.get(key, "") for key in keys) for _, _, data in back.edges(data=True))
    assert told == sorted(tuple(str(row[key]) for key in keys) for row in graph.relations)
    assert len([data for data in told if data[4] == "inferred" and data[5]]) > 100


def test_gephi_is_told_colours_and_two_relations_of_one_pair_apart(bundled: KnowledgeGraph) -> None:
    from defusedxml.ElementTree import fromstring

    root = fromstring(export(bundled.restricted(["havering-2017"]), "gexf"))
    space = {"g": "http://www.gexf.net/1.2draft", "viz": "http://www.gexf.net/1.2draft/viz"}
    nodes, edges = root.findall(".//g:node", space), root.findall(".//g:edge", space)
    assert all(node.find("viz:color", space) is not None for node in nodes)
    assert len({edge.get("id") for edge in edges}) == len(edges)
    assert len({(e.get("source"), e.get("target"), e.get("kind")) for e in edges}) == len(edges)


# -------------------------------------------------------------------- tables


def test_a_csv_reader_reads_the_tables(bundled: KnowledgeGraph, whole: Request) -> None:
    graph = whole.rows
    content = of(whole, "csv.zip")
    things, relations = rows_of(content, "things.csv"), rows_of(content, "relations.csv")
    assert [row["id"] for row in things] == [row["id"] for row in graph.things]
    assert len(relations) == len(graph.relations)
    assert list(relations[0]) == ["from", "relation", "to", "label", "source", "lines", "status", "why", "disputed"]
    for row, wanted in zip(things, graph.things, strict=True):
        assert {key: value.removeprefix("'") for key, value in row.items() if value} == {
            key: plain(value).removeprefix("'") for key, value in wanted.items() if value != ""
        }


def test_json_holds_the_same_with_numbers_as_numbers(bundled: KnowledgeGraph, whole: Request) -> None:
    graph = whole.rows
    found = json.loads(of(whole, "json"), parse_float=Decimal)
    assert len(found["relations"]) == len(graph.relations)
    by_id = {row["id"]: row for row in found["things"]}
    for row in graph.things:
        if "amount" in row:
            assert by_id[row["id"]]["amount"] == row["amount"]


def test_neo4j_heads_have_ids_labels_types_and_ends_that_exist(bundled: KnowledgeGraph, whole: Request) -> None:
    content = of(whole, "neo4j.zip")
    nodes, edges = rows_of(content, "nodes.csv", "utf-8"), rows_of(content, "relationships.csv", "utf-8")
    ids = [row["id:ID"] for row in nodes]
    assert len(set(ids)) == len(ids) > 2_000
    assert {row[end] for row in edges for end in (":START_ID", ":END_ID")} <= set(ids)
    action = next(row for row in nodes if row["id:ID"] == "havering-2017/A4")
    assert action[":LABEL"].split(";")[:2] == ["Action", "Thing"]
    assert {"amount:double", "crossCutting:boolean", "position:long", "period_ends_latest:date", "part:boolean"} <= set(
        nodes[0]
    )
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", row[":TYPE"]) for row in edges)
    assert {row[":TYPE"] for row in edges} >= {"LED_BY", "CONTRIBUTES_TO", "FUNDED_BY"}
    for head, form in (
        ("double", r"-?\d+(\.\d+)?"),
        ("boolean", "true|false"),
        ("long", r"-?\d+"),
        ("date", r"\d{4}-\d\d-\d\d"),
    ):
        values = [value for row in nodes for name, value in row.items() if name.endswith(f":{head}") and value]
        assert values
        assert all(re.fullmatch(form, value) for value in values), head


def test_hostile_labels_are_inert_in_every_format_and_come_back_whole(
    graph_of: Callable[[str], KnowledgeGraph],
) -> None:
    graph = graph_of(HOSTILE)
    label = '</script><script>alert(1)</script> & ]]> `` ``` %%{init}%% "]; end'
    for name, ending in (("things.csv", "csv.zip"), ("nodes.csv", "neo4j.zip")):
        rows = rows_of(export(graph, ending), name)
        assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@"))]
        labels = {value for row in rows for key, value in row.items() if key.startswith("label")}
        assert {"'-2+3|cmd' /C calc'!A0", label, "1. [x](javascript:alert(1)) \ufffd[31m\ufffd"} <= labels
    for ending in ("graphml", "gexf"):
        content = export(graph, ending)
        back = nx.parse_graphml(content.decode()) if ending == "graphml" else nx.read_gexf(io.BytesIO(content))
        assert back.nodes["p/b"]["label"] == label
        assert not {"\x1b", "\u202e"} & set(content.decode())
    data = rdflib.Graph().parse(data=export(graph, "ttl"), format="turtle")
    assert rdflib.Literal(label) in set(data.objects())


# -------------------------------------------------------------------- Mermaid

_ID, _TEXT = r"n\d+", r'"(?:[\w ,:\'()/–—?!.#;-])*"'
GRAMMAR = [
    r"flowchart LR",
    r"  accTitle: [^\n\"<>`{}|%]+",
    r"  accDescr: \d+ of \d+ things and the relations between them",
    rf"  {_ID}(?:\[{_TEXT}\]|\{{{_TEXT}\}}|\{{\{{{_TEXT}\}}\}}|\(\[{_TEXT}\]\)|\[\[{_TEXT}\]\]|\[/{_TEXT}\\\]|\[\\{_TEXT}/\]):::k[A-Za-z]+",
    rf"  {_ID} (?:-->|-\.->)\|{_TEXT}\| {_ID}",
    r'  more\["… and [\d,]+ more: [^"]+"\]:::more',
    r"  classDef (?:k[A-Za-z]+|more) [a-z-]+: ?[#\w ]+(?:,[a-z-]+:[#\w ]+)*",
]  # fmt: skip


def mermaid_lines(content: bytes) -> list[str]:
    """Return the lines of a flowchart, each of which the grammar must know; ids are defined before they are used."""
    lines = content.decode().splitlines()
    for line in lines:
        assert any(re.fullmatch(rule, line) for rule in GRAMMAR), line
    defined = {line.split("[")[0].split("{")[0].split("(")[0].strip() for line in lines if ":::" in line}
    used = {end for line in lines for end in re.findall(r"\bn\d+\b", line) if "-->" in line or "-.->" in line}
    assert used <= defined
    return lines


def test_a_picture_of_a_plan_can_be_read_and_says_what_it_leaves_out(bundled: KnowledgeGraph) -> None:
    plan = bundled.restricted(["havering-2017"])
    lines = mermaid_lines(export(plan, "mmd"))
    boxes = [line for line in lines if ":::k" in line]
    assert 10 < len(boxes) <= MOST
    shown, whole = map(int, re.findall(r"\d+", lines[2]))
    assert shown == len(boxes) < whole
    (left,) = [line for line in lines if line.startswith("  more[")]
    assert f"{whole - shown} more" in left
    assert "cspgraph view overview --plan havering-2017" in left


def test_a_picture_of_what_lies_around_a_thing(bundled: KnowledgeGraph) -> None:
    lines = mermaid_lines(export(bundled, "mmd", focus=bundled.find("ref/lcpf")))
    assert any("London Crime Prevention Fund" in line for line in lines if ":::k" in line)
    with pytest.raises(CspgraphError, match="of one plan") as told:
        export(bundled, "mmd")
    assert "--plan" in told.value.hint


def test_a_hostile_label_is_no_mermaid(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    graph = graph_of(HOSTILE)
    lines = mermaid_lines(export(graph, "mmd", focus=graph.find("p/b"), depth=2))
    text = "\n".join(lines)
    assert not re.search(r"<|`|%%|javascript:alert\(1\)\]", text.replace("classDef", ""))
    assert escaped("1. a") == "1#46; a"
    assert escaped("- a") == "#45; a"
    assert len(escaped("x" * 10_000)) < 100
    assert escaped('a"]; b --> c') == "a#34;#93;#59; b --#62; c"


# -------------------------------------------------------------------- SSSOM


def sssom(content: bytes) -> tuple[dict[str, Any], list[dict[str, str]]]:
    lines = content.decode().splitlines()
    head = [line[1:] for line in lines if line.startswith("#")]
    rows = csv.DictReader(lines[len(head) :], delimiter="\t")
    return yaml.safe_load("\n".join(head)), list(rows)


def test_sssom_has_its_metadata_and_a_row_for_every_alignment(bundled: KnowledgeGraph) -> None:
    metadata, rows = sssom(export(bundled, "sssom.tsv"))
    assert {"mapping_set_id", "license", "curie_map", "sssom_version"} <= set(metadata)
    extensions = {slot["slot_name"] for slot in metadata["extension_definitions"]}
    known = {*metadata["curie_map"], "skos", "semapv"}
    for row in rows:
        for slot in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            assert row[slot].split(":")[0] in known, row
        assert row["subject_label"] and row["object_label"]
        assert row["ext_source"]
    assert extensions == {name for name in rows[0] if name.startswith("ext_")}
    aligned = bundled.engine.select(f"SELECT ?a ?w WHERE {{ ?s <{CSP}alignment> ?a . ?a <{CSP}with> ?w }}").rows
    assert len([row for row in rows if row["ext_basis"]]) >= 50
    assert len(rows) >= len(aligned) > 50
    assert {"skos:mappingRelation", "skos:broadMatch", "skos:closeMatch"} <= {row["predicate_id"] for row in rows}
    assert any(row["ext_why"] and row["ext_status"] == "inferred" for row in rows)


# -------------------------------------------------------------------- the same, and whole


MAKE = """
import hashlib
from cspgraph import load
from cspgraph.draw import page
from cspgraph.export import FORMATS, Request, made
from cspgraph.network import network
from cspgraph.resources import library
kg = load(engine="memory:").restricted(["havering-2017"])
request = Request(kg.engine, kg.questions, library().ontology)
made = {known.ending: made(known, request) for known in FORMATS}
for name in ("overview", "governance"):
    made[name] = page(network(kg.engine, kg.questions.get(name, "view")), request.vocabulary, name).encode()
made["gaps"] = repr(kg.gaps()).encode()
for name, content in made.items():
    print(name, hashlib.sha256(content).hexdigest())
"""


def test_the_same_bytes_for_every_hash_seed() -> None:
    made = []
    for seed in ("0", "424242"):
        done = subprocess.run(
            [sys.executable, "-c", MAKE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        made.append(done.stdout)
    assert made[0].count("\n") == len(FORMATS) + 3
    assert made[0] == made[1]


def test_the_command_writes_what_its_ending_says(cli: Callable[..., Ran], tmp_path: Path) -> None:
    target = tmp_path / "x.mmd"
    assert cli("export", "--plan", "havering-2017", "--to", target).code == 0
    assert target.read_text(encoding="utf-8").startswith("flowchart LR")
    done = cli("export", "--focus", "ref/lcpf", "--to", tmp_path / "x.ttl")
    assert done.code == 2
    assert "--focus is not for .ttl" in done.err
    done = cli("export", "--to", tmp_path / "x.mmd")
    assert done.code == 2
    assert "add --plan" in done.err


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cspgraph.errors import InputError
    from cspgraph.files import write_whole

    path = tmp_path / "x.ttl"
    write_whole(path, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(InputError, match="No space left on device"):
            write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.ttl"]
    with pytest.raises(InputError, match="cannot be written"):
        write_whole(tmp_path / "none" / "x.ttl", b"")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == hashlib.sha256(b"old").hexdigest()
