"""Where an OIDC issuer says that its keys are: OpenID Connect Discovery 1.0."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

import orjson

_PLACE: Final = "/.well-known/openid-configuration"


def metadata_of(issuer: str) -> str:
    """The URL of what *issuer* says of itself; ValueError where it is no address that may be asked."""
    place = _trusted(issuer, "an issuer without a JWKS")
    if place.query or place.fragment:
        raise ValueError("an issuer without a JWKS has no query and no fragment")
    return issuer.removesuffix("/") + _PLACE


def keys_of(metadata: bytes, issuer: str) -> str:
    """The URL of the keys of *issuer*; ValueError where *metadata* is another's, or names none that may be asked."""
    match orjson.loads(metadata):
        case {"issuer": str(named), "jwks_uri": str(keys)} if named == issuer:
            _trusted(keys, "where the keys are")
            return keys
        case _:
            raise ValueError("the metadata are not those of the issuer, or do not say where its keys are")


def _trusted(url: str, what: str) -> SplitResult:
    """The parts of a URL that nobody on the way can answer for: `https`, or `http` within this machine."""
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname))):
        raise ValueError(f"{what} must be an https:// address, or an http:// one of this machine")
    return parts


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
