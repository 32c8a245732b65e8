"""From a mutation to the audit: what administrators then read."""

import asyncio

import orjson

from auth.viewer import Role
from connectors.assembly import Clients
from gateway.app import sealer_of
from tests.gateway.writing.acting import Acting, mutation

EVENTS = """{ auditEvents { nodes { action role actor { id } objectId studentId client
  changes { field before after isWithheld } } } }"""
REFUSED = "{ refusedMutations { totalCount nodes { day person { id } role mutation code count } } }"


async def seal(acts: Acting) -> None:
    settings = acts.served.settings
    async with Clients(settings.mongo.uri.get_secret_value(), prefix=acts.prefix, timeout_s=30) as clients:
        sealer = sealer_of(settings, clients.connectors)
        while await sealer.seal():
            pass


async def test_a_notice_of_absence_is_in_the_audit_without_what_it_says(acts: Acting) -> None:
    await acts.client[f"{acts.prefix}_audit"].drop_collection("events")
    values = {
        "studentId": acts.id("Student", "ivan"),
        "absence": {"days": ["2026-12-01"]},
        "reason": "К врачу",
    }
    client = {"X_Client_Name": "family-app"}
    payload = await acts.act(
        "olga", Role.PARENT, "submitAbsenceNotice", values, "notice { id }", Idempotency_Key="audit", **client
    )
    await seal(acts)
    answer = await acts.answer("admin", Role.ADMINISTRATOR, EVENTS)
    assert "errors" not in answer, answer["errors"]
    [event] = [one for one in answer["data"]["auditEvents"]["nodes"] if one["action"] == "submitAbsenceNotice"]
    changes = event.pop("changes")
    assert event == {
        "action": "submitAbsenceNotice",
        "role": "PARENT",
        "actor": {"id": acts.id("Person", "olga")},
        "objectId": payload["notice"]["id"],
        "studentId": acts.id("Student", "ivan"),
        "client": "family-app",
    }
    assert {"reason", "state"} <= {change["field"] for change in changes}
    assert all(
        change | {"field": ""} == {"field": "", "before": None, "after": None, "isWithheld": True} for change in changes
    )
    for hidden in ("врачу", "2026-12-01"):
        assert hidden not in str(answer)


async def test_refused_mutations_are_counted_for_the_administrator(acts: Acting) -> None:
    refusals = acts.client[f"{acts.prefix}_audit"]["refusals"]
    await refusals.delete_many({})
    values = {"studentId": acts.id("Student", "petr"), "weekStart": "2026-11-03"}
    await acts.codes("olga", Role.PARENT, "acknowledgeDiary", values)
    await acts.codes("olga", Role.PARENT, "acknowledgeDiary", values)
    await acts.answer("ivan", Role.STUDENT, mutation("acknowledgeDiary"), {"input": values})
    async with asyncio.timeout(60):  # they are written every few seconds
        while sum(own["count"] for own in await refusals.find({}).to_list()) < 5:  # noqa: ASYNC110 - the gateway does
            await asyncio.sleep(0.1)
    answer = await acts.answer("admin", Role.ADMINISTRATOR, REFUSED)
    assert "errors" not in answer, answer["errors"]
    found = answer["data"]["refusedMutations"]
    rows = {(own["person"]["id"], own["role"], own["mutation"], own["code"]): own["count"] for own in found["nodes"]}
    olga, ivan = acts.id("Person", "olga"), acts.id("Person", "ivan")
    assert rows == {
        (olga, "PARENT", "acknowledgeDiary", "NOT_FOUND"): 2,
        (olga, "PARENT", "acknowledgeDiary", "INVALID_INPUT"): 2,
        (ivan, "STUDENT", "acknowledgeDiary", "UNAUTHORIZED_FIELD_OR_TYPE"): 1,
    }
    assert {own["day"] for own in found["nodes"]} == {"2026-11-18"}
    assert found["totalCount"] == 3


async def test_what_an_administrator_reads_of_a_remark_is_equal_whatever_it_says(acts: Acting) -> None:
    """Worlds that differ in the words of a remark, of one length and of another, differ in its id alone."""
    shown = set()
    for number, text in enumerate(("Опоздал на урок", "Шумел на уроке!", "Не слушал")):
        await acts.restore()
        await acts.client[f"{acts.prefix}_audit"].drop_collection("events")
        values = {"studentId": acts.id("Student", "ivan"), "text": text}
        key = f"audited {number}"
        remark = await acts.act("smirnov", Role.TEACHER, "addRemark", values, "id", Idempotency_Key=key)
        await seal(acts)
        answer = await acts.answer("admin", Role.ADMINISTRATOR, EVENTS)
        assert "errors" not in answer, answer["errors"]
        [event] = [one for one in answer["data"]["auditEvents"]["nodes"] if one["action"] == "addRemark"]
        assert event.pop("objectId") == remark["id"]
        assert {"text"} <= {change["field"] for change in event["changes"] if change["isWithheld"]}
        shown.add(orjson.dumps(event))
    assert len(shown) == 1
