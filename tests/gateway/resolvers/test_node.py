"""`node(id)`: whatever has an id is found by it by whom it is shown to, and by nobody else."""

from typing import Any, Final

import pytest

from auth.viewer import Role
from connectors import mongo
from connectors.messages import message_id
from connectors.vocabulary import mint
from gateway.schema.query import NODES
from tests.gateway.asking import TinySchool

Who = tuple[str, Role]
IVAN: Final = ("ivan", Role.STUDENT)
OLGA: Final = ("olga", Role.PARENT)
PAVEL: Final = ("pavel", Role.PARENT)
PETR: Final = ("petr", Role.STUDENT)
MARIA: Final = ("maria", Role.STUDENT)
SMIRNOV: Final = ("smirnov", Role.TEACHER)
ANGLIN: Final = ("anglin", Role.TEACHER)
LEADER: Final = ("kuznetsova", Role.CLASS_TEACHER)
ADMIN: Final = ("admin", Role.ADMINISTRATOR)

# Of each type: what Ivan has of it, who may read it, and to whom it is as if it did not exist.
CASES: Final[dict[str, tuple[str, str, list[Who], list[Who]]]] = {
    "Student": ("ivan", "displayName", [IVAN, OLGA, SMIRNOV, LEADER, ADMIN], [PAVEL, PETR, MARIA]),
    "School": ("perm", "name", [IVAN, PAVEL, ADMIN], [MARIA]),
    "Class": ("7a", "name", [IVAN, PAVEL, SMIRNOV], [MARIA]),
    "Group": ("eng1", "name", [IVAN, OLGA, ANGLIN], [MARIA]),
    "Subject": ("math", "name", [IVAN, PAVEL, ADMIN], [MARIA]),
    "Person": ("petr", "displayName", [IVAN, PAVEL, SMIRNOV, ADMIN], [MARIA, ("vera", Role.STUDENT)]),
    "Lesson": ("mon1", "topic", [IVAN, OLGA, SMIRNOV, LEADER, ADMIN], [PAVEL, PETR, ANGLIN]),
    "Homework": ("today", "text", [IVAN, OLGA, SMIRNOV, LEADER, ADMIN], [PAVEL, PETR, ANGLIN]),
    "Remark": ("noise", "text", [OLGA, ("igor", Role.PARENT)], [PAVEL]),
    "TeacherComment": ("praise", "text", [IVAN, OLGA, SMIRNOV, ADMIN], [PAVEL, PETR, ANGLIN]),
    "AbsenceNotice": ("lessons", "reason", [OLGA, LEADER], [PAVEL]),
    "Mark": ("m1", "value", [IVAN, OLGA, SMIRNOV, LEADER, ADMIN], [PAVEL, PETR, ANGLIN]),
    "Work": ("next", "title", [IVAN, OLGA, SMIRNOV, LEADER, ADMIN], [MARIA, ("vera", Role.STUDENT)]),
    "GradeReview": ("r1", "reason", [IVAN, OLGA, LEADER], [PAVEL, PETR, ANGLIN]),
    "Submission": ("late:petr", "submittedAt", [PETR, SMIRNOV], [IVAN, ANGLIN, PAVEL]),
    "FinalGrade": ("math q1", "value", [IVAN, OLGA, SMIRNOV, ADMIN], [PAVEL, PETR, ANGLIN]),
    "AttestationPeriod": ("q1", "name", [IVAN, PAVEL, ADMIN], [MARIA]),
    "Curriculum": ("2026/27", "name", [IVAN, PAVEL, ADMIN], [MARIA]),
    "WorkProgramme": ("math", "name", [IVAN, PAVEL, ADMIN], [MARIA]),
    "ModuleCourse": ("robots", "title", [IVAN], [PETR]),
    "Achievement": ("race", "title", [IVAN, OLGA, SMIRNOV, LEADER, ADMIN], [PAVEL, PETR]),
    "Announcement": ("duty", "title", [IVAN, OLGA, PAVEL, LEADER, ADMIN], [MARIA, SMIRNOV, ANGLIN]),
    "Notification": ("comment", "kind", [OLGA], [IVAN, PAVEL]),
    "Conversation": ("olga smirnov", "lastMessageAt", [OLGA, SMIRNOV], [IVAN, PAVEL, LEADER, ADMIN]),
    "Message": ("olga smirnov", "body", [OLGA, SMIRNOV], [IVAN, PAVEL, LEADER, ADMIN]),
    "Service": ("pool", "name", [OLGA], [PAVEL]),
    "Test": ("open", "title", [IVAN], [PETR]),
}
OF_ONE_STUDENT: Final = {"Lesson", "Homework", "ModuleCourse", "Service", "Test"}


