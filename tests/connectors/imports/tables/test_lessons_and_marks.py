"""Marks and lessons that look alike are each written, or refused by a sentence."""

from tests.connectors.imports.tables.workbooks import Cell, Tables

ANNA = "Иванова-Петрова Анна Сергеевна"
MARKS = ("Дата", "Ученик", "Предмет", "Оценка", "Класс")
LESSONS = ("Дата", "Урок", "Начало", "Конец", "Класс", "Группа", "Предмет", "Учитель", "Кабинет")


async def test_two_answers_on_one_day_are_two_marks(tables: Tables) -> None:
    day, subject = "11.11.2026", "Алгебра"
    tables.sheets["Оценки"] = [
        MARKS,
        (day, ANNA, subject, 4, ""),
        (day, ANNA, subject, 5, ""),
        (day, ANNA, subject, 5, "7А"),
    ]
    first = await tables.run()
    assert first.is_balanced
    assert sorted(one["value"] for one in await tables.every("grades.marks")) == ["4", "5"]
    assert [(place.line, why.rpartition("[")[2]) for _, place, why in tables.refused] == [(4, "TWICE]")]
    again = await tables.run()
    assert not again.inserted
    assert not again.changed


async def test_lessons_of_two_subgroups_need_their_groups(tables: Tables) -> None:
    own: tuple[Cell, ...] = ("11.11.2026", 3, "10:30", "11:15", "7А", "", "Английский язык")
    lessons: list[tuple[Cell, ...]] = [LESSONS, (*own, "Белова О. И.", "12"), (*own, "Котов И. П.", "14")]
    tables.sheets["Расписание"] = lessons
    summary = await tables.run()
    assert summary.is_balanced
    assert [one["room"] for one in await tables.every("schedule.lessons")] == ["12"]
    assert [(place.line, why.rpartition("[")[2]) for _, place, why in tables.refused] == [(3, "LESSON]")]
    tables.sheets["Группы"] = [("Группа", "Классы", "Предмет"), ("7А-2", "7А", "Английский язык")]
    tables.sheets["Расписание"] = [*lessons[:2], (*own[:5], "7А-2", own[6], "Котов И. П.", "14")]
    await tables.run()
    assert tables.refused == []
    assert sorted(str(one["room"]) for one in await tables.every("schedule.lessons")) == ["12", "14"]
