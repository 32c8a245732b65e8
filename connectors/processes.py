"""Runs modules in processes of their own."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from typing import Final

_PASSED_ON: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "TZ")
"""The variables that Python and its libraries need to start."""

_BACKGROUND: Final = 5
"""The priority of work that nobody waits for at a screen, where 0 is that of requests and 19 is the lowest."""


def lower_priority() -> None:
    """Let processes that answer requests go before this one."""
    os.setpriority(os.PRIO_PROCESS, 0, max(_BACKGROUND, os.getpriority(os.PRIO_PROCESS, 0)))


async def start_module(module: str, *arguments: object, stdin: int = DEVNULL, stdout: int | None = None) -> Process:
    """Start *module* with *arguments*.

    The environment of this process has addresses and secrets of databases; the module, which may read what strangers
    sent, gets none of them.
    """
    command = (sys.executable, "-m", module, *map(str, arguments))
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return await asyncio.create_subprocess_exec(*command, stdin=stdin, stdout=stdout, env=environment)


async def run_module(module: str, *arguments: object) -> None:
    """Run *module* with *arguments*; it ends with the task that waits. Raises `ChildProcessError` where it fails."""
    process = await start_module(module, *arguments)
    try:
        if status := await process.wait():
            raise ChildProcessError(f"{module} ended with exit status {status}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
