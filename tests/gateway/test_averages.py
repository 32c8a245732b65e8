"""How figures are computed and written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.averages import average, plain, score, shares


@pytest.mark.parametrize(
    ("parts", "told"),
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
def test_shares_of_a_whole_sum_to_one(parts: list[float], told: list[str]) -> None:
    assert shares(parts) == told


@given(st.lists(st.decimals("0", "1000", places=2), min_size=1, max_size=12).filter(any))
def test_shares_sum_to_one_and_are_within_a_hundredth_of_what_they_round(parts: list[Decimal]) -> None:
    told = [Decimal(share) for share in shares(parts)]
    assert sum(told) == 1
    assert all(abs(share - part / sum(parts)) < Decimal("0.01") for share, part in zip(told, parts, strict=True))


@pytest.mark.parametrize(("number", "told"), [(4, "4.00"), (3.8, "3.80"), (3.125, "3.13"), (None, None)])
def test_stored_average_has_two_places(number: float | None, told: str | None) -> None:
    assert average(number) == told


@pytest.mark.parametrize(
    ("number", "told"), [(20, "20"), (20.0, "20"), (2.50, "2.5"), (0.1 + 0.2, "0.3"), (100.0, "100"), (0, "0")]
)
def test_score_has_no_trailing_zeros(number: float, told: str) -> None:
    assert score(number) == told


@pytest.mark.parametrize(("number", "told"), [(1e21, "1" + "0" * 21), (1e-7, "0.0000001"), (4.0, "4"), (-0.5, "-0.5")])
def test_number_is_written_without_an_exponent(number: float, told: str) -> None:
    assert plain(number) == told
