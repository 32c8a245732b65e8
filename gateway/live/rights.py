"""The rights under which events are delivered to one connection: who it is now, and whether they are signed in."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from auth.errors import AuthError
from auth.viewer import Viewer
from connectors.errors import SourceUnavailable
from gateway.live.ending import Ended, Ending
from gateway.live.hub import Hub

REFRESH_CHANGED_S: Final = 60
"""The least time between two refreshes of topics after rights of anybody were changed."""
REFRESH_UNCHANGED_S: Final = 3_600
"""The time between two refreshes where nothing was changed: dated rights begin at midnight of some zone."""


class SignedIn(Protocol):
    """Whoever has opened the connection."""

    @property
    def person(self) -> str:
        """A text that identifies the person: issuer and subject."""
        ...

    @property
    def ends_at(self) -> float:
        """Seconds since 1970 after which the token or the session is worth nothing."""
        ...

    async def viewer(self, *, is_fresh: bool) -> Viewer:
        """The viewer with the rights of now. Raises `AuthError`, and `SourceUnavailable`."""
        ...

    async def forget(self) -> None:
        """Have the viewer looked up anew by the next request: rights have changed."""
        ...

    async def is_valid(self) -> bool:
        """Whether the token or the session is still good."""
        ...


@dataclass(eq=False, slots=True)
class Rights:
    """Looks rights up again before each delivery, and every now and then."""

    hub: Hub
    signed_in: SignedIn
    _seen: int = field(init=False)
    """The version of all rights at the last refresh."""
    _refreshed_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._seen, self._refreshed_at = self.hub.rights_version, asyncio.get_running_loop().time()

    def pause_s(self) -> float:
        """How long nothing needs to be checked while no event arrives."""
        left = self.signed_in.ends_at - datetime.now(UTC).timestamp()
        return max(0.0, min(left, self.hub.rules.check_s))

    async def fresh_viewer(self) -> Viewer:
        """The viewer with the rights of now. Raises `Ended` where the connection has to end."""
        await self._require_signed_in()
        return await self._viewer_or_ended()

    async def checked(self) -> Viewer | None:
        """The viewer, if their topics are to be computed anew. Raises `Ended` where the connection has to end."""
        await self._require_signed_in()
        time = asyncio.get_running_loop().time()
        interval_s = REFRESH_CHANGED_S if self.hub.rights_version != self._seen else REFRESH_UNCHANGED_S
        if time - self._refreshed_at < interval_s:
            return None
        self._seen, self._refreshed_at = self.hub.rights_version, time
        return await self._viewer_or_ended()

    async def _require_signed_in(self) -> None:
        try:
            if datetime.now(UTC).timestamp() < self.signed_in.ends_at and await self.signed_in.is_valid():
                return
        except SourceUnavailable:
            raise Ended(Ending.TRY_LATER) from None
        raise Ended(Ending.SIGNED_OUT)

    async def _viewer_or_ended(self) -> Viewer:
        try:
            return await self.signed_in.viewer(is_fresh=True)
        except SourceUnavailable:
            raise Ended(Ending.TRY_LATER) from None
        except AuthError:
            raise Ended(Ending.SIGNED_OUT) from None
