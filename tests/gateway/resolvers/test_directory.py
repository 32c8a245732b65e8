"""Viewers, people, classes, search, ids (F100, F124; traps T11 to T14, T18, T20)."""

from typing import Any

import pytest

from auth.viewer import Role
from connectors import mongo
from gateway.resolvers.directory.known_people import is_barred
from tests.gateway.asking import TinySchool
from tests.gateway.school import DECOMPOSED

STUDENT = ("ivan", Role.STUDENT)
MOTHER = ("olga", Role.PARENT)
TEACHER = ("smirnov", Role.TEACHER)
LEADER = ("kuznetsova", Role.CLASS_TEACHER)
ADMIN = ("admin", Role.ADMINISTRATOR)
ANALYST = ("analyst", Role.ANALYST)
Who = tuple[str, Role]


# ── the viewer ──


async def test_viewer_is_the_person_in_his_role_with_his_own_contacts(tiny: TinySchool) -> None:
    query = "{ viewer { role person { displayName } email phone } }"
    assert (await tiny.data("olga", Role.PARENT, query))["viewer"] == {
        "role": "PARENT",
        "person": {"displayName": "Иванова Ольга Петровна"},
        "email": "olga@example.org",
        "phone": "+7 900 000-00-00",
    }


async def test_viewer_is_at_his_school(tiny: TinySchool) -> None:
    query = "{ viewer { school { name timeZone kind averageKind } } school { name } }"
    own = {"name": "Школа № 1", "timeZone": "Asia/Yekaterinburg", "kind": "SCHOOL", "averageKind": "WEIGHTED"}
    assert await tiny.data(*STUDENT, query) == {"viewer": {"school": own}, "school": {"name": "Школа № 1"}}


async def test_viewers_contacts_are_null_where_none_is_known(tiny: TinySchool) -> None:
    assert (await tiny.data("igor", Role.PARENT, "{ viewer { email phone } }"))["viewer"] == {
        "email": None,
        "phone": None,
    }


async def test_student_is_himself(tiny: TinySchool) -> None:
    answer = await tiny.data(*STUDENT, "{ viewer { student { id displayName birthDate } } }")
    assert answer["viewer"]["student"] == {
        "id": tiny.id("Student", "ivan"),
        "displayName": "Иванов Иван Игоревич",
        "birthDate": "2013-05-01",
    }


@pytest.mark.parametrize(
    ("parent", "children"),
    [
        ("olga", ["Иванов Иван Игоревич", "Иванова Анна Игоревна", "Иванова Мария Игоревна"]),
        ("igor", ["Иванов Иван Игоревич"]),  # the father of one: lives apart, reads his son and not his daughters
        ("pavel", ["Петров Пётр Павлович"]),
    ],
)
async def test_children_are_those_of_the_guardianships_in_force_by_name(
    tiny: TinySchool, parent: str, children: list[str]
) -> None:
    answer = await tiny.data(parent, Role.PARENT, "{ viewer { children { displayName } } }")
    assert [child["displayName"] for child in answer["viewer"]["children"]] == children


@pytest.mark.parametrize("parent", ["granny", "aunt", "barred", "banned"], ids=["ended", "to come", "barred", "banned"])
async def test_a_parent_without_a_child_today_is_told_that_the_link_is_missing(tiny: TinySchool, parent: str) -> None:
    answer = await tiny.answer(parent, Role.PARENT, "{ me: viewer { role kids: children { id } } }")
    assert answer["data"] == {"me": {"role": "PARENT", "kids": []}}
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("CHILD_LINK_MISSING", ["me", "kids"])


@pytest.mark.parametrize(
    ("parent", "ended_on"), [("granny", "2026-10-31"), ("aunt", None), ("barred", None), ("banned", None)]
)
async def test_a_parent_without_a_child_today_is_told_when_the_last_link_ended(
    tiny: TinySchool, parent: str, ended_on: str | None
) -> None:
    [error] = await tiny.failing(parent, Role.PARENT, "{ viewer { children { id } } }")
    assert error["lastLinkEndedOn"] == ended_on


