"""One OpenID provider: where browsers are sent, and what is exchanged with it behind their backs."""

import base64
import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
import orjson

from auth.discovery import metadata_url_of
from auth.keys import IDENTITY, KeySet, fetch, read_bounded
from auth.sign_in.accounts import Attributes
from auth.sign_in.id_tokens import IdTokens
from auth.sign_in.metadata import Metadata
from connectors.errors import SourceUnavailable

_RETRY_S: Final = 10
"""The pause before metadata that could not be read are read again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ProviderRules:
    """How one provider is used. Raises `ValueError` for an issuer at no trusted address."""

    name: str
    """The name in URLs: lower-case letters, digits and hyphens."""
    title: str
    """The name that people read."""
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None for a public client, whose codes PKCE alone protects."""
    scope: str = "openid"
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of the authorization request, such as `prompt`."""
    confirms: bool = False
    """Whether names, birth dates, e-mail addresses and СНИЛС of the provider are confirmed ones."""
    confirmed_by: str | None = None
    """The claim that says so of each account, such as `trusted`; None: all are."""
    leeway_s: int = 10
    timeout_s: float = 5.0
    refresh_s: float = 300.0
    """How long metadata are used before they are read again."""

    def __post_init__(self) -> None:
        metadata_url_of(self.issuer)


@dataclass(frozen=True, slots=True)
class Grant:
    """The tokens that the token endpoint has given."""

    id_token: str | None
    refresh_token: str | None = field(repr=False)
    expires_in_s: float


class GrantRefused(Exception):
    """The provider does not give tokens for this code or refresh token; *error* is its code (RFC 6749, 5.2)."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Provider:
    """The provider of *rules*. Every method raises `SourceUnavailable` where the provider gives no usable answer."""

    def __init__(self, rules: ProviderRules, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.rules = rules
        self._clock = clock
        self._metadata: Metadata | None = None
        self._due_at = float("-inf")
        keys = KeySet(metadata_url_of(rules.issuer), issuer=rules.issuer, timeout_s=rules.timeout_s)
        self.id_tokens = IdTokens(keys, issuer=rules.issuer, client_id=rules.client_id, leeway_s=rules.leeway_s)

    def attributes(self, claims: Mapping[str, Any]) -> Attributes:
        """The attributes of a user in the claims of the provider's ID token."""
        by = self.rules.confirmed_by
        is_confirmed = by is None or claims.get(by) is True or claims.get(by) == "true"
        return Attributes.of(claims, are_confirmed=self.rules.confirms and is_confirmed)

    async def metadata(self) -> Metadata:
        """The endpoints; the last ones that could be read."""
        now = self._clock()
        if now < self._due_at and self._metadata is not None:
            return self._metadata
        try:
            async with self._client(raise_for_status=True) as client:
                text = await fetch(client, metadata_url_of(self.rules.issuer))
            self._metadata = Metadata.read(text, self.rules.issuer)
            self._due_at = now + self.rules.refresh_s
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            _log.warning("The metadata of the provider %s could not be read", self.rules.name, exc_info=True)
            self._due_at = now + _RETRY_S
            if self._metadata is None:
                raise SourceUnavailable(IDENTITY) from error
        return self._metadata

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent: the authorization endpoint, asked for a code with PKCE (RFC 7636)."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        parameters = {
            **self.rules.parameters,
            "response_type": "code",
            "client_id": self.rules.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.rules.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with_query((await self.metadata()).authorization, parameters)

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        """The tokens for a code. Raises `GrantRefused`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        return _grant(await self._token(form))

    async def refresh(self, refresh_token: str) -> Grant:
        """New tokens for a refresh token. Sent once more where the answer was lost. Raises `GrantRefused`."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            return _grant(await self._token(form))
        except SourceUnavailable:
            return _grant(await self._token(form))

    async def revoke(self, refresh_token: str) -> None:
        """Have the provider forget a refresh token (RFC 7009), if it can. Failures are logged: the session is over."""
        url = (await self.metadata()).revocation
        if url is None:
            return
        try:
            await self._post(url, {"token": refresh_token, "token_type_hint": "refresh_token"})
        except SourceUnavailable:
            _log.warning("A refresh token was not revoked at the provider %s", self.rules.name)

    async def end_session_url(self, *, return_to: str) -> str | None:
        """Where the browser ends its session at the provider, without any token in the URL; None: nowhere."""
        url = (await self.metadata()).end_session
        if url is None:
            return None
        return _with_query(url, {"client_id": self.rules.client_id, "post_logout_redirect_uri": return_to})

    async def _token(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        status, answer = await self._post((await self.metadata()).token, form)
        members: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
        if status == HTTPStatus.OK and isinstance(members.get("access_token"), str):
            return members
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(
            members.get("error"), str
        ):
            raise GrantRefused(members["error"])
        _log.warning("The provider %s answered a token request with status %d", self.rules.name, status)
        raise SourceUnavailable(IDENTITY)

    async def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, Any]:
        rules = self.rules
        headers = {"Accept": "application/json"}
        fields = dict(form)
        if rules.client_secret is None:
            fields["client_id"] = rules.client_id
        elif (await self.metadata()).takes_basic:
            pair = f"{quote_plus(rules.client_id)}:{quote_plus(rules.client_secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": rules.client_id, "client_secret": rules.client_secret}
        try:
            async with (
                self._client() as client,
                client.post(url, data=fields, headers=headers, allow_redirects=False) as answer,
            ):
                text = await read_bounded(answer)
                return answer.status, orjson.loads(text) if text else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            _log.warning("The provider %s gave no answer: %s", rules.name, type(error).__name__)
            raise SourceUnavailable(IDENTITY) from error

    def _client(self, *, raise_for_status: bool = False) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            raise_for_status=raise_for_status,
            timeout=aiohttp.ClientTimeout(total=self.rules.timeout_s),
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )


def _grant(answer: Mapping[str, Any]) -> Grant:
    id_token, refresh_token, lifetime = (answer.get(name) for name in ("id_token", "refresh_token", "expires_in"))
    return Grant(
        id_token if isinstance(id_token, str) else None,
        refresh_token if isinstance(refresh_token, str) else None,
        float(lifetime) if isinstance(lifetime, int | float) and lifetime > 0 else 300.0,
    )


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(parameters)}"
