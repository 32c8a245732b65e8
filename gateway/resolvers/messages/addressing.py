"""Resolves the target of a message: chosen people, families of classes and groups, or the people of homework (F58)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from auth.viewer import FAMILY
from connectors.directory import in_force
from connectors.messages import ParticipantSide
from connectors.vocabulary import ClassId, GroupId, PersonId, PublicId, StudentId
from gateway.context import Info
from gateway.homework import readable_homework
from gateway.languages import Text
from gateway.recipients import NOBODY, RecipientCategory, allowed_owners, current_people, guardians_of
from gateway.resolvers.messages.delivery import Member
from gateway.writing import Problems, UserErrorCode

TOO_MANY: Final = Text(
    "These are too many recipients: at most {limit}.", "Слишком много получателей: не более {limit}."
)
NO_ONE: Final = Text("Say to whom you write.", "Укажите, кому вы пишете.")
NOT_RECIPIENT: Final = Text("You cannot write to this recipient.", "Этому получателю написать нельзя.")
_ONLY_FAMILIES: Final = Text(
    "You can choose only students or guardians here.", "Здесь можно выбрать только учеников или родителей."
)
_TO_TEACHER: Final = Text(
    "Leave this empty: a comment of a family goes to the teacher.",
    "Оставьте это пустым: комментарий семьи получает учитель.",
)
_NO_HOMEWORK: Final = Text("There is no such homework.", "Нет такого задания.")
_STUDENT: Final = frozenset({"_id", "student_id", "school_id"})
_HOMEWORK: Final = frozenset({"author_id"})
"""Beside those by which `readable_homework` finds out whom it is set for."""
_TEACHING: Final = frozenset({"person_id", "school_id", "subject_id", "starts_on", "ends_on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAudience:
    """The students or guardians (or both) of classes and groups; each of them gets a conversation of their own."""

    class_ids: tuple[ClassId, ...] = ()
    """Classes; of their students those whose data the viewer may read."""

    group_ids: tuple[GroupId, ...] = ()
    """Study groups; of their members those whose data the viewer may read."""

    to: tuple[RecipientCategory, ...]
    """Students, guardians or both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAboutHomework:
    """A comment on the homework of one student: a conversation about the homework, apart from other conversations.

    A student's or a parent's comment goes to the teacher who set the homework or, where the viewer cannot write to them
    any longer, to those who teach the subject today.
    """

    homework_id: PublicId
    """The homework of the student (`Homework.id`)."""

    to: tuple[RecipientCategory, ...] | None = None
    """Staff choose the student, the guardians or both; null is the student alone. Families leave it empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTarget:
    """Where a message goes: one of these."""

    is_one_of = True

    conversation_id: PublicId | None = None
    """A conversation in which the viewer takes part."""

    recipient_ids: tuple[PublicId, ...] | None = None
    """People (`MessageRecipient.id`): each gets a letter of their own, and sees nothing of the others."""

    audience: MessageAudience | None = None
    """The families of classes and groups; for staff."""

    homework: MessageAboutHomework | None = None
    """The homework of one student, for a comment on it."""


async def resolve_recipients(ids: Sequence[PublicId], info: Info, problems: Problems, *path: str) -> list[Member]:
    """The recipients of these ids, each once (F116, F117).

    Adds a problem for each that the viewer may not write to; the result is of use only where there is no problem.
    """
    most = info.writing.rules.recipients
    wanted = set(ids)
    if not wanted:
        problems.add(UserErrorCode.REQUIRED, NO_ONE, *path)
        return []
    if len(wanted) > most:
        problems.add(UserErrorCode.TOO_MANY, TOO_MANY.format(limit=most), *path, limit=most)
        return []
    members = [_member(one) for one in ids]
    chosen = list(dict.fromkeys(member for member in members if member is not None))
    allowed = await allowed_owners([(one.person_id, one.side) for one in chosen], info)
    for place, member in enumerate(members):
        if member is None or member.owner not in allowed:
            problems.add(UserErrorCode.RECIPIENT_NOT_ALLOWED, NOT_RECIPIENT, *path, place)
    return chosen


def _member(recipient_id: str) -> Member | None:
    person, _, side = recipient_id.partition(".")
    return Member(PersonId(person), ParticipantSide(side)) if side in ParticipantSide.__members__ else None


async def audience_members(audience: MessageAudience, info: Info, problems: Problems) -> list[Member]:
    """The students of classes and groups whose data the viewer may read, or their guardians, or both.

    Empty, and a problem, where the viewer is not of the staff.
    """
    _check_categories(audience.to, problems, "to", "audience", "to")
    students = [] if info.viewer.role in FAMILY else await _readable_students(audience, info)
    members: list[Member] = []
    if RecipientCategory.STUDENTS in audience.to:
        members += [Member(one["_id"], ParticipantSide.STUDENT) for one in students]
    if RecipientCategory.GUARDIANS in audience.to:
        found = await guardians_of([one["student_id"] for one in students], info)
        adults = dict.fromkeys(person for own in found.values() for person in own if person != info.viewer.person_id)
        members += [Member(person, ParticipantSide.PARENT) for person in adults]
    most = info.writing.rules.recipients
    if not members and not problems.found:
        problems.add(UserErrorCode.RECIPIENT_NOT_ALLOWED, NOT_RECIPIENT, "to", "audience")
    elif len(members) > most:
        problems.add(UserErrorCode.TOO_MANY, TOO_MANY.format(limit=most), "to", "audience", limit=most)
    return members


async def _readable_students(audience: MessageAudience, info: Info) -> list[Any]:
    """The students of the classes and groups whose data the viewer may read, each once."""
    directory, viewer = info.connectors.directory, info.viewer
    classes, groups = sorted(audience.class_ids) or [ClassId("cls_")], sorted(audience.group_ids) or [GroupId("grp_")]
    in_classes = await info.check(directory.students_in_classes, classes, columns=_STUDENT, on=info.today)
    in_groups = await info.check(directory.students_in_groups, groups, columns=_STUDENT, on=info.today)
    every = {one["_id"]: one for own in (*in_classes, *in_groups) for one in own or ()}
    return [one for one in every.values() if viewer.may_read_student(one["student_id"], one.get("school_id"))]


async def homework_recipients(target: MessageAboutHomework, info: Info, problems: Problems) -> list[Member]:
    """Those to whom the viewer may write about the homework.

    For a family the teacher who set it or, where the viewer cannot write to them, those who teach the subject today;
    for staff the student, the guardians or both.
    """
    is_family, path = info.viewer.role in FAMILY, ("to", "homework")
    if is_family and target.to is not None:
        problems.add(UserErrorCode.INVALID_INPUT, _TO_TEACHER, *path, "to")
    wanted = (RecipientCategory.STUDENTS,) if target.to is None else target.to
    _check_categories(wanted, problems, *path, "to")
    [found] = await readable_homework([target.homework_id], info, _HOMEWORK)
    homework, student = found or ({}, StudentId("stu_"))
    author: Member | None = None
    if is_family:
        author, members = await _teachers(homework, info)
    else:
        members = await _family(student, wanted, info)
    allowed = await allowed_owners([(one.person_id, one.side) for one in members], info)
    if found is None:
        problems.add(UserErrorCode.NOT_FOUND, _NO_HOMEWORK, *path, "homeworkId")
        return []
    reached = [member for member in members if member.owner in allowed]
    if not reached and not problems.found:
        problems.add(UserErrorCode.RECIPIENT_NOT_ALLOWED, NOT_RECIPIENT, *path)
    return [author] if author in reached else reached


def _check_categories(chosen: Sequence[RecipientCategory], problems: Problems, *path: str) -> None:
    """Add a problem where none is chosen, and for each that is no part of a family."""
    if not chosen:
        problems.add(UserErrorCode.REQUIRED, NO_ONE, *path)
    for place, one in enumerate(chosen):
        if one not in {RecipientCategory.STUDENTS, RecipientCategory.GUARDIANS}:
            problems.add(UserErrorCode.INVALID_INPUT, _ONLY_FAMILIES, *path, place)


async def _teachers(homework: Any, info: Info) -> tuple[Member | None, list[Member]]:
    """The teacher who set the homework, and with them those who teach its subject to its class or group today.

    Merged people stand as whom they are now.
    """
    directory = info.connectors.directory
    classes = homework.get("class_ids") or [ClassId("cls_")]
    group = homework.get("group_id") or GroupId("grp_")
    whole = await info.check(directory.assignments_of_classes, classes, columns=_TEACHING)
    parts = await info.check(directory.assignments_of_groups, [group], columns=_TEACHING)
    held = [
        one["person_id"]
        for own in (*whole, *parts)
        for one in own or ()
        if one["subject_id"] == homework.get("subject_id")
        and in_force(one["starts_on"], one["ends_on"], info.today_at(one["school_id"]))
    ]
    people = await current_people([homework.get("author_id") or NOBODY, *held], info)
    author, *others = [Member(person, ParticipantSide.STAFF) if person else None for person in people]
    return author, list(dict.fromkeys(member for member in (author, *others) if member))


async def _family(student: StudentId, wanted: Sequence[RecipientCategory], info: Info) -> list[Member]:
    """The student, the guardians, or both."""
    [person] = await info.check(info.connectors.directory.students_by_ids, [student], columns=_STUDENT)
    adults = await guardians_of([student], info)
    members = []
    if RecipientCategory.STUDENTS in wanted and person is not None:
        members.append(Member(person["_id"], ParticipantSide.STUDENT))
    if RecipientCategory.GUARDIANS in wanted:
        members += [Member(adult, ParticipantSide.PARENT) for adult in dict.fromkeys(adults[student])]
    return members
