"""Rights of a record follow its own subject and the student of today on every way to it; two worlds show it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import orjson
import pytest

from auth.viewer import Role
from connectors.demo.school import TODAY
from connectors.vocabulary import StudentId, mint, of_student
from gateway.http.pages.demo import ShownViewer
from gateway.schema.query import graphql_schema
from tests.gateway.generated import DAY, NOW, ROOMY, Generated
from tests.gateway.http.test_capability import LISTS, ROLES, added, by_ids, classes, plain, students_of, taught
from tests.gateway.schema.walk import walk
from tests.gateway.served import Served, served

AT_LESSONS: Final = ("grades.marks", "diary.comments", "diary.homework")
"""Where records lie of which a lesson may have several."""

ANYBODY: Final = ShownViewer(
    role="ANALYST",
    name="",
    personId="",
    studentIds=[],
    classId=None,
    className=None,
    children=[],
    note={},
    token="",
    graphiql="",
)
"""A gateway that shows somebody to sign in as is a demo, and explains queries to everybody."""


def records(student: str, subject: str | None, lesson: str | None, class_id: str, key: str) -> dict[str, Any]:
    """A record of each kind about a student, in a subject, at a lesson; by `subsystem.collection`."""
    own = {"student_id": student, "subject_id": subject, "lesson_id": lesson}
    mark: dict[str, Any] = {
        "class_id": class_id,
        "work_id": mint("Work", key),
        "kind_id": None,
        "value": "2",
        "numeric_value": 2,
        "scale_id": mint("GradeScale", "complete"),
        "weight": 1,
        "is_point": False,
        "point_valid_until": None,
        "counts_towards_average": False,
        "is_exam": False,
        "comment": None,
        "given_on": DAY,
        "given_by_id": None,
        "history": [],
    }
    seen = {"status": "LATE", "minutes_late": 1, "reason": None, "source_status": None, "date": DAY}
    final = {"period_id": mint("AttestationPeriod", "complete"), "academic_year": "2026/27", "kind": "PERIOD"}
    worth = {"value": "2", "numeric_value": 2, "computed_average": None}
    achieved = {
        "type_id": "act_x",
        "class_id": class_id,
        "title": "?",
        "status": "UNCONFIRMED",
        "sort_on": DAY,
        "points": 1,
        "achieved_on": DAY,
        "rounds": [],
        "presence_points": None,
        "defence_points": None,
        "added_by_id": None,
        "confirmed_by_id": None,
        "attachments": [],
    }
    return {
        "grades.marks": {"_id": mint("Mark", key), **own, **mark},
        "diary.comments": {"_id": mint("TeacherComment", key), **own, "made_on": DAY, "text": "", "author_id": None},
        "diary.attendance": {"_id": mint("AttendanceRecord", key), **own, **seen},
        "grades.final_grades": {"_id": mint("FinalGrade", key), **own, **final, **worth},
        "portfolio.achievements": {"_id": mint("Achievement", key), "student_id": student, **achieved},
        "diary.homework": {
            "_id": mint("Homework", key),
            "kind": "CLASSWORK",
            "class_ids": [class_id],
            "group_id": None,
            "student_ids": None,
            "lesson_id": lesson,
            "subject_id": subject,
            "text": "?",
            "date": DAY,
            "assigned_on": DAY,
            "due_on": None,
            "estimated_minutes": None,
            "is_individual": False,
            "attachments": [],
            "author_id": None,
        },
    }


class Worlds:
    """The generated school, served so that everybody may have their queries explained."""

    def __init__(self, school: Generated, running: Served) -> None:
        self.school = school
        self.running = running

    async def observed(self, role: Role, queries: Iterable[str]) -> list[Any]:
        """Status, headers and whole answer to each query, with what explains it and what the cost was."""
        bearer = self.school.own(role)
        observed = []
        for query in queries:
            await self.running.warm(bearer)  # each time: a viewer is cached for a minute at most
            headers = {"Authorization": f"Bearer {bearer}", "X-GraphQL-Explain": "1", "X-GraphQL-Cost": "1"}
            async with self.running.client.post("/graphql", json={"query": query}, headers=headers) as response:
                answer = plain(orjson.loads(await response.read()))
                cost_headers = {
                    name: text for name, text in response.headers.items() if name.startswith(("X-Cost", "ETag"))
                }
            explained = answer["extensions"]["explain"]
            assert explained.pop("plan"), "how long compiling took differs from run to run"
            assert explained.pop("times"), "so does everything else"
            for name in ("commands", "batches"):  # reads of one turn stand in the order in which they were answered
                explained[name].sort(key=orjson.dumps)
            observed.append((response.status, cost_headers, answer))
        return observed

    async def questions(self, role: Role, ids: Iterable[str]) -> list[str]:
        school = self.school
        all_queries = walk(graphql_schema(), role, school.student_id, school.class_id, await school.nodes())
        return [all_queries.text, LISTS, by_ids(ids), *(by_ids([own]) for own in ids)]


@pytest.fixture
async def worlds(school: Generated, redis_uri: str) -> AsyncIterator[Worlds]:
    mongo = school.served.settings.mongo
    async with served(
        "", redis_uri, prefix=mongo.prefix, today=TODAY, mongo=mongo, shown=[ANYBODY], **ROOMY
    ) as running:
        yield Worlds(school, running)


@asynccontextmanager
async def with_all(school: Generated, documents: Mapping[str, Any], **more: Any) -> AsyncIterator[None]:
    """The data with a document more in each `subsystem.collection`."""
    async with AsyncExitStack() as stack:
        for name, document in documents.items():
            await stack.enter_async_context(added(school, name, [{**document, **more}]))
        yield


async def untaught(school: Generated, teacher: str) -> str:
    """A subject of the school that the teacher teaches to nobody."""
    own = [subject for _, subject in await taught(school, teacher)]
    where = {"school_id": school.student["school_id"], "_id": {"$nin": own}}
    return str((await school.one("directory.subjects", **where))["_id"])


def at_lesson(school: Generated) -> str:
    lesson = of_student(school.lesson["_id"], school.student_id)
    return f"""{{ node(id: "{lesson}") {{ ... on Lesson {{ marks {{ id }} comments {{ id }} homework {{ id }}
      classwork {{ id }} attendance {{ id }} }} }} }}"""


async def test_a_teacher_is_told_at_a_lesson_of_records_in_own_subjects_alone(school: Generated) -> None:
    strange = await untaught(school, school.around[Role.TEACHER])
    ask = at_lesson(school)
    before = {role: await school.served.data(school.own(role), ask) for role in (Role.TEACHER, Role.CLASS_TEACHER)}
    new = records(school.student_id, strange, school.lesson["_id"], school.class_id, "displaced")
    async with with_all(school, new):
        assert await school.served.data(school.own(Role.TEACHER), ask) == before[Role.TEACHER]
        seen = await school.served.data(school.own(Role.CLASS_TEACHER), ask)
        observed = orjson.dumps(seen).decode()
        for name in AT_LESSONS:
            assert new[name]["_id"] in observed, name


async def test_no_teacher_comes_to_a_displaced_record_of_the_generated_school(school: Generated) -> None:
    lessons = {one["_id"]: one for one in await school.find("schedule.lessons", class_ids=school.class_id)}
    seen = set()
    for name in (*AT_LESSONS, "diary.attendance"):
        for record in await school.find(name, lesson_id={"$in": list(lessons)}):
            lesson = lessons[record["lesson_id"]]
            if record["subject_id"] in {lesson["subject_id"], None}:
                continue
            student = record.get("student_id", school.student_id)
            for teacher in lesson["teacher_ids"]:
                if (student, record["subject_id"]) in await taught(school, teacher):
                    continue
                own = of_student(lesson["_id"], student)
                query = at_lesson(school).replace(of_student(school.lesson["_id"], school.student_id), own)
                answer = await school.served.ask(school.bearer(teacher, Role.TEACHER), query)
                assert record["_id"] not in orjson.dumps(answer).decode()
                seen.add(name)
    assert seen == {*AT_LESSONS, "diary.attendance"}


async def test_rights_by_id_follow_the_school_where_the_student_is_today(school: Generated) -> None:
    """What the old school wrote of a student who left is the new school's to read, by id as by the student."""
    _, _, far = await classes(school)
    [left, *_] = await students_of(school, far)
    here, there = school.student["school_id"], (await school.one("directory.classes", _id=far))["school_id"]
    subject = school.lesson["subject_id"]
    came = records(school.student_id, subject, school.lesson["_id"], school.class_id, "came")
    gone = records(left, subject, school.lesson["_id"], school.class_id, "gone")
    del came["diary.homework"], gone["diary.homework"], came["diary.attendance"], gone["diary.attendance"]
    async with with_all(school, came, school_id=there), with_all(school, gone, school_id=here):
        query = by_ids([one["_id"] for one in came.values()])
        for role in (Role.ADMINISTRATOR, Role.CLASS_TEACHER, Role.PARENT, Role.STUDENT):
            answer = await school.served.ask(school.own(role), query)
            assert "errors" not in answer, (role, answer["errors"])
        query = by_ids([one["_id"] for one in gone.values()])
        for role in ROLES:
            answer = await school.served.ask(school.own(role), query)
            assert set(answer["data"].values()) == {None}, role


