"""E-mail addresses are confirmed by the code or the link of a letter, where the gateway sends letters (F24, F12)."""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from auth.viewer import Role
from connectors.directory.email_confirmations import code_of
from connectors.mail import Letter, MailDirectory, Sending
from gateway.jobs.confirmations import ConfirmAddresses, Confirmations
from gateway.jobs.notifications import StopAddresses
from gateway.settings import SignInSettings
from tests.gateway.writing.acting import LETTERS_KEY as KEY
from tests.gateway.writing.acting import Acting, acting, codes_of, limits_of

SENDER: Final = "diary@school.example"
OLGA: Final = ("olga", Role.PARENT)
IVAN: Final = ("ivan", Role.STUDENT)
SHOWN: Final = "viewer { version email emailToConfirm }"
ORIGIN: Final = "https://diary.example"
ADDRESSES: Final = ConfirmAddresses(ORIGIN, KEY.encode())
LINK: Final = re.compile(rf"{ORIGIN}(/letters/confirm/\S+)")
CODE: Final = re.compile(r"дневнике: ([0-9A-Z]{5}-[0-9A-Z]{5})")


@pytest.fixture(scope="module")
async def _by_letters(
    mongo_uri: str, redis_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Acting, Path]]:
    folder = tmp_path_factory.mktemp("mail")
    prefix = f"letters_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    mail = {"directory": folder, "sender": SENDER, "key": KEY, "public_url": ORIGIN}
    async with acting(mongo_uri, redis_uri, prefix, mail=mail, jobs={"in_serve": False}) as served:
        yield served, folder


@pytest.fixture
async def mailed(_by_letters: tuple[Acting, Path]) -> "Mailed":
    """The school as it was written, and no letters."""
    acts, folder = _by_letters
    await acts.restore()
    for letter in folder.iterdir():
        letter.unlink()
    return Mailed(acts, folder)


class Mailed:
    """A school whose gateway sends letters, into a directory."""

    def __init__(self, acts: Acting, folder: Path) -> None:
        self.acts = acts
        self.mail = MailDirectory(folder, SENDER)

    async def enters(self, email: str | None, who: tuple[str, Role] = OLGA, **more: Any) -> dict[str, Any]:
        values = {"version": None, "email": email, **more}
        return await self.acts.act(*who, "updateMyProfile", values, SHOWN)

    async def confirms(self, code: str, who: tuple[str, Role] = OLGA) -> dict[str, Any]:
        return await self.acts.act(*who, "confirmEmail", {"code": code}, SHOWN)

    async def letters(self) -> list[str]:
        """The texts of all letters, the latest first, once those that wait were sent."""
        directory: Any = self.acts.client[f"{self.acts.prefix}_directory"]
        assert not await Confirmations(directory, self.mail, KEY.encode(), ADDRESSES).send()
        return [f"{letter.to}\n{letter.text}" for letter in await self.mail.latest(100)]

    async def code(self) -> str:
        [letter, *_] = await self.letters()
        [code] = CODE.findall(letter)
        return str(code)

    async def link(self) -> str:
        """The path of the link in the latest letter, which stands in it in both languages."""
        [letter, *_] = await self.letters()
        [path, same] = LINK.findall(letter)
        assert path == same
        return str(path)

    async def opens(self, path: str, method: str = "GET", language: str = "ru") -> tuple[int, str]:
        """Status and text of the page that a browser gets in which nobody is signed in."""
        response = await self.acts.served.client.request(method, path, headers={"Accept-Language": language})
        assert response.headers["Cache-Control"] == "no-store"
        return response.status, await response.text()


async def test_a_new_address_counts_once_the_code_of_the_letter_is_entered(mailed: Mailed) -> None:
    payload = await mailed.enters("new@example.org")
    assert payload["viewer"] == {"version": 1, "email": "olga@example.org", "emailToConfirm": "new@example.org"}
    [letter] = await mailed.letters()
    assert letter.startswith("new@example.org\n")
    assert "new@example.org" in letter.partition("\n")[2]
    code = await mailed.code()
    payload = await mailed.confirms(code.lower().replace("-", " "))
    assert payload == {
        "viewer": {"version": 2, "email": "new@example.org", "emailToConfirm": None},
        "userErrors": [],
    }
    [_, fact] = await mailed.acts.found("directory.facts")
    assert (fact["action"], fact["object_id"]) == ("confirmEmail", mailed.acts.id("Person", "olga"))
    assert [change["field"] for change in fact["changes"]] == ["email"]
    assert "example" not in str(fact)
    assert codes_of(await mailed.confirms(code)) == [("NOT_FOUND", ["code"])], "a code is used once"


