"""Finds the URL of an issuer's keys: OpenID Connect Discovery 1.0."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

import orjson

_METADATA_PATH: Final = "/.well-known/openid-configuration"


def metadata_url_of(issuer: str) -> str:
    """The URL of the metadata of *issuer*. Raises `ValueError` where that is not a trusted address."""
    place = require_trusted(issuer, "an issuer without a JWKS")
    if place.query or place.fragment:
        raise ValueError("an issuer without a JWKS has no query and no fragment")
    return issuer.removesuffix("/") + _METADATA_PATH


def jwks_uri_of(metadata: bytes, issuer: str) -> str:
    """The URL of the keys (`jwks_uri`) that the *metadata* of *issuer* name.

    Raises `ValueError` where the metadata belong to another issuer, or name no trusted address.
    """
    match orjson.loads(metadata):
        case {"issuer": str(named), "jwks_uri": str(keys)} if named == issuer:
            require_trusted(keys, "where the keys are")
            return keys
        case _:
            raise ValueError("the metadata are not those of the issuer, or do not say where its keys are")


def require_trusted(url: str, what: str) -> SplitResult:
    """The parts of an `https` URL, or of an `http` URL of this machine. Raises `ValueError` for any other URL."""
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))):
        raise ValueError(f"{what} must be an https:// address, or an http:// one of this machine")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
