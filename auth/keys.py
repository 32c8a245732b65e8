"""The public keys of an identity provider: a JWKS by issuer, URL or file, kept, re-read, and searched by `kid`."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import orjson
from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JOSEError

from auth.discovery import keys_of
from connectors.errors import SourceUnavailable

ALGORITHMS: Final = ("RS256", "ES256")
"""Every algorithm a JWKS key may be used with. Each has one key type, so a key cannot be used for another."""

MAX_BYTES: Final = 256 * 1024
"""The largest JWKS that is read, and the largest metadata."""

_MIN_BITS: Final = {"RS256": 2048, "ES256": 256}
_PARTS: Final = {"RS256": ("kty", "n", "e"), "ES256": ("kty", "crv", "x", "y")}
"""The members that make a public key; nothing else of a JWK is given to the library."""

_log = logging.getLogger(__name__)


class PublicKey(NamedTuple):
    """A key of the set, and the one algorithm it may be used with."""

    kid: str | None
    algorithm: str
    key: Key


class _Stamp(NamedTuple):
    """What tells one state of a file from the next."""

    modified_ns: int
    size: int
    inode: int


class KeySet:
    """The keys at *source*, an `https://` or `http://` URL or the path of a file.

    With an *issuer*, the metadata of this one are at the URL, and say anew at each reading where the keys are.

    They are re-read every *refresh_s* (of a file, only its date is looked at, every *interval_s*), without anyone
    waiting, and at once for an unknown `kid`, though no oftener than every *interval_s*. All who wait share one
    reading. Keys survive readings that fail.
    """

    def __init__(
        self,
        source: str,
        *,
        issuer: str | None = None,
        algorithms: Collection[str] = ALGORITHMS,
        refresh_s: float = 300,
        interval_s: float = 10,
        timeout_s: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._issuer = issuer
        self._is_url = source.lower().startswith(("https://", "http://"))
        self._algorithms = frozenset(algorithms)
        self._refresh_s = refresh_s if self._is_url else interval_s
        self._interval_s = interval_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._keys: list[PublicKey] | None = None
        self._text = b""
        self._stamp: _Stamp | None = None
        self._generation = 0
        self._reading: asyncio.Task[None] | None = None
        self._due_at = self._urgent_at = float("-inf")

    def generation(self) -> int:
        """A number that changes with the keys; to ask for it starts a reading when one is due."""
        if self._clock() >= self._due_at:
            self._read_once()
        return self._generation

    async def key(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that *kid* names, if it is for *algorithm*; without a *kid*, the only key there is.

        Raises SourceUnavailable while no keys could be read at all.
        """
        if self._keys is None:
            await self._first_reading()
        else:
            self.generation()
        found = self._find(kid, algorithm)
        if found is None and await self._urgent_reading():
            found = self._find(kid, algorithm)
        return found

    async def count(self) -> int:
        """How many keys can verify signatures; raises SourceUnavailable while none could be read at all."""
        if self._keys is None:
            await self._first_reading()
        return len(self._keys or ())

    def _find(self, kid: str | None, algorithm: str) -> Key | None:
        keys = self._keys or []
        if kid is None and len(keys) != 1:
            return None
        return next((k.key for k in keys if kid in (None, k.kid) and k.algorithm == algorithm), None)

    async def _first_reading(self) -> None:
        if self._reading or self._clock() >= self._due_at:
            await asyncio.shield(self._read_once())
        if self._keys is None:
            raise SourceUnavailable("identity")

    async def _urgent_reading(self) -> bool:
        """Whether there was one; others who wait for one already running count too."""
        if self._reading is None:
            if self._clock() < self._urgent_at:
                return False
            self._urgent_at = self._clock() + self._interval_s
        await asyncio.shield(self._read_once())
        return True

    def _read_once(self) -> asyncio.Task[None]:
        """The running reading, or a new one: a task of its own, so that nobody who stops waiting ends it for all."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._read_done)
        return self._reading

    def _read_done(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _read(self) -> None:
        pause_s = self._interval_s
        try:
            await (self._read_url() if self._is_url else self._read_file())
            pause_s = self._refresh_s
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            _log.warning("The keys of the identity provider could not be read from %s", self._source, exc_info=True)
        finally:
            self._due_at = self._clock() + pause_s

    def _replace(self, text: bytes) -> None:
        if self._keys is None or text != self._text:
            self._keys = public_keys(text, self._algorithms)
            self._text = text
            self._generation += 1

    async def _read_url(self) -> None:
        headers = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}
        async with (
            asyncio.timeout(self._timeout_s),
            aiohttp.ClientSession(headers=headers, raise_for_status=True, auto_decompress=False) as session,
        ):
            text = await _fetched(session, self._source)
            if self._issuer is not None:
                text = await _fetched(session, keys_of(text, self._issuer))
        self._replace(text)

    async def _read_file(self) -> None:
        changed = await asyncio.to_thread(_changed, Path(self._source), self._stamp)
        if changed is not None:
            stamp, text = changed
            self._replace(text)
            self._stamp = stamp  # only now: a file caught half written is read again


async def _fetched(session: aiohttp.ClientSession, url: str) -> bytes:
    text = b""
    async with session.get(url, allow_redirects=False) as answer:
        async for chunk in answer.content.iter_chunked(16 * 1024):
            text = _limited(text + chunk)
    return text


def _changed(path: Path, seen: _Stamp | None) -> tuple[_Stamp, bytes] | None:
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        stamp = _Stamp(status.st_mtime_ns, status.st_size, status.st_ino)
        return None if stamp == seen else (stamp, _limited(stream.read(MAX_BYTES + 1)))


def _limited(text: bytes) -> bytes:
    if len(text) > MAX_BYTES:
        raise ValueError("the JWKS, or the metadata, are too large")
    return text


def public_keys(text: bytes, algorithms: Collection[str]) -> list[PublicKey]:
    """The keys of a JWKS that may verify signatures by one of the *algorithms*; ValueError when it is no JWKS.

    Keys for another use, of another kind, too short, private or broken are passed over, as RFC 7517 section 5 asks.
    """
    match orjson.loads(text):
        case {"keys": [*entries]}:
            keys = [_public_key(entry) for entry in entries if isinstance(entry, dict)]
            return [key for key in keys if key is not None and key.algorithm in algorithms]
        case _:
            raise ValueError("not a JWKS: it has no list of keys")


def _public_key(entry: Mapping[str, Any]) -> PublicKey | None:
    kid, algorithm = entry.get("kid"), _algorithm(entry)
    if algorithm is None or not isinstance(kid, str | None) or "d" in entry or not _may_verify(entry):
        return None
    try:
        key = jwk.construct({part: str(entry[part]) for part in _PARTS[algorithm]}, algorithm)
    except (JOSEError, KeyError, ValueError):
        return None
    if key.prepared_key.key_size < _MIN_BITS[algorithm]:  # type: ignore[attr-defined]  # the stubs forget it
        return None
    return PublicKey(kid, algorithm, key)


def _algorithm(entry: Mapping[str, Any]) -> str | None:
    match entry:
        case {"kty": "RSA", **rest}:
            algorithm = "RS256"
        case {"kty": "EC", "crv": "P-256", **rest}:
            algorithm = "ES256"
        case _:
            return None
    return algorithm if rest.get("alg", algorithm) == algorithm else None


def _may_verify(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