async def test_the_last_link_is_one_that_gave_access_and_is_over(tiny: TinySchool, mongo_uri: str) -> None:
    client: Any = mongo.connect(mongo_uri, timeout_s=20)
    rights = client[f"{tiny.served.settings.mongo.prefix}_directory"].guardianships
    model = await rights.find_one({"person_id": tiny.id("Person", "granny")})
    others: list[dict[str, Any]] = [
        {"valid_to": "2026-11-10", "data_access": False},
        {"valid_from": "2026-12-01", "valid_to": None},
        {"valid_from": "2026-12-01", "valid_to": "2027-05-31"},
        {"valid_to": "2026-11-18", "student_id": "stu_gone"},  # in force today, over a student who is not there
        {"valid_to": "2026-11-03", "student_id": "stu_gone"},
    ]
    await rights.insert_many([{**model, "_id": f"gua_{i}", **own} for i, own in enumerate(others)])
    try:
        [error] = await tiny.failing("granny", Role.PARENT, "{ viewer { children { id } } }")
        assert (error["code"], error["lastLinkEndedOn"]) == ("CHILD_LINK_MISSING", "2026-11-03")
    finally:
        await rights.delete_many({"_id": {"$in": [f"gua_{i}" for i in range(len(others))]}})
        client.close()


async def test_child_of_a_guardianship_not_in_force_is_not_found(tiny: TinySchool) -> None:
    query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ displayName }} }}'
    for parent in ("granny", "aunt", "barred", "pavel"):
        [error] = await tiny.failing(parent, Role.PARENT, query)
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["student"])


async def test_teacher_begins_with_the_classes_and_groups_he_teaches(tiny: TinySchool) -> None:
    query = "{ viewer { classes { name } groups { name } } }"
    assert (await tiny.data(*TEACHER, query))["viewer"] == {"classes": [{"name": "7A"}, {"name": "7B"}], "groups": []}
    found = (await tiny.data("anglin", Role.TEACHER, query))["viewer"]
    assert found == {"classes": [], "groups": [{"name": "eng1"}]}


async def test_class_teacher_begins_with_the_class_he_leads(tiny: TinySchool) -> None:
    assert (await tiny.data(*LEADER, "{ viewer { classes { name } } }"))["viewer"]["classes"] == [{"name": "7A"}]


# ── a student ──


async def test_student_is_of_his_class_groups_and_school(tiny: TinySchool) -> None:
    own = await tiny.ivan("class { name gradeLevel classTeacher { familyName } } groups { name } school { name }")
    assert own == {
        "class": {"name": "7A", "gradeLevel": 7, "classTeacher": {"familyName": "Кузнецова"}},
        "groups": [{"name": "chess"}, {"name": "eng1"}],
        "school": {"name": "Школа № 1"},
    }


async def test_transferred_student_keeps_both_enrolments_and_is_in_the_later_class(tiny: TinySchool) -> None:
    own = await tiny.of_student(*LEADER, "timofey", "class { name } enrolments { class { name } startsOn endsOn }")
    assert own == {
        "class": {"name": "7A"},
        "enrolments": [
            {"class": {"name": "7B"}, "startsOn": "2026-09-01", "endsOn": "2026-11-01"},
            {"class": {"name": "7A"}, "startsOn": "2026-11-02", "endsOn": None},
        ],
    }


async def test_enrolment_has_the_name_that_the_class_had_then(tiny: TinySchool) -> None:
    own = await tiny.of_student(*ADMIN, "vera", "enrolments { className startsOn endsOn class { name } }")
    assert own["enrolments"] == [
        {"className": "5B", "startsOn": "2025-01-15", "endsOn": "2025-08-31", "class": {"name": "7B"}},
        {"className": "6B", "startsOn": "2025-09-01", "endsOn": "2026-08-31", "class": {"name": "7B"}},
        {"className": "7B", "startsOn": "2026-09-01", "endsOn": None, "class": {"name": "7B"}},
    ]
    own = await tiny.of_student(*ADMIN, "timofey", "enrolments { className startsOn }")
    assert own["enrolments"] == [
        {"className": "7B", "startsOn": "2026-09-01"},
        {"className": "7A", "startsOn": "2026-11-02"},
    ]


async def test_guardians_are_those_of_today_each_with_his_own_right(tiny: TinySchool) -> None:
    own = await tiny.ivan("guardians { person { id } relation isLegalRepresentative validTo }")
    assert {g["person"]["id"]: g["relation"] for g in own["guardians"]} == {  # a representative without data is one
        tiny.id("Person", "olga"): "мать",
        tiny.id("Person", "igor"): "отец",
        tiny.id("Person", "barred"): "опекун",
    }


