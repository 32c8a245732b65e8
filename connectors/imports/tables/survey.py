"""Makes a roster of the rows of a school's own tables.

- **The school** is one; a class exists where a table of classes, students or teaching names it.
- **A person** is recognised by what identifies them (see `identities`); a student by name and birth date at the least,
  a guardian by name and child, a member of staff by name.
- **A student or teacher of another table** is named there (see `people`).
- **Posts**: a director, a deputy and whoever is called an administrator run the journal; a teacher teaches.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from connectors.directory import AssignmentKind, sort_name
from connectors.imports.errors import Unusable
from connectors.imports.links import ACCOUNTS, ASSIGNMENTS, ENROLMENTS, GUARDIANSHIPS, PLACES, POSTS, SCHOOLS
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
from connectors.imports.roster.roster import Account, Roster
from connectors.imports.staging import StagedRow, Staging, complete_of
from connectors.imports.tables.cells import Cells, full_name_of
from connectors.imports.tables.claims import contested
from connectors.imports.tables.identities import AnotherPerson, Identities
from connectors.imports.tables.people import People
from connectors.imports.tables.problems import CellProblem, Rule
from connectors.imports.tables.stays import Stays
from connectors.imports.tables.words import normalized
from connectors.vocabulary import Day

SCHOOL: Final = "school"
"""The entity and the key of the one school."""

_FIRST_MONTH: Final = 9
"""A place without a day begins on the first day of September."""

_LEADERS: Final = ("директор", "администратор", "завуч", "зам.", "заместитель директора")
"""How the name of a post begins whose holder runs the school's journal."""

_TEACHERS: Final = ("учител", "преподавател", "педагог", "воспитател", "классный руководитель")

_RELATIVES_WITH_RIGHTS: Final = re.compile(
    r"родитель|мать|отец|мама|папа|(законн\w+ )?представитель(ница)?|(при[её]мн\w+ )(мать|отец|родитель)"
    r"|опекун(ша)?|попечитель(ница)?|усыновитель(ница)?"
)
"""The relations that give rights over a child: no other relative is a legal representative by themselves."""

_LINKS: Final[Mapping[str, tuple[str, ...]]] = {
    GUARDIANSHIPS: ("guardians",),
    ENROLMENTS: ("students",),
    PLACES: ("members",),
    ASSIGNMENTS: ("staff", "classes", "teaching"),
    POSTS: ("staff", "classes", "teaching"),
    SCHOOLS: ("staff",),
    ACCOUNTS: ("students", "guardians", "staff"),
}
"""The tables without which a link of a kind that is not named is not over."""

_Take = Callable[[Cells, Origin], None]


