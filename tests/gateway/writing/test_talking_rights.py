"""Every mutation of messages and announcements × role × standing: takes part, took part, never did, or lost a right.

The outcomes are those of table 2.4 of the domain, written by hand: whoever takes part writes, reads, hides and reports;
those who run a group change it; whoever left reads what was written until then and writes nothing; to all others there
is none. A right that ended ends writing at once. Today is Wednesday 18 November 2026.
"""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.building import Builder, at
from tests.gateway.writing.acting import Acting, codes_of, mutation
from tests.gateway.writing.seeing import UNLIKE, Outcome, observe

PEOPLE: Final = {
    Role.STUDENT: "ivan",
    Role.PARENT: "igor",
    Role.TEACHER: "smirnov",
    Role.CLASS_TEACHER: "kuznetsova",
    Role.ADMINISTRATOR: "admin",
}
SIDE: Final = {Role.STUDENT: "STUDENT", Role.PARENT: "PARENT"}
STANDINGS: Final = ("runs", "takes part", "left", "stranger", "ended")
OK: Final = "OK"
MISSING: Final = "NOT_FOUND"
NO: Final = "NOT_ALLOWED"
UNREACHED: Final = "RECIPIENT_NOT_ALLOWED"

OUTCOMES: Final[Mapping[str, tuple[str, str, str, str, str]]] = {
    # of a conversation and of messages in it:   runs, takes part, left, stranger, ended
    "sendMessage": (OK, OK, NO, MISSING, UNREACHED),
    "editMessage": (OK, OK, NO, MISSING, UNREACHED),
    "editMessage of another": (NO, NO, NO, MISSING, NO),
    "deleteMessage": (OK, OK, NO, MISSING, NO),
    "deleteMessage of another": (NO, NO, NO, MISSING, NO),
    "editConversation": (OK, NO, NO, MISSING, NO),
    "leaveConversation": (OK, OK, OK, MISSING, OK),
    "markConversationRead": (OK, OK, OK, MISSING, OK),
    "markConversationUnread": (OK, OK, OK, MISSING, OK),
    "hideConversation": (OK, OK, OK, MISSING, OK),
    "reportMessage": (OK, OK, OK, MISSING, OK),
    # of the viewer, wherever they take part:
    "createConversation": (OK, OK, OK, OK, UNREACHED),
    "setMailboxSettings": (OK, OK, OK, OK, OK),
}
SEEN: Final = (["раз", "два", "три"], ["раз", "два", "три"], ["раз", "два"], None, ["раз", "два", "три"])
"""What somebody of each standing reads of a conversation in which nothing was written since a right ended."""


def boss_of(role: Role) -> str:
    """Somebody else who runs the group: near to the viewer by the right that ends."""
    return "olga" if role in {Role.TEACHER, Role.CLASS_TEACHER} else "kuznetsova"


async def put_group(acts: Acting, role: Role, standing: str, key: str) -> str:
    """A group of which the viewer has a standing: they wrote the first and, unless they left, the third message."""
    who, boss, built = PEOPLE[role], boss_of(role), Builder(acts.prefix)
    sides = {who: SIDE.get(role, "STAFF"), boss: "PARENT" if boss == "olga" else "STAFF"}
    texts = ((who, "раз"), (boss, "два"), (who, "три"))
    admin = who if standing == "runs" else boss
    built.conversation(key, sides, *texts, title="Группа", admin=admin, moment="2026-11-18")
    for message in built.documents["messages", "messages"]:
        message["sent_at"] = at("2026-11-18", "00:00")
    rows, owner = built.documents["messages", "participants"], f"{acts.id('Person', who)}.{sides[who]}"
    [own] = [row for row in rows if row["owner"] == owner]
    if standing == "left":
        own |= {"left_seq": 2, "last_seq": 2, "read_seq": 1, "unread": 1, "left_at": at("2026-11-18", "09:00")}
    if standing == "stranger":
        rows.remove(own)
    await acts.put(built)
    return built.id("Conversation", key)


