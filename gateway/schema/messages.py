"""Messages: the mailbox and its conversations, for those who take part in them alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypedDict

import strawberry

from auth.viewer import Role
from connectors import messages as documents
from connectors.assembly import Connectors
from connectors.messages import PARTICIPATION, ParticipantSide, ReportDecision, Revision, Weekday
from connectors.mongo import Deadline
from connectors.vocabulary import ConversationId, MessageId, version_of
from gateway import writing
from gateway.events import EventSource
from gateway.recipients import SIDES, RecipientCategory
from gateway.resolvers import diary, directory
from gateway.resolvers import messages as resolvers
from gateway.resolvers.messages import PRESENT
from gateway.schema.actions import UserError, mutation
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.diary.records import Homework
from gateway.schema.events import event
from gateway.schema.fields import batch, column, extends, instant, many, many_of, one, shown, value, view_of
from gateway.schema.files import Attachment, attachments
from gateway.schema.node import Node, RootDocument
from gateway.schema.people import Person
from gateway.schema.references import Viewer
from gateway.schema.scalars import DateTime, LocalTime
from gateway.schema.visibility import NOT_ANALYST

described_enum(RecipientCategory)
described_enum(ParticipantSide)
described_enum(ReportDecision)
described_enum(Weekday)


class WrittenMessages(TypedDict):
    """A resolver's value for the payloads about messages: what their fields are found by, and user errors."""

    message_id: MessageId | None
    conversation_ids: list[ConversationId]
    user_errors: list[writing.UserError]


class ChangedConversation(TypedDict):
    """A resolver's value for the payloads about a conversation: what their fields are found by, and user errors."""

    conversation_id: ConversationId
    hidden_conversation_id: ConversationId
    reported_message_id: MessageId
    report_id: str
    user_errors: list[writing.UserError]


@view_of(documents.OfficeHours, visible_to=NOT_ANALYST)
class OfficeHours:
    """Hours of some days of the week (часы приёма), in the time zone of the school."""

    weekdays: list[Weekday] = shown(list_size=5)
    """The days of the week, in their order."""

    starts_at: LocalTime
    """When the hours begin."""

    ends_at: LocalTime
    """When the hours end."""


@view_of(documents.MailboxSettings, visible_to=NOT_ANALYST)
class MailboxSettings:
    """The settings of the viewer's own mailbox. A teacher who is a parent, too, has another mailbox as a parent."""

    signature: str | None
    """The signature under the viewer's letters (подпись); null where there is none."""

    office_hours: list[OfficeHours] = shown(list_size=2)
    """The hours in which the viewer is notified of messages; empty for any time, as for students and parents."""

    version: int = value(version_of, "version")
    """How often the settings were changed: send this number with a change."""


@view_of(resolvers.Recipient, visible_to=NOT_ANALYST)
class MessageRecipient:
    """Somebody to whom the viewer may write (получатель)."""

    id: strawberry.ID
    """Identifies the person and their mailbox: send it to name this recipient."""

    person: Person | None = one(directory.people, "person_id")
    """The person to whom the viewer may write."""

    side: ParticipantSide
    """The part, such as that of a parent, in which the person gets what is written to them."""

    office_hours: list[OfficeHours] | None = batch(resolvers.office_hours_of_recipients, "_id", list_size=2)
    """The hours in which the person is notified of messages; empty for any time."""


@view_of(Revision, visible_to=NOT_ANALYST)
class MessageRevision:
    """An earlier text of a message."""

    text: str
    """The text as it was before."""

    replaced_at: DateTime = instant("replaced_at")
    """When the text was replaced by another."""


@view_of(documents.MessageReport, visible_to=NOT_ANALYST)
class OwnMessageReport:
    """The viewer's own report of a message, with the decision of the school."""

    reported_at: DateTime = instant("reported_at")
    """When the viewer reported the message."""

    reason: str
    """The reason, in the viewer's words."""

    decision: ReportDecision | None
    """The decision of the school; null until there is one."""

    answer: str | None
    """The school's word to the viewer; null where there is none."""

    settled_at: DateTime | None = instant("settled_at")
    """When the school decided; null until it has."""


