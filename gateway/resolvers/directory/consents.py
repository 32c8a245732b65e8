"""Consents of families: reading, giving and withdrawing them (F13, F30)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypedDict
from uuid import uuid4

from auth.consents import BORN, may_give_for
from auth.viewer import Role
from connectors.directory import Consent
from connectors.directory.consents import in_order
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PersonId, PublicId, SchoolId, StudentId, mint
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserErrorCode, fact

_NO_PERSON: Final = Text("There is no such person in your family.", "В вашей семье нет такого человека.")
_NO_TEXT: Final = Text("There is no such text.", "Такого текста нет.")
_OLD: Final = Text("The text has changed: read it again.", "Текст изменился: прочитайте его ещё раз.")
_BY_REPRESENTATIVE: Final = Text(
    "A legal representative decides this for you; where the school has a wrong birth date, tell the class teacher.",
    "За вас это решает законный представитель; если в школе неверная дата рождения, сообщите классному руководителю.",
)
_BY_OTHERS: Final = Text(
    "Only a legal representative decides this, and the student who is of age alone.",
    "Это решает только законный представитель, а за себя — совершеннолетний ученик.",
)
_CONSENT: Final = frozenset({"_id", "text", "version", "given_by_id", "given_at"})
_PLACED: Final = BORN | {"sort_name"}


class KnownConsent(TypedDict):
    """A text with the consent of one person to it, if there is one."""

    person_id: PersonId
    school_id: SchoolId | None
    text: str
    version: str
    url: str | None
    is_required: bool
    may_give: bool
    given_by_id: PersonId | None
    given_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveConsent:
    """The consent to one text."""

    text: str
    """The name of the text (`Consent.text`)."""

    version: str
    """The version that was read (`Consent.version`)."""

    person_id: PublicId | None = None
    """The child for whom the consent is (`Person.id`); the viewer without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsent:
    """The consent that holds no longer."""

    text: str
    """The name of the text (`Consent.text`); consents to all its versions are withdrawn."""

    person_id: PublicId | None = None
    """The child whose consent it is (`Person.id`); the viewer without it."""


class _Subject(NamedTuple):
    """Somebody whose consents the viewer reads: themselves, or a child."""

    person_id: PersonId
    student_id: StudentId | None
    school_id: SchoolId | None
    may_give: bool


async def consents(parents: Sequence[object], info: Info) -> list[list[KnownConsent]]:
    """The consents to all texts of today, of the viewer first and then of the children by name; for each parent."""
    directory, ids = info.connectors.directory, _students_of(info)
    born = await info.read(directory.students_by_ids, ids, columns=_PLACED)
    subjects = _subjects([own for own in born if own], info)
    people = [own.person_id for own in subjects]
    in_force_of_each = await info.read(directory.consents_of_people, people, columns=_CONSENT)
    texts = in_order(directory.consent_rules.texts)
    found = []
    for subject, own in zip(subjects, in_force_of_each, strict=True):
        in_force = {(one["text"], one["version"]): one for one in own or ()}
        for name, text in texts:
            consent = in_force.get((name, text.version))
            found.append(
                KnownConsent(
                    person_id=subject.person_id,
                    school_id=subject.school_id,
                    text=name,
                    version=text.version,
                    url=text.url,
                    is_required=text.is_required,
                    may_give=subject.may_give,
                    given_by_id=consent["given_by_id"] if consent else None,
                    given_at=consent["given_at"] if consent else None,
                )
            )
    return [found] * len(parents)


