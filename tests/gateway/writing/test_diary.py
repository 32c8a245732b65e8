"""What families and class teachers do in the diary, rule by rule. Today is Wednesday 18 November 2026."""

import asyncio
from datetime import timedelta
from typing import Any

from auth.viewer import Role
from gateway.write_rules import WriteRules
from tests.gateway.writing.acting import Acting, codes_of, mutation

WEEK = "week { startsOn acknowledgement { by { id } } } student { id }"


async def test_the_payload_reads_anew_what_may_have_changed_and_nothing_else(acts: Acting) -> None:
    values = {"studentId": acts.id("Student", "ivan"), "weekStart": "2026-11-02"}
    acts.served.recorder.clear()
    payload = await acts.act("olga", Role.PARENT, "acknowledgeDiary", values, "week { acknowledgement { by { id } } }")
    assert payload["week"]["acknowledgement"]["by"]["id"] == acts.id("Person", "olga")
    # Who the viewer is, their children, the student of the input, who acknowledged: the student is not read again.
    assert acts.served.recorder.touched("directory", "people") == 4
    assert acts.served.recorder.touched("diary", "acknowledgements") == 2
    assert [name for _, name, _ in acts.served.recorder.writes] == ["insert", "insert", "commitTransaction"]


async def test_a_parent_acknowledges_a_week_that_is_over(acts: Acting) -> None:
    student = acts.id("Student", "ivan")
    values = {"studentId": student, "weekStart": "2026-11-02"}
    payload = await acts.act("olga", Role.PARENT, "acknowledgeDiary", values, WEEK)
    assert payload == {
        "week": {"startsOn": "2026-11-02", "acknowledgement": {"by": {"id": acts.id("Person", "olga")}}},
        "student": {"id": student},
        "userErrors": [],
    }
    [stored] = await acts.found("diary.acknowledgements", week_starts_on="2026-11-02")
    [fact] = await acts.found("diary.facts")
    assert fact["action"] == "acknowledgeDiary"
    assert fact["object_id"] == stored["_id"]
    assert fact["actor"] == {"person_id": acts.id("Person", "olga"), "role": "PARENT"}
    assert fact["student_id"] == student
    assert [(change["field"], change["before"]) for change in fact["changes"]] == [
        ("week_starts_on", None),
        ("acknowledged_at", None),
    ]


async def test_a_week_is_acknowledged_once_by_each_parent(acts: Acting) -> None:
    values = {"studentId": acts.id("Student", "ivan"), "weekStart": "2026-11-02"}
    for who in ("olga", "olga", "igor"):
        assert await acts.codes(who, Role.PARENT, "acknowledgeDiary", values) == []
    stored = await acts.found("diary.acknowledgements", week_starts_on="2026-11-02")
    assert sorted(one["person_id"] for one in stored) == sorted([acts.id("Person", "olga"), acts.id("Person", "igor")])
    assert len(await acts.found("diary.facts")) == 2


async def test_the_running_week_is_acknowledged_from_the_day_that_the_school_says(acts: Acting) -> None:
    values = {"studentId": acts.id("Student", "ivan"), "weekStart": "2026-11-16"}
    payload = await acts.act("olga", Role.PARENT, "acknowledgeDiary", values)
    [error] = payload["userErrors"]
    # Friday of that week, at midnight in Perm
    assert (error["code"], error["field"], error["retryAt"]) == (
        "WINDOW_CLOSED",
        ["weekStart"],
        "2026-11-20T00:00:00+05:00",
    )
    school = {"_id": acts.id("School", "perm")}
    await acts.change("directory.schools", school, {"$set": {"acknowledges_from": 3}})
    assert await acts.codes("olga", Role.PARENT, "acknowledgeDiary", values) == []
    await acts.change("directory.schools", school, {"$set": {"acknowledges_from": 8}})
    assert await acts.codes("olga", Role.PARENT, "acknowledgeDiary", values | {"weekStart": "2026-11-23"}) == [
        ("WINDOW_CLOSED", ["weekStart"])
    ]


