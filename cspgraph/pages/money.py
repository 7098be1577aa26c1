"""The page of the money: from fund to theme to what it pays for to who delivers, sums as they are stated."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from cspgraph.evidence import Place, places
from cspgraph.names import Thing, text, things
from cspgraph.pages.flow import Flow, draw
from cspgraph.pages.frame import ALONE, Site, render
from cspgraph.terms import local
from cspgraph.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.engines import Engine

_AWARDS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?award ?kind ?label ?plan ?amount ?total ?printed ?currency ?per ?for ?period WHERE {
  VALUES ?kind { csp:Award csp:Share }
  ?award csp:kind ?kind ; skos:prefLabel ?label ; csp:inPlan ?plan .
  OPTIONAL { ?award csp:amount ?amount }
  OPTIONAL { ?award csp:statedTotal ?total }
  OPTIONAL { ?statement rdf:subject ?award ; rdf:predicate csp:amount ; csp:asPrinted ?printed }
  OPTIONAL { ?award csp:currency ?currency }
  OPTIONAL { ?award csp:per/skos:prefLabel ?per }
  OPTIONAL { ?award csp:for ?for }
  OPTIONAL { ?award csp:period/csp:asPrinted ?period }
} ORDER BY ?award
"""
_LINKS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?award ?relation ?thing WHERE {
  VALUES ?relation { csp:from csp:contributesTo csp:paysFor csp:deliveredBy csp:share csp:subtotal }
  ?award a csp:Award ; ?relation ?thing .
} ORDER BY ?award ?relation ?thing
"""
_PAID = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?award ?paid ?relation ?thing WHERE {
  ?paid csp:fundedBy ?award .
  OPTIONAL { VALUES ?relation { csp:contributesTo csp:ledBy } ?paid ?relation ?thing }
} ORDER BY ?award ?paid ?relation ?thing
"""
_FUNDS = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?fund ?by WHERE { ?fund csp:kind csp:Fund . OPTIONAL { ?fund csp:providedBy ?by } } ORDER BY ?fund ?by
"""


@dataclass(frozen=True)
class Sum:
    """A sum of money as a document states it; `parts` are never added to it, `subtotals` never to the parts."""

    thing: Thing
    amount: Decimal | None
    total: Decimal | None
    printed: str
    currency: str
    per: str
    purpose: str
    period: str
    place: Place
    funds: tuple[Thing, ...] = ()
    themes: tuple[Thing, ...] = ()
    pays: tuple[Thing, ...] = ()
    delivers: tuple[Thing, ...] = ()
    parts: tuple[Sum, ...] = ()
    subtotals: tuple[Sum, ...] = ()

    @property
    def shown(self) -> str:
        """The sum in words: as printed, or as a number."""
        return self.printed or money(self.amount, self.currency)

    @property
    def check(self) -> str:
        """What the parts add up to, beside what is stated; empty where there are no parts."""
        stated = self.total if self.total is not None else self.amount
        if not self.parts or stated is None:
            return ""
        if any(part.amount is None for part in self.parts):
            return f"{counted(len(self.parts), 'part')}, not every one of which has a sum"
        added = sum((part.amount or Decimal(0) for part in self.parts), Decimal(0))
        found = f"{counted(len(self.parts), 'part')} add up to {money(added, self.currency)}"
        if added == stated:
            return f"✓ {found}, as stated"
        return f"✕ {found}; {money(stated, self.currency)} is stated"


@dataclass(frozen=True)
class Pot:
    """A fund, who provides it, and the sums that come from it; `totals` never adds a part to its whole."""

    fund: Thing | None
    provided: tuple[Thing, ...]
    sums: tuple[Sum, ...]
    flows: tuple[Flow, ...]

    @property
    def totals(self) -> list[str]:
        """The sums of one sort added up: a year's money is not added to that of two years."""
        sorts: dict[tuple[str, str, str], list[Decimal]] = {}
        for one in self.sums:
            if one.amount is not None:
                sorts.setdefault((one.thing.plan, one.currency, one.per), []).append(one.amount)
        return [
            f"{money(sum(amounts, Decimal(0)), currency)}{_per(per)} in {counted(len(amounts), 'sum')} ({plan})"
            for (plan, currency, per), amounts in sorted(sorts.items())
        ]


def page(engine: Engine, focus: list[Thing]) -> str:
    """Return the page of the money; with a focus, only these funds, or what these plans say of money."""
    return write(engine, focus)


def write(engine: Engine, focus: Iterable[Thing] = (), site: Site = ALONE) -> str:
    """Return the page of the money."""
    wanted = {thing.id for thing in focus}
    found = [pot for pot in pots(engine) if not wanted or _about(pot, wanted)]
    sums = [one for pot in found for one in pot.sums]
    without = len([pot for pot in found if not pot.sums])
    subtitle = f"{counted(len(found), 'fund')}, {counted(len(sums), 'sum')} stated"
    if without:
        subtitle += f"; of {counted(without, 'fund')} no sum is stated"
    return render(
        "money.html.j2", site, title="Where the money comes from, and what it pays for", subtitle=subtitle, pots=found
    )


def _about(pot: Pot, wanted: set[str]) -> bool:
    return (pot.fund is not None and pot.fund.id in wanted) or bool({one.thing.plan for one in pot.sums} & wanted)


