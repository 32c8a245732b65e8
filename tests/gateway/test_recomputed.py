"""Attendance, averages, shares and orders of every generated student, recomputed from the raw documents.

Everything here is written from the domain's rules (F53 to F80, F108; traps T1 to T6), by plain loops over documents, so
that it agrees with the gateway only where both are right. Nothing of `gateway.resolvers` is called.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.generated import Generated, generated

TODAY: Final = "2026-11-18"
YEAR: Final = "2026/27"
YEAR_BEGINS: Final = "2026-09-01"
COLLECTIONS: Final = [
    "directory.people",
    "directory.schools",
    "directory.staff_assignments",
    "directory.groups",
    "directory.subjects",
    "directory.guardianships",
    "schedule.lessons",
    "diary.attendance",
    "grades.marks",
    "grades.attestation_periods",
    "grades.final_grades",
    "curriculum.curricula",
    "portfolio.achievements",
    "portfolio.achievement_types",
]

Document = Mapping[str, Any]
Subjects = frozenset[str] | None
"""The subjects that a viewer may read of a student; None: all."""


def in_force(first: str | None, last: str | None, day: str) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def two_places(total: Decimal, count: Decimal) -> str | None:
    return str((total / count).quantize(Decimal("0.01"), ROUND_HALF_UP)) if count else None


class Raw:
    """The raw documents, and what follows from them for one student."""

    def __init__(self, documents: Mapping[str, Sequence[Document]]) -> None:
        self.documents = documents
        self.students = {
            p["student_id"]: p for p in documents["directory.people"] if "student_id" in p and not p.get("merged_to")
        }
        self.schools = {school["_id"]: school for school in documents["directory.schools"]}
        self.subjects = {subject["_id"]: subject["name"] for subject in documents["directory.subjects"]}
        self.periods = {period["_id"]: period for period in documents["grades.attestation_periods"]}
        self.types = {own["_id"]: own for own in documents["portfolio.achievement_types"]}
        self.of_students: dict[tuple[str, str], list[Document]] = defaultdict(list)
        for name in ("diary.attendance", "grades.marks", "grades.final_grades", "portfolio.achievements"):
            for document in documents[name]:
                self.of_students[name, document["student_id"]].append(document)
        self.lessons: dict[str, list[Document]] = defaultdict(list)
        for lesson in documents["schedule.lessons"]:
            for owner in [lesson["group_id"]] if lesson["group_id"] else lesson["class_ids"]:
                self.lessons[owner].append(lesson)

    def class_on(self, student: Document, day: str) -> str | None:
        own = [e for e in student["enrolments"] if in_force(e["starts_on"], e["ends_on"], day)]
        return min(own, key=lambda e: not e["is_primary"])["class_id"] if own else None

    def groups_on(self, student: Document, day: str) -> set[str]:
        return {m["group_id"] for m in student["memberships"] if in_force(m["starts_on"], m["ends_on"], day)}

    def taught(self, teacher: str) -> dict[str, set[str]]:
        """The subjects in which a teacher teaches each student today."""
        taught: dict[str, set[str]] = defaultdict(set)
        for own in self.documents["directory.staff_assignments"]:
            if own["person_id"] != teacher or own["kind"] != "TEACHER":
                continue
            if not in_force(own["starts_on"], own["ends_on"], TODAY):
                continue
            for key, student in self.students.items():
                in_class = own["group_id"] is None and self.class_on(student, TODAY) == own["class_id"]
                if in_class or own["group_id"] in self.groups_on(student, TODAY):
                    taught[key].add(own["subject_id"])
        return taught

    # ── attendance ──

    def summary(self, key: str, subjects: Subjects) -> dict[str, int]:
        student = self.students[key]
        by_lesson: dict[str, str] = {}
        by_day: dict[str, str] = {}
        for record in self.of_students["diary.attendance", key]:
            if record["lesson_id"]:
                by_lesson[record["lesson_id"]] = record["status"]
            elif not record["subject_id"]:
                by_day[record["date"]] = record["status"]
        counts: Counter[str] = Counter()
        spans = [(e["class_id"], e["starts_on"], e["ends_on"]) for e in student["enrolments"]]
        spans += [(m["group_id"], m["starts_on"], m["ends_on"]) for m in student["memberships"]]
        attended = {
            lesson["_id"]: lesson
            for owner, first, last in spans
            for lesson in self.lessons[owner]
            if in_force(first, last, lesson["date"]) and YEAR_BEGINS <= lesson["date"] <= TODAY
        }
        for lesson in attended.values():
            if lesson["status"] == "HELD" and (subjects is None or lesson["subject_id"] in subjects):
                figures = by_lesson.get(lesson["_id"]) or by_day.get(lesson["date"]) or "PRESENT"
                counts[figures.lower()] += 1
        return {**{name: counts[name] for name in ("present", "absent", "late", "excused")}, "lessons": counts.total()}

    # ── the report card ──

    def period(self, student: Document, subject: str) -> Document:
        """The current period of those bound most closely to group, subject and class."""
        class_id, groups = self.class_on(student, TODAY), self.groups_on(student, TODAY)
        applicable = [
            period
            for period in self.periods.values()
            if period["school_id"] == student["school_id"]
            and period["subject_id"] in {None, subject}
            and (not period.get("class_ids") or class_id in period["class_ids"])
            and (not period.get("group_id") or period["group_id"] in groups)
        ]

        def closeness(period: Document) -> tuple[bool, bool, bool]:
            return bool(period.get("group_id")), bool(period["subject_id"]), bool(period.get("class_ids"))

        best = max(closeness(period) for period in applicable)
        near = [p for p in applicable if closeness(p) == best and p["starts_on"] <= TODAY]
        running = [p for p in near if p["ends_on"] >= TODAY]
        if running:
            return min(running, key=lambda p: (p["ends_on"], p["starts_on"]))
        return max(near, key=lambda p: p["starts_on"])

    def curriculum(self, student: Document) -> list[str]:
        class_id = self.class_on(student, TODAY)
        for own in self.documents["curriculum.curricula"]:
            if own["academic_year"] == YEAR and class_id in own["class_ids"]:
                return [item["subject_id"] for item in own["items"]]
        return []

    def place(self, student: Document, subject: str) -> tuple[int, str]:
        order = self.curriculum(student)
        name = self.subjects[subject].lower().replace("ё", "е\uffff")
        return (order.index(subject) if subject in order else len(order)), name

    def card(self, key: str, subjects: Subjects) -> list[dict[str, Any]]:
        student = self.students[key]
        class_id, term = self.class_on(student, TODAY), self.period(student, "")
        groups = [g for g in self.documents["directory.groups"] if class_id in g["class_ids"]]
        own = {
            m["group_id"]
            for m in student["memberships"]
            if m["starts_on"] <= term["ends_on"] and (m["ends_on"] is None or m["ends_on"] >= term["starts_on"])
        }
        in_groups = {g["subject_id"] for g in groups}
        mine = {g["subject_id"] for g in groups if g["_id"] in own}
        marks: dict[str, list[Document]] = defaultdict(list)
        for subject in self.curriculum(student):
            if subject not in in_groups or subject in mine:
                marks[subject] = []
        for mark in self.of_students["grades.marks", key]:
            period = self.period(student, mark["subject_id"])
            if mark.get("journal") != "EXTENDED" and period["starts_on"] <= mark["given_on"] <= period["ends_on"]:
                marks[mark["subject_id"]].append(mark)
        shown = [subject for subject in marks if subjects is None or subject in subjects]
        return [
            self.row(student, subject, marks[subject])
            for subject in sorted(shown, key=lambda s: self.place(student, s))
        ]

    def row(self, student: Document, subject: str, marks: Iterable[Document]) -> dict[str, Any]:
        counted_marks = list(marks)
        counting = [
            (Decimal(str(mark["numeric_value"])), Decimal(mark["weight"]))
            for mark in counted_marks
            if mark["counts_towards_average"] and not mark["is_point"] and mark["numeric_value"] is not None
        ]
        zero = Decimal(0)
        simple = two_places(sum((value for value, _ in counting), zero), Decimal(len(counting)))
        weighted = two_places(
            sum((value * weight for value, weight in counting), zero), sum((weight for _, weight in counting), zero)
        )
        kind = self.schools[student["school_id"]]["average_kind"]
        return {
            "subject": {"id": subject},
            "period": {"id": self.period(student, subject)["_id"]},
            "average": weighted if kind == "WEIGHTED" else simple,
            "simpleAverage": simple,
            "weightedAverage": weighted,
            "markCount": len(counted_marks),
        }

    def finals(self, key: str, subjects: Subjects) -> list[dict[str, Any]]:
        student = self.students[key]
        kinds = ["PERIOD", "YEAR", "EXAM", "FINAL"]

        def place(grade: Document) -> Any:
            period = self.periods.get(grade["period_id"])
            start = period["starts_on"] if period else ""
            return self.place(student, grade["subject_id"]), kinds.index(grade["kind"]), start

        own = [
            grade
            for grade in self.of_students["grades.final_grades", key]
            if subjects is None or grade["subject_id"] in subjects
        ]
        years = sorted({grade["academic_year"] for grade in own}, reverse=True)
        ordered = [grade for year in years for grade in sorted(own, key=place) if grade["academic_year"] == year]
        return [
            {
                "id": grade["_id"],
                "computedAverage": None
                if grade["computed_average"] is None
                else two_places(Decimal(str(grade["computed_average"])), Decimal(1)),
            }
            for grade in ordered
        ]

    # ── the portfolio ──

    def portfolio(self, key: str) -> tuple[dict[str, Decimal], dict[str, int]]:
        """The points of each area, and the number of works of each type, of what is confirmed."""
        areas: dict[str, Decimal] = defaultdict(Decimal)
        works: Counter[str] = Counter()
        for own in self.of_students["portfolio.achievements", key]:
            if own["status"] == "CONFIRMED":
                areas[self.types[own["type_id"]]["area"]] += Decimal(str(own["points"]))
                works[own["type_id"]] += 1
        return areas, works


@pytest.fixture(scope="module")
async def school(mongo_uri: str, redis_uri: str) -> AsyncIterator[Generated]:
    async with generated(mongo_uri, redis_uri) as running:
        yield running


@pytest.fixture(scope="module")
async def raw(school: Generated) -> Raw:
    return Raw({name: await school.find(name) for name in COLLECTIONS})


FIGURES: Final = """id attendanceSummary { present absent late excused lessons }
  performance { subject { id } period { id } average simpleAverage weightedAverage markCount }
  finalGrades { id computedAverage }"""
PORTFOLIO: Final = """portfolio { rating { score areas { name score share } }
  sections { type { id } share count averageScore } }"""


async def students(school: Generated, person: str, role: Role, fields: str) -> list[Any]:
    """What a member of staff reads of all students they may read."""
    page_of = "students(first: 50, after: $after) { nodes { %s } pageInfo { endCursor hasNextPage } }"
    query = f"query($after: String) {{ {page_of} }}"
    found: list[Any] = []
    after = None
    while True:
        page = (await school.served.data(school.bearer(person, role), query % fields, {"after": after}))["students"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def staff(raw: Raw, role: Role) -> list[Document]:
    return [own for own in raw.documents["directory.people"] if role in own["roles"] and not own.get("merged_to")]


def administrators(raw: Raw) -> Iterable[str]:
    """One administrator of each school."""
    return {own["school_ids"][0]: own["_id"] for own in staff(raw, Role.ADMINISTRATOR)}.values()


def agree(raw: Raw, figures: Document, subjects: Subjects) -> None:
    key = figures["id"]
    assert figures["attendanceSummary"] == raw.summary(key, subjects), key
    assert figures["performance"] == raw.card(key, subjects), key
    assert figures["finalGrades"] == raw.finals(key, subjects), key


async def test_administrators_are_told_the_figures_of_every_student(school: Generated, raw: Raw) -> None:
    seen = set()
    of_schools = {
        p["school_ids"][0]: p["_id"] for p in raw.documents["directory.people"] if "ADMINISTRATOR" in p["roles"]
    }
    for administrator in of_schools.values():
        for figures in await students(school, administrator, Role.ADMINISTRATOR, f"{FIGURES} {PORTFOLIO}"):
            agree(raw, figures, None)
            agree_on_shares(raw, figures)
            seen.add(figures["id"])
    assert seen == set(raw.students)


def agree_on_shares(raw: Raw, figures: Document) -> None:
    areas, works = raw.portfolio(figures["id"])
    rating, sections = figures["portfolio"]["rating"], figures["portfolio"]["sections"]
    assert {area["name"]: Decimal(area["score"]) for area in rating["areas"]} == areas
    assert Decimal(rating["score"]) == sum(areas.values())
    assert {section["type"]["id"]: section["count"] for section in sections} == works
    for rows, parts in (
        (rating["areas"], [areas[area["name"]] for area in rating["areas"]]),
        (sections, [Decimal(section["count"]) for section in sections]),
    ):
        shares = [Decimal(row["share"]) for row in rows]
        whole = sum(parts)
        assert sum(shares) == (1 if whole else 0)
        assert all(
            abs(share - part / whole) < Decimal("0.01") for share, part in zip(shares, parts, strict=True) if whole
        )
        assert all(row["share"][-3] == "." for row in rows)
    points = [Decimal(area["score"]) for area in rating["areas"]]
    assert points == sorted(points, reverse=True)


async def test_teachers_are_told_the_figures_of_their_subjects_of_every_student(school: Generated, raw: Raw) -> None:
    taught = {own["_id"]: raw.taught(own["_id"]) for own in staff(raw, Role.TEACHER) if own["_id"] in school.known}
    left = set(raw.students)
    while left:
        teacher = max(taught, key=lambda own: (len(left & taught[own].keys()), own))
        found = await students(school, teacher, Role.TEACHER, FIGURES)
        assert {figures["id"] for figures in found} == taught[teacher].keys()
        for figures in found:
            agree(raw, figures, frozenset(taught[teacher][figures["id"]]))
        assert left & taught[teacher].keys()
        left -= taught[teacher].keys()


async def test_parents_are_told_the_figures_of_their_children(school: Generated, raw: Raw) -> None:
    seen = set()
    for person in school.summary.story:
        if person.role == Role.PARENT and person.student_ids:
            fields = f"viewer {{ children {{ {FIGURES} {PORTFOLIO} }} }}"
            data = await school.served.data(school.bearer(person.person_id, Role.PARENT), f"{{ {fields} }}")
            for figures in data["viewer"]["children"]:
                agree(raw, figures, None)
                agree_on_shares(raw, figures)
                seen.add(figures["id"])
    assert seen


async def test_marks_by_subject_follow_the_curriculum_for_every_student(school: Generated, raw: Raw) -> None:
    administrators = {
        p["school_ids"][0]: p["_id"] for p in raw.documents["directory.people"] if "ADMINISTRATOR" in p["roles"]
    }
    for administrator in administrators.values():
        fields = "id marks(first: 100, orderBy: SUBJECT) { nodes { id subject { id } givenOn } }"
        for figures in await students(school, administrator, Role.ADMINISTRATOR, fields):
            student = raw.students[figures["id"]]
            own = raw.of_students["grades.marks", figures["id"]]
            latest_first = sorted(own, key=lambda mark: (mark["given_on"], mark["_id"]), reverse=True)
            expected = sorted(latest_first, key=lambda mark: raw.place(student, mark["subject_id"]))
            assert [node["id"] for node in figures["marks"]["nodes"]] == [mark["_id"] for mark in expected[:100]]
