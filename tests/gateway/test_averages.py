"""How figures are computed and written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.vocabulary import Days
from gateway.averages import average, is_anonymous, plain, score, shares


@pytest.mark.parametrize(
    ("parts", "rounded"),
    [
        ([1, 1, 1], ["0.34", "0.33", "0.33"]),
        ([1, 1, 1, 1, 1, 1], ["0.17", "0.17", "0.17", "0.17", "0.16", "0.16"]),
        ([5, 3, 3, 2.5], ["0.37", "0.22", "0.22", "0.19"]),
        ([13, 7], ["0.65", "0.35"]),
        ([9], ["1.00"]),
        ([0, 0], ["0.00", "0.00"]),
        ([], []),
    ],
)
def test_shares_of_a_whole_sum_to_one(parts: list[float], rounded: list[str]) -> None:
    assert shares(parts) == rounded


@given(st.lists(st.decimals("0", "1000", places=2), min_size=1, max_size=12).filter(any))
def test_shares_sum_to_one_and_are_within_a_hundredth_of_what_they_round(parts: list[Decimal]) -> None:
    expected = [Decimal(share) for share in shares(parts)]
    assert sum(expected) == 1
    assert all(abs(share - part / sum(parts)) < Decimal("0.01") for share, part in zip(expected, parts, strict=True))


@pytest.mark.parametrize(("number", "text"), [(4, "4.00"), (3.8, "3.80"), (3.125, "3.13"), (None, None)])
def test_stored_average_has_two_places(number: float | None, text: str | None) -> None:
    assert average(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [(20, "20"), (20.0, "20"), (2.50, "2.5"), (0.1 + 0.2, "0.3"), (100.0, "100"), (0, "0")]
)
def test_score_has_no_trailing_zeros(number: float, text: str) -> None:
    assert score(number) == text


@pytest.mark.parametrize(("number", "text"), [(1e21, "1" + "0" * 21), (1e-7, "0.0000001"), (4.0, "4"), (-0.5, "-0.5")])
def test_number_is_written_without_an_exponent(number: float, text: str) -> None:
    assert plain(number) == text


YEAR = Days("2026-09-01", "2027-05-31")
FIRST, SECOND = Days("2026-09-01", "2026-10-25"), Days("2026-11-05", "2026-12-30")


def marks(day: str, students: str) -> set[tuple[str, str]]:
    return {(student, day) for student in students}


@pytest.mark.parametrize(
    ("contributed", "days", "periods", "shown"),
    [
        (marks("2026-09-10", "abcde"), FIRST, [FIRST], True),
        (marks("2026-09-10", "abcd"), FIRST, [FIRST], False),
        # One mark in the second quarter: the year without the first would be that mark.
        (marks("2026-09-10", "abcde") | marks("2026-11-10", "a"), YEAR, [YEAR, FIRST, SECOND], False),
        (marks("2026-09-10", "abcde") | marks("2026-11-10", "a"), FIRST, [YEAR, FIRST, SECOND], True),
        (marks("2026-09-10", "abcde") | marks("2026-11-10", "abcde"), YEAR, [YEAR, FIRST, SECOND], True),
        # Five students of the second quarter hide nobody behind both quarters.
        (
            marks("2026-09-10", "abcde") | marks("2026-11-10", "abcde") | marks("2027-02-01", "a"),
            YEAR,
            [FIRST, SECOND],
            False,
        ),
        # Nothing is shown of a period with four students, so nothing can be subtracted.
        (marks("2026-09-10", "abcd") | marks("2026-11-10", "e"), YEAR, [FIRST, SECOND], True),
        # The same contributors, the same figure.
        (marks("2026-09-10", "abcde"), YEAR, [FIRST, SECOND], True),
        # A period that begins within and ends without: what is before it is of one student.
        (marks("2026-09-10", "a") | marks("2026-10-10", "abcdef"), FIRST, [Days("2026-10-01", "2026-12-30")], False),
    ],
)
def test_nested_periods_cannot_be_subtracted_down_to_few(
    contributed: set[tuple[str, str]], days: Days, periods: list[Days], *, shown: bool
) -> None:
    assert is_anonymous(contributed, days, periods) is shown
