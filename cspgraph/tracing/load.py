"""Who carries how much: leads, takes part, oversees, is named; and on whom alone a part of a plan hangs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cspgraph.columns import columns_of
from cspgraph.names import Names, Thing, called, nameless, numbered, text
from cspgraph.resources import no_collection
from cspgraph.terms import CSP, DEPENDS_ON, ID, home, short
from cspgraph.text import natural
from cspgraph.tracing.cuts import cut_off
from cspgraph.tracing.dependence import edges, reached, stated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cspgraph.columns.arrays import Arrays
    from cspgraph.columns.snapshot import Snapshot
    from cspgraph.engines import Engine

_DOES = tuple(f"{CSP}{word}" for word in ("ledBy", "onBehalfOf", "involves", "overseenBy", "deliveredThrough"))
_ABOVE = (f"{CSP}postIn", f"{CSP}unitOf")
_WORK = f"""
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT DISTINCT ?action ?plan ?relation ?body WHERE {{
  ?action csp:kind csp:Action ; csp:inPlan ?plan .
  OPTIONAL {{ VALUES ?relation {{ <{"> <".join(_DOES)}> }} ?action ?relation ?body . ?body a csp:Body . }}
}} ORDER BY ?action ?relation ?body
"""
_NAMED = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?plan ?body (COUNT(*) AS ?times) WHERE {
  ?body a csp:Body . ?thing ?relation ?body ; csp:inPlan ?plan .
  FILTER(?relation != csp:dependsOn)
} GROUP BY ?plan ?body ORDER BY ?plan ?body
"""
_WITHIN = f"SELECT DISTINCT ?body ?above WHERE {{ ?body <{'>|<'.join(_ABOVE)}> ?above }} ORDER BY ?body ?above"
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


class _Work(NamedTuple):
    """What is weighed, by IRIs: who does what in which plan, how often each is named there, who is part of whom."""

    rows: list[tuple[str, str, str, str]]  # action, plan, relation, body; the last two empty where nobody does it
    named: dict[tuple[str, str], int]
    above: dict[str, set[str]]
    pairs: Iterable[tuple[str, str]]  # what depends on what


def load(engine: Engine) -> list[Load]:
    """Return the load of every body that a plan gives something to do, the heaviest first, plan by plan.

    A body that works under several plans has one more entry, for all together.
    """
    found = columns_of(engine)
    if not found:
        return _weighed(engine, _work(engine))
    packed = found.kept("load", lambda: _packed(found, _weighed(engine, _stored(engine, found))))
    with no_collection():
        return _unpacked(found, packed)


def _weighed(engine: Engine, work: _Work) -> list[Load]:
    found, actions = _each(engine, work)
    return in_order([*found, *together(found, sum(actions.values()))])


def in_order(found: Iterable[Load]) -> list[Load]:
    """Return loads in the order in which they are told: all together first, then plan by plan, the heaviest first."""
    return sorted(found, key=lambda one: (one.plan, -one.share, -one.supports - one.oversees, -one.named, one.body.id))


def by_plan(engine: Engine) -> tuple[list[Load], dict[str, int]]:
    """Return the load of every body in each plan that gives it something to do, and how many actions each plan has."""
    return _each(engine, _work(engine))


def _each(engine: Engine, work: _Work) -> tuple[list[Load], dict[str, int]]:
    actions: dict[str, set[str]] = defaultdict(set)
    does: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    within = {body: reached(body, lambda here: sorted(work.above.get(here, ()))) for body in work.above}
    for action, plan, relation, body in work.rows:
        actions[plan].add(action)
        if body:
            does[plan, body][relation.removeprefix(CSP)].add(action)
            for above in within.get(body, ()) if relation == f"{CSP}ledBy" else ():
                does[plan, above]["through"].add(action)
    alone = _alone(work.pairs, does)
    known = called(engine, {body for _, body in does} | {thing for cut in alone.values() for thing in cut})
    found = []
    for (plan, body), done in does.items():
        cut = [known[iri] for iri in alone.get((plan, body), ()) if known[iri].kind not in _PARTS]
        cut.sort(key=lambda thing: (thing.kind != "Action", natural(thing.id)))
        named = work.named.get((plan, body), 0)
        found.append(_load(known[body], plan.removeprefix(ID), done, len(actions[plan]), named, tuple(cut)))
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