async def test_other_data_change_at_once_beside_an_address(mailed: Mailed) -> None:
    values = {"version": 0, "email": "new@example.org", "familyName": "Петрова"}
    fields = f"{SHOWN[:-2]} person {{ familyName }} }}"
    payload = await mailed.acts.act(*OLGA, "updateMyProfile", values, fields)
    assert payload["viewer"]["person"] == {"familyName": "Петрова"}
    assert payload["viewer"]["email"] == "olga@example.org"


async def test_a_letter_is_sent_once_and_a_later_address_replaces_an_earlier(mailed: Mailed) -> None:
    await mailed.enters("first@example.org")
    first = await mailed.code()
    assert len(await mailed.letters()) == 1
    await mailed.enters("second@example.org")
    assert len(await mailed.letters()) == 2
    assert codes_of(await mailed.confirms(first)) == [("NOT_FOUND", ["code"])]
    second = await mailed.code()
    assert (await mailed.confirms(second))["viewer"]["email"] == "second@example.org"


async def test_an_address_is_taken_away_at_once_and_with_it_what_waits(mailed: Mailed) -> None:
    await mailed.enters("new@example.org")
    code = await mailed.code()
    payload = await mailed.enters(None)
    assert payload["viewer"] == {"version": 2, "email": None, "emailToConfirm": None}
    assert codes_of(await mailed.confirms(code)) == [("NOT_FOUND", ["code"])]


async def test_a_code_is_of_one_person_and_of_one_day(mailed: Mailed) -> None:
    await mailed.enters("new@example.org")
    code = await mailed.code()
    assert codes_of(await mailed.confirms(code, ("igor", Role.PARENT))) == [("NOT_FOUND", ["code"])]
    for wrong in ("", "00000-00000", "не код"):
        assert codes_of(await mailed.confirms(wrong)) == [("NOT_FOUND", ["code"])]
    place = mailed.acts.client[f"{mailed.acts.prefix}_directory"].email_confirmations
    await place.update_many({}, {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}})
    assert codes_of(await mailed.confirms(code)) == [("NOT_FOUND", ["code"])]
    answer = await mailed.acts.answer(*OLGA, "{ viewer { emailToConfirm email } }")
    assert answer["data"]["viewer"] == {"emailToConfirm": None, "email": "olga@example.org"}


async def test_codes_cannot_be_tried_for_long(mailed: Mailed) -> None:
    await mailed.enters("new@example.org")
    code = await mailed.code()
    for _ in range(10):
        assert codes_of(await mailed.confirms("00000-00000")) == [("NOT_FOUND", ["code"])]
    payload = await mailed.confirms(code)
    assert limits_of(payload) == [("TOO_MANY", None, "10")]
    assert payload["userErrors"][0]["retryAt"] == "2026-11-19T00:00:00+05:00"
    assert payload["viewer"]["email"] == "olga@example.org"


async def test_entering_an_address_does_not_tell_whether_somebody_has_it(mailed: Mailed) -> None:
    taken = await mailed.enters("ivan@example.org")
    assert taken["userErrors"] == []
    free = await mailed.enters("free@example.org", ("igor", Role.PARENT))
    assert codes_of(taken) == codes_of(free) == []
    # Whoever reads the letter owns the address, and is told then.
    await mailed.enters("ivan@example.org")
    payload = await mailed.confirms(await mailed.code())
    assert codes_of(payload) == [("INVALID_INPUT", ["code"])]
    assert payload["viewer"]["email"] == "olga@example.org"


async def test_a_student_confirms_an_address_too(mailed: Mailed) -> None:
    await mailed.enters("vanya@example.org", IVAN)
    payload = await mailed.confirms(await mailed.code(), IVAN)
    assert payload["viewer"]["email"] == "vanya@example.org"


