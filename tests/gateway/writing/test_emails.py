"""E-mail addresses are confirmed by the code of a letter, where the gateway sends letters (F24, F12)."""

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
from gateway.jobs.confirmations import Confirmations
from tests.gateway.writing.acting import LETTERS_KEY as KEY
from tests.gateway.writing.acting import Acting, acting, codes_of, limits_of

SENDER: Final = "diary@school.example"
OLGA: Final = ("olga", Role.PARENT)
IVAN: Final = ("ivan", Role.STUDENT)
SHOWN: Final = "viewer { version email emailToConfirm }"
CODE: Final = re.compile(r"дневнике: ([0-9A-Z]{5}-[0-9A-Z]{5})")


@pytest.fixture(scope="module")
async def _by_letters(
    mongo_uri: str, redis_uri: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Acting, Path]]:
    folder = tmp_path_factory.mktemp("mail")
    prefix = f"letters_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    mail = {"directory": folder, "sender": SENDER, "key": KEY}
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
        assert not await Confirmations(directory, self.mail, KEY.encode()).send()
        return [f"{letter.to}\n{letter.text}" for letter in await self.mail.latest(100)]

    async def code(self) -> str:
        [letter, *_] = await self.letters()
        [code] = CODE.findall(letter)
        return str(code)


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


async def test_without_letters_an_address_counts_at_once_but_recognises_nobody(acts: Acting) -> None:
    values = {"version": 0, "email": "new@example.org"}
    payload = await acts.act(*OLGA, "updateMyProfile", values, SHOWN)
    assert payload["viewer"] == {"version": 1, "email": "new@example.org", "emailToConfirm": None}
    [person] = await acts.found("directory.people", _id=acts.id("Person", "olga"))
    assert person["unconfirmed_email"] == "new@example.org"
    assert await acts.codes(*OLGA, "confirmEmail", {"code": "00000-00000"}) == [("NOT_FOUND", ["code"])]
