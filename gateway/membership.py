"""Decides who still belongs to a group conversation: whoever is near to one who runs it, by the directory of today.

The answer depends neither on who writes nor on the role in which they do so, so that every message can ask for it.
Near to each other are colleagues, administrators and the people of their school, teachers and the families of their
classes and groups, and families with children in one class or group. A parent and a student of different families are
near only where the school lets them write to each other.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from auth.viewer import STAFF, Role
from connectors.directory import held_posts, in_force
from connectors.messages import ParticipantSide
from connectors.vocabulary import Day, SchoolId, StudentId
from gateway.context import DEFAULT_ZONE, Info
from gateway.recipients import NOBODY

_PERSON: Final = frozenset(
    {"_id", "student_id", "school_id", "school_ids", "roles", "posts", "merged_to", "enrolments", "memberships"}
)
_STUDENT: Final = frozenset({"_id", "student_id", "school_id", "enrolments", "memberships"})
_RIGHT: Final = frozenset({"person_id", "student_id", "data_access", "valid_from", "valid_to"})
_ASSIGNMENT: Final = frozenset({"person_id", "school_id", "class_id", "group_id", "starts_on", "ends_on"})
_SCHOOL: Final = frozenset({"_id", "time_zone", "families_write_to_each_other"})
_FAMILY_SIDES: Final = {ParticipantSide.PARENT, ParticipantSide.STUDENT}


@dataclass(slots=True)
class _Place:
    """Where somebody belongs today on one side."""

    side: str
    schools: set[SchoolId] = field(default_factory=set)
    administered: set[SchoolId] = field(default_factory=set)
    """Schools that they administer."""
    students: set[str] = field(default_factory=set)
    """Themselves, or their children."""
    classes_and_groups: set[str] = field(default_factory=set)
    """Classes and study groups in which they learn or teach, or a child of theirs learns."""

    @property
    def is_somewhere(self) -> bool:
        """Whether the person belongs anywhere on this side today."""
        return bool(self.schools)

    def is_near(self, other: "_Place", mixing: set[SchoolId]) -> bool:
        """Whether the two may be in one conversation; in the schools *mixing* different families may be."""
        if self.side == other.side == ParticipantSide.STAFF:
            return bool(self.schools & other.schools)
        if {self.side, other.side} == _FAMILY_SIDES and not self.schools & other.schools & mixing:
            return bool(self.students & other.students)
        if self.students & other.students or self.classes_and_groups & other.classes_and_groups:
            return True
        return bool(self.administered & other.schools or other.administered & self.schools)


class _Records(NamedTuple):
    """The records of the directory that say where some people belong."""

    people: Mapping[str, Any]
    """By their ids, without those who were merged into others."""
    children: Sequence[tuple[Any, Any]]
    """Each guardianship that gives access to data, with the student."""
    assignments: Sequence[Any]
    classes: Mapping[str, Sequence[str]]
    """The classes of each study group that is taught."""

    def schools(self) -> list[SchoolId]:
        """The schools at which the people may belong."""
        learn = [
            student.get("school_id") for student in (*self.people.values(), *(child for _, child in self.children))
        ]
        work = [post["school_id"] for person in self.people.values() for post in held_posts(person)]
        return [school for school in dict.fromkeys([*learn, *work]) if school]


async def no_longer_members(participants: Sequence[Mapping[str, Any]], info: Info) -> set[str]:
    """The ids of those rows of *participants* of groups whose owners belong to their group no longer.

    They are near nobody who runs it. Where nobody who runs it belongs anywhere today, the first participant who does
    runs it in their place. The number of commands depends neither on who they are nor on how many.
    """
    records = await _records(participants, info)
    ids = list(dict.fromkeys([*(one["school_id"] for one in participants), *records.schools()])) or [SchoolId("sch_")]
    found = await info.check(info.connectors.directory.schools_by_ids, ids, columns=_SCHOOL)
    schools = {school["_id"]: school for school in found if school}
    mixing = {own for own, school in schools.items() if school.get("families_write_to_each_other")}
    today = {own: info.today_in(schools[own]["time_zone"] if own in schools else DEFAULT_ZONE) for own in ids}
    places = {one["owner"]: _place_of(one, records, today) for one in participants}
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in participants:
        groups[one["conversation_id"]].append(one)
    gone = set()
    for members in groups.values():
        running = [places[one["owner"]] for one in _running(members, places)]
        gone |= {one["_id"] for one in members if not any(places[one["owner"]].is_near(own, mixing) for own in running)}
    return gone


def _running(members: Sequence[Mapping[str, Any]], places: Mapping[str, _Place]) -> Sequence[Mapping[str, Any]]:
    """The rows of those of a group who run it today."""
    present = [one for one in members if places[one["owner"]].is_somewhere]
    return [one for one in present if one["person_id"] in one["admin_ids"]] or _in_order(present)[:1]


def _in_order(members: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of a group in the order in which it names its participants."""
    places = {person: place for place, person in enumerate(members[0]["member_ids"])} if members else {}
    return sorted(members, key=lambda one: (places.get(one["person_id"], len(places)), one["owner"]))


