"""Files over HTTP: what is announced is stored whole or not at all, and given to whom the graph shows it."""

import asyncio
import gzip
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from auth.viewer import Role
from connectors.files.links import Link
from connectors.vocabulary import FileId, PersonId
from tests.connectors.files.buckets import KEY_ID, REGION, SECRET, Bucket, served_bucket
from tests.gateway.writing.acting import Acting, acting
from tests.gateway.writing.uploading import announced, put, seen, uploaded

TEXT = "Решение: x = 5\n".encode()
UNKNOWN = "application/octet-stream"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0" * 40


class Stored:
    """A gateway with the store of its contents, which is GridFS or a *bucket*."""

    def __init__(self, acts: Acting, bucket: Bucket | None, key: bytes) -> None:
        self.acts = acts
        self.bucket = bucket
        self.key = key
        """The key of addresses, which the gateway keeps in memory."""

    async def keys(self) -> set[str]:
        """The keys of whole contents."""
        if self.bucket is not None:
            return self.bucket.keys()
        return {one["_id"] for one in await self.acts.found("files.content.files")}

    async def left(self) -> int:
        """How many contents the store has, and pieces of contents that are not whole."""
        if self.bucket is not None:
            return len(self.bucket.keys()) + len(self.bucket.uploads())
        return len(await self.keys()) + len(await self.acts.found("files.content.chunks"))

    async def is_begun(self) -> bool:
        """Whether an upload is under way: pieces are in GridFS; a bucket gets them in large parts."""
        if self.bucket is not None:
            return bool((await self.acts.found("files.files"))[0]["content_keys"])
        return bool(await self.acts.found("files.content.chunks"))


async def key_of(acts: Acting) -> bytes:
    """The key of addresses that the start of the gateway has made."""
    while not (keys := await acts.found("files.url_keys")):  # noqa: ASYNC110 - what is waited for is another database
        await asyncio.sleep(0.01)
    return bytes(keys[0]["key"])


@pytest.fixture(scope="module", params=["gridfs", "s3"])
async def stored(request: pytest.FixtureRequest, mongo_uri: str, redis_uri: str) -> AsyncIterator[Stored]:
    """Both stores pass the tests of this module."""
    if request.param == "gridfs":
        async with acting(mongo_uri, redis_uri, "http_files") as one:
            yield Stored(one, None, await key_of(one))
        return
    with served_bucket("http-files") as bucket:
        access = {"region": REGION, "key_id": KEY_ID, "secret": SECRET}
        rules = {"bucket": bucket.rules.bucket, "endpoint": bucket.rules.endpoint, **access}
        async with acting(mongo_uri, redis_uri, "http_files_s3", files={"s3": rules}) as one:
            yield Stored(one, bucket, await key_of(one))


@pytest.fixture
async def acts(stored: Stored) -> Acting:
    await stored.acts.restore()
    if stored.bucket is not None:
        stored.bucket.empty()
    return stored.acts


async def test_a_content_is_stored_when_it_is_the_one_that_was_announced(acts: Acting, stored: Stored) -> None:
    file = await announced(acts, "ivan", Role.STUDENT, TEXT)
    assert (file["state"], file["url"], file["mediaType"], file["upload"]["method"]) == ("PENDING", None, None, "PUT")
    assert await put(acts, file["upload"]["url"], TEXT) == (200, {"id": file["id"], "state": "STORED"})
    own = await seen(acts, "ivan", Role.STUDENT, file["id"])
    assert (own["state"], own["mediaType"], own["upload"]) == ("STORED", "text/plain", None)
    response = await acts.served.client.get(own["url"])
    assert (response.status, await response.read()) == (200, TEXT)
    assert await put(acts, file["upload"]["url"], TEXT) == (200, {"id": file["id"], "state": "STORED"})
    assert len(await stored.keys()) == 1


