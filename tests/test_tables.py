"""Results as tables and frames, and views as still pictures: what a notebook shows."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from defusedxml import ElementTree

from cspgraph.draw.svg import MOST_BOXES
from cspgraph.errors import CspgraphError, UnknownName
from cspgraph.tables import MOST_ROWS, Results, flattened, html

if TYPE_CHECKING:
    from collections.abc import Callable

    from cspgraph.graph import KnowledgeGraph

HOSTILE = (
    '<script>alert(1)</script> <img src=x onerror=alert(2)> \u202e =1+1 \x1b[31m ]]> &lt;b&gt; "quoted" ' + "x" * 10_000
)
SVG = "{http://www.w3.org/2000/svg}"


class _Elements(HTMLParser):
    """The elements of a piece of HTML, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def tags(text: str) -> set[str]:
    return {tag for tag, _ in _Elements(text).found}


def results(kg: KnowledgeGraph) -> dict[str, Any]:
    """Every sort of result that there is."""
    return {
        "gaps": kg.gaps("priority-without-actions"),
        "depends": kg.depends("London Crime Prevention Fund", kind="action"),
        "what_if": kg.what_if("London Crime Prevention Fund"),
        "horizon": kg.horizon("2017-10", "2017-12"),
        "load": kg.load(),
        "chains": kg.chains("havering-2017/A4"),
        "coverage": kg.coverage("Police and Crime Plan 2017"),
        "compare": kg.compare("havering-2017", "tower-hamlets-2017"),
        "show": kg.show("havering-2017/A4"),
        "ask": kg.ask("money-by-fund"),
        "query": kg.query(
            "SELECT ?s ?p WHERE { ?s ?p <https://w3id.org/cspgraph/id/ref/lcpf> } ORDER BY ?s ?p LIMIT 5"
        ),
    }


def test_every_result_is_a_frame_with_a_row_for_each_record_and_a_table(bundled: KnowledgeGraph) -> None:
    for name, result in results(bundled).items():
        records, frame = result.records(), result.frame()
        assert len(frame) == len(records) > 0, name
        assert frame.columns.is_unique, name
        shown = _Elements(result._repr_html_())
        assert {tag for tag, _ in shown.found} == {"table", "caption", "thead", "tbody", "tr", "th", "td"}, name
        assert sum(tag == "tr" for tag, _ in shown.found) == min(len(records), MOST_ROWS) + 1, name
        assert f"{len(records):,} row" in shown.text[0], name


def test_a_frame_holds_what_the_results_say(bundled: KnowledgeGraph) -> None:
    found = bundled.depends("London Crime Prevention Fund", kind="action")
    frame = found.frame()
    assert list(frame["thing_id"]) == [one.thing.id for one in found]
    assert list(frame["distance"]) == [len(one.path) for one in found]
    assert list(frame["others"]) == [len(one.paths) - 1 for one in found]
    assert frame["path"][0].startswith(found[0].path[0].source.label)
    money = bundled.ask("money-by-fund")
    amounts = money.frame()["amount"]
    assert amounts.dtype.kind in {"f", "i"}
    told = [row["amount"] for row in money if isinstance(row["amount"], int | Decimal)]
    assert told
    assert float(amounts.sum()) == pytest.approx(float(sum(told)))
    assert list(money.frame()["status"]) == money.statuses
    (served,) = bundled.coverage("ref/pcp-2013")
    assert 0 < int(served.frame()["served"].sum()) == served.served < len(served.frame())
    (action,) = bundled.show("havering-2017/A4")
    assert len(action.frame()) == len(action.says) + len(action.said)
    both = bundled.compare("havering-2017", "tower-hamlets-2017")
    alone = both.frame().query("join == 'first'")
    assert alone["second_thing"].isna().all()
    assert "second" not in both.frame()


def test_a_frame_has_its_columns_where_nothing_was_found(bundled: KnowledgeGraph) -> None:
    empty = bundled.query("SELECT ?a ?b WHERE { ?a <urn:none> ?b }")
    assert list(empty.frame().columns) == ["a", "b"]  # type: ignore[union-attr]
    assert "0 rows" in empty._repr_html_()  # type: ignore[union-attr]
    assert len(Results[Any]().frame()) == 0
    assert "0 rows" in Results[Any]()._repr_html_()