class Survey:
    """Fills a roster with the rows of one source."""

    def __init__(self, staging: Staging, roster: Roster, issuer: str) -> None:
        self.roster = roster
        self.without_rights: Counter[str] = Counter()
        """How many rows of guardians give no rights, by the relation that stands there."""
        self._staging = staging
        self._issuer = issuer
        self._stays = Stays(staging, roster.day, _year_began)
        self._identities = Identities(staging)
        self._contested = contested(staging)
        self.people = People(roster.people, self._stays.places)

    def make(self) -> None:
        """Go through the tables, what is referred to before what refers to it."""
        self.roster.complete |= complete_of(_LINKS, self._staging)
        for row in self._staging.rows(SCHOOL):
            self.roster.schools[SCHOOL] = SchoolEntry(SCHOOL, row.values["name"])
        self._each("staff", self._member_of_staff)
        self._each("students", self._student)
        self._each("classes", self._class)
        self._each("guardians", self._guardian)
        self._each("groups", self._group)
        self._each("members", self._member)
        self._each("teaching", self._teaching)
        self._each("accounts", self._account)
        self._stays.finish()
        for sheet in ("timetable", "marks"):
            for row in self._staging.rows(sheet):
                if "subject" in row.values:
                    self.subject(row.values["subject"])

    def _each(self, sheet: str, take: _Take) -> None:
        for row in self._staging.rows(sheet):
            origin = origin_of(row)
            with self.roster.record(origin):
                try:
                    take(Cells(sheet, row.values), origin)
                except Unusable as problem:
                    is_known = isinstance(problem, CellProblem) and problem.rule is Rule.TWICE
                    name = full_name_of(row.values)
                    if name is not None and not is_known:
                        self.people.refuse(sheet, name)
                    raise

    def _part(self, origin: Origin, document_id: str) -> None:
        self.roster.parts.append((origin, document_id))

    # ── people ──

    def _person(self, cells: Cells, origin: Origin, kind: str, weakest: str) -> PersonEntry:
        """The person whom a row is about, with what it says of them; *weakest* recognises them if nothing else does.

        A student is never the same person as an adult: *kind* keeps their marks of identity apart. Codes are those of
        one table.
        """
        name, snils = cells.full_name(), cells.snils()
        said = sort_name(*name)
        phone, email, code, login = (cells.text(one) for one in ("phone", "email", "code", "login"))
        digits = "".join(filter(str.isdigit, phone or ""))[-10:]
        marks = [
            f"{origin.entity}:code:{code}" if code else "",
            f"{kind}:snils:{snils}" if snils else "",
            f"{kind}:login:{login}|{normalized(name.given_name)}" if login else "",  # a family may share one by mistake
            f"{kind}:phone:{digits}|{said}" if digits else "",
            f"{kind}:email:{email.casefold()}|{said}" if email else "",
            f"{kind}:{weakest}",
        ]
        for column, value in (("code", code), ("snils", snils)):
            if (origin.entity, column, value) in self._contested:
                raise cells.problem(Rule.TAKEN, column)
        try:
            key = self._identities.person(name, [mark for mark in marks if mark])
        except AnotherPerson as other:
            raise cells.problem(Rule.TAKEN, other.column) from None
        person = self.roster.people.get(key)
        if person is None:
            person = self.roster.people[key] = PersonEntry(key, *name)
            self.roster.origins["person", key] = origin
        else:
            self._part(origin, self.roster.ids.person(key))
        person.phone, person.email = person.phone or phone, person.email or email
        person.snils = person.snils or snils
        person.schools.add(SCHOOL)
        if code:
            self.people.add_code(origin.entity, code, key)
        if login:
            self.roster.accounts.add(Account(self._issuer, login, key))
        return person

    def _student(self, cells: Cells, origin: Origin) -> None:
        born, (first, last) = cells.day("birth_date"), cells.span()
        name, in_class = cells.full_name(), self._class_named(cells)
        cells.snils()
        person = self._person(cells, origin, "student", f"name:{sort_name(*name)}|{born}")
        person.birth_date, person.is_student = born, True
        self.people.add_student(name, person.key)
        stay = Stay(in_class, self._stays.begin(person.key, in_class, first, last), last)
        if any((one.place, one.starts_on) == stay[:2] for one in person.enrolments):
            raise CellProblem(Rule.TWICE, "ФИО", " ".join(filter(None, name)))
        person.enrolments.append(stay)

    def _member_of_staff(self, cells: Cells, origin: Origin) -> None:
        name, (first, last) = cells.full_name(), cells.span()
        person = self._person(cells, origin, "adult", f"staff:{sort_name(*name)}")
        self.people.add_member_of_staff(name, person.key)
        post = (cells.text("post") or "учитель").casefold()
        role = "ADMINISTRATOR" if post.startswith(_LEADERS) else "TEACHER" if post.startswith(_TEACHERS) else None
        if role:
            person.posts.append(PostEntry(role, SCHOOL, first, last))

    def _guardian(self, cells: Cells, origin: Origin) -> None:
        student, (first, last), access = self.people.student_of(cells), cells.span(), cells.has_access()
        name = cells.full_name()
        adult = self._person(cells, origin, "adult", f"guardian:{sort_name(*name)}|{student.key}")
        self.people.add_guardian(name)
        relation = cells.text("relation")
        is_legal = _RELATIVES_WITH_RIGHTS.fullmatch((relation or "").casefold()) is not None
        self.without_rights[relation or ""] += not is_legal
        link = GuardianshipEntry(adult.key, student.key, relation, is_legal, access and is_legal, first, last)
        if not self.roster.add_guardianship(link):
            raise CellProblem(Rule.TWICE, "ФИО", " ".join(filter(None, name)))

    def _account(self, cells: Cells, origin: Origin) -> None:
        person = self.people.person_of(cells)
        self.roster.accounts.add(Account(self._issuer, cells.need("login"), person.key))
        self._part(origin, self.roster.ids.person(person.key))

    # ── classes and teaching ──

    def _class_named(self, cells: Cells) -> str:
        name = cells.class_name()
        if name is None:
            raise cells.problem(Rule.REQUIRED, "class")
        return self.school_class(name)

    def school_class(self, name: str) -> str:
        """The key of a class, which exists from now on."""
        level = int("".join(filter(str.isdigit, name)))
        self.roster.classes.setdefault(name, ClassEntry(name, SCHOOL, name, level))
        return name

    def _class(self, cells: Cells, origin: Origin) -> None:
        name = self._class_named(cells)
        if cells.text("leader") is not None:
            leader = self.people.teacher_of(cells, "leader")
            self._assign(leader, AssignmentKind.CLASS_TEACHER, class_key=name)
        self._part(origin, self.roster.ids.school_class(name))

    def subject(self, name: str) -> str:
        """The key of a subject, which exists from now on."""
        key = normalized(name)
        self.roster.subjects.setdefault(key, SubjectEntry(key, SCHOOL, name))
        return key

    def _group(self, cells: Cells, origin: Origin) -> None:
        name = cells.need("group")
        key = normalized(name)
        classes = {self.school_class(one) for one in cells.class_names("classes")}
        if key in self.roster.groups:
            raise cells.problem(Rule.TWICE, "group")
        self.roster.groups[key] = GroupEntry(key, SCHOOL, name, self.subject(cells.need("subject")), classes)
        self.roster.origins["group", key] = origin

    def group_of(self, cells: Cells) -> str:
        """The key of the group that a row names."""
        key = normalized(cells.need("group"))
        if key not in self.roster.groups:
            raise cells.problem(Rule.UNKNOWN, "group")
        return key

    def _member(self, cells: Cells, origin: Origin) -> None:
        group, student, (first, last) = self.group_of(cells), self.people.student_of(cells), cells.span()
        stay = Stay(group, self._stays.begin(student.key, f"group {group}", first, last), last)
        if any(one[:2] == stay[:2] for one in student.memberships):
            raise cells.problem(Rule.TWICE, "student")
        student.memberships.append(stay)
        self._part(origin, self.roster.ids.person(student.key))

    def _teaching(self, cells: Cells, origin: Origin) -> None:
        teacher, subject, (first, last) = self.people.teacher_of(cells, "teacher"), cells.need("subject"), cells.span()
        group = self.group_of(cells) if cells.text("group") is not None else None
        in_class = None if group else self._class_named(cells)
        self._assign(
            teacher,
            AssignmentKind.TEACHER,
            class_key=in_class,
            group_key=group,
            subject=self.subject(subject),
            span=(first, last),
        )
        self._part(origin, self.roster.ids.person(teacher.key))

    def _assign(
        self,
        person: PersonEntry,
        kind: AssignmentKind,
        *,
        class_key: str | None = None,
        group_key: str | None = None,
        subject: str | None = None,
        span: tuple[Day | None, Day | None] = (None, None),
    ) -> None:
        place = class_key or group_key or ""
        key = "|".join((kind, person.key, place, subject or "", span[0] or ""))
        self.roster.assignments[key] = AssignmentEntry(
            key, person.key, kind, SCHOOL, class_key, group_key, subject, *span
        )
        person.posts.append(PostEntry(kind.value, SCHOOL, *span))


def _year_began(day: Day) -> Day:
    year = int(day[:4]) - (int(day[5:7]) < _FIRST_MONTH)
    return Day(f"{year}-{_FIRST_MONTH:02}-01")


def origin_of(row: StagedRow) -> Origin:
    """The record that a row is, for the summary."""
    return Origin(row.entity, row.place, str(row.place))
