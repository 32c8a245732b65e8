"""Events of subscriptions: who receives which, as long as they may read the object."""

import time
from collections import Counter
from datetime import timedelta
from typing import Any

from auth.viewer import Role
from connectors.assembly import Clients
from gateway.context import Clock
from gateway.jobs.notifications import Inboxes, Notifier
from tests.gateway.http.live.listening import MARKS, REMARKS, Listener, connected, ending_in, listening, settled
from tests.gateway.school import TODAY
from tests.gateway.writing.acting import Acting

STUDENT, PARENT, TEACHER, CLASS_TEACHER = Role.STUDENT, Role.PARENT, Role.TEACHER, Role.CLASS_TEACHER


async def change_mark(acts: Acting, key: str, comment: str = "again") -> None:
    """Change a mark as another system would."""
    await acts.change("grades.marks", {"_id": acts.id("Mark", key)}, {"$set": {"comment": comment}})


async def add_remark(acts: Acting, number: int = 0) -> None:
    sent = {"studentId": acts.id("Student", "ivan"), "text": "Разговаривал"}
    payload = await acts.act("smirnov", TEACHER, "addRemark", sent, "id", Idempotency_Key=f"remark {number}")
    assert payload["userErrors"] == []


async def next_mark(listener: Listener) -> str:
    return str((await listener.event())["markChanged"]["mark"]["id"])


async def test_a_student_receives_their_own_mark_as_it_is_now_and_nobody_else_s(acts: Acting) -> None:
    async with listening(acts, "ivan", STUDENT, MARKS) as ivan:
        await acts.change("grades.marks", {"student_id": acts.id("Student", "petr")}, {"$set": {"comment": "his"}})
        await acts.change("grades.marks", {"_id": acts.id("Mark", "m1")}, {"$set": {"value": "3"}})
        assert await ivan.event() == {
            "markChanged": {
                "student": {"id": acts.id("Student", "ivan")},
                "mark": {"id": acts.id("Mark", "m1"), "value": "3"},
            }
        }


async def test_a_mark_given_by_a_mutation_arrives_at_parent_and_class_teacher(acts: Acting) -> None:
    async with listening(acts, "olga", PARENT, MARKS) as olga, listening(acts, "kuznetsova", CLASS_TEACHER) as klass:
        await klass.subscribe(MARKS)
        await change_mark(acts, "m2")
        assert await next_mark(olga) == await next_mark(klass) == acts.id("Mark", "m2")


async def test_only_events_of_the_named_students_arrive(acts: Acting) -> None:
    query = "subscription($ids: [ID!]) { markChanged(studentIds: $ids) { student { id } } }"
    anna = acts.id("Student", "anna")
    async with listening(acts, "olga", PARENT, query, ids=[anna]) as olga:
        await change_mark(acts, "m1")
        await acts.change("grades.marks", {"student_id": anna}, {"$set": {"comment": "hers"}})
        assert (await olga.event())["markChanged"]["student"]["id"] == anna


async def test_a_student_of_others_is_not_found_at_the_beginning(acts: Acting) -> None:
    query = "subscription($ids: [ID!]) { markChanged(studentIds: $ids) { student { id } } }"
    async with listening(acts, "olga", PARENT) as olga:
        payload = {"query": query, "variables": {"ids": [acts.id("Student", "petr")]}}
        await olga.send("subscribe", id="1", payload=payload)
        message = await olga.message()
        assert message["type"] == "error"
        assert [error["extensions"]["code"] for error in message["payload"]] == ["NOT_FOUND"]


async def test_a_teacher_receives_marks_of_their_own_subjects_alone(acts: Acting) -> None:
    ivan = acts.id("Student", "ivan")
    taught = acts.id("Subject", "math")
    [other, *_] = await acts.found("grades.marks", student_id=ivan, subject_id={"$ne": taught})
    async with listening(acts, "smirnov", TEACHER, MARKS) as smirnov:
        await acts.change("grades.marks", {"_id": other["_id"]}, {"$set": {"comment": "of another subject"}})
        await change_mark(acts, "m1")
        assert await next_mark(smirnov) == acts.id("Mark", "m1")


