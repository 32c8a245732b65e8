"""No row gives rights to somebody else than the person it means: where that is not certain, it is refused."""

from datetime import date

import pytest

from tests.connectors.imports.tables.workbooks import Cell, Rows, Tables

STUDENTS = ("ФИО", "Дата рождения", "Класс", "Код", "СНИЛС", "Логин")
GUARDIANS = ("ФИО", "Кем приходится", "Ученик", "Класс", "Код ученика", "Код", "СНИЛС", "Логин")
STAFF = ("ФИО", "Должность", "Код", "СНИЛС", "Логин")
ACCOUNTS = ("ФИО", "Код", "Логин")
IVAN, MOTHER = "Иванов Иван Иванович", "Иванова Мария Олеговна"
ONE, OTHER = "112-233-445 95", "087-654-303 00"


def rows(heading: tuple[str, ...], *own: dict[str, Cell]) -> Rows:
    return [heading, *(tuple(one.get(name, "") for name in heading) for one in own)]


def student(name: str, in_class: str, born: str = "01.05.2013", **own: Cell) -> dict[str, Cell]:
    return {"ФИО": name, "Дата рождения": born, "Класс": in_class, **own}


def mother(child: str, in_class: str = "", name: str = MOTHER, **own: Cell) -> dict[str, Cell]:
    return {"ФИО": name, "Кем приходится": "мать", "Ученик": child, "Класс": in_class, **own}


async def links(tables: Tables) -> set[tuple[str, str, str]]:
    """Who has a right over which student: the name of the adult, and the name and birth date of the student."""
    people = await tables.every("directory.people")
    by_id = {one["_id"]: one for one in people} | {one["student_id"]: one for one in people if "student_id" in one}
    return {
        (
            by_id[link["person_id"]]["display_name"],
            by_id[link["student_id"]]["display_name"],
            by_id[link["student_id"]]["birth_date"],
        )
        for link in await tables.every("directory.guardianships")
        if not link["valid_to"]
    }


async def accounts(tables: Tables) -> dict[str, str]:
    people = {one["_id"]: one["display_name"] for one in await tables.every("directory.people")}
    return {one["subject"]: people[one["person_id"]] for one in await tables.every("directory.external_ids")}


def reasons(tables: Tables, sheet: str) -> list[str]:
    return [why.rpartition("[")[2][:-1] for entity, _, why in tables.refused if entity == sheet]


async def test_a_namesake_in_another_class_gets_neither_guardian_nor_mark_nor_place(tables: Tables) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "3Б"), student("Петров Пётр", "7А")),
        "Родители": rows(GUARDIANS, mother(IVAN, "7А")),
        "Оценки": [("Дата", "Ученик", "Класс", "Предмет", "Оценка"), ("11.11.2026", IVAN, "7А", "Алгебра", 4)],
        "Группы": [("Группа", "Классы", "Предмет"), ("Хор", "7А", "Музыка")],
        "Состав групп": [("Группа", "Ученик", "Класс"), ("Хор", IVAN, "7А")],
    }
    summary = await tables.run()
    assert summary.is_balanced
    assert await links(tables) == set()
    assert await tables.every("grades.marks") == []
    assert not (await tables.person(IVAN))["memberships"]
    assert {entity: reasons(tables, entity) for entity in ("guardians", "marks", "members")} == {
        "guardians": ["NOT_OF_NAME"],
        "marks": ["NOT_OF_NAME"],
        "members": ["NOT_OF_NAME"],
    }


async def test_a_name_of_a_refused_student_is_not_taken_for_a_namesake(tables: Tables) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "7А", "31.02.2013"), student(IVAN, "3Б", "02.03.2017")),
        "Родители": rows(GUARDIANS, mother(IVAN), mother(IVAN, "3Б", name="Иванова Ольга")),
    }
    await tables.run()
    assert await links(tables) == set()
    assert reasons(tables, "guardians") == ["AMBIGUOUS", "AMBIGUOUS"]
    tables.change("Ученики", 2, **{"Дата рождения": "28.02.2013"})
    tables.change("Родители", 2, Класс="7А")
    await tables.run()
    assert await links(tables) == {(MOTHER, IVAN, "2013-02-28"), ("Иванова Ольга", IVAN, "2017-03-02")}


async def test_a_class_that_a_student_was_in_before_still_names_them(tables: Tables) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "7А")),
        "Родители": rows(GUARDIANS, mother(IVAN, "7А")),
    }
    await tables.run()
    tables.change("Ученики", 2, Класс="8А")
    await tables.run(today=date(2027, 9, 2))
    assert tables.refused == []
    assert await links(tables) == {(MOTHER, IVAN, "2013-05-01")}


@pytest.mark.parametrize(("code", "problem"), [("2", "NOT_OF_NAME"), ("3", "UNKNOWN")])
async def test_a_code_of_a_student_whose_name_differs_is_refused(tables: Tables, code: str, problem: str) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "7А", Код="1"), student("Петров Пётр", "7А", Код="2")),
        "Родители": rows(GUARDIANS, mother(IVAN, **{"Код ученика": code})),
    }
    await tables.run()
    assert await links(tables) == set()
    assert reasons(tables, "guardians") == [problem]


