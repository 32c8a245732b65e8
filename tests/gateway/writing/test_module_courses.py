"""Module courses that students choose. Today is Wednesday 18 November 2026.

Of «robots» there are two places, which Ivan (second half-year) and Petr have; «drama» has no limit, and Petr chose it.
"""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of

STUDENT, ADMIN = Role.STUDENT, Role.ADMINISTRATOR
FIELDS: Final = "course { title freePlaces canChoose choice { period { name } } periods { freePlaces } }"
CLASS: Final = ("ivan", "petr", "alyona", "fedor", "yakov", "timofey")


def chosen(acts: Acting, who: str, course: str = "drama", period: int = 1) -> dict[str, Any]:
    return {
        "courseId": acts.own("ModuleCourse", course, who),
        "periodId": acts.id("CoursePeriod", f"{course} {period}"),
    }


async def set_course(acts: Acting, key: str, **columns: Any) -> None:
    await acts.change("curriculum.module_courses", {"_id": acts.id("ModuleCourse", key)}, {"$set": columns})


async def choices(acts: Acting, key: str) -> list[dict[str, Any]]:
    return await acts.found("curriculum.course_choices", course_id=acts.id("ModuleCourse", key))


async def test_a_student_chooses_moves_and_withdraws(acts: Acting) -> None:
    payload = await acts.act("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan"), FIELDS)
    assert payload["userErrors"] == []
    assert payload["course"]["choice"] == {"period": {"name": "I полугодие"}}
    payload = await acts.act("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan", period=2), FIELDS)
    assert payload["course"]["choice"] == {"period": {"name": "II полугодие"}}
    assert len(await choices(acts, "drama")) == 2
    sent = {"courseId": acts.own("ModuleCourse", "drama", "ivan")}
    payload = await acts.act("ivan", STUDENT, "withdrawChoice", sent, FIELDS)
    assert payload["course"]["choice"] is None
    assert await acts.codes("ivan", STUDENT, "withdrawChoice", sent) == []
    facts = await acts.found("curriculum.facts")
    assert [fact["action"] for fact in facts] == ["chooseModuleCourse", "chooseModuleCourse", "withdrawChoice"]
    period = {
        "field": "period_id",
        "before": acts.id("CoursePeriod", "drama 1"),
        "after": chosen(acts, "ivan", period=2)["periodId"],
    }
    assert period in facts[1]["changes"]


async def test_choosing_again_changes_nothing(acts: Acting) -> None:
    for _ in range(2):
        assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan")) == []
    assert len(await acts.found("curriculum.facts")) == 1


async def test_a_full_course_has_no_places_until_one_is_given_back(acts: Acting) -> None:
    sent = chosen(acts, "alyona", "robots")
    payload = await acts.act("alyona", STUDENT, "chooseModuleCourse", sent, FIELDS)
    assert limits_of(payload) == [("NO_PLACES", ["courseId"], "2")]
    assert (payload["course"]["freePlaces"], payload["course"]["choice"]) == (0, None)
    # Ivan keeps his place while he moves.
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan", "robots", 1)) == []
    given_back = {"courseId": acts.own("ModuleCourse", "robots", "petr")}
    assert await acts.codes("petr", STUDENT, "withdrawChoice", given_back) == []
    payload = await acts.act("alyona", STUDENT, "chooseModuleCourse", sent, FIELDS)
    assert (payload["userErrors"], payload["course"]["freePlaces"]) == ([], 0)


@pytest.mark.parametrize("capacity", [1, 3])
async def test_of_all_who_choose_at_once_as_many_get_a_place_as_there_are(acts: Acting, capacity: int) -> None:
    await set_course(acts, "drama", capacity=capacity)
    given_back = {"courseId": acts.own("ModuleCourse", "drama", "petr")}
    assert await acts.codes("petr", STUDENT, "withdrawChoice", given_back) == []
    payloads = await asyncio.gather(
        *(
            acts.act(who, STUDENT, "chooseModuleCourse", chosen(acts, who, period=1 + number % 2))
            for number in range(5)
            for who in CLASS
        )
    )
    assert len(payloads) == 30
    assert len(await choices(acts, "drama")) == capacity
    refused = {str(codes_of(payload)) for payload in payloads} - {"[]"}
    assert refused == {"[('NO_PLACES', ['courseId'])]"}


async def test_the_last_place_of_a_course_is_taken_by_one_of_thirty(acts: Acting) -> None:
    """Thirty students of one class, who have never chosen anything."""
    [petr] = await acts.found("directory.people", _id=acts.id("Person", "petr"))
    many = []
    for number in range(30):
        student = acts.id("Student", f"one of thirty {number}")
        person = {**petr, "_id": acts.id("Person", f"one of thirty {number}"), "student_id": student, "memberships": []}
        known = {
            "_id": acts.id("ExternalId", f"one of thirty {number}"),
            "person_id": person["_id"],
            "subject": acts.school.subject_of_token(f"one of thirty {number}"),
        }
        many.append((person, known))
    database = acts.client[f"{acts.prefix}_directory"]
    [first, *_] = await acts.found("directory.external_ids")
    await database.people.insert_many([person for person, _ in many])
    await database.external_ids.insert_many([{**first, **known} for _, known in many])
    await set_course(acts, "robots", capacity=3)
    sent = {"periodId": acts.id("CoursePeriod", "robots 1")}
    payloads = await asyncio.gather(
        *(
            acts.act(
                f"one of thirty {number}",
                STUDENT,
                "chooseModuleCourse",
                {**sent, "courseId": f"{acts.id('ModuleCourse', 'robots')}.{person['student_id']}"},
            )
            for number, (person, _) in enumerate(many)
        )
    )
    assert sorted(map(str, map(codes_of, payloads))) == ["[('NO_PLACES', ['courseId'])]"] * 29 + ["[]"]
    assert len(await choices(acts, "robots")) == 3
    assert len(await acts.found("curriculum.facts")) == 1


