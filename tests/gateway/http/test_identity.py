"""Whose account it is that signs in for the first time: known, linked, unknown, ambiguous (docs/sign-in.md)."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from auth.viewer import Role
from gateway.http.reading.session import COOKIE
from tests.gateway.http.signing_in import SigningIn, signing_in

OLGA: Final = {
    "family_name": "ИВАНОВА",
    "given_name": "Ольга",
    "middle_name": "Петровна",
    "birthdate": "08.03.1985",
    "email": "Olga@example.org",
    "email_verified": True,
    "trusted": True,
}
SNILS: Final = "112-233-445 95"
PEOPLE: Final[dict[str, dict[str, Any]]] = {
    "whole": OLGA,
    "iso": {**OLGA, "birthdate": "1985-03-08"},
    "snils": {"name": "Ольга И.", "snils": SNILS, "trusted": True},
    "snils and another birth date": {"snils": SNILS, "birthdate": "1999-01-01", "trusted": True},
    "name alone": {key: OLGA[key] for key in ("family_name", "given_name", "middle_name", "trusted")},
    "no birth date": {key: value for key, value in OLGA.items() if key != "birthdate"},
    "another birth date": {**OLGA, "birthdate": "1985-03-09"},
    "no e-mail": {key: value for key, value in OLGA.items() if key != "email"},
    "e-mail not verified": {**OLGA, "email_verified": False},
    "not trusted": {**OLGA, "trusted": False},
    "another patronymic": {**OLGA, "middle_name": "Павловна"},
    "strange": {"name": ["x"], "family_name": 1, "birthdate": "never", "snils": "1" * 12, "trusted": True},
}
NUMBER: Final = re.compile(r"\d{3} \d{3} \d{3}")


@pytest.fixture(scope="module")
async def _doors(mongo_uri: str, redis_uri: str) -> AsyncIterator[SigningIn]:
    prefix = f"identity_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with signing_in(mongo_uri, redis_uri, prefix, people=PEOPLE, confirmed_by="trusted") as served:
        yield served


@pytest.fixture
async def doors(_doors: SigningIn) -> SigningIn:
    """A school that knows the birth date and the СНИЛС of Olga."""
    await _doors.acts.restore()
    known = {"birth_date": "1985-03-08", "snils": SNILS.replace("-", "").replace(" ", "")}
    await _doors.acts.change("directory.people", {"_id": _doors.acts.id("Person", "olga")}, {"$set": known})
    return _doors


async def tries(doors: SigningIn, account: str) -> tuple[str, Any]:
    """What comes of signing in: the person's name, or the code and the page."""
    await doors.becomes(account)
    browser = doors.browser()
    answer = await browser.sign_in()
    if COOKIE in browser.cookies:
        return (await browser.session())["person"]["name"], answer
    return re.findall(r"[A-Z]+_USER|USER_[A-Z_]+", answer.text)[0], answer


async def links(doors: SigningIn) -> list[dict[str, Any]]:
    return await doors.acts.found("directory.external_ids", issuer=doors.issuers["epos"])


@pytest.mark.parametrize(
    ("account", "evidence"),
    [("whole", "NAME_BIRTH_DATE_EMAIL"), ("iso", "NAME_BIRTH_DATE_EMAIL"), ("snils", "SNILS")],
)
async def test_an_account_whose_confirmed_data_fit_one_person_is_linked_once(
    doors: SigningIn, account: str, evidence: str
) -> None:
    assert (await tries(doors, account))[0] == "Иванова Ольга Петровна"
    [link] = await links(doors)
    assert (link["subject"], link["evidence"]) == (account, evidence)
    assert "linked_by_id" not in link
    [fact] = await doors.acts.found("directory.facts")
    assert (fact["action"], fact["object_id"]) == ("linkAccount", doors.acts.id("Person", "olga"))
    assert fact["changes"] == [{"field": "evidence", "before": None, "after": evidence}]
    assert (await tries(doors, account))[0] == "Иванова Ольга Петровна"  # known from now on
    assert len(await links(doors)) == 1


