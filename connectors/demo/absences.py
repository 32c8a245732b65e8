"""Who is away when, and what parents wrote about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from connectors.demo.bells import Day, awake
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


class Spell(NamedTuple):
    """Some study days of one student that he was away, whole or (*lessons* not 0) for the first lessons."""

    student: Student
    days: tuple[Day, ...]
    reason: str | None
    status: AttendanceStatus = AttendanceStatus.EXCUSED
    lessons: int = 0


class Absences:
    """The absences of a class up to today."""

    def __init__(self, plan: SchoolPlan, students: list[Student]) -> None:
        past = [day for day in plan.days if plan.window.first <= day.iso <= plan.today_iso]
        self.spells = [spell for student in students for spell in _spells(plan, student, past)]
        self._away: dict[tuple[str, int], Spell] = {
            (day.iso, spell.student.place): spell for spell in self.spells for day in spell.days
        }

    def at(self, iso: str, number: int, student: Student) -> Spell | None:
        """The spell for which the student misses the lesson *number* of a day."""
        spell = self._away.get((iso, student.place))
        return spell if spell and (not spell.lessons or number <= spell.lessons) else None


def _spells(plan: SchoolPlan, student: Student, days: list[Day]) -> Iterator[Spell]:
    rng = plan.chance("absences", student.student_id)
    number = 0
    last = student.last
    if student.is_favoured:  # is to be seen at school these days
        last = min(last, (plan.today - _SEEN).isoformat())
    while number < len(days):
        spell = _drawn(rng, student, days[number : number + _LONGEST])
        if spell and student.first <= spell.days[0].iso and spell.days[-1].iso <= last:
            yield spell
        number += len(spell.days) if spell else 1


def _drawn(rng: Random, student: Student, days: list[Day]) -> Spell | None:
    """The spell that begins on the first of *days*, if one does."""
    chance = rng.random()
    if chance < _ILL:
        return Spell(student, tuple(days[: rng.randint(1, _LONGEST)]), rng.choice(ILLNESSES))
    if chance < _ILL + _EXCUSED:
        return Spell(student, tuple(days[: rng.randint(1, 2)]), rng.choice(EXCUSES))
    if chance < _ILL + _EXCUSED + _VISIT:
        return Spell(student, (days[0],), rng.choice(VISITS), lessons=rng.randint(1, 3))
    if 1 - chance < _TRUANT * (1.5 - student.diligence):
        return Spell(student, (days[0],), None, AttendanceStatus.ABSENT, rng.choice((0, 1, 2)))
    return None


def notices(
    plan: SchoolPlan,
    students: list[Student],
    absences: Absences,
    lessons: dict[str, list[tuple[int, LessonId]]],
    leader: PersonId,
) -> Iterator[AbsenceNotice]:
    """What parents wrote; *lessons* are the numbers and ids of the class's own lessons, by day."""
    for rng, spell, state in _announced(plan, students, absences):
        first = spell.days[0].iso
        senders = [g for g in spell.student.family.guardians if g.may_see_on(min(first, plan.today_iso))]
        if senders:
            missed = [lesson for number, lesson in lessons.get(first, ()) if number <= spell.lessons]
            confirmed_by = leader if state in {AbsenceState.CONFIRMED, AbsenceState.REJECTED} else None
            yield _notice(plan, rng, spell, state, (missed, rng.choice(senders).person_id, confirmed_by))


def _announced(
    plan: SchoolPlan, students: list[Student], absences: Absences
) -> Iterator[tuple[Random, Spell, AbsenceState]]:
    """Absences that parents wrote about: those that were, that were called off, and that are to come."""
    for spell in absences.spells:
        rng = plan.chance("notice", spell.student.student_id, spell.days[0].iso)
        share = _NOTICED if spell.status is AttendanceStatus.EXCUSED else _DISPUTED
        if not spell.student.is_guest and rng.random() < share:
            yield rng, spell, _state(plan, rng, spell)
    coming = [day for day in plan.days if plan.today_iso < day.iso][: _LONGEST + 1]
    gone = [day for day in plan.days if plan.window.first <= day.iso <= plan.today_iso]
    for student in (student for student in students if not student.is_guest):
        rng = plan.chance("notice", student.student_id)
        if gone and rng.random() < _WITHDRAWN:
            day = rng.choice(gone)
            if day.iso >= student.first and not absences.at(day.iso, 0, student):
                yield rng, Spell(student, (day,), rng.choice(EXCUSES)), AbsenceState.CANCELLED
        if coming and (student.is_favoured or rng.random() < _ANNOUNCED):
            length = rng.randint(1, len(coming))
            partly = rng.choice((0, 2)) if length == 1 else 0
            days = tuple(coming[-length:])
            yield rng, Spell(student, days, rng.choice((*EXCUSES, *VISITS)), lessons=partly), AbsenceState.SENT


def _state(plan: SchoolPlan, rng: Random, spell: Spell) -> AbsenceState:
    if spell.status is not AttendanceStatus.EXCUSED:
        return AbsenceState.REJECTED
    if spell.days[0].day > plan.today - _SETTLED and rng.choice((True, False)):
        return AbsenceState.SENT
    return AbsenceState.CONFIRMED


def _notice(
    plan: SchoolPlan,
    rng: Random,
    spell: Spell,
    state: AbsenceState,
    of: tuple[list[LessonId], PersonId, PersonId | None],
) -> AbsenceNotice:
    """The notice *of* some lessons, by somebody, confirmed by somebody or not yet."""
    first, last = spell.days[0], spell.days[-1]
    missed, sent_by, confirmed_by = of
    sent_at = _sent_at(plan, rng, first)
    confirmed_at = min(plan.now, _confirmed_after(sent_at, rng))
    return {
        "_id": plan.mint("AbsenceNotice", spell.student.student_id, first.iso, state),
        "school_id": plan.school_id,
        "student_id": spell.student.student_id,
        "kind": _kind(spell, missed),
        "days": {"first": first.iso, "last": last.iso},
        "lesson_ids": missed,
        "reason": spell.reason or rng.choice(EXCUSES),
        "state": state,
        "sent_by_id": sent_by,
        "sent_at": sent_at,
        "confirmed_by_id": confirmed_by,
        "confirmed_at": confirmed_at if confirmed_by else None,
    }


def _confirmed_after(sent_at: datetime, rng: Random) -> datetime:
    """Some time later; what comes in the evening is confirmed in the morning."""
    at = sent_at + timedelta(minutes=rng.randint(20, 300))
    read = awake(at, ZONE)
    return read if read >= sent_at + timedelta(minutes=1) else read + timedelta(hours=11)


def _kind(spell: Spell, missed: list[LessonId]) -> AbsenceKind:
    if missed:
        return AbsenceKind.LESSONS
    return AbsenceKind.DAYS if len(spell.days) == 1 else AbsenceKind.SPAN


def _sent_at(plan: SchoolPlan, rng: Random, day: Day) -> datetime:
    """The morning of the *day* or the evening before it, but never after now."""
    minutes = rng.randint(-300, -120) if rng.choice((True, False)) else rng.randint(390, 470)
    return min(day.at(minutes), plan.now - _AGO)
