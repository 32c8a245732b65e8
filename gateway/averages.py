"""How figures are computed and written.

Averages and shares have two places, rounded half up ("4.00"); shares of one whole sum to 1.00. Scores, points and
values of marks have no trailing zeros ("20", "2.5").
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import islice
from typing import Final

from connectors.ids import Days

SMALLEST_CLASS: Final = 5
"""An average of fewer students would tell one of another (trap T23)."""


def tells_of_many(given: Collection[tuple[str, str]], days: Days, periods: Iterable[Days]) -> bool:
    """Whether an average of the marks *given* within *days* may be shown although averages of *periods* are.

    *given* are students, each with the day of a mark. Whoever knows the average of a longer time and those of the
    periods in it can subtract them: what remains must be of five students at least, or of none, after each period and
    after all of them together (trap T23).
    """
    by_student: dict[str, list[str]] = defaultdict(list)
    for student, day in given:
        by_student[student].append(day)
    if len(by_student) < SMALLEST_CLASS:
        return False
    shown = []
    for period in dict.fromkeys(periods):
        if period.first <= days.first and days.last <= period.last:
            continue  # nothing of these days remains without it
        is_within = days.first <= period.first and period.last <= days.last
        inside = _students(by_student, [period], within=True)
        if inside and (inside >= SMALLEST_CLASS or not is_within):
            shown.append(period)
    rests = [*([period] for period in shown), shown]
    return all(_students(by_student, rest, within=False) in {0, SMALLEST_CLASS} for rest in rests)


def _students(by_student: Mapping[str, Sequence[str]], periods: Sequence[Days], *, within: bool) -> int:
    """How many students have a day that is, or is not, *within* the periods; counted up to `SMALLEST_CLASS`."""
    having = (
        student
        for student, own in by_student.items()
        if any(any(day in period for period in periods) is within for day in own)
    )
    return sum(1 for _ in islice(having, SMALLEST_CLASS))


_CENT: Final = Decimal("0.01")


def exact(number: float) -> Decimal | int:
    """The number of a document as what it is written as: whole ones as they are, others as decimals."""
    return number if type(number) is int else Decimal(str(number))


def ratio(total: Decimal | float, count: Decimal | float) -> str | None:
    """The quotient of *total* and *count*, rounded half up to two places; None where *count* is zero (traps T3, T4)."""
    if not count:
        return None
    if type(total) is int and type(count) is int and total >= 0 and count > 0:
        return _in_whole_numbers(total, count)
    return str((Decimal(str(total)) / Decimal(str(count))).quantize(_CENT, ROUND_HALF_UP))


@lru_cache(maxsize=10_000)
def _in_whole_numbers(total: int, count: int) -> str:
    """The quotient of two whole numbers, in a tenth of the time; few different ones occur, so they are kept."""
    cents = (200 * total + count) // (2 * count)
    return f"{cents // 100}.{cents % 100:02}"


def average(number: float | None) -> str | None:
    """A stored average as averages are written: two places."""
    return None if number is None else ratio(number, 1)


def plain(number: Decimal | float) -> str:
    """A number without an exponent and without trailing zeros: "20", "2.5"."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def score(points: Decimal | float) -> str:
    """Points or their sum, rounded half up to two places, without trailing zeros."""
    return plain(Decimal(str(points)).quantize(_CENT, ROUND_HALF_UP))


def shares(parts: Sequence[Decimal | float]) -> list[str]:
    """The share of each part in their sum, two places; the shares sum to 1.00, by the method of largest remainders.

    All are "0.00" where the parts sum to nothing. Of equal remainders the earlier part gets the hundredth.
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
