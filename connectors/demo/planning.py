"""Plans one school: its classes, their teachers, and the hours of lessons."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from typing import Final

from connectors.demo.bells import AFTER_LESSONS, day_of
from connectors.demo.calendar import SATURDAY, school_year, year_of
from connectors.demo.disciplines import (
    CLASS_HOUR,
    CLUBS,
    DAY_CARE,
    ELECTIVE,
    LEVELS,
    PRIMARY_LEVELS,
    SENIOR_LEVEL,
    Discipline,
    TaughtDiscipline,
    all_disciplines,
    taught,
)
from connectors.demo.hours import days_of_lessons, lessons_of_group
from connectors.demo.names import Sex
from connectors.demo.periods import Periods
from connectors.demo.plan import (
    MOVED,
    SIBLINGS,
    ZONE,
    ClassPlan,
    Load,
    Move,
    SchoolPlan,
    SharedGroup,
    Teacher,
)
from connectors.demo.staff import Staff
from connectors.demo.timetable import fill_week
from connectors.directory import SchoolKind, sort_name
from connectors.vocabulary import ClassId, Days, GroupId, PersonId, SchoolId, SubjectId, mint

CLASS_SIZE: Final = 26
LETTERS: Final = "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЭЮЯ"
SECOND_SHIFT: Final = frozenset({6, 8})
"""The grades taught in the second shift; the rules allow it for all but grades 1, 5 and 9 to 11."""

_FIRST_LEVELS: Final = (7, 7, 10, 5, 9, 2, 11, 8, 6, 3, 1, 4)
"""The grades of the first classes of a school, so that a small school has different ones."""

_FIRST_GROUPS: Final = (
    *(("ИС", 3), ("ИС", 2), ("ТМ", 3), ("БУ", 2), ("ИС", 1), ("ТМ", 1)),
    *(("БУ", 1), ("ТМ", 2), ("БУ", 3), ("ИС", 4), ("ТМ", 4)),
)
_ELECTIVE_SLOTS: Final = ((3, 7),)
_CLUB_DAYS: Final = (1, 3)
_AFTERNOON: Final = timedelta(hours=13)
"""The time of day that it is in the generated data, since midnight."""


def plan_school(
    *,
    seed: int,
    index: int,
    schools: int,
    students: int,
    today: date,
    first: date | None,
    last: date,
    issuer: str,
    files: str,
) -> SchoolPlan:
    """The plan of the school number *index*, with lessons from *first* (None: September) to *last*."""
    kind = SchoolKind.COLLEGE if index % 2 else SchoolKind.SCHOOL
    space = f"demo\x1f{seed}\x1f{index}"
    year = school_year(kind, year_of(today))
    last_year = school_year(kind, year.year - 1)
    disciplines = all_disciplines(kind)
    subjects = {name: SubjectId(mint("Subject", space, name)) for name in disciplines}
    days = [day_of(kind, ZONE, day, short=year.is_short_day(day)) for day in year.study_days(year.first, last)]
    plan = SchoolPlan(
        seed=seed,
        index=index,
        schools=schools,
        kind=kind,
        school_id=school_id(seed, index),
        number=11 + index,
        today=today,
        now=(datetime.combine(today, datetime.min.time(), ZONE) + _AFTERNOON).astimezone(UTC),
        issuer=issuer,
        files=files,
        year=year,
        last_year=last_year,
        days=days,
        window=Days(max(first or year.first, year.first).isoformat(), min(last, year.last).isoformat()),
        subjects=subjects,
        disciplines=disciplines,
        periods=Periods(space, kind, (last_year, year), disciplines, subjects),
    )
    plan.classes = list(_classes(plan, students))
    _staff(plan)
    plan.moves = list(_moves(plan))
    return plan


def school_id(seed: int, index: int) -> SchoolId:
    """The id of the school number *index*."""
    return SchoolId(mint("School", "demo", seed, index))


def _classes(plan: SchoolPlan, students: int) -> Iterator[ClassPlan]:
    count = max(1, round(students / CLASS_SIZE))
    first, named = _named_classes(plan, count)
    named.sort(key=lambda one: one[0])
    parallels: dict[tuple[str | None, int], list[ClassId]] = defaultdict(list)
    size, more = divmod(students, count)
    for index, (order, name, level, speciality) in enumerate(named):
        class_id = ClassId(plan.mint("Class", name))
        other = len(named) - 1 - index
        parallels[speciality, level].append(class_id)
        yield ClassPlan(
            index=index,
            class_id=class_id,
            name=name,
            sort_name=order,
            level=level,
            speciality=speciality,
            shift=2 if speciality is None and level in SECOND_SHIFT else 1,
            days=SATURDAY + 1 if speciality is None and level not in PRIMARY_LEVELS else SATURDAY,
            size=size + (index < more),
            since=date(plan.year.year - _years_together(speciality, level), 9, 1).isoformat(),
            is_story=name == first,
            siblings=other if other != index and size >= len(SIBLINGS) else None,
            parallel=parallels[speciality, level],
        )


def _years_together(speciality: str | None, level: int) -> int:
    if speciality is None and level >= SENIOR_LEVEL:
        return level - SENIOR_LEVEL
    return level - 1


def _named_classes(plan: SchoolPlan, count: int) -> tuple[str, list[tuple[str, str, int, str | None]]]:
    """The name of the story's class; then the order, name, level and speciality of each class."""
    if plan.kind is SchoolKind.SCHOOL:
        return "7А", _school_classes(count)
    return f"ИС-{_admitted(plan, 3)}-1", _college_groups(plan, count)


