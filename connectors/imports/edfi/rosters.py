"""Who belongs where: schools, classes and groups of students, classes of sections, and who leads a class."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from connectors.ids import Day
from connectors.imports.edfi.keys import SectionKey
from connectors.imports.edfi.survey import Schooling, Survey, Teaching

SIX_IN_FIRST_GRADE: Final = 5
"""A child turns six in the calendar year in which the first grade ends: the grade is the age then, less this."""

BELIEVED_FROM: Final = 0.95
"""The share of students of known school whom the year of birth must put into a grade of that school."""

_GRADES_IN_TITLE: Final = re.compile(r"\bGrades? (\d+)(?:-(\d+))?")
_NUMBER_OF_CODE: Final = re.compile(r"(\d+)$")


class Year(NamedTuple):
    """A school year of one school."""

    name: str
    begins_on: Day
    ends_on: Day

    @property
    def ends_in(self) -> int:
        """The calendar year it ends in, as its name `2021-2022` says, for not all its sessions may be in the files."""
        last = self.name[-4:]
        return int(last) if last.isdecimal() else int(self.ends_on[:4])


class Rosters:
    """Reads the survey for the memberships that it tells or implies."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self.years: Mapping[str, list[Year]] = _years(survey)
        self._last_year_ends = max((year.ends_in for years in self.years.values() for year in years), default=None)
        known = [(s, school) for s, (_, school) in survey.last_seen.items() if s in survey.births]
        self.seen = sum(school in survey.schools for _, school in known)
        self.confirmed = sum(self._by_birth(s) in survey.schools[to].grades for s, to in known if to in survey.schools)
        self.ages_tell = self.seen > 0 and self.confirmed >= BELIEVED_FROM * self.seen
        self._serving = _schools_by_grade(survey)
        self._grades_of_members = self._members()

    def is_seen(self, student: str) -> bool:
        """Whether a record names the school of this student."""
        return self._seen_at(student) is not None

    def school_of(self, student: str) -> str | None:
        """Where a student was seen last; else the one school that serves the grade of his age."""
        seen = self._seen_at(student)
        if seen or not self.ages_tell:
            return seen
        serving = self._serving.get(self._by_birth(student), [])
        return serving[0] if len(serving) == 1 else None

    def enrolments_of(self, student: str) -> list[tuple[str, int, Schooling]]:
        """School and grade of each enrolment that leads into a class, in time."""
        told = sorted(self._survey.schoolings.get(student, []), key=lambda schooling: schooling.starts_on)
        placed = [(s.school, self._grade_at(student, s.school, s.grade), s) for s in told or self._implied(student)]
        return [(school, grade, schooling) for school, grade, schooling in placed if grade is not None]

    def grade_of(self, student: str) -> int | None:
        """The grade a student is in, at his school of today."""
        school = self.school_of(student)
        grades = [grade for at, grade, _ in self.enrolments_of(student) if at == school]
        return grades[-1] if grades else None

    def rolls_of(self, student: str) -> Iterator[tuple[SectionKey, Day, Day]]:
        """The sections a student belongs to, told or implied, each with its first and last day."""
        for section, roll in sorted(self._survey.rolls.get(student, {}).items()):
            if section in self._survey.sections:
                session = self._survey.sessions[section.session_key]
                yield section, roll.starts_on or session.begins_on, roll.ends_on or session.ends_on

    def grades_of(self, section: SectionKey) -> list[int]:
        """The grades a section is for.

        The grade its course names; else the grades of its known members; else every grade of the school, for then
        any of them may come.
        """
        served = self._survey.schools[section.school].grades
        course = self._survey.course_of(section)
        named = _grades_named(self._survey.courses[section.school, course], course)
        return [g for g in served if g in named] or sorted(self._grades_of_members.get(section, ())) or list(served)

    def class_teachers(self) -> dict[tuple[str, int], str]:
        """Who leads each class, by a rule, for the source does not say.

        Of those who teach the class: who teaches the fewest grades, then who teaches it most, then the lowest id;
        nobody leads a second class while there is someone else.
        """
        taught: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for section in self._survey.sections:
            for grade in self.grades_of(section):
                taught[section.school, grade].update(self.staff_of(section))
        leaders: dict[tuple[str, int], str] = {}
        for (school, grade), sections in sorted(taught.items()):
            if sections:
                leaders[school, grade] = min(sections, key=lambda s: self._rank(s, school, sections[s], leaders))
        return leaders

    def staff_of(self, section: SectionKey, day: str | None = None) -> list[str]:
        """The known teachers of a section, on one *day* or at all."""
        teachings = self._survey.teachings.get(section, [])
        return list(dict.fromkeys(t.staff for t in teachings if t.staff in self._survey.staff and _is_on(t, day)))

    def sections_by_teacher(self) -> dict[str, list[SectionKey]]:
        """The sections that each member of staff teaches."""
        sections: dict[str, list[SectionKey]] = defaultdict(list)
        for section in self._survey.sections:
            for staff in self.staff_of(section):
                sections[staff].append(section)
        return sections

    def _rank(
        self, staff: str, school: str, sections: int, leaders: Mapping[tuple[str, int], str]
    ) -> tuple[bool, int, int, str]:
        grades = len(self._survey.staff_grades.get((staff, school), ())) or len(self._survey.schools[school].grades)
        return staff in leaders.values(), grades, -sections, staff

    def _seen_at(self, student: str) -> str | None:
        _, school = self._survey.last_seen.get(student, ("", ""))
        return school if school in self._survey.schools else None

    def _by_birth(self, student: str) -> int | None:
        born = self._survey.births.get(student)
        if born is None or self._last_year_ends is None:
            return None
        return self._last_year_ends - int(born[:4]) - SIX_IN_FIRST_GRADE

    def _grade_at(self, student: str, school: str, told: int | None) -> int | None:
        grade = self._by_birth(student) if told is None and self.ages_tell else told
        known = self._survey.schools.get(school)
        return grade if known and grade in known.grades else None

    def _implied(self, student: str) -> list[Schooling]:
        school = self.school_of(student)
        years = self.years.get(school or "", [])
        return [Schooling(school, None, years[-1].begins_on, None)] if school and years else []

    def _members(self) -> dict[SectionKey, set[int]]:
        members: dict[SectionKey, set[int]] = defaultdict(set)
        for student, sections in self._survey.rolls.items():
            grade = self.grade_of(student) if student in self._survey.births else None
            if grade is not None:
                for section in sections:
                    members[section].add(grade)
        return members


