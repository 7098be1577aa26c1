"""What a page holds: things, relations, statements, findings, in tables that refer to each other by number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cspgraph.draw.boxes import drawing
from cspgraph.draw.layout import groups
from cspgraph.draw.safety import colour
from cspgraph.questions import SEVERITIES
from cspgraph.terms import local
from cspgraph.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import networkx as nx

    from cspgraph.evidence import Place
    from cspgraph.findings import Finding
    from cspgraph.network.details import Details, Said
    from cspgraph.ontology import Vocabulary

MOST_DRAWN = 5000  # boxes in a picture at one time; the lists and tables of the page hold everything
MOST_AT_ONCE = 400  # boxes in a picture of several plans; a page of more begins with a table of the plans
STATUSES = ("stated", "inferred", "uncertain")
_NAMES = ("prefLabel", "altLabel", "description", "notation")
# Kinds are told apart by a sign as well as by colour.
_SIGNS = {"dot": "●", "square": "■", "diamond": "◆", "triangle": "▲", "triangleDown": "▼", "hexagon": "⬢", "star": "★"}
_DARK = {"#000000": "#e6e6e6", "#0072b2": "#56b4e9", "#d55e00": "#ff8a3d", "#009e73": "#2fc79a", "#cc79a7": "#e39cc3"}


@dataclass(frozen=True)
class Extras:
    """What a page holds besides its network: how it is laid out, all that is said of its things, what they lack.

    `shown_on` maps the id of what a finding is about to the things of the page that carry its sign; with `marks`
    the signs are there from the start. `hint` is a sentence for the reader under the title, `titles` the title of each plan.
    """

    layout: str = "columns"
    backward: frozenset[str] = frozenset()
    details: Details | None = None
    findings: Sequence[Finding] = ()
    shown_on: Mapping[str, Sequence[str]] = field(default_factory=dict)
    marks: bool = False
    hint: str = ""
    chosen: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)


def content(graph: nx.MultiDiGraph[str], vocabulary: Vocabulary, extras: Extras) -> dict[str, Any]:
    """Return all that the page's script works on."""
    return _Content(graph, vocabulary, extras).data()


