"""The school settles what participants reported to it. Today is Wednesday 18 November 2026."""

from typing import Any, Final

from auth.viewer import Role
from tests.gateway.writing.acting import Acting, codes_of, limits_of
from tests.gateway.writing.test_messages import act, group, query, send

FIELDS: Final = "report { version decision answer settledBy { familyName } settledAt }"


async def reported(acts: Acting, author: str = "igor") -> tuple[str, str]:
    """The ids of a message that Olga reported, and of the report."""
    own = await group(acts, "kuznetsova", "olga", "igor", "admin")
    message = (await send(acts, author, {"conversationId": own}, "Грубость"))["message"]["id"]
    assert codes_of(await act(acts, "olga", "reportMessage", {"messageId": message, "reason": "Грубит"})) == []
    [report] = await acts.found("messages.reports", message_id=message)
    return message, report["_id"]


async def settle(acts: Acting, report: str, fields: str = "", **values: Any) -> dict[str, Any]:
    return await act(acts, "admin", "settleMessageReport", {"reportId": report, "version": None, **values}, fields)


async def test_who_reported_a_message_reads_the_decision_and_nobody_else_does(acts: Acting) -> None:
    message, report = await reported(acts)
    own = "ownReport { reason decision answer settledAt }"
    text = f'{{ node(id: "{message}") {{ ... on Message {{ body {own} }} }} }}'
    before = (await query(acts, "olga", text))["node"]["ownReport"]
    assert before == {"reason": "Грубит", "decision": None, "answer": None, "settledAt": None}
    payload = await settle(acts, report, FIELDS, decision="UPHELD", answer="Поговорили с автором", version=0)
    settled = payload["report"]
    assert (settled["version"], settled["decision"], settled["answer"]) == (1, "UPHELD", "Поговорили с автором")
    assert settled["settledBy"] == {"familyName": "Директоров"}
    seen = (await query(acts, "olga", text))["node"]["ownReport"]
    assert (seen["decision"], seen["answer"], seen["settledAt"]) == (
        "UPHELD",
        "Поговорили с автором",
        settled["settledAt"],
    )
    for who in ("igor", "kuznetsova", "admin"):
        assert (await query(acts, who, text))["node"] == {"body": "Грубость", "ownReport": None}
    [fact] = [one for one in await acts.found("messages.facts") if one["action"] == "settleMessageReport"]
    assert "Поговорили" not in str(fact)


async def test_an_edit_takes_nothing_away_from_a_report(acts: Acting) -> None:
    own = await group(acts, "kuznetsova", "olga", "igor")
    message = (await send(acts, "igor", {"conversationId": own}, "Грубость"))["message"]["id"]
    edit = {"messageId": message, "version": None}
    await act(acts, "igor", "editMessage", {**edit, "text": "Вежливость"})
    await act(acts, "olga", "leaveConversation", {"conversationId": own})
    await act(acts, "igor", "editMessage", {**edit, "text": "Тайна"})
    assert codes_of(await act(acts, "olga", "reportMessage", {"messageId": message, "reason": "Грубит"})) == []
    fields = "messages { text revisions { text } }"
    text = f"{{ messageReports(first: 1) {{ nodes {{ {fields} }} }} }}"
    [report] = (await query(acts, "admin", text))["messageReports"]["nodes"]
    # Olga had left before the second edit, and hands over no more than she reads.
    assert report["messages"] == [{"text": "Вежливость", "revisions": [{"text": "Грубость"}]}]


async def test_settled_reports_leave_the_list_of_open_ones(acts: Acting) -> None:
    _, report = await reported(acts)

    async def listed(arguments: str = "") -> set[str]:
        found = await query(acts, "admin", f"{{ messageReports{arguments} {{ totalCount nodes {{ id }} }} }}")
        assert found["messageReports"]["totalCount"] == len(found["messageReports"]["nodes"])
        return {one["id"] for one in found["messageReports"]["nodes"]}

    every = await listed()
    assert await listed("(openOnly: true)") == every >= {report}
    assert codes_of(await settle(acts, report, decision="DISMISSED")) == []
    assert (await listed(), await listed("(openOnly: true)")) == (every, every - {report})


async def test_a_decision_is_replaced_by_another_and_never_by_accident(acts: Acting) -> None:
    _, report = await reported(acts)
    assert codes_of(await settle(acts, report, decision="UPHELD", version=0)) == []
    same = await settle(acts, report, FIELDS, decision="UPHELD", version=0)
    assert (same["userErrors"], same["report"]["version"]) == ([], 1)
    stale = await settle(acts, report, FIELDS, decision="DISMISSED", version=0)
    assert codes_of(stale) == [("CONFLICT", ["version"])]
    assert stale["report"]["decision"] == "UPHELD"
    assert codes_of(await settle(acts, report, decision="DISMISSED", version=1)) == []
    long = {"reportId": report, "decision": "UPHELD", "answer": "т" * 501}
    wrong = await act(acts, "admin", "settleMessageReport", long)
    assert limits_of(wrong) == [("REQUIRED", ["version"], None), ("TOO_LONG", ["answer"], "500")]


async def test_nobody_settles_a_report_of_their_own_message(acts: Acting) -> None:
    _, report = await reported(acts, author="admin")
    payload = await settle(acts, report, "report { id decision }", decision="DISMISSED")
    assert codes_of(payload) == [("NOT_ALLOWED", ["reportId"])]
    assert payload["report"] == {"id": report, "decision": None}


async def test_a_report_of_another_school_is_not_there(acts: Acting) -> None:
    _, report = await reported(acts)
    await acts.change("messages.reports", {"_id": report}, {"$set": {"school_id": acts.id("School", "moscow")}})
    for own in (report, "rep_nothing"):
        payload = await settle(acts, own, "report { id }", decision="DISMISSED")
        assert (payload["report"], codes_of(payload)) == (None, [("NOT_FOUND", ["reportId"])])
    answer = await acts.answer("kuznetsova", Role.CLASS_TEACHER, "{ messageReports { nodes { id } } }")
    assert answer["data"]["messageReports"] is None
