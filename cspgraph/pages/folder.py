"""A site on disk: a folder or a zip, written whole or not at all, the same bytes every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.errors import InputError
from cspgraph.files import whole_folder, write_whole
from cspgraph.zips import zipped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MARK = "cspgraph-site.txt"
_SAID = (
    "Written by cspgraph site. The whole folder is replaced when it is written again, so long as it holds only these"
    " files.\nOpen index.html in any browser.\n\n"
)


def write_site(target: Path, pages: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Write pages into a folder, or a zip where the name ends in .zip; return how many files and bytes they are.

    Raises InputError for a folder that holds anything but a site, before anything is made, and where the disk will
    not take it; then what was there stays as it was.
    """
    packed = target.suffix.lower() == ".zip"
    if not packed:
        refuse_others(target)
    elif target.is_dir():
        raise InputError.at(target, 0, "this is a folder", "name a file that ends in .zip, or a folder without that")
    if not target.absolute().parent.is_dir():
        raise InputError.at(target, 0, f"there is no folder '{target.absolute().parent.name}' to write it to")
    files = {name: html.encode() for name, html in pages}
    files[MARK] = (_SAID + "".join(f"{name}\n" for name in sorted(files))).encode()
    if packed:
        content = zipped(dict(sorted(files.items())))
        write_whole(target, content)
        return len(files), len(content)
    with whole_folder(target, "site") as folder:
        for name, content in sorted(files.items()):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return len(files), sum(map(len, files.values()))


def refuse_others(target: Path) -> None:
    """Raise InputError where something stands that is not ours: a file, or a folder that holds anything but a site."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise InputError.at(target, 0, "this is not a folder", "name a folder, or a file that ends in .zip")
    if not target.is_dir():
        return
    mark = target / MARK
    ours = {MARK, *mark.read_text(encoding="utf-8", errors="replace").splitlines()} if mark.is_file() else set()
    there = (path.relative_to(target).as_posix() for path in sorted(target.rglob("*")) if not path.is_dir())
    other = next((name for name in there if name not in ours), "")
    if other:
        said = f"the folder holds something else, which would be lost: {other}"
        raise InputError.at(target, 0, said, "name a folder that is new or empty")
