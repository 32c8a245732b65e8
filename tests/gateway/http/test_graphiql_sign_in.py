"""People sign in by a provider: the page follows what /auth/session says, here in the words of its contract."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.gateway.http.conftest import DemoViewer

PROVIDER: Final = {"name": "epos", "title": "ЭПОС", "login": "/auth/login?provider=epos"}


class Gateway:
    """Stands between the browser and the gateway of a demo, and signs in by a cookie as that gateway does not."""

    def __init__(self, page: Page, people: Mapping[str, DemoViewer], role: str | None) -> None:
        self.page = page
        self.people = people
        self.role = role
        self.posted: list[tuple[str, Any, str | None]] = []

    @classmethod
    async def before(cls, page: Page, people: Mapping[str, DemoViewer], role: str | None) -> "Gateway":
        gateway = cls(page, people, role)
        await page.route("**/demo/viewers", lambda route: route.fulfill(status=404))
        await page.route("**/auth/**", gateway._auth)
        await page.route("**/graphql", gateway._graphql)
        return gateway

    async def _auth(self, route: Route) -> None:
        sent = route.request.post_data
        path = route.request.url.rpartition("/auth/")[2]
        if sent is not None:
            self.posted.append((path, json.loads(sent), route.request.headers.get("x-csrf-token")))
        if path == "role" and sent is not None:
            self.role = json.loads(sent)["role"]
        if path == "logout":
            self.role = None
            await route.fulfill(json={"redirect": None})
        elif self.role is None:
            await route.fulfill(status=401, json={"errors": [], "providers": [PROVIDER]})
        else:
            person = self.people[self.role]
            session = {"role": self.role, "roles": ["PARENT", "TEACHER"], "csrf": f"csrf-{self.role}"}
            named = {"id": person["personId"], "name": person["name"]}
            await route.fulfill(json={**session, "person": named, "csrfHeader": "X-CSRF-Token"})

    async def _graphql(self, route: Route) -> None:
        headers = route.request.headers
        if route.request.method == "GET":
            await route.continue_()
            return
        assert self.role is not None
        assert headers["x-csrf-token"] == f"csrf-{self.role}"
        assert "authorization" not in headers
        await route.continue_(headers={**headers, "authorization": f"Bearer {self.people[self.role]['token']}"})


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="en-US")
    yield await context.new_page()
    await context.close()


async def test_a_link_leads_to_each_provider_and_back(
    page: Page, viewers: Mapping[str, DemoViewer], demo_url: str
) -> None:
    await Gateway.before(page, viewers, None)
    await page.goto(f"{demo_url}/graphql")
    link = page.get_by_role("link", name="Sign in: ЭПОС")
    await expect(link).to_have_attribute("href", "/auth/login?provider=epos&return=%2Fgraphql")
    await expect(page.get_by_label("Bearer token")).to_be_visible()


async def test_whoever_is_signed_in_asks_without_a_token_turns_to_another_role_and_leaves(
    page: Page, viewers: Mapping[str, DemoViewer], demo_url: str
) -> None:
    gateway = await Gateway.before(page, viewers, "PARENT")
    await page.goto(f"{demo_url}/graphql")
    await expect(page.get_by_role("heading", level=2)).to_have_text("How is my child doing?")
    await expect(page.locator(".answer-status")).to_contain_text("200")

    await page.get_by_role("combobox", name="Role").select_option("TEACHER")
    await expect(page.get_by_role("heading", level=2)).to_have_text("How are the averages spread?")
    await expect(page.locator(".answer-status")).to_contain_text("200")

    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("link", name="Sign in: ЭПОС")).to_be_visible()
    assert gateway.posted == [
        ("role", {"role": "TEACHER"}, "csrf-PARENT"),
        ("logout", {}, "csrf-TEACHER"),
    ]
    stored = str(await page.evaluate("JSON.stringify([location.href, {...localStorage}, {...sessionStorage}])"))
    assert "csrf" not in stored
