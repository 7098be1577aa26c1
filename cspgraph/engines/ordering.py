"""The ORDER BY that ends a query, followed here and not in the store.

A store keeps terms as numbers and looks their texts up again for every comparison, which is most of what a long
answer costs. Where a query ends with plain variables, the rows are asked for in any order and put in theirs here, by
the rule of SPARQL 1.1, section 15.1: what is unbound, then IRIs, then literals by their value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from cspgraph.engines import Table
from cspgraph.terms import XSD

if TYPE_CHECKING:
    from cspgraph.engines import Term

    Key = tuple[str, bool]  # a variable, and whether its greatest comes first

_ONE = r"(?:\?\w+|(?:ASC|DESC)\s*\(\s*\?\w+\s*\))"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of what a query tells, and of what ends it; compiled when the first is asked."""
    told = re.compile(r"^SELECT(?P<told>(?:\s+\?\w+)+)\s+WHERE\b", re.MULTILINE)
    return told, re.compile(rf"\bORDER\s+BY(?P<keys>(?:\s+{_ONE})+)\s*\Z", re.IGNORECASE)


@cache
def _forms() -> dict[str, re.Pattern[str]]:
    """Return how numbers, truths and days are written, by their types; a graph may hold others under these names."""
    number, day = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    forms = {"integer": number, "decimal": number, "boolean": "true|false", "date": day}
    return {kind: re.compile(form) for kind, form in forms.items()}


class Parted(NamedTuple):
    """A query without the ORDER BY that ended it, what that ordered by, and how many columns of that were not told.

    There are no keys where a query does not end with plain variables.
    """

    query: str
    keys: list[Key]
    more: int


def parted(query: str) -> Parted:
    """Return a query parted from the ORDER BY that ends it; what it orders by and did not tell, it tells behind the rest."""
    tells, ends = _patterns()
    end = ends.search(query, max(0, query.rfind("}")))
    if not end or "#" in query[query.rfind("\n", 0, end.start()) + 1 : end.start()]:  # perhaps in a comment
        return Parted(query, [], 0)
    given = re.findall(rf"\s({_ONE})", end["keys"], re.IGNORECASE)
    keys = [(re.sub(r".*\?|[)\s]", "", key, flags=re.DOTALL), key[:4].upper() == "DESC") for key in given]
    query, more = query[: end.start()], []
    head = tells.search(query)
    if head and not any("{" in line for line in query[: head.start()].split("\n") if not line.startswith("#")):
        told = head["told"].split()
        more = [*dict.fromkeys(f"?{name}" for name, _ in keys if f"?{name}" not in told)]
        query = f"{query[: head.start()]}SELECT {' '.join([*told, *more])} WHERE{query[head.end() :]}"
    return Parted(query, keys, len(more))


def ordered(table: Table, keys: list[Key], more: int = 0) -> Table | None:
    """Return a table in the order of these keys, without so many of its last columns.

    None where only the engine knows how two of its terms compare.
    """
    ranks = []
    for variable, falling in keys:
        rank = _ranks([row[table.columns.index(variable)] for row in table.rows]) if variable in table.columns else None
        if rank is None:
            return None
        ranks.append([-one for one in rank] if falling else rank)
    places = list(zip(*ranks, strict=True))
    width = len(table.columns) - more
    order = sorted(range(len(table.rows)), key=places.__getitem__)
    return Table(table.columns[:width], [table.rows[row][:width] for row in order])


def _ranks(terms: list[Term | None]) -> list[int] | None:
    """Return for each term its place among all, from 1, and 0 for what is unbound; None where they are of types that do not compare."""
    nodes = sorted({term.value for term in terms if isinstance(term, ox.NamedNode)})
    place: dict[object, int] = {node: number for number, node in enumerate(nodes, start=1)}
    found = [0 if term is None else place[term.value] if isinstance(term, ox.NamedNode) else -1 for term in terms]
    rest = [row for row, number in enumerate(found) if number < 0]
    literals = [term for row in rest if isinstance(term := terms[row], ox.Literal)]
    values = _values(literals) if len(literals) == len(rest) else None
    if values is None:
        return None
    worth = {value: number for number, value in enumerate(sorted(set(values)), start=len(nodes) + 1)}
    for row, value in zip(rest, values, strict=True):
        found[row] = worth[value]
    return found


def _values(literals: list[ox.Literal]) -> list[Any] | None:
    """Return what literals are compared by, None where they are not all texts, numbers, days or truths."""
    kinds = {"" if literal.language else literal.datatype.value.removeprefix(XSD) for literal in literals}
    values = [literal.value for literal in literals]
    if kinds == {"string"}:
        return values
    numbers = kinds <= {"integer", "decimal"}
    if not numbers and len(kinds) > 1:
        return None
    forms = [_forms().get(kind) for kind in kinds]
    if not all(form and all(map(form.fullmatch, values)) for form in forms):
        return None
    return [Decimal(value) for value in values] if numbers else values
