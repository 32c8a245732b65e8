"""Live connections of browsers: the session of a cookie, the pages that may use it, and its end."""

import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from auth.sign_in.browsers import BrowserSignIn
from auth.sign_in.sessions import Session, secret
from auth.viewer import Role
from connectors import redis as redis_
from connectors.redis.best_effort import BestEffort
from gateway import sign_in
from gateway.http.reading.session import COOKIE
from gateway.settings import ProviderSettings, SignInSettings
from tests.gateway.http.live.listening import MARKS, Listener, opened
from tests.gateway.served import ISSUER
from tests.gateway.writing.acting import Acting, acting

HOME = "https://diary.example"
RULES = SignInSettings(
    providers={
        "epos": ProviderSettings(
            issuer="http://127.0.0.1:9", client_id="school", client_secret=SecretStr("a secret"), title="EPOS"
        )
    },
    public_url=HOME,
    key=SecretStr("a key of the tests that is long enough"),
    redis_timeout_s=10,
)


@dataclass(slots=True)
class SignedIn:
    """A school, and the session of a student's browser."""

    acts: Acting
    browsers: BrowserSignIn
    cookie: str
    csrf: str

    @asynccontextmanager
    async def opened(self, parameters: Mapping[str, str], **headers: str) -> AsyncIterator[Listener]:
        """A socket that the browser opens, with these headers, and with *parameters* in its first message."""
        async with opened(self.acts.served, Cookie=f"{COOKIE}={self.cookie}", **headers) as listener:
            await listener.send("connection_init", payload=parameters)
            yield listener


@pytest.fixture(scope="module")
async def _served(mongo_uri: str, redis_uri: str) -> AsyncIterator[tuple[Acting, BrowserSignIn]]:
    prefix = f"live_sessions_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    redis = BestEffort(redis_.connect(redis_uri))
    async with acting(mongo_uri, redis_uri, prefix, sign_in=RULES, live={"check_s": 0.1}) as acts:
        browsers = sign_in.browsers(acts.served.settings, redis)
        assert browsers is not None
        yield acts, browsers
    await redis.aclose()


@pytest.fixture
async def ivan(_served: tuple[Acting, BrowserSignIn]) -> SignedIn:
    acts, browsers = _served
    return await session_of_ivan(acts, browsers)


async def another_session(ivan: SignedIn) -> SignedIn:
    """Ivan in another browser."""
    return await session_of_ivan(ivan.acts, ivan.browsers)


async def session_of_ivan(acts: Acting, browsers: BrowserSignIn) -> SignedIn:
    session = Session(
        login=secret(),
        provider="epos",
        issuer=ISSUER,
        subject=acts.school.subject_of_token("ivan"),
        sid=None,
        role=Role.STUDENT,
        name=None,
        csrf=secret(),
        ends_at=time.time() + 3_600,
    )
    return SignedIn(acts, browsers, await browsers.sessions.start(session), session.csrf)


async def test_a_page_of_the_gateway_receives_events_until_the_session_ends(ivan: SignedIn) -> None:
    async with ivan.opened({"X-CSRF-Token": ivan.csrf}, Origin=HOME) as listener:
        assert await listener.message() == {"type": "connection_ack"}
        await listener.subscribe(MARKS)
        mark = {"_id": ivan.acts.id("Mark", "m1")}
        await ivan.acts.change("grades.marks", mark, {"$set": {"value": "3"}})
        assert (await listener.event())["markChanged"]["mark"]["value"] == "3"
        await ivan.browsers.sessions.end(ivan.cookie)
        message = await listener.message()
        assert message["payload"][0]["extensions"]["code"] == "SUBSCRIPTION_ENDED"
        assert await listener.closed() == 4403


async def test_logging_out_over_http_closes_all_sockets_of_the_session_and_none_of_another(ivan: SignedIn) -> None:
    other = await another_session(ivan)
    secret_of = {"X-CSRF-Token": ivan.csrf}
    async with (
        ivan.opened(secret_of, Origin=HOME) as first,
        ivan.opened(secret_of, Origin=HOME) as second,
        other.opened({"X-CSRF-Token": other.csrf}, Origin=HOME) as of_another,
    ):
        for listener in (first, second, of_another):
            assert await listener.message() == {"type": "connection_ack"}
            await listener.subscribe(MARKS)
        headers = {"Cookie": f"{COOKIE}={ivan.cookie}", "Origin": HOME, **secret_of}
        response = await ivan.acts.served.client.post("/auth/logout", headers=headers)
        assert response.status == 200
        assert [await first.closed(), await second.closed()] == [4403, 4403]
        await ivan.acts.change("grades.marks", {"_id": ivan.acts.id("Mark", "m1")}, {"$set": {"value": "2"}})
        assert (await of_another.event())["markChanged"]["mark"]["value"] == "2"


@pytest.mark.parametrize("origin", ["https://evil.example", "https://diary.example.evil.example", "null", ""])
async def test_a_page_of_another_site_is_refused_though_it_knew_the_secret(origin: str, ivan: SignedIn) -> None:
    headers = {"Origin": origin} if origin else {}
    async with ivan.opened({"X-CSRF-Token": ivan.csrf}, **headers) as listener:
        assert await listener.closed() == 4401


@pytest.mark.parametrize("sent", [{}, {"X-CSRF-Token": "another"}, {"X-CSRF-Token": ""}])
async def test_a_session_without_its_secret_is_refused(sent: Mapping[str, str], ivan: SignedIn) -> None:
    async with ivan.opened(sent, Origin=HOME) as listener:
        assert await listener.closed() == 4401


async def test_a_token_counts_more_than_the_cookie(ivan: SignedIn) -> None:
    bearer = ivan.acts.bearer("olga", Role.PARENT)
    async with ivan.opened({"Authorization": f"Bearer {bearer}"}, Origin="https://app.example") as listener:
        assert await listener.message() == {"type": "connection_ack"}
        await listener.send("subscribe", id="1", payload={"query": "{ viewer { role } }"})
        assert (await listener.event())["viewer"]["role"] == "PARENT"
