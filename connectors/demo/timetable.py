"""The week of a class: places each load so that no teacher is needed in two places at once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from connectors.demo.disciplines import CLASS_HOUR
from connectors.demo.plan import ClassPlan, Entry, Load, Slot, Teacher
from connectors.demo.staff import Staff


@dataclass(slots=True)
class _Unit:
    """The owner of one place in a week: a load, or two loads that alternate by odd and even weeks."""

    loads: tuple[tuple[Load, int | None], ...]
    left: int

    @property
    def teachers(self) -> Iterator[Teacher]:
        return (teacher for load, _ in self.loads for teacher in load.teachers)


def fill_week(plan: ClassPlan, staff: Staff, rng: Random, *, hours_per_lesson: int) -> None:
    """Place the loads of the class in its week; teachers whose other lessons collide are replaced for this class."""
    units = _units(plan.loads, hours_per_lesson)
    counts = _lessons_per_day(sum(unit.left for unit in units) + _has_class_hour(plan), plan.days)
    plan.week = [[] for _ in counts]
    for weekday, count in enumerate(counts):
        start = 1
        if weekday == 0 and _has_class_hour(plan):
            plan.week[0].append(Entry(1, next(one for one in plan.loads if one.discipline is CLASS_HOUR), None))
            plan.leader.busy.add((plan.shift, 0, 1))
            start = 2
        for number in range(start, count + 1):
            _place(plan, staff, rng, units, (plan.shift, weekday, number))


def _has_class_hour(plan: ClassPlan) -> bool:
    return any(load.discipline is CLASS_HOUR for load in plan.loads)


def _units(loads: list[Load], hours_per_lesson: int) -> list[_Unit]:
    units, odd = [], []
    for load in loads:
        if load.discipline is CLASS_HOUR:
            continue
        lessons, half = divmod(load.hours, hours_per_lesson)
        if lessons:
            units.append(_Unit(((load, None),), lessons))
        if half:
            odd.append(load)
    for first, second in zip(odd[::2], [*odd[1::2], None], strict=False):
        pair: tuple[tuple[Load, int | None], ...] = ((first, 1), (second, 0)) if second else ((first, 1),)
        units.append(_Unit(pair, 1))
    return units


def _lessons_per_day(lessons: int, days: int) -> list[int]:
    each, more = divmod(lessons, days)
    return [each + (day < more) for day in range(days)]


def _place(plan: ClassPlan, staff: Staff, rng: Random, units: list[_Unit], slot: Slot) -> None:
    _, weekday, number = slot
    today = Counter(entry.load.discipline.name for entry in plan.week[weekday])
    ranked = sorted(
        (unit for unit in units if unit.left),
        key=lambda unit: (
            unit.left / (plan.days - weekday)
            - 2 * sum(today[load.discipline.name] for load, _ in unit.loads)
            + rng.random() / 2
        ),
        reverse=True,
    )
    unit = next((one for one in ranked if all(slot not in teacher.busy for teacher in one.teachers)), None)
    if unit is None:
        unit = ranked[0]
        for teacher in [teacher for teacher in unit.teachers if slot in teacher.busy]:
            _replace(plan, staff, teacher, slot)
    for load, parity in unit.loads:
        plan.week[weekday].append(Entry(number, load, parity))
        for teacher in load.teachers:
            teacher.busy.add(slot)
    unit.left -= 1


def _replace(plan: ClassPlan, staff: Staff, teacher: Teacher, slot: Slot) -> None:
    """Find another teacher for all loads of *teacher* in this class, except the class teacher's own hour."""
    loads = [load for load in plan.loads if teacher in load.teachers and load.discipline is not CLASS_HOUR]
    placed = {
        (plan.shift, weekday, entry.number)
        for weekday, entries in enumerate(plan.week)
        for entry in entries
        if any(entry.load is load for load in loads)
    }
    colleagues = [other for load in loads for other in load.teachers]
    hours = sum(load.hours for load in loads)
    other = staff.relieve(teacher.department, hours, needs=placed | {slot}, besides=colleagues)
    teacher.hours -= hours
    teacher.busy -= placed
    other.busy |= placed
    for load in loads:
        load.teachers[load.teachers.index(teacher)] = other
