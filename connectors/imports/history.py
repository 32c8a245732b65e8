"""Records the runs of imports, one at a time for each source."""

import os
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from connectors import leases
from connectors.directory.imports import RUNS, DifferingField, ImportRunRecord, RefusedRecord, RunState
from connectors.imports.errors import ImportFailed
from connectors.imports.summary import Place, Summary
from connectors.mongo import Database
from connectors.snapshots import SNAPSHOTS, Conflict, id_of

MOST_REFUSED: Final = 5_000
"""How many refused records the record of a run lists; more would be no list that anybody reads."""

RUN_DAYS: Final = 90
"""For how long the record of a run stays."""

_QUOTED: Final = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_VALUE: Final = re.compile(rf"(») = (?:{_QUOTED})")
"""The value of a cell in the reason for which it was refused."""


class RecordedRun:
    """A run that is at work: takes what is to be recorded of it.

    The record has no values of cells: names, birth dates and the like stand in the list of skipped records alone.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.summary: Summary | None = None
        self._refused: list[RefusedRecord] = []

    def refuse(self, entity: str, place: Place, reason: str) -> None:
        """Record a record that was not imported."""
        if len(self._refused) < MOST_REFUSED:
            self._refused.append(
                RefusedRecord(entity=entity, file=place.file, line=place.line, reason=_without_values(reason))
            )

    def results(self) -> dict[str, Any]:
        """The results that the record of the run holds when it is over."""
        summary = self.summary or Summary()
        counts = {
            "read": summary.read.total(),
            "inserted": summary.inserted.total(),
            "changed": summary.changed.total(),
            "unchanged": summary.unchanged.total(),
            "refused": sum(summary.skipped_of(entity) for entity in summary.skipped),
            "ended": sum(kind.count for kind in summary.ended.values()),
            "differing": len(summary.differing),
        }
        differing = [
            DifferingField(collection=one.collection, document_id=one.document_id, field=one.field)
            for one in summary.differing
        ]
        return {"counts": counts, "refused": self._refused, "differing": differing}


@asynccontextmanager
async def recorded(
    directory: Database, *, source: str, format_: str, options: Mapping[str, Any], days: int = RUN_DAYS
) -> AsyncIterator[RecordedRun]:
    """Hold the lease of *source* and record the run for some *days*, however it ends.

    Raises:
        ImportFailed: an import of this source is running, or another one took over (see `alone`).
    """
    run = RecordedRun(f"imr_{uuid4().hex}")
    runs = directory[RUNS.name]
    own = {"_id": run.run_id, "state": RunState.RUNNING}  # whoever took over may have said already how it ended
    async with alone(directory, source):
        broken = {"source": source, "state": RunState.RUNNING}
        await runs.update_many(broken, {"$set": {"state": RunState.BROKEN_OFF}})
        record = ImportRunRecord(
            _id=run.run_id,
            source=source,
            format=format_,
            options=dict(options),
            started_at=_now(),
            state=RunState.RUNNING,
            expires_at=_now() + timedelta(days=days),
        )
        await runs.insert_one(record)
        try:
            yield run
        except ImportFailed as failure:
            text = _without_values(str(failure))
            ended = {"state": RunState.FAILED, "failure": text, "ended_at": _now(), **run.results()}
            await runs.update_one(own, {"$set": ended})
            raise
        ended = {"state": RunState.DONE, "ended_at": _now(), **run.results()}
        await runs.update_one(own, {"$set": ended})


@asynccontextmanager
async def alone(directory: Database, source: str, *, lasts: timedelta = leases.LASTS) -> AsyncIterator[None]:
    """Hold the lease of *source*, so that no other process imports or checks its files meanwhile.

    Work that loses the lease is cancelled at its next step: another process may have begun.

    Raises:
        ImportFailed: an import of this source is running, or the lease was lost.
    """
    holder = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex}"
    try:
        async with leases.held(directory, lease_of(source), holder, lasts=lasts):
            yield
    except leases.Lost:
        raise ImportFailed(f"The import of {source} lost its turn and was ended. Repeat it.") from None
    except leases.Unavailable:
        raise ImportFailed(f"An import of {source} is running. Wait until it ends; `import runs` shows it.") from None


def lease_of(source: str) -> str:
    """The name of the lease that an import of *source* holds while it runs."""
    return f"import/{source}"


async def last_run_of_each(directory: Database) -> list[ImportRunRecord]:
    """The record of the last run of each source, by source, without its lists."""
    found: list[ImportRunRecord] = []
    for source in sorted(await directory[RUNS.name].distinct("source")):
        columns = {"refused": 0, "differing": 0}
        latest = directory[RUNS.name].find({"source": source}, columns).sort("started_at", -1).limit(1)
        found += await latest.to_list(None)
    return found


async def missing_of(directory: Database, source: str) -> dict[str, int]:
    """How many documents of each collection *source* once named and no longer names."""
    stages = [
        {"$match": {"source": source, "missing_since": {"$exists": True}}},
        {"$group": {"_id": "$collection", "count": {"$sum": 1}}},
        {"$sort": {"_id": 1}},
    ]
    return {one["_id"]: one["count"] async for one in directory[SNAPSHOTS.name].aggregate(stages)}


async def run_of(directory: Database, run_id: str) -> ImportRunRecord | None:
    """The record of a run."""
    found: ImportRunRecord | None = await directory[RUNS.name].find_one({"_id": run_id})
    return found


async def conflicts_of(databases: Mapping[str, Database], run: ImportRunRecord) -> list[Conflict]:
    """The fields that a run named as changed on both sides, by document and field, with their values of now."""
    found = []
    for one in run.get("differing", ()):
        subsystem, collection = one["collection"].split(".")
        own, field = one["document_id"], one["field"]
        stands = await databases[subsystem][collection].find_one({"_id": own}, {field: 1})
        said = await databases[subsystem][SNAPSHOTS.name].find_one({"_id": id_of(collection, own)})
        here, source = (stands or {}).get(field), (said or {}).get("document", {}).get(field)
        found.append(Conflict(f"{own}.{field}", here, source))
    return found


async def latest_runs(directory: Database, count: int) -> list[ImportRunRecord]:
    """The records of the latest runs, the latest first, without their lists."""
    columns = {"refused": 0, "differing": 0}
    found: list[ImportRunRecord] = (
        await directory[RUNS.name].find({}, columns).sort("started_at", -1).limit(count).to_list(None)
    )
    return found


def _without_values(reason: str) -> str:
    return _VALUE.sub(r"\1", reason)


def _now() -> datetime:
    return datetime.now(UTC)
