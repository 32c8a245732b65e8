"""Reads of the statistics, and the log of questions."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypedDict

from pymongo import ASCENDING, IndexModel
from pymongo.errors import PyMongoError

from connectors.analytics.building import Build
from connectors.analytics.questions import Question, statement
from connectors.analytics.store import NAME, Store
from connectors.declarations import Collection, Connector
from connectors.errors import SourceUnavailable
from connectors.metrics import OVERLAPS
from connectors.mongo import Deadline
from connectors.vocabulary import Columns, PersonId, mint

_log = logging.getLogger(__name__)
_LOGGED_S: Final = 90 * 24 * 3600
_DAY: Final = timedelta(days=1)
MANY_TABLES: Final = 25
"""Different tables of a build that a person may ask for in a day: who asks for more cuts records in many ways.
Nothing can be computed from them, but somebody may be trying to."""


class LoggedQuestion(TypedDict):
    """A question for published cells, and who asked it when."""

    _id: str
    person_id: PersonId
    role: str
    asked_at: datetime
    build: str
    statistic: str
    by: list[str]
    narrowed: dict[str, Any]
    cells: int


QUESTION_LOG: Final = Collection(
    "questions",
    LoggedQuestion,
    indexes=[
        IndexModel([("person_id", ASCENDING), ("asked_at", ASCENDING)]),
        IndexModel([("asked_at", ASCENDING)], expireAfterSeconds=_LOGGED_S),
    ],
)


class Cells(NamedTuple):
    """The answer to a question: a page of cells, how many there are in all, and the build that they are of."""

    rows: Sequence[Mapping[str, Any]]
    total: int
    build: Build


class Analytics(Connector):
    """Reads of the statistics."""

    collections = (QUESTION_LOG,)
    store: Store | None = None
    """The files of the statistics; None where the gateway has none."""

    async def cells(
        self, questions: Sequence[Question], *, columns: Columns, deadline: Deadline
    ) -> Mapping[Question, Cells]:
        """The cells of each question, in its order. *columns* has no meaning here."""
        if self.store is None:
            raise SourceUnavailable(NAME)
        found = {}
        for question in questions:
            build, rows = await self.store.rows(*statement(question), deadline)
            found[question] = Cells(rows, rows[0]["total"] if rows else 0, build)
        return found

    async def builds(self, names: Sequence[str], *, columns: Columns, deadline: Deadline) -> Mapping[str, Build]:
        """The current build under each of *names*. *columns* has no meaning here."""
        if self.store is None:
            raise SourceUnavailable(NAME)
        return dict.fromkeys(names, await self.store.build(deadline))

    async def note(self, question: Question, answer: Cells, *, person: PersonId, role: str, now: datetime) -> None:
        """Log a question for published cells; its answer does not fail where that fails."""
        narrowed = {
            name: value
            for name, value in question._asdict().items()
            if value and name not in {"statistic", "by", "order", "limit", "offset", "exact_schools"}
        }
        logged = LoggedQuestion(
            _id=mint("LoggedQuestion", person, now.isoformat(), question),
            person_id=person,
            role=role,
            asked_at=now,
            build=answer.build.name,
            statistic=question.statistic,
            by=sorted(question.by),
            narrowed=narrowed,
            cells=len(answer.rows),
        )
        collection = self.source.database[QUESTION_LOG.name]
        today = {"person_id": person, "asked_at": {"$gt": now - _DAY}, "build": answer.build.name}
        table = {"statistic": "$statistic", "by": "$by"}
        try:
            await collection.insert_one(logged)
            tables = await collection.aggregate([{"$match": today}, {"$group": {"_id": table}}]).to_list(length=None)
        except PyMongoError as error:
            _log.warning("A question could not be written down: %r", error)
            return
        if len(tables) > MANY_TABLES:
            OVERLAPS.inc()
            _log.warning("A person asked for %d tables of the statistics in a day", len(tables))
