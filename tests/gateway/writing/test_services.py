"""Services that parents subscribe to. Today is Wednesday 18 November 2026; Ivan has «pool», and not «new»."""

import asyncio
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of

PARENT: Final = Role.PARENT
FIELDS: Final = "service { name subscription { subscribedBy { id } subscribedAt } } student { id }"


def of_ivan(acts: Acting, key: str) -> dict[str, Any]:
    return {"serviceId": acts.own("Service", key, "ivan")}


async def running(acts: Acting, key: str) -> list[dict[str, Any]]:
    return await acts.found("services.subscriptions", service_id=acts.id("Service", key), is_running=True)


async def test_a_parent_subscribes_ends_it_and_subscribes_again(acts: Acting) -> None:
    payload = await acts.act("olga", PARENT, "subscribeToService", of_ivan(acts, "new"), FIELDS)
    assert payload["userErrors"] == []
    assert payload["service"]["subscription"]["subscribedBy"] == {"id": acts.id("Person", "olga")}
    payload = await acts.act("igor", PARENT, "unsubscribe", of_ivan(acts, "new"), FIELDS)
    assert payload["service"] == {"name": "Услуга new", "subscription": None}
    assert await acts.codes("olga", PARENT, "subscribeToService", of_ivan(acts, "new")) == []
    assert len(await acts.found("services.subscriptions", service_id=acts.id("Service", "new"))) == 2
    facts = await acts.found("services.facts")
    assert [fact["action"] for fact in facts] == ["subscribeToService", "unsubscribe", "subscribeToService"]


async def test_both_parents_at_once_make_one_subscription(acts: Acting) -> None:
    people = ["olga", "igor"] * 8
    await asyncio.gather(*(acts.codes(who, PARENT, "subscribeToService", of_ivan(acts, "new")) for who in people))
    assert len(await running(acts, "new")) == 1
    assert len(await acts.found("services.facts")) == 1


async def test_what_is_so_already_changes_nothing(acts: Acting) -> None:
    assert await acts.codes("olga", PARENT, "subscribeToService", of_ivan(acts, "pool")) == []
    assert await acts.codes("olga", PARENT, "unsubscribe", of_ivan(acts, "new")) == []
    assert await acts.found("services.facts") == []


@pytest.mark.parametrize("key", ["for 7b", "over", "unknown"])
async def test_what_is_not_offered_to_the_child_is_not_found(acts: Acting, key: str) -> None:
    for name in ("subscribeToService", "unsubscribe"):
        assert await acts.codes("olga", PARENT, name, of_ivan(acts, key)) == [("NOT_FOUND", ["serviceId"])]


async def test_a_subscription_to_what_is_over_can_be_ended(acts: Acting) -> None:
    over = {"$set": {"ends_on": "2026-11-17"}}
    await acts.change("services.services", {"_id": acts.id("Service", "pool")}, over)
    payload = await acts.act("olga", PARENT, "unsubscribe", of_ivan(acts, "pool"))
    assert codes_of(payload) == []
    assert await running(acts, "pool") == []


async def test_changes_of_a_day_are_bounded(acts: Acting) -> None:
    assert await acts.codes("olga", PARENT, "subscribeToService", of_ivan(acts, "new")) == []
    counter = {"_id": f"subscribeToService:{acts.id('Person', 'olga')}:{acts.id('Student', 'ivan')}"}
    await acts.change("services.daily_changes", counter, {"$set": {"changes": 20}})
    payload = await acts.act("olga", PARENT, "unsubscribe", of_ivan(acts, "new"))
    assert limits_of(payload) == [("TOO_MANY", None, "20")]
    assert len(await running(acts, "new")) == 1
