"""Achievements, sections, the rating (F107 to F115; traps T13, T23)."""

from typing import Any

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool


async def achievements(
    tiny: TinySchool, arguments: str = "", who: tuple[str, Role] = ("olga", Role.PARENT)
) -> list[str]:
    fields = f"portfolio {{ achievements{arguments} {{ totalCount nodes {{ title }} }} }}"
    found = (await tiny.of_student(*who, "ivan", fields))["portfolio"]["achievements"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["title"].removeprefix("Достижение ") for node in found["nodes"]]


async def achievement(tiny: TinySchool, key: str, fields: str) -> Any:
    own = await tiny.ivan(f"portfolio {{ achievements {{ nodes {{ id {fields} }} }} }}")
    [found] = [n for n in own["portfolio"]["achievements"]["nodes"] if n["id"] == tiny.id("Achievement", key)]
    return found


async def test_achievements_stand_the_latest_first_unconfirmed_ones_among_them(tiny: TinySchool) -> None:
    assert await achievements(tiny) == [
        "race",
        "second olympiad",
        "contest",
        "maths olympiad",
        "circle",
        "fantasy",
    ]


async def test_achievements_are_filtered_by_type_and_status(tiny: TinySchool) -> None:
    olympiads = f'typeId: "{tiny.id("AchievementType", "olympiad")}"'
    assert await achievements(tiny, f"({olympiads})") == ["second olympiad", "maths olympiad"]
    assert await achievements(tiny, "(status: UNCONFIRMED)") == ["race"]
    assert await achievements(tiny, "(status: REJECTED)") == ["fantasy"]
    assert await achievements(tiny, f"(status: UNCONFIRMED, {olympiads})") == []


@pytest.mark.parametrize(("arguments", "shown"), [("", ["race"]), ("(status: UNCONFIRMED)", ["race"])])
async def test_teacher_sees_those_to_confirm(tiny: TinySchool, arguments: str, shown: list[str]) -> None:
    assert await achievements(tiny, arguments, ("smirnov", Role.TEACHER)) == shown


@pytest.mark.parametrize("status", ["CONFIRMED", "REJECTED"])
async def test_teacher_sees_no_other_even_when_he_asks(tiny: TinySchool, status: str) -> None:
    assert await achievements(tiny, f"(status: {status})", ("smirnov", Role.TEACHER)) == []


async def test_class_teacher_sees_all(tiny: TinySchool) -> None:
    assert len(await achievements(tiny, who=("kuznetsova", Role.CLASS_TEACHER))) == 6


async def test_achievement_with_rounds_tells_places_and_taking_part(tiny: TinySchool) -> None:
    fields = "title type { name kind } points rounds { name place participated points } attachments { name } achievedOn"
    assert await achievement(tiny, "maths olympiad", fields) == {
        "id": tiny.id("Achievement", "maths olympiad"),
        "title": "Достижение maths olympiad",
        "type": {"name": "olympiad", "kind": "ROUNDS"},
        "points": "10.5",
        "rounds": [
            {"name": "Школьный", "place": 1, "participated": True, "points": "10"},
            {"name": "Районный", "place": None, "participated": True, "points": "0.5"},
        ],
        "attachments": [{"name": "диплом.pdf"}],
        "achievedOn": "2026-10-10",
    }


async def test_achievement_with_points_tells_those_for_presence_and_defence(tiny: TinySchool) -> None:
    own = await achievement(tiny, "circle", "type { kind } points presencePoints defencePoints rounds { name }")
    assert own == {
        "id": tiny.id("Achievement", "circle"),
        "type": {"kind": "POINTS"},
        "points": "7",
        "presencePoints": "5",
        "defencePoints": "2",
        "rounds": [],
    }


async def test_unconfirmed_achievement_tells_who_added_it_and_nobody_who_confirmed_it(tiny: TinySchool) -> None:
    own = await achievement(tiny, "race", "status addedBy { id } confirmedBy { id }")
    assert (own["status"], own["addedBy"], own["confirmedBy"]) == (
        "UNCONFIRMED",
        {"id": tiny.id("Person", "olga")},
        None,
    )


RATING = "portfolio { rating { score classAverage areas { name score share } } }"


async def test_rating_is_of_confirmed_achievements_by_area(tiny: TinySchool) -> None:
    own = await tiny.by_mother(RATING)
    assert own["portfolio"]["rating"] == {
        "score": "20",
        # Ivan 20, Petr 10, Timofey 6 (earned in 7Б, where he is no more), and three with none.
        "classAverage": "6.00",
        "areas": [
            {"name": "Наука", "score": "13", "share": "0.65"},
            {"name": "Творчество", "score": "7", "share": "0.35"},
        ],
    }


async def test_class_average_of_fewer_than_five_students_is_not_told(tiny: TinySchool) -> None:
    own = await tiny.by_mother(RATING, "anna")
    assert own["portfolio"]["rating"] == {
        "score": "9",
        "classAverage": None,
        "areas": [{"name": "Творчество", "score": "9", "share": "1.00"}],
    }


async def test_rating_without_achievements_is_zero(tiny: TinySchool) -> None:
    own = await tiny.of_student("alyona", Role.STUDENT, "alyona", RATING)
    assert own["portfolio"]["rating"] == {"score": "0", "classAverage": "6.00", "areas": []}


async def test_sections_tell_the_average_of_their_kind_and_their_share_of_all_works(tiny: TinySchool) -> None:
    own = await tiny.ivan("portfolio { sections { type { name } averageScore share count } }")
    assert own["portfolio"]["sections"] == [
        {"type": {"name": "olympiad"}, "averageScore": "6.25", "share": "0.50", "count": 2},
        {"type": {"name": "circle"}, "averageScore": "7.00", "share": "0.25", "count": 1},
        {"type": {"name": "contest"}, "averageScore": "0.50", "share": "0.25", "count": 1},
    ]


async def test_sections_without_achievements_are_an_empty_list(tiny: TinySchool) -> None:
    own = await tiny.of_student("alyona", Role.STUDENT, "alyona", "portfolio { sections { count } }")
    assert own["portfolio"]["sections"] == []


async def test_academic_results_are_the_report_card_of_the_journal(tiny: TinySchool) -> None:
    own = await tiny.by_mother(
        "performance { subject { id } average } portfolio { academicResults { subject { id } average } }"
    )
    assert own["portfolio"]["academicResults"] == own["performance"] != []


async def test_teacher_reads_the_academic_results_of_his_own_subject_and_no_rating(tiny: TinySchool) -> None:
    own = await tiny.of_student(
        "smirnov", Role.TEACHER, "ivan", "portfolio { academicResults { subject { name } average } }"
    )
    assert own["portfolio"]["academicResults"] == [{"subject": {"name": "Математика"}, "average": "4.25"}]
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ {RATING} }} }}'
    [error] = await tiny.failing("smirnov", Role.TEACHER, query)
    assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
