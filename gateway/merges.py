"""People who were merged into others, as whom they are now (trap T20)."""

from collections.abc import Sequence
from typing import Any, Final

from connectors.directory import survivors as survivors_among
from gateway.context import Info

MERGED: Final = frozenset({"merged_to"})
"""The column of people that `survivors` needs."""


async def survivors(found: Sequence[Any], info: Info, columns: frozenset[str]) -> list[Any]:
    """For each person the one whom they were merged into, usually themselves; see `connectors.directory.survivors`."""

    async def read(ids: Sequence[Any]) -> list[Any]:
        return await info.check(info.connectors.directory.people_by_ids, ids, columns=columns | MERGED)

    return await survivors_among(found, read)
