"""`import`: what another tool wrote, as plan files."""

from __future__ import annotations

from pathlib import Path

import click

from cspgraph.cli.output import note

# The endings that are read, and the module whose `plan_files` reads them.
READERS = {"stratml": "cspgraph.stratml.files", "xml": "cspgraph.stratml.files"}


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
    help="Where to write the plan file.",
)  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Do not name the files.")
def import_command(file: Path, folder: Path, quiet: bool) -> None:
    """A plan from another tool, as a plan file: StratML Part 1 or 2 (.stratml, .xml).

    Two files are written: the plan, and the reference file that lists the StratML file as its source. Both are in
    canonical form and pass `check`. A file that is there with something else in it is left alone.

    \b
    cspgraph import council.stratml --to plans/
    cspgraph check plans/
    """
    from importlib import import_module

    from cspgraph.cli.progress import progress
    from cspgraph.errors import CspgraphError, InputError
    from cspgraph.files import write_whole

    ending = file.suffix.lower().removeprefix(".")
    if ending not in READERS:
        raise CspgraphError(f"'{file.name}' cannot be imported", f"known endings are: {', '.join(READERS)}")
    with progress("reading the file", quiet=quiet):
        made: dict[str, bytes] = import_module(READERS[ending]).plan_files(file)
    for name, content in made.items():
        path = folder / name
        if path.exists() and path.read_bytes() != content:
            raise InputError.at(path, 0, "the file is there already, with something else in it", "name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in reversed(made.items()):
        write_whole(folder / name, content)
        note(f"{folder / name}", quiet=quiet)
