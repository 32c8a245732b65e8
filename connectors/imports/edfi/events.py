"""What happened at school: attendance, and incidents as remarks."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from connectors import diary
from connectors.diary import AttendanceStatus
from connectors.ids import LessonId, SubjectId
from connectors.imports.edfi.keys import SCHOOL, STUDENT, IncidentKey, PersonKey, incident_named, section_key
from connectors.imports.edfi.records import Record, Unusable, clock
from connectors.imports.edfi.run import Run, Write

_STATUSES: Final = {
    "In Attendance": AttendanceStatus.PRESENT,
    "Excused Absence": AttendanceStatus.EXCUSED,
    "Unexcused Absence": AttendanceStatus.ABSENT,
    "Tardy": AttendanceStatus.LATE,
}

_PARTLY: Final = frozenset({"Partial", "Early departure"})
"""Categories of somebody who was there for a part: what he is depends on the reason."""


def school_attendance(run: Run, record: Record) -> Iterator[Write]:
    """An event of a day. There may be several on one day (trap T5); one that a lesson tells better is left out."""
    uid, school = run.known_student(record.need(STUDENT)), run.known_school(record.need(SCHOOL))
    day, arrival = record.day("AttendanceEvent/EventDate"), _arrival(record)
    run.attending.add(uid)
    section = run.survey.tardies.get((uid, day, arrival or ""))
    if section is not None and section in run.survey.sections:
        raise Unusable("told again, with its lesson, by a StudentSectionAttendanceEvent")
    minutes = record.whole("SchoolAttendanceDuration")
    yield _attendance(run, record, _About(school, (day, arrival), minutes, None, None))


def section_attendance(run: Run, record: Record) -> Iterator[Write]:
    """An event of a lesson."""
    run.known_student(record.need(STUDENT))
    key = run.known_section(section_key(record))
    day, arrival = record.day("AttendanceEvent/EventDate"), _arrival(record)
    lesson = run.timetable.lesson_at(key, day, arrival)
    subject = run.ids.subject(key.school, run.survey.course_of(key))
    minutes = record.whole("SectionAttendanceDuration")
    lesson_id = lesson[0] if lesson else None
    yield _attendance(run, record, _About(key.school, (day, arrival, *key), minutes, lesson_id, subject))


class _About(NamedTuple):
    """What an event of a day and an event of a lesson do not have in common."""

    school: str
    key: tuple[str | None, ...]
    minutes: int | None
    lesson_id: LessonId | None
    subject_id: SubjectId | None


def _attendance(run: Run, record: Record, about: _About) -> Write:
    uid, day, status = record.need(STUDENT), record.day("AttendanceEvent/EventDate"), _status(record)
    source_status, reason = record.term(_CATEGORY), record.one(_REASON)
    document = diary.AttendanceRecord(
        _id=run.ids.of("AttendanceRecord", uid, about.school, *about.key, source_status, reason, about.minutes),
        school_id=run.ids.school(about.school),
        student_id=run.ids.student(uid),
        lesson_id=about.lesson_id,
        subject_id=about.subject_id,
        date=day,
        status=status,
        minutes_late=about.minutes if status is AttendanceStatus.LATE else None,
        reason=reason,
        source_status=source_status,
    )
    run.suggestions.happened("attendance", day, uid)
    return Write("diary", "attendance", document)


_CATEGORY: Final = "AttendanceEvent/AttendanceEventCategory"
_REASON: Final = "AttendanceEvent/AttendanceEventReason"


def _arrival(record: Record) -> str | None:
    time = record.one("ArrivalTime")
    return clock(time) if time else None


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


def remark(run: Run, record: Record) -> Iterator[Write]:
    """An incident is a remark about each student who is named as its cause."""
    uid = run.known_student(record.need(STUDENT))
    incident = run.survey.incident_of(incident_named(record))
    known = run.survey.incidents[incident]
    reporter = run.survey.reporters.get(incident)
    document = diary.Remark(
        _id=run.first(run.ids.of("Remark", *incident, uid, record.term("Behavior") or "")),
        school_id=run.ids.school(run.known_school(incident.school)),
        student_id=run.ids.student(uid),
        made_on=known.day,
        text=_text(record, known.circumstances),
        kind=record.term("Behavior"),
        lesson_id=None,
        subject_id=None,
        author_id=run.ids.person(PersonKey("staff", reporter)) if reporter in run.survey.staff and reporter else None,
    )
    run.suggestions.happened("remarks", known.day, uid)
    yield Write("diary", "remarks", document)


def _text(record: Record, circumstances: str) -> str:
    behaviour = record.term("Behavior") or "Incident"
    detail, weapon = record.one("BehaviorDetailedDescription"), record.term("Weapon")
    parts = [f"{behaviour}: {detail}" if detail else behaviour, circumstances, f"Weapon: {weapon}" if weapon else ""]
    return ". ".join(part for part in parts if part) + "."


def incident(run: Run, record: Record) -> Iterator[Write]:
    """An incident is kept as the remarks about the students it names."""
    key = IncidentKey(record.need(SCHOOL), record.need("IncidentIdentifier"))
    if key not in run.survey.caused:
        raise Unusable("no student is named as its cause")
    yield from ()


def reporter(run: Run, record: Record) -> Iterator[Write]:
    """Who reported an incident is kept as the author of its remarks."""
    run.survey.incident_of(incident_named(record))
    yield from ()
