"""Conversations and messages as their participants read them: the mailbox, one conversation, what is unread."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from connectors.directory import Person
from connectors.messages import (
    PARTICIPATION,
    ConversationKind,
    Mailbox,
    Message,
    Participant,
    ParticipantSide,
    Window,
    message_id,
    participant_id,
)
from connectors.vocabulary import ConversationId, Days, MessageId, Paging, PersonId, PublicId, version_of
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.recipients import SIDE_OF, RecipientCategory, own_mailbox, recipients

EDITS: Final = frozenset({"revisions", "version"})
"""The columns of a message by which somebody who left reads it as it was then."""
_NAMED: Final = frozenset({"_id", "sort_name"})


class OwnConversation(Participant):
    """A conversation as one participant has it: `_id` is the id of the conversation."""


class OwnMessage(Message):
    """A message as one participant reads it: *read_seq* is how far they have read."""

    read_seq: int


class Recipient(TypedDict):
    """Somebody to whom the viewer may write: `_id` names the person and the side."""

    _id: str
    person_id: PersonId
    side: ParticipantSide


def window_of(own: Mapping[str, Any]) -> Window:
    """The messages that a participant may read; needs the columns `PARTICIPATION`."""
    after = max(own["joined_seq"], own["hidden_seq"])
    return Window(own["conversation_id"], after, own["last_seq"], own["read_seq"], own.get("left_at"))


def as_read(message: Any, window: Window) -> Any:
    """The message as a participant reads it: whoever left reads the text as it was then."""
    left_at = window.left_at
    later = [one for one in message["revisions"] if left_at is not None and one["replaced_at"] > left_at]
    if not later:
        return {**message, "read_seq": window.read}
    seen = message["revisions"][: -len(later)]
    edited_at = seen[-1]["replaced_at"] if seen else None
    then = {"text": later[0]["text"], "revisions": seen, "edited_at": edited_at}
    return {**message, **then, "version": version_of(message) - len(later), "read_seq": window.read}


def _own_conversation(_: object, row: Any) -> Any:
    return {**row, "_id": row["conversation_id"]}


async def conversations_of_viewer(
    roots: Sequence[object],
    info: Info,
    days: Days | None = None,
    search: str | None = None,
    sender_id: PublicId | None = None,
    *,
    unread_only: bool | None = False,
    sent: bool = False,
    received: bool = False,
    with_attachments: bool = False,
    page: Paging,
) -> list[Connection]:
    """The viewer's conversations, the one with the latest message first (F119)."""
    mailbox = Mailbox(
        own_mailbox(info),
        unread_only=bool(unread_only),
        with_sent=sent,
        with_received=received,
        with_files=with_attachments,
        sender_id=None if sender_id is None else PersonId(sender_id),
        last_within=None if days is None else info.bounds_of(days, None),
    )
    return await info.page(
        info.connectors.messages.mailboxes,
        [mailbox] * len(roots),
        page,
        order=("last_at", "conversation_id"),
        view=_own_conversation,
        columns=info.columns | {"conversation_id", "last_at"},
        search=search,
    )


async def unread_messages(viewers: Sequence[object], info: Info) -> list[int]:
    """How many messages the viewer has not read."""
    [unread] = await info.read(info.connectors.messages.unread_of, [own_mailbox(info)], columns=frozenset({"_id"}))
    return [unread or 0] * len(viewers)


async def conversations_by_ids(ids: Sequence[ConversationId | None], info: Info) -> list[Any]:
    """The viewer's own conversations of ids; `NotFound` in the place of others, None for no id."""
    owner = own_mailbox(info)
    columns = info.columns_of("Conversation") | {"conversation_id"}
    rows = [own and participant_id(own, owner) for own in ids]
    found = await info.read(info.connectors.messages.participants_by_ids, rows, columns=columns)
    return [
        None if own is None else _own_conversation(None, row) if row else NotFound()
        for own, row in zip(ids, found, strict=True)
    ]


async def conversations_of_homework(tasks: Sequence[Mapping[str, Any]], info: Info) -> list[list[Any]]:
    """The viewer's conversations about each homework, the one with the latest message first (F58)."""
    read, ids = info.connectors.messages.participants_about, [task["_id"] for task in tasks]
    columns = info.columns_of("Conversation") | {"conversation_id"}
    found = await info.read(read, ids, columns=columns, owner=own_mailbox(info))
    return [[_own_conversation(None, row) for row in own or ()] for own in found]


async def messages_of(
    conversations: Sequence[OwnConversation], info: Info, search: str | None = None, *, page: Paging
) -> list[Connection]:
    """For each conversation the messages that the viewer may read, the latest first."""
    return await info.page(
        info.connectors.messages.messages_within,
        [window_of(own) for own in conversations],
        page,
        order=("seq", "_id"),
        view=lambda window, message: as_read(message, window),
        columns=info.columns | EDITS,
        search=search,
    )


async def last_messages(conversations: Sequence[OwnConversation], info: Info) -> list[Any]:
    """For each conversation the last message that the viewer may read; None where there is none."""
    windows = [window_of(own) for own in conversations]
    ids = [message_id(own.conversation_id, own.until) if own.until > own.after else None for own in windows]
    found = await info.read(info.connectors.messages.messages_by_ids, ids, columns=info.columns_of("Message") | EDITS)
    return [message and as_read(message, own) for own, message in zip(windows, found, strict=True)]


async def messages_by_ids(ids: Sequence[MessageId | None], info: Info) -> list[Any]:
    """The messages of ids that the viewer may read; `NotFound` in the place of others, None for no id."""
    columns = info.columns_of("Message") | EDITS | {"conversation_id", "seq"}
    found = await info.read(info.connectors.messages.messages_by_ids, ids, columns=columns)
    owner = own_mailbox(info)
    rows = [participant_id(message["conversation_id"] if message else "cnv_", owner) for message in found]
    read = info.connectors.messages.participants_by_ids
    own = await info.check(read, rows, columns=PARTICIPATION)
    return [
        None
        if wanted is None
        else as_read(message, window_of(row))
        if message and row and is_within(message["seq"], row)
        else NotFound()
        for wanted, message, row in zip(ids, found, own, strict=True)
    ]


def is_within(seq: int, own: Mapping[str, Any]) -> bool:
    """Whether a participant may read the message with that number."""
    window = window_of(own)
    return window.after < seq <= window.until


def is_group(conversation: Mapping[str, Any]) -> bool:
    """Whether a conversation is one of a group rather than a dialogue of two."""
    return bool(conversation["kind"] == ConversationKind.GROUP)


def is_read(message: Mapping[str, Any]) -> bool:
    """Whether the viewer has read as far as the message."""
    return bool(message["seq"] <= message["read_seq"])


async def message_recipients(
    roots: Sequence[object], info: Info, category: RecipientCategory, search: str | None = None, *, page: Paging
) -> list[Connection]:
    """The people of a category to whom the viewer may write, by name."""
    allowed, side = await recipients(category, info), SIDE_OF[category]

    def recipient(_: object, person: Person) -> Any:
        own = person["_id"]
        return {"_id": f"{own}.{side}", "sort_name": person["sort_name"], "person_id": own, "side": side}

    read = info.connectors.directory.people_in
    return await info.page(
        read,
        [allowed] * len(roots),
        page,
        order=("sort_name", "person_id"),
        view=recipient,
        columns=_NAMED,
        search=search,
    )
