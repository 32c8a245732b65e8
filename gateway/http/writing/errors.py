"""From what went wrong to an HTTP outcome: a status that fits the media type, and headers."""

from dataclasses import replace

from gateway.http.errors import Refused
from gateway.http.writing.outcome import Outcome, outcome_of
from gateway.operations.errors import error_result


def error_outcome(error: Exception, media: str, request_id: str) -> Outcome:
    """The outcome of a request that failed before there was anything to answer."""
    outcome = outcome_of(error_result(error, request_id), media)
    if isinstance(error, Refused):
        return replace(outcome, headers={**outcome.headers, **error.headers}, closes=error.closes)
    return outcome
