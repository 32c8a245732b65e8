"""The rate limit at the front door, on a Redis of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from auth.viewer import Role
from connectors.embedded import redis_server
from connectors.metrics import RATES
from connectors.redis import connect
from gateway.settings import Budgets, DemandSettings, HttpSettings, Quotas, RateLimitSettings
from tests.gateway.generated import Generated
from tests.gateway.http.asking import Answered, post
from tests.gateway.operations.test_demand import gateway
from tests.gateway.served import Served

TWO = {"query": "{ viewer { person { id } } }"}
"""Costs 2, before and after."""


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[str]:
    async with redis_server(tmp_path) as uri:
        yield uri


async def killed(uri: str) -> None:
    client = connect(uri, timeout_s=1)
    try:
        await client.shutdown(nosave=True)
    finally:
        await client.aclose()


def limits(clients: dict[str, int] | None = None, **per_minute: int) -> RateLimitSettings:
    return RateLimitSettings(per_minute=Quotas(**per_minute), clients=clients or {})


async def statuses(running: Served, bearer: str, times: int, body: Any = TWO, **headers: str) -> list[int]:
    return [(await post(running, bearer, body, **headers)).status for _ in range(times)]


def remaining(answer: Answered) -> int:
    name, left, _ = answer.headers["RateLimit"].split(";")
    assert name == '"person"'
    return int(left.removeprefix("r="))


async def test_every_answer_tells_the_policy_and_what_is_left(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits(parent=100)) as running:
        first = await post(running, school.own(Role.PARENT), TWO)
        second = await post(running, school.own(Role.PARENT), TWO)
    assert first.headers["RateLimit-Policy"] == '"person";q=100;w=60;qu="cost"'
    assert first.headers["RateLimit"] == '"person";r=98;t=2'
    assert second.headers["RateLimit"] == '"person";r=96;t=3'


async def test_a_burst_uses_up_the_quota_and_no_more(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits(parent=10)) as running:
        assert await statuses(running, school.own(Role.PARENT), 6) == [200] * 5 + [429]


async def test_a_burst_at_once_uses_up_the_quota_and_no_more(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits(parent=10)) as running:
        answers = await asyncio.gather(*(post(running, school.own(Role.PARENT), TWO) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [200] * 5 + [429] * 15


async def test_who_is_limited_is_told_when_to_come_back(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits(parent=10)) as running:
        await statuses(running, school.own(Role.PARENT), 5)
        running.recorder.clear()
        answer = await post(running, school.own(Role.PARENT), TWO)
        assert running.recorder.commands == []
    assert answer.status == 429
    assert answer.code == "RATE_LIMITED"
    assert answer.headers["Retry-After"] == "12"
    assert answer.headers["RateLimit-Policy"] == '"person";q=10;w=60;qu="cost"'
    assert answer.headers["RateLimit"] == '"person";r=0;t=60'
    of_error = {name: answer.extensions[name] for name in ("limit", "value", "maximum", "remaining", "retryAfter")}
    assert of_error == {"limit": "person", "value": 2, "maximum": 10, "remaining": 0, "retryAfter": 12}
    assert "12 s" in answer.json["errors"][0]["message"]


async def test_what_was_charged_and_not_used_comes_back(school: Generated, redis: str) -> None:
    query = {"query": "{ viewer { children { id remarks(first: 100) { nodes { id } } } } }"}
    async with gateway(school, redis, rate_limit=limits(parent=400)) as running:
        answers = [await post(running, school.own(Role.PARENT), query, X_GraphQL_Cost="1") for _ in range(4)]
        last = await post(running, school.own(Role.PARENT), TWO)
    assert [answer.status for answer in answers] == [200] * 4
    costs = [answer.json["extensions"]["cost"] for answer in answers]
    assert all(cost["estimated"] == 1 + 3 * (1 + 1 + 100) for cost in costs)
    assert remaining(answers[0]) == 400 - costs[0]["estimated"]
    used = sum(cost["actual"] for cost in costs) + 2
    assert used < costs[0]["estimated"]
    assert 400 - used <= remaining(last) <= 400 - used + 10  # some of it has come back with time


async def test_one_person_s_greed_costs_nobody_else_anything(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits(parent=10, student=10)) as running:
        assert (await statuses(running, school.own(Role.PARENT), 9))[-1] == 429
        assert await statuses(running, school.own(Role.STUDENT), 5) == [200] * 5


async def test_a_request_costs_something_even_if_it_asks_for_nothing(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits(parent=3)) as running:
        body = {"query": "{ __typename }"}
        assert await statuses(running, school.own(Role.PARENT), 4, body) == [200] * 3 + [429]


async def test_an_operation_that_is_refused_is_not_charged(school: Generated, redis: str) -> None:
    demand = DemandSettings(budgets=Budgets(parent=2))
    async with gateway(school, redis, rate_limit=limits(parent=10), demand=demand) as running:
        body = {"query": "{ viewer { children { id } person { id } } }"}
        assert await statuses(running, school.own(Role.PARENT), 3, body) == [400] * 3
        assert remaining(await post(running, school.own(Role.PARENT), TWO)) == 8


async def test_a_request_that_may_cost_more_than_the_whole_quota_is_refused_with_the_number(
    school: Generated, redis: str
) -> None:
    query = {"query": "{ viewer { student { marks(first: 100) { nodes { id } } } } }"}
    async with gateway(school, redis, rate_limit=limits(student=20)) as running:
        answer = await post(running, school.own(Role.STUDENT), query)
        assert remaining(await post(running, school.own(Role.STUDENT), TWO)) == 18
    async with gateway(school, redis, rate_limit=limits({"report": 50})) as running:
        of_client = await post(running, school.own(Role.STUDENT), query, X_Client_Name="report")
    for refused, limit, maximum in ((answer, "person", 20), (of_client, "client", 50)):
        assert (refused.status, refused.code) == (400, "QUERY_TOO_COMPLEX")
        of_error = refused.extensions
        assert (of_error["limit"], of_error["value"], of_error["maximum"]) == (limit, 103, maximum)
        assert "Retry-After" not in refused.headers


async def test_a_quota_is_kept_when_most_of_each_charge_comes_back(school: Generated, redis: str) -> None:
    query = {"query": "{ viewer { student { marks(first: 90) { nodes { id } } remarks { totalCount } } } }"}
    async with gateway(school, redis, rate_limit=limits(student=100)) as running:
        answers = [await post(running, school.own(Role.STUDENT), query) for _ in range(10)]
    assert {answer.status for answer in answers} == {200, 429}


async def test_who_sends_a_new_document_pays_for_its_preparation_once(school: Generated, redis: str) -> None:
    large = {"query": "{ viewer { person { id } } } #" + "x" * 10_500}
    other = {"query": "{ viewer { person { id } } } #" + "y" * 10_500}
    async with gateway(school, redis, rate_limit=limits(parent=100)) as running:
        first = await post(running, school.own(Role.PARENT), large)
        again = await post(running, school.own(Role.PARENT), large)
        assert remaining(first) == 100 - 20 - 2
        assert remaining(again) == remaining(first) - 2
        await post(running, school.own(Role.PARENT), other)
        invalid = {"query": "{ nothing } #" + "z" * 10_500}
        statuses_ = [(await post(running, school.own(Role.PARENT), invalid)).status for _ in range(4)]
    assert statuses_ == [400, 400, 429, 429]


async def test_a_client_has_a_quota_of_its_own_that_all_who_use_it_share(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits({"report": 6})) as running:
        parent, student = school.own(Role.PARENT), school.own(Role.STUDENT)
        assert await statuses(running, parent, 2, X_Client_Name="report") == [200] * 2
        assert await statuses(running, student, 1, X_Client_Name="report") == [200]
        before = remaining(await post(running, student, TWO))
        answer = await post(running, student, TWO, X_Client_Name="report")
        assert answer.status == 429
        assert answer.extensions["limit"] == "client"
        assert answer.headers["RateLimit-Policy"] == '"client";q=6;w=60;qu="cost"'
        assert answer.headers["Retry-After"] == "20"
        assert remaining(await post(running, student, TWO, X_Client_Name="page")) >= before - 2


async def test_what_is_left_of_a_client_is_not_told_to_those_it_is_left_to(school: Generated, redis: str) -> None:
    async with gateway(school, redis, rate_limit=limits({"report": 600})) as running:
        answer = await post(running, school.own(Role.PARENT), TWO, X_Client_Name="report")
    assert "client" not in answer.headers["RateLimit"] + answer.headers["RateLimit-Policy"]


async def test_a_batch_tells_what_is_left_after_all_of_it(school: Generated, redis: str) -> None:
    batches = HttpSettings(batch_max=3)
    async with gateway(school, redis, rate_limit=limits(parent=100), http=batches) as running:
        answer = await post(running, school.own(Role.PARENT), [TWO] * 3)
    assert answer.headers["RateLimit-Policy"] == '"person";q=100;w=60;qu="cost"'
    assert answer.headers["RateLimit"] == '"person";r=94;t=4'
    assert "Retry-After" not in answer.headers


async def test_a_batch_tells_when_to_come_back_if_one_of_it_is_refused(school: Generated, redis: str) -> None:
    batches = HttpSettings(batch_max=3)
    async with gateway(school, redis, rate_limit=limits(parent=5), http=batches) as running:
        some = await post(running, school.own(Role.PARENT), [TWO] * 3)
        none = await post(running, school.own(Role.PARENT), [TWO] * 2)
    refused = [one["errors"][0]["extensions"] for one in some.json if "errors" in one]
    assert [of_error["code"] for of_error in refused] == ["RATE_LIMITED"]
    assert (some.status, none.status) == (200, 429)
    assert some.headers["Retry-After"] == str(refused[0]["retryAfter"]) == "12"
    assert remaining(some) == 1
    assert 0 < int(none.headers["Retry-After"]) <= 12


async def test_requests_go_on_uncounted_when_redis_is_killed(school: Generated, tmp_path: Path) -> None:
    failures = RATES.labels("failure")._value
    async with redis_server(tmp_path) as uri, gateway(school, uri, rate_limit=limits(parent=4)) as running:
        parent = school.own(Role.PARENT)
        assert await statuses(running, parent, 3) == [200, 200, 429]
        before = failures.get()
        await killed(uri)
        assert await statuses(running, parent, 10) == [200] * 10
        assert "RateLimit" not in (await post(running, parent, TWO)).headers
        assert failures.get() >= before + 11


async def test_nothing_is_limited_where_that_is_switched_off(school: Generated, redis: str) -> None:
    off = RateLimitSettings(enabled=False, per_minute=Quotas(parent=1))
    async with gateway(school, redis, rate_limit=off) as running:
        assert await statuses(running, school.own(Role.PARENT), 3) == [200] * 3
        assert "RateLimit" not in (await post(running, school.own(Role.PARENT), TWO)).headers


async def test_nothing_is_limited_without_redis(school: Generated) -> None:
    async with gateway(school, None, rate_limit=limits(parent=1)) as running:
        assert await statuses(running, school.own(Role.PARENT), 3) == [200] * 3
