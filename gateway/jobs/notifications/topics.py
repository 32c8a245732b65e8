"""The topics of notifications: which changes people are told of, and who is concerned by an object as it is now.

A fact says only that an object was changed; what is told, and to whom, follows from the object as it is when the
notifications are made. So it does not matter how often a fact is looked at, or in which order.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from auth.viewer import FAMILY, Role
from connectors.diary import AbsenceState, AttendanceStatus
from connectors.notifications import NotificationKind
from connectors.vocabulary import Day, SchoolId, StudentId, of_student
from gateway.jobs.notifications.present import Place, Present


class Affected(NamedTuple):
    """A student who is concerned, the object that their family is shown, and the right by which it may read that."""

    student_id: StudentId
    object_id: str | None
    place_id: str | None = None
    """The class, study group or school by which they are concerned; None where it is about the student."""


class Concerned(NamedTuple):
    """Who is concerned by an object, in which roles."""

    school_id: SchoolId
    targets: Sequence[Affected]
    roles: frozenset[Role] = FAMILY
    are_all: bool = True
    """Whether nobody else is concerned: what others were told before is withdrawn."""


Find = Callable[[Mapping[str, Sequence[Mapping[str, Any]]], Present], Awaitable[dict[str, Concerned | None]]]
"""Finds who is concerned by each object, from the facts about it; None: as before. Objects that are gone are left out.
"""


class Topic(NamedTuple):
    """Changes of objects of one type, as events that people are told of."""

    kind: NotificationKind
    find: Find
    quiet: Collection[str] = ()
    """Mutations that change who is concerned, and are no news to those who were."""
    fields: Collection[str] = ()
    """The changed fields that people are told of; none: every field."""
    is_told_once: bool = False
    """Whether nothing that happens later makes it unread again."""

    def is_told(self, fact: Mapping[str, Any]) -> bool:
        """Whether people are told of the change."""
        return not self.fields or any(change["field"] in self.fields for change in fact["changes"])

    def is_news(self, fact: Mapping[str, Any]) -> bool:
        """Whether the change makes unread what somebody has read."""
        return not self.is_told_once and self.is_told(fact) and fact["action"] not in self.quiet


Facts = Mapping[str, Sequence[Mapping[str, Any]]]


async def _marks(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    return await _of_one_student(facts, present, present.connectors.grades.marks_by_ids)


async def _final_grades(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    return await _of_one_student(facts, present, present.connectors.grades.final_grades_by_ids)


async def _comments(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    return await _of_one_student(facts, present, present.connectors.diary.comments_by_ids)


async def _remarks(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    parents = frozenset({Role.PARENT})
    return await _of_one_student(facts, present, present.connectors.diary.remarks_by_ids, parents)


async def _of_one_student(
    facts: Facts, present: Present, read: Any, roles: frozenset[Role] = FAMILY
) -> dict[str, Concerned | None]:
    found = await present.by_ids(read, facts, "school_id", "student_id")
    return {own: Concerned(one["school_id"], [Affected(one["student_id"], own)], roles) for own, one in found.items()}


async def _attendance(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    """The object is the student's lesson, which has the record; of a whole day there is none."""
    read = present.connectors.diary.attendance_by_ids
    found = await present.by_ids(read, facts, "school_id", "student_id", "lesson_id", "status")
    return {
        own: Concerned(one["school_id"], [Affected(one["student_id"], _lesson_of(one))])
        for own, one in found.items()
        if one["status"] != AttendanceStatus.PRESENT
    }


def _lesson_of(record: Mapping[str, Any]) -> str | None:
    return of_student(record["lesson_id"], record["student_id"]) if record["lesson_id"] else None


