"""The page of a thing: all that is said of it in both directions, what it rests on, what is missing, on what evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from cspgraph.describe import describe_all
from cspgraph.evidence import statement_places
from cspgraph.findings import ABSENCES
from cspgraph.names import Thing, things
from cspgraph.pages.frame import render
from cspgraph.text import natural
from cspgraph.tracing.dependence import edges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cspgraph.describe import Statement
    from cspgraph.evidence import Place
    from cspgraph.findings import Finding
    from cspgraph.pages.frame import Site
    from cspgraph.pages.site import Material
    from cspgraph.tracing.load import Load

_Rests = dict[str, list[tuple["Thing", str, "Place"]]]


def thing_pages(material: Material, site: Site, picture: str = "") -> Iterator[tuple[str, str]]:
    """Yield the file and the page of every thing; `picture` is the file of the picture that shows all of them."""
    above, below = _rests(material)
    findings: dict[str, list[Finding]] = {}
    for one in material.findings:
        findings.setdefault(one.focus.id, []).append(one)
    work: dict[str, list[Load]] = {}
    for row in material.load:
        work.setdefault(row.body.id, []).append(row)
    plans = {thing.id: thing for thing, _ in material.plans}
    for described in describe_all(material.engine, material.things):
        thing = described.thing
        page = render(
            "thing.html.j2",
            replace(site, here=site.files[thing.id]),
            script=False,
            title=thing.label,
            thing=thing,
            picture=picture if any(isinstance(one.value, Thing) for one in (*described.says, *described.said)) else "",
            kind=material.kinds.get(thing.kind, thing.kind),
            plan=plans.get(thing.plan),
            aliases=material.aliases.get(thing.id, []),
            place=described.place,
            says=grouped(described.says),
            said=grouped(described.said),
            carries=below.get(thing.iri, []),
            rests=above.get(thing.iri, []),
            findings=findings.get(thing.id, []),
            absences=ABSENCES,
            load=work.get(thing.id, []),
            inside=[one for one in material.things if one.plan == thing.id and one.kind in ("Priority", "Action")]
            if thing.kind == "Plan"
            else [],
        )
        yield site.files[thing.id], page


def grouped(statements: Iterable[Statement]) -> list[tuple[str, list[Statement]]]:
    """Return statements by the label of their relation."""
    return [(label, list(group)) for label, group in groupby(statements, key=lambda one: one.label)]


def _rests(material: Material) -> tuple[_Rests, _Rests]:
    """Return what each thing rests on directly, and what rests on it directly, by IRI."""
    found = edges(material.engine)
    named = things(material.engine, {iri for edge in found for iri in (edge.source, edge.target)})
    where = statement_places(material.engine, [edge.statement() for edge in found])
    above: _Rests = {}
    below: _Rests = {}
    for edge in found:
        if edge.source in named and edge.target in named:
            place = where[edge.statement()]
            above.setdefault(edge.source, []).append((named[edge.target], edge.label, place))
            below.setdefault(edge.target, []).append((named[edge.source], edge.label, place))
    return _ordered(above), _ordered(below)


def _ordered(found: _Rests) -> _Rests:
    def order(one: Sequence[object]) -> tuple[object, ...]:
        thing, label = one[0], one[1]
        return label, thing.kind, natural(thing.id)  # type: ignore[attr-defined]

    return {iri: sorted(some, key=order) for iri, some in found.items()}
