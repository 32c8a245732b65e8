import asyncio
from typing import Any

import pytest

from auth.discovery import jwks_uri_of, metadata_url_of
from auth.errors import Unauthenticated
from auth.keys import MAX_BYTES, KeySet
from auth.tokens import TokenRules, TokenVerifier
from connectors.errors import SourceUnavailable
from tests.auth.conftest import MakeClaims, Provider, SigningKey
from tests.auth.test_keys import Clock, settled


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(provider: Provider, clock: Clock, rsa_key: SigningKey) -> KeySet:
    provider.publish(rsa_key)
    return KeySet(
        metadata_url_of(provider.issuer),
        issuer=provider.issuer,
        refresh_s=300,
        interval_s=10,
        timeout_s=1.5,
        clock=clock,
    )


async def test_a_token_is_trusted_when_the_issuer_itself_says_where_its_keys_are(
    provider: Provider, rsa_key: SigningKey, ec_key: SigningKey, payload: MakeClaims
) -> None:
    provider.publish(rsa_key)
    verifier = TokenVerifier(TokenRules(audience="school-gateway", issuer=provider.issuer))
    assert (await verifier.claims(rsa_key.token(payload(iss=provider.issuer)))).issuer == provider.issuer
    for token in (ec_key.token(payload(iss=provider.issuer)), rsa_key.token(payload())):
        with pytest.raises(Unauthenticated):
            await verifier.claims(token)


async def test_the_issuer_is_asked_once_when_many_wait_for_the_first_keys(keys: KeySet, provider: Provider) -> None:
    provider.delay_s = 0.05
    found = await asyncio.gather(*(keys.key("rsa-1", "RS256") for _ in range(50)))
    assert None not in found
    assert (provider.discoveries, provider.requests) == (1, 1)


async def test_a_new_kid_is_found_at_once_when_keys_rotate_and_move(
    keys: KeySet, provider: Provider, other_rsa_key: SigningKey
) -> None:
    assert await keys.key("rsa-1", "RS256") is not None
    provider.publish(other_rsa_key)
    provider.metadata = {"jwks_uri": f"{provider.issuer}/keys"}
    assert await keys.key("rsa-2", "RS256") is not None
    assert await keys.key("rsa-1", "RS256") is None
    assert (provider.discoveries, provider.requests) == (2, 2)


async def test_the_issuer_is_asked_once_an_interval_when_unknown_kids_flood_in(
    keys: KeySet, provider: Provider, clock: Clock
) -> None:
    await keys.key("rsa-1", "RS256")
    for second in range(30):
        clock.now = float(second)
        assert not any(await asyncio.gather(*(keys.key(f"made-up-{n}", "RS256") for n in range(20))))
    assert (provider.discoveries, provider.requests) == (1 + 3, 1 + 3)


BROKEN: dict[str, dict[str, Any]] = {
    "error": {"discovery": {"status": 500}},
    "no JSON": {"discovery": {"body": b"<html>maintenance</html>"}},
    "too large": {"discovery": {"body": b"{}" + b" " * MAX_BYTES}},
    "redirect": {"discovery": {"status": 302, "headers": {"Location": "/jwks"}, "body": b""}},
    "no object": {"discovery": {"body": b"[]"}},
    "another issuer": {"metadata": {"issuer": "https://id.example"}},
    "no issuer": {"metadata": {"issuer": None}},
    "no keys": {"metadata": {"jwks_uri": None}},
    "keys in the open": {"metadata": {"jwks_uri": "http://id.example/jwks"}},
    "keys in a file": {"metadata": {"jwks_uri": "file:///etc/jwks.json"}},
    "keys that are no JWKS": {"body": b'{"error": "none today"}'},
    "too slow together": {"delay_s": 1.0},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
async def test_keys_survive_when_what_the_issuer_says_of_itself_is_wrong(
    keys: KeySet, provider: Provider, clock: Clock, other_rsa_key: SigningKey, broken: dict[str, Any]
) -> None:
    assert await keys.key("rsa-1", "RS256") is not None
    provider.publish(other_rsa_key)
    for name, value in broken.items():
        setattr(provider, name, value)
    clock.now = 301
    keys.generation()
    await settled(keys)
    assert provider.discoveries == 2
    assert await keys.key("rsa-1", "RS256") is not None
    keys.generation()
    assert provider.discoveries == 2, "it is left alone for an interval"


async def test_the_source_is_unavailable_when_the_metadata_are_of_another_issuer(
    keys: KeySet, provider: Provider, clock: Clock
) -> None:
    provider.metadata = {"issuer": f"{provider.issuer}/"}
    with pytest.raises(SourceUnavailable):
        await keys.key("rsa-1", "RS256")
    assert provider.requests == 0
    provider.metadata = {}
    clock.now = 11
    assert await keys.key("rsa-1", "RS256") is not None


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://id.example", "https://id.example/.well-known/openid-configuration"),
        ("https://id.example/", "https://id.example/.well-known/openid-configuration"),
        ("https://id.example/realms/school", "https://id.example/realms/school/.well-known/openid-configuration"),
        ("http://localhost:8081", "http://localhost:8081/.well-known/openid-configuration"),
        ("http://[::1]:8081", "http://[::1]:8081/.well-known/openid-configuration"),
    ],
)
def test_the_metadata_stand_below_the_issuer(issuer: str, url: str) -> None:
    assert metadata_url_of(issuer) == url


@pytest.mark.parametrize(
    "address",
    [
        "",
        "school",
        "https://",
        "http://id.example",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "//id.example",
        "https://[id",
    ],
)
def test_an_address_is_refused_when_others_could_answer_for_it(address: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        metadata_url_of(address)
    with pytest.raises(ValueError, match=r"\w"):
        jwks_uri_of(b'{"issuer": "https://id.example", "jwks_uri": "%s"}' % address.encode(), "https://id.example")
