"""Findings as SARIF and as a SHACL validation report, read back by readers that are not ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cspgraph.reports import fingerprint, shacl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

PLAN = """\
plan: p
source: doc
title: The plan
lines: 1
actions:
  A1: {title: 'Act "at once" <b>', lines: '4-5,9:3-7'}
"""


def test_sarif_points_at_the_plan_file_and_at_the_document(
    cli: Callable[..., Ran], write: Callable[..., Path], tmp_path: Path
) -> None:
    folder, target = write("plan.yaml", PLAN), tmp_path / "gaps.sarif"
    done = cli("gaps", "--rule", "action-without-lead", "--data", str(folder), "--count", "--to", str(target))
    assert done.code == 0
    assert "1 finding written to" in done.out
    assert " 1 " in next(line for line in done.out.splitlines() if "action-without-lead" in line), "counts are told too"
    log = json.loads(target.read_text(encoding="utf-8"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "action-without-lead"
    (written,) = result["locations"]
    assert written["physicalLocation"]["artifactLocation"]["uri"] == "plan.yaml"
    assert written["physicalLocation"]["region"] == {"startLine": 6, "endLine": 6}
    regions = [place["physicalLocation"]["region"] for place in result["relatedLocations"]]
    assert regions == [{"startLine": 4, "endLine": 5}, {"startLine": 9, "endLine": 9}]
    assert result["level"] in ("error", "warning", "note")


def test_every_finding_is_in_the_log_once_and_the_bytes_are_the_same_twice(
    cli: Callable[..., Ran], tmp_path: Path
) -> None:
    first, second = tmp_path / "a.sarif", tmp_path / "b.sarif"
    for target in (first, second):
        assert cli("gaps", "--plan", "havering-2017", "--to", str(target)).code == 0
    assert first.read_bytes() == second.read_bytes()
    results = json.loads(first.read_text(encoding="utf-8"))["runs"][0]["results"]
    told = json.loads(cli("gaps", "--plan", "havering-2017", "--format", "json").out)
    assert len(results) == len(told)
    assert len({result["partialFingerprints"]["cspgraph/v1"] for result in results}) == len(results)
    assert all(result["locations"] for result in results)


def test_the_shacl_report_is_one_to_rdflib(bundled: KnowledgeGraph) -> None:
    from rdflib import Graph, Namespace
    from rdflib.namespace import RDF

    sh = Namespace("http://www.w3.org/ns/shacl#")
    found = bundled.gaps()
    report = Graph().parse(data=shacl(found), format="turtle")
    (node,) = report.subjects(RDF.type, sh.ValidationReport)
    assert str(report.value(node, sh.conforms)) == "false"
    assert len(list(report.objects(node, sh.result))) == len({fingerprint(finding) for finding in found})
    for result in report.objects(node, sh.result):
        for needed in (sh.focusNode, sh.resultSeverity, sh.sourceConstraintComponent, sh.resultMessage):
            assert report.value(result, needed) is not None
    empty = Graph().parse(data=shacl([]), format="turtle")
    assert {str(value) for value in empty.objects(None, sh.conforms)} == {"true"}


def test_another_ending_is_refused(cli: Callable[..., Ran], tmp_path: Path) -> None:
    done = cli("gaps", "--to", str(tmp_path / "gaps.docx"))
    assert done.code == 2
    assert ".sarif or .ttl" in done.err