@pytest.mark.parametrize("account", sorted(PEOPLE.keys() - {"whole", "iso", "snils"}))
async def test_an_account_is_not_linked_by_less_but_gets_a_number_that_stays(doors: SigningIn, account: str) -> None:
    code, answer = await tries(doors, account)
    assert (answer.status, code) == (403, "USER_NOT_FOUND")
    [number] = NUMBER.findall(answer.text)
    assert await links(doors) == []
    assert NUMBER.findall((await tries(doors, account))[1].text) == [number]
    [pending] = await doors.acts.found("directory.registrations")
    assert pending["_id"] == number.replace(" ", "")


async def test_an_address_that_a_person_entered_and_nobody_confirmed_recognises_nobody(doors: SigningIn) -> None:
    olga = {"_id": doors.acts.id("Person", "olga")}
    await doors.acts.change("directory.people", olga, {"$set": {"unconfirmed_email": "olga@example.org"}})
    assert (await tries(doors, "whole"))[0] == "USER_NOT_FOUND"
    await doors.acts.change("directory.people", olga, {"$set": {"unconfirmed_email": "before@example.org"}})
    assert (await tries(doors, "whole"))[0] == "Иванова Ольга Петровна"


async def test_data_that_fit_several_people_link_nobody(doors: SigningIn) -> None:
    twin = {"email": "olga@example.org", "birth_date": "1985-03-08", "family_name": "Иванова", "given_name": "Ольга"}
    changes = {"$set": {**twin, "patronymic": "Петровна"}}
    await doors.acts.change("directory.people", {"_id": doors.acts.id("Person", "pavel")}, changes)
    code, answer = await tries(doors, "whole")
    assert (answer.status, code) == (403, "AMBIGUOUS_USER")
    assert NUMBER.search(answer.text)
    assert await links(doors) == []


async def test_an_account_that_signs_in_ten_times_at_once_is_linked_once_or_has_one_number(doors: SigningIn) -> None:
    for account in ("whole", "name alone"):
        await doors.becomes(account)
        browsers = [doors.browser() for _ in range(10)]
        callbacks = [await browser.to_callback("/auth/login?provider=epos") for browser in browsers]
        await asyncio.gather(*(one.go(url) for one, url in zip(browsers, callbacks, strict=True)))
    assert [link["subject"] for link in await links(doors)] == ["whole"]
    assert len(await doors.acts.found("directory.registrations")) == 1


async def test_a_family_gives_its_number_to_the_class_teacher_and_signs_in(doors: SigningIn) -> None:
    code, answer = await tries(doors, "name alone")
    assert code == "USER_NOT_FOUND"
    [number] = NUMBER.findall(answer.text)
    values = {"number": number, "personId": doors.acts.id("Person", "olga"), "confirmed": True}
    teacher = ("kuznetsova", Role.CLASS_TEACHER)
    assert await doors.acts.codes(*teacher, "enterRegistrationNumber", values) == []
    assert (await tries(doors, "name alone"))[0] == "Иванова Ольга Петровна"


async def test_the_page_says_in_russian_what_to_do(doors: SigningIn) -> None:
    await doors.becomes("name alone")
    browser = doors.browser()
    link = await browser.to_callback("/auth/login?provider=epos")
    answer = await browser.go(link, headers={"Accept-Language": "ru"})
    assert "Пользователь не найден" in answer.text
    assert "Сообщите его классному руководителю любого из ваших детей" in answer.text
    assert "Вход не выполнен" in answer.text


async def test_people_do_not_sign_in_by_a_person_who_was_merged_away(doors: SigningIn) -> None:
    merged = {"$set": {"merged_to": doors.acts.id("Person", "igor")}}
    await doors.acts.change("directory.people", {"_id": doors.acts.id("Person", "olga")}, merged)
    assert (await tries(doors, "snils"))[0] == "USER_NOT_FOUND"
    await doors.known_as("whole", "olga")  # a link from before leads to the person who remains
    assert (await tries(doors, "whole"))[0] == "Иванов Игорь"
