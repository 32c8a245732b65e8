"""The report card: a row per subject and attestation period, and the averages of its marks."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple, TypedDict, TypeVar

from connectors.directory import AverageKind, Person, SchoolYear, class_on, in_force
from connectors.grades import AttestationPeriod, ClassMarks, ClassSubject, FinalGrade, Journal, Mark
from connectors.vocabulary import ClassId, Day, Days, GroupId, PeriodId, SchoolId, StudentId, SubjectId, spanning
from gateway.averages import exact, is_anonymous, ratio
from gateway.context import Info, week_of
from gateway.resolvers.grades.periods import PERIOD, chosen_period
from gateway.resolvers.grades.subjects import Plan, names_of_unplaced, place_in, plans_of, subjects_of_lessons
from gateway.resolvers.grades.terms import Terms, applicable_periods

K = TypeVar("K")

WEIGHED: Final = frozenset({"numeric_value", "weight", "counts_towards_average", "is_point", "given_on", "subject_id"})


class WeeklyAverage(TypedDict):
    """The average of one subject's marks in one week."""

    week_starts_on: Day
    average: str | None
    mark_count: int


class MarkTally:
    """Some marks, with the sums over those of them that count towards an average."""

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
    journal: Journal
    average_kind: AverageKind
    marks: list[Mark]
    tally: MarkTally


async def performance_of(
    owners: Sequence[Person],
    info: Info,
    period_id: PeriodId | None = None,
    subject_id: SubjectId | None = None,
    journal: Journal | None = Journal.MAIN,
) -> list[list[SubjectPerformance]]:
    """For each student the report card (табель): a row per subject, in the order of the curriculum.

    The marks are those of the period *period_id*; without one, of each subject's current period, or of its latest where
    none is current (F75, F78). The main journal has a row for every subject of the student, even without marks; the
    journal of the second half of the day (F62) has rows only for subjects with marks.
    """
    journal = journal or Journal.MAIN
    chosen = None if period_id is None else await chosen_period(period_id, info)
    subject_id = subject_id or (chosen["subject_id"] if chosen else None)
    cards = await _cards(owners, info, chosen)
    span = spanning(card.terms.span for card in cards)
    marks, plans = await asyncio.gather(
        info.read(
            info.connectors.grades.marks_of,
            [own["student_id"] for own in owners],
            columns=WEIGHED | info.columns_of("Mark") if info.selects("marks") else WEIGHED,
            days=span,
            subject_id=subject_id,
            journal=journal,
            only=info.subjects,
        ),
        plans_of(
            owners, [card.class_id for card in cards], [card.year for card in cards], [c.days for c in cards], info
        ),
    )
    tallies = [_tallies(card, own, span) for card, own in zip(cards, marks, strict=True)]
    if journal is Journal.MAIN:
        for card, of_subjects, taught in zip(cards, tallies, await _taught(cards, plans, info), strict=True):
            shown = None if info.subjects is None else info.subjects.of(card.student["student_id"])
            for subject in taught:
                is_wanted = subject_id in {None, subject} and (shown is None or subject in shown)
                if is_wanted and subject not in of_subjects:
                    of_subjects[subject] = MarkTally()
    orders = [plan.order for plan in plans]
    names = await names_of_unplaced(orders, tallies, info)
    return [
        _rows(card, sorted(of_subjects.items(), key=lambda item: place(item[0])), journal)
        for card, of_subjects, place in zip(cards, tallies, [place_in(order, names) for order in orders], strict=True)
    ]


async def _taught(cards: Sequence["_Card"], plans: Sequence[Plan], info: Info) -> list[Collection[SubjectId]]:
    """The subjects of each student, by the curriculum or, while its database does not answer, by the lessons."""
    if all(plan.taught is not None for plan in plans):
        return [plan.taught or () for plan in plans]
    return [*await subjects_of_lessons([card.student for card in cards], [card.days for card in cards], info)]


class _Card(NamedTuple):
    """The student, terms and rules that one report card is computed with."""

    student: Person
    terms: Terms
    today: str
    average_kind: AverageKind
    year: str
    """The academic year, such as 2026/27."""

    @property
    def days(self) -> Days:
        """The days of the term of subjects without a period of their own."""
        return self.terms[None].days

    @property
    def class_id(self) -> ClassId | None:
        """The class of the student at the end of that term, or today where the term has not ended."""
        return class_on(self.student, min(self.today, self.days.last))

    def class_at(self, last: str) -> ClassId | None:
        """The class of the student on the day *last* or, for one who joined later, today."""
        return class_on(self.student, min(self.today, last)) or class_on(self.student, self.today)


async def _cards(owners: Sequence[Person], info: Info, chosen: AttestationPeriod | None) -> list[_Card]:
    schools = [own["school_id"] for own in owners]
    periods, found = await asyncio.gather(
        info.read(info.connectors.grades.periods_of, schools, columns=PERIOD, academic_year=None)
        if chosen is None
        else _none_for_each(len(owners)),
        info.read(info.connectors.directory.schools_by_ids, schools, columns=frozenset({"average_kind"})),
    )
    terms = _terms(owners, info, chosen, periods, [None] * len(owners))
    years: Sequence[SchoolYear | None] = [None] * len(owners)
    if any(own.need_school_year for own in terms):
        years = await info.school_years(schools)
        terms = _terms(owners, info, chosen, periods, years)
    kinds = [school["average_kind"] if school else AverageKind.SIMPLE for school in found]
    return [
        _Card(own, own_terms, info.today_at(own["school_id"]), kind, _academic_year(own_terms, year))
        for own, own_terms, kind, year in zip(owners, terms, kinds, years, strict=True)
    ]


async def _none_for_each(count: int) -> list[None]:
    return [None] * count