async def end_right(acts: Acting, role: Role) -> None:
    """End the right by which the viewer is near to others, as of yesterday."""
    directory = acts.client[f"{acts.prefix}_directory"]
    person = acts.id("Person", PEOPLE[role])
    match role:
        case Role.STUDENT:
            ended = {"enrolments.$[].ends_on": "2026-11-17", "memberships.$[].ends_on": "2026-11-17"}
            await directory.people.update_one({"_id": person}, {"$set": ended})
        case Role.PARENT:
            await directory.guardianships.update_many({"person_id": person}, {"$set": {"valid_to": "2026-11-17"}})
        case Role.ADMINISTRATOR:
            post = {"role": "ADMINISTRATOR", "school_id": acts.id("School", "perm"), "starts_on": None}
            await directory.people.update_one({"_id": person}, {"$set": {"posts": [{**post, "ends_on": "2026-11-17"}]}})
        case _:
            await directory.staff_assignments.update_many({"person_id": person}, {"$set": {"ends_on": "2026-11-17"}})


def values_of(acts: Acting, role: Role, name: str, conversation: str) -> dict[str, Any]:
    """The input of a mutation for a conversation, or for the viewer's message in it, or for another person's."""
    own, boss = conversation, boss_of(role)
    number = 2 if name.endswith("of another") else 1
    message = {"messageId": f"msg_{own.removeprefix('cnv_')}_{number}"}
    side = "PARENT" if boss == "olga" else "STAFF"
    special: dict[str, dict[str, Any]] = {
        "sendMessage": {"to": {"conversationId": own}, "text": "четыре"},
        "editMessage": {**message, "version": 1, "text": "иначе"},
        "deleteMessage": message,
        "reportMessage": {**message, "reason": "Грубость"},
        "editConversation": {"conversationId": own, "version": 1, "title": "Иначе"},
        "createConversation": {"title": "Поход", "recipientIds": [f"{acts.id('Person', boss)}.{side}"]},
        "setMailboxSettings": {"version": None, "signature": "Подпись"},
    }
    return special.get(name.partition(" ")[0], {"conversationId": own})


async def outcome(acts: Acting, role: Role, name: str, values: Mapping[str, Any], key: str) -> str:
    """The code of the first problem, or of the error that refused the operation; OK where it was carried out."""
    plain = name.partition(" ")[0]
    answer = await acts.answer(PEOPLE[role], role, mutation(plain, key=key), {"input": values})
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    codes = codes_of(answer["data"][plain])
    assert len(codes) < 2
    return codes[0][0] if codes else OK


@pytest.mark.parametrize("standing", STANDINGS)
@pytest.mark.parametrize("role", PEOPLE)
async def test_what_each_role_may_do_in_each_standing(acts: Acting, role: Role, standing: str) -> None:
    place = STANDINGS.index(standing)
    groups = {name: await put_group(acts, role, standing, name) for name in OUTCOMES}
    if standing == "ended":
        await end_right(acts, role)
    found = {}
    for name in OUTCOMES:
        before = len(await acts.found("messages.facts"))
        found[name] = await outcome(acts, role, name, values_of(acts, role, name, groups[name]), f"{name} {role}")
        if found[name] != OK:
            assert len(await acts.found("messages.facts")) == before
    if (role, standing) == (Role.ADMINISTRATOR, "ended"):
        assert set(found.values()) == {"UNAUTHENTICATED"}  # without a post there is no such administrator
        return
    assert found == {name: outcomes[place] for name, outcomes in OUTCOMES.items()}
    whole = await put_group(acts, role, standing, "read")
    fields = "... on Conversation { messages { nodes { body } } }"
    answer = await acts.answer(PEOPLE[role], role, f'{{ node(id: "{whole}") {{ {fields} }} }}')
    node = answer["data"]["node"]
    assert (node and [one["body"] for one in reversed(node["messages"]["nodes"])]) == SEEN[place]


@pytest.mark.parametrize("name", [*(name for name in OUTCOMES if " " not in name), "settleMessageReport"])
async def test_analysts_do_nothing_and_administrators_alone_settle_reports(acts: Acting, name: str) -> None:
    if name == "settleMessageReport":
        values: dict[str, Any] = {
            "reportId": acts.id("MessageReport", "2026-11-16"),
            "version": 0,
            "decision": "UPHELD",
        }
        refused = {Role.ANALYST: "analyst", **{role: who for role, who in PEOPLE.items() if who != "admin"}}
    else:
        values, refused = values_of(acts, Role.STUDENT, name, "cnv_nothing"), {Role.ANALYST: "analyst"}
    for role, who in refused.items():
        answer = await acts.answer(who, role, mutation(name, key="k"), {"input": values})
        assert "data" not in answer
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert await acts.found("messages.facts") == []


