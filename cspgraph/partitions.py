"""What rules find, plan by plan: one text of a rule, whatever the size of the graph.

What a rule finds in a plan is decided by that plan, by what plans share and by the vocabulary. So a store of many
plans is not asked as a whole: each plan is read into memory and asked there, several at a time, and what was found
is kept beside the store under the hashes of the plan, of what is shared and of the rule. A plan that is replaced, or
a rule that is rewritten, is asked anew, and nothing else. The few rules that look at several plans at once say so
(`#+ across: plans`), and run on the whole, as do a user's own and all rules on an engine that is not a store on disk.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections import defaultdict
from contextlib import closing, suppress
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from cspgraph.engines import Table
from cspgraph.engines.oxigraph import OxigraphEngine, reading
from cspgraph.evidence import Place, places, worst
from cspgraph.names import text
from cspgraph.questions import Question, run
from cspgraph.resources import cores
from cspgraph.terms import GRAPH, ID, ONTOLOGY_GRAPH, SHARED, home

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cspgraph.engines import Engine, Term

Row = dict[str, "Term | None"]
UPON = "upon"  # columns whose names begin so hold what a finding rests upon, besides its focus
_FILE = "answers-3.sqlite"  # the number changes with what is in it
_PATIENCE = 2.0  # seconds to wait for another process that writes
_TOGETHER = 4  # plans asked in one store: what is shared is read once for all of them
_DAMAGE = (sqlite3.DatabaseError, zlib.error, SyntaxError, TypeError, UnicodeError)
# What SQLite says of a file that is locked, not ours to write, or on a disk that fails: it is left alone.
_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM,
}
_TABLE = """
CREATE TABLE IF NOT EXISTS answer (
  plan BLOB, rule BLOB, rows INTEGER, inferred INTEGER, uncertain INTEGER, seal INTEGER, content BLOB,
  PRIMARY KEY (plan, rule)
);
CREATE INDEX IF NOT EXISTS counted ON answer (plan, rule, rows, inferred, uncertain, seal);
"""


class Tally(NamedTuple):
    """How many rows there are, and how many of them rest on something inferred, or uncertain."""

    rows: int = 0
    inferred: int = 0
    uncertain: int = 0


class Answers:
    """The rows of rules on an engine, by rule and plan; asked when they are wanted, and kept where they can be.

    `counts` holds the number of rows by name of rule and id of plan (nothing for what no plan owns).
    """

    def __init__(self, engine: Engine, rules: Sequence[Question]) -> None:
        self.engine = engine
        self.rules = {rule.name: rule for rule in rules}
        parted = [rule for rule in rules if rule.trusted and not rule.across]
        self._kept = _Kept(engine, parted) if isinstance(engine, OxigraphEngine) and engine.folder else None
        self._whole: dict[tuple[str, str], list[Row]] = {}
        for rule in rules:
            if self._kept is None or rule.name not in self._kept.rules:
                self._whole |= {(rule.name, plan): rows for plan, rows in _by_plan(run(rule, engine)).items()}
        self.counts = {key: len(rows) for key, rows in self._whole.items()}
        self.counts.update({key: tally.rows for key, tally in self._kept.tallies.items()} if self._kept else {})

    def tallies(self) -> dict[tuple[str, str], Tally]:
        """Return the counts by name of rule and id of plan, with how many rows are doubtful."""
        where = places_of(self.engine, chain.from_iterable(self._whole.values()))
        found = {key: tally_of(rows, where) for key, rows in self._whole.items()}
        return {**found, **(self._kept.tallies if self._kept else {})}

    def rows(
        self, rules: Collection[str] | None = None, plans: Collection[str] | None = None
    ) -> Iterator[tuple[Question, Row]]:
        """Yield the rows, each with its rule; of some rules and plans only, where they are given."""
        wanted: dict[str, list[str]] = defaultdict(list)
        for (rule, plan), number in self.counts.items():
            if number and (rules is None or rule in rules) and (plans is None or plan in plans):
                wanted[plan].append(rule)
        for plan, names in wanted.items():
            kept = self._kept.rows(plan) if self._kept and plan in self._kept.plans else {}
            for name in names:
                for row in (*kept.get(name, ()), *self._whole.get((name, plan), ())):
                    yield self.rules[name], row


def plan_of(row: Row) -> str:
    """Return the id of the plan that a row of a rule belongs to: the one it names, or that of its focus, or none."""
    own = text(row.get("plan")) or text(row["focus"])
    return home(own) if own.startswith(ID) and home(own) != SHARED else ""


def places_of(engine: Engine, rows: Iterable[Row], *, recall: bool = False) -> dict[str, Place]:
    """Return where the foci of some rows were read, the places they name, and what they rest upon, by IRI."""
    named = {text(term) for row in rows for name, term in row.items() if term and _read_in(name)}
    return places(engine, named, recall=recall)


def _read_in(column: str) -> bool:
    return column in ("where", "focus") or column.startswith(UPON)


def tally_of(rows: Iterable[Row], where: Mapping[str, Place]) -> Tally:
    """Return how many rows there are, and how many were read where something is doubtful."""
    found = [place_of(row, where).status for row in rows]
    return Tally(len(found), found.count("inferred"), found.count("uncertain"))


def place_of(row: Row, where: Mapping[str, Place]) -> Place:
    """Return where a row of a rule was read: the place it names, or that of its focus.

    Its status, and why, are those of the least sure among that place and what the row rests upon.
    """
    place = where.get(text(row.get("where"))) or where.get(text(row["focus"])) or Place()
    upon = [where.get(text(term), Place()) for name, term in row.items() if name.startswith(UPON)]
    status = worst(place.status, *(one.status for one in upon))
    doubted = next(one for one in (place, *upon) if one.status == status)
    return place if doubted is place else replace(place, status=status, why=doubted.why)


class Found(NamedTuple):
    """What a rule found in a plan: the rows as the W3C's TSV, and their number."""

    tally: Tally
    content: bytes