# Two worlds: all that is told, what explains it too, is the same with and without records the viewer may not read.


@pytest.mark.usefixtures("lockstep")
async def test_nothing_told_to_a_teacher_depends_on_records_of_other_subjects(
    school: Generated, worlds: Worlds
) -> None:
    strange = await untaught(school, school.around[Role.TEACHER])
    new = records(school.student_id, strange, school.lesson["_id"], school.class_id, "displaced")
    del new["portfolio.achievements"]  # they are of no subject
    all_queries = await worlds.questions(Role.TEACHER, [str(one["_id"]) for one in new.values()])
    without = await worlds.observed(Role.TEACHER, all_queries)
    others = await worlds.observed(Role.CLASS_TEACHER, all_queries)
    async with with_all(school, new):
        assert await worlds.observed(Role.TEACHER, all_queries) == without
        assert await worlds.observed(Role.CLASS_TEACHER, all_queries) != others


@pytest.mark.usefixtures("lockstep")
@pytest.mark.parametrize("role", list(Role))
async def test_nothing_told_depends_on_records_of_a_student_who_left_for_another_school(
    school: Generated, worlds: Worlds, role: Role
) -> None:
    _, _, far = await classes(school)
    [left, *_] = await students_of(school, far)
    new = records(left, school.lesson["subject_id"], school.lesson["_id"], school.class_id, "gone")
    del new["diary.homework"]  # it is the class's, not a student's
    remark = {"student_id": left, "made_on": DAY, "text": "?", "kind": None, "author_id": None}
    notice: dict[str, Any] = {
        "student_id": left,
        "kind": "DAYS",
        "days": {"first": DAY, "last": DAY},
        "lesson_ids": [],
        "reason": "?",
        "state": "SENT",
        "sent_by_id": None,
        "sent_at": NOW,
        "confirmed_by_id": None,
        "confirmed_at": None,
    }
    new["diary.remarks"] = {"_id": mint("Remark", "gone"), "lesson_id": None, "subject_id": None, **remark}
    new["diary.absence_notices"] = {"_id": mint("AbsenceNotice", "gone"), **notice}
    merged = {"_id": mint("Person", "gone"), "student_id": mint("Student", "gone"), "school_ids": [], "roles": []}
    into = (await school.one("directory.people", student_id=left))["_id"]
    new["directory.people"] = {**merged, "merged_to": into, "display_name": "?", "sort_name": "", "name_tokens": []}
    ids = [str(one["_id"]) for one in new.values()] + [str(merged["student_id"])]
    all_queries = await worlds.questions(role, ids)
    without = await worlds.observed(role, all_queries)
    async with with_all(school, new):
        assert await worlds.observed(role, all_queries) == without


