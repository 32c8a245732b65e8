"""Generates the diary: homework with submissions, remarks, comments, attendance, notices, acknowledgements."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from connectors.attachments import Attachment
from connectors.demo import phrases
from connectors.demo.absences import notices
from connectors.demo.bells import moved_to_waking_hours
from connectors.demo.chance import Weighted
from connectors.demo.families import Student
from connectors.demo.files import attached
from connectors.demo.plan import ZONE, SchoolPlan
from connectors.demo.register import Register
from connectors.demo.schedule import Occurrence
from connectors.diary import (
    Acknowledgement,
    AttendanceRecord,
    AttendanceStatus,
    Homework,
    HomeworkKind,
    Remark,
    Submission,
    SubmissionState,
    TeacherComment,
)
from connectors.vocabulary import HomeworkId, LessonId, StudentId, mint

_SET, _SET_IN_SPORT, _CLASSWORK, _INDIVIDUAL, _ATTACHED = 0.93, 0.08, 0.22, 0.04, 0.12
_HANDED_IN, _HANDED_IN_BY_FAVOURED = 0.06, 0.35
_REMARK, _COMMENT, _LATE = 0.05, 0.07, 0.012
_MINUTES: Final = (10, 15, 15, 20, 20, 25, 30, 30, 40)
_LEAST_MINUTES: Final = 5
_NO_HOMEWORK: Final = frozenset({"класс"})
_MINUTES_A_DAY: Final = {
    **dict.fromkeys((2, 3), 90),
    **dict.fromkeys((4, 5), 120),
    **dict.fromkeys((6, 7, 8), 150),
    9: 210,
    **dict.fromkeys((10, 11), 170),  # 210, but a group of several classes adds tasks of its own
}
"""The longest homework of a grade for one day, by SanPiN 1.2.3685-21; the first grade has none."""

_BY_DAY_LEVELS: Final = (1, 2)
"""The grades in which an absence of a whole day is one record instead of one for each lesson."""

_PRESENT_DAYS: Final = timedelta(days=14)
_LONG_LATE: Final = 25
_AFTER: Final = Weighted((SubmissionState.DONE, 5), (SubmissionState.CHECKED, 4), (SubmissionState.RETURNED, 1))
_BEFORE: Final = Weighted((SubmissionState.DONE, 4), (SubmissionState.SUBMITTED, 5), (SubmissionState.RETURNED, 1))
_SOURCE: Final = {
    AttendanceStatus.PRESENT: "присутствовал",
    AttendanceStatus.ABSENT: "отсутствовал",
    AttendanceStatus.LATE: "опоздал",
    AttendanceStatus.EXCUSED: "отсутствовал по уважительной причине",
}
_FILES: Final = ("pdf", "png", "docx", "png")
_FILE_NAMES: Final = {"task": "Задание", "answer": "Ответ"}


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The documents of one class, by collection."""
    plan, one = register.plan, register.one
    homework: list[Homework] = []
    submissions: list[Submission] = []
    for task, occurrence, is_written_here in _tasks(register):
        submissions.extend(_submissions(register, task, occurrence))
        if is_written_here:
            homework.append(task)
    numbers: dict[str, list[tuple[int, LessonId]]] = {}
    for occurrence in register.occurrences:
        if occurrence.lesson["group_id"] is None:
            numbers.setdefault(occurrence.lesson["date"], []).append(
                (occurrence.lesson["number"], occurrence.lesson["_id"])
            )
    return {
        "homework": [*homework, *_classwork(register)],
        "submissions": submissions,
        "remarks": list(_remarks(register)),
        "comments": list(_comments(register)),
        "attendance": list(_attendance(register)),
        "absence_notices": list(notices(plan, register.students, register.absences, numbers, one.leader.person_id)),
        "acknowledgements": list(_acknowledgements(register)),
    }


