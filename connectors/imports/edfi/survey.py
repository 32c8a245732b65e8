"""What the first reading finds out: who and what is named where, in small maps that keep no record."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from connectors.ids import Day
from connectors.imports.edfi.keys import IncidentKey, PersonKey, Pointer, SectionKey, SessionKey
from connectors.imports.edfi.records import Unusable

GRADES: Final[Mapping[str, int]] = {
    name: number
    for number, name in enumerate(
        [
            "Kindergarten",
            *(f"{ordinal} grade" for ordinal in ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh")),
            *(f"{ordinal} grade" for ordinal in ("Eighth", "Ninth", "Tenth", "Eleventh", "Twelfth")),
        ]
    )
}
"""Ed-Fi's grade levels that are classes of a school; kindergarten is 0."""


class School(NamedTuple):
    name: str
    short_name: str | None
    grades: tuple[int, ...]
    district: Pointer | None


class Session(NamedTuple):
    begins_on: Day
    ends_on: Day
    term: str
    days_taught: int | None


class GradingPeriod(NamedTuple):
    begins_on: Day
    ends_on: Day
    days_taught: int | None


class Section(NamedTuple):
    name: str | None
    room: str | None
    class_periods: tuple[str, ...]


class Teaching(NamedTuple):
    """Who teaches a section, and when."""

    staff: str
    begins_on: Day | None
    ends_on: Day | None


class Post(NamedTuple):
    """What a member of staff is in an organisation, a school or the district."""

    organization: str
    classification: str


class Schooling(NamedTuple):
    """A student's enrolment as the source dates it."""

    school: str
    grade: int | None
    starts_on: Day
    ends_on: Day | None


class Roll(NamedTuple):
    """From when to when a student is known to belong to a section; None: as long as the section lasts."""

    starts_on: Day | None
    ends_on: Day | None


class Entry(NamedTuple):
    """A gradebook entry: the work that marks are given for."""

    section: SectionKey
    title: str
    kind: str
    set_on: Day
    due_on: Day


class Incident(NamedTuple):
    """When an incident happened, and where and at what time in words."""

    day: Day
    circumstances: str


class Claim(NamedTuple):
    """A record that says of itself which person of the district it describes."""

    person: PersonKey
    given_name: str
    family_name: str
    birth_date: str | None


@dataclass(slots=True)
class Survey:
    """What the first reading found."""

    schools: dict[str, School] = field(default_factory=dict)
    districts: dict[Pointer, str] = field(default_factory=dict)
    courses: dict[tuple[str, str], str] = field(default_factory=dict)
    offerings: dict[tuple[SessionKey, str], str] = field(default_factory=dict)
    class_periods: dict[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    sessions: dict[SessionKey, Session] = field(default_factory=dict)
    grading_periods: dict[tuple[str, str], list[GradingPeriod]] = field(default_factory=lambda: defaultdict(list))
    calendar_types: dict[tuple[str, str], str] = field(default_factory=dict)
    calendar_days: dict[tuple[str, str], dict[Day, str]] = field(default_factory=lambda: defaultdict(dict))
    sections: dict[SectionKey, Section] = field(default_factory=dict)
    teachings: dict[SectionKey, list[Teaching]] = field(default_factory=lambda: defaultdict(list))
    posts: dict[str, list[Post]] = field(default_factory=lambda: defaultdict(list))
    staff: set[str] = field(default_factory=set)
    staff_grades: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    births: dict[str, str | None] = field(default_factory=dict)
    last_seen: dict[str, tuple[Day, str]] = field(default_factory=dict)
    schoolings: dict[str, list[Schooling]] = field(default_factory=lambda: defaultdict(list))
    rolls: dict[str, dict[SectionKey, Roll]] = field(default_factory=lambda: defaultdict(dict))
    contacts: dict[Pointer, str] = field(default_factory=dict)
    links: dict[Pointer, list[str]] = field(default_factory=lambda: defaultdict(list))
    children: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    incidents: dict[IncidentKey, Incident] = field(default_factory=dict)
    incident_refs: dict[Pointer, IncidentKey] = field(default_factory=dict)
    reporters: dict[IncidentKey, str] = field(default_factory=dict)
    caused: set[IncidentKey] = field(default_factory=set)
    accused: list[tuple[str, IncidentKey | Pointer]] = field(default_factory=list)
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    early_marks: set[tuple[str, tuple[str, str]]] = field(default_factory=set)
    tardies: dict[tuple[str, str, str], SectionKey] = field(default_factory=dict)
    recorded_days: set[str] = field(default_factory=set)
    claims: dict[str, list[Claim]] = field(default_factory=lambda: defaultdict(list))

    def saw(self, student: str, school: str, day: Day) -> None:
        """Remember where a student was last: it is his school of today."""
        if (day, school) > self.last_seen.get(student, ("", "")):
            self.last_seen[student] = (day, school)

    def incident_of(self, named: IncidentKey | Pointer) -> IncidentKey:
        """The known incident that a record names or points to."""
        found = named if isinstance(named, IncidentKey) else self.incident_refs.get(named)
        if found is None or found not in self.incidents:
            raise Unusable("unknown incident")
        return found

    def district_of(self, school: School) -> str | None:
        """The known district that a school belongs to."""
        return self.districts.get(school.district) if school.district else None

    def contact_of(self, named: Pointer) -> str:
        """The unique id of the known contact that a record points to."""
        found = self.contacts.get(named)
        if found is None:
            raise Unusable("unknown contact")
        return found

    def marked(self, student: str, entry: tuple[str, str]) -> None:
        """Remember that a student had a mark, hence belongs to the section of the work."""
        known = self.entries.get(entry)
        if known is None:
            self.early_marks.add((student, entry))
            return
        self.rolls[student].setdefault(known.section, Roll(None, None))
        self.saw(student, known.section.school, known.set_on)

    def course_of(self, section: SectionKey) -> str:
        """The code of the known course that a section of a known school and session teaches."""
        if section.school not in self.schools:
            raise Unusable("unknown school")
        if section.session_key not in self.sessions:
            raise Unusable("unknown session")
        code = self.offerings.get((section.session_key, section.course), section.course)
        if (section.school, code) not in self.courses:
            raise Unusable("unknown course")
        return code

    def settle(self) -> None:
        """Follow what pointed elsewhere in the files, and forget sections that hang in the air."""
        self.sections = {key: section for key, section in self.sections.items() if self._is_usable(key)}
        for contact, students in self.links.items():
            if contact in self.contacts:
                self.children[self.contacts[contact]] += [student for student in students if student in self.births]
        self.links.clear()
        ahead, self.early_marks = self.early_marks, set()
        for student, entry in ahead:
            self.marked(student, entry)
        for student, named in self.accused:
            try:
                incident = self.incident_of(named)
            except Unusable:
                continue
            self.caused.add(incident)
            self.saw(student, incident.school, self.incidents[incident].day)
        self.accused.clear()

    def _is_usable(self, section: SectionKey) -> bool:
        try:
            self.course_of(section)
        except Unusable:
            return False
        return True
