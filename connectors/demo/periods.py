"""Attestation periods: the terms of the school, and what some disciplines have of their own (F78)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from connectors.demo.calendar import SchoolYear
from connectors.demo.disciplines import Discipline, Summing
from connectors.directory import SchoolKind
from connectors.grades import PeriodKind
from connectors.ids import PeriodId, SubjectId, mint

_TERM: Final = {SchoolKind.SCHOOL: PeriodKind.QUARTER, SchoolKind.COLLEGE: PeriodKind.SEMESTER}


class Period(NamedTuple):
    period_id: PeriodId
    academic_year: str
    name: str
    kind: PeriodKind
    ordinal: int
    subject_id: SubjectId | None
    first: str
    last: str


class Periods:
    """The periods of one school in two years, and which of them a discipline is summed up over."""

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
        for year in years:
            self._periods[year.name, None] = _terms(space, kind, year)
            for subject_id, summing in own.items():
                self._periods[year.name, subject_id] = _own(space, year, subject_id, summing)

    @property
    def all(self) -> list[Period]:
        """All of them."""
        return [period for periods in self._periods.values() for period in periods]

    def of(self, subject_id: SubjectId, academic_year: str) -> list[Period]:
        """The periods a subject is summed up over, in order."""
        return self._periods.get((academic_year, subject_id)) or self._periods[academic_year, None]


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
