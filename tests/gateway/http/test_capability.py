"""`Student` as a capability: no path to another family's child, and no answer that tells whether something exists."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
import pytest

from auth.viewer import Role
from connectors.vocabulary import TYPES, StudentId, mint, of_student
from gateway.schema.query import NODES, graphql_schema
from tests.gateway.generated import DAY, NOW, Generated, person
from tests.gateway.schema.walk import walk
from tests.gateway.served import ISSUER

ID: Final = re.compile(r"\b([a-z]{2,3}_[a-z0-9]{16})(?:\.(stu_[a-z0-9]{16}))?")
OF_STUDENT: Final = {
    "Mark": "grades.marks",
    "Remark": "diary.remarks",
    "TeacherComment": "diary.comments",
    "AbsenceNotice": "diary.absence_notices",
    "FinalGrade": "grades.final_grades",
    "Achievement": "portfolio.achievements",
    "AttendanceRecord": "diary.attendance",
    "AttestationDebt": "grades.attestation_debts",
    "TestAttempt": "assessments.attempts",
}
"""Where the documents of a type lie that are about one student."""
OF_SUBJECT: Final = {"Mark", "TeacherComment", "FinalGrade", "AttendanceRecord"}
SHARED: Final = {"Lesson": "schedule.lessons", "Homework": "diary.homework"}


def plain(answer: Any) -> Any:
    """An answer without what differs from request to request."""
    for error in answer.get("errors", []):
        error["extensions"].pop("requestId")
        error["extensions"].pop("timestamp")
    return answer


def by_ids(ids: Iterable[str]) -> str:
    return "{" + " ".join(f'n{i}: node(id: "{own}") {{ __typename id }}' for i, own in enumerate(ids)) + "}"


async def everything_of(school: Generated, student: str) -> dict[str, str]:
    """An id of every type with ids, about that student."""
    own = await school.one("directory.people", student_id=student)
    class_id = own["enrolments"][-1]["class_id"]
    ids = {"Student": student}
    for kind in OF_STUDENT.keys() & {node.__name__ for node in NODES}:
        if found := await school.find(OF_STUDENT[kind], student_id=student):
            ids[kind] = found[0]["_id"]
    key = StudentId(student)
    lesson = await school.one("schedule.lessons", class_ids=class_id, date=DAY, group_id=None)
    homework = await school.one("diary.homework", class_ids=class_id, group_id=None, student_ids=None)
    course = await school.one("curriculum.module_courses", class_ids=class_id)
    [test, *_] = await school.find("assessments.assignments", student_id=student)
    if class_id != school.class_id:
        mine = school.student_id
        ids |= {"Lesson of his as mine": of_student(lesson["_id"], mine)}
        ids |= {"Homework of his as mine": of_student(homework["_id"], mine)}
    return ids | {
        "Lesson": of_student(lesson["_id"], key),
        "Homework": of_student(homework["_id"], key),
        "ModuleCourse": of_student(course["_id"], key),
        "Test": of_student(test["test_id"], key),
        "Lesson of mine as his": of_student(school.lesson["_id"], key),
        "Homework of mine as his": of_student(mint("Homework", "complete"), key),
    }


def nowhere(own_id: str) -> str:
    """An id like this one of something that does not exist."""
    shared, dot, student = own_id.partition(".")
    prefix = shared.partition("_")[0]
    return f"{prefix}_aaaaaaaaaaaaaaaa" + (f"{dot}stu_aaaaaaaaaaaaaaaa" if student else "")


async def students_of(school: Generated, class_id: str) -> list[str]:
    found = await school.find("directory.people", enrolments={"$elemMatch": {"class_id": class_id, "ends_on": None}})
    return sorted(one["student_id"] for one in found)


async def classes(school: Generated) -> tuple[str, str, str]:
    """The student's class, another one of the school, one of the college."""
    every = await school.find("directory.classes", _id={"$ne": mint("Class", "complete")})
    own = school.class_id
    near = next(c["_id"] for c in every if c["school_id"] == school.student["school_id"] and c["_id"] != own)
    far = next(c["_id"] for c in every if c["school_id"] != school.student["school_id"])
    return own, near, far


