"""Finds the work, the lesson, the day and the students of marks, within what the viewer teaches."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from connectors.audience import Audience
from connectors.directory import Person, audience_of, class_on, in_force
from connectors.grades import Mark, Work
from connectors.mongo.transactions import Transaction
from connectors.schedule import NOT_HELD, Lesson
from connectors.vocabulary import Day, GroupId, StudentId, of_student, shared_and_student
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.grades.windows import Place, Windows, some_school, windows_of
from gateway.teaching import TAUGHT, Teaching, shared_lesson_id, teaching
from gateway.writing import Problems, UserErrorCode

NO_STUDENT: Final = Text("There is no such student.", "Нет такого ученика.")
NO_WORK: Final = Text("There is no such work.", "Нет такой работы.")
NO_LESSON: Final = Text("There is no such lesson.", "Нет такого урока.")
NO_MARK: Final = Text("There is no such mark.", "Нет такой отметки.")
_OTHER_SUBJECT: Final = Text("The lesson is one of another subject.", "Это урок другого предмета.")
_NOT_HELD: Final = Text("The lesson does not take place on this day.", "Урок в этот день не проводится.")
_OTHER_DAY: Final = Text("The lesson is on another day.", "Этот урок в другой день.")

STUDENT: Final = frozenset({"student_id", "school_id", "enrolments", "memberships", "merged_to"})
LESSON: Final = TAUGHT | {"status", "is_extended"}
WORK: Final = frozenset(
    {
        "_id",
        "school_id",
        "class_ids",
        "group_id",
        "subject_id",
        "kind_id",
        "planned_on",
        "max_score",
        "scale_id",
        "lesson_id",
        "removed_marks",
    }
)


class Pupil(NamedTuple):
    """A student whose mark may be written."""

    person: Person
    audience: Audience

    @property
    def student_id(self) -> StudentId:
        """The id of the student."""
        return self.person["student_id"]

    def place(self, subject_id: Any, day: str) -> Place:
        """The place of a mark of the student in the subject on *day*."""
        groups = frozenset(GroupId(own.id) for own in self.audience.groups if in_force(own.first, own.last, day))
        return Place(class_on(self.person, day), groups, subject_id)


@dataclass(frozen=True, slots=True)
class Occasion:
    """The work that marks are given for, with the lesson or the day."""

    work: Work
    lesson: Lesson | None
    day: Day
    windows: Windows
    pupils: Sequence[Pupil | None]
    """The students who were named, in their order; None in the place of one for whom the viewer may not write."""
    own: Teaching
    is_substituted: bool
    """Whether the viewer writes as a substitute, who sees nothing of the students but this lesson."""

    def ids(self, student: StudentId) -> dict[str, Any]:
        """The ids by which a payload finds the student, and the lesson as the student has it."""
        return payload_ids(student, self.lesson["_id"] if self.lesson else None, is_substituted=self.is_substituted)

    def pupil(self, student: StudentId) -> Pupil | None:
        """One of the students who were named; None for one for whom the viewer may not write."""
        return next((pupil for pupil in self.pupils if pupil and pupil.student_id == student), None)

    def hides(self, marks: Iterable[Mark]) -> bool:
        """Whether the viewer may not read one of the marks that their students have for the work."""
        return any(self.pupil(mark["student_id"]) is not None and not self._sees(mark) for mark in marks)

    def _sees(self, mark: Mark) -> bool:
        if mark["subject_id"] != self.work["subject_id"]:
            return False
        return not self.is_substituted or (self.lesson is not None and mark["lesson_id"] == self.lesson["_id"])


def payload_ids(student: StudentId, lesson_id: str | None, *, is_substituted: bool) -> dict[str, Any]:
    """The ids by which a payload finds the student, and the lesson as the student has it.

    A substitute does not read the student: the payload shows them the lesson alone.
    """
    found: dict[str, Any] = {} if is_substituted else {"student_id": student}
    return found if lesson_id is None else {**found, "student_lesson_id": of_student(lesson_id, student)}


async def occasion_of(
    work_id: str,
    lesson_id: str | None,
    given_on: Day | None,
    students: Sequence[StudentId],
    info: Info,
    transaction: Transaction,
    problems: Problems,
) -> Occasion | None:
    """The occasion of marks for *students*, with all problems of the lesson and the day noted; None without the work.

    Reporting a student for whom the viewer may not write is left to the caller. The commands are the same whether there
    is such a work or not.
    """
    directory, schedule = info.connectors.directory, info.connectors.schedule
    work, own, people, [lesson] = await asyncio.gather(
        transaction.find_one("works", {"_id": work_id}, columns=WORK),
        teaching(info),
        info.read(directory.students_by_ids, students, columns=STUDENT),
        info.check(schedule.stored_lessons, [lesson_id and shared_lesson_id(lesson_id)], columns=LESSON),
    )
    pupils = [person and Pupil(person, audience_of(person)) for person in people]
    if lesson and not (own.of_lesson(lesson) or any(p and own.student_at(p.audience, lesson) for p in pupils)):
        lesson = None
    day = Day(lesson["date"]) if lesson else given_on or info.today_at(work["school_id"] if work else None)
    is_own_school = work is not None and work["school_id"] in info.viewer.school_ids
    windows = await windows_of(work["school_id"] if work and is_own_school else some_school(info), info)
    # A day outside of the year is a problem of its own, which is noted below.
    taught_on = day if day in windows.year.days else windows.today
    is_taught = work is not None and _is_taught(work, pupils, own, taught_on)
    is_substituted = not is_taught and lesson and work and own.substitutes(lesson) and _is_of_lesson(work, lesson)
    if work is None or not (is_taught or is_substituted):
        problems.add(UserErrorCode.NOT_FOUND, NO_WORK, "workId")
        return None
    occasion = Occasion(work, lesson, day, windows, [], own, bool(is_substituted))
    may = [pupil if pupil and _may_write(pupil, occasion, taught_on, info) else None for pupil in pupils]
    occasion = replace(occasion, pupils=may)
    if lesson_id is not None and not _is_possible(lesson_id, lesson, work, students, problems):
        return replace(occasion, lesson=None)
    if lesson and given_on not in {None, day}:
        problems.add(UserErrorCode.INVALID_INPUT, _OTHER_DAY, "givenOn")
    places = [pupil.place(work["subject_id"], day) for pupil in may if pupil]
    windows.check_day(day, places, problems, "lessonId" if lesson else "givenOn")
    return occasion


def _is_taught(work: Work, pupils: Sequence[Pupil | None], own: Teaching, day: str) -> bool:
    """Whether the viewer teaches the subject of the work to those whom it is for, or to one of the students."""
    place = (work["class_ids"], work["group_id"])
    return own.of_place(*place, work["subject_id"], day) or any(
        pupil.audience.includes(*place, day) and own.of_student(pupil.audience, work["subject_id"], day)
        for pupil in pupils
        if pupil
    )


def _is_of_lesson(work: Work, lesson: Lesson) -> bool:
    """Whether the work is one of the lesson's day, subject and students: what a substitute may mark."""
    return (
        work["subject_id"] == lesson["subject_id"]
        and work["group_id"] == lesson["group_id"]
        and not set(work["class_ids"]).isdisjoint(lesson["class_ids"])
        and work["planned_on"] == lesson["date"]
    )


