"""Class teachers enter registration numbers (F14). Kuznetsova leads 7А, where Ivan learns."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from auth.viewer import Role
from connectors.directory.registration_numbers import check_digit, new_number, read_number, shown_number
from gateway.write_rules import WriteRules
from tests.gateway.writing.acting import Acting, codes_of, limits_of
from tests.gateway.writing.registrations import NUMBER, registration

NAME: Final = "enterRegistrationNumber"
TEACHER: Final = ("kuznetsova", Role.CLASS_TEACHER)
FIELDS: Final = "account { displayName birthDate } linkedPerson { id displayName }"


async def pending(acts: Acting, *numbers: str, **changes: Any) -> None:
    place = acts.client[f"{acts.prefix}_directory"].registrations
    await place.insert_many([registration(number, subject=f"account {number}", **changes) for number in numbers])


async def links(acts: Acting) -> list[dict[str, Any]]:
    return await acts.found("directory.external_ids", issuer="https://id.example")


def values(acts: Acting, person: str, **more: Any) -> dict[str, Any]:
    return {"number": NUMBER, "personId": acts.id("Person", person), **more}


async def test_a_class_teacher_sees_whose_account_it_is_and_then_links_it(acts: Acting) -> None:
    await pending(acts, NUMBER)
    seen = await acts.act(*TEACHER, NAME, values(acts, "olga"), FIELDS)
    assert seen == {
        "account": {"displayName": "Иванова Ольга", "birthDate": "1985-03-08"},
        "linkedPerson": None,
        "userErrors": [],
    }
    assert await links(acts) == await acts.found("directory.facts") == []
    done = await acts.act(*TEACHER, NAME, values(acts, "olga", number=" 123 456-782 ", confirmed=True), FIELDS)
    assert done == {
        "account": None,
        "linkedPerson": {"id": acts.id("Person", "olga"), "displayName": "Иванова Ольга Петровна"},
        "userErrors": [],
    }
    [link] = await links(acts)
    assert (link["subject"], link["person_id"]) == (f"account {NUMBER}", acts.id("Person", "olga"))
    assert (link["linked_by_id"], link["evidence"]) == (acts.id("Person", "kuznetsova"), "REGISTRATION_NUMBER")
    assert await acts.found("directory.registrations") == []
    [fact] = await acts.found("directory.facts")
    assert (fact["action"], fact["object_id"]) == (NAME, acts.id("Person", "olga"))
    assert (fact["student_id"], fact["school_id"]) == (acts.id("Student", "ivan"), acts.id("School", "perm"))
    assert "account" not in str(fact["changes"])


@pytest.mark.parametrize(
    ("person", "codes"),
    [
        ("ivan", []),
        ("igor", []),
        ("barred", []),  # represents Ivan by law, though he reads nothing of him
        ("banned", [("NOT_FOUND", ["personId"])]),
        ("granny", [("NOT_FOUND", ["personId"])]),  # her right has ended
        ("aunt", [("NOT_FOUND", ["personId"])]),  # hers has not begun
        ("anna", [("NOT_FOUND", ["personId"])]),  # of another class
        ("smirnov", [("NOT_FOUND", ["personId"])]),
        ("kuznetsova", [("NOT_FOUND", ["personId"])]),
        ("nobody", [("NOT_FOUND", ["personId"])]),
    ],
)
async def test_an_account_is_linked_to_students_of_the_class_and_their_parents_alone(
    acts: Acting, person: str, codes: list[Any]
) -> None:
    await pending(acts, NUMBER)
    assert await acts.codes(*TEACHER, NAME, values(acts, person, confirmed=True)) == codes
    assert len(await links(acts)) == (not codes)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("123456783", "INVALID_INPUT"),  # one digit is wrong
        ("213456782", "INVALID_INPUT"),  # two have changed places
        ("12345678", "INVALID_INPUT"),
        ("", "INVALID_INPUT"),
        ("١٢٣٤٥٦٧٨٢", "INVALID_INPUT"),
        ("799273982", "NOT_FOUND"),
    ],
)
async def test_a_number_that_is_none_or_unknown_links_nothing(acts: Acting, number: str, code: str) -> None:
    await pending(acts, NUMBER)
    answer = await acts.act(*TEACHER, NAME, values(acts, "olga", number=number, confirmed=True), FIELDS)
    assert codes_of(answer) == [(code, ["number"])]
    assert (answer["account"], answer["linkedPerson"]) == (None, None)
    assert await links(acts) == []


async def test_both_problems_come_at_once_in_the_order_of_the_input(acts: Acting) -> None:
    problems = await acts.codes(*TEACHER, NAME, values(acts, "anna", number="1"))
    assert problems == [("INVALID_INPUT", ["number"]), ("NOT_FOUND", ["personId"])]


async def test_a_number_that_is_too_old_or_whose_account_is_linked_meanwhile_is_none(acts: Acting) -> None:
    await pending(acts, NUMBER, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await acts.codes(*TEACHER, NAME, values(acts, "olga")) == [("NOT_FOUND", ["number"])]
    await acts.change("directory.registrations", {}, {"$set": {"expires_at": datetime.now(UTC) + timedelta(days=1)}})
    account = {"issuer": "https://id.example", "subject": f"account {NUMBER}", "person_id": acts.id("Person", "igor")}
    await acts.client[f"{acts.prefix}_directory"].external_ids.insert_one({"_id": "ext_own", **account})
    confirmed = values(acts, "olga", confirmed=True)
    assert await acts.codes(*TEACHER, NAME, confirmed) == [("NOT_FOUND", ["number"])]
    assert len(await links(acts)) == 1


async def test_nobody_finds_a_number_by_trying(acts: Acting) -> None:
    most = WriteRules().attempts_a_day
    await pending(acts, NUMBER)
    unknown = [number for number in (new_number() for _ in range(most + 5)) if number != NUMBER]
    for number in unknown[:most]:
        assert await acts.codes(*TEACHER, NAME, values(acts, "olga", number=number)) == [("NOT_FOUND", ["number"])]
    for number in (unknown[most], NUMBER):
        stopped = await acts.act(*TEACHER, NAME, values(acts, "olga", number=number), f"{FIELDS} viewer: __typename")
        assert limits_of(stopped) == [("TOO_MANY", None, str(most))]
        assert stopped["userErrors"][0]["retryAt"] == "2026-11-19T00:00:00+05:00"
        assert stopped["account"] is None
    await acts.change("directory.attempts", {}, {"$set": {"day": "2026-11-17"}})
    assert await acts.codes(*TEACHER, NAME, values(acts, "olga")) == []


async def test_a_number_that_was_not_found_is_found_later_by_the_same_key(acts: Acting) -> None:
    confirmed = values(acts, "olga", confirmed=True)
    assert await acts.codes(*TEACHER, NAME, confirmed, Idempotency_Key="k") == [("NOT_FOUND", ["number"])]
    await pending(acts, NUMBER)
    assert await acts.codes(*TEACHER, NAME, confirmed, Idempotency_Key="k") == []
    assert await acts.codes(*TEACHER, NAME, confirmed, Idempotency_Key="k") == []  # a repetition
    assert len(await links(acts)) == 1


async def test_of_two_teachers_who_enter_one_number_at_once_one_links_it(acts: Acting) -> None:
    await pending(acts, NUMBER)
    answers: list[Mapping[str, Any]] = await asyncio.gather(
        *(acts.act(*TEACHER, NAME, values(acts, who, confirmed=True)) for who in ("olga", "igor"))
    )
    assert sorted(len(answer["userErrors"]) for answer in answers) == [0, 1]
    assert len(await links(acts)) == 1


async def test_a_parent_whose_links_have_ended_reads_until_when_there_was_one(acts: Acting) -> None:
    query = "{ viewer { children { id } } }"
    for who, day in (("granny", "2026-10-31"), ("aunt", None), ("barred", None)):
        [error] = (await acts.answer(who, Role.PARENT, query))["errors"]
        shown = error["extensions"]
        assert (shown["code"], shown["lastLinkEndedOn"]) == ("CHILD_LINK_MISSING", day)


def test_a_check_digit_is_that_of_luhn() -> None:
    assert check_digit("7992739871") == "3"  # the example of the standard
    assert check_digit(NUMBER[:-1]) == NUMBER[-1]
    numbers = {new_number() for _ in range(100)}
    assert len(numbers) > 90
    assert all(read_number(shown_number(number)) == number for number in numbers)