def test_without_pandas_a_sentence_says_what_to_install(
    bundled: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(CspgraphError, match="needs pandas") as raised:
        bundled.gaps("priority-without-actions").frame()
    assert raised.value.hint == 'pip install "cspgraph[notebooks]"'
    assert "<table>" in bundled.gaps("priority-without-actions")._repr_html_()


def test_results_are_still_lists(bundled: KnowledgeGraph) -> None:
    found = bundled.gaps("priority-without-actions")
    assert isinstance(found, list)
    assert found[:2] == list(found)[:2]
    assert sorted(found, key=lambda finding: finding.focus.id)


def test_a_long_table_says_what_it_does_not_show(bundled: KnowledgeGraph) -> None:
    found = bundled.gaps()
    shown = _Elements(found._repr_html_())
    assert f"{len(found):,} rows, of which the first {MOST_ROWS} are shown; .frame() has all" in shown.text[0]
    assert len(found.frame()) == len(found)


def test_columns_of_a_thing_stand_together_wherever_it_was_met() -> None:
    thing = {"id": "a/1", "label": "One", "kind": "Action"}
    records: list[dict[str, Any]] = [{"first": None, "n": 1, "paths": []}, {"first": thing, "n": 2, "paths": [[], []]}]
    rows, columns = flattened(records)
    assert columns == ["first", "first_id", "n", "paths"]
    assert [row["paths"] for row in rows] == [0, 2]


def test_the_graph_shows_how_many_things_each_plan_holds(bundled: KnowledgeGraph) -> None:
    shown = _Elements(bundled._repr_html_())
    assert {"kind", "havering-2017", "shared", "action"} <= set(shown.text)


# -------------------------------------------------------------------- pictures


def elements(svg: str) -> list[Any]:
    return list(ElementTree.fromstring(svg).iter())


def test_a_picture_holds_every_thing_and_every_relation_in_its_frame(bundled: KnowledgeGraph) -> None:
    drawn = bundled.picture("dependencies", "London Crime Prevention Fund")
    found = elements(drawn._repr_svg_())
    boxes = [one for one in found if one.tag == f"{SVG}rect" and one.get("rx")]
    assert len(boxes) == len(drawn.network) == len(bundled.depends("London Crime Prevention Fund")) + 1
    assert sum(one.tag == f"{SVG}path" for one in found) == drawn.network.number_of_edges()
    width, height = (float(found[0].get(side)) for side in ("width", "height"))
    corners = sorted((float(box.get("x")), float(box.get("y"))) for box in boxes)
    assert all(0 <= x <= width - 250 and 0 <= y <= height - 48 for x, y in corners)
    assert all(one != other and (abs(one[0] - other[0]) >= 250 or abs(one[1] - other[1]) >= 48)
               for place, one in enumerate(corners) for other in corners[place + 1 :])  # fmt: skip
    told = [one.text or "" for one in found if one.tag == f"{SVG}title"]
    assert any("havering-2017/A4" in text and "havering-csp-plan-2017-20:370" in text for text in told)


def test_doubtful_lines_are_broken_and_the_key_says_so(bundled: KnowledgeGraph) -> None:
    drawn = bundled.restricted(["havering-2017"]).picture("overview")
    found = elements(drawn.svg)
    statuses = [data["status"] for _, _, data in drawn.network.edges(data=True)]
    dashes = [one.get("stroke-dasharray") for one in found if one.tag == f"{SVG}path"]
    assert dashes.count("6 4") == statuses.count("inferred") > 0
    assert dashes.count(None) == statuses.count("stated") > 0
    assert "broken lines are inferred" in drawn.svg


def test_what_cannot_be_drawn_is_said(bundled: KnowledgeGraph) -> None:
    with pytest.raises(CspgraphError, match=f"a picture holds {MOST_BOXES}"):
        bundled.picture("everything")
    with pytest.raises(CspgraphError, match="what rests on a thing"):
        bundled.picture("dependencies")
    with pytest.raises(UnknownName):
        bundled.picture("no-such-view")


def test_a_picture_is_the_same_for_every_order_of_sets() -> None:
    code = (
        "import cspgraph, hashlib; print(hashlib.sha256(cspgraph.load().picture('partners').svg.encode()).hexdigest())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(made) == 1


def test_hostile_labels_are_inert(graph_of: Callable[[str], KnowledgeGraph]) -> None:
    import json

    title = json.dumps(HOSTILE.replace("\x1b", "").replace("\u202e", ""))
    graph = graph_of(
        f"plan: p\nsource: doc\ntitle: T\nlines: 1\n"
        f"posts:\n  boss: {{title: {title}, lines: 2}}\n"
        f"actions:\n  A1:\n    title: {title}\n    lines: 3\n    ledBy: boss\n"
    )
    drawn = graph.picture("overview").svg
    found = elements(drawn)
    assert {one.tag.removeprefix(SVG) for one in found} <= {
        "svg",
        "rect",
        "text",
        "tspan",
        "g",
        "title",
        "path",
        "circle",
    }
    assert not [name for one in found for name in one.attrib if name.startswith("on") or "href" in name]
    assert "alert(1)" in drawn, "it was drawn"
    for result in (graph.show("p/A1"), graph.load(), graph.depends("p/boss"), graph.gaps()):
        text = result._repr_html_()
        assert tags(text) == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert {name for _, attrs in _Elements(text).found for name, _ in attrs} <= {"style", "scope"}
    told = html([{HOSTILE: HOSTILE}])
    assert tags(told) == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert not {"\u202e", "\x1b"} & set(told)
    assert len(told) < 3_000


def test_a_long_answer_as_csv_is_looked_through_a_few_times_only(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    from cspgraph.cli.output import emit
    from cspgraph.names import Thing

    class Counting(dict[str, object]):
        looked = 0

        def __getitem__(self, key: str) -> object:
            Counting.looked += 1
            return super().__getitem__(key)

    rows = [Counting(number=number, thing=Thing("p/a", "A", "Action")) for number in range(500)]
    emit(rows, "csv")
    assert Counting.looked < 5 * len(rows)
    assert capsysbinary.readouterr().out.decode("utf-8-sig").startswith("number,thing,thing_id\r\n0,A,p/a\r\n")