def _tasks(register: Register) -> Iterator[tuple[Homework, Occurrence, bool]]:
    """The homework of each lesson, with the lesson at which it is due: the next one of its subject and group."""
    one = register.one
    is_school = one.speciality is None
    if is_school and one.level not in _MINUTES_A_DAY:
        return
    left: dict[str, int] = defaultdict(lambda: _MINUTES_A_DAY[one.level] if is_school else 24 * 60)
    before: dict[tuple[str | None, str | None], Occurrence] = {}
    for occurrence in register.occurrences:
        lesson = occurrence.lesson
        if not occurrence.takes_place or lesson["is_extended"] or occurrence.load.discipline.area in _NO_HOMEWORK:
            continue
        key = (lesson["subject_id"], lesson["group_id"])
        last = before.get(key)
        before[key] = occurrence
        if last is None or not last.is_held:
            continue
        rng = register.plan.chance("homework", lesson["_id"])
        if rng.random() < (_SET_IN_SPORT if occurrence.load.discipline.area == "физкультура" else _SET):
            minutes = rng.choice(_MINUTES)
            if len(lesson["class_ids"]) == 1:
                minutes = min(minutes, left[lesson["date"]])
                left[lesson["date"]] -= minutes
            if minutes >= _LEAST_MINUTES:
                yield _task(register, rng, last, occurrence, minutes), occurrence, occurrence.is_written_here


def _task(register: Register, rng: Random, last: Occurrence, occurrence: Occurrence, minutes: int) -> Homework:
    lesson = occurrence.lesson
    text = phrases.homework(rng, occurrence.load.discipline.area, last.topic)
    is_individual = rng.random() < _INDIVIDUAL and len(lesson["class_ids"]) == 1
    attached = _attachment(register.plan, rng, "task") if rng.random() < _ATTACHED else None
    return {
        "_id": HomeworkId(mint("Homework", lesson["_id"], HomeworkKind.HOMEWORK)),
        "school_id": register.plan.school_id,
        "kind": HomeworkKind.HOMEWORK,
        "class_ids": lesson["class_ids"],
        "group_id": lesson["group_id"],
        "student_ids": _chosen(register, rng, occurrence) if is_individual else None,
        "lesson_id": lesson["_id"],
        "subject_id": occurrence.load.subject_id,
        "text": text,
        "date": lesson["date"],
        "assigned_on": last.lesson["date"],
        "due_on": lesson["date"],
        "estimated_minutes": minutes,
        "is_individual": is_individual,
        "attachments": [attached] if attached else [],
        "author_id": last.teacher.person_id,
    }


def _chosen(register: Register, rng: Random, occurrence: Occurrence) -> list[StudentId]:
    members = register.members(occurrence)
    return [student.student_id for student in rng.sample(members, min(len(members), rng.randint(1, 3)))]


def _classwork(register: Register) -> Iterator[Homework]:
    for occurrence in register.occurrences:
        if not occurrence.is_held or not occurrence.is_written_here:
            continue
        lesson = occurrence.lesson
        rng = register.plan.chance("classwork", lesson["_id"])
        if rng.random() < _CLASSWORK:
            yield {
                "_id": HomeworkId(mint("Homework", lesson["_id"], HomeworkKind.CLASSWORK)),
                "school_id": register.plan.school_id,
                "kind": HomeworkKind.CLASSWORK,
                "class_ids": lesson["class_ids"],
                "group_id": lesson["group_id"],
                "student_ids": None,
                "lesson_id": lesson["_id"],
                "subject_id": occurrence.load.subject_id,
                "text": phrases.fill(rng, rng.choice(phrases.CLASSWORK), occurrence.topic),
                "date": lesson["date"],
                "assigned_on": lesson["date"],
                "due_on": None,
                "estimated_minutes": None,
                "is_individual": False,
                "attachments": [],
                "author_id": occurrence.teacher.person_id,
            }


