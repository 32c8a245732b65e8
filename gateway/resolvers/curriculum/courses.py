"""Module courses: those offered to a student with the choice that they made, and those of a school with all choices."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.curriculum import CourseChoice, CoursePeriod, ModuleCourse
from connectors.directory import Person, School, class_on
from connectors.vocabulary import CourseId, Paging, PublicId, StudentId, as_of_student, shared_and_student
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.resolvers.curriculum.reading import classes_today


class StudentCourse(ModuleCourse):
    """A course offered to one student: `_id` identifies course and student together, `course_id` the course alone."""

    course_id: CourseId
    student_id: StudentId


class ChosenPeriod(CourseChoice):
    """A student's choice of a course, with the period that they chose."""

    period: CoursePeriod


async def module_courses_of(owners: Sequence[Person], info: Info) -> list[list[StudentCourse]]:
    """For each student the module courses that they may choose, by title (F93)."""
    read = info.connectors.curriculum.courses_of
    columns = info.columns_of("ModuleCourse") | _COURSE
    found = await info.read(read, classes_today(owners, info), columns=columns)
    return [
        [as_of_student(course, own["student_id"], "course_id") for course in courses or ()]
        for own, courses in zip(owners, found, strict=True)
    ]


_COURSE: Final = frozenset({"_id", "school_id", "periods"})


async def free_places(courses: Sequence[StudentCourse], info: Info) -> list[int | None]:
    """For each course the number of students who may still choose it; None where there is no limit."""
    read = info.connectors.curriculum.choice_counts
    found = await info.read(read, [course["course_id"] for course in courses], columns=frozenset())
    return [
        None if course["capacity"] is None else max(0, course["capacity"] - (taken or 0))
        for course, taken in zip(courses, found, strict=True)
    ]


async def choice(courses: Sequence[StudentCourse], info: Info) -> list[Mapping[str, Any] | None]:
    """For each course the student's choice of it; None where they have not chosen it."""
    pairs = [(course["student_id"], course["course_id"]) for course in courses]
    columns = frozenset({"period_id", "chosen_at", "school_id"})
    found = await info.read(info.connectors.curriculum.choices_of, pairs, columns=columns)
    return [_chosen(course, own) for course, own in zip(courses, found, strict=True)]


def _chosen(course: StudentCourse, choices: Sequence[CourseChoice]) -> Mapping[str, Any] | None:
    for own in choices:
        for period in course["periods"]:
            if period["_id"] == own["period_id"]:
                return {**own, "period": period}
    return None


async def free_places_of_periods(periods: Sequence[CoursePeriod], info: Info) -> list[int | None]:
    """For each period the number of students who may still choose it; None where it has no limit of its own."""
    read = info.connectors.curriculum.period_choice_counts
    found = await info.read(read, [period["_id"] for period in periods], columns=frozenset())
    limits = [period.get("capacity") for period in periods]
    return [None if most is None else max(0, most - (taken or 0)) for most, taken in zip(limits, found, strict=True)]


def is_open(course: Mapping[str, Any], today: str) -> bool:
    """Whether *today* is a day on which the course may be chosen."""
    return (course.get("choose_from") or "") <= today <= (course.get("choose_until") or "9999")


def can_choose(courses: Sequence[StudentCourse], info: Info) -> list[bool]:
    """For each course whether it may be chosen today."""
    return [is_open(course, info.today_at(course["school_id"])) for course in courses]


async def courses_of_schools(
    owners: Sequence[School], info: Info, course_id: PublicId | None = None
) -> list[list[ModuleCourse]]:
    """For each school its module courses, or one of them, by title."""
    read, columns = info.connectors.curriculum.courses_of_schools, info.columns | {"_id"}
    found = await info.read(read, [own["_id"] for own in owners], columns=columns)
    return [[one for one in own or () if course_id in {None, one["_id"]}] for own in found]


async def taken_places(courses: Sequence[ModuleCourse], info: Info) -> list[int]:
    """For each course the number of students who chose it."""
    read = info.connectors.curriculum.choice_counts
    found = await info.read(read, [course["_id"] for course in courses], columns=frozenset())
    return [taken or 0 for taken in found]


async def choices_of_courses(
    courses: Sequence[ModuleCourse], info: Info, period_id: PublicId | None = None, *, page: Paging
) -> list[Connection]:
    """For each course a page of the students' choices, the latest first (F93)."""
    read = info.connectors.curriculum.choices_of_courses
    keys = [course["_id"] for course in courses]
    return await info.page(read, keys, page, order=("chosen_at", "_id"), period_id=period_id)


async def periods_of_choices(choices: Sequence[CourseChoice], info: Info) -> list[CoursePeriod | None]:
    """For each choice the period that was chosen."""
    read = info.connectors.curriculum.courses_by_ids
    found = await info.read(read, [own["course_id"] for own in choices], columns=frozenset({"periods"}))
    return [
        next((period for period in (course or {}).get("periods", ()) if period["_id"] == own["period_id"]), None)
        for own, course in zip(choices, found, strict=True)
    ]


async def courses_by_ids(ids: Sequence[str], info: Info) -> list[Any]:
    """For each id the module course offered to one of the viewer's students; else `NotFound`."""
    parts = [shared_and_student(own) for own in ids]
    columns = info.columns_of("ModuleCourse") | _COURSE | {"class_ids"}
    people, found = await asyncio.gather(
        info.read(
            info.connectors.directory.students_by_ids,
            [part[1] if part and part[1] in info.viewer.student_ids else None for part in parts],
            columns=frozenset({"student_id", "school_id", "enrolments"}),
        ),
        info.read(info.connectors.curriculum.courses_by_ids, [p[0] if p else None for p in parts], columns=columns),
    )
    return [
        as_of_student(course, person["student_id"], "course_id")
        if person and course and class_on(person, info.today_at(person["school_id"])) in course["class_ids"]
        else NotFound()
        for person, course in zip(people, found, strict=True)
    ]