def public_id(tiny: TinySchool, kind: str) -> str:
    key = CASES[kind][0]
    if kind == "Message":
        return message_id(tiny.id("Conversation", key), 1)
    return tiny.own(kind, key, "ivan") if kind in OF_ONE_STUDENT else tiny.id(kind, key)


def query(public_id: str, kind: str, field: str) -> str:
    return f'{{ node(id: "{public_id}") {{ __typename id ... on {kind} {{ {field} }} }} }}'


def test_every_type_that_is_a_node_is_tried() -> None:
    # The tiny school was never checked: tests/gateway/writing/test_integrity.py tries its findings.
    assert CASES.keys() == {node.__name__ for node in NODES} - {"IntegrityFinding"}


@pytest.mark.parametrize("kind", CASES)
async def test_node_is_what_its_id_says_for_whom_it_is_shown_to(tiny: TinySchool, kind: str) -> None:
    _, field, readers, _ = CASES[kind]
    own = public_id(tiny, kind)
    for who in readers:
        found = (await tiny.data(*who, query(own, kind, field)))["node"]
        assert (found["__typename"], found["id"]) == (kind, own), who
        assert found[field], who


@pytest.mark.parametrize("kind", CASES)
async def test_node_of_a_stranger_is_told_from_nothing_by_nothing(tiny: TinySchool, kind: str) -> None:
    _, field, _, strangers = CASES[kind]
    own = public_id(tiny, kind)
    for who in strangers:
        without_id = await _without_id(tiny, who, query(own, kind, field))
        missing = own[:4] + "a" * (len(own.partition(".")[0]) - 4) + "".join(own.partition(".")[1:])
        assert without_id == await _without_id(tiny, who, query(missing, kind, field))
        assert without_id["errors"][0]["extensions"]["code"] == "NOT_FOUND", who


async def _without_id(tiny: TinySchool, who: Who, asking: str) -> Any:
    """An answer without the number and the time of its request."""
    answer = await tiny.answer(*who, asking)
    assert answer["data"] == {"node": None}
    for error in answer["errors"]:
        error["extensions"].pop("requestId", None)
        error["extensions"].pop("time", None)
        error["extensions"].pop("timestamp", None)
    return answer


async def test_lesson_of_a_class_one_was_not_in_that_day_is_not_found(tiny: TinySchool) -> None:
    for key, code in (
        ("b2026-10-20", None),
        ("a2026-11-10", None),
        ("a2026-10-20", "NOT_FOUND"),
        ("monb", "NOT_FOUND"),
    ):
        own = tiny.own("Lesson", key, "timofey")
        answer = await tiny.answer("timofey", Role.STUDENT, query(own, "Lesson", "topic"))
        assert [error["extensions"]["code"] for error in answer.get("errors", [])] == ([code] if code else [])


async def test_homework_of_another_group_or_another_student_is_not_found(tiny: TinySchool) -> None:
    for key in ("english 2", "petr's own", "a2026-10-20"):
        student = "timofey" if key.startswith("a") else "ivan"
        own = tiny.own("Homework", key, student)
        [error] = await tiny.failing(student, Role.STUDENT, query(own, "Homework", "text"))
        assert error["code"] == "NOT_FOUND"


async def test_course_of_another_class_is_not_found(tiny: TinySchool) -> None:
    own = tiny.own("ModuleCourse", "for 7b", "ivan")
    [error] = await tiny.failing(*IVAN, query(own, "ModuleCourse", "title"))
    assert error["code"] == "NOT_FOUND"


