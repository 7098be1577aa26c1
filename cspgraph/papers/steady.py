"""Office files that are the same every time: their zip says no time of day."""

from __future__ import annotations

import io
import re
import zipfile

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_TIMES = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")


def steady(content: bytes, dated: str = "") -> bytes:
    """Return an office file without the time at which it was made; with `dated`, an ISO date, that day stands there."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as taken:
        for name in given.namelist():
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            part = given.read(name)
            taken.writestr(entry, _TIMES.sub(_said(dated), part) if name == "docProps/core.xml" else part)
    return made.getvalue()


def _said(dated: str) -> bytes:
    if not dated:
        return b""
    day = f"{dated}T00:00:00Z".encode()
    return rb'<dcterms:\1 xsi:type="dcterms:W3CDTF">' + day + rb"</dcterms:\1>"