# A substitute.

SUBSTITUTED: Final = """{ viewer { substitutions { id members { person { id displayName } lesson { id topic
  marks { id } comments { id } attendance { id } homework { id } classwork { id } } } } } }"""


@asynccontextmanager
async def substituted(school: Generated) -> AsyncIterator[str]:
    """A teacher who teaches nobody of the student's class, and gives the student's lesson today for another."""
    teachers = await school.find("directory.people", roles="TEACHER", school_ids=school.student["school_id"])
    known = sorted(one["_id"] for one in teachers if one["_id"] in school.known and "merged_to" not in one)
    [teacher, *_] = [
        own for own in known if school.student_id not in {student for student, _ in await taught(school, own)}
    ]
    lessons = school.connectors.databases["schedule"]["lessons"]
    key = "substitution.substitute_teacher_id"
    before = school.lesson["substitution"]["substitute_teacher_id"]
    await lessons.update_one({"_id": school.lesson["_id"]}, {"$set": {key: teacher}})
    try:
        yield teacher
    finally:
        await lessons.update_one({"_id": school.lesson["_id"]}, {"$set": {key: before}})


async def test_a_substitute_reads_the_lesson_they_give(school: Generated) -> None:
    async with substituted(school) as teacher:
        bearer = school.bearer(teacher, Role.TEACHER)
        found = (await school.served.data(bearer, SUBSTITUTED))["viewer"]["substitutions"]
        [mine] = [one for one in found if one["id"] == school.lesson["_id"]]
        assert {m["person"]["id"] for m in mine["members"]} == {
            one["_id"] for one in await school.find("directory.people", **enrolled(school.class_id))
        }
        own = of_student(school.lesson["_id"], school.student_id)
        [observed] = [m["lesson"] for m in mine["members"] if m["lesson"]["id"] == own]
        assert observed["topic"] == school.lesson["topic"]
        assert {mint("Mark", "complete")} <= {mark["id"] for mark in observed["marks"]}
        assert {mint("TeacherComment", "complete")} <= {one["id"] for one in observed["comments"]}
        assert observed["attendance"]["id"] == mint("AttendanceRecord", "complete")
        assert observed["homework"]
        assert observed["classwork"]
        query = f'{{ node(id: "{own}") {{ ... on Lesson {{ topic marks {{ id }} }} }} }}'
        by_id = await school.served.data(bearer, query)
        assert by_id["node"]["marks"] == observed["marks"]


