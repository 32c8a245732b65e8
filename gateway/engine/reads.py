"""The reads of one request: equal ones are one command, wherever in the query they stand."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiodataloader import DataLoader, Loader

Found = Mapping[Any, Any]
Keys = Mapping[Any, None]
Read = Callable[..., Awaitable[Found]]
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
        self._loader: _Loader | None = None

    def forget(self) -> None:
        """Read anew whatever is asked from now on; reads on their way answer those who asked for them."""
        self._readings = {}

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
            self._loader = _Loader(loop=asyncio.get_running_loop())
        name = (read, columns, *sorted(arguments.items()))
        reading = self._readings.get(name)
        if reading is None:
            reading = self._readings[name] = _Reading(read, columns, arguments, self.deadline, self.batches)
        while not reading.has(distinct):
            told = self._loader.load((reading, distinct))
            try:
                await reading.load(await told)
            except asyncio.CancelledError:
                if told.done() and not told.cancelled():
                    reading.give_back(told.result())
                raise
        return reading.values(wanted)


_Asked = tuple["_Reading", Keys]


class _Loader(DataLoader[_Asked, Keys]):
    """Sends what was asked in one turn at its end: one of those who asked is told which keys to read for all of them.

    The others are told nothing, once their keys are there. Left to itself a loader takes two turns more to send, and
    answers all who asked at once, after the slowest read.
    """

    cache = False

    async def batch_load_fn(self, asked: list[_Asked]) -> list[Keys]:
        raise NotImplementedError(asked)  # a loader must have one: never called, for `_send` overrides its dispatch

    def do_resolve_reject(self, key: _Asked, future: asyncio.Future[Keys]) -> None:
        if not self._queue:
            self.loop.call_soon(self._send)
        self._queue.append(Loader(key, future))

    def _send(self) -> None:
        queue, self._queue = self._queue, []
        readings: dict[_Reading, None] = {}
        for (reading, keys), future in queue:
            reading.ask(keys, future)
            readings[reading] = None
        for reading in readings:
            reading.send()


_NOTHING: Final[Keys] = {}


class _Reading:
    """One read with its columns and arguments: who asks, what was sent and has come, what was found or went wrong."""

    __slots__ = (
        "_arguments",
        "_asked",
        "_batches",
        "_columns",
        "_come",
        "_deadline",
        "_failed",
        "_found",
        "_read",
        "_sent",
    )

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
        self._asked: list[tuple[Keys, asyncio.Future[Keys]]] = []
        self._sent: set[Any] = set()
        self._come: set[Any] = set()
        self._found: dict[Any, Any] = {}
        self._failed: dict[Any, Exception] = {}

    def has(self, keys: Keys) -> bool:
        """Whether all *keys* were read, however that ended."""
        return self._come.issuperset(keys)

    def values(self, keys: Sequence[Any]) -> list[Any]:
        """The value of each of *keys*; raises the error of the first whose read failed."""
        if self._failed:
            for key in keys:
                if key in self._failed:
                    raise self._failed[key]
        return list(map(self._found.get, keys))

    def ask(self, keys: Keys, future: asyncio.Future[Keys]) -> None:
        """Have *future* done when *keys* were read, or something has to be."""
        self._asked.append((keys, future))

    def send(self) -> None:
        """Have one of those who ask read what was not sent yet."""
        asked = [one for one in self._asked if not one[1].done()]  # who asked may be gone
        new = {key: None for keys, _ in asked for key in keys if key not in self._sent}
        if new:
            reader = next(index for index, (keys, _) in enumerate(asked) if not new.keys().isdisjoint(keys))
            asked.pop(reader)[1].set_result(new)
            self._sent.update(new)
            self._batches.append(Batched(self._read.__qualname__, len(new), self._columns))
        self._asked = asked
        self._answer()

    async def load(self, keys: Keys) -> None:
        """Read *keys*, if any, for all who ask for them."""
        if not keys:
            return
        try:
            found = await self._read(list(keys), columns=self._columns, deadline=self._deadline, **self._arguments)
            self._found.update(found)
        except Exception as error:
            self._failed.update(dict.fromkeys(keys, error))
        self._come.update(keys)
        self._answer()

    def give_back(self, keys: Keys) -> None:
        """Have one of the others who ask for *keys* read them: who was to do it is gone."""
        self._sent.difference_update(keys)
        self.send()

    def _answer(self) -> None:
        """Answer those whose keys have come."""
        if self._asked:
            asked, self._asked = self._asked, []
            for one in asked:
                keys, future = one
                if not self.has(keys):
                    self._asked.append(one)
                elif not future.done():  # who asked may be gone
                    future.set_result(_NOTHING)
