"""`diff`, and the workbooks of `export`, `import` and `check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cspgraph.cli.options import format_option
from cspgraph.cli.output import emit, note
from cspgraph.errors import FOUND, CspgraphError, InputError, Problem
from cspgraph.files import make_folder, readable, write_all, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cspgraph.changes.difference import Change
    from cspgraph.changes.records import Records
    from cspgraph.office.importing import Taken


def export_workbooks(
    target: Path, data: tuple[Path, ...], engine: str, plans: tuple[str, ...], *, template: bool, quiet: bool
) -> None:
    """Write the workbook of a plan, of several each its own, or an empty one."""
    from cspgraph.check import read_library
    from cspgraph.cli.options import open_graph
    from cspgraph.cli.progress import progress
    from cspgraph.office import need_office
    from cspgraph.resources import library

    need_office()
    from cspgraph.office.exporting import plan_files, plan_workbook, template_workbook

    if target.suffix != ".xlsx":
        raise click.UsageError(f"A workbook ends in .xlsx, not in '{target.suffix}'.")
    if engine:
        raise CspgraphError(
            "a workbook is written from plan files, not from a store", "leave --engine out; name files with --data"
        )
    with progress("writing the workbook", quiet=quiet):
        reading = read_library(library(data)).or_raise()
        if template:
            write_whole(target, template_workbook(reading))
            note(f"{target}: an empty workbook", quiet=quiet)
            return
        files = plan_files(reading, plans)
        found = open_graph(data, "", plans, quiet=True).gaps()
        for file in files:
            path = target if len(files) == 1 else target.with_name(f"{target.stem}-{file.name}.xlsx")
            content = plan_workbook(file, reading, found)
            write_whole(path, content)
            note(f"{path}: {file.name}, {len(content):,} bytes", quiet=quiet)


def import_workbooks(paths: Iterable[Path], folder: Path, data: tuple[Path, ...], *, yes: bool, quiet: bool) -> int:
    """Say what workbooks change in the plan files of a folder, and take it where that is agreed to; 1 where it is not."""
    taken = _take(paths, data, folder, quiet=quiet)
    files = [file for one in taken for file in _files(folder, one)]
    if len({target for target, _ in files}) < len(files):
        raise CspgraphError("two of the workbooks hold the same plan", "name one of them")
    changed = [(path, content) for path, content in files if not path.is_file() or path.read_bytes() != content]
    replaced = [(path, content) for path, content in changed if path.is_file()]
    if replaced and not quiet:
        both = _Comparison([folder])
        for path, content in replaced:
            _tell(both.changes(path.read_bytes(), content, path.name))
    if replaced and not yes and not _agreed():
        note("nothing is taken; with --yes it is", quiet=quiet)
        return FOUND
    make_folder(folder)
    write_all(dict(changed))
    for file in files:
        state = "unchanged" if file not in changed else "changed" if file in replaced else "new"
        note(f"{file[0]}: {state}", quiet=quiet)
    return 0


def _agreed() -> bool:
    return sys.stdin.isatty() and click.confirm("Take these changes?")


def _tell(changes: list[Change]) -> None:
    from cspgraph.text import clean

    for change in changes:
        click.echo(clean(change.sentence))
    if not changes:
        note("only how the file is written changes, not what it says")


def _files(folder: Path, taken: Taken) -> list[tuple[Path, bytes]]:
    """Return the files that a workbook becomes, each with its content: the sources first, as the plan rests on them.

    Raises InputError when one is there that the workbook was not made from: somebody else has changed it, or it is
    about something else.
    """
    from cspgraph.office.sources import reference_name

    plan = _home(folder, ("plan", taken.plan))
    if plan.is_file() and taken.before and plan.read_bytes() not in (taken.before, taken.content):
        hint = f"look at both: cspgraph diff {plan} {taken.path}; then export it again, or import into another folder"
        raise InputError.at(plan, 0, "the plan file has changed since the workbook was written", hint)
    if not taken.source:
        return [(plan, taken.content)]
    return [(_home(folder, ("reference", reference_name(taken.plan))), taken.source), (plan, taken.content)]


def _home(folder: Path, head: tuple[str, str]) -> Path:
    """Return the file of a folder that says of itself that it is this, or the name of a new one.

    Raises InputError when a file of that name is there with something else in it, or when two files say so.
    """
    from cspgraph.office.importing import files_in, head_of

    here = [path for path in files_in(folder) if head_of(path) == head]
    if len(here) > 1:
        raise _twice(head, *here[:2])
    found = here[0] if here else folder / f"{head[1]}.yaml"
    if found.is_file() and head_of(found) != head:
        raise InputError.at(found, 0, "the file is there already, with something else in it", "name another folder")
    return found


def _twice(head: tuple[str, str], first: Path, second: Path) -> InputError:
    """Return the error for two files of a folder that say that they are the same plan, or the same reference file."""
    what = f"the {head[0]} '{head[1]}' is in this file and in {second}"
    return InputError.at(first, 0, what, "take one of them away, or name the one that is meant")


def _take(
    paths: Iterable[Path], data: tuple[Path, ...], folder: Path | None, *, quiet: bool, check: bool = True
) -> list[Taken]:
    """Return what workbooks say. Raises InputError with all problems of all of them."""
    from cspgraph.cli.progress import progress
    from cspgraph.office import need_office

    need_office()
    from cspgraph.office.importing import library_beside, take

    with progress("reading the workbook", quiet=quiet):
        beside = library_beside(data, [folder] if folder else [])
        taken = [take(path, beside, folder, check=check) for path in paths]
    problems = [problem for one in taken for problem in one.problems]
    if problems:
        raise InputError(problems)
    return taken


def workbook_problems(paths: Iterable[Path], others: tuple[Path, ...]) -> list[Problem]:
    """Return what is wrong with workbooks, among the bundled plans or the files named with them."""
    from cspgraph.office import need_office

    need_office()
    from cspgraph.office.importing import library_beside, take

    beside = library_beside((), others)
    problems: list[Problem] = []
    for path in paths:
        try:
            problems += take(path, beside).problems
        except InputError as error:
            problems += error.problems
    return problems


# -------------------------------------------------------------------- diff


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but the changes.")
@format_option
def diff_command(old: Path, new: Path | None, form: str, quiet: bool) -> int:
    """What differs between OLD and NEW, in the language of a plan: plan files, workbooks, or folders of them.

    A workbook alone is compared with the plan that it was made from. Whether what it says now is right, `check` says.
    Ends with 1 when there is a difference.

    \b
    cspgraph diff havering.xlsx
    cspgraph diff plans/havering-2017.yaml havering.xlsx
    cspgraph diff last-year/ this-year/ --format md
    """
    from cspgraph.text import clean

    before, after = _two_sides(old, new, quiet=quiet)
    both = _Comparison([path for path in (old, new) if path])
    keys = dict.fromkeys([*before, *after])
    found = [change for key in keys for change in both.changes(before.get(key, b""), after.get(key, b""), key[1])]
    if form == "table":
        for change in found:
            click.echo(clean(change.sentence if len(keys) == 1 else f"{change.thing.plan}: {change.sentence}"))
    else:
        records = [change.as_json() for change in found]
        flat = [{**record, "thing": change.thing} for record, change in zip(records, found, strict=True)]
        emit(flat, form, ["plan", "thing", "what", "relation", "part", "before", "after", "sentence"], records)
    note(f"{len(found):,} difference{'' if len(found) == 1 else 's'}", form, quiet=quiet)
    return FOUND if found else 0


Side = dict[tuple[str, str], bytes]


def _two_sides(old: Path, new: Path | None, *, quiet: bool) -> tuple[Side, Side]:
    from cspgraph.office.sources import reference_name

    if new is not None:
        return _side(old, quiet=quiet), _side(new, quiet=quiet)
    if old.suffix != ".xlsx":
        raise click.UsageError("Name two; only a workbook is compared with what it was made from.")
    (taken,) = _take([old], (), None, quiet=quiet, check=False)
    if not taken.before:
        raise InputError.at(old, 0, "the workbook does not hold the plan it was made from", "name the plan file too")
    after = {("plan", taken.plan): taken.content}
    if taken.source:
        after["reference", reference_name(taken.plan)] = taken.source
    return {("plan", taken.plan): taken.before}, after


def _side(path: Path, *, quiet: bool) -> Side:
    from cspgraph.office.importing import head_of
    from cspgraph.office.sources import reference_name

    if path.is_dir():
        files = sorted({*path.rglob("*.yaml"), *path.rglob("*.yml"), *path.rglob("*.xlsx")})
        files = [file for file in files if not file.name.startswith((".", "~"))]
    else:
        files = [path]
    if not files or not path.exists():
        raise InputError.at(path, 0, "there is no such file, or no plan file in it")
    held = [(head_of(file), file, _read(file)) for file in files if file.suffix != ".xlsx"]
    workbooks = [file for file in files if file.suffix == ".xlsx"]
    for one in _take(workbooks, (), None, quiet=quiet, check=False) if workbooks else ():
        held.append((("plan", one.plan), one.path, one.content))
        if one.source:
            held.append((("reference", reference_name(one.plan)), one.path, one.source))
    found: dict[tuple[str, str], Path] = {}
    for head, file, _ in held:
        if found.setdefault(head, file) != file:
            raise _twice(head, found[head], file)
    return {head: content for head, _, content in held}


def _read(path: Path) -> bytes:
    with readable(path):
        content = path.read_bytes()
    if not content:
        raise InputError.at(path, 0, "the file is empty")
    return content


class _Comparison:
    """Compares states of plan files; the vocabulary and the titles of shared things are read once."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        from cspgraph.changes.difference import titles
        from cspgraph.ontology import read_vocabulary
        from cspgraph.resources import data_folder, library

        folders = [path for path in paths if path.suffix != ".xlsx"]
        self.vocabulary = read_vocabulary(library(folders).ontology)
        shared = [path for path in library([data_folder()]).own if path.parent.name != "plans"]
        self.names: dict[str, str] = {}
        for path in shared:
            self.names |= titles(self.records(path.read_bytes(), str(path)))

    def records(self, content: bytes, path: str = "") -> Records:
        from cspgraph.changes.records import flatten
        from cspgraph.plans.markup import Malformed, compose

        if not content:
            return {}
        try:
            return flatten(compose(path, content), self.vocabulary)
        except Malformed as error:
            raise InputError([error.problem]) from None

    def changes(self, before: bytes, after: bytes, path: str = "") -> list[Change]:
        from cspgraph.changes.difference import differences, titles

        old, new = self.records(before, path), self.records(after, path)
        head = (new or old)[()].values
        name = next((head[word][0].text for word in ("plan", "reference") if head.get(word)), "")
        return differences(old, new, name, self.names | titles(old) | titles(new))
