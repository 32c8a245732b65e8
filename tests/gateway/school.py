"""A tiny school written by hand, around Wednesday 18 November 2026: every rule of reading has a case in it.

7А has six students, 7Б three. Ivan (7А), Anna (7Б) and Maria (a college in Moscow) are Olga's children. Timofey came
from 7Б to 7А on 2 November. Ivan and Petr learn English in one group, the rest of 7А in the other; Ivan and Anna play
chess in a group of both classes.
"""

from datetime import date
from typing import Any, Final

from tests.gateway.building import Builder, at, attachment

TODAY: Final = date(2026, 11, 18)
MONDAY: Final = "2026-11-16"
DECOMPOSED: Final = "И\u0306одкин\u200b Андреи\u0306"
"""A name as a source may write it: decomposed letters, and a zero-width space behind the family name."""


def build(space: str) -> Builder:
    one = Builder(space)
    for part in (_schools, _people, _staff, _timetable, _calendar, _homework, _diary, _scales, _marks, _sums):
        part(one)
    for part in (_services, _announcements, _notifications, _messages, _reviews, _portfolio, _assessments, _curriculum):
        part(one)
    return one


def _schools(one: Builder) -> None:
    one.school("perm", name="Школа № 1", average_kind="WEIGHTED")
    one.school(
        "moscow", name="Колледж", kind="COLLEGE", average_kind="SIMPLE", time_zone="Europe/Moscow", asks_for_ticks=True
    )
    for name in ("2025/26", "2026/27"):
        starts, ends = f"{name[:4]}-09-01", f"20{name[5:]}-05-31"
        one.put(
            "directory.academic_years", "AcademicYear", name, school="perm", name=name, starts_on=starts, ends_on=ends
        )
    one.school_class("7a")
    one.school_class(
        "7b", former_names=[{"name": "5B", "ends_on": "2025-08-31"}, {"name": "6B", "ends_on": "2026-08-31"}]
    )
    one.school_class("9a", level=9)
    one.school_class("i21", "moscow", 2)
    for key, name in {
        "math": "Математика",
        "rus": "Русский язык",
        "eng": "Английский язык",
        "phys": "Физика",
        "chess": "Шахматы",
    }.items():
        one.subject(key, name)
    one.subject("prog", "Программирование", "moscow")
    one.group("eng1", ["7a"], "eng")
    one.group("eng2", ["7a"], "eng")
    one.group("chess", ["7a", "7b"], "chess")


def _people(one: Builder) -> None:
    in_a, in_b = one.enrolment("7a"), one.enrolment("7b")
    eng1, eng2, chess = one.membership("eng1"), one.membership("eng2"), one.membership("chess")
    one.student(
        "ivan", "Иванов Иван Игоревич", in_a, groups=[eng1, chess], birth_date="2013-05-01", email="ivan@example.org"
    )
    one.student("anna", "Иванова Анна Игоревна", in_b, groups=[chess])
    one.student("maria", "Иванова Мария Игоревна", one.enrolment("i21"), school="moscow")
    one.student("petr", "Петров Пётр Павлович", in_a, groups=[eng1])
    one.student("alyona", "Сёмина Алёна Олеговна", in_a, groups=[eng2])
    one.student("fedor", "Фёдоров Фёдор", in_a, groups=[eng2])
    one.student("yakov", "Римский-Корсаков Яков", in_a, groups=[eng2])
    one.student(
        "timofey",
        "Тимофеев Тимофей",
        one.enrolment("7b", last="2026-11-01"),
        one.enrolment("7a", "2026-11-02"),
        groups=[one.membership("eng2", "2026-11-02")],
    )
    one.student("boris", "Борисов Борис", in_b)
    one.student("vera", "Верина Вера", one.enrolment("7b", "2025-01-15"))
    one.student("ivan-twice", "Иванов Ваня", in_a, merged_to=one.id("Person", "ivan"))

    both = ("perm", "moscow")
    one.person("olga", "Иванова Ольга Петровна", ["PARENT"], both, email="olga@example.org", phone="+7 900 000-00-00")
    for person, name in {
        "igor": "Иванов Игорь",
        "granny": "Иванова Бабушка",
        "aunt": "Иванова Тётя",
        "barred": "Иванов Чужой",
        "banned": "Иванов Запретный",
        "iodkin": DECOMPOSED,
        "pavel": "Петров Павел",
        "ivan-mother-twice": "Иванова Оля",
    }.items():
        merged = {"merged_to": one.id("Person", "olga")} if person == "ivan-mother-twice" else {}
        one.person(person, name, ["PARENT"], **merged)
    one.guardianship("olga", "ivan", "мать")
    one.guardianship("olga", "anna", "мать")
    one.guardianship("olga", "maria", "мать", school="moscow")
    one.guardianship("igor", "ivan", "отец", lives_with=False)
    one.guardianship("granny", "ivan", "бабушка", valid_from="2026-09-01", valid_to="2026-10-31")
    one.guardianship("aunt", "ivan", "тётя", valid_from="2026-12-01", is_legal_representative=False)
    one.guardianship("barred", "ivan", "опекун", data_access=False)
    one.guardianship("banned", "ivan", "отец", data_access=False, is_legal_representative=False)
    one.guardianship("ivan-mother-twice", "boris", "мачеха")
    one.guardianship("pavel", "petr", "отец")


