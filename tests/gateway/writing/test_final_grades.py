"""Final grades that teachers and administrators set, rule by rule. Today is Wednesday 18 November 2026.

The first quarter ended on 1 November and closed on 8 November; the second lasts until 30 December and closes on
6 January; the third begins on 11 January.
"""

from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting

TEACHER: Final = Role.TEACHER
ADMINISTRATOR: Final = Role.ADMINISTRATOR
GRADE: Final = """finalGrade { id value numericValue computedAverage kind academicYear version period { name }
  givenBy { id } }"""


def grade(acts: Acting, student: str = "petr", period: str | None = "q2", **changes: Any) -> dict[str, Any]:
    of_period = {"periodId": acts.id("AttestationPeriod", period)} if period else {}
    subject = acts.id("Subject", "math")
    return {"studentId": acts.id("Student", student), "subjectId": subject, "value": "4", **of_period, **changes}


async def test_a_teacher_sets_the_grade_of_a_period_and_the_average_stands_beside_it(acts: Acting) -> None:
    row = f'student {{ performance(subjectId: "{acts.id("Subject", "math")}") {{ finalGrade {{ value }} }} }}'
    payload = await acts.act("smirnov", TEACHER, "setFinalGrade", grade(acts, value="5"), f"{GRADE} {row}")
    shown = payload["finalGrade"]
    assert shown.pop("id").startswith("fin_")
    assert shown == {
        "value": "5",
        "numericValue": "5",
        "computedAverage": "4.00",  # Petr has one mark of this quarter, a 4
        "kind": "PERIOD",
        "academicYear": "2026/27",
        "version": 1,
        "period": {"name": "q2"},
        "givenBy": {"id": acts.id("Person", "smirnov")},
    }
    assert payload["student"]["performance"] == [{"finalGrade": {"value": "5"}}]
    [fact] = await acts.found("grades.facts")
    after = {change["field"]: change["after"] for change in fact["changes"]}
    assert (fact["action"], after["value"], after["computed_average"]) == ("setFinalGrade", "5", 4.0)
    assert fact["student_id"] == acts.id("Student", "petr")


async def test_a_grade_that_is_there_is_changed_by_version_with_its_old_value_in_the_history(acts: Acting) -> None:
    sent = grade(acts, "ivan", value="3")
    payload = await acts.act("smirnov", TEACHER, "setFinalGrade", sent, GRADE)
    [error] = payload["userErrors"]
    assert (error["code"], error["field"], error["limit"]) == ("CONFLICT", ["version"], "0")
    assert (payload["finalGrade"]["value"], payload["finalGrade"]["version"]) == ("5", 0)
    assert await acts.codes("smirnov", TEACHER, "setFinalGrade", sent | {"version": 7}) == [("CONFLICT", ["version"])]
    history = "finalGrade { value version computedAverage history { oldValue newValue changedBy { id } } }"
    payload = await acts.act("smirnov", TEACHER, "setFinalGrade", sent | {"version": 0}, history)
    by = {"id": acts.id("Person", "smirnov")}
    assert payload["finalGrade"] == {
        "value": "3",
        "version": 1,
        "computedAverage": "4.25",  # (5 × 1 + 4 × 3) ÷ 4
        "history": [{"oldValue": "5", "newValue": "3", "changedBy": by}],
    }
    assert len(await acts.found("grades.facts")) == 1


async def test_the_same_grade_sent_again_changes_nothing(acts: Acting) -> None:
    payloads = [await acts.act("smirnov", TEACHER, "setFinalGrade", grade(acts), GRADE) for _ in range(2)]
    assert payloads[0] == payloads[1]
    assert len(await acts.found("grades.facts")) == 1


async def test_the_average_never_becomes_the_grade(acts: Acting) -> None:
    before = await acts.found("grades.final_grades")
    mark = {"workId": acts.id("Work", "today"), "studentId": acts.id("Student", "petr"), "value": "5"}
    assert await acts.codes("smirnov", TEACHER, "giveMark", mark) == []
    assert await acts.found("grades.final_grades") == before


@pytest.mark.parametrize(
    ("who", "role", "period", "retry_at"),
    [
        ("smirnov", TEACHER, "q1", None),
        ("smirnov", TEACHER, "q3", "2027-01-11T00:00:00+05:00"),
        ("admin", ADMINISTRATOR, "q2", "2027-01-07T00:00:00+05:00"),
        ("admin", ADMINISTRATOR, "q3", "2027-01-11T00:00:00+05:00"),
    ],
)
async def test_a_period_has_its_time_for_teachers_and_for_administrators(
    acts: Acting, who: str, role: Role, period: str, retry_at: str | None
) -> None:
    payload = await acts.act(who, role, "setFinalGrade", grade(acts, period=period))
    [error] = payload["userErrors"]
    assert (error["code"], error["field"], error["retryAt"]) == ("WINDOW_CLOSED", ["periodId"], retry_at)
    assert await acts.found("grades.facts") == []


