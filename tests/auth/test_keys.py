import asyncio
import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jwk

from auth.keys import ALGORITHMS, MAX_BYTES, KeySet, public_keys
from connectors.errors import SourceUnavailable
from tests.auth.conftest import Provider, SigningKey


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(provider: Provider, clock: Clock) -> KeySet:
    return KeySet(provider.url, refresh_s=300, interval_s=10, timeout_s=1.5, clock=clock)


async def settled(keys: KeySet) -> None:
    """Wait for the reading that goes on in the background."""
    if keys._refresh_task is not None:
        await keys._refresh_task


async def test_the_key_of_the_kid_is_given(
    keys: KeySet, provider: Provider, rsa_key: SigningKey, other_rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key, other_rsa_key)
    found = await keys.key("rsa-2", "RS256")
    assert found is not None
    assert found.to_dict()["n"] == other_rsa_key.public["n"]


async def test_no_key_is_given_when_the_kid_is_of_a_key_for_another_algorithm(
    keys: KeySet, provider: Provider, rsa_key: SigningKey, ec_key: SigningKey
) -> None:
    provider.publish(rsa_key, ec_key)
    assert await keys.key("ec-1", "RS256") is None


async def test_a_token_without_kid_gets_the_key_when_there_is_one_only(
    keys: KeySet, provider: Provider, rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key.named(None))
    assert await keys.key(None, "RS256") is not None
    assert await keys.key("rsa-1", "RS256") is None


async def test_a_token_without_kid_gets_no_key_when_there_are_two(
    keys: KeySet, provider: Provider, rsa_key: SigningKey, ec_key: SigningKey
) -> None:
    provider.publish(rsa_key, ec_key)
    assert await keys.key(None, "RS256") is None


