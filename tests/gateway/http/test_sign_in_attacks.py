"""What somebody may try who wants to be somebody else: each is refused, and nobody is signed in by it."""

import logging
import os
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

from auth.sign_in.encryption import Encryption
from auth.sign_in.logins import LIFETIME_S, Logins
from connectors import redis as redis_
from connectors.redis.best_effort import BestEffort
from gateway import sign_in
from gateway.http.reading.session import COOKIE
from gateway.http.sign_in import LOGIN_COOKIE
from gateway.settings import HttpSettings, ProviderSettings, RedisSettings, SignInSettings
from tests.gateway.http.signing_in import KEY, Answer, BrowserAlike, SigningIn, signing_in
from tests.gateway.http.test_sign_in import make_due, refresh_token
from tests.gateway.served import settings_of

ELSEWHERE = "https://evil.example"


@pytest.fixture(scope="module")
async def _doors(mongo_uri: str, redis_uri: str) -> AsyncIterator[SigningIn]:
    prefix = f"attacked_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with signing_in(mongo_uri, redis_uri, prefix, http=HttpSettings(cors_origins=(ELSEWHERE,))) as served:
        yield served


@pytest.fixture
async def doors(_doors: SigningIn) -> SigningIn:
    await _doors.acts.restore()
    return _doors


def is_refused(answer: Answer, browser: BrowserAlike, status: int = 400, code: str = "SIGN_IN_FAILED") -> bool:
    """Whether the answer is a page that names the error, and the browser has no session."""
    return (answer.status, code in answer.text, COOKIE in browser.cookies) == (status, True, False)


