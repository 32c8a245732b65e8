"""Issues developer tokens, for trying the gateway without an identity provider."""

import time
from datetime import timedelta
from typing import Final

from jose import jwt

from auth.errors import DeveloperIssuerOff
from auth.tokens import DEVELOPER_ALGORITHM
from auth.viewer import Role

_NOTHING: Final = timedelta()


def issue(
    *,
    secret: str | None,
    issuer: str,
    audience: str,
    subject: str,
    role: Role,
    name: str | None,
    lifetime: timedelta,
    role_claim: str = "role",
) -> str:
    """A signed token for *subject* in *role*, valid from now on for *lifetime*.

    Raises `DeveloperIssuerOff` without a *secret*, and `ValueError` without a subject or a positive lifetime.
    """
    if not secret:
        raise DeveloperIssuerOff
    if not subject or lifetime <= _NOTHING:
        raise ValueError("a token needs a subject and some time to live")
    now = int(time.time())
    claims = {"iss": issuer, "aud": audience, "sub": subject, "iat": now, "nbf": now, role_claim: role.value}
    claims["exp"] = now + int(lifetime.total_seconds())
    if name is not None:
        claims["name"] = name
    return jwt.encode(claims, secret, algorithm=DEVELOPER_ALGORITHM)
