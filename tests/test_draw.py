"""The page of a picture: what it holds, and where it puts things. What a browser makes of it: test_page.py."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from importlib.metadata import files
from typing import TYPE_CHECKING, Any

import pytest

from cspgraph.draw import page
from cspgraph.draw.boxes import wrapped
from cspgraph.draw.layout import columns, communities, layers
from cspgraph.draw.safety import colour
from cspgraph.network import around, network
from cspgraph.network.special import dependence, joined
from cspgraph.text import clean
from tests.conftest import ROOT
from tests.drawing import PAYLOADS, drawn, hostile_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from cspgraph.ontology import Vocabulary
    from tests.conftest import Ran


def test_the_script_of_the_picture_lies_in_the_installed_pyvis() -> None:
    assert [file for file in files("pyvis") or [] if str(file).endswith("vis-9.1.2/vis-network.min.js")]


def test_the_policy_allows_these_scripts_and_nothing_else(pages: Callable[[str], str]) -> None:
    html = pages("overview")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    text = policy[1].replace("&#39;", "'")
    assert "default-src 'none'" in text
    assert "base-uri 'none'" in text
    assert "form-action 'none'" in text
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    hashes = {f"sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}" for s in scripts}
    assert len(scripts) == 2
    assert hashes == set(re.findall(r"sha256-[\w+/=]+", text))
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", html.replace(scripts[0], ""))


def test_no_relation_runs_inside_a_column_and_no_boxes_overlap(bundled: KnowledgeGraph) -> None:
    for view in ("overview", "everything"):
        graph = network(bundled.engine, bundled.questions.get(view, "view"))
        kinds = {data["kind"]: {"order": 1} for _, data in graph.nodes(data=True)}
        spots = columns(graph, kinds)
        assert len(set(spots.values())) == len(graph)
        same = [(a, b) for a, b in graph.edges() if a != b and spots[a][0] == spots[b][0]]
        circles = [edge for edge in same if graph.nodes[edge[0]]["kind"] == graph.nodes[edge[1]]["kind"]]
        assert same == circles, "only a circle inside one kind stays together"


def test_layers_run_one_way_and_nothing_overlaps(bundled: KnowledgeGraph) -> None:
    graph = network(bundled.engine, bundled.questions.get("governance", "view"))
    spots = layers(graph, {"servesPriority"})
    assert len(set(spots.values())) == len(graph)
    wrong = [
        (a, b) for a, b, key in graph.edges(keys=True)
        if a != b and (spots[a][0] <= spots[b][0]) != (key == "servesPriority")
    ]  # fmt: skip
    assert wrong == []


def test_communities_keep_together_and_nothing_overlaps(bundled: KnowledgeGraph) -> None:
    graph = joined(bundled.engine, bundled.questions.get("partners", "view"))
    spots = list(communities(graph).values())
    close = [(a, b) for n, a in enumerate(spots) for b in spots[:n] if abs(a[0] - b[0]) < 250 and abs(a[1] - b[1]) < 50]
    assert close == []


def test_partners_are_joined_by_the_actions_that_both_take_part_in(bundled: KnowledgeGraph) -> None:
    graph = joined(bundled.engine, bundled.questions.get("partners", "view"))
    for _, _, data in graph.edges(data=True):
        assert data["shared"]
        assert data["label"].startswith(f"works on {len(data['shared'])} ")
    police = graph.nodes["ref/metropolitan-police"]
    load = [one for one in bundled.load() if one.body.id == "ref/metropolitan-police" and not one.plan]
    assert police["leads"] == load[0].leads + load[0].through


@pytest.mark.parametrize("name", ["Metropolitan Police Service", "London Crime Prevention Fund", "Safer Communities"])
def test_dependencies_show_exactly_what_depends_says(bundled: KnowledgeGraph, name: str) -> None:
    starts = bundled.find(name)
    graph = dependence(bundled.engine, starts)
    found = bundled.depends(name)
    assert set(graph) == {one.thing.id for one in found} | {start.id for start in starts}
    hops = {(hop.source.id, hop.target.id, hop.relation) for one in found for path in one.paths for hop in path}
    assert set(graph.edges(keys=True)) == hops
    spots = layers(graph)
    assert len(set(spots.values())) == len(graph)


def test_every_finding_of_the_gaps_view_is_on_the_page(bundled: KnowledgeGraph, pages: Callable[[str], str]) -> None:
    data = json.loads(re.search(r'id="data">(.*?)</script>', pages("gaps"), re.DOTALL)[1])  # type: ignore[index]
    assert sorted(one["says"] for one in data["findings"]) == sorted(clean(one.sentence) for one in bundled.gaps())
    assert data["marks"]


def test_a_view_that_needs_a_thing_says_so(cli: Callable[..., Ran], tmp_path: Path) -> None:
    ran = cli("view", "dependencies", "--to", tmp_path / "x.html")
    assert ran.code == 2
    assert "--focus NAME" in ran.err
    assert not (tmp_path / "x.html").exists()


def test_labels_fit_their_boxes() -> None:
    assert wrapped("● Police", 2) == ["● Police"]
    assert [len(wrapped(text, 2)) for text in ("x" * 10_000, "word " * 500, "\U0001f46e" * 300)] == [2, 2, 2]
    assert wrapped("word " * 500, 2)[1].endswith("…")
    assert all(len(line) <= 50 for line in wrapped("i" * 10_000, 2))


def test_the_same_bytes_for_every_hash_seed(tmp_path: Path) -> None:
    made = set()
    for seed in ("1", "2"):
        for view in ("partners", "governance", "everything --focus havering-2017/A4 --depth 1"):
            target = tmp_path / f"{view[:8]}-{seed}.html"
            command = [sys.executable, "-m", "cspgraph", "view", *view.split(), "--quiet", "--to", str(target)]
            subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed})
            made.add((view, hashlib.sha256(target.read_bytes()).hexdigest()))
    assert len(made) == 3


def test_a_page_of_hostile_labels_holds_no_element_of_theirs(
    graph_of: Callable[[str], KnowledgeGraph], vocabulary: Vocabulary
) -> None:
    graph = graph_of(hostile_plan())
    for view in ("governance", "partners", "gaps", "everything"):
        html = drawn(graph, view, vocabulary)
        ours = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
        assert len(re.findall(r"<script>.*?</script>", html, re.DOTALL)) == 2
        assert re.findall(r"<script[^>]*>", ours) == ['<script type="application/json" id="data">']
        assert "<img" not in ours
        assert "<a href=java" not in ours
        assert "\u202e" not in html
    titled = page(network(graph.engine, graph.questions.get("governance", "view")), vocabulary, "".join(PAYLOADS))
    assert "<script>window" not in titled


def test_an_empty_picture_says_that_there_is_nothing(
    graph_of: Callable[[str], KnowledgeGraph], vocabulary: Vocabulary
) -> None:
    plan = "plan: p\nsource: doc\ntitle: The plan\nlines: 1\nactions:\n  A1: {title: Act, lines: 4}\n"
    for view in ("governance", "money-network", "frameworks"):
        html = re.sub(r"<script>.*?</script>", "", drawn(graph_of(plan), view, vocabulary), flags=re.DOTALL)
        assert html.count("Nothing that this picture shows is in these plans.") == 2, "in the picture and beside it"
        assert "Choose a thing" not in html
    html = re.sub(r"<script>.*?</script>", "", drawn(graph_of(plan), "everything", vocabulary), flags=re.DOTALL)
    assert "Nothing that" not in html
    assert "Choose a thing" in html


def test_a_colour_of_a_users_file_cannot_leave_its_place() -> None:
    assert colour("#0072B2") == "#0072B2"
    assert colour("red;background:url(//x)") == "#000000"


def test_the_focus_and_its_depth_bound_the_picture(bundled: KnowledgeGraph) -> None:
    view = bundled.questions.get("everything", "view")
    focus = bundled.find("havering-2017/sgv-panel")
    sizes = [len(network(bundled.engine, view, focus, depth)) for depth in (1, 2, 3)]
    assert 1 < sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("focus", ["havering-2017/sgv-panel", "havering-2017/A4", "Metropolitan Police Service"])
@pytest.mark.parametrize("view", ["overview", "everything", "governance", "partners"])
def test_around_a_thing_is_the_same_as_cut_from_the_whole_picture(
    bundled: KnowledgeGraph, view: str, focus: str
) -> None:
    draw = joined if view == "partners" else network
    question, things = bundled.questions.get(view, "view"), bundled.find(focus)
    whole = draw(bundled.engine, question)
    assert whole
    for depth in (1, 2, 4):
        cut = around(whole, things, depth)
        near = draw(bundled.engine, question, things, depth)
        if not cut:  # the view does not hold the thing
            assert set(near) <= {things[0].id}
            continue
        assert list(near.nodes(data=True)) == list(cut.nodes(data=True))
        assert list(near.edges(keys=True, data=True)) == list(cut.edges(keys=True, data=True))


def test_around_a_thing_the_plans_in_the_picture_are_asked_what_they_lack_and_no_other(
    bundled: KnowledgeGraph, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cspgraph import findings

    told: list[list[findings.Finding]] = []
    find = findings.find

    def telling(*given: Any, **words: Any) -> list[findings.Finding]:
        told.append(find(*given, **words))
        return told[-1]

    monkeypatch.setattr(findings, "find", telling)
    drawn(bundled, "dependencies", vocabulary, "havering-2017/A4")
    drawn(bundled, "overview", vocabulary)
    near, every = told
    assert {finding.plan for finding in near} == {"havering-2017"}
    assert near == [finding for finding in every if finding.plan == "havering-2017"]
    gravest = find(bundled.questions, bundled.engine, first=3, plans={"hackney-2015"})
    assert gravest == [finding for finding in every if finding.plan == "hackney-2015"][:3]