def ask(store: ox.Store, rules: Iterable[Question], plans: Collection[str]) -> dict[tuple[str, str], Found]:
    """Return what rules find in some plans, by id of plan and name of rule, where they find anything.

    `store` holds these plans, what plans share and the vocabulary.
    """
    engine, found = OxigraphEngine(store), {}
    for rule in rules:
        table = engine.select(rule.text)
        head = "\t".join(f"?{column}" for column in table.columns)
        by_plan = {plan: rows for plan, rows in _by_plan(table).items() if plan in plans}
        where = places_of(engine, chain.from_iterable(by_plan.values()))
        for plan, rows in by_plan.items():
            lines = ("\t".join("" if term is None else str(term) for term in row.values()) for row in rows)
            content = "".join(f"{line}\n" for line in (head, *lines)).encode()
            found[plan, rule.name] = Found(tally_of(rows, where), content)
    return found


def _rows(table: Table) -> list[Row]:
    return [dict(zip(table.columns, cells, strict=True)) for cells in table.rows]


def _by_plan(table: Table) -> dict[str, list[Row]]:
    """Return the rows of a rule by the plans that they belong to."""
    found: dict[str, list[Row]] = {}
    for row in _rows(table):
        found.setdefault(plan_of(row), []).append(row)
    return found


_INSERT = "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)"
_NOTHING = Found(Tally(), b"")


