"""Generates absences of students, and the absence notices of their parents."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from connectors.demo.bells import Day, moved_to_waking_hours
from connectors.demo.families import Student
from connectors.demo.phrases import EXCUSES, ILLNESSES, VISITS
from connectors.demo.plan import ZONE, SchoolPlan
from connectors.diary import AbsenceKind, AbsenceNotice, AbsenceState, AttendanceStatus
from connectors.vocabulary import LessonId, PersonId

_ILL, _EXCUSED, _VISIT, _TRUANT = 0.011, 0.004, 0.006, 0.005  # chances a day that it begins
_LONGEST: Final = 5
_NOTICED, _DISPUTED, _WITHDRAWN, _ANNOUNCED = 0.65, 0.25, 0.06, 0.08
_SETTLED: Final = timedelta(days=2)
_AGO: Final = timedelta(hours=3)
_SEEN: Final = timedelta(days=7)


class Absence(NamedTuple):
    """A student's absence on consecutive study days; where *lessons* is not 0, only from the first lessons of each."""

    student: Student
    days: tuple[Day, ...]
    reason: str | None
    status: AttendanceStatus = AttendanceStatus.EXCUSED
    lessons: int = 0


class Absences:
    """The absences of a class from the beginning of the window until today."""

    def __init__(self, plan: SchoolPlan, students: list[Student]) -> None:
        past = [day for day in plan.days if plan.window.first <= day.iso <= plan.today_iso]
        self.every = [absence for student in students for absence in _absences_of(plan, student, past)]
        self._away: dict[tuple[str, int], Absence] = {
            (day.iso, absence.student.place): absence for absence in self.every for day in absence.days
        }

    def at(self, iso: str, number: int, student: Student) -> Absence | None:
        """The absence because of which the student misses the lesson *number* of a day; None where they are present."""
        absence = self._away.get((iso, student.place))
        return absence if absence and (not absence.lessons or number <= absence.lessons) else None


def _absences_of(plan: SchoolPlan, student: Student, days: list[Day]) -> Iterator[Absence]:
    rng = plan.chance("absences", student.student_id)
    number = 0
    last = student.last
    if student.is_shown:  # is to be seen at school these days
        last = min(last, (plan.today - _SEEN).isoformat())
    while number < len(days):
        absence = _drawn_absence(rng, student, days[number : number + _LONGEST])
        if absence and student.first <= absence.days[0].iso and absence.days[-1].iso <= last:
            yield absence
        number += len(absence.days) if absence else 1


def _drawn_absence(rng: Random, student: Student, days: list[Day]) -> Absence | None:
    """An absence that begins on the first of *days*; None where the student comes to school on it."""
    chance = rng.random()
    if chance < _ILL:
        return Absence(student, tuple(days[: rng.randint(1, _LONGEST)]), rng.choice(ILLNESSES))
    if chance < _ILL + _EXCUSED:
        return Absence(student, tuple(days[: rng.randint(1, 2)]), rng.choice(EXCUSES))
    if chance < _ILL + _EXCUSED + _VISIT:
        return Absence(student, (days[0],), rng.choice(VISITS), lessons=rng.randint(1, 3))
    if 1 - chance < _TRUANT * (1.5 - student.diligence):
        return Absence(student, (days[0],), None, AttendanceStatus.ABSENT, rng.choice((0, 1, 2)))
    return None


def notices(
    plan: SchoolPlan,
    students: list[Student],
    absences: Absences,
    lessons: dict[str, list[tuple[int, LessonId]]],
    leader: PersonId,
) -> Iterator[AbsenceNotice]:
    """The absence notices of a class; *lessons* holds the numbers and ids of the class's own lessons, by day."""
    for rng, absence, state in _announced(plan, students, absences):
        first = absence.days[0].iso
        senders = [g for g in absence.student.family.guardians if g.may_see_on(min(first, plan.today_iso))]
        if senders:
            missed = [lesson for number, lesson in lessons.get(first, ()) if number <= absence.lessons]
            confirmed_by = leader if state in {AbsenceState.CONFIRMED, AbsenceState.REJECTED} else None
            yield _notice(plan, rng, absence, state, (missed, rng.choice(senders).person_id, confirmed_by))


