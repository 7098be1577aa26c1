"""Results as tables: in a notebook by themselves, and as a frame of pandas on request.

A result tells itself as records, the objects that `--format json` prints. One rule makes columns of
them: a thing is told by its label, with its id in a column of its own (`thing`, `thing_id`), a piece of evidence as
`document:lines` with its status, a path in one line, several things by their labels, anything else that
is several by its number; an object within an object brings its own columns (`first_thing`).
"""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from cspgraph.errors import CspgraphError
from cspgraph.text import clean, shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import pandas as pd

Record = dict[str, Any]
MOST_ROWS = 60  # that a notebook shows of a table; a frame has them all
_LONGEST = 300  # of a cell that a notebook shows
_LEFT = ' style="text-align: left; vertical-align: top"'


class Tabular:
    """What is told as records, and so as a table and as a frame.

    `brief` names the columns that a notebook shows where there are too many for a page; by default all that hold anything.
    """

    brief: ClassVar[tuple[str, ...]] = ()

    def records(self) -> list[Record]:
        """Return the objects that a program reads, one for a row."""
        raise NotImplementedError

    def frame(self) -> pd.DataFrame:
        """Return all rows as a pandas DataFrame. Raises CspgraphError where pandas is not installed."""
        return frame(self.records())

    def _repr_html_(self) -> str:
        return html(self.records(), self.brief)


class _Told(Protocol):
    def as_json(self) -> dict[str, object]: ...


T = TypeVar("T", bound=_Told)


class Results(list[T], Tabular):
    """A list of results that shows as a table in a notebook."""

    def records(self) -> list[Record]:
        """Return the objects that a program reads; a result that is a table itself has several."""
        return [row for one in self for row in (one.records() if isinstance(one, Tabular) else [one.as_json()])]

    def _repr_html_(self) -> str:
        return html(self.records(), getattr(self[0], "brief", ()) if self else ())


def frame(records: Sequence[Record], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return records as a pandas DataFrame, with these columns even where there are no records.

    Raises CspgraphError where pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise CspgraphError("a frame needs pandas", 'pip install "cspgraph[notebooks]"') from None
    flat, names = flattened(records, columns)
    return pd.DataFrame([[row.get(name) for name in names] for row in flat], columns=names)


def html(records: Sequence[Record], brief: Sequence[str] = (), columns: Sequence[str] = ()) -> str:
    """Return records as an HTML table in which every text is harmless, cut to what a page holds, and says what it left out."""
    flat, names = flattened(records, columns)
    if brief:
        names = [name for name in brief if name in names]
    elif flat:
        names = [name for name in names if any(row.get(name) not in (None, "") for row in flat)]
    heads = "".join(f'<th scope="col"{_LEFT}>{_cell(name)}</th>' for name in names)
    rows = (
        "<tr>" + "".join(f"<td{_LEFT}>{_cell(row.get(name))}</td>" for name in names) + "</tr>"
        for row in flat[:MOST_ROWS]
    )
    number = f"{len(flat):,} row{'' if len(flat) == 1 else 's'}"
    more = f", of which the first {MOST_ROWS} are shown; .frame() has all" if len(flat) > MOST_ROWS else ""
    return (
        f"<table><caption>{number}{more}</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def flattened(records: Sequence[Record], columns: Sequence[str] = ()) -> tuple[list[Record], list[str]]:
    """Return records with plain values only, and their columns in the order in which they were first met."""
    counted = {
        name
        for record in records
        for name, value in record.items()
        if isinstance(value, list) and any(isinstance(one, list) for one in value)
    }
    rows = [dict(_flat(record, counted)) for record in records]
    names = dict.fromkeys([*columns, *(name for row in rows for name in row)])
    order: list[str] = []
    for name in names:
        if name.endswith("_id") and name.removesuffix("_id") in names:
            continue  # stands behind its thing, wherever it was met
        inner = [other for other in names if other.startswith(f"{name}_")]
        if f"{name}_id" in inner:
            order += [name, f"{name}_id"]
        elif not inner or any(row.get(name) is not None for row in rows):
            order.append(name)
    return rows, order


def _flat(record: Record, counted: Collection[str] = ()) -> Iterator[tuple[str, object]]:
    for name, value in record.items():
        if isinstance(value, dict) and "lines" in value:
            yield name, _place(value)
            if "status" not in record:
                yield "status", value["status"]
        elif isinstance(value, dict) and "label" in value:
            yield name, value["label"]
            yield f"{name}_id", value["id"]
        elif isinstance(value, dict):
            yield from ((f"{name}_{inner}", cell) for inner, cell in _flat(value))
        else:
            yield name, len(value) if name in counted else _plain(value)


def _plain(value: Any) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if not isinstance(value, list):
        return value
    if value and all(isinstance(one, dict) and "from" in one for one in value):
        hops = (f"— {hop['label']} → {hop['to']['label']} [{_place(hop['evidence'])}]" for hop in value)
        return " ".join([value[0]["from"]["label"], *hops])
    if all(isinstance(one, str) or (isinstance(one, dict) and "id" in one) for one in value):
        return "; ".join(one if isinstance(one, str) else one["label"] for one in value)
    return len(value)


def _place(place: Record) -> str:
    return ":".join(part for part in (place["source"], place["lines"]) if part)


def _cell(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 - what is not a number is not itself
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}"
    return escape(shortened(clean(str(value)), _LONGEST))