class _Kept:
    """What was found in the plans of one store, in a file beside it, or in memory where none can be written."""

    def __init__(self, engine: OxigraphEngine, rules: Iterable[Question]) -> None:
        self.engine = engine
        self.folder = engine.shelf
        self.rules = {rule.name: rule for rule in rules}
        self._by_key = {_hash(rule.text): rule for rule in self.rules.values()}
        loaded = engine.graphs()
        common = [loaded.get(f"{GRAPH}{SHARED}", ""), loaded.get(ONTOLOGY_GRAPH, "")]
        self.plans = {
            name.removeprefix(GRAPH): _hash("\0".join([name, digest, *common]))
            for name, digest in loaded.items()
            if name not in (f"{GRAPH}{SHARED}", ONTOLOGY_GRAPH)
        }
        if theirs := engine.made_by_others(_FILE):
            try:  # by SQLite's own means: its owner may be writing, and another of ours reading
                with closing(sqlite3.connect(theirs)) as made, closing(sqlite3.connect(self.folder / _FILE)) as ours:
                    made.backup(ours)
            except sqlite3.Error:  # there is no room for one of our own: it is read where it lies
                self.folder = theirs.parent
        self.file, self._have = _open(self.folder)
        self._ask_what_is_missing()

    @cached_property
    def tallies(self) -> dict[tuple[str, str], Tally]:
        """How many rows each rule has in each plan, where it has any."""
        names = {key: plan for plan, key in self.plans.items()}
        return {
            (self._by_key[rule].name, names[plan]): tally
            for (plan, rule), tally in self._have.items()
            if tally.rows and plan in names and rule in self._by_key
        }

    def rows(self, plan: str) -> dict[str, list[Row]]:
        """Return the rows in one plan, by the name of the rule."""
        for last in (False, True):
            try:
                return self._read(plan)
            except _DAMAGE as error:
                self._mend(error, last=last)
        return self._read(plan)

    def _mend(self, error: Exception, *, last: bool) -> None:
        """Ask what is missing after another process took it out, or after what is damaged was removed."""
        try:
            if last or _away(error):
                raise error
            self._have = _tallies(self.file)
        except _DAMAGE as found:
            self.file.close()
            self.file, self._have = _in_memory() if _away(found) else _anew(self.folder)
        self._ask_what_is_missing()

    def _read(self, plan: str) -> dict[str, list[Row]]:
        query = "SELECT rule, content FROM answer WHERE plan = ?"
        key = self.plans[plan]
        found = {
            rule: _parsed(_unpacked(content, key + rule))
            for rule, content in self.file.execute(query, (key,))
            if rule in self._by_key and content
        }
        counts = {rule: self._have[key, rule].rows for rule in self._by_key if self._have[key, rule].rows}
        if {rule: len(rows) for rule, rows in found.items()} != counts:
            raise sqlite3.DatabaseError("it does not hold what it counts")
        return {self._by_key[rule].name: rows for rule, rows in found.items()}

    def _ask_what_is_missing(self) -> None:
        """Ask the plans that were not asked, or not by every rule, and keep what is found after each few of them."""
        from concurrent.futures import ThreadPoolExecutor

        lacking: dict[frozenset[bytes], list[str]] = defaultdict(list)
        for plan, key in self.plans.items():
            missing = frozenset(rule for rule in self._by_key if (key, rule) not in self._have)
            if missing:
                lacking[missing].append(plan)
        batches = [
            (rules, plans[start : start + _TOGETHER])
            for rules, plans in lacking.items()
            for start in range(0, len(plans), _TOGETHER)
        ]
        if not batches:
            return
        shared = self._dump(f"{GRAPH}{SHARED}") + self._dump(ONTOLOGY_GRAPH)
        # The store reads, joins and sorts without Python, so threads do.
        with ThreadPoolExecutor(cores()) as pool:
            for (rules, plans), found in zip(
                batches, pool.map(lambda batch: self._ask(shared, *batch), batches), strict=True
            ):
                self._keep(rules, plans, found)
        self._forget()

    def _ask(self, shared: bytes, rules: Iterable[bytes], plans: list[str]) -> dict[tuple[str, str], Found]:
        store = ox.Store()
        for content in (shared, *(self._dump(f"{GRAPH}{plan}") for plan in plans)):
            store.bulk_load(content, ox.RdfFormat.N_TRIPLES)
        return ask(store, (self._by_key[key] for key in rules), plans)

    def _dump(self, graph: str) -> bytes:
        with reading(self.engine.address):
            return self.engine.store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(graph)) or b""

    def _keep(self, rules: Iterable[bytes], plans: list[str], found: Mapping[tuple[str, str], Found]) -> None:
        fresh = []
        for plan in plans:
            for rule in rules:
                key = self.plans[plan]
                tally, content = found.get((plan, self._by_key[rule].name), _NOTHING)
                packed = content and zlib.compress(key + rule + content, 1)
                fresh.append((key, rule, *tally, _seal(key, rule, *tally), packed))
                self._have[key, rule] = tally
        try:
            self._write(fresh)
        except sqlite3.Error:  # another writes, the disk is full: from here on in memory
            self.file = _copy(self.file)
            self._write(fresh)

    def _write(self, fresh: Iterable[tuple[bytes | int, ...]]) -> None:
        with self.file:
            self.file.executemany(_INSERT, fresh)

    def _forget(self) -> None:
        """Take out what was found in plans that are no more."""
        if self.engine.only is not None:
            return
        here = set(self.plans.values())
        gone = {(plan,) for plan, _ in self._have if plan not in here}
        with suppress(sqlite3.Error), self.file:
            self.file.executemany("DELETE FROM answer WHERE plan = ?", gone)


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()[:16]


