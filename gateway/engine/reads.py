"""Batches the reads of one request: equal reads become one command, wherever in the query they stand."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiodataloader import DataLoader, Loader

Found = Mapping[Any, Any]
Keys = Mapping[Any, None]
Read = Callable[..., Awaitable[Found]]
"""`read(keys, *, columns, deadline, **arguments)`: one value per key that has any."""


class SentRead(NamedTuple):
    """A read that was sent: its name, how many distinct keys it took, and the columns that it asked for."""

    read: str
    keys: int
    columns: frozenset[str]


class Reads:
    """The reads of one request; *deadline* in `loop.time()`.

    Reads that are requested in one turn of the event loop are queued in an aiodataloader loader, whose dispatch is
    replaced (see `_BatchLoader`), and sent at the end of the turn: one command for each (read, columns, arguments). An
    entry of the queue holds the keys of a whole level, for a future for each key would cost more than it brings.
    """

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.batches: list[SentRead] = []
        self._reads: dict[Hashable, _KeyedRead] = {}
        self._loader: _BatchLoader | None = None

    def forget(self, keeps: Callable[[Read], bool] | None = None) -> None:
        """Forget what was read, but for reads that *keeps* is true of and that have not failed.

        Reads under way still answer their waiters.
        """
        if keeps is None:
            self._reads = {}
        else:
            every = self._reads.items()
            self._reads = {name: keyed for name, keyed in every if keeps(keyed.read) and not keyed.has_failed}

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
            self._loader = _BatchLoader(loop=asyncio.get_running_loop())
        name = (read, columns, *sorted(arguments.items()))
        keyed = self._reads.get(name)
        if keyed is None:
            keyed = self._reads[name] = _KeyedRead(read, columns, arguments, self.batches)
        while not keyed.has(distinct):
            turn = self._loader.load((keyed, distinct))
            try:
                await keyed.load(await turn, self.deadline)
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    keyed.requeue(turn.result())
                raise
        return keyed.values(wanted)


_Request = tuple["_KeyedRead", Keys]


class _BatchLoader(DataLoader[_Request, Keys]):
    """Batches the keys requested in one event-loop turn; one waiter executes the batch and wakes the others.

    aiodataloader's own dispatch would send two turns later, and wake all waiters at once after the slowest read.
    """

    cache = False

    async def batch_load_fn(self, requests: list[_Request]) -> list[Keys]:
        raise NotImplementedError(requests)  # a loader must have one; `_send` replaces the dispatch that would call it

    def do_resolve_reject(self, key: _Request, future: asyncio.Future[Keys]) -> None:
        if not self._queue:
            self.loop.call_soon(self._send)
        self._queue.append(Loader(key, future))

    def _send(self) -> None:
        queue, self._queue = self._queue, []
        reads: dict[_KeyedRead, None] = {}
        for (keyed, keys), future in queue:
            keyed.wait(keys, future)
            reads[keyed] = None
        for keyed in reads:
            keyed.send()


_NOTHING: Final[Keys] = {}


class _KeyedRead:
    """One read with its columns and arguments: its waiters, the keys sent and finished, and their values or errors."""

    __slots__ = (
        "_arguments",
        "_batches",
        "_columns",
        "_done",
        "_errors",
        "_found",
        "_sent",
        "_waiting",
        "read",
    )

    def __init__(
        self,
        read: Read,
        columns: frozenset[str],
        arguments: Mapping[str, Hashable],
        batches: list[SentRead],
    ) -> None:
        self.read = read
        self._columns = columns
        self._arguments = arguments
        self._batches = batches
        self._waiting: list[tuple[Keys, asyncio.Future[Keys]]] = []
        self._sent: set[Any] = set()
        self._done: set[Any] = set()
        self._found: dict[Any, Any] = {}
        self._errors: dict[Any, Exception] = {}

    @property
    def has_failed(self) -> bool:
        """Whether the read of some keys has failed."""
        return bool(self._errors)

    def has(self, keys: Keys) -> bool:
        """Whether all *keys* were read, however that ended."""
        return self._done.issuperset(keys)

    def values(self, keys: Sequence[Any]) -> list[Any]:
        """The value of each of *keys*; raises the error of the first whose read failed."""
        if self._errors:
            for key in keys:
                if key in self._errors:
                    raise self._errors[key]
        return list(map(self._found.get, keys))

    def wait(self, keys: Keys, future: asyncio.Future[Keys]) -> None:
        """Queue *future*, which is done when *keys* were read, or with keys that its waiter is to read."""
        self._waiting.append((keys, future))

    def send(self) -> None:
        """Let one of the waiters read the keys that were not sent yet."""
        requests = [one for one in self._waiting if not one[1].done()]  # a waiter may be gone
        new = {key: None for keys, _ in requests for key in keys if key not in self._sent}
        if new:
            reader = next(index for index, (keys, _) in enumerate(requests) if not new.keys().isdisjoint(keys))
            requests.pop(reader)[1].set_result(new)
            self._sent.update(new)
            self._batches.append(SentRead(self.read.__qualname__, len(new), self._columns))
        self._waiting = requests
        self._wake()

    async def load(self, keys: Keys, deadline: float) -> None:
        """Read *keys*, if any, for all their waiters."""
        if not keys:
            return
        try:
            found = await self.read(list(keys), columns=self._columns, deadline=deadline, **self._arguments)
            self._found.update(found)
        except Exception as error:
            self._errors.update(dict.fromkeys(keys, error))
        self._done.update(keys)
        self._wake()

    def requeue(self, keys: Keys) -> None:
        """Have another waiter read *keys*, because the waiter that was to read them was cancelled."""
        self._sent.difference_update(keys)
        self.send()

    def _wake(self) -> None:
        """Wake the waiters whose keys were read."""
        if self._waiting:
            requests, self._waiting = self._waiting, []
            for one in requests:
                keys, future = one
                if not self.has(keys):
                    self._waiting.append(one)
                elif not future.done():  # a waiter may be gone
                    future.set_result(_NOTHING)