class _Content:
    """The tables of a page while they fill."""

    def __init__(self, graph: nx.MultiDiGraph[str], vocabulary: Vocabulary, extras: Extras) -> None:
        self.graph, self.extras = graph, extras
        self.number = {node: place for place, node in enumerate(graph)}
        self.kinds = kinds_of(graph, vocabulary)
        self.kind_labels = {kind.name: kind.label for kind in vocabulary.kinds.values()}
        self.words = _words(vocabulary)
        self.used: dict[str, int] = {}
        self.sources: dict[str, int] = {}
        self.plans = sorted({data["plan"] for _, data in graph.nodes(data=True)})
        self.others: dict[str, int] = {}
        self.groups = groups(graph) if extras.layout == "communities" else {}

    def data(self) -> dict[str, Any]:
        relations = [self._relation(key, data) for _, _, key, data in self.graph.edges(keys=True, data=True)]
        told = self._told()
        findings, rules = self._findings()
        return {
            **drawing(self.graph, self.kinds, self.extras.layout, self.extras.backward),
            "layout": self.extras.layout,
            "marks": self.extras.marks,
            "chosen": [self.number[name] for name in self.extras.chosen if name in self.number],
            "most": MOST_DRAWN,
            "begin": self._begin(),
            "kinds": list(self.kinds.values()),
            "plans": self.plans,
            "titles": [clean(self.extras.titles.get(plan, plan)) for plan in self.plans],
            "statuses": STATUSES,
            "severities": SEVERITIES,
            "things": [self._thing(node, data) for node, data in self.graph.nodes(data=True)],
            "relations": relations,
            "said": told,
            "findings": findings,
            "rules": rules,
            "others": [self._other(name) for name in self.others],
            "words": [self.words.get(name, [name, f"{name} of", name, 0]) for name in self.used],
            "sources": [clean(source) for source in self.sources],
        }

    def _begin(self) -> str:
        """Return what the page shows first: the plans side by side where one picture of all of them is a thicket."""
        several = len([plan for plan in self.plans if plan]) > 1
        return "plans" if several and len(self.graph) > MOST_AT_ONCE and self.extras.layout == "columns" else "picture"

    def _thing(self, node: str, data: dict[str, Any]) -> dict[str, Any]:
        kind = list(self.kinds).index(data["kind"])
        found: dict[str, Any] = {"id": node, "label": clean(data["label"]), "kind": kind}
        found |= {"plan": self.plans.index(data["plan"]), "place": self._place(data)}
        details = self.extras.details
        if details and node in details.refs:
            found["ref"] = clean(details.refs[node])
        if node in self.groups:
            found["group"] = self.groups[node]
        return found | {key: data[key] for key in ("leads", "supports", "oversees", "layer") if key in data}

    def _relation(self, key: str, data: dict[str, Any]) -> list[Any]:
        if key not in self.words:
            self.words[key] = [
                clean(data["label"]),
                clean(data["label"]) if "shared" in data else f"{data['label']} of",
                key,
                0,
            ]
        shared = [[self._name(name), clean(label)] for name, label in data.get("shared", ())]
        return [self._word(key), self._place(data), *([shared] if shared else [])]

    def _word(self, name: str) -> int:
        return self.used.setdefault(name, len(self.used))

    def _name(self, name: str) -> int:
        """Return the number of a thing: those that are not in the picture are counted after those that are."""
        if name in self.number:
            return self.number[name]
        return len(self.number) + self.others.setdefault(name, len(self.others))

    def _other(self, name: str) -> list[str]:
        details = self.extras.details
        thing = details.named.get(name) if details else None
        return [name, clean(thing.label), self.kind_labels.get(thing.kind, thing.kind)] if thing else [name, name, ""]

    def _place(self, data: Mapping[str, str]) -> list[Any]:
        source = data.get("source", "")
        found = [
            self.sources.setdefault(source, len(self.sources)),
            data.get("lines", ""),
            STATUSES.index(data.get("status", "stated")),
            clean(data.get("why", "")),
            clean(data.get("disputed", "")),
            clean(data.get("printed", "")),
        ]
        while len(found) > 2 and not found[-1]:
            found.pop()
        return found

    def _told(self) -> list[Any]:
        return [self._said(said, None) for said in self.extras.details.said] if self.extras.details else []

    def _said(self, said: Said, within: list[Any] | None) -> list[Any]:
        """Return a statement; a place that is its subject's own is not said again."""
        place = self._place(_cell(said.place))
        own = self._place(self.graph.nodes[said.subject]) if said.subject in self.graph else within
        value = self._name(said.value) if said.thing else clean(said.value)
        parts = [self._said(part, place) for part in said.parts]
        subject = self._name(said.subject) if within is None else 0
        return [subject, self._word(said.relation), value, 0 if place == own else place, *([parts] if parts else [])]

    def _findings(self) -> tuple[list[Any], list[Any]]:
        rules: dict[str, list[Any]] = {}
        found = []
        for one in self.extras.findings:
            on = [self.number[name] for name in self.extras.shown_on.get(one.focus.id, ()) if name in self.number]
            if on:
                rules.setdefault(one.rule, [one.rule, one.title, SEVERITIES.index(one.severity), one.why, one.fix])
                judged = {"accepted": one.accepted, "lapsed": one.lapsed, "disputed": one.disputed}
                found.append(
                    {
                        "on": on,
                        "rule": list(rules).index(one.rule),
                        "says": clean(one.sentence),
                        "place": self._place(_cell(one.place)),
                        **{key: clean(value) for key, value in judged.items() if value},
                    }
                )
        return found, [[clean(part) if isinstance(part, str) else part for part in rule] for rule in rules.values()]


def _cell(place: Place) -> dict[str, str]:
    return {key: getattr(place, key) for key in ("source", "lines", "status", "why", "disputed", "printed")}


def kinds_of(graph: nx.MultiDiGraph[str], vocabulary: Vocabulary) -> dict[str, dict[str, Any]]:
    """Return the kinds of the things in a graph, in the order of the ontology, each with its label, colours and sign."""
    by_name = {kind.name: kind for kind in vocabulary.kinds.values()}
    counts = Counter(data["kind"] for _, data in graph.nodes(data=True))
    found = {}
    for name in sorted(counts, key=lambda name: (by_name[name].order, name)):
        light = colour(by_name[name].colour)
        found[name] = {
            "name": name,
            "label": clean(by_name[name].label),
            "colour": light,
            "dark": _DARK.get(light.lower(), light),
            "sign": _SIGNS.get(by_name[name].mark, _SIGNS["dot"]),
            "order": by_name[name].order,
            "count": counts[name],
        }
    return found


def _words(vocabulary: Vocabulary) -> dict[str, list[Any]]:
    """Return for each relation its label, its label backwards, its name, and which end depends: 1 the first, -1 the other."""
    found: dict[str, list[Any]] = {"broader": ["part of", "has the part", "broader", 0]}
    for path, relation in sorted(vocabulary.relations.items()):
        depends = 1 if path in vocabulary.depends else -1 if path in vocabulary.depends_inverse else 0
        backwards = relation.inverse_label or f"{relation.label} of"
        found.setdefault(local(path), [clean(relation.label), clean(backwards), local(path), depends])
    return found
