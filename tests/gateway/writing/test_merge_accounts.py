"""Administrators merge two records of one adult (F23). Igor is a father of Ivan, Pavel one of Petr."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.writing.acting import Acting

ADMIN: Final = ("admin", Role.ADMINISTRATOR)
CHILDREN: Final = "viewer { person { id } children { displayName } }"


def records(acts: Acting, remaining: str, merged: str) -> dict[str, Any]:
    return {"keptPersonId": acts.id("Person", remaining), "mergedPersonId": acts.id("Person", merged)}


async def test_two_records_become_one_person_by_both_accounts(acts: Acting) -> None:
    person = {"_id": acts.id("Person", "pavel")}
    await acts.change("directory.people", person, {"$set": {"roles": ["PARENT", "TEACHER"]}})
    fields = "person { displayName heldRoles { role isInForce } }"
    payload = await acts.act(*ADMIN, "mergeAccounts", records(acts, "igor", "pavel"), fields)
    assert payload == {
        "person": {"displayName": "Иванов Игорь", "heldRoles": [{"role": "TEACHER", "isInForce": True}]},
        "userErrors": [],
    }
    for account in ("igor", "pavel"):
        # A mutation reads the rights afresh; queries may have those of a minute ago.
        answer = await acts.act(account, Role.PARENT, "updateMyProfile", {"version": None}, CHILDREN)
        assert answer["viewer"] == {
            "person": {"id": acts.id("Person", "igor")},
            "children": [{"displayName": "Иванов Иван Игоревич"}, {"displayName": "Петров Пётр Павлович"}],
        }
    [fact] = await acts.found("directory.facts")
    assert (fact["action"], fact["object_id"]) == ("mergeAccounts", acts.id("Person", "igor"))
    # What is merged is nobody any more.
    again = await acts.codes(*ADMIN, "mergeAccounts", records(acts, "igor", "pavel"))
    assert again == [("NOT_FOUND", ["mergedPersonId"])]


@pytest.mark.parametrize(
    ("remaining", "merged", "problems"),
    [
        ("igor", "igor", [("INVALID_INPUT", ["mergedPersonId"])]),
        ("igor", "nobody", [("NOT_FOUND", ["mergedPersonId"])]),
        ("ivan", "anna", [("NOT_ALLOWED", ["keptPersonId"]), ("NOT_ALLOWED", ["mergedPersonId"])]),
        ("olga", "pavel", [("NOT_ALLOWED", ["keptPersonId"])]),  # she has a child at another school
        ("pavel", "olga", [("NOT_ALLOWED", ["mergedPersonId"])]),
        ("igor", "barred", [("NOT_ALLOWED", ["mergedPersonId"])]),  # a merger does not undo what a court decided
        ("banned", "igor", [("NOT_ALLOWED", ["mergedPersonId"])]),
        ("igor", "granny", []),  # her right has ended
    ],
)
async def test_records_are_merged_where_that_gives_nobody_a_right_of_somebody_else(
    acts: Acting, remaining: str, merged: str, problems: list[Any]
) -> None:
    assert await acts.codes(*ADMIN, "mergeAccounts", records(acts, remaining, merged)) == problems
    changed: Mapping[str, Any] = {"$exists": True}
    merged_now = await acts.found("directory.people", merged_to=changed, _id=acts.id("Person", merged))
    assert len(merged_now) == (not problems)
    assert len(await acts.found("directory.facts")) == (not problems)


async def test_the_commands_do_not_depend_on_how_much_is_merged(acts: Acting) -> None:
    recorder = acts.served.recorder
    counts = []
    for more in (0, 5):
        await acts.restore()
        [right] = await acts.found("directory.guardianships", person_id=acts.id("Person", "pavel"))
        copies = [{**right, "_id": f"gua_{place}"} for place in range(more)]
        if copies:
            await acts.client[f"{acts.prefix}_directory"].guardianships.insert_many(copies)
        recorder.clear()
        assert await acts.codes(*ADMIN, "mergeAccounts", records(acts, "igor", "pavel")) == []
        counts.append((len(recorder.commands), len(recorder.writes)))
    assert counts[0] == counts[1]
