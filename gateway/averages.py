"""Computes averages, shares and scores, and formats numbers.

Averages and shares have two decimal places, rounded half up ("4.00"); the shares of a whole sum to 1.00. Scores, points
and values of marks have no trailing zeros ("20", "2.5").
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import islice
from typing import Final

from connectors.vocabulary import Days

SMALLEST_CLASS: Final = 5
"""The least number of students whose average may be shown; a smaller one would reveal single marks (trap T23)."""


def is_anonymous(marks: Collection[tuple[str, str]], days: Days, periods: Iterable[Days]) -> bool:
    """Whether the average of *marks* reveals nothing about fewer than five students (trap T23).

    *marks* holds the student and the day of each mark within *days*. The averages of *periods* can be known as well,
    and be subtracted: the marks that remain after each period, and after all periods together, must be of at least five
    students, or of none.
    """
    by_student: dict[str, list[str]] = defaultdict(list)
    for student, day in marks:
        by_student[student].append(day)
    if len(by_student) < SMALLEST_CLASS:
        return False
    known = []
    for period in dict.fromkeys(periods):
        if period.first <= days.first and days.last <= period.last:
            continue  # covers all days: no mark remains after it
        is_within = days.first <= period.first and period.last <= days.last
        inside = _students(by_student, [period], within=True)
        if inside and (inside >= SMALLEST_CLASS or not is_within):
            known.append(period)
    rests = [*([period] for period in known), known]
    return all(_students(by_student, rest, within=False) in {0, SMALLEST_CLASS} for rest in rests)


def _students(by_student: Mapping[str, Sequence[str]], periods: Sequence[Days], *, within: bool) -> int:
    """The number of students with a day that is, or is not, *within* the periods; at most `SMALLEST_CLASS`."""
    having = (
        student
        for student, own in by_student.items()
        if any(any(day in period for period in periods) is within for day in own)
    )
    return sum(1 for _ in islice(having, SMALLEST_CLASS))


_CENT: Final = Decimal("0.01")


def exact(number: float) -> Decimal | int:
    """The exact value of a number of a document: whole numbers stay ints, others become decimals as written."""
    return number if type(number) is int else Decimal(str(number))


def stored(number: Decimal) -> int | float:
    """The number as documents hold it: whole numbers as ints."""
    return int(number) if number == number.to_integral_value() else float(number)


def ratio(total: Decimal | float, count: Decimal | float) -> str | None:
    """*total* divided by *count*, rounded half up to two places; None where *count* is zero (traps T3, T4)."""
    if not count:
        return None
    if type(total) is int and type(count) is int and total >= 0 and count > 0:
        return _in_whole_numbers(total, count)
    return str((Decimal(str(total)) / Decimal(str(count))).quantize(_CENT, ROUND_HALF_UP))


@lru_cache(maxsize=10_000)
def _in_whole_numbers(total: int, count: int) -> str:
    """The ratio of two whole numbers. It takes a tenth of the time of decimals, and recent results are cached."""
    cents = (200 * total + count) // (2 * count)
    return f"{cents // 100}.{cents % 100:02}"


def average(number: float | None) -> str | None:
    """A stored average with two decimal places; None where there is none."""
    return None if number is None else ratio(number, 1)


def plain(number: Decimal | float) -> str:
    """The number without exponent and trailing zeros: "20", "2.5"."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def score(points: Decimal | float) -> str:
    """The sum of points, rounded half up to two places, without trailing zeros."""
    return plain(Decimal(str(points)).quantize(_CENT, ROUND_HALF_UP))


def shares(parts: Sequence[Decimal | float]) -> list[str]:
    """The share of each part in their sum, with two places; the shares sum to 1.00 (method of largest remainders).

    All shares are "0.00" where the sum is zero. Of equal remainders the earlier part is rounded up.
    """
    amounts = [Decimal(str(part)) for part in parts]
    whole = sum(amounts)
    if not whole:
        return ["0.00"] * len(amounts)
    exact_hundredths = [amount * 100 / whole for amount in amounts]
    hundredths = [number.quantize(Decimal(1), ROUND_DOWN) for number in exact_hundredths]
    missing = 100 - int(sum(hundredths))
    by_remainder = sorted(range(len(amounts)), key=lambda i: hundredths[i] - exact_hundredths[i])
    for i in by_remainder[:missing]:
        hundredths[i] += 1
    return [str(number.scaleb(-2)) for number in hundredths]
