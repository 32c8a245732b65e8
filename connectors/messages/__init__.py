"""Messages: letters between two, group conversations, and the mailbox of each person."""

from connectors.messages.documents import (
    PARTICIPATION,
    Conversation,
    ConversationKind,
    MailboxSettings,
    Message,
    MessageReport,
    OfficeHours,
    Participant,
    ParticipantSide,
    ReportDecision,
    ReportedText,
    Revision,
    Weekday,
    message_id,
    owner_of,
    participant_id,
)
from connectors.messages.reads import Mailbox, Messages, Window
from connectors.messages.terms import search_condition, terms_of

__all__ = [
    "PARTICIPATION",
    "Conversation",
    "ConversationKind",
    "Mailbox",
    "MailboxSettings",
    "Message",
    "MessageReport",
    "Messages",
    "OfficeHours",
    "Participant",
    "ParticipantSide",
    "ReportDecision",
    "ReportedText",
    "Revision",
    "Weekday",
    "Window",
    "message_id",
    "owner_of",
    "participant_id",
    "search_condition",
    "terms_of",
]
