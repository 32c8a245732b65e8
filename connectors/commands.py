"""What answered the reads of a request, written down for whoever wants them explained."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Command:
    """One read: the command as MongoDB's own `explain` takes it.

    How many documents it brought is not kept: the row rule may still take some of them away.
    """

    source: str
    collection: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shared:
    """So many keys of a read that answers everybody alike: the process had them, or Redis, or MongoDB was asked."""

    source: str
    read: str
    by: str
    keys: int


@dataclass(slots=True)
class Seen:
    """What was seen while somebody watched."""

    commands: list[Command] = field(default_factory=list)
    shared: list[Shared] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """How many reads a request has sent to MongoDB, and how long one of them waited until it could be sent."""

    reads: int = 0
    queued_s: float = 0.0


TALLY: Final[ContextVar[Tally | None]] = ContextVar("tally", default=None)
"""The tally of the request that runs, where one is kept."""

_WATCHED: ContextVar[Seen | None] = ContextVar("watched", default=None)


@contextmanager
def watched() -> Iterator[Seen]:
    """What answers reads within the block, in tasks begun there too."""
    seen = Seen()
    token = _WATCHED.set(seen)
    try:
        yield seen
    finally:
        _WATCHED.reset(token)


@contextmanager
def unwatched() -> Iterator[None]:
    """Hide what answers reads within the block from whoever watches."""
    token = _WATCHED.set(None)
    try:
        yield
    finally:
        _WATCHED.reset(token)


def watching() -> Seen | None:
    """What to add to, when somebody watches."""
    return _WATCHED.get()


def shape(value: Any) -> Any:
    """A filter without its values: what is compared stays, what it is compared with does not."""
    if isinstance(value, Mapping):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [shape(part) for part in value]
        return parts if any(isinstance(part, Mapping) for part in value) else f"[{len(parts)}]"
    return "?"
