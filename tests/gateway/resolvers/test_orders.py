"""Lists in the order of people, report cards with all subjects, the journals and periods that marks belong to."""

import os
from collections.abc import AsyncIterator
from datetime import date
from typing import Any, Final

import pytest
from pydantic import SecretStr

from auth.viewer import Role
from gateway.settings import MongoSettings
from tests.gateway.asking import TinySchool
from tests.gateway.building import Builder
from tests.gateway.served import served

SUBJECTS: Final = {
    "history": "История",
    "english": "Английский язык",
    "algebra": "Алгебра",
    "physics": "Физика",
    "german": "Немецкий язык",
    # Not in the curriculum:
    "e": "Ежеведение",
    "yo": "Ёлковедение",
    "zh": "Жуковедение",
    "robots": "Робототехника",
}
CURRICULUM: Final = ("history", "english", "german", "algebra", "physics")
KINDS: Final = {"yo": "Ёлочная работа", "answer": "Ответ", "zh": "Жюри", "e": "Ежедневная работа", "control": "зачёт"}
PERIODS: Final = (("I", "2026-09-01"), ("II", "2026-11-02"), ("III", "2027-01-11"), ("IV", "2027-04-05"))
ENDS: Final = ("2026-10-23", "2026-12-30", "2027-03-26", "2027-05-26")


@pytest.fixture(scope="module")
async def tiny(mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    prefix = f"orders_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    one = Builder(prefix)
    _people(one)
    _periods(one)
    _marks(one)
    _lessons(one)
    await one.write(mongo_uri, prefix)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=date(2026, 12, 1)) as gateway:
        yield TinySchool(gateway, one)


@pytest.fixture(scope="module")
async def without_curriculum(tiny: TinySchool, mongo_uri: str, redis_uri: str) -> AsyncIterator[TinySchool]:
    """A gateway over the tiny school that finds no server where the curriculum's database should be."""
    prefix = tiny.served.settings.mongo.prefix
    dead = {"curriculum": SecretStr("mongodb://127.0.0.1:1/?directConnection=true")}
    mongo = MongoSettings(uri=SecretStr(mongo_uri), uris=dead, prefix=prefix, timeout_s=30, read_timeout_s=1)
    async with served(mongo_uri, redis_uri, prefix=prefix, today=date(2026, 12, 1), mongo=mongo) as gateway:
        yield TinySchool(gateway, tiny.school)


def _people(one: Builder) -> None:
    one.school("perm")
    one.school_class("10a", level=10)
    one.school_class("7a")
    for key, name in SUBJECTS.items():
        one.subject(key, name)
    for group, subject in (("english 1", "english"), ("english 2", "english"), ("german", "german")):
        one.group(group, ["10a"], subject)
    one.student("oleg", "Олегов Олег", one.enrolment("10a"), groups=[one.membership("english 1")])
    one.student("egor", "Егоров Егор", one.enrolment("10a"), groups=[one.membership("german")])
    one.student("ivan", "Иванов Иван", one.enrolment("7a"))
    for key, relation, is_legal in (
        ("grandfather", "Дедушка", False),
        ("father", "Отец", True),
        ("grandmother", "Бабушка", False),
        ("mother", "Мать", True),
    ):
        one.person(key, f"Олегова {key}", ["PARENT"])
        one.guardianship(key, "oleg", relation=relation, is_legal_representative=is_legal)
    one.person("admin", "Директоров Дмитрий", ["ADMINISTRATOR"])
    one.person("teacher", "Смирнов Сергей", ["TEACHER"])
    for person, name in (("yakov", "Яковлев Яков"), ("anna", "Андреева Анна")):
        one.person(person, name, ["TEACHER"])
        for subject in ("zh", "yo", "e", "history"):
            one.assignment(person, teaches=subject, to="10a")
    one.assignment("teacher", teaches="algebra", to="10a")
    one.assignment("teacher", teaches="physics", to="10a")
    items = [
        {"subject_id": one.id("Subject", key), "workload_hours": 68, "hours_per_week": 2, "hours_by_month": []}
        for key in CURRICULUM
    ]
    one.put(
        "curriculum.curricula",
        "Curriculum",
        "10a",
        school="perm",
        class_ids=one.ids("Class", ["10a"]),
        academic_year="2026/27",
        name="Учебный план",
        items=[{**item, "passed_hours": None} for item in items],
    )


