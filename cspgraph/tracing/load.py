"""Who carries how much: leads, takes part, oversees, is named; and on whom alone a part of a plan hangs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.names import Thing, text, things
from cspgraph.terms import CSP, ID
from cspgraph.text import natural
from cspgraph.tracing.dependence import edges, reached

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cspgraph.engines import Engine

_WORK = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT DISTINCT ?action ?plan ?relation ?body WHERE {
  ?action csp:kind csp:Action ; csp:inPlan ?plan .
  OPTIONAL {
    VALUES ?relation { csp:ledBy csp:onBehalfOf csp:involves csp:overseenBy csp:deliveredThrough }
    ?action ?relation ?body . ?body a csp:Body .
  }
} ORDER BY ?action ?relation ?body
"""
_NAMED = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?plan ?body (COUNT(*) AS ?times) WHERE {
  ?body a csp:Body . ?thing ?relation ?body ; csp:inPlan ?plan .
  FILTER(?relation != csp:dependsOn)
} GROUP BY ?plan ?body ORDER BY ?plan ?body
"""
_WITHIN = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT DISTINCT ?body ?above WHERE { ?body csp:postIn|csp:unitOf ?above } ORDER BY ?body ?above
"""
_PARTS = ("PeriodState", "Share", "Award")  # told with the action, or the fund, that they belong to


@dataclass(frozen=True)
class Load:
    """What one body carries in one plan, or with an empty `plan` in all of them together.

    `leads` counts actions led by the body itself, `through` those led by its posts and units; `share` is the part of the
    plan's actions led either way; `supports`, `oversees` and `named` count actions it takes part in or that are
    carried out through it, actions it oversees, and statements that point to it. `alone` are the things
    that hang together with the rest of the plan by this body alone.
    """

    body: Thing
    plan: str
    leads: int
    through: int
    share: float
    supports: int
    oversees: int
    named: int
    alone: tuple[Thing, ...]

    def as_json(self) -> dict[str, object]:
        """Return the load as one object, the keys of which are a contract."""
        return {
            "body": self.body.cell(),
            "plan": self.plan,
            "leads": self.leads,
            "through": self.through,
            "share": round(self.share, 4),
            "supports": self.supports,
            "oversees": self.oversees,
            "named": self.named,
            "alone": [thing.cell() for thing in self.alone],
        }


def load(engine: Engine) -> list[Load]:
    """Return the load of every body that a plan gives something to do, the heaviest first, plan by plan.

    A body that works under several plans has one more entry, for all together.
    """
    found, actions = by_plan(engine)
    return in_order([*found, *together(found, sum(actions.values()))])


def in_order(found: Iterable[Load]) -> list[Load]:
    """Return loads in the order in which they are told: all together first, then plan by plan, the heaviest first."""
    return sorted(found, key=lambda one: (one.plan, -one.share, -one.supports - one.oversees, -one.named, one.body.id))


def by_plan(engine: Engine) -> tuple[list[Load], dict[str, int]]:
    """Return the load of every body in each plan that gives it something to do, and how many actions each plan has."""
    work = [tuple(map(text, row)) for row in engine.recall(_WORK).rows]
    actions: dict[str, set[str]] = defaultdict(set)
    does: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    within = _within(engine)
    for action, plan, relation, body in work:
        actions[plan].add(action)
        if body:
            does[plan, body][relation.removeprefix(CSP)].add(action)
            for above in within.get(body, ()) if relation == f"{CSP}ledBy" else ():
                does[plan, above]["through"].add(action)
    named = {(text(plan), text(body)): int(text(times)) for plan, body, times in engine.recall(_NAMED).rows}
    alone = _alone(engine, {plan.removeprefix(ID) for plan in actions})
    known = things(engine, {body for _, body in does} | {thing for cut in alone.values() for thing in cut})
    found = []
    for (plan, body), done in does.items():
        cut = [known[iri] for iri in alone.get((plan, body), ()) if known[iri].kind not in _PARTS]
        cut.sort(key=lambda thing: (thing.kind != "Action", natural(thing.id)))
        found.append(
            _load(known[body], plan.removeprefix(ID), done, len(actions[plan]), named.get((plan, body), 0), tuple(cut))
        )
    return found, {plan.removeprefix(ID): len(some) for plan, some in actions.items()}


def together(found: Iterable[Load], actions: int) -> Iterator[Load]:
    """Yield what bodies that work under several plans carry in all of them, of so many actions.

    An action stands in one plan, so what the plans say is added up. What hangs on a body alone is told by plan only.
    """
    bodies: dict[Thing, list[Load]] = defaultdict(list)
    for one in found:
        bodies[one.body].append(one)
    for body, several in bodies.items():
        if len(several) > 1:
            leads, through = sum(one.leads for one in several), sum(one.through for one in several)
            yield Load(
                body,
                "",
                leads=leads,
                through=through,
                share=(leads + through) / actions,
                supports=sum(one.supports for one in several),
                oversees=sum(one.oversees for one in several),
                named=sum(one.named for one in several),
                alone=(),
            )


def _load(
    body: Thing, plan: str, done: dict[str, set[str]], all_actions: int, named: int, cut: tuple[Thing, ...]
) -> Load:
    led = done.get("ledBy", set())
    return Load(
        body,
        plan,
        leads=len(led),
        through=len(done.get("through", set()) - led),
        share=len(led | done.get("through", set())) / all_actions,
        supports=len(done.get("involves", set()) | done.get("onBehalfOf", set()) | done.get("deliveredThrough", set())),
        oversees=len(done.get("overseenBy", set())),
        named=named,
        alone=cut,
    )


def _within(engine: Engine) -> dict[str, list[str]]:
    """Return all bodies in which a post or a unit is, near and far."""
    above: dict[str, set[str]] = defaultdict(set)
    for row in engine.recall(_WITHIN).rows:
        above[text(row[0])].add(text(row[1]))
    return {body: reached(body, above) for body in above}


def _alone(engine: Engine, plans: Collection[str]) -> dict[tuple[str, str], set[str]]:
    """Return, by plan and body, what only this body joins to the rest of what the plan depends on.

    These are the articulation points of the plan's dependences, read without direction: taking one away
    leaves pieces, and all pieces but the largest are cut off.
    """
    import networkx as nx

    found: dict[tuple[str, str], set[str]] = {}
    pairs = sorted({(edge.source, edge.target) for edge in edges(engine)})
    for plan in sorted(plans):
        own = f"{ID}{plan}/"
        graph: nx.Graph[str] = nx.Graph()
        graph.add_edges_from((a, b) for a, b in pairs if a.startswith(own) or b.startswith(own))
        for point in nx.articulation_points(graph):
            rest = graph.subgraph(set(graph) - {point})
            pieces = sorted(nx.connected_components(rest), key=lambda piece: (-len(piece), min(piece)))
            near = [piece for piece in pieces if piece & set(graph[point])]
            found[f"{ID}{plan}", point] = set().union(*near[1:])
    return found