async def test_two_problems_of_an_input_are_two_errors_in_its_order(acts: Acting) -> None:
    values = {"studentId": acts.id("Student", "petr"), "weekStart": "2026-11-03"}
    assert await acts.codes("olga", Role.PARENT, "acknowledgeDiary", values) == [
        ("NOT_FOUND", ["studentId"]),
        ("INVALID_INPUT", ["weekStart"]),
    ]
    notice = {"studentId": "stu_nobody", "absence": {"days": []}, "reason": " "}
    assert await acts.codes("olga", Role.PARENT, "submitAbsenceNotice", notice, Idempotency_Key="1") == [
        ("NOT_FOUND", ["studentId"]),
        ("REQUIRED", ["absence", "days"]),
        ("REQUIRED", ["reason"]),
    ]
    assert await acts.found("diary.facts") == []
    assert await acts.found("diary.idempotency") == []


async def test_a_week_of_another_school_year_is_not_acknowledged(acts: Acting) -> None:
    student = acts.id("Student", "ivan")
    for week, limit in (("2026-08-24", "2026-09-01"), ("2027-09-06", "2027-08-31"), ("9999-12-27", "2027-08-31")):
        payload = await acts.act("olga", Role.PARENT, "acknowledgeDiary", {"studentId": student, "weekStart": week})
        [error] = payload["userErrors"]
        assert (error["code"], error["field"], error["limit"]) == ("OUT_OF_RANGE", ["weekStart"], limit)
    # The week of 1 September, which begins in August, is one of the year.
    values = {"studentId": student, "weekStart": "2026-08-31"}
    assert await acts.codes("olga", Role.PARENT, "acknowledgeDiary", values) == []


NOTICE = "notice { id kind days { first last } dates lessons { id } state version reason sentBy { id } }"


async def submitted(acts: Acting, absence: object, key: str, who: str = "olga") -> dict[str, Any]:
    values = {"studentId": acts.id("Student", "ivan"), "absence": absence, "reason": "Болеет"}
    return await acts.act(who, Role.PARENT, "submitAbsenceNotice", values, NOTICE, Idempotency_Key=key)


async def test_a_notice_of_absence_is_about_lessons_days_or_a_span(acts: Acting) -> None:
    await acts.client[f"{acts.prefix}_diary"].absence_notices.delete_many({})
    lesson = acts.own("Lesson", "sat1", "ivan")
    payload = await submitted(acts, {"lessonIds": [lesson]}, "lessons")
    notice = payload["notice"]
    assert isinstance(notice, dict)
    assert notice | {"id": None} == {
        "id": None,
        "kind": "LESSONS",
        "days": {"first": "2026-11-21", "last": "2026-11-21"},
        "dates": ["2026-11-21"],
        "lessons": [{"id": lesson}],
        "state": "SENT",
        "version": 1,
        "reason": "Болеет",
        "sentBy": {"id": acts.id("Person", "olga")},
    }
    days = await submitted(acts, {"days": ["2026-11-25", "2026-11-23", "2026-11-25"]}, "days")
    assert isinstance(days["notice"], dict)
    assert days["notice"]["dates"] == ["2026-11-23", "2026-11-25"]
    assert days["notice"]["days"] == {"first": "2026-11-23", "last": "2026-11-25"}
    span = await submitted(acts, {"span": {"first": "2026-11-30", "last": "2026-12-04"}}, "span")
    assert isinstance(span["notice"], dict)
    every = ["2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"]
    assert (span["notice"]["kind"], span["notice"]["dates"]) == ("SPAN", every)
    # 24 November is not one of the days of the second notice.
    between = await submitted(acts, {"days": ["2026-11-24"]}, "between")
    assert between["userErrors"] == []


async def test_the_fact_of_a_notice_holds_its_reason_as_length_and_hash_alone(acts: Acting) -> None:
    await submitted(acts, {"days": ["2026-12-01"]}, "1")
    [fact] = await acts.found("diary.facts")
    assert {"field": "reason", "before": None, "after": {"length": 6, "hmac": None}} in fact["changes"]
    assert "Болеет" not in str(fact)