async def test_codes_of_staff_students_and_parents_are_three_kinds_of_codes(tables: Tables) -> None:
    tables.sheets = {
        "Сотрудники": rows(STAFF, {"ФИО": "Белова Ольга Ивановна", "Должность": "учитель", "Код": "12"}),
        "Ученики": rows(STUDENTS, student(IVAN, "7А", Код="12")),
        "Родители": rows(GUARDIANS, mother(IVAN, Код="12", **{"Код ученика": "12"})),
        "Логины": rows(
            ACCOUNTS,
            {"ФИО": "Белова Ольга Ивановна", "Код": "12", "Логин": "belova"},
            {"ФИО": IVAN, "Код": "12", "Логин": "ivan"},
            {"ФИО": MOTHER, "Код": "12", "Логин": "maria"},
            {"ФИО": "Чужая Анна", "Код": "12", "Логин": "wrong"},
            {"ФИО": MOTHER, "Код": "13", "Логин": "also-wrong"},
        ),
    }
    await tables.run()
    assert await accounts(tables) == {"belova": "Белова Ольга Ивановна", "ivan": IVAN, "maria": MOTHER}
    assert sorted(reasons(tables, "accounts")) == ["NOT_OF_NAME", "UNKNOWN"]
    assert (await tables.person("Белова Ольга Ивановна"))["roles"] == ["TEACHER"]
    assert (await tables.person(MOTHER))["roles"] == ["PARENT"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"Код": "5", "СНИЛС": ONE}, {"Код": "5", "СНИЛС": OTHER}),
        ({"Код": "5"}, {"Код": "5"}),
        ({"СНИЛС": ONE}, {"СНИЛС": ONE}),
    ],
)
async def test_a_code_of_two_people_is_nobodys(tables: Tables, first: dict[str, Cell], second: dict[str, Cell]) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "7А"), student("Петров Пётр", "7А")),
        "Родители": rows(GUARDIANS, mother(IVAN) | first, mother("Петров Пётр", name="Петрова Анна") | second),
    }
    await tables.run()
    assert await links(tables) == set()
    assert reasons(tables, "guardians") == ["TAKEN", "TAKEN"]


async def test_a_code_of_an_earlier_run_makes_nobody_another_person(tables: Tables) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "7А"), student("Петров Пётр", "7А")),
        "Родители": rows(GUARDIANS, mother(IVAN, Код="5", СНИЛС=ONE)),
    }
    await tables.run()
    for other in (
        mother("Петров Пётр", name="Петрова Анна", Код="5"),
        mother("Петров Пётр", name=MOTHER, Код="5", СНИЛС=OTHER),
    ):
        tables.sheets["Родители"] = rows(GUARDIANS, other)
        await tables.run()
        assert reasons(tables, "guardians") == ["TAKEN"]
        assert await links(tables) == set()
    tables.sheets["Родители"] = rows(GUARDIANS, mother(IVAN, name="Петрова Мария Олеговна", Код="5"))
    await tables.run()
    assert await links(tables) == {("Петрова Мария Олеговна", IVAN, "2013-05-01")}  # she married
    assert "Иванова Мария Олеговна" not in {one["display_name"] for one in await tables.every("directory.people")}


async def test_a_login_of_two_people_makes_them_not_one(tables: Tables) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "7А"), student("Петров Пётр", "7А")),
        "Родители": rows(
            GUARDIANS,
            mother(IVAN, Логин="maria", СНИЛС=ONE),
            mother("Петров Пётр", name="Петрова Мария Ильинична", Логин="maria"),
        ),
    }
    await tables.run()
    assert await links(tables) == {
        (MOTHER, IVAN, "2013-05-01"),
        ("Петрова Мария Ильинична", "Петров Пётр", "2013-05-01"),
    }


async def test_rows_without_a_day_keep_their_first_day_in_the_next_school_year(tables: Tables) -> None:
    tables.sheets |= {
        "Группы": [("Группа", "Классы", "Предмет"), ("Хор", "7А", "Музыка")],
        "Состав групп": [("Группа", "Ученик"), ("Хор", "Иванова-Петрова Анна Сергеевна")],
    }
    await tables.run()
    marks = tables.directory / "Оценки.csv"
    marks.write_text("Дата;Ученик;Предмет;Оценка\n02.09.2027;Иванова-Петрова Анна Сергеевна;Алгебра;5\n")
    await tables.run(marks, school=None, today=date(2027, 9, 2))
    anna = await tables.person("Иванова-Петрова Анна Сергеевна")
    for stays in ("enrolments", "memberships"):
        assert [(one["starts_on"], one["ends_on"]) for one in anna[stays]] == [("2026-09-01", None)]
    tables.change("Ученики", 4, Класс="8А")
    await tables.run(today=date(2027, 9, 2))
    anna = await tables.person("Иванова-Петрова Анна Сергеевна")
    assert [(one["starts_on"], one["ends_on"]) for one in anna["enrolments"]] == [
        ("2026-09-01", "2027-09-01"),
        ("2027-09-01", None),
    ]


@pytest.mark.parametrize(
    ("relation", "has_rights"),
    [
        *(
            ("мать", True),
            ("Отец", True),
            ("родитель", True),
            ("опекун", True),
            ("законный представитель", True),
            ("приёмная мать", True),
        ),
        *(("отчим", False), ("няня", False), ("бабушка", False), ("", False)),
    ],
)
async def test_rights_come_with_the_relation(tables: Tables, relation: str, *, has_rights: bool) -> None:
    tables.sheets = {
        "Ученики": rows(STUDENTS, student(IVAN, "7А")),
        "Родители": rows(GUARDIANS, {**mother(IVAN), "Кем приходится": relation}),
    }
    summary = await tables.run()
    [link] = await tables.every("directory.guardianships")
    assert (link["is_legal_representative"], link["data_access"]) == (has_rights, has_rights)
    assert any(note.startswith(f"«{relation}»: 1 без прав") for note in summary.notes) is not has_rights
