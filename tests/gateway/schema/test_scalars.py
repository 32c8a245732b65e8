"""Scalars take only the form that they document, from variables and from literals."""

from typing import Any

import pytest
from graphql import GraphQLError

from gateway.schema.scalars import SCALARS, Date, DateTime, DecimalString, LocalTime

TAKEN: dict[Any, list[Any]] = {
    Date: ["2026-09-01", "2028-02-29"],
    DateTime: ["2026-09-01T08:30:00+05:00", "2026-09-01T03:30:00Z", "2026-09-01T08:30:00.250+05:00"],
    LocalTime: ["08:30", "00:00", "23:59"],
    DecimalString: ["4", "-4.25", "0.000001", 5, 4.5],
}
REFUSED: dict[Any, list[Any]] = {
    Date: [
        "20261116",
        "2026-W47-1",
        "2026W471",
        "2026-1-5",
        "2026-13-01",
        "2026-02-30",
        "0000-01-01",
        "２０２６-11-16",
        "2026-11-1٥",
        "2026-11-16\n",
        " 2026-11-16",
        "2026-11-16T00:00:00",
        20261116,
        None,
        True,
    ],
    DateTime: [
        "2026-09-01T08:30:00",
        "2026-09-01 08:30:00+05:00",
        "20260901T083000+0500",
        "2026-W36-2T08:30:00+05:00",
        "2026-09-01T08:30+05:00",
        "2026-09-01T08:30:0٥+05:00",
        "2026-09-01T08:30:00+05:00\n",
        "2026-09-01T25:30:00+05:00",
        "2026-09-01T08:30:00+05:00:30",
        1788000000,
    ],
    LocalTime: ["8:30", "24:00", "08:60", "08:3٥", "08:30\n", "08:30:00", 830],
    DecimalString: [
        "４",
        "4.٥",
        "4,5",
        "4.",
        ".5",
        "+4",
        "4e2",
        "1_000",
        "4\n",
        "NaN",
        "1" * 13,
        1e400,
        True,
        None,
        [],
    ],
}


@pytest.mark.parametrize(("scalar", "sent"), [(scalar, sent) for scalar, all_ in TAKEN.items() for sent in all_])
def test_documented_form_is_taken(scalar: Any, sent: Any) -> None:
    SCALARS[scalar].parse_value(sent)


@pytest.mark.parametrize(("scalar", "sent"), [(scalar, sent) for scalar, all_ in REFUSED.items() for sent in all_])
def test_any_other_form_is_refused(scalar: Any, sent: Any) -> None:
    with pytest.raises(GraphQLError):
        SCALARS[scalar].parse_value(sent)
