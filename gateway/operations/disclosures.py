"""Gathers who of the staff read which data of students, for the journal that families read.

Readings are gathered in the process and written in bulks a second apart, so that they cost a request nothing but a few
entries in a dictionary, and never delay or fail an answer.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import pymongo
import structlog
from pymongo.errors import PyMongoError

from auth.viewer import Viewer
from connectors.audit.disclosures import DisclosureKey, Reading, add
from connectors.mongo import Database
from connectors.vocabulary import Day, StudentId
from gateway.disclosures import NOT_OF_STUDENTS
from gateway.operations.repeating import repeated

FLUSH_PAUSE_S: Final = 1.0
"""The pause between two flushes."""
BULK_TIMEOUT_S: Final = 5.0
"""How long one bulk of a flush may take."""
MAX_WAITING_ROWS: Final = 100_000
"""Rows that wait while the database is away, with those of a bulk that failed; further ones are lost, and logged."""
BULK_ROWS: Final = 1_000
"""Rows of one bulk; a flush sends as many bulks as it needs."""

_log = structlog.get_logger(__name__)


class DisclosureBuffer:
    """The readings of a process that are not written yet; once written, a row expires after *keep*."""

    def __init__(self, database: Database, *, keep: timedelta, most: int = MAX_WAITING_ROWS) -> None:
        self._database = database
        self._keep = keep
        self._most = most
        self._waiting: dict[DisclosureKey, Reading] = {}
        self._lost = 0

    def record(self, viewer: Viewer, day: Day, read: Mapping[frozenset[str], Iterable[StudentId]]) -> None:
        """Add one request: *read* names the students of whom it read data, by the kinds of data."""
        for student, reading in _each(read).items():
            key = DisclosureKey(day, student, viewer.person_id, viewer.role)
            before = self._waiting.get(key)
            if before is not None:
                self._waiting[key] = before.joined(reading)
            elif len(self._waiting) < self._most:
                self._waiting[key] = reading
            else:
                self._lost += 1

    async def flush(self) -> None:
        """Write the waiting rows; where a bulk fails, its rows and the rest wait for the next flush."""
        if self._lost:
            _log.error("disclosures lost", readings=self._lost)
            self._lost = 0
        while self._waiting:
            some = dict(islice(self._waiting.items(), BULK_ROWS))
            for key in some:
                del self._waiting[key]
            try:
                with pymongo.timeout(BULK_TIMEOUT_S):
                    await add(self._database, some.items(), datetime.now(UTC) + self._keep)
            except (PyMongoError, OSError) as error:
                _log.warning("disclosures not written yet", code=type(error).__name__, rows=len(some))
                for key, reading in some.items():
                    later = self._waiting.get(key)
                    self._waiting[key] = reading if later is None else reading.joined(later)
                return

    def flushing(self) -> AbstractAsyncContextManager[None]:
        """Write the readings again and again within the block, and at its end."""
        return repeated(self.flush, FLUSH_PAUSE_S)


def _each(read: Mapping[frozenset[str], Iterable[StudentId]]) -> dict[StudentId, Reading]:
    """The reading of each student by one request, of all kinds together."""
    found: dict[StudentId, Reading] = {}
    for kinds, students in read.items():
        own = kinds - NOT_OF_STUDENTS
        new = Reading(kinds, own, 1, 1 if own else 0)
        for student in students:
            before = found.get(student)
            found[student] = new if before is None else before.within(new)
    return found