async def seen(acts: Acting, role: Role, name: str, values: Mapping[str, Any]) -> Outcome:
    """What somebody can tell of a mutation, but for the quota, of which the answers before have used some."""
    document = mutation(name.partition(" ")[0])
    return await observe(acts, PEOPLE[role], role, document, values, unlike=UNLIKE | {"RateLimit"})


@pytest.mark.parametrize("role", PEOPLE)
async def test_what_is_hidden_answers_by_the_bytes_of_what_does_not_exist(acts: Acting, role: Role) -> None:
    hidden = await put_group(acts, role, "stranger", "hidden")
    for name, outcomes in OUTCOMES.items():
        if outcomes[STANDINGS.index("stranger")] == MISSING:
            own = await seen(acts, role, name, values_of(acts, role, name, hidden))
            assert own == await seen(acts, role, name, values_of(acts, role, name, "cnv_" + "a" * 16)), name
            assert b"NOT_FOUND" in own.body
    assert await acts.found("messages.facts") == []


UNREACHABLE: Final = {
    Role.STUDENT: ("pavel.PARENT", "anna.STUDENT", "granny.PARENT", "ushla.STAFF", "smirnov.PARENT", "ivan.STUDENT"),
    Role.PARENT: ("petr.STUDENT", "granny.PARENT", "ushla.STAFF", "olga.STAFF", "maria.STUDENT"),
    Role.TEACHER: ("granny.PARENT", "maria.STUDENT", "ushla.STAFF", "banned.PARENT", "petr.PARENT"),
    Role.CLASS_TEACHER: ("anna.STUDENT", "granny.PARENT", "ushla.STAFF", "inspector.STAFF"),
    Role.ADMINISTRATOR: ("maria.STUDENT", "granny.PARENT", "ushla.STAFF", "analyst.STAFF", "rusova-once.STAFF"),
}
"""People who exist and to whom somebody of the role may not write, or not on that side."""


@pytest.mark.parametrize("role", PEOPLE)
async def test_who_is_out_of_reach_answers_by_the_bytes_of_who_does_not_exist(acts: Acting, role: Role) -> None:
    def inputs(recipient: str) -> dict[str, dict[str, Any]]:
        own = {"recipientIds": [recipient]}
        return {"sendMessage": {"to": own, "text": "Привет"}, "createConversation": {"title": "Мы", **own}}

    nobody = inputs("per_" + "a" * 16 + ".STAFF")
    for name, values in nobody.items():
        await seen(acts, role, name, values)  # fills the caches that all share
        expected = await seen(acts, role, name, values)
        assert b"RECIPIENT_NOT_ALLOWED" in expected.body
        for recipient in UNREACHABLE[role]:
            who, _, side = recipient.partition(".")
            found = await seen(acts, role, name, inputs(f"{acts.id('Person', who)}.{side}")[name])
            assert (recipient, found) == (recipient, expected)
    assert await acts.found("messages.facts") == []


# ── announcements ──

PUBLISHED: Final = ("editAnnouncement", "archiveAnnouncement", "deleteAnnouncement")
WHOLE: Final = "UNAUTHORIZED_FIELD_OR_TYPE"
ANNOUNCED: Final[Mapping[tuple[str, str], tuple[str, str, str, str, str]]] = {
    # of an announcement for 7А, in each role:   student, parent, teacher, class teacher, administrator
    ("change", "own"): (WHOLE, WHOLE, WHOLE, OK, OK),
    ("change", "of another"): (WHOLE, WHOLE, WHOLE, NO, OK),
    ("change", "stranger"): (WHOLE, WHOLE, WHOLE, MISSING, MISSING),
    ("change", "ended"): (WHOLE, WHOLE, WHOLE, MISSING, "UNAUTHENTICATED"),
    ("read", "own"): (OK, OK, OK, OK, OK),
    ("read", "of another"): (OK, OK, OK, OK, OK),
    ("read", "stranger"): (MISSING, MISSING, MISSING, MISSING, MISSING),
    ("read", "ended"): (MISSING, MISSING, MISSING, MISSING, "UNAUTHENTICATED"),
    ("create", "own"): (WHOLE, WHOLE, WHOLE, OK, OK),
    ("create", "stranger"): (WHOLE, WHOLE, WHOLE, MISSING, MISSING),
    ("create", "school"): (WHOLE, WHOLE, WHOLE, NO, OK),
    ("create", "ended"): (WHOLE, WHOLE, WHOLE, MISSING, "UNAUTHENTICATED"),
}


