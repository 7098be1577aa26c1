"""A user's `.ttl` adds a kind and a relation, and everything knows them: no code changes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
import rdflib

from cspgraph.check import read_library
from cspgraph.cli import _run
from cspgraph.errors import InputError
from cspgraph.ontology import read_vocabulary
from cspgraph.resources import library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MINE = """\
@prefix csp:  <https://w3id.org/cspgraph/ns#> .
@prefix my:   <https://example.org/ns#> .
@prefix owl:  <http://www.w3.org/2002/07/owl#> .
@prefix rdf:  <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh:   <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd:  <http://www.w3.org/2001/XMLSchema#> .

my:Camera a rdfs:Class, owl:Class, sh:NodeShape ;
    rdfs:subClassOf csp:Thing ;
    csp:section "cameras" ; csp:colour "#CC79A7" ; csp:mark "star" ; sh:order 45 ;
    skos:prefLabel "camera" ; skos:definition "A camera that watches a public place." ;
    sh:property my:watchedBy, my:lenses, my:one-lenses .
my:watchedBy a rdf:Property, owl:ObjectProperty, sh:PropertyShape ; sh:path my:watchedBy ; sh:class csp:Body ;
    rdfs:subPropertyOf csp:dependsOn ; csp:fallsWith csp:any ;
    skos:prefLabel "watched by" ; csp:inverseLabel "watches" ; skos:definition "Who looks at its pictures." .
my:lenses a rdf:Property, owl:DatatypeProperty, sh:PropertyShape ; sh:path my:lenses ; sh:datatype xsd:integer ;
    skos:prefLabel "lenses" ; skos:definition "How many lenses it has." .
my:one-lenses a sh:PropertyShape ; sh:path my:lenses ; sh:minCount 1 ; sh:maxCount 1 .
"""
PLAN = """\
plan: p
source: doc
title: P
lines: 1
organisations:
  police: {title: The police, lines: 2}
cameras:
  C1: {title: Camera at the station, lines: 3, lenses: 2, watchedBy: police @4}
"""


@pytest.fixture
def folder(write: Callable[..., Path]) -> Path:
    """A plan with a camera, and the vocabulary that knows cameras."""
    write("mine.ttl", MINE)
    return write("plan.yaml", PLAN)


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Callable[..., str]:
    """Run a command on that folder and return what it says."""

    def _cli(*arguments: object, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["cspgraph", *map(str, arguments)])
        assert _run() == code
        return capfd.readouterr().out

    return _cli


def test_check_knows_the_new_kind_and_its_rules(cli: Callable[..., str], folder: Path) -> None:
    cli("check", folder)
    cli("check", "--shacl", folder)
    plan = folder / "plan.yaml"
    plan.write_text(PLAN.replace("lenses: 2, watchedBy: police @4", "lens: 2, watchedBy: doc"), encoding="utf-8")
    out = cli("check", folder, code=1)
    assert "plan.yaml:8: 'lens' is not a word" in out
    assert "the nearest: lenses" in out
    assert "p/C1 has no 'lenses'" in out
    assert "watchedBy: 'doc' is a source, not a body" in out


def test_list_show_and_depends_know_it(cli: Callable[..., str], folder: Path) -> None:
    assert {"kind": "Camera", "label": "camera", "plan": "p", "count": 1} in json.loads(
        cli("list", "--data", folder, "--format", "json")
    )
    assert "Camera at the station" in cli("list", "cameras", "--data", folder)
    shown = cli("show", "camera at the station", "--data", folder)
    assert "watched by: The police (p/police)" in shown
    assert "lenses: 2" in shown
    assert "watches: Camera at the station" in cli("show", "p/police", "--data", folder)
    (found,) = json.loads(cli("depends", "The police", "--data", folder, "--format", "json"))
    assert found["thing"] == {"id": "p/C1", "label": "Camera at the station", "kind": "Camera"}
    assert found["path"][0]["label"] == "watched by"
    assert found["path"][0]["evidence"]["lines"] == "4"


def test_view_and_export_know_it(cli: Callable[..., str], folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "x.html"
    cli("view", "everything", "--data", folder, "--to", page)
    html = page.read_text(encoding="utf-8")
    assert "camera (1)" in html
    assert "#CC79A7" in html
    cli("export", "--data", folder, "--to", tmp_path / "x.ttl")
    graph = rdflib.Graph().parse(tmp_path / "x.ttl")
    mine = rdflib.Namespace("https://example.org/ns#")
    camera = rdflib.URIRef("https://w3id.org/cspgraph/id/p/C1")
    assert graph.value(camera, mine.lenses) == rdflib.Literal(2)
    assert (camera, rdflib.URIRef("https://w3id.org/cspgraph/ns#dependsOn"), None) in graph
    cli("export", "--data", folder, "--to", tmp_path / "x.jsonld")
    assert "watchedBy" in (tmp_path / "x.jsonld").read_text(encoding="utf-8")


def test_a_change_of_the_vocabulary_is_seen_by_a_warm_start(cli: Callable[..., str], folder: Path) -> None:
    assert "camera" in cli("list", "--data", folder)
    (folder / "mine.ttl").write_text(MINE.replace('"camera"', '"watching eye"'), encoding="utf-8")
    assert "watching eye" in cli("list", "--data", folder)


def test_a_vocabulary_is_read_once_until_its_files_change(folder: Path) -> None:
    files, mine = library([folder]).ontology, "https://example.org/ns#Camera"
    first = read_vocabulary(files)
    assert read_vocabulary(files) is first
    (folder / "mine.ttl").write_text(MINE.replace('"camera"', '"watching eye"'), encoding="utf-8")
    assert (first.kinds[mine].label, read_vocabulary(files).kinds[mine].label) == ("camera", "watching eye")
    (folder / "mine.ttl").unlink()
    with pytest.raises(InputError, match=r"mine\.ttl: the file cannot be read"):
        read_vocabulary(files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('skos:prefLabel "lenses"', 'skos:prefLabel "lenses'), "this is not Turtle"),
        (("sh:path my:lenses ; sh:datatype", 'sh:path my:lenses ; csp:word "note" ; sh:datatype'), "would mean both"),
    ],
)
def test_a_wrong_vocabulary_is_said(change: tuple[str, str], message: str, folder: Path) -> None:
    (folder / "mine.ttl").write_text(MINE.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_vocabulary(library([folder]).ontology)
    assert caught.value.problems[0].path.endswith(("mine.ttl", "core.ttl"))


def test_a_plan_of_a_new_kind_says_what_the_ontology_says(folder: Path) -> None:
    reading = read_library(library([folder])).or_raise()
    assert reading.vocabulary.sections["cameras"].ancestors[0] == "https://example.org/ns#Camera"
    assert reading.vocabulary.depends["https://example.org/ns#watchedBy"] == "any"
