"""Bounds how often a person may try numbers and codes that do not exist on one day."""

from typing import Final

from connectors.directory.attempts import attempts_of, count_attempts
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
    if await attempts_of(info.viewer.person_id, today, transaction) >= most:
        tomorrow = info.start_of(today, None, days_later=1)
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), limit=most, retry_at=tomorrow)


async def count_attempt(info: Info, transaction: Transaction, attempts: int = 1) -> None:
    """Count numbers or codes that do not exist."""
    await count_attempts(info.viewer.person_id, info.today, attempts, transaction)