async def put_announcements(acts: Acting) -> None:
    """Announcements for all of 7А, by Kuznetsova and by the administrator, and one of the college that is theirs."""
    built, everybody = Builder(acts.prefix), "STUDENT PARENT TEACHER CLASS_TEACHER"
    for name in (*PUBLISHED, "markAnnouncementRead"):
        built.announcement(f"own {name}", everybody, classes=["7a"], author_id=built.id("Person", "kuznetsova"))
        built.announcement(f"of another {name}", everybody, classes=["7a"], author_id=built.id("Person", "admin"))
        built.announcement(f"stranger {name}", everybody, classes=["i21"], school="moscow")
    await acts.put(built)


@pytest.mark.parametrize("standing", ["own", "of another", "stranger", "school", "ended"])
@pytest.mark.parametrize("role", PEOPLE)
async def test_what_each_role_may_do_with_an_announcement(acts: Acting, role: Role, standing: str) -> None:
    await put_announcements(acts)
    if standing == "ended":
        await end_right(acts, role)
    key = "own" if standing == "ended" else standing
    place = list(PEOPLE).index(role)

    async def check(kind: str, name: str, values: Mapping[str, Any]) -> None:
        expected = ANNOUNCED.get((kind, standing))
        if expected is not None:
            before = len(await acts.found("announcements.facts"))
            assert (name, await outcome(acts, role, name, values, name)) == (name, expected[place])
            facts = len(await acts.found("announcements.facts")) - before
            assert facts == (expected[place] == OK and kind != "read")

    for name in PUBLISHED:
        own = {"announcementId": acts.id("Announcement", f"{key} {name}"), "version": 1}
        await check("change", name, {**own, "title": "Иначе"} if name == "editAnnouncement" else own)
    read = {"announcementId": acts.id("Announcement", f"{key} markAnnouncementRead")}
    await check("read", "markAnnouncementRead", read)
    places = {"stranger": {"classIds": [acts.id("Class", "i21")]}, "school": {"schoolId": acts.id("School", "perm")}}
    audience = places.get(standing, {"classIds": [acts.id("Class", "7a")]})
    new = {"title": "Каток", "body": "В субботу", "audience": audience, "roles": ["STUDENT"]}
    await check("create", "createAnnouncement", new)


@pytest.mark.parametrize("role", PEOPLE)
async def test_a_hidden_announcement_answers_by_the_bytes_of_none(acts: Acting, role: Role) -> None:
    await put_announcements(acts)
    names = [*PUBLISHED, "markAnnouncementRead"] if role in {Role.CLASS_TEACHER, Role.ADMINISTRATOR} else []
    for name in names or ["markAnnouncementRead"]:
        more = {} if name == "markAnnouncementRead" else {"version": 1}
        hidden = {"announcementId": acts.id("Announcement", f"stranger {name}"), **more}
        found = await seen(acts, role, name, hidden)
        assert found == await seen(acts, role, name, {"announcementId": "ann_" + "a" * 16, **more})
        assert b"NOT_FOUND" in found.body
    if names:
        for kind, key, member in (("Class", "i21", "classIds"), ("Group", "of nobody", "groupIds")):
            new = {"title": "Каток", "body": "В субботу", "roles": ["STUDENT"]}
            found = await seen(acts, role, "createAnnouncement", {**new, "audience": {member: [acts.id(kind, key)]}})
            nothing = {**new, "audience": {member: [acts.id(kind, key)[:4] + "a" * 16]}}
            assert found == await seen(acts, role, "createAnnouncement", nothing)
            assert b"NOT_FOUND" in found.body
    assert await acts.found("announcements.facts") == []
