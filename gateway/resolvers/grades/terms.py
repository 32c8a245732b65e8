"""The attestation period over which the marks of each subject are averaged for a student (F78, trap T6)."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from connectors.grades import AttestationPeriod
from connectors.vocabulary import ClassId, Days, GroupId, SubjectId, spanning


class Term(NamedTuple):
    """The days over which marks are averaged: those of a period, or of the school year where *period* is None."""

    period: AttestationPeriod | None
    days: Days


class Terms(dict[SubjectId | None, Term]):
    """The term of each subject, computed on first use, for students of one class and the same groups.

    The term is the chosen period, if there is one. Otherwise it is the current one of the most specific periods: those
    of a study group come before those of a subject, these before those of a class, and these before general ones.
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
    def _found(self) -> dict[SubjectId | None, AttestationPeriod | None]:
        """The period of each subject that has periods of its own and, under None, that of all others."""
        return {subject: self._period_of(subject) for subject in (None, *self._own)}

    @property
    def need_school_year(self) -> bool:
        """Whether some subject has no period, so that its term is the school year."""
        return None in self._found.values()

    @cached_property
    def span(self) -> Days:
        """The smallest range of days that covers the terms of all subjects."""
        return spanning(self[subject].days for subject in (None, *self._own))

    def are_all(self, days: Days) -> bool:
        """Whether *days* are the term of every subject."""
        return all(self[subject].days == days for subject in (None, *self._own))

    def __missing__(self, subject: SubjectId | None) -> Term:
        if subject is not None and subject not in self._own:
            term = self[None]  # most subjects have no periods of their own
        else:
            period = self._found[subject]
            if period is not None:
                term = Term(period, Days(period["starts_on"], period["ends_on"]))
            elif self._year is not None:
                term = Term(None, self._year)
            else:
                raise LookupError(subject)
        self[subject] = term
        return term

    def _period_of(self, subject: SubjectId | None) -> AttestationPeriod | None:
        if self._chosen is not None:
            return self._chosen
        return current(
            most_specific([own for own in self._periods if own["subject_id"] in {None, subject}]), self._today
        )


def applicable_periods(
    periods: Sequence[AttestationPeriod], class_id: ClassId | None, groups: frozenset[GroupId]
) -> list[AttestationPeriod]:
    """The periods that apply to students of this class and these groups."""
    return [
        period
        for period in periods
        if (not period.get("class_ids") or class_id in period["class_ids"])
        and (period.get("group_id") is None or period["group_id"] in groups)
    ]


def most_specific(periods: Sequence[AttestationPeriod]) -> list[AttestationPeriod]:
    """The most specific ones of *periods*."""
    ranks = [*map(_specificity, periods)]
    best = max(ranks, default=None)
    return [period for period, rank in zip(periods, ranks, strict=True) if rank == best]


def _specificity(period: AttestationPeriod) -> tuple[bool, bool, bool]:
    return period.get("group_id") is not None, period["subject_id"] is not None, bool(period.get("class_ids"))


def current(periods: Sequence[AttestationPeriod], today: str) -> AttestationPeriod | None:
    """The shortest period that contains today; else the latest that has begun; None where none has begun."""
    begun = [period for period in periods if period["starts_on"] <= today]
    return shortest_with(begun, today) or (begun[-1] if begun else None)


def shortest_with(periods: Sequence[AttestationPeriod], day: str) -> AttestationPeriod | None:
    """The shortest period that contains *day*; None where none does."""
    containing = [period for period in periods if period["starts_on"] <= day <= period["ends_on"]]
    return min(containing, key=_length, default=None)


def _length(period: AttestationPeriod) -> timedelta:
    return date.fromisoformat(period["ends_on"]) - date.fromisoformat(period["starts_on"])
