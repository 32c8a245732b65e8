"""Draws docs/graphiql.png, the picture at the top of the README: `make picture`. All people in it are generated."""

import asyncio
import socket
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp
from playwright.async_api import async_playwright, expect

from tests.gateway.http.chromium import CHROMIUM

PICTURE: Final = Path(__file__).parents[1] / "docs" / "graphiql.png"
MOST_BYTES: Final = 300_000
SIZE: Final = (1280, 800)
ROLE: Final = "CLASS_TEACHER"
QUESTION: Final = "class-averages"


async def draw() -> None:
    """Start a demo on a free port, ask one question in Chromium, and keep what it looks like."""
    if CHROMIUM is None:
        raise SystemExit("There is no Chromium here: apt-get install chromium")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "demo", "--port", str(port), "--dir", directory),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await _started(process)
            await _picture(CHROMIUM, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            await process.wait()
    size = PICTURE.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{PICTURE} has {size} bytes; a README may take {MOST_BYTES}")
    print(f"{PICTURE}: {size} bytes")  # noqa: T201 - it is a command


async def _started(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        if b"Open this:" in line:
            return
    raise SystemExit("The demo did not start.")


async def _picture(chromium: str, base: str) -> None:
    async with aiohttp.ClientSession() as client, client.get(f"{base}/demo/viewers") as response:
        people: list[dict[str, Any]] = await response.json()
    person = next(one for one in people if one["role"] == ROLE)
    width, height = SIZE
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": width, "height": height}, locale="en-US")
        await page.goto(f"{base}/graphql#viewer={person['personId']}.{ROLE}&question={QUESTION}")
        await expect(page.locator(".chart svg").last).to_be_visible()
        await page.screenshot(path=PICTURE)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(draw())
