"""The settings of a mailbox: the signature under its letters (F26), and the office hours of staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from auth.viewer import FAMILY
from connectors.messages import OfficeHours, Weekday
from connectors.mongo.transactions import Transaction
from connectors.vocabulary import SchoolId, TimeOfDay, version_of
from gateway.context import Info
from gateway.free_text import checked_text
from gateway.languages import Text
from gateway.recipients import own_mailbox
from gateway.writing import ABSENT, Absent, Outcome, Problems, UserErrorCode, fact

_STAFF_ALONE: Final = Text("Office hours are for staff.", "Часы приёма указывают сотрудники школы.")
_NO_DAY: Final = Text("Say on which days of the week.", "Укажите дни недели.")
_REVERSED: Final = Text("The hours end before they begin.", "Часы заканчиваются раньше, чем начинаются.")
_TOO_MANY: Final = Text("These are too many periods: at most {limit}.", "Слишком много периодов: не более {limit}.")
_SETTINGS: Final = frozenset({"signature", "office_hours", "version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePeriod:
    """Hours of some days of the week, in the time zone of the school."""

    weekdays: tuple[Weekday, ...]
    """The days of the week."""

    starts_at: TimeOfDay
    """When the hours begin."""

    ends_at: TimeOfDay
    """When the hours end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMailboxSettings:
    """The settings of the viewer's mailbox that are to be changed; what is left out stays."""

    version: int | Absent | None = ABSENT
    """The version that was seen (`MailboxSettings.version`); null overwrites whatever is there."""

    signature: str | Absent | None = ABSENT
    """The signature under the viewer's letters from now on; null for none."""

    office_hours: tuple[OfficePeriod, ...] | Absent | None = ABSENT
    """All hours in which the viewer is notified of messages; null or empty for any time. For staff."""


async def set_mailbox_settings(input: SetMailboxSettings, info: Info, transaction: Transaction) -> Outcome:
    """Set the signature and the office hours of the viewer's own mailbox."""
    problems, owner = Problems(), own_mailbox(info)
    stored: Any = await transaction.find_one("mailbox_settings", {"_id": owner}, columns=_SETTINGS) or {}
    before = {"signature": stored.get("signature"), "office_hours": stored.get("office_hours", [])}
    after = dict(before)
    problems.require_version(input.version)
    if not isinstance(input.signature, Absent):
        most = info.writing.rules.signature_characters
        sent = input.signature
        after["signature"] = None if sent is None else checked_text(sent, problems, "signature", most=most)
    if not isinstance(input.office_hours, Absent):
        after["office_hours"] = _checked_hours(input.office_hours or (), info, problems)
    problems.check()
    if after == before:
        return Outcome({}, is_new=False)
    problems.is_stale(input.version, stored)
    problems.check()
    school = next(iter(info.viewer.school_ids), SchoolId(""))
    changes = {"school_id": school, "person_id": info.viewer.person_id, **after, "version": version_of(stored) + 1}
    await transaction.update("mailbox_settings", {"_id": owner}, {"$set": changes}, upsert=True)
    changed = {name for name in after if after[name] != before[name]}
    done = fact(
        info,
        "setMailboxSettings",
        owner,
        school,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        texts={"signature"},
    )
    return Outcome({}, [done])


def _checked_hours(sent: Sequence[OfficePeriod], info: Info, problems: Problems) -> list[OfficeHours]:
    """The office hours as they are stored, each with its days in the order of the week."""
    most = info.writing.rules.office_hours
    if sent and info.viewer.role in FAMILY:
        problems.add(UserErrorCode.NOT_ALLOWED, _STAFF_ALONE, "officeHours")
    elif len(sent) > most:
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), "officeHours", limit=most)
    else:
        for place, period in enumerate(sent):
            if not period.weekdays:
                problems.add(UserErrorCode.REQUIRED, _NO_DAY, "officeHours", place, "weekdays")
            if period.ends_at <= period.starts_at:
                problems.add(UserErrorCode.INVALID_INPUT, _REVERSED, "officeHours", place, "endsAt")
    return [
        OfficeHours(
            weekdays=[day for day in Weekday if day in period.weekdays],
            starts_at=period.starts_at,
            ends_at=period.ends_at,
        )
        for period in sent
    ]


async def mailbox_settings(parents: Sequence[object], info: Info) -> list[Mapping[str, Any]]:
    """The settings of the viewer's own mailbox; those of nobody who has set none."""
    read, owner = info.connectors.messages.settings_by_owners, own_mailbox(info)
    [own] = await info.read(read, [owner], columns=_SETTINGS)
    return [own or _UNSET] * len(parents)


_UNSET: Final[Mapping[str, Any]] = {"signature": None, "office_hours": []}


async def signature_of_viewer(info: Info, transaction: Transaction) -> str | None:
    """The signature under the viewer's letters today; None where they have set none."""
    stored = await transaction.find_one(
        "mailbox_settings", {"_id": own_mailbox(info)}, columns=frozenset({"signature"})
    )
    return stored["signature"] if stored else None
