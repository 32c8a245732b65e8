"""Office hours of staff: a message outside of them is delivered at once, and its reader is notified when they begin."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final, TypedDict

from connectors.messages import OfficeHours, ParticipantSide, Weekday
from connectors.vocabulary import PersonId, SchoolId
from gateway.context import Info

_DAYS: Final = tuple(Weekday)
_HOURS: Final = frozenset({"_id", "office_hours"})
_ROW: Final = frozenset({"owner", "person_id", "school_id", "side", "left_seq"})


class LaterNotice(TypedDict):
    """A participant who is notified of a message when their office hours begin."""

    school_id: SchoolId
    person_id: PersonId
    notified_at: datetime


def next_opening(hours: Sequence[OfficeHours], moment: datetime) -> datetime | None:
    """The moment after *moment* at which office hours begin, in its time zone.

    None while they last, and where there are none: then nobody waits.
    """
    openings = []
    for later in range(8):
        day = moment.date() + timedelta(days=later)
        for own in hours:
            if _DAYS[day.weekday()] not in own["weekdays"]:
                continue
            begin, end = (
                datetime.combine(day, time.fromisoformat(at), moment.tzinfo)
                for at in (own["starts_at"], own["ends_at"])
            )
            if begin <= moment < end:
                return None
            if moment < begin:
                openings.append(begin)
    return min(openings, default=None)


async def office_hours_of_recipients(recipients: Sequence[Mapping[str, Any]], info: Info) -> list[list[OfficeHours]]:
    """The office hours of each recipient; empty for those who have set none."""
    owners = [own["_id"] for own in recipients]
    found = await info.read(info.connectors.messages.settings_by_owners, owners, columns=_HOURS)
    return [own["office_hours"] if own else [] for own in found]


async def notified_later(payloads: Sequence[Mapping[str, Any]], info: Info) -> list[list[LaterNotice]]:
    """For each payload the other participants of its conversations whose office hours have not begun now."""
    ids = list(dict.fromkeys(one for payload in payloads for one in payload.get("conversation_ids") or ()))
    read = info.connectors.messages
    rows = [row for own in await info.read(read.participants_of, ids, columns=_ROW) for row in own or ()] if ids else []
    rows = [row for row in rows if row["left_seq"] is None and row["person_id"] != info.viewer.person_id]
    staff = [row for row in rows if row["side"] == ParticipantSide.STAFF]
    owners = [row["owner"] for row in staff]
    settings = await info.read(read.settings_by_owners, owners, columns=_HOURS) if owners else []
    notices = {}
    for row, own in zip(staff, settings, strict=True):
        begin = next_opening(own["office_hours"], info.now_at(row["school_id"])) if own else None
        if begin is not None:
            person = row["person_id"]
            notices[person] = LaterNotice(school_id=row["school_id"], person_id=person, notified_at=begin)
    return [list(notices.values())] * len(payloads)
