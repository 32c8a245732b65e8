"""Finds the person of the directory that a token names."""

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from auth.errors import AmbiguousUser, UserNotFound
from auth.tokens import Claims
from connectors.directory import Directory, Person
from connectors.ids import PersonId
from connectors.mongo import Deadline

MAX_MERGES: Final = 8
"""The longest chain of `merged_to` pointers that is followed; a longer chain leads to no person."""

COLUMNS: Final = frozenset(
    {"_id", "merged_to", "roles", "posts", "school_ids", "student_id", "school_id", "enrolments", "memberships"}
)
"""The columns of a person that the rights of a viewer depend on."""

K = TypeVar("K")


async def person_of(claims: Claims, directory: Directory, deadline: Deadline) -> Person:
    """The person known under the subject of *claims* (trap T19).

    Raises `UserNotFound` where there is none, and `AmbiguousUser` where there are several.
    """
    known = await directory.people_known_as([claims.subject], issuer=claims.issuer, deadline=deadline)
    found = await _people(known[claims.subject], directory, deadline)
    survivors = (await survivors_of(found, directory, deadline)).values()
    people = {person["_id"]: person for person in survivors}
    if not people:
        raise UserNotFound("no person is known under the subject")
    if len(people) > 1:
        raise AmbiguousUser("several people are known under the subject")
    return people.popitem()[1]


async def survivors_of(people: Mapping[K, Person], directory: Directory, deadline: Deadline) -> dict[K, Person]:
    """The person that each of *people* was merged into; a person who was not merged maps to themselves (trap T20).

    People whose chain of pointers is broken, circular or too long are left out.
    """
    known = {person["_id"]: person for person in people.values()}
    looked_up = set(known)
    for _ in range(MAX_MERGES):
        wanted = {person["merged_to"] for person in known.values() if person.get("merged_to")} - looked_up
        if not wanted:
            break
        looked_up |= wanted
        known |= await _people(wanted, directory, deadline)
    survivors = {key: _survivor(person, known) for key, person in people.items()}
    return {key: survivor for key, survivor in survivors.items() if survivor is not None}


def _survivor(person: Person, known: Mapping[PersonId, Person]) -> Person | None:
    """The last person of a chain of `merged_to` pointers; None where the chain is broken, circular or too long."""
    survivor: Person | None = person
    for _ in range(MAX_MERGES + 1):
        if survivor is None or not survivor.get("merged_to"):
            return survivor
        survivor = known.get(survivor["merged_to"])
    return None


async def _people(ids: Collection[PersonId], directory: Directory, deadline: Deadline) -> Mapping[PersonId, Person]:
    if not ids:
        return {}
    return await directory.people_by_ids(sorted(set(ids)), columns=COLUMNS, deadline=deadline)
