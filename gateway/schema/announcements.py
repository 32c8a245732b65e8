"""Announcements: the feed of everybody at a school, its banners, and the mutations of those who publish."""

from collections.abc import Iterable
from typing import Final, TypedDict

import strawberry

from auth import viewer as signed_in
from auth.viewer import Role
from connectors import announcements as documents
from connectors.vocabulary import AnnouncementId, version_of
from gateway import writing
from gateway.events import EventSource, by_document
from gateway.resolvers import announcements as resolvers
from gateway.resolvers import directory
from gateway.schema.actions import UserError, mutation
from gateway.schema.connections import Connection
from gateway.schema.directory import Group
from gateway.schema.events import event
from gateway.schema.fields import batch, column, extends, instant, one, shown, value, view_of
from gateway.schema.files import Attachment, attachments
from gateway.schema.node import Node, RootDocument
from gateway.schema.people import Person
from gateway.schema.references import Class, School, Viewer
from gateway.schema.scalars import Date, DateTime
from gateway.schema.schedule.records import SchoolEvent
from gateway.schema.visibility import NOT_ANALYST

PUBLISHERS: Final = frozenset({Role.CLASS_TEACHER, Role.ADMINISTRATOR})
"""The roles that publish announcements."""


class WrittenAnnouncement(TypedDict):
    """A resolver's value for the payloads about an announcement: what their fields are found by, and user errors."""

    announcement_id: AnnouncementId
    deleted_announcement_id: AnnouncementId
    user_errors: list[writing.UserError]


@view_of(documents.Announcement, visible_to=NOT_ANALYST, found_by=resolvers.announcements_by_ids)
class Announcement(Node):
    """An announcement (объявление) that the viewer may read."""

    id: strawberry.ID
    title: str
    """The title of the announcement."""

    body: str
    """The text, with line ends and without markup."""

    published_at: DateTime = instant("published_at")
    """When the announcement was published."""

    edited_at: DateTime | None = instant("edited_at")
    """When the announcement was last edited; null where it never was."""

    author: Person | None = one(directory.people, "author_id")
    """The person who published the announcement; null for one of every school."""

    school: School | None = one(directory.schools, "school_id")
    """The school at which the announcement is published; null for a banner of every school, which who operates the
    gateway has published."""

    classes: list[Class] | None = batch(resolvers.classes_of, "class_ids", list_size=2)
    """The classes that the announcement is for; empty where it is for groups or for the whole school."""

    groups: list[Group] | None = batch(resolvers.groups_of, "group_ids", list_size=2)
    """The study groups that the announcement is for; empty where it is for classes or for the whole school."""

    roles: list[Role] = shown(list_size=3)
    """The roles that the announcement is for."""

    valid_until: Date | None
    """The last day on which the announcement is current; null where it has no end."""

    starts_on: Date | None
    """The first of the days that the announcement is about; null where it is about no days."""

    ends_on: Date | None
    """The last of the days that the announcement is about; null where it is about no days."""

    event: SchoolEvent | None = batch(resolvers.events_of, "event_id", "school_id")
    """The event of the school that the announcement is about; null where it is about none."""

    is_banner: bool
    """The announcement is a banner (баннер): every page is to show it while it is current."""

    is_read: bool = batch(resolvers.are_read, "_id")
    """The viewer has marked the announcement as read."""

    is_archived: bool = batch(resolvers.are_archived, "archived_at", "valid_until", "school_id")
    """The announcement is in the archive: somebody put it there, or its last day is over."""

    attachments: list[Attachment] | None = attachments()
    """The files of the announcement."""

    version: int = value(version_of, "version")
    """How often the announcement was changed: send this number with a change, so that no other person's
    change is overwritten."""


