"""Finds the person of the directory that a token names."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeVar

from auth.errors import AmbiguousUser, UserNotFound
from auth.tokens import Claims
from connectors.directory import Directory, Person, survivors
from connectors.mongo import Deadline
from connectors.vocabulary import PersonId

COLUMNS: Final = frozenset(
    {"_id", "merged_to", "roles", "posts", "school_ids", "student_id", "school_id", "enrolments", "memberships"}
)
"""The columns of a person that the rights of a viewer depend on."""

K = TypeVar("K")


async def person_of(claims: Claims, directory: Directory, deadline: Deadline) -> Person:
    """The person known under the subject of *claims*. Raises like `person_known_as`."""
    return await person_known_as(claims.subject, issuer=claims.issuer, directory=directory, deadline=deadline)


async def person_known_as(subject: str, *, issuer: str, directory: Directory, deadline: Deadline) -> Person:
    """The person whom *issuer* knows under *subject* (trap T19).

    Raises `UserNotFound` where there is none, and `AmbiguousUser` where there are several.
    """
    known = await directory.people_known_as([subject], issuer=issuer, deadline=deadline)
    found = await _people(known[subject], directory, deadline)
    remaining = (await survivors_of(found, directory, deadline)).values()
    people = {person["_id"]: person for person in remaining}
    if not people:
        raise UserNotFound("no person is known under the subject")
    if len(people) > 1:
        raise AmbiguousUser("several people are known under the subject")
    return people.popitem()[1]


async def person_with_id(person: PersonId, directory: Directory, deadline: Deadline) -> Person:
    """The person with an id, or whoever they were merged into. Raises `UserNotFound` where there is none."""
    found = await survivors_of(await _people([person], directory, deadline), directory, deadline)
    if person not in found:
        raise UserNotFound("the person is no longer in the directory")
    return found[person]


async def survivors_of(people: Mapping[K, Person], directory: Directory, deadline: Deadline) -> dict[K, Person]:
    """The person that each of *people* was merged into; a person who was not merged maps to themselves (trap T20).

    People whose chain of pointers is broken, circular or too long are left out.
    """
    known: dict[PersonId, Person | None] = {person["_id"]: person for person in people.values()}

    async def read(ids: Sequence[PersonId | None]) -> list[Person | None]:
        missing = {own for own in ids if own is not None} - known.keys()
        found = await _people(missing, directory, deadline)
        known.update({own: found.get(own) for own in missing})
        return [None if own is None else known[own] for own in ids]

    last = await survivors(list(people.values()), read)
    return {key: person for key, person in zip(people, last, strict=True) if person and not person.get("merged_to")}


async def _people(ids: Collection[PersonId], directory: Directory, deadline: Deadline) -> Mapping[PersonId, Person]:
    if not ids:
        return {}
    return await directory.people_by_ids(sorted(set(ids)), columns=COLUMNS, deadline=deadline)
