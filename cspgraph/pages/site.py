"""A small web site: every view, a page for every thing, priority, partner and plan, and a search box over them all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from cspgraph.coverage.frameworks import coverages, plan_periods
from cspgraph.findings import ABSENCES, find
from cspgraph.names import Thing, text
from cspgraph.pages import matrix, money, pictures, timeline
from cspgraph.pages.frame import Site, render
from cspgraph.pages.places import file_names
from cspgraph.pages.things import thing_pages
from cspgraph.questions import SEVERITIES
from cspgraph.terms import ID, local, short
from cspgraph.text import clean, counted, natural
from cspgraph.tracing.horizon import horizon
from cspgraph.tracing.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cspgraph.engines import Engine
    from cspgraph.findings import Finding
    from cspgraph.ontology import Vocabulary
    from cspgraph.questions import Catalogue
    from cspgraph.tracing.horizon import Event
    from cspgraph.tracing.load import Load

NAVIGATION = (
    ("Start and search", "index.html"),
    ("What is missing", "findings.html"),
    ("Dates", "horizon.html"),
    ("Who carries most", "load.html"),
    ("Money", "money.html"),
    ("Wider plans", "coverage.html"),
    ("Pictures", "pictures.html"),
    ("Everything, A to Z", "all.html"),
)
_THINGS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?kind ?label ?plan WHERE {
  ?thing skos:notation ?ref ; csp:kind ?kind ; skos:prefLabel ?label . OPTIONAL { ?thing csp:inPlan ?plan }
} ORDER BY ?thing
"""
_ALIASES = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing ?alias WHERE { ?thing skos:altLabel ?alias } ORDER BY ?thing ?alias
"""
_FIRST = 8  # lines of a short table on the first page


@dataclass(frozen=True)
class Material:
    """All that the pages are made of, each read once."""

    engine: Engine
    catalogue: Catalogue
    vocabulary: Vocabulary
    severities: Mapping[str, str]
    today: str

    @cached_property
    def things(self) -> list[Thing]:
        """Every thing with a reference, in order of id."""
        rows = {text(row[0]): tuple(map(text, row)) for row in self.engine.select(_THINGS).rows}
        return [
            Thing(iri.removeprefix(ID), label, local(kind), short(plan)) for iri, kind, label, plan in rows.values()
        ]

    @cached_property
    def aliases(self) -> dict[str, list[str]]:
        """Other names of things, by id."""
        found: dict[str, list[str]] = {}
        for thing, alias in self.engine.select(_ALIASES).rows:
            found.setdefault(short(text(thing)), []).append(text(alias))
        return found

    @cached_property
    def plans(self) -> list[tuple[Thing, str]]:
        """The plans, each with its period as printed."""
        periods = plan_periods(self.engine)
        return [(thing, periods[thing.iri]) for thing in self.things if thing.kind == "Plan"]

    @cached_property
    def findings(self) -> list[Finding]:
        """What the rules find, the gravest first."""
        return find(self.catalogue, self.engine, (), dict(self.severities), self.today)

    @cached_property
    def events(self) -> list[Event]:
        """What ends, is due or is reviewed."""
        return horizon(self.engine)

    @cached_property
    def load(self) -> list[Load]:
        """Who carries how much."""
        return load(self.engine)

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The labels of kinds, by name."""
        return {kind.name: kind.label for kind in self.vocabulary.kinds.values()}


def build(
    engine: Engine,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    severities: Mapping[str, str] | None = None,
    today: str = "",
) -> Iterator[tuple[str, str]]:
    """Yield the pages of the site: the name of each file, and its HTML."""
    material = Material(engine, catalogue, vocabulary, severities or {}, today)
    found = coverages(engine)
    files = file_names(material.things)
    frames = {name: file.replace("things/", "coverage-", 1) for name, file in files.items()}
    site = _Maker(files, {one.framework.id: frames[one.framework.id] for one in found if one.framework.id in frames})
    yield "index.html", _index(material, site.at("index.html"))
    yield "findings.html", _findings(material, site.at("findings.html"))
    for plan, group in _by_plan(material.findings).items():
        name = findings_file(plan)
        yield name, _findings_of(plan, group, material, site.at(name))
    yield "load.html", _load(material, site.at("load.html"))
    yield "horizon.html", timeline.write(engine, site=site.at("horizon.html"))
    yield "money.html", money.write(engine, site=site.at("money.html"))
    if found:
        yield "coverage.html", matrix.write(found, site.at("coverage.html"), listed=True, details=False)
    for one in found:
        name = site.coverage[one.framework.id]
        yield name, matrix.write([one], site.at(name))
    drawn = list(pictures.draw_all(material, site.at("")))
    yield from ((picture.file, picture.html) for picture in drawn if picture.file)
    yield (
        "pictures.html",
        render("pictures.html.j2", site.at("pictures.html"), title="Pictures", pictures=drawn, script=False),
    )
    yield "all.html", _everything(material, site.at("all.html"))
    everything = next((picture.file for picture in drawn if picture.file == "picture-everything.html"), "")
    yield from thing_pages(material, site.at("", up="../"), everything)


class _Maker:
    """Makes the surroundings of each page."""

    def __init__(self, files: dict[str, str], coverage: dict[str, str]) -> None:
        self.files, self.coverage = files, coverage

    def at(self, here: str, up: str = "") -> Site:
        return Site(self.files, NAVIGATION, up, here, self.coverage)


