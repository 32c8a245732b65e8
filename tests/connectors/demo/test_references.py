"""Nothing the demo says points to something that is not there."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from connectors.vocabulary import kind_of
from tests.connectors.demo.generated import Generated

KEYS_WITHOUT_KIND = {
    "instead_of_subject_id": "Subject",
    "merged_to": "Person",
    **dict.fromkeys(("cause_id", "course_id", "object_id", "period_id", "right_id")),
}
"""References whose key does not end in the name of what it points to; None: several kinds share the key."""

KINDS = {
    "admin": "Person",
    "announcement": "Announcement",
    "class": "Class",
    "conversation": "Conversation",
    "group": "Group",
    "homework": "Homework",
    "kind": "WorkKind",
    "lesson": "Lesson",
    "mark": "Mark",
    "member": "Person",
    "person": "Person",
    "scale": "GradeScale",
    "sender": "Person",
    "school": "School",
    "service": "Service",
    "student": "Student",
    "subject": "Subject",
    "teacher": "Person",
    "test": "Test",
    "type": "AchievementType",
    "work": "Work",
    "author": "Person",
    "by": "Person",
    "to": "Lesson",
    "from": "Lesson",
}


def references(document: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every reference within a document, with its key."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from references(value, name)
    elif isinstance(document, list):
        for value in document:
            yield from references(value, key)
    elif document is not None and key != "_id" and (key.endswith(("_id", "_ids")) or key == "merged_to"):
        yield key, document


def kind_wanted(key: str) -> str | None:
    if key in KEYS_WITHOUT_KIND:
        return KEYS_WITHOUT_KIND[key]
    return KINDS[key.removesuffix("s").removesuffix("_id").rpartition("_")[2]]


def test_every_reference_finds_what_it_names(demo: Generated) -> None:
    ids = {document["_id"] for documents in demo.documents.values() for document in documents}
    ids |= set(demo.students)
    ids |= {period["_id"] for course in demo["curriculum.module_courses"] for period in course["periods"]}
    lost: dict[str, set[str]] = defaultdict(set)
    for name, documents in demo.documents.items():
        for document in documents:
            for key, target in references(document):
                wanted = kind_wanted(key)
                if target not in ids or (wanted and kind_of(target) != wanted):
                    lost[f"{name}.{key}"].add(target)
    assert lost == {}


def test_ids_are_unique_in_every_collection(demo: Generated) -> None:
    for name, documents in demo.documents.items():
        ids = [document["_id"] for document in documents]
        assert len(set(ids)) == len(ids), name


def test_everything_says_whose_school_it_is_of(demo: Generated) -> None:
    exempt = {"directory.people", "directory.external_ids", "directory.schools"}
    for name, documents in demo.documents.items():
        if name not in exempt:
            of_all = {None} if name == "announcements.announcements" else set()  # a banner at all schools
            assert {document["school_id"] for document in documents} - of_all <= demo.schools.keys(), name


def test_what_a_student_has_is_of_his_school(demo: Generated) -> None:
    for documents in demo.documents.values():
        for document in documents:
            if document.get("student_id") and "school_id" in document:
                assert document["school_id"] == demo.students[document["student_id"]]["school_id"]


def test_marks_are_of_lessons_the_student_was_to_attend(demo: Generated) -> None:
    for mark in demo["grades.marks"]:
        lesson = demo.lessons[mark["lesson_id"]]
        audience = demo.audiences[mark["student_id"]]
        assert audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"])
        assert any(s.id == mark["class_id"] and s.first <= lesson["date"] for s in audience.classes)
        assert mark["subject_id"] == lesson["subject_id"] or mark["_id"] in demo.displaced["grades.marks"]
        assert lesson["status"] == "HELD"


def test_attendance_remarks_and_comments_are_of_lessons_the_student_was_to_attend(demo: Generated) -> None:
    for name in ("diary.attendance", "diary.remarks", "diary.comments"):
        for row in demo[name]:
            if row["lesson_id"]:
                lesson = demo.lessons[row["lesson_id"]]
                audience = demo.audiences[row["student_id"]]
                assert audience.includes(lesson["class_ids"], lesson["group_id"], lesson["date"]), name


def test_submissions_are_of_homework_the_student_was_given(demo: Generated) -> None:
    homework = {task["_id"]: task for task in demo["diary.homework"]}
    for submission in demo["diary.submissions"]:
        task, student = homework[submission["homework_id"]], submission["student_id"]
        assert demo.audiences[student].includes(task["class_ids"], task["group_id"], task["date"])
        assert task["student_ids"] is None or student in task["student_ids"]
