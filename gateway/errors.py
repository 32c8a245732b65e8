"""What a client is told when something is not to be had.

PublicError
├── NotFound            there is no such thing, or not for this viewer
├── InvalidInput        an argument makes no sense; names its path
└── Unavailable         a subsystem gave no answer in time
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class PublicError(Exception):
    """An error whose class is all that a client learns of it: constant text, stable code."""

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, **extensions: object) -> None:
        super().__init__(self.message)
        self._extensions = extensions

    @property
    def extensions(self) -> Mapping[str, Any]:
        """What stands under `extensions` of the GraphQL error."""
        return {"code": self.code, **self._extensions}


class NotFound(PublicError):
    """Also for what exists and is not the viewer's: the two cannot be told apart."""

    code = "NOT_FOUND"
    message = "Not found"


class InvalidInput(PublicError):
    """An argument that makes no sense. *argument* is its path, *reason* says what to send instead."""

    code = "INVALID_INPUT"
    message = "Invalid input"

    def __init__(self, *argument: str, reason: str) -> None:
        super().__init__(argument=list(argument), reason=reason)


class Unavailable(PublicError):
    """A subsystem that does not answer. Its fields are missing; those of others stand."""

    code = "SOURCE_UNAVAILABLE"
    message = "The data source does not answer; try again later"

    def __init__(self, connector: str) -> None:
        super().__init__(connector=connector)
