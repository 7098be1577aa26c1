"""The N-Quads of a plan as a text with gaps, filled for one plan after another without the loader.

The loader reads a plan once, under stand-in names. What it wrote is cut where a name stands, and where the name of a
statement stands, which is a hash of what the statement says and so differs from plan to plan. Filled with other names,
the pieces are, byte for byte, what the loader makes of the plan file with those names in it: a test holds them together.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cspgraph import __version__
from cspgraph.plans.context import slug
from cspgraph.terms import CSP, RDF
from cspgraph.text import normal

if TYPE_CHECKING:
    from collections.abc import Iterable

# A stand-in: `Zz` in a title, `zz` in the name of a thing; and `kk` in a key by which names are looked up.
_STAND_IN = r"(?:[Zz]z|kk)(?:plan\d|prev\d|home\d|area)"
_GAP = re.compile(rf"({_STAND_IN}|(?<=/statement/)[0-9a-f]{{16}}(?=>))")
_KEY = re.compile(rf'(?<=<{re.escape(CSP)}nameKey> )"[^\n]*zz[^\n]*" (?=<)')
_BLANK = re.compile(r"(?<![^\n ])_:[0-9a-f]+(?= )")
_PARTS = {f"<{RDF}{part}>": part for part in ("subject", "predicate", "object")}


class Names:
    """What the stand-ins of a block are called, in each form in which a name stands in a file."""

    def __init__(self, plans: dict[str, str], places: dict[str, str]) -> None:
        self.forms = dict(plans)
        for stand_in, name in places.items():
            self.forms |= {f"Zz{stand_in[2:]}": name, stand_in: slug(name)}
        for stand_in, name in (*plans.items(), *places.items()):
            self.forms[f"kk{stand_in[2:]}"] = normal(name)

    def fill(self, text: str) -> str:
        """Return a text of a plan file with the names in it."""
        return re.sub(_STAND_IN, lambda match: self.forms[match[0]], text)


class Template:
    """The N-Quads of one graph, to be filled with names; `triples` counts them, the hash of the graph included."""

    def __init__(self, graph: str, quads: Iterable[ox.Quad], vocabulary: str) -> None:
        labels: dict[
            str, str
        ] = {}  # of blank nodes, of which only the ontology has some, and which are drawn anew each time
        text = (ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").decode()
        text = _BLANK.sub(lambda match: labels.setdefault(match[0], f"_:b{len(labels)}"), text)
        self.graph = graph
        self.triples = text.count("\n") + 1
        self.salt = f"{__version__}\0{vocabulary}\0".encode()
        self.pieces = _GAP.split(_KEY.sub(lambda match: match[0].replace("zz", "kk"), text))
        self.gaps: dict[str, list[int]] = {}
        for position in range(1, len(self.pieces), 2):
            self.gaps.setdefault(self.pieces[position], []).append(position)
        self.statements = {name: _GAP.split(said) for name, said in _statements(text).items()}

    def fill(self, names: Names, *, hashed: bool = True) -> tuple[bytes, str]:
        """Return the N-Quads of the plan that is called so, and the hash in them by which a build tells a change.

        `hashed` is whether its quads are part of the hash, as of every graph but the ontology's.
        """
        forms = names.forms
        pieces = self.pieces.copy()
        for gap, positions in self.gaps.items():
            filled = forms.get(gap) or _fingerprint(self.statements[gap], forms)
            for position in positions:
                pieces[position] = filled
        content = "".join(pieces).encode()
        graph = names.fill(self.graph)
        total = hashlib.sha256(self.salt)
        if hashed:
            total.update(content)
        digest = total.hexdigest()
        return content + f'<{graph}> <{CSP}contentHash> "{digest}" <{graph}> .\n'.encode(), digest


def _fingerprint(pieces: list[str], forms: dict[str, str]) -> str:
    """Return the name of a statement, as the loader gives it."""
    text = "".join([forms[piece] if position % 2 else piece for position, piece in enumerate(pieces)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _statements(text: str) -> dict[str, str]:
    """Return, for the hash in the name of each statement, the text that it is a hash of."""
    said: dict[str, dict[str, str]] = {}
    for line in text.split("\n"):
        subject, _, rest = line.partition(" ")
        _, found, name = subject.partition("/statement/")
        if found:
            predicate, _, value = rest.partition(" ")
            value = value[: value.rindex(" <")]
            if predicate in _PARTS:
                said.setdefault(name[:-1], {})[_PARTS[predicate]] = value
            elif predicate == f"<{CSP}locator>":
                said.setdefault(name[:-1], {})["source"] = value.partition("/at/")[2].partition("/")[0]
    texts = {}
    for name, parts in said.items():
        texts[name] = "\0".join([parts["subject"], parts["predicate"], parts["object"], parts.get("source", "")])
        if hashlib.sha256(texts[name].encode()).hexdigest()[:16] != name:
            raise ValueError(f"the loader no longer names statements as this file does: {parts}")
    return texts
