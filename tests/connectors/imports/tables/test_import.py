import datetime as dt
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from connectors.imports.errors import ImportFailed, NothingImported
from connectors.imports.tables.template import write_templates
from tests.connectors.imports.tables.workbooks import STUDENTS, Cell, Rows, Tables, text, workbook


async def test_a_school_comes_in_from_a_workbook_and_a_second_time_changes_nothing(tables: Tables) -> None:
    first = await tables.run()
    assert tables.refused == []
    assert first.is_balanced
    before = await tables.everything()
    second = await tables.run(school=None)
    assert not second.inserted
    assert not second.changed
    assert await tables.everything() == before


async def test_names_classes_and_dates_are_read_as_clerks_write_them(tables: Tables) -> None:
    await tables.run()
    anna = await tables.person("Иванова-Петрова Анна Сергеевна")
    assert (anna["family_name"], anna["given_name"], anna["patronymic"]) == ("Иванова-Петрова", "Анна", "Сергеевна")
    assert (anna["birth_date"], anna["snils"]) == ("2013-05-01", "11223344595")
    assert sorted(one["name"] for one in await tables.every("directory.classes")) == ["6Б", "7А"]
    assert [(one["starts_on"], one["ends_on"]) for one in anna["enrolments"]] == [("2026-09-01", None)]


async def test_one_mother_of_two_children_is_one_person_and_namesakes_stay_apart(tables: Tables) -> None:
    await tables.run()
    mother = await tables.person("Иванова Мария Олеговна")
    links = [one for one in await tables.every("directory.guardianships") if one["person_id"] == mother["_id"]]
    children = {one["student_id"]: one for one in await tables.every("directory.people") if "student_id" in one}
    assert sorted(children[link["student_id"]]["birth_date"] for link in links) == ["2013-05-01", "2014-07-03"]
    assert len([one for one in children.values() if one["family_name"] == "Смирнов"]) == 2


async def test_staff_have_posts_and_teach_and_lead(tables: Tables) -> None:
    await tables.run()
    assert (await tables.person("Котов Иван Петрович"))["roles"] == ["ADMINISTRATOR"]
    teacher = await tables.person("Белова Ольга Ивановна")
    assert teacher["roles"] == ["TEACHER", "CLASS_TEACHER"]
    assert [post["role"] for post in teacher["posts"]] == ["CLASS_TEACHER", "TEACHER"]  # named twice, and one each
    assert sorted(one["kind"] for one in await tables.every("directory.staff_assignments")) == [
        "CLASS_TEACHER",
        "TEACHER",
    ]


async def test_a_timetable_of_weeks_becomes_lessons_and_marks_have_works(tables: Tables) -> None:
    await tables.run()
    lessons = await tables.every("schedule.lessons")
    assert sorted(one["date"] for one in lessons) == ["2026-11-04", "2026-11-11", "2026-11-18", "2026-11-25"]
    assert {one["starts_at"].strftime("%H:%M") for one in lessons} == {"03:30"}  # 08:30 in Yekaterinburg
    [mark] = await tables.every("grades.marks")
    [work] = await tables.every("grades.works")
    assert (mark["value"], mark["given_on"], mark["work_id"]) == ("4", "2026-11-11", work["_id"])
    assert work["is_control_work"]


async def test_tables_that_are_not_delivered_stay_as_they_were(tables: Tables) -> None:
    await tables.run()
    marks = [tables.sheets["Оценки"][0], ("12.11.2026", "Смирнов Пётр Ильич", "7А", "Алгебра", "5", "")]
    summary = await tables.run(workbook(tables.directory / "Оценки.xlsx", {"Лист1": marks}), school=None)
    assert summary.is_balanced
    assert tables.refused == []
    assert not summary.ended
    assert sorted(one["value"] for one in await tables.every("grades.marks")) == ["4", "5"]