def _school_classes(count: int) -> list[tuple[str, str, int, str | None]]:
    counts: dict[int, int] = defaultdict(int)
    rest = islice(cycle(LEVELS), max(0, count - len(_FIRST_LEVELS)))
    found: list[tuple[str, str, int, str | None]] = []
    for level in (*_FIRST_LEVELS[:count], *rest):
        letter = _letter(counts[level])
        counts[level] += 1
        found.append((sort_name(f"{level:02}{letter}"), f"{level}{letter}", level, None))
    return found


def _letter(number: int) -> str:
    return LETTERS[number] if number < len(LETTERS) else f"-{number + 1}"


def _college_groups(plan: SchoolPlan, count: int) -> list[tuple[str, str, int, str | None]]:
    counts: dict[tuple[str, int], int] = defaultdict(int)
    found: list[tuple[str, str, int, str | None]] = []
    for code, course in islice(cycle(_FIRST_GROUPS), count):
        counts[code, course] += 1
        name = f"{code}-{_admitted(plan, course)}-{counts[code, course]}"
        found.append((sort_name(f"{code}-{_admitted(plan, course)}-{counts[code, course]:04}"), name, course, code))
    return found


def _admitted(plan: SchoolPlan, course: int) -> str:
    return f"{(plan.year.year - course + 1) % 100:02}"


def _staff(plan: SchoolPlan) -> None:
    staff = Staff(
        lambda number: plan.chance("teacher", number), lambda number: PersonId(plan.mint("Person", "teacher", number))
    )
    led: set[int] = set()
    for one in plan.classes:
        one.loads = list(_loads(plan, one, staff))
        one.leader = _leader(one, staff, led)
        led.add(one.leader.number)
        one.leader.leads = one.class_id
        if plan.kind is SchoolKind.SCHOOL:
            one.loads.append(Load(CLASS_HOUR, plan.subjects[CLASS_HOUR.name], 1, [one.leader]))
            one.leader.hours += 1
    plan.shared_groups = list(_shared_groups(plan, staff))
    for group in plan.shared_groups:
        group.load.lessons = lessons_of_group(plan.kind, plan.year, group)
    hours_per_lesson = 1 if plan.kind is SchoolKind.SCHOOL else 2
    for one in plan.classes:
        one.shared_groups = [group for group in plan.shared_groups if one.index in group.classes]
        fill_week(one, staff, plan.chance("week", one.name), hours_per_lesson=hours_per_lesson)
        for load in one.loads:
            load.lessons = sum(1 for _ in days_of_lessons(plan.kind, plan.year, one, load))
    plan.teachers = staff.teachers
    _reserves(plan)
    _teacher_with_a_child(plan)


def _loads(plan: SchoolPlan, one: ClassPlan, staff: Staff) -> Iterator[Load]:
    """The loads of a class; in a school one teacher has all loads of a department in it."""
    engaged: dict[str, list[Teacher]] = {}
    hours_together: dict[str, int] = defaultdict(int)
    rows = taught(plan.kind, one.speciality, one.level)
    for row in rows:
        hours_together[_team(plan, row)] += row.hours
    for row in rows:
        team, discipline = _team(plan, row), row.discipline
        halves = _halves(plan, one, discipline) if discipline.in_halves else (None,)
        if team not in engaged:
            engaged[team] = []
            for _ in halves:
                teacher = staff.engage(discipline.department, hours_together[team], besides=engaged[team])
                engaged[team].append(teacher)
        yield Load(discipline, plan.subjects[discipline.name], row.hours, list(engaged[team]), halves)


