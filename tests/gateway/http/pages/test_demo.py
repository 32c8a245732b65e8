"""The demo's page and what it leads to; and the page at the root of a gateway that is no demo."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from auth.viewer import Role
from connectors.mail import Letter, MailDirectory
from gateway.http.demo import routes
from gateway.http.pages.demo_texts import DOCUMENTATION, ROWS
from gateway.languages import Language
from gateway.settings import HttpSettings
from tests.gateway.http.conftest import Serve

JWT: Final = re.compile(r"eyJ[\w-]+\.")
UNUSUAL: Final = (
    "without access to data",
    "guardianship has ended",
    "divorced, lives elsewhere",
    "divorced, the child lives with",
    "came from 7А in the course of the year",
    "stands in for a colleague in 7А",
)


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 375, "height": 667}, locale="ru-RU")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    assert complaints == []
    await context.close()


async def get(url: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as response:
        return response, await response.read()


async def test_the_page_names_everybody_and_hands_out_no_token(demo_url: str) -> None:
    response, body = await get(f"{demo_url}/", **{"Accept-Language": "en"})
    page = body.decode()
    assert response.status == 200
    assert not JWT.search(page)
    async with aiohttp.ClientSession() as client, client.get(f"{demo_url}/demo/viewers") as listed:
        viewers: list[dict[str, Any]] = await listed.json()
    for viewer in viewers:
        assert f'href="/graphql#viewer={viewer["personId"]}.{viewer["role"]}"' in page
        assert all(child["name"] in page for child in viewer["children"])
    assert {viewer["role"] for viewer in viewers} == set(Role)
    for words in UNUSUAL:
        assert any(words in viewer["note"].get("en", "") for viewer in viewers), words
        assert words in page


async def test_letters_of_the_demo_are_shown_as_they_were_written(tmp_path: Path) -> None:
    mail = MailDirectory(tmp_path, "Дневник <diary@school.example>")
    app = web.Application()
    app.add_routes(routes((), default=Language.RUSSIAN, day=date(2026, 11, 18), mail=mail))
    async with TestServer(app, host="127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.port}/demo/mail"
        _, body = await get(url)
        assert "Пока нет ни одного." in body.decode()
        text = "<script>alert(1)</script>\nПять."
        await mail.send([Letter(id="mail-1", to="olga@example.org", subject="Оценка & ещё", text=text)])
        response, body = await get(url)
        page = body.decode()
        assert "<h2>Оценка &amp; ещё</h2>" in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;\nПять." in page
        assert "olga@example.org" in page
        assert response.headers["Cache-Control"] == "no-store"
        response, body = await get(url, Host="evil.example")
        assert "olga" not in body.decode()


async def test_the_page_says_who_no_longer_reads_a_child(demo_url: str) -> None:
    async with aiohttp.ClientSession() as client, client.get(f"{demo_url}/demo/viewers") as listed:
        viewers: list[dict[str, Any]] = await listed.json()
    [barred] = [viewer for viewer in viewers if "without access to data" in viewer["note"].get("en", "")]
    assert barred["studentIds"] == []
    assert [child["mayRead"] for child in barred["children"]] == [False]
    _, page = await get(f"{demo_url}/?lang=ru")
    assert f"{barred['children'][0]['name']}, 7А – доступа нет" in page.decode()


@pytest.mark.parametrize(
    ("query", "accept", "language"),
    [
        ("", "ru,en;q=0.5", "ru"),
        ("", "en", "en"),
        ("?lang=en", "ru", "en"),
        ("?lang=ru", "en", "ru"),
        ("?lang=x", "en", "en"),
    ],
)
async def test_the_page_speaks_the_language_that_is_asked_for(
    query: str, accept: str, language: str, demo_url: str
) -> None:
    response, body = await get(f"{demo_url}/{query}", **{"Accept-Language": accept})
    assert response.headers["Content-Language"] == language
    assert f'<html lang="{language}">' in body.decode()
    assert ("Школьный шлюз" in body.decode()) == (language == "ru")


async def test_the_table_of_fields_is_that_of_the_schema(demo_url: str) -> None:
    _, body = await get(f"{demo_url}/?lang=en")
    cells = {
        name: re.findall(r"<td[^>]*>(yes|no)</td>", row)
        for name, row in re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', body.decode())
    }
    assert len(cells) == len(ROWS)
    roles = list(Role)
    readers = {
        name: {role for role, cell in zip(roles, row, strict=True) if cell == "yes"} for name, row in cells.items()
    }
    assert readers["Remarks"] == {Role.PARENT}
    assert readers["Tests and attempts"] == {Role.STUDENT}
    assert readers["Marks"] == set(Role) - {Role.ANALYST}


async def test_the_page_allows_neither_scripts_nor_anything_from_elsewhere(demo_url: str) -> None:
    response, body = await get(f"{demo_url}/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert b"<script" not in body
    assert not re.search(rb"""(src|href)=["']?https?:""", body)


@pytest.mark.parametrize("path", ["/", "/demo/viewers", "/demo/files/task-00000000.pdf", "/demo/docs/clients.md"])
async def test_the_demo_answers_to_no_other_name(path: str, demo_url: str) -> None:
    assert (await get(demo_url + path))[0].status == 200
    response, body = await get(demo_url + path, Host=f"evil.example:{urlsplit(demo_url).port}")
    assert response.status == 421
    assert b"MISDIRECTED_REQUEST" in body