def _is_possible(
    lesson_id: str, lesson: Lesson | None, work: Work, students: Sequence[StudentId], problems: Problems
) -> bool:
    """Whether marks for the work can be given at the lesson; notes the problem where they cannot."""
    named = shared_and_student(lesson_id)
    if lesson is None or (named is not None and named[1] not in students):
        problems.add(UserErrorCode.NOT_FOUND, NO_LESSON, "lessonId")
    elif lesson["subject_id"] != work["subject_id"]:
        problems.add(UserErrorCode.INVALID_INPUT, _OTHER_SUBJECT, "lessonId")
    elif lesson["status"] in NOT_HELD:
        problems.add(UserErrorCode.NOT_ALLOWED, _NOT_HELD, "lessonId")
    else:
        return True
    return False


def _may_write(pupil: Pupil, occasion: Occasion, day: str, info: Info) -> bool:
    """Whether the viewer may write for the student on this occasion, by what they teach on *day*."""
    person, audience = pupil
    work, lesson = occasion.work, occasion.lesson
    if person.get("merged_to") or not audience.includes(work["class_ids"], work["group_id"], day):
        return False
    if lesson is not None and not audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"]):
        return False
    if occasion.is_substituted:
        return True
    is_readable = info.viewer.may_read_student(pupil.student_id, person.get("school_id"))
    return is_readable and occasion.own.of_student(audience, work["subject_id"], day)