async def test_test_that_is_not_assigned_is_not_found(tiny: TinySchool) -> None:
    own = tiny.own("Test", "not assigned", "ivan")
    [error] = await tiny.failing(*IVAN, query(own, "Test", "title"))
    assert error["code"] == "NOT_FOUND"


async def test_achievement_that_is_confirmed_is_not_found_by_a_teacher(tiny: TinySchool) -> None:
    own = tiny.id("Achievement", "circle")
    [error] = await tiny.failing(*SMIRNOV, query(own, "Achievement", "title"))
    assert error["code"] == "NOT_FOUND"


async def test_work_of_the_class_a_student_came_from_is_found(tiny: TinySchool) -> None:
    own = tiny.id("Work", "timofey b")
    found = await tiny.data("timofey", Role.STUDENT, query(own, "Work", "title"))
    assert found["node"]["title"] == "Работа timofey b"


async def test_work_of_another_group_is_not_found(tiny: TinySchool) -> None:
    own = tiny.id("Work", "english 2")
    [error] = await tiny.failing(*IVAN, query(own, "Work", "title"))
    assert error["code"] == "NOT_FOUND"


async def test_person_who_was_merged_is_found_as_who_remains(tiny: TinySchool) -> None:
    for who in (IVAN, SMIRNOV, ADMIN):
        found = (await tiny.data(*who, query(tiny.id("Person", "rusova-twice"), "Person", "displayName")))["node"]
        assert found["displayName"] == "Русова Римма"


async def test_every_person_finds_himself(tiny: TinySchool) -> None:
    for who in (IVAN, OLGA, SMIRNOV, LEADER, ADMIN, ("granny", Role.PARENT)):
        found = await tiny.data(*who, query(tiny.id("Person", who[0]), "Person", "displayName"))
        assert found["node"]["displayName"]


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "x",
        "stu",
        "stu_",
        "_",
        "stu_' || 1",
        "xyz_aaaaaaaaaaaaaaaa",
        "les_aaaaaaaaaaaaaaaa",
        "les_aaaaaaaaaaaaaaaa.",
        ".stu_aaaaaaaaaaaaaaaa",
        "les_aaaaaaaaaaaaaaaa.cls_aaaaaaaaaaaaaaaa",
        "\\u0000",
        "stu_\\u0000",
        "wkd_aaaaaaaaaaaaaaaa",
        "ы" * 5_000,
        "[object Object]",
    ],
    ids=lambda value: repr(value)[:25],
)
async def test_garbage_is_no_object_and_no_student(tiny: TinySchool, garbage: str) -> None:
    [error] = await tiny.failing(*ADMIN, f'{{ node(id: "{garbage}") {{ id }} }}')
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["node"])
    [error] = await tiny.failing(*OLGA, f'{{ student(id: "{garbage}") {{ id }} }}')
    code = "NOT_FOUND" if garbage.startswith("stu") else "INVALID_INPUT"
    assert (error["code"], error["path"]) == (code, ["student"])


@pytest.mark.parametrize("kind", ["WorkKind", "AchievementType", "AttendanceRecord", "GradeScale", "Acknowledgement"])
async def test_id_of_what_is_no_node_is_not_found(tiny: TinySchool, kind: str) -> None:
    known = {"WorkKind": "answer", "AchievementType": "sport", "AttendanceRecord": "late", "GradeScale": "five"}
    own = tiny.id(kind, known.get(kind, "ivan:2026-11-09:olga"))
    [error] = await tiny.failing(*OLGA, f'{{ node(id: "{own}") {{ id }} }}')
    assert error["code"] == "NOT_FOUND"


