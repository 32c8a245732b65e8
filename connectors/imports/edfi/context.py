"""The knowledge of the second pass over the files: the survey, and all that follows from it."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors.imports.edfi.identity import same_people
from connectors.imports.edfi.keys import Ids, PersonKey, SectionKey, SessionKey
from connectors.imports.edfi.rosters import Leadership, Rosters
from connectors.imports.edfi.suggestions import Suggestions
from connectors.imports.edfi.survey import Survey
from connectors.imports.edfi.timetable import Timetable
from connectors.imports.errors import Unusable
from connectors.imports.summary import Summary
from connectors.vocabulary import Day


class Options(NamedTuple):
    """Options of an import that the files themselves do not say."""

    issuer: str
    """The issuer of the tokens its people sign in with, which also keeps its ids apart from those of other sources."""
    time_zone: str
    """The schools' IANA time zone."""
    today: Day
    """The day of the import."""


class Context:
    """One import, between its two passes and its end."""

    def __init__(self, survey: Survey, summary: Summary, options: Options) -> None:
        self.survey = survey
        self.summary = summary
        self.options = options
        self.same, self.doubted = same_people(survey.claims)
        self.ids = Ids(options.issuer, self.same)
        self.rosters = Rosters(survey)
        self.timetable = Timetable(survey, self.ids, ZoneInfo(options.time_zone))
        self.class_teachers = self.rosters.class_teachers()
        self.taught_by = self.rosters.sections_by_teacher()
        self.attending: set[str] = set()
        self.suggestions = Suggestions(survey.placements.keys() | survey.implied.keys())
        self._others: dict[PersonKey, list[PersonKey]] = defaultdict(list)
        for other, primary in self.same.items():
            self._others[primary].append(other)

    @cached_property
    def day(self) -> Day:
        """The day that the files speak of: the day of the import.

        Files of a year long past speak of that year: what they do not name did not hold in it.
        """
        years = [year for of_school in self.rosters.years.values() for year in of_school]
        latest = max(years, key=lambda year: year.ends_on, default=None)
        long_past = latest is not None and int(latest.ends_on[:4]) + 1 < int(self.options.today[:4])
        return latest.begins_on if latest and long_past else self.options.today

    @cached_property
    def roles_since(self) -> Day:
        """The first day of the last school year, or today if earlier. Posts that ended before it give no role."""
        begins = [of_school[-1].begins_on for of_school in self.rosters.years.values() if of_school]
        return min([*begins, self.day])

    @cached_property
    def led_by(self) -> Mapping[str, list[tuple[str, Leadership]]]:
        """The school and the period of each class that a member of staff leads, by the member's id."""
        led: dict[str, list[tuple[str, Leadership]]] = defaultdict(list)
        for (school, _), lead in self.class_teachers.items():
            led[lead.staff].append((school, lead))
        return led

    @cached_property
    def associated_with(self) -> Mapping[str, list[str]]:
        """The schools that a member of staff is associated with."""
        schools: dict[str, list[str]] = defaultdict(list)
        for staff, school in self.survey.staff_grades:
            schools[staff].append(school)
        return schools

    @cached_property
    def _schools_by_district(self) -> Mapping[str, list[str]]:
        schools: dict[str, list[str]] = defaultdict(list)
        for uid, school in sorted(self.survey.schools.items()):
            schools[self.survey.district_of(school) or ""].append(uid)
        return schools

    @cached_property
    def sections_offered(self) -> Mapping[tuple[SessionKey, str], list[SectionKey]]:
        """The sections that are held of each course offering."""
        sections: dict[tuple[SessionKey, str], list[SectionKey]] = defaultdict(list)
        for section in self.survey.sections:
            sections[section.session_key, section.course].append(section)
        return sections

    def known_student(self, uid: str) -> str:
        """*uid*, if the files have that student."""
        if uid not in self.survey.births:
            raise Unusable("unknown student")
        return uid

    def known_school(self, uid: str) -> str:
        """*uid* itself where the files have that school; raises `Unusable` otherwise."""
        if uid not in self.survey.schools:
            raise Unusable("unknown school")
        return uid

    def known_staff(self, uid: str) -> str:
        """*uid* itself where the files have that member of staff; raises `Unusable` otherwise."""
        if uid not in self.survey.staff:
            raise Unusable("unknown staff")
        return uid

    def known_section(self, section: SectionKey) -> SectionKey:
        """*section* itself where the files have it with its school, session and course; raises `Unusable` otherwise."""
        if section not in self.survey.sections:
            raise Unusable("unknown section")
        return section

    def schools_of(self, organization: str) -> list[str]:
        """The known schools that an organisation is, or has: a school is its own, a district has several."""
        return (
            [organization] if organization in self.survey.schools else self._schools_by_district.get(organization, [])
        )

    def others(self, person: PersonKey) -> list[PersonKey]:
        """The other records of the same person."""
        return self._others.get(person, [])

    def suggest(self) -> None:
        """Complete the summary with a day and students to look at first."""
        days = (day for of_year in self.timetable.years.values() for day in of_year.taught)
        today = self.suggestions.today(days)
        if today is None:
            return
        with_lessons = {student for student in self.survey.births if self._has_lessons(student, today)}
        self.summary.suggested_today = today
        self.summary.suggested_students = [
            self.ids.student(student) for student in self.suggestions.students(today, with_lessons)
        ]

    def _has_lessons(self, student: str, day: str) -> bool:
        return any(
            first <= day <= last and day in self.timetable.days_of(section) and self.timetable.meetings_of(section)
            for section, first, last in self.rosters.placements_of(student)
        )