def _periods(one: Builder) -> None:
    for ordinal, ((name, first), last) in enumerate(zip(PERIODS, ENDS, strict=True), start=1):
        one.period(name, ordinal, first, last)
    seniors: dict[str, Any] = {"kind": "HALF_YEAR", "class_ids": one.ids("Class", ["10a"])}
    one.period("I half", 1, "2026-09-01", "2026-12-30", **seniors)
    one.period("II half", 2, "2027-01-11", "2027-05-26", **seniors)
    own: dict[str, Any] = {"kind": "MODULE", "group_id": one.id("Group", "english 1")}
    one.period("module", 1, "2026-11-20", "2026-12-10", "english", **own)


def _marks(one: Builder) -> None:
    for key, name in KINDS.items():
        kind: dict[str, Any] = {"abbreviation": None, "weight": 1, "counts_towards_average": True}
        one.put("grades.work_kinds", "WorkKind", key, school="perm", name=name, **kind)
    for place, subject in enumerate(("physics", "zh", "history", "yo", "algebra", "e")):
        for number, kind_key in enumerate(KINDS):
            day = f"2026-11-{10 + (place + number) % 9}"
            one.work(f"{subject} {number}", subject, kind=kind_key)
            one.mark(f"{subject} {number}", "oleg", day, "4", subject, of_class="10a", kind=kind_key)
    for key in ("september", "club", "club of algebra", "quarter"):
        one.work(key, "algebra", kind="answer")
    one.mark("september", "oleg", "2026-09-10", "5", "algebra", of_class="10a", kind="answer")
    one.mark("club", "oleg", "2026-11-12", "5", "robots", of_class="10a", journal="EXTENDED", kind="answer")
    one.mark("club of algebra", "oleg", "2026-11-12", "2", "algebra", of_class="10a", journal="EXTENDED", kind="answer")
    one.mark("quarter", "ivan", "2026-11-10", "5", "algebra", of_class="7a", kind="answer")
    for year in ("2025/26", "2026/27"):
        for subject in ("physics", "algebra", "e"):
            grades: list[tuple[str, str | None]] = [("PERIOD", name) for name, _ in reversed(PERIODS)]
            for kind_of, period in (("FINAL", None), ("EXAM", "IV"), ("YEAR", None), *grades):
                own = {"subject_id": one.id("Subject", subject), "academic_year": year, "kind": kind_of}
                one.final_grade(f"{year} {subject} {kind_of} {period}", "oleg", "4", period=period, **own)


def _lessons(one: Builder) -> None:
    of_class: dict[str, Any] = {"classes": ("10a",), "teacher": "teacher"}
    classes = one.ids("Class", ["10a"])
    one.lesson("english", "2026-11-12", 1, "english", group="english 1", **of_class)
    one.lesson("german", "2026-11-12", 1, "german", group="german", **of_class)
    one.lesson("physics", "2026-11-12", 2, "physics", **of_class)
    one.lesson("club", "2026-11-12", 8, "robots", is_extended=True, **of_class)
    for key, text, day in (
        ("d", "Г: учить таблицу", "2026-11-10"),
        ("a", "В: упражнение 7", "2026-11-11"),
        ("c", "Б: читать § 12", "2026-11-11"),
        ("b", "А: принести тетрадь", "2026-11-11"),
        ("e", "А: принести атлас", "2026-11-12"),
    ):
        of_lesson: dict[str, Any] = {"classes": ("10a",), "text": text, "author_id": None}
        one.homework(key, "physics", "2026-11-12", "physics", assigned_on=day, **of_lesson)
        own = {"text": text, "made_on": day, "lesson_id": one.id("Lesson", "physics"), "author_id": None}
        about = {"school": "perm", "student_id": one.id("Student", "oleg"), "subject_id": one.id("Subject", "physics")}
        one.put("diary.comments", "TeacherComment", key, **about, **own)
        one.put("diary.remarks", "Remark", key, **about, **own, kind=None)
        one.work(key, "physics", title=text, is_control_work=True, planned_on=f"2026-12-{day[-2:]}", class_ids=classes)
    one.lesson("next half", "2027-01-12", 1, "zh", **of_class)


