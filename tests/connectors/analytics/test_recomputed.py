"""Every number of the statistics, counted a second time in Python from the documents of the generated region."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import pytest

from connectors.analytics import ALL, DESIGNS, Question, Statistic, Store
from connectors.analytics.questions import statement
from connectors.demo.school import TODAY
from tests.connectors.analytics.region import Region

Record = dict[str, Any]
_MARK_PLACES: Final = {5: 0, 4: 1, 3: 2, 2: 3, 1: 4}
_ILLNESSES: Final = {"ОРВИ", "Справка от врача", "Грипп", "По болезни", "Приём у стоматолога", "Медосмотр"}
_EVENTS: Final = {"Соревнования", "Олимпиада", "Поездка с классом"}
NAMES: Final = {
    "municipality": "municipality_name",
    "school": "school_id",
    "grade": "grade",
    "class": "class_id",
    "subject": "subject_name",
    "kind": "kind_name",
    "year": "year",
    "term": "term",
    "month": "month",
    "week": "week",
}
"""The column of a row that has what a record says of each dimension."""


class _Names:
    """Looks up what records refer to."""

    def __init__(self, found: Mapping[str, list[dict[str, Any]]]) -> None:
        self.schools = {own["_id"]: own for own in found["directory.schools"]}
        self.classes = {own["_id"]: own for own in found["directory.classes"]}
        self.subjects = {own["_id"]: own["name"] for own in found["directory.subjects"]}
        self.kinds = {own["_id"]: own["name"] for own in found["grades.work_kinds"]}
        self.scales = {own["_id"]: own for own in found["grades.grade_scales"]}
        self.years = found["directory.academic_years"]
        self.periods = [
            own
            for own in found["grades.attestation_periods"]
            if own["subject_id"] is None and own.get("group_id") is None and own["kind"] != "YEAR"
        ]
        self.with_own_periods = {one for own in self.periods for one in own.get("class_ids") or ()}
        self.people = {
            own["student_id"]: own
            for own in found["directory.people"]
            if "student_id" in own and not own.get("merged_to")
        }

    def record(  # noqa: PLR0917 - what a record is
        self,
        school: str,
        class_id: str | None,
        student: str,
        day: str,
        value: int,
        subject: str | None,
        kind: str | None,
    ) -> Record:
        on = date.fromisoformat(day)
        own_class = self.classes.get(class_id or "")
        return {
            "municipality": self.schools[school].get("municipality"),
            "school": school,
            "grade": (own_class["grade_level"] if own_class else None) or 0,
            "class": class_id,
            "subject": self.subjects.get(subject or ""),
            "kind": self.kinds.get(kind or ""),
            "year": self._year(school, day),
            "term": self._term(school, class_id, day),
            "month": on.year * 100 + on.month,
            "week": (on - timedelta(days=on.weekday()) - date(1970, 1, 5)).days // 7,
            "student": student,
            "value": value,
            "day": day,
        }

    def of_mark(self, mark: Mapping[str, Any], value: int, kind: str | None) -> Record:
        """The record of a mark or a point."""
        own_class, student, day = mark["class_id"], mark["student_id"], mark["given_on"]
        return self.record(mark["school_id"], own_class, student, day, value, mark["subject_id"], kind)

    def _year(self, school: str, day: str) -> int:
        begun = [own for own in self.years if own["school_id"] == school and own["starts_on"] <= day]
        return int(max(begun, key=lambda own: own["starts_on"])["name"][:4])

    def _term(self, school: str, class_id: str | None, day: str) -> tuple[str, str, int] | None:
        has_own = class_id in self.with_own_periods
        found = [
            own
            for own in self.periods
            if own["school_id"] == school
            and own["starts_on"] <= day <= own["ends_on"]
            and (class_id in own["class_ids"] if has_own else not own.get("class_ids"))
        ]
        return (found[0]["academic_year"], found[0]["kind"], found[0]["ordinal"]) if found else None

    def class_on(self, student: str, day: str) -> str | None:
        own = [e for e in self.people[student]["enrolments"] if e["starts_on"] <= day <= (e["ends_on"] or "9")]
        own.sort(key=lambda e: (e["is_primary"], e["class_id"]))
        return own[-1]["class_id"] if own else None


def _mark_place(mark: Mapping[str, Any], scale: Mapping[str, Any]) -> int:
    number = mark["numeric_value"]
    if scale["max_value"] == 5 and mark["counts_towards_average"] and number in _MARK_PLACES:
        return _MARK_PLACES[number]
    if number is None:
        for value in scale["values"]:
            if value["value"] == mark["value"]:
                return 5 if value["is_passing"] else 6
    return 7


async def _main_journal(region: Region) -> list[dict[str, Any]]:
    """The marks and points of the main journal until today."""
    found = await region.find("grades.marks")
    return [own for own in found if own.get("journal") != "EXTENDED" and own["given_on"] <= TODAY.isoformat()]


async def marks(region: Region, names: _Names) -> list[Record]:
    return [
        names.of_mark(own, _mark_place(own, names.scales[own["scale_id"]]), own["kind_id"])
        for own in await _main_journal(region)
        if not own["is_point"]
    ]


def _reason(record: Mapping[str, Any]) -> int:
    reason = record["reason"]
    if record["status"] != "EXCUSED":
        return ["PRESENT", "LATE", "ABSENT"].index(record["status"])
    if reason in _ILLNESSES:
        return 3
    if reason in _EVENTS:
        return 5
    return 4 if reason == "По семейным обстоятельствам" else 6


async def attendance(region: Region, names: _Names) -> list[Record]:
    """One record for each student and lesson: the lesson's own, else that of the day."""
    lessons_on = defaultdict(list)
    for lesson in await region.find("schedule.lessons"):
        if lesson["status"] not in {"CANCELLED", "MOVED"}:
            lessons_on[lesson["date"]].append(lesson)
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for own in await region.find("diary.attendance"):
        value = _reason(own)
        if own["lesson_id"]:
            about = [(own["lesson_id"], own["subject_id"], 2)]
        else:
            person = names.people[own["student_id"]]
            about = [
                (lesson["_id"], own["subject_id"] or lesson["subject_id"], int(own["subject_id"] is not None))
                for lesson in lessons_on[own["date"]]
                if _attends(person, lesson) and own["subject_id"] in {None, lesson["subject_id"]}
            ]
        for lesson_id, subject, rank in about:
            candidate = (rank, min(value, 3), own["_id"], value, subject, own)
            key = own["student_id"], lesson_id
            if key not in best or candidate[:3] > best[key][:3]:
                best[key] = candidate
    return [
        names.record(
            own["school_id"],
            names.class_on(own["student_id"], own["date"]),
            own["student_id"],
            own["date"],
            value,
            subject,
            None,
        )
        for *_, value, subject, own in best.values()
        if own["date"] <= TODAY.isoformat()
    ]


