"""A snapshot made of a store: one graph after another is asked for its things, relations and statements.

Within one graph each answer is small, and the memory that is needed grows only with the names of things.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from cspgraph.terms import CSP, DEPENDS_ON, ONTOLOGY_GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from cspgraph.columns.arrays import Arrays

_PREFIXES = """
PREFIX csp: <https://w3id.org/cspgraph/ns#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_RELATIONS = """
SELECT DISTINCT ?relation WHERE {
  { ?relation a owl:ObjectProperty } UNION { ?shape sh:path ?relation ; sh:class ?kind }
} ORDER BY ?relation
"""
_THINGS = """
SELECT ?thing ?kind ?label ?plan ?source ?range ?status ?why WHERE {
  ?thing csp:kind ?kind .
  OPTIONAL { ?thing skos:prefLabel ?label }
  OPTIONAL { ?thing csp:inPlan ?plan }
  OPTIONAL { ?thing csp:locator ?place . ?place csp:inSource ?source OPTIONAL { ?place csp:range ?range } }
  OPTIONAL { ?thing csp:status ?status }
  OPTIONAL { ?thing csp:why ?why }
}
"""
_STATEMENTS = """
SELECT ?s ?p ?o ?source ?range ?status ?why ?printed WHERE {
  ?statement rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o ; csp:locator ?place ; csp:status ?status .
  ?place csp:inSource ?source .
  OPTIONAL { ?place csp:range ?range }
  OPTIONAL { ?statement csp:why ?why }
  OPTIONAL { ?statement csp:asPrinted ?printed }
}
"""
# What the other two queries tell, and what follows from the rest.
_TOLD = {DEPENDS_ON, *(f"{CSP}{word}" for word in ("kind", "inPlan", "locator", "inSource", "status", "precision"))}
_NONE = -1


def make(store: ox.Store) -> Arrays:
    """Return the columns of a store: see Snapshot for what each holds."""
    making = _Making()
    predicates = [row[0] for row in _rows(store, _RELATIONS, ox.NamedNode(ONTOLOGY_GRAPH))]
    predicates = [predicate for predicate in predicates if predicate.value not in _TOLD]
    between = f"SELECT ?s ?p ?o {{ VALUES ?p {{ {' '.join(map(str, predicates))} }} ?s ?p ?o }}"
    graphs = {graph.value: graph for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)}
    for _, graph in sorted(graphs.items()):
        making.add_things(_rows(store, _THINGS, graph))
        making.add_relations(_rows(store, between, graph))
        making.add_statements(_rows(store, _STATEMENTS, graph))
    return making.finish()


def _rows(store: ox.Store, query: str, graph: ox.NamedNode) -> Iterator[tuple[Any, ...]]:
    found = store.query(f"{_PREFIXES}{query}", default_graph=[graph])
    assert isinstance(found, ox.QuerySolutions)
    return (tuple(row) for row in found)


class _Making:
    """What has been read so far: names in the order in which they were met, and rows of numbers that stand for them."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.texts = bytearray()
        self.ends = array("q", [0])
        self.words: dict[str, int] = {"": 0}  # texts met in this graph; the first of all is empty
        self.ends.append(0)
        self.relations: dict[str, int] = {}
        self.things = [array("i") for _ in range(8)]
        self.links = [array("i") for _ in range(3)]
        self.said = [array("i") for _ in range(8)]

    def _name(self, iri: str) -> int:
        return self.names.setdefault(iri, len(self.names))

    def _relation(self, iri: str) -> int:
        return self.relations.setdefault(iri, len(self.relations))

    def _text(self, term: ox.NamedNode | ox.Literal | None) -> int:
        value = "" if term is None else term.value
        found = self.words.get(value)
        if found is None:
            self.texts += value.encode("utf-8")
            self.ends.append(len(self.texts))
            found = self.words[value] = len(self.ends) - 2
        return found

    def add_things(self, rows: Iterator[tuple[Any, ...]]) -> None:
        """Take the things of one graph; the first row of a thing counts."""
        self.words = {"": 0}
        seen: set[int] = set()
        for thing, kind, label, plan, *place in rows:
            number = self._name(thing.value)
            if number not in seen:
                seen.add(number)
                values = [number, self._text(kind), _NONE if label is None else self._text(label)]
                values.append(_NONE if plan is None else self._name(plan.value))
                values += map(self._text, place)
                if place[0] is None:
                    values[4] = _NONE  # read nowhere
                for column, value in zip(self.things, values, strict=True):
                    column.append(value)

    def add_relations(self, rows: Iterator[tuple[Any, ...]]) -> None:
        """Take the relations of one graph, whatever they lead to: what is no thing is left out at the end."""
        subjects, predicates, objects = self.links
        for s, p, o in rows:
            if isinstance(o, ox.NamedNode):
                subjects.append(self._name(s.value))
                predicates.append(self._relation(p.value))
                objects.append(self._name(o.value))

    def add_statements(self, rows: Iterator[tuple[Any, ...]]) -> None:
        """Take where the statements of one graph were read; of several places the first by its range counts."""
        first: dict[tuple[int, int, int], tuple[str, list[int]]] = {}
        for s, p, o, *place in rows:
            if isinstance(o, ox.NamedNode):
                key = (self._name(s.value), self._relation(p.value), self._name(o.value))
                lines = "" if place[1] is None else place[1].value
                if key not in first or lines < first[key][0]:
                    first[key] = (lines, [*map(self._text, place)])
        for key, (_, values) in first.items():
            for column, value in zip(self.said, (*key, *values), strict=True):
                column.append(value)

    def finish(self) -> Arrays:
        """Return all as arrays, things numbered in the order of their names, what leads to no thing left out."""
        import numpy as np

        things, links, said = ([_numbers(column) for column in table] for table in (self.things, self.links, self.said))
        names = sorted(self.names)
        order = np.fromiter((self.names[name] for name in names), np.int64, len(names))
        is_thing = np.zeros(len(names) + 1, bool)  # the last stands for none
        is_thing[things[0]] = True
        rank = np.full(len(names) + 1, _NONE, np.int32)
        rank[order[is_thing[order]]] = np.arange(is_thing.sum(), dtype=np.int32)
        kept = [name.encode("utf-8") for name, one in zip(names, is_thing[order], strict=True) if one]
        found = {
            "names": np.frombuffer(b"".join(kept), np.uint8),
            "names.at": _starts(np.fromiter(map(len, kept), np.int64, len(kept))),
            "texts": np.frombuffer(bytes(self.texts), np.uint8),
            "texts.at": np.frombuffer(self.ends, np.int64),
        }
        relations = sorted(self.relations)
        found["relations"] = np.frombuffer("\n".join(relations).encode(), np.uint8)
        place = np.zeros(len(relations), np.int32)
        place[[self.relations[name] for name in relations]] = np.arange(len(relations))
        things[0], things[3] = rank[things[0]], rank[things[3]]
        by = np.argsort(things[0])
        for name, column in zip(("kind", "label", "plan", "source", "range", "status", "why"), things[1:], strict=True):
            found[f"thing.{name}"] = column[by]
        for table in (links, said):
            table[0], table[1], table[2] = rank[table[0]], place[table[1]] if len(place) else table[1], rank[table[2]]
        return found | _links(links, len(kept)) | _said(said, len(kept))


