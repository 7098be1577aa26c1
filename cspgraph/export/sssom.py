"""Alignments as an SSSOM mapping set: a block of metadata behind `#`, then a row of tab-separated values for each.

The slots and their order are those of SSSOM 1.1 (github.com/mapping-commons/sssom, sssom_schema.yaml). What SSSOM has
no slot for, our evidence and the ground of an alignment, stands in extension slots that the metadata defines.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from cspgraph import __version__
from cspgraph.evidence import Place, places, statement_places
from cspgraph.names import text, things
from cspgraph.terms import CSP, GRAPH, ID, SKOS, local, short
from cspgraph.text import cell, clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine
    from cspgraph.export import Request
    from cspgraph.names import Thing

_ALIGNED = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?local ?alignment ?with ?framework ?relationship ?basis ?rationale WHERE {
  ?local csp:alignment ?alignment . ?alignment csp:with ?with .
  OPTIONAL { ?with csp:framework ?framework }
  OPTIONAL { ?alignment csp:relationship ?relationship }
  OPTIONAL { ?alignment csp:basis ?basis }
  OPTIONAL { ?alignment csp:rationale ?rationale }
} ORDER BY ?local ?with ?alignment ?framework ?relationship ?basis ?rationale
"""
_MATCHED = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?one ?relation ?other WHERE {
  VALUES ?relation { skos:closeMatch csp:sameActionAs }
  ?one ?relation ?other
} ORDER BY ?one ?relation ?other
"""
_EXTENSIONS = {
    "ext_basis": "csp:basis",
    "ext_source": "csp:inSource",
    "ext_lines": "csp:range",
    "ext_status": "csp:status",
    "ext_why": "csp:why",
}
COLUMNS = (
    "subject_id", "subject_label", "subject_category", "predicate_id", "object_id", "object_label", "object_category",
    "mapping_justification", "subject_source", "object_source", "comment", *_EXTENSIONS,
)  # fmt: skip
_PREDICATES = {
    "exact-match": "skos:exactMatch",
    "close-match": "skos:closeMatch",
    "broad-match": "skos:broadMatch",
    "narrow-match": "skos:narrowMatch",
    "related-match": "skos:relatedMatch",
}


def sssom(request: Request) -> bytes:
    """Return every alignment, `perhaps the same as` and `same action as` as a row of an SSSOM mapping set.

    An alignment whose document names no relationship gets `skos:mappingRelation`, the relation above them all.
    """
    rows = sorted([*_alignments(request.engine), *_matches(request.engine)], key=lambda row: [row[c] for c in COLUMNS])
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(clean(row[column])) for column in COLUMNS] for row in rows)
    return ("".join(f"#{line}\n" for line in _metadata(request)) + out.getvalue()).encode()


def _metadata(request: Request) -> list[str]:
    plans = sorted(request.plans)
    # The slots stand in double quotes, which every YAML reader takes as text.
    extensions = [
        line
        for name, term in _EXTENSIONS.items()
        for line in (f"- slot_name: {name}", f"  property: {term}", "  type_hint: xsd:string")
    ]
    return [
        'sssom_version: "1.1"',
        "curie_map:",
        f'  cspid: "{ID}"',
        f'  csp: "{CSP}"',
        '  xsd: "http://www.w3.org/2001/XMLSchema#"',
        f'mapping_set_id: "{GRAPH}{"+".join([*plans, "alignments"])}"',
        f'mapping_set_version: "{__version__}"',
        'mapping_set_title: "What community safety plans are aligned to"',
        'license: "https://creativecommons.org/licenses/by/4.0/"',
        "mapping_tool: cspgraph",
        f'mapping_tool_version: "{__version__}"',
        "extension_definitions:",
        *extensions,
    ]


def _alignments(engine: Engine) -> Iterable[dict[str, str]]:
    rows = [tuple(map(text, row)) for row in engine.select(_ALIGNED).rows]
    named = things(engine, {iri for row in rows for iri in (row[0], row[2])})
    where = places(engine, [row[1] for row in rows])
    for one, alignment, other, framework, relationship, basis, rationale in rows:
        predicate = _PREDICATES.get(local(relationship).removeprefix("relationship-"), "skos:mappingRelation")
        row = _row(named[one], predicate, named[other], where.get(alignment, Place()))
        row["object_source"] = _curie(framework) if framework else row["object_source"]
        yield {**row, "comment": rationale, "ext_basis": local(basis).removeprefix("basis-")}


def _matches(engine: Engine) -> Iterable[dict[str, str]]:
    rows = engine.select(_MATCHED).rows
    named = things(engine, {text(term) for one, _, other in rows for term in (one, other)})
    where = statement_places(engine, rows)  # type: ignore[arg-type]
    for one, relation, other in rows:
        predicate = "skos:closeMatch" if text(relation) == f"{SKOS}closeMatch" else "skos:exactMatch"
        yield _row(named[text(one)], predicate, named[text(other)], where[one, relation, other])  # type: ignore[index]


def _row(one: Thing, predicate: str, other: Thing, place: Place) -> dict[str, str]:
    evidence = {"ext_source": place.source, "ext_lines": place.lines, "ext_status": place.status, "ext_why": place.why}
    sources = {
        f"{end}_source": f"cspid:{thing.plan}" if thing.plan else ""
        for end, thing in (("subject", one), ("object", other))
    }
    ends = {
        f"{end}_{key}": value
        for end, thing in (("subject", one), ("object", other))
        for key, value in (("id", _curie(thing.iri)), ("label", thing.label), ("category", f"csp:{thing.kind}"))
    }
    justified = {"predicate_id": predicate, "mapping_justification": "semapv:ManualMappingCuration"}
    return {**dict.fromkeys(COLUMNS, ""), **ends, **sources, **justified, **evidence}


def _curie(iri: str) -> str:
    return f"cspid:{short(iri)}"
