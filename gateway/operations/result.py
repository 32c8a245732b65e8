"""The result of an operation, independent of the transport that encodes it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gateway.engine.declarations import CacheControl


@dataclass(frozen=True, slots=True)
class Quota:
    """The rest of the quota of a person or a client program, in cost."""

    name: str
    """`person` or `client`."""
    size: int
    window_s: int
    remaining: int
    full_in_s: int


@dataclass(frozen=True, slots=True)
class TotalCost:
    """The cost of an operation: estimated, actual, and the most that is allowed."""

    estimated: int
    actual: int
    limit: int


@dataclass(slots=True)
class OperationResult:
    """The answer of an operation, with its status, cost and cache policy for the transport and the log."""

    answer: dict[str, Any]
    """`data`, `errors` and `extensions`, as JSON; public messages are `Text` still."""
    status: int = HTTPStatus.OK
    legacy_status: int = HTTPStatus.OK
    """The status for clients that take any other than 200 for a broken connection (GraphQL over HTTP, 6.4.1)."""
    quota: Quota | None = None
    retry_after_s: int | None = None
    cost: TotalCost | None = None
    """The cost, if the request asked for it."""
    cache_policy: CacheControl | None = None
    """How long a client may keep the answer; None: not at all."""
    has_changed_rights: bool = False
    """Whether the viewer may read more or less than when the operation began."""
    operation: str = ""
    """The name of the operation as logs and metrics show it: `other` where it is used too seldom (`OperationNames`)."""
    kind: str = ""
    """`query` or `mutation`; empty where no operation was found."""
    estimated: int = 0
    actual: int = 0
    """The cost, where it was counted."""
