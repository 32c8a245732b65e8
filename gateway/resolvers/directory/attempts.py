"""Bounds how often a person may try numbers and codes that do not exist on one day."""

from typing import Final

from connectors.mongo.transactions import Transaction
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

_TOO_MANY: Final = Text(
    "You have tried {limit} numbers or codes today that do not exist: try again tomorrow.",
    "Сегодня вы ввели несуществующих номеров или кодов: {limit}. Попробуйте завтра.",
)


async def check_attempts(info: Info, transaction: Transaction, problems: Problems) -> None:
    """Note a problem where the viewer has tried too often today, whichever number or code comes now."""
    most, today = info.writing.rules.attempts_a_day, info.today
    counted = await transaction.find_one("attempts", _counter(info), columns=frozenset({"day", "count"}))
    if counted is not None and counted["day"] == today and counted["count"] >= most:
        tomorrow = info.start_of(today, None, days_later=1)
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), limit=most, retry_at=tomorrow)


async def count_attempt(info: Info, transaction: Transaction, attempts: int = 1) -> None:
    """Count numbers or codes that do not exist; the count is one document a person, which the next day overwrites."""
    counter, today = _counter(info), info.today
    counted = await transaction.find_one("attempts", counter, columns=frozenset({"day", "count"}))
    before = counted["count"] if counted is not None and counted["day"] == today else 0
    change = {"$set": {"day": today, "count": before + attempts}}
    await transaction.update("attempts", counter, change, upsert=True)


def _counter(info: Info) -> dict[str, str]:
    return {"_id": info.viewer.person_id}
