"""Contents of files in a bucket of an S3-compatible store; needs the extra `s3` (aiobotocore)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from connectors.files.store import PIECE_BYTES, ContentMissing, StoreFailed

PART_BYTES: Final = 8 * 1024 * 1024
"""Bytes of one part of an upload: S3 takes no smaller ones but the last, and 10,000 parts at most."""
_MISSING: Final = frozenset({"NoSuchKey", "404", "InvalidRange", "NoSuchUpload"})


@dataclass(frozen=True, kw_only=True)
class S3Rules:
    """Where the bucket is, and who the gateway is there."""

    bucket: str
    endpoint: str | None = None
    """The address of the store; None: that of Amazon."""
    region: str | None = None
    key_id: str | None = None
    """The access key; None: wherever botocore looks for one, such as the role of the machine."""
    secret: str | None = None
    prefix: str = ""
    """The beginning of the keys of all contents."""
    timeout_s: float = 30.0
    """How long the store may take to connect, and to send anything."""


class S3Store:
    """Contents in a bucket: a large one is sent in parts, which become one object when the last one is there.

    One part is in memory. What is left of an upload that was broken off is deleted with its key.
    """

    def __init__(self, rules: S3Rules) -> None:
        self._rules = rules
        self._opened = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._client: Any = None

    async def prepare(self) -> None:
        """Nothing: the bucket is there, and its connection is opened when it is first needed."""

    async def aclose(self) -> None:
        """Close the connections."""
        self._client = None
        await self._opened.aclose()

    async def write(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Store a content; whatever *pieces* raises leaves nothing in the store."""
        place, client = self._place(key), await self._s3()
        parts = _parts_of(pieces)
        first = await anext(parts, b"")
        if len(first) < PART_BYTES:
            with _store_failures():
                await client.put_object(**place, Body=first)
            return
        with _store_failures():
            upload = {**place, "UploadId": (await client.create_multipart_upload(**place))["UploadId"]}
        try:
            sent = [await self._send(upload, 1, first)]
            async for part in parts:
                sent.append(await self._send(upload, len(sent) + 1, part))
            with _store_failures():
                await client.complete_multipart_upload(**upload, MultipartUpload={"Parts": sent})
        except BaseException:
            with suppress(Exception):  # else deleted by its key later
                await client.abort_multipart_upload(**upload)
            raise

    async def _send(self, upload: dict[str, Any], number: int, part: bytes) -> dict[str, Any]:
        with _store_failures():
            answer = await (await self._s3()).upload_part(**upload, PartNumber=number, Body=part)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    async def read(self, key: str, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes from *first* to *last*, both included. Raises `ContentMissing` where there is no such content."""
        left = last - first + 1
        with _store_failures():
            found = await (await self._s3()).get_object(**self._place(key), Range=f"bytes={first}-{last}")
        async with found["Body"] as body:
            while left > 0:
                with _store_failures():
                    piece = await body.read(min(PIECE_BYTES, left))
                if not piece:
                    raise ContentMissing(key)
                left -= len(piece)
                yield piece

    async def delete(self, key: str) -> None:
        """Delete a content, or what is left of one that was not written to its end; nothing where there is none."""
        place, client = self._place(key), await self._s3()
        with _store_failures():
            await client.delete_object(**place)
            begun = await client.list_multipart_uploads(Bucket=place["Bucket"], Prefix=place["Key"])
        for upload in begun.get("Uploads", ()):
            with suppress(ContentMissing), _store_failures():
                await client.abort_multipart_upload(**place, UploadId=upload["UploadId"])

    def _place(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._rules.bucket, "Key": f"{self._rules.prefix}{key}"}

    async def _s3(self) -> Any:
        """The client, which is opened once."""
        async with self._opening:
            if self._client is None:
                rules = self._rules
                how = AioConfig(
                    connect_timeout=rules.timeout_s, read_timeout=rules.timeout_s, retries={"mode": "standard"}
                )
                opening = get_session().create_client(
                    "s3",
                    endpoint_url=rules.endpoint,
                    region_name=rules.region,
                    aws_access_key_id=rules.key_id,
                    aws_secret_access_key=rules.secret,
                    config=how,
                )
                self._client = await self._opened.enter_async_context(opening)
        return self._client


async def _parts_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes of *pieces* in parts of `PART_BYTES`; the last one may be smaller."""
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        while len(waiting) >= PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    if waiting:
        yield bytes(waiting)


@contextmanager
def _store_failures() -> Iterator[None]:
    """Raises `ContentMissing` for what the store does not have, and `StoreFailed` for every other failure of it."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise ContentMissing(str(error)) from error
        raise StoreFailed(str(error)) from error
    except Exception as error:  # botocore's errors, and those of the connection below it
        raise StoreFailed(repr(error)) from error
