from connectors.imports.edfi.keys import SessionKey
from connectors.imports.edfi.school_days import Span, school_days, unrecorded, weekdays
from connectors.imports.edfi.survey import GradingPeriod, Session, Survey
from connectors.vocabulary import Day

FIRST, LAST = Day("2021-09-06"), Day("2021-09-17")  # Monday of one week to Friday of the next
YEAR = "2021-2022"


def survey(*, days_taught: int | None = None) -> Survey:
    found = Survey()
    found.sessions[SessionKey("1", YEAR, "Fall")] = Session(FIRST, LAST, "Fall", days_taught)
    return found


def day(number: int) -> Day:
    return Day(f"2021-09-{number:02}")


def test_a_session_without_a_calendar_is_taught_from_monday_to_friday() -> None:
    days = school_days(survey(), "1", YEAR)
    assert days.taught == [day(n) for n in (6, 7, 8, 9, 10, 13, 14, 15, 16, 17)]
    assert days.holidays == []


def test_days_the_calendar_names_are_taken_at_its_word() -> None:
    found = survey()
    events = {10: "Holiday", 13: "Holiday", 11: "Make-up day", 14: "Other"}
    found.calendar_days["1", "k"] = {day(n): (event,) for n, event in events.items()}
    days = school_days(found, "1", YEAR)
    assert days.taught == [day(n) for n in (6, 7, 8, 9, 11, 14, 15, 16, 17)]
    assert days.holidays == [Span(day(10), day(13), "Holiday", YEAR)]


def test_a_calendar_of_one_student_closes_no_school() -> None:
    found = survey()
    found.calendar_types["1", "k"] = "Student Specific"
    found.calendar_days["1", "k"] = {day(7): ("Holiday",)}
    assert day(7) in school_days(found, "1", YEAR).taught


def test_days_off_that_are_only_counted_are_the_longest_run_without_a_record() -> None:
    found = survey(days_taught=8)
    found.recorded_days = {day(n) for n in (6, 8, 9, 10, 15, 16, 17)}  # nothing on the 7th, the 13th and the 14th
    days = school_days(found, "1", YEAR)
    assert days.holidays == [Span(day(13), day(14), None, YEAR)]
    assert len(days.taught) == 8


def test_grading_periods_are_counted_one_by_one() -> None:
    found = survey(days_taught=9)
    found.grading_periods["1", YEAR] = {
        "first": GradingPeriod(day(6), day(10), 4),
        "second": GradingPeriod(day(13), day(17), 5),
    }
    found.recorded_days = {day(n) for n in (7, 8, 9, 10, 15, 16, 17)}
    assert school_days(found, "1", YEAR).holidays == [Span(day(6), day(6), None, YEAR)]


def test_silence_says_nothing_where_hardly_anything_was_recorded() -> None:
    days = list(weekdays(FIRST, LAST))
    assert unrecorded(days, {day(8)}, 3) == []


def test_between_two_sessions_is_a_break() -> None:
    found = survey()
    found.sessions[SessionKey("1", YEAR, "Spring")] = Session(day(27), day(30), "Spring", None)
    assert school_days(found, "1", YEAR).holidays == [Span(day(18), day(26), "Break before Spring", YEAR)]