@view_of(resolvers.OwnMessage, visible_to=NOT_ANALYST, found_by=resolvers.messages_by_ids)
class Message(Node):
    """A message (сообщение) that the viewer may read."""

    id: strawberry.ID
    author: Person = one(directory.people, "author_id")
    """The person who wrote the message."""

    sent_at: DateTime = instant("sent_at")
    """When the message was sent."""

    edited_at: DateTime | None = instant("edited_at")
    """When the message was last edited; null where it never was."""

    body: str | None = column("text")
    """The text, with line ends and without markup; null where the message was deleted."""

    signature: str | None
    """The signature of the author (подпись), as it was when they sent the letter; null where there is none, as in
    groups."""

    revisions: list[MessageRevision] = shown(list_size=1)
    """The earlier texts of the message (история изменений), the oldest first."""

    is_deleted: bool
    """The author has deleted the message: its place in the conversation stays, its text and its files do not."""

    is_read: bool = value(resolvers.is_read, "seq", "read_seq")
    """The viewer has read the conversation as far as this message."""

    attachments: list[Attachment] | None = attachments()
    """The files of the message."""

    own_report: OwnMessageReport | None = batch(resolvers.own_reports, "_id")
    """The viewer's report of the message to the school; null where they have sent none."""

    version: int = value(version_of, "version")
    """How often the message was changed: send this number with a change."""


@view_of(resolvers.OwnConversation, visible_to=NOT_ANALYST, found_by=resolvers.conversations_by_ids)
class Conversation(Node):
    """A conversation (беседа, переписка) in which the viewer takes or took part."""

    id: strawberry.ID
    title: str | None
    """The name of a group conversation; null for a dialogue of two."""

    homework: Homework | None = batch(diary.homework_of_conversations, "homework_id")
    """The homework of one student that the dialogue is about (комментарии к заданию); null where it is about none."""

    is_group: bool = value(resolvers.is_group, "kind")
    """The conversation is one of a group, which its administrators run; otherwise it is a dialogue of two."""

    participants: list[Person] = many_of(resolvers.members_of, directory.people, *PRESENT, list_size=10)
    """The people who take part; once the viewer has left, those who took part then."""

    admins: list[Person] = many_of(resolvers.admins_of, directory.people, *PRESENT, list_size=1)
    """The people who run the conversation; empty for a dialogue of two."""

    has_left: bool = batch(resolvers.have_left, *PRESENT)
    """The viewer takes part no longer: they read only what was written until they left."""

    unread_count: int = column("unread")
    """How many messages the viewer has not read; a message of their own marks all before it as read."""

    last_message_at: DateTime = instant("last_at")
    """When the last message that the viewer may read was sent; the beginning where there is none."""

    last_message: Message | None = batch(resolvers.last_messages, *PARTICIPATION)
    """The last message that the viewer may read; null where there is none."""

    messages: Connection[Message] | None = batch(
        resolvers.messages_of,
        *PARTICIPATION,
        arguments={"search": "Only those that have each of these words, in any form or beginning like it."},
    )
    """The messages that the viewer may read, the latest first."""

    version: int
    """How often the name, the participants or the administrators were changed: send this number with a
    change."""


@view_of(resolvers.LaterNotice)
class LaterNotice:
    """A participant who is notified later: they have the message, but their office hours have not begun."""

    person: Person | None = one(directory.people, "person_id")
    """The participant."""

    notified_at: DateTime = instant("notified_at")
    """When their office hours begin."""


@view_of(WrittenMessages)
class MessagePayload:
    """The result of sending, changing or deleting a message."""

    message: Message | None = one(resolvers.messages_by_ids, "message_id")
    """The message as it is now; null where letters went to several people."""

    conversations: list[Conversation] = many(resolvers.conversations_by_ids, "conversation_ids", list_size=2)
    """The conversations of the message, or of the letters."""

    notified_later: list[LaterNotice] | None = batch(resolvers.notified_later, "conversation_ids", list_size=2)
    """The participants who are notified only when their office hours begin; empty where all are notified at once."""

    viewer: Viewer = batch(directory.viewer)
    """The viewer, with the number of messages that are unread now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(ChangedConversation)
class ConversationPayload:
    """The result of a change of a conversation."""

    conversation: Conversation | None = one(resolvers.conversations_by_ids, "conversation_id")
    """The conversation as it is now; beside the errors CONFLICT and NOT_ALLOWED too."""

    viewer: Viewer = batch(directory.viewer)
    """The viewer, with the number of messages that are unread now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(ChangedConversation)