def _staff(one: Builder) -> None:
    both = ("perm", "moscow")
    one.person("smirnov", "Смирнов Сергей Сергеевич", ["TEACHER"])
    one.person("anglin", "Англина Инна", ["TEACHER"])
    one.person("rusova", "Русова Римма", ["TEACHER"])
    one.person("rusova-once", "Русова Р.", ["TEACHER"], merged_to=one.id("Person", "rusova"))
    one.person("rusova-twice", "Русова Р. Р.", ["TEACHER"], merged_to=one.id("Person", "rusova-once"))
    one.person("zamenin", "Заменин Захар", ["TEACHER"])
    one.person("kuznetsova", "Кузнецова Клара", ["CLASS_TEACHER"])
    one.person("admin", "Директоров Дмитрий", ["ADMINISTRATOR"])
    one.person("analyst", "Аналитикова Ада", ["ANALYST"], ["perm"])
    one.person("inspector", "Инспекторов Илья", ["ANALYST"], both)
    left = {"role": "TEACHER", "school_id": one.id("School", "perm"), "starts_on": None, "ends_on": "2026-11-17"}
    one.person("ushla", "Ушедшая Ульяна", ["TEACHER"], posts=[left])
    one.assignment("smirnov", teaches="math", to="7a")
    one.assignment("smirnov", teaches="math", to="7b")
    one.assignment("anglin", teaches="eng", group="eng1")
    one.assignment("rusova", teaches="rus", to="7a")
    one.assignment("zamenin", teaches="phys", to="7a", ends_on="2026-10-31")
    one.assignment("kuznetsova", leads="7a")


def _timetable(one: Builder) -> None:
    second, third, fourth = ("09:20", "10:00"), ("10:20", "11:00"), ("11:10", "11:50")
    one.lesson("mon1", "2026-11-16", 1, "math", topic="Дроби")
    one.lesson("mon2", "2026-11-16", 2, "rus", teacher="rusova-twice", time=second)
    one.lesson("mon3", "2026-11-16", 3, "eng", group="eng1", teacher="anglin", time=third)
    one.lesson("mon3b", "2026-11-16", 3, "eng", group="eng2", teacher="anglin", time=third, room="22")
    one.lesson("tue1", "2026-11-17", 1, "math", status="CANCELLED")
    by_zamenin = one.substitution(original="rusova", substitute="zamenin")
    one.lesson("tue2", "2026-11-17", 2, "rus", teacher="zamenin", time=second, substitution=by_zamenin)
    one.lesson("tue3", "2026-11-17", 3, "phys", time=third, substitution=one.substitution(subject="math"))
    one.lesson("tue4", "2026-11-17", 4, "math", time=fourth, status="MOVED")
    one.lesson("wed1", "2026-11-18", 1, "math", is_control_work=True)
    one.lesson(
        "wed7", "2026-11-18", 7, "chess", classes=("7a", "7b"), group="chess", time=("16:00", "17:00"), is_extended=True
    )
    one.lesson("sat1", "2026-11-21", 1, "math")
    one.lesson("sat2", "2026-11-21", 2, "math", time=second)
    one.lesson("year1", "2026-12-28", 1, "math")
    one.lesson("year2", "2027-01-02", 1, "rus")
    one.lesson("monb", "2026-11-16", 1, "math", classes=("7b",))
    one.lesson("mona9", "2026-11-16", 1, "phys", classes=("9a",))
    for day in ("2026-10-20", "2026-11-10"):
        one.lesson(f"a{day}", day, 1, "math", classes=("7a",))
        one.lesson(f"b{day}", day, 1, "math", classes=("7b",))
    one.lesson("a2026-11-10-2", "2026-11-10", 2, "rus", time=second, teacher="rusova")
    one.lesson("monm", "2026-11-16", 1, "prog", classes=("i21",), school="moscow", zone="Europe/Moscow")