def _terms(
    owners: Sequence[Person],
    info: Info,
    chosen: AttestationPeriod | None,
    periods: Sequence[Sequence[AttestationPeriod] | None],
    years: Sequence[SchoolYear | None],
) -> list[Terms]:
    """The terms of each student; students of the same class and the same groups share one object."""
    known: dict[tuple[SchoolId, ClassId | None, frozenset[GroupId]], Terms] = {}
    terms = []
    for own, at_school, year in zip(owners, periods, years, strict=True):
        school = own["school_id"]
        today = info.today_at(school)
        with_periods = {period.get("group_id") for period in at_school or ()}
        groups = frozenset(group for group in _groups_on(own, today) if group in with_periods)
        key = (school, class_on(own, today), groups)
        if key not in known:
            known[key] = Terms(
                chosen, applicable_periods(at_school or (), key[1], groups), year.days if year else None, today
            )
        terms.append(known[key])
    return terms


def _groups_on(student: Person, day: str) -> Iterator[GroupId]:
    for membership in student.get("memberships", ()):
        if in_force(membership["starts_on"], membership["ends_on"], day):
            yield membership["group_id"]


def _academic_year(terms: Terms, year: SchoolYear | None) -> str:
    period = terms[None].period
    if period is not None:
        return period["academic_year"]
    return year.name if year else ""


def _tallies(card: _Card, marks: Sequence[Mark], span: Days) -> dict[SubjectId, MarkTally]:
    """The tally of each subject's marks within its term. *marks* are all marks of the *span* that covers all terms."""
    terms = card.terms
    if not terms.are_all(span):
        marks = [mark for mark in marks if mark["given_on"] in terms[mark["subject_id"]].days]
    return _tallied([mark["subject_id"] for mark in marks], marks)


def _rows(card: _Card, tallies: Sequence[tuple[SubjectId, MarkTally]], journal: Journal) -> list[SubjectPerformance]:
    class_at = cache(card.class_at)
    terms = [card.terms[subject] for subject, _ in tallies]
    return [
        {
            "student_id": card.student["student_id"],
            "school_id": card.student["school_id"],
            "class_id": class_at(days.last),
            "subject_id": subject,
            "period": period,
            "days": days,
            "journal": journal,
            "average_kind": card.average_kind,
            "marks": tally.marks,
            "tally": tally,
        }
        for (subject, tally), (period, days) in zip(tallies, terms, strict=True)
    ]


def _tallied(keys: Sequence[K], marks: Sequence[Mark]) -> dict[K, MarkTally]:
    """The tally of the marks of each key; *keys* has the key of each mark, in the order of *marks*."""
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


def average(row: SubjectPerformance) -> str | None:
    """The average of the kind that the school uses, with two places; None without a mark that counts."""
    return _average(row["tally"], row["average_kind"])


def _average(tally: MarkTally, kind: AverageKind) -> str | None:
    return ratio(tally.weighted_total, tally.weights) if kind == _WEIGHTED else ratio(tally.total, tally.count)


_WEIGHTED: Final = AverageKind.WEIGHTED.value


def average_of(marks: Sequence[Mark], kind: AverageKind) -> str | None:
    """The average of some marks, with two places; None where none of them counts."""
    return _average(_tallied([None] * len(marks), marks).get(None) or MarkTally(), kind)


def simple_average(row: SubjectPerformance) -> str | None:
    """The unweighted average, with two places; None without a mark that counts (F71, traps T2 to T4)."""
    tally = row["tally"]
    return ratio(tally.total, tally.count)


def weighted_average(row: SubjectPerformance) -> str | None:
    """The average weighted by the marks' weights, with two places; None where the weights sum to zero."""
    tally = row["tally"]
    return ratio(tally.weighted_total, tally.weights)


def mark_count(row: SubjectPerformance) -> int:
    """The number of marks, including those that do not count towards the average."""
    return len(row["marks"])


def weekly(row: SubjectPerformance) -> list[WeeklyAverage]:
    """The average of each week that has marks, in time (F80)."""
    marks = row["marks"]
    tallies = _tallied([week_of(mark["given_on"]).first for mark in marks], marks)
    return [
        WeeklyAverage(
            week_starts_on=Day(week), average=_average(tally, row["average_kind"]), mark_count=len(tally.marks)
        )
        for week, tally in sorted(tallies.items())
    ]


async def class_average(rows: Sequence[SubjectPerformance], info: Info) -> list[str | None]:
    """For each row the class average; None where it would reveal the marks of fewer than five students."""
    keys = [
        ClassSubject(row["class_id"], row["subject_id"], row["days"], row["journal"]) if row["class_id"] else None
        for row in rows
    ]
    found, periods = await asyncio.gather(
        info.read(info.connectors.grades.class_marks, keys, columns=frozenset()),
        info.read(
            info.connectors.grades.periods_of, [row["school_id"] for row in rows], columns=PERIOD, academic_year=None
        ),
    )
    return [
        _class_average(row, summed, [Days(period["starts_on"], period["ends_on"]) for period in own or ()])
        for row, summed, own in zip(rows, found, periods, strict=True)
    ]


def _class_average(row: SubjectPerformance, summed: ClassMarks | None, periods: Sequence[Days]) -> str | None:
    if summed is None or not is_anonymous(summed["marked_days"], row["days"], periods):
        return None
    if row["average_kind"] == AverageKind.WEIGHTED:
        return ratio(summed["weighted_total"], summed["weights"])
    return ratio(summed["total"], summed["marks"])


async def final_grade_of_rows(rows: Sequence[SubjectPerformance], info: Info) -> list[FinalGrade | None]:
    """For each row the final grade of its subject and period; None until it is given."""
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
