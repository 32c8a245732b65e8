"""A request that HTTP itself refuses."""

from collections.abc import Mapping
from typing import Any

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
