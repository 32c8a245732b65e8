"""Decides what the viewer teaches: for which classes, groups and lessons they may write into the journal and the diary.

A teacher writes in a subject that they teach, by an assignment that is in force both today and on the day of what they
write. A substitute writes at the lesson that they take, and for nothing else of its class (trap T10). A class teacher
writes so too, for the class that they lead, in the subjects that they themselves teach there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from auth.viewer import TEACHING, Role
from connectors.audience import Audience
from connectors.directory import AssignmentKind, Person, StaffAssignment, audience_of, in_force
from connectors.schedule import Lesson
from connectors.vocabulary import (
    ClassId,
    GroupId,
    LessonId,
    PersonId,
    SchoolId,
    StudentId,
    SubjectId,
    shared_and_student,
)
from gateway.context import Info

R = TypeVar("R", bound=Mapping[str, Any])

TAUGHT: Final = frozenset({"_id", "school_id", "class_ids", "group_id", "date", "subject_id", "substitution"})
"""The columns of a lesson that `Teaching.of_lesson` and `Teaching.student_at` need."""

_ASSIGNMENT: Final = frozenset({"school_id", "class_id", "group_id", "subject_id", "starts_on", "ends_on"})


@dataclass(frozen=True, slots=True)
class Teaching:
    """The right of one member of staff to write today: by their assignments, and by substituting at lessons."""

    person_id: PersonId
    school_ids: tuple[SchoolId, ...]
    """The schools where the person may act in their role today."""
    class_ids: frozenset[ClassId] | None = None
    """The only classes that the person may write for; None where the assignments alone decide."""
    may_substitute: bool = False
    """Whether the person may write at a lesson that they take in place of another teacher."""
    assignments: Sequence[StaffAssignment] = field(default=())
    """The assignments in force today, each with a subject."""

    def of_place(
        self, class_ids: Sequence[ClassId], group_id: GroupId | None, subject_id: SubjectId | None, day: str
    ) -> bool:
        """Whether the person teaches the subject to all of the classes, or to the group of theirs, on *day*.

        A group of no class is nobody's whom a class teacher leads.
        """
        if self.class_ids is not None and not (class_ids and self.class_ids.issuperset(class_ids)):
            return False
        held = [own for own in self.assignments if _is_of(own, subject_id, day)]
        whole = {own["class_id"] for own in held if own["group_id"] is None}
        is_group = group_id is not None and any(own["group_id"] == group_id for own in held)
        return is_group or (bool(class_ids) and whole.issuperset(class_ids))

    def of_lesson(self, lesson: Lesson) -> bool:
        """Whether the person may write for all who attend the lesson: they teach them, or substitute at it."""
        return self.substitutes(lesson) or self.of_place(
            lesson["class_ids"], lesson["group_id"], lesson["subject_id"], lesson["date"]
        )

    def substitutes(self, lesson: Lesson) -> bool:
        """Whether the person gives the lesson in place of another teacher, and acts in a role that substitutes."""
        substitution = lesson.get("substitution")
        return (
            self.may_substitute
            and substitution is not None
            and substitution["substitute_teacher_id"] == self.person_id
            and lesson["school_id"] in self.school_ids
        )

    def of_student(self, audience: Audience, subject_id: SubjectId | None, day: str) -> bool:
        """Whether the person teaches the subject to the student on *day*, in a class or a group."""
        if self.class_ids is not None and not any(audience.includes([one], None, day) for one in self.class_ids):
            return False
        return any(
            audience.includes([own["class_id"]] if own["class_id"] else [], own["group_id"], day)
            for own in self.assignments
            if _is_of(own, subject_id, day)
        )

    def student_at(self, audience: Audience, lesson: Lesson) -> bool:
        """Whether the student attends the lesson and the person may write for them there."""
        attends = audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"])
        return attends and (self.substitutes(lesson) or self.of_student(audience, lesson["subject_id"], lesson["date"]))


def _is_of(assignment: StaffAssignment, subject_id: SubjectId | None, day: str) -> bool:
    return assignment["subject_id"] == subject_id and in_force(assignment["starts_on"], assignment["ends_on"], day)


async def teaching(info: Info) -> Teaching:
    """Read the viewer's own teaching of today by one query; empty, without a query, in a role that does not teach."""
    viewer = info.viewer
    if viewer.role not in TEACHING:
        return Teaching(viewer.person_id, ())
    read = info.connectors.directory.assignments_of_people
    [held] = await info.check(read, [viewer.person_id], columns=_ASSIGNMENT, kind=AssignmentKind.TEACHER)
    return Teaching(
        viewer.person_id,
        viewer.school_ids,
        viewer.class_ids if viewer.role is Role.CLASS_TEACHER else None,
        viewer.role is Role.TEACHER,
        [
            own
            for own in held or ()
            if own["subject_id"] is not None
            and own["school_id"] in viewer.school_ids
            and in_force(own["starts_on"], own["ends_on"], info.today_at(own["school_id"]))
        ],
    )


