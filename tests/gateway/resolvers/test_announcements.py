"""Announcements as their readers see them. Today is Wednesday 18 November 2026."""

from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool

FEED: Final = "{ announcements%s { totalCount nodes { title isRead isArchived } } viewer { unreadAnnouncements } }"
ROLES: Final = {
    "ivan": Role.STUDENT,
    "petr": Role.STUDENT,
    "fedor": Role.STUDENT,
    "olga": Role.PARENT,
    "igor": Role.PARENT,
    "granny": Role.PARENT,
    "barred": Role.PARENT,
    "smirnov": Role.TEACHER,
    "kuznetsova": Role.CLASS_TEACHER,
    "admin": Role.ADMINISTRATOR,
}


async def feed(tiny: TinySchool, who: str, arguments: str = "") -> tuple[list[str], Any]:
    """The keys of the announcements that somebody reads, and how many are unread."""
    data = await tiny.data(who, ROLES[who], FEED % arguments)
    nodes = data["announcements"]["nodes"]
    assert data["announcements"]["totalCount"] == len(nodes)
    return [one["title"].removeprefix("Объявление ") for one in nodes], data["viewer"]["unreadAnnouncements"]


@pytest.mark.parametrize(
    ("who", "titles", "unread"),
    [
        ("ivan", ["works", "museum", "english", "duty", "old"], 3),  # `duty` is read, `old` is too old to count
        ("petr", ["works", "museum", "english", "duty", "old"], 4),
        ("fedor", ["works", "museum", "duty", "old"], 3),
        ("olga", ["works", "meeting", "7b only", "of the college", "duty"], 4),
        ("igor", ["works", "meeting", "duty"], 2),
        ("granny", [], 0),
        ("barred", [], 0),
        ("smirnov", ["works", "council"], 2),
        ("kuznetsova", ["works", "meeting", "museum", "council", "english", "duty"], 6),
        ("admin", ["works", "meeting", "museum", "7b only", "council", "english", "duty", "old"], 7),
    ],
)
async def test_everybody_reads_what_is_for_them(tiny: TinySchool, who: str, titles: list[str], unread: int) -> None:
    found, counted = await feed(tiny, who)
    assert sorted(found) == sorted(titles)
    assert found[0] == titles[0] if titles else True
    assert counted == unread


async def test_the_latest_comes_first_and_pages_follow_each_other(tiny: TinySchool) -> None:
    query = "{ announcements(first: %d%s) { pageInfo { hasNextPage endCursor } nodes { id publishedAt } } }"
    whole = (await tiny.data("ivan", Role.STUDENT, query % (50, "")))["announcements"]["nodes"]
    assert [one["publishedAt"] for one in whole] == sorted((one["publishedAt"] for one in whole), reverse=True)
    found: list[Any] = []
    after, page = "", {"pageInfo": {"hasNextPage": True}, "nodes": whole}
    for _ in whole:
        page = (await tiny.data("ivan", Role.STUDENT, query % (1, after)))["announcements"]
        found += page["nodes"]
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
    assert found == whole
    assert not page["pageInfo"]["hasNextPage"]


async def test_unread_ones_are_paged_alike(tiny: TinySchool) -> None:
    page = "pageInfo { hasNextPage endCursor hasPreviousPage } nodes { title }"
    query = "{ announcements(unreadOnly: true, first: %d%s) { " + page + " } }"
    first = (await tiny.data("ivan", Role.STUDENT, query % (2, "")))["announcements"]
    assert [one["title"] for one in first["nodes"]] == ["Объявление works", "Объявление museum"]
    assert first["pageInfo"]["hasNextPage"]
    after = f', after: "{first["pageInfo"]["endCursor"]}"'
    rest = (await tiny.data("ivan", Role.STUDENT, query % (2, after)))["announcements"]
    assert [one["title"] for one in rest["nodes"]] == ["Объявление english"]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)


