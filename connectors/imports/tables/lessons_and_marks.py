"""The timetable as lessons, and marks with the works that they were given for.

Rows are read as they stand in the files: two marks for one kind of work on one day are the first and the second one.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors import grades, schedule
from connectors.imports.runs import ImportRun, Names, Part, Write
from connectors.imports.staging import Staging
from connectors.imports.tables.cells import Cells
from connectors.imports.tables.problems import Rule
from connectors.imports.tables.survey import SCHOOL, Survey, origin_of
from connectors.imports.tables.words import normalized
from connectors.imports.withdrawals import Withdrawals
from connectors.vocabulary import Day, GradeScaleId, LessonId, MarkId, WorkId, WorkKindId

_LOWEST: Final = 1
_HIGHEST: Final = 5
_MARKS: Final = frozenset("12345")
_ANSWER: Final = "Ответ на уроке"
"""The kind of work of a mark that names none."""

_CONTROL: Final = "контрольн"
_WEEK: Final = timedelta(days=7)
_LONGEST: Final = timedelta(days=400)
"""A timetable of a week holds for a school year at most: a slip of the pen does not make lessons for a century."""


class LessonsAndMarks:
    """The lessons and marks of one source."""

    def __init__(self, staging: Staging, survey: Survey) -> None:
        self._staging = staging
        self._survey = survey
        self._roster = survey.roster
        self._kinds: set[str] = set()
        self._works: set[str] = set()

    async def write(self, run: ImportRun | Withdrawals) -> None:
        """Write lessons, and marks with their works."""
        zone = ZoneInfo(self._roster.time_zone)
        self._staging.forget_notes()
        for row in self._staging.rows("timetable", by=("place",)):
            await run.account(*origin_of(row), self._lessons(row.values, zone))
        if self._staging.is_delivered("marks"):
            await run.put(self._scale())
        for row in self._staging.rows("marks", by=("place",)):
            await run.account(*origin_of(row), self._mark(row.values))

    def _lessons(self, own: Mapping[str, str], zone: ZoneInfo) -> Iterator[Write]:
        cells = Cells("timetable", own)
        number, starts_at, ends_at = cells.whole("number"), cells.time("starts_at"), cells.time("ends_at")
        if ends_at <= starts_at:
            raise cells.problem(Rule.SPAN, "ends_at")
        subject = self._survey.subject(cells.need("subject"))
        group = self._survey.group_of(cells) if cells.text("group") is not None else None
        in_class = None if group else cells.class_name()
        if group is None and in_class is None:
            raise cells.problem(Rule.REQUIRED, "class")
        if in_class is not None and in_class not in self._roster.classes:
            raise cells.problem(Rule.UNKNOWN, "class")
        teacher = self._survey.people.teacher_of(cells, "teacher") if cells.text("teacher") is not None else None
        classes = sorted(self._roster.groups[group].classes) if group else [str(in_class)]
        ids = self._roster.ids
        lessons = [
            schedule.Lesson(
                _id=LessonId(ids.of("Lesson", day, number, group or "", in_class or "", subject)),
                school_id=ids.school(SCHOOL),
                class_ids=[ids.school_class(one) for one in classes],
                group_id=ids.group(group) if group else None,
                date=day,
                number=number,
                starts_at=_instant(day, starts_at, zone),
                ends_at=_instant(day, ends_at, zone),
                subject_id=ids.subject(subject),
                teacher_ids=[ids.person(teacher.key)] if teacher else [],
                room=cells.text("room"),
                building=None,
                status=schedule.LessonStatus.PLANNED,
                topic=None,
                is_control_work=False,
                is_extended=False,
                substitution=None,
            )
            for day in _days(cells)
        ]
        said = {lesson["_id"]: _digest(lesson) for lesson in lessons}
        if any(self._staging.noted(one) not in (None, digest) for one, digest in said.items()):
            raise cells.problem(Rule.LESSON, "number")
        for lesson_id, digest in said.items():
            self._staging.note(lesson_id, digest)
        yield from (Write("schedule", "lessons", lesson) for lesson in lessons)

    def _mark(self, own: Mapping[str, str]) -> Iterator[Write | Part | Names]:
        cells = Cells("marks", own)
        student, given_on = self._survey.people.student_of(cells), cells.day("date")
        subject, value = self._survey.subject(cells.need("subject")), cells.need("mark").removesuffix(".0")
        if given_on is None:
            raise cells.problem(Rule.REQUIRED, "date")
        in_class = self._roster.class_on(student.key, given_on) or cells.class_name()
        if in_class is None or in_class not in self._roster.classes:
            raise cells.problem(Rule.UNKNOWN, "class")
        kind = cells.text("kind") or _ANSWER
        title = cells.text("title") or kind
        ids = self._roster.ids
        kind_id = WorkKindId(ids.of("WorkKind", normalized(kind)))
        key = "|".join((in_class, subject, given_on, normalized(kind), normalized(title)))
        work_id, scale_id = WorkId(ids.of("Work", key)), self._scale_id
        if value not in _MARKS:
            yield Names("grades", "marks", ids.of("Mark", key, student.key))
            yield Names("grades", "works", work_id)
            raise cells.problem(Rule.MARK, "mark")
        mark_id = self._mark_id(cells, key, student.key, value)
        if kind not in self._kinds:
            self._kinds.add(kind)
            yield Write("grades", "work_kinds", self._kind(kind_id, kind))
        if key not in self._works:
            self._works.add(key)
            work = grades.Work(
                _id=work_id,
                school_id=ids.school(SCHOOL),
                class_ids=[ids.school_class(in_class)],
                group_id=None,
                subject_id=ids.subject(subject),
                title=title,
                kind_id=kind_id,
                planned_on=given_on,
                is_control_work=_CONTROL in kind.casefold(),
                max_score=None,
            )
            yield Write("grades", "works", work)
        mark = grades.Mark(
            _id=mark_id,
            school_id=ids.school(SCHOOL),
            student_id=ids.student(student.key),
            class_id=ids.school_class(in_class),
            subject_id=ids.subject(subject),
            work_id=work_id,
            kind_id=kind_id,
            lesson_id=None,
            value=value,
            numeric_value=int(value),
            scale_id=scale_id,
            weight=1,
            is_point=False,
            point_valid_until=None,
            counts_towards_average=True,
            is_exam=False,
            comment=None,
            given_on=given_on,
            given_by_id=None,
            history=[],
        )
        yield Write("grades", "marks", mark)

    def _mark_id(self, cells: Cells, key: str, student: str, value: str) -> MarkId:
        """The id of a mark: a second one that differs from the first is another mark.

        The marks of a student for one kind of work on one day are noted in the order of their rows: 45 is a 4 and a 5.
        """
        first = self._roster.ids.of("Mark", key, student)
        before = self._staging.noted(first) or ""
        if value in before:
            raise cells.problem(Rule.TWICE, "mark")
        self._staging.note(first, before + value)
        return MarkId(self._roster.ids.of("Mark", key, student, len(before)) if before else first)

    @property
    def _scale_id(self) -> GradeScaleId:
        return GradeScaleId(self._roster.ids.of("GradeScale", _LOWEST, _HIGHEST))

    def _scale(self) -> Write:
        marks = range(_LOWEST, _HIGHEST + 1)
        document = grades.GradeScale(
            _id=self._scale_id,
            school_id=self._roster.ids.school(SCHOOL),
            name="Пятибалльная",
            min_value=_LOWEST,
            max_value=_HIGHEST,
            values=[
                grades.GradeScaleValue(value=str(mark), numeric_value=mark, is_passing=mark > _FAILING)
                for mark in marks
            ],
        )
        return Write("grades", "grade_scales", document)

    def _kind(self, kind_id: WorkKindId, name: str) -> grades.WorkKind:
        return grades.WorkKind(
            _id=kind_id,
            school_id=self._roster.ids.school(SCHOOL),
            name=name,
            abbreviation=None,
            weight=1,
            counts_towards_average=True,
        )


_FAILING: Final = 2
"""The highest mark of the five-mark scale with which nobody passes."""


def _digest(lesson: schedule.Lesson) -> str:
    """Stands for a lesson where it is only asked whether two are the same one."""
    return hashlib.blake2b(repr(sorted(lesson.items())).encode(), digest_size=8).hexdigest()


def _days(cells: Cells) -> Iterator[Day]:
    """The one date of a row, or every week's day between its first and last day."""
    if cells.text("date") is not None:
        day = cells.day("date")
        if day is not None:
            yield day
        return
    weekday, (first, last) = cells.weekday(), cells.span()
    if first is None:
        raise cells.problem(Rule.REQUIRED, "from")
    if last is None:
        raise cells.problem(Rule.REQUIRED, "to")
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    if ends - begins > _LONGEST:
        raise cells.problem(Rule.SPAN, "to")
    day_of_week = begins + timedelta(days=(weekday - begins.weekday()) % 7)
    while day_of_week <= ends:
        yield Day(day_of_week.isoformat())
        day_of_week += _WEEK


def _instant(day: str, clock: str, zone: ZoneInfo) -> datetime:
    """A time of day at the school as an instant."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone).astimezone(UTC)
