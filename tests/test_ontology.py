"""The ontology says each thing once, and everything else speaks its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS

from cspgraph.ontology import read_vocabulary
from cspgraph.resources import library, ontology_folder
from cspgraph.terms import CSP, PREFIXES

if TYPE_CHECKING:
    from cspgraph.check import Reading

FILES = sorted(ontology_folder().glob("*.ttl"))
NS = rdflib.Namespace(CSP)
# Plumbing of the plan files and of the loader: it specialises nothing.
OURS_ALONE = {"word", "key", "head", "part", "section", "colour", "mark", "inverseLabel", "unitIn", "fallsWith"}


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    """The whole ontology as rdflib reads it."""
    found = rdflib.Graph()
    for path in FILES:
        found.parse(path, format="turtle")
    return found


def terms(graph: rdflib.Graph, *types: rdflib.term.Node) -> list[rdflib.URIRef]:
    found = {term for kind in types for term in graph.subjects(RDF.type, kind)}
    return sorted(term for term in found if isinstance(term, rdflib.URIRef) and term.startswith(CSP))


def test_both_readers_read_the_same_triples(graph: rdflib.Graph) -> None:
    assert len(FILES) >= 7
    store = ox.Store()
    for path in FILES:
        store.bulk_load(path=str(path), format=ox.RdfFormat.TURTLE)
    named = {(str(s), str(p), str(o)) for s, p, o in graph if not any(isinstance(x, rdflib.BNode) for x in (s, p, o))}
    ours = {
        (q.subject.value, q.predicate.value, q.object.value)
        for q in store
        if not any(isinstance(x, ox.BlankNode) for x in (q.subject, q.object))
    }
    assert ours == named
    assert len(store) == len(graph) > 1000


def test_every_term_has_a_label_and_a_definition(graph: rdflib.Graph) -> None:
    found = terms(graph, RDFS.Class, RDF.Property, SKOS.ConceptScheme)
    assert len(found) > 200
    for term in found:
        assert graph.value(term, SKOS.prefLabel), term
        assert str(graph.value(term, SKOS.definition) or "").endswith("."), term
    for concept in terms(graph, SKOS.Concept):
        assert graph.value(concept, SKOS.prefLabel), concept
        assert graph.value(concept, SKOS.inScheme), concept


def test_every_class_and_property_specialises_a_standard_term(graph: rdflib.Graph) -> None:
    alone = []
    for term in terms(graph, RDFS.Class, RDF.Property):
        above = {
            wider
            for relation in (RDFS.subClassOf, RDFS.subPropertyOf)
            for wider in graph.transitive_objects(term, relation)
            if wider != term
        }
        if not any(not str(wider).startswith(CSP) for wider in above):
            alone.append(str(term).removeprefix(CSP))
    assert set(alone) <= OURS_ALONE


def test_classes_are_node_shapes_and_properties_property_shapes(graph: rdflib.Graph) -> None:
    for term in terms(graph, SH.NodeShape):
        assert {RDFS.Class, OWL.Class} <= set(graph.objects(term, RDF.type)), term
    words = [shape for shape in terms(graph, SH.PropertyShape) if graph.value(shape, SKOS.prefLabel)]
    assert len(words) > 120
    for shape in set(words) - {NS.absenceOf}:  # points at a property, ours or a standard one
        typed = graph.value(shape, SH.datatype) or graph.value(shape, SH["class"]) or graph.value(shape, SH["or"])
        assert typed, f"{shape} says nothing of its values"


def test_shared_property_shapes_hold_no_cardinality(graph: rdflib.Graph) -> None:
    for shape in terms(graph, SH.PropertyShape):
        if graph.value(shape, SKOS.prefLabel):
            assert graph.value(shape, SH.minCount) is None, shape
            assert graph.value(shape, SH.maxCount) is None, shape


def test_lists_are_the_only_blank_nodes(graph: rdflib.Graph) -> None:
    lists = set(graph.subjects(RDF.first, None)) | set(graph.objects(None, RDF.first))
    blank = {node for triple in graph for node in triple if isinstance(node, rdflib.BNode)}
    assert blank <= lists


def test_every_relation_that_implies_dependence_says_how_it_falls(graph: rdflib.Graph) -> None:
    below = set(graph.transitive_subjects(RDFS.subPropertyOf, NS.dependsOn)) - {NS.dependsOn}
    assert len(below) >= 12
    for relation in below:
        assert graph.value(relation, NS.fallsWith) in (NS.any, NS["all"]), relation


def test_the_schemes_that_the_model_names_are_there(graph: rdflib.Graph) -> None:
    wanted = [
        "Tier",
        "DocumentKind",
        "DocumentState",
        "DeliveryState",
        "DefectKind",
        "MembershipRole",
        "AuthorityClass",
        "TimescaleKind",
        "BoardKind",
        "Level",
        "Status",
        "Extent",
        "AbsenceKind",
    ]
    for name in wanted:
        members = [c for c in graph.subjects(RDF.type, NS[name]) if (c, SKOS.inScheme, None) in graph]
        assert len(members) >= 2, name


def test_the_vocabulary_has_a_version(graph: rdflib.Graph) -> None:
    ontology = graph.value(None, RDF.type, OWL.Ontology)
    assert graph.value(ontology, OWL.versionIRI)
    assert graph.value(ontology, rdflib.URIRef("http://purl.org/dc/terms/license"))


def test_what_the_compiled_checks_do_not_know_is_not_used() -> None:
    assert read_vocabulary(library().ontology).unsupported == ()


# -------------------------------------------------------------------- one set of words


def test_the_data_use_no_term_that_the_ontology_lacks(bundled_reading: Reading) -> None:
    ontology = {
        quad.subject.value for quad in bundled_reading.vocabulary.quads if isinstance(quad.subject, ox.NamedNode)
    }
    used = {quad.predicate.value for quad in bundled_reading.quads()}
    used |= {q.object.value for q in bundled_reading.quads() if isinstance(q.object, ox.NamedNode) and q.object.value.startswith(CSP)}  # fmt: skip
    assert len(used) > 100
    assert sorted(term for term in used if term.startswith(CSP) and term not in ontology) == []


def test_most_of_the_ontology_is_used_by_the_data(bundled_reading: Reading) -> None:
    """A kind that no plan uses is a guess; what no document can hold is named here."""
    used = {entity.kind.name for entity in bundled_reading.entities().values()}
    kinds = {kind.name for kind in bundled_reading.vocabulary.kinds.values() if kind.section}
    assert kinds - used == {"Acceptance", "Disagreement"}, "readers of the graph write these, beside the plans"
    assert len(kinds & used) > 20


def test_prefixes_of_questions_are_the_projects(graph: rdflib.Graph) -> None:
    for path in library().questions:
        for prefix, iri in re.findall(r"PREFIX (\w+): <([^>]+)>", path.read_text(encoding="utf-8")):
            assert PREFIXES[prefix] == iri, path.name
    assert len(library().questions) >= 44
