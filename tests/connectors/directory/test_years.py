"""Which school year a day belongs to."""

import pytest

from connectors.directory import AcademicYear, school_year_on
from connectors.vocabulary import Days, SchoolId


def year(name: str, starts_on: str, ends_on: str) -> AcademicYear:
    school = SchoolId("perm")
    return AcademicYear(_id=name, school_id=school, name=name, starts_on=starts_on, ends_on=ends_on)


RUSSIAN = [year("2026/27", "2026-09-01", "2027-05-31"), year("2025/26", "2025-09-01", "2026-05-31")]
AMERICAN = [year("2021/22", "2021-08-23", "2022-05-27")]


@pytest.mark.parametrize(
    ("years", "day", "name", "first", "last"),
    [
        (RUSSIAN, "2026-08-15", "2025/26", "2025-09-01", "2026-08-31"),
        (RUSSIAN, "2026-08-31", "2025/26", "2025-09-01", "2026-08-31"),
        (RUSSIAN, "2026-09-01", "2026/27", "2026-09-01", "2027-08-31"),
        (RUSSIAN, "2027-07-01", "2026/27", "2026-09-01", "2027-08-31"),
        (AMERICAN, "2021-08-25", "2021/22", "2021-08-23", "2022-08-22"),
        (AMERICAN, "2022-08-01", "2021/22", "2021-08-23", "2022-08-22"),
        ([year("a", "2024-02-29", "2024-12-01")], "2025-02-28", "a", "2024-02-29", "2025-02-28"),
    ],
)
def test_year_lasts_until_the_next_begins_at_most_twelve_months(
    years: list[AcademicYear], day: str, name: str, first: str, last: str
) -> None:
    found = school_year_on(years, day)
    assert (found.name, found.days) == (name, Days(first, last))
    assert found.document is not None
    assert found.document["name"] == name


@pytest.mark.parametrize(
    ("years", "day", "name"),
    [
        ([], "2026-08-31", "2025/26"),
        ([], "2026-09-01", "2026/27"),
        ([], "2000-01-01", "1999/00"),
        (RUSSIAN, "2030-11-18", "2030/31"),
        (RUSSIAN, "2020-11-18", "2020/21"),
    ],
)
def test_day_that_no_year_of_the_school_covers_is_of_the_year_from_september(
    years: list[AcademicYear], day: str, name: str
) -> None:
    found = school_year_on(years, day)
    assert (found.name, found.document) == (name, None)
    assert day in found.days