async def test_a_guardian_whose_right_has_ended_receives_nothing_more(acts: Acting) -> None:
    guardianship = acts.id("Guardianship", "olga:ivan")
    anna = acts.id("Student", "anna")
    [hers, *_] = await acts.found("grades.marks", student_id=anna)
    async with listening(acts, "olga", PARENT, MARKS) as olga:
        await change_mark(acts, "m1")
        assert await next_mark(olga) == acts.id("Mark", "m1")
        await acts.change("directory.guardianships", {"_id": guardianship}, {"$set": {"valid_to": "2026-11-17"}})
        await change_mark(acts, "m2")
        await acts.change("grades.marks", {"_id": hers["_id"]}, {"$set": {"comment": "hers"}})
        assert await next_mark(olga) == hers["_id"]


async def test_a_student_who_has_left_a_class_receives_nothing_more_of_it(acts: Acting) -> None:
    moved = [{"class_id": acts.id("Class", "7b"), "starts_on": "2026-11-18", "ends_on": None, "is_primary": True}]
    async with listening(acts, "fedor", STUDENT, "subscription { lessonChanged { lesson { id room } } }") as fedor:
        await acts.change("schedule.lessons", {"_id": acts.id("Lesson", "sat1")}, {"$set": {"room": "1"}})
        assert (await fedor.event())["lessonChanged"]["lesson"]["room"] == "1"
        await acts.change("directory.people", {"_id": acts.id("Person", "fedor")}, {"$set": {"enrolments": moved}})
        await acts.change("schedule.lessons", {"_id": acts.id("Lesson", "sat1")}, {"$set": {"room": "2"}})
        await fedor.subscribe("subscription { lessonChanged { lesson { id room } } }", "2")
        await acts.change("schedule.lessons", {"_id": acts.id("Lesson", "sat2")}, {"$set": {"room": "3"}})
        lesson = {"_id": acts.id("Lesson", "sat1")}
        await acts.change("schedule.lessons", lesson, {"$set": {"room": "4", "class_ids": [acts.id("Class", "7b")]}})
        for _ in ("1", "2"):  # both subscriptions follow the new class from the first event on that was withheld
            assert (await fedor.event())["lessonChanged"]["lesson"]["room"] == "4"


async def test_a_subscription_ends_when_the_person_loses_the_role(acts: Acting) -> None:
    async with listening(acts, "olga", PARENT, MARKS) as olga:
        await acts.change("directory.people", {"_id": acts.id("Person", "olga")}, {"$set": {"roles": []}})
        await change_mark(acts, "m1")
        message = await olga.message()
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] == "SUBSCRIPTION_ENDED"
        assert await olga.closed() == 4403


async def test_a_subscription_ends_with_the_token(acts: Acting) -> None:
    leeway = acts.served.settings.auth.leeway_s
    bearer = ending_in(acts.bearer("ivan", STUDENT), 2 - leeway)
    async with connected(acts.served, {"authorization": f"Bearer {bearer}"}) as ivan:
        await ivan.subscribe(MARKS)
        message = await ivan.message()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "SUBSCRIPTION_ENDED")
        assert await ivan.closed() == 4403


async def test_an_event_that_waits_is_not_delivered_when_the_token_has_expired(acts: Acting) -> None:
    bearer = ending_in(acts.bearer("ivan", STUDENT), 3 - acts.served.settings.auth.leeway_s)
    ends = time.time() + 3
    async with connected(acts.served, {"authorization": f"Bearer {bearer}"}) as ivan:
        await ivan.subscribe(MARKS)
        await change_mark(acts, "m1")
        assert await next_mark(ivan) == acts.id("Mark", "m1")
        time.sleep(max(0.0, ends - time.time()))  # noqa: ASYNC251 - no timer of the gateway runs before the change
        await change_mark(acts, "m2")
        message = await ivan.message()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "SUBSCRIPTION_ENDED")
        assert await ivan.closed() == 4403