OLEG: Final = ("oleg", Role.STUDENT)
ORDER: Final = ["История", "Алгебра", "Физика", "Ежеведение", "Ёлковедение", "Жуковедение"]


async def pages(tiny: TinySchool, arguments: str, who: tuple[str, Role] = OLEG) -> list[Any]:
    """The marks of a list, read seven at a time."""
    found: list[Any] = []
    after = ""
    while True:
        nodes = "nodes { id givenOn subject { name } work { kind { name } } }"
        fields = f"{{ totalCount {nodes} pageInfo {{ endCursor hasNextPage }} }}"
        page = (await tiny.of_student(*who, "oleg", f"marks(first: 7{arguments}{after}) {fields}"))["marks"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len({node["id"] for node in found}) == len(found) == page["totalCount"]
            return found
        after = f', after: "{page["pageInfo"]["endCursor"]}"'


def runs(values: list[Any]) -> list[Any]:
    return [value for place, value in enumerate(values) if place == 0 or values[place - 1] != value]


@pytest.mark.parametrize("who", [OLEG, ("admin", Role.ADMINISTRATOR)])
async def test_marks_by_subject_are_in_the_order_of_the_curriculum_then_of_the_alphabet(
    tiny: TinySchool, who: tuple[str, Role]
) -> None:
    found = await pages(tiny, ", orderBy: SUBJECT, journal: MAIN", who)
    assert runs([node["subject"]["name"] for node in found]) == ORDER
    for subject in ORDER:
        days = [node["givenOn"] for node in found if node["subject"]["name"] == subject]
        assert days == sorted(days, reverse=True)


async def test_marks_by_subject_are_a_teachers_own(tiny: TinySchool) -> None:
    found = await pages(tiny, ", orderBy: SUBJECT", ("teacher", Role.TEACHER))
    assert runs([node["subject"]["name"] for node in found]) == ["Алгебра", "Физика"]


async def test_marks_by_kind_are_in_the_order_of_the_names_of_kinds(tiny: TinySchool) -> None:
    found = await pages(tiny, ", orderBy: KIND")
    assert runs([node["work"]["kind"]["name"] for node in found]) == [
        "Ежедневная работа",
        "Ёлочная работа",
        "Жюри",
        "зачёт",
        "Ответ",
    ]


@pytest.mark.parametrize("order", ["SUBJECT", "KIND"])
async def test_ordered_marks_of_many_students_are_one_command(tiny: TinySchool, order: str) -> None:
    query = "{ students { nodes { displayName marks(orderBy: %s) { nodes { subject { name } } } } } }"
    data = await tiny.data("admin", Role.ADMINISTRATOR, query % order)
    found = {node["displayName"]: len(node["marks"]["nodes"]) for node in data["students"]["nodes"]}
    assert found == {"Егоров Егор": 0, "Иванов Иван": 1, "Олегов Олег": 20}
    assert tiny.served.recorder.touched("grades", "marks") == 1


async def test_school_lists_its_kinds_of_work_by_name(tiny: TinySchool) -> None:
    data = await tiny.data(*OLEG, "{ school { workKinds { id name weight } } }")
    assert [kind["name"] for kind in data["school"]["workKinds"]] == [
        "Ежедневная работа",
        "Ёлочная работа",
        "Жюри",
        "зачёт",
        "Ответ",
    ]
    chosen = data["school"]["workKinds"][2]["id"]
    assert {node["work"]["kind"]["name"] for node in await pages(tiny, f', kindId: "{chosen}"')} == {"Жюри"}


async def test_final_grades_stand_by_year_subject_and_time(tiny: TinySchool) -> None:
    own = await tiny.of_student(*OLEG, "oleg", "finalGrades { academicYear subject { name } kind period { name } }")
    in_time = ["I", "II", "III", "IV", "YEAR", "EXAM", "FINAL"]
    assert [
        (g["academicYear"], g["subject"]["name"], g["period"]["name"] if g["kind"] == "PERIOD" else g["kind"])
        for g in own["finalGrades"]
    ] == [
        (year, subject, place)
        for year in ("2026/27", "2025/26")
        for subject in ("Алгебра", "Физика", "Ежеведение")
        for place in in_time
    ]


async def test_teachers_of_a_class_stand_by_the_names_of_subjects_then_by_their_own(tiny: TinySchool) -> None:
    own = await tiny.of_student(*OLEG, "oleg", "class { teachers { subject { name } teacher { familyName } } }")
    assert [(row["subject"]["name"], row["teacher"]["familyName"]) for row in own["class"]["teachers"]] == [
        ("Алгебра", "Смирнов"),
        ("Ежеведение", "Андреева"),
        ("Ежеведение", "Яковлев"),
        ("Ёлковедение", "Андреева"),
        ("Ёлковедение", "Яковлев"),
        ("Жуковедение", "Андреева"),
        ("Жуковедение", "Яковлев"),
        ("История", "Андреева"),
        ("История", "Яковлев"),
        ("Физика", "Смирнов"),
    ]


TEXTS: Final = [
    "Г: учить таблицу",
    "А: принести тетрадь",
    "Б: читать § 12",
    "В: упражнение 7",
    "А: принести атлас",
]


async def test_what_belongs_to_a_lesson_stands_by_day_then_by_text(tiny: TinySchool) -> None:
    fields = 'diary(week: "2026-11-12") { days { lessons { homework { text } comments { text } remarks { text } } } }'
    own = await tiny.of_student("mother", Role.PARENT, "oleg", fields)
    [lesson] = [one for day in own["diary"]["days"] for one in day["lessons"] if one["homework"]]
    for name in ("homework", "comments", "remarks"):
        assert [record["text"] for record in lesson[name]] == TEXTS, name


async def test_control_works_of_one_day_stand_by_title(tiny: TinySchool) -> None:
    own = await tiny.of_student(*OLEG, "oleg", "plannedControlWorks { title }")
    assert [work["title"] for work in own["plannedControlWorks"]] == TEXTS


async def test_guardians_stand_with_legal_representatives_first_then_by_relation(tiny: TinySchool) -> None:
    own = await tiny.of_student(*OLEG, "oleg", "guardians { relation isLegalRepresentative }")
    assert [guardian["relation"] for guardian in own["guardians"]] == ["Мать", "Отец", "Бабушка", "Дедушка"]


# ── the report card ──


async def card(tiny: TinySchool, who: tuple[str, Role] = OLEG, student: str = "oleg", arguments: str = "") -> list[Any]:
    fields = (
        f"performance{arguments} {{ subject {{ name }} markCount average period {{ name kind }} marks {{ journal }} }}"
    )
    found: list[Any] = (await tiny.of_student(*who, student, fields))["performance"]
    return found


def names(rows: list[Any]) -> list[str]:
    return [row["subject"]["name"] for row in rows]


async def test_report_card_has_all_subjects_of_the_student_in_the_order_of_the_curriculum(tiny: TinySchool) -> None:
    rows = await card(tiny)
    # German is taught to a study group that Oleg is not in.
    assert names(rows) == ["История", "Английский язык", *ORDER[1:]]
    [english] = [row for row in rows if row["subject"]["name"] == "Английский язык"]
    assert (english["markCount"], english["average"], english["marks"]) == (0, None, [])
    assert names(await card(tiny, ("egor", Role.STUDENT), "egor")) == [
        "История",
        "Немецкий язык",
        "Алгебра",
        "Физика",
    ]


async def test_report_card_of_a_period_to_come_has_all_subjects_without_marks(tiny: TinySchool) -> None:
    rows = await card(tiny, arguments=f'(periodId: "{tiny.id("AttestationPeriod", "II half")}")')
    assert [(row["subject"]["name"], row["markCount"]) for row in rows] == [
        ("История", 0),
        ("Английский язык", 0),
        ("Алгебра", 0),
        ("Физика", 0),
    ]


async def test_teachers_report_card_has_their_own_subjects_with_or_without_marks(tiny: TinySchool) -> None:
    teacher = ("teacher", Role.TEACHER)
    assert [(row["subject"]["name"], row["markCount"]) for row in await card(tiny, teacher, "egor")] == [
        ("Алгебра", 0),
        ("Физика", 0),
    ]


async def test_report_card_of_a_subject_without_marks_has_its_row(tiny: TinySchool) -> None:
    rows = await card(tiny, arguments=f'(subjectId: "{tiny.id("Subject", "english")}")')
    assert [(row["subject"]["name"], row["markCount"]) for row in rows] == [("Английский язык", 0)]


async def test_marks_of_the_second_half_of_the_day_stand_in_a_report_card_of_their_own(tiny: TinySchool) -> None:
    main = await card(tiny)
    assert {mark["journal"] for row in main for mark in row["marks"]} == {"MAIN"}
    [algebra] = [row for row in main if row["subject"]["name"] == "Алгебра"]
    assert (algebra["markCount"], algebra["average"]) == (6, "4.17")
    extended = await card(tiny, arguments="(journal: EXTENDED)")
    assert [(row["subject"]["name"], row["markCount"], row["average"]) for row in extended] == [
        ("Алгебра", 1, "2.00"),
        ("Робототехника", 1, "5.00"),
    ]
    assert await card(tiny, arguments="(journal: null)") == main


async def test_marks_are_selected_by_journal(tiny: TinySchool) -> None:
    every, main, extended = [
        {node["id"] for node in await pages(tiny, arguments)}
        for arguments in ("", ", journal: MAIN", ", journal: EXTENDED")
    ]
    assert extended == {tiny.id("Mark", "club"), tiny.id("Mark", "club of algebra")}
    assert (main | extended, main & extended) == (every, set())


# ── attestation periods ──


async def test_senior_classes_have_half_years_and_others_quarters(tiny: TinySchool) -> None:
    periods = {row["subject"]["name"]: row["period"] for row in await card(tiny)}
    # The study group of English has a period of its own, nearer than that of the class.
    assert periods.pop("Английский язык") == {"name": "module", "kind": "MODULE"}
    assert list(periods.values()) == [{"name": "I half", "kind": "HALF_YEAR"}] * len(periods)
    [algebra] = await card(tiny, ("ivan", Role.STUDENT), "ivan")
    assert algebra["period"] == {"name": "II", "kind": "QUARTER"}


async def test_period_names_the_classes_and_the_group_that_it_is_bound_to(tiny: TinySchool) -> None:
    query = "{ school { attestationPeriods%s { name classes { name } group { name } subject { name } } } }"
    found = (await tiny.data(*OLEG, query % ""))["school"]["attestationPeriods"]
    bound = {own.pop("name"): own for own in found}
    assert bound["I"] == {"classes": [], "group": None, "subject": None}
    assert bound["I half"] == {"classes": [{"name": "10A"}], "group": None, "subject": None}
    assert bound["module"] == {"classes": [], "group": {"name": "english 1"}, "subject": {"name": "Английский язык"}}


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ('(classId: "<10a>")', ["I half", "module", "II half"]),
        ('(classId: "<7a>")', ["I", "II", "module", "III", "IV"]),
        ('(classId: "<10a>", subjectId: "<algebra>")', ["I half", "II half"]),
        ('(classId: "<7a>", subjectId: "<algebra>")', ["I", "II", "III", "IV"]),
        ('(subjectId: "<english>")', ["module"]),
    ],
)
async def test_periods_of_a_class_are_its_own_or_the_general_ones(
    tiny: TinySchool, arguments: str, wanted: list[str]
) -> None:
    for kind, key in (("Class", "10a"), ("Class", "7a"), ("Subject", "algebra"), ("Subject", "english")):
        arguments = arguments.replace(f"<{key}>", tiny.id(kind, key))
    data = await tiny.data(*OLEG, f"{{ school {{ attestationPeriods{arguments} {{ name }} }} }}")
    assert [period["name"] for period in data["school"]["attestationPeriods"]] == wanted


