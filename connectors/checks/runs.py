"""Queues and runs the integrity checks of schools: stores what they find, and notes as fixed what they find no more."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from pymongo import ASCENDING, ReturnDocument, UpdateOne
from pymongo.errors import DuplicateKeyError

from connectors.checks.broken_references import check_references
from connectors.checks.classes import check_assignments, check_classes
from connectors.checks.marks import check_marks
from connectors.checks.people import check_people
from connectors.checks.scope import Found, Scope
from connectors.integrity import CHECK_RUNS, FINDINGS, CheckRun, CheckState, FindingState, IntegrityRule
from connectors.integrity import IntegritySeverity as Severity
from connectors.mongo import Database
from connectors.references import Reference
from connectors.vocabulary import Day, PersonId, SchoolId, mint

SEVERITIES: Final[Mapping[IntegrityRule, Severity]] = {
    IntegrityRule.ACCOUNT_SHARED: Severity.ERROR,
    IntegrityRule.CLASS_WITHOUT_TEACHER: Severity.WARNING,
    IntegrityRule.DATES_REVERSED: Severity.ERROR,
    IntegrityRule.EMAIL_SHARED: Severity.ERROR,
    IntegrityRule.ENROLMENTS_OVERLAP: Severity.ERROR,
    IntegrityRule.FIELD_MISSING: Severity.WARNING,
    IntegrityRule.MARK_OUTSIDE_ENROLMENT: Severity.WARNING,
    IntegrityRule.MARK_OUT_OF_SCALE: Severity.ERROR,
    IntegrityRule.MARK_REPEATED: Severity.WARNING,
    IntegrityRule.PARENT_WITHOUT_CHILD: Severity.WARNING,
    IntegrityRule.PERSON_TWICE: Severity.WARNING,
    IntegrityRule.REFERENCE_LOST: Severity.ERROR,
    IntegrityRule.STUDENT_WITHOUT_CLASS: Severity.WARNING,
    IntegrityRule.STUDENT_WITHOUT_GUARDIAN: Severity.WARNING,
}
"""How bad a violation of each rule is."""
_UNRESOLVED: Final = [FindingState.OPEN.value, FindingState.ACCEPTED.value]
_UPDATES: Final = 1_000
"""Findings that are written at once."""


class Checks:
    """Runs queued checks over the *databases* of all subsystems.

    *references* are the fields that name documents elsewhere; *today_in* gives the date in a time zone.
    """

    def __init__(
        self,
        databases: Mapping[str, Database],
        references: Sequence[Reference],
        today_in: Callable[[str], Day],
    ) -> None:
        self._databases = databases
        self._references = references
        self._today_in = today_in
        self._findings = databases["integrity"][FINDINGS.name]
        self._runs = databases["integrity"][CHECK_RUNS.name]

    async def run_next(self) -> bool:
        """Run the checks that have waited longest; returns whether any waited.

        A run whose process died is run again, which is safe: only one process at a time has the lease of this job.
        """
        now = _now()
        run: Any = await self._runs.find_one_and_update(
            {"is_unfinished": True, "school_id": {"$gt": ""}},  # of the index of unfinished runs
            {"$set": {"state": CheckState.RUNNING.value, "started_at": now}},
            sort=[("requested_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        if run is None:
            return False
        try:
            ended = await self._check(run["school_id"], now)
        except Exception:
            await self._end(run["_id"], {"state": CheckState.FAILED.value})
            raise
        await self._end(run["_id"], {"state": CheckState.DONE.value, **ended})
        return True

    async def queue_daily_runs(self) -> bool:
        """Queue a run for each school that has none requested since midnight UTC.

        Returns False, which tells the job that there is nothing more to do at once.
        """
        today = _now().replace(hour=0, minute=0, second=0)
        cursor = self._databases["directory"]["schools"].find({}, {"_id": 1})
        schools = [school["_id"] async for school in cursor]
        done = set(
            await self._runs.distinct("school_id", {"school_id": {"$in": schools}, "requested_at": {"$gte": today}})
        )
        for school in schools:
            if school not in done:
                with suppress(DuplicateKeyError):  # one waits already
                    await self._runs.insert_one(new_run(school, None))
        return False

    async def _check(self, school: SchoolId, now: datetime) -> dict[str, int]:
        """Check one school; returns how many findings are open, and how many were fixed.

        Of a school that is gone all findings are fixed.
        """
        found: Any = await self._databases["directory"]["schools"].find_one({"_id": school}, {"time_zone": 1})
        if found is not None:
            scope = Scope(self._databases, school, self._today_in(found["time_zone"]))
            async for violations in self._violations(scope):
                await self._record(school, violations, now)
        no_longer_found = {"school_id": school, "state": {"$in": _UNRESOLVED}, "last_seen_at": {"$lt": now}}
        change = {"$set": {"state": FindingState.FIXED.value, "fixed_at": now}, "$inc": {"version": 1}}
        fixed = await self._findings.update_many(no_longer_found, change)
        open_count = await self._findings.count_documents({"school_id": school, "state": FindingState.OPEN.value})
        return {"open_count": open_count, "fixed_count": fixed.modified_count}

    async def _violations(self, scope: Scope) -> AsyncIterator[list[Found]]:
        """The violations in a school, in batches."""
        for check in (check_people, check_classes, check_assignments, check_marks):
            async for found in check(scope):
                yield found
        async for found in check_references(scope, self._references):
            yield found

    async def _record(self, school: SchoolId, found: Sequence[Found], now: datetime) -> None:
        for first in range(0, len(found), _UPDATES):
            await self._findings.bulk_write(
                [_upsert_of(school, own, now) for own in found[first : first + _UPDATES]], ordered=False
            )

    async def _end(self, run: str, values: Mapping[str, Any]) -> None:
        ended = {"$set": {**values, "ended_at": _now()}, "$unset": {"is_unfinished": ""}}
        await self._runs.update_one({"_id": run}, ended)


def new_run(school: SchoolId, person: PersonId | None) -> CheckRun:
    """A queued run, requested by *person*, or by the daily job where that is None."""
    return CheckRun(
        _id=mint("IntegrityRun", uuid4().hex),
        school_id=school,
        state=CheckState.WAITING,
        is_unfinished=True,
        requested_at=_now(),
        requested_by_id=person,
        started_at=None,
        ended_at=None,
        open_count=None,
        fixed_count=None,
    )


def _upsert_of(school: SchoolId, found: Found, now: datetime) -> UpdateOne:
    """The upsert of a finding: it stays accepted while its details are the same, and is open otherwise.

    A finding that opens again keeps when it was first seen, and forgets who accepted it.
    """
    details = {name: found.details[name] for name in sorted(found.details)}
    same = {"$and": [{"$eq": ["$state", FindingState.ACCEPTED.value]}, {"$eq": ["$details", {"$literal": details}]}]}
    values = {
        "school_id": school,
        "rule": found.rule.value,
        "severity": SEVERITIES[found.rule].value,
        "object_id": found.object_id,
        "person_id": found.person_id,
        "student_id": found.student_id,
        "details": details,
        "last_seen_at": now,
        "fixed_at": None,
    }
    state = {"$cond": [same, FindingState.ACCEPTED.value, FindingState.OPEN.value]}
    accepted = {name: {"$cond": [same, f"${name}", None]} for name in ("accepted_at", "accepted_by_id", "reason")}
    document = {
        **{name: {"$literal": value} for name, value in values.items()},
        **accepted,
        "first_seen_at": {"$ifNull": ["$first_seen_at", now]},
        "state": state,
        "version": {
            "$add": [{"$ifNull": ["$version", -1]}, {"$cond": [{"$eq": ["$state", state]}, 0, 1]}],
        },
    }
    finding = mint("IntegrityFinding", school, found.rule, found.object_id, found.key)
    return UpdateOne({"_id": finding}, [{"$set": document}], upsert=True)


def _now() -> datetime:
    """The current time, cut to milliseconds as MongoDB stores it, so that it compares equal to what was stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1_000 * 1_000)