class HideConversationPayload:
    """The result of hiding a conversation."""

    hidden_conversation_id: strawberry.ID | None = column("hidden_conversation_id")
    """The id of the conversation that is no longer in the mailbox; null where it was not hidden."""

    viewer: Viewer = batch(directory.viewer)
    """The viewer, with the number of messages that are unread now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})


@view_of(documents.ReportedText, visible_to=ADMINISTRATORS)
class ReportedText:
    """A copy of a message as it was when it was reported."""

    author: Person | None = one(directory.people, "author_id")
    """The person who wrote the message."""

    sent_at: DateTime = instant("sent_at")
    """When the message was sent."""

    text: str | None
    """The text of the message; null where it was deleted before the report."""

    revisions: list[MessageRevision] | None = shown(list_size=1)
    """The earlier texts of the message when it was reported (история изменений), the oldest first."""


@view_of(documents.MessageReport, visible_to=ADMINISTRATORS)
class MessageReport:
    """A message that a participant handed to the school (жалоба на сообщение)."""

    id: strawberry.ID
    """Identifies the report."""

    reported_by: Person | None = one(directory.people, "reported_by_id")
    """The person who reported the message."""

    reported_at: DateTime = instant("reported_at")
    """When the message was reported."""

    reason: str
    """The reason of the report, in the words of the person who reported the message."""

    messages: list[ReportedText] = shown(list_size=5)
    """The reported message with up to two before and two after it, in their order."""

    decision: ReportDecision | None
    """The decision of the school; null until an administrator settles the report."""

    answer: str | None
    """The word of the school to the person who reported the message; null where there is none."""

    settled_by: Person | None = one(directory.people, "settled_by_id")
    """The administrator who settled the report; null until somebody does."""

    settled_at: DateTime | None = instant("settled_at")
    """When the report was settled; null until it is."""

    version: int = value(version_of, "version")
    """How often the report was settled: send this number with a decision."""


@view_of(ChangedConversation)
class SettleMessageReportPayload:
    """The result of settling a report."""

    report: MessageReport | None = one(resolvers.reports_by_ids, "report_id")
    """The report as it is now; beside the errors CONFLICT and NOT_ALLOWED too."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(ChangedConversation)
class MailboxSettingsPayload:
    """The result of a change of the settings of the viewer's mailbox."""

    settings: MailboxSettings | None = batch(resolvers.mailbox_settings)
    """The settings as they are now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(ChangedConversation)
class ReportMessagePayload:
    """The result of reporting a message."""

    reported_message_id: strawberry.ID | None = column("reported_message_id")
    """The id of the message; null where it was not reported."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@extends(RootDocument)
class MessagesOfQuery:
    """What the messages add to the queries."""

    conversations: Connection[Conversation] | None = batch(
        resolvers.conversations_of_viewer,
        visible_to=NOT_ANALYST,
        days_per_unit=90,
        arguments={
            "days": "Only those whose last message was sent on these days; of all time without them.",
            "search": "Only those with a message that has each of these words, in any form or beginning like it.",
            "sender_id": "Only those with a message of this person's (`Person.id`).",
            "unread_only": "Only those with messages that the viewer has not read.",
            "sent": "Only those in which the viewer has written.",
            "received": "Only those in which others have written.",
            "with_attachments": "Only those with files.",
        },
    )
    """The mailbox of the viewer (сообщения): the conversation with the latest message first."""

    message_recipients: Connection[MessageRecipient] | None = batch(
        resolvers.message_recipients,
        visible_to=NOT_ANALYST,
        arguments={"category": "The kind of people."},
    )
    """The people to whom the viewer may write, by name; sending asks again."""

    message_reports: Connection[MessageReport] | None = batch(
        resolvers.message_reports,
        visible_to=ADMINISTRATORS,
        arguments={"open_only": "Only those that nobody has settled."},
    )
    """The messages that were reported at the administrator's schools (жалобы на сообщения), the latest first."""


@extends(directory.ViewerDocument)
class MessagesOfViewer:
    """What the messages add to the viewer."""

    unread_messages: int | None = batch(resolvers.unread_messages, visible_to=NOT_ANALYST, cost=2)
    """How many messages the viewer has not read."""

    mailbox_settings: MailboxSettings | None = batch(resolvers.mailbox_settings, visible_to=NOT_ANALYST)
    """The signature under the viewer's letters, and the hours in which they are notified of messages."""


