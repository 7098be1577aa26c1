"""The graph in the formats that other tools read, the same bytes every time.

One module to a family of formats. FORMATS is the one table of them: it chooses by the ending of a file name, and
the help of `export` and the list in the README are made from it. The ontology stays out; its files are the ontology.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from cspgraph.errors import CspgraphError
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.engines import Engine
    from cspgraph.export.properties import PropertyGraph
    from cspgraph.names import Thing
    from cspgraph.ontology import Vocabulary
    from cspgraph.questions import Catalogue


@dataclass(frozen=True)
class Format:
    """A format: the ending that chooses it, its name, who reads it, and the function `module:name` that makes it."""

    ending: str
    name: str
    readers: str
    maker: str


FORMATS = (
    Format("ttl", "Turtle, one graph", "any RDF tool", "rdf:turtle"),
    Format("trig", "TriG, a named graph for each plan", "any RDF tool", "rdf:trig"),
    Format("nt", "N-Triples", "any RDF tool, `grep`", "rdf:n_triples"),
    Format("nq", "N-Quads", "any RDF tool, a bulk loader", "rdf:n_quads"),
    Format("rdf", "RDF/XML", "Protégé and older RDF tools", "rdf:rdf_xml"),
    Format("jsonld", "JSON-LD with its context in it", "web developers", "jsonld:json_ld"),
    Format("void.ttl", "VoID: what the data set holds", "data catalogues", "void:void"),
    Format("sssom.tsv", "SSSOM: the alignments, a row for each", "mapping tools, a spreadsheet", "sssom:sssom"),
    Format("graphml", "GraphML with typed attributes", "Gephi, yEd, Cytoscape, networkx, igraph", "networks:graphml"),
    Format("gexf", "GEXF with typed attributes and colours", "Gephi, networkx", "networks:gexf"),
    Format("neo4j.zip", "nodes.csv and relationships.csv with import heads", "Neo4j", "tables:neo4j"),
    Format("csv.zip", "things.csv and relations.csv", "Excel, R, pandas", "tables:csv_zip"),
    Format("json", "things and relations", "scripts", "tables:plain_json"),
    Format("mmd", "Mermaid: a picture of a plan or of what lies around a thing", "GitHub, GitLab", "mermaid:mermaid"),
    Format("ics", "iCalendar: all that ends, is due or is reviewed", "Outlook and other calendars", "dates:ics"),
    Format("stratml", "StratML, Part 2, or Part 1 with `--part 1`: one plan", "StratML tools", "stratml:stratml"),
    Format("xml", "the same", "the same", "stratml:stratml"),
)


@dataclass(frozen=True)
class Request:
    """What is to be written: the graph, and what the user narrowed it to."""

    engine: Engine
    questions: Catalogue
    ontology: tuple[Path, ...]
    plans: tuple[str, ...] = ()
    focus: list[Thing] = field(default_factory=list)
    depth: int = 1
    part: int = 2

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The ontology, read when a format needs it."""
        from cspgraph.ontology import read_vocabulary

        return read_vocabulary(self.ontology)

    @cached_property
    def rows(self) -> PropertyGraph:
        """The things and relations as rows, read when a format needs them."""
        from cspgraph.export.properties import property_graph

        return property_graph(self.engine, self.vocabulary)

    def one_plan(self, what: str) -> str:
        """Return the id of the one plan that is loaded, or that was named. Raises CspgraphError for several or none."""
        loaded = [name.removeprefix(GRAPH) for name in self.engine.graphs() if name != ONTOLOGY_GRAPH]
        plans = sorted(name for name in loaded if name != SHARED)
        if len(plans) != 1:
            known = f"add --plan ID; loaded are: {', '.join(plans)}" if plans else "there is none: name one with --data"
            raise CspgraphError(f"{what} is of one plan", known)
        return plans[0]


def format_of(name: str) -> Format:
    """Return the format that the ending of a file name says, the longest that fits. Raises CspgraphError for none."""
    fitting = [known for known in FORMATS if name.lower().endswith(f".{known.ending}")]
    if not fitting:
        endings = ", ".join([*(known.ending for known in FORMATS), "xlsx", "parquet"])
        raise CspgraphError(f"'{name}' does not say a format", f"end the name in one of: {endings}")
    return max(fitting, key=lambda known: len(known.ending))


def made(known: Format, request: Request) -> bytes:
    """Return the file in a format. Raises CspgraphError for what the format cannot hold, such as two plans at once."""
    module, _, name = known.maker.partition(":")
    content = getattr(import_module(f"cspgraph.export.{module}"), name)(request)
    assert isinstance(content, bytes)
    return content
