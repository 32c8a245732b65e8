"""Announcements that class teachers and administrators publish. Today is Wednesday 18 November 2026."""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.building import Builder
from tests.gateway.writing.acting import Acting, codes_of, limits_of

LEADER: Final = Role.CLASS_TEACHER
ADMIN: Final = Role.ADMINISTRATOR
FIELDS: Final = "announcement { id title body version editedAt isArchived roles classes { name } }"
READERS: Final = {
    "ivan": Role.STUDENT,
    "anna": Role.STUDENT,
    "olga": Role.PARENT,
    "pavel": Role.PARENT,
    "granny": Role.PARENT,
    "smirnov": Role.TEACHER,
    "kuznetsova": LEADER,
    "admin": ADMIN,
}


def new(acts: Acting, *classes: str, roles: str = "STUDENT", **more: Any) -> dict[str, Any]:
    audience = {"classIds": acts.school.ids("Class", classes or ("7a",))}
    return {"title": "Каток", "body": "В субботу", "audience": audience, "roles": roles.split(), **more}


async def create(acts: Acting, who: str, role: Role, values: dict[str, Any]) -> str:
    payload = await acts.act(who, role, "createAnnouncement", values, "announcement { id }", Idempotency_Key="c")
    assert payload["userErrors"] == []
    return str(payload["announcement"]["id"])


async def readers(acts: Acting, own: str) -> set[str]:
    """Who finds an announcement by its id."""
    query = f'{{ node(id: "{own}") {{ id }} }}'
    answers = await asyncio.gather(*(acts.answer(who, role, query) for who, role in READERS.items()))
    return {who for who, answer in zip(READERS, answers, strict=True) if answer["data"]["node"]}


@pytest.mark.parametrize(
    ("audience", "roles", "expected"),
    [
        ({"classIds": ["7a"]}, "STUDENT", {"ivan"}),
        ({"classIds": ["7a"]}, "PARENT", {"olga", "pavel"}),
        ({"classIds": ["7a", "7b"]}, "STUDENT PARENT", {"ivan", "anna", "olga", "pavel"}),
        ({"classIds": ["7a"]}, "TEACHER", {"smirnov"}),
        ({"groupIds": ["eng1"]}, "STUDENT", {"ivan"}),
        ({"schoolId": "perm"}, "STUDENT", {"ivan", "anna"}),
    ],
)
async def test_an_announcement_reaches_those_whom_it_is_for(
    acts: Acting, audience: dict[str, Any], roles: str, expected: set[str]
) -> None:
    kinds = {"classIds": "Class", "groupIds": "Group"}
    sent = {
        name: acts.id("School", keys) if name == "schoolId" else acts.school.ids(kinds[name], keys)
        for name, keys in audience.items()
    }
    own = await create(acts, "admin", ADMIN, new(acts, roles=roles, audience=sent))
    led = set() if "schoolId" in audience else {"kuznetsova"}
    assert await readers(acts, own) == expected | led | {"admin"}


async def test_a_class_teacher_announces_to_the_class_that_they_lead_and_to_no_other(acts: Acting) -> None:
    own = await create(acts, "kuznetsova", LEADER, new(acts))
    assert await readers(acts, own) == {"ivan", "kuznetsova", "admin"}
    for values, problem in (
        (new(acts, "7a", "7b"), ("NOT_FOUND", ["audience", "classIds", "1"])),
        (new(acts, audience={"groupIds": [acts.id("Group", "chess")]}), ("NOT_FOUND", ["audience", "groupIds", "0"])),
        (new(acts, audience={"schoolId": acts.id("School", "perm")}), ("NOT_ALLOWED", ["audience", "schoolId"])),
        (new(acts, audience={"schoolId": acts.id("School", "moscow")}), ("NOT_FOUND", ["audience", "schoolId"])),
        (new(acts, isBanner=True), ("NOT_ALLOWED", ["isBanner"])),
    ):
        assert await acts.codes("kuznetsova", LEADER, "createAnnouncement", values, Idempotency_Key="n") == [problem]
    assert len(await acts.found("announcements.facts")) == 1


