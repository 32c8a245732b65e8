"""Stores messages in conversations, with their numbers, and keeps the rows of all participants true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from connectors.attachments import Attachment
from connectors.messages import (
    Conversation,
    ConversationKind,
    Message,
    Participant,
    ParticipantSide,
    message_id,
    owner_of,
    participant_id,
    terms_of,
)
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import ConversationId, PersonId, SchoolId, mint
from gateway.context import Info
from gateway.recipients import SIDES

WHOLE: Final[frozenset[str]] = frozenset()
"""All columns."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who takes part in a new conversation, or joins one."""

    person_id: PersonId
    side: ParticipantSide

    @property
    def owner(self) -> str:
        """The owner of the mailbox in which the conversation stands."""
        return owner_of(self.person_id, self.side)


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a message; letters that are sent together share *attached_as*."""

    text: str
    attachments: Sequence[Attachment]
    attached_as: str
    signature: str | None = None


def viewer_as_member(info: Info) -> Member:
    """The viewer, on the side of their role."""
    return Member(info.viewer.person_id, SIDES[info.viewer.role])


async def shared_schools(members: Sequence[Member], info: Info) -> list[SchoolId]:
    """For each member the first of the viewer's schools at which they are, too: reports go to its administrators."""
    ids, own = [member.person_id for member in members], info.viewer.school_ids
    columns = frozenset({"_id", "school_id", "school_ids"})
    found = await info.check(info.connectors.directory.people_by_ids, ids, columns=columns)
    return [
        next(
            (school for school in own if person and school in {person.get("school_id"), *person["school_ids"]}), own[0]
        )
        for person in found
    ]


def new_conversation(
    kind: ConversationKind,
    members: Sequence[Member],
    school: SchoolId,
    info: Info,
    *,
    title: str | None = None,
    pair: str | None = None,
    homework_id: str | None = None,
) -> tuple[Conversation, list[Participant]]:
    """A conversation without messages and the rows of its members; a group is run by the viewer."""
    own = ConversationId(mint("Conversation", uuid4().hex))
    conversation = Conversation(
        _id=own,
        school_id=school,
        kind=kind,
        title=title,
        created_by_id=info.viewer.person_id,
        created_at=info.now_at(school),
        seq=0,
        version=1,
    )
    if pair is not None:
        conversation["pair"] = pair
    if homework_id is not None:
        conversation["homework_id"] = homework_id
    admins = [info.viewer.person_id] if kind == ConversationKind.GROUP else []
    people = [member.person_id for member in members]
    return conversation, [new_participant(conversation, member, people, admins, info) for member in members]


def new_participant(
    conversation: Conversation,
    member: Member,
    people: Sequence[PersonId],
    admins: Sequence[PersonId],
    info: Info,
    *,
    with_history: bool = False,
) -> Participant:
    """The row of somebody who joins now: they see nothing earlier, unless they are let in *with_history*."""
    seq = conversation["seq"]
    row = Participant(
        _id=participant_id(conversation["_id"], member.owner),
        school_id=conversation["school_id"],
        conversation_id=conversation["_id"],
        owner=member.owner,
        person_id=member.person_id,
        side=member.side,
        kind=conversation["kind"],
        title=conversation["title"],
        version=conversation.get("version", 0),
        member_ids=list(people),
        admin_ids=list(admins),
        joined_seq=0 if with_history else seq,
        left_seq=None,
        hidden_seq=0,
        read_seq=seq,
        last_seq=seq,
        last_at=info.now_at(conversation["school_id"]),
        unread=0,
        is_hidden=False,
        sent_seq=0,
        received_seq=seq if with_history else 0,
        files_seq=0,
        sender_ids=[],
    )
    if "homework_id" in conversation:
        row["homework_id"] = conversation["homework_id"]
    return row


async def deliver(
    ids: Sequence[ConversationId], content: Content, info: Info, transaction: Transaction
) -> list[Message]:
    """Store a message as the next one of each conversation; as many commands, however many conversations there are.

    The number is taken first: whoever sends at the same time begins anew, so that numbers have no gap.
    """
    where = {"_id": {"$in": list(ids)}}
    await transaction.update_all("conversations", where, {"$inc": {"seq": 1}})
    found = await transaction.find("conversations", where, columns=frozenset({"_id", "seq", "school_id"}))
    by_id = {one["_id"]: one for one in found}
    own = viewer_as_member(info).owner
    messages = [_message(by_id[one], content, own, info) for one in ids]
    at = messages[0]["sent_at"]
    rows = {"conversation_id": {"$in": list(ids)}, "left_seq": None}
    has_files = bool(content.attachments)
    await transaction.update_all("participants", rows, _moved_on(own, info.viewer.person_id, at, has_files=has_files))
    await transaction.insert("messages", messages)
    return messages


def _message(conversation: Mapping[str, Any], content: Content, owner: str, info: Info) -> Message:
    seq = conversation["seq"]
    return Message(
        _id=message_id(conversation["_id"], seq),
        school_id=conversation["school_id"],
        conversation_id=conversation["_id"],
        seq=seq,
        author_id=info.viewer.person_id,
        author_owner=owner,
        sent_at=info.now_at(conversation["school_id"]),
        text=content.text,
        signature=content.signature,
        terms=terms_of(content.text),
        attachments=list(content.attachments),
        attached_as=content.attached_as,
        edited_at=None,
        revisions=[],
        is_deleted=False,
        version=1,
    )


UNREAD: Final[Mapping[str, Any]] = {"$set": {"unread": {"$subtract": ["$last_seq", "$read_seq"]}}}
"""The stage that counts what is unread: it follows every change of either number."""


def _moved_on(author: str, person: PersonId, at: Any, *, has_files: bool) -> list[Mapping[str, Any]]:
    """The change of every participant's row by one more message; its author has read all that came before."""
    is_own = {"$eq": ["$owner", author]}
    seq: dict[str, Any] = {"$add": ["$last_seq", 1]}
    changed: dict[str, Any] = {
        "last_seq": seq,
        "last_at": at,
        "is_hidden": False,
        "read_seq": {"$cond": [is_own, seq, "$read_seq"]},
        "sent_seq": {"$cond": [is_own, seq, "$sent_seq"]},
        "received_seq": {"$cond": [is_own, "$received_seq", seq]},
        "sender_ids": {"$setUnion": ["$sender_ids", [person]]},
    }
    if has_files:
        changed["files_seq"] = seq
    return [{"$set": changed}, UNREAD]
