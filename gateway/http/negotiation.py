"""What a client says it accepts: the media type and the coding of the answer."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from gateway.http.errors import LEGACY, Refused

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
JSON: Final = LEGACY

CODINGS: Final = ("zstd", "br", "gzip")
"""What answers are compressed with: of those a client likes equally well the first, which costs least."""


@lru_cache(maxsize=256)
def answer_type(accept: str) -> str:
    """The media type to answer with: of those liked equally well the newer, if it is named; `Refused` 406 for neither.

    Who names neither gets what older clients expect.
    """
    accepted = _qualities(accept)
    best: tuple[float, str] = (0.0, "")
    for offered in (JSON, GRAPHQL_RESPONSE):
        group = offered.partition("/")[0] + "/*"
        quality = accepted.get(offered, accepted.get(group, accepted.get("*/*", 0.0)))
        if quality > best[0] or (quality == best[0] > 0 and offered in accepted):
            best = (quality, offered)
    if not best[1]:
        raise Refused(406, f"The answer is {GRAPHQL_RESPONSE} or {JSON}; accept one of them.", code="NOT_ACCEPTABLE")
    return best[1]


@lru_cache(maxsize=256)
def answer_coding(accept_encoding: str) -> str | None:
    """The coding to compress an answer with; None where it is sent as it is."""
    accepted = _qualities(accept_encoding)
    best, coding = accepted.get("identity", 0.0), None
    for offered in CODINGS:
        quality = accepted.get(offered, accepted.get("*", 0.0))
        if quality > best or (quality == best > 0 and coding is None):
            best, coding = quality, offered
    return coding


def wants_html(headers: Mapping[str, str]) -> bool:
    """Whether a browser is looking for a page."""
    accept = headers.get("Accept", "")
    return "text/html" in accept and GRAPHQL_RESPONSE not in accept


def _qualities(header: str) -> dict[str, float]:
    accepted = {}
    for part in header.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if name:
            accepted[name.lower()] = quality
    return accepted
