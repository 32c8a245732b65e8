"""How long the page at /graphql takes at its first use, and what it loads, from a demo that runs:

    python -m tests.bench.first_use http://127.0.0.1:8080

Each load is one of a new browser profile, which keeps nothing of the loads before. Time goes from the address to the
answer on the page; bytes are those on the wire.
"""

import asyncio
import statistics
import sys
import time
from typing import Any, Final

import aiohttp
from playwright.async_api import Browser, async_playwright
from rich.console import Console

from tests.gateway.http.chromium import CHROMIUM, count_bytes

LOADS: Final = 9
ROLE: Final = "PARENT"
ANSWERED: Final = ".answer-status:not(:empty)"
say: Final = Console(highlight=False, soft_wrap=True).print


async def load(browser: Browser, url: str, answered: str) -> tuple[float, int]:
    """The seconds until *answered* is on the page, and the bytes that were loaded."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="ru-RU")
    page = await context.new_page()
    received = await count_bytes(page)
    began = time.perf_counter()
    await page.goto(url, wait_until="commit")
    await page.wait_for_selector(answered)
    took = time.perf_counter() - began
    await page.wait_for_load_state("networkidle")
    await context.close()
    return took, sum(received)


async def main(base: str) -> None:
    """Print the figures of the gallery, and of the editor where it is opened at once."""
    async with aiohttp.ClientSession() as client, client.get(f"{base}/demo/viewers") as response:
        people: list[dict[str, Any]] = await response.json()
    address = next(one["graphiql"] for one in people if one["role"] == ROLE)
    pages = {
        "the gallery with its first answer": (address, f".start {ANSWERED}"),
        "the editor with its first answer": (f"{address}&section=editor", f".graphiql-response {ANSWERED}"),
    }
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for what, (url, answered) in pages.items():
            await load(browser, url, answered)  # the gateway compiles the operation once, for everybody
            loads = [await load(browser, url, answered) for _ in range(LOADS)]
            times = sorted(took for took, _ in loads)
            size = max(bytes_ for _, bytes_ in loads) / 1e6
            say(f"{what}: {times[0]:.2f} to {times[-1]:.2f} s, median {statistics.median(times):.2f} s; {size:.2f} MB")
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