def _numbers(column: array[int]) -> np.ndarray:
    import numpy as np

    return np.frombuffer(column, np.int32) if column else np.empty(0, np.int32)


def _starts(lengths: np.ndarray) -> np.ndarray:
    """Return where each of some runs begins, and at last where the last ends."""
    import numpy as np

    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])


def _links(links: list[np.ndarray], things: int) -> Arrays:
    """Return the relations between things, each once, by subject and by object, as compressed rows."""
    import numpy as np

    whole = np.flatnonzero((links[0] >= 0) & (links[2] >= 0))
    s, p, o = (column[whole] for column in links)
    by = np.lexsort((o, p, s))
    s, p, o = s[by], p[by], o[by]
    fresh = np.ones(len(s), bool)
    fresh[1:] = (s[1:] != s[:-1]) | (p[1:] != p[:-1]) | (o[1:] != o[:-1])
    s, p, o = s[fresh], p[fresh], o[fresh]
    by = np.lexsort((p, s, o))
    return {
        "out.at": _starts(np.bincount(s, minlength=things)),
        "out.relation": p.astype(np.int16),
        "out.thing": o,
        "in.at": _starts(np.bincount(o, minlength=things)),
        "in.relation": p[by].astype(np.int16),
        "in.thing": s[by],
    }


def _said(said: list[np.ndarray], things: int) -> Arrays:
    """Return where each statement about two things was read, by subject."""
    import numpy as np

    whole = np.flatnonzero((said[0] >= 0) & (said[2] >= 0))
    rows = whole[np.lexsort((said[2][whole], said[1][whole], said[0][whole]))]
    names = ("relation", "thing", "source", "range", "status", "why", "printed")
    found = {f"said.{name}": column[rows] for name, column in zip(names, said[1:], strict=True)}
    return found | {"said.at": _starts(np.bincount(said[0][rows], minlength=things))}