async def test_a_content_in_pieces_without_a_length_is_stored(acts: Acting) -> None:
    content = bytes(range(256)) * 3_000
    file = await announced(acts, "ivan", Role.STUDENT, content)

    async def pieces() -> AsyncIterator[bytes]:
        for first in range(0, len(content), 100_000):
            yield content[first : first + 100_000]

    assert (await put(acts, file["upload"]["url"], pieces()))[0] == 200
    own = await seen(acts, "ivan", Role.STUDENT, file["id"])
    assert await (await acts.served.client.get(own["url"])).read() == content


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (TEXT[:-1], 422, "FILE_SIZE_MISMATCH"),
        (TEXT + b"!", 422, "FILE_SIZE_MISMATCH"),
        (b"", 422, "FILE_SIZE_MISMATCH"),
        (TEXT[:-1] + b"!", 422, "FILE_HASH_MISMATCH"),
    ],
)
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_content_that_was_not_announced_leaves_nothing(
    acts: Acting, stored: Stored, sent: bytes, status: int, code: str, *, is_chunked: bool
) -> None:
    file = await announced(acts, "ivan", Role.STUDENT, TEXT)

    async def pieces() -> AsyncIterator[bytes]:
        yield sent

    body: Any = pieces() if is_chunked else sent
    found, answer = await put(acts, file["upload"]["url"], body)
    assert (found, answer["errors"][0]["extensions"]["code"]) == (status, code)
    assert await stored.left() == 0
    assert (await seen(acts, "ivan", Role.STUDENT, file["id"]))["state"] == "PENDING"
    assert await put(acts, file["upload"]["url"], TEXT) == (200, {"id": file["id"], "state": "STORED"})


async def test_an_upload_that_is_broken_off_leaves_nothing(acts: Acting, stored: Stored) -> None:
    content = b"x" * 1_000_000
    file = await announced(acts, "ivan", Role.STUDENT, content)
    began = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield content[:700_000]
        began.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(acts.served.client.put(file["upload"]["url"], data=pieces()))
    await began.wait()
    while not await stored.is_begun():  # noqa: ASYNC110 - what is waited for is another process
        await asyncio.sleep(0.01)
    sending.cancel()
    while await stored.left() or (await acts.found("files.files"))[0]["content_keys"]:  # noqa: ASYNC110 - likewise
        await asyncio.sleep(0.01)
    assert await put(acts, file["upload"]["url"], content) == (200, {"id": file["id"], "state": "STORED"})


async def test_two_uploads_at_once_leave_one_content(acts: Acting, stored: Stored) -> None:
    content = b"y" * 900_000
    announced_file = await announced(acts, "ivan", Role.STUDENT, content)
    answers = await asyncio.gather(*(put(acts, announced_file["upload"]["url"], content) for _ in range(4)))
    assert {status for status, _ in answers} == {200}
    [file] = await acts.found("files.files")
    assert [*await stored.keys()] == file["content_keys"] == [file["content"]]