async def test_a_person_has_few_letters_a_day(mailed: Mailed) -> None:
    for number in range(5):
        assert codes_of(await mailed.enters(f"{number}@example.org")) == []
    payload = await mailed.enters("6@example.org")
    assert limits_of(payload) == [("TOO_MANY", ["email"], "5")]
    assert payload["viewer"]["emailToConfirm"] == "4@example.org"
    assert payload["viewer"]["version"] == 5


async def test_an_address_gets_few_letters_a_day_and_nobody_is_told(mailed: Mailed) -> None:
    usual = await mailed.enters("other@example.org")
    hashed = hashlib.sha256(b"victim@example.org").hexdigest()[:32]
    counter = {"_id": f"confirmEmailAt:{hashed}", "day": "2026-11-18", "changes": 5}
    await mailed.acts.insert("directory.daily_changes", counter)
    full = await mailed.enters("Victim@example.org")
    assert full["userErrors"] == usual["userErrors"] == []
    assert full["viewer"]["emailToConfirm"] == "Victim@example.org"
    assert await mailed.letters() == []


async def test_letters_that_cannot_be_sent_now_wait_and_refused_ones_do_not(mailed: Mailed) -> None:
    class Server:
        def __init__(self, result: Sending) -> None:
            self.result, self.ids = result, list[str]()

        async def send(self, letters: Sequence[Letter]) -> list[Sending]:
            self.ids += [letter.id for letter in letters]
            return [self.result] * len(letters)

    directory: Any = mailed.acts.client[f"{mailed.acts.prefix}_directory"]
    await mailed.enters("new@example.org")
    away, refusing = Server(Sending.LATER), Server(Sending.REFUSED)
    for server in (away, away, refusing, refusing):
        await Confirmations(directory, server, KEY.encode()).send()
    assert len(away.ids) == 2
    assert away.ids[0] == away.ids[1], "sent again it is the same letter"
    assert len(refusing.ids) == 1
    [pending] = await mailed.acts.found("directory.email_confirmations")
    assert pending["is_refused"]
    assert "code" not in " ".join(pending)
    assert code_of(pending, KEY.encode()) not in repr(pending)


async def test_a_link_shows_a_button_and_the_button_confirms_the_address(mailed: Mailed) -> None:
    await mailed.enters("new@example.org")
    path = await mailed.link()
    status, page = await mailed.opens(path)
    assert (status, '<form method="post"' in page) == (200, True)
    assert (await mailed.acts.served.client.head(path)).status == 200
    [person] = await mailed.acts.found("directory.people", _id=mailed.acts.id("Person", "olga"))
    assert person["email"] == "olga@example.org", "opening a link changes nothing"
    status, done = await mailed.opens(path, "POST")
    assert (status, "Адрес подтверждён" in done) == (200, True)
    for shown in (page, done):
        assert not [word for word in ("example", "Ольга", person["_id"]) if word in shown]
    answer = await mailed.acts.answer(*OLGA, f"{{ {SHOWN} }}")
    assert answer["data"]["viewer"] == {"version": 2, "email": "new@example.org", "emailToConfirm": None}


async def test_a_link_leaves_the_same_fact_as_a_code(mailed: Mailed) -> None:
    facts = []
    for act in ("code", "link"):
        await mailed.acts.restore()
        await mailed.enters("new@example.org", IVAN)
        if act == "code":
            await mailed.confirms(await mailed.code(), IVAN)
        else:
            await mailed.opens(await mailed.link(), "POST")
        [found] = await mailed.acts.found("directory.facts", action="confirmEmail")
        assert "example" not in str(found)
        facts.append({name: found[name] for name in ("actor", "school_id", "object_id", "student_id", "changes")})
    assert facts[0] == facts[1]


async def test_a_link_is_used_once_and_ends_with_its_day_and_with_a_later_address(mailed: Mailed) -> None:
    await mailed.enters("first@example.org")
    first = await mailed.link()
    await mailed.enters("second@example.org")
    second = await mailed.link()
    assert (await mailed.opens(second, "POST"))[0] == 200
    await mailed.enters("third@example.org")
    third = await mailed.link()
    place = mailed.acts.client[f"{mailed.acts.prefix}_directory"].email_confirmations
    await place.update_many({}, {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}})
    pages = {await mailed.opens(path, method) for path in (first, second, third) for method in ("GET", "POST")}
    [(status, page)] = pages  # it is not said why
    assert (status, "Эта ссылка не действует" in page) == (404, True)
    assert "This link is of no use" in (await mailed.opens(first, language="en"))[1]
    [person] = await mailed.acts.found("directory.people", _id=mailed.acts.id("Person", "olga"))
    assert person["email"] == "second@example.org"


