"""Generates the timetable: lessons with cancellations, moves and substitutions; bells, holidays and events."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from connectors.curriculum import CalendarPeriodKind
from connectors.demo.bells import RINGS, SATURDAYS, SHORT, WEEKDAYS, Day
from connectors.demo.calendar import SATURDAY, SUNDAY, NamedDays, SchoolYear
from connectors.demo.control_works import place_control_works
from connectors.demo.disciplines import CLASS_HOUR, DAY_CARE
from connectors.demo.phrases import SCHOOL_EVENTS
from connectors.demo.plan import ZONE, ClassPlan, Load, SchoolPlan, SharedGroup, Teacher
from connectors.demo.programme import step
from connectors.directory import SchoolKind
from connectors.schedule import BellSchedule, Holiday, HolidayKind, Lesson, LessonStatus, SchoolEvent, Substitution
from connectors.vocabulary import GroupId, LessonId

_KNOWN_AHEAD: Final = timedelta(days=7)
"""How long before a lesson its substitution is announced."""

_CANCELLED, _MOVED, _SUBSTITUTED, _OTHER_SUBJECT = 0.012, 0.03, 0.07, 0.2
_GYMS: Final = frozenset({"физкультура"})
_WORKSHOPS: Final = frozenset({"Машиностроение", "Технология"})


@dataclass(slots=True, eq=False)
class Occurrence:
    """A lesson, with what the generators of homework and marks need to know of it."""

    lesson: Lesson
    day: Day
    load: Load
    teacher: Teacher
    topic: str  # of the programme, whatever the lesson does with it
    is_written_here: bool = True  # whether this class writes what several classes share

    @property
    def is_held(self) -> bool:
        """Whether the lesson took place."""
        return self.lesson["status"] is LessonStatus.HELD

    @property
    def takes_place(self) -> bool:
        """Whether the lesson took place or is planned."""
        return self.lesson["status"] in {LessonStatus.HELD, LessonStatus.PLANNED}


def of_school(plan: SchoolPlan) -> dict[str, Iterable[object]]:
    """The documents that are made once for a school, by collection; those made class by class are not among them."""
    return {
        "bell_schedules": list(_bells(plan)),
        "holidays": [
            _holiday(plan, year, period)
            for year in (plan.last_year, plan.year)
            for period in (*year.breaks, *year.public)
        ],
        "events": list(_events(plan)),
    }


def lessons_of(plan: SchoolPlan, one: ClassPlan) -> list[Occurrence]:
    """The lessons of the class within the window, in order of time."""
    rng = plan.chance("lessons", one.name)
    done: Counter[tuple[str, GroupId | None]] = Counter()
    found = []
    for day in plan.days:
        for entry in one.week[day.weekday] if day.weekday < len(one.week) else ():
            if entry.parity not in {None, day.parity}:
                continue
            for part, group_id in enumerate(entry.load.groups):
                key = (entry.load.subject_id, group_id)
                if day.iso >= plan.window.first:
                    found.append(
                        _lesson(plan, one, entry.load, part=part, day=day, number=entry.number, before=done[key])
                    )
                done[key] += 1
    place_control_works(found, spares_edges=plan.kind is SchoolKind.SCHOOL)
    _disturb(plan, one, found, rng)
    if one.is_story:
        _substitute_today(plan, one, found)
    return sorted(found, key=lambda occurrence: occurrence.lesson["starts_at"])


def lessons_of_group(plan: SchoolPlan, group: SharedGroup) -> list[Occurrence]:
    """The lessons of a group of several classes within the window, in order of time."""
    first = plan.classes[group.classes[0]]
    class_ids = [plan.classes[index].class_id for index in group.classes]
    numbers: dict[int, list[int]] = {}
    for weekday, number in group.slots:
        numbers.setdefault(weekday, []).append(number)
    found: list[Occurrence] = []
    before = 0
    for day in plan.days:
        for number in numbers.get(day.weekday, ()):
            if day.iso >= plan.window.first and (1, number) in day.rings:
                occurrence = _lesson(plan, first, group.load, part=0, day=day, number=number, before=before)
                occurrence.lesson["class_ids"] = class_ids
                occurrence.lesson["is_extended"] = group.is_extended
                found.append(occurrence)
            before += 1
    return found


def _lesson(
    plan: SchoolPlan, one: ClassPlan, load: Load, *, part: int, day: Day, number: int, before: int
) -> Occurrence:
    """The lesson *number* of a *day* for a *part* of the load; *before* is the number of its earlier lessons."""
    starts_at, ends_at = day.rings[one.shift, number]
    now = step(one, load, before)
    teacher = load.teachers[part]
    group_id = load.groups[part]
    lesson: Lesson = {
        "_id": LessonId(plan.mint("Lesson", group_id or one.class_id, day.iso, number)),
        "school_id": plan.school_id,
        "class_ids": [one.class_id],
        "group_id": group_id,
        "date": day.iso,
        "number": number,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "subject_id": load.subject_id,
        "teacher_ids": [teacher.person_id],
        "room": _room(one, load, teacher),
        "building": _building(plan, one, load),
        "status": LessonStatus.HELD if ends_at <= plan.now else LessonStatus.PLANNED,
        "topic": now.title,
        "is_control_work": now.is_test,
        "is_extended": False,
        "substitution": None,
    }
    return Occurrence(lesson, day, load, teacher, now.topic)


def _room(one: ClassPlan, load: Load, teacher: Teacher) -> str:
    if load.discipline.area in _GYMS:
        return "Спортзал"
    if load.discipline in {CLASS_HOUR, DAY_CARE}:
        return one.leader.room
    return teacher.room


def _building(plan: SchoolPlan, one: ClassPlan, load: Load) -> str:
    if plan.kind is SchoolKind.COLLEGE:
        return "Учебные мастерские" if load.discipline.department in _WORKSHOPS else "Учебный корпус 1"
    return "Корпус начальной школы" if one.is_primary else "Главный корпус"


def _disturb(plan: SchoolPlan, one: ClassPlan, lessons: list[Occurrence], rng: Random) -> None:
    """Cancel, move and substitute some of *lessons*; the new lessons of moved ones are added to them."""
    known = (plan.today + _KNOWN_AHEAD).isoformat()
    taken = {(occurrence.day.iso, occurrence.lesson["number"]) for occurrence in lessons}
    for occurrence in list(lessons):
        lesson, fate = occurrence.lesson, rng.random()
        if lesson["date"] > known or occurrence.load.discipline is CLASS_HOUR or lesson["is_control_work"]:
            continue
        if fate < _CANCELLED:
            lesson["status"] = LessonStatus.CANCELLED
        elif lesson["group_id"] is not None:
            continue
        elif occurrence.teacher is one.leader and fate < _CANCELLED + _MOVED:
            moved = _moved(plan, one, occurrence, taken)
            if moved:
                lessons.append(moved)
        elif fate > 1 - _SUBSTITUTED:
            _substitute(one, occurrence, rng)


def _moved(plan: SchoolPlan, one: ClassPlan, occurrence: Occurrence, taken: set[tuple[str, int]]) -> Occurrence | None:
    """The lesson on another day, after the other lessons of that day; None where there is no place for it soon.

    Lessons are moved to odd days and substituted on even days, so that no teacher is needed twice at one time.
    """
    reserved = {slot for group in one.shared_groups for slot in group.slots}
    start = plan.days.index(occurrence.day) + 1
    for day in plan.days[start : start + 6]:
        if day.day.toordinal() % 2 == 0 or day.weekday >= len(one.week):
            continue
        number = max((entry.number for entry in one.week[day.weekday]), default=0) + 1
        is_free = (one.shift, day.weekday, number) not in occurrence.teacher.busy and (day.iso, number) not in taken
        if is_free and (day.weekday, number) not in reserved and (one.shift, number) in day.rings:
            taken.add((day.iso, number))
            return _on(plan, one, occurrence, day, number)
    return None


def _on(plan: SchoolPlan, one: ClassPlan, occurrence: Occurrence, day: Day, number: int) -> Occurrence:
    starts_at, ends_at = day.rings[one.shift, number]
    lesson = occurrence.lesson.copy()
    lesson["_id"] = LessonId(plan.mint("Lesson", one.class_id, day.iso, number))
    occurrence.lesson["status"], occurrence.lesson["moved_to_id"] = LessonStatus.MOVED, lesson["_id"]
    lesson["moved_from_id"] = occurrence.lesson["_id"]
    lesson["date"], lesson["number"] = day.iso, number
    lesson["starts_at"], lesson["ends_at"] = starts_at, ends_at
    lesson["status"] = LessonStatus.HELD if ends_at <= plan.now else LessonStatus.PLANNED
    return Occurrence(lesson, day, occurrence.load, occurrence.teacher, occurrence.topic)


def _substitute(one: ClassPlan, occurrence: Occurrence, rng: Random) -> None:
    """Give the lesson to another teacher, or to another subject of the same teacher."""
    lesson = occurrence.lesson
    if rng.random() < _OTHER_SUBJECT:
        own = [load for load in one.loads if occurrence.teacher in load.teachers and load.groups == (None,)]
        others = [load for load in own if load is not occurrence.load and load.discipline is not CLASS_HOUR]
        if others:
            lesson["substitution"] = _instead(occurrence, subject=True, teacher=None)
            occurrence.load = rng.choice(others)
            lesson["subject_id"] = occurrence.load.subject_id
            now = step(one, occurrence.load, rng.randrange(max(1, occurrence.load.lessons)))
            lesson["topic"] = occurrence.topic = now.topic
            return
    if occurrence.day.day.toordinal() % 2:
        return
    slot = (one.shift, occurrence.day.weekday, lesson["number"])
    free = [teacher for teacher in one.reserve if slot not in teacher.busy and teacher is not occurrence.teacher]
    if free:
        teacher = rng.choice(free)
        lesson["substitution"] = _instead(occurrence, subject=False, teacher=teacher)
        lesson["teacher_ids"] = [teacher.person_id]
        occurrence.teacher = teacher


def _substitute_today(plan: SchoolPlan, one: ClassPlan, lessons: list[Occurrence]) -> None:
    """Give one of today's lessons to a teacher who does not teach the class, so that the demo has a substitute.

    Only teachers who lead no class are chosen: lessons of the others may have been moved to today.
    """
    own = {teacher.number for load in one.loads for teacher in load.teachers}
    for occurrence in reversed(lessons):
        lesson = occurrence.lesson
        slot = (one.shift, occurrence.day.weekday, lesson["number"])
        strangers = [t for t in one.reserve if t.number not in own and t.leads is None and slot not in t.busy]
        is_plain = lesson["group_id"] is None and lesson["substitution"] is None and not lesson["is_control_work"]
        if strangers and is_plain and occurrence.takes_place and lesson["date"] == plan.today_iso:
            lesson["substitution"] = _instead(occurrence, subject=False, teacher=strangers[0])
            lesson["teacher_ids"] = [strangers[0].person_id]
            occurrence.teacher = strangers[0]
            return


def _instead(occurrence: Occurrence, *, subject: bool, teacher: Teacher | None) -> Substitution:
    return {
        "instead_of_subject_id": occurrence.load.subject_id if subject else None,
        "original_teacher_id": occurrence.teacher.person_id if teacher else None,
        "substitute_teacher_id": teacher.person_id if teacher else None,
    }


def _bells(plan: SchoolPlan) -> Iterator[BellSchedule]:
    short = [
        day.isoformat() for day in plan.year.study_days(plan.year.first, plan.year.last) if plan.year.is_short_day(day)
    ]
    weekdays = {WEEKDAYS: list(range(1, SATURDAY + 1)), SATURDAYS: [SATURDAY + 1], SHORT: []}
    for name, rings in RINGS[plan.kind].items():
        yield {
            "_id": plan.mint("BellSchedule", plan.year.name, name),
            "school_id": plan.school_id,
            "name": name,
            "valid_from": plan.year.first.isoformat(),
            "valid_to": plan.year.last.isoformat(),
            "weekdays": weekdays[name],
            "dates": short if name == SHORT else [],
            "periods": [
                {"number": r.number, "starts_at": r.starts_at, "ends_at": r.ends_at, "shift": r.shift} for r in rings
            ],
        }


def _holiday(plan: SchoolPlan, year: SchoolYear, period: NamedDays) -> Holiday:
    is_public = period.kind is CalendarPeriodKind.PUBLIC_HOLIDAY
    return {
        "_id": plan.mint("Holiday", year.name, period.name),
        "school_id": plan.school_id,
        "academic_year": year.name,
        "name": period.name,
        "starts_on": period.first.isoformat(),
        "ends_on": period.last.isoformat(),
        "kind": HolidayKind.PUBLIC_HOLIDAY if is_public else HolidayKind.HOLIDAYS,
    }


def _events(plan: SchoolPlan) -> Iterator[SchoolEvent]:
    for (month, number), title, place, hour, minutes in SCHOOL_EVENTS:
        day = date(plan.year.year + (month < plan.year.first.month), month, number)
        day += timedelta(days=day.weekday() == SUNDAY)
        starts_at = datetime.combine(day, time(hour), ZONE).astimezone(UTC)
        yield {
            "_id": plan.mint("SchoolEvent", day.isoformat(), title),
            "school_id": plan.school_id,
            "date": day.isoformat(),
            "title": title,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=minutes),
            "place": place,
        }