def made_test(test: Mapping[str, Any] | None, own: Teaching, info: Info) -> bool:
    """Whether there is such a test, the viewer made it, and teaches at its school today, in its subject."""
    return (
        test is not None
        and test["author_id"] == info.viewer.person_id
        and test["school_id"] in info.viewer.school_ids
        and any(one["subject_id"] == test["subject_id"] for one in own.assignments)
    )


def teaches(person: Person | None, subject: SubjectId | None, own: Teaching, day: str, info: Info) -> bool:
    """Whether there is such a student, whom the viewer may read and whom they teach the subject on *day*."""
    if person is None or person.get("merged_to"):
        return False
    is_known = info.viewer.may_read_student(person["student_id"], person.get("school_id"))
    return is_known and own.of_student(audience_of(person), subject, day)


async def taught_lessons(ids: Sequence[str | None], own: Teaching, info: Info, *more: str) -> list[Lesson | None]:
    """For each id the lesson as it is stored now, where the viewer may write for all who attend it; else None.

    An id is that of a timetable's lesson or of a student's lesson; a student in it decides nothing here.
    """
    read, columns = info.connectors.schedule.stored_lessons, TAUGHT | frozenset(more)
    found = await info.check(read, [one and shared_lesson_id(one) for one in ids], columns=columns)
    return [lesson if lesson and own.of_lesson(lesson) else None for lesson in found]


def admit_substitute(lesson: Lesson, info: Info) -> bool:
    """Let a teacher who substitutes at *lesson* read it until the request ends; return whether the viewer does.

    They may read records of that lesson in its subject alone (trap T10); their post at its school is in force today.
    """
    viewer = info.viewer
    own = Teaching(viewer.person_id, viewer.school_ids, may_substitute=viewer.role is Role.TEACHER)
    if not own.substitutes(lesson):
        return False
    info.substituted[lesson["_id"]] = lesson["subject_id"]
    return True


def is_readable(record: Mapping[str, Any], student: StudentId, info: Info) -> bool:
    """Whether the subject of a record lets the viewer read it, whoever its student is.

    Only teachers are restricted to subjects: those they teach the student, and that of a lesson for which
    `admit_substitute` was called in this request.
    """
    subjects = info.subjects
    if subjects is None or record["subject_id"] in subjects.of(student):
        return True
    lesson = record.get("lesson_id")
    return lesson in info.substituted and record["subject_id"] == info.substituted[lesson]


def readable(records: Sequence[R], student: StudentId, info: Info) -> Sequence[R]:
    """Those of *records* of which `is_readable` is true; all of them, unlooked at, where nothing is hidden."""
    return records if info.subjects is None else [own for own in records if is_readable(own, student, info)]


def shared_lesson_id(lesson_id: str) -> LessonId:
    """The id of the timetable's lesson that an id names, be it that lesson's own or that of a student's lesson."""
    own = shared_and_student(lesson_id)
    return LessonId(own[0] if own else lesson_id)