def _calendar(one: Builder) -> None:
    for year, name, first, last, kind in (
        ("2025/26", "Летние каникулы", "2026-06-01", "2026-08-31", "HOLIDAYS"),
        ("2026/27", "Осенние каникулы", "2026-10-26", "2026-11-04", "HOLIDAYS"),
        ("2026/27", "День народного единства", "2026-11-04", "2026-11-04", "PUBLIC_HOLIDAY"),
        ("2026/27", "Зимние каникулы", "2026-12-30", "2027-01-10", "HOLIDAYS"),
        ("2026/27", "Новый год", "2027-01-01", "2027-01-08", "PUBLIC_HOLIDAY"),
    ):
        one.put(
            "schedule.holidays",
            "Holiday",
            name,
            school="perm",
            academic_year=year,
            name=name,
            starts_on=first,
            ends_on=last,
            kind=kind,
        )
    shifts = (
        (1, 1, "08:30", "09:10"),
        (2, 1, "09:20", "10:00"),
        (3, 1, "10:20", "11:00"),
        (1, 2, "14:00", "14:40"),
        (2, 2, "14:45", "15:25"),
    )
    _bells(one, "usual", weekdays=[1, 2, 3, 4, 5], periods=shifts)
    _bells(one, "saturday", weekdays=[6], periods=[(2, 1, "09:45", "10:20"), (1, 1, "09:00", "09:35")])
    _bells(one, "short", weekdays=[], dates=["2026-11-20"], periods=[(1, 1, "08:30", "09:00")])
    _bells(one, "last year", weekdays=[1, 2, 3, 4, 5], periods=[(1, 1, "07:00", "07:40")], valid_to="2026-05-31")
    one.put(
        "schedule.events",
        "SchoolEvent",
        "concert",
        school="perm",
        date="2026-11-20",
        title="Концерт",
        starts_at=at("2026-11-20", "18:00"),
        ends_at=None,
        place="Актовый зал",
    )
    one.put(
        "schedule.events",
        "SchoolEvent",
        "meeting",
        school="perm",
        date="2026-11-19",
        title="Собрание",
        starts_at=at("2026-11-19", "18:00"),
        ends_at=at("2026-11-19", "19:30"),
        place=None,
    )


def _bells(one: Builder, key: str, *, periods: object, **changes: object) -> None:
    assert isinstance(periods, list | tuple)
    one.put(
        "schedule.bell_schedules",
        "BellSchedule",
        key,
        **{
            "school": "perm",
            "name": key,
            "valid_from": "2025-09-01" if key == "last year" else "2026-09-01",
            "valid_to": "2027-05-31",
            "dates": [],
            "periods": [
                {"number": number, "shift": shift, "starts_at": starts, "ends_at": ends}
                for number, shift, starts, ends in periods
            ],
            **changes,
        },
    )