# ── without the curriculum ──


ALPHABET: Final = ["Алгебра", "Ежеведение", "Ёлковедение", "Жуковедение", "История", "Физика"]


async def test_marks_by_subject_stand_by_the_alphabet_while_the_curriculum_is_dead(
    without_curriculum: TinySchool,
) -> None:
    found = await pages(without_curriculum, ", orderBy: SUBJECT, journal: MAIN")
    assert runs([node["subject"]["name"] for node in found]) == ALPHABET
    for subject in ALPHABET:
        days = [node["givenOn"] for node in found if node["subject"]["name"] == subject]
        assert days == sorted(days, reverse=True)


def _page(after: str = "") -> str:
    fields = "nodes { id subject { name } } pageInfo { hasPreviousPage hasNextPage endCursor }"
    return f"marks(first: 8, orderBy: SUBJECT, journal: MAIN{after}) {{ {fields} }}"


async def test_list_begun_by_the_alphabet_goes_on_by_it_when_the_curriculum_is_back(
    tiny: TinySchool, without_curriculum: TinySchool
) -> None:
    found: list[Any] = []
    after = ""
    for gateway in (without_curriculum, tiny, tiny, without_curriculum, tiny):
        page = (await gateway.of_student(*OLEG, "oleg", _page(after)))["marks"]
        assert page["pageInfo"]["hasPreviousPage"] is bool(after)
        found += page["nodes"]
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert runs([node["subject"]["name"] for node in found]) == ALPHABET
    assert len(found) == len({node["id"] for node in found}) == len(await pages(tiny, ", journal: MAIN"))


