"""The journal of a class or a study group in one subject, as a teacher works on it: students, lessons, works, marks."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, TypedDict

from auth.viewer import Role
from connectors.directory import audience_of
from connectors.grades import Mark, Work
from connectors.schedule import Lesson, Owner
from connectors.vocabulary import ClassId, Days, GroupId, PersonId, SchoolId, StudentId, SubjectId, as_of_student
from gateway.context import Info, days_in
from gateway.errors import InvalidInput, NotFound
from gateway.languages import Text
from gateway.teaching import teaching

_ONE_PLACE: Final = Text("name a class or a study group", "укажите класс или учебную группу")
_WHICH_SUBJECT: Final = Text("a class has many subjects: name one", "у класса много предметов: укажите один")
_TOO_LONG: Final = Text("these are more than {limit} days", "это больше {limit} дней")
MOST_DAYS: Final = 100
"""The days of a journal: as many as the longest quarter, with the holidays beside it."""

_MEMBER: Final = frozenset({"_id", "student_id", "school_id", "enrolments", "memberships"})
_LESSON: Final = frozenset({"_id", "class_ids", "group_id", "date", "number", "subject_id", "school_id", "status"})
_MARK: Final = frozenset({"_id", "student_id", "subject_id", "work_id", "lesson_id", "given_on", "school_id"})
_WORK: Final = frozenset({"_id", "planned_on"})


class JournalRow(TypedDict):
    """The row of one student in a journal. *marks* has a place for each work of the journal."""

    person_id: PersonId
    student_id: StudentId
    school_id: SchoolId
    lessons: list[Any]
    marks: list[Mark | None]


class LessonJournal(TypedDict):
    """The journal of a class or a group in one subject."""

    school_id: SchoolId
    class_id: ClassId | None
    group_id: GroupId | None
    subject_id: SubjectId
    lessons: list[Lesson]
    works: list[Work]
    rows: list[JournalRow]


async def lesson_journal(
    roots: Sequence[object],
    info: Info,
    days: Days,
    group_id: GroupId | None = None,
    class_id: ClassId | None = None,
    subject_id: SubjectId | None = None,
) -> list[LessonJournal | NotFound]:
    """The journal of a class in a subject, or of a study group, within *days* (F84).

    A teacher has those of the subjects that they teach there today, a class teacher all of the class that they lead.
    """
    _check(days, group_id, class_id, subject_id)
    directory = info.connectors.directory
    read: Any = directory.classes_by_ids if group_id is None else directory.groups_by_ids
    columns = frozenset({"_id", "school_id"} if group_id is None else {"_id", "school_id", "class_ids", "subject_id"})
    own, [place], [named] = await asyncio.gather(
        teaching(info),
        info.read(read, [group_id or class_id], columns=columns),
        info.read(directory.subjects_by_ids, [subject_id], columns=frozenset({"_id", "school_id"})),
    )
    subject = subject_id or (place["subject_id"] if place and group_id else None)
    if place is None or subject is None or place["school_id"] not in info.viewer.school_ids:
        return [NotFound()] * len(roots)
    if subject_id is not None and (named is None or named["school_id"] != place["school_id"]):
        return [NotFound()] * len(roots)
    classes = place["class_ids"] if group_id else [place["_id"]]
    is_led = info.viewer.role is Role.CLASS_TEACHER and set(classes) <= info.viewer.class_ids
    if not is_led and not own.of_place(classes, group_id, subject, info.today_at(place["school_id"])):
        return [NotFound()] * len(roots)
    journal = LessonJournal(
        school_id=place["school_id"],
        class_id=None if group_id else class_id,
        group_id=group_id,
        subject_id=subject,
        lessons=[],
        works=[],
        rows=[],
    )
    return [await _filled(journal, classes, days, info)] * len(roots)


def _check(days: Days, group_id: GroupId | None, class_id: ClassId | None, subject_id: SubjectId | None) -> None:
    if (group_id is None) == (class_id is None):
        raise InvalidInput("groupId" if group_id else "classId", reason=_ONE_PLACE)
    if class_id is not None and subject_id is None:
        raise InvalidInput("subjectId", reason=_WHICH_SUBJECT)
    if len(days_in(days)) > MOST_DAYS:
        raise InvalidInput("days", reason=_TOO_LONG.format(limit=MOST_DAYS))


async def _filled(journal: LessonJournal, classes: list[ClassId], days: Days, info: Info) -> LessonJournal:
    """The journal with its students by name, its lessons and works in time, and the marks."""
    group, subject = journal["group_id"], journal["subject_id"]
    owner = Owner(group or classes[0], is_group=group is not None)
    directory, grades, schedule = info.connectors.directory, info.connectors.grades, info.connectors.schedule
    [members], [held], [planned] = await asyncio.gather(
        info.read(directory.members_of, [(owner.id, owner.is_group)], columns=_MEMBER | {"sort_name"}),
        info.read(
            schedule.lessons_held_for,
            [owner],
            columns=_LESSON | info.columns_of("Lesson") | info.columns_of("TimetableLesson"),
            days=days,
        ),
        info.read(
            grades.works_planned_for,
            [(owner.id, owner.is_group)],
            columns=_WORK | info.columns_of("Work"),
            days=days,
            subject_id=subject,
        ),
    )
    pupils = [own for own in members or () if _is_shown(own, journal, classes, days, info)]
    info.disclose("LessonJournal", [own["student_id"] for own in pupils])
    marks = await info.read(
        grades.marks_of,
        [own["student_id"] for own in pupils],
        columns=_MARK | info.columns_of("Mark"),
        days=days,
        subject_id=subject,
        journal=None,
        only=info.subjects,
    )
    known = {work["_id"] for work in planned or ()}
    others = list(dict.fromkeys(mark["work_id"] for own in marks for mark in own if mark["work_id"] not in known))
    found = await info.read(grades.works_by_ids, others, columns=_WORK | info.columns_of("Work"))
    first: dict[str, str] = {}
    for own in marks:
        for mark in own:
            first[mark["work_id"]] = min(mark["given_on"], first.get(mark["work_id"], "~"))
    works = sorted(
        [*(planned or ()), *(work for work in found if work)],
        key=lambda work: (work["planned_on"] or first.get(work["_id"], ""), work["_id"]),
    )
    lessons = [lesson for lesson in held or () if lesson["subject_id"] == subject]
    rows = [_row(person, lessons, works, own) for person, own in zip(pupils, marks, strict=True)]
    return {**journal, "lessons": lessons, "works": works, "rows": rows}


def _is_shown(person: Any, journal: LessonJournal, classes: list[ClassId], days: Days, info: Info) -> bool:
    """Whether the student was in the class or the group within *days*, and the viewer may read them in the subject."""
    student = person["student_id"]
    if not info.viewer.may_read_student(student, person["school_id"]):
        return False
    if info.subjects is not None and journal["subject_id"] not in info.subjects.of(student):
        return False
    audience, group = audience_of(person), journal["group_id"]
    spans, wanted = (audience.classes, classes) if group is None else (audience.groups, [group])
    return any(
        span.id in wanted and span.first <= days.last and (span.last is None or span.last >= days.first)
        for span in spans
    )


def _row(person: Any, lessons: Sequence[Lesson], works: Sequence[Work], marks: Sequence[Mark]) -> JournalRow:
    student, audience = person["student_id"], audience_of(person)
    of_works = {mark["work_id"]: mark for mark in marks}
    return JournalRow(
        person_id=person["_id"],
        student_id=student,
        school_id=person["school_id"],
        lessons=[
            as_of_student(lesson, student, "lesson_id")
            for lesson in lessons
            if audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"])
        ],
        marks=[of_works.get(work["_id"]) for work in works],
    )
