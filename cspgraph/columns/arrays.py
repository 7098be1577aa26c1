"""Arrays of numbers in one file, mapped into memory when it is opened.

A line of JSON says which arrays follow, of which type and how long, and what the checksum of all is; its own stands
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
    from collections.abc import Iterable
    from io import BufferedReader
    from pathlib import Path

    import numpy as np

    Arrays = dict[str, np.ndarray]

FORMAT = 3
_ALIGN = 64
_MOST_HEAD = 1 << 16
_WINDOW = 1 << 20


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays to a file. Raises OSError, and then leaves nothing behind, where the disk will not take them."""
    head = {name: [array.dtype.str, len(array)] for name, array in arrays.items()}
    check = 0
    for array in arrays.values():
        check = zlib.crc32(array.data, check)
    line = json.dumps({"format": FORMAT, "arrays": head, "check": check}).encode()
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
    """Return the arrays of a file: read through once, for its checksum, and from then on when they are touched.

    Raises OSError where there is none, ValueError for one that is of another format, cut off or damaged.
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
        places = {}
        for name, (kind, length) in head["arrays"].items():
            at += -at % _ALIGN
            places[name] = kind, at, at + length * np.dtype(kind).itemsize
            at = places[name][2]
        if at != size:
            raise ValueError(f"{path} is cut off")
        if _checked(file, [(begin, end) for _, begin, end in places.values()]) != head["check"]:
            raise ValueError(f"{path} is damaged")
    mapped = np.memmap(path, np.uint8, "r")
    return {name: np.asarray(mapped[begin:end]).view(kind) for name, (kind, begin, end) in places.items()}


def _checked(file: BufferedReader, places: Iterable[tuple[int, int]]) -> int:
    """Return the checksum of these places of a file, read through a small window: what is mapped counts as memory."""
    window, check = memoryview(bytearray(_WINDOW)), 0
    for begin, end in places:
        file.seek(begin)
        left = end - begin
        while left and (count := file.readinto(window[:left])):
            check = zlib.crc32(window[:count], check)
            left -= count
    return check