async def test_notices_of_absence_do_not_overlap(acts: Acting) -> None:
    first = await submitted(acts, {"span": {"first": "2026-12-07", "last": "2026-12-11"}}, "1")
    assert first["userErrors"] == []
    for number, absence in enumerate(
        (
            {"span": {"first": "2026-12-11", "last": "2026-12-20"}},
            {"days": ["2026-12-05", "2026-12-09"]},
        )
    ):
        again = await submitted(acts, absence, f"again {number}", who="igor")
        assert isinstance(again["userErrors"], list)
        assert codes_of(again) == [("OVERLAPS", ["absence"])]
    assert isinstance(first["notice"], dict)
    cancelled = {"noticeId": first["notice"]["id"], "version": 1}
    assert await acts.codes("olga", Role.PARENT, "cancelAbsenceNotice", cancelled) == []
    after = await submitted(acts, {"days": ["2026-12-09"]}, "after", who="igor")
    assert after["userErrors"] == []


async def test_the_notices_of_one_person_for_a_student_on_a_day_are_bounded_cancelled_ones_too(acts: Acting) -> None:
    [notice] = await submitted_and_cancelled(acts, "olga", 1)
    [stored] = await acts.found("diary.absence_notices", _id=notice)
    yesterday = stored["sent_at"] - timedelta(days=1)
    await acts.change("diary.absence_notices", {"_id": notice}, {"$set": {"sent_at": yesterday}})
    await submitted_and_cancelled(acts, "olga", WriteRules().absence_notices_a_day - 1)
    both = await asyncio.gather(*(submitted(acts, {"days": [f"2026-12-0{day}"]}, f"at once {day}") for day in (2, 3)))
    assert sorted([error["code"] for error in sent["userErrors"]] for sent in both) == [[], ["TOO_MANY"]]
    facts = len(await acts.found("diary.facts"))
    payload = await submitted(acts, {"days": ["2026-12-01"]}, "one more")
    [error] = payload["userErrors"]
    # midnight in Perm
    assert (error["code"], error["field"], error["limit"], error["retryAt"]) == (
        "TOO_MANY",
        None,
        "20",
        "2026-11-19T00:00:00+05:00",
    )
    assert len(await acts.found("diary.facts")) == facts
    other = await submitted(acts, {"days": ["2026-12-01"]}, "one more", "igor")
    assert other["userErrors"] == []


async def submitted_and_cancelled(acts: Acting, who: str, times: int) -> list[str]:
    """Send and cancel a notice of one day again and again; return the ids of the notices."""
    ids = []
    for number in range(times):
        payload = await submitted(acts, {"days": ["2026-12-01"]}, f"{times} {number}", who)
        assert payload["userErrors"] == []
        ids.append(payload["notice"]["id"])
        cancelled = {"noticeId": ids[-1], "version": 1}
        assert await acts.codes(who, Role.PARENT, "cancelAbsenceNotice", cancelled) == []
    return ids


async def test_no_notice_is_about_the_past_another_s_lesson_or_another_year(acts: Acting) -> None:
    cases = (
        ({"days": ["2026-11-18", "2026-11-17"]}, [("OUT_OF_RANGE", ["absence", "days", "1"])]),
        ({"days": ["2027-09-01"]}, [("OUT_OF_RANGE", ["absence", "days", "0"])]),
        ({"span": {"first": "2026-11-17", "last": "2026-11-19"}}, [("OUT_OF_RANGE", ["absence", "span", "first"])]),
        ({"span": {"first": "2026-11-19", "last": "2026-11-18"}}, [("INVALID_INPUT", ["absence", "span", "last"])]),
        (
            {"lessonIds": [acts.own("Lesson", "mon1", "ivan"), acts.own("Lesson", "sat1", "anna"), "les_x"]},
            [
                ("OUT_OF_RANGE", ["absence", "lessonIds", "0"]),
                ("NOT_FOUND", ["absence", "lessonIds", "1"]),
                ("NOT_FOUND", ["absence", "lessonIds", "2"]),
            ],
        ),
        ({"days": [f"2027-01-{day:02}" for day in range(1, 32)] * 2}, [("TOO_MANY", ["absence", "days"])]),
    )
    for number, (absence, expected) in enumerate(cases):
        payload = await submitted(acts, absence, f"{number}")
        assert isinstance(payload["userErrors"], list)
        assert codes_of(payload) == expected
        assert payload["notice"] is None