@view_of(WrittenAnnouncement)
class AnnouncementPayload:
    """The result of publishing, changing or archiving an announcement, or of marking one as read."""

    announcement: Announcement | None = one(resolvers.announcements_by_ids, "announcement_id")
    """The announcement as it is now; beside the errors CONFLICT and NOT_ALLOWED too."""

    viewer: Viewer = batch(directory.viewer)
    """The viewer, with the number of announcements that are unread now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@view_of(WrittenAnnouncement)
class DeleteAnnouncementPayload:
    """The result of deleting an announcement."""

    deleted_announcement_id: strawberry.ID | None = column("deleted_announcement_id")
    """The id of the announcement that there is no longer; null where it was not deleted."""

    announcement: Announcement | None = one(resolvers.announcements_by_ids, "announcement_id")
    """The announcement that is still there, beside the errors CONFLICT and NOT_ALLOWED; null where it was deleted."""

    viewer: Viewer = batch(directory.viewer)
    """The viewer, with the number of announcements that are unread now."""

    user_errors: list[UserError] = shown(list_size=2)
    """What has to be mended; empty where it was done."""


@extends(RootDocument)
class AnnouncementsOfQuery:
    """What the announcements add to the queries."""

    announcements: Connection[Announcement] | None = batch(
        resolvers.announcements_of_viewer,
        visible_to=NOT_ANALYST,
        days_per_unit=90,
        arguments={
            "days": "Only those published on these days; of all time without them.",
            "unread_only": "Only those that the viewer has not marked as read, of those that count as unread.",
            "archived": "The archived ones in the place of the current ones.",
        },
    )
    """The announcements for the viewer (объявления), the latest first; to an administrator all of the school."""

    banners: list[Announcement] | None = batch(resolvers.banners, visible_to=NOT_ANALYST, list_size=2)
    """The announcements that every page is to show now (баннеры), the latest first, at most five."""


@extends(directory.ViewerDocument)
class AnnouncementsOfViewer:
    """What the announcements add to the viewer."""

    unread_announcements: int | None = batch(resolvers.unread_announcements, visible_to=NOT_ANALYST, cost=2)
    """How many current announcements the viewer has not marked as read; older than two months count as read, unless
    the gateway is set up otherwise."""


@extends(RootDocument)
class AnnouncementsOfMutation:
    """What the announcements add to the mutations."""

    create_announcement: AnnouncementPayload | None = mutation(
        resolvers.create_announcement, subsystem="announcements", visible_to=PUBLISHERS, needs_key=True
    )
    """Publishes an announcement (объявление): a class teacher for the classes that they lead and their groups, an
    administrator for the school. User errors: REQUIRED, INVALID_INPUT, TOO_LONG, TOO_MANY, OUT_OF_RANGE, NOT_FOUND,
    NOT_ALLOWED, TAKEN, FILE_NOT_READY, FILE_REJECTED."""

    edit_announcement: AnnouncementPayload | None = mutation(
        resolvers.edit_announcement, subsystem="announcements", visible_to=PUBLISHERS
    )
    """Changes an announcement: a class teacher their own, an administrator each of the school. User errors: those of
    `createAnnouncement`, CONFLICT."""

    archive_announcement: AnnouncementPayload | None = mutation(
        resolvers.archive_announcement, subsystem="announcements", visible_to=PUBLISHERS
    )
    """Puts an announcement into the archive, or takes it back. User errors: REQUIRED, NOT_FOUND, NOT_ALLOWED, CONFLICT.
    """

    delete_announcement: DeleteAnnouncementPayload | None = mutation(
        resolvers.delete_announcement, subsystem="announcements", visible_to=PUBLISHERS
    )
    """Deletes an announcement with its files, for everybody. User errors: REQUIRED, NOT_FOUND, NOT_ALLOWED, CONFLICT.
    """

    mark_announcement_read: AnnouncementPayload | None = mutation(
        resolvers.mark_announcement_read, subsystem="announcements", visible_to=NOT_ANALYST
    )
    """Marks an announcement as read by the viewer; one that they have read stays so. User errors: NOT_FOUND."""


def _places_followed(viewer: signed_in.Viewer) -> Iterable[str]:
    """The audiences of which the viewer is; an administrator follows all that their schools publish."""
    if viewer.role is Role.ADMINISTRATOR:
        return [*viewer.school_ids, documents.EVERYWHERE]
    places = [documents.EVERYWHERE, *viewer.school_ids, *viewer.class_ids, *viewer.group_ids]
    return documents.audience_keys(places, [viewer.role])


PUBLISHED: Final = EventSource(
    place="announcements.announcements",
    topics=by_document(
        lambda connectors: connectors.announcements.announcements_by_ids,
        ("audience", "school_id"),
        lambda document: [*document["audience"], document["school_id"] or documents.EVERYWHERE],
    ),
    followed=_places_followed,
    inserted_only=True,
)


@extends(RootDocument)
class AnnouncementsOfSubscription:
    """What the announcements add to the subscriptions."""

    announcement_added: Announcement | None = event(PUBLISHED, resolvers.announcements_by_ids, visible_to=NOT_ANALYST)
    """An announcement (объявление) that was published for the viewer."""