async def test_what_is_over_or_put_away_is_in_the_archive(tiny: TinySchool) -> None:
    found, _ = await feed(tiny, "ivan", "(archived: true)")
    assert sorted(found) == ["over", "put away"]
    data = await tiny.data("ivan", Role.STUDENT, FEED % "(archived: true)")
    assert all(one["isArchived"] for one in data["announcements"]["nodes"])


async def test_days_are_those_of_publishing_at_the_school(tiny: TinySchool) -> None:
    days = '(days: {first: "2026-11-14", last: "2026-11-16"})'
    assert (await feed(tiny, "ivan", days))[0] == ["museum", "english"]


async def test_a_banner_is_shown_to_those_whom_it_is_for(tiny: TinySchool) -> None:
    query = "{ banners { title isBanner } }"
    for who in ("ivan", "olga", "smirnov", "admin"):
        assert (await tiny.data(who, ROLES[who], query))["banners"] == [{"title": "Объявление works", "isBanner": True}]
    assert (await tiny.data("granny", Role.PARENT, query))["banners"] == []


async def test_an_announcement_is_found_by_id_by_its_readers_alone(tiny: TinySchool) -> None:
    query = f'{{ node(id: "{tiny.id("Announcement", "meeting")}") {{ ... on Announcement {{ title }} }} }}'
    for who in ("olga", "igor", "kuznetsova", "admin"):
        assert (await tiny.data(who, ROLES[who], query))["node"]["title"] == "Объявление meeting"
    for who in ("ivan", "smirnov", "granny"):
        [error] = await tiny.failing(who, ROLES[who], query)
        assert error["code"] == "NOT_FOUND"


async def test_an_announcement_says_where_it_is_for_and_what_it_is_about(tiny: TinySchool) -> None:
    of_places = "school { id } classes { name } groups { name } roles"
    fields = f"author {{ givenName }} {of_places} startsOn validUntil event {{ title }}"
    query = f'{{ node(id: "{tiny.id("Announcement", "meeting")}") {{ ... on Announcement {{ {fields} }} }} }}'
    meeting = (await tiny.data("olga", Role.PARENT, query))["node"]
    assert meeting == {
        "author": {"givenName": "Клара"},
        "school": {"id": tiny.id("School", "perm")},
        "classes": [{"name": "7A"}],
        "groups": [],
        "roles": ["PARENT"],
        "startsOn": None,
        "validUntil": None,
        "event": {"title": "Собрание"},
    }


async def test_analysts_read_none(tiny: TinySchool) -> None:
    errors = await tiny.failing("analyst", Role.ANALYST, "{ announcements { totalCount } banners { id } }")
    assert {error["code"] for error in errors} == {"UNAUTHORIZED_FIELD_OR_TYPE"}


async def test_a_feed_costs_as_many_commands_as_one_announcement(tiny: TinySchool) -> None:
    of_places = "classes { name } groups { name } event { title } attachments { name }"
    fields = f"nodes {{ title isRead isArchived author {{ givenName }} {of_places} }}"
    counts = []
    for first in (1, 20):
        await tiny.data("olga", Role.PARENT, f"{{ announcements(first: {first}) {{ {fields} }} }}")
        counts.append(len([one for one in tiny.served.recorder.commands if "announcements" in one[0]]))
    assert counts == [2, 2]
    await tiny.data("olga", Role.PARENT, "{ viewer { unreadAnnouncements } }")
    assert tiny.served.recorder.touched("announcements", "announcements") == 1


async def test_days_may_reach_to_the_ends_of_the_calendar(tiny: TinySchool) -> None:
    everything, _ = await feed(tiny, "ivan")
    found, _ = await feed(tiny, "ivan", '(days: {first: "0001-01-01", last: "9999-12-31"})')
    assert found == everything
    assert await feed(tiny, "ivan", '(days: {first: "9999-12-31", last: "9999-12-31"})') == ([], 3)
