"""Makes the works that marks are given for, and plans control works."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import uuid4

from connectors.grades import Work
from connectors.mongo.transactions import Transaction
from connectors.schedule import NOT_HELD
from connectors.vocabulary import (
    ClassId,
    Day,
    GradeScaleId,
    GroupId,
    LessonId,
    PublicId,
    SchoolId,
    SubjectId,
    WorkId,
    WorkKindId,
    mint,
)
from gateway.coming_days import PAST
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.grades.marking import NO_LESSON
from gateway.resolvers.grades.values import SCALE
from gateway.resolvers.grades.windows import Windows, some_school, windows_of
from gateway.teaching import taught_lessons, teaching
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_CLASS: Final = Text("There is no such class.", "Нет такого класса.")
_NO_GROUP: Final = Text("There is no such study group.", "Нет такой учебной группы.")
_NO_SUBJECT: Final = Text("Say which subject it is.", "Укажите предмет.")
_NO_KIND: Final = Text("There is no such kind of work.", "Нет такого вида работы.")
_NO_SCALE: Final = Text("There is no such grade scale.", "Нет такой шкалы оценивания.")
_NOT_HELD: Final = Text("The lesson does not take place on this day.", "Урок в этот день не проводится.")
_OTHER_DAY: Final = Text("The lesson is on another day.", "Этот урок в другой день.")
_NO_DAY: Final = Text("Say on which day it is planned.", "Укажите день, на который она запланирована.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkAudience:
    """Whom a work is for: a whole class, a study group, or all who attend a lesson; exactly one of them."""

    is_one_of = True

    class_id: ClassId | None = None
    """A whole class; `subjectId` says in which subject."""

    group_id: GroupId | None = None
    """A study group, in its own subject or in that of `subjectId`."""

    lesson_id: PublicId | None = None
    """All who attend a lesson, in its subject and on its day (`TimetableLesson.id` or `Lesson.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateWork:
    """A work that marks are given for."""

    audience: WorkAudience
    """Whom the work is for."""

    title: str
    """The name of the work."""

    subject_id: SubjectId | None = None
    """The subject; without it that of the lesson or of the group."""

    kind_id: WorkKindId | None = None
    """The kind of the work (`School.workKinds`)."""

    planned_on: Day | None = None
    """The day of the work; without it that of the lesson, or today."""

    scale_id: GradeScaleId | None = None
    """The scale on which the work is marked; without it the one that the school usually marks on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanControlWork:
    """A control work (контрольная работа) that is announced to students and parents."""

    audience: WorkAudience
    """Whom the control work is for."""

    title: str
    """The name of the control work."""

    planned_on: Day | None = None
    """The day of the control work, today or later; without it that of the lesson."""

    subject_id: SubjectId | None = None
    """The subject; without it that of the lesson or of the group."""

    kind_id: WorkKindId | None = None
    """The kind of the work (`School.workKinds`)."""

    scale_id: GradeScaleId | None = None
    """The scale on which the work is marked; without it the one that the school usually marks on."""


class _Place(NamedTuple):
    """Whom a work is for, in which subject, and on which day."""

    school_id: SchoolId
    class_ids: list[ClassId]
    group_id: GroupId | None
    subject_id: SubjectId
    lesson_id: LessonId | None
    day: str


async def create_work(input: CreateWork, info: Info, transaction: Transaction) -> Outcome:
    """Make a work that marks can be given for."""
    return await _make(input, info, transaction, "createWork", is_control_work=False)


async def plan_control_work(input: PlanControlWork, info: Info, transaction: Transaction) -> Outcome:
    """Plan a control work, for students and parents to see in their calendar (F83)."""
    return await _make(input, info, transaction, "planControlWork", is_control_work=True)


async def _make(
    input: CreateWork | PlanControlWork, info: Info, transaction: Transaction, action: str, *, is_control_work: bool
) -> Outcome:
    problems = Problems()
    place = await _place(input, info, problems, is_planned=is_control_work)
    title = checked_text(input.title, problems, "title", most=info.writing.rules.work_title_characters)
    school = place.school_id if place else some_school(info)
    grades = info.connectors.grades
    [kind], [scales], windows = await asyncio.gather(
        info.read(grades.kinds_by_ids, [input.kind_id], columns=frozenset({"school_id"})),
        info.read(grades.scales_of, [school], columns=SCALE),
        windows_of(school, info),
    )
    if input.kind_id is not None and (kind is None or kind["school_id"] != school):
        problems.add(UserErrorCode.NOT_FOUND, _NO_KIND, "kindId")
    if input.scale_id is not None and all(scale["_id"] != input.scale_id for scale in scales or ()):
        problems.add(UserErrorCode.NOT_FOUND, _NO_SCALE, "scaleId")
    if place is not None:
        _check_day(place, windows, problems, is_planned=is_control_work)
    problems.in_order_of(input)
    problems.check()
    if place is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    work = Work(
        _id=WorkId(mint("Work", uuid4().hex)),
        school_id=place.school_id,
        class_ids=place.class_ids,
        group_id=place.group_id,
        subject_id=place.subject_id,
        title=title,
        kind_id=input.kind_id,
        planned_on=place.day,
        is_control_work=is_control_work,
        max_score=None,
        scale_id=input.scale_id,
        lesson_id=place.lesson_id,
        created_by_id=info.viewer.person_id,
    )
    await transaction.insert("works", [work])
    shown = ("class_ids", "group_id", "subject_id", "title", "kind_id", "planned_on", "is_control_work", "lesson_id")
    after: dict[str, Any] = {column: work[column] for column in shown}  # type: ignore[literal-required] # its own keys
    return Outcome({"work_id": work["_id"]}, [fact(info, action, work["_id"], work["school_id"], after=after)])


def _check_day(place: _Place, windows: Windows, problems: Problems, *, is_planned: bool) -> None:
    path = ("audience", "lessonId") if place.lesson_id else ("plannedOn",)
    if windows.check_year(place.day, problems, *path) and is_planned and place.day < windows.today:
        problems.add(UserErrorCode.OUT_OF_RANGE, PAST, *path, limit=windows.today)


async def _place(
    input: CreateWork | PlanControlWork, info: Info, problems: Problems, *, is_planned: bool
) -> _Place | None:
    """Whom a work is for; None where the viewer does not teach them, or where something is missing."""
    own, audience = await teaching(info), input.audience
    directory = info.connectors.directory
    if audience.lesson_id is not None:
        [lesson] = await taught_lessons([audience.lesson_id], own, info, "status")
        if lesson is None or input.subject_id not in {None, lesson["subject_id"]}:
            problems.add(UserErrorCode.NOT_FOUND, NO_LESSON, "audience", "lessonId")
            return None
        if lesson["status"] in NOT_HELD:
            problems.add(UserErrorCode.NOT_ALLOWED, _NOT_HELD, "audience", "lessonId")
        if input.planned_on not in {None, lesson["date"]}:
            problems.add(UserErrorCode.INVALID_INPUT, _OTHER_DAY, "plannedOn")
        subject: Any = lesson["subject_id"]
        return _Place(
            lesson["school_id"], lesson["class_ids"], lesson["group_id"], subject, lesson["_id"], lesson["date"]
        )
    is_group = audience.group_id is not None
    read: Any = directory.groups_by_ids if is_group else directory.classes_by_ids
    columns = frozenset({"_id", "school_id", "class_ids", "subject_id"} if is_group else {"_id", "school_id"})
    [found] = await info.check(read, [audience.group_id or audience.class_id], columns=columns)
    subject = input.subject_id or (found["subject_id"] if found and is_group else None)
    day = input.planned_on or info.today_at(found["school_id"] if found else None)
    if is_planned and input.planned_on is None:
        problems.add(UserErrorCode.REQUIRED, _NO_DAY, "plannedOn")
    if subject is None and not (is_group and found is None):
        problems.add(UserErrorCode.REQUIRED, _NO_SUBJECT, "subjectId")
        return None
    classes = (found["class_ids"] if is_group else [found["_id"]]) if found else []
    if not found or not own.of_place(classes, audience.group_id, subject, day):
        text, name = (_NO_GROUP, "groupId") if is_group else (_NO_CLASS, "classId")
        problems.add(UserErrorCode.NOT_FOUND, text, "audience", name)
        return None
    return _Place(found["school_id"], classes, audience.group_id, subject, None, day)