async def readable(school: Generated, role: str) -> set[str]:
    """The students whom the person of that role may read, straight from the directory."""
    who = school.around[Role(role)]
    match role:
        case Role.STUDENT:
            return {school.student_id}
        case Role.PARENT:
            held = await school.find("directory.guardianships", person_id=who)
            return {right["student_id"] for right in held}
        case Role.TEACHER:
            return {student for student, _ in await taught(school, who)}
        case Role.CLASS_TEACHER:
            return set(await students_of(school, school.class_id))
        case Role.ADMINISTRATOR:
            of_school = await school.find("directory.people", school_id=school.student["school_id"])
            return {one["student_id"] for one in of_school}
    return set()


async def taught(school: Generated, teacher: str) -> set[tuple[str, str]]:
    """Student and subject of everything a teacher teaches today."""
    pairs = set()
    for own in await school.find("directory.staff_assignments", person_id=teacher, kind="TEACHER", ends_on=None):
        place, key = ("enrolments", "class_id") if own["class_id"] else ("memberships", "group_id")
        where = {place: {"$elemMatch": {key: own[key], "ends_on": None}}}
        pairs |= {(one["student_id"], own["subject_id"]) for one in await school.find("directory.people", **where)}
    return pairs


async def strangers(school: Generated, role: str) -> list[str]:
    """Students near and far whom that role's person may not read, and of whom there is much to read."""
    own = await readable(school, role)
    lively = [
        {one["student_id"] for one in await school.find(OF_STUDENT[kind])} for kind in ("Remark", "AbsenceNotice")
    ]
    found = []
    for class_id in await classes(school):
        rest = [student for student in await students_of(school, class_id) if student not in own]
        rest.sort(key=lambda student: [student not in some for some in lively])
        found += rest[:1]
    return found


ROLES: Final = [role for role in Role if role is not Role.ANALYST]


@pytest.mark.parametrize("role", ROLES)
async def test_no_id_of_another_s_child_leads_anywhere(school: Generated, role: Role) -> None:
    others = await strangers(school, role)
    assert others
    for stranger in others:
        ids = await everything_of(school, stranger)
        assert len(ids) >= 10
        answer = await school.served.ask(school.own(role), by_ids(ids.values()))
        assert {name: answer["data"][f"n{i}"] for i, name in enumerate(ids)} == dict.fromkeys(ids)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"] * len(ids)


@pytest.mark.usefixtures("lockstep")
@pytest.mark.parametrize("role", ROLES)
async def test_what_is_another_s_answers_byte_by_byte_as_what_does_not_exist(school: Generated, role: Role) -> None:
    own, (stranger, *_) = school.own(role), await strangers(school, role)
    ids = list((await everything_of(school, stranger)).values())
    for more in ([], [school.student_id]):
        his = plain(await school.served.ask(own, by_ids([*ids, *more])))
        read = sorted(command[:2] for command in school.served.recorder.commands)
        nobodys = plain(await school.served.ask(own, by_ids([*map(nowhere, ids), *more])))
        assert orjson.dumps(his) == orjson.dumps(nobodys)
        assert read == sorted(command[:2] for command in school.served.recorder.commands)
    ask = (
        "query ($id: ID!) { student(id: $id) { displayName marks { totalCount } diary { startsOn } } viewer { role } }"
    )
    his = plain(await school.served.ask(own, ask, {"id": stranger}))
    nobodys = plain(await school.served.ask(own, ask, {"id": "stu_aaaaaaaaaaaaaaaa"}))
    assert orjson.dumps(his) == orjson.dumps(nobodys)


async def test_an_analyst_comes_to_no_person(school: Generated) -> None:
    ids = list((await everything_of(school, school.student_id)).values())
    answer = await school.served.ask(school.own(Role.ANALYST), by_ids([*ids, school.student["_id"]]))
    assert set(answer["data"].values()) == {None}


