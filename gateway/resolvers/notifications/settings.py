"""The viewer's choice of what to be told of, by which channels, and when (F126 to F128)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypedDict
from zoneinfo import available_timezones

from auth.viewer import Role, Viewer
from connectors.messages import Weekday
from connectors.mongo.transactions import Transaction
from connectors.notifications import (
    SETTINGS,
    Digest,
    DigestFrequency,
    LetterLanguage,
    NotificationChannel,
    NotificationKind,
    QuietHours,
    channels_of,
    due_after,
    inbox_owner,
    quiet_hours_of,
)
from connectors.vocabulary import TimeOfDay
from gateway.context import DEFAULT_ZONE, Info
from gateway.languages import Text
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserError, UserErrorCode

_OF_PARENTS: Final = frozenset({NotificationKind.ABSENCE_NOTICE, NotificationKind.ABSENCES})
KINDS: Final = {
    Role.STUDENT: tuple(kind for kind in NotificationKind if kind not in _OF_PARENTS),
    Role.PARENT: tuple(NotificationKind),
}
"""The kinds of events that a role can be told of."""

_SETTINGS: Final = frozenset({"channels", "quiet_hours", "language", "time_zone", "digest"})
_WEEKDAYS: Final = tuple(Weekday)

_NOTHING: Final = Text("Say what is to change.", "Укажите, что изменить.")
_NO_LETTERS: Final = Text("The school sends no letters.", "Школа не отправляет писем.")
_NO_INBOX: Final = Text(
    "Letters are about what stands in the inbox: choose INBOX, too.",
    "Письма сообщают о том, что есть в уведомлениях: выберите и INBOX.",
)
_ALWAYS_QUIET: Final = Text("Quiet hours end at another time than they begin.", "Тихие часы не могут длиться сутки.")
_NOT_YOURS: Final = Text("You are not told of events of this kind.", "О событиях этого вида вам не сообщают.")
_WHICH_DAY: Final = Text("Say on which day of the week.", "Укажите день недели.")
_EVERY_DAY: Final = Text("A daily digest has no day of the week.", "У ежедневной сводки нет дня недели.")
_NO_ZONE: Final = Text("There is no such time zone.", "Нет такого часового пояса.")
_TWICE: Final = Text("The kind is named twice.", "Этот вид назван дважды.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenChannels:
    """The channels by which the viewer is told of events of one kind."""

    kind: NotificationKind
    """The kind of event."""

    channels: tuple[NotificationChannel, ...]
    """The channels; none, and the viewer is not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenQuietHours:
    """The hours in which no letter is sent, by the clocks of the time zone; they may go over midnight."""

    starts_at: TimeOfDay
    """When they begin."""

    ends_at: TimeOfDay
    """When they end; letters that were held back are sent then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenDigest:
    """When the viewer gets a letter about the diary of a day or a week."""

    frequency: DigestFrequency
    """How often."""

    at: TimeOfDay
    """At what time, by the clocks of the time zone."""

    weekday: Weekday | None = None
    """The day of the week of a weekly digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNotificationSettings:
    """The changes of the viewer's settings; kinds that are not named stay as they are."""

    kinds: tuple[ChosenChannels, ...] | None = None
    """The kinds of events, each once, with their channels."""

    quiet_hours: ChosenQuietHours | Absent | None = ABSENT
    """The hours in which no letter is sent; null for none. Without it they stay as they are."""

    language: LetterLanguage | None = None
    """The language of letters. Without it, it stays as it is."""

    digest: ChosenDigest | Absent | None = ABSENT
    """When digests are sent; null for none. Without it that stays as it is."""

    time_zone: str | Absent | None = ABSENT
    """The time zone by whose clocks quiet hours and digests go, such as `Europe/Moscow`; null for that of the school.
    Without it, it stays as it is."""


class ChangedSettings(TypedDict):
    """A resolver's value for the payload of changing settings."""

    user_errors: list[UserError]


class KindSettings(TypedDict):
    """The channels of one kind."""

    kind: NotificationKind
    channels: list[NotificationChannel]


class DigestOfViewer(TypedDict):
    """When the viewer gets digests."""

    frequency: DigestFrequency
    weekday: Weekday | None
    at: str


class SettingsOfViewer(TypedDict):
    """The settings of the viewer."""

    kinds: list[KindSettings]
    channels: list[NotificationChannel]
    quiet_hours: QuietHours | None
    language: LetterLanguage
    time_zone: str
    digest: DigestOfViewer | None


def time_zone_of(settings: Any, viewer: Viewer) -> str:
    """The time zone by whose clocks somebody gets letters: the one that they have chosen, or that of their school."""
    chosen: str | None = (settings or {}).get("time_zone")
    return chosen or next(iter(viewer.zones.values()), DEFAULT_ZONE)


async def settings_of_viewer(viewers: Sequence[object], info: Info) -> list[SettingsOfViewer]:
    """By which channels the viewer is told of the events of each kind."""
    role, owner = info.viewer.role, inbox_owner(info.viewer.person_id, info.viewer.role)
    notifications = info.connectors.notifications
    [stored] = await info.read(notifications.settings_by_owners, [owner], columns=_SETTINGS)
    kinds = [KindSettings(kind=kind, channels=list(channels_of(stored, kind))) for kind in KINDS[role]]
    shown = SettingsOfViewer(
        kinds=kinds,
        channels=_channels(info),
        quiet_hours=quiet_hours_of(stored),
        language=(stored or {}).get("language", notifications.letter_language),
        time_zone=time_zone_of(stored, info.viewer),
        digest=_shown_digest((stored or {}).get("digest")),
    )
    return [shown] * len(viewers)


