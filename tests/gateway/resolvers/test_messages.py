"""Conversations as those read them who take part. Today is Wednesday 18 November 2026."""

from typing import Final

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool

CHAT: Final = "title isGroup hasLeft unreadCount lastMessage { body } participants { givenName } admins { givenName }"


async def test_the_mailbox_shows_the_latest_conversation_first(tiny: TinySchool) -> None:
    fields = f"nodes {{ {CHAT} messages {{ totalCount nodes {{ body isRead author {{ givenName }} }} }} }}"
    found = (await tiny.data("olga", Role.PARENT, f"{{ conversations {{ totalCount {fields} }} }}"))["conversations"]
    letter, parents = found["nodes"]
    assert found["totalCount"] == 2
    assert letter == {
        "title": None,
        "isGroup": False,
        "hasLeft": False,
        "unreadCount": 1,
        "lastMessage": {"body": "В среду после уроков. Оценки Ивана улучшились"},
        "participants": [{"givenName": "Ольга"}, {"givenName": "Сергей"}],
        "admins": [],
        "messages": {
            "totalCount": 2,
            "nodes": [
                {
                    "body": "В среду после уроков. Оценки Ивана улучшились",
                    "isRead": False,
                    "author": {"givenName": "Сергей"},
                },
                {"body": "Когда можно прийти на консультацию?", "isRead": True, "author": {"givenName": "Ольга"}},
            ],
        },
    }
    assert (parents["title"], parents["isGroup"], parents["unreadCount"]) == ("Родители 7А", True, 3)
    assert parents["admins"] == [{"givenName": "Клара"}]


@pytest.mark.parametrize(
    ("who", "role", "unread"),
    [
        ("olga", Role.PARENT, 4),
        ("pavel", Role.PARENT, 1),
        ("igor", Role.PARENT, 3),
        ("ivan", Role.STUDENT, 1),
        ("petr", Role.STUDENT, 1),
        ("smirnov", Role.TEACHER, 0),
        ("kuznetsova", Role.CLASS_TEACHER, 0),
        ("admin", Role.ADMINISTRATOR, 0),
    ],
)
async def test_what_is_unread_is_what_came_after_the_last_message_of_ones_own(
    tiny: TinySchool, who: str, role: Role, unread: int
) -> None:
    data = await tiny.data(who, role, "{ viewer { unreadMessages } conversations { nodes { unreadCount } } }")
    assert data["viewer"]["unreadMessages"] == unread
    assert sum(one["unreadCount"] for one in data["conversations"]["nodes"]) == unread
    assert tiny.served.recorder.touched("messages", "participants") == 2


async def test_nobody_finds_the_conversations_of_others(tiny: TinySchool) -> None:
    own = tiny.id("Conversation", "olga smirnov")
    for name in (own, f"msg_{own.removeprefix('cnv_')}_1"):
        query = f'{{ node(id: "{name}") {{ id }} }}'
        for who, role in (("olga", Role.PARENT), ("smirnov", Role.TEACHER)):
            assert (await tiny.data(who, role, query))["node"] == {"id": name}
        for who, role in (("igor", Role.PARENT), ("ivan", Role.STUDENT), ("admin", Role.ADMINISTRATOR)):
            [error] = await tiny.failing(who, role, query)
            assert error["code"] == "NOT_FOUND"


async def test_a_mailbox_costs_as_many_commands_as_one_conversation(tiny: TinySchool) -> None:
    counts = []
    for first in (1, 20):
        query = f"{{ conversations(first: {first}) {{ nodes {{ {CHAT} messages {{ nodes {{ body }} }} }} }} }}"
        await tiny.data("olga", Role.PARENT, query)
        counts.append(len([one for one in tiny.served.recorder.commands if "messages" in one[0]]))
    assert counts == [4, 4]


async def test_analysts_have_no_mailbox(tiny: TinySchool) -> None:
    errors = await tiny.failing("analyst", Role.ANALYST, "{ conversations { totalCount } viewer { unreadMessages } }")
    assert {error["code"] for error in errors} == {"UNAUTHORIZED_FIELD_OR_TYPE"}


async def test_days_may_reach_to_the_ends_of_the_calendar(tiny: TinySchool) -> None:
    query = '{ conversations(days: {first: "%s", last: "9999-12-31"}) { totalCount } }'
    for first, count in (("0001-01-01", 2), ("9999-12-31", 0)):
        assert await tiny.data("olga", Role.PARENT, query % first) == {"conversations": {"totalCount": count}}


async def test_a_search_is_paged(tiny: TinySchool) -> None:
    query = '{ conversations(search: "оценки", first: 1%s) { totalCount nodes { title } pageInfo { endCursor } } }'
    found = (await tiny.data("olga", Role.PARENT, query % ""))["conversations"]
    assert (found["totalCount"], len(found["nodes"])) == (1, 1)
    next_page = query % f', after: "{found["pageInfo"]["endCursor"]}"'
    assert (await tiny.data("olga", Role.PARENT, next_page))["conversations"]["nodes"] == []
