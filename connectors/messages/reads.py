"""Reads of the messages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from pymongo import DESCENDING

from connectors.attachments import ATTACHED_FILES
from connectors.declarations import Connector, Read, by_ids, many
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.messages.documents import (
    CONVERSATIONS,
    MAILBOX_SETTINGS,
    MESSAGES,
    PARTICIPANTS,
    REPORTS,
    Conversation,
    MailboxSettings,
    Message,
    MessageReport,
    Participant,
)
from connectors.messages.terms import search_condition
from connectors.mongo import NOTHING, Deadline, Document, Order, with_columns
from connectors.vocabulary import Columns, ConversationId, MessageId, Page, Paging, PersonId, SchoolId

_LATEST: Final[Order] = [("last_at", DESCENDING), ("conversation_id", DESCENDING)]
_REPORTED: Final[Order] = [("reported_at", DESCENDING), ("_id", DESCENDING)]
_NEWEST: Final[Order] = [("seq", DESCENDING), ("_id", DESCENDING)]


class Mailbox(NamedTuple):
    """The conversations of one owner, and which of them."""

    owner: str
    unread_only: bool = False
    with_sent: bool = False
    with_received: bool = False
    with_files: bool = False
    sender_id: PersonId | None = None
    last_within: tuple[datetime, datetime] | None = None
    """Those with the last message from the first moment to before the second."""

    def condition(self) -> Document:
        """The condition on a participant's row; each part of it is the beginning of an index, or what one is for."""
        where: Document = {"owner": self.owner, "is_hidden": False}
        parts = {
            "unread": self.unread_only,
            "sent_seq": self.with_sent,
            "received_seq": self.with_received,
            "files_seq": self.with_files,
        }
        where |= {name: {"$gt": 0} for name, is_wanted in parts.items() if is_wanted}
        if self.sender_id is not None:
            where["sender_ids"] = self.sender_id
        if self.last_within is not None:
            where["last_at"] = {"$gte": self.last_within[0], "$lt": self.last_within[1]}
        return where


class Window(NamedTuple):
    """The messages of a conversation that somebody may read: after one number up to another; and how far they read.

    Of one who left, *left_at* is when: they see nothing of what is edited later.
    """

    conversation_id: ConversationId
    after: int
    until: int
    read: int
    left_at: datetime | None = None

    def condition(self) -> Document:
        """The condition on a message."""
        return {"conversation_id": self.conversation_id, "seq": {"$gt": self.after, "$lte": self.until}}

    def searched(self, words: Document | None) -> Document:
        """The condition on a message that has the *words*, not by an edit that the reader does not see."""
        if words is None:
            return NOTHING
        unseen = [] if self.left_at is None else [{"$nor": [{"edited_at": {"$gt": self.left_at}}]}]
        return {"$and": [self.condition(), words, *unseen]}