def findings_file(plan: str) -> str:
    """Return the file of the findings of a plan."""
    return f"findings-{plan}.html" if plan else "findings-shared.html"


# -------------------------------------------------------------------- pages


def _index(material: Material, site: Site) -> str:
    counts = Counter((thing.plan or thing.id, thing.kind) for thing in material.things)
    graves = _counted(material.findings)
    plans = [
        (thing, period, counts[thing.id, "Priority"], counts[thing.id, "Action"], graves.get(thing.id, Counter()))
        for thing, period in material.plans
    ]
    heavy = sorted((e for e in material.events if e.carries), key=lambda e: (-len(e.sole), -len(e.carries), e.earliest))
    dates = sorted(heavy[:_FIRST], key=lambda event: (event.earliest, event.latest, event.thing.id))
    bodies = [one for one in material.load if one.plan and one.share > 0]
    busiest = sorted(bodies, key=lambda one: (-one.share, -one.leads, one.plan, one.body.id))[:_FIRST]
    return render(
        "index.html.j2",
        site,
        title="Community safety plans: what they promise, what it rests on, what is missing",
        subtitle=f"{counted(len(plans), 'plan')}, {counted(len(material.things), 'thing')}, each with the lines it was read from",
        plans=plans,
        severities=SEVERITIES,
        worst=_worst(material.findings),
        labels={thing.id: thing.label for thing, _ in material.plans},
        dates=dates,
        busiest=busiest,
        findings_file=findings_file,
        data=_search(material, site),
    )


def _search(material: Material, site: Site) -> list[list[str]]:
    """Return what the search box looks through: address, label, kind, id, other names."""
    return [
        [
            site.href(t),
            *map(clean, (t.label, material.kinds.get(t.kind, t.kind), t.id, *material.aliases.get(t.id, ()))),
        ]
        for t in sorted(
            material.things, key=lambda t: (t.kind not in ("Plan", "Priority", "Action"), t.plan, natural(t.id))
        )
    ]


def _findings(material: Material, site: Site) -> str:
    rules = Counter((one.rule, one.title, one.severity) for one in material.findings)
    by_rule = sorted(rules.items(), key=lambda pair: (SEVERITIES.index(pair[0][2]), -pair[1], pair[0]))
    graves = _counted(material.findings)
    labels = {thing.id: thing for thing in material.things}
    plans = [(labels.get(plan), plan, graves[plan]) for plan in sorted(graves, key=lambda plan: (not plan, plan))]
    per_rule = Counter((one.rule, one.plan) for one in material.findings)
    return render(
        "findings.html.j2", site, title="What the plans leave out or contradict",
        subtitle=f"{counted(len(material.findings), 'finding')} of {counted(len(rules), 'rule')}",
        plans=plans, rules=by_rule, per_rule=per_rule, severities=SEVERITIES, findings_file=findings_file, groups=None,
    )  # fmt: skip


def _findings_of(plan: str, found: list[Finding], material: Material, site: Site) -> str:
    thing = next((thing for thing in material.things if thing.id == plan), None)
    grave = sorted(
        found, key=lambda one: (SEVERITIES.index(one.severity), one.rule, natural(one.focus.id), one.sentence)
    )
    groups = [list(group) for _, group in groupby(grave, key=lambda one: one.rule)]
    title = f"What is missing: {thing.label}" if thing else "What is missing in what plans share"
    return render(
        "findings.html.j2", site, title=title,
        subtitle=f"{counted(len(found), 'finding')} of {counted(len(groups), 'rule')}, the gravest first",
        groups=groups, absences=ABSENCES, plan=thing, severities=SEVERITIES,
    )  # fmt: skip


def _load(material: Material, site: Site) -> str:
    rows = [one for one in material.load if one.plan]
    together = [one for one in material.load if not one.plan]
    return render(
        "load.html.j2", site, title="Who carries most", rows=rows, together=together,
        subtitle=f"{counted(len({one.body for one in rows}), 'body', 'bodies')} that plans give something to do",
    )  # fmt: skip


def _everything(material: Material, site: Site) -> str:
    ordered = sorted(material.things, key=lambda t: (material.kinds.get(t.kind, t.kind), t.label.casefold(), t.id))
    groups = [(kind, list(group)) for kind, group in groupby(ordered, key=lambda t: material.kinds.get(t.kind, t.kind))]
    return render(
        "all.html.j2", site, title="Everything, A to Z", groups=groups, subtitle=counted(len(ordered), "thing"),
        aliases=material.aliases,
    )  # fmt: skip


def _by_plan(found: list[Finding]) -> dict[str, list[Finding]]:
    plans: dict[str, list[Finding]] = {}
    for one in sorted(found, key=lambda one: (not one.plan, one.plan)):
        plans.setdefault(one.plan, []).append(one)
    return plans


def _counted(found: list[Finding]) -> dict[str, Counter[str]]:
    """Return how many findings of each severity each plan has; what a board accepts is left out."""
    counts: dict[str, Counter[str]] = {}
    for one in found:
        if not one.accepted:
            counts.setdefault(one.plan, Counter())[one.severity] += 1
    return counts


def _worst(found: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return, plan by plan, the first grave findings, each of another rule."""
    chosen: dict[str, dict[str, Finding]] = {}
    for one in found:
        if one.severity == SEVERITIES[0] and not one.accepted:
            chosen.setdefault(one.plan, {}).setdefault(one.rule, one)
    return [(plan, list(rules.values())[:3]) for plan, rules in sorted(chosen.items())]
