"""A generated region: its databases, and where its statistics are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from connectors.analytics import Build

KEY: Final = b"a key of the tests, of 32 bytes."


@dataclass(frozen=True)
class Region:
    """The databases of a region, and where its statistics are."""

    databases: Mapping[str, Any]
    folder: Path
    build: Build

    @property
    def files(self) -> Path:
        return self.folder / self.build.name

    async def find(self, name: str) -> list[dict[str, Any]]:
        """All documents of a `subsystem.collection`."""
        subsystem, collection = name.split(".")
        found: list[dict[str, Any]] = await self.databases[subsystem][collection].find({}).to_list(length=None)
        return found