async def _records(participants: Sequence[Mapping[str, Any]], info: Info) -> _Records:
    """The records of the people who take part, on every side."""
    directory = info.connectors.directory
    ids = list(dict.fromkeys(one["person_id"] for one in participants)) or [NOBODY]
    people, rights, assignments = await asyncio.gather(
        info.check(directory.people_by_ids, ids, columns=_PERSON),
        info.check(directory.guardianships_of_people, ids, columns=_RIGHT),
        info.check(directory.every_assignment_of_people, ids, columns=_ASSIGNMENT),
    )
    held = [right for own in rights for right in own or () if right["data_access"]]
    teaching = [one for own in assignments for one in own or ()]
    wanted = [right["student_id"] for right in held] or [StudentId("stu_")]
    groups = list(dict.fromkeys(one["group_id"] for one in teaching if one["group_id"])) or ["grp_"]
    children, taught = await asyncio.gather(
        info.check(directory.survivors_of_students, wanted, columns=_STUDENT),  # merged ones as whom they are (T20)
        info.check(directory.groups_by_ids, groups, columns=frozenset({"_id", "class_ids"})),
    )
    return _Records(
        {person["_id"]: person for person in people if person and not person.get("merged_to")},
        [(right, child) for right, child in zip(held, children, strict=False) if child],
        teaching,
        {group["_id"]: group["class_ids"] for group in taught if group},
    )


def _place_of(participant: Mapping[str, Any], records: _Records, today: Mapping[SchoolId, Day]) -> _Place:
    """Where a participant belongs; *today* has the date at each school."""
    place, person = _Place(participant["side"]), records.people.get(participant["person_id"])
    if person is None:
        return place
    match participant["side"]:
        case ParticipantSide.STUDENT:
            _add_learning(place, person, today)
        case ParticipantSide.PARENT:
            for right, child in records.children:
                school = child.get("school_id")
                is_own = right["person_id"] == person["_id"]
                if is_own and school and in_force(right["valid_from"], right["valid_to"], today[school]):  # trap T11
                    _add_learning(place, child, today)
        case _:
            _add_work(place, person, records, today)
    return place


def _add_learning(place: _Place, student: Any, today: Mapping[SchoolId, Day]) -> None:
    """Add where a student learns today; nothing where they left the school."""
    school = student.get("school_id")
    if not school:
        return
    enrolled = [one["class_id"] for one in student.get("enrolments") or () if _is_now(one, today[school])]
    joined = [one["group_id"] for one in student.get("memberships") or () if _is_now(one, today[school])]
    if enrolled or joined:
        place.schools.add(school)
        place.students.add(student["student_id"])
        place.classes_and_groups.update(enrolled, joined)


def _add_work(place: _Place, person: Any, records: _Records, today: Mapping[SchoolId, Day]) -> None:
    """Add where a member of staff works and teaches today; nothing where no post is in force."""
    held = [post for post in held_posts(person) if post["role"] in STAFF]
    posts = [post for post in held if _is_now(post, today[post["school_id"]])]
    place.schools.update(post["school_id"] for post in posts)
    place.administered.update(post["school_id"] for post in posts if post["role"] == Role.ADMINISTRATOR)
    for one in records.assignments:
        is_own = one["person_id"] == person["_id"] and one["school_id"] in place.schools
        if is_own and _is_now(one, today[one["school_id"]]):
            of_group = records.classes.get(one["group_id"]) or ()
            place.classes_and_groups.update(each for each in (one["class_id"], one["group_id"], *of_group) if each)


def _is_now(dated: Any, day: Day) -> bool:
    """Whether an enrolment, membership, post or assignment is in force on a day."""
    return in_force(dated["starts_on"], dated["ends_on"], day)
