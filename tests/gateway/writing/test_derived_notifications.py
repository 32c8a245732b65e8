"""Notifications of what nobody has just changed: control works that are near, absences that have become many.

Today is Wednesday 18 November 2026. Ivan (7А) is a child of Olga and Igor; his next control work is a week away.
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from connectors.notifications import NotificationKind
from gateway.context import Clock
from gateway.jobs.notifications import Inboxes, Notifier, Reminders
from tests.gateway.writing.acting import Acting
from tests.gateway.writing.test_notifications import People, people_of, read_all

DAY: Final = date(2026, 11, 18)
MOST: Final = 2


@pytest.fixture(scope="module")
async def _people(mongo_uri: str) -> AsyncIterator[People]:
    async with people_of(mongo_uri, "derived") as people:
        yield people


@pytest.fixture
async def people(_people: People) -> People:
    await _people.restore()
    _people.notifier = Notifier(inboxes(_people), most_absences=MOST)
    return _people


def inboxes(people: People, day: date = DAY) -> Inboxes:
    return Inboxes(people.connectors, Clock(day).day_in, timedelta(days=1))


async def remind(people: People, day: date = DAY) -> None:
    found = inboxes(people, day)
    await Reminders(found, days=2, today_in=found.today_in).remind()


async def of_kind(people: People, who: str, kind: NotificationKind) -> list[dict[str, Any]]:
    return [one for one in await people.inbox(who) if one["kind"] == kind]


async def announced(people: People, who: str) -> list[bool]:
    """Whether somebody has read each notification of Ivan's next control work."""
    work = people.acts.id("Work", "next")
    found = await of_kind(people, who, NotificationKind.CONTROL_WORK)
    return [one["isRead"] for one in found if one["object"]["id"] == work]


async def test_a_control_work_is_announced_two_days_before_and_once(people: People) -> None:
    for day in (DAY, date(2026, 11, 22), date(2026, 11, 25)):
        await remind(people, day)
        assert await announced(people, "ivan") == []
    for day in (date(2026, 11, 23), date(2026, 11, 24)):
        await remind(people, day)
        for who in ("ivan", "olga", "igor"):
            assert await announced(people, who) == [who == "ivan" and day == date(2026, 11, 24)]
        await read_all(people.acts, "ivan", until="2026-12-31T00:00:00Z")


async def test_a_control_work_that_is_put_off_is_announced_again(people: People) -> None:
    work = people.acts.id("Work", "next")
    await remind(people, date(2026, 11, 23))
    await read_all(people.acts, "ivan", until="2026-12-31T00:00:00Z")
    await people.acts.change("grades.works", {"_id": work}, {"$set": {"planned_on": "2026-11-27"}})
    await remind(people, date(2026, 11, 24))
    assert await announced(people, "ivan") == [True]
    await remind(people, date(2026, 11, 25))
    assert await announced(people, "ivan") == [False]


async def test_nobody_is_reminded_who_is_in_another_group_or_has_no_right(people: People) -> None:
    await remind(people, date(2026, 11, 24))
    found = await people.acts.found("notifications.notifications", kind="CONTROL_WORK")
    english = {people.acts.id("Work", f"english {half}"): people.acts.id("Group", f"eng{half}") for half in (1, 2)}
    members = {
        one["student_id"]: {m["group_id"] for m in one["memberships"]}
        for one in await people.acts.found("directory.people")
        if one.get("student_id")
    }
    halves = [one for one in found if one["cause_id"] in english]
    assert halves
    assert all(english[one["cause_id"]] in members[one["student_id"]] for one in halves)
    barred = {people.acts.id("Person", who) for who in ("granny", "aunt")}
    assert not barred & {one["person_id"] for one in found}


async def absent(acts: Acting, *days: str, status: str = "ABSENT") -> None:
    """Have another system record absences, and somebody the last of them here."""
    record = {
        "school_id": acts.id("School", "school"),
        "student_id": acts.id("Student", "ivan"),
        "lesson_id": None,
        "subject_id": None,
        "minutes_late": None,
        "reason": None,
        "source_status": None,
        "status": status,
    }
    await acts.insert("diary.attendance", *({**record, "_id": f"att_{status}{day}", "date": day} for day in days))
    fact: dict[str, Any] = {
        "_id": f"fct_{status}{days[-1]}",
        "school_id": record["school_id"],
        "at": datetime.fromisoformat(days[-1]).replace(tzinfo=UTC),
        "action": "recordAttendance",
        "object_id": f"att_{status}{days[-1]}",
        "student_id": record["student_id"],
        "changes": [],
        "awaits_notifications": True,
    }
    await acts.insert("diary.facts", fact)


async def test_parents_alone_are_warned_when_absences_become_too_many(people: People) -> None:
    acts = people.acts
    await acts.client[f"{acts.prefix}_diary"]["attendance"].delete_many({})
    await absent(acts, "2026-11-02", "2026-11-03")
    await absent(acts, "2026-10-30", "2026-11-04", status="EXCUSED")  # neither of the month, nor without a reason
    assert await of_kind(people, "olga", NotificationKind.ABSENCES) == []
    await absent(acts, "2026-11-05")
    [one] = await of_kind(people, "olga", NotificationKind.ABSENCES)
    assert (one["isRead"], one["object"]["id"]) == (False, acts.id("Student", "ivan"))
    assert await of_kind(people, "ivan", NotificationKind.ABSENCES) == []
    owners = {one["role"] for one in await acts.found("notifications.notifications", kind="ABSENCES")}
    assert owners == {"PARENT"}
    await read_all(acts, "olga")
    await absent(acts, "2026-11-06")  # one more is no news
    [one] = await of_kind(people, "olga", NotificationKind.ABSENCES)
    assert one["isRead"]


async def test_a_warning_is_withdrawn_with_the_absences_and_given_again_after_new_ones(people: People) -> None:
    acts = people.acts
    await acts.client[f"{acts.prefix}_diary"]["attendance"].delete_many({})
    await absent(acts, "2026-11-02", "2026-11-03", "2026-11-05")
    assert len(await of_kind(people, "olga", NotificationKind.ABSENCES)) == 1
    await acts.change("diary.attendance", {"_id": "att_ABSENT2026-11-02"}, {"$set": {"status": "EXCUSED"}})
    await absent(acts, "2026-11-10", status="LATE")
    assert await of_kind(people, "olga", NotificationKind.ABSENCES) == []
    await absent(acts, "2026-11-11")
    assert [one["isRead"] for one in await of_kind(people, "olga", NotificationKind.ABSENCES)] == [False]


@pytest.mark.parametrize(
    ("place", "where", "index"),
    [
        ("grades.works", {"is_control_work": True, "planned_on": {"$gte": "2026-11-18"}}, "control_works"),
        ("notifications.settings", {"digest_due_at": {"$type": "date", "$lte": datetime.now(UTC)}}, "digest_due_at_1"),
        ("diary.facts", {"notifications_failed": {"$exists": True}}, "notifications_failed_1"),
    ],
)
async def test_what_jobs_look_for_is_found_by_an_index(
    people: People, place: str, where: dict[str, Any], index: str
) -> None:
    subsystem, _, collection = place.partition(".")
    database = people.acts.client[f"{people.acts.prefix}_{subsystem}"]
    plan = await database.command("explain", {"find": collection, "filter": where}, verbosity="queryPlanner")
    assert f"'indexName': '{index}'" in str(plan["queryPlanner"]["winningPlan"])
