"""Headers for caching: how long clients may store an answer, and how they ask whether a stored one is still valid."""

import hashlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from gateway.engine.declarations import CacheControl


def cache_headers(policy: CacheControl | None) -> Mapping[str, str]:
    """The headers that let clients cache an answer; none where it may not be cached."""
    if policy is None:
        return {}
    return {"Cache-Control": f"{'private' if policy.is_private else 'public'}, max-age={policy.max_age}"}


def is_tagged(method: str, status: int, answer: Any) -> bool:
    """Whether an answer has a tag: errors carry the id of their request, and are never the same again."""
    return method == "GET" and status == HTTPStatus.OK and "errors" not in answer


def entity_tag(pieces: Iterable[bytes], media: str, coding: str | None) -> str:
    """The strong tag of a body, in *pieces*, as it is sent: in another coding or type it is another."""
    digest = hashlib.blake2b(f"{media} {coding} ".encode(), digest_size=16)
    for piece in pieces:
        digest.update(piece)
    return f'"{digest.hexdigest()}"'


def is_not_modified(if_none_match: str, tag: str) -> bool:
    """Whether the header *if_none_match* names the entity tag, so that the client's copy is still valid (304)."""
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in known or known == ["*"]
