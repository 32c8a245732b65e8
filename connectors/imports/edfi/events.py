"""Maps events at school: attendance, and incidents as remarks."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from connectors import diary
from connectors.diary import AttendanceStatus
from connectors.imports.edfi.context import Context
from connectors.imports.edfi.keys import (
    EVENT_DATE,
    SCHOOL,
    STAFF,
    STUDENT,
    IncidentKey,
    PersonKey,
    incident_key,
    incident_named,
    is_reporter,
    section_key,
)
from connectors.imports.edfi.records import Record
from connectors.imports.errors import Unusable
from connectors.imports.runs import Part, Write
from connectors.vocabulary import LessonId, SubjectId

_STATUSES: Final = {
    "In Attendance": AttendanceStatus.PRESENT,
    "Excused Absence": AttendanceStatus.EXCUSED,
    "Unexcused Absence": AttendanceStatus.ABSENT,
    "Tardy": AttendanceStatus.LATE,
}

_PARTLY: Final = frozenset({"Partial", "Early departure"})
"""Categories of a student who was present for a part of the day; the reason decides the status."""


def school_attendance(context: Context, record: Record) -> Iterator[Write]:
    """An event of a day. There may be several on one day (trap T5); one that a lesson's event repeats is left out."""
    uid, school = context.known_student(record.need(STUDENT)), context.known_school(record.need(SCHOOL))
    day, arrival = record.day(EVENT_DATE), record.time("ArrivalTime")
    context.attending.add(uid)
    section = context.survey.tardies.get((uid, day, arrival or ""))
    if section is not None and section in context.survey.sections:
        raise Unusable("a StudentSectionAttendanceEvent repeats it with its lesson")
    minutes = record.whole("SchoolAttendanceDuration")
    yield _attendance(context, record, _EventDetails(school, (day, arrival), minutes, None, None))


def section_attendance(context: Context, record: Record) -> Iterator[Write]:
    """An event of a lesson."""
    context.known_student(record.need(STUDENT))
    key = context.known_section(section_key(record))
    day, arrival = record.day(EVENT_DATE), record.time("ArrivalTime")
    lesson = context.timetable.lesson_at(key, day, arrival)
    subject = context.ids.subject(key.school, context.survey.course_of(key))
    minutes = record.whole("SectionAttendanceDuration")
    lesson_id = lesson[0] if lesson else None
    yield _attendance(context, record, _EventDetails(key.school, (day, arrival, *key), minutes, lesson_id, subject))


class _EventDetails(NamedTuple):
    """The values in which an event of a day and an event of a lesson differ."""

    school: str
    key: tuple[str | None, ...]
    minutes: int | None
    lesson_id: LessonId | None
    subject_id: SubjectId | None


def _attendance(context: Context, record: Record, details: _EventDetails) -> Write:
    uid, day, status = record.need(STUDENT), record.day(EVENT_DATE), _status(record)
    source_status, reason = record.term(_CATEGORY), record.one(_REASON)
    document = diary.AttendanceRecord(
        _id=context.ids.of(
            "AttendanceRecord", uid, details.school, *details.key, source_status, reason, details.minutes
        ),
        school_id=context.ids.school(details.school),
        student_id=context.ids.student(uid),
        lesson_id=details.lesson_id,
        subject_id=details.subject_id,
        date=day,
        status=status,
        minutes_late=details.minutes if status is AttendanceStatus.LATE else None,
        reason=reason,
        source_status=source_status,
    )
    context.suggestions.happened("attendance", day, uid)
    return Write("diary", "attendance", document)


_CATEGORY: Final = "AttendanceEvent/AttendanceEventCategory"
_REASON: Final = "AttendanceEvent/AttendanceEventReason"


def _status(record: Record) -> AttendanceStatus:
    category = record.term(_CATEGORY) or ""
    if category in _PARTLY:
        reason = (record.one(_REASON) or "").lower()
        if "unexcused" in reason:
            return AttendanceStatus.ABSENT
        return AttendanceStatus.EXCUSED if "excused" in reason else AttendanceStatus.PRESENT
    if category not in _STATUSES:
        raise Unusable("an attendance category that is not known")
    return _STATUSES[category]


def remark(context: Context, record: Record) -> Iterator[Write]:
    """An incident is a remark about each student who is named as its cause."""
    uid = context.known_student(record.need(STUDENT))
    incident = context.survey.incident_of(incident_named(record))
    known = context.survey.incidents[incident]
    reporter = context.survey.reporters.get(incident)
    behavior = record.term("Behavior") or ""
    context.survey.take(record, *incident, uid, behavior)
    document = diary.Remark(
        _id=_remark_id(context, incident, uid, behavior),
        school_id=context.ids.school(context.known_school(incident.school)),
        student_id=context.ids.student(uid),
        made_on=known.day,
        text=_text(record, known.circumstances),
        kind=record.term("Behavior"),
        lesson_id=None,
        subject_id=None,
        author_id=context.ids.person(PersonKey("staff", reporter))
        if reporter in context.survey.staff and reporter
        else None,
    )
    context.suggestions.happened("remarks", known.day, uid)
    yield Write("diary", "remarks", document)


def _text(record: Record, circumstances: str) -> str:
    behaviour = record.term("Behavior") or "Incident"
    detail, weapon = record.one("BehaviorDetailedDescription"), record.term("Weapon")
    parts = [f"{behaviour}: {detail}" if detail else behaviour, circumstances, f"Weapon: {weapon}" if weapon else ""]
    return ". ".join(part for part in parts if part) + "."


def _remark_id(context: Context, incident: IncidentKey, student: str, behavior: str) -> str:
    return context.ids.of("Remark", *incident, student, behavior)


def _remarks_of(context: Context, incident: IncidentKey) -> Iterator[Part]:
    causes = sorted(context.survey.causes.get(incident, ()))
    return (Part(_remark_id(context, incident, student, behavior)) for student, behavior in causes)


def incident(context: Context, record: Record) -> Iterator[Part]:
    """An incident is kept as the remarks about the students it names."""
    key = incident_key(record)
    if not context.survey.causes.get(key):
        raise Unusable("no student is named as its cause")
    context.survey.take(record, *key)
    yield from _remarks_of(context, key)


def reporter(context: Context, record: Record) -> Iterator[Part]:
    """The member of staff who reported an incident is kept as the author of its remarks."""
    key, staff = context.survey.incident_of(incident_named(record)), context.known_staff(record.need(STAFF))
    if not is_reporter(record):
        raise Unusable("of those who took part in an incident, only who reported it is kept")
    if context.survey.reporters.get(key) != staff:
        raise Unusable("another member of staff, who also reported it, is kept")
    yield from _remarks_of(context, key)
