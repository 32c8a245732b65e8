"""People act in GraphiQL, in a real browser: what one of them does another one sees."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from playwright.async_api import Browser, expect

from connectors.demo.school import TODAY
from connectors.vocabulary import StudentId, of_student
from tests.gateway.http.conftest import DemoViewer
from tests.gateway.http.test_graphiql import Tab, direct_answer

WHOSE_CHILDREN: Final = "{ viewer { children { id class { id } } } }"
REASON: Final = "Приём у врача"
"""The reason in the example that reports an absence."""
NOTICES: Final = """{ viewer { children { absenceNotices(first: 50) { nodes { id state reason version } } } } }"""
CANCELLED: Final = """mutation Cancel($input: CancelAbsenceNoticeInput!) {
  cancelAbsenceNotice(input: $input) { userErrors { code } } }"""
CONFIRMED: Final = """mutation Confirm($notice: ID!) {
  confirmAbsenceNotice(input: {noticeId: $notice, version: null}) {
    notice { id state confirmedBy { displayName } } userErrors { code } } }"""
WHOSE_CLASSES: Final = "{ viewer { classes { id } } }"


class Acting(Tab):
    """A tab in which examples are chosen and run."""

    runs_again = True
    """Whether the document in the editor gives way to an example for the next viewer, or runs again."""

    async def be(self, viewer: DemoViewer) -> None:
        """Sign in as somebody else."""
        await self.switch.select_option(f"{viewer['personId']}.{viewer['role']}")
        await expect(self.page.get_by_label("Re-fetch GraphQL schema")).to_be_enabled()
        if self.runs_again:
            await self.is_answered()

    async def act(self, title: str) -> Any:
        """Choose the example *title*, run it, and return its data, which stand on the page."""
        await self.choose(title)
        answer = await (await self.run()).json()
        assert "errors" not in answer, answer
        self.runs_again = True
        return answer["data"]

    async def write(self, query: str, variables: Mapping[str, Any]) -> Any:
        """Open a document by a link, run it, and return its data, which stand on the page."""
        link = urlencode({"query": query, "variables": json.dumps(variables)}, quote_via=quote)
        await self.page.evaluate("link => { location.hash = link }", link)
        operation = query.split("(", maxsplit=1)[0].rsplit(maxsplit=1)[-1]
        await expect(self.page.locator(".graphiql-query-editor .view-lines")).to_contain_text(operation)
        answer = await (await self.run()).json()
        assert "errors" not in answer, answer
        self.runs_again = not query.startswith("mutation")
        return answer["data"]


@pytest.fixture
async def tab(browser: Browser, demo_url: str) -> AsyncIterator[Acting]:
    context = await browser.new_context(viewport={"width": 1400, "height": 1200})
    yield Acting(await context.new_page(), demo_url)
    await context.close()


async def data_of(base: str, viewer: DemoViewer, query: str, variables: Mapping[str, Any] | None = None) -> Any:
    """The data of an operation that somebody sends without any browser."""
    return (await direct_answer(base, viewer, json.dumps({"query": query, "variables": variables or {}})))["data"]


async def family_and_leader(base: str, people: Sequence[DemoViewer]) -> tuple[DemoViewer, DemoViewer]:
    """A parent, and who leads the class of the child that the parent's examples are about."""
    leaders: Mapping[str, DemoViewer] = {
        one["id"]: viewer
        for viewer in people
        if viewer["role"] == "CLASS_TEACHER"
        for one in (await data_of(base, viewer, WHOSE_CLASSES))["viewer"]["classes"]
    }
    for viewer in people:
        if viewer["role"] == "PARENT":
            children = (await data_of(base, viewer, WHOSE_CHILDREN))["viewer"]["children"]
            if children and children[0]["class"]["id"] in leaders:
                return viewer, leaders[children[0]["class"]["id"]]
    raise AssertionError("the demo has no family whose class teacher is shown")


