"""Notifications: the viewer's inbox, marking it as read, and choosing what to be told of (F126 to F128)."""

from gateway.resolvers.notifications.inbox import (
    MarkNotificationsRead,
    ReadNotifications,
    inbox_of,
    mark_notifications_read,
    notifications_by_ids,
    notifications_of_viewer,
    rights_of,
    unread_notifications,
)
from gateway.resolvers.notifications.settings import (
    KINDS,
    ChangedSettings,
    DigestOfViewer,
    KindSettings,
    SetNotificationSettings,
    SettingsOfViewer,
    set_notification_settings,
    settings_of_viewer,
    time_zone_of,
)

__all__ = [
    "KINDS",
    "ChangedSettings",
    "DigestOfViewer",
    "KindSettings",
    "MarkNotificationsRead",
    "ReadNotifications",
    "SetNotificationSettings",
    "SettingsOfViewer",
    "inbox_of",
    "mark_notifications_read",
    "notifications_by_ids",
    "notifications_of_viewer",
    "rights_of",
    "set_notification_settings",
    "settings_of_viewer",
    "time_zone_of",
    "unread_notifications",
]