async def test_a_link_that_was_changed_or_is_of_something_else_confirms_nothing(mailed: Mailed) -> None:
    await mailed.enters("new@example.org")
    path = await mailed.link()
    [pending] = await mailed.acts.found("directory.email_confirmations")
    start, until, signature = path.rsplit(".", 2)
    over = ConfirmAddresses("", KEY.encode()).of({**pending, "expires_at": datetime.now(UTC) - timedelta(hours=1)})  # type: ignore[typeddict-item] # a stored request
    foreign = ConfirmAddresses("", b"another key").of(pending)  # type: ignore[arg-type] # likewise
    unknown = ConfirmAddresses("", KEY.encode()).of({**pending, "_id": "emc_nothing"})  # type: ignore[typeddict-item] # likewise
    stops = StopAddresses("", KEY.encode()).of(pending)  # type: ignore[arg-type] # what is signed to stop letters
    wrong = (
        f"{start}.{int(until) + 1}.{signature}",
        f"{start}.{until}.",
        f"{start}x",
        over,
        foreign,
        unknown,
        stops.replace(StopAddresses.path, ConfirmAddresses.path),
        ConfirmAddresses.path + "ж",
    )
    pages = {await mailed.opens(one, method) for one in wrong for method in ("GET", "POST")}
    [(status, _)] = pages
    assert status == 404
    assert await mailed.acts.found("directory.email_confirmations") == [pending]


async def test_a_link_to_an_address_that_somebody_else_must_have_alone_says_so_to_its_reader(mailed: Mailed) -> None:
    await mailed.enters("ivan@example.org")
    status, page = await mailed.opens(await mailed.link(), "POST")
    assert (status, "Этот адрес использовать нельзя" in page) == (409, True)
    answer = await mailed.acts.answer(*OLGA, "{ viewer { email } }")
    assert answer["data"]["viewer"]["email"] == "olga@example.org"


async def test_two_presses_of_the_button_at_once_confirm_an_address_once(mailed: Mailed) -> None:
    await mailed.enters("new@example.org")
    path = await mailed.link()
    answers = await asyncio.gather(*(mailed.opens(path, "POST") for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 404, 404]
    assert len(await mailed.acts.found("directory.facts", action="confirmEmail")) == 1


async def test_a_letter_has_no_link_where_nobody_would_reach_it(mailed: Mailed) -> None:
    directory: Any = mailed.acts.client[f"{mailed.acts.prefix}_directory"]
    await mailed.enters("new@example.org")
    await Confirmations(directory, mailed.mail, KEY.encode()).send()
    [letter] = await mailed.mail.latest(1)
    assert "http" not in letter.text


async def test_links_are_asked_for_as_often_as_signing_in_from_one_address(
    mongo_uri: str, redis_uri: str, tmp_path: Path
) -> None:
    prefix = f"few_links_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    mail = {"directory": tmp_path, "sender": SENDER, "key": KEY, "public_url": ORIGIN}
    rules = SignInSettings(address_a_minute=3)
    async with acting(mongo_uri, redis_uri, prefix, mail=mail, jobs={"in_serve": False}, sign_in=rules) as acts:
        path = ConfirmAddresses.path + "x"
        answers = [await acts.served.client.get(path, headers={"Accept-Language": "ru"}) for _ in range(4)]
        assert "Слишком много попыток" in await answers[3].text()
    assert [one.status for one in answers] == [404, 404, 404, 429]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 60


async def test_without_letters_an_address_counts_at_once_but_recognises_nobody(acts: Acting) -> None:
    values = {"version": 0, "email": "new@example.org"}
    payload = await acts.act(*OLGA, "updateMyProfile", values, SHOWN)
    assert payload["viewer"] == {"version": 1, "email": "new@example.org", "emailToConfirm": None}
    [person] = await acts.found("directory.people", _id=acts.id("Person", "olga"))
    assert person["unconfirmed_email"] == "new@example.org"
    assert await acts.codes(*OLGA, "confirmEmail", {"code": "00000-00000"}) == [("NOT_FOUND", ["code"])]
