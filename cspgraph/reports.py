"""Findings as machines read them: SARIF, so that a plan kept in git is checked like code, and a SHACL validation report.

SARIF 2.1.0 (OASIS) and the results vocabulary of SHACL (W3C, section 3.6). Both name the rule, the thing,
the sentence, how grave it is, and where it stands.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyoxigraph as ox

from cspgraph import __version__
from cspgraph.terms import ID, PREFIXES, RDF, SH, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cspgraph.findings import Finding

_LEVELS = {"high": "error", "medium": "warning", "low": "note"}
_SEVERITIES = {"high": "Violation", "medium": "Warning", "low": "Info"}
RULES = "https://w3id.org/cspgraph/rule/"


def fingerprint(finding: Finding) -> str:
    """Return a name of a finding that stays the same while it says the same of the same thing."""
    return hashlib.sha256("\0".join(finding.key).encode()).hexdigest()[:16]


def sarif(findings: Sequence[Finding], written: Mapping[str, tuple[Path, int]], texts: Mapping[str, str]) -> bytes:
    """Return a SARIF log of the findings.

    `written` gives, by IRI, the plan file and the line on which a thing is written; `texts` the file name of a
    source document by its id. Paths are relative to the working directory where they lie in it.
    """
    rules = {finding.rule: finding for finding in reversed(findings)}
    names = sorted(rules)
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "cspgraph",
                        "version": __version__,
                        "rules": [_rule(rules[name]) for name in names],
                    }
                },
                "results": [_result(finding, names, written, texts) for finding in findings],
            }
        ],
    }
    return (json.dumps(log, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _rule(finding: Finding) -> dict[str, Any]:
    basis = f" {finding.basis}" if finding.basis else ""
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.title},
        "fullDescription": {"text": finding.why},
        "help": {"text": f"{finding.fix}{basis}"},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
    }


def _result(
    finding: Finding, names: list[str], written: Mapping[str, tuple[Path, int]], texts: Mapping[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": names.index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.sentence},
        "partialFingerprints": {"cspgraph/v1": fingerprint(finding)},
        "properties": {"plan": finding.plan, "focus": finding.focus.id, "absence": finding.absence},
    }
    if finding.focus.iri in written:
        path, line = written[finding.focus.iri]
        found["locations"] = [_location(_relative(path), line, line)]
    source = texts.get(finding.place.source)
    ranges = [
        tuple(map(int, re.findall(r"\d+", piece.split(":")[0]))) for piece in finding.place.lines.split(",") if piece
    ]
    if source and ranges:
        found["relatedLocations"] = [_location(source, lines[0], lines[-1]) for lines in ranges]
    return found


def _location(uri: str, first: int, last: int) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(uri)}, "region": {"startLine": first, "endLine": last}}
    }


def _relative(path: Path) -> str:
    resolved = path.resolve()
    return resolved.relative_to(Path.cwd()).as_posix() if resolved.is_relative_to(Path.cwd()) else path.name


def shacl(findings: Iterable[Finding]) -> bytes:
    """Return the findings as a SHACL validation report in Turtle, without blank nodes."""
    node = ox.NamedNode
    report = node(f"{ID}ref/report")
    triples = [ox.Triple(report, node(f"{RDF}type"), node(f"{SH}ValidationReport"))]
    found = list(findings)
    conforms = ox.Literal("false" if found else "true", datatype=node(f"{XSD}boolean"))
    triples.append(ox.Triple(report, node(f"{SH}conforms"), conforms))
    for finding in found:
        result = node(f"{ID}ref/report/{fingerprint(finding)}")
        says: list[tuple[str, ox.NamedNode | ox.Literal]] = [
            (f"{RDF}type", node(f"{SH}ValidationResult")),
            (f"{SH}focusNode", node(finding.focus.iri)),
            (f"{SH}resultMessage", ox.Literal(finding.sentence)),
            (f"{SH}resultSeverity", node(f"{SH}{_SEVERITIES[finding.severity]}")),
            (f"{SH}sourceConstraintComponent", node(f"{SH}SPARQLConstraintComponent")),
            (f"{SH}sourceShape", node(f"{RULES}{finding.rule}")),
        ]
        triples.append(ox.Triple(report, node(f"{SH}result"), result))
        triples += [ox.Triple(result, node(predicate), value) for predicate, value in says]
    prefixes = {name: iri for name, iri in PREFIXES.items() if name in ("sh", "xsd")}
    ordered = sorted(dict.fromkeys(triples), key=str)
    return ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""
