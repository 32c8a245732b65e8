"""The report card: a row per subject and attestation period, and the averages of its marks."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Any, Final, NamedTuple, TypedDict, TypeVar

from connectors.directory import AverageKind, Person, class_on
from connectors.grades import (
    AttestationPeriod,
    ClassMarks,
    FinalGrade,
    Mark,
)
from connectors.ids import ClassId, Day, Days, PeriodId, SchoolId, StudentId, SubjectId, spanning
from gateway.averages import SMALLEST_CLASS, exact, ratio
from gateway.context import Info, week_of
from gateway.resolvers.grades.marks import _PERIOD, _for_subject, _period

K = TypeVar("K")

WEIGHED: Final = frozenset({"numeric_value", "weight", "counts_towards_average", "is_point", "given_on", "subject_id"})


class WeeklyAverage(TypedDict):
    """The average of the marks of one week."""

    week_starts_on: Day
    average: str | None
    mark_count: int


class MarkTally:
    """Marks, and what those of them that count come to."""

    __slots__ = ("count", "marks", "total", "weighted_total", "weights")

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.count = 0
        self.total: Decimal | int = 0
        self.weighted_total: Decimal | int = 0
        self.weights = 0


class SubjectPerformance(TypedDict):
    """A row of the report card: one subject in one attestation period."""

    student_id: StudentId
    school_id: SchoolId
    class_id: ClassId | None
    subject_id: SubjectId
    period: AttestationPeriod | None
    days: Days
    average_kind: AverageKind
    marks: list[Mark]
    tally: MarkTally


async def performance_of(
    owners: Sequence[Person], info: Info, period_id: PeriodId | None = None, subject_id: SubjectId | None = None
) -> list[list[SubjectPerformance]]:
    """The report card (табель): a row per subject that has marks, by subject; of an attestation period.

    Without one, of each subject's current period, or its latest where none is current (F75, F78).
    """
    directory, grades = info.connectors.directory, info.connectors.grades
    chosen = None if period_id is None else await _period(period_id, info)
    schools = [own["school_id"] for own in owners]
    periods, averages, years = await asyncio.gather(
        info.read(grades.periods_of, schools, columns=_PERIOD, academic_year=None)
        if chosen is None
        else _nothing(len(owners)),
        info.read(directory.schools_by_ids, schools, columns=frozenset({"average_kind"})),
        info.school_years(schools),
    )
    today = info.today
    of_years = {school: year.days for school, year in zip(schools, years, strict=True)}
    terms = _Terms(chosen, dict(zip(schools, periods, strict=True)), of_years, today)
    marks = await info.read(
        grades.marks_of,
        [own["student_id"] for own in owners],
        columns=WEIGHED | info.columns_of("Mark") if info.selects("marks") else WEIGHED,
        days=terms.span,
        subject_id=subject_id or (chosen["subject_id"] if chosen else None),
        only=info.subjects,
    )
    kinds = [school["average_kind"] if school else AverageKind.SIMPLE for school in averages]
    return [_rows(own, given, terms, kind) for own, given, kind in zip(owners, marks, kinds, strict=True)]


async def _nothing(count: int) -> list[None]:
    return [None] * count


class _Term(NamedTuple):
    """What the marks of a subject are summed up over; without a period, the school year."""

    period: AttestationPeriod | None
    days: Days


class _Terms:
    """The terms of the subjects of each school, which have periods in time: the *chosen* one for all, or today's."""

    def __init__(
        self,
        chosen: AttestationPeriod | None,
        periods: Mapping[SchoolId, Sequence[AttestationPeriod] | None],
        years: Mapping[SchoolId, Days],
        today: str,
    ) -> None:
        self.today = today
        self._chosen = None if chosen is None else _term(chosen)
        self._periods = periods
        self._years = years
        self._at = {school: _TermsAt(self._chosen, own or (), years[school], today) for school, own in periods.items()}

    def at(self, school: SchoolId) -> Mapping[SubjectId | None, _Term]:
        """The term of each subject at a school."""
        return self._at[school]

    @cached_property
    def others(self) -> frozenset[SchoolId]:
        """The schools at which a subject's term is not the whole span."""
        return frozenset(school for school, terms in self._at.items() if not terms.are_all(self.span))

    @cached_property
    def span(self) -> Days:
        """The days in which all terms lie."""
        if self._chosen is not None:
            return self._chosen.days
        of_disciplines: dict[Any, list[AttestationPeriod]] = {}
        for period in chain.from_iterable(own or () for own in self._periods.values()):
            of_disciplines.setdefault((period["school_id"], period["subject_id"]), []).append(period)
        spans = [_term(p).days for own in of_disciplines.values() if (p := _current(own, self.today))]
        covered = {school for school, subject in of_disciplines if subject is None}
        if not spans or not covered >= self._periods.keys():  # some subject may have no period
            spans.extend(self._years.values())
        return spanning(spans)


class _TermsAt(dict[SubjectId | None, _Term]):
    """The terms of the subjects of one school, found when first asked for."""

    def __init__(self, chosen: _Term | None, periods: Sequence[AttestationPeriod], year: Days, today: str) -> None:
        super().__init__()
        self._chosen = chosen
        self._year = year
        self._periods = periods
        self._today = today
        self._own = {period["subject_id"] for period in periods}

    def are_all(self, days: Days) -> bool:
        """Whether every subject's term are these days."""
        return all(self[subject].days == days for subject in (None, *self._own))

    def __missing__(self, subject: SubjectId | None) -> _Term:
        if subject in self._own or subject is None:
            current = _current(_for_subject(self._periods, subject), self._today)
            term = self._chosen or (_term(current) if current else _Term(None, self._year))
        else:
            term = self[None]  # most subjects have no periods of their own
        self[subject] = term
        return term