def _attends(person: Mapping[str, Any], lesson: Mapping[str, Any]) -> bool:
    of_group = lesson["group_id"] is not None
    spans = person.get("memberships", []) if of_group else person["enrolments"]
    key, wanted = ("group_id", [lesson["group_id"]]) if of_group else ("class_id", lesson["class_ids"])
    return any(s[key] in wanted and s["starts_on"] <= lesson["date"] <= (s["ends_on"] or "9") for s in spans)


async def families(region: Region, names: _Names) -> list[Record]:
    """One record for each student and week with lessons of their class."""
    weeks = defaultdict(set)
    for lesson in await region.find("schedule.lessons"):
        if lesson["status"] not in {"CANCELLED", "MOVED"}:
            monday = date.fromisoformat(lesson["date"])
            monday -= timedelta(days=monday.weekday())
            for own_class in lesson["class_ids"]:
                weeks[own_class].add(monday)
    seen = {(own["student_id"], own["week_starts_on"]) for own in await region.find("diary.acknowledgements")}
    found = set()
    for student, person in names.people.items():
        for e in person["enrolments"]:
            for monday in weeks[e["class_id"]] if e["is_primary"] else ():
                sunday = (monday + timedelta(days=6)).isoformat()
                if sunday >= e["starts_on"] and monday.isoformat() <= (e["ends_on"] or "9") and monday <= TODAY:
                    found.add((person["school_id"], e["class_id"], student, monday.isoformat()))
    return [
        names.record(school, own_class, student, week, int((student, week) not in seen), None, None)
        for school, own_class, student, week in found
    ]


