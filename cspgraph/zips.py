"""Zips: our own, the same bytes whenever they are made, and those of others, measured before they are unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_SMALL = 10_000  # bytes under which it says nothing how often a file is larger than it is packed
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


class Limits(NamedTuple):
    """What a zip may hold: how many files, how many bytes unpacked, and each file how many times what it is packed."""

    files: int
    unpacked: int
    times: int


class Unfit(Exception):
    """A zip that is not read. Its text ends a sentence that begins with what it is: `holds 4,000 files`; empty for none."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files by their names, in the order given."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, content)
    return made.getvalue()


def unzipped(content: bytes, limits: Limits | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each file of a zip, in order; folders have none.

    Without limits it must be one of our own. Raises Unfit for what is no zip, is cut off, locked or packed in a way
    that is not known, and for more than the limits allow, before anything is unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if limits:
                _measure(entries, limits)
            for entry in entries:
                if not entry.is_dir():
                    yield entry.filename, archive.read(entry)
    except _BROKEN:
        raise Unfit from None


def _measure(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = any(entry.file_size > max(entry.compress_size, _SMALL) * limits.times for entry in entries)
    if len(entries) > limits.files:
        raise Unfit(f"holds {len(entries):,} files, more than {limits.files:,}")
    if packed or unpacked > limits.unpacked:
        raise Unfit(f"unpacks to {unpacked:,} bytes, more than can be meant")
    if len({entry.filename for entry in entries}) < len(entries):
        raise Unfit
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise Unfit