LISTS: Final = """{ viewer { student { ...S } children { ...S } classes { ...C } groups { id name teachers { id } } }
  students(first: 12) { nodes { ...S } }
  people(first: 100) { nodes { id displayName } }
  classes(first: 100) { nodes { ...C } } }
fragment C on Class { id members { id } parents { id } classTeacher { id } teachers { teacher { id } }
  students(first: 100) { nodes { id } totalCount } timetable { days { lessons { id } } } }
fragment S on Student { id
  diary { days { lessons { ...L } } }
  homework(first: 100) { nodes { id } } comments(first: 100) { nodes { id lesson { id } } }
  attendance(first: 100) { nodes { id lesson { id } } } missedLessons(first: 100) { nodes { id } }
  marks(first: 100) { nodes { id lesson { id } } edges { cursor } }
  performance { subject { id } marks { id } finalGrade { id } } finalGrades { id } plannedControlWorks { id }
  portfolio { academicResults { marks { id } } achievements(first: 100) { nodes { id } } }
  remarks(first: 100) { nodes { id } } absenceNotices(first: 100) { nodes { id lessons { id } } }
  attestationDebts { id } tests { id attempts { id } } moduleCourses { id }
  guardians { person { id } } timetable { days { lessons { id } } } }
fragment L on Lesson { id homework { id } classwork { id } marks { id } attendance { id } comments { id }
  remarks { id } }
"""


@pytest.mark.parametrize("role", ROLES)
async def test_every_id_that_is_told_is_of_a_student_whom_the_viewer_may_read(school: Generated, role: Role) -> None:
    own = await readable(school, role)
    nodes = await school.nodes()
    all_queries = walk(graphql_schema(), role, school.student_id, school.class_id, nodes)
    for query in (LISTS, all_queries.text):
        answer = await school.served.ask(school.own(role), query)
        observed = ID.findall(orjson.dumps(answer["data"]).decode())
        assert len(observed) > 40
        assert {of for _, of in observed if of} <= own
        assert {own_id for own_id, _ in observed if TYPES[own_id.partition("_")[0]] == "Student"} <= own
        for kind, collection in OF_STUDENT.items():
            ids = [own_id for own_id, _ in observed if TYPES[own_id.partition("_")[0]] == kind]
            about = {one["student_id"] for one in await school.find(collection, _id={"$in": ids})}
            assert about <= own, kind


async def test_a_teacher_is_told_of_his_subjects_alone(school: Generated) -> None:
    pairs = await taught(school, school.around[Role.TEACHER])
    answer = await school.served.ask(school.own(Role.TEACHER), LISTS)
    observed = ID.findall(orjson.dumps(answer["data"]).decode())
    seen = 0
    for kind in OF_SUBJECT:
        ids = [own_id for own_id, _ in observed if TYPES[own_id.partition("_")[0]] == kind]
        found = await school.find(OF_STUDENT[kind], _id={"$in": ids})
        assert found, kind
        assert {(one["student_id"], one["subject_id"]) for one in found} <= pairs, kind
    for kind, collection in SHARED.items():
        shared = {(one, of) for one, of in observed if of and TYPES[one.partition("_")[0]] == kind}
        subjects = {
            one["_id"]: one["subject_id"] for one in await school.find(collection, _id={"$in": [x for x, _ in shared]})
        }
        assert {(of, subjects[one]) for one, of in shared} <= pairs, kind
        seen += len(shared)
    assert seen > 50


async def test_a_teacher_comes_to_nothing_of_other_subjects_by_id(school: Generated) -> None:
    key = school.student_id
    pairs = await taught(school, school.around[Role.TEACHER])
    own = {subject for student, subject in pairs if student == key}
    others = {"$nin": [*own, None]}
    his = {"student_id": key}
    ids = {
        "Mark": (await school.one("grades.marks", subject_id=others, **his))["_id"],
        "FinalGrade": (await school.one("grades.final_grades", subject_id=others, **his))["_id"],
        "Work": (await school.one("grades.works", subject_id=others, class_ids=school.class_id, group_id=None))["_id"],
    }
    where = {"subject_id": others, "class_ids": school.class_id, "group_id": None}
    ids["Lesson"] = of_student((await school.one("schedule.lessons", **where))["_id"], key)
    ids["Homework"] = of_student((await school.one("diary.homework", **where, student_ids=None))["_id"], key)
    remembered = {"_id": mint("TeacherComment", "of another"), **his, "subject_id": ids["Mark"], "made_on": DAY}
    async with added(school, "diary.comments", [{**remembered, "text": "", "lesson_id": None, "author_id": None}]):
        ids["TeacherComment"] = remembered["_id"]
        answer = await school.served.ask(school.own(Role.TEACHER), by_ids(ids.values()))
        assert set(answer["data"].values()) == {None}
        answer = await school.served.ask(school.own(Role.CLASS_TEACHER), by_ids(ids.values()))
        assert "errors" not in answer


