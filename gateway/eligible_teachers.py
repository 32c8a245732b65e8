"""Who may teach at a school on a day."""

from collections.abc import Sequence
from typing import Any, Final

from auth.viewer import Role
from connectors.directory import in_force, posts_of
from connectors.vocabulary import PersonId, PublicId, SchoolId
from gateway.context import Info
from gateway.languages import Text
from gateway.merges import MERGED, survivors

NO_TEACHER: Final = Text("No such teacher works at the school on this day.", "В этот день в школе нет такого учителя.")
_COLUMNS: Final = frozenset({"roles", "posts", "school_ids"})


async def teachers_at(school: SchoolId, day: str, ids: Sequence[PublicId], info: Info) -> list[PersonId | None]:
    """For each id the teacher who works at the school on *day*; None for everybody else.

    A person who was merged into another one is that other one, as whom they sign in (trap T20).
    """
    found = await info.check(info.connectors.directory.people_by_ids, ids, columns=_COLUMNS | MERGED)
    people = await survivors(found, info, _COLUMNS)
    return [person["_id"] if person and _teaches(person, school, day) else None for person in people]


def _teaches(person: Any, school: SchoolId, day: str) -> bool:
    if Role.TEACHER not in person["roles"] or person.get("merged_to"):
        return False
    posts = posts_of(person, Role.TEACHER)
    if not posts:
        return school in person["school_ids"]
    return any(p["school_id"] == school and in_force(p["starts_on"], p["ends_on"], day) for p in posts)