def _homework(one: Builder) -> None:
    one.homework("today", "wed1", "2026-11-18", assigned_on="2026-11-16", estimated_minutes=45)
    one.homework("late", "mon1", "2026-11-16", assigned_on="2026-11-10")
    one.homework("petr's own", "wed1", "2026-11-18", students=["petr"])
    one.homework("classwork", "mon1", "2026-11-16", kind="CLASSWORK")
    one.homework("english", "mon3", "2026-11-16", "eng", group="eng1")
    one.homework("english 2", "mon3b", "2026-11-16", "eng", group="eng2")
    for day in ("2026-10-20", "2026-11-10"):
        one.homework(f"a{day}", f"a{day}", day)
        one.homework(f"b{day}", f"b{day}", day, classes=("7b",))
    one.submission("today", "ivan", "DONE")
    answer = {"text": "Решение", "attachments": [attachment("решение")], "answer": "Молодец"}
    one.submission("late", "petr", "SUBMITTED", is_late=True, submitted_at=at("2026-11-17", "21:00"), **answer)
    one.submission("late", "alyona", "CHECKED", **answer)
    one.submission("late", "fedor", "RETURNED", answer="Переделать")


def _diary(one: Builder) -> None:
    one.about("Remark", "noise", "ivan", "2026-11-16", lesson="mon1")
    one.about("Remark", "late again", "ivan", "2026-11-12", subject=None)
    one.about("Remark", "anna's", "anna", "2026-11-16", lesson="monb")
    one.about("TeacherComment", "praise", "ivan", "2026-11-16", lesson="mon1")
    one.about("TeacherComment", "reading", "ivan", "2026-11-13", subject="rus")
    one.attendance("absent", "ivan", "2026-11-16", "ABSENT", "mon2", "rus", source_status="отсутствовал")
    one.attendance("late", "ivan", "2026-11-16", "LATE", "mon1", "math", minutes_late=7)
    one.attendance("ill", "ivan", "2026-11-10", "EXCUSED", reason="Болезнь", source_status="уволен")
    one.attendance("there", "ivan", "2026-11-16", "PRESENT", "mon3", "eng")
    one.attendance("gone", "ivan", "2026-11-17", "ABSENT", reason="Нет справки")
    one.attendance("fedor morning", "fedor", "2026-11-12", "ABSENT")
    one.attendance("fedor noon", "fedor", "2026-11-12", "EXCUSED")
    one.notice(
        "lessons", "ivan", "olga", ("2026-11-16", "2026-11-16"), kind="LESSONS", lesson_ids=[one.id("Lesson", "mon2")]
    )
    one.notice(
        "span",
        "ivan",
        "igor",
        ("2026-11-10", "2026-11-12"),
        kind="SPAN",
        state="CONFIRMED",
        confirmed_by_id=one.id("Person", "kuznetsova"),
        confirmed_at=at("2026-11-10", "09:00"),
    )
    one.acknowledgement("ivan", "2026-11-09", "olga", at("2026-11-15", "10:00"))
    one.acknowledgement("ivan", "2026-11-09", "igor", at("2026-11-15", "18:00"))
    one.acknowledgement("ivan", "2026-11-16", "igor", at("2026-11-17", "18:00"))


def _scales(one: Builder) -> None:
    five = [{"value": str(n), "numeric_value": n, "is_passing": n > 2} for n in (2, 3, 4, 5)]
    _scale(one, "five", "Пятибалльная", 2, 5, five)
    passed = [{"value": v, "numeric_value": None, "is_passing": v == "зачёт"} for v in ("зачёт", "незачёт")]
    _scale(one, "passed", "Зачётная", None, None, passed)
    for key, weight in (("answer", 1), ("control", 3)):
        one.put(
            "grades.work_kinds",
            "WorkKind",
            key,
            school="perm",
            name=key,
            abbreviation=key[0],
            weight=weight,
            counts_towards_average=True,
        )
    for ordinal, (first, last) in enumerate(
        [("2026-09-01", "2026-11-01"), ("2026-11-02", "2026-12-30"), ("2027-01-11", "2027-03-20")], start=1
    ):
        one.period(f"q{ordinal}", ordinal, first, last)
    for ordinal, (first, last) in enumerate([("2026-09-01", "2026-12-30"), ("2027-01-11", "2027-05-31")], start=1):
        one.period(f"eng{ordinal}", ordinal, first, last, "eng", kind="HALF_YEAR")


def _scale(one: Builder, key: str, name: str, low: int | None, high: int | None, values: object) -> None:
    one.put(
        "grades.grade_scales",
        "GradeScale",
        key,
        school="perm",
        name=name,
        min_value=low,
        max_value=high,
        values=values,
    )


