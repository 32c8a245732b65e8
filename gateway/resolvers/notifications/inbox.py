"""The viewer's inbox, and marking it as read (F126)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict

from auth.viewer import Viewer
from connectors.mongo.transactions import Transaction
from connectors.notifications import NOTIFICATIONS, Inbox, NotificationKind, inbox_owner
from connectors.vocabulary import COUNT, Paging, PublicId
from gateway.context import Connection, Info
from gateway.errors import NotFound
from gateway.languages import Text
from gateway.writing import Outcome, Problems, UserError, UserErrorCode

_ID: Final = frozenset({"_id"})
_READABLE: Final = frozenset({"owner", "right_id"})
_ORDER: Final = ("at", "_id")

_NO_NOTIFICATION: Final = Text("There is no such notification.", "Нет такого уведомления.")
_WHICH: Final = Text("Say which ones, or until when.", "Укажите уведомления или время, до которого они прочитаны.")
_TOO_MANY: Final = Text("At most {limit} at once.", "Не больше {limit} за один раз.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkNotificationsRead:
    """The notifications that the viewer has read: single ones, or all up to a moment."""

    notification_ids: tuple[PublicId, ...] | None = None
    """The notifications (`Notification.id`)."""

    until: datetime | None = None
    """All that happened up to this moment, such as `Notification.at` of the latest one that was shown."""


class ReadNotifications(TypedDict):
    """A resolver's value for the payload of marking as read."""

    notification_ids: list[str]
    user_errors: list[UserError]


def rights_of(viewer: Viewer) -> frozenset[str]:
    """The students and places by which the viewer may read notifications today."""
    return frozenset({*viewer.student_ids, *viewer.class_ids, *viewer.group_ids, *viewer.school_ids})


def inbox_of(info: Info, *, unread_only: bool = False, kinds: Sequence[NotificationKind] | None = None) -> Inbox:
    """The inbox of the viewer: what they may read today, whatever they were told before."""
    viewer = info.viewer
    owner = inbox_owner(viewer.person_id, viewer.role)
    only = None if kinds is None else tuple(sorted(set(kinds)))
    return Inbox(owner, tuple(sorted(rights_of(viewer))), unread_only, only)


async def notifications_of_viewer(
    roots: Sequence[object],
    info: Info,
    kinds: tuple[NotificationKind, ...] | None = None,
    *,
    unread_only: bool = False,
    page: Paging,
) -> list[Connection]:
    """The notifications of the viewer, the latest first."""
    inbox = inbox_of(info, unread_only=unread_only, kinds=kinds)
    read, columns = info.connectors.notifications.notifications_in, info.columns | {"_id", "at"}
    return await info.page(read, [inbox] * len(roots), page, order=_ORDER, columns=columns)


async def unread_notifications(viewers: Sequence[object], info: Info) -> list[int]:
    """How many notifications the viewer has not read."""
    read = info.connectors.notifications.notifications_in
    [page] = await info.read(read, [inbox_of(info, unread_only=True)], columns=_ID, paging=COUNT)
    return [page.total or 0] * len(viewers)


async def notifications_by_ids(ids: Sequence[str | None], info: Info) -> list[Any]:
    """The viewer's notifications, by id; `NotFound` in the place of others, None for no id."""
    columns = info.columns_of("Notification") | _READABLE
    found = await info.read(info.connectors.notifications.notifications_by_ids, ids, columns=columns)
    inbox = inbox_of(info)
    return [
        None if own is None else one if one and _is_in(one, inbox) else NotFound()
        for own, one in zip(ids, found, strict=True)
    ]


def _is_in(notification: Any, inbox: Inbox) -> bool:
    return notification["owner"] == inbox.owner and notification["right_id"] in inbox.rights


async def mark_notifications_read(input: MarkNotificationsRead, info: Info, transaction: Transaction) -> Outcome:
    """Mark notifications as read. What somebody reads is nobody else's concern: there is no fact."""
    problems, most = Problems(), info.writing.rules.notifications_at_once
    ids = list(dict.fromkeys(input.notification_ids or ()))
    if not ids and input.until is None:
        problems.add(UserErrorCode.REQUIRED, _WHICH)
    if len(ids) > most:
        problems.reject(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "notificationIds")
    own = inbox_of(info).condition()
    if ids:
        there = await transaction.find(NOTIFICATIONS.name, {**own, "_id": {"$in": ids}}, columns=_ID)
        known = {one["_id"] for one in there}
        for place, one in enumerate(input.notification_ids or ()):
            if one not in known:
                problems.add(UserErrorCode.NOT_FOUND, _NO_NOTIFICATION, "notificationIds", place)
    problems.check()
    named: list[dict[str, Any]] = [{"_id": {"$in": ids}}] if ids else []
    # Instants are shown in whole seconds: what is shown with this one happened before the next.
    earlier = [] if input.until is None else [{"at": {"$lt": input.until + timedelta(seconds=1)}}]
    wanted = {**own, "is_read": False, "$or": [*named, *earlier]}
    await transaction.update_all(NOTIFICATIONS.name, wanted, {"$set": {"is_read": True}})
    return Outcome({"notification_ids": ids})