@pytest.mark.usefixtures("graphiql_page")
async def test_every_link_of_the_page_leads_somewhere(demo_url: str) -> None:
    _, body = await get(f"{demo_url}/")
    links = set(re.findall(r'href="([^"#]+)', body.decode()))
    assert {f"/demo/docs/{document.file}" for document in DOCUMENTATION} <= links
    for link in links:
        response, _ = await get(demo_url + (link if link.startswith("/") else f"/{link}"), Accept="text/html")
        assert response.status == 200, link


async def test_attachments_open_and_are_what_they_are_said_to_be(demo_url: str) -> None:
    query = """{ viewer { children { homework(first: 100) { nodes { attachments { ...F } } }
      portfolio { achievements { nodes { attachments { ...F } } } } } } }
      fragment F on Attachment { name url mediaType sizeBytes }"""
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{demo_url}/demo/viewers") as listed:
            parents = [viewer for viewer in await listed.json() if viewer["role"] == "PARENT"]
        attachments = []
        for parent in parents:
            headers = {"Authorization": f"Bearer {parent['token']}"}
            async with client.post(f"{demo_url}/graphql", json={"query": query}, headers=headers) as answer:
                data: Mapping[str, Any] = (await answer.json())["data"]["viewer"]
            for child in data["children"] or ():
                nodes = child["homework"]["nodes"] + child["portfolio"]["achievements"]["nodes"]
                attachments += [file for node in nodes for file in node["attachments"]]
        assert len({file["mediaType"] for file in attachments}) == 3
        for file in attachments:
            assert "eyJ" not in file["url"]
            async with client.get(file["url"]) as response:
                assert response.status == 200
                assert response.content_type == file["mediaType"]
                assert len(await response.read()) == file["sizeBytes"]
                assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name", ["task-0.pdf", "task-00000000.exe", "..%2f..%2fpyproject.toml", "task-00000000.pdf%00"]
)
async def test_no_other_file_is_served(name: str, demo_url: str) -> None:
    assert (await get(f"{demo_url}/demo/files/{name}"))[0].status in {400, 404}
    assert (await get(f"{demo_url}/demo/docs/{name}"))[0].status in {400, 404}


async def test_a_link_opens_graphiql_signed_in_on_a_phone(phone: Page, demo_url: str) -> None:
    await phone.goto(f"{demo_url}/")
    await expect(phone.get_by_role("heading", level=1)).to_have_text("Школьный шлюз: демонстрация")
    await expect(phone.get_by_role("main")).to_have_count(1)
    assert await phone.evaluate("document.documentElement.scrollWidth") <= 375
    links = phone.get_by_role("link", name=re.compile("^Открыть GraphiQL"))
    names = [await link.inner_text() for link in await links.all()]
    assert len(set(names)) == len(names) > 20, "every link says whom it signs in"
    await phone.get_by_role("link", name=re.compile("от имени: Колегова Мария Антоновна, Родитель")).click()
    await expect(phone.locator(".badge")).to_have_text("Родитель")
    await expect(phone.get_by_label("Вы вошли как")).to_contain_text("Колегова Мария Антоновна")


async def test_the_page_can_be_left_for_the_other_language_and_walked_through_by_the_keyboard(
    phone: Page, demo_url: str
) -> None:
    await phone.goto(f"{demo_url}/")
    await phone.keyboard.press("Tab")
    await expect(phone.locator(":focus")).to_have_text("English")
    await phone.keyboard.press("Enter")
    await expect(phone.get_by_role("heading", level=1)).to_have_text("School gateway: the demo")
    await phone.get_by_role("region", name="Who sees what").focus()
    await expect(phone.get_by_role("region", name="Who sees what")).to_be_focused()


@pytest.mark.parametrize("graphiql", [True, False])
async def test_the_root_leads_to_graphiql_and_health_when_there_is_no_demo(graphiql: bool, serve: Serve) -> None:  # noqa: FBT001
    async with serve(http=HttpSettings(graphiql=graphiql)) as gateway:
        async with gateway.client.get("/", headers={"Accept-Language": "ru"}) as response:
            page = await response.text()
            assert response.status == 200
            assert response.headers["Content-Language"] == "ru"
        assert ('href="/graphql"' in page) == graphiql
        assert 'href="/healthz"' in page
        assert 'href="/readyz"' in page
        assert (await gateway.client.get("/demo/viewers")).status == 404


async def test_the_page_leads_to_two_roles_of_one_family_side_by_side(demo_url: str) -> None:
    _, body = await get(f"{demo_url}/", **{"Accept-Language": "en"})
    async with aiohttp.ClientSession() as client, client.get(f"{demo_url}/demo/viewers") as listed:
        viewers: list[dict[str, Any]] = await listed.json()
        assert listed.headers["Demo-Day"] == "2026-11-18"
    found = re.search(r"#section=compare&amp;viewer=(\w+)\.STUDENT&amp;other=(\w+)\.PARENT", body.decode())
    assert found
    [student] = [one for one in viewers if one["personId"] == found[1] and one["role"] == "STUDENT"]
    [parent] = [one for one in viewers if one["personId"] == found[2] and one["role"] == "PARENT"]
    assert student["studentIds"][0] in parent["studentIds"]
