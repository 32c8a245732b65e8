"""Accounts of identity providers: a class teacher enters the number that a family was shown (F14)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors.directory import Evidence, ExternalId, in_force
from connectors.directory.registration_numbers import read_number
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PersonId, PublicId, SchoolId, StudentId, mint
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.directory.attempts import check_attempts, count_attempt
from gateway.resolvers.directory.known_people import RIGHT, is_barred
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_MISTYPED: Final = Text(
    "This is no registration number: it has nine digits, and one of these is mistyped.",
    "Это не регистрационный номер: в нём девять цифр, и одна из них введена с ошибкой.",
)
_NO_NUMBER: Final = Text(
    "There is no such registration number, or it is older than 30 days: ask the person to sign in once more.",
    "Такого регистрационного номера нет, или ему больше 30 дней: попросите человека войти ещё раз.",
)
_NO_PERSON: Final = Text(
    "This is neither a student of your class nor a parent of one.", "Это не ученик вашего класса и не его родитель."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterRegistrationNumber:
    """The registration number that somebody told the class teacher, and who it was."""

    number: str
    """The nine digits, with or without spaces between them."""

    person_id: PublicId
    """The student of the class, or the parent of one, who told the number (`Person.id`)."""

    confirmed: bool = False
    """Whether the account is linked. Without it the answer says whose account it is, to be compared first."""


async def enter_registration_number(input: EnterRegistrationNumber, info: Info, transaction: Transaction) -> Outcome:
    """Link the account behind a registration number to a student of the viewer's class, or to a parent of one.

    A number that does not exist counts as an attempt, of which there are few a day: nobody finds one by trying.
    """
    problems = Problems()
    school = next(iter(info.viewer.school_ids), SchoolId(""))
    await check_attempts(info, transaction, problems)
    problems.check()
    number = read_number(input.number)
    if number is None:
        problems.add(UserErrorCode.INVALID_INPUT, _MISTYPED, "number")
    student = (await _families(info)).get(PersonId(input.person_id))
    if student is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_PERSON, "personId")
    problems.check()
    registration = await _pending(number or "", transaction)
    if registration is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_NUMBER, "number")
        await count_attempt(info, transaction)
        return Outcome({}, problems=problems.found)
    if not input.confirmed:
        return Outcome({"number": registration["_id"], "linked_person_id": None}, is_new=False)
    account = {"issuer": registration["issuer"], "subject": registration["subject"]}
    link = ExternalId(
        _id=mint("ExternalId", *account.values()),
        **account,  # type: ignore[typeddict-item] # these two keys
        person_id=PersonId(input.person_id),
        linked_at=datetime.now(UTC),
        linked_by_id=info.viewer.person_id,
        evidence=Evidence.REGISTRATION_NUMBER,
    )
    await transaction.insert("external_ids", [link])
    await transaction.delete("registrations", {"_id": registration["_id"]})
    done = fact(
        info,
        "enterRegistrationNumber",
        input.person_id,
        school,
        student_id=student,
        after={"evidence": Evidence.REGISTRATION_NUMBER.value},
    )
    return Outcome({"number": None, "linked_person_id": input.person_id}, [done])


async def registered_account(numbers: Sequence[str | None], info: Info) -> list[Any]:
    """The pending registration under each number."""
    return await info.read(info.connectors.directory.registrations_by_numbers, numbers)


async def _families(info: Info) -> dict[PersonId, StudentId]:
    """The students of the viewer's class and their parents of today, each with the student."""
    directory, students = info.connectors.directory, sorted(info.viewer.student_ids)
    found, rights = await asyncio.gather(
        info.check(directory.students_by_ids, students, columns=frozenset({"_id", "school_id", "merged_to"})),
        info.check(directory.guardianships_of_students, students, columns=RIGHT),
    )
    families: dict[PersonId, StudentId] = {}
    for student, person, own in zip(students, found, rights, strict=True):
        if person is None:
            continue
        today = info.today_at(person["school_id"])
        for right in own:
            if in_force(right["valid_from"], right["valid_to"], today) and not is_barred(right):
                families[right["person_id"]] = student
        families[person["_id"]] = student
    return families


async def _pending(number: str, transaction: Transaction) -> Any | None:
    """The registration under *number*; None where there is none, it is too old, or its account is linked meanwhile."""
    columns = frozenset({"_id", "issuer", "subject", "expires_at"})
    found = await transaction.find_one("registrations", {"_id": number}, columns=columns)
    if found is None or found["expires_at"] <= datetime.now(UTC):
        return None
    account = {"issuer": found["issuer"], "subject": found["subject"]}
    is_linked = await transaction.find_one("external_ids", account, columns=frozenset({"_id"}))
    return None if is_linked else found