async def cancel_notices(base: str, parent: DemoViewer) -> None:
    """Cancel the notices that other tests sent by the example: a second one for the time would overlap with it."""
    children = (await data_of(base, parent, NOTICES))["viewer"]["children"]
    for notice in (own for child in children for own in child["absenceNotices"]["nodes"]):
        if (notice["state"], notice["reason"]) == ("SENT", REASON):
            sent = {"noticeId": notice["id"], "version": notice["version"]}
            answer = await data_of(base, parent, CANCELLED, {"input": sent})
            assert answer["cancelAbsenceNotice"]["userErrors"] == []


async def test_a_parent_reports_an_absence_that_the_class_teacher_confirms(
    people: Sequence[DemoViewer], tab: Acting
) -> None:
    parent, leader = await family_and_leader(tab.base, people)
    await cancel_notices(tab.base, parent)
    await tab.open(parent["graphiql"])

    week = (await tab.act("Act: acknowledge the diary of last week"))["acknowledgeDiary"]
    assert week["userErrors"] == []
    await tab.shows('"acknowledgedAt": "')

    sent = (await tab.act("Act: report an absence"))["submitAbsenceNotice"]
    assert sent["userErrors"] == []
    assert sent["notice"]["state"] == "SENT"
    await tab.shows('"state": "SENT"')

    await tab.be(leader)
    assert (await tab.act("Act: confirm a notice of absence"))["confirmAbsenceNotice"]["userErrors"] == []
    confirmed = (await tab.write(CONFIRMED, {"notice": sent["notice"]["id"]}))["confirmAbsenceNotice"]
    assert confirmed["userErrors"] == []
    assert confirmed["notice"]["id"] == sent["notice"]["id"]
    await tab.shows('"state": "CONFIRMED"')
    await tab.shows(leader["name"])

    await tab.be(parent)
    seen = await tab.act("Attendance and absence notices")
    [notice] = [
        own
        for child in seen["viewer"]["children"]
        for own in child["absenceNotices"]["nodes"]
        if own["days"] == sent["notice"]["days"] and own["state"] != "CANCELLED"
    ]
    assert (notice["state"], notice["reason"]) == ("CONFIRMED", REASON)
    await expect(tab.answer).to_contain_text(re.compile("CONFIRMED"))
    assert (tab.complaints, tab.strangers) == ([], [])


async def test_an_administrator_moves_a_lesson_substitutes_at_one_and_cancels_another(
    viewers: Mapping[str, DemoViewer], tab: Acting
) -> None:
    await tab.open(viewers["ADMINISTRATOR"]["graphiql"])
    moved = (await tab.act("Act: move a lesson"))["moveLesson"]
    assert (moved["userErrors"], moved["lesson"]["status"]) == ([], "MOVED")
    await tab.shows(f'"startsAt": "{moved["lesson"]["movedTo"]["startsAt"]}"')
    substituted = (await tab.act("Act: give a lesson to a substitute"))["substitute"]
    assert {error["code"] for error in substituted["userErrors"]} <= {"OVERLAPS"}
    cancelled = (await tab.act("Act: cancel a lesson"))["cancelLesson"]
    assert (cancelled["userErrors"], cancelled["lesson"]["status"]) == ([], "CANCELLED")
    assert (tab.complaints, tab.strangers) == ([], [])


@pytest.mark.parametrize("role", ["STUDENT", "PARENT", "TEACHER", "CLASS_TEACHER", "ADMINISTRATOR"])
async def test_everybody_changes_their_own_telephone_number(
    role: str, viewers: Mapping[str, DemoViewer], tab: Acting
) -> None:
    await tab.open(viewers[role]["graphiql"])
    own = (await tab.act("Act: change my phone"))["updateMyProfile"]
    assert own["userErrors"] == []
    assert own["viewer"]["phone"] == "+7 342 210-11-12"
    await tab.shows('"phone": "+7 342 210-11-12"')


WORK_OF: Final = (
    ("STUDENT", "Act: hand homework in", "submitHomework"),
    ("STUDENT", "Act: choose a module course", "chooseModuleCourse"),
    ("PARENT", "Act: subscribe to a service", "subscribeToService"),
    ("PARENT", "Act: ask for a review of a mark", "requestGradeReview"),
    ("TEACHER", "Act: answer handed-in work", "answerSubmission"),
    ("TEACHER", "Act: make a test", "createTest"),
    ("TEACHER", "Act: confirm an achievement", "confirmAchievement"),
    ("ADMINISTRATOR", "Act: form a study group of a course", "formCourseGroup"),
)


