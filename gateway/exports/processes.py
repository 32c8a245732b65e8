"""Runs a module of the gateway in a process of its own, which ends with the task that waits for it."""

import asyncio
import sys


async def run_module(module: str, *arguments: object) -> None:
    """Run *module* with *arguments*. Raises `ChildProcessError` where it fails."""
    command = (sys.executable, "-m", module, *map(str, arguments))
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        if status := await process.wait():
            raise ChildProcessError(f"{module} ended with exit status {status}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
