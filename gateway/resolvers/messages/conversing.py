"""Actions on conversations: begin and change a group, and leave it (F120)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.messages import ConversationKind
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import PersonId, PublicId, version_of
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.resolvers.messages.addressing import TOO_MANY, resolve_recipients
from gateway.resolvers.messages.delivery import (
    WHOLE,
    new_conversation,
    new_participant,
    shared_schools,
    viewer_as_member,
)
from gateway.resolvers.messages.sending import LEFT, belonging, close_windows, participant_of
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_NOT_ADMIN: Final = Text("The conversation is run by others.", "Этой беседой управляют другие.")
_NOT_GROUP: Final = Text("This is a dialogue of two.", "Это диалог двоих.")
_NO_MEMBER: Final = Text("There is no such participant.", "Нет такого участника.")
_NO_ADMIN: Final = Text("Somebody has to run the conversation.", "Кто-то должен управлять беседой.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConversation:
    """A group conversation; the viewer runs it."""

    title: str
    """The name of the conversation."""

    recipient_ids: tuple[PublicId, ...]
    """The other participants (`MessageRecipient.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditConversation:
    """A group conversation with what is to be changed of it; what is left out stays."""

    conversation_id: PublicId
    """The id of the conversation (`Conversation.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Conversation.version`); null changes it whatever its version is."""

    title: str | Absent | None = ABSENT
    """The new name; not null."""

    add_recipient_ids: tuple[PublicId, ...] = ()
    """People who join (`MessageRecipient.id`)."""

    with_history: bool = False
    """Whether those who join see what was written before; else they see nothing earlier."""

    remove_person_ids: tuple[PublicId, ...] = ()
    """Participants who are to read nothing later (`Person.id`)."""

    admin_ids: tuple[PublicId, ...] | Absent | None = ABSENT
    """All who run the conversation from now on (`Person.id`), of its participants; not null and not empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveConversation:
    """The group conversation that the viewer leaves."""

    conversation_id: PublicId
    """The id of the conversation (`Conversation.id`)."""


async def create_conversation(input: CreateConversation, info: Info, transaction: Transaction) -> Outcome:
    """Begin a group conversation with people to whom the viewer may write (F120)."""
    problems, rules = Problems(), info.writing.rules
    title = checked_text(input.title, problems, "title", most=rules.conversation_title_characters)
    members = await resolve_recipients(input.recipient_ids, info, problems, "recipientIds")
    problems.check()
    every = [viewer_as_member(info), *members]
    schools = await shared_schools(members, info)
    school = max(dict.fromkeys(schools), key=schools.count)
    conversation, rows = new_conversation(ConversationKind.GROUP, every, school, info, title=title)
    await transaction.insert("conversations", [conversation])
    await transaction.insert("participants", rows)
    after = {"title": title, "member_ids": [member.person_id for member in every]}
    done = fact(info, "createConversation", conversation["_id"], school, after=after, texts={"title"})
    return Outcome({"conversation_id": conversation["_id"]}, [done])


async def edit_conversation(input: EditConversation, info: Info, transaction: Transaction) -> Outcome:
    """Change the name, the participants and the administrators of a group conversation (F120)."""
    problems, rules = Problems(), info.writing.rules
    own, conversation, others = await _run_by_viewer(input.conversation_id, info, transaction, problems)
    problems.require_version(input.version)
    title = conversation["title"]
    if not isinstance(input.title, Absent):
        title = checked_text(input.title or "", problems, "title", most=rules.conversation_title_characters)
    joining = []
    if input.add_recipient_ids:
        joining = await resolve_recipients(input.add_recipient_ids, info, problems, "addRecipientIds")
    removed = _removed(input.remove_person_ids, others, problems)
    here = {row["owner"] for row in others} - {row["owner"] for row in removed} | {own["owner"]}
    joining = [member for member in joining if member.owner not in here]
    staying = [own, *(row for row in others if row["owner"] in here)]
    people = list(dict.fromkeys([*(row["person_id"] for row in staying), *(one.person_id for one in joining)]))
    if len(people) > rules.recipients + 1:
        problems.add(
            UserErrorCode.TOO_MANY, TOO_MANY.format(limit=rules.recipients), "addRecipientIds", limit=rules.recipients
        )
    admins = _admins(input.admin_ids, own, people, problems)
    problems.is_stale(input.version, conversation)
    problems.in_order_of(input)
    problems.check(conversation_id=conversation["_id"])
    version = version_of(conversation) + 1
    changed: Any = {**conversation, "title": title, "version": version}
    await transaction.update(
        "conversations", {"_id": conversation["_id"]}, {"$set": {"title": title, "version": version}}
    )
    if removed:
        await close_windows([row["owner"] for row in removed], own, info, transaction)
    if joining:
        rows = [
            new_participant(changed, member, people, admins, info, with_history=input.with_history)
            for member in joining
        ]
        await transaction.put("participants", rows)
    shown = {"title": title, "version": version, "member_ids": people, "admin_ids": admins}
    where = {"conversation_id": conversation["_id"], "left_seq": None}
    await transaction.update_all("participants", where, {"$set": shown})
    before = {key: own[key] for key in ("title", "member_ids", "admin_ids")}
    after = {"title": title, "member_ids": people, "admin_ids": admins}
    school = conversation["school_id"]
    done = fact(info, "editConversation", conversation["_id"], school, before=before, after=after, texts={"title"})
    return Outcome({"conversation_id": conversation["_id"]}, [done])


async def _run_by_viewer(conversation_id: str, info: Info, transaction: Transaction, problems: Problems) -> Any:
    """The viewer's row, the group that they run, and the rows of the others who take part; raises `Rejected`."""
    own = await participant_of(conversation_id, info, transaction, problems)
    if own["kind"] != ConversationKind.GROUP:
        problems.add(UserErrorCode.NOT_ALLOWED, _NOT_GROUP, "conversationId")
    elif own["left_seq"] is not None:
        problems.add(UserErrorCode.NOT_ALLOWED, LEFT, "conversationId")
    elif info.viewer.person_id not in own["admin_ids"]:
        problems.add(UserErrorCode.NOT_ALLOWED, _NOT_ADMIN, "conversationId")
    problems.check(conversation_id=conversation_id)
    conversation = await transaction.find_one("conversations", {"_id": conversation_id}, columns=WHOLE)
    staying = await belonging(own, info, transaction)
    if own["owner"] not in {row["owner"] for row in staying}:
        problems.add(UserErrorCode.NOT_ALLOWED, LEFT, "conversationId")
    problems.check(conversation_id=conversation_id)
    return own, conversation, [row for row in staying if row["owner"] != own["owner"]]


def _removed(people: Sequence[PublicId], others: Sequence[Any], problems: Problems) -> list[Any]:
    """The rows of those who are to leave, each on all sides on which they take part."""
    members = {row["person_id"] for row in others}
    for place, person in enumerate(people):
        if person not in members:
            problems.add(UserErrorCode.NOT_FOUND, _NO_MEMBER, "removePersonIds", place)
    return [row for row in others if row["person_id"] in people]


def _admins(sent: Any, own: Any, people: Sequence[PersonId], problems: Problems) -> list[PersonId]:
    """Who runs the conversation from now on; those who leave run it no longer."""
    if isinstance(sent, Absent):
        return [person for person in own["admin_ids"] if person in people]
    if not sent:
        problems.add(UserErrorCode.REQUIRED, _NO_ADMIN, "adminIds")
    for place, person in enumerate(sent or ()):
        if person not in people:
            problems.add(UserErrorCode.NOT_FOUND, _NO_MEMBER, "adminIds", place)
    return list(dict.fromkeys(sent or ()))


async def leave_conversation(input: LeaveConversation, info: Info, transaction: Transaction) -> Outcome:
    """Leave a group conversation; where nobody runs it then, its first other participant does."""
    problems = Problems()
    own = await participant_of(input.conversation_id, info, transaction, problems)
    ids = {"conversation_id": own["conversation_id"]}
    if own["kind"] != ConversationKind.GROUP:
        problems.reject(UserErrorCode.NOT_ALLOWED, _NOT_GROUP, "conversationId", **ids)
    if own["left_seq"] is not None:
        return Outcome(ids, is_new=False)
    staying = await belonging(own, info, transaction)
    own = next((row for row in staying if row["owner"] == own["owner"]), own)
    await close_windows([own["owner"]], own, info, transaction)
    people = [person for person in own["member_ids"] if person != own["person_id"]]
    admins = [person for person in own["admin_ids"] if person != own["person_id"]] or people[:1]
    where = {"conversation_id": own["conversation_id"], "left_seq": None}
    await transaction.update_all("participants", where, {"$set": {"member_ids": people, "admin_ids": admins}})
    before, after = {"member_ids": own["member_ids"]}, {"member_ids": people}
    done = fact(info, "leaveConversation", own["conversation_id"], own["school_id"], before=before, after=after)
    return Outcome(ids, [done])