async def test_an_administrator_sets_the_grade_of_a_closed_period(acts: Acting) -> None:
    payload = await acts.act("admin", ADMINISTRATOR, "setFinalGrade", grade(acts, period="q1"), GRADE)
    assert (payload["finalGrade"]["value"], payload["finalGrade"]["computedAverage"]) == ("4", None)
    of_past_year = grade(acts, "ivan", None, kind="YEAR", academicYear="2025/26", version=None, value="5")
    payload = await acts.act("admin", ADMINISTRATOR, "setFinalGrade", of_past_year, GRADE)
    # The only mark of that year in mathematics is a 5.
    assert (payload["finalGrade"]["value"], payload["finalGrade"]["computedAverage"]) == ("5", "5.00")


async def test_the_grade_of_a_year_is_of_the_current_one_unless_another_is_named(acts: Acting) -> None:
    payload = await acts.act("smirnov", TEACHER, "setFinalGrade", grade(acts, period=None, kind="YEAR"), GRADE)
    shown = payload["finalGrade"]
    assert (shown["kind"], shown["academicYear"], shown["computedAverage"]) == ("YEAR", "2026/27", "4.00")
    payload = await acts.act("smirnov", TEACHER, "setFinalGrade", grade(acts, period=None, kind="EXAM"), GRADE)
    assert (payload["finalGrade"]["kind"], payload["finalGrade"]["computedAverage"]) == ("EXAM", None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"value": "6"}, ("OUT_OF_RANGE", ["value"])),
        ({"value": "отлично"}, ("INVALID_INPUT", ["value"])),
        ({"value": " "}, ("REQUIRED", ["value"])),
        ({"periodId": None}, ("REQUIRED", ["kind"])),
        ({"periodId": None, "kind": "PERIOD"}, ("REQUIRED", ["periodId"])),
        ({"kind": "YEAR"}, ("INVALID_INPUT", ["kind"])),
        ({"periodId": "apd_nothing"}, ("NOT_FOUND", ["periodId"])),
        ({"periodId": None, "kind": "YEAR", "academicYear": "1999/00"}, ("NOT_FOUND", ["academicYear"])),
        ({"studentId": "stu_nobody"}, ("NOT_FOUND", ["studentId"])),
        ({"subjectId": "sub_nothing"}, ("NOT_FOUND", ["subjectId"])),
    ],
)
async def test_an_input_that_cannot_be_used_is_refused_with_its_path(
    acts: Acting, changes: dict[str, Any], problem: tuple[str, list[str]]
) -> None:
    sent = {name: value for name, value in (grade(acts) | changes).items() if value is not None}
    assert await acts.codes("smirnov", TEACHER, "setFinalGrade", sent) == [problem]
    assert await acts.found("grades.facts") == []


async def test_a_period_of_another_subject_is_not_one_of_this_subject(acts: Acting) -> None:
    sent = grade(acts, period="eng1")
    assert await acts.codes("smirnov", TEACHER, "setFinalGrade", sent) == [("NOT_FOUND", ["periodId"])]


async def test_all_problems_of_an_input_come_in_its_order(acts: Acting) -> None:
    sent = grade(acts, studentId="stu_nobody", value="6", kind="YEAR")
    assert await acts.codes("smirnov", TEACHER, "setFinalGrade", sent) == [
        ("NOT_FOUND", ["studentId"]),
        ("OUT_OF_RANGE", ["value"]),
        ("INVALID_INPUT", ["kind"]),
    ]


@pytest.mark.parametrize(
    ("who", "role", "student", "subject", "path"),
    [
        ("smirnov", TEACHER, "petr", "rus", "subjectId"),
        ("smirnov", TEACHER, "maria", "math", "studentId"),
        ("zamenin", TEACHER, "petr", "phys", "studentId"),  # taught until October: the students are no longer his
        ("kuznetsova", Role.CLASS_TEACHER, "petr", "math", "subjectId"),  # leads the class, teaches it nothing
        ("admin", ADMINISTRATOR, "maria", "math", "studentId"),
    ],
)
async def test_whoever_does_not_grade_a_student_in_a_subject_finds_nothing(
    acts: Acting, who: str, role: Role, student: str, subject: str, path: str
) -> None:
    sent = grade(acts, student, subjectId=acts.id("Subject", subject))
    codes = await acts.codes(who, role, "setFinalGrade", sent)
    assert codes == [("NOT_FOUND", [path])]
    assert await acts.found("grades.facts") == []
