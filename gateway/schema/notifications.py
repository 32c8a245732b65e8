"""Notifications: the inbox of students and parents, and by which channels they are told of what."""

from collections.abc import Sequence
from typing import Any, Final

import strawberry

from auth.viewer import FAMILY
from connectors import notifications as documents
from connectors.messages import Weekday
from gateway.context import Info
from gateway.errors import NotFound
from gateway.events import EventSource, by_document
from gateway.resolvers import directory, notifications
from gateway.schema.actions import UserError, mutation
from gateway.schema.caching import NEVER
from gateway.schema.connections import Connection
from gateway.schema.descriptions import described_enum
from gateway.schema.events import event
from gateway.schema.fields import batch, extends, instant, many, one, shown, view_of
from gateway.schema.node import Node, RootDocument, nodes_by_ids
from gateway.schema.references import Student, Viewer
from gateway.schema.scalars import DateTime, LocalTime

described_enum(documents.NotificationKind)
described_enum(documents.NotificationChannel)
described_enum(documents.LetterLanguage)
described_enum(documents.DigestFrequency)


async def objects_of(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The objects of notifications, as the viewer may read them today; None for those that they may not read."""
    return [None if isinstance(found, NotFound) else found for found in await nodes_by_ids(ids, info)]


@view_of(documents.Notification, visible_to=FAMILY, cache=NEVER, found_by=notifications.notifications_by_ids)
class Notification(Node):
    """Tells the viewer that something happened. There is one of each object, however often it changes."""

    id: strawberry.ID
    kind: documents.NotificationKind
    """What kind of thing happened."""

    at: DateTime = instant("at")
    """When it last happened."""

    student: Student | None = one(directory.students, "student_id")
    """The student whom it is about; null where it is about nobody in particular."""

    object: Node | None = one(objects_of, "object_id")
    """The object as it is now, such as the mark, the homework or the lesson; null where it is not there any more, or
    the viewer may no longer read it."""

    is_read: bool
    """The viewer has marked the notification as read. What happens to the object later makes it unread again."""


@view_of(notifications.KindSettings, visible_to=FAMILY)
class NotificationKindSettings:
    """By which channels the viewer is told of the events of one kind."""

    kind: documents.NotificationKind
    """The kind of event."""

    channels: list[documents.NotificationChannel] = shown(list_size=2)
    """The channels; empty where the viewer is not told."""


@view_of(documents.QuietHours, visible_to=FAMILY)
class QuietHours:
    """The hours in which no letter is sent, by the clocks of the time zone (тихие часы): letters are held back."""

    starts_at: LocalTime
    """When they begin; later than the end where they go over midnight."""

    ends_at: LocalTime
    """When they end."""


@view_of(notifications.DigestOfViewer, visible_to=FAMILY)
class NotificationDigest:
    """When the viewer gets a letter that says how much there is of each kind in the diary (сводка)."""

    frequency: documents.DigestFrequency
    """How often."""

    weekday: Weekday | None
    """The day of the week of a weekly one."""

    at: LocalTime
    """At what time, by the clocks of the time zone."""


@view_of(notifications.SettingsOfViewer, visible_to=FAMILY)
class NotificationSettings:
    """What the viewer is told of, and how (настройки уведомлений)."""

    kinds: list[NotificationKindSettings] = shown(list_size=10)
    """The kinds of events that the viewer can be told of in this role, with their channels."""

    channels: list[documents.NotificationChannel] = shown(list_size=2)
    """The channels that can be chosen: EMAIL only where the gateway sends letters. They go to `Viewer.email`."""

    quiet_hours: QuietHours | None
    """The hours in which no letter is sent; null where letters are sent at any hour."""

    language: documents.LetterLanguage
    """The language of letters."""

    time_zone: str
    """The time zone by whose clocks quiet hours and digests go, such as `Europe/Moscow`."""

    digest: NotificationDigest | None
    """When digests are sent; null where none are."""


@extends(RootDocument)
class NotificationsOfQuery:
    """What the notifications add to the queries."""

    notifications: Connection[Notification] | None = batch(
        notifications.notifications_of_viewer,
        visible_to=FAMILY,
        arguments={
            "kinds": "Only those of these kinds.",
            "unread_only": "Only those that the viewer has not marked as read.",
        },
    )
    """The notifications of the viewer, the latest first: of the students whom they may read today."""


@extends(directory.ViewerDocument)
class NotificationsOfViewer:
    """What the notifications add to the viewer."""

    unread_notifications: int | None = batch(notifications.unread_notifications, visible_to=FAMILY, cost=2)
    """How many notifications the viewer has not marked as read."""

    notification_settings: NotificationSettings | None = batch(notifications.settings_of_viewer, visible_to=FAMILY)
    """What the viewer is told of, and how."""


@view_of(notifications.ReadNotifications, visible_to=FAMILY)
class MarkNotificationsReadPayload:
    """The result of marking notifications as read."""

    notifications: list[Notification] | None = many(
        notifications.notifications_by_ids, "notification_ids", list_size=20
    )
    """The notifications that were named, as they are now."""

    viewer: Viewer = batch(directory.viewer)
    """The viewer, with the number of notifications that are unread now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(notifications.ChangedSettings, visible_to=FAMILY)
class SetNotificationSettingsPayload:
    """The result of choosing what to be told of."""

    settings: NotificationSettings | None = batch(notifications.settings_of_viewer)
    """The viewer's settings as they are now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@extends(RootDocument)
class NotificationsOfMutation:
    """What the notifications add to the mutations."""

    mark_notifications_read: MarkNotificationsReadPayload | None = mutation(
        notifications.mark_notifications_read, subsystem="notifications", visible_to=FAMILY
    )
    """Marks notifications as read: single ones, all up to a moment, or both. User errors: REQUIRED, TOO_MANY,
    NOT_FOUND."""

    set_notification_settings: SetNotificationSettingsPayload | None = mutation(
        notifications.set_notification_settings, subsystem="notifications", visible_to=FAMILY
    )
    """Chooses of which kinds of events the viewer is told, by which channels, in which language, when digests are sent,
    and when no letter is sent. User errors: REQUIRED, INVALID_INPUT, NOT_ALLOWED, TAKEN."""


NOTIFICATIONS: Final = EventSource(
    place="notifications.notifications",
    topics=by_document(
        lambda connectors: connectors.notifications.notifications_by_ids,
        ["owner"],
        lambda document: [document["owner"]],
    ),
    followed=lambda viewer: [documents.inbox_owner(viewer.person_id, viewer.role)],
    fields=frozenset({"at"}),  # not what the reader changes: that it is read
)


@extends(RootDocument)
class NotificationsOfSubscription:
    """What the notifications add to the subscriptions."""

    notification_added: Notification | None = event(
        NOTIFICATIONS, notifications.notifications_by_ids, visible_to=FAMILY
    )
    """A notification (уведомление) that is new, or whose object was changed again."""
