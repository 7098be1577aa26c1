"""The sources of a new plan: what the sheet for them says becomes a reference file beside the plan file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cspgraph.changes.records import THING, Record, Records, Value, flatten
from cspgraph.plans.markup import Malformed, compose
from cspgraph.sources import measure

if TYPE_CHECKING:
    from pathlib import Path

    from cspgraph.office.grid import Cells
    from cspgraph.ontology import Vocabulary

SECTION = "sources"
SHEET = "Sources"
MOST_BYTES = 50_000_000


def reference_name(plan: str) -> str:
    """Return the name of the reference file that lists the sources of a plan."""
    return f"{plan}-source"


def apart(new: Records, old: Records) -> Records:
    """Take the sources that were typed in out of the records of a plan, and return them.

    A plan that names no source was read from the only one that the workbook describes.
    """
    mine = [path for path in new if path and path[0][0] == SECTION and path[0][2] == THING and path[:1] not in old]
    found = {path: new.pop(path) for path in mine}
    things = [path for path in found if len(path) == 1]
    if () in new and len(things) == 1 and not new[()].values.get("source"):
        new[()].values["source"] = [Value(things[0][0][1])]
    return found


def stand_in(new: Records, found: Records, vocabulary: Vocabulary, cells: Cells) -> None:
    """Note that a plan names no source, once, and let one stand for it: so that no place in the plan is blamed too."""
    if () not in new or new[()].values.get("source"):
        return
    path = next((path for path in found if len(path) == 1), None)
    if path:
        number, hint = (
            new[()].cells[""][0],
            f"several are on the sheet '{SHEET}': name the one that places are counted in",
        )
    else:
        path = ((SECTION, "source", THING),)
        values = {"title": [Value("source")], "extent": [Value("whole")]}
        found[path] = Record(path, vocabulary.sections[SECTION], values=values)
        number, hint = (
            cells.number(SHEET, 0, 0),
            "describe the text in a row here: its title, and how much of it was read",
        )
    cells.problem(number, "the plan does not say from which text it was read", hint, "source")
    new[()].values["source"] = [Value(path[0][1])]


def listed(
    found: Records, plan: str, before: bytes, known: set[str], vocabulary: Vocabulary
) -> tuple[Records, Records]:
    """Return the records of the reference file of sources, and those of its older content `before`.

    What it lists and the workbook knew by its label (`known`) stays: the sheet only adds to that.
    """
    try:
        old = flatten(compose("", before), vocabulary) if before else {}
    except Malformed:
        old = {}
    kept = {path: one for path, one in old.items() if path and path[0][1] in known and path[:1] not in found}
    root = Record((), vocabulary.kind("Plan"), values={"reference": [Value(reference_name(plan))]})
    return {(): root, **kept, **found}, old


def look(found: Records, folder: Path, cells: Cells) -> None:
    """Count the lines of each source whose text lies in the folder, and take its checksum, unless both are given.

    What is given and is not so is noted at its cell: places are counted in that very text.
    """
    for record in found.values():
        name = next((value.text for value in record.values.get("file", ())), "")
        path = folder / name
        if not record.thing or not name or path.name != name or not path.is_file():
            continue
        content = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b"\0"
        try:
            plain = "\0" not in content.decode("utf-8")
        except UnicodeDecodeError:
            plain = False
        if not plain:
            hint = "name the text taken from it, `pdftotext -layout` makes one: lines are counted in a text"
            cells.problem(record.cells["file"][0], f"'{name}' is not a plain text", hint, "text")
            continue
        lines, checksum = measure(content)
        hint = "correct it, or clear the cell: then it is taken from the file"
        for word, text, what in (("lineCount", str(lines), f"{lines} lines"), ("sha256", checksum, "another checksum")):
            given = record.values.setdefault(word, [Value(text)])[0].text
            if given != text:
                cells.problem(record.cells[word][0], f"'{name}' has {what}, not '{given}'", hint, "text")
