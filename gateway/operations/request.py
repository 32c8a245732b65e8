"""The request to run an operation, whatever transport brought it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """An operation to run, by its text or by the id under which the gateway has it."""

    query: str | None = None
    variables: Mapping[str, Any]
    operation_name: str | None = None
    document_id: str | None = None
    """An id of a trusted document."""
    persisted_hash: str | None = None
    """The SHA-256 of a text: an id, or, beside the text, what to remember it under."""
    client: str = ""
    """The name that the client program gives itself."""
    request_id: str = ""
    """The id by which a person who reports an error can name it."""
    idempotency_key: str | None = None
    """The key under which the only mutation of the operation has no second effect when it is sent again."""
    is_derived: bool = False
    """Whether the gateway made the text, of one that the client may send: it is then in no list of documents."""
    after: str | None = None
    """The cursor of the last event that a client has received, if it wants what was changed since."""
    queries_only: bool = False
    """Whether a mutation is refused."""
    explains: bool = False
    """Whether the client asks for an explanation of how the answer was computed; only some viewers get one."""
    tells_cost: bool = False
    """Whether the answer is to say what it costs."""


def is_likely_mutation(query: str | None) -> bool:
    """Whether a text seems to hold a mutation alone: it begins with that keyword, behind spaces and commas.

    The text decides nothing else by it: only parsing it tells what the operation is.
    """
    return query is not None and query.lstrip(" ,\t\r\n").startswith("mutation")
