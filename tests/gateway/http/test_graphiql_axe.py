"""The page is fit for everybody: axe-core finds nothing serious in any part of it, light or dark."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.gateway.http.conftest import DemoViewer
from tests.requiring import ROOT, built

AXE: Final = "tests/axe/node_modules/axe-core/axe.min.js"
RUN: Final = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target.join(' '), failureSummary]))"""

Scheme = Literal["light", "dark"]

# GraphiQL puts the button that closes a tab into the tab: no style mends that.
OF_GRAPHIQL: Final = {("nested-interactive", "li")}


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    built("tests/axe/node_modules/.package-lock.json")
    return (ROOT / AXE).read_text()


@pytest.fixture(params=["light", "dark"])
async def page(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[Page]:
    scheme: Scheme = request.param
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-US", color_scheme=scheme, bypass_csp=True
    )
    yield await context.new_page()
    await context.close()


async def questions(page: Page) -> None:
    await expect(page.locator(".chart svg").last).to_be_visible()


async def table(page: Page) -> None:
    await page.get_by_role("tab", name="Table").click()
    await expect(page.locator("tbody tr").first).to_be_visible()


async def editor(page: Page) -> None:
    await page.get_by_role("button", name="Query editor").click()
    await expect(page.locator(".graphiql-query-editor :focus")).to_have_count(1)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".graphiql-response .answer-status")).to_contain_text("ms")


async def compare(page: Page) -> None:
    await page.get_by_role("button", name="Two roles").click()
    await expect(page.get_by_role("region", name="Answer")).to_be_visible()


async def dictionary(page: Page) -> None:
    await page.get_by_role("button", name="Dictionary").click()
    await page.get_by_label("Search by name or meaning").fill("homework")
    await expect(page.get_by_role("listitem", name="Student.homework", exact=True)).to_be_visible()


@pytest.mark.parametrize("part", [questions, table, editor, compare, dictionary])
async def test_axe_finds_nothing_serious(
    part: Callable[[Page], Awaitable[None]], page: Page, viewers: Mapping[str, DemoViewer], axe: str
) -> None:
    await page.goto(viewers["PARENT"]["graphiql"])
    await expect(page.locator(".answer-status")).to_contain_text("ms")
    await part(page)
    await page.evaluate(axe)
    found: list[list[str]] = await page.evaluate(RUN)
    assert [fault for fault in found if (fault[0], fault[1]) not in OF_GRAPHIQL] == []
