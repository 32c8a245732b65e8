"""Calendar feeds: an address that a calendar program fetches a student's lessons from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypedDict
from uuid import uuid4

from connectors.downloads import FEEDS, CalendarFeed, hash_of, new_secret
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PublicId, StudentId, mint
from gateway.context import NOBODY, Info
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserError, UserErrorCode, fact

PATH: Final = "/calendar/{secret}.ics"
_NO_STUDENT: Final = Text("There is no such student.", "Нет такого ученика.")
_NO_FEED: Final = Text("There is no such calendar.", "Нет такого календаря.")
_TOO_MANY: Final = Text(
    "You have {limit} calendars already: revoke one first.",
    "У вас уже есть календари ({limit}): сначала отзовите один.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCalendarFeed:
    """The student whose calendar is to have an address."""

    student_id: StudentId
    """The student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeCalendarFeed:
    """The calendar feed that is to end."""

    feed_id: PublicId
    """The id of the feed (`CalendarFeed.id`)."""


class CreatedFeed(TypedDict):
    """A resolver's value for the payloads: which feed it is, and the user's errors."""

    feed_id: str | None
    user_errors: list[UserError]


async def create_calendar_feed(input: CreateCalendarFeed, info: Info, transaction: Transaction) -> Outcome:
    """Make an address for the calendar of a student whom the viewer may read."""
    problems, viewer, most = Problems(), info.viewer, info.writing.rules.calendar_feeds
    read = info.connectors.directory.students_by_ids
    [student] = await info.read(read, [input.student_id or NOBODY], columns=frozenset({"student_id", "school_id"}))
    if student is None or not viewer.may_read_student(student["student_id"], student["school_id"]):
        problems.add(UserErrorCode.NOT_FOUND, _NO_STUDENT, "studentId")
    own = {"person_id": viewer.person_id, "revoked_at": None}
    if await transaction.count(FEEDS.name, own, most=most) >= most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), limit=most)
    problems.check()
    now, secret = datetime.now(UTC), new_secret()
    feed = CalendarFeed(
        _id=mint("CalendarFeed", uuid4().hex),
        school_id=student["school_id"],
        student_id=student["student_id"],
        person_id=viewer.person_id,
        role=viewer.role,
        secret_hash=hash_of(secret),
        created_at=now,
        revoked_at=None,
        last_used_at=None,
        digest=None,
        changed_at=now,
    )
    await transaction.insert(FEEDS.name, [feed])
    info.writing.secrets[feed["_id"]] = secret
    record = fact(info, "createCalendarFeed", feed["_id"], feed["school_id"], student_id=feed["student_id"])
    return Outcome({"feed_id": feed["_id"]}, [record])


async def revoke_calendar_feed(input: RevokeCalendarFeed, info: Info, transaction: Transaction) -> Outcome:
    """End an address that the viewer has made; one that has ended already stays as it is."""
    problems = Problems()
    columns = frozenset({"school_id", "student_id", "revoked_at"})
    own = {"_id": input.feed_id, "person_id": info.viewer.person_id}
    feed = await transaction.find_one(FEEDS.name, own, columns=columns)
    if feed is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_FEED, "feedId")
    problems.check()
    if feed is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    ids = {"feed_id": str(input.feed_id)}
    if feed["revoked_at"] is not None:
        return Outcome(ids, is_new=False)
    await transaction.update(FEEDS.name, own, {"$set": {"revoked_at": datetime.now(UTC)}})
    record = fact(
        info, "revokeCalendarFeed", str(input.feed_id), feed["school_id"], student_id=feed["student_id"],
        before={"isInUse": True}, after={"isInUse": False},
    )  # fmt: skip
    return Outcome(ids, [record])


async def feeds_of_viewer(viewers: Sequence[object], info: Info) -> list[list[Any]]:
    """The feeds that the viewer has made and not revoked, in the order in which they were made."""
    [found] = await info.read(info.connectors.downloads.feeds_of, [info.viewer.person_id])
    return [found or []] * len(viewers)


async def feeds(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The viewer's own feed of each id."""
    columns = info.columns | {"person_id"}
    found = await info.read(info.connectors.downloads.feeds_by_ids, ids, columns=columns)
    return [own if own and own["person_id"] == info.viewer.person_id else None for own in found]


def feed_path(payloads: Sequence[Mapping[str, Any]], info: Info) -> list[str | None]:
    """The address of a feed that was made in this request."""
    secrets = [info.writing.secrets.get(payload.get("feed_id") or "") for payload in payloads]
    return [None if secret is None else PATH.format(secret=secret) for secret in secrets]