async def test_all_problems_come_at_once_in_the_order_of_the_input(acts: Acting) -> None:
    values = {
        "title": "т" * 201,
        "body": " ",
        "audience": {"classIds": []},
        "roles": ["ANALYST"],
        "validUntil": "2026-11-17",
        "days": {"first": "2026-11-20", "last": "2026-11-19"},
        "isBanner": True,
    }
    payload = await acts.act("admin", ADMIN, "createAnnouncement", values, Idempotency_Key="k")
    assert limits_of(payload) == [
        ("TOO_LONG", ["title"], "200"),
        ("REQUIRED", ["body"], None),
        ("REQUIRED", ["audience", "classIds"], None),
        ("INVALID_INPUT", ["roles", "0"], None),
        ("OUT_OF_RANGE", ["validUntil"], "2026-11-18"),
        ("INVALID_INPUT", ["days", "last"], None),
        ("NOT_ALLOWED", ["isBanner"], None),
    ]
    assert await acts.found("announcements.facts") == []


async def test_too_many_classes_and_events_of_nobody_are_refused(acts: Acting) -> None:
    many = {"classIds": [f"cls_{number}" for number in range(101)]}
    codes = await acts.codes("admin", ADMIN, "createAnnouncement", new(acts, audience=many), Idempotency_Key="k")
    assert codes == [("TOO_MANY", ["audience", "classIds"])]
    values = new(acts, eventId="evt_nothing")
    assert await acts.codes("admin", ADMIN, "createAnnouncement", values, Idempotency_Key="k") == [
        ("NOT_FOUND", ["eventId"])
    ]