def _is_on(teaching: Teaching, day: str | None) -> bool:
    return day is None or (teaching.begins_on or day) <= day <= (teaching.ends_on or day)


def _years(survey: Survey) -> dict[str, list[Year]]:
    spans: dict[tuple[str, str], list[Day]] = defaultdict(list)
    for key, session in survey.sessions.items():
        spans[key.school, key.year] += [session.begins_on, session.ends_on]
    years: dict[str, list[Year]] = defaultdict(list)
    for (school, name), days in spans.items():
        years[school].append(Year(name, min(days), max(days)))
    return {school: sorted(of_school, key=lambda year: year.begins_on) for school, of_school in years.items()}


def _schools_by_grade(survey: Survey) -> dict[int | None, list[str]]:
    serving: dict[int | None, list[str]] = defaultdict(list)
    for uid, school in sorted(survey.schools.items()):
        for grade in school.grades:
            serving[grade].append(uid)
    return serving


def _grades_named(title: str, course: str) -> range:
    """The grades of a course: `Art, Grade 3`; of `Physical Education, Grades 1-6` the one in the code, `PE-03`."""
    named = _GRADES_IN_TITLE.search(title)
    if named is None:
        return range(0)
    first, last = int(named[1]), int(named[2] or named[1])
    coded = _NUMBER_OF_CODE.search(course)
    if coded and first <= int(coded[1]) <= last:
        first = last = int(coded[1])
    return range(first, last + 1)