async def test_list_begun_by_the_curriculum_is_not_continued_in_another_order(
    tiny: TinySchool, without_curriculum: TinySchool
) -> None:
    page = (await tiny.of_student(*OLEG, "oleg", _page()))["marks"]
    after = f', after: "{page["pageInfo"]["endCursor"]}"'
    query = f'{{ student(id: "{tiny.id("Student", "oleg")}") {{ {_page(after)} finalGrades {{ value }} }} }}'
    answer = await without_curriculum.answer(*OLEG, query)
    assert answer["data"]["student"]["marks"] is None
    assert answer["data"]["student"]["finalGrades"]
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["connector"]) == ("SOURCE_UNAVAILABLE", "curriculum")


async def test_cursor_of_the_alphabet_is_no_cursor_of_other_orders(
    tiny: TinySchool, without_curriculum: TinySchool
) -> None:
    page = (await without_curriculum.of_student(*OLEG, "oleg", _page()))["marks"]
    after = f'after: "{page["pageInfo"]["endCursor"]}"'
    student = tiny.id("Student", "oleg")
    for order in ("KIND", "DATE_ASC"):
        query = f'{{ student(id: "{student}") {{ marks(first: 8, orderBy: {order}, {after}) {{ totalCount }} }} }}'
        [error] = await tiny.failing(*OLEG, query)
        assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["after"])


