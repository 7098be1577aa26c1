"""Arrays of numbers in one file, mapped into memory when it is opened.

A line of JSON says which arrays follow, of which type and how long; its checksum stands
before it, and each array begins at a multiple of 64 bytes. A file is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import secrets
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    Arrays = dict[str, np.ndarray]

FORMAT = 2
_ALIGN = 64
_MOST_HEAD = 1 << 16


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays to a file. Raises OSError, and then leaves nothing behind, where the disk will not take them."""
    head = {name: [array.dtype.str, len(array)] for name, array in arrays.items()}
    line = json.dumps({"format": FORMAT, "arrays": head}).encode()
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("wb") as file:
            file.write(b"%08x " % zlib.crc32(line) + line + b"\n")
            for array in arrays.values():
                file.write(b"\0" * (-file.tell() % _ALIGN))
                array.tofile(file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def read_arrays(path: Path) -> Arrays:
    """Return the arrays of a file, read when they are touched.

    Raises OSError where there is none, ValueError for one that is of another format, cut off or damaged in its head.
    """
    import numpy as np

    with path.open("rb") as file:
        first = file.readline(_MOST_HEAD)
        at, size = file.tell(), os.fstat(file.fileno()).st_size
    check, _, line = first.rstrip(b"\n").partition(b" ")
    if check != b"%08x" % zlib.crc32(line):
        raise ValueError(f"{path} is damaged")
    head = json.loads(line)
    if head["format"] != FORMAT:
        raise ValueError(f"{path} is of another format")
    mapped = np.memmap(path, np.uint8, "r")
    found: Arrays = {}
    for name, (kind, length) in head["arrays"].items():
        at += -at % _ALIGN
        end = at + length * np.dtype(kind).itemsize
        found[name] = np.asarray(mapped[at:end]).view(kind)
        at = end
    if at != size:
        raise ValueError(f"{path} is cut off")
    return found
