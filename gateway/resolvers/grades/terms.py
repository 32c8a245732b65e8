"""Over which attestation period the marks of a subject are summed up for a student (F78, trap T6)."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from connectors.grades import AttestationPeriod
from connectors.ids import ClassId, Days, GroupId, SubjectId, spanning


class Term(NamedTuple):
    """The days over which marks are summed up: those of a period, or without one the school year."""

    period: AttestationPeriod | None
    days: Days


class Terms(dict[SubjectId | None, Term]):
    """The term of each subject for students of one class and the same groups, found when first asked for.

    The term is the chosen one, or it is the current period of those that are bound most closely to student and subject:
    to a study group before a subject, to a subject before a class, to a class before none of them.
    """

    def __init__(
        self, chosen: AttestationPeriod | None, periods: Sequence[AttestationPeriod], year: Days | None, today: str
    ) -> None:
        super().__init__()
        self._chosen = chosen
        self._periods = periods
        self._year = year
        self._today = today
        self._own = {period["subject_id"] for period in periods}

    @cached_property
    def need_a_year(self) -> bool:
        """Whether some subject has no period, so that its marks are summed up over the school year."""
        return self._chosen is None and any(self._period(subject) is None for subject in (None, *self._own))

    @cached_property
    def span(self) -> Days:
        """The days in which the terms of all subjects lie."""
        return spanning(self[subject].days for subject in (None, *self._own))

    def are_all(self, days: Days) -> bool:
        """Whether these days are the term of every subject."""
        return all(self[subject].days == days for subject in (None, *self._own))

    def __missing__(self, subject: SubjectId | None) -> Term:
        if subject is not None and subject not in self._own:
            term = self[None]  # most subjects have no periods of their own
        else:
            period = self._period(subject)
            if period is not None:
                term = Term(period, Days(period["starts_on"], period["ends_on"]))
            elif self._year is not None:
                term = Term(None, self._year)
            else:
                raise LookupError(subject)
        self[subject] = term
        return term

    def _period(self, subject: SubjectId | None) -> AttestationPeriod | None:
        if self._chosen is not None:
            return self._chosen
        return current(closest([own for own in self._periods if own["subject_id"] in {None, subject}]), self._today)


def fitting(
    periods: Sequence[AttestationPeriod], class_id: ClassId | None, groups: frozenset[GroupId]
) -> list[AttestationPeriod]:
    """The periods that are for a student of this class and these groups."""
    return [
        period
        for period in periods
        if (not period.get("class_ids") or class_id in period["class_ids"])
        and (period.get("group_id") is None or period["group_id"] in groups)
    ]


def closest(periods: Sequence[AttestationPeriod]) -> list[AttestationPeriod]:
    """The periods that are bound most closely."""
    best = max(map(_closeness, periods), default=None)
    return [period for period in periods if _closeness(period) == best]


def _closeness(period: AttestationPeriod) -> tuple[bool, bool, bool]:
    return period.get("group_id") is not None, period["subject_id"] is not None, bool(period.get("class_ids"))


def current(periods: Sequence[AttestationPeriod], today: str) -> AttestationPeriod | None:
    """The period that today lies in, the shortest of several; else the latest that has begun."""
    begun = [period for period in periods if period["starts_on"] <= today]
    running = [period for period in begun if period["ends_on"] >= today]
    return min(running, key=_length, default=None) or (begun[-1] if begun else None)


def _length(period: AttestationPeriod) -> timedelta:
    return date.fromisoformat(period["ends_on"]) - date.fromisoformat(period["starts_on"])
