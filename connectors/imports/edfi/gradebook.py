"""Gradebook entries as works, and what students earned for them as marks on a scale of 0 to 100."""

from collections.abc import Iterator

from connectors import grades
from connectors.grades import Number
from connectors.ids import MarkId, WorkId
from connectors.imports.edfi.keys import STUDENT, PersonKey, entry_key
from connectors.imports.edfi.planned import HIGHEST, LOWEST, is_control_work
from connectors.imports.edfi.records import Record, Unusable
from connectors.imports.edfi.run import Run, Write
from connectors.imports.edfi.survey import Entry


def work(run: Run, record: Record) -> Iterator[Write]:
    """A gradebook entry."""
    key = entry_key(record)
    entry = _known(run, key)
    section = entry.section
    document = grades.Work(
        _id=WorkId(run.first(run.ids.of("Work", *key))),
        school_id=run.ids.school(section.school),
        class_ids=[run.ids.school_class(section.school, grade) for grade in run.rosters.grades_of(section)],
        group_id=run.ids.group(section),
        subject_id=run.ids.subject(section.school, run.survey.course_of(section)),
        title=entry.title,
        kind_id=run.ids.work_kind(section.school, entry.kind),
        planned_on=entry.due_on,
        is_control_work=is_control_work(entry.kind),
        max_score=record.number("MaxPoints"),
    )
    yield Write("grades", "works", document)


def mark(run: Run, record: Record) -> Iterator[Write]:
    """A mark, unique by student and work (trap T5), given at the first lesson on or after the day the work is due.

    `DateFulfilled` moves that day. A letter without a number does not count towards an average.
    """
    uid = run.known_student(record.need(STUDENT))
    key = entry_key(record, "GradebookEntryReference/GradebookEntryIdentity/")
    entry = _known(run, key)
    number, value = _earned(record)
    given_on, lesson_id = run.timetable.next_lesson(entry.section, record.day_or_none("DateFulfilled") or entry.due_on)
    school, grade = entry.section.school, run.rosters.grade_of(uid)
    document = grades.Mark(
        _id=MarkId(run.first(run.ids.of("Mark", *key, uid))),
        school_id=run.ids.school(school),
        student_id=run.ids.student(uid),
        class_id=None if grade is None else run.ids.school_class(school, grade),
        subject_id=run.ids.subject(school, run.survey.course_of(entry.section)),
        work_id=WorkId(run.ids.of("Work", *key)),
        kind_id=run.ids.work_kind(school, entry.kind),
        lesson_id=lesson_id,
        value=value,
        numeric_value=number,
        scale_id=run.ids.scale(school),
        weight=1,
        is_point=False,
        point_valid_until=None,
        counts_towards_average=number is not None,
        is_exam=False,
        comment=_comment(record),
        given_on=given_on,
        given_by_id=next((run.ids.person(PersonKey("staff", s)) for s in run.rosters.staff_of(entry.section)), None),
        history=[],
    )
    run.summary.findings["marks outside 0 to 100"] += number is not None and not LOWEST <= number <= HIGHEST
    run.suggestions.happened("marks", given_on, uid)
    yield Write("grades", "marks", document)


def _known(run: Run, key: tuple[str, str]) -> Entry:
    entry = run.survey.entries.get(key)
    if entry is None:
        raise Unusable("unknown gradebook entry")
    run.known_section(entry.section)
    return entry


def _earned(record: Record) -> tuple[Number | None, str]:
    number, letter = record.number("NumericGradeEarned"), record.one("LetterGradeEarned")
    if number is None and letter is None:
        raise Unusable("neither a numeric nor a letter grade")
    return number, str(number) if number is not None else str(letter)


def _comment(record: Record) -> str | None:
    late = record.term("AssignmentLateStatus")
    said = [record.one("DiagnosticStatement"), late if late == "Late" else None]
    return "; ".join(part for part in said if part) or None