def pots(engine: Engine) -> list[Pot]:
    """Return every fund with its sums, those with most sums first."""
    rows = engine.recall(_FUNDS).rows
    named = things(engine, {text(term) for row in rows for term in row if term})
    provided: dict[str, list[Thing]] = {}
    for fund, by in rows:
        provided.setdefault(text(fund), []).extend([named[text(by)]] if text(by) in named else [])
    found: dict[str, list[Sum]] = {fund: [] for fund in provided}
    for one in sums(engine):
        for iri in [thing.iri for thing in one.funds] or [""]:
            found.setdefault(iri, []).append(one)
    made = [
        Pot(named.get(fund), tuple(provided.get(fund, ())), tuple(some), tuple(_flows(named.get(fund), some)))
        for fund, some in found.items()
    ]
    return sorted(made, key=lambda pot: (-len(pot.sums), pot.fund.label if pot.fund else "~"))


def sums(engine: Engine) -> list[Sum]:
    """Return the sums that are no part of another, each with its parts."""
    rows = {text(row[0]): row for row in reversed(engine.recall(_AWARDS).rows)}
    links = _joined(engine)
    named = things(engine, {iri for found in links.values() for iri in found} | set(rows))
    where = places(engine, rows)
    inside = {iri for (_, relation), found in links.items() if relation in ("share", "subtotal") for iri in found}

    def make(iri: str) -> Sum:
        _, _, _, _, amount, total, *said = rows[iri]
        printed, currency, per, purpose, period = map(text, said)

        def of(relation: str) -> list[str]:
            return [other for other in links.get((iri, relation), []) if other in named]

        def told(relation: str) -> tuple[Thing, ...]:
            return tuple(named[other] for other in of(relation))

        def within(relation: str) -> tuple[Sum, ...]:
            return tuple(make(other) for other in of(relation) if other in rows)

        return Sum(
            named[iri],
            _decimal(text(amount)),
            _decimal(text(total)),
            *(printed, currency, per, purpose, period),
            where.get(iri, Place()),
            *(told("from"), told("contributesTo"), told("paysFor"), told("deliveredBy")),
            *(within("share"), within("subtotal")),
        )

    return [make(iri) for iri in sorted(rows) if iri not in inside]


def _joined(engine: Engine) -> dict[tuple[str, str], list[str]]:
    """Return what awards are joined to, by award and relation; what they pay for tells of its themes and leads."""
    links: dict[tuple[str, str], list[str]] = {}
    for award, relation, thing in engine.recall(_LINKS).rows:
        _add(links, (text(award), local(text(relation))), text(thing))
    for award, paid, way, thing in engine.recall(_PAID).rows:
        _add(links, (text(award), "paysFor"), text(paid))
        name = {"contributesTo": "contributesTo", "ledBy": "deliveredBy"}.get(local(text(way)))
        if name and thing:
            _add(links, (text(award), name), text(thing))
    return links


def _add(links: dict[tuple[str, str], list[str]], key: tuple[str, str], value: str) -> None:
    found = links.setdefault(key, [])
    if value not in found:
        found.append(value)


def _decimal(said: str) -> Decimal | None:
    return Decimal(said) if said else None


# -------------------------------------------------------------------- the picture


def _flows(fund: Thing | None, some: list[Sum]) -> list[Flow]:
    """Return a picture for the sums of each plan that are of one sort; of one sum alone there is nothing to draw."""
    sorts: dict[tuple[str, str, str], list[Sum]] = {}
    for one in some:
        if one.amount:
            sorts.setdefault((one.thing.plan, one.currency, one.per), []).append(one)
    made = []
    for (plan, currency, per), group in sorted(sorts.items()):
        leaves = [leaf for one in group for leaf in _leaves(one)]
        if len(leaves) > 1:
            total = money(sum((amount for _, amount in leaves), Decimal(0)), currency)
            title = f"{fund.label if fund else 'No fund named'}: {total}{_per(per)}, {plan}"
            steps = [(_steps(fund, leaf), amount, money(amount, currency)) for leaf, amount in leaves]
            made.append(draw(title, steps))
    return made


def _leaves(one: Sum) -> list[tuple[Sum, Decimal]]:
    """Return the parts of a sum, or the sum itself where not all of it is divided into sums."""
    amounts = [part.amount for part in one.parts]
    if one.amount and amounts and all(amounts) and sum(a or Decimal(0) for a in amounts) <= one.amount:
        rest = one.amount - sum((a or Decimal(0) for a in amounts), Decimal(0))
        parts = [(_with(part, one), part.amount or Decimal(0)) for part in one.parts]
        return [*parts, *([(one, rest)] if rest else [])]
    return [(one, one.amount or Decimal(0))]


def _with(part: Sum, whole: Sum) -> Sum:
    """Return a part that takes from its whole what it does not say itself."""
    from dataclasses import replace

    return replace(part, **{k: getattr(part, k) or getattr(whole, k) for k in ("themes", "pays", "delivers")})


def _steps(fund: Thing | None, one: Sum) -> list[tuple[str, Thing | None]]:
    """Return the four steps of a sum; several themes or bodies are one step, because nobody says how it is divided."""
    purpose = (one.purpose or one.thing.label, one.pays[0] if len(one.pays) == 1 else None)
    return [_step([fund] if fund else [], "no fund named"), _step(one.themes, "no theme stated"), purpose,
            _step(one.delivers, "who delivers is not stated")]  # fmt: skip


def _step(found: Iterable[Thing], nothing: str) -> tuple[str, Thing | None]:
    several = list(found)
    if not several:
        return nothing, None
    if len(several) == 1:
        return several[0].label, several[0]
    return f"{len(several)} jointly: {'; '.join(thing.label for thing in several)}", None


def money(amount: Decimal | None, currency: str) -> str:
    """Return a sum as it is read: `£60,000`."""
    if amount is None:
        return "no sum stated"
    whole = f"{amount:,.0f}" if amount == amount.to_integral() else f"{amount:,.2f}"
    return f"£{whole}" if currency == "GBP" else f"{whole} {currency}".rstrip()


def _per(per: str) -> str:
    return f" a {per}" if per == "year" else f" for {per}" if per else ""
