import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.gateway.cli.running import run

ROOT: Final = Path(__file__).parents[3]


async def test_the_version_is_printed_when_asked_for() -> None:
    assert (await run("--version")).out == f"school-gateway {version('school-gateway')}\n"


async def test_the_module_runs_as_a_program() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "--help"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert all(command in out.decode() for command in ("demo", "serve", "import", "seed", "token", "schema", "doctor"))