def _shown_digest(digest: Digest | None) -> DigestOfViewer | None:
    if digest is None:
        return None
    weekday = None if digest["weekday"] is None else _WEEKDAYS[digest["weekday"] - 1]
    return DigestOfViewer(frequency=digest["frequency"], weekday=weekday, at=digest["at"])


def _channels(info: Info) -> list[NotificationChannel]:
    """The channels that the viewer can choose."""
    is_mail = info.connectors.notifications.sends_letters
    return [own for own in NotificationChannel if is_mail or own is not NotificationChannel.EMAIL]


async def set_notification_settings(input: SetNotificationSettings, info: Info, transaction: Transaction) -> Outcome:
    """Choose by which channels the viewer is told of events. It is their own affair: there is no fact."""
    problems, viewer = Problems(), info.viewer
    _check(input, info, problems)
    owner = inbox_owner(viewer.person_id, viewer.role)
    new: dict[str, Any] = {
        f"channels.{one.kind}": [own for own in NotificationChannel if own in one.channels] for one in input.kinds or ()
    }
    if input.quiet_hours is not ABSENT:
        new["quiet_hours"] = input.quiet_hours and asdict(input.quiet_hours)
    if input.language is not None:
        new["language"] = input.language
    if input.time_zone is not ABSENT:
        new["time_zone"] = input.time_zone
    gone: dict[str, Any] = {}
    if input.digest is None:
        gone = {"$unset": {"digest": "", "digest_due_at": ""}}
    elif input.digest is not ABSENT or input.time_zone is not ABSENT:
        new |= await _new_digest(input, owner, viewer, transaction)
    whose = {"person_id": viewer.person_id, "role": viewer.role}
    change = {"$setOnInsert": whose, **({"$set": new} if new else {}), **gone}
    await transaction.update(SETTINGS.name, {"_id": owner}, change, upsert=True)
    return Outcome({})


def _check(input: SetNotificationSettings, info: Info, problems: Problems) -> None:
    """Raise all problems of the input at once."""
    others = (input.quiet_hours, input.time_zone, input.digest)
    if not input.kinds and not input.language and all(one is ABSENT for one in others):
        problems.add(UserErrorCode.REQUIRED, _NOTHING, "kinds")
    seen: set[NotificationKind] = set()
    for place, chosen in enumerate(input.kinds or ()):
        if chosen.kind not in KINDS[info.viewer.role]:
            problems.add(UserErrorCode.NOT_ALLOWED, _NOT_YOURS, "kinds", place, "kind")
        if chosen.kind in seen:
            problems.add(UserErrorCode.TAKEN, _TWICE, "kinds", place, "kind")
        seen.add(chosen.kind)
        _check_channels(chosen.channels, place, info, problems)
    quiet = input.quiet_hours
    if isinstance(quiet, ChosenQuietHours) and quiet.starts_at == quiet.ends_at:
        problems.add(UserErrorCode.INVALID_INPUT, _ALWAYS_QUIET, "quietHours", "endsAt")
    if isinstance(input.time_zone, str) and input.time_zone not in _zones():
        problems.add(UserErrorCode.INVALID_INPUT, _NO_ZONE, "timeZone")
    if isinstance(input.digest, ChosenDigest):
        _check_digest(input.digest, info, problems)
    problems.check()


async def _new_digest(
    input: SetNotificationSettings, owner: str, viewer: Viewer, transaction: Transaction
) -> dict[str, Any]:
    """The digest to store: the one that was chosen, or the present one in another time zone."""
    found = await transaction.find(SETTINGS.name, {"_id": owner}, columns=frozenset({"digest", "time_zone"}))
    stored: Any = found[0] if found else {}
    place = time_zone_of(stored if input.time_zone is ABSENT else {"time_zone": input.time_zone}, viewer)
    if isinstance(input.digest, ChosenDigest):
        chosen = input.digest
        weekday = None if chosen.weekday is None else _WEEKDAYS.index(chosen.weekday) + 1
        digest = Digest(frequency=chosen.frequency, weekday=weekday, at=chosen.at, time_zone=place)
    elif "digest" in stored:
        present: Digest = stored["digest"]
        digest = {**present, "time_zone": place}
    else:
        return {}
    return {"digest": digest, "digest_due_at": due_after(digest, datetime.now(UTC))}


def _check_digest(digest: ChosenDigest, info: Info, problems: Problems) -> None:
    """Note a problem where nobody sends letters, or where it is not clear on which day the digest is sent."""
    if not info.connectors.notifications.sends_letters:
        problems.add(UserErrorCode.NOT_ALLOWED, _NO_LETTERS, "digest")
    if digest.frequency is DigestFrequency.WEEKLY and digest.weekday is None:
        problems.add(UserErrorCode.REQUIRED, _WHICH_DAY, "digest", "weekday")
    if digest.frequency is DigestFrequency.DAILY and digest.weekday is not None:
        problems.add(UserErrorCode.INVALID_INPUT, _EVERY_DAY, "digest", "weekday")


@cache
def _zones() -> frozenset[str]:
    """The names of all time zones; cached."""
    return frozenset(available_timezones())


def _check_channels(channels: Sequence[NotificationChannel], place: int, info: Info, problems: Problems) -> None:
    """Note a problem where nobody sends letters, or where a letter would be about what the inbox does not have."""
    if NotificationChannel.EMAIL not in channels:
        return
    if NotificationChannel.EMAIL not in _channels(info):
        problems.add(UserErrorCode.NOT_ALLOWED, _NO_LETTERS, "kinds", place, "channels")
    elif NotificationChannel.INBOX not in channels:
        problems.add(UserErrorCode.INVALID_INPUT, _NO_INBOX, "kinds", place, "channels")
