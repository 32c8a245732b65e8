"""Hires teachers as classes need them; none works more hours than a working week has."""

from collections import defaultdict
from collections.abc import Callable, Collection
from random import Random
from typing import Final

from connectors.demo.names import Name, Sex, adult
from connectors.demo.plan import Slot, Teacher
from connectors.vocabulary import PersonId

MAX_HOURS: Final = 24
_LOOK_BACK: Final = 30
"""How many of the last hired teachers are considered; earlier ones have too few hours left."""

_MEN_SHARE: Final = 0.15
_MEN_SHARES: Final = {"Физическая культура": 0.6, "Безопасность": 0.8, "Технология": 0.5, "Машиностроение": 0.6}


class Staff:
    """The teachers of one school; *draw* returns the random generator of a teacher's number."""

    def __init__(self, draw: Callable[[int], Random], person_id: Callable[[int], PersonId]) -> None:
        self.teachers: list[Teacher] = []
        self._draw = draw
        self._person_id = person_id
        self._open: dict[str, list[Teacher]] = defaultdict(list)

    def engage(self, department: str, hours: int, *, besides: Collection[Teacher] = ()) -> Teacher:
        """A teacher of the *department* who has *hours* left; hired where there is none."""
        return self.relieve(department, hours, needs=frozenset(), besides=besides)

    def relieve(
        self, department: str, hours: int, *, needs: Collection[Slot], besides: Collection[Teacher] = ()
    ) -> Teacher:
        """A teacher who has *hours* left and is free at the times *needs*."""
        free = (
            teacher
            for teacher in self._open[department][-_LOOK_BACK:]
            if teacher.hours + hours <= MAX_HOURS and teacher not in besides and teacher.busy.isdisjoint(needs)
        )
        teacher = next(free, None) or self._hire(department)
        teacher.hours += hours
        if teacher.hours >= MAX_HOURS - 1:
            self._open[department].remove(teacher)
        return teacher

    def _hire(self, department: str) -> Teacher:
        number = len(self.teachers)
        name = _name(self._draw(number), department)
        teacher = Teacher(
            number, self._person_id(number), name, department, str(101 + number % 40 + 100 * (number // 40))
        )
        self.teachers.append(teacher)
        self._open[department].append(teacher)
        return teacher


def _name(rng: Random, department: str) -> Name:
    share = _MEN_SHARES.get(department, _MEN_SHARE)
    return adult(rng, Sex.MALE if rng.random() < share else Sex.FEMALE)
