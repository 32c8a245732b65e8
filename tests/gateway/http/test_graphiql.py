import json
import re
from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

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
    ViewportSize,
    expect,
)

from auth.viewer import Role
from gateway.http import graphiql
from tests.gateway.generated import Generated
from tests.gateway.http.conftest import DemoViewer

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
    "ANALYST": (("analytics", "marks", "totalCount"), ("analytics", "marks", "nodes", 0, "subjectName")),
}

# A parent asks for what is a student's, and for marks that are read from a collection.
PRUNED: Final = """query Pruned {
  viewer { children { displayName tests { title } marks { nodes { value subject { name } } } } }
}"""
TOO_MUCH: Final = "query TooMuch { viewer { children { %s } } }" % " ".join(  # noqa: UP031 - braces are GraphQL's
    f"a{number}: marks(first: 100) {{ nodes {{ work {{ kind {{ name }} }} }} }}" for number in range(25)
)


class Tab:
    """A page of the browser, and everything about it that should not have happened."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        self.strangers: list[str] = []
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
        """Open *url* and go on to the query editor, which loads when it is first needed."""
        response = await self.page.goto(url)
        assert response is None or response.ok, await response.text()
        editor = self.page.get_by_role("navigation", name="Views").get_by_role("button", name="Query editor")
        await expect(editor).to_be_visible()
        if await editor.get_attribute("aria-current") is None:
            await editor.click()
        await expect(self.page.locator(".graphiql-query-editor :focus")).to_have_count(1)
        badge = self.page.locator(".badge")
        await expect(badge.or_(self.page.get_by_label("Bearer token")).first).to_be_visible()
        # The button rests while the schema is being asked for.
        await expect(self.page.get_by_label("Re-fetch GraphQL schema")).to_be_enabled()
        if "query=" not in url and await badge.count():
            await self.is_answered()

    async def is_answered(self) -> None:
        """Wait for the answer to an example, which runs by itself."""
        await expect(self.page.locator(".graphiql-response .answer-status")).to_contain_text("ms")
        await expect(self.page.get_by_role("button", name="Execute query")).to_be_visible()

    async def run(self) -> Response:
        """Press Ctrl-Enter, and wait until the answer has come and is shown."""
        # While a query runs, the same keys stop it.
        await expect(self.page.get_by_role("button", name="Execute query")).to_be_visible()
        # The answer of this request, not one of a question that was asked before.
        async with self.page.expect_request(is_question) as question:
            await self.page.keyboard.press("Control+Enter")
        response = await answer_of(await question.value)
        await expect(self.answer).to_contain_text("{")
        return response

    async def choose(self, title: str) -> None:
        """Put the example *title* into the editor, a mutation with what it finds to act upon."""
        menu = self.page.get_by_role("button", name="Examples")
        await menu.click()
        await self.page.get_by_role("menuitem", name=title, exact=True).click()
        await expect(menu).to_have_attribute("aria-busy", "false")

    async def pane(self, title: str) -> Locator:
        """Open the pane *title* beside the editor."""
        await self.page.get_by_role("button", name=f"Show {title}").click()
        return self.page.get_by_role("region", name=title, exact=True)

    async def sign_in(self, token: str) -> None:
        """Paste *token*, where there is no demo."""
        field = self.page.get_by_label("Bearer token")
        await field.fill(token)
        await field.press("Enter")

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

    async def stored_state(self) -> str:
        """All that the page leaves behind: its address and the browser's storages."""
        return str(await self.page.evaluate("JSON.stringify([location.href, {...localStorage}, {...sessionStorage}])"))


def is_question(request: Request) -> bool:
    return request.url.endswith("/graphql") and "IntrospectionQuery" not in (request.post_data or "IntrospectionQuery")


async def answer_of(question: Request) -> Response:
    response = await question.response()
    assert response is not None, question.failure
    return response


def is_answer(response: Response) -> bool:
    return is_question(response.request)


