"""Suggests a day and students to look at first: a day on which much was recorded, and students it was recorded of."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from datetime import date
from typing import Final

WATCHED: Final = 500
"""The most students whose entries are counted one by one, which bounds the memory that suggestions take."""

BUSIEST: Final = 3
REMARKED: Final = 2
"""How many students are suggested for their lessons, and how many more for their remarks."""


class Suggestions:
    """Counts diary entries by week, and those of some students by student."""

    def __init__(self, attending: Container[str]) -> None:
        self._attending = attending
        self._events: Counter[tuple[str, str]] = Counter()
        self._kinds: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))

    def happened(self, kind: str, day: str, student: str) -> None:
        """Note an entry of *kind* in a diary; students who attend no group are watched only for their remarks."""
        week = week_of(day)
        self._events[kind, week] += 1
        known = student in self._kinds or len(self._kinds) < WATCHED
        if known and (student in self._attending or student in self._kinds or kind == "remarks"):
            self._kinds[student][week][kind] += 1

    def today(self, school_days: Iterable[str]) -> str | None:
        """The last school day of the week in which most students have several kinds of entries.

        Among equals, the week with the greatest share of all marks, attendance and remarks.
        """
        totals: Counter[str] = Counter()
        for (kind, _), count in self._events.items():
            totals[kind] += count
        shares: dict[str, float] = defaultdict(float)
        for (kind, week), count in sorted(self._events.items()):
            shares[week] += count / totals[kind]
        full = Counter(week for weeks in self._kinds.values() for week, kinds in weeks.items() if len(kinds) > 1)
        last_days = {week_of(day): day for day in sorted(school_days)}
        weeks = [week for week in sorted(last_days) if week in shares]
        return last_days[max(weeks, key=lambda week: (full[week], shares[week]))] if weeks else None

    def students(self, today: str, with_lessons: Container[str]) -> Iterator[str]:
        """Students with lessons *today* whose week is fullest; then some who were remarked upon."""
        week = week_of(today)
        lively = sorted((s for s in self._kinds if s in with_lessons), key=lambda s: self._rank(s, week))
        chosen = lively[:BUSIEST]
        yield from chosen
        remarked = (s for s, weeks in self._kinds.items() if any("remarks" in kinds for kinds in weeks.values()))
        yield from [s for s in sorted(remarked, key=lambda s: self._rank(s, week)) if s not in chosen][:REMARKED]

    def _rank(self, student: str, week: str) -> tuple[int, int, int, str]:
        weeks = self._kinds[student]
        kinds = {kind for counts in weeks.values() for kind in counts}
        now = weeks.get(week, Counter())
        return -len(now), -len(kinds), -now.total(), student


def week_of(day: str) -> str:
    """The ISO week of a day, such as `2021-W39`."""
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02}"