async def test_text_of_either_encoding_and_delimiter_is_read(tables: Tables) -> None:
    await tables.run()
    before = await tables.everything()
    for name, content in (
        ("Ученики.csv", text(STUDENTS, ";").encode("cp1251", "xmlcharrefreplace")),
        ("ученики.csv", text(STUDENTS[2:], ",").encode("utf-8-sig")),
        ("Ученики.csv", text(STUDENTS[2:]).replace("й", "й").encode()),
    ):
        path = tables.directory / name
        path.write_bytes(content)
        await tables.run(path)
        assert tables.refused == []
        assert await tables.everything() == before


async def test_a_corrected_name_and_a_new_telephone_are_no_new_people(tables: Tables) -> None:
    await tables.run()
    count = len(await tables.every("directory.people"))
    tables.change("Ученики", 4, ФИО="Иванова Анна Сергеевна")
    for line in (2, 3):
        tables.change("Родители", line, Ученик="Иванова Анна Сергеевна")
    tables.change("Родители", 2, Телефон="+7 904 555-66-77")
    tables.change("Оценки", 2, Ученик="Иванова Анна Сергеевна")
    summary = await tables.run()
    assert tables.refused == []
    assert len(await tables.every("directory.people")) == count
    assert not summary.ended
    assert (await tables.person("Иванова Мария Олеговна"))["phone"] == "+7 904 555-66-77"


async def test_a_guardian_who_is_no_longer_named_loses_the_child_at_once(tables: Tables) -> None:
    await tables.run()
    tables.sheets["Родители"] = [row for row in tables.sheets["Родители"] if "Петров Сергей Ильич" not in row]
    summary = await tables.run()
    assert summary.ended["guardianships"].count == 1
    assert summary.ended["accounts"].count == 1
    father = await tables.person("Петров Сергей Ильич")
    [link] = [one for one in await tables.every("directory.guardianships") if one["person_id"] == father["_id"]]
    assert link["valid_to"] == "2026-11-17"
    assert "sergey" not in {one["subject"] for one in await tables.every("directory.external_ids")}


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(tables: Tables) -> None:
    checked = await tables.run(is_dry=True)
    assert checked.inserted["directory.people"] == 7
    assert not any((await tables.everything()).values())
    await tables.run()
    before = await tables.everything()
    tables.sheets["Родители"] = tables.sheets["Родители"][:2]
    ended = await tables.run(is_dry=True)
    assert ended.ended["guardianships"].count == 2
    assert await tables.everything() == before


@pytest.mark.parametrize(
    ("sheet", "line", "cells", "problem"),
    [
        ("Ученики", 4, {"Дата рождения": "31.02.2013"}, "«Дата рождения» = '31.02.2013': не дата"),
        ("Ученики", 4, {"Дата рождения": ""}, "«Дата рождения»: пусто"),
        ("Ученики", 4, {"Класс": "седьмой"}, "«Класс» = 'седьмой': не класс"),
        ("Ученики", 4, {"СНИЛС": "112-233-445 96"}, "«СНИЛС» = '112-233-445 96': СНИЛС неверен"),
        ("Ученики", 4, {"ФИО": "Анна"}, "«ФИО» = 'Анна': в ФИО нужны фамилия и имя"),
        ("Родители", 2, {"Ученик": "Никто Никита"}, "«Ученик» = 'Никто Никита': с таким именем никого"),
        ("Родители", 4, {"Класс": ""}, "«Ученик» = 'Смирнов Пётр Ильич': таких несколько"),
        ("Классы", 2, {"Классный руководитель": "Никто Н. Н."}, "«Классный руководитель» = 'Никто Н. Н.'"),
        ("Нагрузка", 2, {"Предмет": ""}, "«Предмет»: пусто"),
        ("Расписание", 2, {"Конец": "8.15"}, "конец раньше начала"),
        ("Расписание", 2, {"День недели": "зимний"}, "такого слова нет в образце"),
        ("Расписание", 2, {"Урок": "первый"}, "«Урок» = 'первый': не номер урока"),
        ("Расписание", 2, {"По": ""}, "«По»: пусто"),
        ("Расписание", 2, {"Класс": "11Я"}, "«Класс» = '11Я': с таким именем"),
        ("Оценки", 2, {"Оценка": "н"}, "«Оценка» = 'н': не отметка"),
        ("Оценки", 2, {"Дата": "вчера"}, "«Дата» = 'вчера': не дата"),
    ],
)
async def test_a_cell_that_breaks_a_rule_is_named_in_both_languages(
    tables: Tables, sheet: str, line: int, cells: dict[str, Cell], problem: str
) -> None:
    tables.change(sheet, line, **cells)
    summary = await tables.run()
    assert summary.is_balanced
    [reason] = [why for _, place, why in tables.refused if place == (f"school.xlsx [{sheet}]", line)]
    assert problem in reason
    assert " / " in reason


