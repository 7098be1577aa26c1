"""Which sheets a workbook has and which columns each has, computed from the ontology.

A sheet for every section and for every kind of part; a column for every word, and three
beside it for the evidence of its value. A thing that has several values for a word takes
as many rows, all with its reference. What a plan does not use is there, folded away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cspgraph.changes.records import OWN, always_part, dated, part_kind
from cspgraph.terms import CSP, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cspgraph.changes.records import Records
    from cspgraph.ontology import Kind, Relation, Vocabulary

FIELD = tuple[str, ...]
PLAN_SHEET = "Plan"
STAR = " *"  # behind the head of what is needed
_WIDTHS = {"what": 22, "ref": 13, "owner": 40, "key": 26, "number": 6, "lines": 16, "status": 12, "why": 34}
_EVIDENCE = {
    "lines": "The lines of the document where this was read: 12, 12-15, or 12:3-40 for characters of a line.",
    "status": "stated, where the document says it; inferred or uncertain, where a reader had to judge. Empty is stated.",
    "why": "The reason, where it is not stated in so many words.",
}


@dataclass(frozen=True)
class Column:
    """A column: what it is for (`role`), of which word, and how it looks.

    `needed` says that every thing must have a value for it.

    Roles: `ref`, `owner`, `key`, `number`, `value`, the three of OWN (of the row, or of the value of `word`), and
    `id`, hidden, for the `owner`, `key` or `value` that it belongs to.
    """

    head: str
    role: str
    word: FIELD = ()
    note: str = ""
    relation: Relation | None = None
    folded: bool = False
    hidden: bool = False
    needed: bool = False

    @property
    def width(self) -> int:
        """How wide it is, in characters."""
        if self.relation is None or self.role in _WIDTHS:
            return _WIDTHS.get(self.role, 70)
        if self.word[-1:] in (("title",), ("description",), ("wording",), ("note",)):
            return 48
        return 30 if not self.relation.datatype or self.relation.datatype == f"{XSD}string" else 14


@dataclass
class Sheet:
    """A sheet: the things of a section, the parts under a relation, or (neither) the plan itself."""

    name: str
    kind: Kind
    section: str = ""
    relation: Relation | None = None
    word: str = ""
    columns: list[Column] = field(default_factory=list)
    used: bool = True


def sheets(
    vocabulary: Vocabulary, records: Records, shown: frozenset[str] = frozenset(), *, every: bool = False
) -> list[Sheet]:
    """Return the sheets in their order. What `records` use, and the sections `shown`, is visible; the rest is hidden.

    The sheets for dates with words of their own are there only where they are used, or with `every`.
    """
    used = _used(records)
    plan = Sheet(PLAN_SHEET, vocabulary.kind("Plan"))
    things = [
        Sheet(_spaced(section), kind, section, used=section in shown or section in {path[0] for path in used})
        for section, kind in vocabulary.sections.items()
    ]
    found = [plan, *things, *_parts(vocabulary, used, shown)]
    names: set[str] = set()
    for sheet in found:
        sheet.name = _unique(sheet.name, names)
        sheet.columns = _columns(sheet, vocabulary, used, shown)
    return [sheet for sheet in found if every or sheet.used or sheet.relation is None or not dated(sheet.relation)]


def _used(records: Records) -> set[FIELD]:
    """Return what is used: a section, a relation with parts, and each word in them."""
    found: set[FIELD] = set()
    for path, record in records.items():
        if not path:
            continue
        place = (path[0][0],) if record.thing else ("/", path[-1][0])
        found |= {place, *((*place, word) for word, values in record.values.items() if values)}
        if not record.thing:
            above = records[path[:-1]]
            home = (above.path[0][0],) if above.thing else ("/", above.path[-1][0]) if above.path else ("",)
            found |= {(*home, path[-1][0], word) for word in record.values}
    return found


def _spaced(word: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word).capitalize()


def _unique(name: str, taken: set[str]) -> str:
    """Return a name that a sheet may have: 31 characters, none of []:*?/\\, not taken in any case of letters."""
    base = re.sub(r"[\[\]:*?/\\]", " ", name).strip(" '")[:28] or "Sheet"
    number, found = 1, base
    while found.casefold() in taken:
        number += 1
        found = f"{base} {number}"
    taken.add(found.casefold())
    return found


def _parts(vocabulary: Vocabulary, used: set[FIELD], shown: frozenset[str]) -> Iterator[Sheet]:
    """Yield a sheet for each relation that has parts with keys, and for each date with words of its own that is used."""
    seen: set[str] = set()
    for owner in vocabulary.kinds.values():
        for word, relation in owner.words.items():
            kind = part_kind(vocabulary, relation)
            if kind is None or relation.path in seen or (owner.single(relation) and not dated(relation)):
                continue
            seen.add(relation.path)
            yield Sheet(
                _spaced(relation.label), kind, "", relation, word, used=("/", word) in used or relation.label in shown
            )


# -------------------------------------------------------------------- columns


def _columns(sheet: Sheet, vocabulary: Vocabulary, used: set[FIELD], shown: frozenset[str]) -> list[Column]:
    place = (sheet.section,) if sheet.section else ("/", sheet.word)
    if sheet.name == PLAN_SHEET and not sheet.section and not sheet.relation:
        return _plan_columns()
    start = [_ref(sheet)] if sheet.section else list(_owner(sheet))
    everything = bool(shown) and sheet.used
    body = [
        column
        for word, relation in _in_order(sheet.kind)
        for column in _word(sheet.kind, vocabulary, place, word, relation, used, everything=everything)
    ]
    columns = [replace(column, needed=_needed(column, sheet)) for column in start + body]
    return _distinct(columns) + [
        Column(f"id of {column.head}", "id", column.word or (f"/{column.role}",), hidden=True)
        for column in _distinct(columns)
        if named(column, vocabulary)
    ]


def _needed(column: Column, sheet: Sheet) -> bool:
    """Return whether the ontology asks for a value; a part has its title and its place from what it stands in."""
    if column.role == "lines" and not column.word:
        return bool(sheet.section) and least(sheet.kind, f"{CSP}locator") > 0
    if column.role != "value" or len(column.word) != 1 or column.relation is None:
        return False
    return least(sheet.kind, column.relation.path) > 0 and (bool(sheet.section) or column.word != ("title",))


def least(kind: Kind, path: str) -> int:
    """Return how many values a thing of a kind must have at a path."""
    return kind.counts.get(path, (0, None))[0]


def _in_order(kind: Kind) -> list[tuple[str, Relation | None]]:
    """Return the words as an officer reads them: the title, the place of the row, then the rest as the ontology has it."""
    rest: list[tuple[str, Relation | None]] = [
        (word, relation) for word, relation in kind.words.items() if word not in OWN and word != "title"
    ]
    title: list[tuple[str, Relation | None]] = [("title", kind.words["title"])] if "title" in kind.words else []
    own: list[tuple[str, Relation | None]] = [("", None)] if "lines" in kind.words else []
    return title + own + rest


def _plan_columns() -> list[Column]:
    says = Column("says", "what", note="What of the plan this row gives. Pick it from the list.")
    value = Column("value", "value", note="What the plan says. A thing is named by its label, as on its own sheet.")
    return [says, value, *_evidence((), folded=False), Column("id of value", "id", hidden=True)]


def _ref(sheet: Sheet) -> Column:
    note = f"The reference of the {sheet.kind.label}. Rows with the same one belong together. Leave it empty in a new row: one is made."
    return Column("ref", "ref", note=note)


def _owner(sheet: Sheet) -> Iterator[Column]:
    assert sheet.relation is not None
    note = f"What has it, by its label. {sheet.relation.definition}"
    yield Column("belongs to", "owner", note=note, relation=sheet.relation)
    if not dated(sheet.relation):
        key = sheet.kind.words.get(sheet.kind.key)
        note = (
            key.definition if key else "The number or the name under which it stands; a number is given to a new row."
        )
        yield Column(key.label if key else "number", "key", note=note, relation=key)
        yield Column("no.", "number", note="1, 2, 3 where several stand under one key; empty where only one can.")


def _evidence(word: FIELD, *, folded: bool, head: str = "") -> list[Column]:
    start = f"{head}: " if head else ""
    return [Column(f"{start}{name}", name, word, _EVIDENCE[name], folded=folded) for name in OWN]


def _word(
    kind: Kind,
    vocabulary: Vocabulary,
    place: FIELD,
    word: str,
    relation: Relation | None,
    used: set[FIELD],
    *,
    everything: bool,
) -> list[Column]:
    """Return the columns of one word: its value and the evidence of it; of the only part of a kind, all its words."""
    if relation is None:
        return _evidence((), folded=False)
    if always_part(vocabulary, relation):
        return _flat(vocabulary, place, word, relation, used) if kind.single(relation) else []
    folded = (*place, word) not in used and not (everything and relation.order < 60 and word != "ref")
    value = Column(relation.label, "value", (word,), relation.definition, relation, folded)
    return [value, *_evidence((word,), folded=True, head=relation.label)]


def _flat(vocabulary: Vocabulary, place: FIELD, word: str, relation: Relation, used: set[FIELD]) -> list[Column]:
    kind = part_kind(vocabulary, relation)
    assert kind is not None
    columns = []
    for inner, below in _in_order(kind):
        if below is None:
            columns += _evidence((word,), folded=True, head=relation.label)
        elif not always_part(vocabulary, below):
            folded = (*place, word, inner) not in used and inner != kind.head
            head = relation.label if inner == kind.head else f"{relation.label}: {below.label}"
            columns.append(Column(head, "value", (word, inner), below.definition, below, folded))
            more = f"{relation.label}: {below.label}"
            columns += _evidence((word, inner), folded=True, head=more)
    return sorted(columns, key=lambda column: column.head != relation.label)


def _distinct(columns: list[Column]) -> list[Column]:
    taken: set[str] = set()
    found = []
    for column in columns:
        head = column.head
        while head.casefold() in taken:
            head = f"{head} ({' '.join(column.word) or column.role})" if head == column.head else f"{head} again"
        taken.add(head.casefold())
        found.append(replace(column, head=head))
    return found


def named(column: Column, vocabulary: Vocabulary) -> bool:
    """Return whether a cell of the column names a thing, by its label."""
    if column.role == "owner":
        return True
    relation = column.relation
    if column.role not in ("key", "value") or relation is None or relation.literal or dated(relation):
        return False
    return not any(name in vocabulary.concepts for name in relation.classes)
