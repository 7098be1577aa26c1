"""Exports, each read back by a reader that is not ours, with nothing lost; the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import networkx as nx
import pyoxigraph as ox
import pytest
import rdflib

from cspgraph import export
from cspgraph.ontology import read_vocabulary
from cspgraph.resources import library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph

HOSTILE = """\
plan: p
source: doc
title: '=HYPERLINK("x")'
lines: 1
boards:
  b: {title: '</script><script>alert(1)</script>', lines: 2}
  c: {title: "-2+3|cmd' /C calc'!A0", lines: 3, accountableTo: b}
"""


def test_quads_come_back_from_every_rdf_format(bundled: KnowledgeGraph) -> None:
    wanted = set(export.quads(bundled.engine))
    assert len(wanted) > 20_000
    for kind, form in (("nq", ox.RdfFormat.N_QUADS), ("trig", ox.RdfFormat.TRIG)):
        assert set(ox.parse(export.rdf(bundled.engine, kind), format=form)) == wanted
    triples = {ox.Triple(q.subject, q.predicate, q.object) for q in wanted}
    for kind, form in (("nt", ox.RdfFormat.N_TRIPLES), ("ttl", ox.RdfFormat.TURTLE)):
        found = ox.parse(export.rdf(bundled.engine, kind), format=form)
        assert {ox.Triple(q.subject, q.predicate, q.object) for q in found} == triples


def test_rdflib_reads_the_turtle_and_the_json_ld_as_the_same_graph(bundled: KnowledgeGraph) -> None:
    plan = bundled.restricted(["havering-2017"])
    turtle = rdflib.Graph().parse(data=export.rdf(plan.engine, "ttl"), format="turtle")
    vocabulary = read_vocabulary(library().ontology)
    dataset = rdflib.Dataset()
    dataset.parse(data=export.jsonld(plan.engine, vocabulary), format="json-ld")
    merged = rdflib.Graph()
    for triple in ((s, p, o) for s, p, o, _ in dataset.quads()):
        merged.add(triple)
    assert len(turtle) > 10_000
    assert {tuple(map(str, triple)) for triple in merged} == {tuple(map(str, triple)) for triple in turtle}


def test_pyoxigraph_reads_the_json_ld_without_fetching_a_context(bundled: KnowledgeGraph) -> None:
    content = export.jsonld(bundled.engine, read_vocabulary(library().ontology))
    assert isinstance(json.loads(content)["@context"], dict)
    assert set(ox.parse(content, format=ox.RdfFormat.JSON_LD)) == set(export.quads(bundled.engine))


def test_networkx_reads_the_graphml_with_labels_kinds_and_evidence(bundled: KnowledgeGraph) -> None:
    network = bundled.to_networkx()
    back = nx.parse_graphml(export.graphml(network).decode(), force_multigraph=True)
    assert set(back) == set(network)
    assert back.number_of_edges() == network.number_of_edges()
    assert back.nodes["havering-2017/A4"]["label"] == network.nodes["havering-2017/A4"]["label"]
    assert back.nodes["havering-2017/A4"]["kind"] == "Action"
    edge = next(d for d in back.get_edge_data("havering-2017/A4", "havering-2017/sgv-panel").values())
    assert (edge["relation"], edge["lines"], edge["status"]) == ("coordinates", "370:102-158", "stated")


def test_a_csv_reader_reads_the_tables(bundled: KnowledgeGraph) -> None:
    network = bundled.to_networkx()
    with zipfile.ZipFile(io.BytesIO(export.csv_zip(network))) as archive:
        assert archive.namelist() == ["things.csv", "relations.csv"]
        things, relations = (
            list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")))) for name in archive.namelist()
        )
    assert {row["id"] for row in things} == set(network)
    assert len(relations) == network.number_of_edges()
    assert {"from", "relation", "to", "label", "source", "lines", "status", "why", "disputed"} == set(relations[0])


def test_json_holds_the_same(bundled: KnowledgeGraph) -> None:
    found = json.loads(export.plain_json(bundled.to_networkx()))
    assert len(found["things"]) == len(bundled.to_networkx())


def test_a_hostile_label_runs_in_no_spreadsheet_and_comes_back_whole(
    graph_of: Callable[[str], KnowledgeGraph],
) -> None:
    graph = graph_of(HOSTILE)
    with zipfile.ZipFile(io.BytesIO(export.csv_zip(graph.to_networkx()))) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("things.csv").decode("utf-8-sig"))))
    assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@"))]
    labels = {row["label"] for row in rows}
    assert {"'-2+3|cmd' /C calc'!A0", "</script><script>alert(1)</script>"} <= labels
    data = rdflib.Graph().parse(data=export.rdf(graph.engine, "ttl"), format="turtle")
    assert rdflib.Literal("</script><script>alert(1)</script>") in set(data.objects())


MAKE = """
import hashlib
from cspgraph import export, load
from cspgraph.draw import page
from cspgraph.network import network
from cspgraph.ontology import read_vocabulary
from cspgraph.resources import library
kg = load(engine="memory:")
vocabulary = read_vocabulary(library().ontology)
everything = kg.to_networkx()
made = {kind: export.rdf(kg.engine, kind) for kind in ("ttl", "trig", "nt", "nq")}
made |= {"jsonld": export.jsonld(kg.engine, vocabulary), "graphml": export.graphml(everything)}
made |= {"json": export.plain_json(everything), "csv": export.csv_zip(everything)}
for name in ("overview", "governance"):
    made[name] = page(network(kg.engine, kg.questions.get(name, "view")), vocabulary, name).encode()
made["gaps"] = repr(kg.gaps()).encode()
for name, content in made.items():
    print(name, hashlib.sha256(content).hexdigest())
"""


def test_the_same_bytes_for_every_hash_seed() -> None:
    made = []
    for seed in ("0", "1", "424242"):
        done = subprocess.run(
            [sys.executable, "-c", MAKE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        made.append(done.stdout)
    assert made[0].count("\n") == 11
    assert made[0] == made[1] == made[2]


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
