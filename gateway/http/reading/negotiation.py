"""Negotiates the media type and the coding of the answer by the headers of the request."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from aiohttp import web

from gateway.exports.formats import BY_ACCEPT, Format
from gateway.http.errors import Refused
from gateway.languages import Language, Text

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
JSON: Final = "application/json"
"""The media type whose clients take any status but 200 for a broken connection."""

EVENT_STREAM: Final = "text/event-stream"
_LIVE_OR_NOT: Final = frozenset({EVENT_STREAM, JSON, GRAPHQL_RESPONSE})

CODINGS: Final = ("br", "zstd", "gzip")
"""The codings that answers are compressed with; of those that a client likes equally well, the first is used.

Brotli makes answers smaller than zstd does, and there are clients that advertise zstd without being able to read it.
"""

_MEDIA_TYPES: Final = Text(
    "The answer is application/graphql-response+json or application/json; accept one of them.",
    "Ответ имеет тип application/graphql-response+json или application/json; примите один из них.",
)


def joined(request: web.BaseRequest, name: str) -> str:
    """The list that a header of *request* holds; several lines of one name are one list (RFC 9110, 5.3)."""
    lines = request.headers.getall(name, ())
    return lines[0] if len(lines) == 1 else ", ".join(lines)


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
        raise Refused(406, _MEDIA_TYPES, code="NOT_ACCEPTABLE")
    return best[1]


@lru_cache(maxsize=256)
def file_format(accept: str) -> Format | None:
    """The kind of file that a client likes better than JSON, by its name; None where it likes none better."""
    accepted = _qualities(accept)
    best, found = _quality_of_json(accepted), None
    for offered in BY_ACCEPT:
        if accepted.get(offered.media_type, 0.0) > best:
            best, found = accepted[offered.media_type], offered
    return found


@lru_cache(maxsize=256)
def prefers_events(accept: str) -> bool:
    """Whether a client likes server-sent events better than JSON; where it likes both, whether it names them first."""
    accepted = _qualities(accept)
    events, json = accepted.get(EVENT_STREAM, 0.0), _quality_of_json(accepted)
    if events != json:
        return events > json
    return events > 0 and next(media for media in accepted if media in _LIVE_OR_NOT) == EVENT_STREAM


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


@lru_cache(maxsize=256)
def answer_language(accept_language: str, default: Language) -> Language:
    """The language of messages: of those that the client likes best, the one it names first (RFC 9110, 12.5.4).

    A tag with a region, `ru-RU`, stands for its language. *default* answers a client that names no language of ours.
    """
    accepted = _qualities(accept_language)
    qualities: dict[Language, float] = {}
    for tag, quality in accepted.items():
        language = _LANGUAGES.get(tag.partition("-")[0])
        if language is not None:
            qualities[language] = max(quality, qualities.get(language, 0.0))
    if "*" in accepted:
        for language in (default, *Language):
            qualities.setdefault(language, accepted["*"])
    best = max(qualities, key=qualities.__getitem__, default=default)
    return best if qualities.get(best) else default


_LANGUAGES: Final = {language.value: language for language in Language}


def wants_html(accept: str) -> bool:
    """Whether a browser is looking for a page."""
    return "text/html" in accept and GRAPHQL_RESPONSE not in accept


def _quality_of_json(accepted: Mapping[str, float]) -> float:
    return max(accepted.get(media, 0.0) for media in (JSON, GRAPHQL_RESPONSE))


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
