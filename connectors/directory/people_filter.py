"""Sets of people, described: whom a list may show, and whom a search finds."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from connectors.directory.names import name_tokens
from connectors.directory.posts import STAFF_ROLES
from connectors.vocabulary import ClassId, GroupId, PersonId, SchoolId, StudentId


class PeopleFilter(NamedTuple):
    """A set of people, described: all of some schools, or named ones; students only where it says so.

    *classes* and *groups* narrow to who is in one of them on the day *on*; *students* to those students. With
    *staff_of* (schools, each with the day it is there) it is their staff, the *students* and the *people* together.
    """

    on: str
    schools: tuple[SchoolId, ...] | None = None
    people: tuple[PersonId, ...] | None = None
    students: tuple[StudentId, ...] | None = None
    classes: tuple[ClassId, ...] | None = None
    groups: tuple[GroupId, ...] | None = None
    only_students: bool = False
    only_staff: bool = False
    """Only those who hold, held or will hold a role of `STAFF_ROLES`."""
    staff_of: tuple[tuple[SchoolId, str], ...] | None = None
    within: tuple[PersonId, ...] | None = None
    """Only these of the set."""

    def among(self, people: Sequence[PersonId]) -> "PeopleFilter":
        """Return this filter narrowed to *people*."""
        return self._replace(within=tuple(people))

    def condition(self) -> dict[str, Any]:
        """The condition of MongoDB on a document of `people`."""
        where: dict[str, Any] = {"merged_to": {"$exists": False}}
        if self.within is not None:
            where["$and"] = [{"_id": {"$in": list(self.within)}}]
        if self.staff_of is not None:
            students, people = list(self.students or ()), list(self.people or ())
            known = [_staff(school, day) for school, day in self.staff_of]
            return {**where, "$or": [*known, {"student_id": {"$in": students}}, {"_id": {"$in": people}}]}
        if self.schools is not None:
            where["school_id" if self.only_students else "school_ids"] = {"$in": list(self.schools)}
        if self.only_staff:
            where["roles"] = {"$in": list(STAFF_ROLES)}
        if self.people is not None:
            where["_id"] = {"$in": list(self.people)}
        if self.students is not None:
            where["student_id"] = {"$in": list(self.students)}
        elif self.only_students:
            where["student_id"] = {"$exists": True}
        if self.classes is not None:
            where["enrolments"] = _there("class_id", self.classes, self.on)
        if self.groups is not None:
            where["memberships"] = _there("group_id", self.groups, self.on)
        return where


def _staff(school: SchoolId, day: str) -> dict[str, Any]:
    """Who works at *school* on *day*: by a post in force there, or where none is recorded by role."""
    begun = {"$or": [{"starts_on": None}, {"starts_on": {"$lte": day}}]}
    lasting = {"$or": [{"ends_on": None}, {"ends_on": {"$gte": day}}]}
    post = {"role": {"$in": list(STAFF_ROLES)}, "school_id": school, "$and": [begun, lasting]}
    undated = {"school_ids": school, "roles": {"$in": list(STAFF_ROLES)}, "posts": {"$exists": False}}
    return {"$or": [undated, {"school_ids": school, "posts": {"$elemMatch": post}}]}


def _there(key: str, ids: Sequence[str], day: str) -> dict[str, Any]:
    ends = [{"ends_on": None}, {"ends_on": {"$gte": day}}]
    return {"$elemMatch": {key: {"$in": list(ids)}, "starts_on": {"$lte": day}, "$or": ends}}


MAX_WORD: Final = 100
"""Characters of a word that are compared: no name is longer, and a pattern must not be."""


def search_conditions(search: str | None) -> list[dict[str, Any]]:
    """The conditions that each word of *search* begins one of a person's names, in any order; none without words."""
    words = [word[:MAX_WORD] for word in name_tokens(search)[:5]]
    return [{"name_tokens": {"$regex": "^" + re.escape(word)}} for word in words]
