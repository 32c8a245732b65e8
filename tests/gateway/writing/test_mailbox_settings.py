"""The signature under somebody's letters, and the office hours of staff. Today is Wednesday 18 November 2026."""

from datetime import datetime
from typing import Any, Final

import pytest

from auth.viewer import Role
from connectors.messages import OfficeHours, Weekday
from gateway.resolvers.messages.office_hours import next_opening
from tests.gateway.writing.acting import Acting, codes_of, limits_of
from tests.gateway.writing.test_messages import act, group, query, recipient, recipients, send

FIELDS: Final = "settings { signature version officeHours { weekdays startsAt endsAt } }"
SHOWN: Final = "{ viewer { mailboxSettings { signature version officeHours { startsAt } } } }"
WORKDAYS: Final = list(Weekday)[:5]
DAY: Final = OfficeHours(weekdays=WORKDAYS, starts_at="09:00", ends_at="19:00")
EARLY: Final = OfficeHours(weekdays=[Weekday.MONDAY, Weekday.WEDNESDAY], starts_at="08:00", ends_at="10:00")
LATE: Final = OfficeHours(weekdays=[Weekday.WEDNESDAY], starts_at="14:00", ends_at="18:00")
NEVER: Final = [{"weekdays": ["SUNDAY"], "startsAt": "00:00", "endsAt": "00:01"}]
"""Hours that are not those of a Wednesday, whatever the time of day."""


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        ([], "2026-11-18T23:00+05:00", None),
        ([DAY], "2026-11-18T09:00+05:00", None),
        ([DAY], "2026-11-18T18:59+05:00", None),
        ([DAY], "2026-11-18T19:00+05:00", "2026-11-19T09:00+05:00"),
        ([DAY], "2026-11-18T08:59+05:00", "2026-11-18T09:00+05:00"),
        ([DAY], "2026-11-20T19:00+05:00", "2026-11-23T09:00+05:00"),
        ([EARLY], "2026-11-18T10:00+05:00", "2026-11-23T08:00+05:00"),
        ([LATE], "2026-11-18T18:00+05:00", "2026-11-25T14:00+05:00"),
        ([LATE, EARLY], "2026-11-18T11:00+05:00", "2026-11-18T14:00+05:00"),
        ([LATE, DAY], "2026-11-18T13:00+05:00", None),
    ],
)
def test_office_hours_begin_next(hours: list[OfficeHours], moment: str, expected: str | None) -> None:
    found = next_opening(hours, datetime.fromisoformat(moment))
    assert found == (expected and datetime.fromisoformat(expected))


async def set_own(acts: Acting, who: str, **values: Any) -> dict[str, Any]:
    return await act(acts, who, "setMailboxSettings", {"version": None, **values}, FIELDS)


async def test_a_signature_stands_under_letters_and_not_in_groups(acts: Acting) -> None:
    payload = await set_own(acts, "olga", signature="  Иванова Ольга,\nмама Ивана ")
    assert payload["settings"] == {"signature": "Иванова Ольга,\nмама Ивана", "version": 1, "officeHours": []}
    letter = (await send(acts, "olga", recipients(acts, "smirnov")))["message"]["id"]
    own = await group(acts, "olga", "igor", "pavel")
    spoken = (await send(acts, "olga", {"conversationId": own}))["message"]["id"]
    await set_own(acts, "olga", signature=None)
    later = (await send(acts, "olga", {"conversationId": acts.id("Conversation", "olga smirnov")}))["message"]["id"]

    async def signature(who: str, message: str) -> str | None:
        found = await query(acts, who, f'{{ node(id: "{message}") {{ ... on Message {{ signature }} }} }}')
        return None if found["node"] is None else found["node"]["signature"]

    assert await signature("smirnov", letter) == "Иванова Ольга,\nмама Ивана"
    assert await signature("igor", spoken) is None
    assert await signature("smirnov", later) is None
    await act(acts, "olga", "deleteMessage", {"messageId": letter})
    assert await signature("smirnov", letter) is None
    assert "мама" not in str(await acts.found("messages.messages", _id=letter))


async def test_each_side_of_a_person_has_settings_of_its_own(acts: Acting) -> None:
    await acts.change("directory.people", {"_id": acts.id("Person", "smirnov")}, {"$push": {"roles": "PARENT"}})
    assert codes_of(await set_own(acts, "smirnov", signature="Учитель")) == []
    for role, expected in ((Role.TEACHER, "Учитель"), (Role.PARENT, None)):
        answer = await acts.answer("smirnov", role, SHOWN)
        assert answer["data"]["viewer"]["mailboxSettings"]["signature"] == expected