async def test_rows_twice_and_with_too_many_cells_are_named(tables: Tables) -> None:
    tables.sheets["Классы"] = [*tables.sheets["Классы"], tables.sheets["Классы"][1], ("8А", "", "лишнее")]
    await tables.run()
    assert [(place.line, why.rpartition("[")[2]) for _, place, why in tables.refused] == [(4, "TWICE]"), (5, "CELLS]")]


async def test_dates_that_excel_shows_as_numbers_are_dates(tables: Tables) -> None:
    tables.change("Ученики", 5, **{"Дата рождения": 41427})  # 2 June 2013
    await tables.run()
    born = {one.get("birth_date") for one in await tables.every("directory.people")}
    assert "2013-06-02" in born


async def test_other_headings_are_read_by_a_mapping_file(tables: Tables) -> None:
    mapping = tables.directory / "mapping.toml"
    mapping.write_text(
        '[students]\nsheet = "Контингент"\n"Учащийся" = "name"\n"Родился" = "birth_date"\n"Кл." = "class"\n'
    )
    rows: Rows = [("Учащийся", "Родился", "Кл."), ("Орлова Вера", dt.date(2012, 1, 9), "8В")]
    await tables.run(workbook(tables.directory / "x.xlsx", {"Контингент": rows, "Заметки": [("x",)]}), mapping=mapping)
    assert (await tables.person("Орлова Вера"))["birth_date"] == "2012-01-09"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[pupils]\n", "there is no table pupils"),
        ('[students]\n"ФИО" = "fio"\n', "students has no column 'fio'"),
        ("[students\n", "mapping.toml: "),
    ],
)
async def test_a_mapping_file_that_is_wrong_is_refused(tables: Tables, content: str, problem: str) -> None:
    mapping = tables.directory / "mapping.toml"
    mapping.write_text(content)
    with pytest.raises(ImportFailed, match=problem):
        await tables.run(mapping=mapping)


async def test_the_templates_can_be_imported_as_they_are(tables: Tables) -> None:
    book, mapping = write_templates(tables.directory)
    assert load_workbook(book, read_only=True).sheetnames[:3] == ["Классы", "Сотрудники", "Ученики"]
    summary = await tables.run(book, mapping=mapping)
    assert summary.is_balanced
    assert (await tables.person("Иванова-Петрова Анна Сергеевна"))["birth_date"] == "2013-05-01"


async def test_damaged_workbooks_and_bombs_are_refused_by_a_sentence(tables: Tables, tmp_path: Path) -> None:
    whole = workbook(tables.directory / "school.xlsx", tables.sheets).read_bytes()
    cut = tmp_path / "cut.xlsx"
    for length in range(0, len(whole), len(whole) // 12):
        cut.write_bytes(whole[:length])
        with pytest.raises(ImportFailed, match=r"cut\.xlsx"):
            await tables.run(cut)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (20 * 2**20))
    with pytest.raises(ImportFailed, match="That is no table"):
        await tables.run(bomb)
    assert not any((await tables.everything()).values())


async def test_a_table_without_a_needed_column_or_a_school_without_a_name_is_refused(tables: Tables) -> None:
    path = tables.directory / "Ученики.csv"
    path.write_text("ФИО;Класс\nИванова Анна;7А\n")
    with pytest.raises(ImportFailed, match="нет столбца Дата рождения"):
        await tables.run(path)
    with pytest.raises(ImportFailed, match="--school"):
        await tables.run(school=None)
    path.write_text("a;b\n1;2\n")
    with pytest.raises(NothingImported):
        await tables.run(path)
