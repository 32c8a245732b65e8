"""Runs a module in a process of its own, which ends with the task that waits for it."""

import asyncio
import os
import sys
from typing import Final

_PASSED_ON: Final = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH", "TMPDIR", "TZ")
"""The variables that Python and its libraries need to start."""


async def run_module(module: str, *arguments: object) -> None:
    """Run *module* with *arguments*. Raises `ChildProcessError` where it fails.

    The environment of this process has addresses and secrets of databases; the module, which may read what strangers
    sent, gets none of them.
    """
    command = (sys.executable, "-m", module, *map(str, arguments))
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, env=environment)
    try:
        if status := await process.wait():
            raise ChildProcessError(f"{module} ended with exit status {status}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
