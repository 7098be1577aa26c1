"""The graph on a cluster, as the commands ask it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from cspgraph.errors import CspgraphError, EngineError, UnknownName
from cspgraph.graph import KnowledgeGraph
from cspgraph.names import Names, Thing
from cspgraph.spark.columns import Columns
from cspgraph.spark.mapped import plan_by_plan
from cspgraph.tables import Results
from cspgraph.terms import CSP, ID, SKOS, home
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from cspgraph.coverage.frameworks import Coverage
    from cspgraph.engines import Engine
    from cspgraph.findings import Counted, Finding
    from cspgraph.questions import Catalogue
    from cspgraph.tracing.horizon import Event
    from cspgraph.tracing.load import Load
    from cspgraph.tracing.paths import Dependent

# The rules that look from plan to plan, each with the relation along which it does.
_ACROSS = {
    "perhaps-the-same": f"{SKOS}closeMatch",
    "replacement-not-ready": "http://purl.org/dc/terms/replaces",
}
_ENDS = [f"{CSP}{name}" for name in ("when", "reviewDate", "nextEvaluation", "ends", "horizon")]
_HAS_ENDS = [f"{CSP}{name}" for name in ("timescale", "target", "period")]
_NAMING = [f"{CSP}kind", f"{CSP}inPlan", f"{SKOS}prefLabel"]


def open_graph(master: str, data: Sequence[Path]) -> SparkGraph:
    """Return the graph of a folder of Parquet files on a Spark master.

    Raises CspgraphError unless `data` is one such folder, and what `Columns.open` raises.
    """
    if len(data) != 1 or data[0].suffix != ".parquet":
        hint = "write it with `cspgraph export --to plans.parquet`, then add --data plans.parquet"
        wrong = "nothing beside it" if any(path.suffix == ".parquet" for path in data) else "none was named"
        raise CspgraphError(f"Spark reads one folder of Parquet files, and {wrong}", hint)
    return SparkGraph(Columns.open(master, data[0]))


class SparkGraph(KnowledgeGraph):
    """A graph on a cluster: gaps, load, coverage, horizon and depends, with the same answers as on one machine."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._data = ()

    @property
    def engine(self) -> NoReturn:  # type: ignore[override]
        """What other questions are asked of: there is none here. Raises EngineError."""
        raise EngineError(
            "Spark answers gaps, load, coverage, horizon and depends, and nothing else",
            "ask another engine: cspgraph build --to oxigraph:DIR, or an endpoint https://...",
        )

    def restricted(self, plans: Iterable[str]) -> SparkGraph:
        """Return a graph that sees only some plans and what plans share. Raises UnknownName for a plan not there."""
        wanted = list(plans)
        graph = SparkGraph(self.columns.restricted(wanted))
        there = self.columns.taken(graph.columns.of_plans, "plan")
        for plan in wanted:
            if plan not in there:
                raise UnknownName("the plan", plan)
        return graph

    @property
    def names(self) -> _Names:
        """Every name by which a thing can be asked for."""
        return _Names(self.columns)

    # ---------------------------------------------------------------- plan by plan

    def gaps(
        self, *rules: str, severities: dict[str, str] | None = None, today: str = "", first: int = 0
    ) -> Results[Finding]:
        """Return the findings of the rules named, or of all, the gravest first; with `first`, no more than so many."""
        from cspgraph.findings import chosen, find

        catalogue, severities = self.questions, severities or {}
        asked = chosen(catalogue, rules, severities)
        across = [rule.name for rule in asked if rule.across]
        within = [rule.name for rule in asked if not rule.across]
        found: list[Finding] = []
        if within:
            work = partial(_findings, catalogue=catalogue, rules=within, severities=severities, today=today)
            found += [finding for some in plan_by_plan(self.columns, work).values() for finding in some]
        if across:
            found += find(catalogue, self._across(across), across, severities, today)
        found.sort(key=lambda finding: finding.order)
        return Results(found[:first] if first else found)

    def count_gaps(self, *rules: str, severities: dict[str, str] | None = None, today: str = "") -> list[Counted]:
        """Return how many findings the rules named, or all, have in each plan: those that `gaps` returns, counted."""
        from cspgraph.findings import counted_of

        found = self.gaps(*rules, severities=severities, today=today)
        return counted_of(self.questions, found)

    def _across(self, rules: Iterable[str]) -> Engine:
        """Return an engine on what rules see that look from plan to plan: both ends, their plans, and what cites them."""
        unknown = [rule for rule in rules if rule not in _ACROSS]
        if unknown:
            said = f"rules that look at several plans at once do not run on Spark: {', '.join(unknown)}"
            raise EngineError(said, "name others with --rule, or ask a store: cspgraph build --to oxigraph:DIR")
        columns = self.columns
        joined = columns.rows(columns.where(columns.quads, "predicate", [_ACROSS[rule] for rule in rules]))
        ends = {iri for row in joined for iri in (row[1], row[3])}
        citing = columns.subjects([f"{CSP}lists"], ends)
        plans = {f"{ID}{home(iri)}" for iri in ends | citing}
        return columns.engine(joined, columns.around(ends | citing | plans))

    def load(self) -> Results[Load]:
        """Return who leads, supports, oversees and is named how often, plan by plan and in all together."""
        from cspgraph.tracing.load import in_order, together

        each = plan_by_plan(self.columns, _loads)
        found = [one for some, _ in each.values() for one in some]
        return Results(in_order([*found, *together(found, sum(actions for _, actions in each.values()))]))

    # ---------------------------------------------------------------- step by step

    def depends(self, name: str, *, on: bool = False, kind: str = "") -> Results[Dependent]:
        """Return what depends on the things called `name`, or with `on` what they depend on."""
        from cspgraph.tracing.paths import depends

        kinds = frozenset(KnowledgeGraph(self.columns.base).kinds(kind)) if kind else frozenset()
        starts = self.names.find(name)
        reached = self.columns.reach([thing.iri for thing in starts], on=on)
        engine = self.columns.engine(self.columns.around(reached))
        return Results(found for thing in starts for found in depends(engine, thing, on=on, kinds=kinds))

    def horizon(self, first: str = "", last: str = "") -> Results[Event]:
        """Return what ends, is due or is reviewed between two dates, the earliest first; open where none is given."""
        from cspgraph.questions import day
        from cspgraph.tracing.horizon import horizon

        first, last = day(first) if first else "", day(last, last=True) if last else ""
        columns = self.columns
        dated = columns.subjects(_HAS_ENDS, mid := columns.subjects(_ENDS, self._dates(first, last))) | mid
        above = columns.reach(dated)
        rests = columns.rows(columns.where(columns.edges, "source", above))
        others = {iri for row in rests for iri in (row[1], row[3])} | above
        naming = columns.where(columns.where(columns.of_plans, "predicate", _NAMING), "subject", others)
        engine = columns.engine(rests, columns.rows(naming), columns.around(dated, 3))
        return Results(horizon(engine, first, last))

    def _dates(self, first: str, last: str) -> set[str]:
        """Return the dates of which any day lies between two days."""
        columns, quads = self.columns, self.columns.quads
        begins = quads.where((quads.predicate == f"{CSP}earliest") & (quads.object <= (last or "9999")))
        ends = quads.where((quads.predicate == f"{CSP}latest") & (quads.object >= first))
        return columns.taken(begins.join(ends.select("subject"), "subject", "left_semi"), "subject")

    def coverage(self, name: str = "") -> Results[Coverage]:
        """Return which priorities local plans serve, for the frameworks called `name`, or for every framework."""
        columns = self.columns
        belongs = columns.rows(columns.quads.where(columns.quads.predicate == f"{CSP}framework"))
        only = {thing.iri for thing in self._documents(name)} if name else {row[3] for row in belongs}
        priorities = {row[1] for row in belongs if row[3] in only}
        aligned = columns.subjects([f"{CSP}with"], only | priorities)
        parts = columns.below(local := columns.subjects([f"{CSP}alignment"], aligned), f"{SKOS}broader")
        later = columns.below(only, "http://purl.org/dc/terms/replaces")
        things = {
            *only, *priorities, *aligned, *local, *parts, *later,
            *columns.subjects([f"{CSP}contributesTo"], parts),
            *columns.subjects([f"{CSP}carries"], priorities),
            *columns.subjects([], only),
            *columns.subjects([f"{CSP}kind"], {f"{CSP}Plan"}),
        }  # fmt: skip
        graph = KnowledgeGraph(columns.engine(columns.around(things, 3)))
        return graph.coverage(name)

    def _documents(self, name: str) -> list[Thing]:
        try:
            return self.names.find(name)
        except UnknownName:
            kinds = self.names.under("Document")
            raise UnknownName("the framework", name, self.names.nearest(name, kinds)) from None


