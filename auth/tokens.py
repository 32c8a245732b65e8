"""Verifies bearer tokens and extracts their claims."""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from jose import jwk, jwt
from jose.backends.base import Key
from jose.exceptions import ExpiredSignatureError, JOSEError

from auth.discovery import metadata_url_of
from auth.errors import RoleNotHeld, TokenExpired, Unauthenticated
from auth.keys import ALGORITHMS, KeySet
from auth.viewer import Role

DEVELOPER_ALGORITHM: Final = "HS256"
MIN_SECRET_BYTES: Final = 32
"""The shortest key that RFC 7518, section 3.2, allows for HS256."""
MAX_TOKEN_BYTES: Final = 8 * 1024
MAX_SUBJECT_LENGTH: Final = 512
TYPES: Final = frozenset({"jwt", "at+jwt"})
"""The accepted `typ` headers. Other tokens of the same issuer, such as `logout+jwt`, do not sign anybody in."""

_ROLES: Final = {role.value: role for role in Role}
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
MALFORMED: Final = (JOSEError, ValueError, TypeError, KeyError, OverflowError, RecursionError)
"""The exceptions that the library raises for a malformed token or malformed JSON in it."""
_OPTIONS: Final = {f"require_{claim}": True for claim in ("iss", "sub", "aud", "exp")} | {"verify_at_hash": False}


@dataclass(frozen=True, kw_only=True)
class TokenRules:
    """Which tokens are trusted: those of one OIDC issuer, of the developer issuer, or of both.

    *issuer* switches the OIDC issuer on; its keys are at *jwks*, a URL or the path of a file, or else where its
    metadata say. *developer_secret* switches the developer issuer on. Raises `ValueError` for contradictory rules.
    """

    audience: str
    issuer: str | None = None
    jwks: str | None = None
    algorithms: tuple[str, ...] = ALGORITHMS
    developer_issuer: str = "school-gateway"
    developer_secret: str | None = field(default=None, repr=False)
    role_claim: str = "role"
    leeway_s: int = 10
    jwks_refresh_s: float = 300
    jwks_interval_s: float = 10
    jwks_timeout_s: float = 5
    cache_size: int = 10_000
    """How many verified tokens are cached, so that a repeated token needs no cryptography."""

    def __post_init__(self) -> None:
        if not self.audience:
            raise ValueError("tokens need an audience to be checked against")
        if self.jwks and not self.issuer:
            raise ValueError("a JWKS needs its issuer")
        if self.issuer and not self.jwks:
            metadata_url_of(self.issuer)
        if not self.issuer and self.developer_secret is None:
            raise ValueError("nobody could sign in: set an issuer, or a development secret")
        if not self.algorithms or not set(self.algorithms) <= set(ALGORITHMS):
            raise ValueError(f"the algorithms may only be of {', '.join(ALGORITHMS)}")
        if self.developer_secret is not None:
            if len(self.developer_secret.encode()) < MIN_SECRET_BYTES:
                raise ValueError(f"a development secret needs at least {MIN_SECRET_BYTES} bytes")
            if not self.developer_issuer or self.developer_issuer == self.issuer:
                raise ValueError("the developer issuer needs a name of its own")


class Claims(NamedTuple):
    """The claims of a verified token."""

    issuer: str
    subject: str
    role: Role
    name: str | None
    expires_at: int
    """Seconds since 1970."""


class _Signer(NamedTuple):
    """The issuer that a token claims, and the one key and algorithm that its signature must be verified with."""

    issuer: str
    algorithm: str
    key: Key


class _Verified(NamedTuple):
    claims: Claims
    generation: int