def is_introspection(response: Response) -> bool:
    return response.url.endswith("/graphql") and "IntrospectionQuery" in (response.request.post_data or "")


def at(data: object, keys: Keys) -> object:
    for key in keys:
        data = data[key]  # type: ignore[index]  # an answer of unknown shape: the test fails where it differs
    return data


async def direct_answer(base: str, viewer: DemoViewer, body: str) -> dict[str, Any]:
    """The answer of the API itself to *viewer*, without any browser."""
    headers = {"Authorization": f"Bearer {viewer['token']}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.post(f"{base}/graphql", data=body.encode()) as response,
    ):
        answer: dict[str, Any] = await response.json(content_type=None)
        return answer


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
    if page.url.startswith(demo_url):
        await page.evaluate("localStorage.clear()")  # the open pane is remembered, and is not the next test's
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
    assert answer["data"] == (await direct_answer(tab.base, viewer, response.request.post_data or ""))["data"]
    top, deep = (at(answer["data"], keys) for keys in TELLING[role])
    if role != "ANALYST":  # whose answers name nobody
        await tab.shows(viewer["name"])
    await tab.shows(json.dumps(top, ensure_ascii=False))
    assert deep
    assert (tab.complaints, tab.strangers) == ([], [])
    stored_state = await tab.stored_state()
    assert viewer["token"] not in stored_state
    assert "displayName" not in stored_state


async def test_every_example_runs_without_errors_when_viewers_are_switched(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(f"{tab.base}/graphql")
    failed: list[object] = []
    for viewer in viewers.values():
        await tab.switch.select_option(f"{viewer['personId']}.{viewer['role']}")
        await expect(tab.page.locator(".badge")).to_have_text(LABELS[viewer["role"]])
        await tab.is_answered()
        await tab.page.get_by_role("button", name="Examples").click()
        titles = await tab.page.get_by_role("menuitem").all_inner_texts()
        await tab.page.keyboard.press("Escape")
        for title in titles:
            await tab.choose(title)
            answer = await (await tab.run()).json()
            if "errors" in answer:
                failed.append((viewer["role"], title, answer["errors"]))
    assert failed == []
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_answer_and_schema_are_those_of_the_new_viewer_when_switched(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])

    async with tab.page.expect_response(is_introspection) as introspection, tab.page.expect_request(is_question) as own:
        await tab.switch.select_option(f"{viewers['STUDENT']['personId']}.STUDENT")

    schema = (await (await introspection.value).json())["data"]["__schema"]
    names = {one["name"] for one in schema["types"]}
    assert "Test" in names
    assert "Remark" not in names
    answer = await (await answer_of(await own.value)).json()
    assert answer["data"]["viewer"]["student"]["class"]["name"]
    await tab.shows(viewers["STUDENT"]["name"])
    await expect(tab.answer).not_to_contain_text("children")
    assert tab.page.url.endswith(f"#viewer={viewers['STUDENT']['personId']}.STUDENT")


async def test_a_query_that_was_answered_runs_again_when_viewers_are_switched(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    query = "query Who { viewer { role } }"
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(query)}")
    await tab.run()
    await tab.shows('"role": "PARENT"')
    async with tab.page.expect_request(is_question) as own:
        await tab.switch.select_option(f"{viewers['STUDENT']['personId']}.STUDENT")
    assert json.loads((await own.value).post_data or "{}")["query"] == query
    await tab.shows('"role": "STUDENT"')


@pytest.mark.parametrize("query", ["query Own { viewer { role } }", "mutation Own { withdrawRemark }"])
async def test_a_document_of_a_link_waits_until_somebody_runs_it(
    query: str, viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    bodies: list[str] = []
    tab.page.on("request", lambda request: bodies.append(request.post_data or ""))
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(query)}")
    async with tab.page.expect_response(is_introspection):
        await tab.switch.select_option(f"{viewers['STUDENT']['personId']}.STUDENT")
    await expect(tab.page.get_by_label("Re-fetch GraphQL schema")).to_be_enabled()
    assert [body for body in bodies if "Own" in body] == []
    await expect(tab.answer).to_have_text("")


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


