"""Generates curricula with hours by month, work programmes, the coloured calendar, and module courses."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from connectors.curriculum import (
    CalendarPeriod,
    CalendarPeriodKind,
    CourseChoice,
    Curriculum,
    CurriculumItem,
    ModuleCourse,
    ModuleCourseKind,
    WorkProgramme,
)
from connectors.demo.calendar import SchoolYear
from connectors.demo.disciplines import SPECIALITIES
from connectors.demo.families import ALWAYS
from connectors.demo.hours import days_of_lessons
from connectors.demo.phrases import COURSES
from connectors.demo.plan import ClassPlan, Load, SchoolPlan
from connectors.demo.programme import programme
from connectors.demo.register import Register
from connectors.vocabulary import CourseId

PERIOD_COLOURS: Final = {
    CalendarPeriodKind.STUDY: "#4C9F70",
    CalendarPeriodKind.HOLIDAYS: "#F2B134",
    CalendarPeriodKind.EXAMS: "#8E5EA2",
    CalendarPeriodKind.PRACTICE: "#3C78A8",
    CalendarPeriodKind.PUBLIC_HOLIDAY: "#D1495B",
}
_COURSES_A_CLASS: Final = 3
_CAPACITIES: Final = (12, 15, None)
_CHOSEN: Final = 0.4
_CHOICE_DAYS: Final = (4, 14)  # of September
_HALF_YEARS: Final = ("I полугодие", "II полугодие")


def of_school(plan: SchoolPlan) -> dict[str, Iterable[object]]:
    """The documents that are made once for a school, by collection; those made class by class are not among them."""
    return {"calendar_periods": [row for year in (plan.last_year, plan.year) for row in _calendar(plan, year)]}


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The documents of one class, by collection; the first class of a parallel has those of the parallel.

    *taken* counts the places taken in each course.
    """
    plan, one = register.plan, register.one
    choices = list(_choices(register))
    if one.parallel[0] != one.class_id:
        return {"course_choices": choices}
    return {
        "curricula": [_curriculum(plan, one)],
        "work_programmes": [_programme(plan, one, load) for load in one.loads],
        "module_courses": list(_courses(plan, one)),
        "course_choices": choices,
    }


def _calendar(plan: SchoolPlan, year: SchoolYear) -> Iterator[CalendarPeriod]:
    for period in year.periods():
        yield {
            "_id": plan.mint("CalendarPeriod", year.name, period.name),
            "school_id": plan.school_id,
            "academic_year": year.name,
            "name": period.name,
            "kind": period.kind,
            "starts_on": period.first.isoformat(),
            "ends_on": period.last.isoformat(),
            "colour": PERIOD_COLOURS[period.kind],
        }


def _curriculum(plan: SchoolPlan, one: ClassPlan) -> Curriculum:
    of = f"{one.level} класс"
    if one.speciality is not None:
        of = f"{SPECIALITIES[one.speciality].title}, {one.level} курс"
    return {
        "_id": plan.mint("Curriculum", one.name, plan.year.name),
        "school_id": plan.school_id,
        "class_ids": one.parallel,
        "academic_year": plan.year.name,
        "name": f"Учебный план: {of}",
        "items": [_item(plan, one, load) for load in one.loads],
    }


def _item(plan: SchoolPlan, one: ClassPlan, load: Load) -> CurriculumItem:
    """A discipline of the curriculum, with the hours of its lessons in the timetable."""
    hours = 1 if one.speciality is None else 2
    days = list(days_of_lessons(plan.kind, plan.year, one, load))
    by_month = Counter(day.month for day in days)
    months = [*range(9, 13), *range(1, 9)]
    return {
        "subject_id": load.subject_id,
        "workload_hours": len(days) * hours,
        "hours_per_week": load.hours,
        "hours_by_month": [{"month": month, "hours": by_month[month] * hours} for month in months if by_month[month]],
        "passed_hours": sum(day < plan.today for day in days) * hours,
    }


def _programme(plan: SchoolPlan, one: ClassPlan, load: Load) -> WorkProgramme:
    hours = 1 if one.speciality is None else 2
    topics = programme(one, load)
    half = len(topics) // 2
    return {
        "_id": plan.mint("WorkProgramme", one.name, load.subject_id, plan.year.name),
        "school_id": plan.school_id,
        "class_ids": one.parallel,
        "academic_year": plan.year.name,
        "subject_id": load.subject_id,
        "name": f"Рабочая программа: {load.discipline.name}",
        "topics": [
            {
                "number": number,
                "title": topic.title,
                "hours": topic.lessons * hours,
                "section": "Раздел 1" if number <= half else "Раздел 2",
            }
            for number, topic in enumerate(topics, start=1)
        ],
    }


def _offered(plan: SchoolPlan, one: ClassPlan) -> list[tuple[CourseId, int | None, tuple[str, str, str]]]:
    """The id, capacity and text of each course offered to the parallel of the class."""
    if one.is_primary:
        return []
    start = _COURSES_A_CLASS * (one.level % 2)
    rows = COURSES[start : start + _COURSES_A_CLASS]
    return [
        (CourseId(plan.mint("ModuleCourse", plan.year.name, one.parallel[0], row[0])), capacity, row)
        for row, capacity in zip(rows, _CAPACITIES, strict=True)
    ]


def _courses(plan: SchoolPlan, one: ClassPlan) -> Iterator[ModuleCourse]:
    middle = date(plan.year.year, 12, 30)
    spans = [(plan.year.first, middle), (middle + timedelta(days=12), plan.year.terms[-1].last)]
    for course_id, capacity, (title, kind, description) in _offered(plan, one):
        yield {
            "_id": course_id,
            "school_id": plan.school_id,
            "class_ids": one.parallel,
            "title": title,
            "kind": ModuleCourseKind(kind),
            "description": description,
            "periods": [
                {
                    "_id": _period_id(plan, course_id, number),
                    "name": name,
                    "starts_on": first.isoformat(),
                    "ends_on": last.isoformat(),
                }
                for number, (name, (first, last)) in enumerate(zip(_HALF_YEARS, spans, strict=True))
            ],
            "capacity": capacity,
        }


def _period_id(plan: SchoolPlan, course_id: str, number: int) -> str:
    return plan.mint("CoursePeriod", course_id, number)


def _choices(register: Register) -> Iterator[CourseChoice]:
    plan, taken = register.plan, register.taken
    if not plan.days:
        return
    midnight = plan.days[0].midnight
    for student in register.own:
        if student.first != ALWAYS:
            continue  # came when the choice was over
        rng = plan.chance("courses", student.student_id)
        for course_id, capacity, _ in _offered(plan, register.one):
            chosen_at = midnight + timedelta(days=rng.randint(*_CHOICE_DAYS), minutes=rng.randint(480, 1200))
            is_full = capacity is not None and taken[course_id] >= capacity
            if rng.random() < _CHOSEN and not is_full and chosen_at <= plan.now:
                taken[course_id] += 1
                yield {
                    "_id": plan.mint("CourseChoice", course_id, student.student_id),
                    "school_id": plan.school_id,
                    "course_id": course_id,
                    "student_id": student.student_id,
                    "period_id": _period_id(plan, course_id, rng.randrange(len(_HALF_YEARS))),
                    "chosen_at": chosen_at,
                }
