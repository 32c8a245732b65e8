"""The reasons for which the gateway ends a live connection."""

from enum import Enum
from typing import NamedTuple


class Close(NamedTuple):
    """Why the gateway ends a connection: a code of WebSocket, and a reason for metrics and clients."""

    code: int
    reason: str


class Ending(Enum):
    """The reasons that clients of graphql-transport-ws answer by signing in again, or by connecting again."""

    SIGNED_OUT = Close(4403, "Forbidden: sign in again")
    INTERRUPTED = Close(1012, "Events may have been missed: read everything anew")
    TRY_LATER = Close(1013, "Try again later")
    TOO_SLOW = Close(1013, "Too slow")
    LEAVING = Close(1001, "The gateway is stopping")


class Ended(Exception):
    """The connection has to end."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.value.reason)
        self.ending = ending
