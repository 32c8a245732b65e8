"""The sentences of the demo's page."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from auth.viewer import Role
from gateway.languages import Text

TITLE: Final = Text("School gateway: the demo", "Школьный шлюз: демонстрация")
INTRODUCTION: Final = Text(
    "Data for trying things out, on {day}. Open GraphiQL as one of these people and ask what you like: each sees only "
    "what the role and the person may see.",
    "Данные для пробы, на дворе {day}. Откройте GraphiQL от имени любого из этих людей и спрашивайте что угодно: "
    "каждому видно только то, что положено его роли и ему самому.",
)
ROLES_TITLE: Final = Text("Roles", "Роли")
OPEN: Final = Text("Open GraphiQL", "Открыть GraphiQL")
OPEN_AS: Final = Text("as {name}, {role}", "от имени: {name}, {role}")
CHILDREN: Final = Text("Children:", "Дети:")
NO_ACCESS: Final = Text("no access", "доступа нет")
CLASS: Final = Text("Class: {name}", "Класс: {name}")
WHO_SEES_WHAT: Final = Text("Who sees what", "Кто что видит")
WHO_SEES_WHAT_NOTE: Final = Text(
    "The fields on which roles differ, as the schema says. What is not listed is open to every role that may see the "
    "student.",
    "Поля, по которым роли различаются, как сказано в схеме. Чего здесь нет, открыто каждой роли, которой виден "
    "ученик.",
)
COMPARE: Final = Text(
    "Side by side: one query as {student} (student) and as {parent} (parent)",
    "Рядом: один запрос от имени ученика ({student}) и родителя ({parent})",
)
FIELD: Final = Text("What", "Что")
YES: Final = Text("yes", "да")
NO: Final = Text("no", "нет")
DOCUMENTS: Final = Text("Read on", "Что почитать")
ELSEWHERE: Final = Text("From your own program", "Из своей программы")
TOKENS: Final = Text("All people with their tokens, as JSON:", "Все люди с их токенами в формате JSON:")
MAIL: Final = Text("The letters that the demo has written:", "Письма, которые написала демонстрация:")

ROLES: Final[Mapping[Role, Text]] = {
    Role.STUDENT: Text("Student", "Ученик"),
    Role.PARENT: Text("Parent", "Родитель"),
    Role.TEACHER: Text("Teacher", "Учитель"),
    Role.CLASS_TEACHER: Text("Class teacher", "Классный руководитель"),
    Role.ADMINISTRATOR: Text("Administrator", "Администратор"),
    Role.ANALYST: Text("Analyst", "Аналитик"),
}

READS: Final[Mapping[Role, Text]] = {
    Role.STUDENT: Text(
        "Reads their own diary, marks, tests and portfolio, and no other student. No remarks: those are for parents.",
        "Читает свой дневник, оценки, тесты и портфолио и ни одного другого ученика. Замечаний не видит: они для "
        "родителей.",
    ),
    Role.PARENT: Text(
        "Reads their children, as long as the right to each of them lasts, with remarks. No tests: the mark shows, the "
        "test does not.",
        "Читает своих детей, пока действует право на каждого, вместе с замечаниями. Тестов не видит: видна оценка, но "
        "не тест.",
    ),
    Role.TEACHER: Text(
        "Reads the students of the classes and groups they teach, in their own subjects. No remarks, no tests.",
        "Читает учеников классов и групп, в которых преподаёт, по своим предметам. Не видит замечаний и тестов.",
    ),
    Role.CLASS_TEACHER: Text(
        "Reads the students of the class they lead, in all subjects. No remarks, no tests.",
        "Читает учеников своего класса по всем предметам. Не видит замечаний и тестов.",
    ),
    Role.ADMINISTRATOR: Text(
        "Reads all students of the school, and contacts. No remarks, no tests.",
        "Читает всех учеников школы и контакты. Не видит замечаний и тестов.",
    ),
    Role.ANALYST: Text(
        "Reads no person: curricula, calendars, bells.",
        "Не видит ни одного человека: только учебные планы, календари и звонки.",
    ),
}


class Row(NamedTuple):
    """A field on which roles differ, as `Type.field`, and what people call it."""

    field: str
    name: Text


ROWS: Final = (
    Row("Student.diary", Text("The diary: lessons, homework", "Дневник: уроки и задания")),
    Row("Student.marks", Text("Marks", "Оценки")),
    Row("Student.remarks", Text("Remarks", "Замечания")),
    Row("Student.tests", Text("Tests and attempts", "Тесты и попытки")),
    Row("Student.absenceNotices", Text("Absence notices", "Уведомления об отсутствии")),
    Row("DiaryWeek.acknowledgement", Text("Whether the diary was signed", "Подпись родителей в дневнике")),
    Row("Homework.submission", Text("What was handed in", "Сданные работы")),
    Row("Student.moduleCourses", Text("Courses to choose", "Курсы по выбору")),
    Row("Student.attestationDebts", Text("Debts", "Академические задолженности")),
    Row("Student.birthDate", Text("Date of birth", "Дата рождения")),
    Row("Class.students", Text("The list of a class with data", "Список класса с данными")),
    Row("Class.timetable", Text("The timetable of any class", "Расписание любого класса")),
)


class Document(NamedTuple):
    """A page of the documentation: its file under docs/, and what it is about."""

    file: str
    about: Text


DOCUMENTATION: Final = (
    Document("clients.md", Text("Asking the graph: from sign-in to errors", "Запросы к графу: от входа до ошибок")),
    Document("mobile.md", Text("The mobile app: trusted documents", "Мобильное приложение: доверенные документы")),
    Document("operators.md", Text("Running it: settings, health, backups", "Эксплуатация: настройки, здоровье, копии")),
    Document("glossary.md", Text("Glossary: terms of the school", "Словарь: термины школы")),
)