async def test_the_provider_is_asked_once_when_many_wait_for_the_first_keys(
    keys: KeySet, provider: Provider, rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    provider.delay_s = 0.05
    found = await asyncio.gather(*(keys.key("rsa-1", "RS256") for _ in range(50)))
    assert None not in found
    assert provider.requests == 1


async def test_the_others_get_the_keys_when_the_first_to_ask_gives_up(
    keys: KeySet, provider: Provider, rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    provider.delay_s = 0.1
    first = asyncio.create_task(keys.key("rsa-1", "RS256"))
    second = asyncio.create_task(keys.key("rsa-1", "RS256"))
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second is not None
    assert provider.requests == 1


async def test_a_new_kid_is_found_at_once_when_keys_rotate(
    keys: KeySet, provider: Provider, rsa_key: SigningKey, other_rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    assert await keys.key("rsa-1", "RS256") is not None
    provider.publish(other_rsa_key, rsa_key)
    assert await keys.key("rsa-2", "RS256") is not None
    assert await keys.key("rsa-1", "RS256") is not None
    assert provider.requests == 2


async def test_the_provider_is_asked_once_an_interval_when_unknown_kids_flood_in(
    keys: KeySet, provider: Provider, clock: Clock, rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    await keys.key("rsa-1", "RS256")
    for second in range(30):
        clock.now = float(second)
        found = await asyncio.gather(*(keys.key(f"made-up-{n}", "RS256") for n in range(20)))
        assert not any(found)
    assert provider.requests == 1 + 3


async def test_known_kids_wait_for_nothing_when_unknown_ones_are_looked_up(
    keys: KeySet, provider: Provider, rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    await keys.key("rsa-1", "RS256")
    provider.delay_s = 0.3
    unknown = asyncio.create_task(keys.key("made-up", "RS256"))
    await asyncio.sleep(0)
    assert await keys.key("rsa-1", "RS256") is not None
    assert not unknown.done()
    assert await unknown is None


async def test_a_withdrawn_key_is_forgotten_when_the_keys_are_read_again(
    keys: KeySet, provider: Provider, clock: Clock, rsa_key: SigningKey, other_rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    await keys.key("rsa-1", "RS256")
    before = keys.generation()
    provider.publish(other_rsa_key)
    clock.now = 301
    await keys.key("rsa-1", "RS256")  # the last one to be served before the new keys are there
    await settled(keys)
    assert await keys.key("rsa-1", "RS256") is None
    assert keys.generation() != before


async def test_the_generation_stays_when_the_keys_are_read_again_unchanged(
    keys: KeySet, provider: Provider, clock: Clock, rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    await keys.key("rsa-1", "RS256")
    before = keys.generation()
    clock.now = 301
    keys.generation()
    await settled(keys)
    assert provider.requests == 2
    assert keys.generation() == before


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 500},
        {"body": b"<html>maintenance</html>"},
        {"body": b'{"error": "none today"}'},
        {"body": b'{"keys": []}' + b" " * MAX_BYTES},
        {"status": 302, "headers": {"Location": "/moved"}},
        {"delay_s": 3.0},
    ],
    ids=["error", "no JSON", "no JWKS", "too large", "redirect", "too slow"],
)
async def test_keys_survive_when_reading_them_again_fails(
    keys: KeySet, provider: Provider, clock: Clock, rsa_key: SigningKey, broken: dict[str, Any]
) -> None:
    provider.publish(rsa_key)
    await keys.key("rsa-1", "RS256")
    for name, value in broken.items():
        setattr(provider, name, value)
    clock.now = 301
    keys.generation()
    await settled(keys)
    assert provider.requests == 2
    assert await keys.key("rsa-1", "RS256") is not None
    keys.generation()
    assert provider.requests == 2, "it is left alone for an interval"


async def test_the_source_is_unavailable_when_no_keys_were_ever_read(
    keys: KeySet, provider: Provider, clock: Clock, rsa_key: SigningKey
) -> None:
    provider.status = 503
    for _ in range(5):
        with pytest.raises(SourceUnavailable):
            await keys.key("rsa-1", "RS256")
    assert provider.requests == 1
    provider.status = 200
    provider.publish(rsa_key)
    clock.now = 11
    assert await keys.key("rsa-1", "RS256") is not None


async def test_no_key_is_left_when_the_provider_publishes_an_empty_set(
    keys: KeySet, provider: Provider, clock: Clock, rsa_key: SigningKey
) -> None:
    provider.publish(rsa_key)
    await keys.key("rsa-1", "RS256")
    provider.publish()
    clock.now = 301
    keys.generation()
    await settled(keys)
    assert await keys.key("rsa-1", "RS256") is None


def write(path: Path, *keys: Any) -> None:
    path.write_bytes(orjson.dumps({"keys": [key.public for key in keys]}))


async def test_a_file_is_read_again_when_it_changes(
    tmp_path: Path, clock: Clock, rsa_key: SigningKey, other_rsa_key: SigningKey
) -> None:
    path = tmp_path / "jwks.json"
    write(path, rsa_key)
    keys = KeySet(str(path), interval_s=10, clock=clock)
    assert await keys.key("rsa-1", "RS256") is not None
    write(path, other_rsa_key)
    os.utime(path, ns=(1, 1))
    clock.now = 11
    keys.generation()
    await settled(keys)
    assert await keys.key("rsa-1", "RS256") is None
    assert await keys.key("rsa-2", "RS256") is not None


async def test_a_file_is_looked_at_once_an_interval_when_unknown_kids_flood_in(
    tmp_path: Path, clock: Clock, rsa_key: SigningKey, other_rsa_key: SigningKey
) -> None:
    path = tmp_path / "jwks.json"
    write(path, rsa_key)
    keys = KeySet(str(path), interval_s=10, clock=clock)
    assert await keys.key("made-up", "RS256") is None
    write(path, rsa_key, other_rsa_key)
    assert await keys.key("rsa-2", "RS256") is None
    clock.now = 11
    assert await keys.key("rsa-2", "RS256") is not None


async def test_a_file_is_read_again_when_it_was_caught_half_written(
    tmp_path: Path, clock: Clock, rsa_key: SigningKey, other_rsa_key: SigningKey
) -> None:
    path = tmp_path / "jwks.json"
    write(path, rsa_key)
    keys = KeySet(str(path), interval_s=10, clock=clock)
    assert await keys.key("rsa-1", "RS256") is not None
    write(path, other_rsa_key)
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    clock.now = 11
    keys.generation()
    await settled(keys)
    assert await keys.key("rsa-1", "RS256") is not None
    path.write_bytes(whole)
    clock.now = 22
    keys.generation()
    await settled(keys)
    assert await keys.key("rsa-2", "RS256") is not None


def _jwk(key: Any, algorithm: str) -> dict[str, Any]:
    return {**jwk.construct(key, algorithm).to_dict(), "kid": "k"}


SHORT = _jwk(rsa.generate_private_key(65537, 1024).public_key(), "RS256")  # noqa: S505 - that is the point
WIDE = _jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), "ES384")


@pytest.mark.parametrize(
    "changes",
    [
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "EC"},
        {"kid": 7},
        {"n": "AQAB"},
        {"n": None},
        {"e": "Ag"},
        {"d": "AQAB"},
        SHORT,
        WIDE,
    ],
    # The names of members alone: some keys are new in every process, and all workers must collect the same.
    ids=",".join,
)
def test_a_key_is_passed_over_when_it_is_not_for_verifying_here(rsa_key: SigningKey, changes: dict[str, Any]) -> None:
    good = rsa_key.public
    text = orjson.dumps({"keys": [{**good, **changes}, None, "key", {}, {**good, "kid": "good"}]})
    assert [key.kid for key in public_keys(text, ALGORITHMS)] == ["good"]


def test_a_key_is_passed_over_when_its_algorithm_is_switched_off(rsa_key: SigningKey, ec_key: SigningKey) -> None:
    text = orjson.dumps({"keys": [rsa_key.public, ec_key.public]})
    assert [key.kid for key in public_keys(text, ["ES256"])] == ["ec-1"]