async def test_a_work_is_known_by_its_id_where_it_is_set_and_in_the_subject(school: Generated) -> None:
    _, near, far = await classes(school)
    teacher = school.around[Role.TEACHER]
    rest = {"$nin": [subject for _, subject in await taught(school, teacher)]}
    here = mint("Work", "complete")
    of_college = (await school.one("grades.works", class_ids=far, group_id=None))["_id"]
    beside = (await school.one("grades.works", class_ids=[near], group_id=None, subject_id=rest))["_id"]
    for role in ROLES:
        answer = await school.served.ask(school.own(role), by_ids([here, of_college, beside]))
        found = [answer["data"][name] is not None for name in ("n0", "n1", "n2")]
        # The parent has another child, in the class beside.
        assert found == [True, False, role in {Role.ADMINISTRATOR, Role.PARENT}], role


# Whose right has ended, is yet to come, or is none.


@pytest.mark.parametrize("note", ["right ended within", "guardianship has ended", "without access to data"])
async def test_a_guardian_without_a_right_today_sees_no_child(school: Generated, note: str) -> None:
    who = school.story(Role.PARENT, note)
    [*rights] = await school.find("directory.guardianships", person_id=who.person_id)
    child = rights[0]["student_id"]
    await nobody(school, school.bearer(who.person_id, Role.PARENT), child)


@pytest.mark.parametrize(
    "right",
    [
        {"valid_from": "2026-11-19"},
        {"valid_to": "2026-11-17"},
        {"data_access": False},
        {"valid_from": "2026-01-01", "valid_to": "2025-01-01"},
    ],
)
async def test_a_right_counts_on_its_days_only(school: Generated, right: Mapping[str, Any]) -> None:
    async with guardian(school, **right) as bearer:
        await nobody(school, bearer, school.student_id)


async def test_a_right_counts_on_its_first_and_last_day(school: Generated) -> None:
    async with guardian(school, valid_from=DAY, valid_to=DAY) as bearer:
        data = await school.served.data(bearer, f'{{ student(id: "{school.student_id}") {{ id }} }}')
        assert data["student"]["id"] == school.student_id


async def nobody(school: Generated, bearer: str, child: str) -> None:
    """Whoever holds *bearer* comes to nothing of the child, his class and the people around him."""
    own = await school.one("directory.people", student_id=child)
    class_id = own["enrolments"][-1]["class_id"]
    query = f"""{{ viewer {{ children {{ id }} school {{ id }} }} student(id: "{child}") {{ id }}
      class(id: "{class_id}") {{ members {{ id }} parents {{ id }} }} people {{ nodes {{ id }} totalCount }} }}"""
    answer = await school.served.ask(bearer, query)
    assert answer["data"]["viewer"]["children"] == []
    assert answer["data"]["student"] is None
    assert answer["data"]["class"] is None
    assert own["_id"] not in orjson.dumps(answer["data"]).decode()
    ids = [*(await everything_of(school, child)).values(), own["_id"]]
    answer = await school.served.ask(bearer, by_ids(ids))
    assert set(answer["data"].values()) == {None}


@asynccontextmanager
async def guardian(school: Generated, **right: Any) -> AsyncIterator[str]:
    """A token of a new guardian of the student."""
    who = person(school.student["school_id"], "Опекун", orjson.dumps(right).decode(), roles=["PARENT"])
    subject = mint("ExternalId", who["_id"])
    held = {
        "_id": mint("Guardianship", who["_id"]),
        "school_id": school.student["school_id"],
        "person_id": who["_id"],
        "student_id": school.student_id,
        "relation": "опекун",
        "is_legal_representative": True,
        "lives_with": None,
        "data_access": True,
        "valid_from": None,
        "valid_to": None,
        **right,
    }
    known = {"_id": subject, "issuer": ISSUER, "subject": subject, "person_id": who["_id"]}
    async with (
        added(school, "directory.people", [who]),
        added(school, "directory.guardianships", [held]),
        added(school, "directory.external_ids", [known]),
    ):
        school.known = {**school.known, who["_id"]: subject}
        yield school.bearer(who["_id"], Role.PARENT)


