"""The reads of one request: equal ones are one command, wherever in the query they stand."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from aiodataloader import DataLoader, Loader

Found = Mapping[Any, Any]
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
        found = await self._loader.load((reading, distinct))
        return list(map(found.get, wanted))


_Asked = tuple["_Reading", Mapping[Any, None]]


class _Loader(DataLoader[_Asked, Found]):
    """Sends what was asked in one turn at its end; each asker is answered when his own keys are there.

    Left to itself a loader takes two turns more to send, and answers all who asked at once, after the slowest read.
    """

    cache = False

    async def batch_load_fn(self, asked: list[_Asked]) -> list[Found]:
        raise NotImplementedError(asked)  # a loader must have one: never called, for `_send` overrides its dispatch

    def do_resolve_reject(self, key: _Asked, future: asyncio.Future[Found]) -> None:
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


class _Reading:
    """One read with its columns and arguments: who asks, what is under way, and what was found or went wrong."""

    __slots__ = (
        "_arguments",
        "_asked",
        "_batches",
        "_columns",
        "_deadline",
        "_failed",
        "_found",
        "_read",
        "_sent",
        "_tasks",
        "_under_way",
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
        self._asked: list[tuple[Mapping[Any, None], asyncio.Future[Found]]] = []
        self._sent: set[Any] = set()
        self._under_way: set[Any] = set()
        self._found: dict[Any, Any] = {}
        self._failed: dict[Any, BaseException] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, keys: Mapping[Any, None], future: asyncio.Future[Found]) -> None:
        """Have *future* hold what was found, once *keys* were read."""
        self._asked.append((keys, future))

    def send(self) -> None:
        """Begin to read what is asked and was not read yet."""
        sent = self._sent
        new = {key: None for keys, _ in self._asked for key in keys if key not in sent}
        if not new:
            self._answer()
            return
        self._batches.append(Batched(self._read.__qualname__, len(new), self._columns))
        sent.update(new)
        self._under_way.update(new)
        task = asyncio.ensure_future(self._load(list(new)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self, keys: list[Any]) -> None:
        try:
            found = await self._read(keys, columns=self._columns, deadline=self._deadline, **self._arguments)
            self._found.update(found)
        except BaseException as error:
            self._failed.update(dict.fromkeys(keys, error))
            if not isinstance(error, Exception):
                raise
        finally:
            self._under_way.difference_update(keys)
            self._answer()

    def _answer(self) -> None:
        """Answer those whose keys are read."""
        asked, self._asked = self._asked, []
        for keys, future in asked:
            if not self._under_way.isdisjoint(keys):
                self._asked.append((keys, future))
            elif not future.done():  # who asked may be gone
                error = next((self._failed[key] for key in keys if key in self._failed), None) if self._failed else None
                if error is None:
                    future.set_result(self._found)
                else:
                    future.set_exception(error)