@extends(RootDocument)
class MessagesOfMutation:
    """What the messages add to the mutations."""

    send_message: MessagePayload | None = mutation(
        resolvers.send_message, subsystem="messages", visible_to=NOT_ANALYST, needs_key=True
    )
    """Sends a message into a conversation, or a letter to each of the recipients, who see nothing of each other.
    A dialogue of two is taken up again. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, TOO_MANY, NOT_FOUND,
    NOT_ALLOWED, RECIPIENT_NOT_ALLOWED, TAKEN, FILE_NOT_READY, FILE_REJECTED."""

    edit_message: MessagePayload | None = mutation(resolvers.edit_message, subsystem="messages", visible_to=NOT_ANALYST)
    """Changes a message of the viewer's, by default within a day; its earlier texts stay readable. User errors:
    REQUIRED, INVALID_INPUT, TOO_LONG, NOT_FOUND, NOT_ALLOWED, RECIPIENT_NOT_ALLOWED, WINDOW_CLOSED, CONFLICT."""

    delete_message: MessagePayload | None = mutation(
        resolvers.delete_message, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Deletes a message of the viewer's for everybody. User errors: NOT_FOUND, NOT_ALLOWED."""

    create_conversation: ConversationPayload | None = mutation(
        resolvers.create_conversation, subsystem="messages", visible_to=NOT_ANALYST, needs_key=True
    )
    """Begins a group conversation, which the viewer runs. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, TOO_MANY,
    NOT_ALLOWED, RECIPIENT_NOT_ALLOWED."""

    edit_conversation: ConversationPayload | None = mutation(
        resolvers.edit_conversation, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Changes the name, the participants and the administrators of a group conversation; for its administrators.
    User errors: REQUIRED, INVALID_INPUT, TOO_LONG, TOO_MANY, NOT_FOUND, NOT_ALLOWED, RECIPIENT_NOT_ALLOWED, CONFLICT.
    """

    leave_conversation: ConversationPayload | None = mutation(
        resolvers.leave_conversation, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Leaves a group conversation: the viewer reads nothing later. User errors: NOT_FOUND, NOT_ALLOWED."""

    mark_conversation_read: ConversationPayload | None = mutation(
        resolvers.mark_conversation_read, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Marks a conversation as read by the viewer, up to a message or whole; may be sent again. User errors: NOT_FOUND.
    """

    mark_conversation_unread: ConversationPayload | None = mutation(
        resolvers.mark_conversation_unread, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Marks a conversation as unread by the viewer, from a message on: all messages after it are unread, too. User
    errors: NOT_FOUND."""

    hide_conversation: HideConversationPayload | None = mutation(
        resolvers.hide_conversation, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Takes a conversation out of the viewer's mailbox, with what was written; the others keep it, and the next message
    brings it back. User errors: NOT_FOUND."""

    report_message: ReportMessagePayload | None = mutation(
        resolvers.report_message, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Hands a copy of a message and of its neighbours to the administrators of the school, who read nothing else of the
    conversation; reported again, it stays as it was. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, NOT_FOUND."""

    settle_message_report: SettleMessageReportPayload | None = mutation(
        resolvers.settle_message_report, subsystem="messages", visible_to=ADMINISTRATORS
    )
    """Settles the report of a message (решение по жалобе); the person who reported it reads the decision. An
    administrator settles no report of their own messages. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, NOT_FOUND,
    NOT_ALLOWED, CONFLICT."""

    set_mailbox_settings: MailboxSettingsPayload | None = mutation(
        resolvers.set_mailbox_settings, subsystem="messages", visible_to=NOT_ANALYST
    )
    """Sets the signature under the viewer's letters, and the office hours of staff. User errors: REQUIRED,
    INVALID_INPUT, TOO_LONG, TOO_MANY, NOT_ALLOWED, CONFLICT."""


async def _mailboxes(connectors: Connectors, ids: Sequence[str], deadline: Deadline) -> Mapping[str, Iterable[str]]:
    """The mailboxes in which each message arrives: of all who take part in its conversation but its author."""
    sent = await connectors.messages.messages_by_ids(
        [MessageId(own) for own in ids], columns=frozenset({"conversation_id", "author_owner"}), deadline=deadline
    )
    participants = await connectors.messages.participants_of(
        list({message["conversation_id"] for message in sent.values()}),
        columns=frozenset({"owner"}),
        deadline=deadline,
    )
    return {
        own: [
            one["owner"]
            for one in participants.get(message["conversation_id"], ())
            if one["owner"] != message["author_owner"]
        ]
        for own, message in sent.items()
    }


RECEIVED: Final = EventSource(
    place="messages.messages",
    topics=_mailboxes,
    followed=lambda viewer: [documents.owner_of(viewer.person_id, SIDES[viewer.role])] if viewer.role in SIDES else (),
    inserted_only=True,
)


@extends(RootDocument)
class MessagesOfSubscription:
    """What the messages add to the subscriptions."""

    message_received: Message | None = event(RECEIVED, resolvers.messages_by_ids, visible_to=NOT_ANALYST)
    """A message (сообщение) that somebody else wrote in a conversation of the viewer's."""
