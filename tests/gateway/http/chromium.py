"""Chromium, as tests and measurements of pages start it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.requiring import lacking

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The path of the program; None where it is not installed."""
OFFLINE: Final = ("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
PATIENCE_MS: Final = 60_000
"""How long a page may take for anything, beside other tests: what a page shows is tested, not how soon."""

expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def offline_chromium() -> AsyncIterator[Browser]:
    """A Chromium that reaches this machine alone, for a test that cannot run without one."""
    if CHROMIUM is None:
        lacking("there is no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(OFFLINE))
        try:
            yield browser
        finally:
            await browser.close()


async def count_bytes(page: Page) -> list[int]:
    """A list that grows by the bytes on the wire of each response that *page* loads from now on."""
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    received: list[int] = []
    session.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    return received
