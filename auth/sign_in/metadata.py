"""Reads the endpoints that a provider publishes (OpenID Connect Discovery 1.0)."""

from dataclasses import dataclass
from typing import Any, Self

import orjson

from auth.discovery import require_trusted


@dataclass(frozen=True, slots=True)
class Metadata:
    """The endpoints of a provider; None for one that it does not have."""

    authorization: str
    token: str
    revocation: str | None
    end_session: str | None
    names_itself: bool
    """Whether each answer to the browser names the provider by the parameter `iss` (RFC 9207)."""
    takes_basic: bool
    """Whether a secret may be sent by HTTP Basic; otherwise it is sent in the body."""

    @classmethod
    def read(cls, text: bytes, issuer: str) -> Self:
        """The metadata of *issuer*.

        Raises `ValueError` where they belong to another issuer, lack an endpoint or name one at no trusted address.
        """
        published = orjson.loads(text)
        if not isinstance(published, dict) or published.get("issuer") != issuer:
            raise ValueError("the metadata are not those of the issuer")
        methods = published.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return cls(
            authorization=_required(published, "authorization_endpoint"),
            token=_required(published, "token_endpoint"),
            revocation=_endpoint(published, "revocation_endpoint"),
            end_session=_endpoint(published, "end_session_endpoint"),
            names_itself=published.get("authorization_response_iss_parameter_supported") is True,
            takes_basic="client_secret_basic" in methods,
        )


def _endpoint(published: dict[str, Any], name: str) -> str | None:
    url = published.get(name)
    if url is None:
        return None
    require_trusted(str(url), f"the {name}")
    return str(url)


def _required(published: dict[str, Any], name: str) -> str:
    url = _endpoint(published, name)
    if url is None:
        raise ValueError(f"the metadata name no {name}")
    return url
