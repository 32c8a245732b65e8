"""Announcements: who reads them, and who publishes them."""

from gateway.resolvers.announcements.publishing import (
    archive_announcement,
    create_announcement,
    delete_announcement,
    edit_announcement,
    mark_announcement_read,
)
from gateway.resolvers.announcements.reading import (
    announcements_by_ids,
    announcements_of_viewer,
    are_archived,
    are_read,
    banners,
    classes_of,
    events_of,
    groups_of,
    unread_announcements,
)

__all__ = [
    "announcements_by_ids",
    "announcements_of_viewer",
    "archive_announcement",
    "are_archived",
    "are_read",
    "banners",
    "classes_of",
    "create_announcement",
    "delete_announcement",
    "edit_announcement",
    "events_of",
    "groups_of",
    "mark_announcement_read",
    "unread_announcements",
]
