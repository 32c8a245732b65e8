"""Places the control works of a class as the recommendations of 6 August 2021 on schedules of assessment want it.

Минпросвещения № СК-228/03, Рособрнадзор № 01-169/08-01: a class writes at most one control work a day, in one subject
at most one in two and a half weeks, and none at the first or the last lesson of a day.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Protocol

from connectors.schedule import Lesson

TITLE: Final = "Контрольная работа: "
MIN_BETWEEN: Final = timedelta(days=18)
"""The least number of days between control works of one subject: two and a half weeks."""


class Planned(Protocol):
    """A lesson with its topic of the work programme."""

    lesson: Lesson
    topic: str


def place_control_works(planned: Sequence[Planned], *, spares_edges: bool) -> None:
    """Move control works of one class to later lessons where the recommendations forbid their own.

    A moved work is written at the next suitable lesson of the same subject and group. The lessons are in order of time.
    With *spares_edges*, the first and the last lesson of a day have no control work.
    """
    edges = _edges(planned) if spares_edges else set()
    taken: set[str] = set()
    last: dict[tuple[str | None, str | None], date] = {}
    waiting: dict[tuple[str | None, str | None], deque[str]] = defaultdict(deque)
    for one in planned:
        lesson = one.lesson
        key = lesson["subject_id"], lesson["group_id"]
        if lesson["is_control_work"]:
            waiting[key].append(one.topic)
            lesson["is_control_work"], lesson["topic"] = False, f"{one.topic}. Обобщение"
        day = date.fromisoformat(lesson["date"])
        is_free = lesson["date"] not in taken and (lesson["date"], lesson["number"]) not in edges
        if waiting[key] and is_free and day - last.get(key, date.min) >= MIN_BETWEEN:
            taken.add(lesson["date"])
            last[key] = day
            one.topic = waiting[key].popleft()
            lesson["is_control_work"], lesson["topic"] = True, TITLE + one.topic


def _edges(planned: Sequence[Planned]) -> set[tuple[str, int]]:
    """The date and number of the first and of the last lesson of each day."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for one in planned:
        numbers[one.lesson["date"]].add(one.lesson["number"])
    return {(day, edge) for day, of_day in numbers.items() for edge in (min(of_day), max(of_day))}