def _term(period: AttestationPeriod) -> _Term:
    return _Term(period, Days(period["starts_on"], period["ends_on"]))


def _rows(own: Person, given: Sequence[Mark], terms: _Terms, kind: AverageKind) -> list[SubjectPerformance]:
    """The rows of one student, of whom *given* are the marks within the span of the terms."""
    student, school = own["student_id"], own["school_id"]
    at_school = terms.at(school)
    if school in terms.others:
        given = [mark for mark in given if mark["given_on"] in at_school[mark["subject_id"]].days]
    subjects = [mark["subject_id"] for mark in given]
    classes: dict[str, ClassId | None] = {}
    rows: list[SubjectPerformance] = []
    for subject, tally in sorted(_tallied(subjects, given).items()):
        period, days = at_school[subject]
        last = days.last
        if last not in classes:
            classes[last] = class_on(own, min(terms.today, last)) or class_on(own, terms.today)
        rows.append(
            {
                "student_id": student,
                "school_id": school,
                "class_id": classes[last],
                "subject_id": subject,
                "period": period,
                "days": days,
                "average_kind": kind,
                "marks": tally.marks,
                "tally": tally,
            }
        )
    return rows


def _tallied(keys: Sequence[K], marks: Sequence[Mark]) -> dict[K, MarkTally]:
    """The marks of each key, summed up in one go; a key each in *keys*."""
    tallies: dict[K, MarkTally] = {}
    for key, mark in zip(keys, marks, strict=True):
        tally = tallies.get(key)
        if tally is None:
            tally = tallies[key] = MarkTally()
        tally.marks.append(mark)
        written = mark["numeric_value"]
        if written is not None and mark["counts_towards_average"] and not mark["is_point"]:
            number = written if type(written) is int else exact(written)
            weight = mark["weight"]
            tally.count += 1
            tally.total += number
            tally.weighted_total += number * weight
            tally.weights += weight
    return tallies


def _current(own: Sequence[AttestationPeriod], today: str) -> AttestationPeriod | None:
    """The period that today lies in, the shortest of several; else the latest that has begun."""
    begun = [period for period in own if period["starts_on"] <= today]
    current = [period for period in begun if period["ends_on"] >= today]
    return min(current, key=_length, default=None) or (begun[-1] if begun else None)


def _length(period: AttestationPeriod) -> timedelta:
    return date.fromisoformat(period["ends_on"]) - date.fromisoformat(period["starts_on"])


def average(row: SubjectPerformance) -> str | None:
    """The average of the kind that the school uses."""
    return _average(row["tally"], row["average_kind"])


def _average(tally: MarkTally, kind: AverageKind) -> str | None:
    return ratio(tally.weighted_total, tally.weights) if kind == _WEIGHTED else ratio(tally.total, tally.count)


_WEIGHTED: Final = AverageKind.WEIGHTED.value


def simple_average(row: SubjectPerformance) -> str | None:
    """The sum of the marks by their number, half up, two places; null without a mark that counts (F71, traps T2-T4)."""
    tally = row["tally"]
    return ratio(tally.total, tally.count)


def weighted_average(row: SubjectPerformance) -> str | None:
    """The sum of marks times weights by the sum of the weights, half up, two places; null where they sum to nothing."""
    tally = row["tally"]
    return ratio(tally.weighted_total, tally.weights)


def mark_count(row: SubjectPerformance) -> int:
    """How many marks there are, those that do not count too."""
    return len(row["marks"])


def weekly(row: SubjectPerformance) -> list[WeeklyAverage]:
    """The average week by week, of the weeks that have marks (F80)."""
    marks = row["marks"]
    tallies = _tallied([week_of(mark["given_on"]).first for mark in marks], marks)
    return [
        WeeklyAverage(
            week_starts_on=Day(week), average=_average(tally, row["average_kind"]), mark_count=len(tally.marks)
        )
        for week, tally in sorted(tallies.items())
    ]


async def class_average(rows: Sequence[SubjectPerformance], info: Info) -> list[str | None]:
    """The average of the class in the subject and period; null for a class so small that it would tell of one."""
    keys = [(row["class_id"], row["subject_id"], row["days"]) if row["class_id"] else None for row in rows]
    found = await info.read(info.connectors.grades.class_marks, keys, columns=frozenset())
    return [_class_average(row, summed) for row, summed in zip(rows, found, strict=True)]


def _class_average(row: SubjectPerformance, summed: ClassMarks | None) -> str | None:
    if summed is None or summed["students"] < SMALLEST_CLASS:
        return None
    if row["average_kind"] == AverageKind.WEIGHTED:
        return ratio(summed["weighted_total"], summed["weights"])
    return ratio(summed["total"], summed["marks"])


async def final_grade_of_rows(rows: Sequence[SubjectPerformance], info: Info) -> list[FinalGrade | None]:
    """The final grade of the subject in the period, once it is given."""
    read = info.connectors.grades.final_grades_of
    found = await info.read(
        read, [row["student_id"] for row in rows], academic_year=None, subject_id=None, only=info.subjects
    )
    return [
        next(
            (g for g in own if g["subject_id"] == row["subject_id"] and g["period_id"] == _id(row["period"])),
            None,
        )
        for row, own in zip(rows, found, strict=True)
    ]


def _id(period: AttestationPeriod | None) -> PeriodId | str:
    return period["_id"] if period else ""
