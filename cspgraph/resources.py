"""Where the built-in ontology and data lie, in a checkout beside the package, in a wheel inside it; what a machine has."""

from __future__ import annotations

import gc
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cspgraph.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name


def ontology_folder() -> Path:
    """Return the folder of the built-in `.ttl` and `.rq` files."""
    return _folder("ontology")


def data_folder() -> Path:
    """Return the folder of the bundled plans, reference data and list of sources."""
    return _folder("data")


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the collector of garbage from walking, again and again, what is all still needed."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def digest(files: Iterable[Path]) -> str:
    """Return a checksum over the bytes of files, whatever folder they lie in."""
    total = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def template_folder() -> Path:
    """Return the folder of the page template and its scripts."""
    return _PACKAGE / "templates"


def cache_folder() -> Path:
    """Return the folder for caches: `$CSPGRAPH_CACHE`, or the user's own by the platform's custom."""
    chosen = os.environ.get("CSPGRAPH_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "cspgraph"


@dataclass(frozen=True)
class Library:
    """The files behind one graph, each list sorted.

    `base` holds the built-in reference data, `own` the YAML files that the user named
    (or the bundled plans); where both define a shared thing, the user's definition stands.
    """

    base: tuple[Path, ...]
    own: tuple[Path, ...]
    ontology: tuple[Path, ...]
    questions: tuple[Path, ...]
    trusted: frozenset[Path]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that the graph is made from; questions are read when they are asked."""
        return (*self.base, *self.own, *self.ontology)


def library(data: Sequence[Path] = ()) -> Library:
    """Return the files of the bundled plans, or of the files and folders named in `data`.

    A folder is searched to the bottom for `.yaml` (plans and reference data), `.ttl`
    (further vocabulary) and `.rq` (further questions); hidden files are passed over.

    Raises InputError when a path is not there, or a folder holds none of these.
    """
    ontology = _below(ontology_folder())
    bundled = _below(data_folder())
    if not data:
        return Library(
            (), _of(bundled, "yaml"), _of(ontology, "ttl"), _of(ontology, "rq"), frozenset(_of(ontology, "rq"))
        )
    named: set[Path] = set()
    for path in data:
        named |= _named(path)
    reference = tuple(path for path in _of(bundled, "yaml") if path.parent.name != "plans" and path not in named)
    return Library(
        base=reference,
        own=_of(named, "yaml"),
        ontology=tuple(sorted({*_of(ontology, "ttl"), *_of(named, "ttl")})),
        questions=tuple(sorted({*_of(ontology, "rq"), *_of(named, "rq")})),
        trusted=frozenset(_of(ontology, "rq")),
    )


def _named(path: Path) -> set[Path]:
    if path.is_file():
        if path.suffix not in _ENDINGS:
            hint = f"plans end in .yaml or .yml, vocabularies in .ttl, questions in .rq{_OTHERS.get(path.suffix.lower(), '')}"
            raise InputError.at(path, 0, f"a file that ends in '{path.suffix}' is not read", hint)
        return {path.resolve()}
    if not path.exists():
        raise InputError.at(path, 0, "there is no such file or folder")
    if not path.is_dir():
        raise InputError.at(path, 0, "this is no file and no folder", "name a plan file, or a folder of them")
    found = {file for file in _below(path.resolve()) if file.suffix in _ENDINGS}
    if not found:
        columns = path.suffix == ".parquet"
        hint = (
            "Parquet files are for --engine spark://HOST:PORT"
            if columns
            else "put a .yaml file in it, or name another folder"
        )
        raise InputError.at(path, 0, "the folder holds no plan file", hint)
    return found


_ENDINGS = {".yaml", ".yml", ".ttl", ".rq"}
_OTHERS = dict.fromkeys((".xlsx", ".stratml", ".xml"), "; `cspgraph import` makes a plan file of this one")


def _of(files: Iterable[Path], kind: str) -> tuple[Path, ...]:
    endings = {".yaml", ".yml"} if kind == "yaml" else {f".{kind}"}
    return tuple(sorted(file for file in files if file.suffix in endings))


def _below(folder: Path) -> list[Path]:
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    return found
