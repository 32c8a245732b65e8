"""Invitation codes: administrators issue them, and parents add children by them (F16, F21, F22).

Whoever has no account yet registers by them at the sign-in (`auth.sign_in.invited`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict

from connectors.directory import Invitation, InvitationAudience, in_force
from connectors.directory.invitation_codes import (
    MOST_CODES,
    guardianship_of,
    hash_of,
    invitations_of,
    is_for_student,
    new_code,
)
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PersonId, StudentId, mint
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.directory.attempts import check_attempts, count_attempt
from gateway.resolvers.directory.people import named
from gateway.writing import Outcome, Problems, UserErrorCode, fact

KEEP_INVITATIONS: Final = timedelta(days=60)
"""How long a code may be used: a family may get it before the holidays."""

_EMPTY: Final = Text("Name at least one.", "Укажите хотя бы одно значение.")
_TOO_MANY: Final = Text("These are too many: at most {limit}.", "Слишком много: не более {limit}.")
_TWICE: Final = Text("This is named twice.", "Указано дважды.")
_NO_STUDENT: Final = Text("There is no such student at your schools.", "В ваших школах нет такого ученика.")
_NO_CODE: Final = Text(
    "There is no such code, or it was used already, or is older than 60 days: ask the school for a new one.",
    "Такого кода нет, он уже использован или ему больше 60 дней: попросите у школы новый.",
)
_HAS: Final = Text("You have the diary of this child already.", "Дневник этого ребёнка у вас уже есть.")
_BARRED: Final = Text(
    "The school has closed the diary of this child to you: ask the school.",
    "Школа закрыла вам доступ к дневнику этого ребёнка: обратитесь в школу.",
)
_NO_RELATION: Final = Text("A code for a student names no relation.", "В коде для ученика родство не указывается.")
_OWN: Final = Text("This code is for your parents.", "Этот код — для ваших родителей.")

_STUDENT_COLUMNS: Final = frozenset({"_id", "student_id", "school_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueInvitationCodes:
    """The students who are invited, or for whom one more parent is."""

    student_ids: tuple[StudentId, ...]
    """The students of the administrator's schools. A code that was issued for one before, for the same audience, is
    worth nothing then."""

    audience: InvitationAudience = InvitationAudience.PARENT
    """For whom the codes are."""

    relation: str | None = None
    """How the adult is related to the student: мать, отец, опекун; not for a student."""

    is_legal_representative: bool = True
    """Whether the adult, for whom the code is, is a legal representative (законный представитель)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddChildByCode:
    """The codes that a parent got from the school."""

    codes: tuple[str, ...]
    """The codes, one for each child, in small or capital letters, with or without the hyphen."""


class IssuedCode(TypedDict):
    """A code for one student, which is shown once."""

    student_id: StudentId
    code: str
    audience: str


async def issue_invitation_codes(input: IssueInvitationCodes, info: Info, transaction: Transaction) -> Outcome:
    """Issue a new code for each student, in the place of one that was not used."""
    problems = Problems()
    most = info.writing.rules.codes_at_once
    found = await _students(input.student_ids[:most], info, transaction)
    _check_list(input.student_ids, most, problems, "studentIds")
    for place, student in enumerate(input.student_ids[:most]):
        if student not in found:
            problems.add(UserErrorCode.NOT_FOUND, _NO_STUDENT, "studentIds", place)
    relation = None
    if input.relation is not None:
        relation = checked_text(input.relation, problems, "relation", most=info.writing.rules.name_characters)
        if input.audience is InvitationAudience.STUDENT:
            problems.add(UserErrorCode.INVALID_INPUT, _NO_RELATION, "relation")
    problems.check()
    is_parent = input.audience is InvitationAudience.PARENT
    codes = {student: new_code() for student in input.student_ids}
    expires_at = datetime.now(UTC) + KEEP_INVITATIONS
    invitations = [
        Invitation(
            _id=mint("Invitation", student) if is_parent else mint("Invitation", student, input.audience.value),
            code_hash=hash_of(code) or "",
            school_id=found[student]["school_id"],
            student_id=student,
            audience=input.audience.value,
            relation=relation,
            is_legal_representative=is_parent and input.is_legal_representative,
            expires_at=expires_at,
        )
        for student, code in codes.items()
    ]
    await transaction.put("invitations", invitations)
    after: dict[str, Any] = {"audience": input.audience.value}
    if is_parent:
        after |= {"relation": relation, "is_legal_representative": input.is_legal_representative}
    done = [
        fact(
            info, "issueInvitationCodes", one["student_id"], one["school_id"], student_id=one["student_id"], after=after
        )
        for one in invitations
    ]
    shown = [
        IssuedCode(student_id=student, code=code, audience=input.audience.value) for student, code in codes.items()
    ]
    return Outcome({}, done, once={"codes": shown})


