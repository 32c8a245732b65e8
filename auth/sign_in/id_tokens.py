"""Verifies the tokens that a provider issues about its users: ID tokens and logout tokens."""

import time
from collections.abc import Mapping
from typing import Any, Final

from jose import jwt

from auth.errors import Unauthenticated
from auth.keys import ALGORITHMS, KeySet
from auth.tokens import MALFORMED, check_subject, header_of

LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"
"""The event of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.4)."""
MAX_TOKEN_BYTES: Final = 16 * 1024
LOGOUT_AGE_S: Final = 300
"""The longest time after which a logout token is still taken."""
_ID_TOKEN_TYPES: Final = frozenset({"jwt"})
_LOGOUT_TOKEN_TYPES: Final = frozenset({"jwt", "logout+jwt"})


class IdTokens:
    """Verifies what *issuer* says to the client *client_id*, by the provider's own keys."""

    def __init__(self, keys: KeySet, *, issuer: str, client_id: str, leeway_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._client_id = client_id
        self._leeway_s = leeway_s

    async def id_token(self, token: str, *, nonce: str | None = None) -> Mapping[str, Any]:
        """The claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7); *nonce* None: it was not asked for by one.

        Raises `Unauthenticated` where the token is not to be trusted, `SourceUnavailable` without the provider's keys.
        """
        claims = await self._claims(token, _ID_TOKEN_TYPES, required=("exp", "iat", "sub"))
        if nonce is not None and claims.get("nonce") != nonce:
            raise Unauthenticated("the ID token is not the answer to this sign-in")
        parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims.get("azp", None if len(parties) > 1 else self._client_id) != self._client_id:
            raise Unauthenticated("the ID token was issued to another client")
        return claims

    async def logout_token(self, token: str) -> Mapping[str, Any]:
        """The claims of a logout token: with `jti`, and `sid` or `sub`. Raises like `id_token`."""
        claims = await self._claims(token, _LOGOUT_TOKEN_TYPES, required=("iat", "jti"))
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT), dict) or "nonce" in claims:
            raise Unauthenticated("the token is no logout token")
        if not any(isinstance(claims.get(name), str) for name in ("sid", "sub")):
            raise Unauthenticated("the logout token names nobody")
        issued_at = claims["iat"]
        if type(issued_at) not in (int, float) or time.time() - issued_at > LOGOUT_AGE_S + self._leeway_s:
            raise Unauthenticated("the logout token is too old")
        return claims

    async def _claims(self, token: str, types: frozenset[str], *, required: tuple[str, ...]) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise Unauthenticated("the token is too long, or not ASCII")
        header = header_of(token, types)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or not isinstance(kid, str | None):
            raise Unauthenticated("the algorithm is not one that is trusted here")
        key = await self._keys.key(kid, algorithm)
        if key is None:
            raise Unauthenticated("no key of the provider has this kid and algorithm")
        options = {f"require_{name}": True for name in ("iss", "aud", *required)}
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._client_id,
                issuer=self._issuer,
                options={**options, "verify_at_hash": False, "leeway": self._leeway_s},
            )
        except MALFORMED as error:
            raise Unauthenticated("the signature or a claim is not as it must be") from error
        if "sub" in claims:
            check_subject(claims["sub"])
        return claims