def _marks(one: Builder) -> None:
    one.work("m1")
    one.mark("m1", "ivan", "2026-11-09", "5", comment="Ответ у доски")
    one.work("m2", kind="control", is_control_work=True, planned_on="2026-11-16", max_score=20)
    change = {
        "changed_at": at("2026-11-17", "12:00"),
        "changed_by_id": one.id("Person", "smirnov"),
        "old_value": "3",
        "new_value": "4",
    }
    one.mark("m2", "ivan", "2026-11-16", "4", weight=3, kind="control", lesson="mon1", history=[change])
    # Two marks of one subject at one lesson on one day (trap T5); and the whole zoo of what never counts (trap T2).
    one.mark("m3", "ivan", "2026-11-16", "2", lesson="mon1", counts_towards_average=False, kind=None)
    one.mark("point", "ivan", "2026-11-16", "•", is_point=True, point_valid_until="2026-11-17")
    one.mark("open point", "ivan", "2026-11-16", "•", is_point=True, point_valid_until="2026-11-18")
    # A source that says of a «точка» that it counts as 2.
    one.mark(
        "bad point",
        "ivan",
        "2026-11-16",
        "•",
        is_point=True,
        numeric_value=2,
        counts_towards_average=True,
    )
    one.mark("q1", "ivan", "2026-10-05", "3")
    one.mark("last year", "ivan", "2026-03-10", "5")
    one.work("r1", "rus", title="")
    for key, value, weight in (("r1", "4", 1), ("r2", "3", 5), ("r3", "3", 2)):
        one.mark(key, "ivan", "2026-11-10", value, "rus", weight=weight, is_exam=key == "r3")
    one.mark("e1", "ivan", "2026-09-15", "5", "eng", weight=0)
    one.mark("e2", "ivan", "2026-11-17", "4", "eng", weight=0)
    one.mark("p1", "ivan", "2026-11-17", "зачёт", "phys", scale_id=one.id("GradeScale", "passed"))
    # Class averages: five students of 7А in mathematics, four in Russian, three in the whole of 7Б.
    for student, value in (("petr", "4"), ("alyona", "3"), ("fedor", "5"), ("yakov", "4")):
        one.mark(f"{student} m", student, "2026-11-12", value)
    for student in ("petr", "alyona", "fedor"):
        one.mark(f"{student} r", student, "2026-11-12", "4", "rus")
    for student in ("anna", "boris", "vera"):
        one.mark(f"{student} m", student, "2026-11-12", "4", of_class="7b")
    one.mark("timofey b", "timofey", "2026-10-20", "5", of_class="7b", lesson="b2026-10-20")
    one.work("timofey b", class_ids=one.ids("Class", ["7b"]))
    one.work("petr m")
    one.work("anglin's", "eng", class_ids=one.ids("Class", ["7a"]), group_id=one.id("Group", "eng1"))
    one.mark("maria", "maria", "2026-11-12", "4", "prog", of_class="i21", school="moscow", weight=2)
    one.mark("maria 2", "maria", "2026-11-13", "5", "prog", of_class="i21", school="moscow", weight=3)


def _reviews(one: Builder) -> None:
    for key in ("r1", "r2", "r3"):
        one.review(
            key,
            "ivan",
            "rus",
            "olga",
            state="UPHELD",
            answer="Ошибка в диктанте",
            answered_by_id=one.id("Person", "rusova"),
            answered_at=at("2026-11-17", "19:00"),
            version=2,
        )


