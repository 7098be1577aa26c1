"""`check`, `fmt` and `build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cspgraph.cli.options import format_option
from cspgraph.cli.output import emit, note
from cspgraph.errors import FOUND, EngineError, InputError, Problem
from cspgraph.text import counted

if TYPE_CHECKING:
    from cspgraph.check import Reading
    from cspgraph.resources import Library
    from cspgraph.sources import Text


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--shacl", is_flag=True, help="Run pySHACL too: slow, and it should find nothing more.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but the problems.")
@format_option
def check_command(paths: tuple[Path, ...], shacl: bool, form: str, quiet: bool) -> int:
    """Are these plan files, workbooks (.xlsx), vocabularies (.ttl) and questions (.rq) well formed?

    All mistakes are reported at once, as file:line: what is wrong. Ends with 1 when there are any. A workbook is read
    among the bundled plans and the files and folders named with it: name those of your own plan, which list its sources.

    \b
    cspgraph check plans/
    cspgraph check my-plan.yaml --format json
    cspgraph check my-plan.xlsx plans/
    """
    from cspgraph.cli.progress import progress
    from cspgraph.resources import library

    workbooks = [path for path in paths if path.suffix == ".xlsx"]
    others = tuple(path for path in paths if path.suffix != ".xlsx")
    files = library(others) if others else None
    with progress("checking", quiet=quiet):
        problems = _problems(files, shacl=shacl) if files else []
        if workbooks:
            from cspgraph.cli.workbooks import workbook_problems

            problems += workbook_problems(workbooks, others)
    names = ["path", "line", "cell", "message", "hint", "rule"]
    rows = [{name: getattr(problem, name) for name in names} for problem in problems]
    if form == "table":
        for problem in problems:
            click.echo(str(problem))
    else:
        emit(rows, form, names)
    read = len(workbooks) + (len(files.own) + len(files.questions) - len(files.trusted) if files else 0)
    note(f"{read} files read, {counted(len(problems), 'problem')}", form, quiet=quiet)
    return FOUND if problems else 0


def _problems(files: Library, *, shacl: bool) -> list[Problem]:
    from cspgraph.check import read_library, shacl_problems
    from cspgraph.questions import read_question

    problems: list[Problem] = []
    try:
        reading: Reading = read_library(files)
        problems += reading.problems
        if shacl:
            problems += shacl_problems(reading)
    except InputError as error:
        problems += error.problems
    for path in files.questions:
        if path not in files.trusted:
            question, faults = read_question(path, trusted=False)
            problems += faults
            problems += _query_problems(path, question.text) if question else []
    return sorted(set(problems))


def _query_problems(path: Path, text: str) -> list[Problem]:
    """Return what keeps a user's question from running: the gate, or the syntax."""
    from cspgraph.engines.confined import run_foreign
    from cspgraph.engines.oxigraph import OxigraphEngine
    from cspgraph.errors import CspgraphError

    try:
        run_foreign(OxigraphEngine.in_memory(), text)
    except CspgraphError as error:
        return [Problem(str(path), 1, error.message, error.hint, "query")]
    return []


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--check", "check_only", is_flag=True, help="Change nothing; end with 1 when a file is not in canonical form."
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    metavar="DIR",
    envvar="CSPGRAPH_SOURCES",
    help="Your copies of the source documents.",
)
@click.option("--quiet", "-q", is_flag=True, help="Do not name the files.")
def fmt_command(paths: tuple[Path, ...], check_only: bool, sources: Path | None, quiet: bool) -> int:
    """Put plan files into their canonical form, comments kept.

    A place that quotes its words, as in `ledBy: csd @370~"Community Safety"`, becomes
    characters of the line, when --sources has the document.

    \b
    cspgraph fmt plans/
    cspgraph fmt my-plan.yaml --sources documents/
    """
    from cspgraph.files import write_whole
    from cspgraph.ontology import read_vocabulary
    from cspgraph.plans.canonical import canonical_form
    from cspgraph.resources import library

    files = library(paths)
    vocabulary, texts = read_vocabulary(files.ontology), _texts(files, sources)
    changed, problems = [], []
    for path in files.own:
        try:
            before = path.read_bytes()
            after = canonical_form(path, before, vocabulary, texts).encode()
        except InputError as error:
            problems += error.problems
            continue
        if after != before:
            changed.append(path)
            if not check_only:
                write_whole(path, after)
    for path in changed:
        note(f"{path}: {'is not in canonical form' if check_only else 'changed'}", quiet=quiet)
    if problems:
        raise InputError(problems)
    return FOUND if check_only and changed else 0


