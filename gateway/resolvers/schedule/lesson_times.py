"""When a lesson takes place: by the bells of its day, or by a time that an administrator gives."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final, NamedTuple, Protocol

from connectors.schedule import BellPeriod
from connectors.vocabulary import Day, TimeOfDay
from gateway.context import Info
from gateway.languages import Text
from gateway.resolvers.schedule.bells import bells_of_days
from gateway.writing import Problems, Rejected, UserErrorCode

LAST_NUMBER: Final = 20
"""The highest number that a lesson of a day may have; the lowest is 0 («нулевой урок»)."""

_NUMBER: Final = Text("A lesson of a day has a number from 0 to 20.", "Номер урока — от 0 до 20.")
_OTHER_END: Final = Text("Say both when it begins and when it ends.", "Укажите и начало, и конец.")
_REVERSED: Final = Text("The end is not after the beginning.", "Конец не позже начала.")
_NO_BELL: Final = Text(
    "The bells of this day have no such lesson: say when it begins and ends.",
    "В расписании звонков этого дня нет такого урока: укажите начало и конец.",
)
_HOLIDAY: Final = Text("The school has holidays on this day.", "В этот день каникулы или праздник.")


class Timed(Protocol):
    """An input that may say when a lesson takes place."""

    @property
    def number(self) -> int | None: ...
    @property
    def starts_at(self) -> TimeOfDay | None: ...
    @property
    def ends_at(self) -> TimeOfDay | None: ...


class LessonTime(NamedTuple):
    """The time of a lesson on its day."""

    number: int
    starts_at: datetime
    ends_at: datetime


def check_time(input: Timed, problems: Problems) -> None:
    """Note what is wrong with the time of an input whatever the lesson is."""
    if input.number is not None and not 0 <= input.number <= LAST_NUMBER:
        limit = 0 if input.number < 0 else LAST_NUMBER
        problems.add(UserErrorCode.OUT_OF_RANGE, _NUMBER, "number", limit=limit)
    if (input.starts_at is None) != (input.ends_at is None):
        problems.add(UserErrorCode.REQUIRED, _OTHER_END, "startsAt" if input.starts_at is None else "endsAt")
    elif input.starts_at is not None and input.ends_at is not None and input.ends_at <= input.starts_at:
        problems.add(UserErrorCode.INVALID_INPUT, _REVERSED, "endsAt")


async def time_on(day: Day, input: Timed, lesson: Mapping[str, Any], info: Info, problems: Problems) -> LessonTime:
    """The time on *day* that a checked input asks for; raises `Rejected` where the school has no lessons then.

    A number means the time that the bells give it; of two shifts, in the one that is nearer to the lesson's time.
    Times of the input come first.
    """
    [bells] = await bells_of_days([lesson["school_id"]], [day], info)
    if day != lesson["date"] and bells.is_holiday and not bells.periods:
        problems.add(UserErrorCode.INVALID_INPUT, _HOLIDAY, "date")
        raise Rejected(problems.found, {"lesson_id": lesson["_id"]})
    zone = info.zone_of(lesson["school_id"])
    number = lesson["number"] if input.number is None else input.number
    if input.starts_at is not None and input.ends_at is not None:
        starts_at, ends_at = input.starts_at, input.ends_at
    elif day == lesson["date"] and number == lesson["number"]:
        return LessonTime(number, lesson["starts_at"], lesson["ends_at"])
    else:
        began = lesson["starts_at"].astimezone(zone).strftime("%H:%M")
        period = _nearest(began, [period for period in bells.periods if period["number"] == number])
        if period is None:
            problems.add(UserErrorCode.INVALID_INPUT, _NO_BELL, "number")
            raise Rejected(problems.found, {"lesson_id": lesson["_id"]})
        starts_at, ends_at = TimeOfDay(period["starts_at"]), TimeOfDay(period["ends_at"])

    def instant(at: str) -> datetime:
        return datetime.combine(datetime.fromisoformat(day), time.fromisoformat(at), zone).astimezone(UTC)

    return LessonTime(number, instant(starts_at), instant(ends_at))


def _nearest(began: str, periods: Sequence[BellPeriod]) -> BellPeriod | None:
    """The bell period that begins nearest to the time of day *began*; None where there is none."""
    return min(periods, key=lambda period: abs(_minutes(period["starts_at"]) - _minutes(began)), default=None)


def _minutes(at: str) -> int:
    return int(at[:2]) * 60 + int(at[3:5])