async def test_a_repeated_key_publishes_once(acts: Acting) -> None:
    ids = [await create(acts, "admin", ADMIN, new(acts)) for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(await acts.found("announcements.announcements", title="Каток")) == 1


async def test_an_edit_changes_what_it_names_and_moves_the_audience(acts: Acting) -> None:
    own = await create(acts, "admin", ADMIN, new(acts, validUntil="2026-11-20"))
    values = {"announcementId": own, "version": 1, "title": "Каток закрыт", "validUntil": None}
    more = {"audience": {"classIds": [acts.id("Class", "7b")]}, "roles": ["PARENT"]}
    payload = await acts.act("admin", ADMIN, "editAnnouncement", values | more, FIELDS)
    assert payload["userErrors"] == []
    announcement = payload["announcement"]
    assert (announcement["title"], announcement["body"], announcement["version"]) == ("Каток закрыт", "В субботу", 2)
    assert announcement["editedAt"] is not None
    assert announcement["classes"] == [{"name": "7B"}]
    assert await readers(acts, own) == {"olga", "admin"}
    [stored] = await acts.found("announcements.announcements", _id=own)
    assert stored["valid_until"] is None


async def test_a_stale_edit_is_a_conflict_that_shows_the_announcement_as_it_is(acts: Acting) -> None:
    own = await create(acts, "admin", ADMIN, new(acts))
    for name in ("editAnnouncement", "archiveAnnouncement", "deleteAnnouncement"):
        payload = await acts.act("admin", ADMIN, name, {"announcementId": own, "version": 7}, "announcement { title }")
        assert limits_of(payload) == [("CONFLICT", ["version"], "1")]
        assert payload["announcement"] == {"title": "Каток"}
        assert await acts.codes("admin", ADMIN, name, {"announcementId": own}) == [("REQUIRED", ["version"])]
    payload = await acts.act(
        "admin", ADMIN, "editAnnouncement", {"announcementId": own, "version": None, "body": "Нет"}, FIELDS
    )
    assert (payload["userErrors"], payload["announcement"]["body"]) == ([], "Нет")


async def test_what_must_not_be_null_is_required(acts: Acting) -> None:
    own = acts.id("Announcement", "works")
    nulls = dict.fromkeys(("title", "body", "audience", "roles", "isBanner", "attachmentIds"))
    payload = await acts.act("admin", ADMIN, "editAnnouncement", {"announcementId": own, "version": 1, **nulls})
    assert [code for code, _ in codes_of(payload)] == ["REQUIRED"] * 6


async def test_a_class_teacher_changes_their_own_announcements_alone(acts: Acting) -> None:
    by_admin = await create(acts, "admin", ADMIN, new(acts))
    for name in ("editAnnouncement", "archiveAnnouncement", "deleteAnnouncement"):
        values = {"announcementId": by_admin, "version": 1}
        assert await acts.codes("kuznetsova", LEADER, name, values) == [("NOT_ALLOWED", ["announcementId"])]
    own = {"announcementId": acts.id("Announcement", "meeting"), "version": 1}
    assert await acts.codes("kuznetsova", LEADER, "deleteAnnouncement", own) == []


async def test_a_class_teacher_who_leads_the_class_no_longer_changes_nothing(acts: Acting) -> None:
    ended = {"$set": {"ends_on": "2026-11-17"}}
    where = {"person_id": acts.id("Person", "kuznetsova"), "kind": "CLASS_TEACHER"}
    await acts.change("directory.staff_assignments", where, ended)
    own = {"announcementId": acts.id("Announcement", "meeting"), "version": 1}
    for name in ("editAnnouncement", "archiveAnnouncement", "deleteAnnouncement"):
        assert await acts.codes("kuznetsova", LEADER, name, own) == [("NOT_FOUND", ["announcementId"])]


async def test_the_archive_takes_an_announcement_and_gives_it_back(acts: Acting) -> None:
    own = {"announcementId": acts.id("Announcement", "duty")}
    feed = "{ announcements(archived: %s) { nodes { id } } }"

    async def is_in(archived: str) -> bool:
        answer = await acts.answer("ivan", Role.STUDENT, feed % archived)
        return {"id": own["announcementId"]} in answer["data"]["announcements"]["nodes"]

    payload = await acts.act("admin", ADMIN, "archiveAnnouncement", {**own, "version": 1}, FIELDS)
    assert payload["announcement"]["isArchived"]
    assert (await is_in("true"), await is_in("false")) == (True, False)
    assert await acts.codes("admin", ADMIN, "archiveAnnouncement", {**own, "version": 2}) == []
    assert len(await acts.found("announcements.facts")) == 1
    back = {**own, "version": 2, "isArchived": False}
    assert await acts.codes("admin", ADMIN, "archiveAnnouncement", back) == []
    assert (await is_in("true"), await is_in("false")) == (False, True)


async def test_deleting_takes_the_announcement_and_its_reads_away(acts: Acting) -> None:
    own = acts.id("Announcement", "duty")
    fields = "deletedAnnouncementId announcement { id }"
    payload = await acts.act("admin", ADMIN, "deleteAnnouncement", {"announcementId": own, "version": 1}, fields)
    assert payload == {"deletedAnnouncementId": own, "announcement": None, "userErrors": []}
    assert await readers(acts, own) == set()
    assert await acts.found("announcements.reads", announcement_id=own) == []


async def test_reading_counts_once_for_each_person(acts: Acting) -> None:
    values = {"announcementId": acts.id("Announcement", "meeting")}
    fields = "announcement { isRead } viewer { unreadAnnouncements }"
    before = (await acts.answer("olga", Role.PARENT, "{ viewer { unreadAnnouncements } }"))["data"]["viewer"]
    payloads = await asyncio.gather(
        *(acts.act("olga", Role.PARENT, "markAnnouncementRead", values, fields) for _ in range(10))
    )
    for payload in payloads:
        assert payload["announcement"] == {"isRead": True}
        assert payload["viewer"]["unreadAnnouncements"] == before["unreadAnnouncements"] - 1
    assert len(await acts.found("announcements.reads", person_id=acts.id("Person", "olga"))) == 2  # and `duty`
    assert await acts.found("announcements.facts") == []


async def test_facts_hold_no_text_of_an_announcement(acts: Acting) -> None:
    own = await create(acts, "admin", ADMIN, new(acts, title="Заголовок", body="Секретный текст"))
    await acts.codes("admin", ADMIN, "editAnnouncement", {"announcementId": own, "version": 1, "body": "Иной текст"})
    await acts.codes("admin", ADMIN, "deleteAnnouncement", {"announcementId": own, "version": 2})
    stored = str(await acts.found("announcements.facts")) + str(await acts.found("announcements.idempotency"))
    for text in ("Заголовок", "Секретный", "Иной"):
        assert text not in stored
    actions = [fact["action"] for fact in await acts.found("announcements.facts")]
    assert actions == ["createAnnouncement", "editAnnouncement", "deleteAnnouncement"]


async def test_a_student_sees_no_difference_when_something_is_announced_to_parents(acts: Acting) -> None:
    query = (
        "{ announcements(first: 50) { totalCount pageInfo { endCursor hasNextPage } nodes { id title isRead } } "
        "banners { id } viewer { unreadAnnouncements } }"
    )

    async def seen() -> tuple[Any, ...]:
        acts.served.recorder.clear()
        answer = await acts.answer("ivan", Role.STUDENT, query, X_Cost="1")
        commands = [one[:2] for one in acts.served.recorder.commands if "announcements" in one[0]]
        return answer, commands

    before = await seen()
    audience = {"schoolId": acts.id("School", "perm")}
    own = await create(acts, "admin", ADMIN, new(acts, roles="PARENT", audience=audience, isBanner=True))
    await acts.act("olga", Role.PARENT, "markAnnouncementRead", {"announcementId": own})
    assert await seen() == before


async def test_a_banner_of_every_school_is_read_by_its_roles_and_changed_by_no_school(acts: Acting) -> None:
    built = Builder(acts.prefix)
    built.announcement("news", "STUDENT PARENT ADMINISTRATOR", is_banner=True, valid_until="2026-11-18")
    [news] = built.documents["announcements", "announcements"]
    audience = [f"*:{role}" for role in news["roles"]]
    everywhere = {**news, "school_id": None, "author_id": None, "audience": audience}
    await acts.insert("announcements.announcements", everywhere)
    own, fields = news["_id"], "{ id school { id } author { id } isArchived isRead }"
    expected = {"id": own, "school": None, "author": None, "isArchived": False, "isRead": False}
    query = f"{{ banners {fields} announcements(first: 50) {{ nodes {{ id }} }} viewer {{ unreadAnnouncements }} }}"
    readers = {"ivan": Role.STUDENT, "maria": Role.STUDENT, "olga": Role.PARENT, "granny": Role.PARENT, "admin": ADMIN}
    for who, role in readers.items():
        data = (await acts.answer(who, role, query))["data"]
        assert [one for one in data["banners"] if one["id"] == own] == [expected], who
        assert {"id": own} in data["announcements"]["nodes"]
    for who, role in (("smirnov", Role.TEACHER), ("kuznetsova", LEADER)):
        assert own not in str((await acts.answer(who, role, query))["data"])
        assert await acts.codes(who, role, "markAnnouncementRead", {"announcementId": own}) == [
            ("NOT_FOUND", ["announcementId"])
        ]
    for name in ("editAnnouncement", "archiveAnnouncement", "deleteAnnouncement"):
        values = {"announcementId": own, "version": None}
        assert await acts.codes("admin", ADMIN, name, values) == [("NOT_ALLOWED", ["announcementId"])]
    shown = "announcement { isRead } viewer { unreadAnnouncements }"
    before = (await acts.answer("maria", Role.STUDENT, query))["data"]["viewer"]["unreadAnnouncements"]
    payload = await acts.act("maria", Role.STUDENT, "markAnnouncementRead", {"announcementId": own}, shown)
    assert (payload["announcement"], payload["viewer"]["unreadAnnouncements"]) == ({"isRead": True}, before - 1)
    await acts.change("announcements.announcements", {"_id": own}, {"$set": {"valid_until": "2026-11-17"}})
    assert own not in str((await acts.answer("ivan", Role.STUDENT, query))["data"])
