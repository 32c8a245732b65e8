"""The findings of the first pass over the files: who and what is named where, in small maps that keep no record.

Nothing in it depends on the order of records. Of several records about the same thing one is accepted, by its contents
alone: the one that gives the least access (it ends first, or restricts a contact), else the one whose fingerprint is
the lowest.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, TypeVar

from connectors.imports.edfi.keys import IncidentKey, PersonKey, Pointer, SectionKey, SessionKey
from connectors.imports.edfi.records import Record
from connectors.imports.errors import Unusable
from connectors.vocabulary import Day

Target = TypeVar("Target")

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
    """A member of staff who teaches a section, and when."""

    staff: str
    begins_on: Day | None
    ends_on: Day | None


class Post(NamedTuple):
    """The position of a member of staff in an organisation, a school or the district, and its days."""

    organization: str
    classification: str
    begins_on: Day | None
    ends_on: Day | None


class Schooling(NamedTuple):
    """A student's enrolment at a school; *grade* is None where the record names none."""

    school: str
    grade: int | None
    starts_on: Day
    ends_on: Day | None


class Placement(NamedTuple):
    """A span in which a student belongs to a section; without an end it lasts as long as the section."""

    section: SectionKey
    starts_on: Day
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


Accusation = tuple[str, str]
"""A student named as a cause of an incident, and the behaviour."""

END_OF_TIME: Final = Day("9999-12-31")

AMBIGUOUS: Final = None
"""Stands for the target of an XML id that two elements of its file have."""


