"""Actions of readers: mark a conversation as read or unread, and hide it (F119). What somebody reads has no fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.messages import message_id
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import ConversationId, PublicId
from gateway.context import Info
from gateway.resolvers.messages.delivery import UNREAD
from gateway.resolvers.messages.mailbox import is_within
from gateway.resolvers.messages.sending import NO_MESSAGE, participant_of
from gateway.writing import Outcome, Problems, UserErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkConversationRead:
    """How far the viewer has read a conversation."""

    conversation_id: PublicId
    """The id of the conversation (`Conversation.id`)."""

    message_id: PublicId | None = None
    """The last message that they have read (`Message.id`); null for all that there are now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkConversationUnread:
    """The conversation that the viewer wants to see as unread."""

    conversation_id: PublicId
    """The id of the conversation (`Conversation.id`)."""

    message_id: PublicId | None = None
    """The first message that is to be unread (`Message.id`); null for the last one that another person wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HideConversation:
    """The conversation that the viewer no longer wants in their mailbox."""

    conversation_id: PublicId
    """The id of the conversation (`Conversation.id`)."""


async def mark_conversation_read(input: MarkConversationRead, info: Info, transaction: Transaction) -> Outcome:
    """Mark a conversation as read by the viewer; what is read stays so."""
    problems = Problems()
    own = await participant_of(input.conversation_id, info, transaction, problems)
    seq = own["last_seq"] if input.message_id is None else _number(input.message_id, own, problems)
    read = {"$set": {"read_seq": {"$max": ["$read_seq", {"$min": [seq, "$last_seq"]}]}}}
    await transaction.update_all("participants", {"_id": own["_id"]}, [read, UNREAD])
    return Outcome({"conversation_id": own["conversation_id"]})


async def mark_conversation_unread(input: MarkConversationUnread, info: Info, transaction: Transaction) -> Outcome:
    """Mark a conversation as unread from a message on; one in which nobody else has written stays as it is."""
    problems = Problems()
    own = await participant_of(input.conversation_id, info, transaction, problems)
    seq = own["received_seq"] if input.message_id is None else _number(input.message_id, own, problems)
    if is_within(seq, own):
        read = {"$set": {"read_seq": {"$min": ["$read_seq", seq - 1]}}}
        await transaction.update_all("participants", {"_id": own["_id"]}, [read, UNREAD])
    return Outcome({"conversation_id": own["conversation_id"]})


def _number(message: str, own: Mapping[str, Any], problems: Problems) -> int:
    """The number of a message in the conversation of a row; raises `Rejected` where its owner may not read it."""
    _, _, number = message.rpartition("_")
    seq = int(number) if number.isdecimal() and len(number) < 10 else 0  # noqa: PLR2004 - of 32 bits
    if message != message_id(own["conversation_id"], seq) or not is_within(seq, own):
        problems.reject(UserErrorCode.NOT_FOUND, NO_MESSAGE, "messageId", conversation_id=own["conversation_id"])
    return seq


async def hide_conversation(input: HideConversation, info: Info, transaction: Transaction) -> Outcome:
    """Take a conversation out of the viewer's mailbox, with all that was written; the next message brings it back."""
    problems = Problems()
    own = await participant_of(input.conversation_id, info, transaction, problems)
    emptied = {"sent_seq": 0, "received_seq": 0, "files_seq": 0, "sender_ids": [], "is_hidden": True, "unread": 0}
    change = {"$set": {**emptied, "hidden_seq": "$last_seq", "read_seq": "$last_seq"}}
    await transaction.update_all("participants", {"_id": own["_id"]}, [change])
    return Outcome({"hidden_conversation_id": ConversationId(input.conversation_id)})
