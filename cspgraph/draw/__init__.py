"""A networkx graph to one HTML page that opens offline.

pyvis makes the nodes, edges and options; the page around them is ours. Scripts are
inlined, the page's policy names each by its hash and allows no request, labels are only
ever set as text, and the same content stands in an outline and in tables for those who do
not see the picture. Positions are computed here, so that the picture is the same every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cspgraph.draw.content import MOST_DRAWN, Extras, content
from cspgraph.draw.safety import own_script, policy, script_json, vis_script
from cspgraph.errors import CspgraphError
from cspgraph.resources import template_folder
from cspgraph.text import clean

if TYPE_CHECKING:
    import networkx as nx

    from cspgraph.engines import Engine
    from cspgraph.findings import Finding
    from cspgraph.names import Thing
    from cspgraph.ontology import Vocabulary
    from cspgraph.questions import Catalogue, Question

__all__ = ["LAYOUTS", "MOST_DRAWN", "MOST_NODES", "Drawn", "Extras", "page", "view_page"]
MOST_NODES = 30_000  # things in one page: more of them no browser holds at ease
LAYOUTS = ("columns", "layers", "communities", "dependence")


class Drawn(NamedTuple):
    """A page, and how much is in it."""

    html: str
    things: int
    relations: int


def view_page(
    engine: Engine,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    view: str,
    focus: list[Thing] | None = None,
    depth: int | None = None,
    subtitle: str = "",
    findings: list[Finding] | None = None,
) -> Drawn:
    """Return the page of a view, with everything the graph says of its things and all that they lack.

    `findings` are what the rules find in this engine, where that is known already. Around a thing they are those of
    the plans that stand in the picture.
    Raises UnknownName for a view that is not there, CspgraphError where a thing is needed or there are too many.
    """
    from cspgraph.findings import find
    from cspgraph.network.holes import with_holes

    question = catalogue.get(view, "view")
    graph = network_of(engine, question, focus, depth)
    if findings is None:
        plans = {data["plan"] for _, data in graph.nodes(data=True)} if focus else None
        findings = find(catalogue, engine, plans=plans)
    if question.header.get("marks") == "findings" and not focus:
        graph = with_holes(engine, graph, findings)
    if len(graph) > MOST_NODES:
        hint = "narrow it with --plan or --focus"
        raise CspgraphError(f"the view has {len(graph):,} things; more than {MOST_NODES:,} do not fit a page", hint)
    extras = _extras(engine, graph, question, focus, findings)
    title = _headed(question, focus)
    return Drawn(page(graph, vocabulary, title, subtitle, extras), len(graph), graph.number_of_edges())


def _extras(
    engine: Engine,
    graph: nx.MultiDiGraph[str],
    question: Question,
    focus: list[Thing] | None,
    findings: list[Finding],
) -> Extras:
    """Return what a page holds besides its network: details, findings, and how the view is drawn."""
    from cspgraph.network.details import details
    from cspgraph.network.holes import shown_on

    return Extras(
        question.header.get("layout", "columns"),
        frozenset(word.removeprefix("csp:") for word in question.header.get("backward", "").split()),
        details(engine, graph),
        findings,
        shown_on(engine, graph, findings),
        question.header.get("marks") == "findings",
        question.header.get("hint", ""),
        tuple(thing.id for thing in focus or ()),
        _titles(engine, graph),
    )


def _headed(question: Question, focus: list[Thing] | None) -> str:
    """Return the title of a view, or of one that is focused on a thing, where it has one."""
    return (
        question.header.get("focused", question.title).replace("{focus}", focus[0].label) if focus else question.title
    )


def _titles(engine: Engine, graph: nx.MultiDiGraph[str]) -> dict[str, str]:
    """Return the title of each plan that things of the picture stand in."""
    from cspgraph.names import things
    from cspgraph.terms import ID

    return {
        thing.id: thing.label
        for thing in things(engine, {f"{ID}{data['plan']}" for _, data in graph.nodes(data=True)}).values()
    }


def network_of(
    engine: Engine, question: Question, focus: list[Thing] | None, depth: int | None
) -> nx.MultiDiGraph[str]:
    """Return the network that a view draws. Raises CspgraphError for an unknown layout, or where a thing is needed."""
    from cspgraph.network import network
    from cspgraph.network.special import dependence, joined

    layout = question.header.get("layout", "columns")
    if layout not in LAYOUTS:
        raise CspgraphError(f"'{layout}' is not a layout for a view", f"known are: {', '.join(LAYOUTS)}")
    if layout == "dependence":
        if not focus:
            raise CspgraphError(f"the view '{question.name}' shows what rests on a thing", "name it with --focus NAME")
        return dependence(engine, focus, depth)
    build = joined if layout == "communities" else network
    return build(engine, question, focus, depth or 2)


def page(
    graph: nx.MultiDiGraph[str], vocabulary: Vocabulary, title: str, subtitle: str = "", extras: Extras | None = None
) -> str:
    """Return the HTML of a picture: what vis-network draws, search, filters, a panel, a legend, an outline and tables."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    extras = extras or Extras()
    data = content(graph, vocabulary, extras)
    scripts = [vis_script(), own_script()]
    environment = Environment(loader=FileSystemLoader(template_folder()), autoescape=True, undefined=StrictUndefined)
    statuses = {edge["status"] for edge in graph.edges.values()}
    return environment.get_template("page.html.j2").render(
        title=clean(title),
        subtitle=clean(subtitle),
        hint=extras.hint if len(graph) else "",
        around=bool(extras.chosen),
        scripts=scripts,
        policy=policy(scripts),
        data=script_json(data),
        legend=data["kinds"],
        begin=data["begin"],
        nodes=len(graph),
        edges=graph.number_of_edges(),
        inferred=bool(statuses - {"stated"}),
        disputed=any(edge.get("disputed") for edge in graph.edges.values()),
        findings=len(data["findings"]),
        joined=extras.layout == "communities",
    )
