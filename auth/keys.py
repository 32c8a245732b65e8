"""The public keys of an identity provider: loads a JWKS from a URL or a file, refreshes it, finds keys by `kid`."""

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

from auth.discovery import jwks_uri_of
from connectors.errors import SourceUnavailable

IDENTITY: Final = "identity"
"""The name of the source that `SourceUnavailable` says: the same for tokens and for signing in."""

ALGORITHMS: Final = ("RS256", "ES256")
"""The algorithms a key of a JWKS may be used with. Each has one key type, so keys cannot be confused."""

MAX_BYTES: Final = 256 * 1024
"""The largest accepted size of a JWKS, and of any other answer of an identity provider."""

_MIN_BITS: Final = {"RS256": 2048, "ES256": 256}
_PUBLIC_MEMBERS: Final = {"RS256": ("kty", "n", "e"), "ES256": ("kty", "crv", "x", "y")}
"""The members of a JWK that make up its public key; the library is given no others."""

_log = logging.getLogger(__name__)


class PublicKey(NamedTuple):
    """A public key with the one algorithm it may be used with."""

    kid: str | None
    algorithm: str
    key: Key


class _FileState(NamedTuple):
    """Identifies a state of a file, so that a changed file is recognised."""

    modified_ns: int
    size: int
    inode: int


class KeySet:
    """The public keys at *source*, which is an `https://` or `http://` URL or the path of a file.

    With an *issuer*, *source* is the URL of the issuer's metadata, which name the URL of the keys; both are read at
    each refresh.

    Keys at a URL are refreshed every *refresh_s*; a file is checked for changes every *interval_s*. Refreshes run in
    the background. An unknown `kid` starts a refresh at once and waits for it, at most once every *interval_s*.
    Concurrent waiters share one refresh. When a refresh fails, the keys of the last successful one stay in use.
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
        self._file_state: _FileState | None = None
        self._generation = 0
        self._refresh_task: asyncio.Task[None] | None = None
        self._due_at = self._unknown_kid_allowed_at = float("-inf")

    def generation(self) -> int:
        """A number that grows when the keys change. Starts a refresh in the background when one is due."""
        if self._clock() >= self._due_at:
            self._refresh()
        return self._generation

    async def key(self, kid: str | None, algorithm: str) -> Key | None:
        """The key with this *kid* for *algorithm*; without a *kid*, the only key of the set. None where there is none.

        Raises `SourceUnavailable` while no keys have ever been loaded.
        """
        if self._keys is None:
            await self._load_first()
        else:
            self.generation()
        found = self._find(kid, algorithm)
        if found is None and await self._refresh_for_unknown_kid():
            found = self._find(kid, algorithm)
        return found

    async def count(self) -> int:
        """The number of keys. Raises `SourceUnavailable` while no keys have ever been loaded."""
        if self._keys is None:
            await self._load_first()
        return len(self._keys or ())

    def _find(self, kid: str | None, algorithm: str) -> Key | None:
        keys = self._keys or []
        if kid is None and len(keys) != 1:
            return None
        return next((k.key for k in keys if kid in (None, k.kid) and k.algorithm == algorithm), None)

    async def _load_first(self) -> None:
        if self._refresh_task or self._clock() >= self._due_at:
            await asyncio.shield(self._refresh())
        if self._keys is None:
            raise SourceUnavailable(IDENTITY)

    async def _refresh_for_unknown_kid(self) -> bool:
        """Refresh because of an unknown `kid`, or join a running refresh. False where the last one was too recent."""
        if self._refresh_task is None:
            if self._clock() < self._unknown_kid_allowed_at:
                return False
            self._unknown_kid_allowed_at = self._clock() + self._interval_s
        await asyncio.shield(self._refresh())
        return True

    def _refresh(self) -> asyncio.Task[None]:
        """The task of the running refresh, or of a new one. A separate task survives waiters that are cancelled."""
        if self._refresh_task is None:
            self._refresh_task = asyncio.create_task(self._read())
            self._refresh_task.add_done_callback(self._forget_refresh_task)
        return self._refresh_task

    def _forget_refresh_task(self, _: asyncio.Task[None]) -> None:
        self._refresh_task = None

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
            text = await fetch(session, self._source)
            if self._issuer is not None:
                text = await fetch(session, jwks_uri_of(text, self._issuer))
        self._replace(text)

    async def _read_file(self) -> None:
        changed = await asyncio.to_thread(_read_if_changed, Path(self._source), self._file_state)
        if changed is not None:
            state, text = changed
            self._replace(text)
            self._file_state = state  # last, so that a file read half-written is read again


async def fetch(session: aiohttp.ClientSession, url: str) -> bytes:
    """The text at *url* itself, without redirects. Raises `ValueError` where it is larger than `MAX_BYTES`."""
    async with session.get(url, allow_redirects=False) as answer:
        return await read_bounded(answer)


async def read_bounded(answer: aiohttp.ClientResponse) -> bytes:
    """The text of *answer*. Raises `ValueError` where it is larger than `MAX_BYTES`."""
    text = b""
    async for chunk in answer.content.iter_chunked(16 * 1024):
        text = _check_size(text + chunk)
    return text


def _read_if_changed(path: Path, seen: _FileState | None) -> tuple[_FileState, bytes] | None:
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        state = _FileState(status.st_mtime_ns, status.st_size, status.st_ino)
        return None if state == seen else (state, _check_size(stream.read(MAX_BYTES + 1)))


def _check_size(text: bytes) -> bytes:
    if len(text) > MAX_BYTES:
        raise ValueError("the answer of the identity provider is too large")
    return text


def public_keys(text: bytes, algorithms: Collection[str]) -> list[PublicKey]:
    """The keys of a JWKS that can verify signatures by one of *algorithms*. Raises `ValueError` where it is none.

    Keys that are for another use, of another type, too short, private or malformed are skipped, as RFC 7517, section 5,
    requires.
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
        key = jwk.construct({member: str(entry[member]) for member in _PUBLIC_MEMBERS[algorithm]}, algorithm)
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
