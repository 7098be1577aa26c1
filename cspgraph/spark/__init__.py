"""Whole-graph work on a cluster: the same answers, from Parquet files, on Apache Spark. Needs `cspgraph[spark]`.

Two ways, by what a question needs. What is decided within a plan (most rules, the load of bodies) is computed plan by
plan where the files lie, by the code that runs everywhere else. What runs across plans (what depends on a thing, what
ends when, what serves a framework) is gathered by joins, step by step, and what was gathered, a small part of the
graph, is asked here, again by the same code. So there is one text of every question.
"""

from __future__ import annotations

ADDRESSES = ("spark://", "local[", "local-cluster[")


def is_spark(address: str) -> bool:
    """Return whether an address of an engine names a Spark master: `spark://HOST:PORT`, `local[2]`, `local-cluster[2,1,2048]`."""
    return address.startswith(ADDRESSES)
