"""The reads of one request: equal ones are one command, wherever in the query they stand."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
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
    """One loader per (read, columns, arguments), for as long as the request lives; *deadline* in `loop.time()`."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.batches: list[Batched] = []
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    async def read(
        self, read: Read, keys: Iterable[Any], *, columns: frozenset[str], **arguments: Hashable
    ) -> list[Any]:
        """The value of each of *keys*, in their order; None where there is none, and for a key that is None.

        Keys may repeat: each distinct one is read once a request.
        """
        wanted = list(keys)
        distinct = [key for key in dict.fromkeys(wanted) if key is not None]
        if not distinct:
            return [None] * len(wanted)
        loader = self._loader(read, columns, arguments)
        values = dict(zip(distinct, await loader.load_many(distinct), strict=True))
        return [values.get(key) for key in wanted]

    def _loader(self, read: Read, columns: frozenset[str], arguments: Mapping[str, Hashable]) -> DataLoader[Any, Any]:
        name = (read, columns, *sorted(arguments.items()))
        loader = self._loaders.get(name)
        if loader is None:

            async def load(keys: list[Any]) -> list[Any]:
                self.batches.append(Batched(read.__qualname__, len(keys), columns))
                found = await read(keys, columns=columns, deadline=self.deadline, **arguments)
                return [found.get(key) for key in keys]

            loader = self._loaders[name] = DataLoader(load, loop=asyncio.get_running_loop())
        return loader
