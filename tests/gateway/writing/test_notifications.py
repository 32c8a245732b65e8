"""Notifications of what staff change: who is told, who is told no longer, and what the mutations on them do.

Today is Wednesday 18 November 2026. Ivan (7А) and Anna (7Б) are Olga's children, Igor is Ivan's father, Pavel Petr's.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest

from auth.viewer import Role
from connectors.assembly import Clients, Connectors
from gateway.context import Clock
from gateway.jobs.notifications import Inboxes, Notifier
from gateway.jobs.notifications.notifier import MOST_ATTEMPTS
from tests.gateway.generated import ROOMY
from tests.gateway.served import Recorder
from tests.gateway.writing.acting import Acting, acting, codes_of
from tests.gateway.writing.seeing import answers
from tests.gateway.writing.test_announcements import new as announcement
from tests.gateway.writing.test_marks import one_mark
from tests.gateway.writing.test_remarks import commented, remarked, withdrawn
from tests.gateway.writing.test_roles import INPUTS

TEACHER: Final = Role.TEACHER
ADMIN: Final = ("admin", Role.ADMINISTRATOR)
FAMILY: Final = {"ivan": Role.STUDENT, "anna": Role.STUDENT, "olga": Role.PARENT, "igor": Role.PARENT}
INBOX: Final = """{ viewer { unreadNotifications } notifications(first: 50) { totalCount nodes {
  id kind at isRead student { id } object { id __typename ... on Mark { value } } } } }"""


class People:
    """The people of the school, and the job that notifies them."""

    def __init__(self, acts: Acting, connectors: Connectors) -> None:
        self.acts = acts
        self.connectors = connectors
        self.notifier = Notifier(Inboxes(connectors, Clock(date(2026, 11, 18)).day_in, timedelta(days=1)), batch=20)

    async def restore(self) -> None:
        """Write the school anew, with empty inboxes."""
        await self.acts.restore()
        await self.connectors.notifications.source.database["notifications"].delete_many({})

    async def inbox(self, who: str, role: Role | None = None) -> list[dict[str, Any]]:
        """What somebody finds in their inbox, the latest first, once all facts were looked at."""
        while await self.notifier.notify():
            pass
        return (await self.answer(who, role))["notifications"]["nodes"]  # type: ignore[no-any-return] # of an answer

    async def answer(self, who: str, role: Role | None = None) -> dict[str, Any]:
        answer = await self.acts.answer(who, role or FAMILY[who], INBOX)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        assert data["notifications"]["totalCount"] == len(data["notifications"]["nodes"])
        return data

    async def kinds(self, who: str, role: Role | None = None) -> list[tuple[str, bool]]:
        """The kind of each notification of somebody, and whether it is read."""
        return [(one["kind"], one["isRead"]) for one in await self.inbox(who, role)]


@asynccontextmanager
async def people_of(mongo_uri: str, name: str) -> AsyncIterator[People]:
    """The school through a gateway that asks for the rights of everybody at each request, for it has no Redis."""
    prefix = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    async with (
        acting(mongo_uri, None, prefix, **ROOMY) as acts,
        Clients(mongo_uri, prefix=prefix, timeout_s=30) as clients,
    ):
        yield People(acts, clients.connectors)


@pytest.fixture(scope="module")
async def _people(mongo_uri: str) -> AsyncIterator[People]:
    async with people_of(mongo_uri, "notified") as people:
        yield people


@pytest.fixture
async def people(_people: People) -> People:
    await _people.restore()
    return _people


async def give(acts: Acting, value: str = "3", student: str = "ivan") -> str:
    sent = one_mark(acts, value=value, studentId=acts.id("Student", student))
    return str((await acts.act("smirnov", TEACHER, "giveMark", sent, "mark { id }"))["mark"]["id"])


async def change(acts: Acting, mark: str, **values: Any) -> None:
    sent = {"markId": mark, "version": None, **values}
    assert (await acts.act("smirnov", TEACHER, "changeMark", sent))["userErrors"] == []


async def read_all(acts: Acting, who: str, until: str = "2026-11-19T00:00:00+05:00") -> dict[str, Any]:
    sent = {"until": until}
    return await acts.act(who, FAMILY[who], "markNotificationsRead", sent, "viewer { unreadNotifications }")


# ── what was changed, and who is told ──


async def test_a_mark_is_told_to_the_student_and_the_parents_of_today(people: People) -> None:
    mark = await give(people.acts)
    for who in ("ivan", "olga", "igor"):
        [one] = await people.inbox(who)
        assert (one["kind"], one["isRead"]) == ("MARK", False)
        assert one["student"] == {"id": people.acts.id("Student", "ivan")}
        assert one["object"] == {"id": mark, "__typename": "Mark", "value": "3"}
        at = datetime.fromisoformat(one["at"])
        assert (at.date().isoformat(), at.utcoffset()) == ("2026-11-18", timedelta(hours=5))
        assert (await people.answer(who))["viewer"]["unreadNotifications"] == 1
    owners = {one["owner"].partition(".")[0] for one in await people.acts.found("notifications.notifications")}
    family = ("ivan", "olga", "igor")  # neither Granny, who was a guardian, nor Aunt, who will be, nor who is barred
    assert owners == {people.acts.id("Person", own) for own in family}


async def test_nobody_is_told_twice_when_facts_are_looked_at_again(people: People) -> None:
    await give(people.acts)
    assert await people.kinds("ivan") == [("MARK", False)]
    await read_all(people.acts, "ivan")
    facts = people.connectors.grades.source.database["facts"]
    assert await people.acts.found("grades.facts", awaits_notifications=True) == []
    await facts.update_many({}, {"$set": {"awaits_notifications": True}})  # as after a process that was killed
    assert await people.kinds("ivan") == [("MARK", True)]
    assert await people.kinds("olga") == [("MARK", False)]


async def test_a_corrected_mark_is_one_notification_with_the_last_value(people: People) -> None:
    mark = await give(people.acts, "2")
    await change(people.acts, mark, value="5")
    [one] = await people.inbox("olga")
    assert one["object"]["value"] == "5"
    await read_all(people.acts, "olga")
    await change(people.acts, mark, value="4")
    [again] = await people.inbox("olga")
    assert (again["id"], again["isRead"], again["object"]["value"]) == (one["id"], False, "4")
    await read_all(people.acts, "olga")
    await change(people.acts, mark, weight=2)  # of which nobody is told
    assert await people.kinds("olga") == [("MARK", True)]


async def test_nothing_is_left_of_a_mark_that_was_removed(people: People) -> None:
    mark = await give(people.acts)
    assert await people.kinds("ivan") == [("MARK", False)]
    await people.acts.act("smirnov", TEACHER, "removeMark", {"markId": mark, "version": None})
    assert await people.inbox("ivan") == await people.inbox("olga") == []
    assert (await people.answer("olga"))["viewer"]["unreadNotifications"] == 0


async def test_a_remark_is_told_to_parents_alone(people: People) -> None:
    remark = (await remarked(people.acts))["id"]
    [one] = await people.inbox("olga")
    assert (one["kind"], one["object"]) == ("COMMENT", {"id": remark, "__typename": "Remark"})
    assert await people.inbox("ivan") == []
    rows = await people.acts.found("notifications.notifications")
    assert {row["role"] for row in rows} == {"PARENT"}
    await withdrawn(people.acts, remark)
    assert await people.inbox("olga") == []


async def test_a_student_cannot_tell_that_there_is_a_notification_of_a_remark(people: People) -> None:
    acts = people.acts
    await commented(acts)
    [comment] = await people.inbox("ivan")
    before = await answers(acts, "ivan", Role.STUDENT, comment["id"])
    inbox = await people.answer("ivan")
    await remarked(acts)
    [one] = [own for own in await people.inbox("olga") if own["object"]["__typename"] == "Remark"]
    assert await people.answer("ivan") == inbox
    assert [own for own in await answers(acts, "ivan", Role.STUDENT, comment["id"]) if own not in before] == []
    hidden = await acts.answer("ivan", Role.STUDENT, f'{{ node(id: "{one["id"]}") {{ id }} }}')
    assert [error["extensions"]["code"] for error in hidden["errors"]] == ["NOT_FOUND"]
    sent = {"notificationIds": [one["id"]]}
    payload = await acts.act("ivan", Role.STUDENT, "markNotificationsRead", sent)
    assert codes_of(payload) == [("NOT_FOUND", ["notificationIds", "0"])]


async def test_attendance_is_told_until_it_is_corrected(people: People) -> None:
    acts = people.acts
    student, lesson = acts.id("Student", "ivan"), acts.id("Lesson", "mon1")

    async def record(status: str, **more: Any) -> None:
        sent = {"lessonId": lesson, "records": [{"studentId": student, "status": status, **more}]}
        assert (await acts.act("smirnov", TEACHER, "recordAttendance", sent))["userErrors"] == []

    await record("LATE", minutesLate=5)
    [one] = await people.inbox("olga")
    assert (one["kind"], one["object"]["id"]) == ("ATTENDANCE", acts.own("Lesson", "mon1", "ivan"))
    await record("PRESENT")
    assert await people.inbox("olga") == []


async def test_homework_is_told_to_those_for_whom_it_is(people: People) -> None:
    acts = people.acts
    sent: dict[str, Any] = {"lessonId": acts.id("Lesson", "sat1"), "text": "№ 5", "kind": "HOMEWORK"}
    [lesson] = await acts.found("schedule.lessons", _id=sent["lessonId"])
    assert lesson["class_ids"] == [acts.id("Class", "7a")]
    payload = await acts.act(
        "smirnov", TEACHER, "assignHomework", sent, "homework { id version }", Idempotency_Key="homework"
    )
    task = payload["homework"]
    [one] = await people.inbox("ivan")
    assert (one["kind"], one["object"]["id"]) == ("HOMEWORK", f"{task['id']}.{acts.id('Student', 'ivan')}")
    assert await people.inbox("anna") == []
    narrowed = {"homeworkId": task["id"], "version": 1, "studentIds": [acts.id("Student", "petr")]}
    assert (await acts.act("smirnov", TEACHER, "updateHomework", narrowed))["userErrors"] == []
    assert await people.inbox("ivan") == []
    assert await people.kinds("pavel", Role.PARENT) == [("HOMEWORK", False)]


async def test_a_lesson_that_was_cancelled_is_told_to_its_class(people: People) -> None:
    acts = people.acts
    for lesson in ("sat1", "tue1"):  # Tuesday was yesterday
        sent = {"lessonId": acts.id("Lesson", lesson), "version": None, "isCancelled": lesson == "sat1"}
        assert (await acts.act(*ADMIN, "cancelLesson", sent))["userErrors"] == []
    [one] = await people.inbox("olga")
    assert (one["kind"], one["object"]["id"]) == ("LESSON_CHANGE", acts.own("Lesson", "sat1", "ivan"))
    assert await people.kinds("ivan") == [("LESSON_CHANGE", False)]
    assert await people.inbox("anna") == []


async def test_an_announcement_is_told_once_to_each_of_its_readers(people: People) -> None:
    acts = people.acts
    sent = announcement(acts, "7a", "7b", roles="PARENT")
    await acts.act(*ADMIN, "createAnnouncement", sent, Idempotency_Key="classes")
    whole = announcement(acts, roles="STUDENT PARENT", audience={"schoolId": acts.id("School", "perm")})
    payload = await acts.act(*ADMIN, "createAnnouncement", whole, "announcement { id }", Idempotency_Key="school")
    own = payload["announcement"]["id"]
    assert await people.kinds("olga") == [("ANNOUNCEMENT", False)] * 2
    [one] = await people.inbox("anna")
    assert (one["student"], one["object"]["id"]) == (None, own)
    await read_all(acts, "anna")
    edited = {"announcementId": own, "version": 1, "title": "Не каток"}
    assert (await acts.act(*ADMIN, "editAnnouncement", edited))["userErrors"] == []
    assert await people.kinds("anna") == [("ANNOUNCEMENT", True)]
    await acts.act(*ADMIN, "archiveAnnouncement", {"announcementId": own, "version": None})
    assert await people.inbox("anna") == []


async def test_an_answered_notice_of_absence_is_told_to_parents(people: People) -> None:
    acts = people.acts
    sent = {"studentId": acts.id("Student", "ivan"), "absence": {"days": ["2026-12-01"]}, "reason": "Болеет"}
    payload = await acts.act(
        "olga", Role.PARENT, "submitAbsenceNotice", sent, "notice { id version }", Idempotency_Key="absence"
    )
    assert await people.inbox("igor") == []
    answered = {"noticeId": payload["notice"]["id"], "version": payload["notice"]["version"]}
    await acts.act("kuznetsova", Role.CLASS_TEACHER, "confirmAbsenceNotice", answered)
    assert await people.kinds("igor") == [("ABSENCE_NOTICE", False)]
    assert await people.inbox("ivan") == []


async def test_a_test_is_told_to_students_alone(people: People) -> None:
    acts = people.acts
    sent = await INPUTS["assignTest"](acts, "ivan")
    assert (await acts.act("smirnov", TEACHER, "assignTest", sent))["userErrors"] == []
    [one] = await people.inbox("alyona", Role.STUDENT)
    assert (one["kind"], one["object"]["__typename"]) == ("HOMEWORK", "Test")
    assert {row["role"] for row in await acts.found("notifications.notifications")} == {"STUDENT"}


# ── rights ──


async def test_a_parent_reads_nothing_of_a_child_once_the_right_has_ended(people: People) -> None:
    acts = people.acts
    await give(acts)
    [one] = await people.inbox("igor")
    ended = {"$set": {"valid_to": "2026-11-17"}}
    whose = {"person_id": acts.id("Person", "igor"), "student_id": acts.id("Student", "ivan")}
    await acts.change("directory.guardianships", whose, ended)
    data = await acts.answer("igor", Role.PARENT, INBOX)
    assert data["data"]["notifications"] == {"totalCount": 0, "nodes": []}
    assert data["data"]["viewer"]["unreadNotifications"] == 0
    payload = await acts.act("igor", Role.PARENT, "markNotificationsRead", {"notificationIds": [one["id"]]})
    assert codes_of(payload) == [("NOT_FOUND", ["notificationIds", "0"])]


async def test_nobody_is_told_whose_right_ended_between_the_change_and_the_notification(people: People) -> None:
    await give(people.acts)
    whose = {"person_id": people.acts.id("Person", "igor"), "student_id": people.acts.id("Student", "ivan")}
    await people.acts.change("directory.guardianships", whose, {"$set": {"data_access": False}})
    assert await people.kinds("olga") == [("MARK", False)]
    owners = {row["person_id"] for row in await people.acts.found("notifications.notifications")}
    assert people.acts.id("Person", "igor") not in owners


# ── reading, marking and choosing ──


async def test_single_notifications_are_marked_as_read(people: People) -> None:
    acts = people.acts
    await give(acts)
    await commented(acts)
    comment, mark = await people.inbox("olga")
    assert (comment["kind"], mark["kind"]) == ("COMMENT", "MARK")
    fields = "notifications { id isRead } viewer { unreadNotifications }"
    sent = {"notificationIds": [mark["id"]]}
    for _ in range(2):
        payload = await acts.act("olga", Role.PARENT, "markNotificationsRead", sent, fields)
        assert payload["notifications"] == [{"id": mark["id"], "isRead": True}]
        assert payload["viewer"] == {"unreadNotifications": 1}
    query = "{ notifications(unreadOnly: true) { nodes { id } } of: notifications(kinds: [MARK]) { nodes { id } } }"
    data = (await acts.answer("olga", Role.PARENT, query))["data"]
    assert data == {"notifications": {"nodes": [{"id": comment["id"]}]}, "of": {"nodes": [{"id": mark["id"]}]}}
    assert await people.kinds("igor") == [("COMMENT", False), ("MARK", False)]
    until = await acts.act("olga", Role.PARENT, "markNotificationsRead", {"until": comment["at"]}, fields)
    assert (until["notifications"], until["viewer"]) == ([], {"unreadNotifications": 0})


async def test_it_is_said_what_cannot_be_marked_as_read(people: People) -> None:
    acts = people.acts
    await give(acts)
    [own] = await people.inbox("olga")
    [others] = await people.inbox("igor")
    first, second, third = (("NOT_FOUND", ["notificationIds", str(place)]) for place in range(3))
    for sent, expected in (
        ({}, [("REQUIRED", None)]),
        ({"notificationIds": [own["id"], others["id"], "ntf_none"]}, [second, third]),
        ({"notificationIds": ["ntf_none"] * 101}, [first]),
        ({"notificationIds": [f"ntf_{n}" for n in range(101)]}, [("TOO_MANY", ["notificationIds"])]),
    ):
        found = codes_of(await acts.act("olga", Role.PARENT, "markNotificationsRead", sent))
        assert found[: len(expected)] == expected
    assert await people.kinds("olga") == [("MARK", False)]


async def test_nobody_is_told_of_what_they_do_not_want_to_hear(people: People) -> None:
    acts = people.acts
    sent: dict[str, Any] = {"kinds": [{"kind": "MARK", "channels": []}]}
    fields = "settings { kinds { kind channels } }"
    payload = await acts.act("olga", Role.PARENT, "setNotificationSettings", sent, fields)
    chosen = {one["kind"]: one["channels"] for one in payload["settings"]["kinds"]}
    assert chosen.pop("MARK") == []
    assert set(chosen) == {"FINAL_GRADE", "ATTENDANCE", "COMMENT", "HOMEWORK", "LESSON_CHANGE",
                           "ANNOUNCEMENT", "ABSENCE_NOTICE", "CONTROL_WORK", "ABSENCES"}  # fmt: skip
    assert all(channels == ["INBOX"] for channels in chosen.values())
    await give(acts)
    await commented(acts)
    assert await people.kinds("olga") == [("COMMENT", False)]
    assert await people.kinds("igor") == [("COMMENT", False), ("MARK", False)]
    sent = {"kinds": [{"kind": "MARK", "channels": ["INBOX"]}]}
    again = await acts.act("olga", Role.PARENT, "setNotificationSettings", sent, fields)
    assert {"kind": "MARK", "channels": ["INBOX"]} in again["settings"]["kinds"]
    query = "{ viewer { notificationSettings { kinds { kind channels } } } }"
    read = (await acts.answer("olga", Role.PARENT, query))["data"]["viewer"]["notificationSettings"]
    assert read == again["settings"]


@pytest.mark.parametrize(
    ("who", "kinds", "expected"),
    [
        ("olga", [], [("REQUIRED", ["kinds"])]),
        (
            "ivan",
            ["ABSENCE_NOTICE", "MARK", "MARK"],
            [("NOT_ALLOWED", ["kinds", "0", "kind"]), ("TAKEN", ["kinds", "2", "kind"])],
        ),
    ],
)
async def test_it_is_said_what_cannot_be_chosen(
    people: People, who: str, kinds: list[str], expected: list[Any]
) -> None:
    sent = {"kinds": [{"kind": kind, "channels": []} for kind in kinds]}
    found = codes_of(await people.acts.act(who, FAMILY[who], "setNotificationSettings", sent))
    assert found == expected
    assert await people.acts.found("notifications.settings") == []


# ── the job ──


async def test_a_fact_that_nobody_understands_holds_up_no_other(people: People) -> None:
    await give(people.acts)
    [fact] = await people.acts.found("grades.facts")
    await people.connectors.grades.source.database["facts"].insert_one(
        {**fact, "_id": "fct_strange", "changes": None, "at": fact["at"] - timedelta(hours=1)}
    )
    assert await people.kinds("ivan") == [("MARK", False)]
    assert await people.acts.found("grades.facts", awaits_notifications=True) == []
    [strange] = await people.acts.found("grades.facts", notifications_failed="TypeError")
    assert strange["_id"] == "fct_strange"


async def test_a_fact_whose_notifications_mongodb_always_refuses_is_set_aside(people: People) -> None:
    """A validator of the collection stands for what is too large, or breaks a rule of the database."""
    database = people.acts.client[f"{people.acts.prefix}_notifications"]
    refused, other = await give(people.acts), await give(people.acts, student="petr")
    await database.command("collMod", "notifications", validator={"cause_id": {"$ne": refused}})
    try:
        tries = 0
        while await people.acts.found("grades.facts", awaits_notifications=True):
            await people.notifier.notify()
            tries += 1
            assert [
                one["cause_id"] for one in await people.acts.found("notifications.notifications", role="STUDENT")
            ] == [other]
    finally:
        await database.command("collMod", "notifications", validator={})
    assert tries == MOST_ATTEMPTS
    [failed] = await people.acts.found("grades.facts", notifications_failed="BulkWriteError")
    assert failed["object_id"] == refused


async def test_the_commands_of_a_batch_do_not_depend_on_its_facts(people: People, mongo_uri: str) -> None:
    recorder = Recorder()
    counts = []
    for students in (["ivan"], ["petr", "alyona", "fedor", "yakov"]):
        for student in students:
            await give(people.acts, student=student)
        recorder.clear()
        async with Clients(mongo_uri, prefix=people.acts.prefix, timeout_s=30, listeners=[recorder]) as clients:
            inboxes = Inboxes(clients.connectors, Clock(date(2026, 11, 18)).day_in, timedelta(days=1))
            assert await Notifier(inboxes).notify() is False
        counts.append((len(recorder.commands), len(recorder.writes)))
    assert counts[0] == counts[1]