TALK_OF: Final = (
    ("STUDENT", "Act: write a letter", "sendMessage"),
    ("STUDENT", "Act: mark a conversation as read", "markConversationRead"),
    ("PARENT", "Act: write a letter", "sendMessage"),
    ("PARENT", "Act: mark a conversation as read", "markConversationRead"),
    ("TEACHER", "Act: write a letter", "sendMessage"),
    ("TEACHER", "Act: mark a conversation as read", "markConversationRead"),
    ("CLASS_TEACHER", "Act: write a letter", "sendMessage"),
    ("CLASS_TEACHER", "Act: mark a conversation as read", "markConversationRead"),
    ("CLASS_TEACHER", "Act: publish an announcement", "createAnnouncement"),
    ("ADMINISTRATOR", "Act: write a letter", "sendMessage"),
    ("ADMINISTRATOR", "Act: publish an announcement", "createAnnouncement"),
    ("STUDENT", "Act: mark notifications as read", "markNotificationsRead"),
    ("PARENT", "Act: choose letters and a digest", "setNotificationSettings"),
    ("PARENT", "Act: mark notifications as read", "markNotificationsRead"),
)


@pytest.mark.parametrize("examples", [WORK_OF, TALK_OF], ids=["work", "talk"])
async def test_examples_of_work_and_of_talking_find_what_they_are_about(
    examples: Sequence[tuple[str, str, str]], viewers: Mapping[str, DemoViewer], tab: Acting
) -> None:
    await tab.open(f"{tab.base}/graphql")
    done: dict[tuple[str, str], object] = {}
    for role, title, field in examples:
        await tab.be(viewers[role])
        done[role, title] = (await tab.act(title))[field]["userErrors"]
    assert done == {(role, title): [] for role, title, _ in examples}
    assert (tab.complaints, tab.strangers) == ([], [])


ACHIEVED: Final = """mutation Confirm($input: ConfirmAchievementInput!) {
  confirmAchievement(input: $input) { achievement { id status confirmedBy { displayName } }
    student { portfolio { rating { score } } } userErrors { code } } }"""


async def test_a_parent_adds_an_olympiad_that_moves_the_rating_once_it_is_confirmed(
    people: Sequence[DemoViewer], tab: Acting
) -> None:
    parent, leader = await family_and_leader(tab.base, people)
    await tab.open(parent["graphiql"])
    added = (await tab.act("Act: add an achievement"))["addAchievement"]
    assert (added["userErrors"], added["achievement"]["status"]) == ([], "UNCONFIRMED")
    await tab.shows('"status": "UNCONFIRMED"')
    before = added["student"]["portfolio"]["rating"]["score"]
    await tab.be(leader)
    sent = {"achievementId": added["achievement"]["id"], "version": added["achievement"]["version"]}
    confirmed = (await tab.write(ACHIEVED, {"input": sent}))["confirmAchievement"]
    assert (confirmed["userErrors"], confirmed["achievement"]["status"]) == ([], "CONFIRMED")
    await tab.shows(leader["name"])
    after = confirmed["student"]["portfolio"]["rating"]["score"]
    assert Decimal(after) == Decimal(before) + Decimal(added["achievement"]["points"])
    assert (tab.complaints, tab.strangers) == ([], [])


FILLED: Final = """mutation Fill($attendance: RecordAttendanceInput!, $homework: AssignHomeworkInput!,
  $remark: AddRemarkInput!, $work: CreateWorkInput!) {
  recordAttendance(input: $attendance) { lessons { attendance { status minutesLate } } userErrors { code } }
  assignHomework(input: $homework) @idempotent(key: "walk 1") { homework { text } userErrors { code } }
  addRemark(input: $remark) @idempotent(key: "walk 2") { id madeAt userErrors { code } }
  createWork(input: $work) @idempotent(key: "walk 3") { work { id } userErrors { code } }
}"""
MARKED: Final = """mutation Mark($input: GiveMarkInput!) {
  giveMark(input: $input) { mark { value } userErrors { code } } }"""