def _sums(one: Builder) -> None:
    one.final_grade("math q1", "ivan", "4", period="q1", computed_average=3.5)
    one.final_grade("math q2", "ivan", "5", period="q2")
    one.final_grade("math 2025", "ivan", "4", academic_year="2025/26")
    one.final_grade("rus 2025", "ivan", "3", academic_year="2025/26", subject_id=one.id("Subject", "rus"))
    for key, since, state, subject in (
        ("phys debt", "2026-10-31", "RESIT_PLANNED", "phys"),
        ("old debt", "2026-06-01", "CLOSED", "rus"),
    ):
        one.put(
            "grades.attestation_debts",
            "AttestationDebt",
            key,
            school="perm",
            student_id=one.id("Student", "ivan"),
            subject_id=one.id("Subject", subject),
            period_id=one.id("AttestationPeriod", "q1"),
            since=since,
            resit_on="2026-12-01" if state == "RESIT_PLANNED" else None,
            state=state,
        )
    planned: dict[str, Any] = {"kind": "control", "is_control_work": True}
    one.work("next", **planned, planned_on="2026-11-25")
    one.work("today", **planned, planned_on="2026-11-18")
    one.work("after", "rus", **planned, planned_on="2026-12-02")
    one.work("english 1", "eng", **planned, planned_on="2026-11-26", group_id=one.id("Group", "eng1"))
    one.work("english 2", "eng", **planned, planned_on="2026-11-26", group_id=one.id("Group", "eng2"))
    one.work("of 7b", **planned, planned_on="2026-11-25", class_ids=one.ids("Class", ["7b"]))
    one.work("not a control work", planned_on="2026-11-25")


def _portfolio(one: Builder) -> None:
    for key, kind, area in (
        ("olympiad", "ROUNDS", "Наука"),
        ("contest", "ROUNDS", "Наука"),
        ("sport", "ROUNDS", "Спорт"),
        ("circle", "POINTS", "Творчество"),
    ):
        one.put("portfolio.achievement_types", "AchievementType", key, school="perm", name=key, kind=kind, area=area)
    for key, by_place, rest in (("olympiad", [10, 8, 6], (0.5, 0, 0)), ("sport", [8, 6, 4], (1, 0, 0))):
        _scoring(one, key, by_place, *rest)
    _scoring(one, "circle", [], 0, 5, 5)
    rounds = [
        {"name": "Школьный", "place": 1, "participated": True, "points": 10},
        {"name": "Районный", "place": None, "participated": True, "points": 0.5},
    ]
    one.achievement(
        "maths olympiad",
        "ivan",
        "olympiad",
        10.5,
        rounds=rounds,
        attachments=[attachment("диплом")],
        teacher_id=one.id("Person", "smirnov"),
    )
    one.achievement("second olympiad", "ivan", "olympiad", 2, sort_on="2026-10-12")
    one.achievement("contest", "ivan", "contest", 0.5, sort_on="2026-10-11", teacher_id=one.id("Person", "smirnov"))
    one.achievement("circle", "ivan", "circle", 7, presence_points=5, defence_points=2, sort_on="2026-10-09")
    unconfirmed = {"status": "UNCONFIRMED", "confirmed_by_id": None, "added_by_id": one.id("Person", "olga")}
    one.achievement("race", "ivan", "sport", 20, sort_on="2026-11-01", **unconfirmed)
    one.achievement("fantasy", "ivan", "sport", 50, sort_on="2026-09-01", **(unconfirmed | {"status": "REJECTED"}))
    one.achievement("petr's race", "petr", "sport", 8, sort_on="2026-11-02", **unconfirmed)
    one.achievement("petr's", "petr", "circle", 10)
    one.achievement("timofey's", "timofey", "circle", 6, class_id=one.id("Class", "7b"))
    one.achievement("anna's", "anna", "circle", 9, class_id=one.id("Class", "7b"))


def _scoring(one: Builder, key: str, by_place: list[int], participation: float, presence: int, defence: int) -> None:
    one.put(
        "portfolio.scoring_tables",
        "AchievementType",
        f"{key} points",
        school="perm",
        type_id=one.id("AchievementType", key),
        points_by_place=by_place,
        points_for_participation=participation,
        max_presence_points=presence,
        max_defence_points=defence,
    )


def _services(one: Builder) -> None:
    for number, key in enumerate(("chess club", "pool", "lunch")):
        one.service(key, "ivan", "olga", number=number)
    for key, changes in (
        ("for 7b", {"class_ids": one.ids("Class", ["7b"]), "ends_on": None}),
        ("over", {"class_ids": [], "ends_on": "2026-11-17"}),
        ("new", {"class_ids": one.ids("Class", ["7a"]), "ends_on": "2026-11-18"}),
    ):
        one.put(
            "services.services",
            "Service",
            key,
            school="perm",
            name=f"Услуга {key}",
            description=None,
            price=100,
            per="LESSON",
            starts_on=None,
            **changes,
        )


