"""Generated documents, kept in memory instead of written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from connectors.audience import Audience, Span
from connectors.demo import Summary, generate
from connectors.mongo.bulk_write import Sink
from connectors.vocabulary import StudentId


class Kept(Sink):
    """Keeps documents instead of writing them."""

    def __init__(self) -> None:
        super().__init__({})
        self.documents: dict[str, list[Any]] = defaultdict(list)

    async def put(self, subsystem: str, collection: str, documents: Iterable[Mapping[str, Any]]) -> None:
        self.documents[f"{subsystem}.{collection}"].extend(documents)


class Generated:
    """The documents of a run, and ways to find them."""

    def __init__(self, documents: Mapping[str, list[Any]], summary: Summary) -> None:
        self.documents = documents
        self.summary = summary
        self.students = {p["student_id"]: p for p in self["directory.people"] if "student_id" in p}
        self.schools = {school["_id"]: school for school in self["directory.schools"]}
        self.school, self.college = (school["_id"] for school in self["directory.schools"])
        self.classes = {one["_id"]: one for one in self["directory.classes"]}
        self.lessons = {one["_id"]: one for one in self["schedule.lessons"]}
        self.subjects = {one["_id"]: one for one in self["directory.subjects"]}
        self.audiences = {student_id: _audience(person) for student_id, person in self.students.items()}

    @cached_property
    def displaced(self) -> Mapping[str, set[str]]:
        """Of each subsystem's collection of records of lessons, the ids of those that are of another subject."""
        places = ("diary.homework", "diary.comments", "diary.attendance", "grades.marks")
        return {place: {one["_id"] for one in self[place] if self._is_displaced(one)} for place in places}

    def _is_displaced(self, record: Mapping[str, Any]) -> bool:
        lesson = self.lessons.get(record["lesson_id"])
        return lesson is not None and lesson["subject_id"] != record["subject_id"]

    def __getitem__(self, collection: str) -> list[Any]:
        return self.documents.get(collection, [])

    def of_student(self, collection: str, student_id: str) -> list[Any]:
        return [one for one in self[collection] if one["student_id"] == student_id]

    def story(self, role: str, note: str) -> Any:
        return next(one for one in self.summary.story if one.role == role and note in one.note)


def _audience(person: Mapping[str, Any]) -> Audience:
    return Audience(
        StudentId(person["student_id"]),
        tuple(Span(e["class_id"], e["starts_on"], e["ends_on"]) for e in person["enrolments"]),
        tuple(Span(m["group_id"], m["starts_on"], m["ends_on"]) for m in person["memberships"]),
    )


async def generated(**options: Any) -> Generated:
    sink = Kept()
    summary = await generate(sink, **options)
    return Generated(sink.documents, summary)
