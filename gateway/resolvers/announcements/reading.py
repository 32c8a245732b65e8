"""Announcements as their readers see them: the feed, banners, and what is unread (F46, F122, F123)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from auth.viewer import Role
from connectors.announcements import EVERYWHERE, Announcement, Reader, audience_keys, read_id
from connectors.schedule import SchoolEvent
from connectors.vocabulary import COUNT, AnnouncementId, Days, Paging
from gateway.context import Connection, Info
from gateway.errors import NotFound

READABLE: Final = frozenset({"_id", "school_id", "audience"})
"""The columns of an announcement that `may_read` needs."""
MOST_BANNERS: Final = 5
"""Banners shown at once: more would fill a screen."""
_ID: Final = frozenset({"_id"})
_ORDER: Final = ("published_at", "_id")


def reader_of(info: Info) -> Reader:
    """The viewer as a reader: administrators read all that their schools publish, others what is for them."""
    viewer = info.viewer
    schools = (*viewer.school_ids, None)
    days = sorted({info.today_at(school) for school in schools})
    current = tuple((day, tuple(one for one in schools if info.today_at(one) == day)) for day in days)
    if viewer.role is Role.ADMINISTRATOR:
        return Reader(viewer.person_id, current, None)
    places = [EVERYWHERE, *viewer.school_ids, *sorted(viewer.class_ids), *sorted(viewer.group_ids)]
    return Reader(viewer.person_id, current, tuple(audience_keys(places, [viewer.role])))


def may_read(announcement: Mapping[str, Any], reader: Reader) -> bool:
    """Whether the viewer may read an announcement, be it current or not."""
    if reader.keys is None:
        return any(announcement["school_id"] in schools for _, schools in reader.current)
    return not set(reader.keys).isdisjoint(announcement["audience"])


async def announcements_of_viewer(
    roots: Sequence[object],
    info: Info,
    days: Days | None = None,
    *,
    unread_only: bool | None = False,
    archived: bool = False,
    page: Paging,
) -> list[Connection]:
    """The announcements that the viewer may read, the latest first: the current ones, or the *archived* ones."""
    read, reader = info.connectors.announcements.announcements_for, reader_of(info)
    published = None if days is None else info.bounds_of(days, None)
    since = _unread_since(info) if unread_only else None
    columns = info.columns | {"_id", "published_at"}
    return await info.page(
        read,
        [reader] * len(roots),
        page,
        order=_ORDER,
        columns=columns,
        published=published,
        is_archived=archived,
        unread_since=since,
    )


def _unread_since(info: Info) -> datetime:
    """The beginning of the day before which nothing counts as unread."""
    return info.start_of(info.today, None) - timedelta(days=info.writing.rules.unread_days)


async def unread_announcements(viewers: Sequence[object], info: Info) -> list[int]:
    """How many current announcements the viewer has not read."""
    read = info.connectors.announcements.announcements_for
    [page] = await info.read(read, [reader_of(info)], columns=_ID, unread_since=_unread_since(info), paging=COUNT)
    return [page.total or 0] * len(viewers)


async def banners(roots: Sequence[object], info: Info) -> list[list[Announcement]]:
    """The current banners for the viewer, the latest first."""
    [page] = await info.read(
        info.connectors.announcements.announcements_for,
        [reader_of(info)],
        columns=info.columns | {"published_at"},
        banners_only=True,
        paging=Paging(MOST_BANNERS, None, looks_on=False),
    )
    return [page.nodes] * len(roots)


async def announcements_by_ids(ids: Sequence[AnnouncementId | None], info: Info) -> list[Any]:
    """The announcements of ids that the viewer may read; `NotFound` in the place of others, None for no id."""
    columns = info.columns_of("Announcement") | READABLE
    found = await info.read(info.connectors.announcements.announcements_by_ids, ids, columns=columns)
    reader = reader_of(info)
    return [
        None if own is None else one if one and may_read(one, reader) else NotFound()
        for own, one in zip(ids, found, strict=True)
    ]


async def are_read(announcements: Sequence[Announcement], info: Info) -> list[bool]:
    """Whether the viewer has read each announcement."""
    ids = [read_id(own["_id"], info.viewer.person_id) for own in announcements]
    found = await info.read(info.connectors.announcements.reads_by_ids, ids, columns=_ID)
    return [one is not None for one in found]


def are_archived(announcements: Sequence[Announcement], info: Info) -> list[bool]:
    """Whether each announcement is no longer current: archived, or past the day until which it was valid."""
    return [
        own["archived_at"] is not None or (own["valid_until"] or "9999") < info.today_at(own["school_id"])
        for own in announcements
    ]


async def classes_of(announcements: Sequence[Announcement], info: Info) -> list[list[Any]]:
    """The classes that each announcement is for."""
    return await _places(announcements, info, "class_ids", info.connectors.directory.classes_by_ids, "Class")


async def groups_of(announcements: Sequence[Announcement], info: Info) -> list[list[Any]]:
    """The study groups that each announcement is for."""
    return await _places(announcements, info, "group_ids", info.connectors.directory.groups_by_ids, "Group")


async def _places(announcements: Sequence[Any], info: Info, key: str, read: Any, type_name: str) -> list[list[Any]]:
    ids = list(dict.fromkeys(one for own in announcements for one in own[key]))
    columns = info.columns_of(type_name) | {"_id", "school_id"}
    found = dict(zip(ids, await info.read(read, ids, columns=columns), strict=True)) if ids else {}
    return [[place for one in own[key] if (place := found[one])] for own in announcements]


async def events_of(announcements: Sequence[Announcement], info: Info) -> list[SchoolEvent | None]:
    """The event of the school that each announcement is about; None where it is about none, or there is none now."""
    schools = [own["school_id"] for own in announcements]
    columns = info.columns_of("SchoolEvent") | {"_id"}
    found = await info.read(info.connectors.schedule.events_of, schools, columns=columns, days=None)
    return [
        next((event for event in events or () if event["_id"] == own["event_id"]), None)
        for own, events in zip(announcements, found, strict=True)
    ]
