"""Notifications: what students and parents are told of, how they want to be told, and the letters about it."""

from connectors.notifications.digests import days_of, due_after
from connectors.notifications.documents import (
    DEFAULT_QUIET_HOURS,
    LETTERS,
    NOTIFICATIONS,
    SETTINGS,
    Digest,
    DigestDays,
    DigestFrequency,
    LetterLanguage,
    LetterState,
    Notification,
    NotificationChannel,
    NotificationKind,
    NotificationLetter,
    NotificationSettings,
    QuietHours,
    channels_of,
    inbox_owner,
    quiet_hours_of,
    wants_letters,
)
from connectors.notifications.outbox import LEASE, Outbox
from connectors.notifications.reads import Inbox, Notifications

__all__ = [
    "DEFAULT_QUIET_HOURS",
    "LEASE",
    "LETTERS",
    "NOTIFICATIONS",
    "SETTINGS",
    "Digest",
    "DigestDays",
    "DigestFrequency",
    "Inbox",
    "LetterLanguage",
    "LetterState",
    "Notification",
    "NotificationChannel",
    "NotificationKind",
    "NotificationLetter",
    "NotificationSettings",
    "Notifications",
    "Outbox",
    "QuietHours",
    "channels_of",
    "days_of",
    "due_after",
    "inbox_owner",
    "quiet_hours_of",
    "wants_letters",
]
