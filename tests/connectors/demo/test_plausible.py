"""What a Russian teacher would reject at sight, counted over the whole generated school and college."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.connectors.demo.generated import Generated

PERM: Final = ZoneInfo("Asia/Yekaterinburg")
MINUTES_A_DAY: Final = {2: 90, 3: 90, 4: 120, 5: 120, 6: 150, 7: 150, 8: 150, 9: 210, 10: 210, 11: 210}
"""The most that homework of a day may take by SanPiN 1.2.3685-21, by grade."""
SUNDAY: Final = 7


def grade(demo: Generated, class_id: str) -> int:
    """The grade of a class of the school; 0 for a group of the college."""
    one = demo.classes[class_id]
    return one["grade_level"] if one["school_id"] == demo.school else 0


def test_the_first_grade_has_no_homework_no_marks_and_no_control_works(demo: Generated) -> None:
    first = {class_id for class_id in demo.classes if grade(demo, class_id) == 1}
    assert first
    homework = [task for task in demo["diary.homework"] if task["kind"] == "HOMEWORK"]
    assert not [task for task in homework if first & set(task["class_ids"])]
    assert not [work for work in demo["grades.works"] if first & set(work["class_ids"])]
    assert not [x for x in demo["schedule.lessons"] if x["is_control_work"] and first & set(x["class_ids"])]


def test_homework_of_a_day_takes_no_longer_than_the_norm_of_the_grade(demo: Generated) -> None:
    minutes: Counter[tuple[str, str]] = Counter()
    for task in demo["diary.homework"]:
        if task["kind"] == "HOMEWORK":
            minutes.update({(class_id, task["due_on"]): task["estimated_minutes"] for class_id in task["class_ids"]})
    of_school = {key: count for key, count in minutes.items() if grade(demo, key[0])}
    assert len(of_school) > 500
    assert not {key for key, count in of_school.items() if count > MINUTES_A_DAY[grade(demo, key[0])]}


def test_clubs_and_day_care_set_no_homework(demo: Generated) -> None:
    extended = {lesson["_id"] for lesson in demo["schedule.lessons"] if lesson["is_extended"]}
    homework = [task for task in demo["diary.homework"] if task["kind"] == "HOMEWORK"]
    assert not [task for task in homework if task["lesson_id"] in extended]


def test_a_class_writes_one_control_work_a_day_at_most(demo: Generated) -> None:
    written = Counter(
        (class_id, work["planned_on"])
        for work in demo["grades.works"]
        if work["is_control_work"]
        for class_id in work["class_ids"]
    )
    assert sum(written.values()) > 300
    assert set(written.values()) == {1}


def test_control_works_of_one_subject_are_two_and_a_half_weeks_apart(demo: Generated) -> None:
    days: dict[Any, list[date]] = defaultdict(list)
    for work in demo["grades.works"]:
        if work["is_control_work"]:
            for class_id in work["class_ids"]:
                key = (class_id, work["group_id"], work["subject_id"])
                days[key].append(date.fromisoformat(work["planned_on"]))
    gaps = [later - earlier for found in days.values() for earlier, later in pairwise(sorted(found))]
    assert len(gaps) > 100
    assert min(gaps) >= timedelta(days=18)


def test_no_control_work_stands_at_the_first_or_the_last_lesson_of_a_school_day(demo: Generated) -> None:
    numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
    planned = [x for x in demo["schedule.lessons"] if len(x["class_ids"]) == 1 and grade(demo, x["class_ids"][0])]
    for lesson in planned:
        numbers[lesson["class_ids"][0], lesson["date"]].add(lesson["number"])
    control = [lesson for lesson in planned if lesson["is_control_work"]]
    assert len(control) > 150
    for lesson in control:
        of_day = numbers[lesson["class_ids"][0], lesson["date"]]
        assert min(of_day) < lesson["number"] < max(of_day)


def test_every_control_lesson_has_its_work_and_every_control_work_its_lesson(demo: Generated) -> None:
    control = [lesson for lesson in demo["schedule.lessons"] if lesson["is_control_work"]]
    works = [work for work in demo["grades.works"] if work["is_control_work"]]

    def key(one: Any, day: str) -> tuple[Any, ...]:
        return (*one["class_ids"], one["group_id"], one["subject_id"], one[day])

    assert Counter(key(work, "planned_on") for work in works) == Counter(key(lesson, "date") for lesson in control)
    assert {lesson["status"] for lesson in control} == {"HELD", "PLANNED"}


def test_a_kind_of_work_is_called_a_test_only_if_it_is_a_control_work(demo: Generated) -> None:
    names = {kind["_id"]: kind["name"] for kind in demo["grades.work_kinds"]}
    ordinary = {names[work["kind_id"]] for work in demo["grades.works"] if not work["is_control_work"]}
    control = {names[work["kind_id"]] for work in demo["grades.works"] if work["is_control_work"]}
    assert not [name for name in ordinary if "тест" in name.lower() or "контрольн" in name.lower()]
    assert control <= {"Контрольная работа", "Экзамен"}


def test_nobody_skis_or_paints_autumn_at_another_time_of_the_year(demo: Generated) -> None:
    months: dict[str, set[str]] = defaultdict(set)
    for lesson in demo["schedule.lessons"]:
        months[lesson["topic"]].add(lesson["date"][5:7])
    skiing = {month for topic, found in months.items() if "лыж" in topic.lower() for month in found}
    autumn = {month for topic, found in months.items() if "осенний" in topic.lower() for month in found}
    assert skiing <= {"12", "01", "02", "03"}
    assert autumn
    assert autumn <= {"09", "10", "11"}


def test_the_class_hour_speaks_of_holidays_in_their_weeks(demo: Generated) -> None:
    days = {
        lesson["topic"]: date.fromisoformat(lesson["date"])
        for lesson in demo["schedule.lessons"]
        if demo.subjects[lesson["subject_id"]]["name"] == "Разговоры о важном"
    }
    for topic, holiday in {
        "День учителя": date(2026, 10, 5),
        "День народного единства": date(2026, 11, 4),
        "День матери": date(2026, 11, 29),
        "Главный закон страны": date(2026, 12, 12),
    }.items():
        assert abs(days[topic] - holiday) <= timedelta(days=6), topic


def test_hours_of_a_programme_are_those_of_the_curriculum(demo: Generated) -> None:
    planned = {
        (tuple(curriculum["class_ids"]), item["subject_id"]): item
        for curriculum in demo["curriculum.curricula"]
        for item in curriculum["items"]
    }
    programmes = demo["curriculum.work_programmes"]
    assert len(programmes) == len(planned) > 200
    for programme in programmes:
        item = planned[tuple(programme["class_ids"]), programme["subject_id"]]
        assert sum(topic["hours"] for topic in programme["topics"]) == item["workload_hours"]
        assert sum(month["hours"] for month in item["hours_by_month"]) == item["workload_hours"]
        assert all(topic["hours"] for topic in programme["topics"])


def test_events_take_place_where_they_can(demo: Generated) -> None:
    places = {
        "Экскурсия в Хохловку": "Музей «Хохловка»",
        "Осенний кросс": "Стадион",
        "Лыжные гонки": "Лыжная база",
        "Родительское собрание": "Актовый зал",
    }
    events = demo["schedule.events"]
    assert {event["title"]: event["place"] for event in events if event["title"] in places} == places
    assert not [event for event in events if date.fromisoformat(event["date"]).isoweekday() == SUNDAY]


def test_people_do_nothing_at_night(demo: Generated) -> None:
    acts = {
        "diary.acknowledgements": ["acknowledged_at"],
        "diary.absence_notices": ["sent_at", "confirmed_at"],
        "diary.submissions": ["submitted_at"],
        "curriculum.course_choices": ["chosen_at"],
        "assessments.attempts": ["started_at", "submitted_at"],
        "assessments.tests": ["opens_at", "closes_at"],
    }
    instants: list[tuple[str, datetime]] = [
        (f"{collection}.{key}", row[key])
        for collection, keys in acts.items()
        for row in demo[collection]
        for key in keys
        if row[key]
    ]
    instants += [("grades.marks.history", c["changed_at"]) for m in demo["grades.marks"] for c in m["history"]]
    hours: dict[str, Counter[int]] = defaultdict(Counter)
    for name, instant in instants:
        hours[name][instant.astimezone(PERM).hour] += 1
    assert sum(counter.total() for counter in hours.values()) > 10_000
    assert not {name: counter for name, counter in hours.items() if min(counter) < 6 or max(counter) > 22}


def test_what_follows_something_is_later_than_it(demo: Generated) -> None:
    for notice in demo["diary.absence_notices"]:
        assert not notice["confirmed_at"] or notice["confirmed_at"] > notice["sent_at"]
    lessons = demo.lessons
    for mark in demo["grades.marks"]:
        assert all(change["changed_at"] >= lessons[mark["lesson_id"]]["ends_at"] for change in mark["history"])
    tests = {test["_id"]: test for test in demo["assessments.tests"]}
    for attempt in demo["assessments.attempts"]:
        test = tests[attempt["test_id"]]
        assert test["opens_at"] <= attempt["started_at"] <= test["closes_at"]
        assert not attempt["submitted_at"] or attempt["submitted_at"] > attempt["started_at"]


def test_numbers_in_homework_make_sense(demo: Generated) -> None:
    for task in demo["diary.homework"]:
        for word in task["text"].replace(";", " ").replace(",", " ").split():
            first, dash, last = word.partition("-")
            if dash and first.isdigit() and last.isdigit():
                assert int(first) < int(last) <= 10, task["text"]


def test_the_course_of_ethics_is_taught_without_marks(demo: Generated) -> None:
    [ethics] = [one["_id"] for one in demo["directory.subjects"] if "этики" in one["name"]]
    assert not [mark for mark in demo["grades.marks"] if mark["subject_id"] == ethics]
    assert not [grade for grade in demo["grades.final_grades"] if grade["subject_id"] == ethics]