def _notifications(one: Builder) -> None:
    own = one.id("Student", "ivan")
    one.notification("mark", "olga", "PARENT", "ivan", "MARK", one.id("Mark", "m1"), is_read=True)
    one.notification("comment", "olga", "PARENT", "ivan", "COMMENT", one.id("TeacherComment", "praise"))
    one.notification("lesson", "olga", "PARENT", "ivan", "LESSON_CHANGE", f"{one.id('Lesson', 'tue1')}.{own}")
    one.notification("meeting", "olga", "PARENT", None, "ANNOUNCEMENT", one.id("Announcement", "meeting"))
    one.notification("removed", "olga", "PARENT", "ivan", "MARK", "mrk_removed", at=at("2026-11-18", "10:00"))
    one.notification("of boris", "olga", "PARENT", "boris", "MARK", one.id("Mark", "m1"))
    one.notification("of ivan", "ivan", "STUDENT", "ivan", "MARK", one.id("Mark", "m1"))
    one.notification("of petr", "pavel", "PARENT", "petr", "MARK", one.id("Mark", "m1"))
    one.notification("of the past", "granny", "PARENT", "ivan", "MARK", one.id("Mark", "m1"))


def _announcements(one: Builder) -> None:
    by_admin = {"author_id": one.id("Person", "admin")}
    everybody = "STUDENT PARENT TEACHER CLASS_TEACHER ADMINISTRATOR"
    one.announcement("works", everybody, is_banner=True, published_at=at("2026-11-17", "09:00"), **by_admin)
    one.announcement("council", "TEACHER CLASS_TEACHER", published_at=at("2026-11-15", "09:00"), **by_admin)
    one.announcement("meeting", "PARENT", classes=["7a"], event_id=one.id("SchoolEvent", "meeting"))
    one.announcement(
        "museum", "STUDENT", classes=["7a"], starts_on="2026-11-20", ends_on="2026-11-20", valid_until="2026-11-20"
    )
    one.announcement("duty", "STUDENT PARENT", classes=["7a", "7b"], published_at=at("2026-11-10", "12:00"), **by_admin)
    one.announcement("over", "STUDENT PARENT", classes=["7a"], valid_until="2026-11-17")
    one.announcement("put away", "STUDENT PARENT", classes=["7a"], archived_at=at("2026-11-17", "12:00"))
    one.announcement("english", "STUDENT", groups=["eng1"], published_at=at("2026-11-14", "12:00"))
    one.announcement("7b only", "STUDENT PARENT", classes=["7b"], **by_admin)
    one.announcement("old", "STUDENT", published_at=at("2026-09-01", "12:00"), **by_admin)
    one.announcement("of the college", everybody, school="moscow", author_id=one.id("Person", "inspector"))
    one.read("duty", "ivan")
    one.read("duty", "olga")
    one.read("works", "igor")


def _messages(one: Builder) -> None:
    one.conversation(
        "olga smirnov",
        {"olga": "PARENT", "smirnov": "STAFF"},
        ("olga", "Когда можно прийти на консультацию?"),
        ("smirnov", "В среду после уроков. Оценки Ивана улучшились"),
        moment="2026-11-17",
    )
    one.conversation(
        "ivan smirnov",
        {"ivan": "STUDENT", "smirnov": "STAFF"},
        ("smirnov", "Принеси тетрадь с ёлкой"),
        moment="2026-11-12",
    )
    one.conversation(
        "parents",
        {"kuznetsova": "STAFF", "olga": "PARENT", "igor": "PARENT", "pavel": "PARENT"},
        ("kuznetsova", "Собрание в четверг"),
        ("pavel", "Буду"),
        ("kuznetsova", "Жду всех"),
        title="Родители 7А",
        admin="kuznetsova",
    )
    for day in ("2026-11-16", "2026-11-17"):
        one.report(day, "pavel", "petr", day)
    one.conversation("petr pavel", {"petr": "STUDENT", "pavel": "PARENT"}, ("pavel", "Не забудь сменку"))