async def give_consent(input: GiveConsent, info: Info, transaction: Transaction) -> Outcome:
    """Consent to the version of today of a text, for the viewer or for a child."""
    problems = Problems()
    subject = await _subject(input.person_id, info, transaction, problems)
    text = info.connectors.directory.consent_rules.texts.get(input.text)
    if text is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_TEXT, "text")
    elif text.version != input.version:
        problems.add(UserErrorCode.CONFLICT, _OLD, "version", limit=text.version)
    problems.check()
    own = {"person_id": subject.person_id, "text": input.text, "version": input.version, "withdrawn_at": None}
    if await transaction.find_one("consents", own, columns=frozenset({"_id"})):
        return Outcome({}, is_new=False)
    consent = Consent(
        _id=mint("Consent", uuid4().hex),
        person_id=subject.person_id,
        text=input.text,
        version=input.version,
        given_by_id=info.viewer.person_id,
        given_at=datetime.now(UTC),
        withdrawn_by_id=None,
        withdrawn_at=None,
    )
    if subject.student_id is not None:
        consent["student_id"] = subject.student_id
    await transaction.insert("consents", [consent])
    return Outcome({}, [_fact(info, "giveConsent", subject, consent["_id"], after=consent)], changes_rights=True)


async def withdraw_consent(input: WithdrawConsent, info: Info, transaction: Transaction) -> Outcome:
    """Withdraw the consents to a text, of the viewer or of a child; they stay as a proof of the time before."""
    problems = Problems()
    subject = await _subject(input.person_id, info, transaction, problems)
    problems.check()
    own = {"person_id": subject.person_id, "text": input.text, "withdrawn_at": None}
    in_force = await transaction.find("consents", own, columns=_CONSENT)
    if not in_force and input.text not in info.connectors.directory.consent_rules.texts:
        problems.add(UserErrorCode.NOT_FOUND, _NO_TEXT, "text")
    problems.check()
    if not in_force:
        return Outcome({}, is_new=False)
    change = {"withdrawn_by_id": info.viewer.person_id, "withdrawn_at": datetime.now(UTC)}
    await transaction.update_all("consents", own, {"$set": change})
    done = [_fact(info, "withdrawConsent", subject, one["_id"], before=one) for one in in_force]
    return Outcome({}, done, changes_rights=True)


def _fact(
    info: Info,
    action: str,
    subject: _Subject,
    consent: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Any:
    shown = [None if one is None else {key: one[key] for key in ("text", "version")} for one in (before, after)]
    school = subject.school_id or SchoolId("")
    return fact(info, action, consent, school, student_id=subject.student_id, before=shown[0], after=shown[1])


async def _subject(person: PublicId | None, info: Info, transaction: Transaction, problems: Problems) -> _Subject:
    """Whose consent it is; notes a problem where the viewer may not decide on it, rejects a stranger."""
    where = {"student_id": {"$in": _students_of(info)}, "merged_to": None}
    students = await transaction.find("people", where, columns=_PLACED)
    wanted = info.viewer.person_id if person is None else person
    subject = next((own for own in _subjects(students, info) if own.person_id == wanted), None)
    if subject is None:
        problems.reject(UserErrorCode.NOT_FOUND, _NO_PERSON, "personId")
    if not subject.may_give:
        is_own = subject.person_id == info.viewer.person_id
        problems.add(UserErrorCode.NOT_ALLOWED, _BY_REPRESENTATIVE if is_own else _BY_OTHERS, "personId")
    return subject


def _students_of(info: Info) -> list[StudentId]:
    """The students whose consents the viewer reads, also where these are missing."""
    return sorted(info.viewer.student_ids | info.viewer.closed_ids)


def _subjects(students: Sequence[Any], info: Info) -> list[_Subject]:
    """The viewer, then the children by name."""
    viewer, rules = info.viewer, info.connectors.directory.consent_rules
    found = [
        _Subject(
            own["_id"],
            own["student_id"],
            own.get("school_id"),
            may_give_for(viewer, own, rules, info.today_at(own.get("school_id"))),
        )
        for own in sorted(students, key=lambda own: (own["sort_name"], own["student_id"]))
    ]
    if viewer.role is Role.PARENT:
        return [_Subject(viewer.person_id, None, next(iter(viewer.school_ids), None), may_give=True), *found]
    return found
