"""Numbers and codes that do not exist, which somebody tried on one day: one count each, overwritten on the next day."""

from typing import Final

from connectors.mongo.transactions import Transaction
from connectors.vocabulary import Day

_COLUMNS: Final = frozenset({"day", "count"})


async def attempts_of(who: str, day: Day, transaction: Transaction) -> int:
    """How many *who* has tried on that day."""
    counted = await transaction.find_one("attempts", {"_id": who}, columns=_COLUMNS)
    return int(counted["count"]) if counted is not None and counted["day"] == day else 0


async def count_attempts(who: str, day: Day, more: int, transaction: Transaction) -> None:
    """Count *more* of them."""
    before = await attempts_of(who, day, transaction)
    change = {"$set": {"day": day, "count": before + more}}
    await transaction.update("attempts", {"_id": who}, change, upsert=True)
