"""The disciplines of a Russian school and of three college specialities, with their hours a week."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from connectors.directory import SchoolKind


class Summing(StrEnum):
    """The attestation periods by which a discipline is graded (F78)."""

    TERMS = "terms"  # with the terms of the school
    MODULES = "modules"  # four of its own in a year
    YEAR = "year"  # once, at the end


@dataclass(frozen=True, slots=True)
class Discipline:
    """A discipline: *department* decides who teaches it, *area* which topics and tasks it has."""

    name: str
    short: str
    department: str
    area: str
    has_tests: bool = True
    is_graded: bool = True
    in_halves: bool = False
    pass_fail: bool = False
    summing: Summing = Summing.TERMS


class TaughtDiscipline(NamedTuple):
    """A school subject as taught to one class, with its lessons a week."""

    discipline: Discipline
    hours: int


class Speciality(NamedTuple):
    code: str
    title: str
    courses: Mapping[int, tuple[TaughtDiscipline, ...]]


PRIMARY: Final = "Начальные классы"
PRIMARY_LEVELS: Final = range(1, 5)
LEVELS: Final = range(1, 12)
SENIOR_LEVEL: Final = 10
"""The first grade that is graded by half-years."""

UNMARKED_LEVEL: Final = 1
"""The grade without marks: the first."""

CLASS_HOUR: Final = Discipline("Разговоры о важном", "РоВ", "", "класс", has_tests=False, is_graded=False)
ELECTIVE: Final = Discipline("Избранные вопросы математики", "ИВМ", "Математика", "математика", has_tests=False)
DAY_CARE: Final = Discipline(
    "Группа продлённого дня", "ГПД", "Воспитатели", "продлёнка", has_tests=False, is_graded=False
)
CLUBS: Final[Mapping[SchoolKind, Discipline]] = {
    SchoolKind.SCHOOL: Discipline("Робототехника", "Роб", "Кружки", "кружок", has_tests=False),
    SchoolKind.COLLEGE: Discipline("Секция волейбола", "Вол", "Кружки", "физкультура", has_tests=False),
}

_SCHOOL: Final = (
    # discipline; short; department; area; hours a week in grades 1 to 11
    ("Русский язык", "Рус", "Русский язык и литература", "русский", "5 5 5 5 5 6 4 3 3 2 2"),
    ("Литературное чтение", "Чт", "Русский язык и литература", "чтение", "4 4 4 3 0 0 0 0 0 0 0"),
    ("Литература", "Лит", "Русский язык и литература", "литература", "0 0 0 0 3 3 2 2 3 3 3"),
    ("Английский язык", "Англ", "Иностранные языки", "английский", "0 2 2 2 3 3 3 3 3 3 3"),
    ("Математика", "Мат", "Математика", "математика", "4 4 4 4 5 5 0 0 0 0 0"),
    ("Алгебра", "Алг", "Математика", "алгебра", "0 0 0 0 0 0 3 3 3 0 0"),
    ("Алгебра и начала математического анализа", "АНМА", "Математика", "анализ", "0 0 0 0 0 0 0 0 0 4 4"),
    ("Геометрия", "Геом", "Математика", "геометрия", "0 0 0 0 0 0 2 2 2 2 2"),
    ("Вероятность и статистика", "ВиС", "Математика", "вероятность", "0 0 0 0 0 0 1 1 1 1 1"),
    ("Информатика", "Инф", "Информатика", "информатика", "0 0 0 0 1 1 1 1 1 1 1"),
    ("Окружающий мир", "Окр", PRIMARY, "окружающий", "2 2 2 2 0 0 0 0 0 0 0"),
    ("Основы религиозных культур и светской этики", "ОРКСЭ", PRIMARY, "этика", "0 0 0 1 0 0 0 0 0 0 0"),
    ("История", "Ист", "История и обществознание", "история", "0 0 0 0 3 3 3 2 2 2 2"),
    ("Обществознание", "Общ", "История и обществознание", "общество", "0 0 0 0 0 0 0 1 1 2 2"),
    ("География", "Геогр", "География", "география", "0 0 0 0 1 1 2 2 2 1 1"),
    ("Биология", "Био", "Биология", "биология", "0 0 0 0 1 1 1 2 2 1 1"),
    ("Физика", "Физ", "Физика", "физика", "0 0 0 0 0 0 2 2 3 2 2"),
    ("Химия", "Хим", "Химия", "химия", "0 0 0 0 0 0 0 2 2 1 1"),
    ("Изобразительное искусство", "ИЗО", "Искусство", "изо", "1 1 1 1 1 1 1 0 0 0 0"),
    ("Музыка", "Муз", "Музыка", "музыка", "1 1 1 1 1 1 1 1 0 0 0"),
    ("Труд (технология)", "Труд", "Технология", "труд", "1 1 1 1 2 2 2 1 1 0 0"),
    ("Основы безопасности и защиты Родины", "ОБЗР", "Безопасность", "обзр", "0 0 0 0 0 0 0 1 1 1 1"),
    ("Физическая культура", "Физ-ра", "Физическая культура", "физкультура", "2 3 3 3 2 2 2 2 2 2 2"),
    ("Индивидуальный проект", "ИП", "Информатика", "проект", "0 0 0 0 0 0 0 0 0 1 0"),
)
_WITH_CLASS_TEACHER: Final = frozenset({"русский", "чтение", "математика", "окружающий", "этика", "изо", "труд"})
"""The disciplines that a primary teacher teaches their own class."""

_UNTESTED: Final = frozenset({"изо", "музыка", "труд", "физкультура", "проект", "этика"})
_UNMARKED: Final = frozenset({"этика"})
_IN_HALVES: Final = frozenset({"Английский язык", "Иностранный язык"})
_PASS_FAIL: Final = frozenset({"Физическая культура", "Безопасность жизнедеятельности"})
_OWN_SUMMING: Final = {"Математика": Summing.MODULES, "Физическая культура": Summing.YEAR}

_GENERAL: Final = (
    # discipline; short; department; area; hours a week
    ("Русский язык", "Рус", "Филология", "русский", 2),
    ("Литература", "Лит", "Филология", "литература", 3),
    ("Иностранный язык", "Ин. яз.", "Иностранные языки", "английский", 3),
    ("Математика", "Мат", "Математика", "анализ", 6),
    ("История", "Ист", "Общественные науки", "история", 4),
    ("Обществознание", "Общ", "Общественные науки", "общество", 2),
    ("География", "Геогр", "Естествознание", "география", 2),
    ("Информатика", "Инф", "Информационные технологии", "информатика", 3),
    ("Физика", "Физ", "Естествознание", "физика", 4),
    ("Химия", "Хим", "Естествознание", "химия", 2),
    ("Биология", "Био", "Естествознание", "биология", 1),
    ("Физическая культура", "Физ-ра", "Физическая культура", "физкультура", 3),
    ("Основы безопасности и защиты Родины", "ОБЗР", "Физическая культура", "обзр", 1),
)
_SECOND: Final = (
    ("История России", "ИР", "Общественные науки", "история", 2),
    ("Иностранный язык", "Ин. яз.", "Иностранные языки", "английский", 2),
    ("Физическая культура", "Физ-ра", "Физическая культура", "физкультура", 2),
    ("Безопасность жизнедеятельности", "БЖД", "Физическая культура", "обзр", 2),
    ("Основы финансовой грамотности", "ОФГ", "Экономика", "финансы", 1),
)
_LATER: Final = (
    ("Иностранный язык", "Ин. яз.", "Иностранные языки", "английский", 2),
    ("Физическая культура", "Физ-ра", "Физическая культура", "физкультура", 2),
)
_LAW: Final = ("Правовое обеспечение профессиональной деятельности", "Право", "Общественные науки", "право", 2)
_IT: Final = "Информационные технологии"
_MACHINES: Final = "Машиностроение"
_ECONOMY: Final = "Экономика"

_Row = tuple[str, str, str, str, int]
_SPECIALITIES: Final[Mapping[str, tuple[str, Mapping[int, tuple[_Row, ...]]]]] = {
    "ИС": (
        "09.02.07 Информационные системы и программирование",
        {
            2: (
                ("Элементы высшей математики", "ЭВМ", "Математика", "анализ", 3),
                ("Дискретная математика", "ДМ", "Математика", "дискретная", 3),
                ("Операционные системы и среды", "ОС", _IT, "системы", 4),
                ("Архитектура аппаратных средств", "ААС", _IT, "аппаратура", 3),
                ("Основы алгоритмизации и программирования", "ОАП", _IT, "программирование", 8),
                ("Основы проектирования баз данных", "БД", _IT, "базы", 5),
            ),
            3: (
                ("Разработка программных модулей", "РПМ", _IT, "программирование", 8),
                ("Поддержка и тестирование программных модулей", "ПТПМ", _IT, "качество", 4),
                ("Разработка мобильных приложений", "РМП", _IT, "мобильные", 4),
                ("Технология разработки и защиты баз данных", "ТРЗБД", _IT, "базы", 6),
                ("Компьютерные сети", "КС", _IT, "сети", 4),
                ("Численные методы", "ЧМ", "Математика", "дискретная", 2),
                _LAW,
            ),
            4: (
                ("Системное программирование", "СП", _IT, "системы", 6),
                ("Внедрение и поддержка компьютерных систем", "ВПКС", _IT, "сети", 6),
                ("Обеспечение качества компьютерных систем", "ОККС", _IT, "качество", 6),
                ("Стандартизация и техническое документоведение", "СТД", _IT, "документы", 4),
                ("Экономика отрасли", "ЭО", _ECONOMY, "экономика", 4),
                ("Менеджмент в профессиональной деятельности", "Мен", _ECONOMY, "управление", 4),
            ),
        },
    ),
    "БУ": (
        "38.02.01 Экономика и бухгалтерский учёт",
        {
            2: (
                ("Экономика организации", "ЭкО", _ECONOMY, "экономика", 4),
                ("Основы бухгалтерского учёта", "ОБУ", _ECONOMY, "учёт", 6),
                ("Статистика", "Стат", "Математика", "вероятность", 3),
                ("Документационное обеспечение управления", "ДОУ", _ECONOMY, "документы", 3),
                ("Налоги и налогообложение", "НиН", _ECONOMY, "налоги", 4),
                ("Финансы, денежное обращение и кредит", "ФДОК", _ECONOMY, "финансы", 4),
                ("Аудит", "Ауд", _ECONOMY, "учёт", 2),
            ),
            3: (
                ("Учёт имущества организации", "УИО", _ECONOMY, "учёт", 6),
                ("Составление бухгалтерской отчётности", "СБО", _ECONOMY, "учёт", 6),
                ("Анализ бухгалтерской отчётности", "АБО", _ECONOMY, "экономика", 6),
                ("Расчёты с бюджетом и внебюджетными фондами", "РБВФ", _ECONOMY, "налоги", 4),
                ("Информационные технологии в работе бухгалтера", "ИТБ", _IT, "информатика", 4),
                ("Менеджмент", "Мен", _ECONOMY, "управление", 2),
                _LAW,
            ),
        },
    ),
    "ТМ": (
        "15.02.16 Технология машиностроения",
        {
            2: (
                ("Инженерная графика", "ИГ", _MACHINES, "графика", 5),
                ("Техническая механика", "ТМех", _MACHINES, "механика", 5),
                ("Материаловедение", "МВ", _MACHINES, "материалы", 4),
                ("Метрология, стандартизация и сертификация", "МСС", _MACHINES, "измерения", 3),
                ("Процессы формообразования и инструмент", "ПФИ", _MACHINES, "обработка", 6),
                ("Электротехника и электроника", "ЭиЭ", _MACHINES, "электротехника", 3),
            ),
            3: (
                ("Технология машиностроения", "ТехМ", _MACHINES, "обработка", 8),
                ("Технологическая оснастка", "ТОсн", _MACHINES, "механика", 4),
                ("Программирование станков с ЧПУ", "ЧПУ", _MACHINES, "чпу", 6),
                ("Технологическое оборудование", "ТОб", _MACHINES, "материалы", 6),
                ("Проектирование технологических процессов в САПР", "САПР", _MACHINES, "графика", 4),
                _LAW,
            ),
            4: (
                ("Реализация технологических процессов", "РТП", _MACHINES, "обработка", 8),
                ("Контроль качества деталей", "ККД", _MACHINES, "измерения", 6),
                ("Организация работы подразделения", "ОРП", _ECONOMY, "управление", 6),
                ("Охрана труда", "ОТ", "Физическая культура", "обзр", 4),
                ("Экономика отрасли", "ЭО", _ECONOMY, "экономика", 4),
                ("Управление персоналом", "УП", _ECONOMY, "управление", 2),
            ),
        },
    ),
}


def _school_discipline(name: str, short: str, department: str, area: str, *, primary: bool) -> Discipline:
    own = PRIMARY if primary and area in _WITH_CLASS_TEACHER else department
    return Discipline(
        name,
        short,
        own,
        area,
        has_tests=area not in _UNTESTED,
        is_graded=area not in _UNMARKED,
        in_halves=name in _IN_HALVES,
    )


def _school_level(level: int) -> tuple[TaughtDiscipline, ...]:
    rows = ((row[:4], int(row[4].split()[level - 1])) for row in _SCHOOL)
    return tuple(
        TaughtDiscipline(_school_discipline(*names, primary=level in PRIMARY_LEVELS), hours)
        for names, hours in rows
        if hours
    )


def _college_discipline(row: _Row) -> TaughtDiscipline:
    name, short, department, area, hours = row
    discipline = Discipline(
        name,
        short,
        department,
        area,
        has_tests=area not in _UNTESTED,
        in_halves=name in _IN_HALVES,
        pass_fail=name in _PASS_FAIL,
        summing=_OWN_SUMMING.get(name, Summing.TERMS),
    )
    return TaughtDiscipline(discipline, hours)


def _course(number: int, rows: tuple[_Row, ...]) -> tuple[TaughtDiscipline, ...]:
    return tuple(map(_college_discipline, (*(_SECOND if number == 2 else _LATER), *rows)))  # noqa: PLR2004 - 2nd course


SCHOOL_LEVELS: Final[Mapping[int, tuple[TaughtDiscipline, ...]]] = {level: _school_level(level) for level in LEVELS}
SPECIALITIES: Final[Mapping[str, Speciality]] = {
    code: Speciality(
        code,
        title,
        {1: tuple(map(_college_discipline, _GENERAL)), **{n: _course(n, rows) for n, rows in courses.items()}},
    )
    for code, (title, courses) in _SPECIALITIES.items()
}


def taught(kind: SchoolKind, speciality: str | None, level: int) -> tuple[TaughtDiscipline, ...]:
    """The disciplines of a class of that *level* (in a college, of that year of the *speciality*); () for level 0."""
    if kind is SchoolKind.SCHOOL:
        return SCHOOL_LEVELS.get(level, ())
    return SPECIALITIES[speciality or ""].courses.get(level, ())


def all_disciplines(kind: SchoolKind) -> dict[str, Discipline]:
    """All disciplines of that *kind* of school, by name."""
    plans = (
        list(SCHOOL_LEVELS.values())
        if kind is SchoolKind.SCHOOL
        else [plan for speciality in SPECIALITIES.values() for plan in speciality.courses.values()]
    )
    found = {hours.discipline.name: hours.discipline for plan in plans for hours in plan}
    extra = [CLASS_HOUR, ELECTIVE, DAY_CARE] if kind is SchoolKind.SCHOOL else []
    return found | {discipline.name: discipline for discipline in (*extra, CLUBS[kind])}