async def test_shared_id_of_a_lesson_is_nobodys_lesson(tiny: TinySchool) -> None:
    [error] = await tiny.failing(*IVAN, query(tiny.id("Lesson", "mon1"), "Lesson", "topic"))
    assert error["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ('class(id: "%s") { id }', "id"),
        ('student(id: "%s") { id }', "id"),
        ('students(classId: "%s") { totalCount }', "classId"),
        ('students(groupId: "%s") { totalCount }', "groupId"),
    ],
)
async def test_id_of_the_wrong_type_is_refused_and_the_argument_named(
    tiny: TinySchool, field: str, argument: str
) -> None:
    kind = "Class" if field.startswith("student(") else "Student"
    for wrong in (tiny.id(kind, "7a"), "garbage", ""):
        [error] = await tiny.failing(*ADMIN, "{ %s }" % (field % wrong))
        assert (error["code"], error["argument"]) == ("INVALID_INPUT", [argument])


async def test_the_searches_for_people_do_not_tell_which_ids_there_are(tiny: TinySchool) -> None:
    await tiny.answer(*SMIRNOV, "{ viewer { role } }")
    commands = []
    for other in (tiny.id("Person", "maria"), "per_aaaaaaaaaaaaaaaa"):
        mine = tiny.id("Person", "smirnov")
        both = f'{{ me: node(id: "{mine}") {{ id }} other: node(id: "{other}") {{ id }} }}'
        assert (await tiny.answer(*SMIRNOV, both))["data"]["other"] is None
        commands.append(sorted((collection, next(iter(own))) for _, collection, own in tiny.served.recorder.commands))
    assert commands[0] == commands[1]


@pytest.mark.parametrize("who", [MARIA, ("granny", Role.PARENT)], ids=str)
async def test_the_searches_for_people_do_not_tell_who_was_merged(tiny: TinySchool, who: tuple[str, Role]) -> None:
    merged = [tiny.id("Person", key) for key in ("ivan-twice", "rusova-once", "rusova-twice")]
    commands = [await _commands_for(tiny, who, f'node(id: "{own}")') for own in (*merged, "per_aaaaaaaaaaaaaaaa")]
    assert commands[0]
    assert all(own == commands[0] for own in commands)


@pytest.mark.parametrize("who", [MARIA, ("pavel", Role.PARENT), ("zamenin", Role.TEACHER), ADMIN], ids=str)
async def test_the_searches_for_students_do_not_tell_who_was_merged(tiny: TinySchool, who: tuple[str, Role]) -> None:
    other = "maria" if who == ADMIN else "ivan-twice"
    ids = (tiny.id("Student", other), "stu_aaaaaaaaaaaaaaaa")
    commands = [await _commands_for(tiny, who, f'student(id: "{own}")') for own in ids]
    assert commands[0]
    assert commands[0] == commands[1]


async def test_a_record_of_another_school_is_as_one_that_is_not_there(tiny: TinySchool) -> None:
    for kind, key, nothing in (("Mark", "maria", "mrk_aaaaaaaaaaaaaaaa"), ("Work", "maria", "wrk_aaaaaaaaaaaaaaaa")):
        ids = (tiny.id(kind, key), nothing)
        commands = [await _commands_for(tiny, ADMIN, f'node(id: "{own}")') for own in ids]
        assert commands[0] == commands[1] != []


async def test_a_record_under_the_old_id_of_a_merged_student_is_not_shown(tiny: TinySchool, mongo_uri: str) -> None:
    client: Any = mongo.connect(mongo_uri, timeout_s=20)
    marks = client[f"{tiny.served.settings.mongo.prefix}_grades"].marks
    mine = await marks.find_one({"_id": tiny.id("Mark", "m1")})
    own = mint("Mark", tiny.served.settings.mongo.prefix, "of one who was merged")
    await marks.insert_one({**mine, "_id": own, "student_id": tiny.id("Student", "ivan-twice")})
    try:
        assert await _commands_for(tiny, ADMIN, f'node(id: "{own}")')
    finally:
        await marks.delete_one({"_id": own})
        client.close()


async def _commands_for(tiny: TinySchool, who: tuple[str, Role], field: str) -> list[tuple[str, str]]:
    """The commands for an object that is not found, when the viewer is known."""
    await tiny.answer(*who, "{ viewer { role } }")
    answer = await tiny.answer(*who, f"{{ found: {field} {{ id }} }}")
    assert answer["data"] == {"found": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]
    return sorted((collection, next(iter(own))) for _, collection, own in tiny.served.recorder.commands)
