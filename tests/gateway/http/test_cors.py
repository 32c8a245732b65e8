"""Pages of other origins: in a real browser, and by the headers alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from gateway.cli.demo_settings import demo_settings
from gateway.http.cors import CrossOrigin
from gateway.settings import HttpSettings
from tests.gateway.http.chromium import offline_chromium
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served

APP: Final = "https://app.example"
ASK: Final = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
CALL: Final = """async ([url, token]) => {
  const headers = {
    authorization: `Bearer ${token}`, "content-type": "application/json", "x-graphql-cost": "1",
    "apollo-require-preflight": "true", "x-client-name": "test", traceparent: "00-0-0-01",
  };
  const body = JSON.stringify({ query: "{ viewer { role } }" });
  try {
    const posted = await fetch(url, { method: "POST", headers, body });
    const { "content-type": _, ...others } = headers;
    const got = await fetch(`${url}?query={viewer{role}}`, { headers: others });
    const denied = await fetch(url, { method: "POST", headers: { ...headers, authorization: "Bearer no" }, body });
    return {
      role: (await posted.json()).data.viewer.role,
      told: ["x-request-id", "x-cost-estimated", "ratelimit"].map((name) => posted.headers.get(name)),
      got: (await got.json()).data.viewer.role,
      tag: got.headers.get("etag"),
      denied: [denied.status, (await denied.json()).errors[0].extensions.code],
    };
  } catch (error) {
    return String(error);
  }
}"""


@asynccontextmanager
async def page_elsewhere() -> AsyncIterator[tuple[str, Any]]:
    """A page of an application on a port of its own, opened in Chromium, and its origin."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>An application</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    async with TestServer(app) as server, offline_chromium() as browser:
        tab = await browser.new_page()
        await tab.goto(str(server.make_url("/")))
        yield str(server.make_url("/").origin()), tab


async def test_a_page_calls_the_graph_when_its_origin_is_allowed_and_not_otherwise(serve: Serve, ivan: str) -> None:
    async with page_elsewhere() as (origin, tab):
        for origins, may in (((origin,), True), (("http://127.0.0.1:*",), True), ((APP,), False), ((), False)):
            async with serve(http=HttpSettings(cors_origins=origins)) as gateway:
                shown = await tab.evaluate(CALL, [str(gateway.client.make_url("/graphql")), ivan])
            if may:
                assert (shown["role"], shown["got"]) == ("STUDENT", "STUDENT")
                assert all(shown["told"])
                assert shown["tag"]
                assert shown["denied"] == [401, "UNAUTHENTICATED"]
            else:
                assert shown == "TypeError: Failed to fetch"


@pytest.fixture(scope="module")
async def open_to_app(serve: Serve) -> AsyncIterator[Served]:
    async with serve(http=HttpSettings(cors_origins=(APP, "http://localhost:*"))) as gateway:
        yield gateway


async def test_a_preflight_names_the_origin_the_methods_and_the_headers(open_to_app: Served) -> None:
    async with open_to_app.client.options("/graphql", headers={"Origin": APP, **ASK}) as response:
        shown = response.headers
        assert (response.status, await response.read()) == (204, b"")
    assert shown["Access-Control-Allow-Origin"] == APP
    assert shown["Access-Control-Allow-Methods"] == "GET, POST"
    assert {"Authorization", "Content-Type", "X-Client-Name", "Apollo-Require-Preflight"} <= set(
        shown["Access-Control-Allow-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in shown
    assert shown["Vary"].startswith("Origin")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "*",
        "",
        "https://app.example.evil.example",
        "http://app.example",
        "https://app.example:8443",
        APP.upper(),
        "http://localhost.evil.example:80",
        "http://evil.example#http://localhost:80",
        "https://localhost:1",
    ],
)
async def test_other_origins_are_allowed_nothing(open_to_app: Served, ivan: str, origin: str) -> None:
    async with open_to_app.client.options("/graphql", headers={"Origin": origin, **ASK}) as response:
        assert response.status == 405
        assert not [name for name in response.headers if name.lower().startswith("access-control")]
    headers = {"Origin": origin, "Authorization": f"Bearer {ivan}"}
    async with open_to_app.client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers) as response:
        assert response.status == 200, "not a browser's page: the header alone refuses nothing"
        assert not [name for name in response.headers if name.lower().startswith("access-control")]
        assert response.headers["Vary"].endswith(", Origin")


async def test_two_origins_are_none(open_to_app: Served) -> None:
    headers = [("Origin", APP), ("Origin", APP), *ASK.items()]
    async with open_to_app.client.options("/graphql", headers=headers) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://localhost:3000", "http://localhost"])
async def test_every_port_of_localhost_is_allowed_where_it_says_so(open_to_app: Served, origin: str) -> None:
    async with open_to_app.client.options("/graphql", headers={"Origin": origin, **ASK}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == origin


async def test_what_needs_no_preflight_is_refused_from_an_allowed_origin_too(open_to_app: Served, ivan: str) -> None:
    """The rule against cross-site requests holds for everybody: a form has no header that asks for a preflight."""
    headers = {"Origin": APP, "Content-Type": "text/plain", "Authorization": f"Bearer {ivan}"}
    async with open_to_app.client.post("/graphql", data=b'{"query":"{ __typename }"}', headers=headers) as response:
        assert response.status == 415


def test_a_demo_is_open_to_applications_on_this_machine() -> None:
    settings = demo_settings("mongodb://127.0.0.1:1", "redis://127.0.0.1:1", 8080)
    rules = CrossOrigin.of(settings.http.cors_origins, ())
    assert rules.allows("http://localhost:5173")
    assert rules.allows("http://[::1]:5173")
    assert not rules.allows("https://app.example")
    assert not rules.allows("null")


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "",
        "app.example",
        "https://app.example/",
        "https://*.example",
        "https://app.example:*",
        "HTTPS://A.example",
        "https://app.example:443",
        "http://app.example:80",
        "https://a.example https://b.example",
    ],
)
def test_a_setting_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError):
        HttpSettings(cors_origins=(origin,))


async def test_every_answer_has_the_headers_that_protect_it(open_to_app: Served, ivan: str) -> None:
    client = open_to_app.client
    for method, path in (
        ("GET", "/graphql"),
        ("POST", "/graphql"),
        ("GET", "/nothing"),
        ("GET", "/healthz"),
        ("POST", "/healthz"),
        ("GET", "/metrics"),
        ("GET", "/graphiql/assets/none"),
        ("GET", "/graphql?html"),
    ):
        accept = "text/html" if "html" in path else "application/json"
        async with client.request(
            method, path, headers={"Accept": accept, "Authorization": f"Bearer {ivan}"}
        ) as response:
            shown = response.headers
        assert shown["X-Content-Type-Options"] == "nosniff", path
        assert shown["Server"] == "school-gateway", path
        assert "default-src 'none'" in shown["Content-Security-Policy"], path
        assert shown["Referrer-Policy"] == "no-referrer", path
        assert shown["Cross-Origin-Resource-Policy"] == "same-origin", path


async def test_a_stream_may_be_read_where_its_origin_is_allowed(open_to_app: Served, ivan: str) -> None:
    headers = {"Origin": APP, "Accept": "text/event-stream", "Authorization": f"Bearer {ivan}"}
    body = {"query": "{ viewer { role } }"}
    async with open_to_app.client.post("/graphql", json=body, headers=headers) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert "Origin" in answer.headers["Vary"]
        assert b'{"role":"STUDENT"}' in await answer.read()