async def _homework(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    read = present.connectors.diary.homework_by_ids
    found = await present.by_ids(read, facts, "school_id", "class_ids", "group_id", "student_ids", "date")
    members = await present.members([_place_of(one) for one in found.values()])
    return {
        own: _each(own, one, those if one["student_ids"] is None else those.intersection(one["student_ids"]))
        for (own, one), those in zip(found.items(), members, strict=True)
    }


async def _lessons(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    """A lesson that is over is no news: whoever was there knows."""
    read = present.connectors.schedule.stored_lessons
    found = await present.by_ids(read, facts, "school_id", "class_ids", "group_id", "date")
    days = await present.today_at(one["school_id"] for one in found.values())
    coming = {own: one for own, one in found.items() if one["date"] >= days.get(one["school_id"], "9999")}
    members = await present.members([_place_of(one) for one in coming.values()])
    coming_now = {own: _each(own, one, those) for (own, one), those in zip(coming.items(), members, strict=True)}
    return {own: coming_now.get(own) for own in found}


def _place_of(one: Mapping[str, Any]) -> Place:
    return Place(tuple(one["class_ids"]), one["group_id"], Day(one["date"]))


def _each(own: str, one: Mapping[str, Any], students: Collection[StudentId]) -> Concerned:
    """All these students, each with their own view of the object."""
    return Concerned(one["school_id"], [Affected(student, of_student(own, student)) for student in sorted(students)])


async def _announcements(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    """Those of its readers who are students, or parents of students, at its places today."""
    columns = ("school_id", "class_ids", "group_ids", "roles", "archived_at", "valid_until")
    found = await present.by_ids(present.connectors.announcements.announcements_by_ids, facts, *columns)
    days = await present.today_at(one["school_id"] for one in found.values())
    current = {own: one for own, one in found.items() if _is_current(one, days.get(one["school_id"]))}
    concerned: dict[str, Concerned | None] = {}
    for own, one in current.items():
        students = await _readers(one, days[one["school_id"]], present)
        targets = [Affected(student, own, place) for student, place in students.items()]
        concerned[own] = Concerned(one["school_id"], targets, FAMILY.intersection(map(Role, one["roles"])))
    return concerned


def _is_current(announcement: Mapping[str, Any], today: Day | None) -> bool:
    if today is None or announcement["archived_at"] is not None:
        return False
    return (announcement["valid_until"] or "9999") >= today


async def _readers(announcement: Mapping[str, Any], today: Day, present: Present) -> dict[StudentId, str]:
    """The students whom an announcement concerns, each with the first place by which it does."""
    classes, groups = announcement["class_ids"], announcement["group_ids"]
    if not classes and not groups:
        school = announcement["school_id"]
        people = await present.connectors.directory.students_at(
            [school], columns=frozenset({"student_id"}), deadline=present.deadline
        )
        return {person["student_id"]: school for person in people[school]}
    places = [*(Place((own,), None, today) for own in classes), *(Place((), own, today) for own in groups)]
    readers: dict[StudentId, str] = {}
    for own, students in zip([*classes, *groups], await present.members(places), strict=True):
        readers |= dict.fromkeys(students - readers.keys(), own)
    return readers


async def _absence_notices(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    read = present.connectors.diary.absence_notices_by_ids
    found = await present.by_ids(read, facts, "school_id", "student_id", "state")
    answered = {AbsenceState.CONFIRMED, AbsenceState.REJECTED}
    return {
        own: Concerned(one["school_id"], [Affected(one["student_id"], own)], frozenset({Role.PARENT}))
        for own, one in found.items()
        if one["state"] in answered
    }


async def _tests(facts: Facts, present: Present) -> dict[str, Concerned | None]:
    """The students to whom the test was assigned by these facts; others know already."""
    found = await present.by_ids(present.connectors.assessments.tests_by_ids, facts, "school_id")
    concerned: dict[str, Concerned | None] = {}
    for own, one in found.items():
        changes = [change for fact in facts[own] for change in fact["changes"] if change["field"] == "students"]
        students = dict.fromkeys(student for change in changes for student in change["after"] or ())
        targets = [Affected(student, of_student(own, student)) for student in students]
        concerned[own] = Concerned(one["school_id"], targets, frozenset({Role.STUDENT}), are_all=False)
    return concerned


TOPICS: Final[Mapping[str, Topic]] = {
    "Mark": Topic(NotificationKind.MARK, _marks, fields=("value", "is_point", "comment")),
    "FinalGrade": Topic(NotificationKind.FINAL_GRADE, _final_grades, fields=("value",)),
    "AttendanceRecord": Topic(NotificationKind.ATTENDANCE, _attendance, fields=("status", "minutes_late")),
    "TeacherComment": Topic(NotificationKind.COMMENT, _comments),
    "Remark": Topic(NotificationKind.COMMENT, _remarks),
    "Homework": Topic(NotificationKind.HOMEWORK, _homework),
    "Lesson": Topic(NotificationKind.LESSON_CHANGE, _lessons),
    "Announcement": Topic(
        NotificationKind.ANNOUNCEMENT, _announcements, quiet=("editAnnouncement", "archiveAnnouncement")
    ),
    "AbsenceNotice": Topic(NotificationKind.ABSENCE_NOTICE, _absence_notices),
    "Test": Topic(NotificationKind.HOMEWORK, _tests, fields=("students",)),
}
"""The topic of each type of object that facts are about; of other types nobody is told."""
