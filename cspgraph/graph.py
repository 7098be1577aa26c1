"""The public face: a knowledge graph that is loaded, asked and handed on.

import cspgraph
kg = cspgraph.load()
for row in kg.ask("money-by-fund", fund="London Crime Prevention Fund"):
    print(row["pays"], row["amount"])
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cspgraph.build import open_engine
from cspgraph.errors import CspgraphError, UnknownName
from cspgraph.names import Names, Thing
from cspgraph.resources import library
from cspgraph.tables import Results, html
from cspgraph.terms import GRAPH, ONTOLOGY_GRAPH, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import networkx as nx
    import rdflib

    from cspgraph.answers import Answer
    from cspgraph.comparison import Row
    from cspgraph.coverage.frameworks import Coverage
    from cspgraph.describe import Description
    from cspgraph.draw.svg import Picture
    from cspgraph.engines import Engine
    from cspgraph.engines.confined import Limits, Result
    from cspgraph.findings import Counted, Finding
    from cspgraph.questions import Catalogue
    from cspgraph.tracing.chain import Chain
    from cspgraph.tracing.horizon import Event
    from cspgraph.tracing.load import Load
    from cspgraph.tracing.loss import Loss
    from cspgraph.tracing.paths import Dependent


class KnowledgeGraph:
    """An engine with the names, questions and rules that belong to its data."""

    def __init__(self, engine: Engine, data: Sequence[Path] = ()) -> None:
        self.engine = engine
        self._data = tuple(data)

    @cached_property
    def names(self) -> Names:
        """Every name by which a thing can be asked for."""
        return Names(self.engine)

    @cached_property
    def questions(self) -> Catalogue:
        """The ready-made questions, rules and views, the user's own included."""
        from cspgraph.questions import read_catalogue

        return read_catalogue(library(self._data))

    def query(self, sparql: str, limits: Limits | None = None) -> Result:
        """Return what a SPARQL query of anybody's gives: a Table, a list of triples, or a truth.

        It runs in a process of its own, within limits, and reads loaded graphs only. Raises
        QueryRefused, QueryError or LimitReached.
        """
        from cspgraph.engines.confined import run_foreign

        return run_foreign(self.engine, sparql, limits)

    def ask(self, question: str, **params: str) -> Answer:
        """Return the answer to a ready-made question, parameters given by name as a user types them.

        Raises UnknownName for a question, a parameter or a name that is not there.
        """
        from cspgraph.answers import answer, recalled
        from cspgraph.questions import run

        found = self.questions.get(question, "ask")
        if not params:
            return recalled(self.engine, found)
        return answer(self.engine, run(found, self.engine, params, self.names))

    def gaps(
        self, *rules: str, severities: dict[str, str] | None = None, today: str = "", first: int = 0
    ) -> Results[Finding]:
        """Return the findings of the rules named, or of all, the gravest first; with `first`, no more than so many.

        Those that a board has accepted say so; with `today`, an ISO date, acceptances whose time is over do not hold.
        """
        from cspgraph.findings import find

        return Results(find(self.questions, self.engine, rules, severities, today, first))

    def count_gaps(self, *rules: str, severities: dict[str, str] | None = None, today: str = "") -> list[Counted]:
        """Return how many findings the rules named, or all, have in each plan, without telling any."""
        from cspgraph.findings import count

        return count(self.questions, self.engine, rules, severities, today)

    def depends(self, name: str, *, on: bool = False, kind: str = "") -> Results[Dependent]:
        """Return what depends on the things called `name`, or with `on` what they depend on.

        Several things may bear the name; `of` in each result says which. Raises UnknownName.
        """
        from cspgraph.tracing.paths import depends

        kinds = frozenset(self.kinds(kind)) if kind else frozenset()
        starts = self.names.find(name)
        return Results(found for thing in starts for found in depends(self.engine, thing, on=on, kinds=kinds))

    def what_if(self, *without: str, at: str = "") -> Loss:
        """Return what follows when the things so called were gone; with `at`, a date, also all that is over before it.

        Raises UnknownName, and QueryError for a date that is none.
        """
        from cspgraph.questions import day
        from cspgraph.tracing.loss import what_if

        gone = [thing for name in without for thing in self.names.find(name)]
        return what_if(self.engine, gone, day(at) if at else "")

    def horizon(self, first: str = "", last: str = "") -> Results[Event]:
        """Return what ends, is due or is reviewed between two dates, the earliest first; open where none is given.

        Raises QueryError for a date that is none.
        """
        from cspgraph.questions import between
        from cspgraph.tracing.horizon import horizon

        return Results(horizon(self.engine, *between(first, last)))

    def load(self) -> Results[Load]:
        """Return who leads, supports, oversees and is named how often, plan by plan and in all together."""
        from cspgraph.tracing.load import load

        return Results(load(self.engine))

    def chains(self, name: str) -> Results[Chain]:
        """Return the ways from the things so called up to a partnership, or to where the document stops.

        Raises UnknownName.
        """
        from cspgraph.tracing.chain import chains

        return Results(chain for thing in self.names.find(name) for chain in chains(self.engine, thing))

    def coverage(self, name: str = "") -> Results[Coverage]:
        """Return which priorities local plans serve, for the frameworks called `name`, or for every framework.

        Raises UnknownName, with the nearest documents, or CspgraphError for what has no priorities here.
        """
        from cspgraph.coverage.frameworks import coverages

        if not name:
            return Results(coverages(self.engine))
        kinds = self.names.under("Document")
        try:
            things = self.names.find(name)
        except UnknownName:
            raise UnknownName("the framework", name, self.names.nearest(name, kinds)) from None
        found = coverages(self.engine, things)
        if not found:
            hint = "without a name, `cspgraph coverage` lists the documents that have some"
            raise CspgraphError(f"'{things[0].label}' is no document with priorities of its own", hint)
        return Results(found)

    def compare(self, first: str, second: str, severities: dict[str, str] | None = None) -> Results[Row]:
        """Return two plans side by side. Raises UnknownName, or CspgraphError for what is no plan, or one plan twice."""
        from cspgraph.comparison import compare

        one, other = self.plan(first), self.plan(second)
        if one == other:
            raise CspgraphError(f"'{first}' and '{second}' are one plan", "name two")
        return Results(compare(self.engine, one, other, self.count_gaps(severities=severities)))

    def plan(self, name: str) -> Thing:
        """Return the plan called `name`. Raises UnknownName, with the nearest, or CspgraphError for what is no plan."""
        try:
            found = self.names.find(name)
        except UnknownName:
            raise UnknownName("the plan", name, self.names.nearest(name, {"Plan"})) from None
        plans = [thing for thing in found if thing.kind == "Plan"]
        if len(plans) != 1:
            hint = "`cspgraph list plans` says which there are"
            what = "may be any of several plans" if plans else f"is no plan; its kind is {found[0].kind}"
            raise CspgraphError(f"'{name}' {what}", hint)
        return plans[0]

    def show(self, name: str) -> Results[Description]:
        """Return everything known about each thing called `name`. Raises UnknownName."""
        from cspgraph.describe import describe

        return Results(describe(self.engine, thing) for thing in self.names.find(name))

    def find(self, name: str) -> list[Thing]:
        """Return the things called `name`. Raises UnknownName with the three nearest."""
        return self.names.find(name)

    def kinds(self, name: str) -> set[str]:
        """Return the kinds that a user's word means, those below it included: `actions`, `Body`.

        Raises UnknownName with the nearest.
        """
        from cspgraph.inventory import kind_named

        return self.names.under(kind_named(self.engine, name)) or {kind_named(self.engine, name)}

    def sources(self) -> set[str]:
        """Return the ids of the documents that the plans themselves were read from."""
        from cspgraph.names import text
        from cspgraph.terms import short

        found = self.engine.select("SELECT ?s WHERE { ?plan <https://w3id.org/cspgraph/ns#source> ?s } ORDER BY ?s")
        return {short(text(source)).removeprefix(f"{SHARED}/") for (source,) in found.rows}

    def written(self) -> dict[str, tuple[Path, int]]:
        """Return, by IRI, the file and line in which each thing is written. The files are read for it."""
        from cspgraph.check import read_library

        entities = read_library(library(self._data)).entities()
        return {iri: (entity.home.path, entity.line) for iri, entity in entities.items()}

    def restricted(self, plans: Iterable[str]) -> KnowledgeGraph:
        """Return a graph that sees only some plans, what plans share, and the ontology.

        Raises UnknownName for a plan that is not loaded.
        """
        loaded = self.engine.graphs()
        known = sorted(name.removeprefix(GRAPH) for name in loaded if name not in (ONTOLOGY_GRAPH, f"{GRAPH}{SHARED}"))
        wanted = list(plans)
        for plan in wanted:
            if plan not in known:
                raise UnknownName("the plan", plan, hint=f"loaded are: {', '.join(known)}")
        names = [f"{GRAPH}{plan}" for plan in (*wanted, SHARED)] + [ONTOLOGY_GRAPH]
        return KnowledgeGraph(self.engine.restricted(name for name in names if name in loaded), self._data)

    def picture(self, view: str = "overview", focus: str = "", depth: int | None = None) -> Picture:
        """Return a view as a picture that a notebook shows, around the things called `focus` where one is named.

        Raises UnknownName, and CspgraphError where the view needs a focus or holds more than a picture does.
        """
        from cspgraph.draw.svg import picture
        from cspgraph.ontology import read_vocabulary

        things = self.names.find(focus) if focus else []
        vocabulary = read_vocabulary(library(self._data).ontology)
        return picture(self.engine, self.questions.get(view, "view"), vocabulary, things, depth)

    def _repr_html_(self) -> str:
        """Show what is there: how many things of each kind, by plan."""
        from cspgraph.inventory import counts

        rows: dict[str, dict[str, object]] = {}
        for count in counts(self.engine):
            rows.setdefault(count.label, {"kind": count.label})[count.plan or "shared"] = count.things
        return html(list(rows.values()))

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Return all things as nodes (id, with label, kind and plan) and their relations as edges."""
        from cspgraph.network import network

        return network(self.engine, self.questions.get("everything", "view"))

    def to_rdflib(self) -> rdflib.Dataset:
        """Return all graphs, the ontology left out, as an rdflib Dataset."""
        from rdflib import Dataset

        from cspgraph.export.rdf import rdf

        dataset = Dataset(default_union=True)
        dataset.parse(data=rdf(self.engine, "nq"), format="nquads")
        return dataset


def load(*data: str | Path, engine: str = "") -> KnowledgeGraph:
    """Return the graph of the files and folders named, or of the bundled plans.

    `engine` is `memory:`, `rdflib:`, `oxigraph:DIR`, or nothing for the cached store. Raises
    InputError, with every problem of every file, when the data are wrong.
    """
    paths = [Path(path) for path in data]
    return KnowledgeGraph(open_engine(paths, engine), paths)
