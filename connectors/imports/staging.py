"""The rows of an import in a file on the disk: each once by its key, found again in any order, in flat memory.

What is staged is the whole of what a source has said: a delivery of changes is laid over the rows of earlier ones,
which `connectors.imports.states` keeps between runs.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

from connectors.imports.summary import Place

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rows (
    entity TEXT, key TEXT, file TEXT, line INTEGER, fresh INTEGER, data TEXT, PRIMARY KEY (entity, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delivered (entity TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE named (collection TEXT, id TEXT, PRIMARY KEY (collection, id)) WITHOUT ROWID;
CREATE TEMP TABLE notes (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
_NOWHERE: Final = Place("", 0)
"""The place of a row that stands in no file."""

_ORDERS: Final = {"key": "key", "place": "file, line, key"}


class StagedRow(NamedTuple):
    """A row of a source: the values that are not empty, by column."""

    entity: str
    key: str
    place: Place
    values: Mapping[str, str]


class Staging:
    """The rows of one source, by entity and key; any thread may use it, one at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;" + _SCHEMA)
        self._rows.execute("UPDATE rows SET fresh = 0 WHERE fresh = 1")
        self._rows.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def replace(self, entity: str) -> None:
        """Forget the earlier rows of *entity*: all of them are delivered anew."""
        self._rows.execute("DELETE FROM rows WHERE entity = ? AND fresh = 0", (entity,))
        self.deliver(entity)

    def deliver(self, entity: str) -> None:
        """Note that all rows of *entity* are known by now."""
        self._rows.execute("INSERT OR IGNORE INTO delivered VALUES (?)", (entity,))

    def is_delivered(self, entity: str) -> bool:
        """Whether the rows of *entity* were ever delivered: only then does it say something that one is missing."""
        return self._rows.execute("SELECT 1 FROM delivered WHERE entity = ?", (entity,)).fetchone() is not None

    def put(self, row: StagedRow) -> StagedRow | None:
        """Stage *row* and return the row that has to yield to it or to which it yields, if this run has two of a key.

        Which of two stands does not depend on their order: the one that was changed later, else the one whose values
        come last in the alphabet.
        """
        before = self._fresh(row.entity, row.key)
        if before is not None and _rank(before) >= _rank(row):
            return row
        data = json.dumps(row.values, ensure_ascii=False, sort_keys=True)
        values = (row.entity, row.key, row.place.file, row.place.line, data)
        self._rows.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, 1, ?)", values)
        return before

    def remember(self, entity: str, key: str, values: Mapping[str, str]) -> None:
        """Stage what the import itself has to know in later runs, in place of what it knew before."""
        self.remove(entity, key)
        self.put(StagedRow(entity, key, _NOWHERE, values))

    def remove(self, entity: str, key: str) -> bool:
        """Remove a row; false where there was none."""
        removed = self._rows.execute("DELETE FROM rows WHERE entity = ? AND key = ?", (entity, key))
        return removed.rowcount > 0

    def rows(self, entity: str, *, by: Sequence[str] = ("key",)) -> Iterator[StagedRow]:
        """The rows of *entity*, ordered by columns, `key` among them, or by `place`: as they stand in the files."""
        order = ", ".join(_ORDERS.get(column, f"json_extract(data, '$.\"{column}\"')") for column in by)
        found = self._rows.execute(
            f"SELECT entity, key, file, line, data FROM rows WHERE entity = ? ORDER BY {order}",  # noqa: S608 - columns are constants of the code
            (entity,),
        )
        return map(_row, found)

    def name(self, collection: str, document_id: str) -> None:
        """Note, for this run alone, that the rows name a document."""
        self._rows.execute("INSERT OR IGNORE INTO named VALUES (?, ?)", (collection, document_id))

    def is_named(self, collection: str, document_id: str) -> bool:
        """Whether `name` was called for a document."""
        found = self._rows.execute("SELECT 1 FROM named WHERE collection = ? AND id = ?", (collection, document_id))
        return found.fetchone() is not None

    def note(self, key: str, value: str) -> None:
        """Note a value for the rest of this pass over the rows, on the disk, however many there are."""
        self._rows.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (key, value))

    def noted(self, key: str) -> str | None:
        """The value that was noted under a key in this pass."""
        found = self._rows.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
        return str(found[0]) if found else None

    def forget_notes(self) -> None:
        """Begin a pass without notes."""
        self._rows.execute("DELETE FROM notes")

    def finish(self) -> None:
        """Complete the file, so that its bytes can be kept."""
        self._rows.execute("COMMIT")
        self._rows.execute("BEGIN")

    def _fresh(self, entity: str, key: str) -> StagedRow | None:
        statement = "SELECT entity, key, file, line, data FROM rows WHERE entity = ? AND key = ? AND fresh = 1"
        found = self._rows.execute(statement, (entity, key)).fetchone()
        return _row(found) if found else None


def complete_of(needs: Mapping[str, Sequence[str]], staging: Staging) -> set[str]:
    """Those of the names in *needs* whose entities were all delivered."""
    return {name for name, entities in needs.items() if all(map(staging.is_delivered, entities))}


def _row(found: tuple[str, str, str, int, str]) -> StagedRow:
    entity, key, file, line, data = found
    return StagedRow(entity, key, Place(file, line), json.loads(data))


def _rank(row: StagedRow) -> tuple[str, list[tuple[str, str]]]:
    return row.values.get("dateLastModified", ""), sorted(row.values.items())
