"""The inboxes of the people whom the demo shows: their latest marks, comments, remarks and announcements."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from operator import itemgetter
from typing import Any, Final

from connectors.demo.families import Student
from connectors.demo.register import Register
from connectors.notifications import Notification, NotificationKind, inbox_owner
from connectors.vocabulary import mint

LATEST: Final = 3
"""How many of the latest objects of each kind are in an inbox; the first of them is unread."""
TOLD_AT: Final = time(15, 0)
KEPT: Final = timedelta(days=3_650)
"""So long do these stay, by the clock of the machine, which may be far ahead of the demo's."""
FAMILY: Final = ("STUDENT", "PARENT")


def of_written(register: Register, written: Mapping[str, Mapping[str, list[Any]]]) -> dict[str, Iterable[object]]:
    """The notifications of a class, from all that other subsystems have *written* of it."""
    grades, diary = written["grades"], written["diary"]
    announcements = written["announcements"]["announcements"]
    found: list[Notification] = []
    for student in register.own:
        if student.is_shown:
            found += _of(register, student, NotificationKind.MARK, grades["marks"], "given_on")
            found += _of(register, student, NotificationKind.COMMENT, diary["comments"], "made_on")
            found += _of(register, student, NotificationKind.COMMENT, diary["remarks"], "made_on", roles=("PARENT",))
            for announcement in announcements:
                found += _announced(register, student, announcement)
    return {"notifications": {one["_id"]: one for one in found}.values()}


def _of(
    register: Register,
    student: Student,
    kind: NotificationKind,
    documents: Iterable[Any],
    day: str,
    roles: tuple[str, ...] = FAMILY,
) -> Iterator[Notification]:
    """The notifications of a family about a student's latest documents; *day* is the key of their day."""
    own = (one for one in documents if one["student_id"] == student.student_id)
    for place, one in enumerate(sorted(own, key=itemgetter(day, "_id"), reverse=True)[:LATEST]):
        at = datetime.combine(datetime.fromisoformat(one[day]), TOLD_AT, register.plan.now.tzinfo)
        yield from _to_family(register, student, kind, one["_id"], at, roles, is_read=place > 0)


def _announced(register: Register, student: Student, announcement: Any) -> Iterator[Notification]:
    """The notifications of a family about an announcement for the class, by the right to read of the class."""
    roles = tuple(role for role in FAMILY if role in announcement["roles"])
    is_read = announcement["published_at"] < register.plan.now - timedelta(days=LATEST)
    own, at, place = announcement["_id"], announcement["published_at"], announcement["class_ids"][0]
    yield from _to_family(
        register, student, NotificationKind.ANNOUNCEMENT, own, at, roles, is_read=is_read, place=place
    )


def _to_family(
    register: Register,
    student: Student,
    kind: NotificationKind,
    cause: str,
    at: datetime,
    roles: tuple[str, ...],
    *,
    is_read: bool,
    place: str | None = None,
) -> Iterator[Notification]:
    """A notification for each of the family who may read the student's data today, in these roles."""
    plan = register.plan
    parents = [one.person_id for one in student.family.guardians if one.may_see_on(plan.today.isoformat())]
    people = [(student.person_id, "STUDENT"), *((parent, "PARENT") for parent in parents)]
    about = None if place else student.student_id
    for person, role in people:
        if role in roles:
            owner = inbox_owner(person, role)
            yield {
                "_id": mint("Notification", cause, owner, about or ""),
                "school_id": plan.school_id,
                "owner": owner,
                "person_id": person,
                "role": role,
                "kind": kind,
                "at": min(at, plan.now),
                "cause_id": cause,
                "object_id": cause,
                "right_id": place or student.student_id,
                "student_id": about,
                "is_read": is_read,
                "expires_at": plan.now + KEPT,
            }