def _submissions(register: Register, task: Homework, occurrence: Occurrence) -> Iterator[Submission]:
    rng = register.plan.chance("submissions", task["_id"], register.one.name)
    chosen = task["student_ids"]
    assigned = date.fromisoformat(task["assigned_on"])
    for student in register.members(occurrence):
        share = _HANDED_IN_BY_FAVOURED if student.is_shown else _HANDED_IN
        if rng.random() > share or (chosen is not None and student.student_id not in chosen):
            continue
        due = occurrence.day.midnight
        start = due - (occurrence.day.day - assigned)
        submitted_at = start + timedelta(minutes=rng.randint(16 * 60, 22 * 60))
        if submitted_at > due and rng.choice((True, False)):
            submitted_at = start + timedelta(minutes=rng.randint(15 * 60, 17 * 60))
        if rng.random() < share / 4:
            submitted_at = moved_to_waking_hours(due + timedelta(minutes=rng.randint(17 * 60, 60 * 60)), ZONE)
        if submitted_at <= register.plan.now:
            yield _submission(register.plan, rng, task, student, submitted_at=submitted_at, due=due)


def _submission(
    plan: SchoolPlan, rng: Random, task: Homework, student: Student, *, submitted_at: datetime, due: datetime
) -> Submission:
    is_due = task["date"] < plan.today_iso
    state = (_AFTER if is_due else _BEFORE).draw(rng)
    is_handed_in = state is not SubmissionState.DONE
    answers = {SubmissionState.CHECKED: phrases.CHECKS, SubmissionState.RETURNED: phrases.RETURNS}
    return {
        "_id": mint("Submission", task["_id"], student.student_id),
        "school_id": plan.school_id,
        "homework_id": task["_id"],
        "student_id": student.student_id,
        "submitted_at": submitted_at,
        "text": rng.choice(phrases.ANSWERS) if is_handed_in else None,
        "attachments": [_attachment(plan, rng, "answer")] if is_handed_in else [],
        "is_late": submitted_at > due + timedelta(days=1),
        "state": state,
        "answer": rng.choice(answers[state]) if state in answers else None,
        "subject_id": task["subject_id"],
        "class_ids": task["class_ids"],
        "group_id": task["group_id"],
    }


def _attachment(plan: SchoolPlan, rng: Random, kind: str) -> Attachment:
    """An attached file of a `task` or of an `answer`."""
    suffix = rng.choice(_FILES)
    return attached(rng, _FILE_NAMES[kind], kind, suffix, plan.files)


def _remarks(register: Register) -> Iterator[Remark]:
    plan = register.plan
    last: dict[int, tuple[str, str]] = {}  # what was said of each student last is not said again
    for occurrence, student, rng in _mentions(register, "remark", _REMARK):
        remarks = phrases.remarks(occurrence.load.discipline.area)
        kind, phrase = rng.choice([remark for remark in remarks if remark != last.get(student.place)])
        last[student.place] = kind, phrase
        yield {
            "_id": mint("Remark", occurrence.lesson["_id"], student.student_id),
            "school_id": plan.school_id,
            "student_id": student.student_id,
            "made_on": occurrence.lesson["date"],
            "text": phrases.said_of(student.name.sex, phrase),
            "kind": kind,
            "lesson_id": occurrence.lesson["_id"],
            "subject_id": occurrence.load.subject_id,
            "author_id": occurrence.teacher.person_id,
        }


def _comments(register: Register) -> Iterator[TeacherComment]:
    plan = register.plan
    for occurrence, student, rng in _mentions(register, "comment", _COMMENT):
        yield {
            "_id": mint("TeacherComment", occurrence.lesson["_id"], student.student_id),
            "school_id": plan.school_id,
            "student_id": student.student_id,
            "made_on": occurrence.lesson["date"],
            "text": phrases.said_of(student.name.sex, rng.choice(phrases.COMMENTS), occurrence.topic),
            "lesson_id": occurrence.lesson["_id"],
            "subject_id": occurrence.load.subject_id,
            "author_id": occurrence.teacher.person_id,
        }


def _mentions(register: Register, what: str, share: float) -> Iterator[tuple[Occurrence, Student, Random]]:
    """The lessons at which something is said about a student, each pair at most once.

    Favoured students have a recent one.
    """
    said: set[tuple[str, int]] = set()
    for occurrence in register.occurrences:
        if not occurrence.is_held:
            continue
        rng = register.plan.chance(what, occurrence.lesson["_id"], register.one.name)
        if rng.random() < share and (present := register.present(occurrence)):
            student = rng.choice(present)
            said.add((occurrence.lesson["_id"], student.place))
            yield occurrence, student, rng
    for student in register.own:
        recent = register.recent(student) if student.is_shown else []
        rng = register.plan.chance(what, student.student_id)
        for occurrence in rng.sample(recent, min(2, len(recent))):
            if (occurrence.lesson["_id"], student.place) not in said:
                yield occurrence, student, rng