async def test_a_period_may_have_places_of_its_own(acts: Acting) -> None:
    [course] = await acts.found("curriculum.module_courses", _id=acts.id("ModuleCourse", "drama"))
    first, second = course["periods"]
    await set_course(acts, "drama", periods=[{**first, "capacity": 1}, second])
    payload = await acts.act("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan"), FIELDS)
    assert [period["freePlaces"] for period in payload["course"]["periods"]] == [0, None]
    payload = await acts.act("alyona", STUDENT, "chooseModuleCourse", chosen(acts, "alyona"))
    assert limits_of(payload) == [("NO_PLACES", ["periodId"], "1")]
    assert await acts.codes("alyona", STUDENT, "chooseModuleCourse", chosen(acts, "alyona", period=2)) == []


@pytest.mark.parametrize(
    ("columns", "retry_at"),
    [
        ({"choose_from": "2026-11-19"}, "2026-11-19T00:00:00+05:00"),
        ({"choose_from": "2026-09-01", "choose_until": "2026-11-17"}, None),
    ],
)
async def test_courses_are_chosen_in_the_days_of_choosing(
    acts: Acting, columns: dict[str, Any], retry_at: str | None
) -> None:
    await set_course(acts, "drama", **columns)
    sent = chosen(acts, "petr")
    payload = await acts.act("petr", STUDENT, "chooseModuleCourse", {**sent, "periodId": "cpd_no"}, FIELDS)
    assert codes_of(payload) == [("WINDOW_CLOSED", ["courseId"]), ("NOT_FOUND", ["periodId"])]
    assert payload["userErrors"][0]["retryAt"] == retry_at
    assert payload["course"]["canChoose"] is False
    assert await acts.codes("petr", STUDENT, "withdrawChoice", {"courseId": sent["courseId"]}) == [
        ("WINDOW_CLOSED", ["courseId"])
    ]
    assert len(await choices(acts, "drama")) == 1


async def test_the_last_day_of_choosing_belongs_to_it_and_a_period_that_is_over_does_not(acts: Acting) -> None:
    [course] = await acts.found("curriculum.module_courses", _id=acts.id("ModuleCourse", "drama"))
    first, second = course["periods"]
    over = {**first, "ends_on": "2026-11-17"}
    await set_course(acts, "drama", choose_until="2026-11-18", periods=[over, second])
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan")) == [
        ("WINDOW_CLOSED", ["periodId"])
    ]
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan", period=2)) == []


async def test_a_course_of_another_class_is_not_found(acts: Acting) -> None:
    sent = chosen(acts, "ivan", "for 7b")
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", sent) == [("NOT_FOUND", ["courseId"])]
    others = chosen(acts, "petr")
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", others) == [("NOT_FOUND", ["courseId"])]


async def test_changes_of_a_day_are_bounded(acts: Acting) -> None:
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan")) == []
    counter = {"_id": f"chooseModuleCourse:{acts.id('Person', 'ivan')}:{acts.id('Student', 'ivan')}"}
    await acts.change("curriculum.daily_changes", counter, {"$set": {"changes": 50}})
    sent = {"courseId": acts.own("ModuleCourse", "drama", "ivan")}
    payload = await acts.act("ivan", STUDENT, "withdrawChoice", sent)
    assert limits_of(payload) == [("TOO_MANY", None, "50")]
    assert len(await choices(acts, "drama")) == 2


async def test_an_administrator_reads_the_choices_of_which_groups_are_formed(acts: Acting) -> None:
    query = """query ($period: ID) { school { moduleCourses { title taken classes { name }
      choices(periodId: $period) { totalCount nodes { person { givenName } student { id } period { name } } } } } }"""
    shown = await acts.answer("admin", ADMIN, query)
    courses = {course["title"]: course for course in shown["data"]["school"]["moduleCourses"]}
    robots = courses["Курс robots"]
    assert (robots["taken"], robots["classes"]) == (2, [{"name": "7A"}])
    assert sorted(node["person"]["givenName"] for node in robots["choices"]["nodes"]) == ["Иван", "Пётр"]
    shown = await acts.answer("admin", ADMIN, query, {"period": acts.id("CoursePeriod", "robots 2")})
    courses = {course["title"]: course for course in shown["data"]["school"]["moduleCourses"]}
    assert {node["period"]["name"] for node in courses["Курс robots"]["choices"]["nodes"]} == {"II полугодие"}
    assert courses["Курс drama"]["choices"]["totalCount"] == 0
