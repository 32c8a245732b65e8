"""The second reading's knowledge: what the survey amounts to, and what is told of the import at its end."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from connectors.imports.edfi.identity import same_people
from connectors.imports.edfi.keys import Ids, PersonKey, SectionKey
from connectors.imports.edfi.records import Unusable
from connectors.imports.edfi.rosters import Rosters
from connectors.imports.edfi.suggestions import Suggestions
from connectors.imports.edfi.summary import Summary
from connectors.imports.edfi.survey import Survey
from connectors.imports.edfi.timetable import Timetable

Id = TypeVar("Id", bound=str)


class Write(NamedTuple):
    """A document and where it belongs."""

    subsystem: str
    collection: str
    document: Mapping[str, Any]


class Run:
    """One import, between its two readings and its end."""

    def __init__(self, survey: Survey, summary: Summary, *, issuer: str, time_zone: str) -> None:
        self.survey = survey
        self.summary = summary
        self.issuer = issuer
        self.time_zone = time_zone
        self.same, self.doubted = same_people(survey.claims)
        self.ids = Ids(issuer, self.same)
        self.rosters = Rosters(survey)
        self.timetable = Timetable(survey, self.ids, ZoneInfo(time_zone))
        self.leaders = self.rosters.class_teachers()
        self.leading = set(self.leaders.values())
        self.teachers = self.rosters.sections_by_teacher()
        self.attending: set[str] = set()
        self.suggestions = Suggestions(survey.rolls)
        self._written: set[str] = set()
        self._others: dict[PersonKey, list[PersonKey]] = defaultdict(list)
        for other, primary in self.same.items():
            self._others[primary].append(other)

    def first(self, document_id: Id) -> Id:
        """*document_id*, once: the second record of the same thing is unusable, for it could say otherwise."""
        if document_id in self._written:
            raise Unusable("told twice: the first is kept")
        self._written.add(document_id)
        return document_id

    def known_student(self, uid: str) -> str:
        """*uid*, if the files have that student."""
        if uid not in self.survey.births:
            raise Unusable("unknown student")
        return uid

    def known_school(self, uid: str) -> str:
        """*uid*, if the files have that school."""
        if uid not in self.survey.schools:
            raise Unusable("unknown school")
        return uid

    def known_staff(self, uid: str) -> str:
        """*uid*, if the files have that member of staff."""
        if uid not in self.survey.staff:
            raise Unusable("unknown staff")
        return uid

    def known_section(self, section: SectionKey) -> SectionKey:
        """*section*, if the files have it with its school, session and course."""
        if section not in self.survey.sections:
            raise Unusable("unknown section")
        return section

    def others(self, person: PersonKey) -> list[PersonKey]:
        """The other records that are the same person as this one."""
        return self._others.get(person, [])

    def suggest(self) -> None:
        """Complete the summary with a day and students to look at first."""
        days = (day for of_year in self.timetable.years.values() for day in of_year.taught)
        today = self.suggestions.today(days)
        if today is None:
            return
        with_lessons = {student for student in self.survey.rolls if self._has_lessons(student, today)}
        self.summary.suggested_today = today
        self.summary.suggested_students = [
            self.ids.student(student) for student in self.suggestions.students(today, with_lessons)
        ]

    def _has_lessons(self, student: str, day: str) -> bool:
        return any(
            first <= day <= last and day in self.timetable.days_of(section) and self.timetable.meetings_of(section)
            for section, first, last in self.rosters.rolls_of(student)
        )
