"""What is known of each plan file without reading it: a card to each content, in one sqlite file.

A card holds for these bytes, this ontology and this version. It says which graph they gave, what is defined in it, and
what the plan asked of others, with what it was told: when all would be told the same again, the graph is the same.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# Of each thing of a plan by its IRI: kind, line, title, and whether it is a thing or a part of one.
Things = dict[str, tuple[str, int, str, bool]]


class Card(NamedTuple):
    """What one plan file gave: the hash is empty where it gave problems.

    `shared` is a hash of all that plans share, as it was; `foreign` whether the plan asked anything of other plans.
    """

    plan: str
    digest: str
    quads: int
    shared: str
    foreign: bool


class Cards:
    """The cards of a store folder. Whatever sqlite cannot do is an OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with self._said() as base:
            base.execute("PRAGMA synchronous = OFF")  # what is lost with the machine's power is read again
            base.execute(
                "CREATE TABLE IF NOT EXISTS cards (key TEXT PRIMARY KEY, plan TEXT, digest TEXT, quads INTEGER,"
                " shared TEXT, foreign_ INTEGER, asked BLOB, things BLOB) WITHOUT ROWID"
            )

    @contextmanager
    def _said(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self.base
        except sqlite3.OperationalError as error:  # a full disk, above all
            raise OSError(f"{self.path.name}: {error}") from None
        except sqlite3.DatabaseError:
            self.base.close()
            self.path.unlink(missing_ok=True)
            raise OSError(f"{self.path.name} was damaged and has been removed: start again") from None

    def all(self) -> dict[str, Card]:
        """Return every card by the key of its content."""
        with self._said() as base:
            rows = base.execute("SELECT key, plan, digest, quads, shared, foreign_ FROM cards")
            return {key: Card(plan, digest, quads, shared, bool(far)) for key, plan, digest, quads, shared, far in rows}

    def asked(self, key: str) -> dict[str, str]:
        """Return what a plan asked of others: IRIs, each with a hash of what stood there, or nothing."""
        found: dict[str, str] = self._packed("asked", key)
        return found

    def things(self, key: str) -> Things:
        """Return what is defined in a plan."""
        found: Things = self._packed("things", key)
        return found

    def _packed(self, column: str, key: str) -> dict:  # type: ignore[type-arg]
        with self._said() as base:
            (packed,) = base.execute(f"SELECT {column} FROM cards WHERE key = ?", (key,)).fetchone()  # noqa: S608
        found = json.loads(zlib.decompress(packed))
        assert isinstance(found, dict)
        return found

    def put(self, key: str, card: Card, asked: dict[str, str], things: Things) -> None:
        """Keep the card of a content."""
        packed = [zlib.compress(json.dumps(value).encode(), 1) for value in (asked, things)]
        with self._said() as base:
            base.execute("INSERT OR REPLACE INTO cards VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (key, *card, *packed))

    def keep(self, keys: Iterable[str]) -> None:
        """Throw away all other cards."""
        with self._said() as base:
            base.execute("BEGIN")
            base.execute("CREATE TEMP TABLE kept (key TEXT PRIMARY KEY)")
            base.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((key,) for key in keys))
            base.execute("DELETE FROM cards WHERE key NOT IN (SELECT key FROM kept)")
            base.execute("DROP TABLE kept")
            base.execute("COMMIT")

    def close(self) -> None:
        """Let the file go."""
        self.base.close()