async def test_staff_are_told_who_is_barred_and_families_not(tiny: TinySchool) -> None:
    fields = "guardians { person { familyName givenName } hasDataAccess isLegalRepresentative }"
    for who in (STUDENT, MOTHER):
        own = await tiny.of_student(*who, "ivan", fields)
        assert {(g["person"]["givenName"], g["hasDataAccess"]) for g in own["guardians"]} == {
            ("Ольга", True),
            ("Игорь", True),
            ("Чужой", False),
        }
    for who in (LEADER, ADMIN):
        own = await tiny.of_student(*who, "ivan", fields)
        [banned] = [g for g in own["guardians"] if g["person"]["givenName"] == "Запретный"]
        assert (banned["hasDataAccess"], banned["isLegalRepresentative"]) == (False, False)


async def test_guardian_who_was_merged_is_named_as_the_one_who_remains(tiny: TinySchool) -> None:
    own = await tiny.of_student("boris", Role.STUDENT, "boris", "guardians { person { id } }")
    assert own["guardians"] == [{"person": {"id": tiny.id("Person", "olga")}}]


async def test_old_id_of_a_merged_student_leads_to_who_remains(tiny: TinySchool) -> None:
    for who in (STUDENT, MOTHER, LEADER, ADMIN):
        own = await tiny.of_student(*who, "ivan-twice", "id displayName marks { totalCount }")
        assert own == {
            "id": tiny.id("Student", "ivan"),
            "displayName": "Иванов Иван Игоревич",
            "marks": {"totalCount": 14 if who[1] is not Role.TEACHER else 8},
        }


async def test_old_id_of_a_merged_student_is_not_found_for_strangers(tiny: TinySchool) -> None:
    query = f'{{ student(id: "{tiny.id("Student", "ivan-twice")}") {{ id }} }}'
    [error] = await tiny.failing("pavel", Role.PARENT, query)
    assert error["code"] == "NOT_FOUND"


# ── classes ──


async def of_class(tiny: TinySchool, who: Who, key: str, fields: str) -> Any:
    return (await tiny.data(*who, f'{{ class(id: "{tiny.id("Class", key)}") {{ {fields} }} }}'))["class"]


async def test_members_of_ones_own_class_are_named_by_name(tiny: TinySchool) -> None:
    own = await of_class(tiny, STUDENT, "7a", "members { familyName }")
    assert [person["familyName"] for person in own["members"]] == [
        "Иванов",
        "Петров",
        "Римский-Корсаков",
        "Сёмина",
        "Тимофеев",
        "Фёдоров",
    ]


@pytest.mark.parametrize("fields", ["members { id }", "parents { id }"])
async def test_members_and_parents_of_another_class_are_not_found(tiny: TinySchool, fields: str) -> None:
    for who, key in ((STUDENT, "7b"), (("pavel", Role.PARENT), "7b"), (MOTHER, "9a")):
        query = f'{{ class(id: "{tiny.id("Class", key)}") {{ name {fields} }} }}'
        answer = await tiny.answer(*who, query)
        assert answer["data"]["class"] == {"name": key.upper(), fields.split(maxsplit=1)[0]: None}
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]


async def test_parents_of_ones_own_class_are_those_of_today_once_each(tiny: TinySchool) -> None:
    own = await of_class(tiny, STUDENT, "7a", "parents { displayName }")
    assert [person["displayName"] for person in own["parents"]] == [
        "Иванов Игорь",
        "Иванов Чужой",
        "Иванова Ольга Петровна",
        "Петров Павел",
    ]


async def test_parents_who_were_merged_stand_once_as_who_remains(tiny: TinySchool) -> None:
    # Olga is Anna's mother, and under an old record Boris's stepmother.
    own = await of_class(tiny, MOTHER, "7b", "parents { id }")
    assert own["parents"] == [{"id": tiny.id("Person", "olga")}]


async def test_teachers_of_a_class_are_those_of_today_with_their_subjects_those_of_its_groups_too(
    tiny: TinySchool,
) -> None:
    own = await of_class(tiny, STUDENT, "7a", "teachers { teacher { familyName } subject { name } }")
    assert {(t["teacher"]["familyName"], t["subject"]["name"]) for t in own["teachers"]} == {
        ("Смирнов", "Математика"),
        ("Русова", "Русский язык"),
        ("Англина", "Английский язык"),
    }


async def test_classes_stand_by_grade_level(tiny: TinySchool) -> None:
    answer = await tiny.data(*STUDENT, "{ classes { totalCount nodes { name } } }")
    assert answer["classes"] == {"totalCount": 3, "nodes": [{"name": "7A"}, {"name": "7B"}, {"name": "9A"}]}
    answer = await tiny.data(*STUDENT, "{ classes(gradeLevel: 9) { totalCount nodes { name } } }")
    assert answer["classes"] == {"totalCount": 1, "nodes": [{"name": "9A"}]}