async def add_child_by_code(input: AddChildByCode, info: Info, transaction: Transaction) -> Outcome:
    """Make the viewer a parent of the student of each code, of all of them or of none."""
    problems = Problems()
    await check_attempts(info, transaction, problems)
    problems.check()
    sent = input.codes[:MOST_CODES]
    _check_list(input.codes, MOST_CODES, problems, "codes")
    problems.check()
    hashes = [hash_of(code) for code in sent]
    found = await invitations_of([one for one in hashes if one is not None], transaction)
    invited = {own: one for own, one in found.items() if not is_for_student(one)}
    unknown = 0
    for place, own in enumerate(hashes):
        if own is None or own not in invited:
            unknown += 1
            problems.add(UserErrorCode.NOT_FOUND, _NO_CODE, "codes", place)
        elif own in hashes[:place]:
            problems.add(UserErrorCode.INVALID_INPUT, _TWICE, "codes", place)
    if unknown:
        await count_attempt(info, transaction, unknown)
        return Outcome({}, problems=problems.found)
    problems.check()
    invitations = [invited[own or ""] for own in hashes]
    people = await _students([one["student_id"] for one in invitations], info, transaction, anywhere=True)
    old = await _guardianships(info.viewer.person_id, [one["student_id"] for one in invitations], transaction)
    for place, one in enumerate(invitations):
        _check_right(one, people, old.get(one["student_id"], []), info, problems, place)
    problems.check()
    added = [guardianship_of(one, info.viewer.person_id, info.today_at(one["school_id"])) for one in invitations]
    await transaction.insert("guardianships", added)
    await transaction.delete_all("invitations", {"_id": {"$in": [one["_id"] for one in invitations]}})
    schools = sorted({one["school_id"] for one in invitations})
    change = {"$addToSet": {"school_ids": {"$each": schools}}}
    await transaction.update("people", {"_id": info.viewer.person_id}, change)
    done = [
        fact(
            info,
            "addChildByCode",
            one["_id"],
            one["school_id"],
            student_id=one["student_id"],
            after={"relation": one["relation"], "valid_from": one["valid_from"]},
        )
        for one in added
    ]
    return Outcome({"child_ids": [people[one["student_id"]]["_id"] for one in added]}, done, changes_rights=True)


async def children_of_codes(added: Sequence[Mapping[str, Any]], info: Info) -> list[list[Any] | None]:
    """The children who were added by codes; None where none were."""
    lists = [one.get("child_ids") for one in added]
    found = iter(await named([own for ids in lists for own in ids or ()], info))
    return [None if ids is None else [child for child in (next(found) for _ in ids) if child] for ids in lists]


def _check_list(sent: Sequence[str], most: int, problems: Problems, name: str) -> None:
    if not sent:
        problems.add(UserErrorCode.REQUIRED, _EMPTY, name)
    elif len(sent) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), name, limit=most)
    elif name == "studentIds":
        for place, one in enumerate(sent):
            if one in sent[:place]:
                problems.add(UserErrorCode.INVALID_INPUT, _TWICE, name, place)


def _check_right(invitation: Any, people: Any, old: Sequence[Any], info: Info, problems: Problems, place: int) -> None:
    """Note why the viewer cannot be made a parent of the student of a code."""
    student = people.get(invitation["student_id"])
    if student is None:  # left the school, or was merged, since the code was issued
        problems.add(UserErrorCode.NOT_FOUND, _NO_CODE, "codes", place)
        return
    if student["_id"] == info.viewer.person_id:
        problems.add(UserErrorCode.NOT_ALLOWED, _OWN, "codes", place)
    today = info.today_at(invitation["school_id"])
    held = [right for right in old if in_force(right["valid_from"], right["valid_to"], today)]
    if any(not right["data_access"] for right in held):
        problems.add(UserErrorCode.NOT_ALLOWED, _BARRED, "codes", place)
    elif held:
        problems.add(UserErrorCode.TAKEN, _HAS, "codes", place)


async def _students(
    ids: Sequence[StudentId], info: Info, transaction: Transaction, *, anywhere: bool = False
) -> dict[StudentId, Any]:
    """The students of *ids*, of the viewer's schools alone unless they may be *anywhere*."""
    where: dict[str, Any] = {"student_id": {"$in": list(ids)}, "merged_to": None}
    if not anywhere:
        where["school_id"] = {"$in": list(info.viewer.school_ids)}
    return {one["student_id"]: one for one in await transaction.find("people", where, columns=_STUDENT_COLUMNS)}


async def _guardianships(
    person: PersonId, students: Sequence[StudentId], transaction: Transaction
) -> dict[StudentId, list[Any]]:
    where = {"person_id": person, "student_id": {"$in": list(students)}}
    columns = frozenset({"student_id", "data_access", "valid_from", "valid_to"})
    found: dict[StudentId, list[Any]] = {}
    for right in await transaction.find("guardianships", where, columns=columns):
        found.setdefault(right["student_id"], []).append(right)
    return found
