from collections.abc import Callable

import pytest

from connectors.imports import values
from connectors.imports.errors import Unusable


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-16", "2026-11-16"), ("2026-11-16Z", "2026-11-16"), ("2026-11-16+05:00", "2026-11-16")],
)
def test_a_day_is_read_when_it_has_the_form_of_xml_schema(text: str, day: str) -> None:
    assert values.day(text, "Date") == day


@pytest.mark.parametrize(
    "text",
    [
        "20261116",
        "2026-W47-1",
        "2026W471",
        "2026-1-5",
        "2026-02-30",
        "２０２６-11-16",
        "2026-11-16T00:00:00",
        "",
        "0001-01-01",
    ],
)
def test_a_day_is_refused_when_it_has_another_form(text: str) -> None:
    with pytest.raises(Unusable, match=r"^Date is not "):
        values.day(text, "Date")


@pytest.mark.parametrize("text", ["8:35:00", "08:35", "25:00:00", "0835", "٠٨:35:00"])
def test_a_time_is_refused_when_it_has_another_form(text: str) -> None:
    assert values.clock("08:35:00.000", "StartTime") == "08:35"
    with pytest.raises(Unusable, match=r"^StartTime is not a time of day$"):
        values.clock(text, "StartTime")


@pytest.mark.parametrize(("read", "text"), [(values.number, "4.٥"), (values.number, "４"), (values.whole, "４")])
def test_a_number_is_refused_when_its_digits_are_of_another_script(
    read: Callable[[str, str], object], text: str
) -> None:
    with pytest.raises(Unusable, match=r"is not a (whole )?number$"):
        read(text, "Points")


@pytest.mark.parametrize("text", ["1e3", "NaN", "Infinity", "1_000", "0x10", "4,5", "--4", " "])
def test_a_number_is_refused_when_it_has_another_form(text: str) -> None:
    for read in (values.number, values.whole):
        with pytest.raises(Unusable, match=r"number$"):
            read(text, "Points")


def test_a_number_is_refused_when_it_is_too_large() -> None:
    for read, text in (
        (values.number, "99999999999999999999"),
        (values.whole, "2147483648"),
        (values.whole, "9" * 5000),
    ):
        with pytest.raises(Unusable, match=r"^Points is too large a number$"):
            read(text, "Points")
    assert values.whole("-0002147483647", "Points") == -2147483647
    assert values.number("74.50", "Points") == 74.5
