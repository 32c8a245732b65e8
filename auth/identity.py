"""Which person of the directory a token speaks of."""

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from auth.errors import AmbiguousUser, UserNotFound
from auth.tokens import Claims
from connectors.directory import Directory, Person
from connectors.ids import PersonId
from connectors.mongo import Deadline

MAX_MERGES: Final = 8
"""How many `merged_to` pointers are followed; a longer chain leads to nobody."""

COLUMNS: Final = frozenset(
    {"_id", "merged_to", "roles", "posts", "school_ids", "student_id", "school_id", "enrolments", "memberships"}
)
"""What is read of a person."""

K = TypeVar("K")


async def person_of(claims: Claims, directory: Directory, deadline: Deadline) -> Person:
    """The one person known under the subject; none and several are errors of their own (trap T19)."""
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
    """Whom each of *people* was merged into, as a rule himself; who leads to nobody is left out (trap T20)."""
    known = {person["_id"]: person for person in people.values()}
    asked = set(known)
    for _ in range(MAX_MERGES):
        wanted = {person["merged_to"] for person in known.values() if person.get("merged_to")} - asked
        if not wanted:
            break
        asked |= wanted
        known |= await _people(wanted, directory, deadline)
    ends = {key: _end(person, known) for key, person in people.items()}
    return {key: end for key, end in ends.items() if end is not None}


def _end(person: Person, known: Mapping[PersonId, Person]) -> Person | None:
    """The last one of the chain; None where it breaks off, or comes back to itself."""
    end: Person | None = person
    for _ in range(MAX_MERGES + 1):
        if end is None or not end.get("merged_to"):
            return end
        end = known.get(end["merged_to"])
    return None


async def _people(ids: Collection[PersonId], directory: Directory, deadline: Deadline) -> Mapping[PersonId, Person]:
    if not ids:
        return {}
    return await directory.people_by_ids(sorted(set(ids)), columns=COLUMNS, deadline=deadline)
