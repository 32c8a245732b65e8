"""Announcements: what a school publishes for some of its people, and who has read it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple, NotRequired, TypedDict

from pymongo import ASCENDING, DESCENDING, IndexModel

from connectors.attachments import ATTACHED_FILES, Attachment
from connectors.declarations import Collection, Connector, Read, by_ids
from connectors.facts import FACTS
from connectors.idempotency import KEYS
from connectors.mongo import Deadline, Document, Order
from connectors.vocabulary import (
    AnnouncementId,
    ClassId,
    Columns,
    GroupId,
    Page,
    Paging,
    PersonId,
    SchoolId,
)


class Announcement(TypedDict):
    """An announcement. Its readers are those who hold one of its *roles* in one of its classes and groups.

    Where no class and no group is named, it is for the whole school. *audience* says so in one list of keys
    (`audience_keys`), by which the index finds what a reader may read.
    """

    _id: AnnouncementId
    school_id: SchoolId | None  # None: of every school, published by who operates the gateway
    title: str
    body: str
    author_id: PersonId | None
    class_ids: list[ClassId]
    group_ids: list[GroupId]
    roles: list[str]  # names of auth.viewer.Role
    audience: list[str]
    published_at: datetime
    valid_until: str | None  # the last day on which it is current
    starts_on: str | None  # the days that it is about
    ends_on: str | None
    event_id: str | None  # the event of the school that it is about
    is_banner: bool
    attachments: list[Attachment]
    archived_at: datetime | None
    edited_at: datetime | None
    version: NotRequired[int]


class AnnouncementRead(TypedDict):
    """The record that a person has read an announcement; see `read_id`."""

    _id: str
    school_id: SchoolId | None
    announcement_id: AnnouncementId
    person_id: PersonId
    read_at: datetime


class Reader(NamedTuple):
    """Somebody who reads announcements today: by the keys of audiences, or all of some schools.

    *current* has the schools of each day that it is today somewhere: midnight may lie between two schools. None
    among them stands for what is published for every school.
    """

    person_id: PersonId
    current: tuple[tuple[str, tuple[SchoolId | None, ...]], ...]
    keys: tuple[str, ...] | None
    """None: everything that these schools publish."""

    def condition(self) -> Document:
        """The condition that an announcement is one that they may read."""
        schools = [school for _, those in self.current for school in those]
        return {"school_id": {"$in": schools}} if self.keys is None else {"audience": {"$in": list(self.keys)}}

    def state(self, *, is_archived: bool) -> Document:
        """The condition that an announcement is current, or that it is no longer."""
        ended = [{"school_id": {"$in": list(those)}, "valid_until": {"$lt": day}} for day, those in self.current]
        over = [{"archived_at": {"$ne": None}}, *ended]
        return {"$or": over} if is_archived else {"$nor": over}


EVERYWHERE: Final = "*"
"""The place in the audience of what is published for every school."""

_LATEST: Final[Order] = [("published_at", DESCENDING), ("_id", DESCENDING)]

ANNOUNCEMENTS: Final = Collection(
    "announcements",
    Announcement,
    indexes=[
        IndexModel([("audience", ASCENDING), *_LATEST]),
        IndexModel([("school_id", ASCENDING), *_LATEST]),
    ],
)
READS: Final = Collection("reads", AnnouncementRead, indexes=[IndexModel([("announcement_id", ASCENDING)])])


def audience_keys(places: Iterable[str], roles: Iterable[str]) -> list[str]:
    """The keys of an audience: one for each role in each school, class or group of *places*."""
    wanted = list(roles)
    return [f"{place}:{role}" for place in places for role in wanted]


def read_id(announcement: str, person: PersonId) -> str:
    """The id of the record that a person has read an announcement: there is one at most."""
    return f"{announcement}:{person}"


class Announcements(Connector):
    """Reads of the announcements."""

    collections = (ANNOUNCEMENTS, READS, ATTACHED_FILES, FACTS, KEYS)

    announcements_by_ids: Read[AnnouncementId, Announcement] = by_ids(ANNOUNCEMENTS)
    """The announcement of each id."""

    reads_by_ids: Read[str, AnnouncementRead] = by_ids(READS)
    """The record of each id (`read_id`)."""

    async def announcements_for(
        self,
        readers: Sequence[Reader],
        *,
        published: tuple[datetime, datetime] | None = None,
        banners_only: bool = False,
        is_archived: bool = False,
        unread_since: datetime | None = None,
        paging: Paging,
        columns: Columns,
        deadline: Deadline,
    ) -> Mapping[Reader, Page]:
        """A page of what each reader may read, the latest first: current announcements, or the archived ones.

        Of those *published* from the first to before the second moment; with *unread_since* only what was published
        since then and they have not read.
        """
        where: Document = {"is_banner": True} if banners_only else {}
        if published is not None:
            where["published_at"] = {"$gte": published[0], "$lt": published[1]}
        if unread_since is not None:
            where = {"$and": [where, {"published_at": {"$gte": unread_since}}]}
        wheres = {
            reader: {"$and": [reader.condition(), reader.state(is_archived=is_archived), where]} for reader in readers
        }
        return await self.source.pages_of(
            ANNOUNCEMENTS.name,
            wheres,
            order=_LATEST,
            paging=paging,
            columns=columns,
            deadline=deadline,
            stages={} if unread_since is None else {reader: _unread(reader) for reader in readers},
        )


def _unread(reader: Reader) -> list[Document]:
    """The stages that drop what *reader* has read."""
    return [
        {"$set": {"_read_id": {"$concat": ["$_id", ":", reader.person_id]}}},
        {"$lookup": {"from": READS.name, "localField": "_read_id", "foreignField": "_id", "as": "_read"}},
        {"$match": {"_read": []}},
    ]
