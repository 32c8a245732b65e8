"""/letters/confirm/<token>: whoever has a letter confirms the e-mail address that it went to, without signing in (F24).

GET shows a page with a button and changes nothing, because programs that look through mail open every address; the
button sends a POST, which confirms the address for whoever has entered it in the diary.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from aiohttp import web
from pymongo.errors import PyMongoError

from connectors import facts
from connectors.directory import Directory
from connectors.directory.email_confirmations import give_address, is_taken
from connectors.errors import ConnectorError
from connectors.facts import Actor, Change, Fact
from connectors.mongo.transactions import Transaction, transact
from connectors.vocabulary import SchoolId
from gateway.http.errors import Refused
from gateway.http.pages import email_links as pages
from gateway.http.pages.shell import language_of
from gateway.http.sign_in_limits import SignInLimits
from gateway.jobs.confirmations import ConfirmAddresses
from gateway.languages import Language

_log = structlog.get_logger(__name__)
_UNREACHABLE: Final = (ConnectorError, PyMongoError, OSError)
_PENDING: Final = frozenset({"person_id", "email", "expires_at"})
_PERSON: Final = frozenset({"_id", "email", "roles", "student_id", "school_ids", "merged_to"})

Page = Callable[[Language], web.Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailLinks:
    """Answers the addresses at which e-mail addresses are confirmed."""

    addresses: ConfirmAddresses
    directory: Directory
    limits: SignInLimits | None
    """None where there is no Redis to count in: a link that is not signed costs nothing but its signature."""
    text_key: bytes
    """The key of the digests that stand for addresses in facts."""
    timeout_s: float
    within_s: float
    """How long the change may take."""
    default_language: Language
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def routes(self) -> list[web.RouteDef]:
        """The routes of the endpoint."""
        path = ConfirmAddresses.path + "{token}"
        return [web.get(path, self.handle), web.post(path, self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request; nothing that goes wrong leaves here as an exception."""
        language = language_of(request, self.default_language)
        try:
            if self.limits is not None:
                await self.limits.check_address(request)
            page = await self._answer(request)
            return page(language)
        except Refused as refused:
            answer = pages.too_many(refused.message, language)
            answer.headers.update(refused.headers)
            return answer
        except _UNREACHABLE as error:
            _log.warning("an e-mail address could not be confirmed", error=type(error).__name__)
            return pages.unavailable(language)

    async def _answer(self, request: web.Request) -> Page:
        own = self.addresses.id_of(request.match_info["token"], self.now())
        if own is None:
            return pages.unknown
        if request.method == "POST":
            page: Page = (
                await transact(self.directory.source, lambda own_: self._confirm(own, own_), within_s=self.within_s)
            ).result
            return page
        deadline = asyncio.get_running_loop().time() + self.timeout_s
        found = await self.directory.email_confirmations_by_ids([own], columns=_PENDING, deadline=deadline)
        return pages.question if own in found and found[own]["expires_at"] > self.now() else pages.unknown

    async def _confirm(self, own: str, transaction: Transaction) -> Page:
        """Make the address of the request *own* that of whoever entered it."""
        pending = await transaction.find_one("email_confirmations", {"_id": own}, columns=_PENDING)
        if pending is None or pending["expires_at"] <= self.now():
            return pages.unknown
        holder = {"_id": pending["person_id"], "merged_to": None}
        person = await transaction.find_one("people", holder, columns=_PERSON)
        if person is None:
            return pages.unknown
        if await is_taken(pending["email"], person, transaction):
            return pages.not_usable
        await give_address(pending["email"], person["_id"], transaction)
        await transaction.insert(facts.COLLECTION, [self._fact(person, pending["email"])])
        return pages.confirmed

    def _fact(self, person: Mapping[str, Any], email: str) -> Fact:
        before, after = (facts.digest_of(one, self.text_key) for one in (person.get("email"), email))
        return Fact(
            _id=facts.new_id(),
            school_id=next(iter(person["school_ids"]), SchoolId("")),
            at=self.now(),
            actor=Actor(person_id=person["_id"], role=next(iter(person["roles"]), "")),
            action="confirmEmail",
            object_id=person["_id"],
            student_id=person.get("student_id"),
            changes=[Change(field="email", before=before, after=after)],
            request_id="",
            client="",
        )
