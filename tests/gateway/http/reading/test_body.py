"""Bodies that are meant to cost: each is answered with its code, cheaply, and nothing of it is kept."""

import gzip
from collections.abc import AsyncIterator

import pytest

from gateway.settings import HttpSettings
from tests.gateway.http.asking import cpu_below, keeps_below, post, raw
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served

QUERY = b'{"query":"{ __typename }"}'
MEGABYTE = 1_000_000
BOMB = gzip.compress(b" " * 100 * MEGABYTE, compresslevel=1)


@pytest.fixture(autouse=True)
async def _warm(gateway: Served, ivan: str) -> None:
    await post(gateway, ivan, QUERY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not JSON",
        b'{"query":"\xff"}',
        b"[" * 900_000,
        b'{"query":"{ __typename }","variables":' + b'{"a":' * 150_000 + b"1" + b"}" * 150_001,
    ],
    ids=["empty", "cut", "text", "not UTF-8", "deep list", "deep object"],
)
async def test_400_when_the_body_is_no_json(gateway: Served, ivan: str, body: bytes) -> None:
    with cpu_below(0.1):
        answer = await post(gateway, ivan, body)
    assert (answer.status, answer.code) == (400, "INVALID_INPUT")


@pytest.mark.parametrize("body", [b"1", b'"{ __typename }"', b"null", b'{"query":1}', b'{"variables":{}}'])
async def test_400_when_the_body_is_no_request(gateway: Served, ivan: str, body: bytes) -> None:
    assert (await post(gateway, ivan, body)).status == 400


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", '"utf-8"'])
async def test_a_body_is_read_when_it_says_that_it_is_utf_8(gateway: Served, ivan: str, charset: str) -> None:
    assert (await post(gateway, ivan, QUERY, Content_Type=f"application/json; charset={charset}")).status == 200


async def test_415_when_the_body_is_in_another_charset(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, QUERY, Content_Type="application/json; charset=utf-16")
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "made-up", "gzip, gzip"])
async def test_415_says_that_bodies_are_not_unpacked_when_one_is_compressed(
    gateway: Served, ivan: str, coding: str
) -> None:
    with cpu_below(0.1):
        answer = await post(gateway, ivan, BOMB, Content_Encoding=coding)
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert answer.headers["Accept-Encoding"] == "identity"


async def test_413_says_the_limit_when_the_body_is_announced_as_too_large(gateway: Served, ivan: str) -> None:
    body = b" " * 10 * MEGABYTE
    with cpu_below(0.1):
        answer = await post(gateway, ivan, body)
    assert (answer.status, answer.code) == (413, "REQUEST_TOO_LARGE")
    assert answer.extensions["maximum"] == MEGABYTE


async def test_nothing_is_kept_of_bodies_that_were_refused(gateway: Served, ivan: str) -> None:
    large, deep = b" " * 10 * MEGABYTE, b"[" * 900_000

    async def refused() -> None:
        await post(gateway, ivan, large)
        await post(gateway, ivan, deep)
        await post(gateway, ivan, BOMB, Content_Encoding="gzip")

    await refused()
    with keeps_below(MEGABYTE // 2):  # less than any one of them
        for _ in range(10):
            await refused()


def head(bearer: str, *headers: str) -> str:
    lines = ["POST /graphql HTTP/1.1", "Host: x", f"Authorization: Bearer {bearer}", "Content-Type: application/json"]
    return "\n".join([*lines, *headers, "", ""])


async def test_413_when_the_body_turns_out_to_be_too_large(gateway: Served, ivan: str) -> None:
    piece = b" " * 65_000
    pieces = [f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for _ in range(10 * MEGABYTE // len(piece))]
    with cpu_below(0.1):
        answer_bytes = await raw(gateway, head(ivan, "Transfer-Encoding: chunked"), *pieces, b"0\r\n\r\n")
    assert answer_bytes.startswith(b"HTTP/1.1 413 ")
    assert b"REQUEST_TOO_LARGE" in answer_bytes


@pytest.fixture(scope="module")
async def hasty(serve: Serve) -> AsyncIterator[Served]:
    async with serve(http=HttpSettings(body_timeout_s=1)) as gateway:
        yield gateway


async def test_408_and_the_connection_is_closed_when_the_body_comes_too_slowly(hasty: Served, ivan: str) -> None:
    slow = [QUERY[at : at + 1] for at in range(12)]
    with cpu_below(0.1):
        answer_bytes = await raw(hasty, head(ivan, f"Content-Length: {len(QUERY)}"), *slow, pause_s=0.1)
    assert answer_bytes.startswith(b"HTTP/1.1 408 ")
    assert b"REQUEST_TIMEOUT" in answer_bytes
    assert b"connection: close" in answer_bytes.lower()


async def test_a_body_is_read_when_it_comes_in_pieces_in_time(hasty: Served, ivan: str) -> None:
    pieces = [QUERY[:9], QUERY[9:]]
    answer_bytes = await raw(
        hasty, head(ivan, f"Content-Length: {len(QUERY)}", "Connection: close"), *pieces, pause_s=0.05
    )
    assert answer_bytes.startswith(b"HTTP/1.1 200 ")


async def test_no_body_is_waited_for_when_there_is_no_token(gateway: Served) -> None:
    with cpu_below(0.1):
        answer_bytes = await raw(
            gateway,
            "POST /graphql HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 9\n\n",
            b"{",
            b"}",
        )
    assert answer_bytes.startswith(b"HTTP/1.1 401 ")
