"""Files of office programs: a workbook of a plan, out and in. Needs `cspgraph[office]`."""

from __future__ import annotations


def need_office() -> None:
    """Raise CspgraphError, with what to install, when openpyxl or defusedxml is not there."""
    from importlib.util import find_spec

    from cspgraph.errors import CspgraphError

    if not find_spec("openpyxl") or not find_spec("defusedxml"):
        raise CspgraphError("workbooks need two packages that are not installed", 'pip install "cspgraph[office]"')
