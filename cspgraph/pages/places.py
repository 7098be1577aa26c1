"""Where the pages of a site lie: a file for every thing, with a name that every file system takes."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.names import Thing

_LONGEST = 80  # letters of a name; Windows takes 260 for the whole path


def file_names(things: Iterable[Thing]) -> dict[str, str]:
    """Return the file of each thing by its id: names differ by more than capitals, and none is reserved."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for thing in sorted(things):
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", thing.id.replace("/", "--")).strip(".-")[:_LONGEST] or "thing"
        if name.lower() in taken or re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name.lower()):
            name = f"{name}-{hashlib.sha256(thing.id.encode()).hexdigest()[:8]}"
        taken.add(name.lower())
        found[thing.id] = f"things/{name}.html"
    return found
