"""Who belongs where and when: schools, classes and groups of students, posts of staff, who teaches and leads whom."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from connectors.imports.edfi.deliveries import is_delivered
from connectors.imports.edfi.keys import SectionKey
from connectors.imports.edfi.survey import Placement, Schooling, Survey, Teaching
from connectors.imports.errors import Unusable
from connectors.imports.links import ENROLMENTS, PLACES
from connectors.vocabulary import Day

SIX_IN_FIRST_GRADE: Final = 5
"""The age that a child reaches in the calendar year in which a grade ends, less the number of the grade."""

BELIEVED_FROM: Final = 0.95
"""The share of students of known school whom the year of birth must put into a grade of that school."""

_GRADES_IN_TITLE: Final = re.compile(r"\bGrades? (\d{1,2})(?:-(\d{1,2}))?\b", re.ASCII)
_NUMBER_OF_CODE: Final = re.compile(r"(?<!\d)(\d{1,2})$", re.ASCII)


class Year(NamedTuple):
    """A school year of one school."""

    name: str
    begins_on: Day
    ends_on: Day

    @property
    def ends_in(self) -> int:
        """The calendar year it ends in, as its name `2021-2022` says, for not all its sessions may be in the files."""
        last = self.name[-4:]
        return int(last) if last.isascii() and last.isdecimal() else int(self.ends_on[:4])


class Leadership(NamedTuple):
    """A member of staff who leads a class, and when."""

    staff: str
    starts_on: Day
    ends_on: Day


class _Teaching(NamedTuple):
    """The time in which a member of staff teaches a class in one year, and in how many sections."""

    starts_on: Day
    ends_on: Day
    sections: int

    @property
    def days(self) -> int:
        return (date.fromisoformat(self.ends_on) - date.fromisoformat(self.starts_on)).days


class Rosters:
    """Reads the survey for the memberships that it names or implies."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self.years: Mapping[str, list[Year]] = _years(survey)
        self._last_year_ends = max((year.ends_in for years in self.years.values() for year in years), default=None)
        known = [(s, school) for s, (_, school) in survey.last_seen.items() if s in survey.births]
        self.seen = sum(school in survey.schools for _, school in known)
        self.confirmed = sum(self._by_birth(s) in survey.schools[to].grades for s, to in known if to in survey.schools)
        self.ages_tell = self.seen > 0 and self.confirmed >= BELIEVED_FROM * self.seen
        self._infers_enrolments = not is_delivered(survey, ENROLMENTS)
        self._infers_places = not is_delivered(survey, PLACES)
        self._serving = _schools_by_grade(survey)
        self._grades_of_members = self._members()

    def is_seen(self, student: str) -> bool:
        """Whether a record names the school of this student."""
        return self._seen_at(student) is not None

    def school_of(self, student: str) -> str | None:
        """Where a student was seen last; else the one school that serves the grade of their age."""
        seen = self._seen_at(student)
        if seen or not (self.ages_tell and self._infers_enrolments):
            return seen
        serving = self._serving.get(self._by_birth(student), [])
        return serving[0] if len(serving) == 1 else None

    def enrolments_of(self, student: str) -> list[tuple[str, int, Schooling]]:
        """School and grade of each enrolment that leads into a class, in time."""
        dated = [schooling for _, schooling in sorted(self._survey.schoolings.get(student, {}).items())]
        dated.sort(key=lambda schooling: schooling.starts_on)
        placed = [(s.school, self._grade_at(student, s.school, s.grade), s) for s in dated or self._implied(student)]
        return [(school, grade, schooling) for school, grade, schooling in placed if grade is not None]

    def leads_into_a_class(self, student: str, school: str, starts_on: Day) -> bool:
        """Whether the enrolment of a student at a school from that day is one of `enrolments_of`."""
        return any(at == school and own.starts_on == starts_on for at, _, own in self.enrolments_of(student))

    def grade_of(self, student: str) -> int | None:
        """The grade of a student at their school of today."""
        school = self.school_of(student)
        grades = [grade for at, grade, _ in self.enrolments_of(student) if at == school]
        return grades[-1] if grades else None

    def placements_of(self, student: str) -> Iterator[tuple[SectionKey, Day, Day]]:
        """The sections a student belongs to, each span with its first and last day.

        Where the files deliver no places in sections, attendance events and marks imply them, for the whole semester.
        """
        spans = self._survey.placements.get(student, {})
        implied = self._survey.implied.get(student, set()) if self._infers_places else set()
        whole = ((section, Placement(section, Day(""), None)) for section in implied)
        named = ((section, placement) for (section, _), placement in spans.items())
        for section, placement in sorted([*named, *whole]):
            if section in self._survey.sections:
                session = self._survey.sessions[section.session_key]
                yield section, placement.starts_on or session.begins_on, placement.ends_on or session.ends_on

    def grades_of(self, section: SectionKey) -> list[int]:
        """The grades a section is for.

        The grade its course names; else the grades of its known members; else every grade of the school, for then
        any of them may come.
        """
        served = self._survey.schools[section.school].grades
        course = self._survey.course_of(section)
        named = _grades_named(self._survey.courses[section.school, course], course)
        return [g for g in served if g in named] or sorted(self._grades_of_members.get(section, ())) or list(served)

    def class_teachers(self) -> dict[tuple[str, int], Leadership]:
        """Who leads each class, by a rule, for the source does not say; and when: as long as they teach it that year.

        Of those who teach the class: who teaches it longest, then who teaches the fewest grades, then who teaches it
        most, then the lowest id; nobody leads a second class while there is someone else.
        """
        taught: dict[tuple[str, int], dict[str, _Teaching]] = defaultdict(dict)
        for section in self._survey.sections:
            for grade in self.grades_of(section):
                self._add_teachings(taught[section.school, grade], section)
        leaders: dict[tuple[str, int], Leadership] = {}
        leading: set[str] = set()
        for (school, grade), teachings in sorted(taught.items()):
            if teachings:
                staff = min(teachings, key=lambda s: self._rank(s, school, teachings[s], leading))
                leaders[school, grade] = Leadership(staff, teachings[staff].starts_on, teachings[staff].ends_on)
                leading.add(staff)
        return leaders

    def _add_teachings(self, taught: dict[str, _Teaching], section: SectionKey) -> None:
        year = self.years[section.school][-1]
        if section.year != year.name:
            return
        for teaching in self._survey.teachings_of(section):
            starts_on = max(teaching.begins_on or year.begins_on, year.begins_on)
            ends_on = min(teaching.ends_on or year.ends_on, year.ends_on)
            if teaching.staff in self._survey.staff and starts_on <= ends_on:
                before = taught.get(teaching.staff, _Teaching(starts_on, ends_on, 0))
                taught[teaching.staff] = _Teaching(
                    min(before.starts_on, starts_on), max(before.ends_on, ends_on), before.sections + 1
                )

    def staff_of(self, section: SectionKey, day: str | None = None) -> list[str]:
        """The known teachers of a section, on one *day* or at all."""
        teachings = self._survey.teachings_of(section)
        return list(dict.fromkeys(t.staff for t in teachings if t.staff in self._survey.staff and _is_on(t, day)))

    def sections_by_teacher(self) -> dict[str, list[SectionKey]]:
        """The sections that each member of staff teaches, or taught."""
        sections: dict[str, list[SectionKey]] = defaultdict(list)
        for section in self._survey.sections:
            for staff in self.staff_of(section):
                sections[staff].append(section)
        return sections

    def spans_taught(self, staff: str, sections: Iterable[SectionKey]) -> Iterator[tuple[str, Day | None, Day | None]]:
        """School, first and last day of what a member of staff teaches, one span a year: semesters are joined."""
        years: dict[tuple[str, str], list[Teaching]] = defaultdict(list)
        for section in sections:
            own = (teaching for teaching in self._survey.teachings_of(section) if teaching.staff == staff)
            years[section.school, section.year] += own
        for (school, _), teachings in sorted(years.items()):
            begins = [teaching.begins_on for teaching in teachings if teaching.begins_on is not None]
            ends = [teaching.ends_on for teaching in teachings if teaching.ends_on is not None]
            is_dated = len(begins) == len(teachings), len(ends) == len(teachings)
            yield school, min(begins) if is_dated[0] else None, max(ends) if is_dated[1] else None

    def guarded_at(self, student: str) -> str:
        """The school at which a guardianship over a student holds.

        Raises:
            Unusable: the student has no known school.
        """
        school = self.school_of(student)
        if school is None:
            raise Unusable("the student has no known school")
        return school

    def _rank(self, staff: str, school: str, teaching: _Teaching, leading: set[str]) -> tuple[bool, int, int, int, str]:
        grades = len(self._survey.staff_grades.get((staff, school), ())) or len(self._survey.schools[school].grades)
        return staff in leading, -teaching.days, grades, -teaching.sections, staff

    def _seen_at(self, student: str) -> str | None:
        _, school = self._survey.last_seen.get(student, ((0, 0), ""))
        return school if school in self._survey.schools else None

    def _by_birth(self, student: str) -> int | None:
        born = self._survey.births.get(student)
        if born is None or self._last_year_ends is None:
            return None
        return self._last_year_ends - int(born[:4]) - SIX_IN_FIRST_GRADE

    def _grade_at(self, student: str, school: str, named: int | None) -> int | None:
        grade = self._by_birth(student) if named is None and self.ages_tell else named
        known = self._survey.schools.get(school)
        return grade if known and grade in known.grades else None

    def _implied(self, student: str) -> list[Schooling]:
        school = self.school_of(student) if self._infers_enrolments else None
        years = self.years.get(school or "", [])
        return [Schooling(school, None, years[-1].begins_on, None)] if school and years else []

    def _members(self) -> dict[SectionKey, set[int]]:
        members: dict[SectionKey, set[int]] = defaultdict(set)
        for student in self._survey.placements.keys() | self._survey.implied.keys():
            grade = self.grade_of(student) if student in self._survey.births else None
            if grade is not None:
                for section, _, _ in self.placements_of(student):
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
    return {
        school: sorted(of_school, key=lambda year: (year.begins_on, year.name)) for school, of_school in years.items()
    }


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
