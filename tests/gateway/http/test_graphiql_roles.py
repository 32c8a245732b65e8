"""Two roles side by side, and the dictionary of a role, in a real browser."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Final
from urllib.parse import urljoin

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from tests.gateway.http.conftest import DemoViewer
from tests.gateway.http.test_graphiql import PHONE, Tab, direct_answer, overlapping

RULES: Final = {"student.remarks": "Taken out: only Parent", "student.tests": "Taken out: only Student"}


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield await context.new_page()
    await context.close()


async def test_a_student_and_a_parent_differ_in_remarks_and_tests_alone(page: Page, demo_url: str) -> None:
    tab = Tab(page, demo_url)
    await page.goto(f"{demo_url}/?lang=en")
    await page.get_by_role("link", name=re.compile("Side by side")).click()
    answer = page.get_by_role("region", name="Answer")
    await expect(answer).to_contain_text("2 fields are taken out")
    await expect(answer).to_contain_text("0 values differ")
    for path, rule in RULES.items():
        row = answer.get_by_role("row", name=path)
        await expect(row).to_contain_text(rule)
    equal = answer.locator("tr[data-is=equal]")
    assert await equal.count() > 10
    await expect(answer.locator("tr[data-is=pruned]")).to_have_count(2)

    await answer.get_by_role("checkbox").check()
    await expect(equal).to_have_count(0)
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_values_that_differ_are_marked(page: Page, viewers: Mapping[str, DemoViewer], demo_url: str) -> None:
    await page.goto(f"{viewers['TEACHER']['graphiql']}&section=compare")
    await page.locator(".compare-query summary").click()
    await page.get_by_role("textbox", name="Query", exact=True).fill("{ viewer { role } school { name } }")
    await page.get_by_role("textbox", name="Variables").fill("")
    await page.get_by_role("button", name="Compare").click()
    differing = page.locator("tr[data-is=different]")
    await expect(differing).to_have_count(1)
    await expect(differing).to_contain_text("TEACHER")
    assert "eyJ" not in await Tab(page, demo_url).stored_state()


async def test_a_developer_finds_a_field_by_its_russian_name_and_copies_its_operation(
    page: Page, viewers: Mapping[str, DemoViewer], demo_url: str
) -> None:
    tab = Tab(page, demo_url)
    await page.goto(urljoin(demo_url, f"/dictionary#viewer={viewers['PARENT']['personId']}.PARENT"))
    await page.get_by_label("Search by name or meaning").fill("посещаемость")
    await expect(page.get_by_role("listitem", name="Student.attendance", exact=True)).to_be_visible()
    await page.get_by_label("Search by name or meaning").fill("замечания")
    field = page.get_by_role("listitem", name="Student.remarks", exact=True)
    await field.get_by_role("button", name="Copy operation").click()
    await expect(page.locator(".copied")).to_have_text("Copied.")
    operation = await page.evaluate("navigator.clipboard.readText()")
    assert operation.startswith("query Remarks($id: ID!) {\n  student(id: $id) {\n    remarks(first: 20) {\n")

    parent = viewers["PARENT"]
    body = {"query": operation, "variables": {"id": parent["studentIds"][0]}}
    answer = await direct_answer(demo_url, parent, json.dumps(body))
    assert "errors" not in answer
    assert set(answer["data"]["student"]["remarks"]["nodes"][0]) >= {"text", "madeOn"}

    await field.get_by_role("button", name="Copy as TypeScript").click()
    await expect(page.locator(".copied")).to_have_text("Copied.")
    await page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('interface')")
    typed = await page.evaluate("navigator.clipboard.readText()")
    assert "export interface RemarksVariables {\n  id: string;\n}" in typed
    assert "text: string;" in typed
    assert "remarks: {\n      nodes: Array<{" in typed
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_the_dictionary_of_a_student_has_no_word_of_remarks(
    page: Page, viewers: Mapping[str, DemoViewer], demo_url: str
) -> None:
    await page.goto(urljoin(demo_url, f"/dictionary#viewer={viewers['STUDENT']['personId']}.STUDENT"))
    await expect(page.get_by_role("heading", name="Query", exact=True)).to_be_visible()
    text = await page.locator("main").evaluate("(main) => main.textContent")
    assert "homework" in text
    assert re.findall(r"(?i)remark|замечан", text) == []
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Schema as SDL").click()
    assert (await downloading.value).suggested_filename == "schema.student.graphql"


async def test_the_dictionary_asks_nothing_without_a_viewer(page: Page, demo_url: str) -> None:
    await page.route("**/demo/viewers", lambda route: route.fulfill(status=404))
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    await page.goto(urljoin(demo_url, "/dictionary"))
    await expect(page.get_by_text("Sign in to see the dictionary of your role.")).to_be_visible()
    assert [url for url in urls if url.endswith("/graphql")] == []


@pytest.mark.usefixtures("graphiql_page")
async def test_the_dictionary_has_the_headers_of_the_page(demo_url: str) -> None:
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{demo_url}/graphql", headers={"Accept": "text/html"}) as page:
            expected = page.headers["Content-Security-Policy"]
        async with client.get(f"{demo_url}/dictionary") as dictionary:
            assert dictionary.headers["Content-Security-Policy"] == expected
            assert dictionary.content_type == "text/html"


@pytest.mark.parametrize("section", ["compare", "dictionary"])
async def test_nothing_is_cut_off_on_a_phone(
    section: str, browser: Browser, viewers: Mapping[str, DemoViewer], demo_url: str
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="ru-RU")
    tab = Tab(await context.new_page(), demo_url)
    await tab.page.goto(f"{viewers['PARENT']['graphiql']}&section={section}")
    await expect(tab.page.get_by_role("heading", level=2)).to_be_visible()
    await expect(tab.page.locator(".table-scroll, .dictionary-type").first).to_be_visible()
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await overlapping(tab.page) == []
    assert (tab.complaints, tab.strangers) == ([], [])
    await context.close()
