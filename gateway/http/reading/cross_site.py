"""No page of another site makes a browser run operations here (docs/decisions/0011)."""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.http.errors import Refused
from gateway.http.reading.negotiation import JSON
from gateway.languages import Text

FORMS: Final = frozenset({"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
"""The content types that a page of another site may send without a preflight request."""


_NO_BODY: Final = Text(
    "A GET has no body: leave out the Content-Type, or say application/json.",
    "У запроса GET нет тела: уберите Content-Type или укажите application/json.",
)
_CROSS_SITE: Final = Text(
    "Send one of these headers: {headers}; or POST application/json.",
    "Отправьте один из заголовков: {headers}; или запрос POST с типом application/json.",
)


def refuse_cross_site(method: str, headers: Mapping[str, str], required: Sequence[str]) -> None:
    """Refuse what a browser would have sent without a preflight: no JSON, and none of the *required* headers."""
    media = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if method == "GET" and media and media != JSON:
        raise Refused(415, _NO_BODY, code="UNSUPPORTED_MEDIA_TYPE")
    if (not media or media in FORMS) and not any(headers.get(name) for name in required):
        raise Refused(400, _CROSS_SITE.format(headers=", ".join(required)), code="CSRF_PREVENTION_FAILED")
