"""From the result of an operation to an HTTP outcome: status, answer and headers, before they are bytes.

The headers of quotas are those of draft-ietf-httpapi-ratelimit-headers, counted in the cost of operations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from gateway.http.reading.negotiation import JSON
from gateway.http.writing.cache_headers import cache_headers
from gateway.operations.result import OperationResult, Quota, TotalCost

MUTATION: Final = "mutation"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Status, answer and headers."""

    status: int
    answer: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    closes: bool = False
    """Whether the connection is closed, because the request was not read to its end."""
    has_messages: bool = False
    """Whether the data may hold public messages, as the `userErrors` of mutations are."""


def outcome_of(result: OperationResult, media: str) -> Outcome:
    """The outcome of one operation, answered as *media*."""
    headers = {
        **cache_headers(result.cache_policy),
        **(_quota_headers(result.quota) if result.quota else {}),
        **(_cost_headers([result.cost]) if result.cost else {}),
    }
    status = _status(result, media)
    if result.retry_after_s is not None:
        headers["Retry-After"] = str(result.retry_after_s)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "POST"
    return Outcome(status, result.answer, headers, has_messages=result.kind == MUTATION)


def merge_outcomes(results: Sequence[OperationResult], media: str) -> Outcome:
    """The outcome of a batch: its answers in their order under the best status; the headers are about all of them."""
    charged = [result for result in results if result.quota is not None]
    quota = min((result.quota for result in charged if result.quota), key=lambda quota: quota.remaining, default=None)
    waits = [result.retry_after_s for result in charged if result.retry_after_s is not None]
    costs = [result.cost for result in results if result.cost is not None]
    headers = {**(_quota_headers(quota) if quota else {}), **(_cost_headers(costs) if costs else {})}
    if waits:
        headers["Retry-After"] = str(max(waits))
    has_messages = any(result.kind == MUTATION for result in results)
    answers = [result.answer for result in results]
    return Outcome(min(_status(result, media) for result in results), answers, headers, has_messages=has_messages)


def _status(result: OperationResult, media: str) -> int:
    return result.legacy_status if media == JSON else result.status


def _quota_headers(quota: Quota) -> dict[str, str]:
    return {
        "RateLimit-Policy": f'"{quota.name}";q={quota.size};w={quota.window_s};qu="cost"',
        "RateLimit": f'"{quota.name}";r={quota.remaining};t={quota.full_in_s}',
    }


def _cost_headers(costs: Sequence[TotalCost]) -> dict[str, str]:
    """The headers with the cost of all operations of a request together; the limit is that of each."""
    return {
        "X-Cost-Limit": str(costs[0].limit),
        "X-Cost-Estimated": str(sum(cost.estimated for cost in costs)),
        "X-Cost-Actual": str(sum(cost.actual for cost in costs)),
    }
