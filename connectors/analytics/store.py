"""Asks for the cells of the statistics.

A process of low priority reads their files: questions of analysts take nothing from the event loop, and families'
requests go first.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from connectors.analytics.building import Build
from connectors.errors import SourceUnavailable
from connectors.processes import start_module

NAME: Final = "analytics"
SIZE_BYTES: Final = 4
"""An answer of the process begins with its size in so many bytes, the highest first."""

Rows = list[dict[str, Any]]


class _Reader(NamedTuple):
    process: Process
    questions: asyncio.StreamWriter
    answers: asyncio.StreamReader


class Store:
    """The current build. Another one is taken as soon as it is there, between two questions."""

    def __init__(self, folder: Path, *, memory_mb: int = 256, timeout_s: float = 2.0) -> None:
        self._folder = folder
        self._memory_mb = memory_mb
        self._timeout_s = timeout_s
        # One question after the other: the other cores are left to families.
        self._turn = asyncio.Lock()
        self._started: asyncio.Task[_Reader] | None = None

    async def build(self, deadline: float) -> Build:
        """The current build. Raises SourceUnavailable where there is none."""
        found, _ = await self.rows("", [], deadline)
        return found

    async def rows(self, statement: str, parameters: Sequence[Any], deadline: float) -> tuple[Build, Rows]:
        """The build that was read, and the rows of the *statement*. Raises SourceUnavailable where they are late."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._reader()  # its start does not count against the question
            until = min(deadline, asyncio.get_running_loop().time() + self._timeout_s)
            async with asyncio.timeout_at(until), self._turn:
                answer = orjson.loads(await self._exchange(orjson.dumps([statement, parameters])))
        except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise SourceUnavailable(NAME) from error
        if answer is None:
            raise SourceUnavailable(NAME)
        build, columns, rows = answer
        return Build(**build), [dict(zip(columns, row, strict=True)) for row in rows]

    async def _exchange(self, question: bytes) -> bytes:
        reader = await self._reader()
        try:
            reader.questions.write(question + b"\n")
            await reader.questions.drain()
            size = int.from_bytes(await reader.answers.readexactly(SIZE_BYTES), "big")
            return await reader.answers.readexactly(size)
        except BaseException:
            # Nobody waits any more for what it works on, and no later question may get this one's answer.
            await self.aclose()
            raise

    async def _reader(self) -> _Reader:
        """The process. It starts once, even where whoever asked first does not wait so long."""
        if self._started is None or _has_ended(self._started):
            self._started = asyncio.create_task(self._start())
        return await asyncio.shield(self._started)

    async def _start(self) -> _Reader:
        process = await start_module(
            "connectors.analytics.reader_process", self._folder, self._memory_mb, stdin=PIPE, stdout=PIPE
        )
        reader = _Reader(process, process.stdin, process.stdout)  # type: ignore[arg-type]  # there are pipes
        await reader.answers.readexactly(1)  # it says so when it is ready
        return reader

    async def aclose(self) -> None:
        """End the process; a later question starts another."""
        started, self._started = self._started, None
        if started is None:
            return
        [reader] = await asyncio.gather(started, return_exceptions=True)
        if isinstance(reader, _Reader):
            if reader.process.returncode is None:
                reader.process.kill()
            await reader.process.wait()


def _has_ended(started: "asyncio.Task[_Reader]") -> bool:
    return started.done() and (started.exception() is not None or started.result().process.returncode is not None)
