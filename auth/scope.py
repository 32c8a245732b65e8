"""Turns the claims of a trusted token into a viewer: the person, the role, the students readable today (table 2.3).

Everything fails closed: while the directory does not answer nobody is signed in, and a record that refers to a missing
document gives no right.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeVar

from auth.cache import MAX_TTL_S, Today, ViewerCache
from auth.consents import missing_consents, must_consent_first
from auth.errors import ConsentMissing, RoleNotHeld, UserNotFound
from auth.identity import COLUMNS, person_known_as, person_of, person_with_id, survivors_of
from auth.tokens import Claims
from auth.viewer import Role, Viewer
from connectors.directory import AssignmentKind, Directory, Person, Post, StaffAssignment, in_force, posts_of
from connectors.mongo import Deadline
from connectors.redis.best_effort import BestEffort
from connectors.vocabulary import ClassId, Day, GroupId, PersonId, SchoolId, StudentId, SubjectId

_GUARDIANSHIP: Final = frozenset({"student_id", "is_legal_representative", "data_access", "valid_from", "valid_to"})
_ASSIGNMENT: Final = frozenset({"school_id", "class_id", "group_id", "subject_id", "starts_on", "ends_on"})
_MEMBER: Final = frozenset({"student_id"})
_NO_STUDENT: Final = StudentId("stu_")
_NO_SCHOOL: Final = SchoolId("sch_")

T = TypeVar("T")
Zones = dict[SchoolId, str]


class Viewers:
    """Computes viewers from claims, and caches them in *redis* for *ttl_s*, at most a minute."""

    def __init__(self, directory: Directory, redis: BestEffort | None, *, ttl_s: float = MAX_TTL_S) -> None:
        self._directory = directory
        place = directory.source.database.name
        self._cache = ViewerCache(redis, place, ttl_s=ttl_s)

    async def viewer(
        self,
        claims: Claims,
        *,
        today: Today,
        deadline: Deadline,
        is_fresh: bool = False,
        before_consent: bool = False,
    ) -> Viewer:
        """The viewer for *claims*, from the cache or, always for one who *is_fresh*, from the directory.

        Raises `UserNotFound`, `AmbiguousUser` or `RoleNotHeld`, and `SourceUnavailable` where the directory does not
        answer. Where a required consent is missing it raises `ConsentMissing`; *before_consent* returns a viewer who
        `awaits_consent` instead, for whoever lets such a viewer do no more than give it.
        """
        viewer = None if is_fresh else await self._cache.get(claims, today)
        if viewer is None:
            builder = _ViewerBuilder(self._directory, today, deadline)
            read_at = time.time()
            viewer = await builder.viewer(claims)
            await self._cache.put(claims, viewer, builder.days, read_at)
        return await self._with_consents(viewer, today, deadline, before_consent=before_consent)

    async def of_person(self, person: PersonId, role: Role, *, today: Today, deadline: Deadline) -> Viewer:
        """The viewer for a person of the directory in *role*, always from the directory; raises as `viewer` does.

        It is for those who act for a person without a token of theirs, such as an address that the person made.
        """
        viewer = await _ViewerBuilder(self._directory, today, deadline).of_person(person, role)
        return await self._with_consents(viewer, today, deadline, before_consent=False)

    async def _with_consents(self, viewer: Viewer, today: Today, deadline: Deadline, *, before_consent: bool) -> Viewer:
        """The viewer without the children whose diaries are closed until somebody else gives a consent.

        Consents are not cached with the viewer: one that is withdrawn counts for everybody at the next request.
        """
        missing = await missing_consents(viewer, self._directory, deadline)
        if not missing.own and not missing.children:
            return viewer
        if await must_consent_first(viewer, missing, self._directory, today, deadline):
            if not before_consent:
                raise ConsentMissing("a required consent is missing")
            return replace(viewer, awaits_consent=True)
        open_ids = viewer.student_ids - missing.children
        builder = _ViewerBuilder(self._directory, today, deadline, children=open_ids)
        return replace(await builder.of_person(viewer.person_id, viewer.role), closed_ids=missing.children)

    async def forget(self, claims: Claims) -> None:
        """Compute the viewer for *claims* anew at their next request: their rights have just changed."""
        await self._cache.forget(claims)

    async def roles(
        self, issuer: str, subject: str, *, today: Today, deadline: Deadline
    ) -> tuple[PersonId, str, list[Role]]:
        """The person whom *issuer* knows under *subject*: id, name, and the roles in which they may act today.

        Raises `UserNotFound`, `AmbiguousUser`, and `SourceUnavailable` where the directory does not answer.
        """
        person = await person_known_as(subject, issuer=issuer, directory=self._directory, deadline=deadline)
        own, columns = person["_id"], frozenset({"display_name"})
        named = await self._directory.people_by_ids([own], columns=columns, deadline=deadline)
        roles = await _ViewerBuilder(self._directory, today, deadline).roles(person)
        return own, named[own]["display_name"] if own in named else "", roles


class _Memberships(NamedTuple):
    """The classes and study groups of some students on a day."""

    classes: frozenset[ClassId]
    groups: frozenset[GroupId]


class _ViewerBuilder:
    """Computes one viewer. *days* collects the school day in each time zone that the viewer depends on.

    A parent has of their children those of *children*; None: all.
    """

    def __init__(
        self,
        directory: Directory,
        today: Today,
        deadline: Deadline,
        *,
        children: Collection[StudentId] | None = None,
    ) -> None:
        self._children = children
        self.days: dict[str, Day] = {}
        self._directory = directory
        self._today = today
        self._deadline = deadline

    async def viewer(self, claims: Claims) -> Viewer:
        return await self._viewer(await person_of(claims, self._directory, self._deadline), claims.role)

    async def of_person(self, person: PersonId, role: Role) -> Viewer:
        return await self._viewer(await person_with_id(person, self._directory, self._deadline), role)

    async def _viewer(self, person: Person, role: Role) -> Viewer:
        if role not in person["roles"]:
            raise RoleNotHeld("the person does not hold the role")
        match role:
            case Role.STUDENT:
                return await self._student(person)
            case Role.PARENT:
                return await self._parent(person)
            case Role.TEACHER:
                return await self._teacher(person)
            case Role.CLASS_TEACHER:
                return await self._class_teacher(person)
            case Role.ADMINISTRATOR | Role.ANALYST:
                zones = await self._workplaces(person, role)
                return Viewer(role=role, person_id=person["_id"], school_ids=tuple(zones), zones=zones)

    async def roles(self, person: Person) -> list[Role]:
        """The roles in which *person* may act today, in the order of `Role`."""
        zones = await self._zones([post["school_id"] for post in person.get("posts") or ()])
        return [role for role in Role if role in person["roles"] and self._may_act(person, role, zones)]

    def _may_act(self, person: Person, role: Role, zones: Zones) -> bool:
        if role is Role.STUDENT:
            return "student_id" in person
        posts = posts_of(person, role)
        return not posts or bool(self._schools_held(posts, zones))

    async def _student(self, person: Person) -> Viewer:
        student_id = person.get("student_id")
        if student_id is None:
            raise UserNotFound("the person is no student")
        zones = await self._zones(_schools_of([person]))
        memberships = self._memberships([person], zones)
        return Viewer(
            role=Role.STUDENT,
            person_id=person["_id"],
            school_ids=tuple(zones),
            zones=zones,
            class_ids=memberships.classes,
            group_ids=memberships.groups,
            student_ids=frozenset({student_id}),
            student_id=student_id,
        )

    async def _parent(self, person: Person) -> Viewer:
        """The children are found through each guardianship in force at the child's own school (trap T11).

        The number of commands is the same whether a guardianship is in force, is over, or is of a child who is gone:
        it must not tell a former guardian anything of the child.
        """
        held = await self._directory.guardianships_of_people(
            [person["_id"]], columns=_GUARDIANSHIP, deadline=self._deadline
        )
        rights = [right for right in held[person["_id"]] if right["data_access"]]
        people = await self._people_of_students([right["student_id"] for right in rights])
        zones = await self._zones(_schools_of(people.values()) or [_NO_SCHOOL])
        children: dict[StudentId, Person] = {}
        represented: set[StudentId] = set()
        for right in rights:
            child = people.get(right["student_id"])
            if child is not None and self._is_in_force(
                right["valid_from"], right["valid_to"], child.get("school_id"), zones
            ):
                if right["is_legal_representative"]:
                    represented.add(child["student_id"])
                if self._children is None or child["student_id"] in self._children:
                    children[child["student_id"]] = child
        memberships = self._memberships(children.values(), zones)
        own = {school: zones[school] for school in _schools_of(children.values())}
        return Viewer(
            role=Role.PARENT,
            person_id=person["_id"],
            school_ids=tuple(own),
            zones=own,
            class_ids=memberships.classes,
            group_ids=memberships.groups,
            student_ids=frozenset(children),
            represented_ids=frozenset(represented),
        )

    async def _people_of_students(self, students: Collection[StudentId]) -> Mapping[StudentId, Person]:
        """The person behind each student id. A merged student's old id maps to the person they were merged into."""
        wanted = sorted(set(students)) or [_NO_STUDENT]
        found = await self._directory.students_by_ids(wanted, columns=COLUMNS, deadline=self._deadline)
        survivors = await survivors_of(found, self._directory, self._deadline)
        return {key: person for key, person in survivors.items() if "student_id" in person}

    async def _teacher(self, person: Person) -> Viewer:
        """An assignment without a subject lets the teacher read the students, but none of their subjects."""
        zones, assignments = await self._assignments(person, AssignmentKind.TEACHER)
        taught: dict[StudentId, set[SubjectId]] = defaultdict(set)
        for assignment, students in await self._students(assignments, zones):
            subject = assignment["subject_id"]
            for student in students:
                taught[student].update(() if subject is None else (subject,))
        return Viewer(
            role=Role.TEACHER,
            person_id=person["_id"],
            school_ids=tuple(zones),
            zones=zones,
            class_ids=_without_none(a["class_id"] for a in assignments),
            group_ids=_without_none(a["group_id"] for a in assignments),
            student_ids=frozenset(taught),
            subjects={student: frozenset(subjects) for student, subjects in taught.items()},
        )

    async def _class_teacher(self, person: Person) -> Viewer:
        zones, assignments = await self._assignments(person, AssignmentKind.CLASS_TEACHER)
        led = await self._students(assignments, zones)
        return Viewer(
            role=Role.CLASS_TEACHER,
            person_id=person["_id"],
            school_ids=tuple(zones),
            zones=zones,
            class_ids=_without_none(a["class_id"] for a in assignments),
            group_ids=_without_none(a["group_id"] for a in assignments),
            student_ids=frozenset(student for _, students in led for student in students),
        )

    async def _assignments(self, person: Person, kind: AssignmentKind) -> tuple[Zones, list[StaffAssignment]]:
        """The schools of a member of staff with their time zones, and their assignments in force there."""
        held = await self._directory.assignments_of_people(
            [person["_id"]], kind=kind, columns=_ASSIGNMENT, deadline=self._deadline
        )
        every = held[person["_id"]]
        zones = await self._workplaces(person, Role(kind), [a["school_id"] for a in every])
        now = [a for a in every if self._is_in_force(a["starts_on"], a["ends_on"], a["school_id"], zones)]
        schools = {*person["school_ids"], *(a["school_id"] for a in now)}
        return {school: zone for school, zone in zones.items() if school in schools}, now

    async def _workplaces(self, person: Person, role: Role, more: Sequence[SchoolId] = ()) -> Zones:
        """The schools where a member of staff may act in *role* today, with their time zones.

        These are the schools of the person's posts of that role in force; where no such post is recorded, the person's
        own schools and *more*. Where no post of a class teacher is recorded, a teacher's post counts.

        Raises `RoleNotHeld` where posts are recorded and none is in force.
        """
        posts = posts_of(person, role)
        zones = await self._zones([*person["school_ids"], *more, *(post["school_id"] for post in posts)])
        if not posts:
            return zones
        held = self._schools_held(posts, zones)
        if not held:
            raise RoleNotHeld("no post of the role is in force")
        return {school: zone for school, zone in zones.items() if school in held}

    def _schools_held(self, posts: Iterable[Post], zones: Zones) -> set[SchoolId]:
        """The schools of those *posts* that are in force today."""
        return {p["school_id"] for p in posts if self._is_in_force(p["starts_on"], p["ends_on"], p["school_id"], zones)}

    async def _students(
        self, assignments: Sequence[StaffAssignment], zones: Zones
    ) -> list[tuple[StaffAssignment, list[StudentId]]]:
        """The students of each assignment today: those of its group where it names one, else of its class."""
        by_day: dict[Day, list[StaffAssignment]] = defaultdict(list)
        for assignment in assignments:
            by_day[self.days[zones[assignment["school_id"]]]].append(assignment)
        # One day as a rule; two while it is past midnight at only some of the schools.
        found = await asyncio.gather(*(self._students_on(day, these) for day, these in by_day.items()))
        return [pair for pairs in found for pair in pairs]

    async def _students_on(
        self, day: Day, assignments: Sequence[StaffAssignment]
    ) -> list[tuple[StaffAssignment, list[StudentId]]]:
        groups = _without_none(a["group_id"] for a in assignments)
        classes = _without_none(a["class_id"] for a in assignments if a["group_id"] is None)
        in_groups, in_classes = await asyncio.gather(
            self._directory.students_in_groups(sorted(groups), on=day, columns=_MEMBER, deadline=self._deadline),
            self._directory.students_in_classes(sorted(classes), on=day, columns=_MEMBER, deadline=self._deadline),
        )
        pairs: list[tuple[StaffAssignment, list[StudentId]]] = []
        for a in assignments:
            if a["group_id"] is not None:
                members = in_groups[a["group_id"]]
            else:
                members = [] if a["class_id"] is None else in_classes[a["class_id"]]
            pairs.append((a, [member["student_id"] for member in members if "student_id" in member]))
        return pairs

    async def _zones(self, schools: Iterable[SchoolId]) -> Zones:
        """The time zone of each school, without unknown schools. Adds today's school day in each zone to `days`."""
        ids = list(dict.fromkeys(schools))
        if not ids:
            return {}
        found = await self._directory.schools_by_ids(ids, columns=frozenset({"time_zone"}), deadline=self._deadline)
        zones = {school: found[school]["time_zone"] for school in ids if school in found}
        self.days.update({zone: self._today(zone) for zone in set(zones.values()) - self.days.keys()})
        return zones

    def _is_in_force(self, first: str | None, last: str | None, school: SchoolId | None, zones: Zones) -> bool:
        """Whether a right from *first* to *last* is in force today at *school*; never at an unknown school."""
        zone = None if school is None else zones.get(school)
        return zone is not None and in_force(first, last, self.days[zone])

    def _memberships(self, students: Iterable[Person], zones: Zones) -> _Memberships:
        classes: set[ClassId] = set()
        groups: set[GroupId] = set()
        for student in students:
            school = student.get("school_id")
            enrolled, joined = student.get("enrolments") or (), student.get("memberships") or ()
            classes |= {
                e["class_id"] for e in enrolled if self._is_in_force(e["starts_on"], e["ends_on"], school, zones)
            }
            groups |= {m["group_id"] for m in joined if self._is_in_force(m["starts_on"], m["ends_on"], school, zones)}
        return _Memberships(frozenset(classes), frozenset(groups))


def _schools_of(students: Iterable[Person]) -> list[SchoolId]:
    return list(dict.fromkeys(student["school_id"] for student in students if student.get("school_id")))


def _without_none(values: Iterable[T | None]) -> frozenset[T]:
    return frozenset(value for value in values if value is not None)
