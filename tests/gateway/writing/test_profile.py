"""What people change of their own data, and the roles in which they may sign in. Today is 18 November 2026."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of

OLGA: Final = ("olga", Role.PARENT)
PROFILE: Final = """viewer { version email phone
  person { displayName familyName givenName patronymic } }"""
ROLES: Final = "{ viewer { roles } }"
REFUSED: Final = [("INVALID_INPUT", ["email"])]


async def stored(acts: Acting, person: str) -> dict[str, Any]:
    [found] = await acts.found("directory.people", _id=acts.id("Person", person))
    return found


async def is_untouched(acts: Acting) -> bool:
    """Whether nobody's data were changed, and no fact or key written."""
    changed = await acts.found("directory.people", version={"$exists": True})
    facts, keys = await acts.found("directory.facts"), await acts.found("directory.idempotency")
    return changed == facts == keys == []


async def test_a_parent_changes_names_and_contacts_and_all_see_the_new_name(acts: Acting) -> None:
    values = {
        "version": 0,
        "familyName": " Петрова ",
        "givenName": "Ольга",
        "patronymic": None,
        "email": "Olga.Petrova@пример.рф",
        "phone": "8 (342) 210-11-12",
    }
    payload = await acts.act(*OLGA, "updateMyProfile", values, PROFILE)
    assert payload == {
        "viewer": {
            "version": 1,
            "email": "Olga.Petrova@пример.рф",
            "phone": "8 (342) 210-11-12",
            "person": {
                "displayName": "Петрова Ольга",
                "familyName": "Петрова",
                "givenName": "Ольга",
                "patronymic": None,
            },
        },
        "userErrors": [],
    }
    query = '{ people(search: "петр ольг") { nodes { id displayName email } } }'
    answer = await acts.answer("admin", Role.ADMINISTRATOR, query)
    assert answer["data"]["people"]["nodes"] == [
        {"id": acts.id("Person", "olga"), "displayName": "Петрова Ольга", "email": "Olga.Petrova@пример.рф"}
    ]
    person = await stored(acts, "olga")
    assert person["sort_name"] == "петрова ольга"
    assert person["roles"] == ["PARENT"]


async def test_the_fact_of_a_profile_holds_names_but_contacts_as_digests(acts: Acting) -> None:
    # Another address of the same length is a change too, though its digest without a key is the same.
    values = {"version": 0, "familyName": "Петрова", "email": "algo@example.org", "phone": None}
    assert await acts.codes(*OLGA, "updateMyProfile", values) == []
    [fact] = await acts.found("directory.facts")
    assert (fact["action"], fact["object_id"]) == ("updateMyProfile", acts.id("Person", "olga"))
    assert (fact["school_id"], fact["student_id"]) == (acts.id("School", "perm"), None)
    of_sixteen = {"length": 16, "hmac": None}
    assert fact["changes"] == [
        {"field": "family_name", "before": "Иванова", "after": "Петрова"},
        {"field": "email", "before": of_sixteen, "after": of_sixteen},
        {"field": "phone", "before": {"length": len("+7 900 000-00-00"), "hmac": None}, "after": None},
    ]
    assert "example" not in str(fact)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        (
            {"familyName": " ", "givenName": "7", "patronymic": "Петровна\u202e", "email": "olga", "phone": "12"},
            [
                ("REQUIRED", ["version"]),
                ("REQUIRED", ["familyName"]),
                ("INVALID_INPUT", ["givenName"]),
                ("INVALID_INPUT", ["patronymic"]),
                ("INVALID_INPUT", ["email"]),
                ("INVALID_INPUT", ["phone"]),
            ],
        ),
        (
            {"version": 0, "familyName": "Я" * 101, "email": "a" * 250 + "@a.ru"},
            [("TOO_LONG", ["familyName"]), ("TOO_LONG", ["email"])],
        ),
        *(
            ({"version": 0, "email": email}, [("INVALID_INPUT", ["email"])])
            for email in (
                "a@b",
                "@b.ru",
                "a b@c.ru",
                "a@b..ru",
                "a@-b.ru",
                "a@b.1",
                "a@b@c.ru",
                "Ольга <o@b.ru>",
                "a" * 65 + "@b.ru",
            )
        ),
        *(
            ({"version": 0, "phone": phone}, [("INVALID_INPUT", ["phone"])])
            for phone in ("+7 900 12-34", "звоните", "+7 900 123-45-67 доб. 5", "1" * 16, "-79001234567")
        ),
    ],
)
async def test_what_cannot_be_used_is_named_field_by_field(
    acts: Acting, values: Mapping[str, Any], problems: list[Any]
) -> None:
    assert await acts.codes(*OLGA, "updateMyProfile", values) == problems
    assert await is_untouched(acts)


async def test_a_student_changes_contacts_but_neither_names_nor_birth_date(acts: Acting) -> None:
    names = {"familyName": "Петров", "givenName": "Пётр", "patronymic": None}
    payload = await acts.act("ivan", Role.STUDENT, "updateMyProfile", {"version": 0, **names})
    assert codes_of(payload) == [
        ("NOT_ALLOWED", ["familyName"]),
        ("NOT_ALLOWED", ["givenName"]),
        ("NOT_ALLOWED", ["patronymic"]),
    ]
    assert await is_untouched(acts)
    birthday = 'mutation { updateMyProfile(input: {version: 0, birthDate: "2000-01-01"}) { userErrors { code } } }'
    refused = await acts.answer("ivan", Role.STUDENT, birthday)
    assert [error["extensions"]["stage"] for error in refused["errors"]] == ["validation"]
    contacts = {"version": 0, "phone": "+7 900 111-22-33"}
    payload = await acts.act("ivan", Role.STUDENT, "updateMyProfile", contacts, "viewer { phone version }")
    assert payload == {"viewer": {"phone": "+7 900 111-22-33", "version": 1}, "userErrors": []}
    [fact] = await acts.found("directory.facts")
    assert fact["student_id"] == acts.id("Student", "ivan")


