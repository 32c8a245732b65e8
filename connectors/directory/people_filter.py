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
    staff_roles: tuple[str, ...] = STAFF_ROLES
    """The roles of those whom *staff_of* means."""
    roles: tuple[str, ...] | None = None
    """Only those with one of these roles."""
    within: tuple[PersonId, ...] | None = None
    """Only these of the set."""
    without: PersonId | None = None
    """Not this one."""

    def among(self, people: Sequence[PersonId]) -> "PeopleFilter":
        """Return this filter narrowed to *people*."""
        return self._replace(within=tuple(people))

    def condition(self) -> dict[str, Any]:
        """The condition of MongoDB on a document of `people`."""
        where: dict[str, Any] = {"merged_to": {"$exists": False}, **self._narrowed()}
        if self.staff_of is not None:
            students, people = list(self.students or ()), list(self.people or ())
            known = [_staff(school, day, self.staff_roles) for school, day in self.staff_of]
            return {**where, "$or": [*known, {"student_id": {"$in": students}}, {"_id": {"$in": people}}]}
        if self.schools is not None:
            where["school_id" if self.only_students else "school_ids"] = {"$in": list(self.schools)}
        if roles := STAFF_ROLES if self.only_staff else self.roles:
            where["roles"] = {"$in": list(roles)}
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

    def _narrowed(self) -> dict[str, Any]:
        within = [] if self.within is None else [{"_id": {"$in": list(self.within)}}]
        without = [] if self.without is None else [{"_id": {"$ne": self.without}}]
        return {"$and": [*within, *without]} if within or without else {}


def _staff(school: SchoolId, day: str, roles: Sequence[str]) -> dict[str, Any]:
    """Who works in one of *roles* at *school* on *day*: by a post in force there, or where none is recorded by role."""
    begun = {"$or": [{"starts_on": None}, {"starts_on": {"$lte": day}}]}
    lasting = {"$or": [{"ends_on": None}, {"ends_on": {"$gte": day}}]}
    post = {"role": {"$in": list(roles)}, "school_id": school, "$and": [begun, lasting]}
    undated = {"school_ids": school, "roles": {"$in": list(roles)}, "posts": {"$exists": False}}
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
