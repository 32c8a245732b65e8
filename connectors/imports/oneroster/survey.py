"""Makes a roster of the staged rows: who is where, in the words of the graph.

What the standard leaves open is decided as follows.

- **Schools** are the organisations of type `school`, and any other at which a class is held. A role at a district is
  one at each of its schools.
- **Classes** are the homerooms, and scheduled classes are study groups. A school without homerooms has the grades of
  its students as classes.
- **A student's place** without dates holds from the first day of the class's terms; a place in a study group, and its
  teacher's work, ends with the last of these days.
- **Guardians** are the agents of a student whose role is parent or guardian, whichever of the two names the other. A
  relative is linked without access to data. The link holds as long as the role does.
- **Sign-in names** are those of the users; those of `userProfiles` belong to applications, and only those of one that
  is named are taken. Nobody whom `enabledUser` turns away has one.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from connectors.directory import AssignmentKind
from connectors.imports.errors import Unusable
from connectors.imports.links import ACCOUNTS, ASSIGNMENTS, ENROLMENTS, GUARDIANSHIPS, PLACES, POSTS, SCHOOLS
from connectors.imports.oneroster import values
from connectors.imports.oneroster.sessions import Sessions
from connectors.imports.oneroster.staged import origin_of
from connectors.imports.oneroster.values import need
from connectors.imports.roster.entries import (
    AssignmentEntry,
    ClassEntry,
    GroupEntry,
    GuardianshipEntry,
    Origin,
    PersonEntry,
    PostEntry,
    SchoolEntry,
    Stay,
    SubjectEntry,
)
from connectors.imports.roster.roster import LAST_DAY, Account, Roster
from connectors.imports.staging import StagedRow, Staging, complete_of
from connectors.vocabulary import Day

_ROLES: Final[Mapping[str, str]] = {
    "administrator": "ADMINISTRATOR",
    "districtadministrator": "ADMINISTRATOR",
    "principal": "ADMINISTRATOR",
    "siteadministrator": "ADMINISTRATOR",
    "systemadministrator": "ADMINISTRATOR",
    "teacher": "TEACHER",
}
"""The roles of staff to which the graph gives rights; aides, counselors and proctors have none."""

_STUDENT: Final = "student"
_LEGAL: Final = frozenset({"guardian", "parent"})
_AGENTS: Final = frozenset({*_LEGAL, "relative"})

_LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    GUARDIANSHIPS: ("users",),
    ENROLMENTS: ("users", "classes", "enrollments"),
    PLACES: ("users", "classes", "enrollments"),
    ASSIGNMENTS: ("users", "classes", "enrollments"),
    POSTS: ("users", "classes", "enrollments"),
    SCHOOLS: ("users", "orgs"),
    ACCOUNTS: ("users",),
}
"""The files without which a link of a kind that is not named is not over."""


class _AgentRole(NamedTuple):
    name: str
    starts_on: Day | None
    ends_on: Day | None


class Survey:
    """Fills a roster with the rows of one source."""

    def __init__(self, staging: Staging, roster: Roster, application: str | None = None) -> None:
        self._staging = staging
        self._application = application
        self.roster = roster
        self.sessions = Sessions(staging, roster)
        self.course_titles: dict[str, tuple[str, str | None]] = {}
        self._parents: dict[str, str] = {}
        self._agents: dict[str, list[_AgentRole]] = defaultdict(list)
        """The roles of each guardian, parent or relative that are not over."""
        self._staff_until: dict[str, Day | None] = {}
        """The last day on which a member of staff has a role; None where it has no end."""
        self._disabled: set[str] = set()

    def make(self) -> None:
        """Go through the rows, what is referred to before what refers to it."""
        roster = self.roster
        roster.complete |= complete_of(_LINKS, self._staging)
        self._schools()
        self.sessions.make()
        if self.sessions.are_long_past(roster.day) and self.sessions.year_began:
            roster.day = self.sessions.year_began  # such files speak of that year: what they do not name was not in it
        self._each("courses", self._course)
        self._each("users", self._user)
        self._each("roles", self._role)
        self._each("demographics", self._demographics)
        self._each("userProfiles", self._profile)
        self._each("classes", self._class)
        self._each("enrollments", self._enrollment)
        self._grades_as_classes()
        self._each("users", self._guardians, is_again=True)
        self._complete_groups()

    def _each(self, entity: str, take: Callable[[StagedRow, Origin], None], *, is_again: bool = False) -> None:
        for row in self._staging.rows(entity):
            origin = origin_of(row)
            if is_again:
                take(row, origin)
            else:
                with self.roster.record(origin):
                    take(row, origin)

    def _part(self, origin: Origin, document_id: str) -> None:
        self.roster.parts.append((origin, document_id))

    # ── schools and subjects ──

    def _schools(self) -> None:
        teaching = {row.values.get("schoolSourcedId") for row in self._staging.rows("classes")}
        rows = list(self._staging.rows("orgs"))
        for row in rows:
            self._parents[row.key] = row.values.get("parentSourcedId", "")
            is_school = row.values.get("type", "").casefold() == "school" or row.key in teaching
            if is_school and "name" in row.values:
                self.roster.schools[row.key] = SchoolEntry(row.key, row.values["name"], row.values.get("identifier"))
        for row in rows:
            origin = origin_of(row)
            with self.roster.record(origin):
                need(row.values, "name")
                if row.key in self.roster.schools:
                    self.roster.origins["school", row.key] = origin
                    continue
                schools = self._schools_of(row.key)
                if not schools:
                    raise Unusable("neither a school nor above one")
                self._part(origin, self.roster.ids.school(min(schools)))

    def _schools_of(self, org: str) -> set[str]:
        """The schools that an organisation is or has, at any depth."""
        return {school for school in self.roster.schools if org in self._above(school)}

    def _above(self, school: str) -> list[str]:
        """A school and the organisations above it; a circle of them ends where it closes."""
        path = [school]
        while (parent := self._parents.get(path[-1])) and parent not in path:
            path.append(parent)
        return path

    def _course(self, row: StagedRow, origin: Origin) -> None:
        schools = self._schools_of(need(row.values, "orgSourcedId"))
        if not schools:
            raise Unusable(f"unknown organisation {row.values['orgSourcedId']!r}")
        title = need(row.values, "title")
        self.course_titles[row.key] = title, row.values.get("courseCode")
        for school in sorted(schools):
            self._subject(school, row.key, title, row.values.get("courseCode"))
        self._part(origin, self.roster.ids.subject(f"{min(schools)}/{row.key}"))

    def _subject(self, school: str, course: str, title: str, code: str | None) -> str:
        key = f"{school}/{course}"
        self.roster.subjects.setdefault(key, SubjectEntry(key, school, title, code))
        return key

    # ── people ──

    def _user(self, row: StagedRow, origin: Origin) -> None:
        own = row.values
        role = own.get("role", "").casefold()
        person = PersonEntry(
            row.key,
            need(own, "familyName"),
            need(own, "givenName"),
            own.get("middleName"),
            email=own.get("email"),
            phone=own.get("sms") or own.get("phone"),
            snils=values.snils(own),
        )
        for org in values.listed(own, "orgSourcedIds", "primaryOrgSourcedId"):
            person.schools |= self._schools_of(org)
        self.roster.people[row.key] = person
        self.roster.origins["person", row.key] = origin
        if values.is_false(own, "enabledUser"):
            self._disabled.add(row.key)
        else:
            names = {row.key, own.get("username") or row.key}
            self.roster.accounts |= {Account(self.roster.source, name, row.key) for name in names}
        if role:
            self._give_role(person, role, sorted(person.schools), None, None)

    def _role(self, row: StagedRow, origin: Origin) -> None:
        person = self.roster.person(need(row.values, "userSourcedId"))
        schools = sorted(self._schools_of(need(row.values, "orgSourcedId")))
        if not schools:
            raise Unusable(f"unknown organisation {row.values['orgSourcedId']!r}")
        self._give_role(person, need(row.values, "role").casefold(), schools, *values.span(row.values))
        self._part(origin, self.roster.ids.person(person.key))

    def _give_role(
        self, person: PersonEntry, role: str, schools: list[str], starts_on: Day | None, ends_on: Day | None
    ) -> None:
        is_over = ends_on is not None and ends_on < self.roster.day
        if not is_over:
            person.schools |= set(schools)
        if role == _STUDENT:
            studies_on = person.is_student and person.left_on is None
            if not studies_on:
                person.left_on = max(filter(None, (ends_on, person.left_on))) if is_over else None
            person.is_student = True
        elif role in _AGENTS:
            if not is_over:
                self._agents[person.key].append(_AgentRole(role, starts_on, ends_on))
        else:
            until = self._staff_until.get(person.key, ends_on)
            self._staff_until[person.key] = max(until, ends_on) if until and ends_on else None
            if role in _ROLES:
                person.posts += [PostEntry(_ROLES[role], school, starts_on, ends_on) for school in schools]

    def _demographics(self, row: StagedRow, origin: Origin) -> None:
        person = self.roster.person(row.key)
        person.birth_date = values.day(row.values, "birthDate")
        self._part(origin, self.roster.ids.person(row.key))

    def _profile(self, row: StagedRow, origin: Origin) -> None:
        person, username = self.roster.person(need(row.values, "userSourcedId")), need(row.values, "username")
        if person.key in self._disabled:
            raise Unusable("the user is not enabled")
        applications = (row.values.get("applicationId"), row.values.get("vendorId"))
        if self._application is None or self._application not in applications:
            raise Unusable("a sign-in name of another application")
        self.roster.accounts.add(Account(self.roster.source, username, person.key))
        self._part(origin, self.roster.ids.person(person.key))

    def _guardians(self, row: StagedRow, _: Origin) -> None:
        """Link the agents that a user names, in whichever direction."""
        own = self.roster.people.get(row.key)
        for other in values.listed(row.values, "agentSourcedIds") if own else []:
            pair = (other, row.key) if own and own.is_student else (row.key, other)
            adult, student = (self.roster.people.get(key) for key in pair)
            roles = self._agents.get(pair[0])
            if adult is None or student is None or not student.is_student or not roles:
                origin = Origin("agentSourcedIds", row.place, f"{row.key}: {other} ({row.place})")
                self.roster.refused.append((origin, "not a student and a person who is their parent or guardian"))
                continue
            role = min(roles, key=self._least)
            is_legal = role.name in _LEGAL
            self.roster.add_guardianship(
                GuardianshipEntry(*pair, role.name, is_legal, is_legal, role.starts_on, role.ends_on)
            )

    def _least(self, role: _AgentRole) -> tuple[bool, bool, str]:
        """Orders the roles of an agent: first the one that gives less, and of these the one that holds today."""
        is_to_come = role.starts_on is not None and role.starts_on > self.roster.day
        return role.name in _LEGAL, is_to_come, role.ends_on or LAST_DAY

    # ── classes ──

    def _class(self, row: StagedRow, origin: Origin) -> None:
        own = row.values
        school, title = self.roster.school(need(own, "schoolSourcedId")).key, need(own, "title")
        if own.get("classType", "").casefold() == "homeroom":
            self.roster.classes[row.key] = ClassEntry(row.key, school, title, values.grade_level(own))
            self.roster.origins["class", row.key] = origin
        else:
            course = own.get("courseSourcedId", "")
            name, code = self.course_titles.get(course, (title, None))
            subject = self._subject(school, course if course in self.course_titles else f"title/{title}", name, code)
            self.roster.groups[row.key] = GroupEntry(row.key, school, title, subject)
            self.roster.origins["group", row.key] = origin
        self.sessions.place(row.key, values.listed(own, "termSourcedIds"))

    def _enrollment(self, row: StagedRow, origin: Origin) -> None:
        own = row.values
        person, place = self.roster.person(need(own, "userSourcedId")), need(own, "classSourcedId")
        homeroom, group = self.roster.classes.get(place), self.roster.groups.get(place)
        if homeroom is None and group is None:
            raise Unusable(f"unknown class {place!r}")
        first, last = values.span(own)
        role = need(own, "role").casefold()
        if role == _STUDENT:
            self._enrol(person, place, first, last)
        elif role == "teacher":
            self._teach(person, place, row.key, first, last)
        else:
            raise Unusable(f"the role {own['role']!r} in a class has no place in the graph")
        self._part(origin, self.roster.ids.person(person.key))

    def _enrol(self, person: PersonEntry, place: str, first: Day | None, last: Day | None) -> None:
        if not person.is_student:
            raise Unusable("enrolled as a student, which the user's role is not")
        first = first or self.sessions.first_day(place)
        last = min(filter(None, (last, person.left_on)), default=None)
        if first is not None and last is not None and last < first:
            raise Unusable("the student had left before the class began")
        if first is None:
            raise Unusable("without beginDate, and no session says when the class begins")
        if place in self.roster.classes:
            stays, stay = person.enrolments, Stay(place, first, last)
        else:
            stays, stay = person.memberships, Stay(place, first, last or self.sessions.last_day(place))
        if any(one.place == place and one.starts_on == first for one in stays):
            raise Unusable("the student is in this class from this day on already")
        stays.append(stay)

    def _teach(self, person: PersonEntry, place: str, key: str, first: Day | None, last: Day | None) -> None:
        homeroom, group = self.roster.classes.get(place), self.roster.groups.get(place)
        school = homeroom.school if homeroom else self.roster.groups[place].school
        kind = AssignmentKind.CLASS_TEACHER if homeroom else AssignmentKind.TEACHER
        first = first or self.sessions.first_day(place)
        last = last if homeroom else last or self.sessions.last_day(place)
        if person.key not in self._staff_until:
            raise Unusable("enrolled as a teacher, while the user has no role of staff")
        last = min(filter(None, (last, self._staff_until[person.key])), default=None)
        if first and last and last < first:
            raise Unusable("the role of the teacher was over before the class began")
        self.roster.assignments[key] = AssignmentEntry(
            key,
            person.key,
            kind,
            school,
            class_key=place if homeroom else None,
            group_key=place if group else None,
            subject=group.subject if group else None,
            starts_on=first,
            ends_on=last,
        )
        person.posts.append(PostEntry(kind.value, school, first, last))

    def _grades_as_classes(self) -> None:
        """Give the students of a school without homerooms a class for their grade, from its first day on."""
        with_homerooms = {one.school for one in self.roster.classes.values()}
        for row in self._staging.rows("users"):
            person = self.roster.people.get(row.key)
            level = values.grade_level(row.values)
            school = self.roster.school_of(person) if person and person.is_student else None
            first = self.sessions.year_began
            if person is None or school is None or school in with_homerooms or level is None or first is None:
                continue
            if person.left_on is not None and person.left_on < first:
                continue
            key = f"{school}/grade/{level}"
            name = f"Grade {level}" if level else "Kindergarten"
            self.roster.classes.setdefault(key, ClassEntry(key, school, name, level))
            person.enrolments.append(Stay(key, first, person.left_on))

    def _complete_groups(self) -> None:
        """Say of which classes the students of each group are."""
        by_group: dict[str, set[str]] = defaultdict(set)
        for person in self.roster.people.values():
            classes = {stay.place for stay in person.enrolments}
            for stay in person.memberships:
                by_group[stay.place] |= classes
        for key, group in self.roster.groups.items():
            group.classes = by_group[key]
