"""StratML out, held to the names and the order of its schemas, and in: from four namespaces, and back without a change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from defusedxml.ElementTree import fromstring
from lxml import etree  # type: ignore[import-untyped]

from cspgraph import load
from cspgraph.errors import CspgraphError, InputError
from cspgraph.export import Request, format_of, made
from cspgraph.resources import library
from cspgraph.stratml import NAMESPACES, ROOTS
from cspgraph.stratml.files import plan_files
from cspgraph.xml import DEEPEST, MOST_BYTES, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cspgraph.graph import KnowledgeGraph
    from tests.conftest import Ran

PLANS = ("havering-2017", "hackney-2015", "haringey-2013", "tower-hamlets-2017", "hackney-labour-manifesto")

# The children of each element in the order of the schemas, `?` at most one, `*` any number, `+` at least one.
SHARED = {
    "Organization": "Name? Acronym? Identifier? Description? Stakeholder*",
    "Vision": "Description? Identifier?",
    "Mission": "Description? Identifier?",
    "Value": "Name? Description?",
    "StrategicPlanCore": "Organization* Vision? Mission? Value* Goal+",
    "Goal": "Name Description Identifier? SequenceIndicator? Stakeholder* OtherInformation? Objective*",
}
SCHEMAS = {
    1: {
        **SHARED,
        "StrategicPlan": "Name Description? OtherInformation? StrategicPlanCore AdministrativeInformation?",
        "Objective": "Name? Description? Identifier? SequenceIndicator? Stakeholder* OtherInformation?",
        "Stakeholder": "Name Description?",
        "AdministrativeInformation": "StartDate? EndDate? PublicationDate? Source? Submitter?",
    },
    2: {
        **SHARED,
        "PerformancePlanOrReport": "Name Description? OtherInformation? StrategicPlanCore AdministrativeInformation? Submitter?",
        "Objective": "Name? Description? Identifier? SequenceIndicator? Stakeholder* OtherInformation? PerformanceIndicator*",
        "Stakeholder": "Name Description? Role*",
        "Role": "Name Description? RoleType? RoleType?",
        "PerformanceIndicator": "SequenceIndicator? MeasurementDimension UnitOfMeasurement Identifier? Relationship* "
        "MeasurementInstance* OtherInformation?",
        "Relationship": "Identifier? ReferentIdentifier* Name? Description?",
        "MeasurementInstance": "TargetResult* ActualResult*",
        "TargetResult": "StartDate? EndDate? NumberOfUnits? Descriptor? Description?",
        "ActualResult": "StartDate? EndDate? NumberOfUnits? Descriptor? Description?",
        "Descriptor": "DescriptorName? DescriptorValue?",
        "AdministrativeInformation": "Identifier? StartDate? EndDate? PublicationDate? Source?",
    },
}
ENUMERATIONS = {
    "StakeholderTypeType": {"Person", "Organization", "Generic_Group"},
    "RelationshipType": {"Broader_Than", "Peer_To", "Narrower_Than"},
    "ValueChainStage": {"Outcome", "Output_Processing", "Output", "Input_Processing", "Input"},
    "PerformanceIndicatorType": {"Quantitative", "Qualitative"},
    "Type": {"Strategic_Plan", "Performance_Plan", "Performance_Report"},
}


def export(graph: KnowledgeGraph, part: int = 2) -> bytes:
    request = Request(graph.engine, graph.questions, library().ontology, part=part)
    return made(format_of("x.stratml"), request)


def valid(content: bytes, part: int) -> Any:
    """Return the root; every element must be one of the part, its children in their order, its values in their types."""
    root = fromstring(content)
    space = f"{{{NAMESPACES[part][0]}}}"
    assert root.tag == f"{space}{ROOTS[part]}"
    for element in root.iter():
        name = element.tag.removeprefix(space)
        assert "{" not in name, element.tag
        if len(element):
            rule = re.sub(r"(\w+)([?*+]?) ?", r"(?:\1 )\2", SCHEMAS[part][name])
            assert re.fullmatch(rule, "".join(f"{child.tag.removeprefix(space)} " for child in element)), name
        for key, value in element.attrib.items():
            assert value in ENUMERATIONS[key]
        text = element.text or ""
        forms = {
            "Identifier": r"[A-Za-z_][\w.-]*",
            "NumberOfUnits": r"-?\d+(\.\d+)?",
            "RoleType": "Performer|Beneficiary",
        }
        form = forms.get(name) or (r"\d{4}-\d\d-\d\d" if name.endswith("Date") else ".*")
        assert re.fullmatch(form, text, re.DOTALL), f"{name}: {text}"
    identifiers = [element.text for element in root.iter(f"{space}Identifier")]
    assert len(set(identifiers)) == len(identifiers) > 5
    return root


def back(path: Path, folder: Path) -> KnowledgeGraph:
    """Return the graph of what becomes of a StratML file."""
    folder.mkdir()
    for name, content in plan_files(path).files.items():
        (folder / name).write_bytes(content)
    graph = load(folder, engine="memory:")
    (plan,) = [row for row in graph.engine.graphs() if not row.endswith(("/ref", "/ontology"))]
    return graph.restricted([plan.rsplit("/", 1)[1]])


# -------------------------------------------------------------------- out


@pytest.mark.parametrize("part", [1, 2])
@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_is_stratml(bundled: KnowledgeGraph, plan: str, part: int) -> None:
    root = valid(export(bundled.restricted([plan]), part), part)
    space = f"{{{NAMESPACES[part][0]}}}"
    assert len(list(root.iter(f"{space}Objective"))) >= 10
    if part == 2:
        assert list(root.iter(f"{space}PerformanceIndicator")) or plan == "hackney-labour-manifesto"


def test_goals_objectives_partners_and_measures_are_where_the_mapping_puts_them(bundled: KnowledgeGraph) -> None:
    root = etree.fromstring(export(bundled.restricted(["havering-2017"])))
    spaces = {"s": NAMESPACES[2][0]}

    def at(path: str) -> list[Any]:
        return list(root.xpath(path, namespaces=spaces))

    (action,) = at("//s:Objective[s:Identifier='_A4']")
    leads = action.xpath(
        "s:Stakeholder[s:Role[s:Name='led by' and s:RoleType='Performer']]/s:Name/text()", namespaces=spaces
    )
    assert len(at("//s:Objective[s:Identifier]")) >= 20
    assert leads == ["Gang violence and exploitation research analyst"]
    assert at("//s:Goal[s:Identifier='_T1']/s:Name/text()") == ["Protecting vulnerable individuals/victims"]
    assert at("//s:StartDate/text()")[-1] == "2017-04-01"
    assert at("//s:AdministrativeInformation/s:EndDate/text()") == ["2020-03-31"]
    related = at("//s:PerformanceIndicator[s:Relationship]/s:Relationship/s:ReferentIdentifier/text()")
    assert related
    assert all(name.startswith("ref/") for name in related)


def test_two_plans_at_once_are_refused_with_what_to_add(
    bundled: KnowledgeGraph, cli: Callable[..., Ran], tmp_path: Path
) -> None:
    with pytest.raises(CspgraphError, match="of one plan"):
        export(bundled)
    done = cli("export", "--to", tmp_path / "x.stratml")
    assert done.code == 2
    assert "--plan" in done.err
    assert not list(tmp_path.iterdir())
    assert cli("export", "--plan", "haringey-2013", "--part", "1", "--to", tmp_path / "x.xml").code == 0
    valid((tmp_path / "x.xml").read_bytes(), 1)


# -------------------------------------------------------------------- out, in, out


@pytest.mark.parametrize(
    ("plan", "part"),
    [
        (plan, part) if plan == PLANS[0] else pytest.param(plan, part, marks=pytest.mark.slow)
        for plan in PLANS
        for part in (1, 2)
    ],
)
def test_out_and_in_and_out_again_is_the_same(bundled: KnowledgeGraph, tmp_path: Path, plan: str, part: int) -> None:
    first = export(bundled.restricted([plan]), part)
    path = tmp_path / "plan.stratml"
    path.write_bytes(first)
    assert plan_files(path).left_out == [], "of our own nothing is"
    again = back(path, tmp_path / "in")
    assert export(again, part) == first
    named = {row["id"] for row in Request(again.engine, again.questions, library().ontology).rows.things if row["plan"]}
    told = bundled.restricted([plan]).engine.select(
        "SELECT ?t WHERE { ?t <https://w3id.org/cspgraph/ns#kind> <https://w3id.org/cspgraph/ns#Action> } ORDER BY ?t"
    )
    assert {str(getattr(row[0], "value", "")).rsplit("/id/", 1)[1] for row in told.rows} <= named


# -------------------------------------------------------------------- in

FOREIGN = """\
<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="stratml.xsl"?>
<s:ROOT xmlns:s="SPACE" Type="Performance_Plan">
  <s:Name>Riverside Safety &amp; Strategy</s:Name>
  <s:StrategicPlanCore>
    <s:Organization>
      <s:Name>Riverside Council</s:Name>
      <s:Acronym>RC</s:Acronym>
      <s:Identifier>_0a7b3a4c-59f3-42a9-8876-03bd0166689c</s:Identifier>
    </s:Organization>
    <s:Vision><s:Description>A safe
      river side</s:Description></s:Vision>
    <s:Value><s:Name>Openness</s:Name></s:Value>
    <s:Goal>
      <s:Name>Burglary</s:Name>
      <s:Description>Fewer burglaries</s:Description>
      <s:Identifier>goal-one</s:Identifier>
      <s:SequenceIndicator>1</s:SequenceIndicator>
      <s:Objective>
        <s:Name>Mark bicycles</s:Name>
        <s:Description>At the station</s:Description>
        <s:Identifier>_1b7b3a4c-59f3-42a9-8876-03bd0166689c</s:Identifier>
        <s:SequenceIndicator>1.1</s:SequenceIndicator>
        <s:Stakeholder StakeholderTypeType="Organization"><s:Name>Metropolitan Police Service</s:Name></s:Stakeholder>
        <s:Stakeholder StakeholderTypeType="Person"><s:Name>Jo Exampleperson</s:Name></s:Stakeholder>
        <s:OtherInformation>tier: odd = @ text, kept
          as it stands</s:OtherInformation>
      </s:Objective>
    </s:Goal>
  </s:StrategicPlanCore>
  <s:AdministrativeInformation>
    <s:StartDate>2026-04-01</s:StartDate>
    <s:EndDate>2029-03-31</s:EndDate>
    <s:Source>https://example.org/plan</s:Source>
  </s:AdministrativeInformation>