async def points(region: Region, names: _Names) -> list[Record]:
    today = TODAY.isoformat()
    return [
        names.of_mark(own, int(own["point_valid_until"] is not None and own["point_valid_until"] < today), None)
        for own in await _main_journal(region)
        if own["is_point"]
    ]


RECORDS: Final[Mapping[Statistic, Callable[..., Any]]] = {
    Statistic.MARKS: marks,
    Statistic.ATTENDANCE: attendance,
    Statistic.FAMILIES: families,
    Statistic.POINTS: points,
}


async def _names(region: Region) -> _Names:
    collections = (
        "directory.schools directory.classes directory.subjects directory.academic_years directory.people "
        "grades.work_kinds grades.grade_scales grades.attestation_periods"
    )
    return _Names({name: await region.find(name) for name in collections.split()})


@pytest.mark.parametrize("statistic", list(Statistic))
async def test_cells_equal_what_is_counted_from_documents(region: Region, statistic: Statistic) -> None:
    names = await _names(region)
    records = await RECORDS[statistic](region, names)
    assert len(records) == region.build.records[statistic]
    design = DESIGNS[statistic]
    values = range(len(design.values))
    store = Store(region.folder, timeout_s=60)
    compared = 0
    for rest, places in design.tables:
        for place in places:
            by = frozenset({*rest, *place})
            expected: dict[tuple[Any, ...], tuple[set[str], list[int], dict[str, list[int]]]] = {}
            for record in records:
                key = tuple(record[name] if name in by else None for name in NAMES)
                students, counts, own = expected.setdefault(key, (set(), [0] * len(values), {}))
                students.add(record["student"])
                counts[record["value"]] += 1
                own.setdefault(record["student"], [0] * len(values))[record["value"]] += 1
            exact = Question(statistic, by, exact_schools=tuple(names.schools), limit=10**6)
            found = {_key(row, by): row for row in (await store.rows(*statement(exact), 1e12))[1]}
            assert found.keys() == expected.keys(), by
            for key, (students, counts, _) in expected.items():
                row = found[key]
                assert (row["students"], [row[f"v{i}"] for i in values]) == (len(students), counts), (by, key)
            if not design.is_published(by):
                continue
            published = Question(statistic, by, limit=10**6)
            rows = (await store.rows(*statement(published), 1e12))[1]
            assert {_key(row, by) for row in rows} == expected.keys(), by
            for row in rows:
                students, counts, own = expected[_key(row, by)]
                if row["reason"]:
                    assert row["students"] is None
                    assert all(row[f"v{i}"] is None for i in values)
                    continue
                compared += 1
                assert abs(row["students"] - len(students)) <= 2
                for i in values:
                    most = max(single[i] for single in own.values())
                    assert abs(row[f"v{i}"] - counts[i]) <= most + 1, (by, row)
    assert compared > 100
    await store.aclose()


def _key(row: Mapping[str, Any], by: frozenset[str]) -> tuple[Any, ...]:
    def of(name: str) -> Any:
        if name not in by:
            return None
        if name == "term":
            year, kind, ordinal = row["year"], row["term_kind"], row["term_ordinal"]
            return (f"{year}/{(year + 1) % 100}", kind, ordinal) if row["term"] else None
        return row[NAMES[name]]

    return tuple(of(name) for name in NAMES)


async def test_the_grade_of_a_class_without_one_is_unknown_and_no_total(region: Region) -> None:
    store = Store(region.folder, timeout_s=60)
    question = Question(Statistic.MARKS, frozenset({"year", "grade"}), limit=1000)
    grades = [row["grade"] for row in (await store.rows(*statement(question), 1e12))[1]]
    assert ALL not in grades
    await store.aclose()