@dataclass(slots=True)
class Survey:
    """The findings of the first pass, on the day *today*."""

    today: Day = END_OF_TIME
    interchanges: set[str] = field(default_factory=set)
    """The kinds of file that were read, such as `InterchangeStudent`."""
    entities: set[str] = field(default_factory=set)
    """The entities of which a record was read."""
    schools: dict[str, School] = field(default_factory=dict)
    districts: dict[Pointer, str | None] = field(default_factory=dict)
    courses: dict[tuple[str, str], str] = field(default_factory=dict)
    offerings: dict[tuple[SessionKey, str], str] = field(default_factory=dict)
    class_periods: dict[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    used_periods: set[tuple[str, str]] = field(default_factory=set)
    sessions: dict[SessionKey, Session] = field(default_factory=dict)
    grading_periods: dict[tuple[str, str], dict[str, GradingPeriod]] = field(default_factory=lambda: defaultdict(dict))
    calendar_types: dict[tuple[str, str], str] = field(default_factory=dict)
    calendar_days: dict[tuple[str, str], dict[Day, tuple[str, ...]]] = field(default_factory=lambda: defaultdict(dict))
    sections: dict[SectionKey, Section] = field(default_factory=dict)
    teachings: dict[SectionKey, dict[tuple[str, str], Teaching]] = field(default_factory=lambda: defaultdict(dict))
    posts: dict[str, dict[tuple[str, str, str], Post]] = field(default_factory=lambda: defaultdict(dict))
    staff: set[str] = field(default_factory=set)
    staff_grades: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    births: dict[str, str | None] = field(default_factory=dict)
    last_seen: dict[str, tuple[tuple[int, int], str]] = field(default_factory=dict)
    schoolings: dict[str, dict[tuple[str, Day], Schooling]] = field(default_factory=lambda: defaultdict(dict))
    placements: dict[str, dict[tuple[SectionKey, Day], Placement]] = field(default_factory=lambda: defaultdict(dict))
    implied: dict[str, set[SectionKey]] = field(default_factory=lambda: defaultdict(set))
    """The sections that an attendance event or a mark of a student is of."""
    contacts: dict[Pointer, str | None] = field(default_factory=dict)
    links: dict[tuple[Pointer, str], str] = field(default_factory=dict)
    """The rank of each link of a contact with a student."""
    children: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    incidents: dict[IncidentKey, Incident] = field(default_factory=dict)
    incident_refs: dict[Pointer, IncidentKey | None] = field(default_factory=dict)
    reporters: dict[IncidentKey | Pointer, str] = field(default_factory=dict)
    accused: dict[tuple[IncidentKey | Pointer, Accusation], str] = field(default_factory=dict)
    causes: dict[IncidentKey, set[Accusation]] = field(default_factory=lambda: defaultdict(set))
    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    marks: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """The students who have a mark for each gradebook entry."""
    tardies: dict[tuple[str, str, str], SectionKey] = field(default_factory=dict)
    recorded_days: set[str] = field(default_factory=set)
    claims: dict[PersonKey, tuple[str, Claim]] = field(default_factory=dict)
    """The `PersonId` that each record claims."""
    rejected: dict[tuple[str, int], str] = field(default_factory=dict)
    """Why a record cannot be used, by its file and ordinal."""
    ranks: dict[Hashable, str] = field(default_factory=dict)
    """The rank of the record that is accepted for each thing, by entity and key."""

    def accept(self, record: Record, *key: Hashable) -> bool:
        """Accept *record* for the thing that *key* names, unless one of lower rank was; true if it is accepted."""
        rank, about = rank_of(record), (record.entity, *key)
        if rank > self.ranks.get(about, rank):
            return False
        self.ranks[about] = rank
        return True

    def take(self, record: Record, *key: Hashable) -> None:
        """Take *record* for what *key* names: the accepted one, the first time.

        Raises:
            Unusable: another record was accepted, or this one is a repetition.
        """
        rank, about = rank_of(record), (record.entity, *key)
        standing = self.ranks.get(about, rank)
        if rank != standing.removesuffix(_TAKEN):
            raise Unusable("contradicts another record about the same, which takes precedence")
        if standing != rank:
            raise Unusable("repeats another record")
        self.ranks[about] = rank + _TAKEN

    def note_school(self, student: str, school: str, day: Day) -> None:
        """Note that a student was at a school on *day*: the latest day up to today decides, else the next one."""
        number = date.fromisoformat(day).toordinal()
        seen = ((1, number) if day <= self.today else (0, -number)), school
        if seen > self.last_seen.get(student, ((0, -date.max.toordinal()), "")):
            self.last_seen[student] = seen

    def sessions_of(self, school: str, year: str) -> list[Session]:
        """The sessions of a school's year, in time."""
        own = [(*s[:3], key.name, s) for key, s in self.sessions.items() if (key.school, key.year) == (school, year)]
        return [session for *_, session in sorted(own, key=lambda item: item[:4])]

    def periods_of(self, school: str, year: str) -> list[GradingPeriod]:
        """The grading periods of a school's year, by name."""
        return [period for _, period in sorted(self.grading_periods.get((school, year), {}).items())]

    def teachings_of(self, section: SectionKey) -> list[Teaching]:
        """The spans in which somebody teaches a section, by staff and time."""
        return [teaching for _, teaching in sorted(self.teachings.get(section, {}).items())]

    def incident_of(self, named: IncidentKey | Pointer) -> IncidentKey:
        """The known incident that a record names or points to."""
        found = named if isinstance(named, IncidentKey) else _followed(self.incident_refs, named, "unknown incident")
        if found not in self.incidents:
            raise Unusable("unknown incident")
        return found

    def district_of(self, school: School) -> str | None:
        """The known district that a school belongs to."""
        return self.districts.get(school.district) if school.district else None

    def contact_of(self, named: Pointer) -> str:
        """The unique id of the known contact that a record points to."""
        return _followed(self.contacts, named, "unknown contact")

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
        """Follow the references between records, and forget sections whose course, session or school is unknown."""
        self.sections = {key: section for key, section in self.sections.items() if self._is_usable(key)}
        self.used_periods.update((key.school, n) for key, own in self.sections.items() for n in own.class_periods)
        self._settle_contacts()
        self._settle_incidents()
        for entry, students in self.marks.items():
            known = self.entries.get(entry)
            if known is not None:
                for student in students:
                    self.implied[student].add(known.section)
                    self.note_school(student, known.section.school, known.set_on)
        self.marks.clear()
        self.recorded_days.update(entry.set_on for entry in self.entries.values())
        for student, schoolings in self.schoolings.items():
            for schooling in schoolings.values():
                self.note_school(student, schooling.school, schooling.starts_on)
        for student, placements in self.placements.items():
            for placement in placements.values():
                self.note_school(student, placement.section.school, placement.starts_on)

    def _settle_contacts(self) -> None:
        for (named, student), rank in self.links.items():
            contact = self.contacts.get(named)
            if contact is None or student not in self.births:
                continue
            about = ("StudentContactAssociation", contact, student)
            if about not in self.ranks:
                self.children[contact].append(student)
            self.ranks[about] = min(rank, self.ranks.get(about, rank))
        self.links.clear()

    def _settle_incidents(self) -> None:
        for (named, accusation), rank in self.accused.items():
            for incident in self._known_incident(named):
                about = ("StudentDisciplineIncidentBehaviorAssociation", *incident, *accusation)
                self.ranks[about] = min(rank, self.ranks.get(about, rank))
                self.causes[incident].add(accusation)
                self.note_school(accusation[0], incident.school, self.incidents[incident].day)
        self.accused.clear()
        reporters, self.reporters = self.reporters, {}
        for named, staff in reporters.items():
            for incident in self._known_incident(named):
                self.reporters[incident] = min(staff, self.reporters.get(incident, staff))

    def _known_incident(self, named: IncidentKey | Pointer) -> Iterator[IncidentKey]:
        """The incident that is named, where the files have it; nothing otherwise."""
        try:
            yield self.incident_of(named)
        except Unusable:
            return

    def _is_usable(self, section: SectionKey) -> bool:
        try:
            self.course_of(section)
        except Unusable:
            return False
        return True


_TAKEN: Final = " taken"

_OPEN_END: Final = "~"


def rank_of(record: Record) -> str:
    """The rank of a record among those about the same thing; the lowest one is accepted: see the module."""
    ends_on = record.one("EndDate") or record.one("ExitWithdrawDate") or _OPEN_END
    is_unrestricted = not record.one("ContactRestrictions")
    return f"{ends_on:.10} {is_unrestricted:d} {record.fingerprint()}"


def refer(references: dict[Pointer, Target | None], pointer: Pointer, target: Target) -> None:
    """Note what *pointer* refers to; a pointer with two targets is ambiguous and is not followed."""
    references[pointer] = target if references.get(pointer, target) == target else AMBIGUOUS


def _followed(references: Mapping[Pointer, Target | None], pointer: Pointer, unknown: str) -> Target:
    if pointer not in references:
        raise Unusable(unknown)
    target = references[pointer]
    if target is None:
        raise Unusable("its reference leads to two elements of the file")
    return target
