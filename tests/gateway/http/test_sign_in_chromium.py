"""A person signs in with a real browser: the provider's forms, the cookie, the graph, another role, signing out."""

import os
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from gateway.http.reading.session import COOKIE
from gateway.settings import HttpSettings
from tests.gateway.http.signing_in import SigningIn, signing_in

CALL: Final = """async ([path, method, body, csrf]) => {
  const headers = { "content-type": "application/json", ...(csrf ? { "x-csrf-token": csrf } : {}) };
  const sent = method === "GET" ? { headers: {} } : { method, headers, body: JSON.stringify(body) };
  try {
    const answer = await fetch(path, { credentials: "include", ...sent });
    return { status: answer.status, body: await answer.json() };
  } catch (error) {
    return String(error);
  }
}"""
ROLE: Final = {"query": "{ viewer { role } }"}


@pytest.fixture(scope="module")
async def doors(mongo_uri: str, redis_uri: str) -> AsyncIterator[SigningIn]:
    prefix = f"chromium_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    origins = HttpSettings(cors_origins=("http://127.0.0.1:*",))
    async with signing_in(mongo_uri, redis_uri, prefix, forms=True, http=origins) as served:
        yield served


async def call(page: Page, path: str, method: str = "GET", body: Any = None, csrf: str = "") -> Any:
    return await page.evaluate(CALL, [path, method, body, csrf])


async def fill_in(page: Page, login: str) -> None:
    """Sign in at the provider's page, and allow what it asks for."""
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", "any")
    await page.click("button[type=submit]")
    await page.click("button[type=submit]")


async def test_a_person_signs_in_switches_the_role_and_signs_out(doors: SigningIn, browser: Browser) -> None:
    post = {"role": "TEACHER", "school_id": doors.acts.id("School", "perm"), "starts_on": None, "ends_on": None}
    change = {"$set": {"roles": ["PARENT", "TEACHER"], "posts": [post]}}
    await doors.acts.change("directory.people", {"_id": doors.acts.id("Person", "olga")}, change)
    await doors.known_as("olga", "olga")
    context = await browser.new_context(locale="ru-RU")
    page = await context.new_page()
    await page.goto(f"{doors.home}/auth/login?return=/graphql")
    await page.get_by_role("link", name="EPOS").click()
    await fill_in(page, "olga")
    await page.wait_for_url(f"{doors.home}/graphql")

    [cookie] = [one for one in await context.cookies(doors.home) if one["name"].startswith("__Host-")]
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (COOKIE, True, True, "Lax")
    assert COOKIE not in await page.evaluate("document.cookie")
    storage = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert cookie["value"] not in storage

    session = await call(page, "/auth/session")
    assert (session["body"]["role"], session["body"]["roles"]) == ("PARENT", ["PARENT", "TEACHER"])
    csrf = session["body"]["csrf"]
    answer = await call(page, "/graphql", "POST", ROLE, csrf)
    assert answer["body"]["data"] == {"viewer": {"role": "PARENT"}}
    switched = await call(page, "/auth/role", "POST", {"role": "TEACHER"}, csrf)
    answer = await call(page, "/graphql", "POST", ROLE, switched["body"]["csrf"])
    assert answer["body"]["data"] == {"viewer": {"role": "TEACHER"}}

    await elsewhere(context, doors)

    out = await call(page, "/auth/logout", "POST", {}, switched["body"]["csrf"])
    await page.goto(out["body"]["redirect"])
    await page.click("button[autofocus]")
    await page.wait_for_url(f"{doors.home}/")
    assert not [one for one in await context.cookies(doors.home) if one["name"].startswith("__Host-")]
    await context.close()


async def elsewhere(context: Any, doors: SigningIn) -> None:
    """A page of another origin that CORS allows can call the graph by a token, and does nothing with the cookie."""

    async def blank(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>Elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", blank)
    async with TestServer(app) as server:
        page = await context.new_page()
        await page.goto(str(server.make_url("/")))
        for path, method in (("/auth/session", "GET"), ("/graphql", "POST"), ("/auth/logout", "POST")):
            refused = await call(page, doors.home + path, method, ROLE, "a" * 43)
            assert refused == "TypeError: Failed to fetch", path
        await page.close()
