"""The attendance that a teacher records: of all students of a lesson at once, or of some of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.diary import AttendanceRecord, AttendanceStatus
from connectors.facts import Fact
from connectors.mongo.transactions import Transaction
from connectors.schedule import Lesson
from connectors.vocabulary import PublicId, StudentId, mint, of_student
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.diary.lesson_checks import (
    LESSON_COLUMNS,
    NO_ATTENDEE,
    NO_LESSON,
    attends,
    check_begun,
    people_of_students,
)
from gateway.teaching import Teaching, taught_lessons, teaching
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_EMPTY: Final = Text("Name at least one student.", "Назовите хотя бы одного ученика.")
_TOO_MANY: Final = Text("These are too many students: at most {limit}.", "Слишком много учеников: не более {limit}.")
_TWICE: Final = Text("This student is named twice.", "Этот ученик назван дважды.")
_NOT_LATE: Final = Text("Minutes are of students who came late.", "Минуты указывают только для опоздавших.")
_MINUTES: Final = Text(
    "From one minute to the length of the lesson: {limit}.", "От одной минуты до длительности урока: {limit}."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceEntry:
    """How one student attended a lesson."""

    student_id: StudentId
    """The student."""

    status: AttendanceStatus
    """How the student attended the lesson."""

    minutes_late: int | None = None
    """How many minutes late the student came; only of one who came late."""

    reason: str | None = None
    """The reason in the teacher's words; the student and the parents read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAttendance:
    """The attendance of students at a lesson: nothing is recorded unless all of it can be."""

    lesson_id: PublicId
    """The lesson: by its id in the timetable (`TimetableLesson.id`), or by that of a student's lesson (`Lesson.id`)."""

    records: tuple[AttendanceEntry, ...]
    """How the students attended; those who are not named keep what is recorded of them."""


async def record_attendance(input: RecordAttendance, info: Info, transaction: Transaction) -> Outcome:
    """Record how students attended a lesson: one record for each student and lesson (F86)."""
    problems = Problems()
    own = await teaching(info)
    [lesson] = await taught_lessons([input.lesson_id], own, info, *LESSON_COLUMNS)
    if lesson is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_LESSON, "lessonId")
    else:
        await check_begun(lesson, info, problems, "lessonId")
    reasons = await _checked_entries(input.records, lesson, own, info, problems)
    problems.check()
    if lesson is None:  # pragma: no cover - a problem by now
        raise TypeError(input)
    stored = await _stored_records(input.records, lesson, transaction)
    changed: list[AttendanceRecord] = []
    facts: list[Fact] = []
    for entry, reason in zip(input.records, reasons, strict=True):
        olds: Sequence[AttendanceRecord | None] = stored.get(entry.student_id) or [None]
        for old in olds:
            new = _record(entry, reason, lesson, old)
            if new != old:
                changed.append(new)
                facts.append(_fact(new, old, info))
    ids = {
        "lesson_ids": [of_student(lesson["_id"], entry.student_id) for entry in input.records],
        "student_ids": [entry.student_id for entry in input.records],
    }
    if not changed:
        return Outcome(ids, is_new=False)
    await transaction.put("attendance", changed)
    return Outcome(ids, facts)


async def _checked_entries(
    entries: Sequence[AttendanceEntry], lesson: Lesson | None, own: Teaching, info: Info, problems: Problems
) -> list[str | None]:
    """The reason of each entry as it is stored."""
    most = info.writing.rules.attendance_records
    if not entries:
        problems.add(UserErrorCode.REQUIRED, _EMPTY, "records")
    if len(entries) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "records", limit=most)
        return []
    people = await people_of_students([entry.student_id for entry in entries], info)
    named: set[StudentId] = set()
    reasons: list[str | None] = []
    for place, (entry, student) in enumerate(zip(entries, people, strict=True)):
        if lesson is not None and not attends(student, lesson, own, info):
            problems.add(UserErrorCode.NOT_FOUND, NO_ATTENDEE, "records", place, "studentId")
        elif entry.student_id in named:
            problems.add(UserErrorCode.INVALID_INPUT, _TWICE, "records", place, "studentId")
        named.add(entry.student_id)
        _check_minutes(entry, lesson, problems, place)
        reason = entry.reason
        if reason is not None:
            most = info.writing.rules.reason_characters
            reason = checked_text(reason, problems, "records", place, "reason", most=most)
        reasons.append(reason)
    return reasons


def _check_minutes(entry: AttendanceEntry, lesson: Lesson | None, problems: Problems, place: int) -> None:
    minutes = entry.minutes_late
    if minutes is None:
        return
    if entry.status != AttendanceStatus.LATE:
        problems.add(UserErrorCode.INVALID_INPUT, _NOT_LATE, "records", place, "minutesLate")
    elif lesson is not None:
        longest = int((lesson["ends_at"] - lesson["starts_at"]).total_seconds() // 60)
        if not 1 <= minutes <= longest:
            limit = 1 if minutes < 1 else longest
            message = _MINUTES.format(limit=longest)
            problems.add(UserErrorCode.OUT_OF_RANGE, message, "records", place, "minutesLate", limit=limit)


async def _stored_records(
    entries: Sequence[AttendanceEntry], lesson: Lesson, transaction: Transaction
) -> Mapping[StudentId, list[AttendanceRecord]]:
    """The records of the lesson, by student: one, or several where another system wrote them."""
    where = {"lesson_id": lesson["_id"], "student_id": {"$in": [entry.student_id for entry in entries]}}
    found: dict[StudentId, list[Any]] = defaultdict(list)
    for record in await transaction.find("attendance", where, columns=frozenset()):
        found[record["student_id"]].append(record)
    return found


def _record(
    entry: AttendanceEntry, reason: str | None, lesson: Lesson, old: AttendanceRecord | None
) -> AttendanceRecord:
    written = {"status": entry.status, "minutes_late": entry.minutes_late, "reason": reason}
    if old is not None:
        is_same = old["status"] == entry.status
        return {**old, **written, "source_status": old["source_status"] if is_same else None}  # type: ignore[typeddict-item] # of the same keys
    return AttendanceRecord(
        _id=mint("AttendanceRecord", lesson["_id"], entry.student_id),
        school_id=lesson["school_id"],
        student_id=entry.student_id,
        lesson_id=lesson["_id"],
        subject_id=lesson["subject_id"],
        date=lesson["date"],
        status=entry.status,
        minutes_late=entry.minutes_late,
        reason=reason,
        source_status=None,
    )


_RECORDED: Final = ("lesson_id", "status", "minutes_late", "reason")


def _fact(new: AttendanceRecord, old: AttendanceRecord | None, info: Info) -> Fact:
    return fact(
        info,
        "recordAttendance",
        new["_id"],
        new["school_id"],
        student_id=new["student_id"],
        before=None if old is None else {key: old[key] for key in _RECORDED},
        after={key: new[key] for key in _RECORDED},
        texts={"reason"},
    )
