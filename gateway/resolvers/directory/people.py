"""People by the ids that documents name, and the contacts that administrators read."""

from collections.abc import Sequence
from typing import Any

from connectors.directory import (
    Person,
)
from connectors.vocabulary import PersonId, StudentId
from gateway.context import Info
from gateway.disclosures import DisclosedKind
from gateway.merges import MERGED, survivors


async def people(ids: Sequence[PersonId | None], info: Info) -> list[Any]:
    """The people of ids that documents name: id and name, merged ones as whom they were merged into (trap T20)."""
    return await named(ids, info)


async def named(
    ids: Sequence[PersonId | None], info: Info, *more: str, bare: bool = False, check: bool = False
) -> list[Any]:
    """The people of *ids* with the columns that the operation needs, or (*bare*) no others than the id.

    Merged people are whom they were merged into. Reads for the row rule (*check*) are not explained.
    """
    columns = frozenset({"_id"}) if bare else info.columns_of("Person") | {"_id", *more}
    read = info.check if check else info.read
    return await survivors(
        await read(info.connectors.directory.people_by_ids, ids, columns=columns | MERGED), info, columns
    )


async def people_of_students(ids: Sequence[StudentId], info: Info) -> list[Any]:
    """The people who are these students, by name; a merged one as whom they were merged into."""
    columns = info.columns_of("Person") | {"_id"}
    found = await info.read(info.connectors.directory.students_by_ids, ids, columns=columns | MERGED)
    return await survivors(found, info, columns)


async def email_of_people(people_: Sequence[Person], info: Info) -> list[str | None]:
    """The e-mail addresses of people of an administrator's schools."""
    return await _contacts(people_, info, "email")


async def phone_of_people(people_: Sequence[Person], info: Info) -> list[str | None]:
    """The telephone numbers of people of an administrator's schools."""
    return await _contacts(people_, info, "phone")


async def for_administrators(people_: Sequence[Person], info: Info) -> list[Any]:
    """The columns that administrators read of people beside their names, read once for all fields that show one."""
    read = info.connectors.directory.people_by_ids
    columns = frozenset({"_id", "email", "phone", "student_id", "school_id", "school_ids", "roles", "posts"})
    return await info.read(read, [own["_id"] for own in people_], columns=columns)


async def _contacts(people_: Sequence[Person], info: Info, column: str) -> list[str | None]:
    found = await for_administrators(people_, info)
    of_students = [person["student_id"] for person in found if person and "student_id" in person]
    info.disclose_kinds(frozenset({DisclosedKind.CONTACTS.value}), of_students)
    return [person.get(column) if person and _is_of_schools(person, info) else None for person in found]


def _is_of_schools(person: Person, info: Info) -> bool:
    """Whether a person belongs to a school of the viewer: a student by the school of today."""
    if "student_id" in person:
        return person.get("school_id") in info.viewer.school_ids
    return not set(info.viewer.school_ids).isdisjoint(person["school_ids"])
