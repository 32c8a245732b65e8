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


# ── forming study groups ──

FORMED: Final = "group { id name subject { id } } students { displayName }"


async def formed(acts: Acting, course: str = "robots", period: int = 2, **more: Any) -> dict[str, Any]:
    sent = {
        "courseId": acts.id("ModuleCourse", course),
        "periodId": acts.id("CoursePeriod", f"{course} {period}"),
        **more,
    }
    return await acts.act("admin", ADMIN, "formCourseGroup", sent, FORMED)


async def memberships(acts: Acting, who: str, group: str) -> list[tuple[str, str]]:
    [person] = await acts.found("directory.people", _id=acts.id("Person", who))
    return [(own["starts_on"], own["ends_on"]) for own in person["memberships"] if own["group_id"] == group]


def names(payload: dict[str, Any]) -> list[str]:
    return [one["displayName"].split()[1] for one in payload["students"]]


async def test_a_group_is_formed_of_those_who_chose_and_follows_their_choices(acts: Acting) -> None:
    payload = await formed(acts)
    group = payload["group"]["id"]
    assert (payload["userErrors"], payload["group"]["name"]) == ([], "Курс robots, II полугодие")
    assert sorted(names(payload)) == ["Иван", "Пётр"]
    # The period begins on 11 January: nobody is in the group before.
    assert await memberships(acts, "ivan", group) == [("2027-01-11", "2027-05-31")]
    assert (await formed(acts))["group"]["id"] == group
    assert len(await acts.found("directory.facts")) == 1, "the second one changed nothing"
    given_back = {"courseId": acts.own("ModuleCourse", "robots", "petr")}
    assert await acts.codes("petr", STUDENT, "withdrawChoice", given_back) == []
    assert await acts.codes("alyona", STUDENT, "chooseModuleCourse", chosen(acts, "alyona", "robots", 2)) == []
    payload = await formed(acts, name="Роботы", subjectId=acts.id("Subject", "phys"))
    assert names(payload) == ["Иван", "Алёна"]
    assert payload["group"] == {"id": group, "name": "Роботы", "subject": {"id": acts.id("Subject", "phys")}}
    assert await memberships(acts, "petr", group) == []
    assert await memberships(acts, "ivan", group) == [("2027-01-11", "2027-05-31")]
    assert (await formed(acts))["group"]["name"] == "Роботы"
    [petr] = await acts.found("directory.people", _id=acts.id("Person", "petr"))
    assert [own["group_id"] for own in petr["memberships"]] == [acts.id("Group", "eng1")]


async def test_who_leaves_a_group_that_runs_was_in_it_until_yesterday(acts: Acting) -> None:
    for who in ("ivan", "alyona"):
        assert await acts.codes(who, STUDENT, "chooseModuleCourse", chosen(acts, who)) == []
    group = (await formed(acts, "drama", 1))["group"]["id"]
    assert await memberships(acts, "ivan", group) == [("2026-11-18", "2026-12-30")]
    people = acts.client[f"{acts.prefix}_directory"].people
    await people.update_many({"memberships.group_id": group}, {"$set": {"memberships.$.starts_on": "2026-11-09"}})
    left = {"courseId": acts.own("ModuleCourse", "drama", "ivan")}
    assert await acts.codes("ivan", STUDENT, "withdrawChoice", left) == []
    assert names(await formed(acts, "drama", 1)) == ["Алёна"]
    assert await memberships(acts, "ivan", group) == [("2026-11-09", "2026-11-17")]
    assert await memberships(acts, "alyona", group) == [("2026-11-09", "2026-12-30")]
    # Chosen again, they are in it again from today on.
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan")) == []
    assert names(await formed(acts, "drama", 1)) == ["Алёна", "Иван"]
    assert await memberships(acts, "ivan", group) == [("2026-11-09", "2026-11-17"), ("2026-11-18", "2026-12-30")]


async def test_the_group_is_there_at_once(acts: Acting) -> None:
    assert await acts.codes("ivan", STUDENT, "chooseModuleCourse", chosen(acts, "ivan")) == []
    group = (await formed(acts, "drama", 1))["group"]["id"]
    query = "query ($id: ID!) { node(id: $id) { ... on Group { name } } viewer { student { groups { id } } } }"
    shown = (await acts.answer("ivan", STUDENT, query, {"id": group}))["data"]
    assert shown["node"] == {"name": "Курс drama, I полугодие"}
    assert group in [one["id"] for one in shown["viewer"]["student"]["groups"]]


async def test_who_has_left_the_classes_of_the_course_is_no_member(acts: Acting) -> None:
    left = {"$set": {"enrolments.0.ends_on": "2026-11-17"}}
    await acts.change("directory.people", {"_id": acts.id("Person", "petr")}, left)
    assert names(await formed(acts)) == ["Иван"]


async def test_ten_at_once_form_one_group(acts: Acting) -> None:
    payloads = await asyncio.gather(*(formed(acts) for _ in range(10)))
    assert len({payload["group"]["id"] for payload in payloads}) == 1
    group = payloads[0]["group"]["id"]
    assert len(await memberships(acts, "ivan", group)) == 1
    assert len(await acts.found("directory.facts")) == 1


async def test_a_group_that_cannot_be_formed_is_named(acts: Acting) -> None:
    refused: list[tuple[dict[str, Any], list[Any]]] = [
        ({"courseId": "crs_nothing"}, [("NOT_FOUND", ["courseId"])]),
        ({"periodId": "cpd_nothing"}, [("NOT_FOUND", ["periodId"])]),
        (
            {"name": " ", "subjectId": acts.id("Subject", "prog")},
            [("REQUIRED", ["name"]), ("NOT_FOUND", ["subjectId"])],
        ),
        ({"name": "а" * 201}, [("TOO_LONG", ["name"])]),
        ({"name": "а\u202eб"}, [("INVALID_INPUT", ["name"])]),
        ({"periodId": acts.id("CoursePeriod", "robots 1")}, [("NOT_FOUND", ["periodId"])]),
    ]
    before = await acts.found("directory.people")
    for changes, expected in refused:
        payload = await formed(acts, **changes)
        assert codes_of(payload) == expected
        assert (payload["group"], payload["students"] or []) == (None, [])
    [course] = await acts.found("curriculum.module_courses", _id=acts.id("ModuleCourse", "robots"))
    await set_course(acts, "robots", periods=[{**one, "ends_on": "2026-11-17"} for one in course["periods"]])
    assert codes_of(await formed(acts)) == [("WINDOW_CLOSED", ["periodId"])]
    assert await acts.found("directory.people") == before
    assert await acts.found("directory.facts") == []