def altered(url: str, **changes: str | None) -> str:
    """A callback with other parameters; None leaves one out."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return parts._replace(query=urlencode({name: value for name, value in query.items() if value is not None})).geturl()


# ── Beginning and coming back ──


async def test_login_csrf_a_browser_does_not_finish_a_sign_in_that_another_one_began(doors: SigningIn) -> None:
    await doors.known_as("igor", "igor")
    await doors.becomes("igor")
    attacker, victim = doors.browser(), doors.browser()
    link = await attacker.to_callback("/auth/login?provider=epos")
    assert is_refused(await victim.go(link), victim)
    await victim.go("/auth/login?provider=epos")  # also where the victim has a sign-in of their own under way
    assert is_refused(await victim.go(link), victim)


@pytest.mark.parametrize("state", [None, "", "x", "Ы"])
async def test_an_altered_state_is_refused(doors: SigningIn, state: str | None) -> None:
    await doors.known_as("olga", "olga")
    await doors.becomes("olga")
    browser = doors.browser()
    link = await browser.to_callback("/auth/login?provider=epos")
    assert is_refused(await browser.go(altered(link, state=state)), browser)


async def test_a_code_is_taken_once_and_a_sign_in_finished_once(doors: SigningIn) -> None:
    await doors.known_as("olga", "olga")
    await doors.becomes("olga")
    browser = doors.browser()
    link = await browser.to_callback("/auth/login?provider=epos")
    old_cookie = browser.cookies[LOGIN_COOKIE]
    assert (await browser.go(link)).status == 303
    replaying = doors.browser()
    replaying.cookies[LOGIN_COOKIE] = old_cookie  # somebody who read the browser's disk
    assert is_refused(await replaying.go(link), replaying)


async def test_a_sign_in_that_took_too_long_is_begun_anew(doors: SigningIn) -> None:
    await doors.becomes("olga")
    browser = doors.browser()
    link = await browser.to_callback("/auth/login?provider=epos")
    past = Logins(Encryption(KEY, "logins"), clock=lambda: doors.browsers.logins.clock() - LIFETIME_S - 1)
    [login] = past.read(browser.cookies[LOGIN_COOKIE])
    from dataclasses import replace  # noqa: PLC0415 - only here

    browser.cookies[LOGIN_COOKIE] = past.write([replace(login, started_at=past.clock())])
    assert is_refused(await browser.go(link), browser)


async def test_a_forged_cookie_of_a_sign_in_is_none(doors: SigningIn) -> None:
    await doors.becomes("olga")
    browser = doors.browser()
    link = await browser.to_callback("/auth/login?provider=epos")
    own = browser.cookies[LOGIN_COOKIE]
    for forged in (
        own[:-2] + "AA",
        own[::-1],
        "x",
        "!" * 40,
        Logins(Encryption("another key " * 3, "logins")).write([]),
    ):
        browser.cookies[LOGIN_COOKIE] = forged
        assert is_refused(await browser.go(link), browser)


async def test_mixed_up_issuers_an_answer_of_one_provider_is_not_taken_for_that_of_another(doors: SigningIn) -> None:
    """A provider that attacks leads the browser to an honest one; the code must not come back to the attacker."""
    await doors.known_as("olga", "olga", "epos")
    await doors.becomes("olga", "epos")
    browser = doors.browser()
    begun = await browser.go("/auth/login?provider=rsaag")
    state = parse_qs(urlsplit(begun.location).query)["state"][0]
    honest = await browser.to_callback("/auth/login?provider=epos")
    before = await doors.token_requests("rsaag")
    # The state of the sign-in at the attacker, with the code of the honest provider, at either's address.
    mixed = altered(honest, state=state)
    assert is_refused(await browser.go(mixed), browser)
    assert is_refused(await browser.go(mixed.replace("/callback/epos", "/callback/rsaag")), browser)
    assert await doors.token_requests("rsaag") == before, "the code went nowhere"


@pytest.mark.parametrize("issuer", [None, "", "http://127.0.0.1:1", "https://evil.example"])
async def test_an_answer_has_to_name_the_issuer_that_was_asked(doors: SigningIn, issuer: str | None) -> None:
    await doors.becomes("olga")
    browser = doors.browser()
    link = await browser.to_callback("/auth/login?provider=epos")
    assert is_refused(await browser.go(altered(link, iss=issuer)), browser)


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/" + "a" * 2_000,
        "/ы",
    ],
)
async def test_open_redirect_a_browser_returns_to_a_path_of_this_site_alone(doors: SigningIn, path: str) -> None:
    browser = doors.browser()
    answer = await browser.go("/auth/login?" + urlencode({"provider": "epos", "return": path}))
    assert (answer.status, "INVALID_INPUT" in answer.text) == (400, True)
    assert not browser.cookies
    assert "evil.example" not in answer.text


async def test_a_sign_in_begins_as_a_page_and_not_as_an_image_or_a_frame(doors: SigningIn) -> None:
    for destination in ("image", "iframe", "empty"):
        answer = await doors.browser().go("/auth/login?provider=epos", headers={"Sec-Fetch-Dest": destination})
        assert (answer.status, answer.cookies) == (400, [])


async def test_a_person_who_does_not_allow_it_is_told_so(doors: SigningIn) -> None:
    await doors.becomes("olga", deny=True)
    browser = doors.browser()
    answer = await browser.sign_in()
    assert is_refused(answer, browser, 403, "SIGN_IN_DECLINED")


async def test_what_a_provider_says_in_an_error_is_not_shown(doors: SigningIn) -> None:
    await doors.becomes("olga")
    browser = doors.browser()
    link = await browser.to_callback("/auth/login?provider=epos")
    answer = await browser.go(
        altered(link, error="<script>alert(1)</script>", error_description="call +7 900", code=None)
    )
    assert is_refused(answer, browser)
    assert "<script" not in answer.text
    assert "+7 900" not in answer.text


async def test_nobody_learns_whom_the_school_knows(doors: SigningIn) -> None:
    await doors.becomes("a stranger")
    browser = doors.browser()
    answer = await browser.sign_in()
    assert is_refused(answer, browser, 403, "USER_NOT_FOUND")
    assert doors.issuers["epos"] not in answer.text


# ── Sessions ──


async def test_fixation_signing_in_gives_a_new_cookie_and_ends_the_one_from_before(doors: SigningIn) -> None:
    attacker = await doors.signed_in("igor")
    fixed = attacker.cookies[COOKIE]
    await doors.known_as("olga", "olga")
    await doors.becomes("olga")
    victim = doors.browser()
    victim.cookies[COOKIE] = fixed
    assert (await victim.sign_in()).status == 303
    assert victim.cookies[COOKIE] != fixed
    assert (await attacker.go("/auth/session")).status == 401
    for made_up in ("a" * 43, "", "ы", "x" * 5_000):
        nobody = doors.browser()
        nobody.cookies[COOKIE] = made_up
        try:
            assert (await nobody.go("/auth/session")).status == 401
        except UnicodeEncodeError:
            continue


async def test_a_stolen_refresh_token_ends_the_session_when_both_have_used_it(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    stolen = await make_due(doors, browser)
    grant = await doors.browsers.providers["epos"].refresh(stolen)  # the thief is first
    assert grant.refresh_token is not None
    answer = await browser.go("/auth/session")
    assert (answer.status, answer.json["errors"][0]["extensions"]["code"]) == (401, "TOKEN_EXPIRED")
    assert await refresh_token(doors, browser) is None
    # The provider noticed that it was used twice, and takes what it gave to the thief no more.
    from auth.sign_in.providers import GrantRefused  # noqa: PLC0415 - only here

    with pytest.raises(GrantRefused, match="invalid_grant"):
        await doors.browsers.providers["epos"].refresh(grant.refresh_token)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "x" * 43},
    ],
)
async def test_a_page_of_another_site_does_nothing_with_the_cookie(doors: SigningIn, headers: dict[str, str]) -> None:
    """`ELSEWHERE` is an origin that may call the graph by a token: a cookie it may not use."""
    browser = await doors.signed_in("olga")
    csrf = {"X-CSRF-Token": (await browser.session())["csrf"]}
    sent = {**csrf, **headers}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("/graphql", "POST", {"json": {"query": "{ viewer { role } }"}}),
        ("/graphql?query={viewer{role}}", "GET", {}),
        ("/auth/role", "POST", {"json": {"role": "PARENT"}}),
        ("/auth/logout", "POST", {"json": {}}),
    ]
    for path, method, options in calls:
        answer = await browser.go(path, method, headers=sent, **options)
        assert (answer.status, answer.json["errors"][0]["extensions"]["code"]) == (403, "CSRF_PREVENTION_FAILED")
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert (await browser.session())["role"] == "PARENT"


async def test_a_form_of_another_site_does_nothing(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    for media in ("text/plain", "application/x-www-form-urlencoded"):
        headers = {"Content-Type": media}
        answer = await browser.go("/graphql", "POST", data=b'{"query":"{viewer{role}}"}', headers=headers)
        assert answer.status in {400, 403, 415}
        assert (await browser.go("/auth/logout", "POST", data=b"{}", headers=headers)).status == 403
    assert (await browser.session())["role"] == "PARENT"


async def test_cookies_have_the_flags_that_protect_them_and_no_token_goes_into_a_url_or_the_log(
    doors: SigningIn, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    await doors.known_as("olga", "olga")
    await doors.becomes("olga")
    browser = doors.browser()
    begun = await browser.go("/auth/login?provider=epos")
    link = await browser.to_callback("/auth/login?provider=epos")
    finished = await browser.go(link)
    lines = [*begun.cookies, *finished.cookies]
    assert [line.partition("=")[0] for line in lines] == [LOGIN_COOKIE, COOKIE, LOGIN_COOKIE]
    for line in lines:
        flags = {flag.strip().lower() for flag in line.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)
    assert finished.headers["Cache-Control"] == "no-store"
    assert finished.headers["Referrer-Policy"] == "no-referrer"
    token = await refresh_token(doors, browser)
    code = parse_qs(urlsplit(link).query)["code"][0]
    assert token is not None
    said = caplog.text + "".join(capsys.readouterr())
    for secret in (token, code, browser.cookies[COOKIE], "Иванова"):
        assert secret not in finished.location
        assert secret not in said


async def test_redis_holds_nothing_that_signs_anybody_in(doors: SigningIn, redis_uri: str) -> None:
    browser = await doors.signed_in("olga")
    token = await refresh_token(doors, browser)
    assert token is not None
    client = redis_.connect(redis_uri)
    try:
        found = [
            key + b" " + (await client.get(key) or b"")
            async for key in client.scan_iter("school-gateway:session:1:attacked_*")
            if await client.type(key) == b"string"
        ]
    finally:
        await client.aclose()
    assert found
    for secret in (token, browser.cookies[COOKIE], "Иванова", "olga"):
        assert not any(secret.encode() in one for one in found)


async def test_without_redis_a_cookie_is_answered_503_and_a_token_as_ever(mongo_uri: str, doors: SigningIn) -> None:
    from auth.viewer import Role  # noqa: PLC0415 - only here
    from tests.gateway.served import served  # noqa: PLC0415 - only here

    async with served(
        mongo_uri,
        "redis://127.0.0.1:9",
        prefix=doors.acts.prefix,
        today=None,
        sign_in=doors.acts.served.settings.sign_in,
    ) as gateway:
        browser = BrowserAlike(doors.client, str(gateway.client.make_url("/")).rstrip("/"))
        browser.cookies[COOKIE] = "a" * 43
        for path in ("/auth/session", "/graphql?query={viewer{role}}"):
            answer = await browser.go(path)
            shown = answer.json["errors"][0]
            assert (answer.status, shown["extensions"]["connector"]) == (503, "sessions")
        bearer = doors.acts.bearer("olga", Role.PARENT)
        answer = await browser.go(
            "/graphql", "POST", json={"query": "{ viewer { role } }"}, headers={"Authorization": f"Bearer {bearer}"}
        )
        assert answer.status == 200


# ── Logout tokens and settings ──


async def test_a_logout_token_that_is_none_ends_nothing(doors: SigningIn) -> None:
    browser = await doors.signed_in("olga")
    for token in ("", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."):
        answer = await browser.go("/auth/backchannel-logout/epos", "POST", data={"logout_token": token})
        assert (answer.status, answer.json) == (400, {"error": "invalid_request"})
    assert (await browser.go("/auth/backchannel-logout/nobody", "POST", data={})).status == 404
    assert (await browser.go("/auth/session")).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"public_url": "http://diary.example"},
        {"public_url": "https://diary.example/app"},
        {"public_url": "http://localhost:*"},
        {"providers": {"UPPER": {"issuer": "https://id.example", "client_id": "x"}}},
        {"providers": {"a": {"issuer": "https://id.example", "client_id": "x", "typo": 1}}},
    ],
)
def test_settings_that_would_not_be_safe_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SignInSettings(**changes)


@pytest.mark.parametrize(
    ("rules", "redis"),
    [
        ({"key": None}, "redis://127.0.0.1:9"),
        ({"key": SecretStr("short")}, "redis://127.0.0.1:9"),
        ({"public_url": None}, "redis://127.0.0.1:9"),
        ({}, None),
        ({"providers": {"a": ProviderSettings(issuer="http://id.example", client_id="x")}}, "redis://127.0.0.1:9"),
    ],
)
def test_a_gateway_does_not_start_without_what_signing_in_needs(rules: dict[str, Any], redis: str | None) -> None:
    known: dict[str, Any] = {
        "providers": {"a": ProviderSettings(issuer="https://id.example", client_id="x")},
        "public_url": "https://diary.example",
        "key": SecretStr(KEY),
    }
    settings = settings_of(
        "mongodb://127.0.0.1:9", redis, prefix="none", today=None, sign_in=SignInSettings(**(known | rules))
    )
    client = BestEffort(redis_.connect(redis)) if redis else None
    with pytest.raises(ValueError, match=r"GATEWAY_SIGN_IN|32 bytes|https://"):
        sign_in.browsers(settings, client)


def test_without_providers_browsers_do_not_sign_in_here() -> None:
    settings = settings_of("mongodb://127.0.0.1:9", None, prefix="none", today=None)
    assert sign_in.browsers(settings, None) is None
    assert settings.redis == RedisSettings(uri=None, timeout_s=5)
