"""Actions of writers: send letters or into a conversation, edit and delete what one has sent (F118 to F121)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from connectors.attachments import FilePurpose
from connectors.messages import ConversationKind, Message, ParticipantSide, participant_id, terms_of
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import ConversationId, PublicId, SchoolId, mint, version_of
from gateway.attachments import AttachingDocument, claim_attachments, file_ids, release_attachments
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.membership import no_longer_members
from gateway.recipients import allowed_owners, own_mailbox
from gateway.resolvers.messages.addressing import (
    NOT_RECIPIENT,
    MessageTarget,
    audience_members,
    homework_recipients,
    resolve_recipients,
)
from gateway.resolvers.messages.delivery import (
    WHOLE,
    Content,
    deliver,
    new_conversation,
    shared_schools,
    viewer_as_member,
)
from gateway.resolvers.messages.mailbox import is_within
from gateway.resolvers.messages.settings import signature_of_viewer
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

NO_CONVERSATION: Final = Text("There is no such conversation.", "Нет такой беседы.")
NO_MESSAGE: Final = Text("There is no such message.", "Нет такого сообщения.")
LEFT: Final = Text("You take part in this conversation no longer.", "Вы больше не участвуете в этой беседе.")
_OTHERS: Final = Text("This is another person's message.", "Это сообщение другого человека.")
_DELETED: Final = Text("The message was deleted.", "Сообщение удалено.")
_TOO_LATE: Final = Text("A message can be edited for {limit} hours.", "Сообщение можно изменить в течение {limit} ч.")
_TEXT: Final = frozenset({"text"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """A message."""

    to: MessageTarget
    """A conversation, people, or the families of classes and groups."""

    text: str
    """The text, with line ends and without markup."""

    attachment_ids: tuple[PublicId, ...] = ()
    """Files that the viewer uploaded for it (`File.id`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMessage:
    """A message of the viewer's with its new text."""

    message_id: PublicId
    """The id of the message (`Message.id`)."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`Message.version`); null changes the message whatever its version is."""

    text: str
    """The new text; the participants see the earlier ones, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteMessage:
    """A message of the viewer's that nobody is to read any longer."""

    message_id: PublicId
    """The id of the message (`Message.id`)."""


async def send_message(input: SendMessage, info: Info, transaction: Transaction) -> Outcome:
    """Send a message into a conversation, or a letter to each of the recipients (F118, F121)."""
    problems, rules = Problems(), info.writing.rules
    if input.to.conversation_id is not None:
        ids, kind = await _conversation(input.to.conversation_id, info, transaction, problems)
    else:
        ids, kind = await _letters(input.to, info, transaction, problems), ConversationKind.LETTER
    text = checked_text(input.text, problems, "text", most=rules.message_characters)
    attached_as = mint("Message", uuid4().hex)
    files = AttachingDocument(attached_as, info.viewer.school_ids[0] if info.viewer.school_ids else SchoolId(""))
    purpose = FilePurpose.MESSAGE
    attachments = await claim_attachments(input.attachment_ids, purpose, files, info, transaction, problems)
    problems.check()
    signature = await signature_of_viewer(info, transaction) if kind == ConversationKind.LETTER else None
    messages = await deliver(ids, Content(text, attachments, attached_as, signature), info, transaction)
    return sent(messages, "sendMessage", info)


def sent(messages: Sequence[Message], action: str, info: Info) -> Outcome:
    """The outcome of having sent messages: a fact of each, which holds no text."""
    facts = [
        fact(info, action, message["_id"], message["school_id"], after=_recorded(message), texts=_TEXT)
        for message in messages
    ]
    ids = [message["conversation_id"] for message in messages]
    first = messages[0]["_id"] if len(messages) == 1 else None
    return Outcome({"message_id": first, "conversation_ids": ids}, facts)


def _recorded(message: Any) -> dict[str, Any]:
    own = {"conversation_id": message["conversation_id"], "text": message["text"]}
    return {**own, "attachments": file_ids(message["attachments"])}


async def participant_of(conversation: str, info: Info, transaction: Transaction, problems: Problems) -> Any:
    """The viewer's row in a conversation; raises `Rejected` where they have none."""
    own = await _row_in(conversation, info, transaction)
    if own is None:
        problems.reject(UserErrorCode.NOT_FOUND, NO_CONVERSATION, "conversationId")
    return own


async def _row_in(conversation: str, info: Info, transaction: Transaction) -> Any:
    """The viewer's row in a conversation; None where they have none."""
    where = {"_id": participant_id(conversation, own_mailbox(info))}
    return await transaction.find_one("participants", where, columns=WHOLE)


async def readable_message(own: str, info: Info, transaction: Transaction) -> tuple[Any, Any]:
    """The message, which the viewer may read, and their row in its conversation; None twice where there is none.

    The commands are the same whether there is such a message or not.
    """
    message = await transaction.find_one("messages", {"_id": own}, columns=WHOLE)
    row = await _row_in(message["conversation_id"] if message else "cnv_", info, transaction)
    is_readable = message is not None and row is not None and is_within(message["seq"], row)
    return (message, row) if is_readable else (None, None)


async def _conversation(
    conversation: str, info: Info, transaction: Transaction, problems: Problems
) -> tuple[list[ConversationId], ConversationKind | None]:
    """The conversation, where the viewer takes part and may still write to those who do, and its kind."""
    own = await _row_in(conversation, info, transaction)
    path = ("to", "conversationId")
    if own is None:
        problems.add(UserErrorCode.NOT_FOUND, NO_CONVERSATION, *path)
    elif own["left_seq"] is not None:
        problems.add(UserErrorCode.NOT_ALLOWED, LEFT, *path)
    elif not await may_still_write(own, info, transaction):
        problems.add(UserErrorCode.RECIPIENT_NOT_ALLOWED, NOT_RECIPIENT, *path)
    return [ConversationId(conversation)], None if own is None else ConversationKind(own["kind"])


async def may_still_write(own: Any, info: Info, transaction: Transaction) -> bool:
    """Whether the viewer may write into a conversation today: to the other of a dialogue, or as a member of the group.

    Whoever belongs to a group no longer leaves it before anything is written that they would read.
    """
    if own["kind"] != ConversationKind.LETTER:
        return own["owner"] in {row["owner"] for row in await belonging(own, info, transaction)}
    rows = await transaction.find("participants", {"conversation_id": own["conversation_id"]}, columns=WHOLE)
    others = [(row["person_id"], ParticipantSide(row["side"])) for row in rows if row["owner"] != own["owner"]]
    return bool(await allowed_owners(others, info))


async def belonging(own: Any, info: Info, transaction: Transaction) -> list[Any]:
    """The rows of those who take part in a group and belong to it today; the windows of the others are closed.

    These left the school, the class, or the child whose guardian they were.
    """
    where = {"conversation_id": own["conversation_id"], "left_seq": None}
    rows = await transaction.find("participants", where, columns=WHOLE)
    gone = await no_longer_members(rows, info)
    staying = [row for row in rows if row["_id"] not in gone]
    if gone:
        await close_windows([row["owner"] for row in rows if row["_id"] in gone], own, info, transaction)
        people = {row["person_id"] for row in staying}
        for row in staying:
            row["member_ids"] = [one for one in row["member_ids"] if one in people]
            row["admin_ids"] = [one for one in row["admin_ids"] if one in people] or row["member_ids"][:1]
        remaining = {key: staying[0][key] for key in ("member_ids", "admin_ids")} if staying else {}
        if remaining:
            await transaction.update_all("participants", where, {"$set": remaining})
    return staying


async def close_windows(owners: Iterable[str], own: Any, info: Info, transaction: Transaction) -> None:
    """Close the windows of those who leave the conversation of a row: they see nothing written or edited later."""
    now = info.now_at(own["school_id"])
    where = {"conversation_id": own["conversation_id"], "left_seq": None, "owner": {"$in": sorted(owners)}}
    await transaction.update_all("participants", where, [{"$set": {"left_seq": "$last_seq", "left_at": now}}])


async def _letters(
    target: MessageTarget, info: Info, transaction: Transaction, problems: Problems
) -> list[ConversationId]:
    """The dialogues with the recipients: those that there are, and new ones."""
    homework = None
    if target.audience is not None:
        members = await audience_members(target.audience, info, problems)
    elif target.homework is not None:
        homework = target.homework.homework_id
        members = await homework_recipients(target.homework, info, problems)
    else:
        members = await resolve_recipients(target.recipient_ids or (), info, problems, "to", "recipientIds")
    if problems.found:
        return []
    own = viewer_as_member(info)
    about = [] if homework is None else [homework]
    pairs = {" ".join([*sorted([own.owner, member.owner]), *about]): member for member in members}
    own_pairs = {"pair": {"$in": list(pairs), "$type": "string"}}
    found = await transaction.find("conversations", own_pairs, columns=frozenset({"_id", "pair"}))
    known = {one["pair"]: one["_id"] for one in found}
    schools = await shared_schools(list(pairs.values()), info)
    new = [
        new_conversation(ConversationKind.LETTER, [own, member], school, info, pair=pair, homework_id=homework)
        for (pair, member), school in zip(pairs.items(), schools, strict=True)
        if pair not in known
    ]
    if new:
        await transaction.insert("conversations", [conversation for conversation, _ in new])
        await transaction.insert("participants", [row for _, rows in new for row in rows])
    return [*known.values(), *(conversation["_id"] for conversation, _ in new)]


async def edit_message(input: EditMessage, info: Info, transaction: Transaction) -> Outcome:
    """Change the text of a message of the viewer's; the earlier text stays in its history."""
    problems, rules = Problems(), info.writing.rules
    message, row = await _own_message(input.message_id, info, transaction, problems)
    hours = rules.edit_messages_hours
    if message["is_deleted"]:
        problems.add(UserErrorCode.NOT_ALLOWED, _DELETED, "messageId")
    elif info.now_at(message["school_id"]) - message["sent_at"] > timedelta(hours=hours):
        problems.add(UserErrorCode.WINDOW_CLOSED, _TOO_LATE.format(limit=hours), "messageId", limit=hours)
    elif not await may_still_write(row, info, transaction):
        problems.add(UserErrorCode.RECIPIENT_NOT_ALLOWED, NOT_RECIPIENT, "messageId")
    problems.require_version(input.version)
    text = checked_text(input.text, problems, "text", most=rules.message_characters)
    problems.is_stale(input.version, message)
    problems.in_order_of(input)
    problems.check(message_id=message["_id"])
    now = info.now_at(message["school_id"])
    revision = {"text": message["text"], "replaced_at": now}
    changed = {"text": text, "terms": terms_of(text), "edited_at": now, "version": version_of(message) + 1}
    change = {"$set": changed, "$push": {"revisions": revision}}
    await transaction.update("messages", {"_id": message["_id"]}, change)
    done = fact(
        info,
        "editMessage",
        message["_id"],
        message["school_id"],
        before={"text": message["text"]},
        after={"text": text},
        texts=_TEXT,
    )
    return Outcome({"message_id": message["_id"], "conversation_ids": [message["conversation_id"]]}, [done])


async def delete_message(input: DeleteMessage, info: Info, transaction: Transaction) -> Outcome:
    """Delete a message of the viewer's for everybody: its place stays, its text, history and files do not."""
    problems = Problems()
    message, row = await _own_message(input.message_id, info, transaction, problems)
    own, conversation = message["_id"], message["conversation_id"]
    if row["kind"] == ConversationKind.GROUP and not await may_still_write(row, info, transaction):
        problems.reject(UserErrorCode.NOT_ALLOWED, LEFT, "messageId", message_id=own)
    ids = {"message_id": own, "conversation_ids": [conversation]}
    if message["is_deleted"]:
        return Outcome(ids, is_new=False)
    emptied: dict[str, Any] = {"text": None, "signature": None, "terms": [], "attachments": [], "revisions": []}
    gone = {**emptied, "is_deleted": True}
    await transaction.update("messages", {"_id": own}, {"$set": {**gone, "version": version_of(message) + 1}})
    if message["attachments"]:
        await _forget_files(message, transaction)
    before = _recorded(message)
    after = {**before, "text": None, "attachments": []}
    done = fact(info, "deleteMessage", own, message["school_id"], before=before, after=after, texts=_TEXT)
    return Outcome(ids, [done])


async def _forget_files(message: Any, transaction: Transaction) -> None:
    """Release the files of a deleted message where no other letter has them, and say in mailboxes what is left."""
    others = {"attached_as": message["attached_as"], "is_deleted": False}
    if await transaction.find_one("messages", others, columns=frozenset({"_id"})) is None:
        await release_attachments(message["attachments"], message["attached_as"], transaction)
    conversation = message["conversation_id"]
    last = await transaction.find_one(
        "messages",
        {"conversation_id": conversation, "seq": {"$lt": message["seq"]}, "attachments.0": {"$exists": True}},
        columns=frozenset({"seq"}),
        order=[("seq", -1)],
    )
    seq = last["seq"] if last else 0
    is_seen = {"$gt": [seq, {"$max": ["$joined_seq", "$hidden_seq"]}]}
    where = {"conversation_id": conversation, "files_seq": message["seq"]}
    await transaction.update_all("participants", where, [{"$set": {"files_seq": {"$cond": [is_seen, seq, 0]}}}])


async def _own_message(own: str, info: Info, transaction: Transaction, problems: Problems) -> Any:
    """The message, which the viewer has written and may read, and their row; raises `Rejected` where there is none."""
    message, row = await readable_message(own, info, transaction)
    if message is None:
        problems.reject(UserErrorCode.NOT_FOUND, NO_MESSAGE, "messageId")
    if message["author_owner"] != row["owner"]:
        problems.reject(UserErrorCode.NOT_ALLOWED, _OTHERS, "messageId", message_id=own)
    if row["left_seq"] is not None:
        problems.reject(UserErrorCode.NOT_ALLOWED, LEFT, "messageId", message_id=own)
    return message, row