class TokenVerifier:
    """Verifies tokens by the rules and caches the result."""

    def __init__(self, rules: TokenRules, *, clock: Callable[[], float] = time.time) -> None:
        self._rules = rules
        self._clock = clock
        self._keys = _key_set(rules)
        self._developer = _developer(rules)
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    async def issuer_keys(self) -> int | None:
        """The number of keys of the OIDC issuer; None where no such issuer is trusted.

        Raises `SourceUnavailable` where its metadata or its keys cannot be read.
        """
        return None if self._keys is None else await self._keys.count()

    async def claims(self, token: str) -> Claims:
        """The claims of *token*.

        Raises `AuthError` where the token is not trusted, and `SourceUnavailable` where the issuer's keys cannot be
        read.
        """
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise Unauthenticated("the token is too long, or not ASCII")
        digest = hashlib.sha256(token.encode()).digest()
        cached_claims = self._cached_claims(digest)
        if cached_claims is not None:
            return cached_claims
        signer = await self._signer(header_of(token, TYPES))
        claims = self._checked_claims(_payload(token, signer, self._rules), signer.issuer)
        self._cache_claims(digest, claims)
        return claims

    async def _signer(self, header: Mapping[str, Any]) -> _Signer:
        """The issuer and key for a token: `alg` decides between the issuers, `kid` names the OIDC issuer's key."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm == DEVELOPER_ALGORITHM and self._developer is not None:
            return self._developer
        if self._keys is None or self._rules.issuer is None or algorithm not in self._rules.algorithms:
            raise Unauthenticated("the algorithm is not one that is trusted here")
        if not isinstance(kid, str | None):
            raise Unauthenticated("the kid is no string")
        key = await self._keys.key(kid, algorithm)
        if key is None:
            raise Unauthenticated("no key of the issuer has this kid and algorithm")
        return _Signer(self._rules.issuer, algorithm, key)

    def _checked_claims(self, payload: Mapping[str, Any], issuer: str) -> Claims:
        subject, expires_at, name = payload["sub"], payload["exp"], payload.get("name")
        check_subject(subject)
        if type(expires_at) not in (int, float):
            raise Unauthenticated("the time of expiry is no number")
        role = _ROLES.get(str(payload.get(self._rules.role_claim)))
        if role is None:
            raise RoleNotHeld("the token names no known role")
        display_name = name if isinstance(name, str) and _is_text(name) else None
        return Claims(issuer, subject, role, display_name, int(expires_at))

    def _cached_claims(self, digest: bytes) -> Claims | None:
        cached = self._verified.get(digest)
        if cached is None:
            return None
        if self._clock() > cached.claims.expires_at + self._rules.leeway_s or cached.generation != self._generation():
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return cached.claims

    def _cache_claims(self, digest: bytes, claims: Claims) -> None:
        if self._rules.cache_size > 0:
            self._verified[digest] = _Verified(claims, self._generation())
            if len(self._verified) > self._rules.cache_size:
                self._verified.popitem(last=False)

    def _generation(self) -> int:
        """The generation of the keys in force; tokens verified under another one are verified again."""
        return 0 if self._keys is None else self._keys.generation()


def check_subject(subject: object) -> None:
    """Raises `Unauthenticated` for the subject of a token that is no text, empty or too long."""
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not _is_text(subject):
        raise Unauthenticated("the subject is empty, too long, or no text")


def _is_text(value: str) -> bool:
    """Whether *value* can be encoded as UTF-8: a JSON string may hold an unpaired surrogate."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key_set(rules: TokenRules) -> KeySet | None:
    if not rules.issuer:
        return None
    return KeySet(
        rules.jwks or metadata_url_of(rules.issuer),
        issuer=None if rules.jwks else rules.issuer,
        algorithms=rules.algorithms,
        refresh_s=rules.jwks_refresh_s,
        interval_s=rules.jwks_interval_s,
        timeout_s=rules.jwks_timeout_s,
    )


def _developer(rules: TokenRules) -> _Signer | None:
    if rules.developer_secret is None:
        return None
    key = jwk.construct(rules.developer_secret, DEVELOPER_ALGORITHM)
    return _Signer(rules.developer_issuer, DEVELOPER_ALGORITHM, key)


def header_of(token: str, types: Collection[str]) -> Mapping[str, Any]:
    """The header of *token*, whose `typ` is one of *types*. Raises `Unauthenticated` for any other token."""
    if not _COMPACT.fullmatch(token):
        raise Unauthenticated("the token is no signed JWT")
    try:
        header = jwt.get_unverified_header(token)
    except MALFORMED as error:
        raise Unauthenticated("the header is malformed") from error
    kind = header.get("typ", "JWT")
    if "crit" in header or not isinstance(kind, str) or kind.lower().removeprefix("application/") not in types:
        raise Unauthenticated("the token is of another type, or asks for an extension")
    return header


def _payload(token: str, signer: _Signer, rules: TokenRules) -> Mapping[str, Any]:
    try:
        return jwt.decode(
            token,
            signer.key,  # a key object: the library would guess the key type of a string
            algorithms=[signer.algorithm],
            audience=rules.audience,
            issuer=signer.issuer,
            options={**_OPTIONS, "leeway": rules.leeway_s},
        )
    except ExpiredSignatureError as error:
        raise TokenExpired from error
    except MALFORMED as error:
        raise Unauthenticated("the signature or a claim is not as it must be") from error