async def test_final_grades_stand_by_the_alphabet_while_the_curriculum_is_dead(without_curriculum: TinySchool) -> None:
    own = await without_curriculum.of_student(*OLEG, "oleg", "finalGrades { academicYear subject { name } }")
    assert runs([(g["academicYear"], g["subject"]["name"]) for g in own["finalGrades"]]) == [
        (year, subject) for year in ("2026/27", "2025/26") for subject in ("Алгебра", "Ежеведение", "Физика")
    ]


async def test_report_card_has_the_subjects_of_marks_and_lessons_while_the_curriculum_is_dead(
    tiny: TinySchool, without_curriculum: TinySchool
) -> None:
    rows = await card(without_curriculum)
    # English has a lesson of a group that Oleg is in; German, the club and the lesson of the next half have no row.
    assert names(rows) == ["Алгебра", "Английский язык", *ALPHABET[1:]]
    whole = {row["subject"]["name"]: row for row in await card(tiny)}
    assert {row["subject"]["name"]: row for row in rows} == whole
    assert names(await card(without_curriculum, ("teacher", Role.TEACHER), "egor")) == ["Физика"]
    assert names(await card(without_curriculum, arguments="(journal: EXTENDED)")) == ["Алгебра", "Робототехника"]


async def test_curriculum_itself_is_unavailable_while_it_is_dead(without_curriculum: TinySchool) -> None:
    student = without_curriculum.id("Student", "oleg")
    query = f'{{ student(id: "{student}") {{ curriculum {{ name }} performance {{ markCount }} }} }}'
    answer = await without_curriculum.answer(*OLEG, query)
    assert answer["data"]["student"]["curriculum"] is None
    assert answer["data"]["student"]["performance"]
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("SOURCE_UNAVAILABLE", ["student", "curriculum"])