def _announced(
    plan: SchoolPlan, students: list[Student], absences: Absences
) -> Iterator[tuple[Random, Absence, AbsenceState]]:
    """The absences that have a notice: past ones, called-off ones, and planned ones."""
    for absence in absences.every:
        rng = plan.chance("notice", absence.student.student_id, absence.days[0].iso)
        share = _NOTICED if absence.status is AttendanceStatus.EXCUSED else _DISPUTED
        if not absence.student.has_left and rng.random() < share:
            yield rng, absence, _state(plan, rng, absence)
    coming = [day for day in plan.days if plan.today_iso < day.iso][: _LONGEST + 1]
    gone = [day for day in plan.days if plan.window.first <= day.iso <= plan.today_iso]
    for student in (student for student in students if not student.has_left):
        rng = plan.chance("notice", student.student_id)
        if gone and rng.random() < _WITHDRAWN:
            day = rng.choice(gone)
            if day.iso >= student.first and not absences.at(day.iso, 0, student):
                yield rng, Absence(student, (day,), rng.choice(EXCUSES)), AbsenceState.CANCELLED
        if coming and (student.is_shown or rng.random() < _ANNOUNCED):
            length = rng.randint(1, len(coming))
            partly = rng.choice((0, 2)) if length == 1 else 0
            days = tuple(coming[-length:])
            yield rng, Absence(student, days, rng.choice((*EXCUSES, *VISITS)), lessons=partly), AbsenceState.SENT


def _state(plan: SchoolPlan, rng: Random, absence: Absence) -> AbsenceState:
    if absence.status is not AttendanceStatus.EXCUSED:
        return AbsenceState.REJECTED
    if absence.days[0].day > plan.today - _SETTLED and rng.choice((True, False)):
        return AbsenceState.SENT
    return AbsenceState.CONFIRMED


def _notice(
    plan: SchoolPlan,
    rng: Random,
    absence: Absence,
    state: AbsenceState,
    of: tuple[list[LessonId], PersonId, PersonId | None],
) -> AbsenceNotice:
    """The notice of an absence; *of* holds the missed lessons, the sender and the person who confirmed it, if any."""
    first, last = absence.days[0], absence.days[-1]
    missed, sent_by, confirmed_by = of
    sent_at = _sent_at(plan, rng, first)
    confirmed_at = min(plan.now, _confirmed_after(sent_at, rng))
    return {
        "_id": plan.mint("AbsenceNotice", absence.student.student_id, first.iso, state),
        "school_id": plan.school_id,
        "student_id": absence.student.student_id,
        "kind": _kind(absence, missed),
        "days": {"first": first.iso, "last": last.iso},
        "lesson_ids": missed,
        "reason": absence.reason or rng.choice(EXCUSES),
        "state": state,
        "sent_by_id": sent_by,
        "sent_at": sent_at,
        "confirmed_by_id": confirmed_by,
        "confirmed_at": confirmed_at if confirmed_by else None,
    }


def _confirmed_after(sent_at: datetime, rng: Random) -> datetime:
    """A time after *sent_at* at which the notice is confirmed; one sent in the evening waits for the morning."""
    at = sent_at + timedelta(minutes=rng.randint(20, 300))
    read = moved_to_waking_hours(at, ZONE)
    return read if read >= sent_at + timedelta(minutes=1) else read + timedelta(hours=11)


def _kind(absence: Absence, missed: list[LessonId]) -> AbsenceKind:
    if missed:
        return AbsenceKind.LESSONS
    return AbsenceKind.DAYS if len(absence.days) == 1 else AbsenceKind.SPAN


def _sent_at(plan: SchoolPlan, rng: Random, day: Day) -> datetime:
    """A time on the morning of *day* or the evening before it, in the past."""
    minutes = rng.randint(-300, -120) if rng.choice((True, False)) else rng.randint(390, 470)
    return min(day.at(minutes), plan.now - _AGO)
