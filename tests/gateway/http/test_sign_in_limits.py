"""Signing in is limited by address and by account (docs/sign-in.md)."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.gateway.http.signing_in import SigningIn, signing_in

RULES = {"address_a_minute": 40, "account_a_minute": 2, "address_header": "X-Forwarded-For"}


@pytest.fixture
async def limited(mongo_uri: str, redis_uri: str) -> AsyncIterator[SigningIn]:
    prefix = f"limited_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with signing_in(mongo_uri, redis_uri, prefix, rules=RULES) as served:
        yield served


async def test_an_address_and_an_account_have_a_bounded_number_a_minute(limited: SigningIn) -> None:
    await limited.known_as("anton", "olga")
    await limited.becomes("anton")
    answers = [await limited.browser().sign_in() for _ in range(3)]
    assert [answer.status for answer in answers] == [303, 303, 429]
    assert "RATE_LIMITED" in answers[2].text
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    browser = limited.browser()
    near = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    assert {(await browser.go("/auth/session", headers=near)).status for _ in range(40)} == {401}
    answers = [await browser.go("/auth/session", headers=near)]
    while answers[-1].status != 429:  # a token comes back every second and a half
        assert answers[-1].status == 401
        assert len(answers) < 360
        answers.append(await browser.go("/auth/session", headers=near))
    refused = answers[-1].json
    assert refused["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert "providers" not in refused
    # Only what the nearest proxy wrote counts: nobody makes themselves another address, nor somebody else's.
    other = {"X-Forwarded-For": "198.51.100.1, 203.0.113.10"}
    assert (await browser.go("/auth/session", headers=other)).status == 401
    logout = "/auth/backchannel-logout/epos"
    assert {(await browser.go(logout, "POST", data={}, headers=near)).status for _ in range(5)} == {400}