def _alone(pairs: Iterable[tuple[str, str]], does: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
    """Return, by plan and body, what only this body joins to the rest of what the plan depends on.

    A plan's dependences are those from and to its own things.
    """
    own: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for a, b in pairs:
        for plan in {_plan_of(a), _plan_of(b)}:
            own[plan].add((a, b))
    bodies: dict[str, set[str]] = defaultdict(set)
    for plan, body in does:
        bodies[plan].add(body)
    return {(plan, point): cut for plan, points in bodies.items() for point, cut in cut_off(own[plan], points).items()}


def _plan_of(iri: str) -> str:
    """Return the plan that a thing is of, by its name; of a plan itself, nothing."""
    plan = f"{ID}{home(iri)}"
    return "" if iri == plan else plan


# -------------------------------------------------------------------- what is weighed, asked or looked up


def _work(engine: Engine) -> _Work:
    above: dict[str, set[str]] = defaultdict(set)
    for row in engine.recall(_WITHIN).rows:
        above[text(row[0])].add(text(row[1]))
    rows = [(text(a), text(b), text(c), text(d)) for a, b, c, d in engine.recall(_WORK).rows]
    named = {(text(plan), text(body)): int(text(times)) for plan, body, times in engine.recall(_NAMED).rows}
    return _Work(rows, named, above, [(edge.source, edge.target) for edge in edges(engine)])


def _stored(engine: Engine, snapshot: Snapshot) -> _Work:
    import numpy as np

    name, plans = snapshot.name, snapshot.arrays["thing.plan"]
    action = snapshot.kinds([f"{CSP}Action"]) & (plans >= 0)
    body = snapshot.kinds([f"{CSP}{kind}" for kind in Names(engine).under("Body")])
    rows = [(name(a), name(plans[a]), "", "") for a in np.flatnonzero(action).tolist()]
    s, p, o = snapshot.pairs(snapshot.marked(_DOES))
    for a, r, b in np.stack([s, p, o], axis=1)[action[s] & body[o]].tolist():
        rows.append((name(a), name(plans[a]), snapshot.relations[r], name(b)))
    s, _, o = snapshot.pairs(snapshot.marked({*snapshot.relations} - {DEPENDS_ON}))
    told = body[o] & (plans[s] >= 0)
    both, times = np.unique(plans[s[told]].astype(np.int64) * len(snapshot) + o[told], return_counts=True)
    named = {
        (name(plan), name(of)): many
        for plan, of, many in zip(*map(np.ndarray.tolist, (*np.divmod(both, len(snapshot)), times)), strict=True)
    }
    above: dict[str, set[str]] = defaultdict(set)
    s, _, o = snapshot.pairs(snapshot.marked(_ABOVE))
    for below, over in zip(s.tolist(), o.tolist(), strict=True):
        above[name(below)].add(name(over))
    s, _, o = snapshot.pairs(snapshot.marked(set().union(*stated(engine))))
    return _Work(rows, named, above, zip(map(name, s.tolist()), map(name, o.tolist()), strict=True))


# -------------------------------------------------------------------- kept beside a large store

_COUNTS = ("leads", "through", "supports", "oversees", "named")


def _packed(snapshot: Snapshot, found: list[Load]) -> Arrays:
    import numpy as np

    counts = {name: np.array([getattr(one, name) for one in found], np.int32) for name in _COUNTS}
    return counts | {
        "plan": np.array([snapshot.find(f"{ID}{one.plan}") if one.plan else -1 for one in found], np.int32),
        "body": np.array([snapshot.find(one.body.iri) for one in found], np.int32),
        "share": np.array([one.share for one in found], np.float64),
        "cut": np.array([len(one.alone) for one in found], np.int32),
        "alone": np.array([snapshot.find(thing.iri) for one in found for thing in one.alone], np.int32),
    }


def _unpacked(snapshot: Snapshot, arrays: Arrays) -> list[Load]:
    numbers = {*arrays["body"].tolist(), *arrays["alone"].tolist()}
    known = numbered(snapshot, numbers)
    known |= {number: nameless(snapshot.name(number)) for number in numbers - known.keys()}
    plans = {number: short(snapshot.name(number)) if number >= 0 else "" for number in {*arrays["plan"].tolist()}}
    alone = [known[number] for number in arrays["alone"].tolist()]
    columns = (arrays[name].tolist() for name in ("body", "plan", "share", "cut", *_COUNTS))
    found, at = [], 0
    for body, plan, share, cut, leads, through, supports, oversees, named in zip(*columns, strict=True):
        hanging = tuple(alone[at : at + cut])
        found.append(Load(known[body], plans[plan], leads, through, share, supports, oversees, named, hanging))
        at += cut
    return found
