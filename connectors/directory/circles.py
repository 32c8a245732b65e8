"""Sets of people, described: whom a list may show, and whom a search finds."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from connectors.directory.documents import name_tokens
from connectors.ids import (
    ClassId,
    GroupId,
    PersonId,
    SchoolId,
    StudentId,
)


class Circle(NamedTuple):
    """A set of people, described: all of some schools, or named ones; students only where it says so.

    *classes* and *groups* narrow to who is in one of them on the day *on*; *students* to those students.
    """

    on: str
    schools: tuple[SchoolId, ...] | None = None
    people: tuple[PersonId, ...] | None = None
    students: tuple[StudentId, ...] | None = None
    classes: tuple[ClassId, ...] | None = None
    groups: tuple[GroupId, ...] | None = None
    only_students: bool = False

    def condition(self) -> dict[str, Any]:
        """The circle as a filter of `people`."""
        where: dict[str, Any] = {"merged_to": {"$exists": False}}
        if self.schools is not None:
            where["school_id" if self.only_students else "school_ids"] = {"$in": list(self.schools)}
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


def _there(key: str, ids: Sequence[str], day: str) -> dict[str, Any]:
    ends = [{"ends_on": None}, {"ends_on": {"$gte": day}}]
    return {"$elemMatch": {key: {"$in": list(ids)}, "starts_on": {"$lte": day}, "$or": ends}}


MAX_WORD: Final = 100
"""Characters of a word that are compared: no name is longer, and a pattern must not be."""


def searched(search: str | None) -> dict[str, Any]:
    """The condition that a person's names begin with the words of *search*, in any order."""
    words = [word[:MAX_WORD] for word in name_tokens((search or "").replace("\0", " "))[:5]]  # no pattern holds a NUL
    return {"$and": [{"name_tokens": {"$regex": "^" + re.escape(word)}} for word in words]} if words else {}
