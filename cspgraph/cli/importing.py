"""`import`: a workbook, or what another tool wrote, as plan files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cspgraph.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.stratml.files import Made

# What is read besides workbooks: the endings, and the module whose `plan_files` reads them.
READERS = {"stratml": "cspgraph.stratml.files", "xml": "cspgraph.stratml.files"}


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE...")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Where the plan files lie.",
)
@click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="What else the plan of a workbook may refer to, instead of the bundled plans; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Take the changes of a workbook without being asked.")
@click.option("--quiet", "-q", is_flag=True, help="Do not say what changes, nor name the files.")
def import_command(paths: tuple[Path, ...], folder: Path, data: tuple[Path, ...], yes: bool, quiet: bool) -> int:
    """A workbook back to a plan file, or a plan from another tool: StratML Part 1 or 2 (.stratml, .xml).

    Of a workbook it first says what changes, then asks. What nobody touched comes back byte for byte, comments too.
    Any mistake is told with its sheet and cell, all of them at once, and then nothing is written. Without a terminal
    to ask on, changes to a file that is there need --yes; without it the command ends with 1. `cspgraph diff WORKBOOK`
    only says what changes. Sources described on its sheet 'Sources' go into a reference file, PLAN-source.yaml.

    Of StratML two files are written: the plan, and the reference file that lists the StratML file as its source. Both
    are in canonical form and pass `check`. A file that is there with something else in it is left alone.

    \b
    cspgraph import havering.xlsx --to plans/
    cspgraph import *.xlsx --to plans/ --yes
    cspgraph import council.stratml --to plans/
    """
    from cspgraph.errors import CspgraphError

    books = [path for path in paths if path.suffix.lower() == ".xlsx"]
    others = [path for path in paths if path not in books]
    for path in others:
        if _ending(path) not in READERS:
            raise CspgraphError(f"'{path.name}' cannot be imported", f"known endings are: xlsx, {', '.join(READERS)}")
    _import_files(others, folder, quiet=quiet)
    if not books:
        return 0
    from cspgraph.cli.workbooks import import_workbooks

    return import_workbooks(books, folder, data, yes=yes, quiet=quiet)


def _ending(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _import_files(paths: Iterable[Path], folder: Path, *, quiet: bool) -> None:
    from importlib import import_module

    from cspgraph.cli.progress import progress
    from cspgraph.errors import InputError
    from cspgraph.files import make_folder, write_all
    from cspgraph.text import clean

    for file in paths:
        with progress("reading the file", quiet=quiet):
            made: Made = import_module(READERS[_ending(file)]).plan_files(file)
        for line, what in made.left_out:  # even with --quiet: what a file says is not lost without a word
            click.echo(clean(f"{file}:{line}: {what}: left out"), err=True)
        for name, content in made.files.items():
            path = folder / name
            if path.exists() and path.read_bytes() != content:
                hint = "name another folder"
                raise InputError.at(path, 0, "the file is there already, with something else in it", hint)
        make_folder(folder)
        write_all({folder / name: content for name, content in reversed(made.files.items())})
        for name in reversed(made.files):
            note(f"{folder / name}", quiet=quiet)
