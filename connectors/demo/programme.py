"""The work programme of a discipline: the topic of each lesson of the year."""

from functools import cache
from typing import Final, NamedTuple

from connectors.demo.control_works import TITLE
from connectors.demo.plan import ClassPlan, Load
from connectors.demo.topics import topics

_LESSONS_BETWEEN_TESTS: Final = 5
_ASPECTS: Final = ("Продолжение", "Закрепление", "Практикум", "Повторение", "Обобщение")


class Topic(NamedTuple):
    title: str
    lessons: int
    ends_with_test: bool


class Step(NamedTuple):
    """One lesson of a programme; *title* is its topic in the journal."""

    topic: str
    title: str
    is_test: bool


def programme(one: ClassPlan, load: Load) -> tuple[Topic, ...]:
    """The topics of a load in a class, in the order of teaching."""
    titles = topics(load.discipline.area, one.stage, one.level)
    return _programme(titles, load.lessons, has_tests=load.discipline.has_tests and one.is_marked)


def step(one: ClassPlan, load: Load, number: int) -> Step:
    """The topic of the lesson *number* of a load, counted from 0."""
    steps = _steps(programme(one, load), is_studied=load.discipline.is_graded)
    return steps[min(number, len(steps) - 1)]


@cache
def _programme(titles: tuple[str, ...], lessons: int, *, has_tests: bool) -> tuple[Topic, ...]:
    each, more = divmod(lessons, len(titles))
    found, since = [], 0
    for number, title in enumerate(titles):
        length = each + (number < more)
        since += length
        is_tested = has_tests and since >= _LESSONS_BETWEEN_TESTS
        since = 0 if is_tested else since
        if length:
            found.append(Topic(title, length, is_tested))
    return tuple(found)


@cache
def _steps(of: tuple[Topic, ...], *, is_studied: bool) -> tuple[Step, ...]:
    return tuple(_step(topic, number if is_studied else 0) for topic in of for number in range(topic.lessons))


def _step(topic: Topic, number: int) -> Step:
    if number and topic.ends_with_test and number == topic.lessons - 1:
        return Step(topic.title, TITLE + topic.title, is_test=True)
    aspect = _ASPECTS[(number - 1) % len(_ASPECTS)]
    return Step(topic.title, f"{topic.title}. {aspect}" if number else topic.title, is_test=False)