</s:ROOT>
"""


@pytest.mark.parametrize("space", [space for spaces in NAMESPACES.values() for space in spaces])
def test_a_file_of_another_tool_becomes_a_plan_that_passes_check(
    cli: Callable[..., Ran], tmp_path: Path, space: str
) -> None:
    part = next(part for part, spaces in NAMESPACES.items() if space in spaces)
    text = FOREIGN.replace("ROOT", ROOTS[part]).replace("SPACE", space)
    path, folder = tmp_path / "riverside 2026.stratml", tmp_path / "plans"
    path.write_text(text if part == 2 else text.replace(' Type="Performance_Plan"', ""), encoding="utf-8")
    assert cli("import", path, "--to", folder).code == 0
    assert cli("check", folder).code == 0
    assert cli("fmt", "--check", folder).code == 0
    graph = load(folder, engine="memory:")
    (action,) = graph.show("riverside-2026/1.1")
    assert action.thing.label == "Mark bicycles"
    said = {statement.relation: statement for statement in action.says}
    lines = text.split("\n")
    assert "Mark bicycles" in lines[int(action.place.lines.split(",")[0]) - 1]
    assert said["identifier"].value == "_1b7b3a4c-59f3-42a9-8876-03bd0166689c"
    assert {getattr(one.value, "id", "") for one in action.says if one.relation == "involves"} == {
        "ref/metropolitan-police", "riverside-2026/named-person",
    }  # fmt: skip
    police = next(one for one in action.says if getattr(one.value, "id", "") == "ref/metropolitan-police")
    assert "Metropolitan Police" in lines[int(police.place.lines) - 1]
    assert "tier: odd = @ text, kept as it stands" in {one.value for one in action.says}
    assert "Exampleperson" not in "".join(file.read_text(encoding="utf-8") for file in folder.iterdir())
    yaml = (folder / "riverside-2026.yaml").read_text(encoding="utf-8")
    assert "\nperiod: 2026-04-01 to 2029-03-31\n" in yaml
    assert "\nvision: A safe river side\n" in yaml


def test_the_identifiers_of_another_tool_go_out_as_they_came(tmp_path: Path) -> None:
    path = tmp_path / "riverside.stratml"
    path.write_text(FOREIGN.replace("ROOT", ROOTS[2]).replace("SPACE", NAMESPACES[2][1]), encoding="utf-8")
    first = export(back(path, tmp_path / "in"))
    for identifier in ("goal-one", "_1b7b3a4c-59f3-42a9-8876-03bd0166689c", "_0a7b3a4c-59f3-42a9-8876-03bd0166689c"):
        assert f"<Identifier>{identifier}</Identifier>" in first.decode()
    path.write_bytes(first)
    assert export(back(path, tmp_path / "again")) == first


def test_hostile_names_are_text_on_the_way_out_and_in(
    graph_of: Callable[[str], KnowledgeGraph], tmp_path: Path
) -> None:
    title = '</Name><Goal>]]>&amp; =HYPERLINK(1) @3 inferred \\"x\\" [T1]\\u202e' + "y" * 10_000
    text = f'plan: p\nsource: doc\ntitle: "{title}"\nlines: 1\npriorities:\n  T1: {{title: "{title}", lines: 2}}\n'
    text += f'actions:\n  A1:\n    title: "{title}"\n    lines: 3\n    contributesTo: T1\n    note: "none"\n'
    content = export(graph_of(text))
    path = tmp_path / "p.stratml"
    path.write_bytes(content)
    shown = title.replace('\\"', '"').replace("\\u202e", "\ufffd")
    names = [element.text for element in fromstring(content).iter() if element.tag.endswith("}Name")]
    assert names == [shown] * 3
    assert export(back(path, tmp_path / "in")) == content


ODD = """\
<StrategicPlan xmlns="SPACE" xmlns:x="urn:example:other">
<Name>Odd</Name>
<StrategicPlanCore>
<Organization><Description>nobody</Description></Organization>
<Vision><Description>First</Description></Vision>
<Vision><Description>Second</Description></Vision>
<Goal>beside
<Name>Burglary</Name><SequenceIndicator>1</SequenceIndicator>
<x:Name>Robbery</x:Name>
<PerformanceIndicator><MeasurementDimension>Thefts</MeasurementDimension></PerformanceIndicator>
<Goal><Name>Sheds</Name><SequenceIndicator>1.9</SequenceIndicator>
<Objective><Name>Lock them</Name><SequenceIndicator>1.9.1</SequenceIndicator></Objective>
</Goal>
<Objective><Name>Mark bicycles</Name><SequenceIndicator>1.1</SequenceIndicator>
<Objective><Name>Buy pens</Name><SequenceIndicator>1.1.1</SequenceIndicator>
<PerformanceIndicator><MeasurementDimension>Pens</MeasurementDimension></PerformanceIndicator>
</Objective>
<Priority>high</Priority>
<OtherInformation>kept</OtherInformation>
<OtherInformation>second</OtherInformation>
</Objective>
</Goal>
<Objective><Name>Stand alone</Name><SequenceIndicator>9</SequenceIndicator></Objective>
</StrategicPlanCore>
<StrategicPlanCore>
<Mission><Description>To mend</Description></Mission>
<Goal><Name>Noise</Name><SequenceIndicator>2</SequenceIndicator></Goal>
</StrategicPlanCore>
<x:Extra><x:Deep>gone</x:Deep></x:Extra>
</StrategicPlan>
"""


def test_what_the_schemas_do_not_know_is_kept_or_told_with_its_line(cli: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "odd.xml"
    path.write_text(ODD.replace("SPACE", SPACE), encoding="utf-8")
    done = cli("import", path, "--to", tmp_path / "plans", "--quiet")
    assert done.code == 0
    assert done.err.splitlines() == [
        f"{path}:4: the Description in Organization without a Name is not read: left out",
        f"{path}:7: the text 'beside' stands in Goal, beside its elements: left out",
        f"{path}:9: the Name in Goal is not StratML: left out",
        f"{path}:18: the Priority in Objective is not read: left out",
        f"{path}:20: another OtherInformation in Objective is not read: left out",
        f"{path}:29: the Extra in StrategicPlan is not StratML: left out",
    ]
    assert cli("check", tmp_path / "plans").code == 0
    graph = load(tmp_path / "plans", engine="memory:").restricted(["odd"])
    rows = Request(graph.engine, graph.questions, library().ontology).rows
    said = {(row["from"], row["label"], row["to"]) for row in rows.relations}
    assert {
        ("odd/1.9", "part of", "odd/1"), ("odd/1.9.1", "contributes to", "odd/1.9"), ("odd/1.1.1", "contributes to", "odd/1"),
        ("odd/1", "measured by", "odd/1-i1"), ("odd/1.1.1", "measured by", "odd/1.1.1-i1"),
    } <= said  # fmt: skip
    assert {"odd/2", "odd/9"} <= {row["id"] for row in rows.things}
    assert not [one for one in said if one[:2] == ("odd/9", "contributes to")]
    yaml = (tmp_path / "plans/odd.yaml").read_text(encoding="utf-8")
    for words in ("vision: [First, Second]", "aim: To mend", "stands under Mark bicycles [1.1]", "title: Burglary"):
        assert words in yaml
    assert "Robbery" not in yaml


# -------------------------------------------------------------------- refused

ENTITY = '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n<x>&a;</x>'
EXTERNAL = '<?xml version="1.0"?>\n<!DOCTYPE x SYSTEM "file:///etc/hostname">\n<x/>'
SPACE = NAMESPACES[1][0]
REFUSED = {
    "entities": (ENTITY, r":2: the file declares a document type"),
    "external": (EXTERNAL, r":2: the file declares a document type"),
    "cut off": (FOREIGN.replace("SPACE", NAMESPACES[2][0])[:700], r":\d+: this is not XML"),
    "empty": ("", r":1: this is not XML"),
    "not XML": ("plan: p\n", r":1: this is not XML"),
    "deep": ("<a>\n" * 1000, rf":{DEEPEST + 1}: more than {DEEPEST} elements"),
    "wrong root": ("<html/>", r":1: this is not StratML: it begins with 'html'"),
    "wrong namespace": ('<StrategicPlan xmlns="urn:x"/>', r":1: this is not StratML"),
    "no goal": (f'<StrategicPlan xmlns="{SPACE}">\n<Name>x</Name>\n<StrategicPlanCore/></StrategicPlan>', r":3: the plan has no Goal"),
    "no name": (
        f'<StrategicPlan xmlns="{SPACE}"><Name>x</Name><StrategicPlanCore>\n<Goal/></StrategicPlanCore></StrategicPlan>',
        r":2: the Goal has neither a Name nor a Description",
    ),
    "encoding": ('<?xml version="1.0" encoding="x-none"?><a/>', r":1: "),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_file_is_a_sentence_with_its_line_and_nothing_is_written(
    cli: Callable[..., Ran], tmp_path: Path, name: str
) -> None:
    text, sentence = REFUSED[name]
    path = tmp_path / "x.xml"
    path.write_text(text, encoding="utf-8")
    done = cli("import", path, "--to", tmp_path / "plans")
    assert done.code == 2
    assert re.search(sentence, done.err), done.err
    assert "Traceback" not in done.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.xml"]


def test_an_identifier_that_stands_twice_and_a_number_that_is_none_are_told(tmp_path: Path) -> None:
    text = FOREIGN.replace("ROOT", ROOTS[2]).replace("SPACE", NAMESPACES[2][0])
    path = tmp_path / "x.stratml"
    path.write_text(text.replace("goal-one", "_0a7b3a4c-59f3-42a9-8876-03bd0166689c"), encoding="utf-8")
    with pytest.raises(InputError, match=r":17: the Identifier '_0a7b.*' stands twice"):
        plan_files(path)
    indicator = (
        "<s:PerformanceIndicator><s:MeasurementDimension>Bikes</s:MeasurementDimension><s:UnitOfMeasurement/>"
        "<s:MeasurementInstance><s:TargetResult><s:EndDate>2027-03-31</s:EndDate><s:NumberOfUnits>NUMBER</s:NumberOfUnits>"
        "</s:TargetResult></s:MeasurementInstance></s:PerformanceIndicator></s:Objective>"
    )
    path.write_text(text.replace("</s:Objective>", indicator.replace("NUMBER", "many")), encoding="utf-8")
    with pytest.raises(InputError, match=r":28: NumberOfUnits: 'many' is not a number"):
        plan_files(path)
    path.write_text(text.replace("</s:Objective>", indicator.replace("NUMBER", "1e3")), encoding="utf-8")
    folder = tmp_path / "in"
    graph = back(path, folder)
    (row,) = [
        row for row in Request(graph.engine, graph.questions, library().ontology).rows.things if row["kind"] == "Target"
    ]
    assert (row["value"], row["period"], row["lines"]) == (1000, "until 2027-03-31", "28")
    path.write_text(text.replace("2029-03-31", "2025-02-30"), encoding="utf-8")
    with pytest.raises(InputError, match=r":\d+: there is no such day as 2025-02-30"):
        plan_files(path)


def test_too_large_a_file_is_not_parsed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="larger than 20 MB"):
        parse(tmp_path / "x.xml", b" " * (MOST_BYTES + 1))


def test_a_file_with_something_else_in_it_is_left_alone(cli: Callable[..., Ran], tmp_path: Path) -> None:
    path, folder = tmp_path / "riverside.stratml", tmp_path / "plans"
    path.write_text(FOREIGN.replace("ROOT", ROOTS[2]).replace("SPACE", NAMESPACES[2][0]), encoding="utf-8")
    assert cli("import", path, "--to", folder).code == 0
    assert cli("import", path, "--to", folder).code == 0
    (folder / "riverside.yaml").write_text("plan: riverside  # mine\n", encoding="utf-8")
    done = cli("import", path, "--to", folder)
    assert done.code == 2
    assert "with something else in it" in done.err
    assert "# mine" in (folder / "riverside.yaml").read_text(encoding="utf-8")
    assert cli("import", tmp_path / "x.docx", "--to", folder).code == 2
