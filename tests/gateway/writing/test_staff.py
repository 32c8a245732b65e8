"""Who holds which role where, and how administrators give and end it (F137). Today is 18 November 2026."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of

ADMIN: Final = ("admin", Role.ADMINISTRATOR)
HELD: Final = "person { heldRoles { role startsOn endsOn isInForce school { shortName } } }"
BARE: Final = "person { heldRoles { role startsOn endsOn isInForce } }"


def held(role: str, first: str | None = None, last: str | None = None, *, now: bool = True) -> dict[str, Any]:
    return {"role": role, "startsOn": first, "endsOn": last, "isInForce": now}


def to(acts: Acting, person: str, role: str, **more: Any) -> dict[str, Any]:
    return {"personId": acts.id("Person", person), "role": role, **more}


async def stored(acts: Acting, person: str) -> dict[str, Any]:
    [found] = await acts.found("directory.people", _id=acts.id("Person", person))
    return found


def roles(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = payload["person"]["heldRoles"]
    return shown


async def test_an_administrator_sees_who_holds_which_role(acts: Acting) -> None:
    query = "{ staff(first: 100) { nodes { displayName heldRoles { role startsOn endsOn isInForce } } } }"
    answer = await acts.answer(*ADMIN, query)
    assert "errors" not in answer
    shown = {one["displayName"]: one["heldRoles"] for one in answer["data"]["staff"]["nodes"]}
    assert shown == {
        "Англина Инна": [held("TEACHER")],
        "Директоров Дмитрий": [held("ADMINISTRATOR")],
        "Заменин Захар": [held("TEACHER")],
        "Кузнецова Клара": [held("CLASS_TEACHER")],
        "Русова Римма": [held("TEACHER")],
        "Смирнов Сергей Сергеевич": [held("TEACHER")],
        "Ушедшая Ульяна": [held("TEACHER", None, "2026-11-17", now=False)],
    }
    found = await acts.answer(*ADMIN, '{ staff(search: "куз") { nodes { displayName } totalCount } }')
    assert found["data"]["staff"] == {"nodes": [{"displayName": "Кузнецова Клара"}], "totalCount": 1}


async def test_a_role_is_given_from_today_and_the_person_acts_in_it(acts: Acting) -> None:
    payload = await acts.act(*ADMIN, "grantRole", to(acts, "olga", "ADMINISTRATOR"), BARE)
    assert payload == {"person": {"heldRoles": [held("ADMINISTRATOR", "2026-11-18")]}, "userErrors": []}
    answer = await acts.answer("olga", Role.ADMINISTRATOR, "{ viewer { role roles schools { id } } }")
    assert answer["data"]["viewer"] == {
        "role": "ADMINISTRATOR",
        "roles": ["PARENT", "ADMINISTRATOR"],
        "schools": [{"id": acts.id("School", "perm")}],  # not the other school of her children
    }
    [fact] = await acts.found("directory.facts")
    assert (fact["action"], fact["object_id"]) == ("grantRole", acts.id("Person", "olga"))
    assert fact["changes"] == [
        {"field": "role", "before": None, "after": "ADMINISTRATOR"},
        {"field": "starts_on", "before": None, "after": "2026-11-18"},
    ]


async def test_a_role_begins_and_ends_on_its_days(acts: Acting) -> None:
    dates = {"startsOn": "2026-12-01", "endsOn": "2026-12-31"}
    payload = await acts.act(*ADMIN, "grantRole", to(acts, "olga", "TEACHER", **dates), BARE)
    assert roles(payload) == [held("TEACHER", "2026-12-01", "2026-12-31", now=False)]
    refused = await acts.answer("olga", Role.TEACHER, "{ viewer { role } }")
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    # Another time is another post; the same time is not.
    again = to(acts, "olga", "TEACHER", startsOn="2026-12-31")
    assert await acts.codes(*ADMIN, "grantRole", again) == [("OVERLAPS", None)]
    after = to(acts, "olga", "TEACHER", startsOn="2027-01-01")
    assert await acts.codes(*ADMIN, "grantRole", after) == []
    assert await acts.codes(*ADMIN, "grantRole", to(acts, "smirnov", "TEACHER")) == [("OVERLAPS", None)]


async def test_a_role_without_dates_goes_on_when_another_one_gets_them(acts: Acting) -> None:
    """A class teacher without posts depends on those of a teacher, as soon as there are any."""
    later = to(acts, "kuznetsova", "TEACHER", startsOn="2027-01-11")
    payload = await acts.act(*ADMIN, "grantRole", later, BARE)
    assert roles(payload) == [held("CLASS_TEACHER"), held("TEACHER", "2027-01-11", now=False)]
    answer = await acts.answer("kuznetsova", Role.CLASS_TEACHER, "{ viewer { role } }")
    assert answer["data"] == {"viewer": {"role": "CLASS_TEACHER"}}


async def test_a_role_ends_at_once(acts: Acting) -> None:
    token = acts.bearer("smirnov", Role.TEACHER)
    assert token
    payload = await acts.act(*ADMIN, "endRole", to(acts, "smirnov", "TEACHER"), BARE)
    assert payload == {"person": {"heldRoles": [held("TEACHER", None, "2026-11-17", now=False)]}, "userErrors": []}
    write = "mutation { updateMyProfile(input: {version: null}) { userErrors { code } } }"
    refused = await acts.answer("smirnov", Role.TEACHER, write)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await acts.codes(*ADMIN, "endRole", to(acts, "smirnov", "TEACHER")) == [("NOT_FOUND", ["role"])]
    assert [fact["action"] for fact in await acts.found("directory.facts")] == ["endRole"]
    assert await acts.codes(*ADMIN, "grantRole", to(acts, "smirnov", "TEACHER")) == []


async def test_a_role_that_would_begin_later_never_does(acts: Acting) -> None:
    assert await acts.codes(*ADMIN, "grantRole", to(acts, "olga", "TEACHER", startsOn="2026-12-01")) == []
    payload = await acts.act(*ADMIN, "endRole", to(acts, "olga", "TEACHER"), BARE)
    assert roles(payload) == []
    assert (await stored(acts, "olga"))["roles"] == ["PARENT"], "without a post it would hold without a date"


async def test_a_role_at_another_school_stays(acts: Acting) -> None:
    both = acts.school.ids("School", ["perm", "moscow"])
    person = {"_id": acts.id("Person", "smirnov")}
    await acts.change("directory.people", person, {"$set": {"school_ids": both}})
    payload = await acts.act(*ADMIN, "endRole", to(acts, "smirnov", "TEACHER"), BARE)
    assert roles(payload) == [held("TEACHER", None, "2026-11-17", now=False)]
    posts = (await stored(acts, "smirnov"))["posts"]
    assert sorted((post["school_id"] == both[0], post["ends_on"]) for post in posts) == [
        (False, None),
        (True, "2026-11-17"),
    ]


@pytest.mark.parametrize("last", [None, "2026-12-31"])
async def test_the_last_administrator_of_a_school_keeps_the_role(acts: Acting, last: str | None) -> None:
    ending = to(acts, "admin", "ADMINISTRATOR", endsOn=last)
    assert await acts.codes(*ADMIN, "endRole", ending) == [("NOT_ALLOWED", ["personId"])]
    # Another one who leaves before, or who was merged away, is none; one who stays is.
    short = to(acts, "igor", "ADMINISTRATOR", endsOn=last or "2026-11-18")
    assert await acts.codes(*ADMIN, "grantRole", short) == []
    expected = [] if last is None else [("NOT_ALLOWED", ["personId"])]
    assert await acts.codes(*ADMIN, "endRole", ending) == expected
    if last is not None:
        assert await acts.codes(*ADMIN, "grantRole", to(acts, "olga", "ADMINISTRATOR")) == []
        assert await acts.codes(*ADMIN, "endRole", ending) == []


async def test_of_two_administrators_who_end_each_other_s_role_one_stays(acts: Acting) -> None:
    assert await acts.codes(*ADMIN, "grantRole", to(acts, "olga", "ADMINISTRATOR")) == []
    answers = await asyncio.gather(
        acts.answer(*ADMIN, ENDS, {"input": to(acts, "olga", "ADMINISTRATOR")}),
        acts.answer("olga", Role.ADMINISTRATOR, ENDS, {"input": to(acts, "admin", "ADMINISTRATOR")}),
    )
    done = [answer for answer in answers if answer.get("data") and answer["data"]["endRole"]["userErrors"] == []]
    assert len(done) == 1, answers
    people = [await stored(acts, "admin"), await stored(acts, "olga")]
    still = [
        person
        for person in people
        if any(post["role"] == "ADMINISTRATOR" and post["ends_on"] is None for post in person.get("posts", ()))
        or "posts" not in person
    ]
    assert len(still) == 1


ENDS: Final = "mutation ($input: EndRoleInput!) { endRole(input: $input) { userErrors { code } } }"


@pytest.mark.parametrize(
    ("name", "changes", "problems"),
    [
        ("grantRole", {"personId": "per_nobody"}, [("NOT_FOUND", ["personId"], None)]),
        ("grantRole", {"role": "STUDENT"}, [("NOT_ALLOWED", ["role"], None)]),
        ("grantRole", {"role": "PARENT"}, [("NOT_ALLOWED", ["role"], None)]),
        ("grantRole", {"role": "ANALYST"}, [("NOT_ALLOWED", ["role"], None)]),
        ("grantRole", {"schoolId": "sch_nowhere"}, [("NOT_FOUND", ["schoolId"], None)]),
        ("grantRole", {"startsOn": "2026-11-17"}, [("OUT_OF_RANGE", ["startsOn"], "2026-11-18")]),
        ("grantRole", {"endsOn": "2026-11-17"}, [("INVALID_INPUT", ["endsOn"], None)]),
        (
            "grantRole",
            {"personId": "per_nobody", "role": "ANALYST", "startsOn": "2026-11-20", "endsOn": "2026-11-19"},
            [
                ("NOT_FOUND", ["personId"], None),
                ("NOT_ALLOWED", ["role"], None),
                ("INVALID_INPUT", ["endsOn"], None),
            ],
        ),
        ("endRole", {"endsOn": "2026-11-16"}, [("OUT_OF_RANGE", ["endsOn"], "2026-11-17")]),
        ("endRole", {"role": "TEACHER"}, [("NOT_FOUND", ["role"], None)]),
        (
            "endRole",
            {"role": "ANALYST", "schoolId": "x"},
            [("NOT_ALLOWED", ["role"], None), ("NOT_FOUND", ["schoolId"], None)],
        ),
    ],
)
async def test_what_cannot_be_is_named_field_by_field(
    acts: Acting, name: str, changes: Mapping[str, Any], problems: list[Any]
) -> None:
    usual = to(acts, "kuznetsova", "TEACHER" if name == "grantRole" else "CLASS_TEACHER")
    payload = await acts.act(*ADMIN, name, {**usual, **changes})
    assert limits_of(payload) == problems
    assert await acts.found("directory.facts") == []


async def test_a_student_is_given_no_role(acts: Acting) -> None:
    payload = await acts.act(*ADMIN, "grantRole", to(acts, "ivan", "ADMINISTRATOR"))
    assert codes_of(payload) == [("NOT_ALLOWED", ["personId"])]


async def test_an_administrator_of_two_schools_says_at_which(acts: Acting) -> None:
    both = acts.school.ids("School", ["perm", "moscow"])
    change = {"$set": {"school_ids": both, "roles": ["ADMINISTRATOR"]}}
    await acts.change("directory.people", {"_id": acts.id("Person", "igor")}, change)
    of_both = ("igor", Role.ADMINISTRATOR)
    role = to(acts, "olga", "TEACHER")
    assert await acts.codes(*of_both, "grantRole", role) == [("REQUIRED", ["schoolId"])]
    payload = await acts.act(*of_both, "grantRole", {**role, "schoolId": both[1]}, HELD)
    assert [one["role"] for one in roles(payload)] == ["TEACHER"]
    assert (await stored(acts, "olga"))["posts"] == [
        {"role": "TEACHER", "school_id": both[1], "starts_on": "2026-11-18", "ends_on": None}
    ]


async def test_an_administrator_sees_no_role_at_another_school(acts: Acting) -> None:
    post = {"role": "TEACHER", "school_id": acts.id("School", "moscow"), "starts_on": None, "ends_on": None}
    change = {"$set": {"roles": ["PARENT", "TEACHER"], "posts": [post]}}
    await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, change)
    answer = await acts.answer(*ADMIN, '{ people(search: "ольга") { nodes { heldRoles { role } } } }')
    assert answer["data"]["people"]["nodes"] == [{"heldRoles": []}]
