"""Tables as a clerk keeps them, and what they are imported into."""

import datetime as dt
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from connectors.assembly import Connectors
from connectors.imports.endings import EndingRules
from connectors.imports.options import RunOptions
from connectors.imports.summary import Place, Summary
from connectors.imports.tables import import_tables

ISSUER: Final = "urn:test:tables"
TODAY: Final = date(2026, 11, 18)

Cell = str | int | float | dt.date | dt.time | None
Rows = Sequence[Sequence[Cell]]

STUDENTS: Final[Rows] = (
    ("Список учащихся на 01.09.2026",),
    (),
    ("№", "ФИО", "Дата рождения", "Класс", "СНИЛС", "Логин"),
    (1, "Иванова-Петрова Анна Сергеевна", dt.date(2013, 5, 1), "7 «А»", "112-233-445 95", "anna"),
    (2, "Смирнов Пётр Ильич", "02.06.2013", "7-а", "", "petr"),
    (3, "Смирнов Пётр Ильич", "03.07.2014", "6б", "", ""),
)
GUARDIANS: Final[Rows] = (
    ("Ученик", "Класс", "ФИО", "Кем приходится", "Телефон", "Логин"),
    ("Иванова-Петрова Анна Сергеевна", "7А", "Иванова Мария Олеговна", "мать", "8 (902) 111-22-33", "maria"),
    ("Иванова-Петрова Анна Сергеевна", "7А", "Петров Сергей Ильич", "отец", "", "sergey"),
    ("Смирнов Пётр Ильич", "6Б", "Иванова Мария Олеговна", "мать", "+79021112233", ""),
)
STAFF: Final[Rows] = (
    ("Фамилия", "Имя", "Отчество", "Должность", "Логин"),
    ("Белова", "Ольга", "Ивановна", "учитель математики", "belova"),
    ("Котов", "Иван", "Петрович", "Директор", "kotov"),
)
CLASSES: Final[Rows] = (("Класс", "Классный руководитель"), ("7А", "Белова О. И."), ("6Б", ""))
TEACHING: Final[Rows] = (("Учитель", "Предмет", "Класс"), ("Белова О.И.", "Алгебра", "7А"))
TIMETABLE: Final[Rows] = (
    ("День недели", "Урок", "Начало", "Конец", "Класс", "Предмет", "Учитель", "Кабинет", "С", "По"),
    ("среда", 1, dt.time(8, 30), "9.15", "7А", "Алгебра", "Белова О. И.", "12", "01.11.2026", "30.11.2026"),
)
MARKS: Final[Rows] = (
    ("Дата", "Ученик", "Класс", "Предмет", "Оценка", "Вид работы"),
    ("11.11.2026", "Иванова-Петрова Анна Сергеевна", "7А", "Алгебра", 4, "Контрольная работа"),
)
SCHOOL: Final[Mapping[str, Rows]] = {
    "Ученики": STUDENTS,
    "Родители": GUARDIANS,
    "Сотрудники": STAFF,
    "Классы": CLASSES,
    "Нагрузка": TEACHING,
    "Расписание": TIMETABLE,
    "Оценки": MARKS,
}


def workbook(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """Write a workbook; dates are dates as Excel has them."""
    with xlsxwriter.Workbook(str(path)) as book:
        day, clock = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "hh:mm"})
        for title, rows in sheets.items():
            page = book.add_worksheet(title)
            for line, row in enumerate(rows):
                for place, value in enumerate(row):
                    if isinstance(value, dt.date):
                        page.write_datetime(line, place, dt.datetime.combine(value, dt.time()), day)
                    elif isinstance(value, dt.time):
                        page.write_datetime(line, place, value, clock)
                    else:
                        page.write(line, place, value)
    return path


def text(rows: Rows, delimiter: str = ";") -> str:
    return "\r\n".join(
        delimiter.join(
            "" if cell is None else cell.strftime("%d.%m.%Y") if isinstance(cell, dt.date) else str(cell)
            for cell in row
        )
        for row in rows
    )


class Tables:
    """A school's tables, imported into databases of a test."""

    def __init__(self, directory: Path, connectors: Connectors, *, issuer: str = ISSUER) -> None:
        self.directory = directory
        self.issuer = issuer
        self.connectors = connectors
        self.sheets: dict[str, Rows] = dict(SCHOOL)
        self.refused: list[tuple[str, Place, str]] = []

    def change(self, sheet: str, line: int, **cells: Cell) -> None:
        """Change cells of the row at *line*, counted from 1, by the headings of the first row that has them."""
        rows = [list(row) for row in self.sheets[sheet]]
        heading = next(row for row in rows if set(cells) <= set(row))
        for name, value in cells.items():
            rows[line - 1][heading.index(name)] = value
        self.sheets[sheet] = rows

    async def run(self, *paths: Path, today: date = TODAY, school: str | None = "Школа № 7", **more: Any) -> Summary:
        self.refused.clear()
        if not paths:
            paths = (workbook(self.directory / "school.xlsx", self.sheets),)
        return await import_tables(
            paths,
            self.connectors.databases,
            RunOptions(
                issuer=self.issuer,
                time_zone="Asia/Yekaterinburg",
                today=today,
                endings=EndingRules(allowed=100),
                on_skip=lambda entity, place, reason: self.refused.append((entity, place, reason)),
            ),
            school=school,
            **more,
        )

    async def every(self, place: str) -> list[dict[str, Any]]:
        subsystem, collection = place.split(".")
        return await self.connectors.databases[subsystem][collection].find({}).sort("_id").to_list(None)  # type: ignore[no-any-return]  # the driver has no types

    async def everything(self) -> dict[str, Any]:
        found = {}
        for subsystem, database in self.connectors.databases.items():
            for name in await database.list_collection_names():
                if not name.startswith("import_"):
                    found[f"{subsystem}.{name}"] = await self.every(f"{subsystem}.{name}")
        return found

    async def person(self, name: str) -> dict[str, Any]:
        [found] = [one for one in await self.every("directory.people") if one["display_name"] == name]
        return found