async def test_an_address_that_was_altered_or_has_ended_is_refused(acts: Acting, stored: Stored) -> None:
    file = await announced(acts, "ivan", Role.STUDENT, TEXT)
    upload = file["upload"]["url"]
    petr = acts.id("Person", "petr")
    for altered in (
        upload.replace(acts.id("Person", "ivan"), petr),
        upload.replace("as=STUDENT", "as=TEACHER"),
        upload.replace("until=1", "until=9"),
        upload.replace("until=", "until=-"),
        upload[:-1] + ("A" if upload[-1] != "A" else "B"),
        upload.partition("?")[0],
    ):
        status, answer = await put(acts, altered, TEXT)
        assert (status, answer["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND"), altered
    assert (await acts.served.client.get(upload)).status == 404, "an address to upload is none to download"
    await acts.change("files.files", {"_id": file["id"]}, {"$set": {"expires_at": datetime.fromtimestamp(0, UTC)}})
    ended = (await seen(acts, "ivan", Role.STUDENT, file["id"]))["upload"]["url"]
    status, answer = await put(acts, ended, TEXT)
    assert (status, answer["errors"][0]["extensions"]["code"]) == (410, "LINK_EXPIRED")
    assert await stored.left() == 0


async def test_an_address_to_download_that_was_altered_or_has_ended_is_refused(acts: Acting, stored: Stored) -> None:
    file = await uploaded(acts, "ivan", Role.STUDENT, TEXT)
    other = await uploaded(acts, "petr", Role.STUDENT, TEXT)
    url = (await seen(acts, "ivan", Role.STUDENT, file))["url"]
    for altered in (
        url.replace(file, other),
        url.replace(f"in={file}", f"in={other}"),
        url.replace(acts.id("Person", "ivan"), acts.id("Person", "petr")),
        url.replace("as=STUDENT", "as=PARENT"),
        url.replace("until=1", "until=9"),
        url.replace("&signature=", "&signature=A"),
        url.partition("&signature=")[0],
    ):
        assert altered != url
        response = await acts.served.client.get(altered)
        code = (await response.json())["errors"][0]["extensions"]["code"]
        assert (response.status, code) == (404, "NOT_FOUND"), altered
    person = PersonId(acts.id("Person", "ivan"))
    for until, status in ((int(time.time()) - 1, 410), (int(time.time()) + 60, 200)):
        link = Link("GET", FileId(file), file, person, Role.STUDENT, until)
        response = await acts.served.client.get(link.address(stored.key, ""))
        assert response.status == status


async def test_a_compressed_body_is_refused_before_it_is_unpacked(acts: Acting, stored: Stored) -> None:
    """A bomb of gzip: what is announced is the size of the content, and the content is sent as it is."""
    content = gzip.compress(b"\0" * 20_000_000)
    file = await announced(acts, "ivan", Role.STUDENT, content)
    for coding in ("gzip", "deflate", "br", "identity, gzip"):
        status, answer = await put(acts, file["upload"]["url"], content, {"Content-Encoding": coding})
        assert (status, answer["errors"][0]["extensions"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE"), coding
    assert await stored.left() == 0
    assert (await put(acts, file["upload"]["url"], content))[0] == 200, "as a file it is one like any other"


async def test_a_file_is_its_owners_alone(acts: Acting) -> None:
    file_id = await uploaded(acts, "ivan", Role.STUDENT, TEXT)
    query = "query ($id: ID!) { file(id: $id) { id } }"
    for who, role in (
        ("petr", Role.STUDENT),
        ("olga", Role.PARENT),
        ("smirnov", Role.TEACHER),
    ):
        answer = await acts.answer(who, role, query, {"id": file_id})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    url = (await seen(acts, "ivan", Role.STUDENT, file_id))["url"]
    await acts.change("directory.people", {"_id": acts.id("Person", "ivan")}, {"$set": {"roles": []}})
    assert (await acts.served.client.get(url)).status == 401


GIVEN = (
    (PNG, "рис.png", "image/png", "inline; filename=\"___.png\"; filename*=UTF-8''%D1%80%D0%B8%D1%81.png"),
    (b"<html><script>alert(1)</script></html>", "a.png", UNKNOWN, 'attachment; filename="a.png"'),
    (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "a.svg", UNKNOWN, 'attachment; filename="a.svg"'),
    (b"\xef\xbb\xbf  <!DOCTYPE html>", "a.txt", UNKNOWN, 'attachment; filename="a.txt"'),
    (b"GIF89a=1;/*<script>alert(1)</script>*/", "a.html", "image/gif", 'inline; filename="a.html"'),
    (
        b"%PDF-1.4 <script>",
        'a;b".pdf',
        "application/pdf",
        "inline; filename=\"a_b_.pdf\"; filename*=UTF-8''a%3Bb%22.pdf",
    ),
    (
        "שלום".encode(),
        "עבר.txt",
        "text/plain",
        "attachment; filename=\"___.txt\"; filename*=UTF-8''%D7%A2%D7%91%D7%A8.txt",
    ),
    (b"PK\x03\x04 \x00\x00", "a.zip", "application/zip", 'attachment; filename="a.zip"'),
)
"""Contents with their names, and the type and the disposition with which they are given: some are polyglots."""


@pytest.mark.parametrize(("content", "name", "kind", "disposition"), GIVEN)
async def test_a_file_is_given_so_that_nothing_in_it_can_act(
    acts: Acting, content: bytes, name: str, kind: str, disposition: str
) -> None:
    file_id = await uploaded(acts, "ivan", Role.STUDENT, content, name=name)
    response = await acts.served.client.get((await seen(acts, "ivan", Role.STUDENT, file_id))["url"])
    assert await response.read() == content
    headers = response.headers
    assert headers["Content-Type"] == kind
    assert headers["Content-Disposition"] == disposition
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert ("sandbox" in headers["Content-Security-Policy"]) is (kind != "application/pdf")
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["Cross-Origin-Resource-Policy"] == "same-site"


async def test_a_part_of_a_file_is_given_when_it_is_asked_for(acts: Acting) -> None:
    content = bytes(number % 251 for number in range(600_000))
    file_id = await uploaded(acts, "ivan", Role.STUDENT, content)
    url = (await seen(acts, "ivan", Role.STUDENT, file_id))["url"]
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    size = len(content)
    for part, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=261119-261121", 261_119, 261_121),
        ("bytes=522240-", 522_240, size - 1),
        ("bytes=-5", size - 5, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
        (f"bytes=5-{size * 2}", 5, size - 1),
    ):
        response = await acts.served.client.get(url, headers={"Range": part, "If-Range": tag})
        assert response.status == 206, part
        assert response.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert await response.read() == content[first : last + 1]
    response = await acts.served.client.get(url, headers={"Range": f"bytes={size}-"})
    assert (response.status, response.headers["Content-Range"]) == (416, f"bytes */{size}")
    for headers in (
        {"Range": "bytes=1-2,4-5"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=5-1"},
        {"Range": "bytes=0-0", "If-Range": '"other"'},
    ):
        response = await acts.served.client.get(url, headers=headers)
        assert (response.status, await response.read()) == (200, content), headers
    response = await acts.served.client.get(url, headers={"If-None-Match": tag})
    assert (response.status, await response.read(), response.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"name": ""}, ("REQUIRED", ["name"])),
        ({"name": "a/b.txt"}, ("INVALID_INPUT", ["name"])),
        ({"name": ".."}, ("INVALID_INPUT", ["name"])),
        ({"name": "a\u202etxt.exe"}, ("INVALID_INPUT", ["name"])),
        ({"name": "a" * 201}, ("TOO_LONG", ["name"])),
        ({"sizeBytes": 0}, ("OUT_OF_RANGE", ["sizeBytes"])),
        ({"sizeBytes": 50_000_001}, ("OUT_OF_RANGE", ["sizeBytes"])),
        ({"sha256": "0" * 63}, ("INVALID_INPUT", ["sha256"])),
        ({"purpose": "MATERIAL"}, ("NOT_ALLOWED", ["purpose"])),
    ],
)
async def test_a_file_that_cannot_be_taken_is_not_announced(
    acts: Acting, sent: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    whole = {"name": "a.txt", "sizeBytes": 5, "sha256": "0" * 64, "purpose": "SUBMISSION", **sent}
    assert await acts.codes("ivan", Role.STUDENT, "requestUpload", whole) == [expected]
    assert await acts.found("files.files") == await acts.found("files.usage") == []


async def test_a_store_that_is_away_takes_and_gives_nothing_and_loses_nothing(mongo_uri: str, redis_uri: str) -> None:
    with served_bucket("away") as bucket:
        access = {"region": REGION, "key_id": KEY_ID, "secret": SECRET}
        rules = {"bucket": bucket.rules.bucket, "endpoint": bucket.rules.endpoint, "timeout_s": 1, **access}
        async with acting(mongo_uri, redis_uri, "http_files_away", files={"s3": rules}) as acts:
            there = await uploaded(acts, "ivan", Role.STUDENT, TEXT)
            waiting = await announced(acts, "ivan", Role.STUDENT, TEXT)
            url = (await seen(acts, "ivan", Role.STUDENT, there))["url"]
            bucket.stop()
            status, answer = await put(acts, waiting["upload"]["url"], TEXT)
            assert (status, answer["errors"][0]["extensions"]["code"]) == (503, "SOURCE_UNAVAILABLE")
            assert (await seen(acts, "ivan", Role.STUDENT, waiting["id"]))["state"] == "PENDING"
            response = await acts.served.client.get(url)
            answer = await response.json()
            assert (response.status, answer["errors"][0]["extensions"]["code"]) == (503, "SOURCE_UNAVAILABLE")
            values = {"homeworkId": acts.own("Homework", "today", "ivan"), "attachmentIds": [there]}
            assert await acts.codes("ivan", Role.STUDENT, "submitHomework", values) == []
