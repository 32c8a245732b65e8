"""The tables that are understood: their columns, with the headings that a clerk writes above them."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Column(NamedTuple):
    """A column: its name in a mapping file, its heading in the template and other headings, and an example."""

    name: str
    headings: tuple[str, ...]
    example: str
    is_required: bool = False


class Sheet(NamedTuple):
    """A table: its name in a mapping file, its names as a sheet or file, and its columns."""

    name: str
    titles: tuple[str, ...]
    columns: tuple[Column, ...]


_NAME: Final = Column(
    "name", ("ФИО", "Фамилия Имя Отчество", "Ф.И.О.", "ФИО полностью"), "Иванова-Петрова Анна Сергеевна"
)
_FAMILY: Final = Column("family", ("Фамилия",), "")
_GIVEN: Final = Column("given", ("Имя",), "")
_PATRONYMIC: Final = Column("patronymic", ("Отчество",), "")
_CODE: Final = Column("code", ("Код", "Табельный номер", "Личное дело"), "")
_SNILS: Final = Column("snils", ("СНИЛС",), "")
_PHONE: Final = Column("phone", ("Телефон", "Мобильный телефон"), "")
_EMAIL: Final = Column("email", ("E-mail", "Email", "Электронная почта", "Почта"), "")
_LOGIN: Final = Column("login", ("Логин", "Учётная запись"), "")
_BIRTH: Final = Column("birth_date", ("Дата рождения", "Д.р."), "01.05.2013")
_CLASS: Final = Column("class", ("Класс",), "7А")
_GROUP: Final = Column("group", ("Группа", "Подгруппа"), "")
_SUBJECT: Final = Column("subject", ("Предмет", "Дисциплина"), "Алгебра", is_required=True)
_TEACHER: Final = Column("teacher", ("Учитель", "Преподаватель"), "Белова Ольга Ивановна")
_FROM: Final = Column("from", ("С", "Дата начала", "Действует с"), "01.09.2026")
_TO: Final = Column("to", ("По", "Дата окончания", "Действует по"), "")
_STUDENT: Final = Column(
    "student", ("Ученик", "ФИО ученика", "ФИО ребёнка", "Ребёнок"), "Иванова-Петрова Анна Сергеевна", is_required=True
)
_STUDENT_BIRTH: Final = Column("student_birth_date", ("Дата рождения ученика", "Дата рождения ребёнка"), "")
_STUDENT_CODE: Final = Column("student_code", ("Код ученика",), "")
_WHO: Final = (_NAME, _FAMILY, _GIVEN, _PATRONYMIC)
_ADULT: Final = (_NAME._replace(example="Белова Ольга Ивановна"), *_WHO[1:])
_PARENT: Final = (_NAME._replace(example="Иванова Мария Олеговна"), *_WHO[1:])

SHEETS: Final[Mapping[str, Sheet]] = {
    sheet.name: sheet
    for sheet in (
        Sheet(
            "classes",
            ("Классы",),
            (
                _CLASS._replace(is_required=True),
                Column("leader", ("Классный руководитель",), "Белова Ольга Ивановна"),
            ),
        ),
        Sheet(
            "staff",
            ("Сотрудники", "Учителя", "Педагоги"),
            (*_ADULT, Column("post", ("Должность",), "учитель"), _SNILS, _PHONE, _EMAIL, _LOGIN, _CODE, _FROM, _TO),
        ),
        Sheet(
            "students",
            ("Ученики", "Обучающиеся", "Учащиеся"),
            (
                *_WHO,
                _BIRTH._replace(is_required=True),
                _CLASS._replace(is_required=True),
                _SNILS,
                _PHONE,
                _EMAIL,
                _LOGIN,
                _CODE,
                Column("from", ("Зачислен", "Дата зачисления", "С"), "01.09.2026"),
                Column("to", ("Выбыл", "Дата выбытия", "По"), ""),
            ),
        ),
        Sheet(
            "guardians",
            ("Родители", "Законные представители"),
            (
                *_PARENT,
                Column("relation", ("Кем приходится", "Степень родства", "Родство"), "мать"),
                _STUDENT,
                Column("class", ("Класс", "Класс ученика"), "7А"),
                _STUDENT_BIRTH,
                _STUDENT_CODE,
                _SNILS,
                _PHONE,
                _EMAIL,
                _LOGIN,
                _CODE,
                Column("access", ("Доступ к дневнику", "Доступ"), "да"),
                _FROM._replace(example=""),
                _TO,
            ),
        ),
        Sheet(
            "groups",
            ("Группы", "Подгруппы"),
            (
                _GROUP._replace(is_required=True, example="7А английский, 1-я подгруппа"),
                Column("classes", ("Классы", "Класс"), "7А"),
                _SUBJECT,
            ),
        ),
        Sheet(
            "members",
            ("Состав групп", "Состав подгрупп"),
            (
                _GROUP._replace(is_required=True, example="7А английский, 1-я подгруппа"),
                _STUDENT,
                _CLASS,
                _STUDENT_BIRTH,
                _STUDENT_CODE,
                _FROM,
                _TO,
            ),
        ),
        Sheet(
            "teaching",
            ("Нагрузка", "Учебная нагрузка"),
            (_TEACHER._replace(is_required=True), _SUBJECT, _CLASS, _GROUP, _FROM, _TO),
        ),
        Sheet(
            "accounts",
            ("Учётные записи", "Логины"),
            (
                *_WHO,
                _BIRTH._replace(example=""),
                _CLASS._replace(example=""),
                _CODE,
                _LOGIN._replace(is_required=True, example="ivanova"),
            ),
        ),
        Sheet(
            "timetable",
            ("Расписание",),
            (
                Column("date", ("Дата",), ""),
                Column("weekday", ("День недели", "День"), "понедельник"),
                Column("number", ("Урок", "Номер урока", "№ урока"), "1", is_required=True),
                Column("starts_at", ("Начало", "Время начала"), "08:30", is_required=True),
                Column("ends_at", ("Конец", "Окончание", "Время окончания"), "09:15", is_required=True),
                _CLASS,
                _GROUP,
                _SUBJECT,
                _TEACHER,
                Column("room", ("Кабинет",), "12"),
                Column("from", ("С", "Действует с"), "01.09.2026"),
                Column("to", ("По", "Действует по"), "30.12.2026"),
            ),
        ),
        Sheet(
            "marks",
            ("Оценки", "Отметки"),
            (
                Column("date", ("Дата",), "02.10.2026", is_required=True),
                _STUDENT,
                _CLASS,
                _STUDENT_BIRTH,
                _STUDENT_CODE,
                _SUBJECT,
                Column("mark", ("Оценка", "Отметка"), "4", is_required=True),
                Column("kind", ("Вид работы", "Тип работы"), "Контрольная работа"),
                Column("title", ("Работа", "Тема"), "Дроби"),
            ),
        ),
    )
}
"""All tables by their names in a mapping file."""


def folded(text: str) -> str:
    """A heading or title as it is compared: without case, spaces around it, dots, asterisks, and with е for ё."""
    plain = "".join(letter for letter in text.casefold().replace("ё", "е") if letter.isalnum() or letter.isspace())
    return " ".join(plain.split())