async def test_a_substitute_reads_nothing_beside_the_lesson(school: Generated) -> None:
    key = StudentId(school.student_id)
    where = {"class_ids": school.class_id, "group_id": None, "_id": {"$ne": school.lesson["_id"]}}
    others = await school.find("schedule.lessons", **where, subject_id=school.lesson["subject_id"])
    ids = [key, mint("Mark", "complete"), mint("TeacherComment", "complete"), of_student(others[0]["_id"], key)]
    ids += [of_student(mint("Homework", "complete"), key), str(mint("FinalGrade", "complete"))]
    strange = records(school.student_id, "sub_other", school.lesson["_id"], school.class_id, "substituted")
    async with substituted(school) as teacher, with_all(school, strange):
        bearer = school.bearer(teacher, Role.TEACHER)
        answer = await school.served.ask(bearer, by_ids([*ids, of_student(school.lesson["_id"], key)]))
        assert [answer["data"][f"n{i}"] for i in range(len(ids))] == [None] * len(ids)
        observed = orjson.dumps(await school.served.ask(bearer, SUBSTITUTED)).decode()
        assert not [one["_id"] for one in strange.values() if one["_id"] in observed]
    answer = await school.served.ask(bearer, by_ids([of_student(school.lesson["_id"], key)]))
    assert answer["data"]["n0"] is None, "the substitution was taken back"


def enrolled(class_id: str) -> dict[str, Any]:
    return {"enrolments": {"$elemMatch": {"class_id": class_id, "ends_on": None}}}
