from typing import Any

import pytest

from connectors.imports.endings import EndingRefused, EndingRules, joined
from connectors.imports.summary import Ended

DAY = "2021-10-01"


def span(first: str, last: str | None, *, group: str = "g", source: str | None = "us") -> dict[str, Any]:
    named = {} if source is None else {"source": source}
    return {"group_id": group, "starts_on": first, "ends_on": last, **named}


def join(
    standing: list[dict[str, Any]], named: list[dict[str, Any]], *, covered: bool = True
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return joined(standing, named, place=("group_id",), source="us", day=DAY, is_covered=lambda _: covered)


def test_a_span_ends_the_day_before_when_it_is_named_no_more() -> None:
    stand, ended = join([span("2021-09-01", None)], [])
    assert stand == ended == [span("2021-09-01", "2021-09-30")]
    assert join(stand, []) == (stand, [])


@pytest.mark.parametrize("source", ["them", None])
def test_a_span_stays_when_another_source_or_a_person_entered_it(source: str | None) -> None:
    foreign = span("2021-09-01", None, source=source)
    assert join([foreign], []) == ([foreign], [])


def test_a_span_stays_when_the_files_do_not_cover_it_or_it_was_over() -> None:
    assert join([span("2021-09-01", None)], [], covered=False) == ([span("2021-09-01", None)], [])
    over = span("2020-09-01", "2021-05-31")
    assert join([over], []) == ([over], [])


def test_a_span_is_replaced_when_one_that_overlaps_it_is_named_for_the_same_place() -> None:
    corrected, second = span("2021-09-02", "2021-09-20"), span("2021-11-01", None)
    assert join([span("2021-09-01", None)], [corrected]) == ([corrected], [])
    assert join([corrected], [corrected, second]) == ([corrected, second], [])


def test_an_end_is_refused_when_more_than_number_and_share_of_a_kind_would_end() -> None:
    rules = EndingRules(number=2, share=0.1)
    rules.check({"posts": Ended(2, 2), "guardianships": Ended(10, 100)})
    with pytest.raises(
        EndingRefused, match=r"no longer name 11 of 100 guardianships \(A – B, …\)\. Nothing was written"
    ):
        rules.check({"posts": Ended(2, 2), "guardianships": Ended(11, 100, ["A – B"])})


def test_an_end_is_allowed_up_to_the_number_that_was_agreed_to() -> None:
    ended = {"guardianships": Ended(11, 100), "posts": Ended(1, 1)}
    EndingRules(number=2, share=0.1, allowed=12).check(ended)
    with pytest.raises(EndingRefused) as refused:
        EndingRules(number=2, share=0.1, allowed=11).check(ended)
    assert refused.value.total == 12
