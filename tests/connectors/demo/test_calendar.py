from datetime import date, timedelta

import pytest

from connectors.curriculum import CalendarPeriodKind
from connectors.demo.calendar import public_holidays, school_year, year_name, year_of
from connectors.directory import SchoolKind

SCHOOL = school_year(SchoolKind.SCHOOL, 2026)
COLLEGE = school_year(SchoolKind.COLLEGE, 2026)


def test_public_holidays_are_those_of_the_labour_code() -> None:
    days = {stretch.name: (stretch.first.isoformat(), stretch.last.isoformat()) for stretch in public_holidays(2026)}

    assert days["День народного единства"] == ("2026-11-04", "2026-11-04")
    assert days["Новогодние каникулы"] == ("2027-01-01", "2027-01-08")
    assert days["День защитника Отечества"] == ("2027-02-23", "2027-02-23")
    assert days["Международный женский день"] == ("2027-03-08", "2027-03-08")
    assert days["Праздник Весны и Труда"] == ("2027-05-01", "2027-05-01")
    assert days["День Победы"] == ("2027-05-09", "2027-05-09")
    assert days["День России"] == ("2027-06-12", "2027-06-12")


@pytest.mark.parametrize("monday", ["2027-05-03", "2027-05-10", "2027-06-14"])
def test_monday_is_free_after_a_public_holiday_at_the_weekend(monday: str) -> None:
    assert any(date.fromisoformat(monday) in stretch for stretch in public_holidays(2026))


def test_no_day_is_made_up_for_the_new_year_holidays() -> None:
    assert not any(date(2027, 1, 11) in stretch for stretch in public_holidays(2026))


def test_school_holidays_are_where_the_ministry_recommended_them() -> None:
    last = [(stretch.first, stretch.last) for stretch in school_year(SchoolKind.SCHOOL, 2025).breaks]

    assert last == [
        (date(2025, 10, 25), date(2025, 11, 2)),
        (date(2025, 12, 31), date(2026, 1, 11)),
        (date(2026, 3, 28), date(2026, 4, 5)),
        (date(2026, 5, 27), date(2026, 8, 31)),
    ]


def test_quarters_lie_between_the_holidays() -> None:
    assert [(term.first.isoformat(), term.last.isoformat()) for term in SCHOOL.terms] == [
        ("2026-09-01", "2026-10-23"),
        ("2026-11-02", "2026-12-30"),
        ("2027-01-11", "2027-03-26"),
        ("2027-04-05", "2027-05-26"),
    ]


@pytest.mark.parametrize("year", [SCHOOL, COLLEGE])
def test_every_day_is_in_one_period_when_public_holidays_are_left_out(year: object) -> None:
    assert isinstance(year, type(SCHOOL))
    periods = [one for one in year.periods() if one.kind is not CalendarPeriodKind.PUBLIC_HOLIDAY]
    day = year.first
    while day <= year.last:
        assert sum(day in one for one in periods) == 1, day
        day += timedelta(days=1)


def test_a_college_has_two_semesters_with_sessions_and_practice() -> None:
    assert [term.name for term in COLLEGE.terms] == ["I семестр", "II семестр"]
    assert {one.kind for one in COLLEGE.others} == {CalendarPeriodKind.EXAMS, CalendarPeriodKind.PRACTICE}


@pytest.mark.parametrize(
    ("day", "is_study_day"),
    [("2026-09-01", True), ("2026-11-04", False), ("2026-11-07", True), ("2026-11-08", False), ("2026-10-28", False)],
)
def test_study_days_leave_out_sundays_and_holidays(day: str, *, is_study_day: bool) -> None:
    assert SCHOOL.is_study_day(date.fromisoformat(day)) is is_study_day


@pytest.mark.parametrize(
    ("day", "is_short"),
    [("2026-10-05", True), ("2026-11-03", True), ("2026-10-23", True), ("2026-11-05", False)],
)
def test_lessons_are_short_before_holidays_and_on_teachers_day(day: str, *, is_short: bool) -> None:
    assert SCHOOL.is_short_day(date.fromisoformat(day)) is is_short


def test_a_year_is_named_by_both_of_its_years() -> None:
    assert year_name(year_of(date(2027, 3, 1))) == "2026/27"
    assert year_name(2099) == "2099/00"