async def test_academic_years_are_the_latest_first_and_one_is_current(tiny: TinySchool) -> None:
    query = "{ school { academicYears { name startsOn endsOn } currentYear { name } } }"
    school = (await tiny.data(*STUDENT, query))["school"]
    assert [year["name"] for year in school["academicYears"]] == ["2026/27", "2025/26"]
    assert school["currentYear"] == {"name": "2026/27"}


# ── students and people ──


async def names(tiny: TinySchool, who: Who, field: str) -> list[str]:
    query = f"{{ found: {field} {{ totalCount nodes {{ displayName }} }} }}"
    found = (await tiny.data(*who, query))["found"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["displayName"] for node in found["nodes"]]


@pytest.mark.parametrize(
    ("who", "count"),
    [(TEACHER, 9), (("anglin", Role.TEACHER), 2), (LEADER, 6), (ADMIN, 9)],
    ids=str,
)
async def test_students_are_those_whom_the_viewer_may_read(tiny: TinySchool, who: Who, count: int) -> None:
    assert len(await names(tiny, who, "students")) == count


async def test_students_of_a_class_and_of_a_group(tiny: TinySchool) -> None:
    of_7b = await names(tiny, ADMIN, f'students(classId: "{tiny.id("Class", "7b")}")')
    assert of_7b == ["Борисов Борис", "Верина Вера", "Иванова Анна Игоревна"]
    players = await names(tiny, ADMIN, f'students(groupId: "{tiny.id("Group", "chess")}")')
    assert players == ["Иванов Иван Игоревич", "Иванова Анна Игоревна"]


async def test_students_of_a_class_one_does_not_teach_are_none(tiny: TinySchool) -> None:
    assert await names(tiny, LEADER, f'students(classId: "{tiny.id("Class", "7b")}")') == []


async def test_class_lists_the_students_whom_the_viewer_may_read(tiny: TinySchool) -> None:
    own = await of_class(tiny, LEADER, "7a", 'students(search: "Пет") { totalCount nodes { displayName } }')
    assert own["students"] == {"totalCount": 1, "nodes": [{"displayName": "Петров Пётр Павлович"}]}
    assert (await of_class(tiny, LEADER, "7b", "students { totalCount }"))["students"] == {"totalCount": 0}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Ива", ["Иванов Иван Игоревич", "Иванова Анна Игоревна"]),
        ("пёт", ["Петров Пётр Павлович"]),
        ("петр", ["Петров Пётр Павлович"]),
        ("СЕМИНА", ["Сёмина Алёна Олеговна"]),
        ("алёна сём", ["Сёмина Алёна Олеговна"]),
        ("игоревн анна", ["Иванова Анна Игоревна"]),
        ("корсаков", ["Римский-Корсаков Яков"]),
        ("римский-корс", ["Римский-Корсаков Яков"]),
        ("ванов", []),
        ("иван петров", []),
        (".*", []),
        ("^", []),
        ("Ив(", []),
        ("[а-я]+", []),
        ("Ива\\\\", []),
        ("$where", []),
        ("\\u0000", None),
        ("   ", None),
        ("", None),
        ("ы" * 40_000, []),
    ],
    ids=lambda value: repr(value)[:20],
)
async def test_search_is_by_the_beginning_of_any_name(tiny: TinySchool, search: str, found: list[str] | None) -> None:
    everyone = await names(tiny, ADMIN, "students")
    assert await names(tiny, ADMIN, f'students(search: "{search}")') == (everyone if found is None else found)


@pytest.mark.parametrize(
    "search",
    [
        "Алёна",
        "Але\u0308на",
        "Ал\u200bена",
        "А\u00adлёна",
        "\u2060Алена\ufeff",
        "Але\u0301на",
        "АЛЁНА\u00a0СЁМИНА",
        "алёна\u0000",
    ],
    ids=ascii,
)
async def test_search_finds_a_name_however_its_letters_are_composed(tiny: TinySchool, search: str) -> None:
    assert await names(tiny, ADMIN, f'people(search: "{search}")') == ["Сёмина Алёна Олеговна"]


async def test_search_finds_a_name_that_is_stored_in_decomposed_letters(tiny: TinySchool) -> None:
    for search in ("Йодкин", "И\u0306одкин", "андрей", "Андреи\u0306"):
        assert await names(tiny, ADMIN, f'people(search: "{search}")') == [DECOMPOSED]


