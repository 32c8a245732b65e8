"""Somebody who signed in at a provider and has no account here registers by invitation codes (F16, F21)."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from playwright.async_api import expect

from auth.viewer import Role
from gateway.http.reading.session import COOKIE
from gateway.http.sign_in import NEWCOMER_COOKIE
from gateway.write_rules import WriteRules
from tests.gateway.http.chromium import offline_chromium
from tests.gateway.http.signing_in import Answer, BrowserAlike, SigningIn, signing_in
from tests.gateway.writing.registrations import invitation

CODE: Final = "7K3QX-9TM2A"
OTHER: Final = "00000-ZZZZZ"
NOBODYS: Final = "22222-33333"
ADMIN: Final = ("admin", Role.ADMINISTRATOR)
PROOF: Final = re.compile(r'name="proof" value="([^"]+)"')
FATHER: Final = {
    "family_name": "Сёмин",
    "given_name": "Олег",
    "middle_name": "Ильич",
    "birthdate": "1980-01-02",
    "email": "oleg@example.org",
    "email_verified": True,
}
PEOPLE: Final[dict[str, dict[str, Any]]] = {
    "father": FATHER,
    "nameless": {"name": "Олег"},
    "unverified": {**FATHER, "email_verified": False},
    "ivan's address": {**FATHER, "email": "ivan@example.org"},
    "alyona": {"family_name": "Семина", "given_name": "Алёна", "middle_name": "Олеговна", "birthdate": "2012-05-06"},
    "another birth date": {"family_name": "Сёмина", "given_name": "Алёна", "birthdate": "2001-01-01"},
}


@pytest.fixture(scope="module")
async def _doors(mongo_uri: str, redis_uri: str) -> AsyncIterator[SigningIn]:
    prefix = f"registration_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with signing_in(mongo_uri, redis_uri, prefix, people=PEOPLE) as served:
        yield served


@pytest.fixture
async def doors(_doors: SigningIn) -> SigningIn:
    """A school that knows the birth date of Alyona and nobody of `PEOPLE`."""
    await _doors.acts.restore()
    alyona = {"_id": _doors.acts.id("Person", "alyona")}
    await _doors.acts.change("directory.people", alyona, {"$set": {"birth_date": "2012-05-06"}})
    return _doors


async def invited(doors: SigningIn, student: str, code: str, audience: str = "PARENT", **changes: Any) -> None:
    own = doors.acts.id("Invitation", f"{student} {audience}")
    document = {**invitation(doors.acts, student, code), "_id": own, "audience": audience, **changes}
    await doors.acts.insert("directory.invitations", document)


async def arrives(doors: SigningIn, account: str) -> tuple[BrowserAlike, str]:
    """A browser in which an unknown account has just signed in at its provider, and the secret of the form."""
    await doors.becomes(account)
    browser = doors.browser()
    answer = await browser.sign_in()
    assert (answer.status, COOKIE in browser.cookies) == (403, False)
    [proof] = PROOF.findall(answer.text)
    return browser, proof


async def enters(browser: BrowserAlike, proof: str, *codes: str, **headers: str) -> Answer:
    form = {"codes": "\r\n".join(codes), "proof": proof}
    return await browser.go("/auth/register", "POST", data=form, headers={"Accept-Language": "ru", **headers})


async def tries(doors: SigningIn, account: str, *codes: str) -> tuple[int, str]:
    """Status and message of the page on which somebody ends who enters codes."""
    answer = await enters(*await arrives(doors, account), *codes)
    return answer.status, re.findall(r"<main[^>]*><p>(.*?)</p>", answer.text)[0]


async def children(browser: BrowserAlike) -> Any:
    answer = await browser.ask("{ viewer { role email children { displayName } } }")
    return answer.json["data"]["viewer"]


async def test_a_parent_registers_by_the_codes_of_several_children_and_signs_in(doors: SigningIn) -> None:
    await invited(doors, "petr", CODE)
    await invited(doors, "alyona", OTHER)
    browser, proof = await arrives(doors, "father")
    answer = await enters(browser, proof, CODE.lower().replace("-", " "), "", OTHER)
    assert (answer.status, "Регистрация выполнена" in answer.text) == (200, True)
    assert NEWCOMER_COOKIE not in browser.cookies
    [link] = re.findall(r'href="(/auth/login[^"]+)"', answer.text)
    assert (await browser.sign_in(link.replace("&amp;", "&"))).status == 303
    assert await children(browser) == {
        "role": "PARENT",
        "email": "oleg@example.org",
        "children": [{"displayName": "Петров Пётр Павлович"}, {"displayName": "Сёмина Алёна Олеговна"}],
    }
    [account] = await doors.acts.found("directory.external_ids", subject="father")
    assert account["evidence"] == "INVITATION_CODE"
    [person] = await doors.acts.found("directory.people", _id=account["person_id"])
    assert (person["display_name"], person["roles"], person["school_ids"]) == (
        "Сёмин Олег Ильич",
        ["PARENT"],
        [doors.acts.id("School", "perm")],
    )
    facts = await doors.acts.found("directory.facts")
    assert sorted(fact["action"] for fact in facts) == ["addChildByCode", "addChildByCode", "linkAccount"]
    assert {fact["actor"]["person_id"] for fact in facts} == {person["_id"]}
    for place in ("invitations", "registrations", "attempts"):
        assert await doors.acts.found(f"directory.{place}") == []


async def test_a_student_registers_by_their_own_code_and_has_their_own_diary(doors: SigningIn) -> None:
    await invited(doors, "alyona", CODE, "STUDENT")
    await invited(doors, "alyona", OTHER, "PARENT")  # a student and a parent get different codes
    assert await tries(doors, "alyona", CODE) == (200, "Теперь школа знает вас под этой учётной записью.")
    browser = doors.browser()
    await browser.sign_in()
    session = await browser.session()
    assert (session["person"]["id"], session["roles"]) == (doors.acts.id("Person", "alyona"), ["STUDENT"])
    [fact] = await doors.acts.found("directory.facts")
    assert (fact["action"], fact["student_id"]) == ("linkAccount", doors.acts.id("Student", "alyona"))
    assert fact["changes"] == [{"field": "evidence", "before": None, "after": "INVITATION_CODE"}]
    [left] = await doors.acts.found("directory.invitations")
    assert left["audience"] == "PARENT"


async def test_codes_that_are_of_no_use_are_all_answered_alike(doors: SigningIn) -> None:
    await invited(doors, "petr", CODE)
    assert (await tries(doors, "father", CODE))[0] == 200
    await invited(doors, "fedor", "11111-11111", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    await invited(doors, "ivan-twice", "33333-33333")  # merged since the code was issued
    await invited(doors, "alyona", "44444-44444", "STUDENT")  # of a student who is born on another day
    await invited(doors, "alyona", "55555-55555", "PARENT")
    await invited(doors, "vera", OTHER)
    answers = {await tries(doors, "another birth date", own) for own in (NOBODYS, CODE, "11111-11111", "33333-33333")}
    answers.add(await tries(doors, "another birth date", "44444-44444"))
    answers.add(await tries(doors, "another birth date", "не код"))
    answers.add(await tries(doors, "another birth date", OTHER, NOBODYS))  # all codes, or nobody is registered
    answers.add(await tries(doors, "alyona", "55555-55555"))  # she is not her own parent
    [(status, message)] = answers
    assert (status, "Такого кода нет" in message) == (400, True)
    for account in ("another birth date", "alyona"):
        assert await doors.acts.found("directory.external_ids", subject=account) == []
    assert len(await doors.acts.found("directory.invitations", student_id=doors.acts.id("Student", "vera"))) == 1


async def test_whom_the_school_has_barred_does_not_come_back_as_somebody_new(doors: SigningIn) -> None:
    banned = {"_id": doors.acts.id("Person", "banned")}
    await doors.acts.change("directory.people", banned, {"$set": {"sort_name": "семин олег ильич"}})
    await invited(doors, "ivan", CODE)
    assert (await tries(doors, "father", CODE))[0] == 400
    await invited(doors, "petr", OTHER)  # who has another family
    assert (await tries(doors, "father", OTHER))[0] == 200


@pytest.mark.parametrize(
    ("account", "codes", "status", "message"),
    [
        ("father", [], 400, "Введите код из приглашения"),
        ("father", [f"{number:05d}-00000" for number in range(21)], 400, "не более 20"),
        ("nameless", [CODE, OTHER], 400, "Код для ученика вводят отдельно"),
        ("nameless", [OTHER], 400, "Служба входа не сообщает вашу фамилию и имя"),
    ],
)
async def test_what_cannot_be_done_by_codes_is_said(
    doors: SigningIn, account: str, codes: list[str], status: int, message: str
) -> None:
    await invited(doors, "alyona", CODE, "STUDENT")
    await invited(doors, "petr", OTHER)
    answer = await tries(doors, account, *codes)
    assert (answer[0], message in answer[1]) == (status, True)
    assert len(await doors.acts.found("directory.invitations")) == 2
    assert await doors.acts.found("directory.attempts") == []


@pytest.mark.parametrize("account", ["unverified", "ivan's address"])
async def test_an_address_that_is_not_confirmed_or_that_a_student_has_is_left_out(
    doors: SigningIn, account: str
) -> None:
    await invited(doors, "petr", CODE)
    assert (await tries(doors, account, CODE))[0] == 200
    browser = doors.browser()
    await browser.sign_in()
    assert (await children(browser))["email"] is None


async def test_nobody_finds_a_code_by_trying_from_however_many_browsers(doors: SigningIn) -> None:
    most = WriteRules().attempts_a_day
    await invited(doors, "petr", CODE)
    for _ in range(2):
        wrong = [f"{number:05d}-22222" for number in range(most // 2)]
        assert (await tries(doors, "father", *wrong))[0] == 400
    assert await tries(doors, "father", CODE) == (
        429,
        f"Сегодня вы ввели несуществующих кодов: {most}. Попробуйте завтра.",
    )
    [counted] = await doors.acts.found("directory.attempts")
    assert counted["count"] == most
    assert not [word for word in ("father", doors.issuers["epos"]) if word in str(counted)]
    assert (await tries(doors, "unverified", CODE))[0] == 200, "another account has attempts of its own"


async def test_of_two_accounts_that_use_one_code_at_once_one_gets_the_child(doors: SigningIn) -> None:
    await invited(doors, "petr", CODE)
    browsers = [await arrives(doors, one) for one in ("father", "unverified")]
    answers = await asyncio.gather(*(enters(*browser, CODE) for browser in browsers))
    assert sorted(answer.status for answer in answers) == [200, 400]
    assert len(await doors.acts.found("directory.external_ids", evidence="INVITATION_CODE")) == 1


async def test_a_form_that_is_sent_twice_registers_once(doors: SigningIn) -> None:
    await invited(doors, "petr", CODE)
    browser, proof = await arrives(doors, "father")
    cookies = dict(browser.cookies)
    assert (await enters(browser, proof, CODE)).status == 200
    browser.cookies.update(cookies)
    assert (await enters(browser, proof, CODE)).status == 200
    assert len(await doors.acts.found("directory.external_ids", subject="father")) == 1


async def test_the_form_is_taken_from_this_site_and_from_whoever_has_just_signed_in_alone(doors: SigningIn) -> None:
    await invited(doors, "petr", CODE)
    browser, proof = await arrives(doors, "father")
    _, foreign_proof = await arrives(doors, "unverified")
    for headers in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await enters(browser, proof, CODE, **headers)
        assert (answer.status, "CSRF_PREVENTION_FAILED" in answer.text) == (403, True)
    for wrong in (foreign_proof, ""):
        assert (await enters(browser, wrong, CODE)).status == 400
    for cookie in ("", "x", browser.cookies[NEWCOMER_COOKIE][:-2] + "AA"):
        stranger = doors.browser()
        stranger.cookies[NEWCOMER_COOKIE] = cookie
        answer = await enters(stranger, proof, CODE)
        assert (answer.status, "SIGN_IN_FAILED" in answer.text) == (400, True)
    again = await browser.go("/auth/register?lang=en")
    assert (again.status, PROOF.findall(again.text)) == (200, [proof])
    assert len(await doors.acts.found("directory.invitations")) == 1


async def test_whom_several_people_of_the_school_share_registers_nobody(doors: SigningIn) -> None:
    await doors.known_as("father", "olga")
    await doors.known_as("father", "igor")
    await doors.becomes("father")
    answer = await doors.browser().sign_in()
    assert ("AMBIGUOUS_USER" in answer.text, PROOF.findall(answer.text)) == (True, [])


async def test_a_parent_registers_in_a_browser_by_a_code_of_the_administrator(doors: SigningIn) -> None:
    values = {"studentIds": doors.acts.school.ids("Student", ["petr"]), "relation": "отец"}
    issued = await doors.acts.act(*ADMIN, "issueInvitationCodes", values, "codes { code audience }")
    [code] = issued["codes"]
    assert code["audience"] == "PARENT"
    await doors.becomes("father")
    async with offline_chromium() as browser:
        context = await browser.new_context(locale="ru-RU")
        page = await context.new_page()
        await page.goto(f"{doors.home}/auth/login?provider=epos&return=/healthz")
        await expect(page.get_by_text("Пользователь не найден")).to_be_visible()
        field, button = page.get_by_label("Школа дала вам код"), page.get_by_role("button", name="Зарегистрироваться")
        await field.fill(NOBODYS)
        await button.click()
        await expect(page.get_by_text("Такого кода нет")).to_be_visible()
        await field.fill(code["code"])
        await button.click()
        await page.get_by_role("link", name="Войти").click()
        await page.wait_for_url(f"{doors.home}/healthz")
        await page.goto(f"{doors.home}/auth/session")
        await expect(page.get_by_text("Сёмин Олег Ильич")).to_be_visible()
        await context.close()
