"""Answers compressed as the client accepts it."""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import brotli  # type: ignore[import-untyped] # it has no annotations
import zstandard

OFFLOADED_BYTES: Final = 250_000
"""Longer bodies are compressed in a thread, so that other requests need not wait for it."""

_COMPRESS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "zstd": lambda body: zstandard.ZstdCompressor(level=3).compress(body),
    "br": lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=4),
    "gzip": lambda body: gzip.compress(body, compresslevel=5, mtime=0),
}


@dataclass(frozen=True, slots=True)
class Compression:
    """Which answers are compressed."""

    min_bytes: int

    def applies(self, body: bytes, coding: str | None) -> bool:
        """Whether compressing *body* is worth it."""
        return coding is not None and len(body) >= self.min_bytes

    async def compressed(self, body: bytes, coding: str) -> bytes:
        """*body* in one of the codings of `negotiation.CODINGS`."""
        compress = _COMPRESS[coding]
        return compress(body) if len(body) < OFFLOADED_BYTES else await asyncio.to_thread(compress, body)