SEEN: Final = """query Seen($student: ID!, $lesson: ID!, $next: ID!, $isParent: Boolean!) {
  student(id: $student) { displayName }
  node(id: $lesson) { ... on Lesson {
    attendance { status minutesLate } marks { value }
    remarks @include(if: $isParent) { text } } }
  next: node(id: $next) { ... on Lesson { homework { text } } } }"""
TAUGHT: Final = """query ($student: ID!) { student(id: $student) { id class { id } }
  viewer { person { id } classes { id timetable { days { date lessons {
    id status group { id } substitution { originalTeacher { id } } teachers { id } } } } } } }"""


async def lessons_of(base: str, people: Sequence[DemoViewer], student: str) -> tuple[DemoViewer, str, str]:
    """A teacher whom the demo shows, with two lessons of this week for the student's whole class.

    The first one was held before today, whatever the hour; the second one is of today or later.
    """
    for viewer in people:
        if viewer["role"] != "TEACHER":
            continue
        data = await data_of(base, viewer, TAUGHT, {"student": student})
        if data["student"] is None:
            continue
        own = data["viewer"]
        lessons = [
            (day["date"], lesson["id"])
            for one in own["classes"]
            if one["id"] == data["student"]["class"]["id"]
            for day in one["timetable"]["days"]
            for lesson in day["lessons"]
            if lesson["status"] in {"HELD", "PLANNED"} and not lesson["group"] and not lesson["substitution"]
            if own["person"] in lesson["teachers"]
        ]
        held = [lesson for day, lesson in lessons if day < TODAY.isoformat()]
        coming = [lesson for day, lesson in lessons if day >= TODAY.isoformat()]
        if held and coming:
            return viewer, held[-1], coming[0]
    raise AssertionError("the demo shows no teacher of the student")


async def test_a_teacher_fills_a_lesson_and_the_family_sees_it(people: Sequence[DemoViewer], tab: Acting) -> None:
    parent, _ = await family_and_leader(tab.base, people)
    student = (await data_of(tab.base, parent, WHOSE_CHILDREN))["viewer"]["children"][0]["id"]
    teacher, lesson, coming = await lessons_of(tab.base, people, student)
    of_child = {
        "student": student,
        "lesson": of_student(lesson, StudentId(student)),
        "next": of_student(coming, StudentId(student)),
        "isParent": True,
    }
    before = (await data_of(tab.base, parent, SEEN, of_child))["node"]
    await tab.open(teacher["graphiql"])

    filled = await tab.write(
        FILLED,
        {
            "attendance": {"lessonId": lesson, "records": [{"studentId": student, "status": "LATE", "minutesLate": 5}]},
            "homework": {"lessonId": coming, "text": "Повторить параграф 12"},
            "remark": {"lessonId": lesson, "studentId": student, "text": "Опоздание без причины"},
            "work": {"audience": {"lessonId": lesson}, "title": "Диктант"},
        },
    )
    assert [payload["userErrors"] for payload in filled.values()] == [[], [], [], []]
    await tab.shows('"minutesLate": 5')
    mark = {"workId": filled["createWork"]["work"]["id"], "studentId": student, "value": "5", "lessonId": lesson}
    assert (await tab.write(MARKED, {"input": mark}))["giveMark"] == {"mark": {"value": "5"}, "userErrors": []}

    await tab.be(parent)
    family = await tab.write(SEEN, of_child)
    seen = family["node"]
    await tab.shows('"text": "Опоздание без причины"')
    assert seen["attendance"] == {"status": "LATE", "minutesLate": 5}
    assert {"text": "Повторить параграф 12"} in family["next"]["homework"]
    assert {"value": "5"} in seen["marks"]
    assert seen["remarks"] == [*before["remarks"], {"text": "Опоздание без причины"}]
    assert (tab.complaints, tab.strangers) == ([], [])
