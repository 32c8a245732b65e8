"""Records what answered the reads of a request, for its explanation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Command:
    """One read: the command as MongoDB's own `explain` takes it.

    How many documents it brought is not kept: the row rule may still take some of them away.
    """

    source: str
    collection: str
    body: Mapping[str, Any]
    began_s: float = field(default=0.0, compare=False)
    """When it was sent and when its documents were there, by `time.perf_counter`."""
    ended_s: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class CacheLookup:
    """How many keys of a cached read were answered by the process, by Redis, or by MongoDB."""

    source: str
    read: str
    by: str
    keys: int


@dataclass(slots=True)
class ReadLog:
    """Records which commands and which caches answered the reads of an operation that is to be explained."""

    commands: list[Command] = field(default_factory=list)
    lookups: list[CacheLookup] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """How many reads a request has sent to MongoDB, and how long one of them waited until it could be sent."""

    reads: int = 0
    queued_s: float = 0.0


class LoggedDeadline(float):
    """A deadline that carries the log of the reads that it bounds.

    It is passed to every read of a request; a plain float is a deadline whose reads are not logged.
    """

    __slots__ = ("log", "tally")
    tally: Tally | None
    """Counts the reads of the request."""
    log: ReadLog | None
    """Takes what an explanation shows."""

    def __new__(cls, moment: float, tally: Tally | None = None, log: ReadLog | None = None) -> Self:
        """Make a deadline of *moment*; what *moment* itself says of a tally holds unless another is given."""
        deadline = super().__new__(cls, moment)
        deadline.tally = tally if tally is not None else tally_of(moment)
        deadline.log = log
        return deadline


def tally_of(deadline: float) -> Tally | None:
    """The tally of the request whose reads *deadline* bounds, where one is kept."""
    return deadline.tally if isinstance(deadline, LoggedDeadline) else None


def read_log_of(deadline: float) -> ReadLog | None:
    """Where to add what answered a read that *deadline* bounds, if it is to be explained."""
    return deadline.log if isinstance(deadline, LoggedDeadline) else None


def shape(value: Any) -> Any:
    """A filter without its values: what is compared stays, what it is compared with does not."""
    if isinstance(value, Mapping):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [shape(part) for part in value]
        return parts if any(isinstance(part, Mapping) for part in value) else f"[{len(parts)}]"
    return "?"
