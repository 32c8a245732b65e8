"""Downloads: secret addresses that the viewer makes for calendars and spreadsheets, and revokes."""

import strawberry

from auth.viewer import FAMILY
from connectors import downloads as documents
from gateway.resolvers import directory, downloads
from gateway.schema.actions import UserError, mutation
from gateway.schema.caching import NEVER
from gateway.schema.descriptions import described_enum
from gateway.schema.fields import batch, extends, instant, one, shown, view_of
from gateway.schema.node import RootDocument
from gateway.schema.references import Student
from gateway.schema.scalars import DateTime
from gateway.schema.visibility import EVERYONE

described_enum(documents.ExportFormat)
described_enum(documents.ExportLanguage)
described_enum(documents.ExportState)


@view_of(documents.CalendarFeed, visible_to=FAMILY, cache=NEVER)
class CalendarFeed:
    """A secret address from which a calendar program fetches the lessons of a student (подписка на календарь)."""

    id: strawberry.ID
    """Identifies the feed; `revokeCalendarFeed` takes it."""

    student: Student | None = one(directory.students, "student_id")
    """The student; not found once the viewer may no longer read them, and then the address has ended, too."""

    created_at: DateTime = instant("created_at")
    """When the feed was made."""

    last_used_at: DateTime | None = instant("last_used_at")
    """When a program last fetched the calendar, to the hour; null where none has."""


@view_of(documents.QueryKey, cache=NEVER)
class QueryKey:
    """A key with which a program runs one saved query as the viewer (ключ сохранённого запроса)."""

    id: strawberry.ID
    """Identifies the key; `revokeQueryKey` takes it. It is not the secret."""

    query: str
    """The name of the saved query."""

    created_at: DateTime
    """When the key was made."""

    expires_at: DateTime
    """When the key ends."""

    last_used_at: DateTime | None
    """When a program last used the key, to the hour; null where none has."""


@view_of(documents.Export, cache=NEVER)
class Export:
    """A background job that writes the list which an operation selects to a file (выгрузка)."""

    id: strawberry.ID
    """Identifies the export."""

    state: documents.ExportState
    """How far it is."""

    format: documents.ExportFormat
    """The kind of file."""

    rows: int
    """How many rows are written so far."""

    failure: str | None
    """The code of the error for which there is no file; null where there is none."""

    size: int | None
    """The bytes of the file; null until it is there."""

    path: str | None = batch(downloads.paths, "_id", "state", "secret")
    """The path of the file at this gateway. It can be used for 15 to 30 minutes, and a later look at the export gives a
    new one; whoever knows it can fetch the file. Null until the file is there."""

    queued_at: DateTime
    """When the export was sent."""

    ended_at: DateTime | None
    """When it was done or had failed."""

    expires_at: DateTime
    """When the export and its file are deleted."""


@extends(directory.ViewerDocument)
class DownloadsOfViewer:
    """The addresses and keys that the viewer has made."""

    calendar_feeds: list[CalendarFeed] | None = batch(downloads.feeds_of_viewer, visible_to=FAMILY, list_size=3)
    """The calendar feeds that the viewer has made and not revoked, in the order in which they were made."""

    query_keys: list[QueryKey] | None = batch(downloads.keys_of_viewer, list_size=3)
    """The keys of saved queries that the viewer has made and not revoked, in the order in which they were made."""

    exports: list[Export] | None = batch(downloads.exports_of_viewer, list_size=3)
    """The exports of the viewer that have not expired, the latest first."""


@view_of(downloads.ReportedExport)
class ExportReportPayload:
    """The export that waits for its turn."""

    export: Export | None = one(downloads.exports, "export_id")
    """The export; `viewer { exports }` says how far it is."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the export waits."""


@view_of(downloads.CreatedFeed, visible_to=FAMILY)
class CreateCalendarFeedPayload:
    """The new calendar feed."""

    feed: CalendarFeed | None = one(downloads.feeds, "feed_id")
    """The feed."""

    path: str | None = batch(downloads.feed_path, "feed_id")
    """The path of the address at this gateway, such as /calendar/….ics. It is shown this once: whoever knows it reads
    the calendar. Null where the mutation was sent before with the same idempotency key."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the feed was made."""


@view_of(downloads.CreatedFeed, visible_to=FAMILY)
class RevokeCalendarFeedPayload:
    """The calendar feed that has ended."""

    feed: CalendarFeed | None = one(downloads.feeds, "feed_id")
    """The feed."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the feed has ended."""


@view_of(downloads.CreatedKey)
class CreateQueryKeyPayload:
    """The new key of a saved query."""

    key: QueryKey | None = one(downloads.keys, "key_id")
    """The key."""

    secret: str | None = batch(downloads.key_secret, "key_id")
    """What the parameter `key` of the address holds: /q/<name>.csv?key=…. It is shown this once: whoever knows it runs
    the query as the viewer. Null where the mutation was sent before with the same idempotency key."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the key was made."""


@view_of(downloads.CreatedKey)
class RevokeQueryKeyPayload:
    """The key that has ended."""

    key: QueryKey | None = one(downloads.keys, "key_id")
    """The key."""

    user_errors: list[UserError] = shown(list_size=1)
    """What has to be mended; empty where the key has ended."""


@extends(RootDocument)
class DownloadsOfMutation:
    """What downloads add to the mutations."""

    create_calendar_feed: CreateCalendarFeedPayload | None = mutation(
        downloads.create_calendar_feed, subsystem="downloads", visible_to=FAMILY, needs_key=True
    )
    """Makes a secret address from which calendar programs fetch the lessons, rooms, control works and homework of a
    student. What it gives follows from the viewer's rights at each fetch. User errors: NOT_FOUND, TOO_MANY."""

    revoke_calendar_feed: RevokeCalendarFeedPayload | None = mutation(
        downloads.revoke_calendar_feed, subsystem="downloads", visible_to=FAMILY
    )
    """Ends a calendar feed: its address answers 410 from now on. User errors: NOT_FOUND."""

    export_report: ExportReportPayload | None = mutation(
        downloads.export_report, subsystem="downloads", visible_to=EVERYONE, needs_key=True
    )
    """Has the list of an operation made into a file in the background, for what takes longer than a request may: page
    by page, with the rights and the costs of the viewer. User errors: REQUIRED, TOO_LONG, INVALID_INPUT, TOO_MANY."""

    create_query_key: CreateQueryKeyPayload | None = mutation(
        downloads.create_query_key, subsystem="downloads", visible_to=EVERYONE, needs_key=True
    )
    """Makes a key with which a program runs one saved query as the viewer, with the viewer's rights at each fetch.
    User errors: NOT_FOUND, OUT_OF_RANGE, TOO_MANY."""

    revoke_query_key: RevokeQueryKeyPayload | None = mutation(
        downloads.revoke_query_key, subsystem="downloads", visible_to=EVERYONE
    )
    """Ends a key of a saved query: addresses with it answer 410 from now on. User errors: NOT_FOUND."""
