"""People who know no GraphQL ask questions of the gallery by clicks alone."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from playwright.async_api import Browser, Locator, Response, expect

from tests.gateway.http.chromium import count_bytes
from tests.gateway.http.conftest import DemoViewer
from tests.gateway.http.test_graphiql import PHONE, Tab, is_answer, overlapping

FIRST_QUESTIONS: Final = {
    "STUDENT": "How am I doing?",
    "PARENT": "How is my child doing?",
    "TEACHER": "How are the averages spread?",
    "CLASS_TEACHER": "How does the class attend?",
    "ADMINISTRATOR": "Which classes miss most lessons?",
    "ANALYST": "Which classes miss most lessons?",
}
FIRST_USE_BYTES: Final = 2_000_000


class Asking(Tab):
    """A tab that shows the gallery of questions."""

    async def open(self, url: str) -> None:
        response = await self.page.goto(url)
        assert response is None or response.ok, await response.text()
        await self.is_answered()

    async def is_answered(self) -> None:
        """Wait until what the answer took is shown, and nothing is under way."""
        await expect(self.answers.locator(".answer-status")).to_contain_text("ms")
        await expect(self.page.get_by_role("button", name="Show", exact=True)).to_have_attribute("aria-busy", "false")

    @property
    def answers(self) -> Locator:
        return self.page.get_by_role("region", name="Answer")

    async def pick(self, title: str) -> Response:
        """Click a question and wait for its answer, which is the last one."""
        gallery = self.page.get_by_role("navigation", name="Ask a question")
        async with self.page.expect_response(is_asked) as answer:
            await gallery.get_by_role("button", name=title, exact=True).click()
        response = await answer.value
        await self.is_answered()
        return response

    async def turn_to(self, view: str) -> None:
        await self.answers.get_by_role("tab", name=view, exact=True).click()

    @property
    def rows(self) -> Locator:
        return self.answers.locator("tbody tr")

    @property
    def chart(self) -> Locator:
        return self.answers.locator(".chart svg").last

    async def save(self, kind: str) -> bytes:
        """Have the browser save the file, and read it."""
        await self.turn_to("File")
        async with self.page.expect_download() as downloading:
            await self.answers.get_by_role("button", name=kind).click()
        return Path(await (await downloading.value).path()).read_bytes()


def is_asked(response: Response) -> bool:
    """Whether the answer is one of a named operation: the choices of a form are read without a name."""
    return is_answer(response) and "operationName" in json.loads(response.request.post_data or "{}")


@pytest.fixture
async def tab(browser: Browser, demo_url: str) -> AsyncIterator[Asking]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield Asking(await context.new_page(), demo_url)
    await context.close()


@pytest.mark.parametrize("role", FIRST_QUESTIONS)
async def test_every_question_of_a_role_is_answered_and_shown_in_every_way(
    role: str, viewers: Mapping[str, DemoViewer], tab: Asking
) -> None:
    await tab.open(viewers[role]["graphiql"])
    await expect(tab.page.get_by_role("heading", level=2)).to_have_text(FIRST_QUESTIONS[role])
    titles = await tab.page.locator(".gallery li button").all_inner_texts()
    assert titles[0] == FIRST_QUESTIONS[role]
    failed: list[object] = []
    for title in titles:
        answer = await (await tab.pick(title)).json()
        if "errors" in answer:
            failed.append((title, answer["errors"]))
        for view in ("Chart", "JSON", "Table"):
            await tab.turn_to(view)
            await expect(tab.answers.get_by_role("tabpanel")).not_to_be_empty()
    assert failed == []
    assert (tab.complaints, tab.strangers) == ([], [])
    assert viewers[role]["token"] not in await tab.stored_state()


async def test_a_parent_finds_the_worst_subject_as_table_chart_and_file(
    viewers: Mapping[str, DemoViewer], tab: Asking
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    answer = await (await tab.pick("Which subject does my child do worst in this term?")).json()
    subjects = answer["data"]["student"]["performance"]
    worst = min((one for one in subjects if one["average"] is not None), key=lambda one: float(one["average"]))

    await expect(tab.answers.locator(".table-constants")).to_contain_text(answer["data"]["student"]["displayName"])
    await expect(tab.rows.first).to_contain_text(worst["average"])
    names = [one["subject"]["name"] for one in subjects if one["average"] == worst["average"]]
    await expect(tab.rows.first).to_contain_text(re.compile("|".join(map(re.escape, names))))
    await tab.turn_to("Chart")
    await expect(tab.chart).to_contain_text(worst["subject"]["name"][:12])
    assert worst["subject"]["name"] in (await tab.save("CSV")).decode("utf-8-sig")
    assert (await tab.save("Excel")).startswith(b"PK")
    assert (await tab.save("PDF")).startswith(b"%PDF")
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_a_parent_gets_the_address_of_a_calendar(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.pick("Which lessons are there this week?")
    await tab.turn_to("File")
    await tab.answers.get_by_role("button", name="Calendar (ICS)").click()
    address = await tab.answers.get_by_role("textbox", name="An address for a calendar program").input_value()
    assert address.startswith(f"{tab.base}/calendar/")
    async with aiohttp.ClientSession() as client, client.get(address) as response:
        assert response.content_type == "text/calendar"
        assert "BEGIN:VEVENT" in await response.text()


async def test_a_parent_finds_what_is_due_tomorrow(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    response = await tab.pick("What is due tomorrow?")
    variables = json.loads(response.request.post_data or "{}")["variables"]
    assert variables["days"] == {"first": "2026-11-19", "last": "2026-11-19"}  # the day after the demo's
    homework = (await response.json())["data"]["student"]["homework"]["nodes"]
    assert homework
    await expect(tab.rows).to_have_count(len(homework))
    await expect(tab.rows.first).to_contain_text(homework[0]["text"])
    await tab.turn_to("Chart")
    await expect(tab.chart).to_contain_text(homework[0]["subject"]["name"][:12])
    assert homework[0]["text"] in (await tab.save("CSV")).decode("utf-8-sig")


async def test_an_analyst_finds_the_classes_that_miss_most(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(viewers["ANALYST"]["graphiql"])
    answer = await (await tab.pick("Which classes miss most lessons?")).json()
    first = answer["data"]["analytics"]["attendance"]["nodes"][0]
    await expect(tab.chart).to_contain_text(first["className"])
    await tab.turn_to("Table")
    await expect(tab.rows.first).to_contain_text(first["className"])
    await expect(tab.rows.first).to_contain_text(first["missedPerStudent"])
    assert first["className"] in (await tab.save("CSV")).decode("utf-8-sig")


async def test_a_saved_query_of_the_gateway_is_a_question_with_an_address_for_spreadsheets(
    viewers: Mapping[str, DemoViewer], tab: Asking
) -> None:
    await tab.open(viewers["ANALYST"]["graphiql"])
    await tab.pick("Which subjects fall behind in which grade levels")
    async with tab.page.expect_response(is_asked) as awaited:
        await tab.page.get_by_role("combobox", name="Grade level").select_option("7")
    response = await awaited.value
    sent = json.loads(response.request.post_data or "{}")["variables"]
    assert sent == {"term": "CURRENT_TERM", "grade": 7, "municipality": None}
    await tab.is_answered()
    await expect(tab.rows).to_have_count(len((await response.json())["data"]["analytics"]["marks"]["nodes"]))
    assert (await tab.save("CSV")).startswith(b"schoolName")

    await tab.answers.get_by_role("button", name="Address for spreadsheets").click()
    address = await tab.answers.get_by_role("textbox", name="An address from which a spreadsheet").input_value()
    assert address.startswith(f"{tab.base}/q/subjects-behind.csv?term=CURRENT_TERM&grade=7&lang=en&key=")
    async with aiohttp.ClientSession() as client, client.get(address) as fetched:
        assert fetched.status == 200
        assert (await fetched.text()).startswith("schoolName")

    async with tab.page.expect_response(is_asked) as awaited:
        await tab.page.get_by_label("Only this municipality, by its name").fill("Нигде")
        await tab.page.keyboard.press("Enter")
    assert json.loads((await awaited.value).request.post_data or "{}")["variables"]["municipality"] == "Нигде"


async def test_a_link_to_a_saved_query_of_the_gateway_opens_it(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(f"{viewers['PARENT']['graphiql']}&question=q%2Freport-card")
    await expect(tab.page.get_by_role("heading", level=2)).to_have_text("Report card")
    await expect(tab.page.get_by_role("combobox", name=re.compile("^Student"))).to_be_visible()
    assert (await tab.save("PDF")).startswith(b"%PDF")
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_the_question_is_asked_again_when_another_viewer_is_chosen(
    viewers: Mapping[str, DemoViewer], tab: Asking
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    async with tab.page.expect_response(is_asked) as answer:
        await tab.switch.select_option(f"{viewers['STUDENT']['personId']}.STUDENT")
    assert (await (await answer.value).json())["data"]["student"]["displayName"] == viewers["STUDENT"]["name"]
    await expect(tab.page.get_by_role("heading", level=2)).to_have_text(FIRST_QUESTIONS["STUDENT"])
    await tab.is_answered()


async def test_a_choice_in_the_form_asks_anew(people: Sequence[DemoViewer], tab: Asking) -> None:
    parent = next(one for one in people if one["role"] == "PARENT" and len(one["studentIds"]) > 1)
    await tab.open(parent["graphiql"])
    student = tab.page.get_by_label("Student")
    names = await student.locator("option").all_inner_texts()
    assert not any("stu_" in name for name in names)
    async with tab.page.expect_response(is_asked) as answer:
        await student.select_option(label=names[1])
    chosen = (await (await answer.value).json())["data"]["student"]["displayName"]
    assert names[1].startswith(chosen)


async def test_a_table_is_sorted_copied_and_its_columns_hidden(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(viewers["ANALYST"]["graphiql"])
    await tab.turn_to("Table")
    students = tab.answers.get_by_role("columnheader", name="Students", exact=True)
    await students.get_by_role("button").click()
    await expect(students).to_have_attribute("aria-sort", "ascending")
    await expect(tab.answers.locator("tfoot")).to_contain_text("mean")
    await expect(tab.answers.locator("tfoot")).to_contain_text("sum")
    heads = await tab.answers.get_by_role("columnheader").all_inner_texts()
    place = 1 + next(index for index, head in enumerate(heads) if head.startswith("Students"))
    shown = [int(text) for text in await tab.answers.locator(f"tbody td:nth-child({place})").all_inner_texts() if text]
    assert shown == sorted(shown)
    await tab.answers.locator("summary", has_text="Columns").click()
    await tab.answers.get_by_role("checkbox", name=re.compile("School")).uncheck()
    await expect(tab.answers.get_by_role("columnheader", name="School")).to_have_count(0)
    await tab.answers.get_by_role("button", name="Copy as TSV").click()
    await expect(tab.page.get_by_role("status")).to_contain_text("Copied")
    [head, *rows] = (await tab.page.evaluate("navigator.clipboard.readText()")).split("\n")
    assert "School" not in head.split("\t")
    assert len(rows) == await tab.rows.count()


async def test_a_link_to_a_question_opens_it_with_its_choices(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.pick("What is due tomorrow?")
    await tab.page.get_by_role("combobox", name="Due").select_option("next7")
    await tab.turn_to("JSON")
    await tab.page.get_by_role("button", name="Share link").click()
    await expect(tab.page.get_by_role("status")).to_contain_text("Link copied")
    link = await tab.page.evaluate("navigator.clipboard.readText()")
    assert viewers["PARENT"]["token"] not in link

    await tab.page.goto("about:blank")
    await tab.open(link)
    await expect(tab.page.get_by_role("heading", level=2)).to_have_text("What is due tomorrow?")
    await expect(tab.page.get_by_role("combobox", name="Due")).to_have_value("next7")
    await expect(tab.answers.get_by_role("tab", name="JSON")).to_have_attribute("aria-selected", "true")


async def test_a_question_stays_in_the_browser_only_when_it_is_saved(
    viewers: Mapping[str, DemoViewer], tab: Asking
) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    assert "school:questions" not in await tab.stored_state()
    await tab.page.get_by_role("button", name="Save this question").click()
    await tab.page.get_by_label("Title").fill("Mine")
    await tab.page.get_by_label("Title").press("Enter")
    stored = await tab.stored_state()
    assert "Mine" in stored
    assert viewers["PARENT"]["token"] not in stored
    assert "performance" not in stored
    await tab.page.reload()
    await tab.is_answered()
    await tab.pick("Mine")
    await tab.page.get_by_role("button", name="Forget “Mine”").click()
    assert "Mine" not in await tab.stored_state()


async def test_the_query_of_a_question_opens_in_the_editor(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    await tab.pick("What is due tomorrow?")
    async with tab.page.expect_response(is_answer) as own:
        await tab.page.get_by_role("button", name="Show the query").click()
    await expect(tab.page.locator(".graphiql-query-editor :focus")).to_have_count(1)
    await expect(tab.page.locator(".graphiql-query-editor .view-lines")).to_contain_text("HomeworkDue")
    answer = await (await own.value).json()
    assert answer["data"]["student"]["homework"]["nodes"]
    await expect(tab.page.locator(".graphiql-tab")).to_have_count(1)
    panes = tab.page.locator(".graphiql-response").get_by_role("region", name="Answer")
    await panes.get_by_role("tab", name="Table").click()
    await expect(panes.locator("tbody tr")).to_have_count(len(answer["data"]["student"]["homework"]["nodes"]))


async def test_first_use_loads_no_editor_and_few_bytes(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    received = await count_bytes(tab.page)
    loaded: list[str] = []
    tab.page.on("request", lambda request: loaded.append(request.url))
    await tab.open(viewers["ANALYST"]["graphiql"])
    await expect(tab.chart).to_be_visible()
    assert not [url for url in loaded if re.search(r"monaco|EditorView|worker", url)]
    assert sum(received) < FIRST_USE_BYTES / 4, "the gallery is far below what first use may take"
    assert tab.strangers == []

    await tab.page.get_by_role("button", name="Query editor").click()
    await expect(tab.page.locator(".graphiql-query-editor :focus")).to_have_count(1)
    await expect(tab.page.locator(".graphiql-response .answer-status")).to_contain_text("ms")
    assert sum(received) < FIRST_USE_BYTES
    assert tab.strangers == []


async def test_the_gallery_is_used_by_the_keyboard_alone(viewers: Mapping[str, DemoViewer], tab: Asking) -> None:
    await tab.open(viewers["PARENT"]["graphiql"])
    page = tab.page

    async def reach(name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.textContent") == name:
                return
        raise AssertionError(f"the keyboard does not reach {name}")

    await reach("Are there remarks?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=2)).to_have_text("Are there remarks?")
    await tab.is_answered()
    await reach("Table")
    await page.keyboard.press("ArrowRight")
    await expect(tab.answers.get_by_role("tab", name="Chart")).to_be_focused()
    await expect(tab.answers.get_by_role("tab", name="Chart")).to_have_attribute("aria-selected", "true")


async def test_the_gallery_fits_on_a_phone(browser: Browser, viewers: Mapping[str, DemoViewer], demo_url: str) -> None:
    context = await browser.new_context(viewport=PHONE, locale="en-US")
    tab = Asking(await context.new_page(), demo_url)
    await tab.open(viewers["PARENT"]["graphiql"])
    await expect(tab.chart).to_be_visible()
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await overlapping(tab.page) == []
    await tab.turn_to("Table")
    await expect(tab.rows.first).to_be_in_viewport()
    await tab.page.get_by_text("Ask a question").click()
    await tab.pick("What are the latest marks?")
    await expect(tab.page.get_by_role("navigation", name="Ask a question")).to_be_hidden()
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await context.close()
