"""Office files that are the same every time: their zip says no time of day."""

from __future__ import annotations

import re

from cspgraph.zips import unzipped, zipped

_TIMES = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
# The tag that is replaced may have been the one that said what these prefixes stand for.
_PREFIXES = b'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def steady(content: bytes, dated: str = "") -> bytes:
    """Return an office file without the time at which it was made; with `dated`, an ISO date, that day stands there."""
    parts = dict(unzipped(content))
    parts["docProps/core.xml"] = _TIMES.sub(_said(dated), parts["docProps/core.xml"])
    return zipped(parts)


def _said(dated: str) -> bytes:
    if not dated:
        return b""
    day = f"{dated}T00:00:00Z".encode()
    return rb"<dcterms:\1 " + _PREFIXES + rb' xsi:type="dcterms:W3CDTF">' + day + rb"</dcterms:\1>"
