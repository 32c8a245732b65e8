"""Bounds how many changes of one kind a person makes on a day, where each of them may be undone and made again."""

from typing import Final

from connectors.mongo.transactions import Transaction
from connectors.vocabulary import SchoolId, StudentId
from gateway.context import Info
from gateway.languages import Text
from gateway.writing import Problems, UserErrorCode

_TOO_MANY: Final = Text(
    "You have made {limit} such changes today: make the next one tomorrow.",
    "Сегодня вы сделали таких изменений: {limit}. Следующее можно сделать завтра.",
)


async def count_change(
    action: str,
    student: StudentId,
    school: SchoolId,
    most: int,
    info: Info,
    transaction: Transaction,
    problems: Problems,
) -> None:
    """Count one more change that the viewer makes for a student on this day of the school.

    Note a problem where *most* such changes are counted already. The count is one document for each person, action and
    student, which the next day overwrites.
    """
    today = info.today_at(school)
    counter = {"_id": f"{action}:{info.viewer.person_id}:{student}"}
    counted = await transaction.find_one("daily_changes", counter, columns=frozenset({"day", "changes"}))
    changes = counted["changes"] if counted and counted["day"] == today else 0
    if changes >= most:
        tomorrow = info.start_of(today, school, days_later=1)
        problems.add(UserErrorCode.TOO_MANY, _TOO_MANY.format(limit=most), limit=most, retry_at=tomorrow)
        return
    await transaction.update("daily_changes", counter, {"$set": {"day": today, "changes": changes + 1}}, upsert=True)