class _Names(Names):
    """Names on a cluster: what bears one is brought here; the nearest to a wrong one are those that plans share."""

    def __init__(self, columns: Columns) -> None:
        super().__init__(columns.base)
        self.columns = columns

    def find(self, name: str, kinds: Collection[str] = (), plans: Collection[str] = ()) -> list[Thing]:
        """Return every thing that the name stands for, in order of id. Raises UnknownName where there is none."""
        columns = self.columns
        keys = columns.of_plans.where(columns.of_plans.predicate == f"{CSP}nameKey")
        named = columns.taken(keys.where(keys.object == normal(name)), "subject")
        ids = {iri for iri in (name, f"{ID}{name}") if iri.startswith(ID)}
        said = columns.said_of({*named, *ids})
        meant = {row[3] for row in said if row[2] == f"{CSP}of"}
        return Names(columns.engine(said, columns.said_of(meant))).find(name, kinds, plans)


# -------------------------------------------------------------------- sent to the workers


def _findings(
    plan: str, engine: Engine, *, catalogue: Catalogue, rules: Sequence[str], severities: Mapping[str, str], today: str
) -> list[Finding]:
    """Return the findings of rules in one plan."""
    from cspgraph.findings import find

    return [finding for finding in find(catalogue, engine, rules, severities, today) if finding.plan == plan]


def _loads(plan: str, engine: Engine) -> tuple[list[Any], int]:
    """Return the loads in one plan, and how many actions it has."""
    from cspgraph.tracing.load import by_plan

    found, actions = by_plan(engine)
    return [one for one in found if one.plan == plan], actions.get(plan, 0)
