"""Shared by all commands: the terminal, the event loop, the settings, and an exit with an error message."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, Final, NoReturn, TypeVar

import typer
import uvloop
from pydantic import ValidationError
from pydantic_settings import SettingsError
from pymongo.errors import PyMongoError
from rich.console import Console

from gateway.cli.settings_docs import unknown
from gateway.settings import Settings

console: Final = Console(stderr=True, emoji=False)
"""Prints for people: progress, tables, warnings."""
out: Final = Console(soft_wrap=True, highlight=False, emoji=False)
"""Prints for other programs."""

T = TypeVar("T")


def fail(message: str) -> NoReturn:
    """Print the message and end with status 1."""
    console.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* in an event loop; a MongoDB that fails ends the command."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(work)
        except PyMongoError as error:
            reason = str(error).partition(" (configured")[0]
            fail(f"MongoDB failed: {reason}. `school-gateway doctor` tells which database; GATEWAY_MONGO__URI, where.")


def settings_of_environment() -> Settings:
    """The settings of the environment; the command ends where they are wrong or misspelt."""
    misspelt = unknown(map(str.upper, os.environ))
    if misspelt:
        fail(f"There is no setting {', '.join(misspelt)}; docs/operators.md lists them all.")
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"GATEWAY_{'__'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        fail(f"The settings are wrong. {wrong}")
    except SettingsError as error:
        fail(f"The settings are wrong: {error}. Lists and mappings are written as JSON.")