def _parsed(content: bytes) -> list[Row]:
    solutions = ox.parse_query_results(content, format=ox.QueryResultsFormat.TSV)
    assert isinstance(solutions, ox.QuerySolutions)  # written by _keep
    return _rows(Table([variable.value for variable in solutions.variables], [tuple(row) for row in solutions]))


def _unpacked(content: bytes, of: bytes) -> bytes:
    """Return what was found by a rule in a plan. Raises sqlite3.DatabaseError for what was found by another, or elsewhere."""
    found = zlib.decompress(content)
    if not found.startswith(of):
        raise sqlite3.DatabaseError("it is of another plan or rule")
    return found[len(of) :]


def _seal(plan: bytes, rule: bytes, rows: int, inferred: int, uncertain: int) -> int:
    """Return a checksum of what is counted: SQLite has none of its own, and what rows hold is checked by zlib."""
    return zlib.crc32(b"%b%b%d %d %d" % (plan, rule, rows, inferred, uncertain))


def _tallies(file: sqlite3.Connection) -> dict[tuple[bytes, bytes], Tally]:
    """Return what is counted in a file, by hash of plan and rule. Raises one of _DAMAGE: a number may have become text."""
    found = {}
    for plan, rule, *tally, seal in file.execute("SELECT plan, rule, rows, inferred, uncertain, seal FROM answer"):
        if _seal(plan, rule, *tally) != seal:
            raise sqlite3.DatabaseError("it was changed")
        found[plan, rule] = Tally(*tally)
    return found


def _open(folder: Path) -> tuple[sqlite3.Connection, dict[tuple[bytes, bytes], Tally]]:
    """Return the file of a folder and what is counted in it, made anew where it is damaged; one in memory where it cannot be written."""
    path = folder / _FILE
    for _ in range(2):
        file = None
        try:
            file = sqlite3.connect(path, timeout=_PATIENCE)
            return file, _tallies(_table(file))
        except _DAMAGE as error:
            if file is not None:
                file.close()
            if _away(error):  # a folder that cannot be written, another that writes and does not end
                break
            with suppress(OSError):
                path.unlink()
    return _in_memory()


def _away(error: Exception) -> bool:
    """Return whether a file may be whole and is out of reach."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _AWAY


def _anew(folder: Path) -> tuple[sqlite3.Connection, dict[tuple[bytes, bytes], Tally]]:
    with suppress(OSError):
        (folder / _FILE).unlink()
        return _open(folder)
    return _in_memory()


def _in_memory() -> tuple[sqlite3.Connection, dict[tuple[bytes, bytes], Tally]]:
    return _table(sqlite3.connect(":memory:")), {}


def _table(file: sqlite3.Connection) -> sqlite3.Connection:
    # What is kept can be found again: the disk need not be waited for.
    file.executescript(f"PRAGMA synchronous = OFF; {_TABLE}")
    return file


def _copy(file: sqlite3.Connection) -> sqlite3.Connection:
    fresh = _table(sqlite3.connect(":memory:"))
    with suppress(sqlite3.Error), closing(file):
        fresh.executemany(_INSERT, file.execute("SELECT * FROM answer"))
    return fresh
