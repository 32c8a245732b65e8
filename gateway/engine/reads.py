"""The reads of one request: equal ones are one command, wherever in the query they stand."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiodataloader import DataLoader

Read = Callable[..., Awaitable[Mapping[Any, Any]]]
"""`read(keys, *, columns, deadline, **arguments)`: one value per key that has any."""


class Batched(NamedTuple):
    """A read that was sent: its name, how many distinct keys it took, and the columns it asked for."""

    read: str
    keys: int
    columns: frozenset[str]


class Reads:
    """What is read for one request, for as long as it lives; *deadline* in `loop.time()`.

    What is asked in one turn of the event loop is gathered by aiodataloader and then sent, a command for each
    (read, columns, arguments). It is given the keys of a whole level at a time: a future for each would cost more than
    what it brings.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.batches: list[Batched] = []
        self._readings: dict[Hashable, _Reading] = {}
        self._loader: DataLoader[_Asked, None] | None = None

    async def read(
        self, read: Read, keys: Iterable[Any], *, columns: frozenset[str], **arguments: Hashable
    ) -> list[Any]:
        """The value of each of *keys*, in their order; None where there is none, and for a key that is None.

        Keys may repeat: each distinct one is read once a request.
        """
        wanted = list(keys)
        distinct = dict.fromkeys(wanted)
        distinct.pop(None, None)
        if not distinct:
            return [None] * len(wanted)
        if self._loader is None:
            self._loader = DataLoader(_send, cache=False, loop=asyncio.get_running_loop())
        name = (read, columns, *sorted(arguments.items()))
        reading = self._readings.get(name)
        if reading is None:
            reading = self._readings[name] = _Reading(read, columns, arguments, self.deadline, self.batches)
        await self._loader.load((reading, distinct))
        found = await reading.found_of(distinct)
        return list(map(found.get, wanted))


class _Reading:
    """One read with its columns and arguments: the keys that were sent, and what was found of them."""

    __slots__ = ("_arguments", "_batches", "_columns", "_deadline", "_found", "_read", "_sent")

    def __init__(
        self,
        read: Read,
        columns: frozenset[str],
        arguments: Mapping[str, Hashable],
        deadline: float,
        batches: list[Batched],
    ) -> None:
        self._read = read
        self._columns = columns
        self._arguments = arguments
        self._deadline = deadline
        self._batches = batches
        self._found: dict[Any, Any] = {}
        self._sent: dict[Any, asyncio.Task[None]] = {}

    def send(self, keys: Iterable[Any]) -> None:
        """Begin to read those of *keys* that were not sent yet."""
        new = [key for key in keys if key not in self._sent]
        if new:
            self._batches.append(Batched(self._read.__qualname__, len(new), self._columns))
            self._sent.update(dict.fromkeys(new, asyncio.ensure_future(self._load(new))))

    async def _load(self, keys: list[Any]) -> None:
        found = await self._read(keys, columns=self._columns, deadline=self._deadline, **self._arguments)
        self._found.update(found)

    async def found_of(self, keys: Collection[Any]) -> Mapping[Any, Any]:
        """What was found, once *keys* are among it; raises what their read raised."""
        for task in set(map(self._sent.__getitem__, keys)):
            # Who asked first may be cancelled, and others wait for the same.
            await asyncio.shield(task)
        return self._found


_Asked = tuple[_Reading, Mapping[Any, None]]


async def _send(asked: Sequence[_Asked]) -> list[None]:
    """Send what was asked in one turn: the keys of equal reads together."""
    together: dict[_Reading, dict[Any, None]] = {}
    for reading, keys in asked:
        together.setdefault(reading, {}).update(keys)
    for reading, united in together.items():
        reading.send(united)
    return [None] * len(asked)
