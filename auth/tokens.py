"""Bearer tokens: what is asked of them, and what they say once they are trusted."""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from jose import jwk, jwt
from jose.backends.base import Key
from jose.exceptions import ExpiredSignatureError, JOSEError

from auth.discovery import metadata_of
from auth.errors import RoleNotHeld, TokenExpired, Unauthenticated
from auth.keys import ALGORITHMS, KeySet
from auth.viewer import Role

DEVELOPER_ALGORITHM: Final = "HS256"
MIN_SECRET_BYTES: Final = 32
"""What RFC 7518 section 3.2 asks of a key for HS256."""
MAX_TOKEN_BYTES: Final = 8 * 1024
MAX_SUBJECT_LENGTH: Final = 512
TYPES: Final = frozenset({"jwt", "at+jwt"})
"""The `typ` a token may carry. Other tokens of the same issuer, such as `logout+jwt`, are no proof of a sign-in."""

_ROLES: Final = {role.value: role for role in Role}
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_MALFORMED: Final = (JOSEError, ValueError, TypeError, KeyError, OverflowError, RecursionError)
"""What the library lets through when a token, or its JSON, is not as it should be."""
_OPTIONS: Final = {f"require_{claim}": True for claim in ("iss", "sub", "aud", "exp")} | {"verify_at_hash": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """Which tokens are trusted: those of one OIDC issuer, of the developer issuer, or of both.

    The first is switched on by *issuer*; its keys are at *jwks* (a URL or the path of a file), or where its metadata
    say. The second is by *developer_secret*. Rules that contradict themselves are a ValueError.
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
    remembered: int = 10_000
    """Verified tokens that are kept, so that one that comes again costs no cryptography."""

    def __post_init__(self) -> None:
        if not self.audience:
            raise ValueError("tokens need an audience to be checked against")
        if self.jwks and not self.issuer:
            raise ValueError("a JWKS needs its issuer")
        if self.issuer and not self.jwks:
            metadata_of(self.issuer)
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
    """What a trusted token says."""

    issuer: str
    subject: str
    role: Role
    name: str | None
    expires_at: int
    """Seconds since 1970."""


class _Trust(NamedTuple):
    """Whose token it would be, and the one key and algorithm it must be signed with."""

    issuer: str
    algorithm: str
    key: Key


class _Verified(NamedTuple):
    claims: Claims
    generation: int


class TokenVerifier:
    """Checks tokens against the rules."""

    def __init__(self, rules: TokenRules, *, clock: Callable[[], float] = time.time) -> None:
        self._rules = rules
        self._clock = clock
        self._keys = _key_set(rules)
        self._developer = _developer(rules)
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    async def issuer_keys(self) -> int | None:
        """How many keys of the OIDC issuer can verify tokens; None where no such issuer is trusted.

        Raises:
            SourceUnavailable: its metadata or its keys cannot be read.
        """
        return None if self._keys is None else await self._keys.count()

    async def claims(self, token: str) -> Claims:
        """What *token* says. Raises AuthError when it is not trusted, SourceUnavailable when no key can be had."""
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise Unauthenticated("the token is too long, or not ASCII")
        digest = hashlib.sha256(token.encode()).digest()
        remembered = self._remembered(digest)
        if remembered is not None:
            return remembered
        trust = await self._trust(_header(token))
        claims = self._read(_payload(token, trust, self._rules), trust.issuer)
        self._remember(digest, claims)
        return claims

    async def _trust(self, header: Mapping[str, Any]) -> _Trust:
        """Who must have signed: the algorithm says which issuer, and its `kid` which of his keys."""
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
        return _Trust(self._rules.issuer, algorithm, key)

    def _read(self, payload: Mapping[str, Any], issuer: str) -> Claims:
        subject, expires_at, name = payload["sub"], payload["exp"], payload.get("name")
        if not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not _is_text(subject):
            raise Unauthenticated("the subject is empty, too long, or no text")
        if type(expires_at) not in (int, float):
            raise Unauthenticated("the time of expiry is no number")
        role = _ROLES.get(str(payload.get(self._rules.role_claim)))
        if role is None:
            raise RoleNotHeld("the token names no known role")
        shown = name if isinstance(name, str) and _is_text(name) else None
        return Claims(issuer, subject, role, shown, int(expires_at))

    def _remembered(self, digest: bytes) -> Claims | None:
        kept = self._verified.get(digest)
        if kept is None:
            return None
        if self._clock() > kept.claims.expires_at + self._rules.leeway_s or kept.generation != self._generation():
            del self._verified[digest]
            return None
        self._verified.move_to_end(digest)
        return kept.claims

    def _remember(self, digest: bytes, claims: Claims) -> None:
        if self._rules.remembered > 0:
            self._verified[digest] = _Verified(claims, self._generation())
            if len(self._verified) > self._rules.remembered:
                self._verified.popitem(last=False)

    def _generation(self) -> int:
        """Which keys are in force: what was verified with others must be verified again."""
        return 0 if self._keys is None else self._keys.generation()


def _is_text(value: str) -> bool:
    """Whether UTF-8 can write *value*: JSON may hold half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key_set(rules: TokenRules) -> KeySet | None:
    if not rules.issuer:
        return None
    return KeySet(
        rules.jwks or metadata_of(rules.issuer),
        issuer=None if rules.jwks else rules.issuer,
        algorithms=rules.algorithms,
        refresh_s=rules.jwks_refresh_s,
        interval_s=rules.jwks_interval_s,
        timeout_s=rules.jwks_timeout_s,
    )


def _developer(rules: TokenRules) -> _Trust | None:
    if rules.developer_secret is None:
        return None
    key = jwk.construct(rules.developer_secret, DEVELOPER_ALGORITHM)
    return _Trust(rules.developer_issuer, DEVELOPER_ALGORITHM, key)


def _header(token: str) -> Mapping[str, Any]:
    if not _COMPACT.fullmatch(token):
        raise Unauthenticated("the token is no signed JWT")
    try:
        header = jwt.get_unverified_header(token)
    except _MALFORMED as error:
        raise Unauthenticated("the header is malformed") from error
    kind = header.get("typ", "JWT")
    if "crit" in header or not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TYPES:
        raise Unauthenticated("the token is of another type, or asks for an extension")
    return header


def _payload(token: str, trust: _Trust, rules: TokenRules) -> Mapping[str, Any]:
    try:
        return jwt.decode(
            token,
            trust.key,  # a key object: given a string, the library would guess what kind of key it is
            algorithms=[trust.algorithm],
            audience=rules.audience,
            issuer=trust.issuer,
            options={**_OPTIONS, "leeway": rules.leeway_s},
        )
    except ExpiredSignatureError as error:
        raise TokenExpired from error
    except _MALFORMED as error:
        raise Unauthenticated("the signature or a claim is not as it must be") from error