async def test_who_writes_outside_of_office_hours_is_told_when_they_are_read(acts: Acting) -> None:
    assert codes_of(await set_own(acts, "smirnov", officeHours=NEVER)) == []
    fields = "message { id } notifiedLater { person { familyName } notifiedAt }"
    values = {"to": recipients(acts, "smirnov", "rusova"), "text": "Можно прийти?"}
    later = [{"person": {"familyName": "Смирнов"}, "notifiedAt": "2026-11-22T00:00:00+05:00"}]
    assert (await act(acts, "olga", "sendMessage", values, fields))["notifiedLater"] == later
    values = {"to": {"conversationId": acts.id("Conversation", "olga smirnov")}, "text": "Можно прийти?"}
    assert (await act(acts, "olga", "sendMessage", values, fields))["notifiedLater"] == later
    assert (await act(acts, "smirnov", "sendMessage", values, fields))["notifiedLater"] == []
    offered = "nodes { id officeHours { weekdays startsAt endsAt } }"
    text = f'{{ messageRecipients(category: TEACHERS, search: "смир") {{ {offered} }} }}'
    [found] = (await query(acts, "olga", text))["messageRecipients"]["nodes"]
    assert found == {"id": recipient(acts, "smirnov"), "officeHours": NEVER}


async def test_telling_of_office_hours_takes_as_many_commands_for_two_as_for_one(acts: Acting) -> None:
    for who in ("smirnov", "rusova"):
        assert codes_of(await set_own(acts, who, officeHours=NEVER)) == []
    counts = []
    for people in (("smirnov",), ("smirnov", "rusova")) * 2:  # the second time nothing is new
        acts.served.recorder.clear()
        values = {"to": recipients(acts, *people), "text": "Добрый день"}
        payload = await act(acts, "olga", "sendMessage", values, "notifiedLater { person { id } notifiedAt }")
        assert len(payload["notifiedLater"]) == len(people)
        counts.append(len(acts.served.recorder.commands))
    assert counts[2] == counts[3]


async def test_all_problems_of_settings_come_at_once(acts: Acting) -> None:
    hours = [
        {"weekdays": [], "startsAt": "09:00", "endsAt": "18:00"},
        {"weekdays": ["FRIDAY", "MONDAY", "FRIDAY"], "startsAt": "18:00", "endsAt": "18:00"},
    ]
    payload = await act(acts, "smirnov", "setMailboxSettings", {"signature": "т" * 301, "officeHours": hours})
    assert limits_of(payload) == [
        ("REQUIRED", ["version"], None),
        ("TOO_LONG", ["signature"], "300"),
        ("REQUIRED", ["officeHours", "0", "weekdays"], None),
        ("INVALID_INPUT", ["officeHours", "1", "endsAt"], None),
    ]
    assert limits_of(await set_own(acts, "smirnov", officeHours=NEVER * 15)) == [("TOO_MANY", ["officeHours"], "14")]
    for who in ("olga", "ivan"):
        assert codes_of(await set_own(acts, who, officeHours=NEVER)) == [("NOT_ALLOWED", ["officeHours"])]
        assert codes_of(await set_own(acts, who, officeHours=[])) == []
    assert codes_of(await set_own(acts, "olga", signature=" \u200b ")) == [("REQUIRED", ["signature"])]
    assert await acts.found("messages.mailbox_settings") == []
    assert await acts.found("messages.facts") == []


async def test_a_stale_change_of_settings_is_a_conflict_that_shows_them(acts: Acting) -> None:
    days = {"weekdays": ["FRIDAY", "MONDAY"], "startsAt": "09:00", "endsAt": "18:00"}
    assert (await set_own(acts, "smirnov", signature="Смирнов", officeHours=[days]))["settings"]["version"] == 1
    again = await act(acts, "smirnov", "setMailboxSettings", {"version": 0, "signature": "С. С."}, FIELDS)
    assert codes_of(again) == [("CONFLICT", ["version"])]
    ordered = {**days, "weekdays": ["MONDAY", "FRIDAY"]}
    assert again["settings"] == {"signature": "Смирнов", "version": 1, "officeHours": [ordered]}
    same = await act(acts, "smirnov", "setMailboxSettings", {"version": 0, "signature": "Смирнов"}, FIELDS)
    assert (same["userErrors"], same["settings"]["version"]) == ([], 1)
    [fact] = await acts.found("messages.facts")
    assert "Смирнов" not in str(fact)
    assert {change["field"] for change in fact["changes"]} == {"signature", "office_hours"}
