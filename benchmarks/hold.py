"""Hold files in memory until standard input ends: a system may forget what it read, and what is warm is to stay warm.

python -m benchmarks.hold PATH ...        says how many bytes it holds, and waits
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from pathlib import Path


def files(path: Path) -> list[Path]:
    """Return the files in a folder, those in its folders included; a file is alone."""
    return sorted(file for file in (path, *path.rglob("*")) if file.is_file())


def hold(path: Path) -> int:
    """Lock a file in memory, and return its size; 0 where the system does not allow it, and the file is only read."""
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    size = path.stat().st_size
    with path.open("rb") as file:
        if size:
            number, part = ctypes.c_int(file.fileno()), (ctypes.c_size_t(size), mmap.PROT_READ, mmap.MAP_SHARED)
            at = ctypes.c_void_p(libc.mmap(None, *part, number, ctypes.c_long(0)))
            if at.value != ctypes.c_void_p(-1).value and libc.mlock(at, part[0]) == 0:
                return size
        while file.read(1 << 24):
            pass
    return 0


def main() -> None:
    """Hold the files that are named, and those in the folders that are."""
    print(sum(hold(file) for path in sys.argv[1:] for file in files(Path(path))), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
