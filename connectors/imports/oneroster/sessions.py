"""The academic sessions: school years, the periods that marks are summed up in, and the days of classes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from connectors import curriculum, grades
from connectors.imports.errors import Unusable
from connectors.imports.oneroster import values
from connectors.imports.oneroster.staged import origin_of
from connectors.imports.oneroster.values import need
from connectors.imports.roster.entries import Origin, YearEntry
from connectors.imports.roster.roster import Roster
from connectors.imports.runs import ImportRun, Part, Write
from connectors.imports.staging import Staging
from connectors.imports.withdrawals import Withdrawals
from connectors.vocabulary import Day, PeriodId

_STUDY_COLOUR: Final = "#4C9F70"
_SUMMED: Final = ("gradingperiod", "term", "semester")
_TAUGHT: Final = ("term", "semester", "gradingperiod")
"""The types of session that periods of marks and of study are, best first: a year has those of one type."""

_KINDS: Final = {
    2: grades.PeriodKind.HALF_YEAR,
    3: grades.PeriodKind.TRIMESTER,
    4: grades.PeriodKind.QUARTER,
}
"""The kind of the periods of a year by their number."""

_FIRST_MONTH: Final = 8
"""A session that begins in this month or later is of the school year that begins in its calendar year."""


class Session(NamedTuple):
    """An academic session, of all schools."""

    key: str
    title: str
    kind: str
    year: str
    starts_on: Day
    ends_on: Day


class Sessions:
    """The sessions of a source, and which of them each class is held in."""

    def __init__(self, staging: Staging, roster: Roster) -> None:
        self._staging = staging
        self._roster = roster
        self._sessions: dict[str, Session] = {}
        self._origins: dict[str, Origin] = {}
        self._of_class: dict[str, list[Session]] = {}

    def make(self) -> None:
        """Read the sessions, and add the years to the roster."""
        for row in self._staging.rows("academicSessions"):
            origin = origin_of(row)
            with self._roster.record(origin):
                starts_on, ends_on = values.span(row.values, "startDate", "endDate")
                if starts_on is None or ends_on is None:
                    raise Unusable("without startDate and endDate")
                title, kind = need(row.values, "title"), need(row.values, "type").casefold()
                year = _year_name(row.values.get("schoolYear"), starts_on)
                self._sessions[row.key] = Session(row.key, title, kind, year, starts_on, ends_on)
                self._origins[row.key] = origin
        for year, sessions in self._by_year.items():
            first, last = min(one.starts_on for one in sessions), max(one.ends_on for one in sessions)
            for school in self._roster.schools:
                self._roster.years[school, year] = YearEntry(school, year, first, last)

    async def write(self, run: ImportRun | Withdrawals) -> None:
        """Write the periods of marks and of study, and account for the sessions."""
        for session in self._sessions.values():
            await run.account(*self._origins[session.key], self._contributions(session))

    def place(self, class_key: str, sessions: Sequence[str]) -> None:
        """Note in which sessions a class is held."""
        self._of_class[class_key] = [self._sessions[key] for key in sessions if key in self._sessions]

    def first_day(self, class_key: str) -> Day | None:
        """The first day of a class: that of its sessions, else that of the year that runs."""
        return min((session.starts_on for session in self._of_class.get(class_key, ())), default=self.year_began)

    def last_day(self, class_key: str) -> Day | None:
        """The last day of a class's sessions; None where it names none."""
        return max((session.ends_on for session in self._of_class.get(class_key, ())), default=None)

    @cached_property
    def year_began(self) -> Day | None:
        """The first day of the latest year that has begun on the day of the import; of the first year, if none has."""
        first_days = [min(one.starts_on for one in year) for year in self._by_year.values()]
        begun = [day for day in first_days if day <= self._roster.day]
        return max(begun, default=min(first_days, default=None))

    def are_long_past(self, day: Day) -> bool:
        """Whether the last session ended in a year before the last one."""
        last = max((session.ends_on for session in self._sessions.values()), default=day)
        return int(last[:4]) + 1 < int(day[:4])

    @cached_property
    def _by_year(self) -> dict[str, list[Session]]:
        years: dict[str, list[Session]] = defaultdict(list)
        for session in sorted(self._sessions.values(), key=lambda one: (one.starts_on, one.key)):
            years[session.year].append(session)
        return years

    def _contributions(self, session: Session) -> Iterator[Write | Part]:
        if not self._roster.schools:
            raise Unusable("there is no school")
        year = self._by_year[session.year]
        kinds = {one.kind for one in year}
        summed = [one for one in year if one.kind == next(filter(kinds.__contains__, _SUMMED), None)]
        is_taught = session.kind == next(filter(kinds.__contains__, _TAUGHT), None)
        for school in sorted(self._roster.schools):
            yield Part(self._roster.ids.of("AcademicYear", school, session.year))
            if session in summed:
                yield self._period(session, school, summed)
            if is_taught:
                yield self._study(session, school)

    def _period(self, session: Session, school: str, summed: Sequence[Session]) -> Write:
        document = grades.AttestationPeriod(
            _id=PeriodId(self._roster.ids.of("AttestationPeriod", school, session.key)),
            school_id=self._roster.ids.school(school),
            academic_year=session.year,
            name=session.title,
            kind=_KINDS.get(len(summed), grades.PeriodKind.MODULE),
            ordinal=summed.index(session) + 1,
            subject_id=None,
            starts_on=session.starts_on,
            ends_on=session.ends_on,
        )
        return Write("grades", "attestation_periods", document)

    def _study(self, session: Session, school: str) -> Write:
        document = curriculum.CalendarPeriod(
            _id=self._roster.ids.of("CalendarPeriod", school, session.key),
            school_id=self._roster.ids.school(school),
            academic_year=session.year,
            name=session.title,
            kind=curriculum.CalendarPeriodKind.STUDY,
            starts_on=session.starts_on,
            ends_on=session.ends_on,
            colour=_STUDY_COLOUR,
        )
        return Write("curriculum", "calendar_periods", document)


def _year_name(said: str | None, starts_on: Day) -> str:
    """`2026/27`: of the year in which it ends, as the standard has it, or of the day on which the session begins."""
    if said and said.isascii() and said.isdigit() and len(said) == len("2027"):
        last = int(said)
    else:
        last = int(starts_on[:4]) + (int(starts_on[5:7]) >= _FIRST_MONTH)
    return f"{last - 1}/{last % 100:02}"