@asynccontextmanager
async def added(school: Generated, name: str, documents: list[dict[str, Any]]) -> AsyncIterator[None]:
    """The data with these documents more."""
    subsystem, collection = name.split(".")
    target = school.connectors.databases[subsystem][collection]
    of_school = {"school_id": school.student["school_id"]} if subsystem != "directory" else {}
    await target.insert_many([{**of_school, **document} for document in documents])
    try:
        yield
    finally:
        await target.delete_many({"_id": {"$in": [document["_id"] for document in documents]}})


async def test_a_teacher_who_is_a_parent_acts_in_one_role_at_a_time(school: Generated) -> None:
    who = school.story(Role.TEACHER, "is a parent in the same school").person_id
    [child] = school.story(Role.PARENT, "a teacher of this school").student_ids
    pupils = {student for student, _ in await taught(school, who)} - {child}
    pupil = min(pupils)
    ask = """query ($child: ID!, $pupil: ID!) { child: student(id: $child) { ...S } pupil: student(id: $pupil) { ...S }
      viewer { children { id } classes { id } groups { id } } }
      fragment S on Student { id birthDate remarks { totalCount } marks(first: 100) { nodes { subject { id } } } }"""
    sent = {"child": child, "pupil": pupil}
    as_parent = await school.served.ask(school.bearer(who, Role.PARENT), ask, sent)
    assert as_parent["data"]["child"]["remarks"] is not None
    assert as_parent["data"]["child"]["birthDate"] is not None
    assert as_parent["data"]["pupil"] is None
    assert as_parent["data"]["viewer"] == {"children": [{"id": child}], "classes": None, "groups": None}
    as_teacher = await school.served.ask(school.bearer(who, Role.TEACHER), ask, sent)
    own = {subject for student, subject in await taught(school, who) if student == child}
    assert as_teacher["data"]["pupil"]["id"] == pupil
    assert as_teacher["data"]["viewer"]["children"] is None
    for seen in (as_teacher["data"]["child"], as_teacher["data"]["pupil"]):
        if seen is not None:
            assert seen["remarks"] is seen["birthDate"] is None
    if as_teacher["data"]["child"] is not None:
        assert {mark["subject"]["id"] for mark in as_teacher["data"]["child"]["marks"]["nodes"]} <= own


# Lists, searches, cursors.


@pytest.mark.parametrize("role", [Role.STUDENT, Role.PARENT])
async def test_a_family_sees_the_names_of_its_own_classes_only(school: Generated, role: Role) -> None:
    own, near, far = await classes(school)
    mine = set(await students_of(school, own))
    for class_id in (near, far):
        if role is Role.PARENT and class_id == near:
            continue  # the sister learns there
        query = f'{{ class(id: "{class_id}") {{ id members {{ id }} parents {{ id }} }} }}'
        answer = await school.served.ask(school.own(role), query)
        assert answer["data"]["class"] in ({"id": class_id, "members": None, "parents": None}, None)
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"NOT_FOUND"}
    data = await school.served.data(school.own(role), f'{{ class(id: "{own}") {{ members {{ __typename id }} }} }}')
    assert {member["__typename"] for member in data["class"]["members"]} == {"Person"}
    assert len(data["class"]["members"]) == len(mine)


async def test_a_classmate_is_a_person_and_no_student(school: Generated) -> None:
    mate = await school.one(
        "directory.people", **{"enrolments.class_id": school.class_id}, student_id={"$ne": school.student_id}
    )
    query = """query ($p: ID!, $s: ID!) { person: node(id: $p) { __typename id ... on Person { displayName }
      ... on Student { marks { totalCount } } } student: node(id: $s) { id } }"""
    answer = await school.served.ask(school.own("STUDENT"), query, {"p": mate["_id"], "s": mate["student_id"]})
    assert answer["data"]["person"] == {"__typename": "Person", "id": mate["_id"], "displayName": mate["display_name"]}
    assert answer["data"]["student"] is None


