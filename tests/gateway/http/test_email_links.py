"""A person confirms an e-mail address in a real browser, by the link of a letter."""

import os
from pathlib import Path
from typing import Any, Final

from playwright.async_api import expect

from auth.viewer import Role
from connectors.mail import MailDirectory
from gateway.jobs.confirmations import ConfirmAddresses, Confirmations
from tests.gateway.http.chromium import offline_chromium
from tests.gateway.writing.acting import LETTERS_KEY as KEY
from tests.gateway.writing.acting import acting

SENDER: Final = "diary@school.example"
ORIGIN: Final = "https://diary.example"


async def test_the_button_of_the_page_confirms_the_address_and_the_page_is_of_no_use_then(
    mongo_uri: str, tmp_path: Path
) -> None:
    prefix = f"email_links_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    mail = {"directory": tmp_path, "sender": SENDER, "key": KEY, "public_url": ORIGIN}
    async with (
        acting(mongo_uri, None, prefix, mail=mail, jobs={"in_serve": False}) as acts,
        offline_chromium() as browser,
    ):
        await acts.act("olga", Role.PARENT, "updateMyProfile", {"version": None, "email": "new@example.org"})
        directory: Any = acts.client[f"{prefix}_directory"]
        folder = MailDirectory(tmp_path, SENDER)
        await Confirmations(directory, folder, KEY.encode(), ConfirmAddresses(ORIGIN, KEY.encode())).send()
        [letter] = await folder.latest(1)
        [link, _] = [word.removeprefix(ORIGIN) for word in letter.text.split() if word.startswith(ORIGIN)]
        context = await browser.new_context(locale="ru-RU")
        page = await context.new_page()
        problems: list[str] = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        await page.goto(str(acts.served.client.make_url(link)))
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("button", name="Confirm the address")).to_be_visible()
        await page.get_by_role("link", name="Русский").click()
        await page.get_by_role("button", name="Подтвердить адрес").click()
        await expect(page.get_by_text("Адрес подтверждён")).to_be_visible()
        assert problems == []
        await page.goto(page.url)
        await expect(page.get_by_text("Эта ссылка не действует")).to_be_visible()
        assert await page.get_by_role("button").count() == 0
        await context.close()
        [person] = await acts.found("directory.people", _id=acts.id("Person", "olga"))
        assert person["email"] == "new@example.org"
