from gateway.settings import HttpSettings
from tests.gateway.http.asking import post
from tests.gateway.http.conftest import Serve
from tests.gateway.served import Served

ONE = {"query": "{ __typename }"}


async def test_a_batch_is_refused_by_default(gateway: Served, ivan: str) -> None:
    answer = await post(gateway, ivan, [ONE])
    assert (answer.status, answer.code) == (400, "BATCHING_NOT_ENABLED")


async def test_each_entry_of_a_batch_is_answered_in_its_place(serve: Serve, ivan: str) -> None:
    async with serve(http=HttpSettings(batch_max=3)) as gateway:
        answer = await post(gateway, ivan, [ONE, {"query": "{"}, {"query": "{ viewer { role } }"}])
        first, second, third = answer.json
        assert answer.status == 200
        assert first == {"data": {"__typename": "Query"}}
        assert second["errors"][0]["extensions"]["stage"] == "syntax"
        assert third == {"data": {"viewer": {"role": "STUDENT"}}}


async def test_a_batch_is_refused_when_it_is_longer_than_allowed_or_empty(serve: Serve, ivan: str) -> None:
    async with serve(http=HttpSettings(batch_max=2)) as gateway:
        long = await post(gateway, ivan, [ONE, ONE, ONE])
        assert (long.status, long.code) == (400, "BATCH_LIMIT_EXCEEDED")
        assert (long.extensions["value"], long.extensions["maximum"]) == (3, 2)
        assert (await post(gateway, ivan, [])).status == 400
        assert (await post(gateway, ivan, [ONE, 1])).status == 400