@pytest.mark.parametrize("role", [Role.TEACHER, Role.CLASS_TEACHER])
async def test_staff_find_only_their_students_whichever_way_they_look(school: Generated, role: Role) -> None:
    mine = await readable(school, role)
    for stranger in await strangers(school, role):
        other = await school.one("directory.people", student_id=stranger)
        class_id = other["enrolments"][-1]["class_id"]
        group_id = other["memberships"][0]["group_id"]
        query = """query ($class: ID!, $group: ID!, $name: String!) {
          byClass: students(classId: $class, first: 100) { nodes { id } totalCount }
          byGroup: students(groupId: $group, first: 100) { nodes { id } totalCount }
          byName: students(search: $name, first: 100) { nodes { id } totalCount }
          all: students(search: "", first: 100) { nodes { id } totalCount } }"""
        sent = {"class": class_id, "group": group_id, "name": other["display_name"]}
        data = await school.served.data(school.own(role), query, sent)
        for found in data.values():
            assert {own["id"] for own in found["nodes"]} <= mine
            assert found["totalCount"] == len(found["nodes"])
        assert data["byName"]["nodes"] == []


async def test_an_administrator_s_lists_end_at_his_school(school: Generated) -> None:
    [stranger, *_] = await strangers(school, Role.ADMINISTRATOR)
    other = await school.one("directory.people", student_id=stranger)
    class_id = other["enrolments"][-1]["class_id"]
    query = """query ($class: ID!, $name: String!, $school: ID!, $person: ID!) {
      students(classId: $class) { nodes { id } totalCount }
      people(search: $name) { nodes { id } totalCount }
      class(id: $class) { id } school: node(id: $school) { id } person: node(id: $person) { id } }"""
    sent = {"class": class_id, "name": other["display_name"], "school": other["school_id"], "person": other["_id"]}
    answer = await school.served.ask(school.own(Role.ADMINISTRATOR), query, sent)
    nothing: dict[str, Any] = {"nodes": [], "totalCount": 0}
    none = dict.fromkeys(["class", "school", "person"])
    assert answer["data"] == {"students": nothing, "people": nothing, **none}


async def test_a_cursor_of_another_s_list_is_a_place_in_one_s_own(school: Generated) -> None:
    [stranger, *_] = await strangers(school, Role.PARENT)
    admin = school.own(Role.ADMINISTRATOR)
    ask = """query ($s: ID!, $after: String) { student(id: $s) {
      marks(first: 3, after: $after) { nodes { id } edges { cursor } totalCount }
      comments(first: 3) { edges { cursor } } } }"""
    his = await school.served.data(admin, ask, {"s": stranger})
    after = his["student"]["marks"]["edges"][1]["cursor"]
    mine = await school.served.data(school.own(Role.PARENT), ask, {"s": school.student_id, "after": after})
    ids = [mark["id"] for mark in mine["student"]["marks"]["nodes"]]
    assert ids
    assert {mark["student_id"] for mark in await school.find("grades.marks", _id={"$in": ids})} == {school.student_id}


@pytest.mark.parametrize("cursor", ["", "x", "W10", "bnVsbA", "WzFd", "W3siJGd0IjoiIn0sIngiXQ", "WyIyMDI2IiwgWzFdXQ"])
async def test_a_forged_cursor_is_refused_and_changes_nothing_else(school: Generated, cursor: str) -> None:
    ask = "query ($s: ID!, $after: String) { student(id: $s) { id marks(after: $after) { nodes { id } } } }"
    answer = await school.served.ask(school.own("PARENT"), ask, {"s": school.student_id, "after": cursor})
    assert answer["data"] == {"student": {"id": school.student_id, "marks": None}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]


# Two worlds: what is told does not depend on what may not be seen.


def remark(number: int, student: str, lesson: str | None, day: str = DAY) -> dict[str, Any]:
    texts = {"text": "Опоздал", "kind": "BEHAVIOUR", "subject_id": None, "author_id": None}
    one = {"_id": mint("Remark", "worlds", number), "student_id": student, "made_on": day, "lesson_id": lesson}
    return {**one, **texts}


