"""Marks and lessons that the tables correct stand once; those of other days stay as they were."""

from datetime import date

from tests.connectors.imports.tables.workbooks import Tables


async def test_a_corrected_mark_takes_the_place_of_the_wrong_one(tables: Tables) -> None:
    first = ("10.11.2026", "Смирнов Пётр Ильич", "7А", "Алгебра", 5, "Контрольная работа")
    last = ("20.11.2026", "Смирнов Пётр Ильич", "7А", "Алгебра", 3, "Контрольная работа")
    tables.sheets["Оценки"] = [*tables.sheets["Оценки"], first, last]
    await tables.run()
    tables.change("Оценки", 2, Дата="12.11.2026")
    summary = await tables.run()
    assert {kind: found.count for kind, found in summary.ended.items()} == {"marks": 1, "works": 1}
    found = {(one["given_on"], one["value"]) for one in await tables.every("grades.marks")}
    assert found == {("2026-11-10", "5"), ("2026-11-12", "4"), ("2026-11-20", "3")}
    assert len(await tables.every("grades.works")) == 3


async def test_a_new_timetable_replaces_the_lessons_to_come(tables: Tables) -> None:
    await tables.run()
    tables.change("Расписание", 2, Предмет="Геометрия", С="04.11.2026")
    await tables.run(today=date(2026, 11, 11))
    subjects = {one["_id"]: one["name"] for one in await tables.every("directory.subjects")}
    found = sorted((one["date"], subjects[one["subject_id"]]) for one in await tables.every("schedule.lessons"))
    assert found == [
        ("2026-11-04", "Алгебра"),
        ("2026-11-04", "Геометрия"),
        ("2026-11-11", "Геометрия"),
        ("2026-11-18", "Геометрия"),
        ("2026-11-25", "Геометрия"),
    ]


async def test_a_lesson_that_has_homework_is_cancelled(tables: Tables) -> None:
    await tables.run()
    [lesson] = [one for one in await tables.every("schedule.lessons") if one["date"] == "2026-11-25"]
    await tables.connectors.databases["diary"]["homework"].insert_one({"_id": "hw", "lesson_id": lesson["_id"]})
    tables.change("Расписание", 2, Предмет="Геометрия")
    for _ in range(2):
        await tables.run()
        states = [one["status"] for one in await tables.every("schedule.lessons") if one["date"] == "2026-11-25"]
        assert sorted(states) == ["CANCELLED", "PLANNED"]
    tables.change("Расписание", 2, Предмет="Алгебра")
    await tables.run()
    [stands] = [one for one in await tables.every("schedule.lessons") if one["date"] == "2026-11-25"]
    assert (stands["_id"], stands["status"]) == (lesson["_id"], "PLANNED")


async def test_a_row_with_a_mistake_leaves_the_mark_that_stands(tables: Tables) -> None:
    other = ("11.11.2026", "Смирнов Пётр Ильич", "7А", "Алгебра", 5, "Ответ")
    tables.sheets["Оценки"] = [*tables.sheets["Оценки"], other]
    await tables.run()
    tables.change("Оценки", 2, Оценка="44")
    summary = await tables.run()
    assert not summary.ended
    assert len(tables.refused) == 1
    assert sorted(one["value"] for one in await tables.every("grades.marks")) == ["4", "5"]