class Messages(Connector):
    """Reads of the messages."""

    collections = (CONVERSATIONS, PARTICIPANTS, MESSAGES, REPORTS, MAILBOX_SETTINGS, ATTACHED_FILES, FACTS, KEYS)

    conversations_by_ids: Read[ConversationId, Conversation] = by_ids(CONVERSATIONS)
    """The conversation of each id."""

    participants_by_ids: Read[str, Participant] = by_ids(PARTICIPANTS)
    """The participant of each id (`participant_id`)."""

    participants_of: Read[ConversationId, list[Participant]] = many(PARTICIPANTS, by="conversation_id")
    """All who take or took part in each conversation."""

    participants_about: Read[str, list[Participant]] = many(
        PARTICIPANTS,
        by="homework_id",
        order=_LATEST,
        where=lambda _, *, owner: {"owner": owner, "is_hidden": False, "$and": [{"homework_id": {"$type": "string"}}]},
    )
    """The rows of an *owner* in the conversations about each homework, the one with the latest message first."""

    messages_by_ids: Read[MessageId, Message] = by_ids(MESSAGES)
    """The message of each id."""

    settings_by_owners: Read[str, MailboxSettings] = by_ids(MAILBOX_SETTINGS)
    """The settings of the mailbox of each owner (`owner_of`) who has set any."""

    reports_by_ids: Read[str, MessageReport] = by_ids(REPORTS)
    """The report of each id."""

    reports_of_messages: Read[MessageId, list[MessageReport]] = many(
        REPORTS, by="message_id", where=lambda _, *, person: {"reported_by_id": person}
    )
    """The report that one *person* has sent of each message, if there is one."""

    async def reports_at(
        self,
        school_sets: Sequence[tuple[SchoolId, ...]],
        *,
        open_only: bool = False,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[tuple[SchoolId, ...], Page]:
        """A page of the messages reported at each set of schools, the latest first; or of those not settled yet."""
        state: Document = {"decision": None} if open_only else {}
        wheres = {own: {"school_id": {"$in": list(own)}, **state} for own in school_sets}
        columns = with_columns(columns, "school_id")
        return await self.source.pages_of(
            REPORTS.name, wheres, order=_REPORTED, paging=paging, columns=columns, deadline=deadline
        )

    async def mailboxes(
        self,
        mailboxes: Sequence[Mailbox],
        *,
        search: str | None = None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Mailbox, Page]:
        """A page of the participant's rows of each mailbox, the conversation with the latest message first.

        With *search* only those in which a message that the owner may read has the words.
        """
        words = None if search is None else search_condition(search)
        if search is not None and words is None:
            return dict.fromkeys(mailboxes, Page([], has_next=False, total=0))
        return await self.source.pages_of(
            PARTICIPANTS.name,
            {own: own.condition() for own in mailboxes},
            order=_LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
            stages={} if words is None else dict.fromkeys(mailboxes, _with_words(words)),
        )

    async def messages_within(
        self,
        windows: Sequence[Window],
        *,
        search: str | None = None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Window, Page]:
        """A page of the messages of each window, the latest first; with *search* those that have the words."""
        words = None if search is None else search_condition(search)
        wheres = {own: own.condition() if search is None else own.searched(words) for own in windows}
        return await self.source.pages_of(
            MESSAGES.name, wheres, order=_NEWEST, paging=paging, columns=columns, deadline=deadline
        )

    async def unread_of(self, owners: Sequence[str], *, columns: Columns, deadline: Deadline) -> Mapping[str, int]:
        """How many messages each owner has not read, in all conversations that they have not hidden."""
        stages: list[Document] = [
            {"$match": {"owner": {"$in": list(owners)}, "is_hidden": False, "unread": {"$gt": 0}}},
            {"$group": {"_id": "$owner", "unread": {"$sum": "$unread"}}},
        ]
        rows = await self.source.aggregate(PARTICIPANTS.name, stages, deadline=deadline)
        found = {row["_id"]: row["unread"] for row in rows}
        return {owner: found.get(owner, 0) for owner in owners}


def _with_words(words: Document) -> list[Document]:
    """The stages that drop the conversations in which no message within the owner's window has the words."""
    is_seen = {"$or": [{"$eq": ["$$left_at", None]}, {"$lte": ["$edited_at", "$$left_at"]}]}
    within = {
        "$expr": {"$and": [{"$gt": ["$seq", "$$after"]}, {"$lte": ["$seq", "$$until"]}, is_seen]},
    }
    matching: list[Document] = [{"$match": {**words, **within}}, {"$limit": 1}, {"$project": {"_id": 1}}]
    return [
        {
            "$lookup": {
                "from": MESSAGES.name,
                "localField": "conversation_id",
                "foreignField": "conversation_id",
                "let": {
                    "after": {"$max": ["$joined_seq", "$hidden_seq"]},
                    "until": "$last_seq",
                    "left_at": {"$ifNull": ["$left_at", None]},
                },
                "pipeline": matching,
                "as": "_found",
            }
        },
        {"$match": {"_found": {"$ne": []}}},
    ]