async def reads_of(acts: Acting, *keys: str) -> Counter[str]:
    """How often each collection is read when these marks are changed at once and delivered to their student."""
    marks = acts.client[f"{acts.prefix}_grades"]["marks"]
    ids = [acts.id("Mark", key) for key in keys]
    async with listening(acts, "ivan", STUDENT, MARKS) as ivan:
        acts.served.recorder.clear()
        await marks.update_many({"_id": {"$in": ids}}, {"$set": {"comment": "at once"}})
        assert {await next_mark(ivan) for _ in ids} == set(ids)
        commands = acts.served.recorder.commands
        return Counter(f"{database.removeprefix(acts.prefix)[1:]}.{name}" for database, name, _ in commands)


async def test_an_event_costs_the_look_up_of_the_viewer_a_read_of_its_topics_and_those_of_its_plan(
    acts: Acting,
) -> None:
    viewer = {"directory.external_ids": 1, "directory.people": 1, "directory.schools": 1}
    assert await reads_of(acts, "m1") == {**viewer, "grades.marks": 2}


async def test_events_at_once_share_the_look_up_of_the_viewer_and_the_read_of_their_topics(acts: Acting) -> None:
    read = await reads_of(acts, "m1", "m2", "m3")
    assert read["grades.marks"] <= 6  # three of the plans, and one each time that some of them arrive
    assert read["directory.people"] < 3


async def test_a_remark_arrives_at_parents_and_a_student_may_not_even_subscribe(acts: Acting) -> None:
    async with listening(acts, "olga", PARENT, REMARKS) as olga, listening(acts, "ivan", STUDENT) as ivan:
        await ivan.send("subscribe", id="1", payload={"query": REMARKS})
        message = await ivan.message()
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
        await add_remark(acts)
        assert (await olga.event())["remarkAdded"]["remark"]["text"] == "Разговаривал"


async def frames(acts: Acting, notifier: Notifier, *, with_remarks: bool) -> list[Any]:
    """All that a student is sent while marks are changed, perhaps with remarks between."""
    await acts.restore()
    await settled(acts)
    found = []
    async with listening(acts, "ivan", STUDENT, MARKS) as ivan:
        await ivan.subscribe("subscription { notificationAdded { kind object { id } } }", "2")
        await ivan.subscribe("subscription { homeworkChanged { homework { id } } }", "3")
        for number, key in enumerate(("m1", "m2")):
            if with_remarks:
                await add_remark(acts, number)
            sent = {"markId": acts.id("Mark", key), "version": None, "comment": "Исправлено"}
            payload = await acts.act("smirnov", TEACHER, "changeMark", sent)
            assert payload["userErrors"] == []
            while await notifier.notify():
                pass
            found += [await ivan.message(), await ivan.message()]
        await change_mark(acts, "m3")
        found.append(await ivan.message())
    for one in found:  # a cursor is encrypted: no two are alike
        one["payload"]["extensions"]["cursor"] = len(one["payload"]["extensions"]["cursor"])
    return sorted((one["id"], str(one["payload"])) for one in found)


async def test_frames_of_a_student_do_not_depend_on_remarks(acts: Acting, mongo_uri: str) -> None:
    async with Clients(mongo_uri, prefix=acts.prefix, timeout_s=30) as clients:
        inboxes = Inboxes(clients.connectors, Clock(TODAY).day_in, timedelta(days=1))
        notifier = Notifier(inboxes, batch=20)
        without = await frames(acts, notifier, with_remarks=False)
        assert await frames(acts, notifier, with_remarks=True) == without
    assert [operation for operation, _ in without] == ["1", "1", "1", "2", "2"]


async def test_homework_arrives_once_for_each_child_whom_it_is_for(acts: Acting) -> None:
    [homework, *_] = await acts.found(
        "diary.homework", class_ids=acts.id("Class", "7a"), student_ids=None, group_id=None
    )
    async with listening(acts, "olga", PARENT, "subscription { homeworkChanged { homework { id } } }") as olga:
        await acts.change("diary.homework", {"_id": homework["_id"]}, {"$set": {"text": "§ 12"}})
        assert (await olga.event())["homeworkChanged"]["homework"][
            "id"
        ] == f"{homework['_id']}.{acts.id('Student', 'ivan')}"


