"""What clients may keep of answers, and how they ask whether what they have is still the answer."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus

from gateway.engine.documents import PreparedOperation
from gateway.http.outcome import Outcome


def kept(prepared: PreparedOperation) -> Mapping[str, str]:
    """The headers that let an answer without errors be kept; none where it is not to be."""
    cache = prepared.cache_policy
    if cache is None:
        return {}
    return {"Cache-Control": f"{'private' if cache.is_private else 'public'}, max-age={cache.max_age}"}


def is_tagged(method: str, outcome: Outcome) -> bool:
    """Whether the answer has a tag: errors carry the id of their request, and are never the same again."""
    return method == "GET" and outcome.status == HTTPStatus.OK and "errors" not in outcome.answer


def entity_tag(body: bytes, media: str, coding: str | None) -> str:
    """The strong tag of *body* as it is sent: in another coding or type it is another."""
    digest = hashlib.blake2b(f"{media} {coding} ".encode(), digest_size=16)
    digest.update(body)
    return f'"{digest.hexdigest()}"'


def has_it(if_none_match: str, tag: str) -> bool:
    """Whether a client that sent *if_none_match* has the answer with *tag* already."""
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in known or known == ["*"]
