"""Counts the refused mutations of each person, for the administrators of their schools.

Counts are gathered in the process and written every few seconds, so that a refusal costs its request nothing, and an
attacker no more than one update for each code.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Final

import pymongo
import structlog
from graphql import GraphQLError
from pymongo.errors import PyMongoError

from auth.viewer import Viewer
from connectors.audit.refusals import RefusalKey, add
from connectors.mongo import Database
from gateway.engine.errors import OperationRefused
from gateway.operations.repeating import repeated

FLUSH_S: Final = 2.0
"""The pause between two writings."""
MOST: Final = 10_000
"""Counts that wait at most, while the database is away; further people are not counted."""
OTHER: Final = "other"
"""Stands for a mutation whose field has an alias, which would be the client's word."""

_log = structlog.get_logger(__name__)


class Refusals:
    """The counts of a process that are not written yet; *mutations* are the fields of the root `Mutation`."""

    def __init__(self, database: Database, mutations: Collection[str], *, keep: timedelta, most: int = MOST) -> None:
        self._database = database
        self._mutations = frozenset(mutations)
        self._keep = keep
        self._most = most
        self._counts: Counter[RefusalKey] = Counter()

    def count(self, viewer: Viewer, day: str, refused: Sequence[tuple[str, str]]) -> None:
        """Count the mutations of *refused* with the codes for which they were refused."""
        for mutation, code in refused:
            key = RefusalKey(day, viewer.school_ids, viewer.person_id, viewer.role, mutation, code)
            if key in self._counts or len(self._counts) < self._most:
                self._counts[key] += 1

    def count_denied(self, viewer: Viewer, day: str, refusal: OperationRefused) -> None:
        """Count the fields of a mutation that the role may not call, where *refusal* is about such fields."""
        if refusal.stage == "access" and refusal.kind == "mutation":
            self.count(viewer, day, [self._denied(error) for error in refusal.errors])

    def _denied(self, error: GraphQLError) -> tuple[str, str]:
        name = str(error.path[0]) if error.path else OTHER
        return name if name in self._mutations else OTHER, str((error.extensions or {}).get("code", OTHER))

    async def flush(self) -> None:
        """Write the counts; they wait on where the database does not take them."""
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        try:
            with pymongo.timeout(FLUSH_S):
                await add(self._database, counts.items(), datetime.now(UTC) + self._keep)
        except (PyMongoError, OSError) as error:
            _log.warning("refusals not counted yet", code=type(error).__name__)
            counts.update(self._counts)
            self._counts = counts

    def flushing(self) -> AbstractAsyncContextManager[None]:
        """Write the counts again and again within the block, and at its end."""
        return repeated(self.flush, FLUSH_S)
