"""From what went wrong to an HTTP outcome: a status that fits the media type, and headers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.http.outcome import Outcome, outcome_of
from gateway.languages import Text
from gateway.operations import errors


class Refused(errors.Refused):
    """A request that HTTP has something more to say about."""

    def __init__(
        self,
        status: int,
        message: Text,
        *,
        code: str = "INVALID_INPUT",
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__(status, message, code=code, extensions=extensions)
        self.headers = headers or {}
        self.closes = closes
        """Whether the rest of the request is not worth reading."""


def error_outcome(error: Exception, media: str, request_id: str) -> Outcome:
    """The outcome of a request that failed before there was anything to answer."""
    outcome = outcome_of(errors.error_result(error, request_id), media)
    if isinstance(error, Refused):
        return replace(outcome, headers={**outcome.headers, **error.headers}, closes=error.closes)
    return outcome