async def observed(school: Generated, bearer: str, queries: Iterable[str]) -> list[Any]:
    """Everything there is in the answers: status, headers, bytes; and of each command which collection it reads."""
    answers: list[Any] = []
    for query in queries:
        await school.served.warm(bearer)  # each time: a viewer is cached for a minute at most
        school.served.recorder.clear()
        headers = {"Authorization": f"Bearer {bearer}", "Accept-Encoding": "identity"}
        async with school.served.client.post("/graphql", json={"query": query}, headers=headers) as response:
            body = await response.read()
            shown = {name: value for name, value in response.headers.items() if name not in {"X-Request-ID", "Date"}}
        commands = sorted((name, collection) for name, collection, _ in school.served.recorder.commands)
        answers.append((response.status, shown, plain(orjson.loads(body)), len(body), commands))
    return answers


def questions(school: Generated, role: Role, nodes: Mapping[str, str], ids: Iterable[str]) -> list[str]:
    all_queries = walk(graphql_schema(), role, school.student_id, school.class_id, nodes)
    weeks = " ".join(
        f'd{i}: diary(week: "{day}") {{ days {{ lessons {{ id remarks {{ id }} comments {{ id }} }} }} }}'
        for i, day in enumerate([DAY, "2026-09-09", "2026-12-02"])
    )
    return [
        all_queries.text,
        LISTS,
        by_ids(ids),
        f'{{ student(id: "{school.student_id}") {{ {weeks} remarks {{ totalCount }} tests {{ id }} }} }}',
        "{ viewer { student { id } children { id tests { id } } } people { totalCount } }",
        '{ __type(name: "Remark") { name } __schema { types { name } } }',
    ]


@pytest.mark.usefixtures("lockstep")
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PARENT])
async def test_nothing_told_depends_on_a_remark_except_to_parents(school: Generated, role: Role) -> None:
    nodes = await school.nodes()
    remarks = [remark(i, school.student_id, school.lesson["_id"] if i % 2 else None) for i in range(30)]
    all_queries = questions(school, role, nodes, [one["_id"] for one in remarks])
    without = await observed(school, school.own(role), all_queries)
    before = await observed(school, school.own(Role.PARENT), all_queries[1:2])
    async with added(school, "diary.remarks", remarks):
        assert await observed(school, school.own(role), all_queries) == without
        assert await observed(school, school.own(Role.PARENT), all_queries[1:2]) != before
    subsystem = school.connectors.databases["diary"]["remarks"]
    removed = await subsystem.find({}).to_list(length=None)
    await subsystem.delete_many({})
    try:
        assert await observed(school, school.own(role), all_queries) == without
    finally:
        await subsystem.insert_many(removed)


@pytest.mark.usefixtures("lockstep")
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.STUDENT])
async def test_nothing_told_depends_on_a_test_except_to_students(school: Generated, role: Role) -> None:
    key = school.student_id
    test = {
        "_id": mint("Test", "worlds"),
        "title": "?",
        "subject_id": school.lesson["subject_id"],
        "author_id": None,
        "opens_at": NOW,
        "closes_at": NOW,
        "question_count": 1,
        "max_score": 1,
        "attempt_limit": 1,
    }
    assignment = {"_id": mint("TestAssignment", "worlds"), "test_id": test["_id"], "student_id": key}
    tried = {"number": 9, "started_at": NOW, "submitted_at": None, "score": None, "state": "STARTED"}
    choice = {"_id": mint("CourseChoice", "worlds"), "course_id": "crs_x", "student_id": key, "period_id": "x"}
    all_queries = questions(school, role, await school.nodes(), [of_student(str(test["_id"]), key)])
    without = await observed(school, school.own(role), all_queries)
    before = await observed(school, school.own(Role.STUDENT), all_queries[1:2])
    async with (
        added(school, "assessments.tests", [test]),
        added(school, "assessments.assignments", [assignment]),
        added(school, "assessments.attempts", [{**assignment, **tried, "_id": mint("TestAttempt", "worlds")}]),
        added(school, "curriculum.course_choices", [{**choice, "chosen_at": NOW}]),
    ):
        assert await observed(school, school.own(role), all_queries) == without
        assert await observed(school, school.own(Role.STUDENT), all_queries[1:2]) != before
