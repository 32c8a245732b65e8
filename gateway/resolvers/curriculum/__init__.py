"""Curriculum: what is taught over the year, and module courses."""

from gateway.resolvers.curriculum.choosing import choose_module_course, withdraw_choice
from gateway.resolvers.curriculum.courses import (
    ChosenPeriod,
    StudentCourse,
    can_choose,
    choice,
    choices_of_courses,
    courses_by_ids,
    courses_of_schools,
    free_places,
    free_places_of_periods,
    module_courses_of,
    periods_of_choices,
    taken_places,
)
from gateway.resolvers.curriculum.forming import form_course_group
from gateway.resolvers.curriculum.reading import (
    calendar_of,
    curricula_by_ids,
    curricula_of_schools,
    curriculum_of,
    work_programmes_by_ids,
    work_programmes_of,
    work_programmes_of_schools,
)

__all__ = [
    "ChosenPeriod",
    "StudentCourse",
    "calendar_of",
    "can_choose",
    "choice",
    "choices_of_courses",
    "choose_module_course",
    "courses_by_ids",
    "courses_of_schools",
    "curricula_by_ids",
    "curricula_of_schools",
    "curriculum_of",
    "form_course_group",
    "free_places",
    "free_places_of_periods",
    "module_courses_of",
    "periods_of_choices",
    "taken_places",
    "withdraw_choice",
    "work_programmes_by_ids",
    "work_programmes_of",
    "work_programmes_of_schools",
]