async def test_exactly_one_time_of_absence_is_given(acts: Acting) -> None:
    for absence in (
        {},
        {"days": ["2026-12-01"], "span": {"first": "2026-12-01", "last": "2026-12-01"}},
        {"days": None},
    ):
        values = {"studentId": acts.id("Student", "ivan"), "absence": absence, "reason": "Болеет"}
        answer = await acts.answer(
            "olga", Role.PARENT, mutation("submitAbsenceNotice"), {"input": values}, Idempotency_Key="1"
        )
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]
        assert "data" not in answer


async def test_a_class_teacher_finds_confirms_and_rejects_notices(acts: Acting) -> None:
    sent = await submitted(acts, {"days": ["2026-12-01"]}, "1")
    other = await submitted(acts, {"days": ["2026-12-02"]}, "2")
    assert isinstance(sent["notice"], dict)
    assert isinstance(other["notice"], dict)
    inbox = "{ viewer { absenceNotices(state: SENT, first: 50) { nodes { id version } } } }"
    answer = await acts.answer("kuznetsova", Role.CLASS_TEACHER, inbox)
    nodes = answer["data"]["viewer"]["absenceNotices"]["nodes"]
    assert {node["id"] for node in nodes} >= {sent["notice"]["id"], other["notice"]["id"]}
    values = {"noticeId": sent["notice"]["id"], "version": 1}
    fields = "notice { state version confirmedBy { id } }"
    payload = await acts.act("kuznetsova", Role.CLASS_TEACHER, "confirmAbsenceNotice", values, fields)
    assert payload["notice"] == {
        "state": "CONFIRMED",
        "version": 2,
        "confirmedBy": {"id": acts.id("Person", "kuznetsova")},
    }
    rejected = {"noticeId": other["notice"]["id"], "version": None}
    assert await acts.codes("kuznetsova", Role.CLASS_TEACHER, "rejectAbsenceNotice", rejected) == []
    assert await acts.codes("kuznetsova", Role.CLASS_TEACHER, "confirmAbsenceNotice", rejected) == [
        ("NOT_ALLOWED", ["noticeId"])
    ]
    seen = await acts.answer(
        "olga", Role.PARENT, f'{{ node(id: "{sent["notice"]["id"]}") {{ ... on AbsenceNotice {{ state }} }} }}'
    )
    assert seen["data"]["node"] == {"state": "CONFIRMED"}


async def test_a_stale_version_is_a_conflict_beside_the_notice_as_it_is_now(acts: Acting) -> None:
    sent = await submitted(acts, {"days": ["2026-12-01"]}, "1")
    assert isinstance(sent["notice"], dict)
    notice = sent["notice"]["id"]
    confirmed = {"noticeId": notice, "version": 1}
    assert await acts.codes("kuznetsova", Role.CLASS_TEACHER, "confirmAbsenceNotice", confirmed) == []
    stale = await acts.act("olga", Role.PARENT, "cancelAbsenceNotice", confirmed, "notice { state version }")
    assert codes_of(stale) == [("CONFLICT", ["version"])]
    assert stale["notice"] == {"state": "CONFIRMED", "version": 2}
    assert await acts.codes("olga", Role.PARENT, "cancelAbsenceNotice", {"noticeId": notice}) == [
        ("REQUIRED", ["version"])
    ]
    # igor is the father, and did not send it
    assert await acts.codes("igor", Role.PARENT, "cancelAbsenceNotice", {"noticeId": notice, "version": 2}) == [
        ("NOT_ALLOWED", ["noticeId"])
    ]
    overwritten = {"noticeId": notice, "version": None}
    assert await acts.codes("olga", Role.PARENT, "cancelAbsenceNotice", overwritten) == []
    # Sent once more it finds what it wanted.
    assert await acts.codes("olga", Role.PARENT, "cancelAbsenceNotice", confirmed) == []


