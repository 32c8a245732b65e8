"""Attestation periods: terms, half-years of senior classes, and periods of single disciplines (F78, trap T6)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from connectors.demo.calendar import SchoolYear
from connectors.demo.disciplines import SENIOR_LEVEL, Discipline, Summing
from connectors.directory import SchoolKind
from connectors.grades import PeriodKind
from connectors.vocabulary import PeriodId, SubjectId, mint

_TERM: Final = {SchoolKind.SCHOOL: PeriodKind.QUARTER, SchoolKind.COLLEGE: PeriodKind.SEMESTER}


_HALVES: Final = ("I полугодие", "II полугодие")


class Period(NamedTuple):
    """An attestation period; *is_senior* marks those of the senior classes of a school."""

    period_id: PeriodId
    academic_year: str
    name: str
    kind: PeriodKind
    ordinal: int
    subject_id: SubjectId | None
    first: str
    last: str
    is_senior: bool = False


class Periods:
    """The periods of one school in two years, and those by which each discipline is graded."""

    def __init__(
        self,
        space: str,
        kind: SchoolKind,
        years: tuple[SchoolYear, ...],
        disciplines: Mapping[str, Discipline],
        subjects: Mapping[str, SubjectId],
    ) -> None:
        own = {subjects[name]: one.summing for name, one in disciplines.items() if one.summing is not Summing.TERMS}
        self._periods: dict[tuple[str, SubjectId | None], list[Period]] = {}
        self._half_years: dict[str, list[Period]] = {}
        for year in years:
            self._periods[year.name, None] = _terms(space, kind, year)
            if kind is SchoolKind.SCHOOL:
                self._half_years[year.name] = _half_years(space, year)
            for subject_id, summing in own.items():
                self._periods[year.name, subject_id] = _own(space, year, subject_id, summing)

    @property
    def all(self) -> list[Period]:
        """All periods."""
        both = (*self._periods.values(), *self._half_years.values())
        return [period for periods in both for period in periods]

    def of(self, subject_id: SubjectId, academic_year: str, level: int) -> list[Period]:
        """The periods by which a subject is graded in a grade, in order.

        They are the subject's own ones; else the half-years of senior classes; else the terms.
        """
        own = self._periods.get((academic_year, subject_id))
        seniors = self._half_years.get(academic_year) if level >= SENIOR_LEVEL else None
        return own or seniors or self._periods[academic_year, None]


def _terms(space: str, kind: SchoolKind, year: SchoolYear) -> list[Period]:
    return [
        Period(
            PeriodId(mint("AttestationPeriod", space, year.name, ordinal)),
            year.name,
            term.name,
            _TERM[kind],
            ordinal,
            None,
            term.first.isoformat(),
            term.last.isoformat(),
        )
        for ordinal, term in enumerate(year.terms, start=1)
    ]


def _half_years(space: str, year: SchoolYear) -> list[Period]:
    spans = [(year.terms[0].first, year.terms[1].last), (year.terms[2].first, year.terms[3].last)]
    return [
        Period(
            PeriodId(mint("AttestationPeriod", space, year.name, "half-year", ordinal)),
            year.name,
            name,
            PeriodKind.HALF_YEAR,
            ordinal,
            None,
            first.isoformat(),
            last.isoformat(),
            is_senior=True,
        )
        for ordinal, (name, (first, last)) in enumerate(zip(_HALVES, spans, strict=True), start=1)
    ]


def _own(space: str, year: SchoolYear, subject_id: SubjectId, summing: Summing) -> list[Period]:
    if summing is Summing.YEAR:
        spans = [("Год", PeriodKind.YEAR, year.terms[0].first, year.terms[-1].last)]
    else:
        spans = []
        for number, term in enumerate(year.terms):
            middle = term.first + (term.last - term.first) // 2
            spans.append((f"Модуль {2 * number + 1}", PeriodKind.MODULE, term.first, middle))
            spans.append((f"Модуль {2 * number + 2}", PeriodKind.MODULE, middle + timedelta(days=1), term.last))
    return [
        Period(
            PeriodId(mint("AttestationPeriod", space, year.name, subject_id, ordinal)),
            year.name,
            name,
            kind,
            ordinal,
            subject_id,
            first.isoformat(),
            last.isoformat(),
        )
        for ordinal, (name, kind, first, last) in enumerate(spans, start=1)
    ]
