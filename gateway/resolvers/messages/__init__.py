"""Messages: the mailbox, to whom one may write, and what writers and readers do."""

from gateway.resolvers.messages.conversing import (
    create_conversation,
    edit_conversation,
    leave_conversation,
)
from gateway.resolvers.messages.mailbox import (
    OwnConversation,
    OwnMessage,
    Recipient,
    conversations_by_ids,
    conversations_of_homework,
    conversations_of_viewer,
    is_group,
    is_read,
    last_messages,
    message_recipients,
    messages_by_ids,
    messages_of,
    unread_messages,
)
from gateway.resolvers.messages.office_hours import LaterNotice, notified_later, office_hours_of_recipients
from gateway.resolvers.messages.present import PRESENT, admins_of, have_left, members_of
from gateway.resolvers.messages.reading import (
    hide_conversation,
    mark_conversation_read,
    mark_conversation_unread,
)
from gateway.resolvers.messages.reporting import (
    message_reports,
    own_reports,
    report_message,
    reports_by_ids,
    settle_message_report,
)
from gateway.resolvers.messages.sending import delete_message, edit_message, send_message
from gateway.resolvers.messages.settings import mailbox_settings, set_mailbox_settings

__all__ = [
    "PRESENT",
    "LaterNotice",
    "OwnConversation",
    "OwnMessage",
    "Recipient",
    "admins_of",
    "conversations_by_ids",
    "conversations_of_homework",
    "conversations_of_viewer",
    "create_conversation",
    "delete_message",
    "edit_conversation",
    "edit_message",
    "have_left",
    "hide_conversation",
    "is_group",
    "is_read",
    "last_messages",
    "leave_conversation",
    "mailbox_settings",
    "mark_conversation_read",
    "mark_conversation_unread",
    "members_of",
    "message_recipients",
    "message_reports",
    "messages_by_ids",
    "messages_of",
    "notified_later",
    "office_hours_of_recipients",
    "own_reports",
    "report_message",
    "reports_by_ids",
    "send_message",
    "set_mailbox_settings",
    "settle_message_report",
    "unread_messages",
]