async def test_people_of_a_family_are_its_own_class_with_parents_and_teachers(tiny: TinySchool) -> None:
    own = await names(tiny, STUDENT, "people(first: 100)")
    assert "Иванова Ольга Петровна" in own
    assert "Кузнецова Клара" in own
    assert "Русова Римма" in own
    assert "Петров Пётр Павлович" in own
    # Neither of another class, nor staff who teach elsewhere, nor a record that was merged.
    assert not {"Борисов Борис", "Директоров Дмитрий", "Русова Р.", "Иванов Ваня", "Заменин Захар"} & set(own)


async def test_people_of_staff_are_the_schools_and_merged_records_are_left_out(tiny: TinySchool) -> None:
    own = await names(tiny, TEACHER, "people(first: 100)")
    assert {"Борисов Борис", "Директоров Дмитрий"} <= set(own)
    assert not {"Русова Р.", "Иванов Ваня", "Иванова Мария Игоревна"} & set(own)


STAFF = {
    *("Англина Инна", "Директоров Дмитрий", "Заменин Захар", "Кузнецова Клара", "Русова Римма"),
    "Смирнов Сергей Сергеевич",
}


@pytest.mark.parametrize(
    ("who", "known"),
    [
        (("anglin", Role.TEACHER), {"Иванов Иван Игоревич", "Петров Пётр Павлович", "Петров Павел"}),
        (("zamenin", Role.TEACHER), set()),
    ],
    ids=["of a group", "whose assignment has ended"],
)
async def test_people_of_a_teacher_are_the_staff_and_those_taught_with_their_parents(
    tiny: TinySchool, who: Who, known: set[str]
) -> None:
    parents = {"Иванова Ольга Петровна", "Иванов Игорь", "Иванов Чужой"} if known else set()
    assert set(await names(tiny, who, "people(first: 100)")) == STAFF | known | parents


async def test_people_of_a_class_teacher_are_of_the_class(tiny: TinySchool) -> None:
    own = set(await names(tiny, LEADER, "people(first: 100)"))
    assert {"Тимофеев Тимофей", "Петров Павел", *STAFF} <= own
    assert not {"Борисов Борис", "Иванов Запретный", "Иванова Бабушка", "Ушедшая Ульяна"} & own


async def test_people_of_a_school_are_all_the_administrators_know(tiny: TinySchool) -> None:
    own = set(await names(tiny, ADMIN, "people(first: 100)"))
    assert {"Борисов Борис", "Иванов Запретный", *STAFF} <= own


@pytest.mark.parametrize("who", [("rusova", Role.TEACHER), LEADER], ids=["teacher", "class teacher"])
async def test_members_and_parents_of_a_class_not_taught_are_not_found(tiny: TinySchool, who: Who) -> None:
    for fields in ("members { id }", "parents { id }"):
        [error] = await tiny.failing(*who, f'{{ class(id: "{tiny.id("Class", "7b")}") {{ name {fields} }} }}')
        assert error["code"] == "NOT_FOUND"
    assert len((await of_class(tiny, who, "7a", "members { id }"))["members"]) == 6


async def test_members_of_a_class_are_to_the_teacher_of_a_group_the_members_of_the_group(tiny: TinySchool) -> None:
    own = await of_class(tiny, ("anglin", Role.TEACHER), "7a", "members { familyName } parents { familyName }")
    assert [person["familyName"] for person in own["members"]] == ["Иванов", "Петров"]
    assert {person["familyName"] for person in own["parents"]} == {"Иванов", "Иванова", "Петров"}


@pytest.mark.parametrize(
    ("who", "person", "known"),
    [
        (LEADER, "boris", False),
        (LEADER, "petr", True),
        (LEADER, "pavel", True),
        (LEADER, "banned", False),
        (LEADER, "admin", True),
        (LEADER, "ushla", False),
        (("anglin", Role.TEACHER), "alyona", False),
        (("anglin", Role.TEACHER), "ivan-twice", True),
        (STUDENT, "banned", False),
        (ADMIN, "banned", True),
        (ADMIN, "maria", False),
        (ANALYST, "analyst", True),
        (ANALYST, "petr", False),
    ],
    ids=str,
)
async def test_a_person_is_known_by_id_as_in_the_list(tiny: TinySchool, who: Who, person: str, *, known: bool) -> None:
    answer = await tiny.answer(*who, f'{{ node(id: "{tiny.id("Person", person)}") {{ id }} }}')
    assert (answer["data"]["node"] is not None) is known


