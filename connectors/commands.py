"""The MongoDB commands of a request, written down for whoever wants them explained."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Command:
    """One read: the command as MongoDB's own `explain` takes it, and how many documents it brought."""

    source: str
    collection: str
    body: Mapping[str, Any]
    documents: int


@dataclass(slots=True)
class Tally:
    """How many reads a request has sent to MongoDB."""

    reads: int = 0


TALLY: Final[ContextVar[Tally | None]] = ContextVar("tally", default=None)
"""The tally of the request that runs, where one is kept."""

_WATCHED: ContextVar[list[Command] | None] = ContextVar("watched", default=None)


@contextmanager
def watched() -> Iterator[list[Command]]:
    """The commands that are issued within the block, in tasks begun there too."""
    commands: list[Command] = []
    token = _WATCHED.set(commands)
    try:
        yield commands
    finally:
        _WATCHED.reset(token)


def watching() -> list[Command] | None:
    """The list to add to, when somebody watches."""
    return _WATCHED.get()


def shape(value: Any) -> Any:
    """A filter without its values: what is compared stays, what it is compared with does not."""
    if isinstance(value, Mapping):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [shape(part) for part in value]
        return parts if any(isinstance(part, Mapping) for part in value) else f"[{len(parts)}]"
    return "?"
