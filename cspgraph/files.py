"""Files and folders: written whole or not at all; what is kept, read, or made anew where it is damaged."""

from __future__ import annotations

import os
import secrets
import shutil
import zlib
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from cspgraph.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")
# What reading a file may raise that is not there, or is damaged.
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, zlib.error)


@contextmanager
def readable(path: Path | None = None) -> Iterator[None]:
    """Say in a sentence why a file cannot be read, as InputError; without one, the file that the system names."""
    try:
        yield
    except OSError as error:
        named = path or error.filename
        raise InputError.at(named, 0, f"the file cannot be read: {error.strerror or error}") from None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are not there. Raises InputError when it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.at(folder, 0, f"the folder cannot be made: {error.strerror or error}") from None


def kept(path: Path | None, read: Callable[[Path], T], make: Callable[[], T], write: Callable[[Path, T], None]) -> T:
    """Return what a file holds; where it is not there, or damaged, what is made, which is then kept there.

    Without a file, or where it cannot be written, it is only made: that costs time, and nothing else.
    """
    if path is None:
        return make()
    with suppress(*UNREADABLE):
        return read(path)
    found = make()
    with suppress(OSError, ValueError):  # an integer of 5,000 digits is more than JSON takes
        write(path, found)
    return found


def read_kept(path: Path) -> bytes:
    """Return what `write_kept` wrote. Raises OSError where there is nothing, ValueError for what is damaged."""
    check, _, content = path.read_bytes().partition(b" ")
    if check != b"%08x" % zlib.crc32(content):
        raise ValueError(f"{path} is damaged")
    return content


def write_kept(path: Path, content: bytes) -> None:
    """Write a file that can be made again, a checksum before it, without waiting for the disk. Raises OSError."""
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        fresh.write_bytes(b"%08x " % zlib.crc32(content) + content)
        fresh.replace(path)
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old content or the new, never a part.

    Raises InputError when the folder is not there or the disk will not take it; then
    nothing is left behind.
    """
    write_all({path: content})


def write_all(files: dict[Path, bytes]) -> None:
    """Write files that belong together, as `write_whole` does each: none is put in its place before all are on the disk."""
    fresh = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}") for path in files}
    path = None
    try:
        for path, content in files.items():
            with fresh[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            fresh[path].replace(path)
    except OSError as error:
        raise InputError.at(path or "", 0, f"the file cannot be written: {error.strerror or error}") from None
    finally:
        for left in fresh.values():
            with suppress(OSError):
                left.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path, what: str) -> Iterator[Path]:
    """Yield a folder to fill, which takes the place of the target when the block ends well, and is gone when it does not.

    Raises InputError, calling it `what`, when the disk will not take it; then what was there stays as it was.
    """
    sign = secrets.token_hex(4)
    fresh, old = (target.with_name(f".{target.name}.{sign}{end}") for end in ("", ".old"))
    try:
        fresh.mkdir(parents=True)
        yield fresh
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise InputError.at(target, 0, f"the {what} cannot be written: {error.strerror or error}") from None
    finally:
        for left in (fresh, old):
            with suppress(OSError):
                shutil.rmtree(left)