async def test_contacts_are_the_administrators_to_read(tiny: TinySchool) -> None:
    query = '{ people(search: "иванова ольга") { nodes { displayName email phone } } }'
    own = {"email": "olga@example.org", "phone": "+7 900 000-00-00"}
    found = (await tiny.data(*ADMIN, query))["people"]["nodes"]
    assert found == [{"displayName": "Иванова Ольга Петровна", **own}]
    assert (await tiny.of_student(*ADMIN, "ivan", "email phone")) == {"email": "ivan@example.org", "phone": None}
    for who in (STUDENT, MOTHER, TEACHER, LEADER):
        answer = await tiny.answer(*who, query)
        assert answer["data"]["people"]["nodes"] == [{**found[0], "email": None, "phone": None}]
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}


async def test_an_analyst_comes_to_curricula_and_programmes_of_all_schools_by_lists(tiny: TinySchool) -> None:
    query = """{ viewer { schools { name curricula { nodes { name } totalCount }
      workProgrammes(academicYear: "2026/27") { nodes { name academicYear } } } } }"""
    [college, school] = (await tiny.data("inspector", Role.ANALYST, query))["viewer"]["schools"]
    assert (college["name"], school["name"]) == ("Колледж", "Школа № 1")
    assert [one["name"][-7:] for one in school["curricula"]["nodes"]] == ["2027/28", "2026/27", "2025/26"]
    assert [one["name"] for one in school["workProgrammes"]["nodes"]] == ["Программа math", "Программа rus"]
    assert college["curricula"] == {"nodes": [], "totalCount": 0}


async def test_people_are_searched_like_students(tiny: TinySchool) -> None:
    assert await names(tiny, STUDENT, 'people(search: "петров пав")') == ["Петров Павел", "Петров Пётр Павлович"]
    assert await names(tiny, STUDENT, 'people(search: "борис")') == []


async def test_who_was_merged_is_listed_as_who_remains(tiny: TinySchool) -> None:
    assert "Иванова Ольга Петровна" in await names(tiny, ("boris", Role.STUDENT), "people(first: 100)")


async def test_person_is_a_name_and_leads_to_nothing_else(tiny: TinySchool) -> None:
    query = '{ __type(name: "Person") { fields { name } } }'
    fields = (await tiny.data(*STUDENT, query))["__type"]["fields"]
    assert {field["name"] for field in fields} == {"id", "displayName", "familyName", "givenName", "patronymic"}


async def test_an_administrator_reads_the_members_of_every_class_of_the_school(tiny: TinySchool) -> None:
    own = await of_class(tiny, ADMIN, "7a", "members { familyName } parents { id }")
    assert len(own["members"]) == 6
    assert own["parents"]


async def test_an_administrator_does_not_read_a_student_of_another_school(tiny: TinySchool) -> None:
    for key in ("maria", "nothing"):
        [error] = await tiny.failing(*ADMIN, f'{{ student(id: "{tiny.id("Student", key)}") {{ id }} }}')
        assert error["code"] == "NOT_FOUND"


async def test_an_analyst_finds_themselves_and_nobody_else(tiny: TinySchool) -> None:
    analyst = ("analyst", Role.ANALYST)
    mine = f'{{ node(id: "{tiny.id("Person", "analyst")}") {{ ... on Person {{ familyName }} }} }}'
    assert (await tiny.data(*analyst, mine))["node"] == {"familyName": "Аналитикова"}
    for key in ("smirnov", "admin", "ivan", "nothing"):
        [error] = await tiny.failing(*analyst, f'{{ node(id: "{tiny.id("Person", key)}") {{ id }} }}')
        assert error["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("data_access", "represents", "is_it"),
    [(True, True, False), (True, False, False), (False, True, False), (False, False, True)],
)
def test_who_neither_reads_nor_represents_is_barred(*, data_access: bool, represents: bool, is_it: bool) -> None:
    assert is_barred({"data_access": data_access, "is_legal_representative": represents}) == is_it


@pytest.mark.parametrize(("child", "school"), [("ivan", "perm"), ("maria", "moscow")])
async def test_each_child_of_a_parent_of_two_schools_is_at_their_own(tiny: TinySchool, child: str, school: str) -> None:
    found = await tiny.by_mother("school { id }", child)
    assert found["school"]["id"] == tiny.id("School", school)
