"""Demand control at the front door: what is refused, what is told, and to whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from auth.viewer import Role
from connectors.demo.school import TODAY
from gateway.operations.demand import DemandMode
from gateway.settings import AccessSettings, Budgets, DemandSettings, HttpSettings, RateLimitSettings
from tests.gateway.generated import Generated
from tests.gateway.http.asking import Answered, post
from tests.gateway.served import Served, served

WEEK = """query($id: ID!) { student(id: $id) {
  displayName remarks { nodes { id } } diary { days { date lessons { id subject { name } } } }
} }"""
OF_WEEK = 1 + 1 + 7 * (1 + 8 * (1 + 1))
"""What it may cost, to whom sees no remarks."""


@asynccontextmanager
async def gateway(school: Generated, redis_uri: str | None = None, **settings: Any) -> AsyncIterator[Served]:
    """The data of *school*, served by settings of its own."""
    own = school.served.settings
    unlimited = RateLimitSettings(enabled=False)
    settings = {"rate_limit": unlimited, "mongo": own.mongo, "analytics": own.analytics, **settings}
    async with served("", redis_uri, prefix=own.mongo.prefix, today=TODAY, **settings) as running:
        yield running


def week(school: Generated) -> dict[str, Any]:
    return {"query": WEEK, "variables": {"id": school.student_id}}


async def priced(running: Served, school: Generated, role: Role, body: Any) -> Answered:
    answer = await post(running, school.own(role), body, X_GraphQL_Cost="1")
    assert answer.status == 200, answer.body
    return answer


async def test_an_operation_that_may_cost_too_much_is_refused_before_anything_is_read(school: Generated) -> None:
    async with gateway(school, demand=DemandSettings(budgets=Budgets(student=100))) as running:
        answer = await post(running, school.own(Role.STUDENT), week(school))
        assert {database.rpartition("_")[2] for database, _, _ in running.recorder.commands} == {"directory"}, (
            "the viewer"
        )
    assert answer.status == 400
    assert answer.code == "QUERY_TOO_COMPLEX"
    assert "data" not in answer.json
    priced = answer.extensions
    assert (priced["limit"], priced["value"], priced["maximum"]) == ("cost", OF_WEEK, 100)
    assert priced["heaviest"] == ["student", "diary", "days", "lessons"]
    message = answer.json["errors"][0]["message"]
    assert str(OF_WEEK) in message
    assert "100" in message
    assert "student.diary.days.lessons" in message


async def test_budgets_are_those_of_the_role(school: Generated) -> None:
    async with gateway(school, demand=DemandSettings(budgets=Budgets(student=100))) as running:
        assert (await post(running, school.own(Role.PARENT), week(school))).status == 200
        assert (await post(running, school.own(Role.STUDENT), week(school))).status == 400


async def test_clients_of_the_older_media_type_see_the_refusal_too(school: Generated) -> None:
    async with gateway(school, demand=DemandSettings(budgets=Budgets(student=1))) as running:
        answer = await post(running, school.own(Role.STUDENT), week(school), Accept="application/json")
    assert (answer.status, answer.code) == (400, "QUERY_TOO_COMPLEX")


async def test_variables_decide_whether_it_is_too_much(school: Generated) -> None:
    query = "query($n: Int) { viewer { student { marks(first: $n) { nodes { id } } } } }"
    async with gateway(school, demand=DemandSettings(budgets=Budgets(student=30))) as running:
        statuses = [
            (await post(running, school.own(Role.STUDENT), {"query": query, "variables": {"n": n}})).status
            for n in (27, 28, 27)
        ]
    assert statuses == [200, 400, 200]


async def test_measuring_refuses_nothing_and_tells_by_how_much(school: Generated) -> None:
    demand = DemandSettings(mode=DemandMode.MEASURE, budgets=Budgets(student=100))
    async with gateway(school, demand=demand) as running:
        answer = await priced(running, school, Role.STUDENT, week(school))
    assert answer.json["extensions"]["cost"]["limit"] == 100
    assert answer.json["extensions"]["cost"]["estimated"] == OF_WEEK


async def test_introspection_costs_by_what_its_answer_holds(school: Generated) -> None:
    async with gateway(school, demand=DemandSettings(default_list_size=3)) as running:
        answer = await priced(
            running, school, Role.STUDENT, {"query": "{ __schema { types { name } } viewer { role } }"}
        )
        larger = {"query": "{ __schema { types { name a: name b: name c: name } } viewer { role } }"}
        more = await priced(running, school, Role.STUDENT, larger)
    cost = answer.json["extensions"]["cost"]
    values = 1 + 2 * len(answer.json["data"]["__schema"]["types"])
    assert cost["estimated"] == cost["actual"]
    assert cost["estimated"] == pytest.approx(1 + 1 + values / 50, abs=1)
    assert more.json["extensions"]["cost"]["estimated"] > cost["estimated"]


async def test_introspection_is_refused_to_roles_for_which_it_is_switched_off(school: Generated) -> None:
    access = AccessSettings(introspection=(Role.ADMINISTRATOR,))
    body = {"query": '{ __type(name: "Query") { name } viewer { __typename } }'}
    async with gateway(school, access=access) as running:
        answer = await post(running, school.own(Role.STUDENT), body)
        assert (await post(running, school.own(Role.ADMINISTRATOR), body)).status == 200
        assert (await post(running, school.own(Role.STUDENT), {"query": "{ viewer { __typename } }"})).status == 200
    assert (answer.status, answer.code) == (403, "UNAUTHORIZED_FIELD_OR_TYPE")


async def test_a_number_beyond_int_is_an_error_of_its_variable_before_it_is_a_price(school: Generated) -> None:
    query = "query($n: Int) { viewer { student { marks(first: $n) { nodes { value } } } } }"
    async with gateway(school) as running:
        answer = await post(running, school.own(Role.STUDENT), {"query": query, "variables": {"n": 2_147_483_648}})
    assert (answer.status, answer.code) == (400, "INVALID_INPUT")
    assert "$n" in answer.json["errors"][0]["message"]


async def test_who_asks_is_told_what_it_may_cost_and_did_cost(school: Generated) -> None:
    async with gateway(school) as running:
        answer = await priced(running, school, Role.STUDENT, week(school))
    lessons = [lesson for day in answer.json["data"]["student"]["diary"]["days"] for lesson in day["lessons"]]
    actual = 1 + 1 + 7 + sum(1 + (lesson["subject"] is not None) for lesson in lessons)
    assert answer.json["extensions"]["cost"] == {"estimated": OF_WEEK, "actual": actual, "limit": 10_000}
    assert answer.headers["X-Cost-Estimated"] == str(OF_WEEK)
    assert answer.headers["X-Cost-Actual"] == str(actual)
    assert answer.headers["X-Cost-Limit"] == "10000"


async def test_who_does_not_ask_is_told_nothing(school: Generated) -> None:
    async with gateway(school) as running:
        answer = await post(running, school.own(Role.PARENT), week(school))
    assert "extensions" not in answer.json
    assert not [name for name in answer.headers if name.lower().startswith("x-cost")]


async def test_a_parent_pays_for_the_remarks_that_others_are_not_shown(school: Generated) -> None:
    async with gateway(school) as running:
        costs = {
            role: (await priced(running, school, role, week(school))).json["extensions"]["cost"]["estimated"]
            for role in (Role.STUDENT, Role.PARENT, Role.TEACHER)
        }
    assert costs == {Role.STUDENT: OF_WEEK, Role.PARENT: OF_WEEK + 1 + 20, Role.TEACHER: OF_WEEK}


async def test_what_a_student_is_told_does_not_depend_on_remarks_about_him(school: Generated) -> None:
    remarks = school.connectors.databases["diary"]["remarks"]
    remark = await school.one("diary.remarks", student_id=school.student_id)
    async with gateway(school) as running:
        before = await priced(running, school, Role.STUDENT, week(school))
        await remarks.insert_one({**remark, "_id": "rem_oneremarkmorehere"})
        try:
            after = await priced(running, school, Role.STUDENT, week(school))
            seen = await priced(running, school, Role.PARENT, week(school))
        finally:
            await remarks.delete_one({"_id": "rem_oneremarkmorehere"})
        without = await priced(running, school, Role.PARENT, week(school))
    assert before.json["extensions"]["cost"] == after.json["extensions"]["cost"]
    assert seen.json["extensions"]["cost"]["actual"] == without.json["extensions"]["cost"]["actual"] + 1


@pytest.mark.parametrize("query", ["{ viewer { nothing } }", "{ viewer {", "query($a: Int) { viewer { role } }"])
async def test_an_operation_that_is_not_valid_has_no_price(school: Generated, query: str) -> None:
    async with gateway(school) as running:
        answer = await post(running, school.own(Role.STUDENT), {"query": query}, X_GraphQL_Cost="1")
    assert answer.status == 400
    assert "extensions" not in answer.json


async def test_variables_that_cannot_be_coerced_are_refused_as_ever(school: Generated) -> None:
    query = "query($n: Int) { viewer { student { marks(first: $n) { nodes { id } } } } }"
    async with gateway(school) as running:
        body = {"query": query, "variables": {"n": "many"}}
        answer = await post(running, school.own(Role.STUDENT), body, X_GraphQL_Cost="1")
    assert (answer.status, answer.code) == (400, "INVALID_INPUT")


async def test_each_entry_of_a_batch_has_its_price(school: Generated) -> None:
    demand = DemandSettings(budgets=Budgets(student=100))
    async with gateway(school, demand=demand, http=HttpSettings(batch_max=2)) as running:
        body = [week(school), {"query": "{ viewer { role } }"}]
        answer = await post(running, school.own(Role.STUDENT), body, X_GraphQL_Cost="1")
    too_much, little = answer.json
    assert too_much["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert little["extensions"]["cost"] == {"estimated": 1, "actual": 1, "limit": 100}


async def test_a_batch_tells_what_all_of_it_costs_if_that_is_asked(school: Generated) -> None:
    body = [week(school), {"query": "{"}, {"query": "{ viewer { role } }"}]
    async with gateway(school, http=HttpSettings(batch_max=3)) as running:
        answer = await priced(running, school, Role.STUDENT, body)
        unasked = await post(running, school.own(Role.STUDENT), body)
    actual = sum(one["extensions"]["cost"]["actual"] for one in answer.json if "data" in one)
    assert answer.headers["X-Cost-Estimated"] == str(OF_WEEK + 1)
    assert answer.headers["X-Cost-Actual"] == str(actual)
    assert answer.headers["X-Cost-Limit"] == "10000"
    assert not [name for name in unasked.headers if name.lower().startswith("x-cost")]


async def test_explaining_tells_the_cost_and_where_most_of_it_lies(school: Generated) -> None:
    query = {"query": "{ students(first: 10) { nodes { id } } }"}
    async with gateway(school) as running:
        answer = await post(running, school.own(Role.ADMINISTRATOR), query, X_GraphQL_Explain="1", X_GraphQL_Cost="1")
    priced = answer.json["extensions"]["explain"]["cost"]
    assert priced == {"estimated": 11, "actual": 11, "heaviest": {"path": ["students", "nodes"], "cost": 10}}
    assert answer.json["extensions"]["cost"]["actual"] == 11