def _assessments(one: Builder) -> None:
    one.test("open", "2026-11-16", "2026-11-20")
    one.test("upcoming", "2026-11-25", "2026-11-26")
    one.test("closed", "2026-11-02", "2026-11-10", limit=1)
    one.test("not assigned", "2026-11-16", "2026-11-20")
    checked = {"state": "CHECKED", "score": 17.5, "submitted_at": at("2026-11-17", "10:30")}
    one.assign("open", "ivan", checked, {"started_at": at("2026-11-17", "11:00")})
    one.assign("upcoming", "ivan")
    one.assign("closed", "ivan", {"state": "SUBMITTED", "submitted_at": at("2026-11-03", "10:30")})
    one.assign("open", "petr")


def _curriculum(one: Builder) -> None:
    for year in ("2025/26", "2026/27", "2027/28"):
        one.put(
            "curriculum.curricula",
            "Curriculum",
            year,
            school="perm",
            class_ids=one.ids("Class", ["7a"]),
            academic_year=year,
            name=f"Учебный план {year}",
            items=[
                {
                    "subject_id": one.id("Subject", "math"),
                    "workload_hours": 170,
                    "hours_per_week": 5,
                    "hours_by_month": [{"month": 9, "hours": 22}, {"month": 10, "hours": 20}],
                    "passed_hours": 50,
                },
                {
                    "subject_id": one.id("Subject", "rus"),
                    "workload_hours": 68,
                    "hours_per_week": 2.5,
                    "hours_by_month": [],
                    "passed_hours": None,
                },
            ],
        )
    for key, subject, year in (("math", "math", "2026/27"), ("rus", "rus", "2026/27"), ("old math", "math", "2025/26")):
        one.put(
            "curriculum.work_programmes",
            "WorkProgramme",
            key,
            school="perm",
            class_ids=one.ids("Class", ["7a"]),
            academic_year=year,
            subject_id=one.id("Subject", subject),
            name=f"Программа {key}",
            topics=[
                {"number": 1, "title": "Дроби", "hours": 10, "section": "Числа"},
                {"number": 2, "title": "Углы", "hours": None, "section": None},
            ],
        )
    for year, kind, first, last, colour in (
        ("2025/26", "STUDY", "2025-09-01", "2026-05-31", "#AABBCC"),
        ("2026/27", "STUDY", "2026-09-01", "2026-10-25", "#4CAF50"),
        ("2026/27", "HOLIDAYS", "2026-10-26", "2026-11-04", "#FFC107"),
        ("2026/27", "PUBLIC_HOLIDAY", "2026-11-04", "2026-11-04", "#F44336"),
    ):
        one.put(
            "curriculum.calendar_periods",
            "CalendarPeriod",
            f"{year}{kind}",
            school="perm",
            academic_year=year,
            name=kind,
            kind=kind,
            starts_on=first,
            ends_on=last,
            colour=colour,
        )
    for key, classes, capacity in (("robots", "7a", 2), ("drama", "7a", None), ("for 7b", "7b", 10)):
        one.put(
            "curriculum.module_courses",
            "ModuleCourse",
            key,
            school="perm",
            class_ids=one.ids("Class", [classes]),
            title=f"Курс {key}",
            kind="ELECTIVE",
            description=None,
            periods=[
                {"_id": one.id("CoursePeriod", f"{key} {number}"), "name": name, "starts_on": first, "ends_on": last}
                for number, name, first, last in (
                    (1, "I полугодие", "2026-09-01", "2026-12-30"),
                    (2, "II полугодие", "2027-01-11", "2027-05-31"),
                )
            ],
            capacity=capacity,
        )
    for student, course in (("ivan", "robots"), ("petr", "robots"), ("petr", "drama")):
        one.put(
            "curriculum.course_choices",
            "CourseChoice",
            f"{student} {course}",
            school="perm",
            course_id=one.id("ModuleCourse", course),
            student_id=one.id("Student", student),
            period_id=one.id("CoursePeriod", f"{course} 2"),
            chosen_at=at("2026-09-05", "12:00"),
        )
