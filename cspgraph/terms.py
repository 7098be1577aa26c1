"""The names of terms, things and graphs, and their short forms."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyoxigraph as ox

CSP = "https://w3id.org/cspgraph/ns#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"
LABEL = f"{SKOS}prefLabel"
NUMBERS = (f"{XSD}decimal", f"{XSD}integer")

ID = "https://w3id.org/cspgraph/id/"
GRAPH = "https://w3id.org/cspgraph/graph/"
SHARED = "ref"
ONTOLOGY_GRAPH = f"{GRAPH}ontology"

DEPENDS_ON = f"{CSP}dependsOn"

PREFIXES = {
    "csp": CSP,
    "dcterms": "http://purl.org/dc/terms/",
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "owl": OWL,
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": "https://schema.org/",
    "sh": SH,
    "skos": SKOS,
    "time": "http://www.w3.org/2006/time#",
    "xsd": XSD,
}


def local(iri: str) -> str:
    """Return what follows the last `#` or `/` of an IRI."""
    return iri.replace("#", "/").rsplit("/", 1)[-1]


def short(iri: str) -> str:
    """Return the short name of an IRI of ours (`havering-2017/A4`), or the IRI itself."""
    return iri.removeprefix(ID) if iri.startswith(ID) else iri


def home(iri: str) -> str:
    """Return the plan (or `ref`) whose name an IRI of ours lies under, as it stands in the name of its graph."""
    return short(iri).partition("/")[0]


def number(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> str | int | Decimal | bool:
    """Return a literal as a number or a truth where it is one, else the text of the term."""
    datatype = getattr(term, "datatype", None)
    kind = datatype.value.removeprefix(XSD) if datatype else ""
    if kind == "integer":
        return int(term.value)
    if kind in ("decimal", "double", "float"):
        value = Decimal(term.value)
        return int(value) if value.is_finite() and value == value.to_integral_value() else value
    return term.value == "true" if kind == "boolean" else term.value