def _team(plan: SchoolPlan, row: TaughtDiscipline) -> str:
    return row.discipline.department if plan.kind is SchoolKind.SCHOOL else row.discipline.name


def _halves(plan: SchoolPlan, one: ClassPlan, discipline: Discipline) -> tuple[GroupId, ...]:
    return tuple(GroupId(plan.mint("Group", one.name, discipline.name, half)) for half in (1, 2))


def _leader(one: ClassPlan, staff: Staff, led: set[int]) -> Teacher:
    """A teacher of the class who leads no other class."""
    for load in one.loads:
        for teacher in load.teachers:
            if teacher.number not in led:
                return teacher
    load = one.loads[0]
    load.teachers[0] = staff.engage(load.discipline.department, load.hours, besides=_leading(staff, led))
    return load.teachers[0]


def _leading(staff: Staff, led: set[int]) -> list[Teacher]:
    return [staff.teachers[number] for number in led]


def _shared_groups(plan: SchoolPlan, staff: Staff) -> Iterator[SharedGroup]:
    morning = [one for one in plan.classes if one.shift == 1]
    story = plan.story_class
    club = CLUBS[plan.kind]
    older = [one for one in morning if one is not story and not one.is_primary]
    after = AFTER_LESSONS[plan.kind]
    club_slots = tuple((day, after) for day in _CLUB_DAYS)
    yield _shared(plan, staff, club, classes=[story, *older[:1]], slots=club_slots, share=0.35)
    if plan.kind is not SchoolKind.SCHOOL:
        return
    seniors = [one for one in morning if one.level >= SENIOR_LEVEL]
    pair = [one for level in (10, 11) for one in seniors if one.level == level][:1]
    pair += [one for one in seniors if one not in pair and one.level != pair[0].level][:1]
    if pair:
        yield _shared(plan, staff, ELECTIVE, classes=pair, slots=_ELECTIVE_SLOTS, share=0.5)
    small = [one for one in morning if one.is_primary][:3]
    if small:
        every_day = tuple((day, after) for day in range(SATURDAY))
        yield _shared(plan, staff, DAY_CARE, classes=small, slots=every_day, share=0.6)


def _shared(
    plan: SchoolPlan,
    staff: Staff,
    discipline: Discipline,
    *,
    classes: list[ClassPlan],
    slots: tuple[tuple[int, int], ...],
    share: float,
) -> SharedGroup:
    teacher = staff.engage(discipline.department, len(slots))
    teacher.busy.update((1, weekday, number) for weekday, number in slots)
    group_id = GroupId(plan.mint("Group", discipline.name))
    name = f"{discipline.name}: {', '.join(one.name for one in classes)}"
    load = Load(discipline, plan.subjects[discipline.name], len(slots), [teacher], (group_id,))
    indexes = tuple(one.index for one in classes)
    return SharedGroup(group_id, name, load, indexes, slots, share, discipline is not ELECTIVE)


def _reserves(plan: SchoolPlan) -> None:
    """Gives each teacher to one class as a substitute, so that no two classes need them at the same time."""
    extended = {group.load.teachers[0].number for group in plan.shared_groups}
    for teacher in plan.teachers:
        if teacher.number not in extended:
            plan.classes[teacher.number % len(plan.classes)].reserve.append(teacher)


def _teacher_with_a_child(plan: SchoolPlan) -> None:
    """Gives one female teacher a child in the story's class, which she does not lead."""
    leader = plan.story_class.leader
    mother = next((one for one in plan.teachers if one.name.sex is Sex.FEMALE and one is not leader), None)
    if mother:
        mother.is_parent = True


def _moves(plan: SchoolPlan) -> Iterator[Move]:
    story = plan.story_class
    new = next((one for one in plan.classes if one is not story and one.class_id in story.parallel), None)
    day = joining_day(plan)
    if new and day and new.size > MOVED:
        yield Move(MOVED, story.index, new.index, day)


def joining_day(plan: SchoolPlan) -> date | None:
    """The Monday of last week, on which new students came, or the first day of the running term if that is later.

    None at the very beginning of the year. It is never between two terms, so that the grades of a term are those of the
    marks of one class.
    """
    begun = [term for term in plan.year.terms if term.first < plan.today]
    if not begun:
        return None
    monday = plan.today - timedelta(days=plan.today.weekday() + 7)
    day = monday if monday in begun[-1] else begun[-1].first
    return day if day > plan.year.first else None
