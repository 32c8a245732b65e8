"""Sends the letters about notifications; every condition is looked at again before each."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog

from auth.errors import AuthError
from auth.scope import Viewers
from auth.viewer import Role, Viewer
from connectors.assembly import Connectors
from connectors.mail import Letter, Mailer, Sending
from connectors.notifications import (
    LetterLanguage,
    LetterState,
    NotificationChannel,
    NotificationKind,
    NotificationLetter,
    Outbox,
    QuietHours,
    channels_of,
    quiet_hours_of,
)
from connectors.vocabulary import Day
from gateway.context import zone
from gateway.jobs.notifications.digests import DigestFailed, Digests
from gateway.jobs.notifications.stopping import StopAddresses
from gateway.jobs.notifications.wording import digest_letter, letter_about
from gateway.languages import Language
from gateway.observability.metrics import LETTERS as SENT_LETTERS
from gateway.resolvers.notifications import rights_of, time_zone_of

AT_ONCE: Final = 20
"""Letters that are sent over one connection."""
MOST_ATTEMPTS: Final = 16
"""With the pauses between them they take two days: so long may a mail server be away."""
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
READS_S: Final = 20.0
_JITTER: Final = (0.8, 1.2)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSender:
    """Writes and sends the letters that are due."""

    connectors: Connectors
    viewers: Viewers
    outbox: Outbox
    mailer: Mailer
    today_in: Callable[[str], Day]
    digests: Digests | None = None
    """Whoever makes the contents of digests; None where none are sent."""
    addresses: StopAddresses | None = None
    """The addresses at which letters are stopped; None where there are none."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def run(self) -> bool:
        """Write letters of what is due, and send some that wait; return whether there may be more."""
        now = self.now()
        written = await self.outbox.write_due(now, most=AT_ONCE)
        if self.digests is not None:
            written = max(written, await self.outbox.write_digests(now, self.today_in, most=AT_ONCE))
        taken = await self.outbox.take(now, most=AT_ONCE)
        prepared = [(one, letter) for one in taken if (letter := await self._prepared(one, now)) is not None]
        results = await self.mailer.send([letter for _, letter in prepared])
        for (one, _), result in zip(prepared, results, strict=True):
            await self._note(one, result, now)
        return AT_ONCE in {written, len(taken)}

    async def _prepared(self, one: NotificationLetter, now: datetime) -> Letter | None:
        """The letter as it is to be sent now; None where there is nothing to tell, or it is not the time."""
        viewer = await self._viewer(one)
        if viewer is None:
            await self._drop(one)
            return None
        address, settings = await self._person(one, viewer)
        if "digest_days" in one:
            return await self._digest(one, viewer, address, settings, now)
        kinds = await self._kinds(one, viewer, settings)
        if address is None or not kinds:
            await self._drop(one)
            return None
        until = quiet_until(quiet_hours_of(settings), now, zone(time_zone_of(settings, viewer)))
        if until is not None:
            await self.outbox.postpone(one, until)
            return None
        return letter_about(one["_id"], address, kinds, self._language(settings), self._stop_address(one))

    async def _digest(
        self, one: NotificationLetter, viewer: Viewer, address: str | None, settings: Any, now: datetime
    ) -> Letter | None:
        """The digest as it is to be sent now. One that was chosen for a time within the quiet hours comes at that time.

        Others that are late wait until the quiet hours are over.
        """
        digest = (settings or {}).get("digest")
        if address is None or digest is None or self.digests is None:
            await self._drop(one)
            return None
        place, quiet = zone(digest["time_zone"]), quiet_hours_of(settings)
        chosen = datetime.combine(now.astimezone(place).date(), time.fromisoformat(digest["at"]), place)
        until = quiet_until(quiet, now, place)
        if until is not None and quiet_until(quiet, chosen, place) is None:
            await self.outbox.postpone(one, until)
            return None
        try:
            children = await self.digests.of(one, viewer)
        except DigestFailed as error:
            _log.warning("a digest was not made", letter=one["_id"], codes=str(error))
            await self._note(one, Sending.LATER, now)
            return None
        if all(child.is_empty for child in children):
            await self._drop(one)
            return None
        days, stop = one["digest_days"], self._stop_address(one)
        return digest_letter(one["_id"], address, children, days, self._language(settings), stop)

    def _language(self, settings: Any) -> Language:
        """The language that the person has chosen, or that of the gateway."""
        chosen: LetterLanguage = (settings or {}).get("language", self.connectors.notifications.letter_language)
        return Language(chosen.lower())

    def _stop_address(self, one: NotificationLetter) -> str | None:
        return None if self.addresses is None else self.addresses.of(one)

    async def _viewer(self, one: NotificationLetter) -> Viewer | None:
        """The person in the role, with the rights of now; None where they have that role no longer."""
        try:
            return await self.viewers.of_person(
                one["person_id"], Role(one["role"]), today=self.today_in, deadline=_deadline()
            )
        except AuthError:
            return None

    async def _person(self, one: NotificationLetter, viewer: Viewer) -> tuple[str | None, Any]:
        people: Any = await self.connectors.directory.people_by_ids(
            [viewer.person_id], columns=frozenset({"email"}), deadline=_deadline()
        )
        settings: Any = await self.connectors.notifications.settings_by_owners(
            [one["owner"]], columns=frozenset(), deadline=_deadline()
        )
        return people.get(viewer.person_id, {}).get("email"), settings.get(one["owner"])

    async def _kinds(self, one: NotificationLetter, viewer: Viewer, settings: Any) -> Mapping[NotificationKind, int]:
        """How many notifications of each kind are still to be told: not read yet, readable, and wanted by letter."""
        found: Any = await self.connectors.notifications.notifications_by_ids(
            one["notification_ids"], columns=frozenset({"kind", "is_read", "right_id"}), deadline=_deadline()
        )
        rights = rights_of(viewer)
        kinds = [NotificationKind(n["kind"]) for n in found.values() if not n["is_read"] and n["right_id"] in rights]
        return Counter(kind for kind in kinds if NotificationChannel.EMAIL in channels_of(settings, kind))

    async def _drop(self, one: NotificationLetter) -> None:
        await self.outbox.finish(one, LetterState.DROPPED)
        SENT_LETTERS.labels("dropped").inc()

    async def _note(self, one: NotificationLetter, result: Sending, now: datetime) -> None:
        match result:
            case Sending.SENT:
                await self.outbox.finish(one, LetterState.SENT)
            case Sending.REFUSED:
                await self.outbox.finish(one, LetterState.DEAD, "the mail server refused it")
            case Sending.LATER if one["attempts"] + 1 >= MOST_ATTEMPTS:
                await self.outbox.finish(
                    one, LetterState.DEAD, "it could not be made, or the mail server did not take it in time"
                )
            case Sending.LATER:
                await self.outbox.postpone(one, now + pause_after(one["attempts"]), has_failed=True)
        SENT_LETTERS.labels(result.value.lower()).inc()


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts before this one."""
    longest: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts, 20)))
    return longest * random.uniform(*_JITTER)  # noqa: S311 - spreads the attempts, hides nothing


def quiet_until(quiet: QuietHours | None, now: datetime, place: ZoneInfo) -> datetime | None:
    """When the quiet hours end in which *now* lies, by the clocks of *place*; None where it lies in none.

    They may go over midnight.
    """
    if quiet is None:
        return None
    local = now.astimezone(place)
    begin, end = time.fromisoformat(quiet["starts_at"]), time.fromisoformat(quiet["ends_at"])
    clock = local.time()
    is_quiet = begin <= clock < end if begin <= end else clock >= begin or clock < end
    if not is_quiet:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, place).astimezone(UTC)


def _deadline() -> float:
    return asyncio.get_running_loop().time() + READS_S
