"""When digests are due, and which days they are about."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors.notifications.documents import Digest, DigestFrequency
from connectors.vocabulary import Day, Days

DAY_ENDS: Final = time(15, 0)
"""A digest from this time on is about the day that it is sent on, an earlier one about the day before."""
WEEK: Final = 7


def due_after(digest: Digest, moment: datetime) -> datetime:
    """When the first digest after *moment* is due, by the clocks of the digest's time zone."""
    place = ZoneInfo(digest["time_zone"])
    at, first = time.fromisoformat(digest["at"]), moment.astimezone(place).date()
    days = (first + timedelta(days=ahead) for ahead in range(WEEK + 1))
    dues = (datetime.combine(day, at, place).astimezone(UTC) for day in days if _is_day(digest, day))
    return next(due for due in dues if due > moment)


def _is_day(digest: Digest, day: date) -> bool:
    return digest["frequency"] == DigestFrequency.DAILY or day.isoweekday() == digest["weekday"]


def days_of(digest: Digest, now: datetime, today: Day) -> Days:
    """The days that a digest is about which is written *now*, while it is *today* in its time zone."""
    is_over = now.astimezone(ZoneInfo(digest["time_zone"])).time() >= DAY_ENDS
    last = date.fromisoformat(today) - timedelta(days=0 if is_over else 1)
    count = 1 if digest["frequency"] == DigestFrequency.DAILY else WEEK
    return Days((last - timedelta(days=count - 1)).isoformat(), last.isoformat())
