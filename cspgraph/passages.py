"""The passages behind a thing and its relations, from the user's own copy of the documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cspgraph.describe import describe
from cspgraph.names import text
from cspgraph.sources import parse_ranges
from cspgraph.terms import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cspgraph.engines import Engine
    from cspgraph.evidence import Place
    from cspgraph.names import Thing
    from cspgraph.sources import Text

_SOURCES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
SELECT ?source ?file ?sha256 WHERE { ?source csp:file ?file . OPTIONAL { ?source csp:sha256 ?sha256 } } ORDER BY ?source
"""


@dataclass(frozen=True)
class Passage:
    """A place that is cited, what for, and its text where the document is at hand."""

    label: str
    value: object
    place: Place
    text: str


def source_files(engine: Engine) -> list[tuple[str, str, str]]:
    """Return the id, file name and checksum of every source that is a text file."""
    return [
        (short(text(source)).removeprefix("ref/"), text(file), text(sha256))
        for source, file, sha256 in engine.select(_SOURCES).rows
    ]


def passages(engine: Engine, thing: Thing, texts: Mapping[str, Text]) -> list[Passage]:
    """Return the place of a thing, then those of its relations that were read elsewhere."""
    described = describe(engine, thing)
    elsewhere = [statement for statement in described.says if statement.place != described.place]
    return [
        Passage("", thing, described.place, _text(described.place, texts)),
        *(Passage(said.label, said.value, said.place, _text(said.place, texts)) for said in elsewhere),
    ]


def _text(place: Place, texts: Mapping[str, Text]) -> str:
    document = texts.get(place.source)
    return "\n".join(document.passage(piece) for piece in parse_ranges(place.lines)) if document and place.lines else ""