def _texts(files: Library, folder: Path | None) -> _Texts:
    from cspgraph.check import read_library

    return _Texts({name: file for name, file, _ in read_library(files).source_files()}, folder)


class _Texts:
    """The source documents at hand, each opened once."""

    def __init__(self, names: dict[str, str], folder: Path | None) -> None:
        self.names = names
        self.folder = folder
        self.opened: dict[str, Text] = {}

    def __call__(self, source: str) -> Text | None:
        from cspgraph.sources import Text

        if self.folder is None or source not in self.names:
            return None
        if source not in self.opened:
            self.opened[source] = Text(self.folder / self.names[source])
        return self.opened[source]


@click.command("build")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="ADDRESS",
    help="oxigraph:DIR, the folder of the store, or https://..., the address at which an endpoint takes queries.",
)
@click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Plan files or folders; may be repeated.",
)
@click.option(
    "--from-rdf",
    "dumps",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A dump in the place of plan files: .nq, .trig, .nt or .ttl, also packed (.gz, .zst); may be repeated.",
)
@click.option("--quiet", "-q", is_flag=True, help="Say nothing.")
def build_command(target: str, data: tuple[Path, ...], dumps: tuple[Path, ...], quiet: bool) -> None:
    """Load the plans into a store on disk, replacing only what has changed.

    A folder is as it was until the new store is complete, whatever happens in between; at an endpoint each plan is.
    With --from-rdf all of it comes from dumps that `export` wrote.

    \b
    cspgraph build --to oxigraph:store
    cspgraph build --data my-plans/ --to oxigraph:store
    cspgraph list --engine oxigraph:store
    cspgraph build --from-rdf plans.nq.gz --to oxigraph:store
    cspgraph build --to http://localhost:7878/query
    """
    from cspgraph.build import build, build_from_rdf, build_remote, store_folder
    from cspgraph.cli.progress import progress

    kind, _, place = target.partition(":")
    if kind not in ("oxigraph", "http", "https"):
        raise EngineError(f"'{target}' is not the address of a store", "write oxigraph:DIR or https://...")
    if dumps and kind != "oxigraph":
        raise EngineError(
            "a dump is loaded into a folder", "write --to oxigraph:DIR; an endpoint has a loader of its own"
        )
    with progress("loading the dump" if dumps else "loading the plans", quiet=quiet) as tally:
        if dumps:
            built = build_from_rdf(dumps, list(data), store_folder(place), tally.tell)
        elif kind == "oxigraph":
            built = build(list(data), store_folder(place), tally.tell)
        else:
            from cspgraph.engines.remote import RemoteEngine

            built = build_remote(list(data), RemoteEngine(target))
    read = " read" if dumps else ""  # what a dump says twice is held once
    note(f"{target}: {built.quads:,} quads{read} in {len(built.loaded) + len(built.unchanged)} graphs", quiet=quiet)
    for label, names in (("loaded", built.loaded), ("unchanged", built.unchanged), ("dropped", built.dropped)):
        if names:
            note(f"  {label}: {_listed(names)}", quiet=quiet)


def _listed(names: tuple[str, ...]) -> str:
    most = 20  # of thousands of plans nobody reads the names
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
