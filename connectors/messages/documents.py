"""The documents of messages and their collections.

Each conversation counts its messages by one number (*seq*), taken in the transaction that stores a message, so that
there is no gap. Each participant has a row of their own, by which their mailbox is found and sorted.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.attachments import Attachment
from connectors.declarations import Collection
from connectors.vocabulary import ConversationId, MessageId, PersonId, SchoolId


class ParticipantSide(StrEnum):
    """The part in which a person takes part in conversations: one mailbox each, for a teacher may be a parent too."""

    STUDENT = "STUDENT"
    """A student (ученик)."""

    PARENT = "PARENT"
    """A parent (родитель)."""

    STAFF = "STAFF"
    """A teacher, class teacher or administrator (сотрудник школы)."""


class ConversationKind(StrEnum):
    """The kind of a conversation."""

    LETTER = "LETTER"
    """Between two people (личный диалог)."""

    GROUP = "GROUP"
    """Between several people, run by its administrators (беседа)."""


class ReportDecision(StrEnum):
    """The decision of the school on a message that was reported to it."""

    UPHELD = "UPHELD"
    """The report is right (жалоба обоснованна): the school sees to it."""

    DISMISSED = "DISMISSED"
    """There is nothing wrong with the message (жалоба отклонена)."""


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "MONDAY"
    """Monday (понедельник)."""

    TUESDAY = "TUESDAY"
    """Tuesday (вторник)."""

    WEDNESDAY = "WEDNESDAY"
    """Wednesday (среда)."""

    THURSDAY = "THURSDAY"
    """Thursday (четверг)."""

    FRIDAY = "FRIDAY"
    """Friday (пятница)."""

    SATURDAY = "SATURDAY"
    """Saturday (суббота)."""

    SUNDAY = "SUNDAY"
    """Sunday (воскресенье)."""


class Conversation(TypedDict):
    """A conversation: how many messages it has (*seq*), and what its administrators change."""

    _id: ConversationId
    school_id: SchoolId
    kind: ConversationKind
    pair: NotRequired[str]  # of a letter: the two owners and what it is about, so that there is one dialogue of two
    homework_id: NotRequired[str]  # of a letter about a task: the homework of one student (`Homework.id`)
    title: str | None
    created_by_id: PersonId
    created_at: datetime
    seq: int
    version: NotRequired[int]


class Participant(TypedDict):
    """A person in a conversation: what they may read of it, how far they have read, and what their mailbox shows.

    They see the messages after the greater of *joined_seq* and *hidden_seq* up to *last_seq*, which stays as it is once
    they left. *unread* is *last_seq* minus *read_seq*, computed by the database in the same change as these.
    """

    _id: str  # see `participant_id`
    school_id: SchoolId
    conversation_id: ConversationId
    owner: str  # see `owner_of`
    person_id: PersonId
    side: ParticipantSide
    kind: ConversationKind
    title: str | None
    homework_id: NotRequired[str]
    version: int  # of the conversation
    member_ids: list[PersonId]  # who takes part, as long as this person does
    admin_ids: list[PersonId]
    joined_seq: int
    left_seq: int | None
    left_at: NotRequired[datetime]  # when they left: they see nothing of what is edited later
    hidden_seq: int
    read_seq: int
    last_seq: int
    last_at: datetime
    unread: int
    is_hidden: bool  # until the next message
    sent_seq: int  # the last message of their own that they see; 0: none
    received_seq: int  # the last one of others
    files_seq: int  # the last one with files
    sender_ids: list[PersonId]  # whose messages they see


class Revision(TypedDict):
    """An earlier text of a message, and when it was replaced."""

    text: str
    replaced_at: datetime


class Message(TypedDict):
    """A message. Of one that was deleted nothing is left but its place."""

    _id: MessageId
    school_id: SchoolId
    conversation_id: ConversationId
    seq: int
    author_id: PersonId
    author_owner: str
    sent_at: datetime
    text: str | None
    signature: NotRequired[str | None]  # the author's, as it was when they sent a letter
    terms: list[str]
    attachments: list[Attachment]
    attached_as: str  # the id under which the files are attached: letters sent together share them
    edited_at: datetime | None
    revisions: list[Revision]
    is_deleted: bool
    version: NotRequired[int]


class ReportedText(TypedDict):
    """A copy of a message as it was when it was reported."""

    author_id: PersonId
    sent_at: datetime
    text: str | None
    revisions: NotRequired[list[Revision]]  # absent where the report is older than they are


class MessageReport(TypedDict):
    """A message that a participant handed to the school: copies of it and of its neighbours, in their order."""

    _id: str
    school_id: SchoolId
    message_id: MessageId
    reported_by_id: PersonId
    reported_at: datetime
    reason: str
    messages: list[ReportedText]
    # Absent until an administrator settles it:
    decision: NotRequired[ReportDecision]
    answer: NotRequired[str | None]
    settled_by_id: NotRequired[PersonId]
    settled_at: NotRequired[datetime]
    version: NotRequired[int]


class OfficeHours(TypedDict):
    """Hours of some days of the week, in the time zone of the school: from *starts_at* to before *ends_at*."""

    weekdays: list[Weekday]
    starts_at: str
    ends_at: str


class MailboxSettings(TypedDict):
    """The settings of a mailbox: the signature under its letters, and of staff the hours of their office.

    Without *office_hours* they are notified at any time.
    """

    _id: str  # see `owner_of`
    school_id: SchoolId
    person_id: PersonId
    signature: str | None
    office_hours: list[OfficeHours]
    version: NotRequired[int]


PARTICIPATION: Final = frozenset(
    {"conversation_id", "owner", "joined_seq", "hidden_seq", "last_seq", "read_seq", "left_seq", "left_at"}
)
"""The columns of a participant that say what they may read."""

_LATEST: Final = [("last_at", DESCENDING), ("conversation_id", DESCENDING)]
_SHOWN: Final = {"is_hidden": False}

CONVERSATIONS: Final = Collection(
    "conversations",
    Conversation,
    indexes=[
        IndexModel([("pair", ASCENDING)], unique=True, partialFilterExpression={"pair": {"$type": "string"}}),
    ],
)
PARTICIPANTS: Final = Collection(
    "participants",
    Participant,
    indexes=[
        IndexModel([("conversation_id", ASCENDING)]),
        IndexModel(
            [("homework_id", ASCENDING), ("owner", ASCENDING)],
            partialFilterExpression={"homework_id": {"$type": "string"}},
        ),
        IndexModel([("owner", ASCENDING), *_LATEST], name="all", partialFilterExpression=_SHOWN),
        IndexModel([("owner", ASCENDING), ("sender_ids", ASCENDING), *_LATEST], name="by_sender"),
        *(
            IndexModel(
                [("owner", ASCENDING), *_LATEST], name=name, partialFilterExpression={**_SHOWN, name: {"$gt": 0}}
            )
            for name in ("unread", "sent_seq", "received_seq", "files_seq")
        ),
    ],
)
MESSAGES: Final = Collection(
    "messages",
    Message,
    indexes=[
        IndexModel([("conversation_id", ASCENDING), ("seq", DESCENDING)], unique=True),
        IndexModel([("conversation_id", ASCENDING), ("terms", ASCENDING)]),
        IndexModel([("attached_as", ASCENDING)]),
    ],
)

REPORTS: Final = Collection(
    "reports",
    MessageReport,
    indexes=[
        IndexModel([("message_id", ASCENDING), ("reported_by_id", ASCENDING)], unique=True),
        IndexModel([("school_id", ASCENDING), ("reported_at", DESCENDING), ("_id", DESCENDING)]),
    ],
)

MAILBOX_SETTINGS: Final = Collection("mailbox_settings", MailboxSettings)


def owner_of(person: PersonId, side: ParticipantSide) -> str:
    """The owner of a mailbox: a person on one side."""
    return f"{person}.{side}"


def participant_id(conversation: str, owner: str) -> str:
    """The id of the row of a person in a conversation."""
    return f"{conversation}:{owner}"


def message_id(conversation: str, seq: int) -> MessageId:
    """The id of a message of a conversation by its number there."""
    return MessageId(f"msg_{conversation.partition('_')[2]}_{seq}")