def _attendance(register: Register) -> Iterator[AttendanceRecord]:
    one = register.one
    by_day = one.speciality is None and one.level in _BY_DAY_LEVELS
    if by_day:
        for absence in register.absences.every:
            for day in absence.days if not absence.lessons else ():
                yield _record(register.plan, absence.student, None, day.iso, absence.status, reason=absence.reason)
    for occurrence in register.occurrences:
        if occurrence.is_held:
            yield from _attendance_at(register, occurrence, by_day=by_day)


def _attendance_at(register: Register, occurrence: Occurrence, *, by_day: bool) -> Iterator[AttendanceRecord]:
    """The records of one lesson: of absent and late students, and of all others where the teacher records them."""
    plan = register.plan
    iso, number = occurrence.lesson["date"], occurrence.lesson["number"]
    is_noted = occurrence.load.discipline.area == "физкультура" and occurrence.day.day >= plan.today - _PRESENT_DAYS
    rng = plan.chance("attendance", occurrence.lesson["_id"], register.one.name)
    for student in register.members(occurrence):
        away = register.absences.at(iso, number, student)
        if away:
            if away.lessons or not by_day:
                yield _record(plan, student, occurrence, iso, away.status, reason=away.reason)
        elif rng.random() < _LATE * (1.5 - student.diligence):
            minutes = rng.randint(1, _LONG_LATE)
            yield _record(plan, student, occurrence, iso, AttendanceStatus.LATE, minutes_late=minutes)
        elif is_noted:
            yield _record(plan, student, occurrence, iso, AttendanceStatus.PRESENT)


def _record(
    plan: SchoolPlan,
    student: Student,
    occurrence: Occurrence | None,
    iso: str,
    status: AttendanceStatus,
    *,
    reason: str | None = None,
    minutes_late: int | None = None,
) -> AttendanceRecord:
    lesson_id = occurrence.lesson["_id"] if occurrence else None
    return {
        "_id": mint("AttendanceRecord", student.student_id, lesson_id or iso),
        "school_id": plan.school_id,
        "student_id": student.student_id,
        "lesson_id": lesson_id,
        "subject_id": occurrence.load.subject_id if occurrence else None,
        "date": iso,
        "status": status,
        "minutes_late": minutes_late,
        "reason": reason,
        "source_status": _SOURCE[status],
    }


def _at_the_weekend(rng: Random) -> timedelta:
    """A random waking hour of Saturday or Sunday, counted from Monday's midnight."""
    return timedelta(days=rng.choice((5, 6)), minutes=rng.randint(9 * 60, 21 * 60 + 59))


def _acknowledgements(register: Register) -> Iterator[Acknowledgement]:
    """The parents' acknowledgements of past weeks."""
    plan = register.plan
    weeks: dict[date, datetime] = {}
    for day in plan.days:
        monday = day.day - timedelta(days=day.weekday)
        if day.iso >= plan.window.first and monday + timedelta(days=6) < plan.today:
            weeks.setdefault(monday, day.midnight + timedelta(days=monday.toordinal() - day.day.toordinal()))
    for student in register.own:
        rng = plan.chance("acknowledgements", student.student_id)
        zeal = rng.random()
        for monday, midnight in weeks.items():
            week = monday.isoformat()
            for guardian in student.family.guardians:
                if rng.random() < zeal / 2 and student.first <= week and guardian.may_see_on(week):
                    yield {
                        "_id": plan.mint("Acknowledgement", student.student_id, week, guardian.person_id),
                        "school_id": plan.school_id,
                        "student_id": student.student_id,
                        "week_starts_on": week,
                        "person_id": guardian.person_id,
                        "acknowledged_at": midnight + _at_the_weekend(rng),
                    }
