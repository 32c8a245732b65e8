"""Downloads: the addresses and keys that a viewer has made."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auth.viewer import Role
from connectors.downloads import hash_of
from tests.gateway.asking import TinySchool

NOW = datetime(2026, 11, 18, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
async def addresses(tiny: TinySchool, mongo_uri: str) -> TinySchool:
    """The tiny school with addresses of Ivan's mother."""
    one = tiny.school
    common: dict[str, Any] = {
        "person_id": one.id("Person", "olga"),
        "role": "PARENT",
        "created_at": NOW,
        "last_used_at": None,
    }
    for key, student, revoked in (("own", "ivan", None), ("other", "anna", None), ("old", "ivan", NOW)):
        one.put(
            "downloads.calendar_feeds",
            "CalendarFeed",
            key,
            school="perm",
            student_id=one.id("Student", student),
            secret_hash=hash_of(f"feed {key}"),
            revoked_at=revoked,
            digest=None,
            changed_at=NOW,
            **common,
        )
        one.put(
            "downloads.query_keys",
            "QueryKey",
            key,
            school="perm",
            query="report-card",
            secret_hash=hash_of(f"key {key}"),
            revoked_at=revoked,
            expires_at=datetime(2027, 11, 18, 7, tzinfo=UTC),
            **common,
        )
    await one.write(mongo_uri, tiny.served.settings.mongo.prefix)
    return tiny


async def test_a_viewer_sees_their_own_addresses_that_are_not_revoked(addresses: TinySchool) -> None:
    query = "{ viewer { calendarFeeds { id createdAt lastUsedAt student { id } } queryKeys { id query expiresAt } } }"
    found = (await addresses.data("olga", Role.PARENT, query))["viewer"]
    assert {own["id"]: own["student"]["id"] for own in found["calendarFeeds"]} == {
        addresses.id("CalendarFeed", "own"): addresses.id("Student", "ivan"),
        addresses.id("CalendarFeed", "other"): addresses.id("Student", "anna"),
    }
    assert {own["createdAt"] for own in found["calendarFeeds"]} == {"2026-11-18T12:00:00+05:00"}
    assert {(own["id"], own["query"], own["expiresAt"][:10]) for own in found["queryKeys"]} == {
        (addresses.id("QueryKey", key), "report-card", "2027-11-18") for key in ("own", "other")
    }
    assert (await addresses.data("igor", Role.PARENT, query))["viewer"] == {"calendarFeeds": [], "queryKeys": []}


async def test_addresses_cost_one_command_each(addresses: TinySchool) -> None:
    await addresses.data("olga", Role.PARENT, "{ viewer { calendarFeeds { student { id } } queryKeys { id } } }")
    assert addresses.served.recorder.touched("downloads", "calendar_feeds") == 1
    assert addresses.served.recorder.touched("downloads", "query_keys") == 1


async def test_only_families_have_calendars(addresses: TinySchool) -> None:
    [error] = await addresses.failing("smirnov", Role.TEACHER, "{ viewer { calendarFeeds { id } } }")
    assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert addresses.served.recorder.touched("downloads", "calendar_feeds") == 0
