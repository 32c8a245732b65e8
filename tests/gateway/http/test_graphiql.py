import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, TypedDict

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    Route,
    async_playwright,
    expect,
)

from gateway.http import graphiql
from tests.requiring import lacking

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OFFLINE: Final = ("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
LABELS: Final = {
    "STUDENT": "Student",
    "PARENT": "Parent",
    "TEACHER": "Teacher",
    "CLASS_TEACHER": "Class teacher",
    "ADMINISTRATOR": "Administrator",
    "ANALYST": "Analyst",
}

# Per role: a value to be seen at the top of the answer, and one that shows that there is something further down.
Keys = tuple[str | int, ...]
TELLING: Final[Mapping[str, tuple[Keys, Keys]]] = {
    "STUDENT": (("viewer", "student", "class", "name"), ("viewer", "student", "diary", "days", 0, "date")),
    "PARENT": (("viewer", "children", 0, "displayName"), ("viewer", "children", 0, "diary", "days", 0, "date")),
    "TEACHER": (("viewer", "classes", 0, "name"), ("students", "nodes", 0, "displayName")),
    "CLASS_TEACHER": (
        ("viewer", "classes", 0, "name"),
        ("viewer", "classes", 0, "students", "nodes", 0, "displayName"),
    ),
    "ADMINISTRATOR": (("viewer", "school", "name"), ("classes", "nodes", 0, "name")),
    "ANALYST": (("viewer", "school", "name"), ("viewer", "school", "bells", 0, "startsAt")),
}


class DemoViewer(TypedDict):
    role: str
    name: str
    personId: str
    token: str
    graphiql: str


class Tab:
    """A page of the browser, and everything about it that should not have happened."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.set_default_timeout(10_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", f"blob:{self.base}")):
            self.strangers.append(request.url)

    async def open(self, url: str) -> None:
        response = await self.page.goto(url)
        assert response is None or response.ok, await response.text()
        await expect(self.page.locator(".graphiql-query-editor :focus")).to_have_count(1, timeout=20_000)
        # The button rests while the schema is being asked for.
        await expect(self.page.get_by_label("Re-fetch GraphQL schema")).to_be_enabled()

    async def run(self) -> Response:
        """Press Ctrl-Enter, and wait until the answer has come and is shown."""
        async with self.page.expect_response(is_answer) as answer:
            await self.page.keyboard.press("Control+Enter")
        response = await answer.value
        await expect(self.answer).to_contain_text("{")
        return response

    @property
    def switch(self) -> Locator:
        return self.page.get_by_label("Signed in as")

    @property
    def notice(self) -> Locator:
        return self.page.locator(".notice[role=alert]")

    @property
    def answer(self) -> Locator:
        return self.page.locator(".graphiql-response .view-lines")

    async def shows(self, text: str) -> None:
        """Expect *text* in the answer's pane, whose spaces are no-break ones and whose long lines are wrapped."""
        await expect(self.answer).to_contain_text(re.compile(r"\s*".join(map(re.escape, text.split()))))

    async def kept(self) -> str:
        """All that the page leaves behind: its address and the browser's storages."""
        return str(await self.page.evaluate("JSON.stringify([location.href, {...localStorage}, {...sessionStorage}])"))


def is_answer(response: Response) -> bool:
    return response.url.endswith("/graphql") and "IntrospectionQuery" not in (
        response.request.post_data or "Introspection"
    )


def is_introspection(response: Response) -> bool:
    return response.url.endswith("/graphql") and "IntrospectionQuery" in (response.request.post_data or "")


def at(data: object, keys: Keys) -> object:
    for key in keys:
        data = data[key]  # type: ignore[index]  # an answer of unknown shape: the test fails where it differs
    return data


async def asked(base: str, viewer: DemoViewer, body: str) -> dict[str, Any]:
    """What the API itself answers *viewer*, without any browser."""
    headers = {"Authorization": f"Bearer {viewer['token']}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.post(f"{base}/graphql", data=body.encode()) as response,
    ):
        answer: dict[str, Any] = await response.json(content_type=None)
        return answer


@pytest.fixture(scope="module")
async def viewers(demo_url: str) -> Mapping[str, DemoViewer]:
    """One viewer of each role, the first that the demo names."""
    async with aiohttp.ClientSession() as client, client.get(f"{demo_url}/demo/viewers") as response:
        named: list[DemoViewer] = await response.json()
    return {viewer["role"]: viewer for viewer in reversed(named)}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        lacking("there is no Chromium here: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(OFFLINE))
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """One profile for all tests, so that only the first loads the assets."""
    context = await browser.new_context(viewport={"width": 1400, "height": 1200})
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    await context.close()


@pytest.fixture
async def tab(context: BrowserContext, demo_url: str) -> AsyncIterator[Tab]:
    page = await context.new_page()
    yield Tab(page, demo_url)
    await page.close()


@pytest.mark.parametrize("role", LABELS)
async def test_the_example_shows_the_data_when_opened_by_the_link_of_a_role(
    role: str, viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    viewer = viewers[role]
    await tab.open(viewer["graphiql"])
    await expect(tab.page.locator(".badge")).to_have_text(LABELS[role])

    response = await tab.run()

    answer = await response.json()
    assert "errors" not in answer
    assert answer["data"] == (await asked(tab.base, viewer, response.request.post_data or ""))["data"]
    top, deep = (at(answer["data"], keys) for keys in TELLING[role])
    await tab.shows(viewer["name"])
    await tab.shows(json.dumps(top, ensure_ascii=False))
    assert deep
    assert (tab.complaints, tab.strangers) == ([], [])
    kept = await tab.kept()
    assert viewer["token"] not in kept
    assert "displayName" not in kept


async def test_every_example_runs_without_errors_when_viewers_are_switched(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(f"{tab.base}/graphql")
    failed: list[object] = []
    for viewer in viewers.values():
        await tab.switch.select_option(f"{viewer['personId']}.{viewer['role']}")
        await expect(tab.page.locator(".badge")).to_have_text(LABELS[viewer["role"]])
        menu = tab.page.get_by_role("button", name="Examples")
        await menu.click()
        titles = await tab.page.get_by_role("menuitem").all_inner_texts()
        await tab.page.keyboard.press("Escape")
        for title in titles:
            await menu.click()
            await tab.page.get_by_role("menuitem", name=title).click()
            answer = await (await tab.run()).json()
            if "errors" in answer:
                failed.append((viewer["role"], title, answer["errors"]))
    assert failed == []
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_answer_and_schema_are_those_of_the_new_viewer_when_switched(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.run()

    async with tab.page.expect_response(is_introspection) as introspection:
        await tab.switch.select_option(f"{viewers['STUDENT']['personId']}.STUDENT")

    schema = (await (await introspection.value).json())["data"]["__schema"]
    names = {one["name"] for one in schema["types"]}
    assert "Test" in names
    assert "Remark" not in names
    await expect(tab.answer).to_have_text("")
    assert tab.page.url.endswith(f"#viewer={viewers['STUDENT']['personId']}.STUDENT")


async def test_a_share_link_opens_the_same_query_and_names_no_token(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    query = "query Shared { viewer { role person { displayName } } } # a+b & c"
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.page.keyboard.press("Control+A")
    await tab.page.keyboard.insert_text(query)
    await tab.page.get_by_role("button", name="Share link").click()
    await expect(tab.page.get_by_role("status")).to_contain_text("Link copied")
    link = await tab.page.evaluate("navigator.clipboard.readText()")
    assert viewers["PARENT"]["token"] not in link

    await tab.page.goto("about:blank")
    await tab.open(link)
    response = await tab.run()

    assert json.loads(response.request.post_data or "{}")["query"] == query
    assert (await response.json())["data"]["viewer"]["role"] == "PARENT"


async def test_the_curl_command_leaves_the_token_to_the_shell(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    await tab.open(viewers["STUDENT"]["graphiql"])
    await tab.page.get_by_role("button", name="Copy as curl").click()
    await expect(tab.page.get_by_role("status")).to_contain_text("Copied")
    command = await tab.page.evaluate("navigator.clipboard.readText()")
    assert viewers["STUDENT"]["token"] not in command
    assert '"Authorization: Bearer $TOKEN"' in command
    assert "query MyWeek" in command


async def test_a_message_says_so_when_the_link_names_an_unknown_viewer(tab: Tab) -> None:
    await tab.open(f"{tab.base}/graphql#viewer=per_nobody.PARENT")
    await expect(tab.notice).to_contain_text("no viewer per_nobody.PARENT")


async def test_a_pasted_token_signs_in_and_is_kept_nowhere_when_there_is_no_demo(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    token = viewers["TEACHER"]["token"]
    await tab.page.route("**/demo/viewers", lambda route: route.fulfill(status=404))
    await tab.open(f"{tab.base}/graphql")
    field = tab.page.get_by_label("Bearer token")

    await field.fill("not.a.token")
    await field.press("Enter")
    await expect(tab.notice).to_contain_text("did not accept the token")

    await field.fill(f"Bearer {token}")
    await field.press("Enter")
    await expect(tab.page.locator(".badge")).to_have_text("Teacher")
    await tab.run()
    await tab.shows(viewers["TEACHER"]["name"])
    assert token not in await tab.kept()


async def test_a_message_offers_to_sign_in_again_when_the_token_has_expired(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    refusal = {"errors": [{"message": "Token expired", "extensions": {"code": "TOKEN_EXPIRED"}}]}
    await tab.open(viewers["STUDENT"]["graphiql"])
    await tab.page.route("**/graphql", lambda route: route.fulfill(status=401, json=refusal))
    await tab.run()
    await expect(tab.notice).to_contain_text("The token has expired")

    await tab.page.unroute("**/graphql")
    await tab.page.get_by_role("button", name="Sign in again").click()
    await expect(tab.notice).to_have_count(0)


async def test_a_message_says_so_when_the_gateway_cannot_be_reached(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    async def unplugged(route: Route) -> None:
        await route.abort("connectionrefused")

    await tab.open(viewers["STUDENT"]["graphiql"])
    await tab.page.route("**/graphql", unplugged)
    await tab.page.keyboard.press("Control+Enter")
    await expect(tab.notice).to_contain_text("cannot be reached")


async def test_the_page_allows_nothing_from_elsewhere(demo_url: str) -> None:
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{demo_url}/graphql", headers={"Accept": "text/html"}) as response,
    ):
        policy = response.headers["Content-Security-Policy"]
        assert response.content_type == "text/html"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


@pytest.fixture
async def built(tmp_path: Path) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """The handlers alone, over a page of one asset."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1a2b.js").write_text("0")
    (tmp_path / "secret.txt").write_text("not an asset")
    app = web.Application()
    app.add_routes([*graphiql.routes(tmp_path), web.get("/graphql", partial(graphiql.page, dist=tmp_path))])
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_an_asset_is_kept_for_ever_when_its_name_carries_its_hash(
    built: TestClient[web.Request, web.Application],
) -> None:
    async with built.get("/graphiql/assets/index-1a2b.js") as response:
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Security-Policy"] == graphiql.POLICY


@pytest.mark.parametrize("name", ["missing.js", "..%2fsecret.txt"])
async def test_nothing_is_served_when_no_asset_has_the_name(
    name: str, built: TestClient[web.Request, web.Application]
) -> None:
    async with built.get(f"/graphiql/assets/{name}") as response:
        assert response.status == 404


async def test_a_message_says_how_to_build_it_when_the_page_is_not_built(
    built: TestClient[web.Request, web.Application],
) -> None:
    async with built.get("/graphql") as response:
        assert response.status == 503
        assert "make demo" in await response.text()