@pytest.mark.parametrize(("kind", "begins"), [("CSV", b"children.displayName"), ("Excel", b"PK")])
async def test_a_list_is_saved_as_a_file(viewers: Mapping[str, DemoViewer], tab: Tab, kind: str, begins: bytes) -> None:
    query = """query Marks { viewer { children { displayName
      marks(first: 100, days: {first: "2026-11-09", last: "2026-11-15"}) { nodes { value givenOn } }
    } } }"""
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(query)}")
    await tab.page.get_by_role("button", name="Download").click()
    async with tab.page.expect_download() as downloading:
        await tab.page.get_by_role("menuitem", name=kind).click()
    file = await downloading.value
    assert file.suggested_filename == f"Marks.{'csv' if kind == 'CSV' else 'xlsx'}"
    assert Path(await file.path()).read_bytes().startswith(begins)
    assert tab.complaints == []


async def test_a_list_that_becomes_no_file_says_why(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    query = "query Marks { viewer { children { shoeSize } } }"
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(query)}")
    await tab.page.get_by_role("button", name="Download").click()
    await tab.page.get_by_role("menuitem", name="CSV").click()
    await expect(tab.notice).to_contain_text("shoeSize")


async def test_a_query_is_saved_under_the_name_that_it_has_when_it_is_saved(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.page.keyboard.press("Control+A")
    await tab.page.keyboard.insert_text("query Renamed { viewer { role } }")
    await tab.page.get_by_role("button", name="Save this question").click()
    await expect(tab.page.get_by_label("Title")).to_have_value("Renamed")


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

    await tab.sign_in("not.a.token")
    await expect(tab.notice).to_contain_text("did not accept the token")

    await tab.sign_in(f"Bearer {token}")
    await expect(tab.page.locator(".badge")).to_have_text("Teacher")
    await tab.is_answered()
    await tab.shows(viewers["TEACHER"]["name"])
    assert token not in await tab.stored_state()


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


async def test_the_cost_pane_shows_what_the_answer_cost_and_what_is_left(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    pane = await tab.pane("Cost")
    await expect(pane).to_contain_text("came without its cost")

    response = await tab.run()

    cost = (await response.json())["extensions"]["cost"]
    for name, key in (("Estimated", "estimated"), ("Actual", "actual"), ("Budget", "limit")):
        await expect(pane.get_by_role("row", name=name).get_by_role("cell")).to_have_text(f"{cost[key]:,}")
    meter = pane.get_by_role("meter", name="Share of the budget")
    await expect(meter).to_have_attribute("aria-valuetext", f"{cost['estimated']:,} of {cost['limit']:,}")
    await expect(pane).to_contain_text("% of the budget of the role Parent")
    left = re.search(r";r=(\d+)", response.headers["ratelimit"])
    assert left
    await expect(pane).to_contain_text(f"{int(left[1]):,} of")
    await expect(tab.answer).not_to_contain_text("extensions")
    assert (tab.complaints, tab.strangers) == ([], [])
    assert viewers["PARENT"]["token"] not in await tab.stored_state()


async def test_the_cost_pane_says_what_to_change_when_the_query_is_too_expensive(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(TOO_MUCH)}")
    pane = await tab.pane("Cost")

    error = (await (await tab.run()).json())["errors"][0]

    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    await expect(pane).to_contain_text("it did not run")
    await expect(pane).to_contain_text(error["message"])
    await expect(pane.get_by_role("row", name="Estimated")).to_contain_text(f"{error['extensions']['value']:,}")
    await expect(pane.get_by_role("row", name="Budget")).to_contain_text(f"{error['extensions']['maximum']:,}")


async def test_the_explain_pane_shows_what_was_taken_out_and_what_was_read(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(PRUNED)}")
    pane = await tab.pane("Explain")
    await expect(pane).to_contain_text("Run a query")

    explain_extension = (await (await tab.run()).json())["extensions"]["explain"]

    await expect(pane).to_contain_text("compiled for this run in")
    pruned = pane.get_by_role("region", name="Fields taken out").get_by_role("cell")
    await expect(pruned).to_have_text(["viewer.children.tests", "Student"])
    rows = pane.get_by_role("region", name="MongoDB commands").locator("tbody tr:first-child")
    assert "grades" in {command["connector"] for command in explain_extension["commands"]}
    shown = [(f"{one['connector']}.{one['collection']}", one["indexes"]) for one in explain_extension["commands"]]
    await expect(rows.locator("td:nth-child(1)")).to_have_text([name for name, _ in shown])
    await expect(rows.locator("td:nth-child(2)")).to_have_text(["".join(indexes) for _, indexes in shown])
    batches = pane.get_by_role("region", name="Batches of reads").locator("tbody td:nth-child(1)")
    await expect(batches).to_have_text([batch["read"] for batch in explain_extension["batches"]])
    stored_state = pane.get_by_role("region", name="Reads that are kept").locator("tbody td:nth-child(1)")
    assert explain_extension["shared"]
    await expect(stored_state).to_have_text([one["read"] for one in explain_extension["shared"]])
    await expect(tab.answer).not_to_contain_text("batches")
    await tab.run()
    await expect(pane).to_contain_text("kept from an earlier run")
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_the_explain_pane_draws_where_the_time_went(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(PRUNED)}")
    pane = await tab.pane("Explain")
    times = (await (await tab.run()).json())["extensions"]["explain"]["times"]
    assert times["prepareMs"] > 0
    assert 0 < times["completionMs"] <= times["runMs"]
    for read in times["reads"]:
        assert read["beganMs"] >= 0
        assert read["beganMs"] + read["ms"] <= times["runMs"]
    steps = pane.get_by_role("region", name="Time line").get_by_role("rowheader")
    reads = [f"reads: {read['connector']} {read['collection']}" for read in times["reads"]]
    assert reads
    await expect(steps).to_have_text(["prepare", *reads, "completion", "encoding and the way here"])


async def test_a_command_is_unfolded_by_the_keyboard(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(PRUNED)}")
    pane = await tab.pane("Explain")
    await tab.run()
    commands = pane.get_by_role("region", name="MongoDB commands")
    await expect(commands.locator("dd").first).to_be_hidden()
    await commands.locator("summary").first.press("Enter")
    await expect(commands.locator("dd").first).to_contain_text("student_id")


async def test_only_the_open_pane_is_asked_for(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    await tab.open(viewers["ANALYST"]["graphiql"])
    direct_answer = {"x-graphql-cost", "x-graphql-explain"}

    closed = await tab.run()
    cost = await tab.pane("Cost")
    await expect(cost).to_contain_text("came without its cost")
    counted = await tab.run()
    explain = await tab.pane("Explain")
    await expect(explain).to_contain_text("came without an explanation")
    explained = await tab.run()

    assert [direct_answer & set(response.request.headers) for response in (closed, counted, explained)] == [
        set(),
        {"x-graphql-cost"},
        {"x-graphql-explain"},
    ]


async def test_the_panes_tell_of_the_tab_that_is_open(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    pane = await tab.pane("Cost")
    await tab.run()
    await expect(pane).to_contain_text("MyChildren")
    await tab.page.get_by_label("New tab").click()
    await expect(pane).to_contain_text("Run a query")
    await tab.page.get_by_role("tab", name="MyChildren").click()
    await expect(pane.get_by_role("row", name="Actual")).to_be_visible()


async def test_the_panes_forget_the_answer_when_viewers_are_switched(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    pane = await tab.pane("Explain")
    await tab.run()
    await expect(pane).to_contain_text("MongoDB commands")
    await tab.switch.select_option(f"{viewers['STUDENT']['personId']}.STUDENT")
    await expect(pane).to_contain_text("MyWeek")
    await expect(pane).not_to_contain_text("MyChildren")


async def test_the_explain_pane_says_who_is_told_when_the_role_is_not(
    school: Generated, context: BrowserContext
) -> None:
    base = str(school.served.client.make_url("/")).rstrip("/")
    async with await context.new_page() as page:
        tab = Tab(page, base)
        await tab.open(f"{base}/graphql")
        pane = await tab.pane("Explain")
        await tab.sign_in(school.own(Role.ANALYST))
        await expect(page.locator(".badge")).to_have_text("Analyst")
        await tab.is_answered()
        await expect(pane).to_contain_text("explains nothing to the role Analyst. Administrators are told")

        await page.get_by_role("button", name="Sign out").click()
        await tab.sign_in(school.own(Role.ADMINISTRATOR))
        await expect(page.locator(".badge")).to_have_text("Administrator")
        await tab.is_answered()
        await expect(pane.get_by_role("region", name="MongoDB commands")).to_be_visible()


PHONE: Final[ViewportSize] = {"width": 375, "height": 667}
CONTROLS: Final = (
    *(".bar-brand", ".bar select", ".bar .badge", ".bar button", ".graphiql-sidebar button"),
    *(".graphiql-plugin", ".graphiql-tab-add", ".graphiql-execute-button", ".graphiql-toolbar-button"),
    *(".graphiql-query-editor .view-lines", ".graphiql-editor-tools", ".graphiql-response"),
)


@pytest.fixture
async def phone(browser: Browser, demo_url: str) -> AsyncIterator[Tab]:
    """A page as narrow as a small phone."""
    context = await browser.new_context(viewport=PHONE)
    yield Tab(await context.new_page(), demo_url)
    await context.close()


async def overlapping(page: Page) -> list[str]:
    """The controls that share a part of the screen without one being inside of the other."""
    found: list[str] = await page.evaluate(
        """(selectors) => {
            const shown = selectors.flatMap((s) => [...document.querySelectorAll(s)]).flatMap((element) => {
                let { left, top, right, bottom } = element.getBoundingClientRect();
                for (let box = element.parentElement; box; box = box.parentElement) {
                    if (getComputedStyle(box).overflow === 'visible') continue;
                    const clip = box.getBoundingClientRect();
                    left = Math.max(left, clip.left); right = Math.min(right, clip.right);
                    top = Math.max(top, clip.top); bottom = Math.min(bottom, clip.bottom);
                }
                return right > left && bottom > top ? [{ element, box: { left, top, right, bottom } }] : [];
            });
            const name = ({ element }) => element.getAttribute('aria-label') || element.className || element.tagName;
            return shown.flatMap((a, index) => shown.slice(index + 1).flatMap((b) => {
                if (a.element.contains(b.element) || b.element.contains(a.element)) return [];
                const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
                const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
                return width > 1 && height > 1 ? [`${name(a)} / ${name(b)}`] : [];
            }));
        }""",
        list(CONTROLS),
    )
    return found


@pytest.mark.parametrize("pane", [None, "Documentation Explorer", "GraphiQL Explorer", "History", "Cost", "Explain"])
async def test_nothing_overlaps_or_is_cut_off_on_a_phone(
    pane: str | None, viewers: Mapping[str, DemoViewer], phone: Tab
) -> None:
    await phone.open(viewers["PARENT"]["graphiql"])
    if pane:
        await phone.page.get_by_role("button", name=f"Show {pane}").click()
        await expect(phone.page.locator(".graphiql-plugin")).to_be_visible()
    await phone.run()
    assert await overlapping(phone.page) == []
    assert await phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.complaints == []


async def test_the_viewer_select_has_its_label_on_a_phone_and_the_page_a_main_landmark(
    viewers: Mapping[str, DemoViewer], phone: Tab
) -> None:
    await phone.open(viewers["PARENT"]["graphiql"])
    await expect(phone.page.get_by_role("combobox", name="Signed in as")).to_be_visible()
    await expect(phone.page.get_by_role("main")).to_have_count(1)
    await expect(phone.page.get_by_role("main").locator(".graphiql-query-editor")).to_be_visible()


async def test_letters_that_look_like_latin_ones_have_no_box(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    async def answer(route: Route) -> None:
        if "MyChildren" in (route.request.post_data or ""):
            await route.fulfill(json={"data": {"text": "Не принёс тетрадь"}})
        else:
            await route.continue_()

    await tab.page.route("**/graphql", answer)
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.run()
    await tab.shows("Не принёс тетрадь")
    # Monaco looks through a text a quarter of a second after it has come.
    with pytest.raises(AssertionError):
        await expect(tab.page.locator(".unicode-highlight")).not_to_have_count(0, timeout=2_000)


async def test_the_explorer_opens_at_its_beginning(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    await tab.page.set_viewport_size({"width": 1280, "height": 500})
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.page.get_by_role("button", name="Show GraphiQL Explorer").click()
    explorer = tab.page.locator(".graphiql-plugin")
    await expect(explorer.get_by_text("children", exact=True)).to_be_attached()
    await expect(explorer.get_by_text("query", exact=True).first).to_be_in_viewport()
    await expect(explorer.locator("input:focus")).to_have_count(0)


async def test_the_documentation_finds_a_field_by_its_russian_name_and_gives_its_operation(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.page.keyboard.press("Control+Alt+KeyK")
    search = tab.page.get_by_label("Search by name or meaning")
    await expect(search).to_be_focused()
    await search.fill("замечания")
    await tab.page.get_by_role("button", name="Student.remarks").click()
    docs = tab.page.locator(".graphiql-plugin")
    await expect(docs.locator(".graphiql-doc-explorer-title")).to_have_text("remarks")

    await docs.get_by_role("button", name="Copy as TypeScript").click()
    await expect(tab.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    copied = await tab.page.evaluate("navigator.clipboard.readText()")
    assert "export interface RemarksVariables" in copied
    assert "student(id: $id)" in copied
    await docs.get_by_role("button", name="Open in the editor").click()
    await expect(tab.page.locator(".graphiql-query-editor .view-lines")).to_contain_text("Remarks")
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_the_documentation_of_a_student_knows_nothing_of_remarks(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["STUDENT"]["graphiql"])
    await tab.page.get_by_role("button", name="Show Documentation Explorer").click()
    await tab.page.get_by_label("Search by name or meaning").fill("замечания")
    await expect(tab.page.locator(".graphiql-plugin").get_by_role("status")).to_have_text(
        "Nothing of this role is called so."
    )


async def test_the_history_says_why_it_is_empty(viewers: Mapping[str, DemoViewer], tab: Tab) -> None:
    await tab.open(f"{viewers['PARENT']['graphiql']}&query={quote(PRUNED)}")
    await tab.page.get_by_role("button", name="Show History").click()
    reason = tab.page.locator(".graphiql-plugin").get_by_text("none is stored")
    await expect(reason).to_be_visible()
    await tab.page.locator(".graphiql-query-editor .view-lines").click()
    await tab.run()
    await expect(reason).to_have_count(0)


async def test_the_history_outlives_the_page_only_where_somebody_asked(
    viewers: Mapping[str, DemoViewer], tab: Tab
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.page.get_by_role("button", name="Show History").click()
    await tab.page.locator(".graphiql-query-editor .view-lines").click()
    await tab.run()
    assert "MyChildren" not in await tab.stored_state()

    await tab.page.get_by_label("Keep the history in this browser").check()
    stored = await tab.stored_state()
    assert "MyChildren" in stored
    assert viewers["PARENT"]["token"] not in stored
    assert viewers["PARENT"]["name"] not in stored

    await tab.page.get_by_label("Keep the history in this browser").uncheck()
    assert "MyChildren" not in await tab.stored_state()


@pytest.mark.usefixtures("graphiql_page")
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
