"""Rows of a view to a networkx graph: things as nodes, relations with their evidence as edges.

`network` takes the rows as they are; `dependence` draws what `depends` finds; `joined` joins bodies by the work
that they share (cspgraph.network.special).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import pyoxigraph as ox

from cspgraph.evidence import Place, places, statement_places
from cspgraph.names import asked, text, things
from cspgraph.questions import run
from cspgraph.terms import CSP, SKOS, local

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine
    from cspgraph.names import Thing
    from cspgraph.questions import Question

_LABELS = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?relation ?label WHERE {{ VALUES ?relation {{ {values} }} ?shape sh:path ?relation ; skos:prefLabel ?label }} ORDER BY ?relation DESC(?label)
"""


def network(engine: Engine, view: Question, focus: list[Thing] | None = None, depth: int = 2) -> nx.MultiDiGraph[str]:
    """Return the graph of a view.

    Nodes are ids with label, kind, plan, source, lines, status, why and disputed; edges are keyed by relation, with label,
    source, lines, status, why and disputed.

    With `focus`, only what lies within `depth` steps of these things, in either direction.
    """
    rows = [row for row in run(view, engine).rows if all(isinstance(term, ox.NamedNode) for term in row)]
    ends = [(text(source), text(target)) for source, _, target in rows]
    named = _near(engine, ends, focus, depth) if focus else things(engine, {end for pair in ends for end in pair})
    rows = [row for row, (source, target) in zip(rows, ends, strict=True) if source in named and target in named]
    evidence = statement_places(engine, rows)  # type: ignore[arg-type]
    labels = _labels(engine, {text(relation) for _, relation, _ in rows})
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    add_things(engine, graph, named.values())
    for source, relation, target in rows:
        place = evidence[source, relation, target]  # type: ignore[index]
        label = labels.get(text(relation), local(text(relation)))
        graph.add_edge(
            named[text(source)].id, named[text(target)].id, key=local(text(relation)), label=label, **attributes(place)
        )
    return graph


def _near(engine: Engine, ends: Iterable[tuple[str, str]], focus: Iterable[Thing], depth: int) -> dict[str, Thing]:
    """Return what lies within some steps of some things by IRI: only they are named, and told with their evidence."""
    joined: dict[str, set[str]] = {}
    for one, other in ends:
        joined.setdefault(one, set()).add(other)
        joined.setdefault(other, set()).add(one)
    frontier = named = {thing.iri: thing for thing in focus}
    for _ in range(depth):
        met = {other for iri in frontier for other in joined.get(iri, ())}
        frontier = things(engine, met - named.keys())
        named = named | frontier
    return named


def add_things(engine: Engine, graph: nx.MultiDiGraph[str], found: Iterable[Thing]) -> None:
    """Put things on a graph, in order of id, each with the place where it was read."""
    ordered = sorted(found)
    where = places(engine, [thing.iri for thing in ordered])
    for thing in ordered:
        place = attributes(where.get(thing.iri, Place()))
        graph.add_node(thing.id, label=thing.label, kind=thing.kind, plan=thing.plan, **place)


def attributes(place: Place) -> dict[str, str]:
    """Return a place as a node or an edge carries it."""
    return {
        "source": place.source,
        "lines": place.lines,
        "status": place.status,
        "why": place.why,
        "disputed": place.disputed,
    }


def _labels(engine: Engine, relations: set[str]) -> dict[str, str]:
    found = {f"{SKOS}broader": "part of", f"{CSP}alignment": "aligned to"}
    return found | {text(relation): text(label) for relation, label in asked(engine.select, _LABELS, relations)}


def around(graph: nx.MultiDiGraph[str], focus: Iterable[Thing], depth: int) -> nx.MultiDiGraph[str]:
    """Return what lies within some steps of some things, whichever way the relations run."""
    plain = graph.to_undirected(as_view=True)
    near: set[str] = set()
    for thing in focus:
        if thing.id in graph:
            near |= set(nx.single_source_shortest_path_length(plain, thing.id, cutoff=depth))
    part = graph.copy()  # a subgraph of few things would take them in the order of a set, another with every hash seed
    part.remove_nodes_from(set(graph) - near)
    return part