async def test_a_changed_lesson_arrives_at_whom_it_is_for(acts: Acting) -> None:
    lesson = acts.id("Lesson", "mon1")
    async with listening(acts, "ivan", STUDENT, "subscription { lessonChanged { lesson { id room } } }") as ivan:
        await acts.change("schedule.lessons", {"_id": acts.id("Lesson", "monb")}, {"$set": {"room": "1"}})
        await acts.change("schedule.lessons", {"_id": lesson}, {"$set": {"room": "2"}})
        assert (await ivan.event())["lessonChanged"]["lesson"] == {
            "id": acts.own("Lesson", "mon1", "ivan"),
            "room": "2",
        }


async def test_attendance_and_absence_notices_arrive_when_they_change(acts: Acting) -> None:
    ivan = acts.id("Student", "ivan")
    [record, *_] = await acts.found("diary.attendance", student_id=ivan)
    [notice, *_] = await acts.found("diary.absence_notices", student_id=ivan)
    async with listening(
        acts, "olga", PARENT, "subscription { attendanceChanged { attendance { id status } } }"
    ) as olga:
        await olga.subscribe("subscription { absenceNoticeStateChanged { absenceNotice { id state } } }", "2")
        await acts.change("diary.attendance", {"_id": record["_id"]}, {"$set": {"status": "LATE"}})
        assert (await olga.event())["attendanceChanged"]["attendance"] == {"id": record["_id"], "status": "LATE"}
        await acts.change("diary.absence_notices", {"_id": notice["_id"]}, {"$set": {"reason": "no event"}})
        await acts.change("diary.absence_notices", {"_id": notice["_id"]}, {"$set": {"state": "REJECTED"}})
        assert (await olga.event())["absenceNoticeStateChanged"]["absenceNotice"] == {
            "id": notice["_id"],
            "state": "REJECTED",
        }


async def test_an_assigned_test_arrives_at_its_student(acts: Acting) -> None:
    [assignment, *_] = await acts.found("assessments.assignments", student_id=acts.id("Student", "ivan"))
    async with listening(acts, "ivan", STUDENT, "subscription { testAssigned { id } }") as ivan:
        test_id = acts.id("Test", "another")
        tests = await acts.found("assessments.tests", _id=assignment["test_id"])
        await acts.insert("assessments.tests", {**tests[0], "_id": test_id})
        await acts.insert("assessments.assignments", {**assignment, "_id": "again", "test_id": test_id})
        assert (await ivan.event())["testAssigned"]["id"] == acts.own("Test", "another", "ivan")


async def test_a_message_arrives_at_its_recipient_and_not_at_its_author(acts: Acting) -> None:
    query = "subscription { messageReceived { body } }"
    async with listening(acts, "olga", PARENT, query) as olga, listening(acts, "smirnov", TEACHER, query) as smirnov:
        to = {"recipientIds": [f"{acts.id('Person', 'smirnov')}.STAFF"]}
        fields, letter = "conversations { id }", {"to": to, "text": "Добрый день"}
        payload = await acts.act("olga", PARENT, "sendMessage", letter, fields, Idempotency_Key="a")
        assert payload["userErrors"] == []
        assert await smirnov.event() == {"messageReceived": {"body": "Добрый день"}}
        answer = {"to": {"conversationId": payload["conversations"][0]["id"]}, "text": "Здравствуйте"}
        payload = await acts.act("smirnov", TEACHER, "sendMessage", answer, Idempotency_Key="b")
        assert payload["userErrors"] == []
        assert await olga.event() == {"messageReceived": {"body": "Здравствуйте"}}


async def test_an_announcement_arrives_at_those_for_whom_it_is(acts: Acting) -> None:
    [one, *_] = await acts.found("announcements.announcements", school_id=acts.id("School", "perm"))
    place = acts.id("Class", "7a")
    query = "subscription { announcementAdded { title } }"
    async with listening(acts, "ivan", STUDENT, query) as ivan, listening(acts, "anna", STUDENT, query) as anna:
        for title, audience in (("7А", [f"{place}:STUDENT"]), ("всем", [f"{acts.id('School', 'perm')}:STUDENT"])):
            document = {**one, "_id": f"ann_{title}", "title": title, "audience": audience, "archived_at": None}
            await acts.insert("announcements.announcements", document)
        assert [(await ivan.event())["announcementAdded"]["title"] for _ in range(2)] == ["7А", "всем"]
        assert (await anna.event())["announcementAdded"]["title"] == "всем"
