"""Documents that follow from many records together: years, classes and their teachers, holidays, lessons."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from connectors import curriculum, directory, grades, schedule
from connectors.directory import sort_name
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.keys import PersonKey, SectionKey
from connectors.imports.edfi.posts import class_teacher_id
from connectors.imports.edfi.rosters import Leadership
from connectors.imports.edfi.school_days import Span
from connectors.imports.edfi.schools import academic_year_id, year_name
from connectors.imports.edfi.survey import Session
from connectors.imports.runs import Write
from connectors.vocabulary import Day

LOWEST: Final = 0
HIGHEST: Final = 100
"""The scale of marks; the sample has five marks above it, extra credit, which are kept as they are."""

CONTROL_WORKS: Final = frozenset({"test", "exam", "examination"})
"""Words of a kind of work that make it a control work."""

PERIOD_COLOURS: Final = {
    curriculum.CalendarPeriodKind.STUDY: "#4C9F70",
    curriculum.CalendarPeriodKind.HOLIDAYS: "#F2C14E",
    curriculum.CalendarPeriodKind.PUBLIC_HOLIDAY: "#D1495B",
}

PUBLIC_HOLIDAY: Final = "Holiday"
"""The calendar event of a public holiday."""

UNNAMED: Final = "No lessons"
"""The name of days off that the source counts but does not name."""


def is_control_work(kind: str) -> bool:
    """Whether works of this kind are control works."""
    return not CONTROL_WORKS.isdisjoint(kind.lower().split())


def of_schools(context: Context) -> Iterator[Write]:
    """Everything but lessons."""
    for uid in sorted(context.survey.schools):
        yield from _years(context, uid)
        yield from _classes(context, uid)
        yield _scale(context, uid)
    yield from _work_kinds(context)
    for (uid, year), days in context.timetable.years.items():
        if uid in context.survey.schools:
            yield from _holidays(context, uid, days.holidays)
            yield from _study(context, uid, year, context.survey.sessions_of(uid, year), days.holidays)


def lessons(context: Context) -> Iterator[Write]:
    """Every meeting of every section."""
    control = {
        (entry.section, context.timetable.next_lesson(entry.section, entry.due_on)[0])
        for entry in context.survey.entries.values()
        if entry.section in context.survey.sections and is_control_work(entry.kind)
    }
    for section in context.survey.sections:
        yield from _lessons(context, section, control)


def _lessons(context: Context, section: SectionKey, control: set[tuple[SectionKey, Day]]) -> Iterator[Write]:
    school_id, group_id = context.ids.school(section.school), context.ids.group(section)
    subject_id = context.ids.subject(section.school, context.survey.course_of(section))
    class_ids = [context.ids.school_class(section.school, grade) for grade in context.rosters.grades_of(section)]
    for day, meeting in context.timetable.lessons_of(section):
        lesson = schedule.Lesson(
            _id=context.ids.lesson(section, day, meeting.starts_at),
            school_id=school_id,
            class_ids=class_ids,
            group_id=group_id,
            date=day,
            number=meeting.number,
            starts_at=context.timetable.instant(day, meeting.starts_at),
            ends_at=context.timetable.instant(day, meeting.ends_at),
            subject_id=subject_id,
            teacher_ids=[
                context.ids.person(PersonKey("staff", staff)) for staff in context.rosters.staff_of(section, day)
            ],
            room=context.survey.sections[section].room,
            building=None,
            status=schedule.LessonStatus.PLANNED,
            topic=None,
            is_control_work=(section, day) in control,
            is_extended=False,
            substitution=None,
        )
        yield Write("schedule", "lessons", lesson)


def _years(context: Context, uid: str) -> Iterator[Write]:
    for year in context.rosters.years.get(uid, []):
        document = directory.AcademicYear(
            _id=academic_year_id(context, uid, year.name),
            school_id=context.ids.school(uid),
            name=year_name(year.name),
            starts_on=year.begins_on,
            ends_on=year.ends_on,
        )
        yield Write("directory", "academic_years", document)


def _classes(context: Context, uid: str) -> Iterator[Write]:
    for grade in context.survey.schools[uid].grades:
        document = directory.Class(
            _id=context.ids.school_class(uid, grade),
            school_id=context.ids.school(uid),
            name=f"Grade {grade}" if grade else "Kindergarten",
            sort_name=sort_name(f"Grade {grade:02}"),
            grade_level=grade,
        )
        yield Write("directory", "classes", document)
        leader = context.class_teachers.get((uid, grade))
        if leader is not None:
            yield _class_teacher(context, uid, grade, leader)


def _class_teacher(context: Context, uid: str, grade: int, leader: Leadership) -> Write:
    document = directory.StaffAssignment(
        _id=class_teacher_id(context, uid, grade, leader.staff),
        school_id=context.ids.school(uid),
        person_id=context.ids.person(PersonKey("staff", leader.staff)),
        kind=directory.AssignmentKind.CLASS_TEACHER,
        class_id=context.ids.school_class(uid, grade),
        group_id=None,
        subject_id=None,
        starts_on=leader.starts_on,
        ends_on=leader.ends_on,
        source=context.options.issuer,
    )
    return Write("directory", "staff_assignments", document)


def _scale(context: Context, uid: str) -> Write:
    document = grades.GradeScale(
        _id=context.ids.scale(uid),
        school_id=context.ids.school(uid),
        name=f"{LOWEST} to {HIGHEST}",
        min_value=LOWEST,
        max_value=HIGHEST,
        values=[],
    )
    return Write("grades", "grade_scales", document)


def _work_kinds(context: Context) -> Iterator[Write]:
    kinds = {
        (e.section.school, e.kind) for e in context.survey.entries.values() if e.section in context.survey.sections
    }
    for uid, name in sorted(kinds):
        document = grades.WorkKind(
            _id=context.ids.work_kind(uid, name),
            school_id=context.ids.school(uid),
            name=name,
            abbreviation=None,
            weight=1,
            counts_towards_average=True,
        )
        yield Write("grades", "work_kinds", document)


def _holidays(context: Context, uid: str, holidays: Iterable[Span]) -> Iterator[Write]:
    for off in holidays:
        public = off.name == PUBLIC_HOLIDAY
        holiday = schedule.Holiday(
            _id=context.ids.of("Holiday", uid, off.first),
            school_id=context.ids.school(uid),
            academic_year=year_name(off.year),
            name=off.name or UNNAMED,
            starts_on=off.first,
            ends_on=off.last,
            kind=schedule.HolidayKind.PUBLIC_HOLIDAY if public else schedule.HolidayKind.HOLIDAYS,
        )
        yield Write("schedule", "holidays", holiday)
        kind = curriculum.CalendarPeriodKind.PUBLIC_HOLIDAY if public else curriculum.CalendarPeriodKind.HOLIDAYS
        yield _calendar_period(context, uid, off._replace(name=holiday["name"]), kind)


def _study(
    context: Context, uid: str, year: str, sessions: Iterable[Session], holidays: Iterable[Span]
) -> Iterator[Write]:
    for session in sessions:
        for first, last in _without(session.begins_on, session.ends_on, holidays):
            span = Span(first, last, session.term, year)
            yield _calendar_period(context, uid, span, curriculum.CalendarPeriodKind.STUDY)


def _calendar_period(context: Context, uid: str, span: Span, kind: curriculum.CalendarPeriodKind) -> Write:
    document = curriculum.CalendarPeriod(
        _id=context.ids.of("CalendarPeriod", uid, kind, span.first),
        school_id=context.ids.school(uid),
        academic_year=year_name(span.year),
        name=span.name or UNNAMED,
        kind=kind,
        starts_on=span.first,
        ends_on=span.last,
        colour=PERIOD_COLOURS[kind],
    )
    return Write("curriculum", "calendar_periods", document)


def _without(first: Day, last: Day, holidays: Iterable[Span]) -> Iterator[tuple[Day, Day]]:
    """The parts of a semester between its holidays."""
    for off in sorted(holidays, key=lambda off: off.first):
        if first <= off.first <= last:
            if first < off.first:
                yield first, _beside(off.first, -1)
            first = max(first, _beside(off.last, 1))
    if first <= last:
        yield first, last


def _beside(day: str, by: int) -> Day:
    return Day((date.fromisoformat(day) + timedelta(days=by)).isoformat())
