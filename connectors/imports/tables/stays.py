"""First days of stays in classes and groups: a row without a day keeps the day that an earlier run gave it."""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from connectors.imports.staging import Staging
from connectors.vocabulary import Day

ENTITY: Final = "stays"


class Stays:
    """The stays of all students of one source, as this run and earlier ones name them."""

    def __init__(self, staging: Staging, day: Day, year_began: Callable[[Day], Day]) -> None:
        self._staging = staging
        self._day = day
        self._year_began = year_began
        self._known = {row.key: dict(row.values) for row in staging.rows(ENTITY)}
        self._named: set[str] = set()
        self.places: dict[str, set[str]] = defaultdict(set)
        """The classes and groups in which each student is or once was."""
        for stay in self._known.values():
            self.places[stay["person"]].add(stay["place"])

    def begin(self, person: str, place: str, first: Day | None, last: Day | None) -> Day:
        """The first day of a stay: *first* as its row has it, else as it was, else that of the school year."""
        key = f"{place}|{person}"
        before = self._known.get(key, {})
        known = None if "over" in before else before.get("from")
        if known and last and last < known:
            known = None
        day = first or Day(known or self._year_began(min(last or self._day, self._day)))
        self._named.add(key)
        self.places[person].add(place)
        self._keep(key, {"person": person, "place": place, "from": day})
        return day

    def finish(self) -> None:
        """Mark as over each stay that no row names; if a later import names it again, it begins on a new day."""
        for key in self._known.keys() - self._named:
            self._keep(key, {**self._known[key], "over": "yes"})

    def _keep(self, key: str, values: dict[str, str]) -> None:
        if self._known.get(key) != values:
            self._known[key] = values
            self._staging.remember(ENTITY, key, values)
