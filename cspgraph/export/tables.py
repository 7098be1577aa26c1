"""Rows: CSV for spreadsheets and for Neo4j, each pair of files in a zip, and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from cspgraph.export.properties import plain
from cspgraph.terms import CSP
from cspgraph.text import cell, clean
from cspgraph.zips import zipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cspgraph.export import Request
    from cspgraph.export.properties import Value
    from cspgraph.ontology import Vocabulary

_NEO4J = {"boolean": "boolean", "integer": "long", "number": "double", "date": "date"}


def plain_json(request: Request) -> bytes:
    """Return `{"things": [...], "relations": [...]}`, numbers as numbers and dates as text."""
    graph = request.rows
    found = {
        name: [{key: _jsonable(value) for key, value in row.items()} for row in rows]
        for name, rows in (("things", graph.things), ("relations", graph.relations))
    }
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()


def _jsonable(value: Value) -> str | int | float | bool | list[Any]:
    if isinstance(value, tuple):
        return [_jsonable(one) for one in value]
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, bool | int) else clean(str(value))


def csv_zip(request: Request) -> bytes:
    """Return a zip of things.csv and relations.csv; each opens in a spreadsheet without running anything."""
    graph = request.rows
    files = {}
    for name, rows, columns in zip(
        ("things.csv", "relations.csv"), (graph.things, graph.relations), graph.columns(), strict=True
    ):
        files[name] = _csv([{key: key for key in columns}, *rows], columns, "\r\n").encode("utf-8-sig")
    return zipped(files)


def neo4j(request: Request) -> bytes:
    """Return a zip of nodes.csv and relationships.csv with the heads that `neo4j-admin database import` reads.

    The format: Neo4j's operations manual, "CSV header format". A node has its kind and the kinds above it as labels,
    a relationship its relation as type, in capitals as Neo4j has it.
    """
    graph = request.rows
    typed = [
        {name: f"{name}:{_NEO4J.get(kind, 'string')}" for name, kind in columns.items()} for columns in graph.columns()
    ]
    nodes = {**typed[0], "id": "id:ID", ":LABEL": ":LABEL"}
    edges = {**typed[1], "from": ":START_ID", "to": ":END_ID", ":TYPE": ":TYPE"}
    labels = {kind: _labels(request.vocabulary, kind) for kind in {plain(row["kind"]) for row in graph.things}}
    things_rows = [{**row, ":LABEL": labels[plain(row["kind"])]} for row in graph.things]
    edge_rows = [{**row, ":TYPE": _shouted(plain(row["relation"]))} for row in graph.relations]
    files = {
        "nodes.csv": _csv([nodes, *things_rows], nodes, "\n").encode(),
        "relationships.csv": _csv([edges, *edge_rows], edges, "\n").encode(),
    }
    return zipped(files)


def _labels(vocabulary: Vocabulary, kind: str) -> str:
    known = vocabulary.kinds.get(f"{CSP}{kind}")
    above = known.ancestors if known else ()
    return ";".join(dict.fromkeys([kind, *(name.removeprefix(CSP) for name in above if name.startswith(CSP))]))


def _shouted(word: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).upper())


def _csv(rows: Iterable[Mapping[str, Value]], columns: Iterable[str], ending: str) -> str:
    names, out = list(columns), io.StringIO()
    writer = csv.writer(out, lineterminator=ending)
    writer.writerows([_shown(row.get(name, "")) for name in names] for row in rows)
    return out.getvalue()


def _shown(value: Value) -> str:
    return cell(clean(plain(value))) if isinstance(value, str | tuple) else plain(value)


def csv_lumps(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> Iterator[str]:
    """Yield rows as CSV, first a head, then a thousand lines at a time; text that a spreadsheet would run gets an apostrophe."""
    left = iter(rows)
    lump: list[Mapping[str, str]] = [{name: name for name in columns}]
    while lump:
        yield _csv(lump, columns, "\r\n")
        lump = list(islice(left, 1000))