async def test_a_student_ticks_homework_off_and_takes_the_tick_away(acts: Acting) -> None:
    query = "{ viewer { student { homework(first: 50) { nodes { id kind status } } } } }"
    answer = await acts.answer("ivan", Role.STUDENT, query)
    nodes = answer["data"]["viewer"]["student"]["homework"]["nodes"]
    open_ = next(
        node["id"] for node in nodes if node["kind"] == "HOMEWORK" and node["status"] in {"ASSIGNED", "OVERDUE"}
    )
    done = await acts.act("ivan", Role.STUDENT, "markHomeworkDone", {"homeworkId": open_}, "homework { status }")
    assert done == {"homework": {"status": "DONE"}, "userErrors": []}
    assert await acts.codes("ivan", Role.STUDENT, "markHomeworkDone", {"homeworkId": open_}) == []
    assert len(await acts.found("diary.facts")) == 1
    undone = {"homeworkId": open_, "isDone": False}
    payload = await acts.act("ivan", Role.STUDENT, "markHomeworkDone", undone, "homework { status }")
    assert payload["homework"]["status"] != "DONE"
    for node in nodes:
        if node["kind"] == "CLASSWORK" or node["status"] in {"SUBMITTED", "CHECKED", "RETURNED"}:
            assert await acts.codes("ivan", Role.STUDENT, "markHomeworkDone", {"homeworkId": node["id"]}) == [
                ("NOT_ALLOWED", ["homeworkId"])
            ]
    petrs = open_.partition(".")[0] + "." + acts.id("Student", "petr")
    for other in (petrs, "hw_nothing", open_.partition(".")[0]):
        assert await acts.codes("ivan", Role.STUDENT, "markHomeworkDone", {"homeworkId": other}) == [
            ("NOT_FOUND", ["homeworkId"])
        ]


async def test_the_ticks_of_a_student_on_a_day_are_bounded_those_taken_away_too(acts: Acting) -> None:
    student, most = acts.id("Student", "ivan"), WriteRules().ticks_a_day
    values = {"homeworkId": acts.own("Homework", "late", "ivan")}

    async def ticked(*, is_done: bool) -> dict[str, Any]:
        return await acts.act(
            "ivan", Role.STUDENT, "markHomeworkDone", {**values, "isDone": is_done}, "homework { id }"
        )

    counter = {"_id": f"markHomeworkDone:{acts.id('Person', 'ivan')}:{student}"}
    assert (await ticked(is_done=True))["userErrors"] == []
    assert await acts.found("diary.daily_changes") == [{**counter, "day": "2026-11-18", "changes": 1}]
    assert (await ticked(is_done=True))["userErrors"] == []  # is so already
    await acts.change("diary.daily_changes", counter, {"$set": {"changes": most - 1}})
    assert (await ticked(is_done=False))["userErrors"] == []
    payload = await ticked(is_done=True)
    [error] = payload["userErrors"]
    # midnight in Perm
    assert (error["code"], error["field"], error["limit"], error["retryAt"]) == (
        "TOO_MANY",
        None,
        str(most),
        "2026-11-19T00:00:00+05:00",
    )
    assert payload["homework"] == {"id": values["homeworkId"]}
    assert len(await acts.found("diary.facts")) == 2
    await acts.change("diary.daily_changes", counter, {"$set": {"day": "2026-11-17"}})
    assert (await ticked(is_done=True))["userErrors"] == []
    assert await acts.found("diary.daily_changes") == [{**counter, "day": "2026-11-18", "changes": 1}]


async def test_problems_are_told_in_the_language_of_the_client(acts: Acting) -> None:
    values = {"studentId": "stu_nobody", "weekStart": "2026-11-02"}
    payload = await acts.act("olga", Role.PARENT, "acknowledgeDiary", values, Accept_Language="ru")
    assert payload["userErrors"][0]["message"] == "Нет такого ученика."
    payload = await acts.act("olga", Role.PARENT, "acknowledgeDiary", values, Accept_Language="en")
    assert payload["userErrors"][0]["message"] == "There is no such student."