async def test_a_student_who_acts_as_a_parent_does_not_change_names_either(acts: Acting) -> None:
    await acts.change(
        "directory.people", {"_id": acts.id("Person", "ivan")}, {"$set": {"roles": ["STUDENT", "PARENT"]}}
    )
    values = {"version": 0, "familyName": "Петров"}
    assert await acts.codes("ivan", Role.PARENT, "updateMyProfile", values) == [("NOT_ALLOWED", ["familyName"])]


@pytest.mark.parametrize(
    ("who", "role", "email", "problems"),
    [
        ("olga", Role.PARENT, "IVAN@example.org", REFUSED),  # a student's, whatever its letters
        ("ivan", Role.STUDENT, "olga@EXAMPLE.org", REFUSED),  # a parent's
        ("anna", Role.STUDENT, "ivan@example.org", REFUSED),  # another student's
        ("igor", Role.PARENT, "olga@example.org", []),  # parents may share one
        ("smirnov", Role.TEACHER, "ivan@example.org", []),  # F12 speaks of students and parents
        ("olga", Role.PARENT, "OLGA@example.org", []),  # one's own
    ],
)
async def test_a_student_shares_an_address_with_no_other_student_and_no_parent(
    acts: Acting, who: str, role: Role, email: str, problems: list[Any]
) -> None:
    # The answer does not say that the address is somebody's.
    assert await acts.codes(who, role, "updateMyProfile", {"version": 0, "email": email}) == problems


async def test_of_two_students_who_enter_one_address_at_once_one_gets_it(acts: Acting) -> None:
    values = {"version": 0, "email": "shared@example.org"}
    answers = await asyncio.gather(
        *(acts.codes(who, Role.STUDENT, "updateMyProfile", values) for who in ("ivan", "anna", "petr"))
    )
    assert sorted(map(len, answers)) == [0, 1, 1]
    assert len(await acts.found("directory.people", email="shared@example.org")) == 1


async def test_a_stale_version_is_a_conflict_with_the_data_as_they_are(acts: Acting) -> None:
    first = {"version": 0, "phone": "+7 900 111-22-33"}
    assert await acts.codes(*OLGA, "updateMyProfile", first) == []
    stale = {"version": 0, "phone": "+7 900 999-99-99"}
    payload = await acts.act(*OLGA, "updateMyProfile", stale, "viewer { phone version }")
    assert limits_of(payload) == [("CONFLICT", ["version"], "1")]
    assert payload["viewer"] == {"phone": "+7 900 111-22-33", "version": 1}
    # What is so already is no conflict, and null overwrites.
    assert await acts.codes(*OLGA, "updateMyProfile", first) == []
    assert await acts.codes(*OLGA, "updateMyProfile", stale | {"version": None}) == []
    assert (await stored(acts, "olga"))["version"] == 2


async def test_a_name_whose_given_name_stands_first_keeps_its_order(acts: Acting) -> None:
    western = {
        "display_name": "Olga Petrovna Ivanova",
        "family_name": "Ivanova",
        "given_name": "Olga",
        "patronymic": "Petrovna",
    }
    await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": western})
    payload = await acts.act(*OLGA, "updateMyProfile", {"version": 0, "familyName": "Petrova"}, PROFILE)
    assert payload["viewer"]["person"]["displayName"] == "Olga Petrovna Petrova"


async def test_the_viewer_is_shown_the_roles_in_which_they_may_sign_in_today(acts: Acting) -> None:
    assert (await acts.answer(*OLGA, ROLES))["data"]["viewer"]["roles"] == ["PARENT"]
    school = acts.id("School", "perm")
    posts = [
        {"role": "TEACHER", "school_id": school, "starts_on": None, "ends_on": None},
        {"role": "ADMINISTRATOR", "school_id": school, "starts_on": None, "ends_on": "2026-11-17"},
        {"role": "ANALYST", "school_id": school, "starts_on": "2026-11-18", "ends_on": None},
    ]
    # A student's role without a student id is none; a class teacher's post is that of a teacher.
    every = {"roles": [role.value for role in reversed(Role)], "posts": posts}
    await acts.change("directory.people", {"_id": acts.id("Person", "smirnov")}, {"$set": every})
    shown = (await acts.answer("smirnov", Role.TEACHER, ROLES))["data"]["viewer"]["roles"]
    assert shown == ["PARENT", "TEACHER", "CLASS_TEACHER", "ANALYST"]
    for role in Role:
        answer = await acts.answer("smirnov", role, ROLES)
        assert ("errors" not in answer) == (role in shown), role


async def test_a_role_is_changed_by_another_token_and_rights_are_never_united(acts: Acting) -> None:
    olga = {"roles": ["PARENT", "TEACHER"]}
    await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": olga})
    ivan = acts.id("Student", "ivan")
    query = "query ($id: ID!) { viewer { role roles } student(id: $id) { id } }"
    as_parent = await acts.answer("olga", Role.PARENT, query, {"id": ivan})
    assert as_parent["data"] == {"viewer": {"role": "PARENT", "roles": ["PARENT", "TEACHER"]}, "student": {"id": ivan}}
    as_teacher = await acts.answer("olga", Role.TEACHER, query, {"id": ivan})
    assert as_teacher["data"] == {"viewer": {"role": "TEACHER", "roles": ["PARENT", "TEACHER"]}, "student": None}
