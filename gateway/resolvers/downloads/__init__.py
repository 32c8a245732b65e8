"""Downloads: the secret addresses of calendars and saved queries that the viewer has made, and exports."""

from gateway.resolvers.downloads.calendar_feeds import (
    CreatedFeed,
    create_calendar_feed,
    feed_path,
    feeds,
    feeds_of_viewer,
    revoke_calendar_feed,
)
from gateway.resolvers.downloads.exports import (
    ReportedExport,
    export_report,
    exports,
    exports_of_viewer,
    paths,
    signature,
)
from gateway.resolvers.downloads.query_keys import (
    CreatedKey,
    create_query_key,
    key_secret,
    keys,
    keys_of_viewer,
    revoke_query_key,
)

__all__ = [
    "CreatedFeed",
    "CreatedKey",
    "ReportedExport",
    "create_calendar_feed",
    "create_query_key",
    "export_report",
    "exports",
    "exports_of_viewer",
    "feed_path",
    "feeds",
    "feeds_of_viewer",
    "key_secret",
    "keys",
    "keys_of_viewer",
    "paths",
    "revoke_calendar_feed",
    "revoke_query_key",
    "signature",
]
