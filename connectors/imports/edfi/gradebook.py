"""Gradebook entries as works, and what students earned for them as marks on a scale of 0 to 100."""

from collections.abc import Iterator

from connectors import grades
from connectors.grades import Number
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.keys import ENTRY, STUDENT, PersonKey, entry_key
from connectors.imports.edfi.planned import HIGHEST, LOWEST, is_control_work
from connectors.imports.edfi.records import Record
from connectors.imports.edfi.survey import Entry
from connectors.imports.errors import Unusable
from connectors.imports.runs import Write
from connectors.vocabulary import MarkId, WorkId


def work(context: Context, record: Record) -> Iterator[Write]:
    """A gradebook entry."""
    key = entry_key(record)
    entry = _known(context, key)
    section = entry.section
    context.survey.take(record, *key)
    document = grades.Work(
        _id=WorkId(context.ids.of("Work", *key)),
        school_id=context.ids.school(section.school),
        class_ids=[context.ids.school_class(section.school, grade) for grade in context.rosters.grades_of(section)],
        group_id=context.ids.group(section),
        subject_id=context.ids.subject(section.school, context.survey.course_of(section)),
        title=entry.title,
        kind_id=context.ids.work_kind(section.school, entry.kind),
        planned_on=entry.due_on,
        is_control_work=is_control_work(entry.kind),
        max_score=record.number("MaxPoints"),
    )
    yield Write("grades", "works", document)


def mark(context: Context, record: Record) -> Iterator[Write]:
    """A mark, unique by student and work (trap T5), given at the first lesson on or after the day the work is due.

    `DateFulfilled` moves that day. A letter without a number does not count towards an average.
    """
    uid = context.known_student(record.need(STUDENT))
    key = entry_key(record, ENTRY)
    entry = _known(context, key)
    number, value = _earned(record)
    context.survey.take(record, *key, uid)
    given_on, lesson_id = context.timetable.next_lesson(
        entry.section, record.day_or_none("DateFulfilled") or entry.due_on
    )
    school, grade = entry.section.school, context.rosters.grade_of(uid)
    document = grades.Mark(
        _id=MarkId(context.ids.of("Mark", *key, uid)),
        school_id=context.ids.school(school),
        student_id=context.ids.student(uid),
        class_id=None if grade is None else context.ids.school_class(school, grade),
        subject_id=context.ids.subject(school, context.survey.course_of(entry.section)),
        work_id=WorkId(context.ids.of("Work", *key)),
        kind_id=context.ids.work_kind(school, entry.kind),
        lesson_id=lesson_id,
        value=value,
        numeric_value=number,
        scale_id=context.ids.scale(school),
        weight=1,
        is_point=False,
        point_valid_until=None,
        counts_towards_average=number is not None,
        is_exam=False,
        comment=_comment(record),
        given_on=given_on,
        given_by_id=next(
            (context.ids.person(PersonKey("staff", s)) for s in context.rosters.staff_of(entry.section)), None
        ),
        history=[],
    )
    context.summary.findings["marks outside 0 to 100"] += number is not None and not LOWEST <= number <= HIGHEST
    context.suggestions.happened("marks", given_on, uid)
    yield Write("grades", "marks", document)


def _known(context: Context, key: tuple[str, str]) -> Entry:
    entry = context.survey.entries.get(key)
    if entry is None:
        raise Unusable("unknown gradebook entry")
    context.known_section(entry.section)
    return entry


def _earned(record: Record) -> tuple[Number | None, str]:
    number = record.number("NumericGradeEarned")
    return number, str(number) if number is not None else record.need("LetterGradeEarned")


def _comment(record: Record) -> str | None:
    late = record.term("AssignmentLateStatus")
    said = [record.one("DiagnosticStatement"), late if late == "Late" else None]
    return "; ".join(part for part in said if part) or None
