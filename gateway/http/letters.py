"""/letters/stop/<token>: whoever has a letter stops such letters, without signing in (RFC 8058).

GET shows a page with a button and changes nothing, because programs that look through mail open every address; POST
stops the letters, be it sent by the button or by a mail program.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from aiohttp import web
from pymongo.errors import PyMongoError

from connectors.errors import ConnectorError
from connectors.notifications import Notifications, wants_letters
from gateway.http.pages import letters as pages
from gateway.http.pages.shell import language_of
from gateway.jobs.notifications.stopping import PATH, StopAddresses
from gateway.languages import Language

_log = structlog.get_logger(__name__)
_UNREACHABLE: Final = (ConnectorError, PyMongoError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopEndpoint:
    """Answers the addresses at which letters are stopped."""

    addresses: StopAddresses
    notifications: Notifications
    timeout_s: float
    default_language: Language
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        return [web.get(PATH + "{token}", self.handle), web.post(PATH + "{token}", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; nothing that goes wrong leaves here as an exception."""
        language = language_of(request, self.default_language)
        try:
            return await self._answer(request, language)
        except _UNREACHABLE as error:
            _log.warning("letters could not be stopped", error=type(error).__name__)
            return pages.unavailable(language)

    async def _answer(self, request: web.Request, language: Language) -> web.Response:
        own = self.addresses.id_of(request.match_info["token"], self.now())
        found = await self.notifications.letters_by_ids(
            [own] if own else [], columns=frozenset({"owner"}), deadline=self._deadline()
        )
        if own is None or own not in found:
            return pages.unknown(language)
        owner = found[own]["owner"]
        if request.method == "POST":
            await self.notifications.stop_letters(owner)
            return pages.stopped(language)
        settings = await self.notifications.settings_by_owners([owner], columns=frozenset(), deadline=self._deadline())
        return pages.question(language) if wants_letters(settings.get(owner)) else pages.stopped(language)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.timeout_s
