import gzip
from collections.abc import Callable

import brotli  # type: ignore[import-untyped] # it has no annotations
import pytest
import zstandard

from gateway.settings import HttpSettings
from tests.gateway.http.asking import post
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served

LONG = {"query": "{ __schema { types { name description } } }"}
UNPACK = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


@pytest.fixture(autouse=True)
def _client_leaves_bodies_alone(gateway: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.client.session, "_auto_decompress", False)


@pytest.mark.parametrize("coding", UNPACK)
async def test_an_answer_is_the_same_when_it_comes_compressed(gateway: Served, ivan: str, coding: str) -> None:
    plain = await post(gateway, ivan, LONG, Accept_Encoding="identity")
    packed = await post(gateway, ivan, LONG, Accept_Encoding=coding)
    unpack: Callable[[bytes], bytes] = UNPACK[coding]
    assert packed.headers["Content-Encoding"] == coding
    assert unpack(packed.body) == plain.body
    assert len(packed.body) == int(packed.headers["Content-Length"]) < len(plain.body) / 3
    assert "Content-Encoding" not in plain.headers


async def test_a_small_answer_is_not_compressed(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, {"query": "{ __typename }"}, Accept_Encoding="gzip")
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_caches_are_told_what_the_answer_depends_on(gateway: Served, ivan: str, coding: str) -> None:
    answer = await post(gateway, ivan, LONG, Accept_Encoding=coding)
    assert answer.headers["Vary"] == "Accept, Accept-Encoding, Authorization, Cookie"


async def test_an_answer_that_is_too_long_is_replaced_by_its_size(serve: Serve, ivan: str) -> None:
    async with serve(http=HttpSettings(max_response_bytes=5_000)) as gateway:
        answer = await post(gateway, ivan, LONG)
        assert (answer.status, answer.code) == (400, "RESPONSE_TOO_LARGE")
        assert answer.extensions["value"] > answer.extensions["maximum"] == 5_000
        assert (await post(gateway, ivan, {"query": "{ __typename }"})).status == 200
