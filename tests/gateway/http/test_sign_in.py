"""Browsers sign in by real OpenID providers, stay signed in, switch the role, and sign out."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auth.viewer import Role
from gateway.http.reading.session import COOKIE
from gateway.http.sign_in import LOGIN_COOKIE
from tests.gateway.http.signing_in import BrowserAlike, SigningIn, signing_in


@pytest.fixture(scope="module")
async def _doors(mongo_uri: str, redis_uri: str) -> AsyncIterator[SigningIn]:
    prefix = f"sign_in_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with signing_in(mongo_uri, redis_uri, prefix) as served:
        yield served


@pytest.fixture
async def doors(_doors: SigningIn) -> SigningIn:
    await _doors.acts.restore()
    return _doors


async def test_a_parent_signs_in_by_a_provider_and_asks_the_graph(doors: SigningIn) -> None:
    await doors.known_as("olga", "olga")
    await doors.becomes("olga")
    browser = doors.browser()
    answer = await browser.sign_in("/auth/login?provider=epos&return=/graphql%3Fa%3Db")
    assert (answer.status, answer.location) == (303, "/graphql?a=b")
    assert list(browser.cookies) == [COOKIE]
    session = await browser.session()
    ends = datetime.fromisoformat(session.pop("expiresAt"))
    assert 11.9 < (ends - datetime.now(UTC)).total_seconds() / 3600 <= 12
    assert len(session.pop("csrf")) == 43
    assert session == {
        "person": {"id": doors.acts.id("Person", "olga"), "name": "Иванова Ольга Петровна"},
        "role": "PARENT",
        "roles": ["PARENT"],
        "provider": {"name": "epos", "title": "EPOS"},
        "issuer": doors.issuers["epos"],
        "csrfHeader": "X-CSRF-Token",
    }
    answer_of_graph = await browser.ask("{ viewer { role children { displayName } } }")
    assert (answer_of_graph.status, answer_of_graph.json["data"]["viewer"]["role"]) == (200, "PARENT")
    assert len(answer_of_graph.json["data"]["viewer"]["children"]) == 3


async def test_a_session_reads_the_schema_of_its_role(doors: SigningIn) -> None:
    await doors.known_as("ivan", "ivan")
    await doors.becomes("ivan")
    browser = doors.browser()
    await browser.sign_in()
    assert (await browser.go("/schema.graphql")).status == 403  # any page could have sent it
    csrf = (await browser.session())["csrf"]
    answer = await browser.go("/schema.graphql", headers={"X-CSRF-Token": csrf})
    assert answer.status == 200
    assert "type Test " in answer.text
    assert "emark" not in answer.text


async def test_a_session_runs_saved_queries_of_its_role(doors: SigningIn) -> None:
    await doors.known_as("olga", "olga")
    await doors.becomes("olga")
    browser = doors.browser()
    await browser.sign_in()
    csrf = {"X-CSRF-Token": (await browser.session())["csrf"]}
    child = (await browser.ask("{ viewer { children { id } } }")).json["data"]["viewer"]["children"][0]["id"]
    report = f"/q/report-card.json?student={child}"
    for path in ("/q", report):
        assert (await browser.go(path)).status == 403  # any page could have sent it
        foreign = {**csrf, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
        assert (await browser.go(path, headers=foreign)).status == 403
    listed = await browser.go("/q", headers=csrf)
    assert {"report-card", "attendance"} <= {one["name"] for one in listed.json["queries"]}
    answer = await browser.go(report, headers=csrf)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert (await browser.go("/q/subjects-behind.json", headers=csrf)).status == 403


async def test_each_provider_signs_in_its_own_people(doors: SigningIn) -> None:
    await doors.known_as("1", "olga", "epos")
    await doors.known_as("1", "ivan", "rsaag")
    names = []
    for provider in ("epos", "rsaag"):
        await doors.becomes("1", provider)
        browser = doors.browser()
        await browser.sign_in(f"/auth/login?provider={provider}")
        names.append((await browser.session())["person"]["name"])
    assert names == ["Иванова Ольга Петровна", "Иванов Иван Игоревич"]


async def test_a_browser_is_asked_by_which_provider_where_it_names_none(doors: SigningIn) -> None:
    answer = await doors.browser().go("/auth/login?return=/graphql", headers={"Accept-Language": "ru"})
    assert answer.status == 200
    assert "Войти через" in answer.text
    for name in ("epos", "rsaag"):
        assert f'href="/auth/login?provider={name}&amp;return=%2Fgraphql"' in answer.text


async def test_whoever_is_not_signed_in_reads_how_to_begin(doors: SigningIn) -> None:
    answer = await doors.browser().go("/auth/session", headers={"Accept-Language": "ru"})
    assert answer.status == 401
    assert answer.json["providers"] == [
        {"name": "epos", "title": "EPOS", "login": "/auth/login?provider=epos"},
        {"name": "rsaag", "title": "RSAAG", "login": "/auth/login?provider=rsaag"},
    ]
    assert answer.json["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer.json["errors"][0]["message"].startswith("Войдите")


async def test_two_tabs_sign_in_at_once(doors: SigningIn) -> None:
    await doors.known_as("olga", "olga")
    await doors.becomes("olga")
    browser = doors.browser()
    first = await browser.to_callback("/auth/login?provider=epos&return=/one")
    second = await browser.to_callback("/auth/login?provider=epos&return=/two")
    assert (await browser.go(first)).location == "/one"
    assert (await browser.go(second)).location == "/two"
    assert LOGIN_COOKIE not in browser.cookies


async def make_due(doors: SigningIn, browser: BrowserAlike) -> str:
    """Have the session need new tokens now; return its refresh token."""
    sessions, cookie = doors.browsers.sessions, browser.cookies[COOKIE]
    session = await sessions.find(cookie)
    assert session is not None
    assert session.refresh_token is not None
    await sessions.update(cookie, replace(session, renew_at=0))
    return session.refresh_token


async def refresh_token(doors: SigningIn, browser: BrowserAlike) -> str | None:
    session = await doors.browsers.sessions.find(browser.cookies[COOKIE])
    return session.refresh_token if session else None


async def test_ten_requests_at_once_renew_a_session_once(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    csrf = (await browser.session())["csrf"]
    old = await make_due(doors, browser)
    before = len(await doors.token_requests())
    answers = await asyncio.gather(*(browser.ask(csrf=csrf) for _ in range(10)))
    assert [answer.status for answer in answers] == [200] * 10
    assert (await doors.token_requests())[before:] == [[200, "refresh_token"]]
    assert await refresh_token(doors, browser) not in {None, old}


async def test_a_session_goes_on_while_its_provider_is_away_and_is_renewed_later(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    csrf = (await browser.session())["csrf"]
    sessions, cookie = doors.browsers.sessions, browser.cookies[COOKIE]
    session = await sessions.find(cookie)
    assert session is not None
    now = sessions.clock()
    # Its tokens have expired a minute ago, the provider did not answer, and is asked again in ten seconds.
    away = replace(session, fresh_until=now - 60, renew_at=now + 10)
    await sessions.update(cookie, away)
    assert (await browser.ask(csrf=csrf)).status == 200
    await sessions.update(cookie, replace(away, fresh_until=now - 301))
    late = await browser.ask(csrf=csrf)
    assert (late.status, late.json["errors"][0]["extensions"]["connector"]) == (503, "identity")
    await sessions.update(cookie, replace(away, fresh_until=now - 301, renew_at=now))
    assert (await browser.ask(csrf=csrf)).status == 200


async def test_a_person_switches_the_role_and_the_old_cookie_is_worth_nothing(doors: SigningIn) -> None:
    post = {"role": "TEACHER", "school_id": doors.acts.id("School", "perm"), "starts_on": None, "ends_on": None}
    change = {"$set": {"roles": ["PARENT", "TEACHER"], "posts": [post]}}
    await doors.acts.change("directory.people", {"_id": doors.acts.id("Person", "olga")}, change)
    browser = await doors.signed_in("olga")
    session = await browser.session()
    assert (session["role"], session["roles"]) == ("PARENT", ["PARENT", "TEACHER"])
    old, csrf = browser.cookies[COOKIE], session["csrf"]
    renewable = await refresh_token(doors, browser)
    answer = await browser.go("/auth/role", "POST", json={"role": "TEACHER"}, headers={"X-CSRF-Token": csrf})
    assert (answer.status, answer.json["role"]) == (200, "TEACHER")
    assert answer.json["csrf"] != csrf
    assert browser.cookies[COOKIE] != old
    assert await refresh_token(doors, browser) == renewable
    assert (await browser.ask()).json["data"]["viewer"]["role"] == "TEACHER"
    thief = doors.browser()
    thief.cookies[COOKIE] = old
    assert (await thief.go("/auth/session")).status == 401


@pytest.mark.parametrize(("role", "status"), [("STUDENT", 403), ("ADMINISTRATOR", 403), ("KING", 400), (None, 400)])
async def test_nobody_switches_to_a_role_that_they_do_not_hold(doors: SigningIn, role: str | None, status: int) -> None:
    browser = await doors.signed_in("olga")
    csrf = (await browser.session())["csrf"]
    answer = await browser.go("/auth/role", "POST", json={"role": role}, headers={"X-CSRF-Token": csrf})
    assert answer.status == status
    assert (await browser.session())["role"] == Role.PARENT


async def test_a_session_ends_with_the_role(doors: SigningIn) -> None:
    browser = await doors.signed_in("smirnov")
    csrf = (await browser.session())["csrf"]
    person = {"_id": doors.acts.id("Person", "smirnov")}
    left = {"role": "TEACHER", "school_id": doors.acts.id("School", "perm"), "starts_on": None, "ends_on": "2026-11-17"}
    await doors.acts.change("directory.people", person, {"$set": {"posts": [left]}})
    mutation = "mutation { updateMyProfile(input: {version: 0}) { userErrors { code } } }"
    refused = await browser.ask(mutation, csrf)  # a change is made with rights that are read afresh
    assert (refused.status, refused.json["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_signing_out_ends_the_session_here_and_at_the_provider(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    csrf = (await browser.session())["csrf"]
    token, cookie = await refresh_token(doors, browser), browser.cookies[COOKIE]
    answer = await browser.go("/auth/logout", "POST", json={}, headers={"X-CSRF-Token": csrf})
    assert answer.status == 200
    url = answer.json["redirect"]
    assert url.startswith(f"{doors.issuers['epos']}/session/end?client_id=school&post_logout_redirect_uri=")
    assert token is not None
    assert token not in url
    assert COOKIE not in browser.cookies
    browser.cookies[COOKIE] = cookie
    assert (await browser.go("/auth/session")).status == 401
    from auth.sign_in.providers import GrantRefused  # noqa: PLC0415 - only here

    with pytest.raises(GrantRefused, match="invalid_grant"):
        await doors.browsers.providers["epos"].refresh(token)
    again = await browser.go("/auth/logout", "POST", json={}, headers={"X-CSRF-Token": csrf})
    assert (again.status, again.json) == (200, {"redirect": None})


async def test_a_provider_that_ends_its_session_ends_those_of_the_gateway(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    other = await doors.signed_in("olga")  # the same person elsewhere, in a session of its own
    url = await doors.browsers.providers["epos"].end_session_url(return_to=f"{doors.home}/")
    assert url is not None
    form = (await browser.go(url)).text
    secret = form.split('name="xsrf" value="')[1].split('"')[0]
    confirmed = await browser.go(
        f"{doors.issuers['epos']}/session/end/confirm", "POST", data={"xsrf": secret, "logout": "yes"}
    )
    assert confirmed.status == 303, confirmed.text
    assert confirmed.location.startswith(f"{doors.home}/")
    assert (await browser.go("/auth/session")).status == 401
    assert (await other.go("/auth/session")).status == 200


async def test_a_bearer_token_still_signs_in_and_wins_over_a_cookie(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    bearer = doors.acts.bearer("smirnov", Role.TEACHER)
    headers = {"Authorization": f"Bearer {bearer}"}
    answer = await browser.go("/graphql", "POST", json={"query": "{ viewer { role } }"}, headers=headers)
    assert answer.json["data"]["viewer"]["role"] == "TEACHER"
